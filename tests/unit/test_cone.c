// SPDX-License-Identifier: LGPL-2.1-or-later
/* Bands of clocks whose rate may be any: against all constraints at once, and by hand. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "core/bound/cone.h"

#define POINTS 300
#define LIMIT 500e-6
#define ROUNDING 2 /* what is kept may stand for one that says so much more */

static void add(struct vms_fit *fit, enum vms_side side, int64_t x, int64_t y)
{
	assert_int_equal(vms_cone_add(&fit->side[side], side,
				      &(struct vms_point){ .x_raw = x, .y_raw = y }, LIMIT),
			 0);
}

/* Ends by hand: 500 ppm are 500 units in a million. */
TEST(ends_by_hand)
{
	struct vms_fit fit = { 0 };
	struct vms_cone_end end[2];

	add(&fit, VMS_LOWER, 0, 100);
	vms_cone_at(&fit, LIMIT, 1000000, end);
	assert_in_range(end[VMS_LOWER].y_raw + 1000, 598, 600);
	assert_false(end[VMS_UPPER].bounded);
	assert_true(end[VMS_UPPER].y_raw == INT64_MAX);
	add(&fit, VMS_UPPER, 2000000, 200);
	vms_cone_at(&fit, LIMIT, 1000000, end);
	assert_in_range(end[VMS_UPPER].y_raw, 700, 702);
	assert_int_equal(end[VMS_UPPER].witness.x_raw, 2000000);
	/* weaker than what the first still says there: kept for nothing */
	add(&fit, VMS_LOWER, 1000000, -500);
	assert_int_equal(fit.side[VMS_LOWER].nr, 1);
	/* stronger than all that the first says: in its place */
	add(&fit, VMS_LOWER, 200000, 500);
	assert_int_equal(fit.side[VMS_LOWER].nr, 1);
	assert_int_equal(fit.side[VMS_LOWER].v[0].x_raw, 200000);
	free(fit.side[VMS_LOWER].v);
	free(fit.side[VMS_UPPER].v);
}

/* Two that contradict: at each time the nearer one decides, and nothing is turned over. */
TEST(near_ones_decide)
{
	struct vms_fit fit = { 0 };
	struct vms_cone_end end[2];

	add(&fit, VMS_LOWER, 0, 10000);
	add(&fit, VMS_UPPER, 1000, 0);
	vms_cone_at(&fit, LIMIT, 100, end);
	assert_true(end[VMS_LOWER].bounded && !end[VMS_UPPER].bounded);
	vms_cone_at(&fit, LIMIT, 900, end);
	assert_true(!end[VMS_LOWER].bounded && end[VMS_UPPER].bounded);
	free(fit.side[VMS_LOWER].v);
	free(fit.side[VMS_UPPER].v);
}

/* The tightest of all constraints, each weakened by its distance. */
static int64_t of_all(const struct vms_point *p, unsigned int nr, enum vms_side side, int64_t x)
{
	double best = side == VMS_LOWER ? -HUGE_VAL : HUGE_VAL;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const double by = LIMIT * fabs((double)(p[i].x_raw - x));

		best = side == VMS_LOWER ? fmax(best, (double)p[i].y_raw - by)
					 : fmin(best, (double)p[i].y_raw + by);
	}
	return (int64_t)(side == VMS_LOWER ? floor(best) : ceil(best));
}

/* In any order, the few that are kept say what all say, to within rounding and never more. */
TEST(the_kept_say_what_all_say)
{
	struct vms_point point[2][POINTS];
	struct vms_fit fit = { 0 };
	struct vms_cone_end end[2];
	unsigned int side, i;

	srand(1);
	for (i = 0; i < POINTS; i++)
		for (side = VMS_LOWER; side <= VMS_UPPER; side++) {
			point[side][i] = (struct vms_point){ .x_raw = rand() % 10000000,
							     .y_raw = (side ? 1 : -1) *
								      (6000 + rand() % 2000) };
			add(&fit, (enum vms_side)side, point[side][i].x_raw, point[side][i].y_raw);
		}
	for (i = 0; i < 2000; i++) {
		const int64_t x = rand() % 12000000 - 1000000;
		const int64_t lower = of_all(point[VMS_LOWER], POINTS, VMS_LOWER, x),
			      upper = of_all(point[VMS_UPPER], POINTS, VMS_UPPER, x);

		vms_cone_at(&fit, LIMIT, x, end);
		assert_true(end[VMS_LOWER].y_raw <= lower &&
			    end[VMS_LOWER].y_raw >= lower - ROUNDING);
		assert_true(end[VMS_UPPER].y_raw >= upper &&
			    end[VMS_UPPER].y_raw <= upper + ROUNDING);
	}
	assert_true(fit.side[VMS_LOWER].nr < POINTS / 2);
	free(fit.side[VMS_LOWER].v);
	free(fit.side[VMS_UPPER].v);
}

UNIT_MAIN(NULL, NULL)
