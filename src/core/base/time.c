// SPDX-License-Identifier: LGPL-2.1-or-later
/* Units of clocks and integer arithmetic that tells when it overflows. */
#include <vmsync/time.h>

#include "core/base/compiler.h"

double vms_clock_ns(const struct vms_clock *c, int64_t diff_raw)
{
	return c->ns_per_unit > 0.0 ? (double)diff_raw * c->ns_per_unit : (double)diff_raw;
}

const char *vms_clock_unit(const struct vms_clock *c)
{
	return c->ns_per_unit > 0.0 ? "ns" : "ticks";
}

bool vms_sub_i64(int64_t a, int64_t b, int64_t *diff)
{
	int64_t r;

	if (vms_sub_overflow(a, b, &r))
		return false;
	*diff = r;
	return true;
}

int64_t vms_sat_add_i64(int64_t a, int64_t b)
{
	int64_t r;

	if (!vms_add_overflow(a, b, &r))
		return r;
	return b > 0 ? INT64_MAX : INT64_MIN;
}

int64_t vms_sat_sub_i64(int64_t a, int64_t b)
{
	int64_t r;

	if (!vms_sub_overflow(a, b, &r))
		return r;
	return b < 0 ? INT64_MAX : INT64_MIN;
}
