// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Estimators that live on least delays: min-delay and midpoint.
 *
 * A drift is taken out as in est_moments.c. min-delay: least guest-to-host value, an upper bound
 * of the offset (or the greatest host-to-guest value where there is no other). midpoint: half the
 * sum of the least guest-to-host and the greatest host-to-guest value, NTP's sandwich of the two
 * best messages.
 * Where these contradict each other (a wander that no line follows), each exit is a sandwich of
 * its own, the last anchor before and the first after it; the median of those of least round trip
 * is taken.
 * Errors: est_least_se() of each side; the trend's with the distance to the reference. The bias,
 * half the difference of the least delays and at most half the least round trip, is not part of
 * them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/estimate/est_impl.h"
#include "core/base/order.h"

static int side_of(struct vms_est_least *side, const struct vms_est_in *in, enum vms_dir dir,
		   const struct est_fit *trend)
{
	const double sign = dir == VMS_GUEST_TO_HOST ? 1.0 : -1.0;
	const int64_t base = est_base(in);
	double *values, best = 0.0;
	int ret = est_wanted(in);
	uint32_t i;

	memset(side, 0, sizeof(*side));
	values = est_room(in);
	if (!values)
		return -VMS_ENOMEM;
	for (i = 0; i < in->nr && !ret; i++) {
		const struct vms_obs obs = est_obs(in, i);
		double x;

		if (obs.dir != dir)
			continue;
		x = est_difference(obs.x_raw, in->ref_raw);
		values[side->nr] = sign * (est_difference(obs.y_raw, base) - trend->drift * x);
		if (!side->nr || values[side->nr] < best) {
			best = values[side->nr];
			side->x = x;
		}
		side->nr++;
	}
	side->best = sign * best;
	if (!ret && side->nr)
		ret = est_least_se(&side->se, values, side->nr);
	free(values);
	return ret;
}

/* The trend of one direction needs its points where no hull bounds it. */
static int trend_of(struct est_fit *f, const struct vms_est_in *in)
{
	struct est_points p;
	int ret;

	if (in->constant)
		return est_trend(f, in, NULL);
	ret = est_points_load(&p, in, est_side(in));
	if (!ret && p.nr)
		ret = est_trend(f, in, &p);
	est_points_free(&p);
	return ret;
}

/* Of one-sided estimators, which the memo may have. */
static int own_side(struct vms_est_least *side, const struct vms_est_in *in,
		    const struct est_fit *trend)
{
	int ret = 0;

	if (in->memo && in->memo->least_known)
		*side = in->memo->least;
	else
		ret = side_of(side, in, est_side(in), trend);
	if (in->memo && !ret) {
		in->memo->least_known = true;
		in->memo->least = *side;
	}
	return ret;
}

int est_min_delay_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err)
{
	struct est_fit fit = { 0 };
	struct vms_est_least side;
	int ret;

	if (!in->nr)
		return est_refuse(out, in, "needs 1 anchor");
	ret = trend_of(&fit, in);
	if (!ret)
		ret = own_side(&side, in, &fit);
	if (ret)
		return vms_fail(err, -ret, "out of memory for an estimate");
	fit.offset = side.best;
	fit.se = hypot(side.se, fit.se_drift * side.x);
	return est_done(out, in, &fit, side.nr, "needs 5 anchors");
}

/* A guest-to-host and a host-to-guest anchor around one exit. */
struct sandwich {
	double middle, round_trip;
};

/*
 * The best anchor of each direction in each visit, by visit; visits ascend with x in what the
 * session gives.
 */
struct visit {
	double least_out, greatest_in; /* INFINITY, -INFINITY = none */
	uint32_t visit;
};

static int by_visit(const void *a, const void *b)
{
	const struct visit *v = a, *w = b;

	return (v->visit > w->visit) - (v->visit < w->visit);
}

static int by_round_trip(const void *a, const void *b)
{
	const struct sandwich *s = a, *t = b;

	return (s->round_trip > t->round_trip) - (s->round_trip < t->round_trip);
}

static uint32_t visits_merge(struct visit *visit, uint32_t nr)
{
	uint32_t i, to = 0;

	qsort(visit, nr, sizeof(*visit), by_visit);
	for (i = 1; i < nr; i++) {
		if (visit[i].visit != visit[to].visit) {
			visit[++to] = visit[i];
			continue;
		}
		visit[to].least_out = fmin(visit[to].least_out, visit[i].least_out);
		visit[to].greatest_in = fmax(visit[to].greatest_in, visit[i].greatest_in);
	}
	return nr ? to + 1 : 0;
}

static uint32_t sandwiches_of(struct sandwich *s, const struct visit *v, uint32_t nr)
{
	uint32_t i, to = 0;

	for (i = 0; i + 1 < nr; i++) {
		const double out = v[i].least_out, in = v[i + 1].greatest_in;

		if (v[i + 1].visit != v[i].visit + 1 || !isfinite(out) || !isfinite(in) || out < in)
			continue;
		s[to++] = (struct sandwich){ .middle = (out + in) / 2.0, .round_trip = out - in };
	}
	return to;
}

/* Median of the tenth of sandwiches of least round trip. Return: 1 when there is none. */
static int best_sandwiches(struct est_fit *fit, const struct vms_est_in *in)
{
	struct visit *visit = vms_calloc(in->nr, sizeof(*visit));
	struct sandwich *sandwich = vms_calloc(in->nr, sizeof(*sandwich));
	double *middle = vms_calloc(in->nr, sizeof(*middle));
	const int64_t base = est_base(in);
	uint32_t i, nr;
	int ret = -VMS_ENOMEM;

	if (!visit || !sandwich || !middle)
		goto out;
	for (i = 0; i < in->nr; i++) {
		const struct vms_obs obs = est_obs(in, i);
		const double y = (double)((vms_i128)obs.y_raw - base) -
				 fit->drift * (double)((vms_i128)obs.x_raw - in->ref_raw);

		visit[i] = (struct visit){ .visit = obs.visit,
					   .least_out = INFINITY,
					   .greatest_in = -INFINITY };
		if (obs.dir == VMS_GUEST_TO_HOST)
			visit[i].least_out = y;
		else
			visit[i].greatest_in = y;
	}
	nr = sandwiches_of(sandwich, visit, visits_merge(visit, in->nr));
	ret = !nr;
	if (!nr)
		goto out;
	qsort(sandwich, nr, sizeof(*sandwich), by_round_trip);
	nr = (nr + 9) / 10;
	for (i = 0; i < nr; i++)
		middle[i] = sandwich[i].middle;
	fit->offset = vms_order_median(middle, nr);
	ret = est_median_se(&fit->se, middle, nr, fit->offset);
out:
	free(visit);
	free(sandwich);
	free(middle);
	return ret;
}

int est_midpoint_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err)
{
	struct est_fit fit = { 0 };
	struct vms_est_least up, low = { 0 };
	int ret;

	ret = trend_of(&fit, in);
	if (!ret)
		ret = own_side(&up, in, &fit);
	if (!ret && est_side(in) == VMS_HOST_TO_GUEST)
		up.nr = 0;
	else if (!ret)
		ret = side_of(&low, in, VMS_HOST_TO_GUEST, &fit);
	if (ret)
		return vms_fail(err, -ret, "out of memory for an estimate");
	if (!up.nr || !low.nr)
		return est_refuse(out, in, "needs 1 anchor each way");
	fit.offset = (up.best + low.best) / 2.0;
	fit.se = hypot(hypot(up.se, low.se) / 2.0, fit.se_drift * (up.x + low.x) / 2.0);
	if (up.best < low.best) {
		ret = best_sandwiches(&fit, in);
		if (ret < 0)
			return vms_fail(err, -ret, "out of memory for an estimate");
		if (ret)
			return est_refuse(out, in, "anchors contradict each other");
	}
	return est_done(out, in, &fit, up.nr + low.nr, "needs 5 anchors each way");
}
