/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lines of a band around one time, for clocks whose rate wanders; internal to the band. */
#ifndef VMS_KNOT_H
#define VMS_KNOT_H

#include <vmsync/band.h>

#include "core/bound/segment.h"

/**
 * struct vms_knot - lines that may be the tangent of the true offset at at_raw
 *
 * When the drift changes by at most wander per unit of time, and by jump at once, the offset at x
 * differs from its tangent at at_raw by at most jump * d + wander / 2 * d^2 at distance d. So the
 * tangent fits all constraints made weaker by that, and the offset at x is the value of such a line
 * there, give or take as much.
 */
struct vms_knot {
	int64_t at_raw;
	int64_t slack_raw; /* by which each constraint was made weaker besides */
	struct vms_rate_limit rate;
	/* of the weakened constraints; level: of those that say something, as cone.h has them */
	struct vms_fit fit;
	bool level; /* the rate may be any: the tangent says nothing, one knot serves all times */
};

/**
 * vms_knot_value - end of the band at x; see vms_fit_value(). @v: the decisive constraint as it was
 * given
 */
int64_t vms_knot_value(const struct vms_knot *knot, enum vms_side side, int64_t x_raw,
		       struct vms_point *v);

/** struct vms_knot_plan - what the knots of a segment are made from */
struct vms_knot_plan {
	const struct vms_item *items;
	/* items with no step between them; those left out are skipped */
	size_t from, to;
	int64_t from_raw, to_raw; /* times that the knots are for */
	int64_t drift_ppb, slack_raw;
	struct vms_rate_limit rate;
	const struct vms_fit *fit; /* lines that fit the segment's own items */
};

/** vms_rate_changes - whether it may at all */
static inline bool vms_rate_changes(const struct vms_rate_limit *r)
{
	return r->wander > 0.0 || r->jump > 0.0;
}

/**
 * vms_knots_build - the knots of a segment, ascending; one when the rate never changes, or may be
 * any. Return: 0; -VMS_ENOMEM
 */
int vms_knots_build(struct vms_knot **out, uint32_t *nr, const struct vms_knot_plan *p);
void vms_knots_free(struct vms_knot *k, uint32_t nr);

/**
 * vms_knots_compatible - whether a clock that wanders explains both sides of a cut
 * @fit: scratch; @cut: an item, the first after the cut; the plan's items are those to look at
 * Return: 1; 0 when only a step does; -VMS_ENOMEM.
 */
int vms_knots_compatible(struct vms_fit *fit, const struct vms_knot_plan *knot_plan, size_t cut);

/**
 * vms_band_slopes - the least and the greatest rate that the clocks can have had against each other
 * between two times near each other
 */
void vms_band_slopes(const struct vms_band_segment *s, int64_t from_raw, int64_t to_raw,
		     double *least, double *most);

/**
 * vms_band_mean_drift - what the ends of a segment allow: where the rate may be any, no more can be
 * said; -/+HUGE_VAL when unbounded
 */
void vms_band_mean_drift(const struct vms_band_segment *s, double *least, double *most);

#endif
