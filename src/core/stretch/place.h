/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Placing many host times, one near the other, in the stretches of a thread; internal to the core.
 */
#ifndef VMS_PLACE_H
#define VMS_PLACE_H

#include <vmsync/constraint.h>

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
