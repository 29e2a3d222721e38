/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which map of times corrects a copy of a guest's file, and how far it may be from the truth. */
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

#ifdef __cplusplus
}
#endif

#endif
