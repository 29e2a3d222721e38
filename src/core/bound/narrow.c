// SPDX-License-Identifier: LGPL-2.1-or-later
/* When a band is suspiciously narrow: one of its edges stands out from all other stretches. */
#include <vmsync/band.h>

#include "core/base/util.h"

/* Of what one stretch allows: bands of real recordings have 0.7 of it and more. */
#define NARROW_PART 4

/* The least width of what one stretch alone allows: from its last event's bound to its first's. */
static int64_t stretch_width(const struct vms_constraints *cons, const struct vms_band_segment *seg)
{
	const struct vms_point *lower = cons->lower, *upper = cons->upper;
	int64_t least = INT64_MAX;

	while (lower < cons->lower + cons->lower_nr && upper < cons->upper + cons->upper_nr) {
		if (vms_point_is_fact(lower) || lower->event < seg->from_event ||
		    (!vms_point_is_fact(upper) && lower->stretch < upper->stretch)) {
			lower++;
		} else if (vms_point_is_fact(upper) || upper->stretch < lower->stretch) {
			upper++;
		} else if (lower->event > seg->to_event) {
			break;
		} else {
			least = VMS_MIN(least, vms_sat_sub_i64(upper->y_raw, lower->y_raw));
			lower++;
			upper++;
		}
	}
	return least;
}

bool vms_band_is_narrow(const struct vms_band_segment *s, const struct vms_constraints *c)
{
	const int64_t width = vms_sat_sub_i64(s->hi_raw, s->lo_raw);

	return s->lo_raw != INT64_MIN && s->hi_raw != INT64_MAX && width >= 0 &&
	       !vms_point_is_fact(&s->bind_lower) && !vms_point_is_fact(&s->bind_upper) &&
	       width < stretch_width(c, s) / NARROW_PART;
}
