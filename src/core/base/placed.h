/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Things at host times, or by another key, in order. */
#ifndef VMS_PLACED_H
#define VMS_PLACED_H

#include <stdint.h>
#include <vmsync/progress.h>

/** struct vms_placed - something at a host time */
struct vms_placed {
	int64_t at_raw;
	uint32_t idx;
};

/**
 * vms_placed_sort - ascending by time, then index; fast where long runs ascend already
 * @progress: may be NULL; tells the second half of the way
 * Return: 0; -VMS_ENOMEM; -VMS_ECANCEL: in any order.
 */
int vms_placed_sort(struct vms_placed *placed, uint32_t nr, const struct vms_progress *progress);

#endif
