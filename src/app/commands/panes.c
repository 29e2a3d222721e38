// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows every pane that can have the focus: its screens and keys, how its rows move and open. */
#include "app/commands/cmd_sequence.h"
#include "app/commands/panes.h"

#include <stdio.h>

#include "app/commands/cmd_list.h"
#include "app/commands/command.h"
#include "app/commands/overlays.h"
#include "app/filter/filter.h"
#include "app/state/events.h"
#include "app/state/lane_list.h"
#include "app/state/list.h"
#include "app/state/messages.h"
#include "app/state/search.h"
#include "app/state/settings.h"
#include "app/state/shown.h"
#include "app/state/sequences.h"
#include "app/state/view.h"
#include "app/words/format.h"
#include "core/base/util.h"

static uint32_t scrolled(uint32_t left, int64_t by, uint32_t most)
{
	return (uint32_t)VMS_MAX(VMS_MIN((int64_t)left + by, (int64_t)most), 0);
}

/* Rows that are numbers, as long as the text of one may be */

static struct app_row *rows_here(struct app *app)
{
	struct app_row *row = shown_row(app, app_shown(app)->focus);

	row->nr = pane_here(app)->rows(app);
	return row;
}

static void rows_move(struct app *app, int64_t delta)
{
	row_move(rows_here(app), delta, app->geo.list_rows);
}

static void rows_sideways(struct app *app, int64_t cells)
{
	uint32_t *left = &rows_here(app)->left;

	if (!app->geo.text_left_max)
		app_hint(app, APP_NOTE, "nothing is beyond the border");
	else
		*left = scrolled(*left, cells * APP_LEFT_STEP, app->geo.text_left_max);
}

static int rows_find(struct app *app, int dir, struct vms_err *err)
{
	return search_rows(app, rows_here(app), pane_here(app)->text, dir, err);
}

static void rows_come(struct app *app)
{
	(void)rows_here(app);
}

/* Lanes and plots: sideways goes the time cursor */

static void lanes_move(struct app *app, int64_t delta)
{
	const struct app_lanes *lanes = app_lanes(app);

	if (lanes->shown_nr)
		lanes_select(app, lanes->shown[scrolled(lanes->sel, delta, lanes->shown_nr - 1)]);
}

static void cursor_step(struct app *app, int64_t cells, int64_t by, bool centre)
{
	view_cursor(app,
		    vms_sat_add_i64(app_view(app)->cursor_raw, cells > INT64_MAX / by ? INT64_MAX
							       : cells < -(INT64_MAX / by)
								       ? INT64_MIN
								       : cells * by),
		    centre);
	view_held(app);
}

static void lanes_sideways(struct app *app, int64_t cells)
{
	cursor_step(app, cells, app_view(app)->now.w_raw, false);
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

static int lanes_open(struct app *app, struct vms_err *err)
{
	const uint32_t id =
		app_lanes(app)->shown_nr
			? nearest_in_lane(app, &app_lanes(app)->lane[lanes_selected(app)])
			: VMS_ID_NONE;

	if (id == VMS_ID_NONE)
		return vms_fail(err, VMS_ENODATA, "no pair has an end in this lane");
	list_select(app, id);
	return 0;
}

static uint32_t plots_rows(const struct app *app)
{
	(void)app;
	return APP_PLOT_NR;
}

void say_cursor(struct app *a)
{
	char at[FMT_SIZE];

	app_hint(a, APP_NOTE, "cursor at %s; Enter shows it in the lanes",
		 fmt_time(vms_session_clock(a->session), app_view(a)->cursor_raw, at, sizeof(at)));
}

/* About a column of what is drawn there, which is the whole trace. */
static void plots_sideways(struct app *app, int64_t cells)
{
	const int64_t span = vms_sat_sub_i64(app_view(app)->last_raw, app_view(app)->first_raw);

	cursor_step(app, cells, VMS_MAX(span / VMS_MAX(app->geo.cols, 1u), 1), true);
	say_cursor(app);
}

/* Where the time cursor is, in the lanes. */
static int time_open(struct app *app, struct vms_err *err)
{
	const struct app_event *event = &app_events(app)->sel;
	const int lane = event->ref.cpu < 0
				 ? -1
				 : lanes_find(app, event->guest, (unsigned int)event->ref.cpu);

	(void)err;
	screen_set(app, APP_SCREEN_MAIN);
	shown_focus(app, APP_PANE_LANES);
	view_held(app);
	if (lane >= 0)
		lanes_select(app, (uint32_t)lane);
	view_cursor(app, app_view(app)->cursor_raw, true);
	return 0;
}

/* Pairs */

static void list_move(struct app *app, int64_t delta)
{
	int64_t row = app_list(app)->sel_row != VMS_ID_NONE ? (int64_t)app_list(app)->sel_row
		      : delta > 0			    ? -1
							    : 0;

	if (!app_list(app)->nr)
		return;
	row = VMS_MAX(VMS_MIN(row + delta, (int64_t)app_list(app)->nr - 1), 0);
	list_select_row(app, (uint32_t)row);
}

static void pairs_sideways(struct app *app, int64_t cells)
{
	list_sideways(app,
		      scrolled(app_list(app)->left, cells * APP_LEFT_STEP, app->geo.list_left_max));
}

static int list_open(struct app *app, struct vms_err *err)
{
	if (app_shown(app)->screen == APP_SCREEN_CANDIDATES)
		screen_set(app, APP_SCREEN_MAIN);
	if (!app_selected(app))
		return vms_fail(err, VMS_EUSAGE, "no pair is selected");
	setting_put(app, &app_prefs(app)->details, 1);
	view_fit_pair(app, app_selected(app), true);
	return 0;
}

/*
 * A small screen has no room for details: the focus would vanish there. A pane that takes the
 * screen makes its own.
 */
static bool details_there(const struct app *app)
{
	return app_prefs(app)->details && (app->geo.details || app_prefs(app)->maximised);
}

/* Events */

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

static void events_end(struct app *app, bool last)
{
	const uint32_t rows = app->geo.list_rows;
	struct app_event at;

	if (!app_event_at(app, last ? INT64_MAX : INT64_MIN, &at))
		return;
	events_select(app, &at, last && rows ? rows - 1 : 0);
	view_cursor(app, at.host_raw, true);
}

#define EVENTS_LEFT_MAX 1000u

static void events_scroll(struct app *app, int64_t cells)
{
	events_sideways(app,
			scrolled(app_events(app)->left, cells * APP_LEFT_STEP, EVENTS_LEFT_MAX));
}

static void events_come(struct app *app)
{
	struct app_event at;

	if ((app_events(app)->sel.ref.cpu < 0 ||
	     app_events(app)->sel.host_raw != app_view(app)->cursor_raw) &&
	    app_event_at(app, app_view(app)->cursor_raw, &at))
		events_select(app, &at, app->geo.list_rows / 2);
	else if (app_events(app)->filter_text[0])
		events_settle(app);
}

/* Sequences, models, log */

static const char *sequences_text(const struct app *app, uint32_t row)
{
	return app_sequence(app, row).seq->name;
}

static int sequences_open(struct app *app, struct vms_err *err)
{
	const struct app_row *row = rows_here(app);
	char expr[128];

	if (row->sel >= row->nr)
		return 0;
	if (app_sequence(app, row->sel).found)
		return sequence_adopt(app, app_sequence(app, row->sel).found, true, err);
	(void)snprintf(expr, sizeof(expr), "seq==%.100s", sequences_text(app, row->sel));
	screen_set(app, APP_SCREEN_CANDIDATES);
	return filter_set(app, expr, err);
}

static uint32_t models_rows(const struct app *app)
{
	return vms_session_models_nr(app->session);
}

static const char *models_text(const struct app *app, uint32_t row)
{
	(void)app;
	return vms_by_name(row);
}

static int models_open(struct app *app, struct vms_err *err)
{
	const struct app_row *row = rows_here(app);

	return row->sel < row->nr ? command_word(app, cmd_model, vms_by_name(row->sel), err) : 0;
}

static uint32_t log_rows(const struct app *app)
{
	return app_messages(app)->log_nr;
}

static const char *log_text(const struct app *app, uint32_t row)
{
	return app_messages(app)->log[row].text;
}

static void log_come(struct app *app)
{
	rows_move(app, INT32_MAX);
}

#define ON(screen) (1u << APP_SCREEN_##screen)
#define LISTS (ON(MAIN) | ON(CANDIDATES))

static const struct pane panes[APP_PANE_NR] = {
	[APP_PANE_LANES] = { ON(MAIN), 0, CTX_L, .lanes = true, .move = lanes_move,
			     .sideways = lanes_sideways, .open = lanes_open },
	[APP_PANE_LIST] = { LISTS, LISTS, CTX_C, .move = list_move, .sideways = pairs_sideways,
			    .open = list_open },
	[APP_PANE_DETAILS] = { LISTS, 0, CTX_C, .there = details_there, .move = list_move,
			       .sideways = pairs_sideways, .open = list_open },
	[APP_PANE_PLOTS] = { ON(PLOTS), ON(PLOTS), CTX_L, .rows = plots_rows, .move = rows_move,
			     .sideways = plots_sideways, .come = rows_come, .open = time_open },
	[APP_PANE_SEQUENCES] = { ON(SEQUENCES), ON(SEQUENCES), CTX_C | CTX_S,
				 .rows = app_sequences_nr, .text = sequences_text,
				 .move = rows_move, .sideways = rows_sideways, .come = rows_come,
				 .find = rows_find, .open = sequences_open },
	[APP_PANE_EVENTS] = { ON(EVENTS), ON(EVENTS), CTX_C, .move = events_move, .end = events_end,
			      .sideways = events_scroll, .come = events_come, .find = search_events,
			      .open = time_open },
	[APP_PANE_MODELS] = { ON(MODELS), ON(MODELS), CTX_C, .rows = models_rows,
			      .text = models_text, .move = rows_move, .sideways = rows_sideways,
			      .come = rows_come, .find = rows_find, .open = models_open },
	[APP_PANE_LOG] = { ON(LOG), ON(LOG), CTX_T, .rows = log_rows, .text = log_text,
			   .move = rows_move, .sideways = rows_sideways, .come = log_come,
			   .find = rows_find, .open = list_open },
};

const struct pane *pane_here(const struct app *app)
{
	return &panes[app_shown(app)->focus];
}

static bool pane_there(const struct app *app, int i)
{
	return (panes[i].screens & 1u << app_shown(app)->screen) &&
	       (!panes[i].there || panes[i].there(app));
}

void screen_set(struct app *app, enum app_screen screen)
{
	int i;

	shown_over(app, APP_OVERLAY_NONE);
	for (i = 0; app_shown(app)->screen != screen && i < APP_PANE_NR; i++)
		if (panes[i].first & 1u << screen)
			shown_focus(app, (enum app_pane)i);
	shown_screen(app, screen);
	if (pane_here(app)->come)
		pane_here(app)->come(app);
}

bool pane_alone(const struct app *app)
{
	int i, nr = 0;

	for (i = 0; i < APP_PANE_NR; i++)
		nr += pane_there(app, i);
	return nr < 2;
}

void pane_step(struct app *app, int dir)
{
	int i = app_shown(app)->focus;

	do
		i = (i + dir + APP_PANE_NR) % APP_PANE_NR;
	while (!pane_there(app, i));
	shown_focus(app, (enum app_pane)i);
}

void pane_move(struct app *app, int64_t delta)
{
	if (app_shown(app)->overlay == APP_OVERLAY_NONE)
		pane_here(app)->move(app, delta);
	else if (overlay_here(app)->move)
		overlay_here(app)->move(app, delta);
}

void pane_end(struct app *app, bool last)
{
	if (app_shown(app)->overlay == APP_OVERLAY_NONE && pane_here(app)->end)
		pane_here(app)->end(app, last);
	else
		pane_move(app, last ? INT32_MAX : -(int64_t)INT32_MAX);
}

void pane_sideways(struct app *app, int64_t cells)
{
	struct app_row *over = shown_over_row(app);

	if (app_shown(app)->overlay == APP_OVERLAY_NONE)
		pane_here(app)->sideways(app, cells);
	else if (!app->geo.text_left_max)
		app_hint(app, APP_NOTE, "nothing is beyond the border");
	else
		over->left = scrolled(over->left, cells * APP_LEFT_STEP, app->geo.text_left_max);
}

int64_t pane_page(const struct app *app)
{
	const unsigned int rows = app_shown(app)->overlay != APP_OVERLAY_NONE ? app->geo.text_rows
				  : pane_here(app)->lanes		      ? app->geo.lane_rows
									      : app->geo.list_rows;

	return rows > 1 ? rows - 1 : 1;
}
