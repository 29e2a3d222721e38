// SPDX-License-Identifier: LGPL-2.1-or-later
/* Order statistics against sorting, moments by hand, and histograms that lose no value. */
#include "unit.h"

#include <math.h>

#include <vmsync/stats.h>

#include "core/base/order.h"
#include "core/base/util.h"

static int ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Few different values (step coarse) or many: both shapes that clocks give. */
static void fill(double *v, size_t n, uint64_t seed, unsigned int different)
{
	size_t i;

	for (i = 0; i < n; i++)
		v[i] = (double)(vms_order_random(&seed) % different) - 100.0;
}

static double middle(const double *sorted, size_t n)
{
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0;
}

TEST(test_select_agrees_with_sorting)
{
	double v[257], sorted[257], distance[257];
	size_t n, i;

	for (n = 1; n <= 257; n += 1 + n / 8) {
		struct vms_stats st;

		fill(v, n, n, n % 3 ? 1000000 : 5);
		memcpy(sorted, v, sizeof(v));
		qsort(sorted, n, sizeof(*sorted), ascending);
		for (i = 0; i < n; i += 1 + n / 16)
			assert_true(vms_order_select(v, n, i) == sorted[i]);
		vms_stats_of(&st, v, n);
		assert_true(st.min == sorted[0] && st.max == sorted[n - 1]);
		assert_true(st.median == middle(sorted, n));
		assert_true(st.p99 == sorted[(size_t)ceil(0.99 * (double)n) - 1]);
		for (i = 0; i < n; i++)
			distance[i] = fabs(sorted[i] - st.median);
		qsort(distance, n, sizeof(*distance), ascending);
		assert_true(st.mad == middle(distance, n));
	}
}

/*
 * Above some thousands pivots come from a sample: any rank, few or many different values, in order
 * or not.
 */
TEST(test_select_agrees_with_sorting_many)
{
	static const size_t ranks[] = { 0, 1, 20000, 25000, 25001, 49500, 49999 };
	enum { NR = 50000 };
	double *v = calloc(NR, sizeof(*v)), *sorted = calloc(NR, sizeof(*sorted));
	unsigned int shape;
	size_t i;

	for (shape = 0; shape < 5; shape++) {
		fill(v, NR, shape, shape % 2 ? 5 : 1u << 30);
		for (i = 0; shape == 4 && i < NR; i++)
			v[i] = (double)(i * i % 40009);
		memcpy(sorted, v, NR * sizeof(*v));
		qsort(sorted, NR, sizeof(*sorted), ascending);
		if (shape == 2)
			memcpy(v, sorted, NR * sizeof(*v));
		for (i = 0; i < VMS_ARRAY_NR(ranks); i++) {
			size_t k;

			assert_true(vms_order_select(v, NR, ranks[i]) == sorted[ranks[i]]);
			for (k = 0; k < NR; k++)
				assert_true(k < ranks[i] ? v[k] <= sorted[ranks[i]]
							 : v[k] >= sorted[ranks[i]]);
		}
		qsort(v, NR, sizeof(*v), ascending);
		assert_memory_equal(v, sorted, NR * sizeof(*v));
	}
	free(v);
	free(sorted);
}

TEST(test_stats_keep_the_values)
{
	double v[100], before[100];
	struct vms_stats st;

	fill(v, 100, 7, 1u << 30);
	memcpy(before, v, sizeof(v));
	vms_stats_of(&st, v, 100);
	qsort(v, 100, sizeof(*v), ascending);
	qsort(before, 100, sizeof(*before), ascending);
	assert_memory_equal(v, before, sizeof(v));
}

TEST(test_moments)
{
	double v[] = { 2, 4, 4, 4, 5, 5, 7, 9 }, one[] = { -3 };
	struct vms_stats st;

	vms_stats_of(&st, v, 8);
	assert_int_equal(st.n, 8);
	assert_true(st.mean == 5.0);
	assert_true(fabs(st.sd - sqrt(32.0 / 7.0)) < 1e-12);
	vms_stats_of(&st, one, 1);
	assert_true(st.mean == -3.0 && st.median == -3.0 && st.sd == 0.0 && st.mad == 0.0);
	vms_stats_of(&st, NULL, 0);
	assert_int_equal(st.n, 0);
}

TEST(test_nan_does_not_hang)
{
	static double many[40000];
	double v[50];
	struct vms_stats st;
	size_t i;

	fill(v, 50, 3, 100);
	for (i = 0; i < 50; i += 3)
		v[i] = NAN;
	vms_stats_of(&st, v, 50);
	assert_int_equal(st.n, 50);
	fill(many, VMS_ARRAY_NR(many), 5, 100);
	for (i = 0; i < VMS_ARRAY_NR(many); i += 3)
		many[i] = NAN;
	vms_stats_of(&st, many, VMS_ARRAY_NR(many));
	assert_int_equal(st.n, VMS_ARRAY_NR(many));
}

static uint64_t total_of(const struct vms_hist *h)
{
	uint64_t sum = h->below + h->above;
	unsigned int i;

	for (i = 0; i < h->nr; i++)
		sum += h->count[i];
	return sum;
}

TEST(test_histogram_counts_each_value_once)
{
	double v[1000];
	struct vms_hist h;

	fill(v, 1000, 11, 1000);
	assert_int_equal(vms_hist_build(&h, v, 1000, 0.0, 800.0, 7, NULL), 0);
	assert_int_equal(total_of(&h), 1000);
	vms_hist_clear(&h);
	assert_int_equal(vms_hist_build(&h, v, 1000, 0.0, 0.0, 30, NULL), 0);
	assert_int_equal(total_of(&h), 1000);
	assert_in_range(h.below, 1, 10);
	assert_in_range(h.above, 1, 10);
	vms_hist_clear(&h);
}

TEST(test_histogram_ends)
{
	const double v[] = { 0.0, 1.0, 1.5, 2.0, 2.5, -0.5, NAN };
	const double same[] = { 4.0, 4.0, 4.0 };
	struct vms_hist h;

	assert_int_equal(vms_hist_build(&h, v, 7, 0.0, 2.0, 2, NULL), 0);
	assert_int_equal(h.count[0], 1);
	assert_int_equal(h.count[1], 3);
	assert_int_equal(h.above, 1);
	assert_int_equal(h.below, 2);
	vms_hist_clear(&h);
	assert_int_equal(vms_hist_build(&h, same, 3, 0.0, 0.0, 5, NULL), 0);
	assert_int_equal(total_of(&h), 3);
	assert_int_equal(h.below + h.above, 0);
	vms_hist_clear(&h);
	assert_int_equal(vms_hist_build(&h, NULL, 0, 0.0, 0.0, 5, NULL), 0);
	vms_hist_clear(&h);
	assert_int_equal(vms_hist_build(&h, same, 3, 0.0, 0.0, 0, NULL), -VMS_EUSAGE);
	vms_alloc_fail_at(1);
	assert_int_equal(vms_hist_build(&h, same, 3, 0.0, 0.0, 5, NULL), -VMS_ENOMEM);
	vms_alloc_fail_at(0);
}

UNIT_MAIN(NULL, NULL)
