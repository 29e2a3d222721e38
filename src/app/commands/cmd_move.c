// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how the selection, the lane cursor and the rows of each pane move. */

#include "app/commands/panes.h"
#include "app/state/shown.h"
#include "app/words/words.h"
#include "app/state/lane_list.h"
#include "app/state/events.h"
#include "app/state/list.h"
#include "app/commands/overlays.h"
#include "app/commands/command.h"
#include "app/state/view.h"

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
	pane_move(a, pane_page(a) * args->repeat);
}

void cmd_page_up(struct app *a, const struct app_args *args)
{
	pane_move(a, -pane_page(a) * args->repeat);
}

void cmd_half_down(struct app *a, const struct app_args *args)
{
	pane_move(a, (pane_page(a) + 1) / 2 * args->repeat);
}

void cmd_half_up(struct app *a, const struct app_args *args)
{
	pane_move(a, -(pane_page(a) + 1) / 2 * args->repeat);
}

void cmd_first(struct app *a)
{
	pane_end(a, false);
}

void cmd_last(struct app *a)
{
	pane_end(a, true);
}

void cmd_left(struct app *a, const struct app_args *args)
{
	pane_sideways(a, -(int64_t)args->repeat);
}

void cmd_right(struct app *a, const struct app_args *args)
{
	pane_sideways(a, args->repeat);
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
	if (app_shown(app)->focus == APP_PANE_PLOTS)
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

int cmd_open_row(struct app *app, struct vms_err *err)
{
	return pane_here(app)->open(app, err);
}
