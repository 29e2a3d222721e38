/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a stretch ended or began: the reason of the exit, refined by what the host recorded around
 * it, and the interrupt that an entry injects.
 */
#ifndef VMS_CAUSE_H
#define VMS_CAUSE_H

#include "core/base/text.h"
#include "core/stretch/around.h"

enum { VMS_CAUSE_FIELDS = 5, VMS_CAUSE_RULES = 40 };

/** struct vms_cause - equal in all bytes: the same cause */
struct vms_cause {
	uint64_t value; /* what refines it, by the rule */
	uint32_t reason;
	uint32_t vector; /* that the entry injects, by the rule */
	uint8_t isa;	 /* enum vms_isa */
	bool written;	 /* of an SVM MSR exit */
	uint8_t rule;	 /* from 1 on; 0 = nothing refines it */
	uint8_t injects; /* rule, from 1 on; 0 = it is not said */
	uint32_t none;	 /* 1: nothing, by the rule */
};

/** struct vms_causes - a host, made ready for its causes */
struct vms_causes {
	struct vms_around around;
	struct {
		uint8_t rule;
		uint16_t type;
		const struct vms_field *fields[VMS_CAUSE_FIELDS];
	} rules[VMS_CAUSE_RULES]; /* those whose events the host recorded */
	unsigned int rules_nr;
	/* what tells the vector of an entry: of such an event before it, or of kvm_entry itself */
	uint8_t inject_rule;
	uint16_t inject_type; /* 0 = kvm_entry */
	const struct vms_field *inject, *inject_level;
};

/** vms_causes_open - the caller clears also after a failure. O(events). -VMS_ENOMEM */
int vms_causes_open(struct vms_causes *causes, const struct vms_stream *host);
void vms_causes_clear(struct vms_causes *c);

/** vms_cause_of_exit - of a stretch that has a kvm_exit; else isa is VMS_ISA_NONE */
struct vms_cause vms_cause_of_exit(const struct vms_causes *causes, const struct vms_thread *thread,
				   uint32_t stretch);
/** vms_cause_inject - an exit's cause becomes that of the entry of the stretch after it */
void vms_cause_inject(struct vms_cause *cause, const struct vms_causes *causes,
		      const struct vms_thread *thread, uint32_t stretch);

/** vms_cause_name - "MSR_WRITE 0x6e0", "HLT inj 0xec", into @buf, which is returned */
const char *vms_cause_name(const struct vms_cause *cause, char *buf, size_t size);
/** vms_cause_conds - the same as conditions of a line "host" of vmsync-sequences(5) */
void vms_cause_conds(struct text *out, const struct vms_cause *cause);

#endif
