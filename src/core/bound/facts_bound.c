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
static int points_join(struct vms_point **list, uint32_t *nr, const struct vms_point *add,
		       uint32_t add_nr)
{
	struct vms_point *all = vms_realloc(*list, ((size_t)*nr + add_nr) * sizeof(*all));
	uint32_t i = *nr;

	if (!all)
		return -VMS_ENOMEM;
	*list = all;
	*nr += add_nr;
	while (add_nr) {
		const bool old = i && vms_point_before(&add[add_nr - 1], &all[i - 1]);

		all[i + add_nr - 1] = old ? all[i - 1] : add[add_nr - 1];
		old ? i-- : add_nr--;
	}
	return 0;
}

/* What a fact says under a model. @event: the first after it, looked for from there on. */
static bool fact_points(const struct vms_thread_facts *facts, uint32_t i, const struct vms_cpu *cpu,
			const struct vms_model *model, unsigned int cpu_idx, uint32_t *event,
			struct vms_point *lower, struct vms_point *upper)
{
	const struct vms_fact *fact = &facts->facts[i];
	uint32_t lo = *event, hi = cpu->nr;
	int64_t model_raw;

	if (!cpu->nr)
		return false;
	VMS_BISECT_NEAR(lo, hi, *event, k,
			vms_model_event(model, cpu_idx, k, cpu->time_raw[k]) <= fact->to_raw);
	*event = lo;
	model_raw = vms_model_event(model, cpu_idx, VMS_MIN(*event, cpu->nr - 1), fact->guest_raw);
	lower->x_raw = upper->x_raw = fact->guest_raw;
	lower->event = upper->event = *event;
	lower->stretch = upper->stretch = (facts->first + i) | VMS_POINT_FACT;
	return vms_fact_bounds(fact, vms_sat_sub_i64(model_raw, fact->guest_raw), &lower->y_raw,
			       &upper->y_raw);
}

int vms_facts_bound(struct vms_constraints *cons, const struct vms_thread_facts *facts,
		    const struct vms_cpu *cpu, const struct vms_model *model, unsigned int cpu_idx)
{
	struct vms_point *lower = vms_calloc(facts->facts_nr, sizeof(*lower));
	struct vms_point *upper = vms_calloc(facts->facts_nr, sizeof(*upper));
	uint32_t i, nr = 0, event = 0;
	int ret = lower && upper ? 0 : -VMS_ENOMEM;

	for (i = 0; i < facts->facts_nr && !ret; i++)
		nr += fact_points(facts, i, cpu, model, cpu_idx, &event, &lower[nr], &upper[nr]);
	cons->facts_nr += nr;
	if (!ret && nr)
		ret = points_join(&cons->lower, &cons->lower_nr, lower, nr);
	if (!ret && nr)
		ret = points_join(&cons->upper, &cons->upper_nr, upper, nr);
	free(lower);
	free(upper);
	return ret;
}

/* The next fact of a list of constraints is that one. */
static bool fact_is_next(const struct vms_point *list, uint32_t nr, uint32_t *at,
			 const struct vms_point *point)
{
	while (*at < nr && !vms_point_is_fact(&list[*at]))
		++*at;
	return *at < nr && vms_point_same(&list[(*at)++], point);
}

bool vms_facts_same(const struct vms_constraints *cons, const struct vms_thread_facts *facts,
		    const struct vms_cpu *cpu, const struct vms_model *model, unsigned int cpu_idx)
{
	uint32_t i, nr = 0, event = 0, lower_at = 0, upper_at = 0;
	struct vms_point lower, upper;

	for (i = 0; i < facts->facts_nr; i++) {
		if (!fact_points(facts, i, cpu, model, cpu_idx, &event, &lower, &upper))
			continue;
		if (!fact_is_next(cons->lower, cons->lower_nr, &lower_at, &lower) ||
		    !fact_is_next(cons->upper, cons->upper_nr, &upper_at, &upper))
			return false;
		nr++;
	}
	return nr == cons->facts_nr;
}
