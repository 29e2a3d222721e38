/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Things at host times, in order; internal to the core. */
#ifndef VMS_PLACED_H
#define VMS_PLACED_H

#include <stdint.h>

/** struct vms_placed - something at a host time */
struct vms_placed {
	int64_t at_raw;
	uint32_t idx;
};

/**
 * vms_placed_sort - ascending by time, then index; fast where long runs ascend already. -VMS_ENOMEM
 */
int vms_placed_sort(struct vms_placed *p, uint32_t nr);

#endif
