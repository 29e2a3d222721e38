// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lines between points: cases worked out by hand, the edges of the range, and failing allocations.
 */
#include "unit.h"

#include <math.h>

#include "core/bound/hull.h"
#include "core/base/util.h"

#define PPB INT64_C(1000000000)

static struct vms_point at(int64_t x, int64_t y)
{
	return (struct vms_point){ .x_raw = x, .y_raw = y };
}

static int add(struct vms_fit *f, enum vms_side side, int64_t x, int64_t y)
{
	const struct vms_point p = at(x, y);

	return vms_fit_add(f, side, &p);
}

/*
 * Lower (0, 0), (10, 0); upper (5, 1): slopes from (0,0)-(5,1) = 0.2 down to (5,1)-(10,0) = -0.2.
 */
static void tent(struct vms_fit *f)
{
	vms_fit_init(f, PPB);
	assert_int_equal(add(f, VMS_LOWER, 0, 0), 1);
	assert_int_equal(add(f, VMS_UPPER, 5, 1), 1);
	assert_int_equal(add(f, VMS_LOWER, 10, 0), 1);
}

TEST(test_extreme_slopes)
{
	struct vms_fit f;

	tent(&f);
	assert_int_equal(vms_slope_cmp(f.hi, (struct vms_slope){ 1, 5 }), 0);
	assert_int_equal(vms_slope_cmp(f.lo, (struct vms_slope){ -1, 5 }), 0);
	vms_fit_free(&f);
}

/*
 * Inside the lower hull the least value is 0; at x = 20 the line from (5, 1) through (10, 0)
 * gives -2, and at 21 it gives -2.2: rounded down. The greatest is 1 at 5, and at 21 1 + 16 * 0.2
 * = 4.2: rounded up.
 */
TEST(test_values_round_outwards)
{
	struct vms_point v = at(0, 0);
	struct vms_fit f;

	tent(&f);
	assert_int_equal(vms_fit_value(&f, VMS_LOWER, 5, NULL), 0);
	assert_int_equal(vms_fit_value(&f, VMS_UPPER, 5, NULL), 1);
	assert_int_equal(vms_fit_value(&f, VMS_LOWER, 20, &v), -2);
	assert_int_equal(v.x_raw, 10);
	assert_int_equal(vms_fit_value(&f, VMS_LOWER, 21, NULL), -3);
	assert_int_equal(vms_fit_value(&f, VMS_UPPER, 21, &v), 5);
	assert_int_equal(v.x_raw, 5);
	assert_int_equal(vms_fit_value(&f, VMS_LOWER, -11, NULL), -3);
	vms_fit_free(&f);
}

TEST(test_contradiction_changes_nothing)
{
	const struct vms_point high = at(5, 3);
	struct vms_fit f;

	tent(&f);
	assert_int_equal(add(&f, VMS_LOWER, 5, 2), 0);
	assert_int_equal(add(&f, VMS_UPPER, 7, -1), 0);
	assert_int_equal(vms_fit_depth(&f, VMS_LOWER, &high), 2);
	assert_int_equal(f.side[VMS_LOWER].nr, 2);
	assert_int_equal(f.side[VMS_UPPER].nr, 1);
	/* touching is allowed: one value left at 5 */
	assert_int_equal(add(&f, VMS_LOWER, 5, 1), 1);
	assert_int_equal(vms_fit_value(&f, VMS_LOWER, 5, NULL), 1);
	vms_fit_free(&f);
}

TEST(test_empty_sides_are_unbounded)
{
	struct vms_fit f;

	vms_fit_init(&f, -1);
	assert_int_equal(vms_fit_value(&f, VMS_LOWER, 0, NULL), INT64_MIN);
	assert_int_equal(vms_fit_value(&f, VMS_UPPER, 0, NULL), INT64_MAX);
	assert_int_equal(add(&f, VMS_LOWER, 3, 7), 1);
	assert_int_equal(vms_fit_value(&f, VMS_LOWER, 3, NULL), 7);
	/* any slope is possible */
	assert_int_equal(vms_fit_value(&f, VMS_LOWER, 4, NULL), INT64_MIN);
	assert_int_equal(vms_fit_value(&f, VMS_UPPER, 3, NULL), INT64_MAX);
	vms_fit_free(&f);
}

TEST(test_drift_limit)
{
	struct vms_fit f;

	vms_fit_init(&f, 500000); /* 500 ppm */
	assert_int_equal(add(&f, VMS_UPPER, 0, 0), 1);
	/* 20 ms in 10 s are 2000 ppm; 5 ms are just the limit */
	assert_int_equal(add(&f, VMS_LOWER, 10 * PPB, 20000000), 0);
	assert_int_equal(add(&f, VMS_LOWER, 10 * PPB, 5000001), 0);
	assert_int_equal(add(&f, VMS_LOWER, 10 * PPB, 5000000), 1);
	assert_int_equal(vms_slope_cmp(f.lo, f.hi), 0);
	vms_fit_free(&f);
}

TEST(test_constant_keeps_the_strongest)
{
	struct vms_fit f;

	vms_fit_init(&f, 0);
	assert_int_equal(add(&f, VMS_LOWER, 0, 3), 1);
	assert_int_equal(add(&f, VMS_LOWER, 9, 5), 1);
	assert_int_equal(add(&f, VMS_LOWER, 4, 4), 1);
	assert_int_equal(add(&f, VMS_UPPER, 2, 4), 0);
	assert_int_equal(add(&f, VMS_UPPER, 2, 6), 1);
	assert_int_equal(vms_fit_value(&f, VMS_LOWER, INT64_MIN / 2, NULL), 5);
	assert_int_equal(vms_fit_value(&f, VMS_UPPER, INT64_MAX, NULL), 6);
	vms_fit_free(&f);
}

/*
 * Products of two differences of 2^62, where a double or 64 bits would be wrong by far more than
 * the one unit.
 */
TEST(test_one_unit_over_the_whole_range)
{
	const int64_t far = VMS_HULL_RANGE;
	struct vms_fit f;

	vms_fit_init(&f, -1);
	assert_int_equal(add(&f, VMS_LOWER, 0, 0), 1);
	assert_int_equal(add(&f, VMS_LOWER, far, far), 1);
	assert_int_equal(add(&f, VMS_UPPER, far / 2, far / 2 - 1), 0);
	assert_int_equal(add(&f, VMS_UPPER, far / 2, far / 2), 1);
	assert_int_equal(vms_fit_value(&f, VMS_LOWER, far / 2 + 1, NULL), far / 2 + 1);
	assert_int_equal(add(&f, VMS_UPPER, far / 2 + 1, far / 2 + 1), 1);
	assert_int_equal(vms_fit_value(&f, VMS_UPPER, 12345, NULL), 12345);
	vms_fit_free(&f);
}

/* Times near the ends of int64: the mirrored side must not overflow. */
TEST(test_ends_of_int64)
{
	struct vms_fit f;

	vms_fit_init(&f, 1000);
	assert_int_equal(add(&f, VMS_UPPER, INT64_MAX, INT64_MIN + 5), 1);
	assert_int_equal(add(&f, VMS_LOWER, INT64_MAX - 10, INT64_MIN), 1);
	assert_int_equal(vms_fit_value(&f, VMS_UPPER, INT64_MAX, NULL), INT64_MIN + 5);
	assert_int_equal(vms_fit_value(&f, VMS_LOWER, INT64_MIN, NULL), INT64_MIN);
	vms_fit_free(&f);
}

TEST(test_middle)
{
	double frac, slope;
	struct vms_fit f;
	int64_t y;

	tent(&f);
	vms_fit_middle(&f, 5, &y, &frac, &slope);
	assert_int_equal(y, 0);
	assert_true(fabs(frac - 0.5) < 1e-12 && fabs(slope) < 1e-12);
	vms_fit_free(&f);
	vms_fit_init(&f, 0);
	vms_fit_middle(&f, 5, &y, &frac, &slope);
	assert_int_equal(y, 0);
	assert_int_equal(add(&f, VMS_UPPER, 1, -7), 1);
	vms_fit_middle(&f, 5, &y, &frac, &slope);
	assert_int_equal(y, -7);
	assert_true(frac >= 0.0 && frac < 1.0);
	vms_fit_free(&f);
}

TEST(test_any_order_gives_the_same)
{
	int64_t y[40];
	struct vms_fit a, b;
	int i;

	vms_fit_init(&a, -1);
	vms_fit_init(&b, -1);
	for (i = 0; i < 40; i++) {
		y[i] = (i * 7919) % 101 - i * i;
		assert_int_equal(add(&a, VMS_LOWER, i, y[i]), 1);
		assert_int_equal(add(&a, VMS_UPPER, i, y[i] + 2000), 1);
	}
	for (i = 0; i < 40; i++) {
		const int k = i * 27 % 40;

		assert_int_equal(add(&b, VMS_UPPER, k, y[k] + 2000), 1);
		assert_int_equal(add(&b, VMS_LOWER, k, y[k]), 1);
	}
	assert_int_equal(a.side[VMS_LOWER].nr, b.side[VMS_LOWER].nr);
	assert_int_equal(vms_slope_cmp(a.lo, b.lo), 0);
	assert_int_equal(vms_slope_cmp(a.hi, b.hi), 0);
	for (i = -50; i < 90; i++) {
		assert_int_equal(vms_fit_value(&a, VMS_LOWER, i, NULL),
				 vms_fit_value(&b, VMS_LOWER, i, NULL));
		assert_int_equal(vms_fit_value(&a, VMS_UPPER, i, NULL),
				 vms_fit_value(&b, VMS_UPPER, i, NULL));
	}
	vms_fit_free(&a);
	vms_fit_free(&b);
}

TEST(test_out_of_memory)
{
	struct vms_fit f, g;

	vms_fit_init(&f, PPB);
	vms_alloc_fail_at(1);
	assert_int_equal(add(&f, VMS_LOWER, 0, 0), -VMS_ENOMEM);
	vms_alloc_fail_at(0);
	assert_int_equal(f.side[VMS_LOWER].nr, 0);
	assert_int_equal(add(&f, VMS_LOWER, 0, 0), 1);
	vms_fit_init(&g, PPB);
	vms_alloc_fail_at(1);
	assert_int_equal(vms_fit_copy(&g, &f), -VMS_ENOMEM);
	vms_alloc_fail_at(0);
	assert_int_equal(vms_fit_copy(&g, &f), 0);
	assert_int_equal(g.side[VMS_LOWER].nr, 1);
	vms_fit_free(&f);
	vms_fit_free(&g);
}

UNIT_MAIN(NULL, NULL)
