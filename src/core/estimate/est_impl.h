/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the estimator files share: observations as floating differences, the trend, and standard
 * errors.
 */
#ifndef VMS_EST_IMPL_H
#define VMS_EST_IMPL_H

#include <vmsync/estimate.h>

#include "core/base/util.h"

/**
 * struct est_points - observations of one direction
 *
 * Absolute times stay integers: x is the distance to the reference, y that to base_raw. Both are
 * exact in a double below 2^53 units.
 */
struct est_points {
	double *x, *y; /* in the order of the input: ascending x */
	uint32_t nr;
	int64_t base_raw;
};

/**
 * struct est_fit - a line: offset at the reference above base_raw, and drift; with standard errors
 */
struct est_fit {
	double offset, drift;
	double se, se_drift; /* NAN = not defined */
};

/** est_obs - an observation: they are given as an array, or one at a time */
static inline struct vms_obs est_obs(const struct vms_est_in *in, uint32_t i)
{
	return in->obs ? in->obs[in->from + i] : in->obs_at(in->of, in->from + i);
}

/** est_room - for a value of each observation of a direction, not written yet: these are fewer */
static inline double *est_room(const struct vms_est_in *in)
{
	return vms_realloc(NULL, in->nr * sizeof(double));
}

/* estimate.c */

/**
 * est_side - the direction of one-sided estimators: guest to host, as in the thesis, if there is
 * any
 */
enum vms_dir est_side(const struct vms_est_in *in);
/** est_points_load - the observations of a direction; est_points_free() in any case */
int est_points_load(struct est_points *points, const struct vms_est_in *in, enum vms_dir dir);
void est_points_free(struct est_points *p);
/** est_base - the integer that est_points.y and est_fit.offset are relative to */
int64_t est_base(const struct vms_est_in *in);
/** est_difference - of integers whose difference may leave their range */
static inline double est_difference(int64_t a, int64_t b)
{
	int64_t d;

	/* conversions of 128 bits cost more than all the rest */
	return vms_sub_overflow(a, b, &d) ? (double)((vms_i128)a - b) : (double)d;
}
/** est_refuse - not available, because ...; returns 0 */
int est_refuse(struct vms_est_out *out, const struct vms_est_in *in, const char *why);
/** est_done - available; se_why says what a NAN standard error lacks; returns 0 */
int est_done(struct vms_est_out *out, const struct vms_est_in *in, const struct est_fit *fit,
	     uint32_t used_nr, const char *se_why);

/** est_wanted - between two steps of a fit, of a few ms each. Return: 0; -VMS_ECANCEL */
static inline int est_wanted(const struct vms_est_in *in)
{
	return vms_progress_cancelled(in->progress) ? -VMS_ECANCEL : 0;
}

/* est_error.c */

/** est_block_nr - observations in a block that is taken to be independent of the next: n^(1/3) */
uint32_t est_block_nr(uint32_t n);
/**
 * est_sum_se - standard error of the sum of n influences, in time order, that may be correlated;
 * NAN below 5. -VMS_ENOMEM
 */
int est_sum_se(double *se, const double *psi, uint32_t n);
/*
 * Values that a mean's error needs. Where one delay in a hundred is late by a hundred times, fewer
 * values often show none of those, and nothing in them tells how far their mean is off.
 */
#define EST_TAIL_NR 300u
/**
 * est_few - by how much an error that n values gave must be widened, so that twice it covers what
 * it does of many
 */
double est_few(uint32_t n);
/** est_least_few - the same of an error that least values of each direction gave */
double est_least_few(uint32_t n);
/** est_median_se - that of a median of @values, which stay; NAN below 5 of them. -VMS_ENOMEM */
int est_median_se(double *se, const double *values, uint32_t n, double median);
/**
 * est_least_se - that of the least of @values as an estimate of the least possible; NAN below 5.
 * -VMS_ENOMEM
 */
int est_least_se(double *se, const double *values, uint32_t n);
/** struct est_draws - subsampling of blocks: how a fit scatters when it sees part of the data */
struct est_draws {
	uint32_t sub_nr; /* observations in a draw, about */
	/* about the fit of all; NAN when too few draws could be fitted */
	double rms_offset, rms_drift;
};
/** est_subsample - draw blocks without replacement, refit, and compare with the fit of all */
int est_subsample(struct est_draws *draws, const struct vms_est_in *in, uint32_t sub_nr,
		  const struct est_fit *all,
		  int (*fit)(struct est_fit *draw, const struct vms_est_in *in));

/* est_hull.c */

/**
 * est_hull_line - mean of the two extreme lines between both directions' points; 1 = there is none.
 * No errors
 */
int est_hull_line(struct est_fit *fit, const struct vms_est_in *in);
/** est_hull_se - standard errors of such a line */
int est_hull_se(struct est_fit *fit, const struct vms_est_in *in);
/** est_hull_known - both, from the memo where that has them */
int est_hull_known(struct est_fit *fit, const struct vms_est_in *in);

/* est_robust.c */

/**
 * est_slope - Theil-Sen slope of the points of est_side(in), from the memo where that has it; NAN
 * with fewer than two times. -VMS_ENOMEM
 */
int est_slope(double *slope, const struct est_points *points, const struct vms_est_in *in);
/** est_slope_se - standard error of that slope */
int est_slope_se(double *se, const struct vms_est_in *in, enum vms_dir dir, double slope);

/** est_trend - drift with which estimators of a level take the drift out; see est_moments.c */
int est_trend(struct est_fit *fit, const struct vms_est_in *in, const struct est_points *points);

int est_mean_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err);
int est_median_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err);
int est_min_delay_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err);
int est_midpoint_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err);
int est_lsq_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err);
int est_lad_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err);
int est_theil_sen_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err);
int est_hull_fit(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err);

#endif
