// SPDX-License-Identifier: LGPL-2.1-or-later
/* A line through plateaus: the one that keeps the greatest margin to all of them, approximately. */
#include "core/align/align_impl.h"

#include <math.h>

/*
 * Everything is relative to the first point, in double: the result only has to put events into
 * stretches; the exact band is computed from the constraints (band.h).
 */
struct span {
	double lo, hi; /* offsets at the reference that a slope leaves */
};

static struct span span_at(const struct align_point *p, size_t nr, int64_t ref_raw, double drift)
{
	struct span span = { -HUGE_VAL, HUGE_VAL };
	const int64_t base = p[0].lo_raw;
	size_t i;

	for (i = 0; i < nr; i++) {
		const double dx = (double)vms_sat_sub_i64(p[i].x_raw, ref_raw);
		const double lo = (double)vms_sat_sub_i64(p[i].lo_raw, base) - drift * dx;
		const double hi = (double)vms_sat_sub_i64(p[i].hi_raw, base) - drift * dx;

		span.lo = lo > span.lo ? lo : span.lo;
		span.hi = hi < span.hi ? hi : span.hi;
	}
	return span;
}

static double width(struct span s)
{
	return s.hi - s.lo;
}

/* The margin is concave in the slope: a ternary search finds its top. */
static double steepest(const struct align_point *p, size_t nr, int64_t ref_raw, double drift_max)
{
	double lo = -drift_max, hi = drift_max;
	unsigned int i;

	for (i = 0; i < 60; i++) {
		const double m1 = lo + (hi - lo) / 3.0, m2 = hi - (hi - lo) / 3.0;

		if (width(span_at(p, nr, ref_raw, m1)) < width(span_at(p, nr, ref_raw, m2)))
			lo = m1;
		else
			hi = m2;
	}
	return (lo + hi) / 2.0;
}

double align_fit(struct vms_line *line, const struct align_point *points, size_t nr, double drift,
		 double drift_max, bool keep)
{
	const int64_t ref = points[nr / 2].x_raw;
	double best = drift, off;
	struct span span;

	if (drift_max > 0.0) {
		double top, a, b;
		unsigned int i;

		best = steepest(points, nr, ref, drift_max);
		top = width(span_at(points, nr, ref, best));
		a = best;
		b = drift;
		/* as near to the preferred slope as a quarter of the margin allows */
		for (i = 0; keep && i < 30; i++) {
			const double m = i ? (a + b) / 2.0 : drift;

			if (width(span_at(points, nr, ref, m)) >= top / 4.0) {
				a = m;
				if (!i)
					break;
			} else {
				b = m;
			}
		}
		best = a;
	}
	span = span_at(points, nr, ref, best);
	off = (span.lo + span.hi) / 2.0;
	if (!(fabs(off) < 9e18))
		off = 0.0;
	line->ref_raw = ref;
	line->offset_raw = vms_sat_add_i64(points[0].lo_raw, (int64_t)floor(off));
	line->offset_frac = off - floor(off);
	line->drift = best;
	return width(span) / 2.0;
}
