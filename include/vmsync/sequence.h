/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Anchor sequences: which guest event pairs with which host event, as a table that people can
 * extend.
 */
#ifndef VMSYNC_SEQUENCE_H
#define VMSYNC_SEQUENCE_H

#include <vmsync/err.h>
#include <vmsync/stretch.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Names of fields: "state"; "vector|irq" for a field that was renamed; on the host side "reason",
 * "info1", "info2" (of a kvm_entry: those of the exit before it), or "kvm_msr.ecx" for an event
 * of the thread near the exit or entry, "kvm_msr.ecx?" if that shall not matter on hosts that did
 * not record kvm_msr.
 */

/** enum vms_dir - which event comes first */
enum vms_dir {
	/* guest event, then exit: host - guest is an upper bound of the offset */
	VMS_GUEST_TO_HOST,
	VMS_HOST_TO_GUEST, /* entry, then guest event: host - guest is a lower bound */
};

/** struct vms_seq_match - one alternative of an event test: all conditions must hold */
struct vms_seq_cond {
	char *field; /* "state", "info1", "reason" (of an exit, per isa) */
	bool negate; /* != instead of == */
	bool none;   /* of a host event around: there is no such event; no value then */
	uint64_t value;
};

struct vms_seq_event {
	char *name;  /* event name, "kvm_exit", "kvm_entry", or "*" for any event */
	uint8_t isa; /* enum vms_isa the row is for, VMS_ISA_NONE = all */
	struct vms_seq_cond *conds;
	unsigned int conds_nr;
};

/** enum vms_seq_which - which guest event of a stretch counts */
enum vms_seq_which {
	VMS_SEQ_LAST,  /* of those that match */
	VMS_SEQ_FIRST, /* of those that match */
	/* the one next to the entry or exit, of all events; where that does not match, none */
	VMS_SEQ_OUTERMOST,
};

/** struct vms_sequence - one row of the catalogue; vmsync-sequences(5) */
struct vms_sequence {
	char *name; /* "timer-program" */
	char *help; /* one line */
	enum vms_dir dir;
	enum vms_seq_which which;
	struct vms_seq_event *guest; /* alternatives */
	unsigned int guest_nr;
	/* alternatives; the stretch's entry or exit must match one */
	struct vms_seq_event *host;
	unsigned int host_nr;
	char *key_guest; /* field of the guest event that must equal ... or NULL */
	/* ... a field of this host event near the exit ("kvm_msr") */
	char *key_host_event;
	char *key_host;
	bool after_idle; /* the stretch before ended by HLT or WFI (wake) */
	bool enabled;
	bool removed;			  /* from a session: it keeps its number, and is nowhere */
	int64_t delay_lo_ns, delay_hi_ns; /* to expect; 0, 0 = not said */
};

/* A pair says its sequence in 8 bits. */
#define VMS_SEQUENCES_MAX 255

/** struct vms_catalogue - a list of sequences; owns them */
struct vms_catalogue {
	struct vms_sequence *seqs;
	unsigned int seqs_nr;
};

/** vms_catalogue_builtin - text of the built-in catalogue, in the format of vmsync-sequences(5) */
const char *vms_catalogue_builtin(void);

/**
 * vms_catalogue_parse - read sequences from text
 * @text: NUL-terminated
 * @into: catalogue to add to; a row of the same name replaces the old one
 * @err: names the line and what was expected
 */
int vms_catalogue_parse(struct vms_catalogue *into, const char *text, struct vms_err *err);
void vms_catalogue_clear(struct vms_catalogue *c);
void vms_sequence_clear(struct vms_sequence *s);
/** vms_sequence_find - index by name, -1 = none */
int vms_sequence_find(const struct vms_catalogue *c, const char *name);

#ifdef __cplusplus
}
#endif

#endif
