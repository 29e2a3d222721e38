/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Constraints that grow weaker with time alone: for clocks that may change their rate at will. */
#ifndef VMS_CONE_H
#define VMS_CONE_H

#include "core/bound/hull.h"

/**
 * vms_cone_add - add a constraint to those that say something which no other says
 * @limit: greatest rate of the offset; away from its time a constraint is weaker by as much
 *
 * Of those kept, the nearest before and the nearest after any time say all that is known there:
 * what another says there it says at the time of the nearer one too.
 * Return: 0; -VMS_ENOMEM.
 */
int vms_cone_add(struct vms_chain *chain, enum vms_side side, const struct vms_point *p,
		 double limit);

/** struct vms_cone_end - one end of the offset at a time, and the constraint that says so */
struct vms_cone_end {
	int64_t y_raw; /* INT64_MIN, INT64_MAX: unbounded */
	bool bounded;
	struct vms_point witness;
};

/** vms_cone_at - both ends at x (enum vms_side); the sides of @fit were made by vms_cone_add() */
void vms_cone_at(const struct vms_fit *fit, double limit, int64_t x_raw,
		 struct vms_cone_end end[2]);

#endif
