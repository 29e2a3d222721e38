// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how keys move rows, and step to what is next of a kind. */
#include <stdlib.h>

#include "app/commands/cmd_jump.h"
#include "app/commands/command.h"
#include "app/commands/panes.h"
#include "app/state/search.h"
#include "app/state/shown.h"
#include "app/words/words.h"
#include "app/state/lane_list.h"
#include "app/state/events.h"
#include "app/state/list.h"
#include "app/commands/overlays.h"
#include "app/state/view.h"

int cmd_move(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const int what = args->row->what;
	const int64_t by = what < 0 ? -(int64_t)args->repeat : args->repeat;

	(void)err;
	switch (abs(what)) {
	case MOVE_ROW: pane_move(app, by); break;
	case MOVE_HALF: pane_move(app, (pane_page(app) + 1) / 2 * by); break;
	case MOVE_PAGE: pane_move(app, pane_page(app) * by); break;
	case MOVE_END: pane_end(app, what > 0); break;
	default: pane_sideways(app, by); break;
	}
	return 0;
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
	if (app_shown(app)->focus == APP_PANE_PLOTS)
		say_cursor(app);
	return 0;
}

/* The match after this one, so many times. */
static int step_match(struct app *app, int dir, unsigned int repeat, struct vms_err *err)
{
	int ret = 0;

	for (; repeat && !ret; repeat--)
		ret = search_step(app, pane_here(app)->find, dir, err);
	if (!ret && app_shown(app)->screen != APP_SCREEN_EVENTS)
		search_says(app);
	return ret;
}

int cmd_step(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const int dir = args->row->what < 0 ? -1 : 1;
	int what = abs(args->row->what);

	if (what == STEP_PAIR && args->argc) {
		what = choice(STEP_WORDS(" ", "binding "), args->argv[0]) + STEP_UNDECIDED;
		if (what < STEP_UNDECIDED || (what == STEP_BINDING && dir < 0))
			return vms_fail(err, VMS_EUSAGE, "next what? %s",
					dir > 0 ? STEP_WORDS(" ", "binding ")
						: STEP_WORDS(" ", ""));
	}
	switch (what) {
	case STEP_UNDECIDED:
		return step_to(app, dir, args->repeat, list_is_undecided, "undecided pair", err);
	case STEP_OUTLIER:
		return step_to(app, dir, args->repeat, vms_session_outlier, "outlier", err);
	case STEP_VIOLATION: return step_violation(app, dir, err);
	case STEP_BINDING: return step_binding(app, err);
	case STEP_EVENT: return step_event(app, dir, args->repeat, err);
	case STEP_MATCH: return step_match(app, dir, args->repeat, err);
	default: return step_to(app, dir, args->repeat, NULL, "pair", err);
	}
}

int cmd_open_row(struct app *app, struct vms_err *err)
{
	return pane_here(app)->open(app, err);
}
