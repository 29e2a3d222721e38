// SPDX-License-Identifier: LGPL-2.1-or-later
/* Steps smaller than the band is wide: what is cut, what is bounded apart, and what is neither. */
#include "bounds.h"

#include <vmsync/band.h>

#include "core/base/util.h"

#define NR 4000
#define WORKED_NR 128

/* Bounds of events that are @every apart, lower and upper by turns. */
struct world {
	struct vms_point lower[NR / 2], upper[NR / 2];
	uint32_t nr;
};

static struct world world;

static void put(int64_t x_raw, int64_t y_raw)
{
	const uint32_t i = world.nr++;

	*(i % 2 ? &world.upper[i / 2] : &world.lower[i / 2]) =
		(struct vms_point){ x_raw, y_raw, i, i / 2 };
}

static struct vms_band *build(const struct vms_band_opts *opts)
{
	struct bounds *bounds = bounds_of(world.lower, world.nr / 2, world.upper, world.nr / 2);
	struct vms_band *band = NULL;

	assert_int_equal(vms_band_build(&band, &bounds->cons, opts, NULL), 0);
	bounds_free(bounds);
	return band;
}

/*
 * Of 28 bounds of each side before and after the place, @strong of the lower ones after a step by
 * 150 and of the upper ones before it have the least delay, which all others of those do not reach.
 */
static void fill_worked(int strong)
{
	int i;

	world.nr = 0;
	for (i = 0; i < WORKED_NR; i++) {
		const bool upper = i % 2, after = i >= WORKED_NR / 2;
		const int from_place = after ? i - 72 : 55 - i;
		const bool weak = upper != after && (from_place < 0 || from_place >= 2 * strong);
		const int64_t delay = weak ? 300 : 100;

		put(i * 1000, (after ? 150 : 0) + (upper ? delay : -delay));
	}
}

/*
 * All 28 on each side: 2 * 28 * ln 2 = 38.8, a step. It may lie 3 * 64 / 8 to either side of item
 * 64; what is left bounds [-100, 100] and [50, 250], where all together bound [50, 100].
 */
TEST(a_step_is_found)
{
	const struct vms_band_opts opts[] = {
		{ .constant = true, .step_penalty = 8 },
		{ .drift_max = 500e-6, .step_penalty = 8 },
		{ .drift_max = 500e-6, .step_penalty = 8, .rate = { .wander = 50e-18 } },
	};
	unsigned int i;

	fill_worked(28);
	for (i = 0; i < VMS_ARRAY_NR(opts); i++) {
		struct vms_band *band = build(&opts[i]);

		assert_int_equal(band->segs_nr, 2);
		assert_int_equal(vms_band_steps(band), 1);
		assert_int_equal(band->segs[0].to_event, 39);
		assert_int_equal(band->segs[1].from_event, 88);
		assert_true(band->segs[1].small && !band->segs[1].soft);
		if (opts[i].constant) {
			assert_int_equal(band->segs[0].lo_raw, -100);
			assert_int_equal(band->segs[0].hi_raw, 100);
			assert_int_equal(band->segs[1].lo_raw, 50);
			assert_int_equal(band->segs[1].hi_raw, 250);
		}
		vms_band_free(band);
	}
}

/* 10 on each side: 2 * 10 * ln 2 = 13.9: of a clock that drifts, both sides are given apart. */
TEST(a_doubtful_step_is_none_but_does_not_squeeze)
{
	struct vms_band_opts opts = { .drift_max = 500e-6, .step_penalty = 8 };
	struct vms_band *band;

	fill_worked(10);
	band = build(&opts);
	assert_int_equal(band->segs_nr, 2);
	assert_int_equal(vms_band_steps(band), 0);
	assert_true(band->segs[1].small && band->segs[1].soft);
	vms_band_free(band);
	opts.constant = true;
	band = build(&opts);
	assert_int_equal(band->segs_nr, 1);
	vms_band_free(band);
	/* 6: 8.3 */
	opts.constant = false;
	fill_worked(6);
	band = build(&opts);
	assert_int_equal(band->segs_nr, 1);
	vms_band_free(band);
}

static int64_t truth_at(int64_t i, int64_t step, double drift, double wander)
{
	const double x = (double)i * 1000.0;

	return (i < NR / 2 ? 0 : step) + (int64_t)(drift * x + wander / 2 * x * x);
}

/* Delays of 100 up to @spread more beside an offset that drifts, steps in the middle, and bends. */
static void fill_delays(uint32_t spread, int64_t step, double drift, double wander)
{
	uint32_t state = 1;
	int64_t i;

	world.nr = 0;
	for (i = 0; i < NR; i++) {
		int64_t delay;

		state = state * 1664525u + 1013904223u;
		delay = 100 + (state >> 8) % spread;
		put(i * 1000, truth_at(i, step, drift, wander) + (i % 2 ? delay : -delay));
	}
}

static void check_truth(const struct vms_band *band, int64_t step, double drift, double wander)
{
	unsigned int k;
	int64_t i;

	for (k = 0; k < band->segs_nr; k++)
		for (i = band->segs[k].from_event; i <= band->segs[k].to_event; i++) {
			const int64_t truth = truth_at(i, step, drift, wander);
			int64_t lo, hi;

			vms_band_at(&band->segs[k], i * 1000, &lo, &hi);
			assert_true(lo <= truth + 1 && truth - 1 <= hi);
		}
}

/* The truth is in the band everywhere, up or down; without a step nothing is cut. */
TEST(the_band_holds_the_truth_on_both_sides)
{
	static const int64_t steps[] = { 0, 120, -120, 180, -180 };
	static const double drifts[] = { 0.0, 80e-6, -80e-6 };
	unsigned int k, d;

	for (k = 0; k < VMS_ARRAY_NR(steps); k++)
		for (d = 0; d < VMS_ARRAY_NR(drifts); d++) {
			const struct vms_band_opts opts = { .constant = drifts[d] == 0.0,
							    .drift_max = 500e-6,
							    .step_penalty = 8 };
			struct vms_band *band;

			fill_delays(opts.constant ? 2000 : 500, steps[k], drifts[d], 0.0);
			band = build(&opts);
			assert_int_equal(band->segs_nr, steps[k] ? 2 : 1);
			check_truth(band, steps[k], drifts[d], 0.0);
			vms_band_free(band);
		}
}

/* A rate that changes as it may, by 20 widths of the band from one end to the other, is no step. */
TEST(a_bend_is_no_step)
{
	const double wander = 5e-10;
	const struct vms_band_opts opts = { .drift_max = 5e-3,
					    .step_penalty = 8,
					    .rate = { .wander = wander } };
	struct vms_band *band;
	unsigned int i;

	fill_delays(2000, 0, 0.0, wander);
	band = build(&opts);
	for (i = 1; i < band->segs_nr; i++)
		assert_true(band->segs[i].soft && !band->segs[i].small);
	check_truth(band, 0, 0.0, wander);
	vms_band_free(band);
}

UNIT_MAIN(NULL, NULL)
