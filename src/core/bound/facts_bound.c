// SPDX-License-Identifier: LGPL-2.1-or-later
/* How clock facts join the constraints of a vCPU. */
#include <vmsync/facts.h>

#include <stdlib.h>

#include "core/base/bisect.h"
#include "core/base/util.h"

bool vms_fact_bounds(const struct vms_fact *f, int64_t offset_raw, int64_t *lo, int64_t *hi)
{
	int64_t width;

	if (!vms_sub_i64(f->from_raw, f->guest_raw, lo) ||
	    !vms_sub_i64(f->to_raw, f->guest_raw, hi))
		return false;
	width = f->to_raw - f->from_raw;
	return f->above_raw == INT64_MIN || f->above_raw < vms_sat_sub_i64(offset_raw, width);
}

/* Two ascending lists become one, from the end. */
static int bounds_join(struct vms_bound **list, uint32_t *nr, const struct vms_bound *add,
		       uint32_t add_nr)
{
	struct vms_bound *all = vms_realloc(*list, ((size_t)*nr + add_nr) * sizeof(*all));
	uint32_t i = *nr;

	if (!all)
		return -VMS_ENOMEM;
	*list = all;
	*nr += add_nr;
	while (add_nr) {
		const bool old = i && vms_bound_before(add[add_nr - 1], all[i - 1]);

		all[i + add_nr - 1] = old ? all[i - 1] : add[add_nr - 1];
		old ? i-- : add_nr--;
	}
	return 0;
}

/*
 * The bound that a fact is under a model, both ways. @event: the first after it, looked for from
 * there on. False where it says nothing.
 */
static bool fact_bound(struct vms_bound *bound, const struct vms_thread_facts *facts, uint32_t i,
		       const struct vms_cpu *cpu, const struct vms_model *model,
		       unsigned int cpu_idx)
{
	const struct vms_fact *fact = &facts->facts[i];
	uint32_t lo = bound->event, hi = cpu->nr;
	int64_t model_raw, unused;

	if (!cpu->nr)
		return false;
	VMS_BISECT_NEAR(lo, hi, bound->event, k,
			vms_model_event(model, cpu_idx, k, cpu->time_raw[k]) <= fact->to_raw);
	bound->event = lo;
	bound->stretch = (facts->first + i) | VMS_POINT_FACT;
	model_raw = vms_model_event(model, cpu_idx, VMS_MIN(lo, cpu->nr - 1), fact->guest_raw);
	return vms_fact_bounds(fact, vms_sat_sub_i64(model_raw, fact->guest_raw), &unused, &unused);
}

int vms_facts_bound(struct vms_constraints *cons, const struct vms_facts *facts,
		    const struct vms_thread_facts *of_thread, const struct vms_model *model,
		    unsigned int cpu_idx)
{
	struct vms_bound *add = vms_calloc(of_thread->facts_nr, sizeof(*add));
	struct vms_bound bound = { 0 };
	uint32_t i, nr = 0;
	int ret = add ? 0 : -VMS_ENOMEM;

	for (i = 0; i < of_thread->facts_nr && !ret; i++) {
		if (fact_bound(&bound, of_thread, i, cons->cpu, model, cpu_idx))
			add[nr++] = bound;
	}
	cons->facts = facts;
	cons->facts_nr += nr;
	if (!ret && nr)
		ret = bounds_join(&cons->lower, &cons->lower_nr, add, nr);
	if (!ret && nr)
		ret = bounds_join(&cons->upper, &cons->upper_nr, add, nr);
	free(add);
	return ret;
}

/* The next fact of a list of constraints is that one. */
static bool fact_is_next(const struct vms_bound *list, uint32_t nr, uint32_t *at,
			 struct vms_bound bound)
{
	while (*at < nr && !vms_bound_is_fact(list[*at]))
		++*at;
	return *at < nr && vms_bound_same(list[(*at)++], bound);
}

bool vms_facts_same(const struct vms_constraints *cons, const struct vms_thread_facts *facts,
		    const struct vms_model *model, unsigned int cpu_idx)
{
	uint32_t i, nr = 0, lower_at = 0, upper_at = 0;
	struct vms_bound bound = { 0 };

	for (i = 0; i < facts->facts_nr; i++) {
		if (!fact_bound(&bound, facts, i, cons->cpu, model, cpu_idx))
			continue;
		if (!fact_is_next(cons->lower, cons->lower_nr, &lower_at, bound) ||
		    !fact_is_next(cons->upper, cons->upper_nr, &upper_at, bound))
			return false;
		nr++;
	}
	return nr == cons->facts_nr;
}

const struct vms_fact *vms_fact_of(const struct vms_facts *facts, uint32_t stretch)
{
	const uint32_t number = stretch & ~VMS_POINT_FACT;
	unsigned int lo = 0, hi = facts->threads_nr;

	if (!(stretch & VMS_POINT_FACT))
		return NULL;
	VMS_BISECT(lo, hi, mid, facts->threads[mid].first + facts->threads[mid].facts_nr <= number);
	return &facts->threads[lo].facts[number - facts->threads[lo].first];
}

struct vms_point vms_fact_point(const struct vms_facts *facts, struct vms_bound bound, bool lower)
{
	const struct vms_fact *fact = vms_fact_of(facts, bound.stretch);

	return (struct vms_point){ .x_raw = fact->guest_raw,
				   .y_raw = (lower ? fact->from_raw : fact->to_raw) -
					    fact->guest_raw,
				   .event = bound.event,
				   .stretch = bound.stretch };
}
