// SPDX-License-Identifier: LGPL-2.1-or-later
/* TDEV and MTIE of a time error that was sampled at uneven times. */
#include <vmsync/stats.h>

#include <math.h>
#include <stdlib.h>

#include "core/base/util.h"

/* Enough for 14 octaves; the cost of the longest is then some 100 us. */
#define WINDOWS_MAX 65536u
#define WINDOWS_MIN 4u

/*
 * Least value of each of nr windows over [t[0], t[n-1]]; NAN where none falls in. Return: windows
 * left empty.
 */
static unsigned int window_minima(double *minima, unsigned int nr, const double *t,
				  const double *values, size_t n)
{
	const double span = t[n - 1] - t[0];
	unsigned int i, empty = 0;
	size_t k;

	for (i = 0; i < nr; i++)
		minima[i] = NAN;
	for (k = 0; k < n; k++) {
		const double at = (t[k] - t[0]) / span * nr;

		if (!(at >= 0.0) || isnan(values[k]))
			continue;
		i = at < (double)nr ? (unsigned int)at : nr - 1;
		if (!(minima[i] <= values[k]))
			minima[i] = values[k];
	}
	for (i = 0; i < nr; i++)
		empty += isnan(minima[i]) != 0;
	return empty;
}

/* A straight line over the few empty windows. */
static void bridge(double *minima, unsigned int nr)
{
	unsigned int i, k, last = nr;

	for (i = 0; i < nr; i++) {
		if (isnan(minima[i]))
			continue;
		for (k = last == nr ? 0 : last + 1; k < i; k++)
			minima[k] = last == nr ? minima[i]
					       : minima[last] + (minima[i] - minima[last]) *
									(k - last) / (i - last);
		last = i;
	}
	for (k = last + 1; last < nr && k < nr; k++)
		minima[k] = minima[last];
}

/*
 * Time deviation for windows of m points, by running sums: the modified Allan variance of x in
 * one pass.
 * Source: doc/METHOD.md 9.2; ITU-T G.810.
 */
static double tdev(const double *minima, unsigned int nr, unsigned int windows)
{
	double sum = 0.0, squares = 0.0;
	unsigned int i, j;

	if (3 * windows > nr)
		return NAN;
	for (i = 0; i < windows; i++)
		sum += minima[i + 2 * windows] - 2.0 * minima[i + windows] + minima[i];
	for (j = 0;; j++) {
		squares += sum * sum;
		if (j + 3 * windows >= nr)
			break;
		sum += minima[j + 3 * windows] - 3.0 * minima[j + 2 * windows] +
		       3.0 * minima[j + windows] - minima[j];
	}
	return sqrt(squares / (6.0 * (double)windows * windows * (nr - 3 * windows + 1)));
}

/* Indices whose values ascend (sign 1) or descend (-1): the front is the extreme of the window. */
struct deque {
	unsigned int *idx;
	unsigned int front, end;
	double sign;
};

static void deque_add(struct deque *d, const double *x, unsigned int i, unsigned int from)
{
	while (d->end > d->front && d->sign * x[d->idx[d->end - 1]] >= d->sign * x[i])
		d->end--;
	d->idx[d->end++] = i;
	while (d->idx[d->front] < from)
		d->front++;
}

static double mtie(const double *minima, unsigned int nr, unsigned int windows,
		   unsigned int *scratch)
{
	struct deque min = { .idx = scratch, .sign = 1.0 },
		     max = { .idx = scratch + nr, .sign = -1.0 };
	double worst = 0.0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const unsigned int from = i > windows ? i - windows : 0;

		deque_add(&min, minima, i, from);
		deque_add(&max, minima, i, from);
		worst = fmax(worst, minima[max.idx[max.front]] - minima[min.idx[min.front]]);
	}
	return worst;
}

int vms_stability_of(struct vms_stability *out, unsigned int max, const double *t_s,
		     const double *values, size_t n, struct vms_err *err)
{
	unsigned int nr = WINDOWS_MIN, windows, rows = 0;
	unsigned int *scratch = NULL;
	double *minima = NULL, span;
	int ret = 0;

	if (n < WINDOWS_MIN || !(t_s[n - 1] > t_s[0]) || !isfinite(t_s[n - 1] - t_s[0]))
		return 0;
	span = t_s[n - 1] - t_s[0];
	while (nr * 2 <= WINDOWS_MAX && nr * 2 <= n)
		nr *= 2;
	minima = vms_calloc(nr, sizeof(*minima));
	scratch = vms_calloc((size_t)nr * 2, sizeof(*scratch));
	if (!minima || !scratch) {
		ret = vms_fail(err, VMS_ENOMEM, "out of memory for TDEV and MTIE");
		goto out;
	}
	/* Longer windows until few are empty: what is bridged over must not decide the result. */
	while (window_minima(minima, nr, t_s, values, n) > nr / 50) {
		if (nr <= WINDOWS_MIN)
			goto out;
		nr /= 2;
	}
	bridge(minima, nr);
	for (windows = 1; 3 * windows <= nr && rows < max; windows *= 2, rows++)
		out[rows] = (struct vms_stability){ .tau_s = span / nr * windows,
						    .tdev = tdev(minima, nr, windows),
						    .mtie = mtie(minima, nr, windows, scratch) };
	ret = (int)rows;
out:
	free(minima);
	free(scratch);
	return ret;
}
