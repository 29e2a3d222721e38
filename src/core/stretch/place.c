// SPDX-License-Identifier: LGPL-2.1-or-later
/* Where a host time lies with respect to a thread's stretches, one time near the other. */
#include <vmsync/place.h>

#include "core/base/util.h"

static uint64_t distance(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static int64_t clamped(uint64_t v)
{
	return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

/*
 * last stretch with enter_raw <= host_raw, looked for outwards from where the event before it lay;
 * -1 = none
 */
static int64_t gallop(const struct vms_thread *t, int64_t host_raw, uint32_t from)
{
	const struct vms_stretch *s = t->stretches;
	int64_t lo, hi, step = 1;

	if (s[from].enter_raw <= host_raw) {
		lo = from;
		hi = lo + 1;
		while (hi < t->stretches_nr && s[hi].enter_raw <= host_raw) {
			lo = hi;
			hi += step;
			step *= 2;
		}
		hi = VMS_MIN(hi, (int64_t)t->stretches_nr);
	} else {
		hi = from;
		lo = hi - 1;
		while (lo >= 0 && s[lo].enter_raw > host_raw) {
			hi = lo;
			lo -= step;
			step *= 2;
		}
		lo = VMS_MAX(lo, -1);
	}
	while (hi - lo > 1) {
		const int64_t mid = lo + (hi - lo) / 2;

		if (s[mid].enter_raw <= host_raw)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

enum vms_place vms_place_near(const struct vms_thread *t, int64_t host_raw, uint32_t *cursor,
			      int64_t *depth_raw)
{
	const struct vms_stretch *s = t->stretches;
	uint64_t before, after;
	int64_t k;

	*depth_raw = 0;
	if (!t->stretches_nr)
		return VMS_PLACE_BEYOND;
	if (*cursor >= t->stretches_nr)
		*cursor = 0;
	k = gallop(t, host_raw, *cursor);
	*cursor = k < 0 ? 0 : (uint32_t)k;
	if (k < 0) {
		*depth_raw = clamped(distance(host_raw, s[0].enter_raw));
		return VMS_PLACE_BEYOND;
	}
	if (host_raw <= s[k].leave_raw)
		return s[k].flags & VMS_STRETCH_UNKNOWN ? VMS_PLACE_SHADOW : VMS_PLACE_INSIDE;
	before = distance(host_raw, s[k].leave_raw);
	*depth_raw = clamped(before);
	if (k + 1 == (int64_t)t->stretches_nr)
		return VMS_PLACE_BEYOND;
	after = distance(host_raw, s[k + 1].enter_raw);
	if (after < before) {
		*depth_raw = clamped(after);
		*cursor = (uint32_t)k + 1;
	}
	return VMS_PLACE_OUTSIDE;
}

enum vms_place vms_place_of(const struct vms_thread *t, int64_t host_raw, uint32_t *stretch,
			    int64_t *depth_raw)
{
	uint32_t cursor = t->stretches_nr / 2;
	int64_t depth;
	const enum vms_place p = vms_place_near(t, host_raw, &cursor, &depth);

	if (stretch)
		*stretch = cursor;
	if (depth_raw)
		*depth_raw = depth;
	return p;
}
