// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Steps smaller than the band is wide: one line fits before and after, but squeezed between the
 * extremes of one and of the other.
 */
#include "core/bound/segment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

/* Extremes of each side that are looked at. */
#define EXTREMES_NR 64u
/* By chance they would lie so with e^-12, on each side. */
#define CHANCE_LEAST 12.0
/* Windows of all items, and of parts of them: a line takes up a part of a step in its slope. */
#define PARTS_NR 3
#define WINDOW_LEAST 128u
/* So many of the extremes on each side of a step are given up: it may lie among them. */
#define MARGIN_NR 4u
/* More than one are no steps, but something else. */
#define SPLITS_MAX 1u

struct extreme {
	double off; /* above the line; of upper bounds, below it */
	size_t at;
};

/* The extremes of one side in a window, the farthest first. */
struct extremes {
	struct extreme e[EXTREMES_NR];
	unsigned int nr;
};

struct search {
	const struct vms_item *items; /* of the run */
	double *off;		      /* how far each is above the run's line */
	uint32_t *lowers;	      /* how many lower bounds before an item */
	uint32_t *uppers;
	/* the best so far */
	double chance;
	size_t left, right; /* certainly before, certainly after: items [.., left), [right, ..) */
};

static void extreme_put(struct extremes *x, double off, size_t at)
{
	unsigned int lo = 0, hi = x->nr;

	if (hi == EXTREMES_NR && off <= x->e[hi - 1].off)
		return;
	while (lo < hi) {
		const unsigned int mid = (lo + hi) / 2;

		if (x->e[mid].off < off)
			hi = mid;
		else
			lo = mid + 1;
	}
	x->nr += x->nr < EXTREMES_NR;
	memmove(&x->e[lo + 1], &x->e[lo], (x->nr - 1 - lo) * sizeof(*x->e));
	x->e[lo] = (struct extreme){ off, at };
}

/* How many extremes in a row lie on one side of a place. */
static unsigned int leading(const struct extremes *x, size_t place, bool after)
{
	unsigned int nr = 0;

	while (nr < x->nr && (x->e[nr].at >= place) == after)
		nr++;
	return nr;
}

/* Of the first extremes, which lie on one side of a place, the one next to it but a few. */
static size_t inner_of(const struct extremes *x, unsigned int nr, bool after)
{
	size_t near[MARGIN_NR + 1];
	unsigned int kept = 0, k, i;

	for (k = 0; k < nr; k++) {
		const size_t at = x->e[k].at;

		for (i = kept; i && (after ? near[i - 1] > at : near[i - 1] < at); i--)
			near[i] = near[i - 1];
		near[i] = at;
		kept = VMS_MIN(kept + 1, MARGIN_NR);
	}
	return near[kept - 1];
}

/*
 * -ln of the chance that so many of the extremes lie on a side which has a share of all; 0 where
 * that is not above @least, which most are not: no logarithm for them.
 */
static double chance_of(unsigned int nr, uint32_t before, uint32_t all, bool after, double least)
{
	const uint32_t share = after ? all - before : before;
	const double odds = share && all ? (double)all / share : 1.0;

	return nr * (odds - 1.0) > least ? nr * log(odds) : 0.0;
}

static void weigh(struct search *s, const struct extremes *lower, const struct extremes *upper,
		  size_t from, size_t to, size_t place)
{
	const uint32_t l0 = s->lowers[from], u0 = s->uppers[from];
	const uint32_t l = s->lowers[to] - l0, u = s->uppers[to] - u0;
	const uint32_t lb = s->lowers[place] - l0, ub = s->uppers[place] - u0;
	const bool up = lower->nr && lower->e[0].at >= place; /* the offset, at the step */
	unsigned int lower_nr, upper_nr;
	size_t before, after;
	double chance;

	/* the farthest of each side decides most */
	if (!lower->nr || !upper->nr || (upper->e[0].at >= place) == up)
		return;
	lower_nr = leading(lower, place, up);
	chance = chance_of(lower_nr, lb, l, up, s->chance);
	if (chance <= s->chance)
		return;
	upper_nr = leading(upper, place, !up);
	chance = VMS_MIN(chance, chance_of(upper_nr, ub, u, !up, s->chance));
	if (chance <= s->chance)
		return;
	before = up ? inner_of(upper, upper_nr, false) : inner_of(lower, lower_nr, false);
	after = up ? inner_of(lower, lower_nr, true) : inner_of(upper, upper_nr, true);
	if (before >= after)
		return;
	s->chance = chance;
	s->left = before;
	s->right = after + 1;
}

static void window(struct search *s, size_t from, size_t to)
{
	struct extremes side[2] = { { .nr = 0 }, { .nr = 0 } };
	unsigned int k, i;
	size_t at;

	for (at = from; at < to; at++)
		if (!s->items[at].left_out)
			extreme_put(&side[s->items[at].side],
				    s->items[at].side == VMS_LOWER ? s->off[at] : -s->off[at], at);
	for (k = 0; k < 2; k++)
		for (i = 0; i < side[k].nr; i++) {
			weigh(s, &side[VMS_LOWER], &side[VMS_UPPER], from, to, side[k].e[i].at);
			weigh(s, &side[VMS_LOWER], &side[VMS_UPPER], from, to, side[k].e[i].at + 1);
		}
}

/* What each item of a run counts, before any window is looked at. */
static void prepare(struct search *s, const struct vms_run *run, size_t nr)
{
	const int64_t x_raw = s->items->p.x_raw;
	double fraction, slope;
	int64_t y_raw;
	size_t i;

	vms_fit_middle(&run->fit, x_raw, &y_raw, &fraction, &slope);
	for (i = 0; i < nr; i++) {
		const struct vms_item *it = &s->items[i];

		s->lowers[i + 1] = s->lowers[i] + (it->side == VMS_LOWER && !it->left_out);
		s->uppers[i + 1] = s->uppers[i] + (it->side == VMS_UPPER && !it->left_out);
		s->off[i] = (double)vms_sat_sub_i64(it->p.y_raw, y_raw) -
			    slope * (double)vms_sat_sub_i64(it->p.x_raw, x_raw);
	}
}

/* 1: items of a run before @left and from @right on are not on one line; 0; -VMS_ENOMEM */
static int find(const struct vms_item *items, const struct vms_run *run, size_t *left,
		size_t *right)
{
	const size_t n = run->to - run->from;
	struct search s = { .items = items + run->from,
			    .off = vms_calloc(n, sizeof(*s.off)),
			    .lowers = vms_calloc(n + 1, sizeof(*s.lowers)),
			    .uppers = vms_calloc(n + 1, sizeof(*s.uppers)),
			    .chance = CHANCE_LEAST };
	const bool ready = s.off && s.lowers && s.uppers;
	size_t i, size = n;
	int part;

	if (ready)
		prepare(&s, run, n);
	for (part = 0; ready && part < PARTS_NR && size >= WINDOW_LEAST; part++, size /= 4)
		for (i = 0; i + size <= n; i += size / 2)
			window(&s, i, i + size);
	free(s.off);
	free(s.lowers);
	free(s.uppers);
	*left = run->from + s.left;
	*right = run->from + s.right;
	return ready ? s.right != 0 : -VMS_ENOMEM;
}

static int refit(struct vms_run *run, const struct vms_item *items)
{
	int ret = 0;
	size_t i;

	vms_fit_clear(&run->fit);
	for (i = run->from; i < run->to && ret >= 0; i++)
		if (!items[i].left_out)
			ret = vms_fit_add(&run->fit, items[i].side, &items[i].p);
	return VMS_MIN(ret, 0);
}

int vms_small_split(struct vms_runs *runs, struct vms_item *items)
{
	size_t i, k, left, right;
	unsigned int nr = 0;
	int ret = 0;

	for (i = 0; i < runs->nr && nr < SPLITS_MAX; i++) {
		ret = find(items, &runs->r[i], &left, &right);
		if (ret < 0)
			break;
		if (!ret)
			continue;
		if (vms_grow(&runs->r, &runs->cap, runs->nr + 1, sizeof(*runs->r), UINT32_MAX))
			return -VMS_ENOMEM;
		for (k = runs->nr++; k > i + 1; k--)
			runs->r[k] = runs->r[k - 1];
		runs->r[i + 1] =
			(struct vms_run){ .from = right, .to = runs->r[i].to, .small = true };
		vms_fit_init(&runs->r[i + 1].fit, 0);
		if (vms_fit_copy(&runs->r[i + 1].fit, &runs->r[i].fit))
			return -VMS_ENOMEM;
		runs->r[i].to = left;
		for (k = left; k < right; k++)
			items[k].left_out = true;
		ret = refit(&runs->r[i], items);
		if (!ret)
			ret = refit(&runs->r[i + 1], items);
		if (ret)
			break;
		nr++;
		i--; /* there may be another */
	}
	return VMS_MIN(ret, 0);
}
