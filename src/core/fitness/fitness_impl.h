/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of fitness share: delays of pairs as samples, in the order of time, then of size.
 */
#ifndef VMS_FITNESS_IMPL_H
#define VMS_FITNESS_IMPL_H

#include <vmsync/fitness.h>

/** struct fit_sample - a pair with a known offset: its delay lies from lo to twice - lo */
struct fit_sample {
	int64_t twice_raw; /* delay at the middle of the band, doubled: exact */
	int64_t lo_raw;
	uint16_t part, pcpu; /* as given; index of the host CPU */
	uint8_t third, half; /* of the time of the trace */
};

/** struct fit_samples - those of all parts, one part after another, each by guest event */
struct fit_samples {
	struct fit_sample *s;
	uint32_t nr;
	uint32_t *from; /* by part; parts_nr + 1 */
	double unit_ns; /* of a raw unit */
	/* of all pairs, of which these are every step-th block of neighbours */
	uint64_t all_nr;
	uint32_t step;
	int64_t width_least, width_most; /* between both ends */
	double lo_sum, hi_sum, lo, hi;	 /* [ns] of both ends: sums, and the least */
};

#define FIT_BLOCK_NR 1000u

static inline double fit_mid_ns(const struct fit_samples *all, uint32_t i)
{
	return (double)all->s[i].twice_raw * 0.5 * all->unit_ns;
}

/**
 * fit_samples_make - samples of the pairs; counts pairs, impossible ones, and the bound they give
 */
int fit_samples_make(struct fit_samples *all, struct vms_fitness *out, const struct vms_fit_in *in);
/** fit_samples_sort - by their delay at the middle */
int fit_samples_sort(struct fit_samples *all);
void fit_samples_clear(struct fit_samples *all);

/** fit_shares - precision, recall, lift and their intervals, of the counts */
void fit_shares(struct vms_fitness *f);
/** fit_effective - pairs that would say as much if each were independent; @delay: room for all */
double fit_effective(const struct fit_samples *all, unsigned int parts_nr, double *delay);
/** fit_halves - Kolmogorov-Smirnov of both halves, of samples in order */
void fit_halves(struct vms_fitness *f, const struct fit_samples *all);
/** fit_judge - the verdict of all figures, and what decides it */
void fit_judge(struct vms_fitness *f, bool any);

#endif
