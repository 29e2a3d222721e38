// SPDX-License-Identifier: LGPL-2.1-or-later
/* Where a host time lies in the stretches of a thread, and how much of a range lies in them. */
#include <vmsync/place.h>

#include "core/stretch/stretch_impl.h"

#include <vmsync/time.h>

#include "core/base/bisect.h"

static uint64_t distance(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static int64_t clamped(uint64_t v)
{
	return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

const struct vms_thread *vms_thread_find(const struct vms_stretches *s, int32_t tid)
{
	unsigned int lo = 0, hi = s->threads_nr;

	VMS_BISECT(lo, hi, mid, s->threads[mid].tid < tid);
	return lo < s->threads_nr && s->threads[lo].tid == tid ? &s->threads[lo] : NULL;
}

int64_t vms_stretch_at(const struct vms_thread *t, int64_t host_raw)
{
	uint32_t lo = 0, hi = t->stretches_nr;

	VMS_BISECT(lo, hi, mid, t->stretches[mid].enter_raw <= host_raw);
	return (int64_t)lo - 1;
}

int64_t vms_stretch_near(const struct vms_thread *t, int64_t host_raw, uint32_t from)
{
	uint32_t lo = 0, hi = t->stretches_nr;

	VMS_BISECT_NEAR(lo, hi, from, k, t->stretches[k].enter_raw <= host_raw);
	return (int64_t)lo - 1;
}

enum vms_place vms_place_near(const struct vms_thread *thread, int64_t host_raw, uint32_t *cursor,
			      int64_t *depth_raw)
{
	const struct vms_stretch *stretch = thread->stretches;
	uint64_t before, after;
	int64_t k;

	*depth_raw = 0;
	if (!thread->stretches_nr)
		return VMS_PLACE_BEYOND;
	if (*cursor >= thread->stretches_nr)
		*cursor = 0;
	k = vms_stretch_near(thread, host_raw, *cursor);
	*cursor = k < 0 ? 0 : (uint32_t)k;
	if (k < 0) {
		*depth_raw = clamped(distance(host_raw, stretch[0].enter_raw));
		return VMS_PLACE_BEYOND;
	}
	if (host_raw <= stretch[k].leave_raw)
		return stretch[k].flags & VMS_STRETCH_UNKNOWN ? VMS_PLACE_SHADOW : VMS_PLACE_INSIDE;
	if (stretch[k].flags & VMS_STRETCH_SILENT)
		return VMS_PLACE_SHADOW;
	before = distance(host_raw, stretch[k].leave_raw);
	*depth_raw = clamped(before);
	if (k + 1 == (int64_t)thread->stretches_nr)
		return VMS_PLACE_BEYOND;
	after = distance(host_raw, stretch[k + 1].enter_raw);
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

static int64_t length_of(const struct vms_stretch *s)
{
	return s->flags & VMS_STRETCH_UNKNOWN ? 0 : vms_sat_sub_i64(s->leave_raw, s->enter_raw);
}

static int64_t inside_until(const struct vms_thread *thread, int64_t host_raw)
{
	const int64_t k = vms_stretch_at(thread, host_raw);
	const struct vms_stretch *s;
	int64_t sum, i;

	if (k < 0)
		return 0;
	sum = thread->inside_before[k / VMS_INSIDE_STEP];
	for (i = k / VMS_INSIDE_STEP * VMS_INSIDE_STEP; i < k; i++)
		sum = vms_sat_add_i64(sum, length_of(&thread->stretches[i]));
	s = &thread->stretches[k];
	if (s->flags & VMS_STRETCH_UNKNOWN)
		return sum;
	return vms_sat_add_i64(sum, vms_sat_sub_i64(VMS_MIN(host_raw, s->leave_raw), s->enter_raw));
}

int64_t vms_thread_inside(const struct vms_thread *t, int64_t from_raw, int64_t to_raw)
{
	if (to_raw <= from_raw)
		return 0;
	return inside_until(t, to_raw) - inside_until(t, from_raw);
}

int vms_thread_sum(struct vms_thread *thread)
{
	int64_t sum = 0;
	uint32_t i;

	thread->unknown_raw = 0;
	thread->inside_before = vms_calloc((size_t)thread->stretches_nr / VMS_INSIDE_STEP + 1,
					   sizeof(*thread->inside_before));
	if (!thread->inside_before)
		return -VMS_ENOMEM;
	for (i = 0; i < thread->stretches_nr; i++) {
		const struct vms_stretch *s = &thread->stretches[i];

		if (i % VMS_INSIDE_STEP == 0)
			thread->inside_before[i / VMS_INSIDE_STEP] = sum;
		sum = vms_sat_add_i64(sum, length_of(s));
		if (s->flags & VMS_STRETCH_UNKNOWN)
			thread->unknown_raw = vms_sat_add_i64(
				thread->unknown_raw, vms_sat_sub_i64(s->leave_raw, s->enter_raw));
	}
	return 0;
}
