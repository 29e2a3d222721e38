// SPDX-License-Identifier: LGPL-2.1-or-later
/* Cutting a vCPU's constraints into runs: greedy, then joined across constraints that are wrong. */
#include "core/bound/segment.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

/* Joining looks at each item a bounded number of times on average, whatever the data. */
#define WORK_PER_ITEM 64
#define ROUNDS_MAX 4
/* So many neighbours of a wrong constraint bound nothing either, in a short run a part of it. */
#define NEAR_ITEMS 8u
#define NEAR_PART 16u

/* Where one in so many contradicts the others agree by chance: of all, of those near by. */
#define CONTRADICTED_SHARE 4u
#define CONTRADICTED_NEAR_SHARE 64u

struct segmenter {
	struct vms_item *items;
	size_t nr;
	const struct vms_segment_opts *o;
	struct vms_runs runs;
	struct vms_fit trial, trial_back;
	struct vms_fit reach, own; /* scratch */
	bool *out, *out_back;	   /* what the trials would leave out, by item */
	size_t work_left;
};

/* What a trial would leave out of both runs together. */
struct trial {
	bool good;
	uint32_t out_nr;
};

void vms_runs_free(struct vms_runs *r)
{
	size_t i;

	for (i = 0; i < r->nr; i++)
		vms_fit_free(&r->r[i].fit);
	free(r->r);
	*r = (struct vms_runs){ .r = NULL };
}

static int push(struct segmenter *s, size_t from, bool forced)
{
	int ret;

	ret = vms_grow(&s->runs.r, &s->runs.cap, s->runs.nr + 1, sizeof(*s->runs.r), UINT32_MAX);
	if (ret)
		return -VMS_ENOMEM;
	s->runs.r[s->runs.nr] = (struct vms_run){ .from = from,
						  .to = from,
						  .forced = forced,
						  .small = s->items[from].small != VMS_SMALL_NONE,
						  .soft = s->items[from].small == VMS_SMALL_DOUBT };
	vms_fit_init(&s->runs.r[s->runs.nr].fit, s->o->drift_ppb);
	s->runs.nr++;
	return 0;
}

static bool is_step(const struct segmenter *s, size_t *cursor, uint32_t event)
{
	bool step = false;

	while (*cursor < s->o->steps_nr && s->o->steps[*cursor] <= event) {
		(*cursor)++;
		step = true;
	}
	return step;
}

/* Both items speak of one guest event, or are the two sides of one clock fact. */
static bool same_event(const struct vms_item *a, const struct vms_item *b)
{
	return a->p.event == b->p.event && vms_point_is_fact(&a->p) == vms_point_is_fact(&b->p) &&
	       (!vms_point_is_fact(&a->p) || a->p.stretch == b->p.stretch);
}

/* first item of i's event, but not before from: both sides of one event stay together */
static size_t event_start(const struct segmenter *s, size_t i, size_t from)
{
	while (i > from && same_event(&s->items[i - 1], &s->items[i]))
		i--;
	return i;
}

/* The longest prefix that one line fits, again and again. */
static int greedy(struct segmenter *segmenter)
{
	size_t i = 0, cursor = 0;
	int ret = 0;

	while (i < segmenter->nr) {
		const bool forced = is_step(segmenter, &cursor, segmenter->items[i].p.event) &&
				    segmenter->runs.nr;
		struct vms_run *run;

		if (!segmenter->runs.nr || forced || segmenter->items[i].small) {
			ret = push(segmenter, i, forced);
			if (ret)
				return ret;
		}
		run = &segmenter->runs.r[segmenter->runs.nr - 1];
		ret = vms_fit_add(&run->fit, segmenter->items[i].side, &segmenter->items[i].p);
		if (ret < 0)
			return ret;
		if (ret) {
			run->to = ++i;
			continue;
		}
		if (event_start(segmenter, i, run->from) > run->from)
			i = event_start(segmenter, i, run->from);
		run->to = i;
		ret = push(segmenter, i, false);
		if (ret)
			return ret;
	}
	return 0;
}

/* Width of what lines leave open at a time; false when a side is open. */
static bool width_at(const struct vms_fit *f, int64_t x_raw, uint64_t *width)
{
	const int64_t lo = vms_fit_value(f, VMS_LOWER, x_raw, NULL);
	const int64_t hi = vms_fit_value(f, VMS_UPPER, x_raw, NULL);

	*width = (uint64_t)hi - (uint64_t)lo;
	return lo != INT64_MIN && hi != INT64_MAX;
}

/*
 * Wrong by more than the band is wide; less can be a step that is hardly seen, and then leaving out
 * would be false.
 */
static bool is_far_out(const struct vms_fit *f, const struct vms_fit *before,
		       const struct vms_item *it)
{
	uint64_t width, wide;

	if (!width_at(f, it->p.x_raw, &width))
		return false;
	/* What was added may have squeezed the band: of a small step one half fits by that. */
	if (width_at(before, it->p.x_raw, &wide))
		width = VMS_MAX(width, wide);
	return vms_fit_depth(f, it->side, &it->p) > width;
}

/* Adds one item to a trial, @before what it began with; false ends it */
static int trial_add(struct segmenter *s, struct vms_fit *f, const struct vms_fit *before,
		     bool *out, size_t i, struct trial *t)
{
	const int ret = vms_fit_add(f, s->items[i].side, &s->items[i].p);

	out[i] = ret == 0;
	if (ret)
		return ret < 0 ? ret : 0;
	t->out_nr++;
	t->good = is_far_out(f, before, &s->items[i]);
	return 0;
}

/*
 * Whether what was left out is followed by a constraint of its side that was not, or led by one
 * when backward. At the end of the trace nothing else tells a wrong constraint from a step.
 */
static bool is_refuted(const struct segmenter *s, const bool *out, const struct vms_run *r,
		       bool backward)
{
	bool open[2] = { false, false };
	size_t i;

	for (i = r->from; i < r->to; i++) {
		const size_t k = backward ? r->to - 1 - (i - r->from) : i;

		open[s->items[k].side] = out[k];
	}
	return !open[VMS_LOWER] && !open[VMS_UPPER];
}

/* b's items added to a; at most limit may be left out */
static int try_forward(struct segmenter *segmenter, const struct vms_run *first,
		       const struct vms_run *second, uint32_t limit, struct trial *trial)
{
	size_t i;
	int ret;

	*trial = (struct trial){ .good = true, .out_nr = first->out_nr };
	ret = vms_fit_copy(&segmenter->trial, &first->fit);
	for (i = second->from; i < second->to && !ret && trial->good; i++) {
		ret = trial_add(segmenter, &segmenter->trial, &first->fit, segmenter->out, i,
				trial);
		trial->good = trial->good && trial->out_nr <= limit;
	}
	segmenter->work_left -= VMS_MIN(segmenter->work_left, i - second->from);
	if (!ret && trial->good && second->to == segmenter->nr)
		trial->good = is_refuted(segmenter, segmenter->out, second, false);
	return ret;
}

/* a's items added to b, from the last to the first */
static int try_backward(struct segmenter *segmenter, const struct vms_run *first,
			const struct vms_run *second, uint32_t limit, struct trial *trial)
{
	size_t i;
	int ret;

	*trial = (struct trial){ .good = true, .out_nr = second->out_nr };
	ret = vms_fit_copy(&segmenter->trial_back, &second->fit);
	for (i = first->to; i-- > first->from && !ret && trial->good;) {
		ret = trial_add(segmenter, &segmenter->trial_back, &second->fit,
				segmenter->out_back, i, trial);
		trial->good = trial->good && trial->out_nr <= limit;
	}
	segmenter->work_left -= VMS_MIN(segmenter->work_left, first->to - first->from);
	if (!ret && trial->good && !first->from)
		trial->good = is_refuted(segmenter, segmenter->out_back, first, true);
	return ret;
}

/*
 * What a run says where no line that the other fits reaches: it may have grown beyond a small step
 * between the two, and is squeezed by that.
 */
static int own_of(struct segmenter *segmenter, const struct vms_run *run,
		  const struct vms_run *other)
{
	const bool after = other->from >= run->to;
	size_t i, nr = run->to - run->from;
	int ret = vms_fit_copy(&segmenter->reach, &other->fit);

	segmenter->work_left -= VMS_MIN(segmenter->work_left, nr);
	for (i = 0; i < nr && !ret; i++) {
		const struct vms_item *it =
			&segmenter->items[after ? run->to - 1 - i : run->from + i];

		ret = it->left_out ? 1 : vms_fit_add(&segmenter->reach, it->side, &it->p);
		ret = ret > 0 ? 0 : ret < 0 ? ret : 1;
	}
	vms_fit_clear(&segmenter->own);
	for (i -= ret > 0; i < nr && ret >= 0; i++) {
		const struct vms_item *it =
			&segmenter->items[after ? run->to - 1 - i : run->from + i];

		if (!it->left_out)
			ret = vms_fit_add(&segmenter->own, it->side, &it->p);
	}
	return VMS_MIN(ret, 0);
}

/* Whether what is left out of @second is farther out than what @first says alone is wide. */
static int judge(struct segmenter *segmenter, const struct vms_run *first,
		 const struct vms_run *second, const struct vms_fit *fit, const bool *out,
		 struct trial *trial)
{
	size_t i;
	uint64_t width;
	int ret;

	if (!trial->good || trial->out_nr == first->out_nr)
		return 0;
	ret = own_of(segmenter, first, second);
	for (i = second->from; i < second->to && !ret && trial->good; i++)
		if (out[i] && width_at(&segmenter->own, segmenter->items[i].p.x_raw, &width))
			trial->good = vms_fit_depth(fit, segmenter->items[i].side,
						    &segmenter->items[i].p) > width;
	return ret;
}

/* The runs tried so far are [0, left) and those to come [right, nr): joining moves no others. */
struct gap {
	size_t left, right;
};

/* b becomes a part of a */
static void join(struct segmenter *segmenter, struct vms_run *first, struct vms_run *second,
		 bool backward, uint32_t out_nr)
{
	struct vms_fit *fit = backward ? &segmenter->trial_back : &segmenter->trial;
	const struct vms_run *other = backward ? first : second;
	const struct vms_fit old = first->fit;
	size_t i;

	for (i = other->from; i < other->to; i++)
		segmenter->items[i].left_out =
			backward ? segmenter->out_back[i] : segmenter->out[i];
	first->fit = *fit;
	*fit = old;
	first->to = second->to;
	first->out_nr = out_nr;
	vms_fit_free(&second->fit);
}

/* Joins two runs where that is cheaper than a step. Return: 1 joined, 0 not. */
static int try_join(struct segmenter *segmenter, struct vms_run *first, struct vms_run *second)
{
	const uint32_t own = first->out_nr + second->out_nr,
		       limit = own + segmenter->o->step_penalty - 1;
	struct trial fwd, back = { .good = false };
	int ret;

	if (second->forced || second->small || !segmenter->work_left)
		return 0;
	ret = try_forward(segmenter, first, second, limit, &fwd);
	if (!ret)
		ret = judge(segmenter, first, second, &segmenter->trial, segmenter->out, &fwd);
	if (ret)
		return ret;
	if (!fwd.good || fwd.out_nr > own) {
		ret = segmenter->o->soft ? segmenter->o->soft(segmenter->o->user, first, second)
					 : 0;
		if (ret)
			return VMS_MIN(ret, 0);
		ret = try_backward(segmenter, first, second, limit, &back);
		if (!ret)
			ret = judge(segmenter, second, first, &segmenter->trial_back,
				    segmenter->out_back, &back);
		if (ret)
			return ret;
	}
	if (!fwd.good && !back.good)
		return 0;
	if (back.good && (!fwd.good || back.out_nr < fwd.out_nr))
		join(segmenter, first, second, true, back.out_nr);
	else
		join(segmenter, first, second, false, fwd.out_nr);
	return 1;
}

/* Left to right; a run that grew is tried again with the one before it. */
static int join_pass(struct segmenter *segmenter, bool *changed)
{
	struct vms_run *run = segmenter->runs.r;
	struct gap gap = { .left = 1, .right = 1 };
	int ret = 0;

	*changed = false;
	while (gap.right < segmenter->runs.nr) {
		ret = try_join(segmenter, &run[gap.left - 1], &run[gap.right]);
		if (ret < 0)
			break;
		if (!ret) {
			run[gap.left++] = run[gap.right++];
			continue;
		}
		*changed = true;
		if (gap.left > 1)
			run[gap.right] = run[--gap.left];
		else
			gap.right++;
	}
	while (gap.right < segmenter->runs.nr)
		run[gap.left++] = run[gap.right++];
	segmenter->runs.nr = gap.left;
	return ret < 0 ? ret : 0;
}

static int join_all(struct segmenter *s)
{
	bool changed = s->runs.nr > 1;
	int ret = 0, round;

	for (round = 0; round < ROUNDS_MAX && changed && !ret; round++)
		ret = join_pass(s, &changed);
	return ret;
}

static int mark_soft(struct segmenter *segmenter)
{
	size_t i;
	int ret;

	for (i = 1; i < segmenter->runs.nr && segmenter->o->soft; i++) {
		if (segmenter->runs.r[i].forced || segmenter->runs.r[i].small)
			continue;
		ret = segmenter->o->soft(segmenter->o->user, &segmenter->runs.r[i - 1],
					 &segmenter->runs.r[i]);
		if (ret < 0)
			return ret;
		segmenter->runs.r[i].soft = ret > 0;
	}
	return 0;
}

/* whether [from, to) holds an item of a side that is not marked */
static bool has_side(const struct segmenter *s, const struct vms_run *r, const bool *marked,
		     enum vms_side side)
{
	size_t i;

	for (i = r->from; i < r->to; i++)
		if (s->items[i].side == side && !s->items[i].left_out && !(marked && marked[i]))
			return true;
	return false;
}

/* marks [i - nr, i + nr] within the run */
static void mark_near(bool *marked, const struct vms_run *r, size_t i, size_t nr)
{
	const size_t from = i - VMS_MIN(i - r->from, nr), to = i + VMS_MIN(r->to - i, nr + 1);
	size_t k;

	for (k = from; k < to; k++)
		marked[k] = true;
}

/*
 * Wrong constraints come in bursts: events of a page whose clock was set back, a stretch that was
 * not one. Some of a burst agree with the rest by chance and would narrow the band, so those next
 * to a wrong one do not bound. A time that decreases is the end of such a page.
 */
static void distrust_run(struct segmenter *segmenter, const struct vms_run *run)
{
	const size_t near = VMS_MIN(NEAR_ITEMS, (run->to - run->from) / NEAR_PART);
	bool *marked = segmenter->out;
	size_t i;

	memset(&marked[run->from], 0, (run->to - run->from) * sizeof(*marked));
	for (i = run->from; i < run->to; i++) {
		const bool back = i + 1 < segmenter->nr &&
				  segmenter->items[i + 1].p.x_raw < segmenter->items[i].p.x_raw;

		if (segmenter->items[i].left_out || back)
			mark_near(marked, run, i, near);
	}
	if (has_side(segmenter, run, NULL, VMS_LOWER) !=
		    has_side(segmenter, run, marked, VMS_LOWER) ||
	    has_side(segmenter, run, NULL, VMS_UPPER) !=
		    has_side(segmenter, run, marked, VMS_UPPER))
		return;
	for (i = run->from; i < run->to; i++)
		segmenter->items[i].left_out = segmenter->items[i].left_out || marked[i];
}

/* Of two that contradict either may be wrong: where many do, none of them bounds anything. */
static void distrust_all(struct segmenter *segmenter, struct vms_run *run)
{
	const uint64_t share = segmenter->o->local ? CONTRADICTED_NEAR_SHARE : CONTRADICTED_SHARE;
	size_t i, used = 0;

	for (i = run->from; i < run->to; i++)
		used += !segmenter->items[i].left_out;
	run->contradicted = run->out_nr * share > used;
	for (i = run->from; run->contradicted && i < run->to; i++)
		segmenter->items[i].left_out = true;
}

int vms_segment(struct vms_runs *out, struct vms_item *items, size_t nr,
		const struct vms_segment_opts *opts)
{
	struct segmenter segmenter = {
		.items = items, .nr = nr, .o = opts, .work_left = (nr + 1024) * WORK_PER_ITEM
	};
	int ret = -VMS_ENOMEM;
	size_t i;

	vms_fit_init(&segmenter.trial, opts->drift_ppb);
	vms_fit_init(&segmenter.trial_back, opts->drift_ppb);
	vms_fit_init(&segmenter.reach, opts->drift_ppb);
	vms_fit_init(&segmenter.own, opts->drift_ppb);
	segmenter.out = vms_calloc(nr, sizeof(*segmenter.out));
	segmenter.out_back = vms_calloc(nr, sizeof(*segmenter.out_back));
	if (!segmenter.out || !segmenter.out_back)
		goto out;
	ret = greedy(&segmenter);
	if (!ret)
		ret = join_all(&segmenter);
	if (!ret)
		ret = mark_soft(&segmenter);
	if (ret)
		goto out;
	for (i = 0; i < segmenter.runs.nr; i++)
		distrust_all(&segmenter, &segmenter.runs.r[i]);
	for (i = 0; i < segmenter.runs.nr; i++)
		if (!segmenter.runs.r[i].contradicted)
			distrust_run(&segmenter, &segmenter.runs.r[i]);
	*out = segmenter.runs;
	segmenter.runs = (struct vms_runs){ .r = NULL };
out:
	vms_runs_free(&segmenter.runs);
	vms_fit_free(&segmenter.trial);
	vms_fit_free(&segmenter.trial_back);
	vms_fit_free(&segmenter.reach);
	vms_fit_free(&segmenter.own);
	free(segmenter.out);
	free(segmenter.out_back);
	return ret;
}
