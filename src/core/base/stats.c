// SPDX-License-Identifier: LGPL-2.1-or-later
/* Order statistics by selection, moments, and histograms. */
#include <vmsync/stats.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/order.h"
#include "core/base/util.h"

/* What values are ordered by: themselves, or their distance to a centre. */
struct key {
	double centre;
	bool distance;
};

static inline double key_of(const struct key *k, double v)
{
	return k->distance ? fabs(v - k->centre) : v;
}

/* Ranges from here on get a pivot from a sample of so many. */
#define LARGE_NR 16384u
#define SAMPLE_NR 1024u

/* The middle one of three at random places: nearer to the median than any one of them. */
static inline double pivot_of(const double *v, size_t n, const struct key *key, uint64_t *seed)
{
	const double a = key_of(key, v[vms_order_random(seed) % n]);
	const double b = key_of(key, v[vms_order_random(seed) % n]);
	const double c = key_of(key, v[vms_order_random(seed) % n]);

	if (a < b)
		return b < c ? b : a < c ? c : a;
	return a < c ? a : b < c ? c : b;
}

/*
 * Brings the values below the pivot, or also those that are not above it, to the front. Each is
 * moved, whichever side it belongs to: half of the branches of a middle pivot would be
 * mispredicted. Return: where the others begin.
 */
static inline size_t split(double *v, size_t lo, size_t hi, double pivot, bool equal_too,
			   const struct key *key)
{
	size_t i;

	for (i = lo; i < hi; i++) {
		const double x = v[i], by = key_of(key, x);

		v[i] = v[lo];
		v[lo] = x;
		lo += equal_too ? !(by > pivot) : by < pivot;
	}
	return lo;
}

/*
 * One step of quickselect: narrows [lo, hi) around the k-th. With @low the pivot is meant to lie
 * below the k-th, else above: what is on its other side goes in one pass. Equal values (rounded
 * clocks have many) go in a second, and with them what compares as neither less nor greater: NaN
 * cannot make it run on. Return: the k-th is at its place.
 */
static inline bool narrow(double *values, size_t *lo, size_t *hi, size_t k, double pivot, bool low,
			  const struct key *key)
{
	const size_t at = low ? split(values, *lo, *hi, pivot, true, key)
			      : split(values, *lo, *hi, pivot, false, key);

	if (low && k >= at) {
		*lo = at;
		return false;
	}
	if (!low && k < at) {
		*hi = at;
		return false;
	}
	if (low) {
		*hi = split(values, *lo, at, pivot, false, key);
		return k >= *hi;
	}
	*lo = split(values, at, *hi, pivot, true, key);
	return k < *lo;
}

/* Quickselect with a pseudo-random pivot, so that no order of the input is a bad one. */
static inline double select_small(double *v, size_t lo, size_t hi, size_t k, const struct key *key)
{
	uint64_t seed = hi - lo;

	while (hi - lo > 1 &&
	       !narrow(v, &lo, &hi, k, pivot_of(v + lo, hi - lo, key, &seed), false, key))
		;
	return key_of(key, v[k]);
}

/*
 * A value that lies a little beyond the k-th of n, seen from the nearer end, by the ranks of a
 * sample.
 */
static inline double pivot_beside(const double *values, size_t n, size_t k, bool low,
				  const struct key *key, uint64_t *seed)
{
	const struct key plain = { .distance = false };
	const double rank = (double)k / (double)n * SAMPLE_NR;
	const double room = 1.0 + 2.5 * sqrt(rank * (1.0 - rank / SAMPLE_NR));
	const double at = fmax(0.0, fmin(SAMPLE_NR - 1.0, low ? rank - room : rank + room));
	double sample[SAMPLE_NR];
	unsigned int i;

	for (i = 0; i < SAMPLE_NR; i++)
		sample[i] = key_of(key, values[vms_order_random(seed) % n]);
	return select_small(sample, 0, SAMPLE_NR, (size_t)at, &plain);
}

/*
 * Floyd and Rivest 1975: of many values the first pass drops the farther side, the second all but
 * few.
 */
static inline double select_by(double *values, size_t n, size_t k, const struct key *key)
{
	uint64_t seed = n;
	size_t lo = 0, hi = n;

	while (hi - lo > LARGE_NR) {
		const bool low = k - lo > (hi - lo) / 2;
		const double pivot = pivot_beside(values + lo, hi - lo, k - lo, low, key, &seed);

		if (narrow(values, &lo, &hi, k, pivot, low, key))
			return key_of(key, values[k]);
	}
	return select_small(values, lo, hi, k, key);
}

static inline double median_by(double *v, size_t n, const struct key *key)
{
	const double upper = select_by(v, n, n / 2, key);
	double lower;
	size_t i;

	if (n % 2)
		return upper;
	lower = -HUGE_VAL;
	for (i = 0; i < n / 2; i++) {
		const double by = key_of(key, v[i]);

		lower = by > lower ? by : lower;
	}
	return lower + (upper - lower) / 2.0;
}

double vms_order_select(double *v, size_t n, size_t k)
{
	const struct key plain = { .distance = false };

	VMS_ASSERT(k < n);
	return select_by(v, n, k, &plain);
}

double vms_stats_select(double *v, size_t n, size_t k)
{
	return vms_order_select(v, n, k);
}

double vms_order_median(double *v, size_t n)
{
	const struct key plain = { .distance = false };

	VMS_ASSERT(n);
	return median_by(v, n, &plain);
}

double vms_order_mad(double *v, size_t n, double median)
{
	const struct key distance = { .distance = true, .centre = median };

	VMS_ASSERT(n);
	return median_by(v, n, &distance);
}

static size_t rank_of(size_t n, size_t percent)
{
	/*
	 * Nearest rank: the least value that has at least so many per cent of all at or below it.
	 */
	return n / 100 * percent + (n % 100 * percent + 99) / 100 - 1;
}

double vms_order_p99(double *v, size_t n)
{
	return vms_order_select(v, n, rank_of(n, 99));
}

static void moments(struct vms_stats *out, const double *values, size_t n)
{
	long double sum = 0.0L, squares = 0.0L, mean;
	size_t i;

	out->min = values[0];
	out->max = values[0];
	for (i = 0; i < n; i++) {
		sum += values[i];
		if (values[i] < out->min)
			out->min = values[i];
		if (values[i] > out->max)
			out->max = values[i];
	}
	mean = sum / (long double)n;
	for (i = 0; i < n; i++)
		squares += (values[i] - mean) * (values[i] - mean);
	out->mean = (double)mean;
	out->sd = n > 1 ? (double)sqrtl(squares / (long double)(n - 1)) : 0.0;
}

void vms_stats_of(struct vms_stats *out, double *v, size_t n)
{
	memset(out, 0, sizeof(*out));
	out->n = n;
	if (!n)
		return;
	moments(out, v, n);
	out->median = vms_order_median(v, n);
	/* What is above the median stands behind it by now. */
	out->p99 = vms_order_select(v + n / 2, n - n / 2, rank_of(n, 99) - n / 2);
	out->mad = vms_order_mad(v, n, out->median);
}

static int percentile_range(const double *v, size_t n, double *lo, double *hi)
{
	double *copy = vms_calloc(n, sizeof(*copy));

	if (!copy)
		return -VMS_ENOMEM;
	memcpy(copy, v, n * sizeof(*copy));
	*hi = vms_order_select(copy, n, rank_of(n, 99));
	*lo = vms_order_select(copy, n, rank_of(n, 1));
	free(copy);
	return 0;
}

static void count_into(struct vms_hist *hist, double hi, double value)
{
	double bin;

	if (value > hi) {
		hist->above++;
		return;
	}
	if (!(value >= hist->lo)) { /* NaN too: it is outside */
		hist->below++;
		return;
	}
	bin = floor((value - hist->lo) / hist->width);
	/* The upper end belongs to the last bin. */
	hist->count[bin < (double)(hist->nr - 1) ? (unsigned int)bin : hist->nr - 1]++;
}

int vms_hist_build(struct vms_hist *hist, const double *values, size_t n, double lo, double hi,
		   unsigned int bins, struct vms_err *err)
{
	size_t i;
	int ret = 0;

	memset(hist, 0, sizeof(*hist));
	if (!bins)
		return vms_fail(err, VMS_EUSAGE, "a histogram needs one bin at least");
	if (!(lo < hi) && n)
		ret = percentile_range(values, n, &lo, &hi);
	hist->count = vms_calloc(bins, sizeof(*hist->count));
	if (ret || !hist->count) {
		vms_hist_clear(hist);
		return vms_fail(err, VMS_ENOMEM, "out of memory for a histogram");
	}
	if (!(lo < hi) || !isfinite(hi - lo)) { /* all values the same, or none */
		lo = isfinite(lo) ? lo - 0.5 : -0.5;
		hi = lo + 1.0;
	}
	hist->nr = bins;
	hist->lo = lo;
	hist->width = (hi - lo) / bins;
	for (i = 0; i < n; i++)
		count_into(hist, hi, values[i]);
	return 0;
}

void vms_hist_clear(struct vms_hist *h)
{
	free(h->count);
	memset(h, 0, sizeof(*h));
}
