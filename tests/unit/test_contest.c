// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which constraints hold wherever their events lie: by hand, and against paths that are known. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "core/bound/contest.h"

#define LIMIT 500e-6
#define STRETCHES 400
#define EVENTS (2 * STRETCHES)
#define KNOWN (VMS_STRETCH_ENTER_KNOWN | VMS_STRETCH_LEAVE_KNOWN)

static const struct vms_contest_opts opts = { .limit = LIMIT };

static struct vms_stretch stretch(int64_t enter, int64_t leave)
{
	return (struct vms_stretch){ .enter_raw = enter, .leave_raw = leave, .flags = KNOWN };
}

/* What the constraints' CPU has. */
static int64_t time_raw[EVENTS];
static const struct vms_cpu cpu = { .time_raw = time_raw };

static void say(struct vms_constraints *cons, uint32_t at, uint32_t event, int64_t x)
{
	time_raw[event] = x;
	cons->lower[cons->lower_nr++] = cons->upper[cons->upper_nr++] =
		(struct vms_bound){ event, at };
}

/* After ten million units of idle the offset may have gone 5000 either way. */
TEST(after_idle_by_hand)
{
	struct vms_stretch of[] = { stretch(0, 1000), stretch(10000000, 10001000),
				    stretch(10001500, 10003000), stretch(10004000, 10006000) };
	const struct vms_thread thread = { .stretches = of, .stretches_nr = 4 };
	struct vms_bound lower[4], upper[4];
	struct vms_constraints cons = {
		.lower = lower, .upper = upper, .cpu = &cpu, .thread = &thread
	};
	uint32_t dropped;

	/* thought to be in the third stretch; the second and the fourth are as possible */
	say(&cons, 0, 0, 500);
	say(&cons, 2, 1, 10000900);
	assert_int_equal(vms_contest(&cons, &opts, &dropped), 0);
	assert_int_equal(dropped, 2);
	assert_int_equal(cons.lower_nr, 1);
	assert_int_equal(cons.upper_nr, 1);

	/*
	 * Two later ones say that the offset is in [-100, 100]: so it lies in the second, and its
	 * lower bound is false. It is below what the third's end says all the same.
	 */
	say(&cons, 2, 1, 10000900);
	say(&cons, 3, 2, 10004100);
	say(&cons, 3, 3, 10005900);
	assert_int_equal(vms_contest(&cons, &opts, &dropped), 0);
	assert_int_equal(dropped, 1);
	assert_int_equal(cons.lower_nr, 3);
	assert_int_equal(cons.lower[1].event, 2);
	assert_int_equal(cons.upper_nr, 4);

	/* put where it is, all is kept; beyond a step what came before says nothing */
	cons.lower_nr = cons.upper_nr = 0;
	say(&cons, 0, 0, 500);
	say(&cons, 1, 1, 10000900);
	say(&cons, 3, 2, 10004100);
	say(&cons, 3, 3, 10005900);
	assert_int_equal(vms_contest(&cons, &opts, &dropped), 0);
	assert_int_equal(dropped, 0);
}

/* The same, where another may only be a stretch of missing host events: the fourth is one. */
TEST(beside_missing_events)
{
	const struct vms_contest_opts unknown = { .limit = LIMIT, .unknown_only = true };
	struct vms_stretch of[] = { stretch(0, 1000), stretch(10000000, 10001000),
				    stretch(10001500, 10003000), stretch(10004000, 10006000) };
	const struct vms_thread thread = { .stretches = of, .stretches_nr = 4 };
	struct vms_bound lower[2], upper[2];
	struct vms_constraints cons = {
		.lower = lower, .upper = upper, .cpu = &cpu, .thread = &thread
	};
	uint32_t dropped;

	of[3].flags = VMS_STRETCH_UNKNOWN;
	say(&cons, 0, 0, 500);
	say(&cons, 2, 1, 10000900);
	assert_int_equal(vms_contest(&cons, &unknown, &dropped), 0);
	assert_int_equal(dropped, 1);
	assert_int_equal(cons.lower_nr, 2);
	assert_int_equal(cons.upper_nr, 1);
}

/* The path of an offset that goes at the greatest rate one way, then the other. */
static int64_t path_at(int64_t x)
{
	const int64_t turn = 20000000, at = x % (2 * turn);

	return (int64_t)(LIMIT * (double)(at < turn ? at : 2 * turn - at));
}

/* Long idle times now and then, and events that are put where a wrong offset has them. */
TEST(what_is_kept_is_true)
{
	static struct vms_stretch of[STRETCHES];
	static struct vms_bound lower[EVENTS], upper[EVENTS];
	const struct vms_thread thread = { .stretches = of, .stretches_nr = STRETCHES };
	unsigned int seed, i, wrong = 0, kept = 0, all = 0;
	uint32_t dropped;

	for (seed = 1; seed <= 50; seed++) {
		struct vms_constraints cons = {
			.lower = lower, .upper = upper, .cpu = &cpu, .thread = &thread
		};
		int64_t at = 0;

		srand(seed);
		for (i = 0; i < STRETCHES; i++) {
			at += rand() % 10 ? 200 + rand() % 3000 : rand() % 8000000;
			of[i] = stretch(at, at + 500 + rand() % 20000);
			at = of[i].leave_raw;
		}
		for (i = 0; i < STRETCHES; i++) {
			const int64_t span = of[i].leave_raw - of[i].enter_raw;
			const int64_t host = of[i].enter_raw + rand() % span;
			/* host = x + path(x), as near as whole units allow */
			const int64_t x = host - path_at(host - path_at(host));
			/* now and then an offset that is off by as much as a gap is long */
			const int64_t off = rand() % 4 ? 0 : rand() % 6000 - 3000;
			unsigned int put = i;

			if (x + path_at(x) < of[i].enter_raw || x + path_at(x) > of[i].leave_raw)
				continue;
			while (put + 1 < STRETCHES && put < i + 1 &&
			       x + path_at(x) + off > of[put].leave_raw)
				put++;
			while (put && put + 1 > i && x + path_at(x) + off < of[put].enter_raw)
				put--;
			say(&cons, put, i, x);
			wrong += put != i;
		}
		all += cons.lower_nr + cons.upper_nr;
		assert_int_equal(vms_contest(&cons, &opts, &dropped), 0);
		for (i = 0; i < cons.lower_nr; i++)
			assert_true(vms_lower_point(&cons, i).y_raw <=
				    path_at(vms_lower_point(&cons, i).x_raw));
		for (i = 0; i < cons.upper_nr; i++)
			assert_true(vms_upper_point(&cons, i).y_raw >=
				    path_at(vms_upper_point(&cons, i).x_raw));
		kept += cons.lower_nr + cons.upper_nr;
	}
	assert_true(wrong > 500);
	/* most events leave no doubt */
	assert_true(kept > all / 10 * 7);
}

UNIT_MAIN(NULL, NULL)
