// SPDX-License-Identifier: LGPL-2.1-or-later
/* TDEV and MTIE against their definitions written out, and on signals whose values are known. */
#include "unit.h"

#include <math.h>

#include <vmsync/stats.h>

#include "core/base/order.h"
#include "core/base/util.h"

#define NR 256

static double times[NR], values[NR];

static void even_times(void)
{
	size_t i;

	/* The last time closes the last window: windows are as long as the spacing. */
	for (i = 0; i < NR; i++)
		times[i] = 0.5 * (double)i * NR / (NR - 1) + 0.001;
}

/* doc/METHOD.md 9.2 in so many words. */
static double tdev_by_definition(const double *x, size_t n, size_t m)
{
	double total = 0.0;
	size_t j, i;

	for (j = 0; j + 3 * m <= n; j++) {
		double sum = 0.0;

		for (i = j; i < j + m; i++)
			sum += x[i + 2 * m] - 2.0 * x[i + m] + x[i];
		total += sum * sum / (double)(m * m);
	}
	return sqrt(total / (6.0 * (double)(n - 3 * m + 1)));
}

static double mtie_by_definition(const double *x, size_t n, size_t m)
{
	double worst = 0.0;
	size_t j, i;

	for (j = 0; j + m < n; j++) {
		double lo = x[j], hi = x[j];

		for (i = j; i <= j + m; i++) {
			lo = fmin(lo, x[i]);
			hi = fmax(hi, x[i]);
		}
		worst = fmax(worst, hi - lo);
	}
	return worst;
}

TEST(test_agrees_with_the_definition)
{
	struct vms_stability out[20];
	uint64_t seed = 5;
	int rows, i;

	even_times();
	for (i = 0; i < NR; i++)
		values[i] = (double)(vms_order_random(&seed) % 1000) + i;
	rows = vms_stability_of(out, 20, times, values, NR, NULL);
	assert_int_equal(rows, 7); /* 1, 2, ... 64: three of them fit into 256 */
	for (i = 0; i < rows; i++) {
		const size_t m = (size_t)1 << i;

		assert_true(fabs(out[i].tdev - tdev_by_definition(values, NR, m)) < 1e-9);
		assert_true(out[i].mtie == mtie_by_definition(values, NR, m));
		assert_true(fabs(out[i].tau_s - 0.5 * NR / NR * (double)m) < 1e-9);
	}
}

TEST(test_a_ramp_is_no_noise)
{
	struct vms_stability out[20];
	int rows, i;

	even_times();
	for (i = 0; i < NR; i++)
		values[i] = 3.0 * i;
	rows = vms_stability_of(out, 20, times, values, NR, NULL);
	for (i = 0; i < rows; i++) {
		assert_true(out[i].tdev < 1e-9);
		assert_true(out[i].mtie == 3.0 * (1 << i));
	}
}

TEST(test_windows_take_the_least)
{
	struct vms_stability out[20];
	int rows, i;

	/* Half of the values are late by much, never two in a row; bursts leave long gaps. */
	for (i = 0; i < NR; i++) {
		times[i] = i / 8 + (i % 8) * 1e-3;
		values[i] = i % 2 ? 7.0 + 1000.0 * (i % 3) : 7.0;
	}
	rows = vms_stability_of(out, 20, times, values, NR, NULL);
	assert_in_range(rows, 1, 7);
	for (i = 0; i < rows; i++)
		assert_true(out[i].tdev == 0.0 && out[i].mtie == 0.0);
}

TEST(test_too_little_data)
{
	const double t[] = { 1, 1, 1, 1, 1 }, v[] = { 1, 2, 3, 4, 5 };
	struct vms_stability out[20];

	assert_int_equal(vms_stability_of(out, 20, t, v, 3, NULL), 0);
	assert_int_equal(vms_stability_of(out, 20, t, v, 5, NULL), 0);
	even_times();
	assert_int_equal(vms_stability_of(out, 2, times, values, NR, NULL), 2);
	vms_alloc_fail_at(2);
	assert_int_equal(vms_stability_of(out, 2, times, values, NR, NULL), -VMS_ENOMEM);
	vms_alloc_fail_at(0);
}

UNIT_MAIN(NULL, NULL)
