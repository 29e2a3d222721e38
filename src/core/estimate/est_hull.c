// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The two-hull line: the mean of the steepest and the flattest line between the points of both
 * directions.
 *
 * Guest-to-host points lie above every possible line, host-to-guest points below. Of lines of
 * slope s the room left is g(s) = min(y - s x) over the upper minus max(y - s x) over the lower
 * points; it is concave, so Newton's method from outside meets the two slopes where it becomes 0,
 * in few steps that each walk the hulls. Hulls by monotone chain in exact integers; slopes as
 * pairs of integers.
 * Errors: subsampling of blocks at two sizes; the root mean square about the line of all, carried
 * to n at the rate seen between the sizes, held between 1/2 and 1. The bias, half the difference
 * of the least delays, is not part of them.
 * Source: doc/METHOD.md 6.2; Duda et al. 1987, Zhang, Liu and Xia 2002.
 */
#include <math.h>
#include <stdlib.h>

#include "core/estimate/est_impl.h"

/*
 * Differences to the first observation beyond this are refused: their products must fit 128 bits.
 */
#define SPAN_MAX (INT64_C(1) << 61)
#define SUB_MAX 8000u

struct point {
	int64_t x, y;
};

struct chain {
	struct point *p;
	uint32_t nr;
	int sign; /* 1: lower hull of the upper points; -1: upper hull of the lower points */
};

/* > 0 when a, b, c turn left */
static vms_i128 turn(const struct point *a, const struct point *b, const struct point *c)
{
	return (vms_i128)(b->x - a->x) * (c->y - a->y) - (vms_i128)(b->y - a->y) * (c->x - a->x);
}

static void chain_add(struct chain *h, struct point p)
{
	if (h->nr && h->p[h->nr - 1].x == p.x) {
		if (h->sign * ((vms_i128)p.y - h->p[h->nr - 1].y) >= 0)
			return;
		h->nr--;
	}
	while (h->nr >= 2 && h->sign * turn(&h->p[h->nr - 2], &h->p[h->nr - 1], &p) <= 0)
		h->nr--;
	h->p[h->nr++] = p;
}

/* Return: 0; 1 when times or offsets leave the range; -VMS_ECANCEL */
static int chains_build(struct chain *up, struct chain *low, const struct vms_est_in *in)
{
	const struct vms_obs first = in->nr ? est_obs(in, 0) : (struct vms_obs){ .x_raw = 0 };
	uint32_t i;

	for (i = 0; i < in->nr; i++) {
		const struct vms_obs obs = est_obs(in, i);
		const vms_i128 x = (vms_i128)obs.x_raw - first.x_raw;
		const vms_i128 y = (vms_i128)obs.y_raw - first.y_raw;

		if (i % 16384 == 0 && est_wanted(in))
			return -VMS_ECANCEL;
		if (x < 0 || x > SPAN_MAX || y > SPAN_MAX || y < -SPAN_MAX)
			return 1;
		chain_add(obs.dir == VMS_GUEST_TO_HOST ? up : low,
			  (struct point){ (int64_t)x, (int64_t)y });
	}
	return 0;
}

/* A slope as dy / dx, dx > 0. */
struct slope {
	int64_t dy, dx;
};

/* The vertex that a line of this slope touches first. */
static const struct point *touch(const struct chain *chain, const struct slope *s, vms_i128 *level)
{
	const struct point *best = NULL;
	uint32_t i;

	for (i = 0; i < chain->nr; i++) {
		const vms_i128 v =
			(vms_i128)chain->p[i].y * s->dx - (vms_i128)s->dy * chain->p[i].x;

		if (best && chain->sign * v >= chain->sign * *level)
			continue;
		best = &chain->p[i];
		*level = v;
	}
	return best;
}

/*
 * The greatest (way 1) or least (way -1) slope of a line between the chains.
 * @through: a point of that line. Return: 0; 1 when there is none.
 */
static int extreme_slope(struct slope *slope, struct point *through, const struct chain *up,
			 const struct chain *low, int way)
{
	const struct point *upper = way > 0 ? &up->p[up->nr - 1] : &up->p[0];
	const struct point *lower = way > 0 ? &low->p[0] : &low->p[low->nr - 1];

	/* Beyond the steepest pair of all every slope is infeasible: start there. */
	for (;;) {
		vms_i128 u_level = 0, l_level = 0;
		const int64_t dx = way > 0 ? upper->x - lower->x : lower->x - upper->x;

		if (dx <= 0)
			return 1;
		slope->dx = dx;
		slope->dy = way > 0 ? upper->y - lower->y : lower->y - upper->y;
		upper = touch(up, slope, &u_level);
		lower = touch(low, slope, &l_level);
		if (u_level >= l_level) {
			*through = *upper;
			return 0;
		}
	}
}

static double value_at(const struct slope *s, const struct point *p, double x)
{
	return (double)((long double)p->y +
			(long double)s->dy / (long double)s->dx * ((long double)x - p->x));
}

int est_hull_line(struct est_fit *fit, const struct vms_est_in *in)
{
	struct chain up = { .sign = 1 }, low = { .sign = -1 };
	struct point at[2];
	struct slope slope[2];
	uint32_t i, up_nr = 0;
	int ret;

	*fit = (struct est_fit){ .se = NAN, .se_drift = NAN };
	for (i = 0; i < in->nr; i++)
		up_nr += est_obs(in, i).dir == VMS_GUEST_TO_HOST;
	up.p = vms_calloc(in->nr, sizeof(*up.p));
	low.p = up.p ? up.p + up_nr : NULL;
	ret = up.p ? chains_build(&up, &low, in) : -VMS_ENOMEM;
	if (!ret && (!up.nr || !low.nr))
		ret = 1;
	if (!ret)
		ret = extreme_slope(&slope[0], &at[0], &up, &low, 1);
	if (!ret)
		ret = extreme_slope(&slope[1], &at[1], &up, &low, -1);
	if (!ret) {
		const double x = (double)((vms_i128)in->ref_raw - est_obs(in, 0).x_raw);
		const double base = (double)((vms_i128)est_obs(in, 0).y_raw - est_base(in));

		fit->drift = ((double)slope[0].dy / (double)slope[0].dx +
			      (double)slope[1].dy / (double)slope[1].dx) /
			     2.0;
		fit->offset =
			base +
			(value_at(&slope[0], &at[0], x) + value_at(&slope[1], &at[1], x)) / 2.0;
	}
	free(up.p);
	return ret;
}

int est_hull_se(struct est_fit *fit, const struct vms_est_in *in)
{
	const uint32_t many = VMS_MIN(in->nr / 2, SUB_MAX), few = many / 4;
	const double share = (double)many / (double)VMS_MAX(in->nr, 1u);
	struct est_draws draws, b;
	double rate = 1.0, rate_drift = 1.0, widen;
	int ret;

	fit->se = NAN;
	fit->se_drift = NAN;
	if (in->nr < 16 || in->line_only)
		return 0;
	ret = est_subsample(&draws, in, many, fit, est_hull_line);
	if (!ret)
		ret = est_subsample(&b, in, VMS_MAX(few, 4u), fit, est_hull_line);
	if (ret)
		return ret;
	/*
	 * Few draws can be fitted from few anchors: then the fastest rate, which a sound density
	 * gives.
	 */
	if (b.rms_offset > 0.0 && draws.rms_offset > 0.0)
		rate = fmax(0.5, fmin(1.0, log(b.rms_offset / draws.rms_offset) /
						   log((double)draws.sub_nr / b.sub_nr)));
	if (b.rms_drift > 0.0 && draws.rms_drift > 0.0)
		rate_drift = fmax(0.5, fmin(1.0, log(b.rms_drift / draws.rms_drift) /
							 log((double)draws.sub_nr / b.sub_nr)));
	/*
	 * A part shares its extremes with the whole: it scatters less about it than about the
	 * truth.
	 */
	widen = est_least_few(in->nr / 2) / sqrt(1.0 - share);
	fit->se = draws.rms_offset * pow(share, rate) * widen;
	fit->se_drift = draws.rms_drift * pow(share, rate_drift) * widen;
	return 0;
}

int est_hull_known(struct est_fit *fit, const struct vms_est_in *in)
{
	struct vms_est_memo *const est_memo = in->memo;
	int ret;

	if (est_memo && est_memo->known) {
		*fit = (struct est_fit){ .offset = est_memo->offset,
					 .drift = est_memo->drift,
					 .se = est_memo->se,
					 .se_drift = est_memo->se_drift };
		return est_memo->none;
	}
	ret = est_hull_line(fit, in);
	if (!ret)
		ret = est_hull_se(fit, in);
	if (est_memo && ret >= 0) {
		est_memo->known = true;
		est_memo->none = ret > 0;
		est_memo->offset = fit->offset;
		est_memo->drift = fit->drift;
		est_memo->se = fit->se;
		est_memo->se_drift = fit->se_drift;
	}
	return ret;
}

int est_hull_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err)
{
	struct est_fit fit;
	int ret;

	if (in->constant)
		/* without drift both hulls are single points */
		return est_midpoint_fit(out, in, err);
	ret = est_hull_known(&fit, in);
	if (ret == 1)
		return est_refuse(out, in,
				  in->nr < 4 ? "needs 2 anchors each way"
					     : "no line between both directions");
	if (ret)
		return vms_fail(err, -ret, "out of memory for an estimate");
	return est_done(out, in, &fit, in->nr, "needs 16 anchors");
}
