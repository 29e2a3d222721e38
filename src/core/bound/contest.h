/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Constraints that hold only if an event lies in one of several stretches that are possible. */
#ifndef VMS_CONTEST_H
#define VMS_CONTEST_H

#include <vmsync/constraint.h>

/** struct vms_contest_opts - what is known of the clock */
struct vms_contest_opts {
	double limit;	       /* greatest rate of the offset, absolute */
	int64_t slack_raw;     /* by which each constraint is uncertain [raw host units] */
	const uint32_t *steps; /* guest events before which the clock leaps, ascending; borrowed */
	unsigned int steps_nr;
	/* only by stretches in which host events are missing: others are far enough apart */
	bool unknown_only;
};

/**
 * vms_contest - take out constraints whose events may lie in a neighbouring stretch as well
 *
 * After an idle time the offset of a clock that may go at any rate is known only to within what it
 * can have gone meanwhile. Where that is more than the vCPU's exit took, its next events fit into
 * the stretch before as well, and a band from the one they were put into would be a guess. Which
 * offsets are possible at each constraint follows from all before and all after it, as the clock
 * cannot leap: where they include some that put the event elsewhere, it bounds nothing. Where the
 * rate is steady and few events are left beside lost ones, the same may be.
 * Return: 0; -VMS_ENOMEM. Source: doc/METHOD.md 6.5.
 */
int vms_contest(struct vms_constraints *cons, const struct vms_contest_opts *opts,
		uint32_t *dropped_nr);

#endif
