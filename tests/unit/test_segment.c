// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Cutting into runs: known steps, both sides of an event together, what may be left out and what
 * not.
 */
#include "unit.h"

#include "core/bound/segment.h"
#include "core/base/util.h"

#define NR 200

/* Constraints of a constant offset: lower offset - 10, upper offset + 10, one event each. */
static void fill(struct vms_item *it, size_t from, size_t to, int64_t offset)
{
	size_t i;

	for (i = from; i < to; i++) {
		it[i] = (struct vms_item){ .side = i % 2 ? VMS_UPPER : VMS_LOWER };
		it[i].p = (struct vms_point){ (int64_t)i * 1000, offset + (i % 2 ? 10 : -10),
					      (uint32_t)i, 0 };
	}
}

static struct vms_runs cut(struct vms_item *it, size_t nr, const struct vms_segment_opts *o)
{
	struct vms_runs r = { .r = NULL };

	assert_int_equal(vms_segment(&r, it, nr, o), 0);
	return r;
}

TEST(test_nothing_gives_no_run)
{
	const struct vms_segment_opts o = { .step_penalty = 8 };
	struct vms_runs r = cut(NULL, 0, &o);

	assert_int_equal(r.nr, 0);
	vms_runs_free(&r);
}

TEST(test_one_step_one_cut)
{
	const struct vms_segment_opts o = { .step_penalty = 8 };
	struct vms_item it[NR];
	struct vms_runs r;

	fill(it, 0, 90, 0);
	fill(it, 90, NR, 21);
	r = cut(it, NR, &o);
	assert_int_equal(r.nr, 2);
	assert_int_equal(r.r[1].from, 90);
	assert_int_equal(r.r[0].out_nr + r.r[1].out_nr, 0);
	vms_runs_free(&r);
}

/* Known to step although nothing shows it; a step after the last event is none. */
TEST(test_known_steps)
{
	const uint32_t steps[] = { 0, 50, 120, 5000 };
	const struct vms_segment_opts o = { .step_penalty = 8, .steps = steps, .steps_nr = 4 };
	struct vms_item it[NR];
	struct vms_runs r;

	fill(it, 0, NR, 0);
	r = cut(it, NR, &o);
	assert_int_equal(r.nr, 3);
	assert_int_equal(r.r[1].from, 50);
	assert_int_equal(r.r[2].from, 120);
	assert_true(r.r[1].forced && r.r[2].forced && !r.r[0].forced);
	vms_runs_free(&r);
}

/*
 * A burst of five that are wrong by much is left out, and its neighbours do not bound; eight are a
 * step of their own.
 */
TEST(test_burst)
{
	const struct vms_segment_opts o = { .step_penalty = 8 };
	struct vms_item it[NR];
	struct vms_runs r;
	size_t i;

	fill(it, 0, NR, 0);
	for (i = 101; i < 111; i += 2)
		it[i].p.y_raw = -500;
	r = cut(it, NR, &o);
	assert_int_equal(r.nr, 1);
	assert_int_equal(r.r[0].out_nr, 5);
	assert_true(it[101].left_out && it[109].left_out && it[100].left_out && it[112].left_out);
	assert_false(it[80].left_out || it[130].left_out);
	vms_runs_free(&r);
	fill(it, 0, NR, 0);
	fill(it, 100, 130, -500);
	r = cut(it, NR, &o);
	assert_int_equal(r.nr, 3);
	assert_int_equal(r.r[1].from, 101); /* the lower bound of 100 is true of both */
	assert_int_equal(r.r[2].from, 130);
	vms_runs_free(&r);
}

/*
 * At the end of the trace few constraints that disagree may be a step; one that others follow is
 * not.
 */
TEST(test_step_just_before_the_end)
{
	const struct vms_segment_opts o = { .step_penalty = 8 };
	struct vms_item it[NR];
	struct vms_runs r;

	fill(it, 0, NR, 0);
	fill(it, NR - 4, NR, 5000);
	r = cut(it, NR, &o);
	assert_int_equal(r.nr, 2);
	assert_int_equal(r.r[1].from, NR - 4);
	vms_runs_free(&r);
	fill(it, 0, NR, 0);
	it[NR - 4].p.y_raw = 5000;
	r = cut(it, NR, &o);
	assert_int_equal(r.nr, 1);
	assert_int_equal(r.r[0].out_nr, 1);
	vms_runs_free(&r);
}

/* Wrong by less than the band is wide: it could be a true step, so nothing is left out. */
TEST(test_slight_contradiction_is_not_left_out)
{
	const struct vms_segment_opts o = { .step_penalty = 8 };
	struct vms_item it[NR];
	struct vms_runs r;
	size_t i;

	fill(it, 0, NR, 0);
	it[101].p.y_raw = -15;
	r = cut(it, NR, &o);
	assert_true(r.nr > 1);
	for (i = 0; i < r.nr; i++)
		assert_int_equal(r.r[i].out_nr, 0);
	vms_runs_free(&r);
}

TEST(test_event_stays_whole)
{
	const struct vms_segment_opts o = { .step_penalty = 1 };
	struct vms_item it[4];
	struct vms_runs r;

	fill(it, 0, 4, 0);
	it[2].p.event = it[3].p.event = 7;
	it[3].p.y_raw = -11; /* upper of event 7 against lower of event 0; its own lower is -10 */
	it[2].p.y_raw = -12;
	r = cut(it, 4, &o);
	assert_int_equal(r.nr, 2);
	assert_int_equal(r.r[1].from, 2);
	vms_runs_free(&r);
}

TEST(test_out_of_memory)
{
	const struct vms_segment_opts o = { .step_penalty = 8 };
	struct vms_item it[NR];
	struct vms_runs r = { .r = NULL };
	unsigned long n;
	int ret = -1;

	for (n = 1; ret && n < 100; n++) {
		fill(it, 0, NR, 0);
		fill(it, 100, 130, -500);
		it[50].p.y_raw = 400;
		vms_alloc_fail_at(n);
		ret = vms_segment(&r, it, NR, &o);
		vms_alloc_fail_at(0);
		assert_true(!ret || ret == -VMS_ENOMEM);
		assert_true(!ret || !r.r);
	}
	assert_int_equal(ret, 0);
	assert_true(n > 5);
	vms_runs_free(&r);
}

UNIT_MAIN(NULL, NULL)
