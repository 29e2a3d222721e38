/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Evidence: guest events and clock facts that a clock model puts where they cannot have been. What
 * only follows from a band's assumptions is none; doc/METHOD.md 6.8.
 */
#ifndef VMSYNC_EVIDENCE_H
#define VMSYNC_EVIDENCE_H

#include <vmsync/band.h>

#include <vmsync/facts.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct vms_witness - one event or fact that speaks against a model */
struct vms_witness {
	bool is_fact;
	uint32_t index;		     /* of the guest event in its CPU, or number of the fact */
	int64_t guest_raw, host_raw; /* its guest time, and where the model puts it */
	int64_t depth_raw; /* to the nearest host time at which it could have been, signed */
};

#define VMS_WITNESSES_MAX 12u /* that are named */

/** struct vms_evidence - what speaks directly against a model on one vCPU */
struct vms_evidence {
	/*
	 * Times between two stretches, both ends known, into which the model puts guest events.
	 * Each counts once: events in one of them may have run in a stretch that was not recorded.
	 */
	uint32_t gaps_nr;
	uint32_t facts_nr; /* clock facts that the band agrees with and the model does not */
	/* events that the model puts before one that their CPU recorded earlier */
	uint32_t order_nr;
	/* constraints that exclude the band and not the model: no witnesses, but for it */
	uint32_t against_band_nr;
	struct vms_witness first; /* set when any count is not 0 */
	/* the deepest, each event and fact once, the deepest first */
	struct vms_witness worst[VMS_WITNESSES_MAX];
	unsigned int worst_nr;
};

/** struct vms_judged - whose constraints a model is held against */
struct vms_judged {
	const struct vms_constraints *cons;
	const struct vms_band *band;
	const struct vms_thread *thread;
};

/**
 * vms_evidence_of - hold a model against the constraints of a vCPU, one by one
 * @m: the model judged; @cpu_idx: its CPU there
 * O(constraints log stretches).
 */
void vms_evidence_of(struct vms_evidence *out, const struct vms_judged *j,
		     const struct vms_model *m, unsigned int cpu_idx);

/**
 * vms_evidence_prepare - find the few constraints next to the edges of a band's segment: whoever
 * leaves the band leaves them first, and they can be heard within a frame
 * Fills @cons->tight. O(constraints log segments). Return: 0; -VMS_ENOMEM.
 */
int vms_evidence_prepare(struct vms_constraints *cons, const struct vms_band *band,
			 const struct vms_band_segment *seg);

/** vms_evidence_nr - witnesses that do not hang on each other */
static inline uint32_t vms_evidence_nr(const struct vms_evidence *e)
{
	return e->gaps_nr + e->facts_nr + e->order_nr;
}

#ifdef __cplusplus
}
#endif

#endif
