/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Order statistics, histograms and stability measures of delays and residuals. */
#ifndef VMSYNC_STATS_H
#define VMSYNC_STATS_H

#include <stddef.h>
#include <stdint.h>
#include <vmsync/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct vms_stats - summary of a sample; units of its values. n 0: nothing else is defined */
struct vms_stats {
	uint64_t n;
	/* mad: median absolute deviation, unscaled; sd: n - 1 */
	double min, median, mad, p99, max, mean, sd;
};

/** vms_stats_of - summarise; @v is reordered. O(n) expected */
void vms_stats_of(struct vms_stats *out, double *v, size_t n);

/** vms_stats_select - the k-th smallest (from 0) of n values, which are reordered. O(n) expected */
double vms_stats_select(double *v, size_t n, size_t k);

/** struct vms_hist - equal bins from lo on; values outside count in below and above */
struct vms_hist {
	double lo, width;
	uint64_t *count;
	unsigned int nr;
	uint64_t below, above;
};

/**
 * vms_hist_build - bins over [lo, hi]; lo == hi chooses the range from the 1st to the 99th
 * percentile
 */
int vms_hist_build(struct vms_hist *hist, const double *values, size_t n, double lo, double hi,
		   unsigned int bins, struct vms_err *err);
void vms_hist_clear(struct vms_hist *h);

/** struct vms_stability - TDEV and MTIE at one observation interval; doc/METHOD.md 9.2 */
struct vms_stability {
	/* tdev, mtie in the unit of the values; NAN when not defined */
	double tau_s, tdev, mtie;
};

/**
 * vms_stability_of - TDEV and MTIE of a time error resampled to equal spacing by window minima
 * @t_s: times [s], ascending; @values: @n of them
 * @out: up to @max rows, octaves of tau
 * Return: rows written, or a negative code.
 */
int vms_stability_of(struct vms_stability *out, unsigned int max, const double *t_s,
		     const double *values, size_t n, struct vms_err *err);

#ifdef __cplusplus
}
#endif

#endif
