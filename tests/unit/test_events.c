// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The events screen's filter on a real recording: what it lists against a loop that tests the same
 * by hand, and where the selection goes.
 */
#include "demo_fixture.h"

#include "app/filter/filter.h"
#include "app/worker.h"
#include <vmsync/place.h>

static const struct vms_stream *stream_of(const struct app_event *e)
{
	return e->guest < 0 ? f.trace->host : f.trace->guests[e->guest].stream;
}

/* Every event of both sides, in order, into the caller's hands. */
static uint64_t count_if(bool (*test)(const struct app_event *e))
{
	uint64_t nr = 0;
	int guest;
	unsigned int cpu;
	uint32_t i;

	for (guest = -1; guest < (int)f.trace->guests_nr; guest++) {
		const struct app_event side = { .guest = guest };

		for (cpu = 0; cpu < stream_of(&side)->cpus_nr; cpu++)
			for (i = 0; i < stream_of(&side)->cpus[cpu].nr; i++)
				nr += test(&(struct app_event){ .guest = guest,
								.ref = { (int32_t)cpu, i } });
	}
	return nr;
}

static bool named(const struct app_event *e, const char *name)
{
	return !strcmp(vms_event_type(stream_of(e), e->ref)->name, name);
}

static bool is_switch(const struct app_event *e)
{
	return named(e, "sched_switch");
}

static bool on_vcpu1(const struct app_event *e)
{
	return e->guest == 0 && stream_of(e)->cpus[e->ref.cpu].cpu == 1;
}

static bool on_host(const struct app_event *e)
{
	return e->guest < 0;
}

static bool switch_to_idle(const struct app_event *e)
{
	uint64_t pid = 1;

	return is_switch(e) && vms_field_by_name(stream_of(e), e->ref, "next_pid", &pid) && !pid;
}

/* HLT: reason 12 of VMX, 0x78 of SVM */
static bool halts(const struct app_event *e)
{
	uint64_t reason = 0;

	return e->guest < 0 && named(e, "kvm_exit") &&
	       vms_field_by_name(stream_of(e), e->ref, "exit_reason", &reason) &&
	       (reason == 12 || reason == 0x78);
}

static bool of_idle_task(const struct app_event *e)
{
	return vms_event_tid(stream_of(e), e->ref) == 0;
}

static bool outside(const struct app_event *e)
{
	const int at =
		e->guest < 0 ? -1 : vms_session_track_of(f.session, 0, (unsigned int)e->ref.cpu);

	return at >= 0 && vms_place_of(vms_session_track(f.session, (unsigned int)at)->thread,
				       vms_session_host_time(f.session, 0, e->ref), NULL,
				       NULL) == VMS_PLACE_OUTSIDE;
}

/* What is listed is counted, in order, and each of it matches: by stepping and by hand. */
static void lists(const char *text, bool (*test)(const struct app_event *e))
{
	struct app_event e, next;
	uint64_t nr = 0, all_nr;
	struct vms_err err = { 0 };
	int col;

	if (events_filter(f.app, text, &col, &err))
		fail_msg("%s: column %d: %s", text, col, err.msg);
	assert_int_equal(events_count(f.app, &all_nr), count_if(test));
	assert_int_equal(all_nr, f.trace->host->events_nr + f.trace->guests[0].stream->events_nr);
	if (!app_event_at(f.app, INT64_MIN, &e)) {
		assert_int_equal(count_if(test), 0);
		return;
	}
	for (nr = 1; app_event_step(f.app, &e, 1, &next); nr++) {
		assert_true(test(&e) && next.host_raw >= e.host_raw);
		e = next;
	}
	assert_int_equal(nr, count_if(test));
}

TEST(filter_lists_what_matches)
{
	run("lanes all");
	run("model mean");
	lists("event==sched_switch", is_switch);
	lists("vcpu==1", on_vcpu1);
	lists("pcpu>=0", on_host);
	lists("sched_switch && next_pid==0", switch_to_idle);
	lists("event==HLT", halts);
	lists("task==0", of_idle_task);
	lists("outside", outside);
	assert_true(count_if(is_switch) && count_if(halts) && count_if(outside));
	run("undo");
	run("filter-events");
}

/* Times are others under another model: so is what is outside. */
TEST(filter_follows_the_model)
{
	uint64_t all_nr, nr;

	run("lanes all");
	run("filter-events outside");
	nr = events_count(f.app, &all_nr);
	assert_int_equal(nr, count_if(outside));
	run("model mean");
	assert_int_equal(events_count(f.app, &all_nr), count_if(outside));
	assert_true(events_count(f.app, &all_nr) > nr);
	run("undo");
	assert_int_equal(events_count(f.app, &all_nr), nr);
	run("filter-events");
}

static int64_t far(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

TEST(selection_goes_to_the_nearest_and_back)
{
	struct app_event was, sel, e, next;
	static const uint32_t esc[] = { APP_KEY_ESC };
	const uint32_t pairs = app_list(f.app)->nr;

	run("lanes all");
	run("screen 5");
	fixture_keys(f.app, "gjjjjjjjjjj");
	was = app_events(f.app)->sel;
	assert_false(is_switch(&was));
	fixture_keys(f.app, "&event==sched_switch");
	sel = app_events(f.app)->sel;
	assert_true(is_switch(&sel));
	assert_true(app_event_at(f.app, INT64_MIN, &e));
	for (; app_event_step(f.app, &e, 1, &next); e = next)
		assert_true(far(e.host_raw, was.host_raw) >= far(sel.host_raw, was.host_raw));
	assert_non_null(strstr(app_prompt(f.app)->preview, " of "));
	/* half an operator: the error has a column, and what is listed stays */
	fixture_keys(f.app, " &&");
	assert_true(app_prompt(f.app)->error_col >= 0);
	assert_true(vms_ref_same(app_events(f.app)->sel.ref, sel.ref));
	(void)app_keys(f.app, esc, 1);
	assert_string_equal(app_events(f.app)->filter_text, "");
	assert_true(vms_ref_same(app_events(f.app)->sel.ref, was.ref));
	assert_int_equal(app_view(f.app)->cursor_raw, was.host_raw);
	/* taken, moved in, dropped by Esc: the event that was moved to stays selected */
	fixture_keys(f.app, "&event==sched_switch\rjj");
	sel = app_events(f.app)->sel;
	assert_true(is_switch(&sel));
	(void)app_keys(f.app, esc, 1);
	assert_string_equal(app_events(f.app)->filter_text, "");
	assert_true(vms_ref_same(app_events(f.app)->sel.ref, sel.ref));
	/* an empty one shows all */
	fixture_keys(f.app, "&event==sched_switch\r&");
	assert_true(app_prompt(f.app)->selected);
	fixture_keys(f.app, "\x7f\r");
	assert_string_equal(app_events(f.app)->filter_text, "");
	/* pairs are as they were */
	assert_int_equal(app_list(f.app)->nr, pairs);
	run("screen 1");
}

TEST(search_stays_in_the_filter)
{
	struct app_event e;

	run("lanes all");
	run("screen 5");
	fixture_keys(f.app, "g&vcpu==1\r/sched_switch\r");
	e = app_events(f.app)->sel;
	assert_true(is_switch(&e) && on_vcpu1(&e));
	fixture_keys(f.app, "n");
	assert_true(app_events(f.app)->sel.host_raw > e.host_raw);
	e = app_events(f.app)->sel;
	assert_true(is_switch(&e) && on_vcpu1(&e));
	fixture_keys(f.app, "&kvm_entry\rn");
	assert_non_null(strstr(app_messages(f.app)->text, "in this filter"));
	run("filter-events");
	run("screen 1");
}

/* Where no list of pairs is seen, none is filtered. */
TEST(nothing_is_filtered_out_of_sight)
{
	static const char *const screens[] = { "3", "4", "6", "7" };
	const uint32_t pairs = app_list(f.app)->nr;
	size_t i;

	for (i = 0; i < 4; i++) {
		fixture_keys(f.app, screens[i]);
		fixture_keys(f.app, "&");
		assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_NONE);
		assert_non_null(strstr(app_messages(f.app)->text, "events (5)"));
		assert_int_equal(app_list(f.app)->nr, pairs);
	}
	fixture_keys(f.app, "1");
}

TEST(wrong_expressions_say_where)
{
	struct vms_err err = { 0 };
	int col;

	assert_int_equal(events_filter(f.app, "evnt==a", &col, &err), -VMS_EUSAGE);
	assert_int_equal(col, 0);
	assert_non_null(strstr(err.msg, "event"));
	assert_int_equal(events_filter(f.app, "vcpu==", &col, &err), -VMS_EUSAGE);
	assert_int_equal(col, 6);
	/* what only pairs have */
	assert_int_equal(events_filter(f.app, "residual>1us", &col, &err), -VMS_EUSAGE);
	assert_string_equal(app_events(f.app)->filter_text, "");
}

/* Beside the screen the same comes out, and what is given up leaves what was listed. */
TEST(worker_finds_the_same)
{
	const uint32_t at_once = app_list(f.app)->at_once;
	struct vms_err err = { 0 };
	uint64_t all_nr, nr;

	run("lanes all");
	run("filter-events event==sched_switch");
	nr = events_count(f.app, &all_nr);
	run("filter-events");
	assert_int_equal(worker_new(&f.app->opts.worker, &err), 0);
	list_at_once(f.app, 0);
	run("filter-events event==sched_switch");
	assert_true(events_unfinished(f.app));
	assert_int_equal(events_count(f.app, &all_nr), all_nr);
	app_settle(f.app);
	assert_false(events_unfinished(f.app));
	assert_int_equal(events_count(f.app, &all_nr), nr);
	assert_non_null(strstr(app_messages(f.app)->text, " of "));
	run("filter-events vcpu==1");
	assert_true(app_cancel(f.app));
	assert_string_equal(app_events(f.app)->filter_text, "event==sched_switch");
	assert_int_equal(events_count(f.app, &all_nr), nr);
	run("filter-events");
	worker_free(f.app->opts.worker);
	f.app->opts.worker = NULL;
	list_at_once(f.app, at_once);
}

UNIT_MAIN(open_demo, close_demo)
