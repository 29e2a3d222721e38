// SPDX-License-Identifier: LGPL-2.1-or-later
/* When so little pins a segment beside a step that it says nothing. */
#include "bounds.h"

#include <string.h>

#include "core/bound/knot.h"
#include "core/session/session_solve.h"

#define STRETCHES_NR 200u

/* What the bands of both segments leave open around an offset of 0. */
#define OPEN_RAW 100

/* Stretches of 60 and gaps of 40 in turn, an event in each from the first on; two segments. */
struct stepped {
	struct vms_stretch stretches[STRETCHES_NR];
	struct vms_thread thread;
	struct vms_point lower[STRETCHES_NR], upper; /* upper: of a clock fact */
	struct vms_band_segment segs[2];
	struct vms_knot knot;
	struct vms_band band;
	struct vms_session session;
	struct vms_track track;
};

/* The second segment has the last @nr events. */
static void make(struct stepped *s, uint32_t nr)
{
	const struct vms_point lo = { .y_raw = -OPEN_RAW }, hi = { .y_raw = OPEN_RAW };
	uint32_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < STRETCHES_NR; i++) {
		s->stretches[i].enter_raw = 100 * (int64_t)i;
		s->stretches[i].leave_raw = 100 * (int64_t)i + 60;
		s->lower[i] = (struct vms_point){ .x_raw = 100 * i, .event = i, .stretch = i };
	}
	s->thread.stretches = s->stretches;
	s->thread.stretches_nr = STRETCHES_NR;
	s->segs[0].to_event = STRETCHES_NR - nr - 1;
	s->segs[1].from_event = STRETCHES_NR - nr;
	s->segs[1].to_event = STRETCHES_NR - 1;
	vms_fit_init(&s->knot.fit, 0);
	assert_int_equal(vms_fit_add(&s->knot.fit, VMS_LOWER, &lo), 1);
	assert_int_equal(vms_fit_add(&s->knot.fit, VMS_UPPER, &hi), 1);
	for (i = 0; i < 2; i++) {
		s->segs[i].knots = &s->knot;
		s->segs[i].knots_nr = 1;
	}
	s->band.segs = s->segs;
	s->band.segs_nr = 2;
	s->session.clock.ns_per_unit = 1.0;
	s->track.thread = &s->thread;
}

static bool doubted(struct stepped *s)
{
	struct bounds *bounds =
		bounds_of(s->lower, STRETCHES_NR, &s->upper, vms_point_is_fact(&s->upper));

	session_pieces_doubt(&s->session, &s->track, &bounds->cons, &s->band);
	bounds_free(bounds);
	vms_fit_free(&s->knot.fit);
	assert_false(s->segs[0].unsure);
	return s->segs[1].unsure;
}

/* 0.4 of the time are gaps: 0.6^49 is e^-25. */
TEST(few_events_pin_nothing)
{
	struct stepped s;

	make(&s, 45);
	assert_true(doubted(&s));
	make(&s, 55);
	assert_false(doubted(&s));
	make(&s, 45);
	s.segs[1].soft = true;
	assert_false(doubted(&s));
	make(&s, 45);
	s.segs[1].small = true;
	assert_false(doubted(&s));
}

/* Shadows are no gaps, nor is what lies beside them. */
TEST(what_was_lost_pins_nothing)
{
	struct stepped s;
	uint32_t i;

	make(&s, 100);
	assert_false(doubted(&s));
	for (i = STRETCHES_NR - 100; i < STRETCHES_NR; i += 2)
		s.stretches[i].flags = VMS_STRETCH_UNKNOWN;
	assert_true(doubted(&s));
}

/* One in four against it where chance puts two in five: of 80 that says 5 (and 25 of 400). */
TEST(what_contradicts_speaks_against_it)
{
	struct stepped s;
	uint32_t i;

	make(&s, 80);
	for (i = STRETCHES_NR - 80; i < STRETCHES_NR; i += 4)
		s.lower[i].y_raw = OPEN_RAW + 1;
	assert_true(doubted(&s));
	make(&s, 80);
	for (i = STRETCHES_NR - 80; i < STRETCHES_NR; i += 4)
		s.lower[i].y_raw = OPEN_RAW;
	assert_false(doubted(&s));
}

/* A clock fact of 20 events, its sides that far from the line. */
static bool doubted_by_fact(int64_t lower_raw, int64_t upper_raw)
{
	struct stepped s;

	make(&s, 20);
	s.lower[190].stretch |= VMS_POINT_FACT;
	s.lower[190].y_raw = lower_raw;
	s.upper = s.lower[190];
	s.upper.y_raw = upper_raw;
	return doubted(&s);
}

TEST(a_clock_fact_near_the_line_pins_it)
{
	assert_false(doubted_by_fact(-1000, 2000));
	assert_true(doubted_by_fact(26000000, 26002000));
	assert_true(doubted_by_fact(-47000, 2000));
	assert_true(doubted_by_fact(-1000, 47000));
	assert_true(doubted_by_fact(OPEN_RAW + 1, 2000));
	assert_true(doubted_by_fact(-1000, -OPEN_RAW - 1));
}

/* One segment of all events but the last @nr. */
static void make_one(struct stepped *s, uint32_t nr)
{
	make(s, nr);
	s->band.segs_nr = 1;
	s->track.band = &s->band;
}

/* Two events contradict it; of the last @beyond it holds none. */
static bool strays_beyond(struct stepped *s, uint32_t beyond, uint32_t a, uint32_t b, bool end,
			  struct session_zone *zone)
{
	struct bounds *bounds;
	bool found;

	make_one(s, beyond);
	s->lower[a].y_raw = s->lower[b].y_raw = OPEN_RAW + 1;
	s->segs[0].violations = 2;
	bounds = bounds_of(s->lower, STRETCHES_NR, NULL, 0);
	s->track.cons = &bounds->cons;
	found = session_zone_stray(zone, &s->session, &s->track, s->segs, end);
	bounds_free(bounds);
	vms_fit_free(&s->knot.fit);
	return found;
}

static bool strays(struct stepped *s, uint32_t a, uint32_t b, bool end, struct session_zone *zone)
{
	return strays_beyond(s, 0, a, b, end, zone);
}

/* Of 21 stretches and the gaps between them a line by chance has none against it with e^-10. */
TEST(beyond_strays_few_events_are_on_no_line)
{
	struct session_zone zone;
	struct stepped s;

	assert_true(strays(&s, 10, 20, false, &zone));
	assert_int_equal(zone.from, 21);
	assert_int_equal(zone.to, 40);
	assert_true(strays(&s, 179, 189, true, &zone));
	assert_int_equal(zone.from, 159);
	assert_int_equal(zone.to, 178);
	assert_false(strays(&s, 10, 20, true, &zone));
	/* a hundred stretches pin what is beyond the second */
	assert_false(strays(&s, 10, 100, false, &zone));
	assert_false(strays(&s, 10, 10, false, &zone));
	assert_false(strays(&s, 0, 199, true, &zone));
}

/* What contradicts a line at its end is no part of the segment, but a stray all the same. */
TEST(strays_that_no_segment_holds_count)
{
	struct session_zone zone;
	struct stepped s;

	assert_true(strays_beyond(&s, 25, 179, 189, true, &zone));
	assert_int_equal(zone.from, 155);
	assert_int_equal(zone.to, 178);
	assert_false(strays_beyond(&s, 110, 95, 189, true, &zone));
}

/* Another vCPU's clock stepped between two of the events, to a line that is not known. */
static bool unknown(struct stepped *s, uint32_t from, uint32_t to, bool end,
		    struct session_zone *zone)
{
	struct bounds *bounds;
	bool found;

	make_one(s, 0);
	bounds = bounds_of(s->lower, STRETCHES_NR, NULL, 0);
	s->track.cons = &bounds->cons;
	*zone = (struct session_zone){ .from = from, .to = to };
	found = session_zone_unknown(zone, &s->session, &s->track, end);
	bounds_free(bounds);
	vms_fit_free(&s->knot.fit);
	return found;
}

/* A line goes on where 49 stretches show it (e^-25); of the others the last 20 are on no line. */
TEST(where_another_clock_stepped_to_a_line_not_known_few_events_are_on_theirs)
{
	struct session_zone zone;
	struct stepped s;

	assert_false(unknown(&s, 100, 110, true, &zone));
	assert_true(unknown(&s, 150, 195, true, &zone));
	assert_int_equal(zone.from, 180);
	assert_int_equal(zone.to, 195);
	assert_true(unknown(&s, 190, 199, true, &zone));
	assert_int_equal(zone.from, 190);
	assert_false(unknown(&s, 150, 170, true, &zone));
	assert_true(unknown(&s, 3, 40, false, &zone));
	assert_int_equal(zone.from, 3);
	assert_int_equal(zone.to, 19);
	assert_false(unknown(&s, 90, 100, false, &zone));
}

UNIT_MAIN(NULL, NULL)
