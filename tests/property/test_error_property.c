// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Standard errors against how estimates scatter over many draws of simulated delays: twice an error
 * covers what the estimator estimates of such delays, also where few anchors are accepted.
 */
#include "unit.h"

#include <math.h>

#include <vmsync/estimate.h>

#include "core/base/order.h"

#define DRAWS 300u
#define MOST 400u
#define SPAN_RAW 1e10

static uint64_t seed = 9;

static double uniform(void)
{
	return ((double)(vms_order_random(&seed) >> 11) + 0.5) * 0x1p-53;
}

static double exponential(double mean)
{
	return -mean * log(uniform());
}

static double late(double share, double most)
{
	return uniform() < share ? 2000.0 + uniform() * (most - 2000.0) : 0.0;
}

/* Delays of one direction, each from another kind of host; doc/METHOD.md 9.1 has the first. */
static double tails(enum vms_dir dir)
{
	return dir == VMS_GUEST_TO_HOST ? 350.0 + exponential(250.0) + late(0.03, 40000.0)
					: 500.0 + exponential(300.0) + late(0.05, 60000.0);
}

static double light(enum vms_dir dir)
{
	return (dir == VMS_GUEST_TO_HOST ? 400.0 : 900.0) + 300.0 * uniform() + exponential(50.0);
}

/* Log-normal, as emulated hosts show: the least values are rare. */
static double skewed(enum vms_dir dir)
{
	const double normal = sqrt(2.0 * exponential(1.0)) * cos(6.283185307 * uniform());

	return (dir == VMS_GUEST_TO_HOST ? 13000.0 : 10000.0) + 8000.0 * exp(0.8 * normal);
}

/* Two sequences, of different lengths. */
static double two_kinds(enum vms_dir dir)
{
	return dir == VMS_GUEST_TO_HOST && uniform() < 0.4 ? 2500.0 + exponential(800.0)
							   : 700.0 + exponential(300.0);
}

static const struct {
	const char *name;
	double (*delay)(enum vms_dir dir);
} kinds[] = {
	{ "tails", tails },
	{ "light", light },
	{ "skewed", skewed },
	{ "two kinds", two_kinds },
};

/* n anchors each way around n exits at uneven times. */
static void draw(struct vms_obs *obs, uint32_t n, double drift, double (*delay)(enum vms_dir dir))
{
	uint32_t i;

	for (i = 0; i < 2 * n; i++) {
		const enum vms_dir dir = i % 2 ? VMS_HOST_TO_GUEST : VMS_GUEST_TO_HOST;
		const double x = SPAN_RAW * (i + 0.9 * uniform()) / (2 * n);
		const double y = drift * x + (i % 2 ? -1.0 : 1.0) * delay(dir);

		obs[i] = (struct vms_obs){ .x_raw = (int64_t)x,
					   .y_raw = llround(y),
					   .dir = (uint8_t)dir,
					   .visit = (i + 1) / 2 };
	}
}

/*
 * The share of draws whose estimate is within twice its error of the middle of all estimates; 1
 * where no error is stated.
 */
static double covered(const struct vms_estimator *est, uint32_t n, double drift,
		      double (*delay)(enum vms_dir dir))
{
	double at[DRAWS], se[DRAWS], middle;
	double sorted[DRAWS];
	struct vms_obs obs[2 * MOST];
	unsigned int i, good = 0, stated = 0;

	for (i = 0; i < DRAWS; i++) {
		const struct vms_est_in in = { .obs = obs,
					       .nr = 2 * n,
					       .constant = !(drift > 0.0),
					       .ref_raw = (int64_t)(SPAN_RAW / 2.0) };
		struct vms_est_out out;

		draw(obs, n, drift, delay);
		assert_int_equal(est->fit(&out, &in, NULL), 0);
		assert_true(out.available);
		at[i] = (double)out.line.offset_raw + out.line.offset_frac;
		se[i] = out.se_raw;
		assert_true(isnan(se[i]) == (out.se_why[0] != '\0'));
	}
	memcpy(sorted, at, sizeof(at));
	middle = vms_order_median(sorted, DRAWS);
	for (i = 0; i < DRAWS; i++) {
		stated += !isnan(se[i]);
		good += fabs(at[i] - middle) <= 2.0 * se[i];
	}
	return stated ? (double)good / stated : 1.0;
}

static void all_cover(uint32_t n)
{
	const struct vms_estimator *est;
	size_t k;
	int drifts;

	for (est = vms_estimators(); est->name; est++)
		for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			for (drifts = 0; drifts < 2; drifts++) {
				const double share =
					covered(est, n, drifts ? 20e-6 : 0.0, kinds[k].delay);

				if (share < 0.9)
					print_message("%s, %u anchors each way, %s%s: %.2f\n",
						      est->name, n, kinds[k].name,
						      drifts ? ", drift" : "", share);
				assert_true(share >= 0.9);
			}
}

TEST(test_errors_of_5_anchors)
{
	all_cover(5);
}

TEST(test_errors_of_10_anchors)
{
	all_cover(10);
}

TEST(test_errors_of_20_anchors)
{
	all_cover(20);
}

TEST(test_errors_of_30_anchors)
{
	all_cover(30);
}

TEST(test_errors_of_many_anchors)
{
	all_cover(MOST);
}

UNIT_MAIN(NULL, NULL)
