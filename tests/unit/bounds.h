/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Constraints of points that a test names: the events, stretches and clock facts that say so. */
#ifndef TESTS_BOUNDS_H
#define TESTS_BOUNDS_H

#include "unit.h"

#include <vmsync/facts.h>

struct bounds {
	struct vms_constraints cons;
	int64_t *time_raw;
	struct vms_cpu cpu;
	struct vms_thread thread;
	struct vms_thread_facts of_thread;
	struct vms_facts facts;
};

/* Of a point: its bound, and what it follows from. */
static inline struct vms_bound bounds_say(struct bounds *bounds, const struct vms_point *point,
					  bool lower)
{
	/* as unsigned, as the offset may be the least there is */
	const int64_t at = (int64_t)((uint64_t)point->x_raw + (uint64_t)point->y_raw);
	const uint32_t number = point->stretch & ~VMS_POINT_FACT;
	struct vms_stretch *stretch = &bounds->thread.stretches[number];
	struct vms_fact *fact = &bounds->of_thread.facts[number];

	if (vms_point_is_fact(point)) {
		fact->guest_raw = point->x_raw;
		*(lower ? &fact->from_raw : &fact->to_raw) = at;
		bounds->cons.facts_nr += lower;
	} else {
		bounds->time_raw[point->event] = point->x_raw;
		*(lower ? &stretch->enter_raw : &stretch->leave_raw) = at;
	}
	return (struct vms_bound){ point->event, point->stretch };
}

/* At most so many lower and upper ones; of one event all have one time, of one stretch one side. */
static inline struct bounds *bounds_of(const struct vms_point *lower, uint32_t lower_nr,
				       const struct vms_point *upper, uint32_t upper_nr)
{
	struct bounds *bounds = calloc(1, sizeof(*bounds));
	uint32_t most = 0, i;

	assert_non_null(bounds);
	for (i = 0; i < lower_nr + upper_nr; i++) {
		const struct vms_point *point = i < lower_nr ? &lower[i] : &upper[i - lower_nr];
		const uint32_t number = point->stretch & ~VMS_POINT_FACT;

		most = point->event > most ? point->event : most;
		most = number > most ? number : most;
	}
	bounds->time_raw = calloc(most + 1, sizeof(*bounds->time_raw));
	bounds->cpu.time_raw = bounds->time_raw;
	bounds->thread.stretches = calloc(most + 1, sizeof(*bounds->thread.stretches));
	bounds->thread.stretches_nr = most + 1;
	bounds->of_thread.facts = calloc(most + 1, sizeof(*bounds->of_thread.facts));
	bounds->of_thread.facts_nr = most + 1;
	bounds->facts = (struct vms_facts){ .threads = &bounds->of_thread, .threads_nr = 1 };
	bounds->cons.lower = calloc(lower_nr + 1, sizeof(*bounds->cons.lower));
	bounds->cons.upper = calloc(upper_nr + 1, sizeof(*bounds->cons.upper));
	bounds->cons.lower_nr = lower_nr;
	bounds->cons.upper_nr = upper_nr;
	bounds->cons.events_nr = most + 1;
	bounds->cons.cpu = &bounds->cpu;
	bounds->cons.thread = &bounds->thread;
	bounds->cons.facts = &bounds->facts;
	assert_true(bounds->time_raw && bounds->thread.stretches && bounds->of_thread.facts &&
		    bounds->cons.lower && bounds->cons.upper);
	for (i = 0; i < lower_nr; i++)
		bounds->cons.lower[i] = bounds_say(bounds, &lower[i], true);
	for (i = 0; i < upper_nr; i++)
		bounds->cons.upper[i] = bounds_say(bounds, &upper[i], false);
	return bounds;
}

static inline void bounds_free(struct bounds *bounds)
{
	free(bounds->time_raw);
	free(bounds->thread.stretches);
	free(bounds->of_thread.facts);
	free(bounds->cons.lower);
	free(bounds->cons.upper);
	free(bounds);
}

#endif
