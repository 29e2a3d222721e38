// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Events of one CPU in order of host time: by bisection where they ascend, by a sorted copy where
 * they do not.
 */
#include "core/lanes/lanes_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/bisect.h"

static int64_t event_at(const struct lane_order *o, uint32_t idx)
{
	return o->m ? vms_model_event(o->m, o->cpu_idx, idx, o->c->time_raw[idx])
		    : o->c->time_raw[idx];
}

int lane_order_build(struct lane_order *order, const struct vms_cpu *cpu,
		     const struct vms_model *model, unsigned int cpu_idx)
{
	uint32_t i;
	int ret;

	lane_order_clear(order);
	order->c = cpu;
	order->m = model && cpu_idx < model->cpus_nr ? model : NULL;
	order->cpu_idx = cpu_idx;
	if (vms_model_ascends(order->m, cpu_idx, cpu))
		return 0;
	order->sorted = vms_calloc(cpu->nr, sizeof(*order->sorted));
	if (!order->sorted)
		return -VMS_ENOMEM;
	for (i = 0; i < cpu->nr; i++)
		order->sorted[i] = (struct vms_placed){ .at_raw = event_at(order, i), .idx = i };
	ret = vms_placed_sort(order->sorted, cpu->nr, NULL);
	if (ret)
		lane_order_clear(order);
	return ret;
}

void lane_order_clear(struct lane_order *o)
{
	free(o->sorted);
	memset(o, 0, sizeof(*o));
}

int64_t lane_order_at(const struct lane_order *o, uint32_t k)
{
	return o->sorted ? o->sorted[k].at_raw : event_at(o, k);
}

uint32_t lane_order_event(const struct lane_order *o, uint32_t k)
{
	return o->sorted ? o->sorted[k].idx : k;
}

/* From the last answer on: neighbouring columns lie near each other. */
uint32_t lane_order_bound(const struct lane_order *o, vms_i128 at, uint32_t from)
{
	uint32_t lo = from, hi = o->c->nr;

	VMS_BISECT_NEAR(lo, hi, from, k, lane_order_at(o, k) < at);
	return lo;
}

uint32_t lane_placed_bound(const struct vms_placed *p, uint32_t nr, vms_i128 at, uint32_t from)
{
	uint32_t lo = from, hi = nr;
	int64_t at_raw;

	if (at > INT64_MAX || at <= INT64_MIN)
		return at > INT64_MAX ? VMS_MAX(from, nr) : from;
	at_raw = (int64_t)at;
	VMS_BISECT(lo, hi, mid, p[mid].at_raw < at_raw);
	return lo;
}
