/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which map of times corrects a copy of a guest's file, and what the copy keeps of error. */
#ifndef VMSYNC_COPY_H
#define VMSYNC_COPY_H

#include <vmsync/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct vms_copy - a map for a copy of a guest's file */
struct vms_copy {
	struct vms_model *model; /* owned: vms_copy_clear() */
	bool one;		 /* it maps a time alike whichever vCPU's event has it */
	/*
	 * by how much at most the copy is too early and too late, as far as bands tell;
	 * INT64_MAX = not known [raw host units]
	 */
	int64_t early_raw, late_raw;
	/* wake-ups from one vCPU to another, and those that come after what they brought about */
	uint32_t ties_nr, untied_nr;
	/*
	 * events that no segment of their vCPU's band holds for: before, after and between them; by
	 * how much at most they are off, INT64_MAX = not known
	 */
	uint64_t beyond_nr;
	int64_t beyond_raw;
	enum vms_by by;	  /* the model */
	double wrong_ns;  /* by how much it is proven wrong itself, of any vCPU; 0: it is not */
	const char *path; /* where it was written; NULL: it was not. Owned by who writes */

	/* What trace-cmd will make of it, by vms_apply_write(): */
	uint64_t events_nr;  /* of the guest */
	uint64_t samples_nr; /* of all its CPUs */
	/* more than one unit from the map, and by how much at most [raw host units] */
	uint64_t unequal_nr;
	int64_t unequal_raw;
	/* of further ring buffer instances, which are not corrected at all */
	uint64_t instances_nr;
	int64_t instances_raw;
};

/**
 * vms_session_copy - the map by which a clock model corrects a copy
 * @by: the model. What is recorded is taken as it is
 *
 * Where one line (or constant) lies in the bands of all vCPUs, it is one map for all of them, so
 * that events of different vCPUs never change places: of the band the middle of what all allow, of
 * a fit what the vCPUs' fits say on average, weighted by their pairs. Else each vCPU has its own,
 * moved within its band as little as puts what was woken behind what woke it.
 * Return: 0; -VMS_ENODATA where the model is not available; -VMS_ENOMEM.
 */
int vms_session_copy(struct vms_copy *out, struct vms_session *session, enum vms_by by,
		     unsigned int guest, struct vms_err *err);
void vms_copy_clear(struct vms_copy *copy);

/**
 * vms_session_spare - whether a copy makes nothing better: what is recorded of the guest is there,
 * and no band of its vCPUs excludes it
 * @by: what the copy would be by
 * Return: 1, and err says so, with how far off the copy may be; 0 where one is called for; -VMS_E*.
 */
int vms_session_spare(struct vms_session *session, enum vms_by by, unsigned int guest,
		      struct vms_err *err);

#ifdef __cplusplus
}
#endif

#endif
