// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rules of behaviour on a real recording, without a screen. */
#include "demo_fixture.h"

#include "app/state/times.h"
#include "app/state/events.h"
#include "app/commands/app_keys.h"
#include "app/state/list.h"
#include "app/commands/command.h"
#include "core/base/util.h"
#include "app/state/view.h"

static int open_screen(void **state)
{
	struct app_geometry g = { .rows = 24,
				  .cols = 80,
				  .lane_cols = 64,
				  .lane_rows = 5,
				  .list_rows = 6,
				  .text_rows = 10 };

	(void)open_demo(state);
	app_set_geometry(f.app, &g);
	app_frame_drawn(f.app);
	return 0;
}

static uint32_t accepted(void)
{
	uint32_t a, r, u;

	vms_session_counts(f.session, &a, &r, &u);
	return a;
}

TEST(best_pair_is_selected_first)
{
	const struct vms_candidate *c;

	c = app_selected(f.app);
	assert_non_null(c);
	assert_int_equal(vms_session_state(f.app->session, c), VMS_UNDECIDED);
	assert_false(c->flags & VMS_CAND_IMPOSSIBLE);
	assert_non_null(strstr(app_messages(f.app)->text, "recorded sync"));
	/* Both ends are on the screen. */
	assert_true(c->pair.host_raw >= app_view(f.app)->now.t0_raw);
	assert_true(c->pair.host_raw <
		    app_view(f.app)->now.t0_raw +
			    app_view(f.app)->now.w_raw * app_view(f.app)->now.cols);
	assert_true(app_guest_host_raw(f.app, c) >= app_view(f.app)->now.t0_raw);
}

/* Nor do keys where no pair is to be seen. */
TEST(no_pair_is_decided_where_none_is)
{
	run("screen sequences");
	app_frame_drawn(f.app);
	(void)app_keys(f.app, (const uint32_t[]){ 'a' }, 1);
	assert_int_equal(accepted(), 0);
	assert_non_null(strstr(app_messages(f.app)->text, "no pair is on this screen"));
	run("accept");
	assert_int_equal(accepted(), 1);
	run("undo");
	run("screen main");
	app_frame_drawn(f.app);
}

/* Keys typed before the next pair was drawn decide nothing. */
TEST(see_before_you_decide)
{
	static const uint32_t burst[] = { 'a', 'a', 'a', 'a' };
	uint32_t first = app_list(f.app)->sel;

	assert_int_equal(app_keys(f.app, burst, 4), 4);
	assert_int_equal(accepted(), 1);
	assert_int_equal(vms_session_state(f.app->session, app_candidate(f.app, first)),
			 VMS_ACCEPTED);
	assert_int_not_equal(app_list(f.app)->sel, first);
	assert_non_null(strstr(app_messages(f.app)->text, "accepted"));
	app_frame_drawn(f.app);
	assert_int_equal(app_keys(f.app, burst, 4), 4);
	assert_int_equal(accepted(), 2);
	app_frame_drawn(f.app);
	/* Moving and deciding in one burst: the frame comes between, nothing is lost. */
	assert_int_equal(app_keys(f.app, (const uint32_t[]){ ']', 'a' }, 2), 1);
	app_frame_drawn(f.app);
	assert_int_equal(app_keys(f.app, (const uint32_t[]){ 'a' }, 1), 1);
	assert_int_equal(accepted(), 3);
	run("undo");
	run("undo");
	run("undo");
	assert_int_equal(accepted(), 0);
	app_frame_drawn(f.app);
}

TEST(undo_selects_what_it_restored)
{
	uint32_t id;

	id = app_list(f.app)->sel;
	run("reject");
	assert_int_equal(vms_session_state(f.app->session, app_candidate(f.app, id)), VMS_REJECTED);
	assert_int_equal(files_unsaved_nr(f.app), 1);
	run("last");
	run("undo");
	assert_int_equal(app_list(f.app)->sel, id);
	assert_int_equal(vms_session_state(f.app->session, app_candidate(f.app, id)),
			 VMS_UNDECIDED);
	assert_int_equal(files_unsaved_nr(f.app), 0);
	run("redo");
	assert_int_equal(vms_session_state(f.app->session, app_candidate(f.app, id)), VMS_REJECTED);
	run("undo");
	assert_int_equal(app_run(f.app, "undo", NULL), -VMS_ENODATA);
}

static double delay_of(uint32_t row)
{
	return vms_session_delay_ns(f.app->session,
				    app_candidate(f.app, app_list(f.app)->ids[row]));
}

/* The selection is an id. */
TEST(selection_survives_sort_and_filter)
{
	uint32_t id, all, row;
	char line[64];

	run("500");
	id = app_list(f.app)->sel;
	all = app_list(f.app)->nr;
	run("sort delay");
	for (row = 1; row < all; row++)
		assert_true(delay_of(row - 1) <= delay_of(row));
	assert_int_equal(app_list(f.app)->sel, id);
	assert_int_equal(app_list(f.app)->ids[app_list(f.app)->sel_row], id);
	run("sort-reverse");
	assert_int_equal(app_list(f.app)->ids[app_list(f.app)->sel_row], id);
	run("sort-reverse");
	run("sort time");
	assert_int_equal(app_list(f.app)->ids[app_list(f.app)->sel_row], id);
	assert_true(app_list(f.app)->sel_row >= app_list(f.app)->top &&
		    app_list(f.app)->sel_row < app_list(f.app)->top + f.app->geo.list_rows);
	(void)snprintf(line, sizeof(line), "filter id!=%u", id);
	run(line);
	assert_int_equal(app_list(f.app)->nr, all - 1);
	assert_int_not_equal(app_list(f.app)->sel, id);
	assert_int_not_equal(app_list(f.app)->sel, VMS_ID_NONE);
	run("filter");
	run("model median");
	assert_non_null(app_selected(f.app));
	run("undo");
	assert_int_equal(vms_session_model(f.session), VMS_BY_RECORDED);
}

/* Sideways only as far as there are columns to come: nothing to take back that was never seen. */
TEST(candidates_scroll_sideways_to_their_end)
{
	struct app_geometry g;

	g = f.app->geo;
	g.list_left_max = 3 * APP_LEFT_STEP;
	shown_focus(f.app, APP_PANE_LIST);
	app_set_geometry(f.app, &g);
	run("right");
	assert_int_equal(app_list(f.app)->left, APP_LEFT_STEP);
	run("right");
	run("right");
	run("right");
	assert_int_equal(app_list(f.app)->left, g.list_left_max);
	g.list_left_max = 0;
	app_set_geometry(f.app, &g);
	assert_int_equal(app_list(f.app)->left, 0);
	run("right");
	assert_int_equal(app_list(f.app)->left, 0);
}

TEST(sorted_is_sorted)
{
	double before = -1e300, v;
	uint32_t i;

	run("sort delay");
	for (i = 0; i < app_list(f.app)->nr; i++) {
		v = vms_session_delay_ns(f.session, app_candidate(f.app, app_list(f.app)->ids[i]));
		assert_true(v >= before);
		before = v;
	}
	run("sort time");
}

TEST(sets_leave_out_the_impossible_and_the_decided)
{
	uint32_t all, i, impossible = 0, id;

	all = vms_session_candidates_nr(f.session);
	for (i = 0; i < all; i++)
		impossible +=
			(vms_session_candidate(f.session, i)->flags & VMS_CAND_IMPOSSIBLE) != 0;
	run("next-undecided");
	id = app_list(f.app)->sel;
	run("reject");
	run("accept all");
	assert_int_equal(vms_session_state(f.app->session, app_candidate(f.app, id)), VMS_REJECTED);
	assert_true(accepted() >= all - 1 - impossible);
	assert_non_null(strstr(app_messages(f.app)->text, "stay"));
	run("undo");
	assert_int_equal(accepted(), 0);
	run("undo");
	run("mark id<200");
	assert_true(app_list(f.app)->marked_nr > 1);
	i = app_list(f.app)->marked_nr;
	run("accept marked");
	assert_true(accepted() > 0 && accepted() <= i);
	assert_int_equal(app_list(f.app)->marked_nr, 0);
	run("undo");
	assert_int_equal(app_run(f.app, "accept marked", NULL), -VMS_EUSAGE);
	run("accept sequence timer-program id<3000");
	run("undo");
}

/*
 * The time under the cursor keeps its column; widths are of the 1-2-5 series, least one unit.
 */
TEST(zoom_keeps_the_cursor_in_its_column)
{
	int64_t col, w;
	unsigned int i;

	run("whole");
	run("goto 133.2s");
	for (i = 0; i < 40; i++) {
		col = (app_view(f.app)->cursor_raw - app_view(f.app)->now.t0_raw) /
		      app_view(f.app)->now.w_raw;
		fixture_keys(f.app, "+");
		assert_int_equal((app_view(f.app)->cursor_raw - app_view(f.app)->now.t0_raw) /
					 app_view(f.app)->now.w_raw,
				 col);
		for (w = app_view(f.app)->now.w_raw; w % 10 == 0; w /= 10)
			;
		assert_true(w == 1 || w == 2 || w == 5);
	}
	assert_int_equal(app_view(f.app)->now.w_raw, 1);
	for (i = 0; i < 80; i++)
		fixture_keys(f.app, "-");
	assert_true(app_view(f.app)->whole);
	assert_int_equal(app_view(f.app)->now.t0_raw, app_view(f.app)->first_raw);
	assert_true(app_view(f.app)->now.t0_raw +
			    app_view(f.app)->now.w_raw * app_view(f.app)->now.cols >
		    app_view(f.app)->last_raw);
}

TEST(pans_fold_and_stay_in_the_trace)
{
	uint32_t keys[40], i;
	int64_t one;

	run("zoom start 1ms");
	shown_focus(f.app, APP_PANE_LANES);
	one = app_view(f.app)->now.t0_raw;
	for (i = 0; i < 10; i++)
		keys[i] = 'L';
	assert_int_equal(app_keys(f.app, keys, 10), 10);
	assert_int_equal(app_view(f.app)->now.t0_raw - one,
			 10 * (int64_t)(app_view(f.app)->now.cols / 2) *
				 app_view(f.app)->now.w_raw);
	/* One entry of the history, for the pan was one. */
	run("view-back");
	assert_int_equal(app_view(f.app)->now.t0_raw, one);
	for (i = 0; i < 40; i++)
		keys[i] = 'H';
	for (i = 0; i < 100; i++)
		(void)app_keys(f.app, keys, 40);
	assert_true(app_view(f.app)->now.t0_raw +
			    app_view(f.app)->now.w_raw * app_view(f.app)->now.cols >=
		    app_view(f.app)->first_raw);
	shown_focus(f.app, APP_PANE_LIST);
}

/*
 * What a command left behind comes back whole: the view, and the time cursor that zooming aims at.
 */
TEST(history_brings_the_cursor_back)
{
	int64_t t0, cursor;

	fixture_keys(f.app, "G");
	run("zoom start 1ms");
	shown_focus(f.app, APP_PANE_LANES);
	fixture_keys(f.app, "lll");
	shown_focus(f.app, APP_PANE_LIST);
	t0 = app_view(f.app)->now.t0_raw;
	cursor = app_view(f.app)->cursor_raw;
	fixture_keys(f.app, "f");
	assert_true(app_view(f.app)->cursor_raw != cursor);
	run("view-back");
	assert_int_equal(app_view(f.app)->now.t0_raw, t0);
	assert_int_equal(app_view(f.app)->cursor_raw, cursor);
}

TEST(times_as_people_type_them)
{
	struct vms_err err = { 0 };
	int64_t at, raw;
	uint32_t id;

	run("goto 133.2 s");
	at = app_view(f.app)->cursor_raw;
	assert_int_equal(view_parse_time(f.app, "+2ms", &raw, &id, &err), 0);
	assert_true(raw > at);
	assert_int_equal(view_parse_time(f.app, "start", &raw, &id, &err), 0);
	assert_int_equal(raw, app_view(f.app)->first_raw);
	assert_int_equal(view_parse_time(f.app, "-99999s", &raw, &id, &err), 0);
	/* relative: stops at the end of the trace */
	assert_int_equal(raw, app_view(f.app)->first_raw);
	assert_int_equal(view_parse_time(f.app, "1s", &raw, &id, &err), -VMS_ERANGE);
	assert_int_equal(view_parse_time(f.app, "#42", &raw, &id, &err), 0);
	assert_int_equal(id, 42);
	assert_int_equal(view_parse_time(f.app, "pCPU0#17", &raw, &id, &err), 0);
	assert_int_equal(raw, vms_event_time(f.app->trace->host,
					     (struct vms_ref){ .cpu = 0, .idx = 17 }));
	assert_int_equal(id, VMS_ID_NONE);
	assert_int_equal(view_parse_time(f.app, "vcpu1 #3", &raw, &id, &err), 0);
	assert_int_equal(raw, vms_session_host_time(f.app->session, 0,
						    (struct vms_ref){ .cpu = 1, .idx = 3 }));
	assert_int_equal(view_parse_time(f.app, "vCPU1#999999999", &raw, &id, &err), -VMS_ENODATA);
	assert_int_equal(view_parse_time(f.app, "vCPU1#-1", &raw, &id, &err), -VMS_EUSAGE);
	assert_int_equal(view_parse_time(f.app, "vCPU77#1", &raw, &id, &err), -VMS_EUSAGE);
	assert_int_equal(view_parse_time(f.app, "'q", &raw, &id, &err), -VMS_ENODATA);
	assert_int_equal(view_parse_time(f.app, "12 apples", &raw, &id, &err), -VMS_EUSAGE);
	assert_int_equal(view_parse_time(f.app, "", &raw, &id, &err), -VMS_EUSAGE);
	fixture_keys(f.app, "mq");
	run("goto end");
	fixture_keys(f.app, "'q");
	assert_int_equal(app_view(f.app)->cursor_raw, at);
	fixture_keys(f.app, "''");
	assert_int_equal(app_view(f.app)->cursor_raw, app_view(f.app)->last_raw);
}

/* Selecting brings both ends into view; a pan by hand holds until the next candidate key. */
TEST(follow_holds_and_resumes)
{
	const struct vms_candidate *c;

	run("sort time");
	run("first");
	run("fit");
	run("last");
	c = app_selected(f.app);
	assert_true(c->pair.host_raw >= app_view(f.app)->now.t0_raw);
	assert_true(c->pair.host_raw - app_view(f.app)->now.t0_raw <
		    app_view(f.app)->now.w_raw * app_view(f.app)->now.cols);
	run("pan left");
	assert_int_equal(app_view(f.app)->follow, APP_FOLLOW_HELD);
	run("prev");
	assert_int_equal(app_view(f.app)->follow, APP_FOLLOW_ON);
	run("follow off");
	run("first");
	c = app_selected(f.app);
	assert_true(c->pair.host_raw < app_view(f.app)->now.t0_raw);
	run("follow on");
}

TEST(merged_events_are_in_order_and_complete)
{
	struct app_event e, next;
	uint64_t n = 1, host = 0,
		 all = f.trace->host->events_nr + f.trace->guests[0].stream->events_nr;

	run("lanes all");
	assert_true(app_event_at(f.app, INT64_MIN, &e));
	host += e.guest < 0;
	while (app_event_step(f.app, &e, 1, &next)) {
		assert_true(next.host_raw >= e.host_raw);
		e = next;
		host += e.guest < 0;
		n++;
	}
	assert_int_equal(n, all);
	assert_int_equal(host, f.trace->host->events_nr);
	while (app_event_step(f.app, &e, -1, &next)) {
		assert_true(next.host_raw <= e.host_raw);
		e = next;
		n--;
	}
	assert_int_equal(n, 1);
}

/* Where nothing is recorded a corrected copy is offered, and nothing to see that is wrong. */
TEST(a_copy_is_offered_where_nothing_is_recorded)
{
	struct fixture none;
	bool writes = false;
	uint32_t i;

	fixture_open(&none, "03-nosync.dat", NULL);
	assert_int_equal(app_run(none.app, "now", NULL), 0);
	for (i = 0; i < app_text(none.app)->nr; i++) {
		writes |=
			strstr(app_text(none.app)->line[i], "corrected-03-nosync-vm1.dat") != NULL;
		assert_null(strstr(app_text(none.app)->line[i], "see it"));
	}
	assert_true(writes);
	fixture_close(&none);
}

TEST(quitting_asks_when_work_would_be_lost)
{
	run("screen 1");
	run("accept");
	app_frame_drawn(f.app);
	/* "y" was typed before the question appeared: it is no answer. */
	assert_int_equal(app_keys(f.app, (const uint32_t[]){ 'q', 'y' }, 2), 2);
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_CONFIRM);
	assert_int_equal(app_loop(f.app)->request & APP_REQUEST_QUIT, 0);
	(void)app_keys(f.app, (const uint32_t[]){ APP_KEY_ENTER }, 1);
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_NONE);
	assert_int_equal(app_loop(f.app)->request & APP_REQUEST_QUIT, 0);
	run("undo");
	assert_int_equal(files_unsaved_nr(f.app), 0);
	(void)app_keys(f.app, (const uint32_t[]){ 'q' }, 1);
	assert_int_equal(app_loop(f.app)->request & APP_REQUEST_QUIT, APP_REQUEST_QUIT);
	loop_served(f.app, ~0u);
}

TEST(a_word_that_is_no_model_is_refused_before_any_question)
{
	struct vms_err err;

	assert_int_equal(app_run(f.app, "apply /tmp/none/x.dat banana", &err), -VMS_EUSAGE);
	assert_string_equal(err.msg, "no clock model 'banana'; M lists them");
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_NONE);
	/* it is a model's name, but not here: nothing is cut */
	assert_int_equal(app_run(f.app, "apply /tmp/none/x.dat piecewise", &err), -VMS_EUSAGE);
}

TEST(escape_closes_one_thing_and_never_quits)
{
	static const uint32_t esc[] = { APP_KEY_ESC };

	run("mark id<5");
	fixture_keys(f.app, "i");
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_EXPLAIN);
	(void)app_keys(f.app, esc, 1);
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_NONE);
	assert_int_equal(app_list(f.app)->marked_nr, 4);
	(void)app_keys(f.app, esc, 1);
	assert_int_equal(app_list(f.app)->marked_nr, 0);
	(void)app_keys(f.app, esc, 1);
	(void)app_keys(f.app, esc, 1);
	assert_int_equal(app_loop(f.app)->request & APP_REQUEST_QUIT, 0);
}

TEST(keys_can_be_bound_anew)
{
	uint32_t row = app_list(f.app)->sel_row;

	run("sort time");
	run("first");
	row = app_list(f.app)->sel_row;
	run("map lists Z next");
	fixture_keys(f.app, "Z");
	assert_int_equal(app_list(f.app)->sel_row, row + 1);
	run("map lists Z none");
	fixture_keys(f.app, "Z");
	assert_int_equal(app_list(f.app)->sel_row, row + 1);
	assert_int_equal(app_run(f.app, "map nowhere Z next", NULL), -VMS_EUSAGE);
	assert_int_equal(app_run(f.app, "map lists NoKey next", NULL), -VMS_EUSAGE);
	assert_int_equal(app_run(f.app, "map lists Z nosuch", NULL), -VMS_EUSAGE);
}

/* Random keys of every kind, at random sizes: nothing but state changes. */
TEST(random_keys)
{
	static const char plain[] = "axcu][}{+-=fWztTm'&\\/nN:;?1234567\t\r "
				    "jkhlHLgG.,<>*esSdCDrpVMF~#OowRiyvB()qUJKZ\x1b";
	uint32_t seed = 11, round, keys[8], i;
	struct app_geometry g;

	for (round = 0; round < 6000; round++) {
		for (i = 0; i < 8; i++) {
			seed = seed * 1103515245u + 12345u;
			keys[i] = (unsigned char)plain[(seed >> 16) % (sizeof(plain) - 1)];
			if ((seed >> 24) % 9 == 0)
				keys[i] = APP_KEY_UP + (seed >> 8) % 14;
			if (keys[i] == 'w')
				keys[i] = APP_KEY_ESC; /* no files from a fuzzer */
		}
		if (app_shown(f.app)->overlay == APP_OVERLAY_COMMAND ||
		    app_shown(f.app)->overlay == APP_OVERLAY_SAVE)
			keys[0] = APP_KEY_ESC;
		for (i = 0; i < 8; i++)
			if (app_shown(f.app)->overlay == APP_OVERLAY_SAVE ||
			    app_shown(f.app)->overlay == APP_OVERLAY_COMMAND)
				(void)app_keys(f.app, (const uint32_t[]){ APP_KEY_ESC }, 1);
			else
				(void)app_keys(f.app, &keys[i], 1);
		if (round % 3 == 0) {
			g = (struct app_geometry){ .rows = seed % 50,
						   .cols = seed % 200,
						   .lane_cols = seed % 190,
						   .lane_rows = seed % 9,
						   .list_rows = (seed >> 4) % 30,
						   .text_rows = (seed >> 5) % 20 };
			app_set_geometry(f.app, &g);
			app_frame_drawn(f.app);
			(void)app_idle(f.app);
		}
		loop_served(f.app, ~0u);
		assert_true(app_view(f.app)->now.w_raw >= 1);
		if (app_list(f.app)->sel_row != VMS_ID_NONE)
			assert_int_equal(app_list(f.app)->ids[app_list(f.app)->sel_row],
					 app_list(f.app)->sel);
	}
}

/* At once, and within the 80 columns that there are at least. */
TEST(the_first_verdict_says_how_much_was_checked)
{
	static const char *const names[] = { "01-demo.dat", "06b-wrong-2s.dat",
					     "12a-tsc-step-all.dat" };
	char checked[64];
	struct fixture one;
	unsigned int i, k;

	for (i = 0; i < VMS_ARRAY_NR(names); i++) {
		const char *text;
		bool found = false;

		fixture_open(&one, names[i], NULL);
		text = app_messages(one.app)->text;
		for (k = 0; k < vms_session_tracks_nr(one.session); k++) {
			const struct vms_coverage c = vms_session_coverage(
				one.session, vms_session_track(one.session, k));

			(void)snprintf(checked, sizeof(checked), "; checked %u of %u",
				       c.checkable_nr, c.events_nr);
			found = found || strstr(text, checked);
		}
		assert_true(found);
		assert_true(strlen(text) < 79);
		fixture_close(&one);
	}
}

/*
 * Violations under a recorded sync that is 2 s wrong: stepping finds events that really lie
 * outside.
 */
TEST(violations_are_found)
{
	const struct vms_track *t;
	struct fixture one;
	int64_t depth, at;
	unsigned int i, seen = 0;

	fixture_open(&one, "06b-wrong-2s.dat", NULL);
	assert_non_null(strstr(app_messages(one.app)->text, "PROVEN WRONG"));
	assert_int_equal(app_run(one.app, "binding", NULL), 0);
	assert_int_equal(app_run(one.app, "model recorded", NULL), 0);
	assert_int_equal(app_run(one.app, "goto start", NULL), 0);
	for (i = 0; i < 20; i++) {
		at = app_view(one.app)->cursor_raw;
		if (app_run(one.app, "next-violation", NULL))
			break;
		assert_true(app_view(one.app)->cursor_raw > at);
		if (!strstr(app_messages(one.app)->text, "outside:"))
			continue;
		assert_true(app_events(one.app)->sel.guest >= 0);
		t = vms_session_track(one.session,
				      (unsigned int)vms_session_track_of(
					      one.session, 0,
					      (unsigned int)app_events(one.app)->sel.ref.cpu));
		assert_int_equal(vms_place_of(t->thread, app_events(one.app)->sel.host_raw, NULL,
					      &depth),
				 VMS_PLACE_OUTSIDE);
		assert_true(depth > 0);
		seen++;
	}
	assert_true(seen > 3);
	at = app_view(one.app)->cursor_raw;
	assert_int_equal(app_run(one.app, "prev-violation", NULL), 0);
	assert_true(app_view(one.app)->cursor_raw < at);
	fixture_close(&one);
}

/* Every command, without words, on recordings of every kind: an answer each time. */
TEST(every_command_on_every_recording)
{
	static const char *const names[] = { "01-demo.dat",
					     "08-lost.dat",
					     "10-zlib.dat",
					     "12a-tsc-step-all.dat",
					     "13-per-vcpu-offset.dat",
					     "19-idle.dat",
					     "06b-wrong-2s.dat" };
	struct app_args none = { .text = "", .repeat = 1 },
			key = { .text = "", .repeat = 3, .key = 'x' };
	struct fixture one;
	size_t i;
	int c, screen;
	char line[16];

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!fixture_try(&one, names[i], NULL))
			continue;
		for (screen = 1; screen <= 7; screen++) {
			(void)snprintf(line, sizeof(line), "screen %d", screen);
			for (c = 0; c < COMMANDS_NR; c++) {
				if (c == COMMAND_write)
					/* the one that writes without being told where */
					continue;
				shown_over(one.app, APP_OVERLAY_NONE);
				assert_int_equal(app_run(one.app, line, NULL), 0);
				(void)command_run(one.app, c, &none, NULL);
				(void)command_run(one.app, c, &key, NULL);
				loop_served(one.app, ~0u);
				assert_true(app_view(one.app)->now.w_raw >= 1);
			}
		}
		fixture_close(&one);
	}
}

UNIT_MAIN(open_screen, close_demo)
