/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a host time lies in the stretches of a thread. */
#ifndef VMSYNC_PLACE_H
#define VMSYNC_PLACE_H

#include <vmsync/stretch.h>

/** vms_thread_find - a thread by tid, or NULL */
const struct vms_thread *vms_thread_find(const struct vms_stretches *s, int32_t tid);

/**
 * vms_stretch_at - index of the last stretch with enter_raw <= host_raw; -1 when before all. O(log
 * n)
 */
int64_t vms_stretch_at(const struct vms_thread *t, int64_t host_raw);
/** vms_stretch_near - vms_stretch_at(), quick where the answer lies near stretch @from */
int64_t vms_stretch_near(const struct vms_thread *t, int64_t host_raw, uint32_t from);

/** vms_thread_inside - in-guest time in [from, to) [raw host units]. O(log n) */
int64_t vms_thread_inside(const struct vms_thread *t, int64_t from_raw, int64_t to_raw);

/** enum vms_place - where a guest event lies under a model */
enum vms_place { VMS_PLACE_INSIDE, VMS_PLACE_OUTSIDE, VMS_PLACE_SHADOW, VMS_PLACE_BEYOND };

/**
 * vms_place_of - where a host time lies with respect to a thread's stretches
 * @stretch: index of the stretch that holds it, or of the nearest; may be NULL
 * @depth_raw: distance to the nearest stretch, 0 inside; may be NULL
 * BEYOND: before the first or after the last stretch. SHADOW: in lost events.
 */
enum vms_place vms_place_of(const struct vms_thread *t, int64_t host_raw, uint32_t *stretch,
			    int64_t *depth_raw);

/**
 * vms_place_near - vms_place_of() that begins to look at @cursor
 * @cursor: any value at first; then the stretch that holds the time, or the nearest one
 * @depth_raw: distance to that stretch, 0 inside
 *
 * O(log of the stretches moved across).
 */
enum vms_place vms_place_near(const struct vms_thread *t, int64_t host_raw, uint32_t *cursor,
			      int64_t *depth_raw);

#endif
