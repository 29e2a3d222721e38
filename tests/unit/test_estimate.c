// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Estimators on simulated delays with known truth. Delays and expected figures are those of the
 * table in doc/METHOD.md 9.1: out 350 + Exp(250) with 3 % of 2 to 40 us more, in 500 + Exp(300)
 * with 5 % of 2 to 60 us more.
 */
#include "unit.h"

#include <math.h>

#include <vmsync/estimate.h>

#include "core/base/order.h"
#include "core/base/util.h"

#define OFFSET_RAW INT64_C(-123456789012345)
#define START_RAW (INT64_C(1) << 60)
#define SPAN_RAW INT64_C(10000000000)
#define REF_RAW (START_RAW + SPAN_RAW / 2)
#define DRIFT 23e-6

static uint64_t seed;

static double uniform(void)
{
	return ((double)(vms_order_random(&seed) >> 11) + 0.5) / 9007199254740992.0;
}

static double delay(double least, double mean, double late_share, double late_most)
{
	const double late =
		uniform() < late_share ? 2000.0 + uniform() * (late_most - 2000.0) : 0.0;

	return least - mean * log(uniform()) + late;
}

static int by_time(const void *a, const void *b)
{
	const struct vms_obs *x = a, *y = b;

	return (x->x_raw > y->x_raw) - (x->x_raw < y->x_raw);
}

static int64_t truth_at(int64_t x_raw, double drift)
{
	return OFFSET_RAW + llround(drift * (double)(x_raw - REF_RAW));
}

/* n anchors each way; owned by the caller */
static struct vms_obs *simulate(uint32_t n, double drift)
{
	struct vms_obs *o = calloc((size_t)n * 2, sizeof(*o));
	uint32_t i;

	assert_non_null(o);
	for (i = 0; i < n; i++) {
		const int64_t out =
			START_RAW + (int64_t)((double)SPAN_RAW * (i + 0.4 * uniform()) / n);
		const int64_t in = out + (int64_t)((double)SPAN_RAW / n * 0.5 * uniform());

		o[2 * i] = (struct vms_obs){ .x_raw = out,
					     .dir = VMS_GUEST_TO_HOST,
					     .visit = i,
					     .y_raw = truth_at(out, drift) +
						      llround(delay(350, 250, 0.03, 40000)) };
		o[2 * i + 1] = (struct vms_obs){ .x_raw = in,
						 .dir = VMS_HOST_TO_GUEST,
						 .visit = i + 1,
						 .y_raw = truth_at(in, drift) -
							  llround(delay(500, 300, 0.05, 60000)) };
	}
	qsort(o, (size_t)n * 2, sizeof(*o), by_time);
	return o;
}

/* Errors of one estimator over repeated draws. */
struct scatter {
	/* covered: share of draws within two standard errors of the bias */
	double bias, spread, se, covered;
	double drift_bias, drift_spread, se_drift;
};

#define DRAWS 60 /* fixed seeds: the same draws each time */

static struct scatter scatter_of(const char *name, uint32_t n, bool constant)
{
	const struct vms_estimator *e = vms_estimator_find(name);
	double err[DRAWS], se[DRAWS], drift[DRAWS];
	struct scatter s = { 0 };
	unsigned int i;

	assert_non_null(e);
	seed = n;
	for (i = 0; i < DRAWS; i++) {
		struct vms_obs *o = simulate(n, constant ? 0.0 : DRIFT);
		const struct vms_est_in in = {
			.obs = o, .nr = 2 * n, .constant = constant, .ref_raw = REF_RAW
		};
		struct vms_est_out out;

		assert_int_equal(e->fit(&out, &in, NULL), 0);
		assert_true(out.available);
		assert_int_equal(out.line.ref_raw, REF_RAW);
		assert_true(out.line.offset_frac >= 0.0 && out.line.offset_frac < 1.0);
		err[i] = (double)(out.line.offset_raw - OFFSET_RAW) + out.line.offset_frac;
		se[i] = out.se_raw;
		drift[i] = out.line.drift - (constant ? 0.0 : DRIFT);
		s.bias += err[i] / DRAWS;
		s.se += se[i] / DRAWS;
		s.drift_bias += drift[i] / DRAWS;
		s.se_drift += out.se_drift / DRAWS;
		free(o);
	}
	for (i = 0; i < DRAWS; i++) {
		s.spread += (err[i] - s.bias) * (err[i] - s.bias) / (DRAWS - 1);
		s.drift_spread +=
			(drift[i] - s.drift_bias) * (drift[i] - s.drift_bias) / (DRAWS - 1);
		s.covered += (fabs(err[i] - s.bias) <= 2.0 * se[i]) / (double)DRAWS;
	}
	s.spread = sqrt(s.spread);
	s.drift_spread = sqrt(s.drift_spread);
	return s;
}

/*
 * Columns of the table; tolerances are three standard errors of 60 draws, more where the table
 * rounds.
 */
static const struct {
	const char *name;
	uint32_t n;
	double bias, bias_tol, spread;
} table[] = {
	{ "mean", 100, 1218, 170, 419 },      { "mean", 1000, 1237, 55, 128 },
	{ "median", 20, 538, 25, 60 },	      { "median", 100, 533, 12, 26 },
	{ "median", 1000, 531, 4, 8 },	      { "min-delay", 20, 361, 6, 11 },
	{ "min-delay", 100, 353, 2, 2.5 },    { "min-delay", 1000, 350, 0.7, 0.4 },
	{ "midpoint", 20, -78, 6, 11 },	      { "midpoint", 100, -75, 1.2, 1.8 },
	{ "midpoint", 1000, -75, 0.5, 0.28 }, { "hull", 100, -75, 1.2, 1.8 },
	{ "lad", 100, 533, 12, 26 },	      { "theil-sen", 100, 533, 12, 26 },
	{ "lsq", 1000, 1237, 55, 128 },
};

TEST(test_bias_and_spread_are_those_of_the_table)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct scatter s = scatter_of(table[i].name, table[i].n, true);

		print_message("%s %u: bias %.1f spread %.2f se %.2f covered %.2f\n", table[i].name,
			      table[i].n, s.bias, s.spread, s.se, s.covered);
		assert_true(fabs(s.bias - table[i].bias) <= table[i].bias_tol);
		/* The spread of 60 draws is itself uncertain by 9 %, more with tails. */
		assert_in_range((int)(1000 * s.spread), (int)(650 * table[i].spread),
				(int)(1400 * table[i].spread));
	}
}

/*
 * Two standard errors cover 95 % where the estimate is about normal; a mean of few tails cannot
 * know them.
 */
TEST(test_standard_errors_are_honest)
{
	static const char *const names[] = { "median", "min-delay", "midpoint",
					     "lad",    "theil-sen", "hull" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct scatter level = scatter_of(names[i], 200, true),
				     line = scatter_of(names[i], 200, false);

		print_message(
			"%s: constant %.2f of %.2f covered %.2f; line %.2f of %.2f covered %.2f\n",
			names[i], level.spread, level.se, level.covered, line.spread, line.se,
			line.covered);
		assert_true(level.covered >= 0.85);
		assert_true(line.covered >= 0.85);
		assert_true(level.se < 3.0 * level.spread && line.se < 4.0 * line.spread);
	}
	assert_true(scatter_of("mean", 1000, true).covered >= 0.85);
}

TEST(test_drift_is_found)
{
	static const struct {
		const char *name;
		double tol; /* of one draw with 1000 anchors each way over 10 s of ns */
	} want[] = { { "lsq", 100e-9 },	 { "lad", 6e-9 },	 { "theil-sen", 4e-9 },
		     { "hull", 2.5e-9 }, { "midpoint", 2.5e-9 }, { "median", 2.5e-9 } };
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct scatter s = scatter_of(want[i].name, 1000, false);

		print_message("%s: drift %.2e spread %.2e se %.2e\n", want[i].name, s.drift_bias,
			      s.drift_spread, s.se_drift);
		assert_true(fabs(s.drift_bias) < want[i].tol && s.drift_spread < want[i].tol);
		assert_true(s.se_drift > 0.5 * s.drift_spread && s.se_drift < 2.0 * s.drift_spread);
	}
}

TEST(test_shifted_input_shifts_the_result)
{
	const int64_t shift = INT64_C(987654321987);
	struct vms_obs *o, *moved;
	const struct vms_estimator *e;
	uint32_t i;

	seed = 3;
	o = simulate(300, DRIFT);
	moved = calloc(600, sizeof(*moved));
	assert_non_null(moved);
	for (i = 0; i < 600; i++) {
		moved[i] = o[i];
		moved[i].y_raw += shift;
	}
	for (e = vms_estimators(); e->name; e++) {
		struct vms_est_in in = { .obs = o, .nr = 600, .ref_raw = REF_RAW };
		struct vms_est_out a, b;

		assert_int_equal(e->fit(&a, &in, NULL), 0);
		in.obs = moved;
		assert_int_equal(e->fit(&b, &in, NULL), 0);
		assert_int_equal(b.line.offset_raw - a.line.offset_raw, shift);
		assert_true(a.line.offset_frac == b.line.offset_frac &&
			    a.line.drift == b.line.drift);
		assert_true(a.se_raw == b.se_raw);
	}
	free(moved);
	free(o);
}

TEST(test_lad_is_a_minimum)
{
	struct vms_obs *o;
	struct vms_est_in in = { .nr = 400, .ref_raw = REF_RAW };
	struct vms_est_out out;
	double r[400], sums[9];
	int k;
	size_t i;

	seed = 17;
	o = simulate(200, DRIFT);
	for (i = 0; i < 400; i++)
		o[i].dir = VMS_GUEST_TO_HOST; /* two clouds: a hard case */
	in.obs = o;
	assert_int_equal(vms_estimator_find("lad")->fit(&out, &in, NULL), 0);
	for (k = 0; k < 9; k++) {
		struct vms_line line = out.line;

		line.offset_raw += (k % 3 - 1) * 3;
		line.drift += (k / 3 - 1) * 1e-9;
		vms_est_residuals(r, &in, &line);
		for (sums[k] = 0.0, i = 0; i < 400; i++)
			sums[k] += fabs(r[i]);
	}
	for (k = 0; k < 9; k++)
		assert_true(sums[4] <= sums[k]);
	free(o);
}

TEST(test_hull_is_feasible_and_extreme)
{
	/*
	 * Lines between (0, 10), (100, 12) above and (0, 0), (100, 4) below: slopes -0.06 to 0.12.
	 */
	const struct vms_obs o[] = {
		{ .x_raw = 0, .y_raw = 10, .dir = VMS_GUEST_TO_HOST },
		{ .x_raw = 0, .y_raw = 0, .dir = VMS_HOST_TO_GUEST },
		{ .x_raw = 50, .y_raw = 40, .dir = VMS_GUEST_TO_HOST },
		{ .x_raw = 50, .y_raw = -9, .dir = VMS_HOST_TO_GUEST },
		{ .x_raw = 100, .y_raw = 4, .dir = VMS_HOST_TO_GUEST },
		{ .x_raw = 100, .y_raw = 12, .dir = VMS_GUEST_TO_HOST },
	};
	struct vms_obs crossed[6];
	struct vms_est_in in = { .obs = o, .nr = 6, .ref_raw = 100 };
	struct vms_est_out out;

	assert_int_equal(vms_estimator_find("hull")->fit(&out, &in, NULL), 0);
	assert_true(out.available);
	assert_true(fabs(out.line.drift - 0.03) < 1e-12);
	assert_int_equal(out.line.offset_raw, 8);
	assert_true(isnan(out.se_raw) && out.se_why[0]);
	memcpy(crossed, o, sizeof(o));
	crossed[3].y_raw = 30;
	in.obs = crossed;
	assert_int_equal(vms_estimator_find("hull")->fit(&out, &in, NULL), 0);
	assert_false(out.available);
	assert_true(out.why_not[0]);
}

/* A wander that no line follows: each exit still is a sandwich. */
TEST(test_midpoint_by_visits)
{
	struct vms_obs o[400];
	const struct vms_est_in in = { .obs = o, .nr = 400, .constant = true };
	struct vms_est_out out;
	uint32_t i;

	seed = 23;
	for (i = 0; i < 200; i++) {
		const int64_t wander = llround(5000.0 * sin(i * 0.3));

		o[2 * i] = (struct vms_obs){ .x_raw = i * 1000,
					     .y_raw = wander + 300 + (int64_t)(uniform() * 100),
					     .dir = VMS_GUEST_TO_HOST,
					     .visit = i };
		o[2 * i + 1] = (struct vms_obs){ .x_raw = i * 1000 + 500,
						 .y_raw = wander - 300 - (int64_t)(uniform() * 100),
						 .dir = VMS_HOST_TO_GUEST,
						 .visit = i + 1 };
	}
	assert_int_equal(vms_estimator_find("midpoint")->fit(&out, &in, NULL), 0);
	assert_true(out.available);
	assert_true(llabs(out.line.offset_raw) <= 5050);
	assert_true(out.se_raw > 100.0); /* and it says that it scatters */
}

TEST(test_few_anchors_say_why)
{
	const struct vms_obs one[] = { { .x_raw = 5, .y_raw = 7, .dir = VMS_HOST_TO_GUEST } };
	const struct vms_obs same[] = { { .x_raw = 5, .y_raw = 7 }, { .x_raw = 5, .y_raw = 9 } };
	const struct vms_estimator *e;
	struct vms_est_out out;
	int constant;

	for (e = vms_estimators(); e->name; e++) {
		for (constant = 0; constant < 2; constant++) {
			struct vms_est_in in = { .obs = one, .constant = constant, .ref_raw = 5 };

			assert_int_equal(e->fit(&out, &in, NULL), 0);
			assert_false(out.available);
			assert_true(out.why_not[0]);
			in.nr = 1;
			assert_int_equal(e->fit(&out, &in, NULL), 0);
			assert_true(out.available ? out.line.offset_raw == 7 && isnan(out.se_raw) &&
							    out.se_why[0]
						  : out.why_not[0] != '\0');
			in.obs = same;
			in.nr = 2;
			assert_int_equal(e->fit(&out, &in, NULL), 0);
			assert_true(out.available ? out.line.drift == 0.0 : out.why_not[0] != '\0');
		}
	}
	assert_null(vms_estimator_find("best"));
}

TEST(test_extreme_values_do_no_harm)
{
	struct vms_obs o[40];
	const struct vms_estimator *e;
	struct vms_est_out out;
	uint32_t i;

	for (i = 0; i < 40; i++)
		o[i] = (struct vms_obs){ .x_raw = i < 20 ? INT64_MIN + i : INT64_MAX - 40 + i,
					 .dir = i % 2,
					 .y_raw = i % 3 ? INT64_MAX : INT64_MIN,
					 .visit = UINT32_MAX - i };
	for (e = vms_estimators(); e->name; e++) {
		struct vms_est_in in = { .obs = o, .nr = 40, .ref_raw = INT64_MIN };

		assert_int_equal(e->fit(&out, &in, NULL), 0);
		in.constant = true;
		assert_int_equal(e->fit(&out, &in, NULL), 0);
	}
}

TEST(test_out_of_memory)
{
	struct vms_obs *o;
	const struct vms_estimator *e;
	struct vms_est_out out;
	unsigned long n;

	seed = 1;
	o = simulate(40, DRIFT);
	for (e = vms_estimators(); e->name; e++) {
		const struct vms_est_in in = { .obs = o, .nr = 80, .ref_raw = REF_RAW };
		int ret = -VMS_ENOMEM;

		for (n = 1; ret && n < 1000; n++) {
			vms_alloc_fail_at(n);
			ret = e->fit(&out, &in, NULL);
			assert_true(ret == 0 || ret == -VMS_ENOMEM);
		}
		vms_alloc_fail_at(0);
		assert_int_equal(ret, 0);
		assert_true(out.available);
	}
	free(o);
}

/*
 * Estimators that leave each other the line between both directions say what each says alone; with
 * one direction too.
 */
TEST(test_shared_lines_change_nothing)
{
	const struct vms_estimator *e;
	uint32_t i, one_way;

	for (one_way = 0; one_way < 2; one_way++) {
		struct vms_est_memo memo = { .known = false };
		struct vms_est_in in = { .nr = 400, .ref_raw = REF_RAW };
		struct vms_obs *o;

		seed = 3;
		o = simulate(200, DRIFT);
		for (i = 0; one_way && i < in.nr; i++)
			o[i].dir = VMS_GUEST_TO_HOST;
		in.obs = o;
		for (e = vms_estimators(); e->name; e++) {
			struct vms_est_out alone = { 0 }, shared = { 0 };

			in.memo = NULL;
			assert_int_equal(e->fit(&alone, &in, NULL), 0);
			in.memo = &memo;
			assert_int_equal(e->fit(&shared, &in, NULL), 0);
			assert_memory_equal(&alone, &shared, sizeof(alone));
		}
		assert_true(memo.known && memo.none == (one_way == 1));
		free(o);
	}
}

/* Of one direction alone every estimate is a bound: the delay is positive. */
TEST(test_one_direction_is_a_bound)
{
	const struct vms_estimator *e;
	struct vms_obs *o;
	uint32_t i;
	int dir, constant;

	for (dir = 0; dir < 3; dir++) {
		seed = 5;
		o = simulate(50, DRIFT);
		for (i = 0; dir < 2 && i < 100; i++)
			o[i].dir = (uint8_t)dir;
		for (e = vms_estimators(); e->name; e++)
			for (constant = 0; constant < 2; constant++) {
				const struct vms_est_in in = { .obs = o,
							       .nr = 100,
							       .constant = constant,
							       .ref_raw = REF_RAW };
				struct vms_est_out out;

				assert_int_equal(e->fit(&out, &in, NULL), 0);
				if (out.available)
					assert_int_equal(out.bound, dir == VMS_GUEST_TO_HOST   ? 1
								    : dir == VMS_HOST_TO_GUEST ? -1
											       : 0);
			}
		free(o);
	}
}

/* Where nothing drifts, estimators of lines are those of levels. */
TEST(test_constant_clocks_have_fewer_estimators)
{
	const struct vms_estimator *e;
	struct vms_obs *o;

	seed = 6;
	o = simulate(400, 0.0);
	for (e = vms_estimators(); e->name; e++) {
		const struct vms_est_in in = {
			.obs = o, .nr = 800, .constant = true, .ref_raw = REF_RAW
		};
		struct vms_est_out a, b;

		if (!e->constant_as)
			continue;
		assert_int_equal(e->fit(&a, &in, NULL), 0);
		assert_int_equal(vms_estimator_find(e->constant_as)->fit(&b, &in, NULL), 0);
		assert_memory_equal(&a, &b, sizeof(a));
	}
	free(o);
}

UNIT_MAIN(NULL, NULL)
