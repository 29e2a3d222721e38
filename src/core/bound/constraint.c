// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which stretch each guest event belongs to under a model, and what it then says of the offset. */
#include <vmsync/constraint.h>
#include <vmsync/place.h>

#include <stdlib.h>

#include "core/base/assert.h"
#include "core/base/bisect.h"
#include "core/base/util.h"
#include "core/record/steady.h"

/* Consecutive guest events of one stretch and one piece, their times not decreasing. */
struct run {
	bool open;
	uint32_t stretch;
	uint32_t first, last;
};

enum purpose { BUILD, COUNT, COMPARE };

/* The bounds of one side. */
struct side {
	struct vms_bound *bounds;
	uint32_t nr;
	size_t cap;
};

struct collect {
	struct vms_constraints *out;
	const struct vms_cpu *c;
	const struct vms_thread *t;
	enum purpose purpose;
	struct side lower, upper; /* to compare with: what of it comes next is the first */
};

static int add_bound(struct side *side, struct vms_bound bound)
{
	const int ret = vms_grow(&side->bounds, &side->cap, (size_t)side->nr + 1,
				 sizeof(*side->bounds), UINT32_MAX);

	if (!ret)
		side->bounds[side->nr++] = bound;
	return ret;
}

static void pass_facts(struct side *side)
{
	while (side->nr && vms_bound_is_fact(*side->bounds)) {
		side->bounds++;
		side->nr--;
	}
}

/* Return: 1 where it is not the next of those that are there. */
static int compare_bound(struct side *side, struct vms_bound bound)
{
	pass_facts(side);
	if (!side->nr || !vms_bound_same(*side->bounds, bound))
		return 1;
	side->bounds++;
	side->nr--;
	return 0;
}

static int close_run(struct collect *collect, struct run *run)
{
	const struct vms_stretch *stretch = &collect->t->stretches[run->stretch];
	int (*const take)(struct side *, struct vms_bound) =
		collect->purpose == COMPARE ? compare_bound : add_bound;
	const struct vms_bound first = { run->first, run->stretch };
	const struct vms_bound last = { run->last, run->stretch };
	int64_t offset_raw;
	int ret = 0;

	if (!run->open)
		return 0;
	run->open = false;
	if (collect->purpose == COUNT || (stretch->flags & VMS_STRETCH_UNKNOWN))
		return 0;
	/* An offset beyond int64 says nothing of clocks: such a bound is left out. */
	if ((stretch->flags & VMS_STRETCH_ENTER_KNOWN) &&
	    vms_sub_i64(stretch->enter_raw, collect->c->time_raw[run->first], &offset_raw))
		ret = take(&collect->lower, first);
	if (!ret && (stretch->flags & VMS_STRETCH_LEAVE_KNOWN) &&
	    vms_sub_i64(stretch->leave_raw, collect->c->time_raw[run->last], &offset_raw))
		ret = take(&collect->upper, last);
	return ret;
}

static int collect(struct collect *collecting, const struct vms_stretches *st,
		   const struct vms_model *model, unsigned int cpu_idx)
{
	struct vms_constraints *out = collecting->out;
	const struct vms_cpu *cpu = collecting->c;
	struct run run = { .open = false };
	uint32_t i, cursor = 0, piece = 0;
	uint32_t boundary = steady_end(model, cpu_idx, 0, &piece);
	uint32_t last_gap = UINT32_MAX;
	const bool steady = vms_model_steady(model, cpu_idx, cpu);
	int ret = 0;

	for (i = 0; i < cpu->nr && !ret; i++) {
		const int64_t host_raw = vms_model_event(model, cpu_idx, i, cpu->time_raw[i]);
		enum vms_place place;
		int64_t depth;

		place = vms_place_near(collecting->t, host_raw, &cursor, &depth);
		if (host_raw < st->first_raw || host_raw > st->last_raw)
			place = VMS_PLACE_BEYOND;
		else
			out->away_nr += place == VMS_PLACE_BEYOND;
		if (run.open && (place == VMS_PLACE_SHADOW || place == VMS_PLACE_BEYOND ||
				 cursor != run.stretch || i == boundary ||
				 cpu->time_raw[i] < cpu->time_raw[i - 1]))
			ret = close_run(collecting, &run);
		if (i == boundary)
			boundary = steady_end(model, cpu_idx, i, &piece);
		out->beyond_nr += place == VMS_PLACE_BEYOND;
		out->unknown_nr += place == VMS_PLACE_SHADOW;
		if (place == VMS_PLACE_SHADOW || place == VMS_PLACE_BEYOND)
			continue;
		out->checkable_nr++;
		if (place == VMS_PLACE_OUTSIDE) {
			const uint32_t gap =
				cursor - (collecting->t->stretches[cursor].enter_raw > host_raw);

			out->outside_nr++;
			/* between two threads there is no stretch that could be missing */
			out->outside_gaps_nr += gap != last_gap ||
						(collecting->t->parts_nr &&
						 vms_thread_tid_of(collecting->t, gap) !=
							 vms_thread_tid_of(collecting->t, gap + 1));
			last_gap = gap;
			out->depth_max_raw = VMS_MAX(out->depth_max_raw, depth);
		}
		if (!run.open)
			run = (struct run){ .open = true, .stretch = cursor, .first = i };
		run.last = i;
		if (!steady || place != VMS_PLACE_INSIDE)
			continue;
		run.last = steady_skip(cpu, i, VMS_MIN(boundary, cpu->nr),
				       VMS_MIN(collecting->t->stretches[cursor].leave_raw,
					       st->last_raw) -
					       host_raw);
		out->checkable_nr += run.last - i;
		i = run.last;
	}
	return ret ? ret : close_run(collecting, &run);
}

uint32_t vms_bounds_from(const struct vms_bound *bounds, uint32_t nr, uint32_t event)
{
	uint32_t lo = 0, hi = nr;

	VMS_BISECT(lo, hi, mid, bounds[mid].event < event);
	return lo;
}

int vms_constraints_build(struct vms_constraints **out, const struct vms_cpu *cpu,
			  const struct vms_thread *thread, const struct vms_stretches *st,
			  const struct vms_model *m, unsigned int cpu_idx, struct vms_err *err)
{
	struct vms_constraints *new = vms_calloc(1, sizeof(*new));
	struct collect k = { .out = new, .c = cpu, .t = thread };
	/* more only where a stretch is entered again: growing would leave holes */
	const size_t most_nr = VMS_MIN(thread->stretches_nr, cpu->nr);
	int ret = -VMS_ENOMEM;

	if (new) {
		new->events_nr = cpu->nr;
		new->cpu = cpu;
		new->thread = thread;
		ret = vms_grow(&k.lower.bounds, &k.lower.cap, most_nr, sizeof(*k.lower.bounds),
			       UINT32_MAX);
	}
	if (!ret)
		ret = vms_grow(&k.upper.bounds, &k.upper.cap, most_nr, sizeof(*k.upper.bounds),
			       UINT32_MAX);
	if (!ret && most_nr)
		ret = collect(&k, st, m, cpu_idx);
	if (new) {
		vms_shrink(&k.lower.bounds, k.lower.nr, sizeof(*k.lower.bounds));
		vms_shrink(&k.upper.bounds, k.upper.nr, sizeof(*k.upper.bounds));
		new->lower = k.lower.bounds;
		new->lower_nr = k.lower.nr;
		new->upper = k.upper.bounds;
		new->upper_nr = k.upper.nr;
	}
	if (ret) {
		vms_constraints_free(new);
		return vms_fail(err, -ret, "out of memory while collecting constraints");
	}
	VMS_ASSERT_EACH(i, 1, new->lower_nr, new->lower[i - 1].event <= new->lower[i].event);
	VMS_ASSERT_EACH(i, 1, new->upper_nr, new->upper[i - 1].event <= new->upper[i].event);
	VMS_ASSERT_EACH(i, 0, new->lower_nr, new->lower[i].event < cpu->nr);
	VMS_ASSERT_EACH(i, 0, new->upper_nr, new->upper[i].stretch < thread->stretches_nr);
	*out = new;
	return 0;
}

bool vms_constraints_same(struct vms_constraints *cons, const struct vms_stretches *st,
			  const struct vms_model *m, unsigned int cpu_idx)
{
	struct vms_constraints counts = *cons;
	struct collect k = { .out = &counts,
			     .c = cons->cpu,
			     .t = cons->thread,
			     .purpose = COMPARE,
			     .lower = { .bounds = cons->lower, .nr = cons->lower_nr },
			     .upper = { .bounds = cons->upper, .nr = cons->upper_nr } };

	counts.checkable_nr = counts.beyond_nr = counts.away_nr = counts.unknown_nr = 0;
	counts.outside_nr = counts.outside_gaps_nr = 0;
	counts.depth_max_raw = 0;
	if (cons->thread->stretches_nr && collect(&k, st, m, cpu_idx))
		return false;
	pass_facts(&k.lower);
	pass_facts(&k.upper);
	if (k.lower.nr || k.upper.nr)
		return false;
	*cons = counts;
	return true;
}

void vms_constraints_count(struct vms_constraints *out, const struct vms_cpu *c,
			   const struct vms_thread *t, const struct vms_stretches *st,
			   const struct vms_model *m, unsigned int cpu_idx)
{
	struct collect k = { .out = out, .c = c, .t = t, .purpose = COUNT };

	*out = (struct vms_constraints){ .events_nr = c->nr };
	if (t->stretches_nr)
		/* cannot fail: it is memory for bounds that could be missing */
		(void)collect(&k, st, m, cpu_idx);
}

void vms_constraints_free(struct vms_constraints *c)
{
	if (!c)
		return;
	vms_constraints_free(c->tight);
	free(c->lower);
	free(c->upper);
	free(c);
}
