// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Events of one CPU in order of host time: by bisection where they ascend, by a sorted copy where
 * they do not.
 */
#include "core/lanes/lanes_impl.h"

#include <stdlib.h>
#include <string.h>

/* Equal times by index, so that the order does not depend on the one before. */
static bool goes_before(const struct lane_placed *a, const struct lane_placed *b)
{
	return a->at_raw != b->at_raw ? a->at_raw < b->at_raw : a->idx < b->idx;
}

/* End of the ascending run that begins at from. */
static uint32_t run_end(const struct lane_placed *p, uint32_t nr, uint32_t from)
{
	uint32_t i = from + 1;

	while (i < nr && !goes_before(&p[i], &p[i - 1]))
		i++;
	return i < nr ? i : nr;
}

static void merge(struct lane_placed *to, const struct lane_placed *a,
		  const struct lane_placed *a_end, const struct lane_placed *b,
		  const struct lane_placed *b_end)
{
	while (a < a_end && b < b_end)
		*to++ = goes_before(b, a) ? *b++ : *a++;
	memcpy(to, a, (size_t)(a_end - a) * sizeof(*to));
	to += a_end - a;
	memcpy(to, b, (size_t)(b_end - b) * sizeof(*to));
}

/*
 * Neighbours that stand the wrong way round would be so many runs, and each doubling of them
 * another pass.
 */
#define NEAR_NR 16u

static void sort_near(struct lane_placed *p, uint32_t nr)
{
	uint32_t i, k;

	for (i = 1; i < nr; i++) {
		const struct lane_placed x = p[i];

		for (k = i; k && i - k < NEAR_NR && goes_before(&x, &p[k - 1]); k--)
			p[k] = p[k - 1];
		p[k] = x;
	}
}

/*
 * Natural merge sort: a clock that was set back twice makes three runs, and two passes are enough.
 */
int lane_sort(struct lane_placed *p, uint32_t nr)
{
	struct lane_placed *tmp, *from = p, *to;

	if (!nr || run_end(p, nr, 0) == nr)
		return 0;
	sort_near(p, nr);
	tmp = vms_calloc(nr, sizeof(*tmp));
	if (!tmp)
		return -VMS_ENOMEM;
	to = tmp;
	while (run_end(from, nr, 0) < nr) {
		struct lane_placed *t;
		uint32_t i = 0;

		while (i < nr) {
			const uint32_t mid = run_end(from, nr, i);
			const uint32_t end = mid < nr ? run_end(from, nr, mid) : nr;

			merge(to + i, from + i, from + mid, from + mid, from + end);
			i = end;
		}
		t = from;
		from = to;
		to = t;
	}
	if (from != p)
		memcpy(p, from, (size_t)nr * sizeof(*p));
	free(tmp);
	return 0;
}

static int64_t event_at(const struct lane_order *o, uint32_t idx)
{
	return o->m ? vms_model_event(o->m, o->cpu_idx, idx, o->c->time_raw[idx])
		    : o->c->time_raw[idx];
}

int lane_order_build(struct lane_order *o, const struct vms_cpu *c, const struct vms_model *m,
		     unsigned int cpu_idx)
{
	uint32_t i;
	int ret;

	lane_order_clear(o);
	o->c = c;
	o->m = m && cpu_idx < m->cpus_nr ? m : NULL;
	o->cpu_idx = cpu_idx;
	if (vms_model_ascends(o->m, cpu_idx, c))
		return 0;
	o->sorted = vms_calloc(c->nr, sizeof(*o->sorted));
	if (!o->sorted)
		return -VMS_ENOMEM;
	for (i = 0; i < c->nr; i++)
		o->sorted[i] = (struct lane_placed){ .at_raw = event_at(o, i), .idx = i };
	ret = lane_sort(o->sorted, c->nr);
	if (ret)
		lane_order_clear(o);
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

/* Doubling steps from the last answer, then bisection: neighbouring columns lie near each other. */
uint32_t lane_order_bound(const struct lane_order *o, vms_i128 at, uint32_t from)
{
	uint32_t lo = from, hi = from, step = 1;

	while (hi < o->c->nr && lane_order_at(o, hi) < at) {
		lo = hi + 1;
		hi = step < o->c->nr - hi ? hi + step : o->c->nr;
		step = step < UINT32_MAX / 2 ? step * 2 : step;
	}
	while (lo < hi) {
		const uint32_t mid = lo + (hi - lo) / 2;

		if (lane_order_at(o, mid) < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

uint32_t lane_placed_bound(const struct lane_placed *p, uint32_t nr, vms_i128 at, uint32_t from)
{
	uint32_t lo = from, hi = nr;
	int64_t at_raw;

	if (at > INT64_MAX || at <= INT64_MIN)
		return at > INT64_MAX ? VMS_MAX(from, nr) : from;
	at_raw = (int64_t)at;
	while (lo < hi) {
		const uint32_t mid = lo + (hi - lo) / 2;

		if (p[mid].at_raw < at_raw)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}
