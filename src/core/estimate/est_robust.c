// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lines that outliers do not pull: Theil-Sen and least absolute deviation; medians where nothing
 * drifts.
 *
 * Theil-Sen: up to 600 anchors all pairs. Above, pairs between the first and the last third (each
 * anchor of the first third with several of the last, spread evenly): long levers only, a third
 * of a million pairs at least, no chance in it; the break-down point stays at 29 %. Offset:
 * median along the slope.
 * Slope error by subsampling, at the rate n^(1/2); offset error by order statistics (est_error.c).
 *
 * Least absolute deviation: descent along edges. A line through one anchor is best at the weighted
 * median of the slopes to the others (exact); it then passes through a second anchor, which is
 * the next pivot, until neither moves. Starts from Theil-Sen, at most 40 steps. Above 20 000
 * anchors the descent is over an even choice of them, followed by one Newton step over all, which
 * is as good as the full minimum to first order. Errors as of Theil-Sen's line.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/estimate/est_impl.h"
#include "core/base/order.h"

#define ALL_PAIRS_NR 600u
#define PAIRS_NR 200000u
#define DESCENT_NR 20000u
#define DESCENT_STEPS 40u

static double slope_between(const struct est_points *p, uint32_t i, uint32_t j)
{
	return (p->y[j] - p->y[i]) / (p->x[j] - p->x[i]);
}

static size_t slopes_all(double *s, const struct est_points *p)
{
	size_t nr = 0;
	uint32_t i, j;

	for (i = 0; i < p->nr; i++)
		for (j = i + 1; j < p->nr; j++)
			if (p->x[j] > p->x[i])
				s[nr++] = slope_between(p, i, j);
	return nr;
}

static size_t slopes_long(double *slopes, const struct est_points *points, uint32_t rounds)
{
	const uint32_t third = points->nr / 3;
	size_t nr = 0;
	uint32_t i, r;

	for (r = 0; r < rounds; r++) {
		const uint32_t turn = (uint32_t)((uint64_t)third * r / rounds);

		for (i = 0; i < third; i++) {
			const uint32_t j = points->nr - third + (i + turn) % third;

			if (points->x[j] > points->x[i])
				slopes[nr++] = slope_between(points, i, j);
		}
	}
	return nr;
}

static int slope_of(double *slope, const struct est_points *of, uint32_t pairs_nr)
{
	const bool all = of->nr <= ALL_PAIRS_NR && (uint64_t)of->nr * of->nr / 2 <= pairs_nr;
	const uint32_t third = VMS_MAX(1u, of->nr / 3);
	const uint32_t rounds = VMS_MAX(1u, VMS_MIN(third, pairs_nr / third));
	double *slopes;
	size_t nr;

	*slope = NAN;
	if (of->nr < 2)
		return 0;
	slopes = vms_calloc(all ? (size_t)of->nr * (of->nr - 1) / 2 : (size_t)third * rounds,
			    sizeof(*slopes));
	if (!slopes)
		return -VMS_ENOMEM;
	nr = all ? slopes_all(slopes, of) : slopes_long(slopes, of, rounds);
	if (nr)
		*slope = vms_order_median(slopes, nr);
	free(slopes);
	return 0;
}

int est_slope(double *slope, const struct est_points *points, const struct vms_est_in *in)
{
	struct vms_est_memo own = { 0 }, *const memo = in->memo ? in->memo : &own;
	const int ret = memo->slope_known ? 0 : slope_of(&memo->slope, points, PAIRS_NR);

	memo->slope_known = !ret;
	*slope = memo->slope;
	return ret;
}

static int lad_line(struct est_fit *fit, const struct est_points *points);

/* Fit of a subsample: only the slope counts. The side is that of the whole. */
static int part_fit(struct est_fit *fit, const struct vms_est_in *in, bool lad)
{
	struct est_points p;
	int ret;

	*fit = (struct est_fit){ 0 };
	ret = est_points_load(&p, in, est_side(in));
	if (!ret)
		ret = slope_of(&fit->drift, &p, PAIRS_NR / 40);
	if (!ret && isnan(fit->drift))
		ret = 1;
	if (!ret && lad)
		ret = lad_line(fit, &p);
	est_points_free(&p);
	return ret;
}

static int slope_fit(struct est_fit *fit, const struct vms_est_in *in)
{
	return part_fit(fit, in, false);
}

/* Of a slope that this fit finds in the anchors of one direction. */
static int slope_se(double *se, const struct vms_est_in *in, enum vms_dir dir, double slope,
		    int (*fit)(struct est_fit *f, const struct vms_est_in *in))
{
	const struct est_fit all = { .drift = slope };
	struct vms_est_in side = { .constant = in->constant, .ref_raw = in->ref_raw };
	struct est_draws draws;
	struct vms_obs *obs;
	uint32_t i, sub_nr;
	int ret = 0;

	*se = NAN;
	if (in->line_only)
		return 0;
	obs = vms_calloc(in->nr, sizeof(*obs));
	if (!obs)
		return -VMS_ENOMEM;
	for (i = 0; i < in->nr; i++) {
		obs[side.nr] = est_obs(in, i);
		side.nr += obs[side.nr].dir == dir;
	}
	side.obs = obs;
	sub_nr = VMS_MIN(side.nr / 2, 2000u);
	if (side.nr >= 8) {
		ret = est_subsample(&draws, &side, sub_nr, &all, fit);
		/*
		 * Without replacement: a part scatters less about the whole than about the truth.
		 */
		if (!ret)
			*se = draws.rms_drift * sqrt((double)sub_nr / side.nr) /
			      sqrt(1.0 - (double)sub_nr / side.nr) * est_few(side.nr);
	}
	free(obs);
	return ret;
}

int est_slope_se(double *se, const struct vms_est_in *in, enum vms_dir dir, double slope)
{
	return slope_se(se, in, dir, slope, slope_fit);
}

static int residuals_of(double **out, const struct est_points *p, double offset, double drift)
{
	double *r = vms_calloc(p->nr, sizeof(*r));
	uint32_t i;

	*out = r;
	if (!r)
		return -VMS_ENOMEM;
	for (i = 0; i < p->nr; i++)
		r[i] = p->y[i] - offset - drift * p->x[i];
	return 0;
}

/* Offset: the median along a slope. The error of the slope is not in se yet. */
static int median_along(struct est_fit *fit, const struct est_points *points, bool with_se)
{
	double *r = NULL, *tmp = NULL;
	int ret = residuals_of(&r, points, 0.0, fit->drift);

	if (!ret && with_se)
		ret = residuals_of(&tmp, points, 0.0, fit->drift);
	if (!ret) {
		fit->offset = vms_order_median(r, points->nr);
		if (with_se)
			ret = est_median_se(&fit->se, tmp, points->nr, fit->offset);
	}
	free(r);
	free(tmp);
	return ret;
}

static double mean_x(const struct est_points *p)
{
	double sum = 0.0;
	uint32_t i;

	for (i = 0; i < p->nr; i++)
		sum += p->x[i];
	return sum / p->nr;
}

/* What an estimator does once the slope through all pairs of points is known. */
typedef int (*fit_fn)(struct est_fit *f, struct est_points *p, const struct vms_est_in *in);

static int fit_from_slope(struct vms_est_out *out, const struct vms_est_in *in, fit_fn fit,
			  struct vms_err *err)
{
	struct est_fit found = { 0 };
	struct est_points points;
	int ret;

	if (in->constant)
		return est_median_fit(out, in, err);
	ret = est_points_load(&points, in, est_side(in));

	if (!ret)
		ret = est_slope(&found.drift, &points, in);
	if (ret)
		goto out;
	if (!points.nr || isnan(found.drift)) {
		ret = est_refuse(out, in, "needs 2 anchors of one direction");
		goto out;
	}
	ret = fit(&found, &points, in);
	if (!ret)
		ret = est_done(out, in, &found, points.nr, "needs 8 anchors");
out:
	est_points_free(&points);
	return ret ? vms_fail(err, -ret, "out of memory for an estimate") : 0;
}

/* The median along the slope; errors of both, as far as this fit of parts tells the slope's. */
static int with_errors(struct est_fit *f, const struct est_points *p, const struct vms_est_in *in,
		       int (*fit)(struct est_fit *f, const struct vms_est_in *in))
{
	int ret = slope_se(&f->se_drift, in, est_side(in), f->drift, fit);

	if (!ret)
		ret = median_along(f, p, !in->line_only);
	f->se = hypot(f->se, f->se_drift * mean_x(p));
	return ret;
}

static int theil_sen(struct est_fit *f, struct est_points *p, const struct vms_est_in *in)
{
	return with_errors(f, p, in, slope_fit);
}

int est_theil_sen_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err)
{
	return fit_from_slope(out, in, theil_sen, err);
}

/* A slope to the pivot and its weight, the distance in x. */
struct edge {
	double slope, weight;
	uint32_t to;
};

/*
 * Weighted median by three-way quickselect: the edge at which half the weight is reached.
 * What compares as neither less nor greater counts as equal.
 */
static struct edge weighted_median(struct edge *edges, uint32_t nr, double half)
{
	uint64_t seed = nr;
	uint32_t lo = 0, hi = nr;
	double before = 0.0;

	for (;;) {
		const struct edge pivot = edges[lo + vms_order_random(&seed) % (hi - lo)];
		uint32_t lt = lo, i = lo, gt = hi;
		double less = 0.0, equal = 0.0;

		while (i < gt) {
			const struct edge t = edges[i];

			if (t.slope < pivot.slope) {
				less += t.weight;
				edges[i++] = edges[lt];
				edges[lt++] = t;
			} else if (t.slope > pivot.slope) {
				edges[i] = edges[--gt];
				edges[gt] = t;
			} else {
				equal += t.weight;
				i++;
			}
		}
		if (before + less >= half && lt > lo) {
			hi = lt;
		} else if (before + less + equal < half && gt < hi) {
			before += less + equal;
			lo = gt;
		} else {
			return pivot;
		}
	}
}

/* The best slope through one anchor; *to is the other anchor on that line. False: no other time. */
static bool best_through(const struct est_points *points, uint32_t pivot, struct edge *scratch,
			 double *slope, uint32_t *to)
{
	double total = 0.0;
	struct edge best;
	uint32_t i, nr = 0;

	for (i = 0; i < points->nr; i++) {
		if (!(fabs(points->x[i] - points->x[pivot]) > 0.0))
			continue;
		scratch[nr] = (struct edge){ .slope = slope_between(points, pivot, i),
					     .weight = fabs(points->x[i] - points->x[pivot]),
					     .to = i };
		total += scratch[nr++].weight;
	}
	if (!nr)
		return false;
	best = weighted_median(scratch, nr, total / 2.0);
	*slope = best.slope;
	*to = best.to;
	return true;
}

static uint32_t nearest_to_line(const struct est_points *p, double offset, double drift)
{
	double least = INFINITY;
	uint32_t i, best = 0;

	for (i = 0; i < p->nr; i++) {
		const double r = fabs(p->y[i] - offset - drift * p->x[i]);

		if (r < least) {
			least = r;
			best = i;
		}
	}
	return best;
}

static int descend(struct est_fit *fit, const struct est_points *points)
{
	struct edge *scratch = vms_calloc(points->nr, sizeof(*scratch));
	uint32_t pivot, before = UINT32_MAX, to;
	unsigned int i;

	if (!scratch)
		return -VMS_ENOMEM;
	pivot = nearest_to_line(points, fit->offset, fit->drift);
	for (i = 0; i < DESCENT_STEPS; i++) {
		if (!best_through(points, pivot, scratch, &fit->drift, &to))
			break;
		fit->offset = points->y[pivot] - fit->drift * points->x[pivot];
		if (to == before)
			break; /* best through both anchors on it */
		before = pivot;
		pivot = to;
	}
	free(scratch);
	return 0;
}

/* Every so manyth anchor; borrows nothing. */
static int thin(struct est_points *to, const struct est_points *from, uint32_t want_nr)
{
	uint32_t i;

	*to = (struct est_points){ .nr = want_nr, .base_raw = from->base_raw };
	to->x = vms_calloc(want_nr, sizeof(*to->x));
	to->y = vms_calloc(want_nr, sizeof(*to->y));
	if (!to->x || !to->y)
		return -VMS_ENOMEM;
	for (i = 0; i < want_nr; i++) {
		const uint32_t k = (uint32_t)((uint64_t)from->nr * i / want_nr);

		to->x[i] = from->x[k];
		to->y[i] = from->y[k];
	}
	return 0;
}

/*
 * Density of residuals around 0, from the spacing of quantiles at 1/2 -/+ n^(-1/3) / 2. Reorders r.
 */
static double density(double *r, uint32_t n)
{
	const double h = fmin(0.25, 0.5 / cbrt((double)n));
	const double hi = vms_order_select(r, n, (size_t)fmin(ceil((0.5 + h) * n), n) - 1);
	const double lo = vms_order_select(r, n, (size_t)floor((0.5 - h) * n));

	return hi > lo ? 2.0 * h / (hi - lo) : INFINITY;
}

/* What signs of residuals say of the line: influences of all anchors. */
struct influence {
	double *r, *psi, *psi_drift;
	double x_mean, xx, f;
};

static void influence_fill(struct influence *n, const struct est_points *p)
{
	uint32_t i;

	for (i = 0; i < p->nr; i++) {
		const double dx = p->x[i] - n->x_mean;
		const double s = ((n->r[i] > 0.0) - (n->r[i] < 0.0)) / (2.0 * n->f);

		n->psi_drift[i] = s * dx / n->xx;
		n->psi[i] = s / p->nr - n->x_mean * n->psi_drift[i];
	}
}

static int influence_of(struct influence *influence, const struct est_points *points,
			const struct est_fit *fit)
{
	uint32_t i;
	int ret;

	*influence = (struct influence){ .x_mean = mean_x(points) };
	ret = residuals_of(&influence->psi, points, fit->offset, fit->drift);
	if (!ret)
		ret = residuals_of(&influence->r, points, fit->offset, fit->drift);
	influence->psi_drift = vms_calloc(points->nr, sizeof(*influence->psi_drift));
	if (ret || !influence->psi_drift)
		return -VMS_ENOMEM;
	for (i = 0; i < points->nr; i++)
		influence->xx +=
			(points->x[i] - influence->x_mean) * (points->x[i] - influence->x_mean);
	influence->f = density(influence->psi, points->nr);
	influence_fill(influence, points);
	return 0;
}

static void influence_free(struct influence *n)
{
	free(n->r);
	free(n->psi);
	free(n->psi_drift);
}

static int newton_step(struct est_fit *f, const struct est_points *p)
{
	struct influence n;
	uint32_t i;
	int ret = influence_of(&n, p, f);

	for (i = 0; !ret && i < p->nr; i++) {
		f->offset += n.psi[i];
		f->drift += n.psi_drift[i];
	}
	influence_free(&n);
	return ret;
}

static int lad_line(struct est_fit *fit, const struct est_points *points)
{
	struct est_points few = { 0 };
	int ret;

	ret = median_along(fit, points, false);
	if (ret || points->nr <= DESCENT_NR)
		return ret ? ret : descend(fit, points);
	ret = thin(&few, points, DESCENT_NR);
	if (!ret)
		ret = descend(fit, &few);
	est_points_free(&few);
	return ret ? ret : newton_step(fit, points);
}

static int lad_fit(struct est_fit *fit, const struct vms_est_in *in)
{
	return part_fit(fit, in, true);
}

static int lad(struct est_fit *f, struct est_points *p, const struct vms_est_in *in)
{
	struct est_fit line;
	int ret = lad_line(f, p);

	line = *f;
	if (!ret)
		ret = with_errors(f, p, in, lad_fit);
	f->offset = line.offset;
	return ret;
}

int est_lad_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err)
{
	return fit_from_slope(out, in, lad, err);
}
