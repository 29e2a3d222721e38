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

/* One side: its least delay, with the sign so that least is best. */
struct side {
	double best; /* guest to host: least y; host to guest: greatest y */
	double x, se;
	uint32_t nr;
};

static int side_of(struct side *s, const struct vms_est_in *in, enum vms_dir dir,
		   const struct est_fit *trend)
{
	const double sign = dir == VMS_GUEST_TO_HOST ? 1.0 : -1.0;
	struct est_points p;
	uint32_t i, best = 0;
	int ret;

	memset(s, 0, sizeof(*s));
	ret = est_points_load(&p, in, dir);
	s->nr = p.nr;
	if (!ret && p.nr) {
		for (i = 0; i < p.nr; i++) {
			p.y[i] = sign * (p.y[i] - trend->drift * p.x[i]);
			if (p.y[i] < p.y[best])
				best = i;
		}
		s->best = sign * p.y[best];
		s->x = p.x[best];
		ret = est_least_se(&s->se, p.y, p.nr);
	}
	est_points_free(&p);
	return ret;
}

/* The trend of one direction needs its points where no hull bounds it. */
static int trend_of(struct est_fit *f, const struct vms_est_in *in)
{
	struct est_points p;
	int ret;

	ret = est_points_load(&p, in, est_side(in));
	if (!ret && p.nr)
		ret = est_trend(f, in, &p);
	est_points_free(&p);
	return ret;
}

int est_min_delay_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err)
{
	struct est_fit f = { 0 };
	struct side s;
	int ret;

	if (!in->nr)
		return est_refuse(out, in, "needs 1 anchor");
	ret = trend_of(&f, in);
	if (!ret)
		ret = side_of(&s, in, est_side(in), &f);
	if (ret)
		return vms_fail(err, -ret, "out of memory for an estimate");
	f.offset = s.best;
	f.se = hypot(s.se, f.se_drift * s.x);
	return est_done(out, in, &f, s.nr, "needs 5 anchors");
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

static uint32_t visits_merge(struct visit *v, uint32_t nr)
{
	uint32_t i, to = 0;

	qsort(v, nr, sizeof(*v), by_visit);
	for (i = 1; i < nr; i++) {
		if (v[i].visit != v[to].visit) {
			v[++to] = v[i];
			continue;
		}
		v[to].least_out = fmin(v[to].least_out, v[i].least_out);
		v[to].greatest_in = fmax(v[to].greatest_in, v[i].greatest_in);
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
static int best_sandwiches(struct est_fit *f, const struct vms_est_in *in)
{
	struct visit *v = vms_calloc(in->nr, sizeof(*v));
	struct sandwich *s = vms_calloc(in->nr, sizeof(*s));
	double *middle = vms_calloc(in->nr, sizeof(*middle));
	const int64_t base = est_base(in);
	uint32_t i, nr;
	int ret = -VMS_ENOMEM;

	if (!v || !s || !middle)
		goto out;
	for (i = 0; i < in->nr; i++) {
		const struct vms_obs *o = &in->obs[i];
		const double y = (double)((vms_i128)o->y_raw - base) -
				 f->drift * (double)((vms_i128)o->x_raw - in->ref_raw);

		v[i] = (struct visit){ .visit = o->visit,
				       .least_out = INFINITY,
				       .greatest_in = -INFINITY };
		if (o->dir == VMS_GUEST_TO_HOST)
			v[i].least_out = y;
		else
			v[i].greatest_in = y;
	}
	nr = sandwiches_of(s, v, visits_merge(v, in->nr));
	ret = !nr;
	if (!nr)
		goto out;
	qsort(s, nr, sizeof(*s), by_round_trip);
	nr = (nr + 9) / 10;
	for (i = 0; i < nr; i++)
		middle[i] = s[i].middle;
	f->offset = vms_order_median(middle, nr);
	ret = est_median_se(&f->se, middle, nr, f->offset);
out:
	free(v);
	free(s);
	free(middle);
	return ret;
}

int est_midpoint_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err)
{
	struct est_fit f = { 0 };
	struct side up, low;
	int ret;

	ret = trend_of(&f, in);
	if (!ret)
		ret = side_of(&up, in, VMS_GUEST_TO_HOST, &f);
	if (!ret)
		ret = side_of(&low, in, VMS_HOST_TO_GUEST, &f);
	if (ret)
		return vms_fail(err, -ret, "out of memory for an estimate");
	if (!up.nr || !low.nr)
		return est_refuse(out, in, "needs 1 anchor each way");
	f.offset = (up.best + low.best) / 2.0;
	f.se = hypot(hypot(up.se, low.se) / 2.0, f.se_drift * (up.x + low.x) / 2.0);
	if (up.best < low.best) {
		ret = best_sandwiches(&f, in);
		if (ret < 0)
			return vms_fail(err, -ret, "out of memory for an estimate");
		if (ret)
			return est_refuse(out, in, "anchors contradict each other");
	}
	return est_done(out, in, &f, up.nr + low.nr, "needs 5 anchors each way");
}
