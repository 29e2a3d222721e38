// SPDX-License-Identifier: LGPL-2.1-or-later
/* The band of a vCPU: numbers worked out by hand, its edges, and failing allocations. */
#include "bounds.h"

#include <math.h>

#include <vmsync/band.h>

#include "core/base/util.h"

/* Two stretches before a step of the offset from 100 to 1100 and two after it. */
static struct vms_point lower[] = {
	{ 0, 90, 0, 0 }, { 200, 95, 2, 1 }, { 400, 1080, 4, 2 }, { 600, 1093, 6, 3 }
};
static struct vms_point upper[] = {
	{ 100, 104, 1, 0 }, { 300, 120, 3, 1 }, { 500, 1107, 5, 2 }, { 700, 1150, 7, 3 }
};

static struct vms_band *build(const struct vms_constraints *c, const struct vms_band_opts *o)
{
	struct vms_band *b = NULL;

	assert_int_equal(vms_band_build(&b, c, o, NULL), 0);
	return b;
}

static struct vms_band *build_points(const struct vms_point *low, uint32_t low_nr,
				     const struct vms_point *high, uint32_t high_nr,
				     const struct vms_band_opts *o)
{
	struct bounds *bounds = bounds_of(low, low_nr, high, high_nr);
	struct vms_band *b = build(&bounds->cons, o);

	bounds_free(bounds);
	return b;
}

/* The first @nr of both sides. */
static struct vms_band *build_first(uint32_t nr, const struct vms_band_opts *o)
{
	return build_points(lower, nr, upper, nr, o);
}

TEST(test_constant_step)
{
	const struct vms_band_opts o = { .constant = true, .step_penalty = 8 };
	struct vms_band *b = build_first(4, &o);
	const struct vms_band_segment *s = b->segs;
	struct vms_piece *p = NULL;
	unsigned int nr = 0;

	assert_int_equal(b->segs_nr, 2);
	assert_int_equal(s[0].lo_raw, 95);
	assert_int_equal(s[0].hi_raw, 104);
	assert_int_equal(s[1].lo_raw, 1093);
	assert_int_equal(s[1].hi_raw, 1107);
	assert_int_equal(s[0].to_event, 3);
	assert_int_equal(s[1].from_event, 4);
	assert_int_equal(s[1].cut_earliest, 4);
	assert_int_equal(s[1].cut_latest, 4);
	assert_int_equal(s[1].bind_lower.event, 6);
	assert_int_equal(s[1].bind_upper.event, 5);
	assert_true(s[0].constant && s[0].feasible && s[0].drift_lo == 0.0 && s[0].drift_hi == 0.0);
	assert_ptr_equal(vms_band_segment_of(b, 3), &s[0]);
	assert_ptr_equal(vms_band_segment_of(b, 99), &s[1]);
	assert_ptr_equal(vms_band_segment_time(b, -5), &s[0]);
	assert_ptr_equal(vms_band_segment_time(b, 400), &s[1]);
	assert_int_equal(vms_band_outside(&s[0], 50, 100), 0);
	assert_int_equal(vms_band_outside(&s[0], 50, 90), -5);
	assert_int_equal(vms_band_outside(&s[0], 50, 110), 6);
	assert_int_equal(vms_band_middle(b, &p, &nr, NULL), 0);
	assert_int_equal(nr, 2);
	assert_int_equal(p[0].line.offset_raw, 99);
	assert_true(fabs(p[0].line.offset_frac - 0.5) < 1e-9);
	assert_int_equal(p[1].from_idx, 4);
	assert_int_equal(p[1].line.offset_raw, 1100);
	free(p);
	vms_band_free(b);
}

/* Too few constraints at an end to tell a step from wrong ones: no band, and no step is counted. */
TEST(test_unsure_end)
{
	struct vms_band_opts o = { .constant = true, .step_penalty = 8, .edge_least = 4 };
	struct vms_band *b = build_first(4, &o);
	int64_t lo, hi;

	assert_int_equal(b->segs_nr, 2);
	assert_false(b->segs[0].unsure || b->segs[1].unsure);
	assert_int_equal(vms_band_steps(b), 1);
	vms_band_free(b);
	o.edge_least = 5;
	b = build_first(4, &o);
	assert_int_equal(b->segs_nr, 2);
	assert_true(b->segs[0].unsure && b->segs[1].unsure);
	assert_int_equal(vms_band_steps(b), 0);
	vms_band_at(&b->segs[1], 500, &lo, &hi);
	assert_true(lo == INT64_MIN && hi == INT64_MAX && b->segs[1].lo_raw == lo);
	assert_int_equal(vms_band_outside(&b->segs[1], 500, -99999), 0);
	vms_band_free(b);
}

/* Of 8 constraints around 100, two more that are far off are left out; three are too many. */
TEST(many_contradictions_leave_nothing)
{
	struct vms_band_opts o = { .constant = true, .step_penalty = 8 };
	struct vms_point low[7], high[4];
	struct vms_band *b;
	uint32_t i;

	for (i = 0; i < 7; i++) /* the first two, the wrong ones, the last two */
		low[i] = (struct vms_point){ 100 * i, i < 2 || i > 4 ? 90 : 9000, 2 * i, i };
	for (i = 0; i < 4; i++) {
		const uint32_t at = i < 2 ? i : 3 + i;

		high[i] = (struct vms_point){ 100 * at + 50, 110, 2 * at + 1, at };
	}
	low[4] = low[5]; /* two wrong ones */
	low[5] = low[6];
	b = build_points(low, 6, high, 4, &o);
	assert_int_equal(b->segs_nr, 1);
	assert_int_equal(b->violations, 2);
	assert_false(b->segs[0].unsure);
	assert_int_equal(b->segs[0].lo_raw, 90);
	vms_band_free(b);
	low[6] = low[5];
	low[5] = low[4];
	low[4] = (struct vms_point){ 400, 9000, 8, 4 };
	b = build_points(low, 7, high, 4, &o);
	assert_int_equal(b->violations, 3);
	assert_true(b->segs[0].unsure && b->segs[0].lo_raw == INT64_MIN);
	vms_band_free(b);
	/* where the rate may be any, one in 64 is too many */
	low[2] = (struct vms_point){ 200, 9000, 4, 2 };
	o = (struct vms_band_opts){ .drift_max = 1e-3, .step_penalty = 8, .rate.any = true };
	b = build_points(low, 3, high, 4, &o);
	assert_true(b->segs[0].unsure);
	vms_band_free(b);
}

/*
 * Clock facts after the guest's last event that need a step of their own speak of no event: the
 * band does not reach to them, they contradict nothing, and pruning takes them and them alone.
 */
TEST(facts_beside_all_events)
{
	enum { FACTS = 12 };
	const struct vms_band_opts o = { .constant = true, .step_penalty = 8 };
	struct vms_point lo[2 + FACTS] = { { 0, 90, 0, 0 }, { 200, 95, 2, 1 } };
	struct vms_point hi[2 + FACTS] = { { 100, 104, 1, 0 }, { 300, 120, 3, 1 } };
	struct bounds *bounds;
	struct vms_constraints *c;
	struct vms_band *b;
	uint32_t i;

	for (i = 0; i < FACTS; i++) {
		lo[2 + i] = (struct vms_point){ 350 + 50 * i, i < 2 ? 96 : 5096, 4,
						i | VMS_POINT_FACT };
		hi[2 + i] = lo[2 + i];
		hi[2 + i].y_raw += 5;
	}
	bounds = bounds_of(lo, 2 + FACTS, hi, 2 + FACTS);
	c = &bounds->cons;
	c->events_nr = 4;
	b = build(c, &o);
	assert_int_equal(b->segs_nr, 1);
	assert_int_equal(b->violations, 0);
	assert_int_equal(b->segs[0].lo_raw, 96);
	assert_int_equal(b->segs[0].hi_raw, 101);
	assert_int_equal(b->segs[0].to_raw, 400);
	assert_int_equal(b->beside_nr, FACTS - 2);
	vms_band_prune(c, b);
	assert_int_equal(c->facts_nr, 2);
	assert_int_equal(c->lower_nr, 4);
	assert_int_equal(c->upper_nr, 4);
	assert_int_equal(vms_upper_point(c, 3).y_raw, 101);
	vms_band_free(b);
	bounds_free(bounds);
}

static bool is_narrow(const struct vms_point *low, const struct vms_point *high, int64_t lo_raw)
{
	const struct vms_band_opts o = { .constant = true, .step_penalty = 8 };
	struct bounds *bounds = bounds_of(low, 5, high, 5);
	struct vms_band *b = build(&bounds->cons, &o);
	const bool narrow = vms_band_is_narrow(&b->segs[0], &bounds->cons);

	assert_int_equal(b->segs[0].lo_raw, lo_raw);
	assert_int_equal(b->segs[0].hi_raw, 122);
	vms_band_free(b);
	bounds_free(bounds);
	return narrow;
}

/*
 * Four stretches that allow 30 to 40 each, around 100: together 95 to 122. With a fifth one whose
 * event is 26 off, in a wrong stretch, they allow 121 and 122 alone.
 */
TEST(a_false_pair_makes_it_narrow)
{
	struct vms_point low[] = { { 0, 90, 0, 0 },
				   { 200, 95, 2, 1 },
				   { 400, 88, 4, 2 },
				   { 600, 92, 6, 3 },
				   { 800, 93, 8, 4 } };
	struct vms_point high[] = { { 100, 125, 1, 0 },
				    { 300, 135, 3, 1 },
				    { 500, 122, 5, 2 },
				    { 700, 130, 7, 3 },
				    { 900, 160, 9, 4 } };

	assert_false(is_narrow(low, high, 95));
	low[4].y_raw = 121;
	assert_true(is_narrow(low, high, 121));
	low[4].stretch |= VMS_POINT_FACT; /* what KVM says may well be that narrow */
	assert_false(is_narrow(low, high, 121));
}

/* @nr stretches that allow 30 each and more that allow 100; one event of another is 18 off. */
static bool is_withdrawn(uint32_t nr)
{
	const struct vms_band_opts o = { .constant = true, .step_penalty = 8 };
	struct vms_point low[40], high[40];
	struct bounds *bounds;
	struct vms_band *b;
	uint32_t i;
	bool unsure;

	for (i = 0; i < 40; i++) {
		low[i] = (struct vms_point){ 200 * i, i < nr ? 95 : 25, 2 * i, i };
		high[i] = (struct vms_point){ 200 * i + 100, 125, 2 * i + 1, i };
	}
	low[39].y_raw = 113;
	high[39].y_raw = 213;
	bounds = bounds_of(low, 40, high, 40);
	b = build(&bounds->cons, &o);
	assert_int_equal(b->segs[0].hi_raw - b->segs[0].lo_raw, 12);
	assert_false(vms_band_is_narrow(&b->segs[0], &bounds->cons));
	vms_band_doubt_squeezed(b, &bounds->cons);
	unsure = b->segs[0].unsure;
	assert_int_equal(unsure, b->segs[0].squeezed);
	vms_band_free(b);
	bounds_free(bounds);
	return unsure;
}

TEST(many_tight_stretches_tell_what_is_squeezed)
{
	assert_true(is_withdrawn(24));
	assert_false(is_withdrawn(23));
}

/*
 * Lines: wider outside the segment, the slack on both sides, binding constraints as they were
 * given.
 */
TEST(test_line_with_slack)
{
	const struct vms_band_opts o = { .drift_max = 0.1, .slack_raw = 2, .step_penalty = 8 };
	struct vms_band *b = build_first(2, &o);
	struct vms_point bind;
	int64_t lo, hi;

	assert_int_equal(b->segs_nr, 1);
	/* hull of (0,88), (200,93): at 100 it is 90.5; the upper end is 106 at its own time */
	vms_band_at(b->segs, 100, &lo, &hi);
	assert_int_equal(lo, 90);
	assert_int_equal(hi, 106);
	/*
	 * steepest: from (0,88) to (100,106) is 0.18, so the limit 0.1; flattest: (100,106) to
	 * (200,93) is -0.13, the limit -0.1
	 */
	assert_true(fabs(b->segs->drift_hi - 0.1) < 1e-12 && fabs(b->segs->drift_lo + 0.1) < 1e-12);
	vms_band_at(b->segs, 1000, &lo, &hi);
	assert_int_equal(lo, 13);  /* 93 - 0.1 * 800 */
	assert_int_equal(hi, 192); /* min(106 + 90, 122 + 70) */
	vms_band_bind_at(b->segs, 1000, &bind, NULL);
	assert_int_equal(bind.y_raw, 95);
	assert_int_equal(b->segs->upper.v[0].y_raw, 104);
	vms_band_free(b);
}

/* With wander 1e-3 per unit the sag at distance d is d^2 / 2000. */
TEST(test_wander_widens)
{
	struct vms_band_opts o = { .drift_max = 0.1, .step_penalty = 8 };
	struct vms_band *line = build_first(2, &o), *b;
	int64_t x;

	o.rate.wander = 1e-3;
	b = build_first(2, &o);
	for (x = -1000; x < 2000; x += 50) {
		int64_t lo, hi, wlo, whi;

		vms_band_at(line->segs, x, &lo, &hi);
		vms_band_at(b->segs, x, &wlo, &whi);
		assert_true(wlo <= lo && whi >= hi);
	}
	vms_band_free(line);
	vms_band_free(b);
}

TEST(test_no_constraints)
{
	const struct vms_constraints none = { .lower = NULL };
	struct bounds *one = bounds_of(lower, 1, NULL, 0);
	const struct vms_band_opts o = { .drift_max = 500e-6,
					 .step_penalty = 8,
					 .rate.wander = 50e-18 };
	struct vms_band *b = build(&none, &o);
	struct vms_piece *p = NULL;
	unsigned int nr = 9;
	int64_t lo, hi;

	assert_int_equal(b->segs_nr, 0);
	assert_null(vms_band_segment_of(b, 3));
	assert_null(vms_band_segment_time(b, 3));
	assert_int_equal(vms_band_middle(b, &p, &nr, NULL), 0);
	assert_int_equal(nr, 0);
	free(p);
	vms_band_free(b);
	b = build(&one->cons, &o);
	bounds_free(one);
	vms_band_at(b->segs, 0, &lo, &hi);
	assert_int_equal(lo, 90);
	assert_int_equal(hi, INT64_MAX);
	vms_band_free(b);
}

TEST(test_range)
{
	struct vms_point far[] = { { INT64_MIN, 0, 0, 0 }, { INT64_MAX, 0, 1, 0 } };
	struct vms_point end[] = { { 0, INT64_MIN, 0, 0 } };
	struct bounds *x = bounds_of(far, 2, NULL, 0), *y = bounds_of(end, 1, NULL, 0);
	const struct vms_band_opts o = { .slack_raw = 1, .drift_max = 500e-6, .step_penalty = 8 };
	struct vms_band *b = NULL;
	struct vms_err err;

	assert_int_equal(vms_band_build(&b, &x->cons, &o, &err), -VMS_ERANGE);
	assert_int_equal(vms_band_build(&b, &y->cons, &o, &err), -VMS_ERANGE);
	assert_null(b);
	bounds_free(x);
	bounds_free(y);
}

TEST(test_out_of_memory)
{
	const struct vms_band_opts o = { .drift_max = 0.1, .step_penalty = 8, .rate.wander = 1e-6 };
	struct bounds *stepping = bounds_of(lower, 4, upper, 4);
	struct vms_band *b = NULL;
	struct vms_piece *p;
	unsigned long n;
	unsigned int nr;
	int ret = -1;

	for (n = 1; ret && n < 500; n++) {
		vms_alloc_fail_at(n);
		ret = vms_band_build(&b, &stepping->cons, &o, NULL);
		vms_alloc_fail_at(0);
		assert_true(ret == 0 || ret == -VMS_ENOMEM);
	}
	assert_int_equal(ret, 0);
	assert_true(n > 10);
	vms_alloc_fail_at(1);
	assert_int_equal(vms_band_middle(b, &p, &nr, NULL), -VMS_ENOMEM);
	vms_alloc_fail_at(0);
	vms_band_free(b);
	vms_band_free(NULL);
	bounds_free(stepping);
}

UNIT_MAIN(NULL, NULL)
