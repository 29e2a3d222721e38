// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how the selection, the lane cursor and the rows of each pane move. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands/cmd_move.h"
#include "app/state/settings.h"
#include "app/state/messages.h"
#include "app/words/words.h"
#include "app/state/lane_list.h"
#include "app/state/events.h"
#include "app/commands/cmd_screen.h"
#include "app/commands/cmd_list.h"
#include "app/state/list.h"
#include "app/filter/filter.h"
#include "app/words/format.h"
#include "app/commands/overlays.h"
#include "core/base/util.h"
#include "app/commands/command.h"
#include "app/state/view.h"

/* Steps beyond this are a jump by time: a page is never longer. */
#define EVENT_STEPS_MAX 4000

static void events_move(struct app *app, int64_t delta)
{
	int64_t rows = app->geo.list_rows ? app->geo.list_rows : 1, line = app_events(app)->line;
	struct app_event event, at = app_events(app)->sel;
	int dir = delta < 0 ? -1 : 1;
	int64_t n = VMS_MIN(delta < 0 ? -delta : delta, EVENT_STEPS_MAX);

	if (app_events(app)->sel.ref.cpu < 0) {
		if (app_event_at(app, app_view(app)->cursor_raw, &at))
			events_select(app, &at, (uint32_t)rows / 2u);
		return;
	}
	for (; n > 0 && app_event_step(app, &at, dir, &event); n--) {
		at = event;
		line += dir;
	}
	events_select(app, &at, (uint32_t)VMS_MAX(VMS_MIN(line, rows - 1), 0));
	view_cursor(app, at.host_raw, true);
}

static void list_move(struct app *a, int64_t delta)
{
	int64_t row = app_list(a)->sel_row != VMS_ID_NONE ? (int64_t)app_list(a)->sel_row
		      : delta > 0			  ? -1
							  : 0;

	if (!app_list(a)->nr)
		return;
	row = VMS_MAX(VMS_MIN(row + delta, (int64_t)app_list(a)->nr - 1), 0);
	list_select_row(a, (uint32_t)row);
}

void pane_move(struct app *app, int64_t delta)
{
	int64_t sel;

	if (app->overlay != APP_OVERLAY_NONE) {
		if (overlay_here(app)->move)
			overlay_here(app)->move(app, delta);
		return;
	}
	switch (app->focus) {
	case APP_PANE_LANES:
		sel = VMS_MAX(VMS_MIN((int64_t)app_lanes(app)->sel + delta,
				      (int64_t)app_lanes(app)->shown_nr - 1),
			      0);
		if (app_lanes(app)->shown_nr)
			lanes_select(app, app_lanes(app)->shown[sel]);
		break;
	case APP_PANE_PLOTS:
		app->plots.nr = APP_PLOT_NR;
		row_move(&app->plots, delta, APP_PLOT_NR);
		break;
	case APP_PANE_SEQUENCES:
		app->sequences.nr = vms_session_catalogue(app->session)->seqs_nr;
		row_move(&app->sequences, delta, app->geo.list_rows);
		break;
	case APP_PANE_MODELS:
		app->models.nr = vms_session_models_nr(app->session);
		row_move(&app->models, delta, app->geo.list_rows);
		break;
	case APP_PANE_LOG:
		app->log_row.nr = app_messages(app)->log_nr;
		row_move(&app->log_row, delta, app->geo.list_rows);
		break;
	case APP_PANE_EVENTS: events_move(app, delta); break;
	default: list_move(app, delta); break;
	}
}

static int64_t page(const struct app *a)
{
	unsigned int rows = a->overlay != APP_OVERLAY_NONE ? a->geo.text_rows
			    : a->focus == APP_PANE_LANES   ? a->geo.lane_rows
							   : a->geo.list_rows;

	return rows > 1 ? rows - 1 : 1;
}

void cmd_down(struct app *a, const struct app_args *args)
{
	pane_move(a, args->repeat);
}

void cmd_up(struct app *a, const struct app_args *args)
{
	pane_move(a, -(int64_t)args->repeat);
}

void cmd_page_down(struct app *a, const struct app_args *args)
{
	pane_move(a, page(a) * args->repeat);
}

void cmd_page_up(struct app *a, const struct app_args *args)
{
	pane_move(a, -page(a) * args->repeat);
}

void cmd_half_down(struct app *a, const struct app_args *args)
{
	pane_move(a, (page(a) + 1) / 2 * args->repeat);
}

void cmd_half_up(struct app *a, const struct app_args *args)
{
	pane_move(a, -(page(a) + 1) / 2 * args->repeat);
}

static void to_end(struct app *app, bool last)
{
	struct app_event at;

	if (app->overlay == APP_OVERLAY_NONE && app->focus == APP_PANE_EVENTS) {
		if (app_event_at(app, last ? INT64_MAX : INT64_MIN, &at)) {
			events_select(app, &at,
				      last && app->geo.list_rows ? app->geo.list_rows - 1 : 0);
			view_cursor(app, at.host_raw, true);
		}
		return;
	}
	pane_move(app, last ? INT32_MAX : -(int64_t)INT32_MAX);
}

void cmd_first(struct app *a)
{
	to_end(a, false);
}

void cmd_last(struct app *a)
{
	to_end(a, true);
}

static void say_cursor(struct app *a)
{
	char at[FMT_SIZE];

	app_hint(a, APP_NOTE, "cursor at %s; Enter shows it in the lanes",
		 fmt_time(vms_session_clock(a->session), app_view(a)->cursor_raw, at, sizeof(at)));
}

/*
 * Lanes: a column of theirs. Plots: about a column of what is drawn there, which is the whole
 * trace.
 */
static void cursor_step(struct app *app, int64_t cells)
{
	const int64_t span = vms_sat_sub_i64(app_view(app)->last_raw, app_view(app)->first_raw);
	const int64_t by = app->focus == APP_PANE_LANES
				   ? app_view(app)->now.w_raw
				   : VMS_MAX(span / VMS_MAX(app->geo.cols, 1u), 1);

	view_cursor(app,
		    vms_sat_add_i64(app_view(app)->cursor_raw, cells > INT64_MAX / by ? INT64_MAX
							       : cells < -(INT64_MAX / by)
								       ? INT64_MIN
								       : cells * by),
		    app->focus == APP_PANE_PLOTS);
	view_held(app);
	if (app->focus == APP_PANE_PLOTS)
		say_cursor(app);
}

static void sideways(struct app *app, int dir, unsigned int repeat)
{
	uint32_t *left = text_left(app), most = app->geo.text_left_max,
		 by = APP_LEFT_STEP * VMS_MIN(repeat, 100u), list = app_list(app)->left,
		 events = app_events(app)->left;

	if (app->overlay == APP_OVERLAY_NONE &&
	    (app->focus == APP_PANE_LANES || app->focus == APP_PANE_PLOTS)) {
		cursor_step(app, (int64_t)repeat * dir);
		return;
	}
	if ((left && !most) || app->focus == APP_PANE_MODELS) {
		app_hint(app, APP_NOTE, "nothing is beyond the border");
		return;
	}
	if (!left && app->focus == APP_PANE_EVENTS) {
		left = &events;
		most = 1000;
	} else if (!left) {
		left = &list;
		most = app->geo.list_left_max;
	}
	*left = dir > 0 ? VMS_MIN(*left + by, most) : *left > by ? *left - by : 0;
	list_sideways(app, list);
	events_sideways(app, events);
}

void cmd_left(struct app *a, const struct app_args *args)
{
	sideways(a, -1, args->repeat);
}

void cmd_right(struct app *a, const struct app_args *args)
{
	sideways(a, 1, args->repeat);
}

static bool is_outlier(const struct vms_session *session, const struct vms_candidate *c)
{
	return vms_session_outlier(session, c);
}

static int step_to(struct app *app, int dir, unsigned int repeat,
		   bool (*test)(const struct vms_session *, const struct vms_candidate *),
		   const char *what, struct vms_err *err)
{
	uint32_t row = VMS_ID_NONE, next, from = app_list(app)->sel_row;

	for (; repeat; repeat--) {
		next = list_step(app, from, dir, test);
		if (next == VMS_ID_NONE)
			break;
		row = from = next;
	}
	if (row == VMS_ID_NONE)
		return vms_fail(err, VMS_ENODATA, "no %s %s%s", what,
				dir > 0 ? "further down" : "further up",
				app_list(app)->filter ? " in this filter" : "");
	list_select_row(app, row);
	return 0;
}

int cmd_next_undecided(struct app *a, const struct app_args *args, struct vms_err *err)
{
	return step_to(a, 1, args->repeat, list_is_undecided, "undecided pair", err);
}

int cmd_prev_undecided(struct app *a, const struct app_args *args, struct vms_err *err)
{
	return step_to(a, -1, args->repeat, list_is_undecided, "undecided pair", err);
}

int cmd_next_outlier(struct app *a, const struct app_args *args, struct vms_err *err)
{
	return step_to(a, 1, args->repeat, is_outlier, "outlier", err);
}

int cmd_prev_outlier(struct app *a, const struct app_args *args, struct vms_err *err)
{
	return step_to(a, -1, args->repeat, is_outlier, "outlier", err);
}

static int step_word(struct app *app, const struct app_args *args, int dir, struct vms_err *err)
{
	const char *words = dir > 0 ? "undecided outlier violation event match binding"
				    : "undecided outlier violation event match";
	struct app_args plain = *args;

	plain.argc = 0;
	plain.text = "";
	if (!args->argc)
		return step_to(app, dir, args->repeat, NULL, "pair", err);
	switch (choice(words, args->argv[0])) {
	case 0:
		return dir > 0 ? cmd_next_undecided(app, &plain, err)
			       : cmd_prev_undecided(app, &plain, err);
	case 1:
		return dir > 0 ? cmd_next_outlier(app, &plain, err)
			       : cmd_prev_outlier(app, &plain, err);
	case 2: return dir > 0 ? cmd_next_violation(app, err) : cmd_prev_violation(app, err);
	case 3:
		return dir > 0 ? cmd_next_event(app, &plain, err)
			       : cmd_prev_event(app, &plain, err);
	case 4:
		return dir > 0 ? cmd_search_next(app, &plain, err)
			       : cmd_search_prev(app, &plain, err);
	case 5: return cmd_binding(app, err);
	default: return vms_fail(err, VMS_EUSAGE, "next what? %s", words);
	}
}

int cmd_next(struct app *a, const struct app_args *args, struct vms_err *err)
{
	return step_word(a, args, 1, err);
}

int cmd_prev(struct app *a, const struct app_args *args, struct vms_err *err)
{
	return step_word(a, args, -1, err);
}

static int step_event(struct app *app, int dir, unsigned int repeat, struct vms_err *err)
{
	struct app_event event = { .host_raw = app_view(app)->cursor_raw };
	const struct app_lane *lane;
	unsigned int n;

	if (!app_lanes(app)->shown_nr)
		return vms_fail(err, VMS_EUSAGE, "no lane is shown; V chooses them");
	lane = &app_lanes(app)->lane[lanes_selected(app)];
	for (n = 0; n < repeat; n++)
		if (!events_lane_step(app, lanes_selected(app), event.host_raw, dir, &event))
			break;
	if (!n)
		return vms_fail(err, VMS_ENODATA, "no event of %s %s", lane->label,
				dir > 0 ? "after this" : "before this");
	view_held(app);
	view_cursor(app, event.host_raw, false);
	events_select(app, &event, app_events(app)->line);
	if (app->focus == APP_PANE_PLOTS)
		say_cursor(app);
	return 0;
}

int cmd_next_event(struct app *a, const struct app_args *args, struct vms_err *err)
{
	return step_event(a, 1, args->repeat, err);
}

int cmd_prev_event(struct app *a, const struct app_args *args, struct vms_err *err)
{
	return step_event(a, -1, args->repeat, err);
}

/*
 * A guest end lies beside its host end: this many pairs beyond the first of a lane are looked at
 * for a nearer one.
 */
#define NEAR_PAIRS 1000u

/*
 * The pair of a lane whose end there is nearest to the cursor: from there outwards in time, first
 * on one side, then the other.
 */
static uint32_t nearest_in_lane(const struct app *app, const struct app_lane *lane)
{
	const int64_t nr = vms_session_candidates_nr(app->session);
	const int64_t from = vms_session_first_at(app->session, app_view(app)->cursor_raw);
	uint64_t best_far = UINT64_MAX, far;
	uint32_t best = VMS_ID_NONE, left;
	int64_t i, at;
	int side;

	for (side = 0; side < 2; side++) {
		for (i = side ? from - 1 : from, left = UINT32_MAX; i >= 0 && i < nr && left;
		     i += side ? -1 : 1) {
			const struct vms_candidate *cand =
				vms_session_candidate(app->session, (uint32_t)i);

			left -= left <= NEAR_PAIRS;
			if (lane->guest < 0
				    ? cand->pair.host_ev.cpu != (int32_t)lane->cpu_idx
				    : cand->pair.guest != lane->guest ||
					      cand->pair.guest_ev.cpu != (int32_t)lane->cpu_idx)
				continue;
			if (!filter_match(app_list(app)->filter, app->session, cand))
				continue;
			left = VMS_MIN(left, NEAR_PAIRS);
			at = lane->guest < 0 ? cand->pair.host_raw : app_guest_host_raw(app, cand);
			far = at > app_view(app)->cursor_raw
				      ? (uint64_t)at - (uint64_t)app_view(app)->cursor_raw
				      : (uint64_t)app_view(app)->cursor_raw - (uint64_t)at;
			if (far < best_far) {
				best_far = far;
				best = cand->id;
			}
		}
	}
	return best;
}

int cmd_open_row(struct app *app, struct vms_err *err)
{
	const struct vms_catalogue *cat = vms_session_catalogue(app->session);
	struct app_args model = { .text = "", .argc = 1, .repeat = 1 };
	char expr[128];
	uint32_t id;

	switch (app->focus) {
	case APP_PANE_LANES:
		id = app_lanes(app)->shown_nr
			     ? nearest_in_lane(app, &app_lanes(app)->lane[lanes_selected(app)])
			     : VMS_ID_NONE;
		if (id == VMS_ID_NONE)
			return vms_fail(err, VMS_ENODATA, "no pair has an end in this lane");
		list_select(app, id);
		return 0;
	case APP_PANE_SEQUENCES:
		if (app->sequences.sel >= cat->seqs_nr)
			return 0;
		(void)snprintf(expr, sizeof(expr), "seq==%.100s",
			       cat->seqs[app->sequences.sel].name);
		screen_set(app, APP_SCREEN_CANDIDATES);
		return filter_set(app, expr, err);
	case APP_PANE_MODELS:
		if (app->models.sel >= vms_session_models_nr(app->session))
			return 0;
		model.argv[0] = model.text = vms_by_name(app->models.sel);
		return cmd_model(app, &model, err);
	case APP_PANE_EVENTS:
	case APP_PANE_PLOTS:
		screen_set(app, APP_SCREEN_MAIN);
		app->focus = APP_PANE_LANES;
		view_held(app);
		if (app_events(app)->sel.ref.cpu >= 0 &&
		    lanes_find(app, app_events(app)->sel.guest,
			       (unsigned int)app_events(app)->sel.ref.cpu) >= 0)
			lanes_select(app, (uint32_t)lanes_find(
						  app, app_events(app)->sel.guest,
						  (unsigned int)app_events(app)->sel.ref.cpu));
		view_cursor(app, app_view(app)->cursor_raw, true);
		return 0;
	default:
		if (app->screen == APP_SCREEN_CANDIDATES)
			screen_set(app, APP_SCREEN_MAIN);
		if (!app_selected(app))
			return vms_fail(err, VMS_EUSAGE, "no pair is selected");
		setting_put(app, &app_prefs(app)->details, 1);
		view_fit_pair(app, app_selected(app), true);
		return 0;
	}
}
