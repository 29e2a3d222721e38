// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Steps smaller than the band is wide: one line fits before and after, but squeezed between the
 * extremes of one and of the other.
 */
#include "core/bound/segment.h"

#include <math.h>
#include <stdlib.h>

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
	const struct vms_item *items;
	const uint32_t *lowers; /* how many lower bounds before an item, from the run's first */
	const uint32_t *uppers;
	size_t base; /* the run's first */
	int64_t x_raw, y_raw;
	double slope;
	/* the best so far */
	double chance;
	size_t left, right; /* certainly before, certainly after: items [.., left), [right, ..) */
};

static void extreme_put(struct extremes *x, double off, size_t at)
{
	unsigned int i = x->nr;

	if (i == EXTREMES_NR && off <= x->e[i - 1].off)
		return;
	if (i < EXTREMES_NR)
		x->nr++;
	else
		i--;
	for (; i && x->e[i - 1].off < off; i--)
		x->e[i] = x->e[i - 1];
	x->e[i] = (struct extreme){ off, at };
}

/* How many extremes in a row lie on one side of a place; *inner: the item that is given up to. */
static unsigned int leading(const struct extremes *x, size_t place, bool after, size_t *inner)
{
	size_t near[MARGIN_NR];
	unsigned int nr = 0, kept = 0, i;

	for (; nr < x->nr && (x->e[nr].at >= place) == after; nr++) {
		const size_t at = x->e[nr].at;

		for (i = VMS_MIN(kept, MARGIN_NR - 1);
		     i && (after ? near[i - 1] > at : near[i - 1] < at); i--)
			near[i] = near[i - 1];
		if (kept < MARGIN_NR || i < MARGIN_NR - 1)
			near[i] = at;
		kept += kept < MARGIN_NR;
	}
	if (kept)
		*inner = near[kept - 1];
	return nr;
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
	const uint32_t l0 = s->lowers[from - s->base], u0 = s->uppers[from - s->base];
	const uint32_t l = s->lowers[to - s->base] - l0, u = s->uppers[to - s->base] - u0;
	const uint32_t lb = s->lowers[place - s->base] - l0, ub = s->uppers[place - s->base] - u0;
	int up;

	for (up = 0; up < 2; up++) {
		size_t a = place, b = place;
		double c;

		/* the farthest of each side decides most */
		if (!lower->nr || !upper->nr || (lower->e[0].at >= place) != up ||
		    (upper->e[0].at >= place) == up)
			continue;
		c = chance_of(leading(lower, place, up, up ? &b : &a), lb, l, up, s->chance);

		if (c > s->chance)
			c = VMS_MIN(c, chance_of(leading(upper, place, !up, up ? &a : &b), ub, u,
						 !up, s->chance));
		if (c > s->chance && a < b) {
			s->chance = c;
			s->left = a;
			s->right = b + 1;
		}
	}
}

static void window(struct search *s, size_t from, size_t to)
{
	struct extremes side[2] = { { .nr = 0 }, { .nr = 0 } };
	unsigned int k, i;
	size_t at;

	for (at = from; at < to; at++) {
		const struct vms_item *it = &s->items[at];
		const double x = (double)vms_sat_sub_i64(it->p.x_raw, s->x_raw);
		const double y = (double)vms_sat_sub_i64(it->p.y_raw, s->y_raw) - s->slope * x;

		if (!it->left_out)
			extreme_put(&side[it->side], it->side == VMS_LOWER ? y : -y, at);
	}
	for (k = 0; k < 2; k++)
		for (i = 0; i < side[k].nr; i++) {
			weigh(s, &side[VMS_LOWER], &side[VMS_UPPER], from, to, side[k].e[i].at);
			weigh(s, &side[VMS_LOWER], &side[VMS_UPPER], from, to, side[k].e[i].at + 1);
		}
}

/* 1: items of a run before @left and from @right on are not on one line; 0; -VMS_ENOMEM */
static int find(const struct vms_item *items, const struct vms_run *run, size_t *left,
		size_t *right)
{
	const size_t n = run->to - run->from;
	uint32_t *nr = vms_calloc(2 * (n + 1), sizeof(*nr));
	struct search s = { .items = items,
			    .lowers = nr,
			    .uppers = nr + n + 1,
			    .base = run->from,
			    .x_raw = items[run->from].p.x_raw,
			    .chance = CHANCE_LEAST };
	double fraction;
	size_t i, size = n;
	int part;

	if (!nr)
		return -VMS_ENOMEM;
	for (i = 0; i < n; i++) {
		const struct vms_item *it = &items[run->from + i];

		nr[i + 1] = nr[i] + (it->side == VMS_LOWER && !it->left_out);
		nr[n + 2 + i] = nr[n + 1 + i] + (it->side == VMS_UPPER && !it->left_out);
	}
	vms_fit_middle(&run->fit, s.x_raw, &s.y_raw, &fraction, &s.slope);
	for (part = 0; part < PARTS_NR && size >= WINDOW_LEAST; part++, size /= 4)
		for (i = 0; i + size <= n; i += size / 2)
			window(&s, run->from + i, run->from + i + size);
	free(nr);
	*left = s.left;
	*right = s.right;
	return s.right != 0;
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
