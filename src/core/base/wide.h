/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From 128 bits back to 64, and division that rounds down. */
#ifndef VMS_WIDE_H
#define VMS_WIDE_H

#include "core/base/compiler.h"

/** vms_clamp_i64 - the nearest value that 64 bits hold */
static inline int64_t vms_clamp_i64(vms_i128 v)
{
	return v > INT64_MAX ? INT64_MAX : v < INT64_MIN ? INT64_MIN : (int64_t)v;
}

/** vms_floor_div - n / d, rounded down; d above 0 */
static inline vms_i128 vms_floor_div(vms_i128 n, vms_i128 d)
{
	vms_i128 q;

	/* mostly so, and a division of 128 bits is a long loop */
	if (n >= INT64_MIN && n <= INT64_MAX && d <= INT64_MAX)
		q = (int64_t)n / (int64_t)d;
	else
		q = n / d;
	return q - (n - q * d < 0);
}

#endif
