// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Estimators of a level: mean and median of the delays of one direction.
 *
 * They have no drift by nature. Where the clocks may drift, the drift is taken out first, with
 * the slope of the two-hull line when anchors of both directions bound it (its error falls like
 * 1/n and late tails do not touch it), else with the Theil-Sen slope of the direction used.
 * Errors: mean by block sums, median by order statistics (est_error.c), the trend's times the
 * distance of the anchors' mean time to the reference added in quadrature. The bias, E[delay] or
 * its median, is not part of them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/estimate/est_impl.h"
#include "core/base/order.h"

int est_trend(struct est_fit *fit, const struct vms_est_in *in, const struct est_points *points)
{
	int ret;

	*fit = (struct est_fit){ .se = 0.0 };
	if (in->constant)
		return 0;
	ret = est_hull_known(fit, in);
	if (ret <= 0)
		return ret;
	*fit = (struct est_fit){ .se_drift = NAN };
	ret = est_slope(&fit->drift, points, in);
	if (ret)
		return ret;
	if (isnan(fit->drift)) {
		fit->drift = in->drift; /* one time: nothing to learn a drift from */
		return 0;
	}
	return est_slope_se(&fit->se_drift, in, est_side(in), fit->drift);
}

/* Takes the trend out of y. Return: the mean of x, the lever of the trend's error. */
static double detrend(struct est_points *p, double drift)
{
	double sum = 0.0;
	uint32_t i;

	for (i = 0; i < p->nr; i++) {
		p->y[i] -= drift * p->x[i];
		sum += p->x[i];
	}
	return sum / p->nr;
}

static int level_begin(struct est_points *p, struct est_fit *f, double *lever,
		       const struct vms_est_in *in)
{
	int ret = est_points_load(p, in, est_side(in));

	if (!ret && p->nr)
		ret = est_trend(f, in, p);
	if (!ret && p->nr)
		*lever = detrend(p, f->drift);
	return ret;
}

static int mean_of(struct est_fit *fit, const struct est_points *points)
{
	double sum = 0.0;
	uint32_t i;

	for (i = 0; i < points->nr; i++)
		sum += points->y[i];
	fit->offset = sum / points->nr;
	for (i = 0; i < points->nr; i++)
		points->y[i] = (points->y[i] - fit->offset) / points->nr;
	fit->se = NAN;
	return points->nr < EST_TAIL_NR ? 0 : est_sum_se(&fit->se, points->y, points->nr);
}

static int median_of(struct est_fit *f, const struct est_points *p)
{
	double *tmp = vms_calloc(p->nr, sizeof(*tmp));

	if (!tmp)
		return -VMS_ENOMEM;
	memcpy(tmp, p->y, p->nr * sizeof(*tmp));
	f->offset = vms_order_median(tmp, p->nr);
	free(tmp);
	return est_median_se(&f->se, p->y, p->nr, f->offset);
}

static int level_fit(struct vms_est_out *out, const struct vms_est_in *in, const char *se_why,
		     int (*level)(struct est_fit *fit, const struct est_points *points),
		     struct vms_err *err)
{
	struct est_points points;
	struct est_fit fit;
	double lever = 0.0;
	int ret = level_begin(&points, &fit, &lever, in);

	if (!ret && !points.nr)
		ret = est_refuse(out, in, "needs 1 anchor");
	else if (!ret)
		ret = level(&fit, &points);
	if (!ret && points.nr) {
		fit.se = hypot(fit.se, fit.se_drift * lever);
		ret = est_done(out, in, &fit, points.nr, se_why);
	}
	est_points_free(&points);
	return ret ? vms_fail(err, -ret, "out of memory for an estimate") : 0;
}

int est_mean_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err)
{
	return level_fit(out, in, "needs 300 anchors", mean_of, err);
}

int est_median_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err)
{
	return level_fit(out, in, "needs 5 anchors", median_of, err);
}
