// SPDX-License-Identifier: LGPL-2.1-or-later
/* Events of a clock of any rate that may as well lie in another stretch: those bound nothing. */
#include "core/bound/contest.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/bisect.h"
#include "core/base/util.h"

/* An event may lie in so many stretches before and after its own; further ones are alignment's. */
#define NEIGHBOURS 2
/* Offsets that are possible at an event; where there were more the nearest are taken for one. */
#define RANGES_MAX 8

struct range {
	int64_t lo, hi;
};

struct ranges {
	struct range of[RANGES_MAX];
	unsigned int nr;
};

/* What is possible after (or before) each constraint, of which most have one range. */
struct pool {
	struct range *of;
	size_t nr, cap;
};

struct contest {
	const struct vms_constraints *cons;
	const struct vms_contest_opts *opts;
};

/* A range from above those that are there already. */
static void range_add(struct ranges *ranges, struct range range)
{
	struct range *last = ranges->nr ? &ranges->of[ranges->nr - 1] : NULL;

	if (range.lo > range.hi)
		return;
	if (last && (range.lo <= last->hi || ranges->nr == RANGES_MAX))
		last->hi = VMS_MAX(last->hi, range.hi);
	else
		ranges->of[ranges->nr++] = range;
}

/* The offsets that put an event into the stretch of a constraint, or one so many further. */
static bool range_of(const struct contest *contest, const struct vms_point *point, int away,
		     struct range *range)
{
	const int64_t at = (int64_t)point->stretch + away;
	const struct vms_stretch *stretch;

	if (at < 0 || at >= (int64_t)contest->cons->thread->stretches_nr)
		return false;
	stretch = &contest->cons->thread->stretches[at];
	range->lo = vms_sat_sub_i64(vms_sat_sub_i64(stretch->enter_raw, point->x_raw),
				    contest->opts->slack_raw);
	range->hi = vms_sat_add_i64(vms_sat_sub_i64(stretch->leave_raw, point->x_raw),
				    contest->opts->slack_raw);
	return true;
}

static void options_of(const struct contest *contest, const struct vms_point *point,
		       struct ranges *out)
{
	struct range range;
	int away;

	out->nr = 0;
	for (away = -NEIGHBOURS; away <= NEIGHBOURS; away++)
		if (range_of(contest, point, away, &range))
			range_add(out, range);
}

static void widen(const struct contest *contest, struct ranges *ranges, int64_t from_raw,
		  int64_t to_raw)
{
	const double far = fabs((double)((vms_i128)to_raw - from_raw)) * contest->opts->limit;
	const int64_t by = far < 0x1p61 ? (int64_t)far + 1 : INT64_MAX / 4;
	const struct ranges narrow = *ranges;
	unsigned int i;

	ranges->nr = 0;
	for (i = 0; i < narrow.nr; i++)
		range_add(ranges, (struct range){ vms_sat_sub_i64(narrow.of[i].lo, by),
						  vms_sat_add_i64(narrow.of[i].hi, by) });
}

static void both(const struct ranges *a, const struct ranges *b, struct ranges *out)
{
	unsigned int i = 0, k = 0;

	out->nr = 0;
	while (i < a->nr && k < b->nr) {
		range_add(out, (struct range){ VMS_MAX(a->of[i].lo, b->of[k].lo),
					       VMS_MIN(a->of[i].hi, b->of[k].hi) });
		if (a->of[i].hi < b->of[k].hi)
			i++;
		else
			k++;
	}
}

static bool is_step_between(const struct contest *contest, uint32_t a, uint32_t b)
{
	const uint32_t *steps = contest->opts->steps;
	unsigned int lo = 0, hi = contest->opts->steps_nr;

	VMS_BISECT(lo, hi, mid, steps[mid] <= VMS_MIN(a, b));
	return lo < contest->opts->steps_nr && steps[lo] <= VMS_MAX(a, b);
}

/*
 * Goes on from one constraint, NULL at first, to the next. One that contradicts all that was
 * possible says nothing of the clock.
 */
static void step_to(const struct contest *contest, struct ranges *now, const struct vms_point *from,
		    const struct vms_point *point)
{
	struct ranges options, left;

	options_of(contest, point, &options);
	if (!from || is_step_between(contest, from->event, point->event)) {
		*now = options;
		return;
	}
	widen(contest, now, from->x_raw, point->x_raw);
	both(now, &options, &left);
	if (left.nr)
		*now = left;
}

/* The constraints of both sides in the order of events: the next, or the one before. */
static struct vms_point next_of(const struct vms_constraints *cons, uint32_t at[2])
{
	const bool lower = at[0] < cons->lower_nr &&
			   (at[1] == cons->upper_nr ||
			    !vms_bound_before(cons->upper[at[1]], cons->lower[at[0]]));

	return lower ? vms_lower_point(cons, at[0]++) : vms_upper_point(cons, at[1]++);
}

static struct vms_point last_of(const struct vms_constraints *cons, uint32_t at[2])
{
	const bool upper = at[1] && (!at[0] || !vms_bound_before(cons->upper[at[1] - 1],
								 cons->lower[at[0] - 1]));

	return upper ? vms_upper_point(cons, --at[1]) : vms_lower_point(cons, --at[0]);
}

static int pool_put(struct pool *pool, const struct ranges *ranges)
{
	unsigned int i;

	/* its number stands behind its ranges, as they are read from the end */
	if (vms_grow(&pool->of, &pool->cap, pool->nr + ranges->nr + 1, sizeof(*pool->of), SIZE_MAX))
		return -VMS_ENOMEM;
	for (i = 0; i < ranges->nr; i++)
		pool->of[pool->nr++] = ranges->of[i];
	pool->of[pool->nr++] = (struct range){ .lo = ranges->nr };
	return 0;
}

static void pool_take(struct pool *pool, struct ranges *ranges)
{
	unsigned int i;

	ranges->nr = (unsigned int)pool->of[--pool->nr].lo;
	pool->nr -= ranges->nr;
	for (i = 0; i < ranges->nr; i++)
		ranges->of[i] = pool->of[pool->nr + i];
}

/* What is possible at each constraint, by those behind it, the last first. */
static int look_back(const struct contest *contest, struct pool *pool)
{
	uint32_t at[2] = { contest->cons->lower_nr, contest->cons->upper_nr };
	struct ranges now = { .nr = 0 };
	struct vms_point from;
	bool first = true;
	int ret = 0;

	while (!ret && (at[0] || at[1])) {
		const struct vms_point point = last_of(contest->cons, at);

		step_to(contest, &now, first ? NULL : &from, &point);
		from = point;
		first = false;
		ret = pool_put(pool, &now);
	}
	return ret;
}

/*
 * Whether an event may be elsewhere than it is thought to be, or must. An offset is not below a
 * lower bound where the event may be later than thought.
 */
static bool is_contested(const struct contest *contest, const struct vms_point *point,
			 const struct ranges *possible, bool is_lower)
{
	bool other = false;
	struct range range;
	unsigned int i;
	int away;

	for (away = 1; away <= NEIGHBOURS && !other; away++) {
		const int to = is_lower ? -away : away;

		if (!range_of(contest, point, to, &range) ||
		    (contest->opts->unknown_only &&
		     !(contest->cons->thread->stretches[(int64_t)point->stretch + to].flags &
		       VMS_STRETCH_UNKNOWN)))
			continue;
		for (i = 0; i < possible->nr; i++)
			other |= possible->of[i].lo <= range.hi && possible->of[i].hi >= range.lo;
	}
	return other;
}

int vms_contest(struct vms_constraints *cons, const struct vms_contest_opts *opts,
		uint32_t *dropped_nr)
{
	const struct contest contest = { .cons = cons, .opts = opts };
	struct pool pool = { .of = NULL };
	uint32_t at[2] = { 0, 0 }, kept[2] = { 0, 0 };
	struct ranges now = { .nr = 0 }, behind, possible;
	struct vms_point from;
	int ret = look_back(&contest, &pool);
	bool first = true;

	*dropped_nr = 0;
	while (!ret && (at[0] < cons->lower_nr || at[1] < cons->upper_nr)) {
		const uint32_t lower = at[0];
		const struct vms_point point = next_of(cons, at);
		const struct vms_bound bound = { point.event, point.stretch };
		const bool is_lower = at[0] > lower;

		step_to(&contest, &now, first ? NULL : &from, &point);
		from = point;
		first = false;
		pool_take(&pool, &behind);
		both(&now, &behind, &possible);
		if (is_contested(&contest, &point, &possible, is_lower))
			++*dropped_nr;
		else if (is_lower)
			cons->lower[kept[0]++] = bound;
		else
			cons->upper[kept[1]++] = bound;
	}
	if (!ret) {
		cons->lower_nr = kept[0];
		cons->upper_nr = kept[1];
	}
	free(pool.of);
	return ret;
}
