// SPDX-License-Identifier: LGPL-2.1-or-later
/* The band of a clock whose rate may be any up to a limit: what the nearest constraints leave. */
#include "core/bound/cone.h"

#include <math.h>

#include "core/base/util.h"

/* limit * |a - b| rounded up */
static int64_t reach(double limit, int64_t a_raw, int64_t b_raw)
{
	/* the factor is more than all roundings together */
	const double far = fabs((double)((vms_i128)a_raw - b_raw)) * limit * (1 + 1e-9);

	if (a_raw == b_raw)
		return 0;
	return far < 0x1p61 ? (int64_t)far + 1 : VMS_HULL_RANGE;
}

/* What a constraint still says at x. */
static int64_t said_at(enum vms_side side, const struct vms_point *p, double limit, int64_t x_raw)
{
	const int64_t by = reach(limit, p->x_raw, x_raw);

	return side == VMS_LOWER ? vms_sat_sub_i64(p->y_raw, by) : vms_sat_add_i64(p->y_raw, by);
}

/* Whether @b says all that @a says, at the time of @a and so everywhere. */
static bool is_idle(enum vms_side side, const struct vms_point *a, const struct vms_point *b,
		    double limit)
{
	const int64_t y = said_at(side, b, limit, a->x_raw);

	return side == VMS_LOWER ? a->y_raw <= y : a->y_raw >= y;
}

int vms_cone_add(struct vms_chain *chain, enum vms_side side, const struct vms_point *p,
		 double limit)
{
	size_t from = vms_chain_find(chain, p->x_raw), to = from;

	if ((from && is_idle(side, p, &chain->v[from - 1], limit)) ||
	    (to < chain->nr && is_idle(side, p, &chain->v[to], limit)))
		return 0;
	while (from && is_idle(side, &chain->v[from - 1], p, limit))
		from--;
	while (to < chain->nr && is_idle(side, &chain->v[to], p, limit))
		to++;
	return vms_chain_replace(chain, from, to, p);
}

void vms_cone_at(const struct vms_fit *fit, double limit, int64_t x_raw, struct vms_cone_end end[2])
{
	struct vms_point near[4];
	enum vms_side side[4];
	int i, k, nr = 0;

	end[VMS_LOWER] = (struct vms_cone_end){ .y_raw = INT64_MIN };
	end[VMS_UPPER] = (struct vms_cone_end){ .y_raw = INT64_MAX };
	for (i = VMS_LOWER; i <= VMS_UPPER; i++) {
		const struct vms_chain *chain = &fit->side[i];
		const size_t at = vms_chain_find(chain, x_raw);

		for (k = 0; k < 2; k++) {
			if (k ? at == chain->nr : !at)
				continue;
			side[nr] = (enum vms_side)i;
			near[nr++] = chain->v[k ? at : at - 1];
		}
	}
	/* nearest first: should the limit be too low, near constraints decide */
	while (nr > 0) {
		int first = 0;
		int64_t y;

		for (i = 1; i < nr; i++)
			if (reach(1.0, near[i].x_raw, x_raw) < reach(1.0, near[first].x_raw, x_raw))
				first = i;
		y = said_at(side[first], &near[first], limit, x_raw);
		if (side[first] == VMS_LOWER
			    ? y > end[VMS_LOWER].y_raw && y <= end[VMS_UPPER].y_raw
			    : y < end[VMS_UPPER].y_raw && y >= end[VMS_LOWER].y_raw)
			end[side[first]] = (struct vms_cone_end){ y, true, near[first] };
		side[first] = side[--nr];
		near[first] = near[nr];
	}
}
