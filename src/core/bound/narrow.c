// SPDX-License-Identifier: LGPL-2.1-or-later
/* When a band is suspiciously narrow: one of its edges stands out from all other stretches. */
#include <vmsync/band.h>

#include "core/base/util.h"

/* Of what one stretch allows: bands of real recordings have 0.7 of it and more. */
#define NARROW_PART 0.25
/* Where many stretches allow little more than the tightest, 0.6 of that is too narrow already. */
#define SQUEEZED_PART 0.6
#define TIGHT_TIMES 2
#define TIGHT_LEAST 24u

/* The stretches of a segment that have bounds of both sides. */
struct walk {
	const struct vms_constraints *cons;
	uint32_t lower, upper; /* the next */
	uint32_t to_event;
};

static struct walk walk_of(const struct vms_constraints *c, const struct vms_band_segment *seg)
{
	return (struct walk){ .cons = c,
			      .lower = vms_bounds_from(c->lower, c->lower_nr, seg->from_event),
			      .upper = vms_bounds_from(c->upper, c->upper_nr, seg->from_event),
			      .to_event = seg->to_event };
}

/* What the next stretch alone allows: from its last event's bound to its first's. */
static bool walk_next(struct walk *walk, int64_t *width_raw)
{
	const struct vms_constraints *cons = walk->cons;

	while (walk->lower < cons->lower_nr && walk->upper < cons->upper_nr) {
		const struct vms_bound lower = cons->lower[walk->lower];
		const struct vms_bound upper = cons->upper[walk->upper];

		if (lower.event > walk->to_event)
			break;
		if (vms_bound_is_fact(lower) ||
		    (!vms_bound_is_fact(upper) && lower.stretch < upper.stretch)) {
			walk->lower++;
		} else if (vms_bound_is_fact(upper) || upper.stretch < lower.stretch) {
			walk->upper++;
		} else {
			*width_raw = vms_sat_sub_i64(vms_upper_point(cons, walk->upper++).y_raw,
						     vms_lower_point(cons, walk->lower++).y_raw);
			return true;
		}
	}
	return false;
}

/* The least that one stretch allows; INT64_MAX where none does, or a fact bounds the segment. */
static int64_t tightest(const struct vms_band_segment *seg, const struct vms_constraints *c)
{
	struct walk walk = walk_of(c, seg);
	int64_t least = INT64_MAX, width;

	if (vms_point_is_fact(&seg->bind_lower) || vms_point_is_fact(&seg->bind_upper))
		return INT64_MAX;
	while (walk_next(&walk, &width))
		least = VMS_MIN(least, width);
	return least;
}

static bool is_below(const struct vms_band_segment *seg, int64_t tightest_raw, double part)
{
	const int64_t width = vms_sat_sub_i64(seg->hi_raw, seg->lo_raw);

	return tightest_raw != INT64_MAX && seg->lo_raw != INT64_MIN && seg->hi_raw != INT64_MAX &&
	       width >= 0 && (double)width < (double)tightest_raw * part;
}

bool vms_band_is_narrow(const struct vms_band_segment *s, const struct vms_constraints *c)
{
	return is_below(s, tightest(s, c), NARROW_PART);
}

static bool is_squeezed(const struct vms_band_segment *s, const struct vms_constraints *c)
{
	const int64_t least = tightest(s, c);
	struct walk walk = walk_of(c, s);
	uint32_t nr = 0;
	int64_t width;

	if (!is_below(s, least, SQUEEZED_PART))
		return false;
	while (nr < TIGHT_LEAST && walk_next(&walk, &width))
		nr += width <= least * TIGHT_TIMES;
	return nr == TIGHT_LEAST;
}

void vms_band_doubt_squeezed(struct vms_band *b, const struct vms_constraints *c)
{
	unsigned int i;

	for (i = 0; i < b->segs_nr; i++) {
		b->segs[i].squeezed = !b->segs[i].unsure && is_squeezed(&b->segs[i], c);
		b->segs[i].unsure = b->segs[i].unsure || b->segs[i].squeezed;
	}
}
