// SPDX-License-Identifier: LGPL-2.1-or-later
/* When so little pins a segment beside a step that it says nothing. */
#include "unit.h"

#include <string.h>

#include "core/session/session_impl.h"

#define STRETCHES_NR 200u

/* Stretches of 60 and gaps of 40 in turn, an event in each from the first on; two segments. */
struct stepped {
	struct vms_stretch stretches[STRETCHES_NR];
	struct vms_thread thread;
	struct vms_point lower[STRETCHES_NR];
	struct vms_constraints cons;
	struct vms_band_segment segs[2];
	struct vms_band band;
	struct vms_session session;
	struct vms_track track;
};

/* The second segment has the last @nr events. */
static void make(struct stepped *s, uint32_t nr)
{
	uint32_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < STRETCHES_NR; i++) {
		s->stretches[i].enter_raw = 100 * (int64_t)i;
		s->stretches[i].leave_raw = 100 * (int64_t)i + 60;
		s->lower[i] = (struct vms_point){ .x_raw = 100 * i, .event = i, .stretch = i };
	}
	s->thread.stretches = s->stretches;
	s->thread.stretches_nr = STRETCHES_NR;
	s->cons.lower = s->lower;
	s->cons.lower_nr = STRETCHES_NR;
	s->segs[0].to_event = STRETCHES_NR - nr - 1;
	s->segs[1].from_event = STRETCHES_NR - nr;
	s->segs[1].to_event = STRETCHES_NR - 1;
	s->band.segs = s->segs;
	s->band.segs_nr = 2;
	s->session.clock.ns_per_unit = 1.0;
	s->track.thread = &s->thread;
}

static bool doubted(struct stepped *s)
{
	session_pieces_doubt(&s->session, &s->track, &s->cons, &s->band);
	assert_false(s->segs[0].unsure);
	return s->segs[1].unsure;
}

/* 0.4 of the time are gaps: 62 events could fit a wrong line with e^-25. */
TEST(few_events_pin_nothing)
{
	struct stepped s;

	make(&s, 55);
	assert_true(doubted(&s));
	make(&s, 70);
	assert_false(doubted(&s));
	make(&s, 55);
	s.segs[1].soft = true;
	assert_false(doubted(&s));
	make(&s, 55);
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

TEST(a_clock_fact_near_the_line_pins_it)
{
	struct stepped s;

	make(&s, 20);
	s.lower[190].stretch |= VMS_POINT_FACT;
	assert_false(doubted(&s));
	s.lower[190].y_raw = 26000000;
	assert_true(doubted(&s));
}

UNIT_MAIN(NULL, NULL)
