// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How sure shares, halves and means of correlated pairs are: Wilson, Kolmogorov-Smirnov, effective
 * n.
 */
#include "core/fitness/fitness_impl.h"

#include <math.h>

#include "core/base/util.h"

/* 95 % of a normal distribution lie within so many standard deviations. */
#define Z_95 1.959963985

static double share(uint64_t some, uint64_t of)
{
	return of ? (double)some / (double)of : NAN;
}

struct vms_fit_range vms_fit_wilson(uint64_t some, uint64_t of)
{
	const double n = (double)of, p = share(some, of), zz = Z_95 * Z_95;
	const double middle = (p + zz / (2.0 * n)) / (1.0 + zz / n);
	const double half = Z_95 / (1.0 + zz / n) * sqrt(p * (1.0 - p) / n + zz / (4.0 * n * n));

	if (!of)
		return (struct vms_fit_range){ NAN, NAN };
	return (struct vms_fit_range){ fmax(0.0, middle - half), fmin(1.0, middle + half) };
}

void fit_shares(struct vms_fitness *f)
{
	f->precision = share(f->pairs_nr, f->counts.guest_nr);
	f->precision_95 = vms_fit_wilson(f->pairs_nr, f->counts.guest_nr);
	f->recall = share(f->pairs_nr, f->counts.host_nr);
	f->recall_95 = vms_fit_wilson(f->pairs_nr, f->counts.host_nr);
	f->lift = f->precision / share(f->counts.ends_fit_nr, f->counts.ends_nr);
}

/* More lags, or more pairs, change the second digit; runs of neighbours keep what is correlated. */
#define LAGS_MOST 250u
#define RUNS_NR 20u

/*
 * 1 + 2 sum of autocorrelations of n values about their mean, up to the first that is not positive.
 */
static double inflation(const double *delay, uint32_t n, double mean)
{
	double variance = 0.0, sum = 1.0;
	uint32_t i, lag;

	for (i = 0; i < n; i++)
		variance += (delay[i] - mean) * (delay[i] - mean);
	for (lag = 1; variance > 0.0 && lag <= VMS_MIN(n / 4, LAGS_MOST); lag++) {
		double product = 0.0;

		for (i = lag; i < n; i++)
			product += (delay[i] - mean) * (delay[i - lag] - mean);
		if (product <= 0.0)
			break;
		sum += 2.0 * product / variance;
	}
	return sum;
}

/* Of one vCPU, in the order of its events. */
static double effective_of(const double *delay, uint32_t n)
{
	double mean = 0.0, most = 0.0;
	uint32_t i;

	for (i = 0; i < n; i++)
		mean += delay[i];
	mean /= n;
	if (n <= FIT_BLOCK_NR * RUNS_NR)
		return n / inflation(delay, n, mean);
	for (i = 0; i < RUNS_NR; i++)
		most += inflation(delay + (uint64_t)(n - FIT_BLOCK_NR) * i / (RUNS_NR - 1),
				  FIT_BLOCK_NR, mean);
	return n / (most / RUNS_NR);
}

double fit_effective(const struct fit_samples *all, unsigned int parts_nr, double *delay)
{
	double sum = 0.0;
	unsigned int part;
	uint32_t i;

	for (part = 0; part < parts_nr; part++) {
		const uint32_t from = all->from[part], n = all->from[part + 1] - from;

		for (i = 0; i < n; i++)
			delay[i] = fit_mid_ns(all, from + i);
		sum += n ? effective_of(delay, n) : 0.0;
	}
	return sum;
}

/* Two samples are of one distribution with this probability: Kolmogorov's series. */
static double kolmogorov(double lambda)
{
	double sum = 0.0;
	int k;

	if (lambda < 0.2)
		return 1.0;
	for (k = 1; k <= 100; k++) {
		const double term = exp(-2.0 * k * k * lambda * lambda);

		sum += k % 2 ? term : -term;
		if (term < 1e-12)
			break;
	}
	return fmax(0.0, fmin(1.0, 2.0 * sum));
}

void fit_halves(struct vms_fitness *f, const struct fit_samples *all)
{
	uint32_t nr[2] = { 0, 0 }, seen[2] = { 0, 0 }, i;
	double most = 0.0, n;

	f->halves_distance = f->halves_p = NAN;
	for (i = 0; i < all->nr; i++)
		nr[all->s[i].half]++;
	if (!nr[0] || !nr[1])
		return;
	for (i = 0; i < all->nr; i++) {
		seen[all->s[i].half]++;
		if (i + 1 == all->nr || all->s[i + 1].twice_raw != all->s[i].twice_raw)
			most = fmax(most, fabs((double)seen[0] / nr[0] - (double)seen[1] / nr[1]));
	}
	n = (double)nr[0] * nr[1] / all->nr * (f->effective_nr / (double)all->all_nr);
	f->halves_distance = most;
	f->halves_p = kolmogorov(most * (sqrt(n) + 0.12 + 0.11 / sqrt(n)));
}
