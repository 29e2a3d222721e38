// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Least squares line of the anchors of one direction; their mean where the offset cannot drift.
 *
 * Errors: each anchor's influence on offset and drift, summed in blocks (est_error.c); no normal or
 * independent delays are assumed. The bias, the mean delay, is not part of them.
 */
#include <math.h>
#include <stdlib.h>

#include "core/estimate/est_impl.h"

/* Sums about the means, so that nothing is lost where x is far from the reference. */
struct sums {
	double x_mean, y_mean, xx, xy;
};

static struct sums sums_of(const struct est_points *points)
{
	struct sums sums = { 0 };
	uint32_t i;

	for (i = 0; i < points->nr; i++) {
		sums.x_mean += points->x[i];
		sums.y_mean += points->y[i];
	}
	sums.x_mean /= points->nr;
	sums.y_mean /= points->nr;
	for (i = 0; i < points->nr; i++) {
		const double dx = points->x[i] - sums.x_mean;

		sums.xx += dx * dx;
		sums.xy += dx * (points->y[i] - sums.y_mean);
	}
	return sums;
}

static int errors_of(struct est_fit *fit, const struct est_points *points, const struct sums *sums)
{
	/* what fitting took off the residuals */
	const double spread = sqrt(points->nr / (points->nr - 2.0));
	double *psi, lever;
	uint32_t i;
	int ret;

	if (points->nr < EST_TAIL_NR)
		return 0;
	psi = vms_calloc(points->nr, sizeof(*psi));
	if (!psi)
		return -VMS_ENOMEM;
	lever = -sums->x_mean / sums->xx;
	for (i = 0; i < points->nr; i++) {
		const double r = points->y[i] - fit->offset - fit->drift * points->x[i];

		psi[i] = spread * r * (1.0 / points->nr + lever * (points->x[i] - sums->x_mean));
	}
	ret = est_sum_se(&fit->se, psi, points->nr);
	for (i = 0; i < points->nr; i++)
		psi[i] = spread * (points->y[i] - fit->offset - fit->drift * points->x[i]) *
			 (points->x[i] - sums->x_mean) / sums->xx;
	if (!ret)
		ret = est_sum_se(&fit->se_drift, psi, points->nr);
	free(psi);
	return ret;
}

int est_lsq_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err)
{
	struct est_fit fit = { .se = NAN, .se_drift = NAN };
	struct est_points points;
	struct sums sums;
	int ret;

	if (in->constant)
		return est_mean_fit(out, in, err);
	ret = est_points_load(&points, in, est_side(in));
	if (ret)
		goto out;
	if (points.nr < 2) {
		ret = est_refuse(out, in, "needs 2 anchors of one direction");
		goto out;
	}
	sums = sums_of(&points);
	if (!(sums.xx > 0.0)) {
		ret = est_refuse(out, in, "needs anchors at two times");
		goto out;
	}
	fit.drift = sums.xy / sums.xx;
	fit.offset = sums.y_mean - fit.drift * sums.x_mean;
	ret = errors_of(&fit, &points, &sums);
	if (!ret)
		ret = est_done(out, in, &fit, points.nr, "needs 300 anchors");
out:
	est_points_free(&points);
	return ret ? vms_fail(err, -ret, "out of memory for an estimate") : 0;
}
