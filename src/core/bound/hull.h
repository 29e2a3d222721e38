/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines above all lower points and below all upper points, exact: hulls, extreme slopes, values;
 * internal to the band.
 */
#ifndef VMS_HULL_H
#define VMS_HULL_H

#include <vmsync/constraint.h>

#include "core/base/compiler.h"

/* Coordinates of one fit differ by at most this: a product of two differences fits 128 bits. */
#define VMS_HULL_RANGE (INT64_C(1) << 62)

enum vms_side { VMS_LOWER, VMS_UPPER };

/** struct vms_slope - an exact slope dy / dx, dx > 0 */
struct vms_slope {
	int64_t dy, dx;
};

/**
 * struct vms_chain - vertices ascending by x; of a lower side the upper hull, of an upper side the
 * lower hull
 */
struct vms_chain {
	struct vms_point *v;
	size_t nr, cap;
};

/**
 * struct vms_fit - the set of all lines that fit the points added so far; never empty
 *
 * A line fits iff its slope is in [lo, hi] and it lies between the chains at that slope.
 */
struct vms_fit {
	struct vms_chain side[2]; /* enum vms_side */
	struct vms_slope lo, hi;
	struct vms_slope lo_limit, hi_limit;
};

/** vms_chain_find - index of the first vertex with x >= x_raw */
size_t vms_chain_find(const struct vms_chain *c, int64_t x_raw);
/** vms_chain_replace - put @p in place of the vertices [from, to). Return: 0; -VMS_ENOMEM */
int vms_chain_replace(struct vms_chain *c, size_t from, size_t to, const struct vms_point *p);

/** vms_slope_cmp - < 0, 0, > 0 as a is less than, equal to, greater than b */
int vms_slope_cmp(struct vms_slope a, struct vms_slope b);

/**
 * vms_fit_init - an empty fit; @drift_ppb limits the slope to both sides: 0 = constant, negative =
 * no limit
 */
void vms_fit_init(struct vms_fit *f, int64_t drift_ppb);
/** vms_fit_clear - no points; memory and limits are kept */
void vms_fit_clear(struct vms_fit *f);
void vms_fit_free(struct vms_fit *f);
/** vms_fit_copy - @to, initialised before, becomes equal to @from. Return: 0; -VMS_ENOMEM */
int vms_fit_copy(struct vms_fit *to, const struct vms_fit *from);

/** vms_fit_insert - vms_fit_add() of a point that may say more than those that are there */
int vms_fit_insert(struct vms_fit *fit, enum vms_side side, const struct vms_point *point);

/**
 * vms_fit_add - add a point if a line still fits
 * Points may come in any order; ascending or descending x costs O(log n).
 * Return: 1 when added; 0 when no line would fit (nothing changed); -VMS_ENOMEM.
 */
static inline int vms_fit_add(struct vms_fit *fit, enum vms_side side,
			      const struct vms_point *point)
{
	const struct vms_chain *own = &fit->side[side];

	/* of a constant offset most are weaker than the one that counts */
	if (!fit->hi_limit.dy && own->nr &&
	    (side == VMS_LOWER ? point->y_raw <= own->v[0].y_raw : point->y_raw >= own->v[0].y_raw))
		return 1;
	return vms_fit_insert(fit, side, point);
}

/**
 * vms_fit_value - end of the range of values at x of all lines that fit: floor of the least,
 * ceiling of the greatest
 * @witness: vertex through which the decisive line goes; may be NULL, untouched when unbounded
 * Return: INT64_MIN (lower) or INT64_MAX (upper) when unbounded; saturates.
 */
int64_t vms_fit_value(const struct vms_fit *f, enum vms_side side, int64_t x_raw,
		      struct vms_point *witness);

/** vms_fit_depth - how far a point contradicts the fit at its x, 0 when it does not */
uint64_t vms_fit_depth(const struct vms_fit *f, enum vms_side side, const struct vms_point *p);

/** vms_slope_bounded - false for the limit of a fit that has none */
bool vms_slope_bounded(struct vms_slope s);
/** vms_slope_value - as a number; -/+HUGE_VAL when unbounded */
double vms_slope_value(struct vms_slope s);

/**
 * vms_fit_middle - the line of the middle slope, midway between the chains: value at x as integer
 * and fraction
 */
void vms_fit_middle(const struct vms_fit *f, int64_t x_raw, int64_t *y_raw, double *frac,
		    double *slope);

#endif
