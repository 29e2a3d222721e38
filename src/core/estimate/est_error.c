// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How far estimates can be trusted when delays are skewed and correlated.
 *
 * Sums (mean, least squares, signs): variance of overlapping block sums, which is what a
 * moving-block bootstrap of a sum converges to, without drawing. Blocks of 1, n^(1/3) and
 * n^(1/2); the greatest counts, so that correlation makes the error larger and chance does not
 * make it smaller.
 * Of few values an error is itself poorly known: it is widened as Student's t is against a normal.
 * Medians: twice the error of the share of values below it, by such blocks, carried back to values
 * by the order statistics at 1/2 plus and minus it (Woodruff 1952): needs no density.
 * Of more than 20 000 values both look at 20 runs of 1000 neighbours, evenly spread.
 * Least values: the ordinary bootstrap is inconsistent (doc/METHOD.md 9.1). The m-out-of-n block
 * bootstrap has a closed form for a minimum: drawing k of B blocks, P(min >= z_j) = ((B - j + 1)
 * / B)^k over the sorted block minima z. Its root mean square above z_1 at k = B / 10 (4 at
 * least) is carried to B at the rate seen between k and 2 k, held between 1/3 and 1 (1 where the
 * density of delays is not 0 at its lower end).
 * Lines from extremes and from medians of slopes: subsampling of blocks without replacement
 * (Politis and Romano 1994), of a bounded number of observations.
 * Source: doc/METHOD.md 9.1.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/estimate/est_impl.h"
#include "core/base/order.h"

#define DRAWS 40u
#define VALUES_MIN 5u
/* How fast least values settle is itself poorly known, from few ever so: it is taken as slower. */
#define LEAST_WIDER 1.25
#define LEAST_FEW 10.0

/*
 * Variances are well enough known from this many values; more cost time and change the second
 * digit.
 */
#define RUN_NR 1000u
#define RUNS_NR 20u
#define ENOUGH_NR (RUN_NR * RUNS_NR)

uint32_t est_block_nr(uint32_t n)
{
	return (uint32_t)VMS_MAX(1.0, ceil(cbrt((double)n)));
}

/* n times the variance of a sum, from overlapping sums of len neighbours; the mean is taken off. */
static double block_variance(const double *psi, uint32_t n, uint32_t len, double mean)
{
	double sum = 0.0, squares = 0.0;
	uint32_t i;

	for (i = 0; i < n; i++) {
		sum += psi[i] - mean;
		if (i + 1 < len)
			continue;
		squares += sum * sum;
		sum -= psi[i + 1 - len] - mean;
	}
	/* Sums about the sample's own mean scatter too little, by len in n. */
	return squares / (n - len + 1) / len * n * ((double)n / (n - len));
}

double est_few(uint32_t n)
{
	return sqrt((n - 1.0) / (n - 3.0));
}

/* Standard error of the sum of all n, from these. */
static double sum_se_of(const double *psi, uint32_t n)
{
	const uint32_t len[] = { 1, est_block_nr(n), (uint32_t)sqrt((double)n) };
	double mean = 0.0, most = 0.0;
	unsigned int k;
	uint32_t i;

	if (n < VALUES_MIN)
		return NAN;
	for (i = 0; i < n; i++)
		mean += psi[i];
	mean /= n;
	for (k = 0; k < VMS_ARRAY_NR(len); k++)
		if (k == 0 || (len[k] > len[k - 1] && len[k] <= n / 4))
			most = fmax(most, block_variance(psi, n, len[k], mean));
	return sqrt(most) * est_few(n);
}

/*
 * Runs of neighbours, evenly spread, so that what is correlated stays together. Return: values
 * copied.
 */
static uint32_t copy_runs(double *to, const double *from, uint32_t n)
{
	uint32_t r;

	if (n <= ENOUGH_NR) {
		memcpy(to, from, n * sizeof(*to));
		return n;
	}
	for (r = 0; r < RUNS_NR; r++)
		memcpy(to + (size_t)r * RUN_NR, from + (uint64_t)(n - RUN_NR) * r / (RUNS_NR - 1),
		       RUN_NR * sizeof(*to));
	return ENOUGH_NR;
}

int est_sum_se(double *se, const double *psi, uint32_t n)
{
	double *part = vms_calloc(VMS_MIN(n, ENOUGH_NR), sizeof(*part));
	uint32_t part_nr;

	if (!part)
		return -VMS_ENOMEM;
	part_nr = copy_runs(part, psi, n);
	*se = sum_se_of(part, part_nr) * sqrt((double)n / VMS_MAX(part_nr, 1u));
	free(part);
	return 0;
}

/*
 * Half the distance to the farther of the order statistics at two errors of the share: delays are
 * skewed. y and tmp hold n values and room for as many.
 */
static double median_se_of(const double *y, double *tmp, uint32_t n, double median)
{
	double share, lo, hi;
	uint32_t i;

	for (i = 0; i < n; i++)
		tmp[i] = y[i] < median ? 1.0 / n : y[i] > median ? 0.0 : 0.5 / n;
	share = fmin(2.0 * sum_se_of(tmp, n), 0.5);
	memcpy(tmp, y, n * sizeof(*tmp));
	hi = vms_order_select(tmp, n, (size_t)fmin(ceil((0.5 + share) * n), n) - 1);
	lo = vms_order_select(tmp, n, (size_t)fmax(floor((0.5 - share) * n), 0.0));
	return fmax(hi - median, median - lo) / 2.0;
}

int est_median_se(double *se, const double *values, uint32_t n, double median)
{
	const uint32_t room = VMS_MIN(n, ENOUGH_NR);
	double *part;
	uint32_t part_nr;

	*se = NAN;
	if (n < VALUES_MIN)
		return 0;
	part = vms_calloc(2 * (size_t)room, sizeof(*part));
	if (!part)
		return -VMS_ENOMEM;
	part_nr = copy_runs(part, values, n);
	*se = median_se_of(part, part + room, part_nr, median) * sqrt((double)part_nr / n);
	free(part);
	return 0;
}

static int ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * Root mean square of min - z[0] when k of the nr sorted block minima are drawn with replacement.
 */
static double rms_of_minimum(const double *z, uint32_t nr, double k)
{
	double above = 1.0, squares = 0.0;
	uint32_t j;

	for (j = 0; j < nr && above > 1e-12; j++) {
		const double next = pow((double)(nr - j - 1) / nr, k);

		squares += (above - next) * (z[j] - z[0]) * (z[j] - z[0]);
		above = next;
	}
	return sqrt(squares);
}

double est_least_few(uint32_t n)
{
	return sqrt(LEAST_WIDER + LEAST_FEW / n);
}

int est_least_se(double *se, const double *values, uint32_t n)
{
	/*
	 * Below 30 blocks of their proper length there would be too few: take the values one by
	 * one.
	 */
	const uint32_t len = n / est_block_nr(n) >= 30 ? est_block_nr(n) : 1;
	const uint32_t nr = n / len;
	double *least, some, more, rate = 1.0, k;
	uint32_t block, i;

	*se = NAN;
	if (n < VALUES_MIN)
		return 0;
	least = vms_calloc(nr, sizeof(*least));
	if (!least)
		return -VMS_ENOMEM;
	for (block = 0; block < nr; block++) {
		const uint32_t end = block + 1 == nr ? n : (block + 1) * len;

		least[block] = values[block * len];
		for (i = block * len + 1; i < end; i++)
			least[block] = values[i] < least[block] ? values[i] : least[block];
	}
	qsort(least, nr, sizeof(*least), ascending);
	k = fmax(4.0, nr / 10.0);
	some = rms_of_minimum(least, nr, k);
	more = rms_of_minimum(least, nr, 2.0 * k);
	if (some > 0.0 && more > 0.0)
		rate = fmax(1.0 / 3.0, fmin(1.0, log2(some / more)));
	*se = some * pow(k / nr, rate) * est_least_few(nr);
	free(least);
	return 0;
}

/* Chooses blocks of neighbours so that each has the same chance, in order (selection sampling). */
static uint32_t draw_blocks(struct vms_obs *to, const struct vms_est_in *in, uint32_t len,
			    uint32_t want_nr, uint64_t *seed)
{
	const uint32_t blocks_nr = in->nr / len;
	uint32_t b, i, taken = 0, nr = 0;

	for (b = 0; b < blocks_nr && taken < want_nr; b++) {
		const uint32_t end = b + 1 == blocks_nr ? in->nr : (b + 1) * len;

		if (vms_order_random(seed) % (blocks_nr - b) >= want_nr - taken)
			continue;
		for (i = b * len; i < end; i++)
			to[nr++] = est_obs(in, i);
		taken++;
	}
	return nr;
}

int est_subsample(struct est_draws *draws, const struct vms_est_in *in, uint32_t sub_nr,
		  const struct est_fit *all,
		  int (*fit)(struct est_fit *draw, const struct vms_est_in *in))
{
	const uint32_t len = VMS_MAX(1u, VMS_MIN(est_block_nr(in->nr), sub_nr / 8));
	struct vms_est_in part = { .constant = in->constant,
				   .ref_raw = in->ref_raw,
				   .progress = in->progress };
	double offsets = 0.0, drifts = 0.0;
	uint64_t seed = in->nr;
	unsigned int i, good = 0;
	struct vms_obs *obs;
	int ret = 0;

	*draws = (struct est_draws){ .sub_nr = sub_nr / len * len,
				     .rms_offset = NAN,
				     .rms_drift = NAN };
	obs = vms_calloc((size_t)sub_nr + 2 * (size_t)len, sizeof(*obs));
	if (!obs)
		return -VMS_ENOMEM;
	part.obs = obs;
	for (i = 0; i < DRAWS; i++) {
		struct est_fit draw;

		part.nr = draw_blocks(obs, in, len, sub_nr / len, &seed);
		ret = est_wanted(in);
		if (!ret)
			ret = fit(&draw, &part);
		if (ret < 0)
			break;
		if (ret)
			continue;
		draw.offset += (double)((vms_i128)est_base(&part) - est_base(in));
		offsets += (draw.offset - all->offset) * (draw.offset - all->offset);
		drifts += (draw.drift - all->drift) * (draw.drift - all->drift);
		good++;
	}
	free(obs);
	if (good >= DRAWS / 2) {
		draws->rms_offset = sqrt(offsets / good);
		draws->rms_drift = sqrt(drifts / good);
	}
	return ret < 0 ? ret : 0;
}
