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

static struct sums sums_of(const struct est_points *p)
{
	struct sums s = { 0 };
	uint32_t i;

	for (i = 0; i < p->nr; i++) {
		s.x_mean += p->x[i];
		s.y_mean += p->y[i];
	}
	s.x_mean /= p->nr;
	s.y_mean /= p->nr;
	for (i = 0; i < p->nr; i++) {
		const double dx = p->x[i] - s.x_mean;

		s.xx += dx * dx;
		s.xy += dx * (p->y[i] - s.y_mean);
	}
	return s;
}

static int errors_of(struct est_fit *f, const struct est_points *p, const struct sums *s,
		     bool constant)
{
	const double fitted = constant ? 1.0 : 2.0;
	/* what fitting took off the residuals */
	const double spread = sqrt(p->nr / (p->nr - fitted));
	double *psi, lever;
	uint32_t i;
	int ret;

	if (p->nr < 3)
		return 0;
	psi = vms_calloc(p->nr, sizeof(*psi));
	if (!psi)
		return -VMS_ENOMEM;
	lever = constant ? 0.0 : -s->x_mean / s->xx;
	for (i = 0; i < p->nr; i++) {
		const double r = p->y[i] - f->offset - f->drift * p->x[i];

		psi[i] = spread * r * (1.0 / p->nr + lever * (p->x[i] - s->x_mean));
	}
	ret = est_sum_se(&f->se, psi, p->nr);
	for (i = 0; i < p->nr && !constant; i++)
		psi[i] = spread * (p->y[i] - f->offset - f->drift * p->x[i]) *
			 (p->x[i] - s->x_mean) / s->xx;
	if (!constant && !ret)
		ret = est_sum_se(&f->se_drift, psi, p->nr);
	free(psi);
	return ret;
}

int est_lsq_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err)
{
	struct est_fit f = { .se = NAN, .se_drift = NAN };
	struct est_points p;
	struct sums s;
	int ret = est_points_load(&p, in, est_side(in));

	if (ret)
		goto out;
	if (p.nr < (in->constant ? 1u : 2u)) {
		ret = est_refuse(out, in,
				 in->constant ? "needs 1 anchor"
					      : "needs 2 anchors of one direction");
		goto out;
	}
	s = sums_of(&p);
	if (!in->constant && !(s.xx > 0.0)) {
		ret = est_refuse(out, in, "needs anchors at two times");
		goto out;
	}
	f.drift = in->constant ? 0.0 : s.xy / s.xx;
	f.offset = s.y_mean - f.drift * s.x_mean;
	ret = errors_of(&f, &p, &s, in->constant);
	if (!ret)
		ret = est_done(out, in, &f, p.nr, "needs 3 anchors");
out:
	est_points_free(&p);
	return ret ? vms_fail(err, -ret, "out of memory for an estimate") : 0;
}
