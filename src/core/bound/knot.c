// SPDX-License-Identifier: LGPL-2.1-or-later
/* How far constraints reach when the rate of the clocks changes. */
#include "core/bound/knot.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/util.h"
#include "core/bound/cone.h"

#define KNOTS_MAX 4096
/*
 * A knot uses constraints of so many bins to either side; those further away are weak by 8 widths
 * of the band.
 */
#define REACH_BINS 8
/* Where events are rare it goes on as long as a constraint could still narrow it; not farther. */
#define FAR_BINS 256
/* The band at the border of a bin is wider by at most this part of its width than at the knot. */
#define LOSS_PART 32
#define LOSS_MIN_RAW 4
/* A step shows in the constraints next to it. */
#define LOCAL_ITEMS 2000

/* jump * |diff| + wander / 2 * diff^2 rounded up; VMS_HULL_RANGE when beyond */
static int64_t sag_of(const struct vms_rate_limit *rate, vms_i128 diff_raw)
{
	const double d = fabs((double)diff_raw);
	/* more than all roundings together */
	const double sag = (rate->jump + rate->wander / 2 * d) * d * (1 + 1e-9);

	if (!vms_rate_changes(rate) || !diff_raw)
		return 0;
	return sag < 0x1p61 ? (int64_t)sag + 1 : VMS_HULL_RANGE;
}

static int64_t weaker(enum vms_side side, int64_t y_raw, int64_t by_raw)
{
	return side == VMS_LOWER ? vms_sat_sub_i64(y_raw, by_raw) : vms_sat_add_i64(y_raw, by_raw);
}

int64_t vms_knot_value(const struct vms_knot *knot, enum vms_side side, int64_t x_raw,
		       struct vms_point *v)
{
	struct vms_point p = { .event = UINT32_MAX };
	struct vms_cone_end end[2];
	int64_t y;

	if (knot->level) {
		vms_cone_at(&knot->fit, knot->rate.jump, x_raw, end);
		if (v && end[side].bounded) {
			*v = end[side].witness;
			v->y_raw = weaker(side, v->y_raw, -knot->slack_raw);
		}
		return end[side].y_raw;
	}
	y = vms_fit_value(&knot->fit, side, x_raw, &p);
	if (v && p.event != UINT32_MAX) {
		*v = p;
		v->y_raw = weaker(side, p.y_raw,
				  -knot->slack_raw -
					  sag_of(&knot->rate, (vms_i128)p.x_raw - knot->at_raw));
	}
	if (y == INT64_MIN || y == INT64_MAX)
		return y;
	return weaker(side, y, sag_of(&knot->rate, (vms_i128)x_raw - knot->at_raw));
}

void vms_knots_free(struct vms_knot *k, uint32_t nr)
{
	uint32_t i;

	for (i = 0; k && i < nr; i++)
		vms_fit_free(&k[i].fit);
	free(k);
}

/* Adds a constraint as a knot sees it; far away it is nothing. Return: as vms_fit_add() */
static int add_weakened(struct vms_fit *f, const struct vms_rate_limit *rate, int64_t at_raw,
			enum vms_side side, const struct vms_point *p)
{
	const int64_t sag = sag_of(rate, (vms_i128)p->x_raw - at_raw);
	struct vms_point q = *p;

	if (sag >= VMS_HULL_RANGE / 4)
		return 1;
	q.y_raw = weaker(side, p->y_raw, sag);
	return vms_fit_add(f, side, &q);
}

/* Times of the bins; bin REACH_BINS is the first with a knot. */
struct grid {
	int64_t from_raw, step_raw;
	uint32_t knots_nr, bins_nr;
};

static int64_t width_at(const struct vms_fit *f, int64_t x_raw)
{
	const int64_t lo = vms_fit_value(f, VMS_LOWER, x_raw, NULL),
		      hi = vms_fit_value(f, VMS_UPPER, x_raw, NULL);

	return lo == INT64_MIN || hi == INT64_MAX ? 0 : vms_sat_sub_i64(hi, lo);
}

/* Where the sag reaches so much. */
static double distance_of(const struct vms_rate_limit *rate, double sag)
{
	const double root = sqrt(rate->jump * rate->jump + 2 * rate->wander * sag);

	return 2 * sag / (rate->jump + root);
}

static struct grid grid_of(const struct vms_knot_plan *knot_plan)
{
	const int64_t span = knot_plan->to_raw - knot_plan->from_raw;
	const double loss = VMS_MAX(
		(double)width_at(knot_plan->fit, knot_plan->from_raw + span / 2) / LOSS_PART,
		LOSS_MIN_RAW);
	const double step = 2 * distance_of(&knot_plan->rate, loss);
	struct grid grid = { .knots_nr = 1 };

	if ((double)span > step)
		grid.knots_nr = (uint32_t)VMS_MIN((double)span / step + 1, (double)KNOTS_MAX);
	grid.step_raw = span / grid.knots_nr + 1;
	if (grid.knots_nr == 1 && step < 0x1p61)
		grid.step_raw = VMS_MAX(grid.step_raw, (int64_t)step);
	grid.bins_nr = grid.knots_nr + 2 * REACH_BINS;
	/* centred, as the bins are longer than the segment together */
	grid.from_raw =
		vms_sat_sub_i64(knot_plan->from_raw, (grid.step_raw * grid.knots_nr - span) / 2);
	return grid;
}

/* The hulls of each bin: what is not on them adds next to nothing to a knot. */
static int bins_fill(struct vms_fit *bins, const struct grid *g,
		     const struct vms_knot_plan *knot_plan)
{
	size_t i;

	for (i = knot_plan->from; i < knot_plan->to; i++) {
		const struct vms_item *it = &knot_plan->items[i];
		const vms_i128 d = (vms_i128)it->p.x_raw - g->from_raw;
		const vms_i128 bin = d / g->step_raw - (d % g->step_raw < 0) + REACH_BINS;

		if (it->left_out || bin < 0 || bin >= g->bins_nr)
			continue;
		if (vms_fit_add(&bins[bin], (enum vms_side)it->side, &it->p) < 0)
			return -VMS_ENOMEM;
	}
	return 0;
}

static int add_bin(struct vms_knot *k, const struct vms_fit *bin)
{
	int side;
	size_t i;

	for (side = VMS_LOWER; side <= VMS_UPPER; side++)
		for (i = 0; i < bin->side[side].nr; i++)
			if (add_weakened(&k->fit, &k->rate, k->at_raw, (enum vms_side)side,
					 &bin->side[side].v[i]) < 0)
				return -VMS_ENOMEM;
	return 0;
}

/* Whether constraints so far away could still narrow what the knot has. */
static bool may_narrow(const struct vms_knot *k, int64_t away_raw)
{
	const int64_t lo = vms_fit_value(&k->fit, VMS_LOWER, k->at_raw, NULL);
	const int64_t hi = vms_fit_value(&k->fit, VMS_UPPER, k->at_raw, NULL);

	return lo == INT64_MIN || hi == INT64_MAX ||
	       sag_of(&k->rate, away_raw) < vms_sat_sub_i64(hi, lo);
}

/* Nearest first: should the wander be greater than thought, near constraints decide. */
static int knot_fill(struct vms_knot *knot, const struct vms_fit *bins, uint32_t at,
		     const struct grid *grid)
{
	uint32_t i;
	int ret = add_bin(knot, &bins[at]);

	for (i = 1; !ret && i <= FAR_BINS; i++) {
		if (i > REACH_BINS && !may_narrow(knot, (int64_t)(i - 1) * grid->step_raw))
			break;
		if (i <= at)
			ret = add_bin(knot, &bins[at - i]);
		if (!ret && at + i < grid->bins_nr)
			ret = add_bin(knot, &bins[at + i]);
	}
	return ret;
}

static void knot_init(struct vms_knot *k, const struct vms_knot_plan *p, int64_t at_raw)
{
	*k = (struct vms_knot){ .at_raw = at_raw, .slack_raw = p->slack_raw };
	vms_fit_init(&k->fit, p->drift_ppb);
}

static int wandering(struct vms_knot **out, uint32_t *nr, const struct vms_knot_plan *plan)
{
	const struct grid grid = grid_of(plan);
	struct vms_fit *bins = vms_calloc(grid.bins_nr, sizeof(*bins));
	struct vms_knot *knots = vms_calloc(grid.knots_nr, sizeof(*knots));
	uint32_t i;
	int ret = -VMS_ENOMEM;

	for (i = 0; bins && i < grid.bins_nr; i++)
		vms_fit_init(&bins[i], plan->drift_ppb);
	if (!bins || !knots)
		goto out;
	ret = bins_fill(bins, &grid, plan);
	for (i = 0; i < grid.knots_nr && !ret; i++) {
		knot_init(&knots[i], plan,
			  vms_sat_add_i64(grid.from_raw,
					  (int64_t)i * grid.step_raw + grid.step_raw / 2));
		knots[i].rate = plan->rate;
		ret = knot_fill(&knots[i], bins, i + REACH_BINS, &grid);
	}
	if (ret)
		goto out;
	*out = knots;
	*nr = grid.knots_nr;
	knots = NULL;
out:
	for (i = 0; bins && i < grid.bins_nr; i++)
		vms_fit_free(&bins[i]);
	free(bins);
	vms_knots_free(knots, grid.knots_nr);
	return ret;
}

/* What says something at all, of both sides. */
static int cones_fill(struct vms_knot *knot, const struct vms_knot_plan *plan)
{
	size_t i;
	int ret = 0;

	for (i = plan->from; i < plan->to && !ret; i++) {
		const struct vms_item *it = &plan->items[i];

		if (!it->left_out)
			ret = vms_cone_add(&knot->fit.side[it->side], (enum vms_side)it->side,
					   &it->p, plan->rate.jump);
	}
	return ret;
}

int vms_knots_build(struct vms_knot **out, uint32_t *nr, const struct vms_knot_plan *p)
{
	const bool level = !p->drift_ppb && !(p->rate.wander > 0.0) && p->rate.jump > 0.0;
	struct vms_knot *knot;

	if (vms_rate_changes(&p->rate) && !level)
		return wandering(out, nr, p);
	knot = vms_calloc(1, sizeof(*knot));
	if (!knot)
		return -VMS_ENOMEM;
	knot_init(knot, p, p->from_raw + (p->to_raw - p->from_raw) / 2);
	knot->level = level;
	knot->rate = p->rate;
	if (level ? cones_fill(knot, p) : vms_fit_copy(&knot->fit, p->fit)) {
		vms_knots_free(knot, 1);
		return -VMS_ENOMEM;
	}
	*out = knot;
	*nr = 1;
	return 0;
}

int vms_knots_compatible(struct vms_fit *fit, const struct vms_knot_plan *knot_plan, size_t cut)
{
	const size_t from = cut - VMS_MIN(cut - knot_plan->from, (size_t)LOCAL_ITEMS);
	const size_t to = cut + VMS_MIN(knot_plan->to - cut, (size_t)LOCAL_ITEMS);
	const int64_t at_raw = knot_plan->items[cut].p.x_raw;
	size_t i;

	vms_fit_clear(fit);
	for (i = from; i < to; i++) {
		int ret;

		if (knot_plan->items[i].left_out)
			continue;
		ret = add_weakened(fit, &knot_plan->rate, at_raw,
				   (enum vms_side)knot_plan->items[i].side, &knot_plan->items[i].p);
		if (ret <= 0)
			return ret;
	}
	return 1;
}
