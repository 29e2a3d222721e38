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

static void events_move(struct app *a, int64_t delta)
{
	int64_t rows = a->geo.list_rows ? a->geo.list_rows : 1, line = app_events(a)->line;
	struct app_event e, at = app_events(a)->sel;
	int dir = delta < 0 ? -1 : 1;
	int64_t n = VMS_MIN(delta < 0 ? -delta : delta, EVENT_STEPS_MAX);

	if (app_events(a)->sel.ref.cpu < 0) {
		if (app_event_at(a, app_view(a)->cursor_raw, &at))
			events_select(a, &at, (uint32_t)rows / 2u);
		return;
	}
	for (; n > 0 && app_event_step(a, &at, dir, &e); n--) {
		at = e;
		line += dir;
	}
	events_select(a, &at, (uint32_t)VMS_MAX(VMS_MIN(line, rows - 1), 0));
	view_cursor(a, at.host_raw, true);
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

void pane_move(struct app *a, int64_t delta)
{
	int64_t sel;

	if (a->overlay != APP_OVERLAY_NONE) {
		if (overlay_here(a)->move)
			overlay_here(a)->move(a, delta);
		return;
	}
	switch (a->focus) {
	case APP_PANE_LANES:
		sel = VMS_MAX(VMS_MIN((int64_t)app_lanes(a)->sel + delta,
				      (int64_t)app_lanes(a)->shown_nr - 1),
			      0);
		if (app_lanes(a)->shown_nr)
			lanes_select(a, app_lanes(a)->shown[sel]);
		break;
	case APP_PANE_PLOTS:
		a->plots.nr = APP_PLOT_NR;
		row_move(&a->plots, delta, APP_PLOT_NR);
		break;
	case APP_PANE_SEQUENCES:
		a->sequences.nr = vms_session_catalogue(a->session)->seqs_nr;
		row_move(&a->sequences, delta, a->geo.list_rows);
		break;
	case APP_PANE_MODELS:
		a->models.nr = vms_session_models_nr(a->session);
		row_move(&a->models, delta, a->geo.list_rows);
		break;
	case APP_PANE_LOG:
		a->log_row.nr = app_messages(a)->log_nr;
		row_move(&a->log_row, delta, a->geo.list_rows);
		break;
	case APP_PANE_EVENTS: events_move(a, delta); break;
	default: list_move(a, delta); break;
	}
}

static int64_t page(const struct app *a)
{
	unsigned int rows = a->overlay != APP_OVERLAY_NONE ? a->geo.text_rows
			    : a->focus == APP_PANE_LANES   ? a->geo.lane_rows
							   : a->geo.list_rows;

	return rows > 1 ? rows - 1 : 1;
}

int cmd_down(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)err;
	pane_move(a, args->repeat);
	return 0;
}

int cmd_up(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)err;
	pane_move(a, -(int64_t)args->repeat);
	return 0;
}

int cmd_page_down(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)err;
	pane_move(a, page(a) * args->repeat);
	return 0;
}

int cmd_page_up(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)err;
	pane_move(a, -page(a) * args->repeat);
	return 0;
}

int cmd_half_down(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)err;
	pane_move(a, (page(a) + 1) / 2 * args->repeat);
	return 0;
}

int cmd_half_up(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)err;
	pane_move(a, -(page(a) + 1) / 2 * args->repeat);
	return 0;
}

static void to_end(struct app *a, bool last)
{
	struct app_event at;

	if (a->overlay == APP_OVERLAY_NONE && a->focus == APP_PANE_EVENTS) {
		if (app_event_at(a, last ? INT64_MAX : INT64_MIN, &at)) {
			events_select(a, &at, last && a->geo.list_rows ? a->geo.list_rows - 1 : 0);
			view_cursor(a, at.host_raw, true);
		}
		return;
	}
	pane_move(a, last ? INT32_MAX : -(int64_t)INT32_MAX);
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
static void cursor_step(struct app *a, int64_t cells)
{
	const int64_t span = vms_sat_sub_i64(app_view(a)->last_raw, app_view(a)->first_raw);
	const int64_t by = a->focus == APP_PANE_LANES ? app_view(a)->now.w_raw
						      : VMS_MAX(span / VMS_MAX(a->geo.cols, 1u), 1);

	view_cursor(a,
		    vms_sat_add_i64(app_view(a)->cursor_raw, cells > INT64_MAX / by ? INT64_MAX
							     : cells < -(INT64_MAX / by)
								     ? INT64_MIN
								     : cells * by),
		    a->focus == APP_PANE_PLOTS);
	view_held(a);
	if (a->focus == APP_PANE_PLOTS)
		say_cursor(a);
}

static void sideways(struct app *a, int dir, unsigned int repeat)
{
	uint32_t *left = text_left(a), most = a->geo.text_left_max,
		 by = APP_LEFT_STEP * VMS_MIN(repeat, 100u), list = app_list(a)->left,
		 events = app_events(a)->left;

	if (a->overlay == APP_OVERLAY_NONE &&
	    (a->focus == APP_PANE_LANES || a->focus == APP_PANE_PLOTS)) {
		cursor_step(a, (int64_t)repeat * dir);
		return;
	}
	if ((left && !most) || a->focus == APP_PANE_MODELS) {
		app_hint(a, APP_NOTE, "nothing is beyond the border");
		return;
	}
	if (!left && a->focus == APP_PANE_EVENTS) {
		left = &events;
		most = 1000;
	} else if (!left) {
		left = &list;
		most = a->geo.list_left_max;
	}
	*left = dir > 0 ? VMS_MIN(*left + by, most) : *left > by ? *left - by : 0;
	list_sideways(a, list);
	events_sideways(a, events);
}

int cmd_left(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)err;
	sideways(a, -1, args->repeat);
	return 0;
}

int cmd_right(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)err;
	sideways(a, 1, args->repeat);
	return 0;
}

static bool is_outlier(const struct vms_session *session, const struct vms_candidate *c)
{
	return vms_session_outlier(session, c);
}

static int step_to(struct app *a, int dir, unsigned int repeat,
		   bool (*test)(const struct vms_session *, const struct vms_candidate *),
		   const char *what, struct vms_err *err)
{
	uint32_t row = VMS_ID_NONE, next, from = app_list(a)->sel_row;

	for (; repeat; repeat--) {
		next = list_step(a, from, dir, test);
		if (next == VMS_ID_NONE)
			break;
		row = from = next;
	}
	if (row == VMS_ID_NONE)
		return vms_fail(err, VMS_ENODATA, "no %s %s%s", what,
				dir > 0 ? "further down" : "further up",
				app_list(a)->filter ? " in this filter" : "");
	list_select_row(a, row);
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

static int step_word(struct app *a, const struct app_args *args, int dir, struct vms_err *err)
{
	const char *words = dir > 0 ? "undecided outlier violation event match binding"
				    : "undecided outlier violation event match";
	struct app_args plain = *args;

	plain.argc = 0;
	plain.text = "";
	if (!args->argc)
		return step_to(a, dir, args->repeat, NULL, "pair", err);
	switch (choice(words, args->argv[0])) {
	case 0:
		return dir > 0 ? cmd_next_undecided(a, &plain, err)
			       : cmd_prev_undecided(a, &plain, err);
	case 1:
		return dir > 0 ? cmd_next_outlier(a, &plain, err)
			       : cmd_prev_outlier(a, &plain, err);
	case 2: return dir > 0 ? cmd_next_violation(a, err) : cmd_prev_violation(a, err);
	case 3: return dir > 0 ? cmd_next_event(a, &plain, err) : cmd_prev_event(a, &plain, err);
	case 4: return dir > 0 ? cmd_search_next(a, &plain, err) : cmd_search_prev(a, &plain, err);
	case 5: return cmd_binding(a, err);
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

static int step_event(struct app *a, int dir, unsigned int repeat, struct vms_err *err)
{
	struct app_event e = { .host_raw = app_view(a)->cursor_raw };
	const struct app_lane *l;
	unsigned int n;

	if (!app_lanes(a)->shown_nr)
		return vms_fail(err, VMS_EUSAGE, "no lane is shown; V chooses them");
	l = &app_lanes(a)->lane[lanes_selected(a)];
	for (n = 0; n < repeat; n++)
		if (!events_lane_step(a, lanes_selected(a), e.host_raw, dir, &e))
			break;
	if (!n)
		return vms_fail(err, VMS_ENODATA, "no event of %s %s", l->label,
				dir > 0 ? "after this" : "before this");
	view_held(a);
	view_cursor(a, e.host_raw, false);
	events_select(a, &e, app_events(a)->line);
	if (a->focus == APP_PANE_PLOTS)
		say_cursor(a);
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
static uint32_t nearest_in_lane(const struct app *a, const struct app_lane *l)
{
	const int64_t nr = vms_session_candidates_nr(a->session);
	const int64_t from = vms_session_first_at(a->session, app_view(a)->cursor_raw);
	uint64_t best_far = UINT64_MAX, far;
	uint32_t best = VMS_ID_NONE, left;
	int64_t i, at;
	int side;

	for (side = 0; side < 2; side++) {
		for (i = side ? from - 1 : from, left = UINT32_MAX; i >= 0 && i < nr && left;
		     i += side ? -1 : 1) {
			const struct vms_candidate *c =
				vms_session_candidate(a->session, (uint32_t)i);

			left -= left <= NEAR_PAIRS;
			if (l->guest < 0 ? c->pair.host_ev.cpu != (int32_t)l->cpu_idx
					 : c->pair.guest != l->guest ||
						   c->pair.guest_ev.cpu != (int32_t)l->cpu_idx)
				continue;
			if (!filter_match(app_list(a)->filter, a->session, c))
				continue;
			left = VMS_MIN(left, NEAR_PAIRS);
			at = l->guest < 0 ? c->pair.host_raw : app_guest_host_raw(a, c);
			far = at > app_view(a)->cursor_raw
				      ? (uint64_t)at - (uint64_t)app_view(a)->cursor_raw
				      : (uint64_t)app_view(a)->cursor_raw - (uint64_t)at;
			if (far < best_far) {
				best_far = far;
				best = c->id;
			}
		}
	}
	return best;
}

int cmd_open_row(struct app *a, struct vms_err *err)
{
	const struct vms_catalogue *cat = vms_session_catalogue(a->session);
	struct app_args model = { .text = "", .argc = 1, .repeat = 1 };
	char expr[128];
	uint32_t id;

	switch (a->focus) {
	case APP_PANE_LANES:
		id = app_lanes(a)->shown_nr
			     ? nearest_in_lane(a, &app_lanes(a)->lane[lanes_selected(a)])
			     : VMS_ID_NONE;
		if (id == VMS_ID_NONE)
			return vms_fail(err, VMS_ENODATA, "no pair has an end in this lane");
		list_select(a, id);
		return 0;
	case APP_PANE_SEQUENCES:
		if (a->sequences.sel >= cat->seqs_nr)
			return 0;
		(void)snprintf(expr, sizeof(expr), "seq==%.100s", cat->seqs[a->sequences.sel].name);
		screen_set(a, APP_SCREEN_CANDIDATES);
		return filter_set(a, expr, err);
	case APP_PANE_MODELS:
		if (a->models.sel >= vms_session_models_nr(a->session))
			return 0;
		model.argv[0] = model.text = vms_by_name(a->models.sel);
		return cmd_model(a, &model, err);
	case APP_PANE_EVENTS:
	case APP_PANE_PLOTS:
		screen_set(a, APP_SCREEN_MAIN);
		a->focus = APP_PANE_LANES;
		view_held(a);
		if (app_events(a)->sel.ref.cpu >= 0 &&
		    lanes_find(a, app_events(a)->sel.guest,
			       (unsigned int)app_events(a)->sel.ref.cpu) >= 0)
			lanes_select(
				a, (uint32_t)lanes_find(a, app_events(a)->sel.guest,
							(unsigned int)app_events(a)->sel.ref.cpu));
		view_cursor(a, app_view(a)->cursor_raw, true);
		return 0;
	default:
		if (a->screen == APP_SCREEN_CANDIDATES)
			screen_set(a, APP_SCREEN_MAIN);
		if (!app_selected(a))
			return vms_fail(err, VMS_EUSAGE, "no pair is selected");
		setting_put(a, &app_prefs(a)->details, 1);
		view_fit_pair(a, app_selected(a), true);
		return 0;
	}
}
