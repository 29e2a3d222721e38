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
static unsigned int window_minima(double *x, unsigned int nr, const double *t, const double *v,
				  size_t n)
{
	const double span = t[n - 1] - t[0];
	unsigned int i, empty = 0;
	size_t k;

	for (i = 0; i < nr; i++)
		x[i] = NAN;
	for (k = 0; k < n; k++) {
		const double at = (t[k] - t[0]) / span * nr;

		if (!(at >= 0.0) || isnan(v[k]))
			continue;
		i = at < (double)nr ? (unsigned int)at : nr - 1;
		if (!(x[i] <= v[k]))
			x[i] = v[k];
	}
	for (i = 0; i < nr; i++)
		empty += isnan(x[i]) != 0;
	return empty;
}

/* A straight line over the few empty windows. */
static void bridge(double *x, unsigned int nr)
{
	unsigned int i, k, last = nr;

	for (i = 0; i < nr; i++) {
		if (isnan(x[i]))
			continue;
		for (k = last == nr ? 0 : last + 1; k < i; k++)
			x[k] = last == nr ? x[i]
					  : x[last] + (x[i] - x[last]) * (k - last) / (i - last);
		last = i;
	}
	for (k = last + 1; last < nr && k < nr; k++)
		x[k] = x[last];
}

/*
 * Time deviation for windows of m points, by running sums: the modified Allan variance of x in
 * one pass.
 * Source: doc/METHOD.md 9.2; ITU-T G.810.
 */
static double tdev(const double *x, unsigned int nr, unsigned int m)
{
	double sum = 0.0, squares = 0.0;
	unsigned int i, j;

	if (3 * m > nr)
		return NAN;
	for (i = 0; i < m; i++)
		sum += x[i + 2 * m] - 2.0 * x[i + m] + x[i];
	for (j = 0;; j++) {
		squares += sum * sum;
		if (j + 3 * m >= nr)
			break;
		sum += x[j + 3 * m] - 3.0 * x[j + 2 * m] + 3.0 * x[j + m] - x[j];
	}
	return sqrt(squares / (6.0 * (double)m * m * (nr - 3 * m + 1)));
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

static double mtie(const double *x, unsigned int nr, unsigned int m, unsigned int *scratch)
{
	struct deque min = { .idx = scratch, .sign = 1.0 },
		     max = { .idx = scratch + nr, .sign = -1.0 };
	double worst = 0.0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const unsigned int from = i > m ? i - m : 0;

		deque_add(&min, x, i, from);
		deque_add(&max, x, i, from);
		worst = fmax(worst, x[max.idx[max.front]] - x[min.idx[min.front]]);
	}
	return worst;
}

int vms_stability_of(struct vms_stability *out, unsigned int max, const double *t_s,
		     const double *v, size_t n, struct vms_err *err)
{
	unsigned int nr = WINDOWS_MIN, m, rows = 0;
	unsigned int *scratch = NULL;
	double *x = NULL, span;
	int ret = 0;

	if (n < WINDOWS_MIN || !(t_s[n - 1] > t_s[0]) || !isfinite(t_s[n - 1] - t_s[0]))
		return 0;
	span = t_s[n - 1] - t_s[0];
	while (nr * 2 <= WINDOWS_MAX && nr * 2 <= n)
		nr *= 2;
	x = vms_calloc(nr, sizeof(*x));
	scratch = vms_calloc((size_t)nr * 2, sizeof(*scratch));
	if (!x || !scratch) {
		ret = vms_fail(err, VMS_ENOMEM, "out of memory for TDEV and MTIE");
		goto out;
	}
	/* Longer windows until few are empty: what is bridged over must not decide the result. */
	while (window_minima(x, nr, t_s, v, n) > nr / 50) {
		if (nr <= WINDOWS_MIN)
			goto out;
		nr /= 2;
	}
	bridge(x, nr);
	for (m = 1; 3 * m <= nr && rows < max; m *= 2, rows++)
		out[rows] = (struct vms_stability){ .tau_s = span / nr * m,
						    .tdev = tdev(x, nr, m),
						    .mtie = mtie(x, nr, m, scratch) };
	ret = (int)rows;
out:
	free(x);
	free(scratch);
	return ret;
}
