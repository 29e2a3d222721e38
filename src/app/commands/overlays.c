// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows every overlay: its keys, rows and text, and what taking or leaving it does. */
#include "app/commands/overlays.h"
#include "app/state/prompt.h"
#include "app/state/shown.h"

#include <stdio.h>
#include <string.h>

#include "app/state/times.h"
#include "app/state/text.h"
#include "app/state/history.h"
#include "app/state/messages.h"
#include "app/state/settings.h"
#include "app/state/columns.h"
#include "app/commands/preview.h"
#include "app/commands/help.h"
#include "app/commands/confirm.h"
#include "app/commands/panes.h"
#include "app/commands/cmd_change.h"
#include "app/commands/cmd_list.h"
#include "app/commands/cmd_file.h"
#include "app/commands/cmd_now.h"
#include "app/line/complete.h"
#include "app/filter/filter.h"
#include "app/state/events.h"
#include "app/state/list.h"
#include "app/state/lane_tree.h"
#include "app/state/search.h"
#include "app/state/view.h"
#include "app/words/format.h"

static void move_pick(struct app *app, int64_t delta)
{
	row_move(shown_over_row(app), delta, app->geo.text_rows);
}

static void move_text(struct app *app, int64_t delta)
{
	row_scroll(shown_over_row(app), delta, app->geo.text_rows);
}

/* Help */

/* Enter on a row runs it; what needs words gets a prompt with its verb. */
static int help_take(struct app *app, struct vms_err *err)
{
	struct app_args args = { .text = "", .repeat = 1, .key = APP_KEY_ENTER };
	const int cmd = help_command(app, app_shown(app)->over.sel);
	const struct command *command = &commands[cmd < 0 ? 0 : cmd];
	char text[64];

	if (cmd < 0)
		return 0;
	if ((command->args[0] && command->args[0] != '[') || (command->flags & (KEYARG | LETTER))) {
		(void)snprintf(text, sizeof(text), "%s ", command_verb(command, BUF(32)));
		overlay_open(app, APP_OVERLAY_COMMAND, text);
		return 0;
	}
	if (command->contexts == CTX_S)
		screen_set(app, APP_SCREEN_SEQUENCES);
	else if (command->contexts && !(command->contexts & CTX_G))
		return 0;
	return command_run(app, cmd, &args, err);
}

/* The ":" line */

static void command_typed(struct app *app)
{
	char rest[APP_PROMPT_BYTES];
	struct vms_err why = { 0 };
	bool force;
	int cmd;

	if (!app_prompt(app)->text[0] ||
	    strspn(app_prompt(app)->text, "0123456789") == app_prompt(app)->len)
		return;
	if (!command_parse(app->table, app_prompt(app)->text, &cmd, &force, rest, sizeof(rest),
			   &why))
		preview(app, cmd, rest);
	else if (!app_prompt(app)->comp_nr) /* a verb still being typed is no error yet */
		prompt_error(app, 0, why.msg);
}

static int command_enter(struct app *app, const struct app_args *line, struct vms_err *err)
{
	(void)err;
	history_add(app, line->text);
	(void)app_run(app, line->text, NULL); /* its failure is the message already */
	return 0;
}

/* Filter and search: live while they are typed, and back to what was when they are left */

static void filter_typed(struct app *app)
{
	const uint32_t nr = vms_session_candidates_nr(app->session);
	const char *text = app_prompt(app)->text;
	struct app_filter *f = NULL;
	struct vms_err why = { 0 };
	int col;

	/* a bad expression leaves the last good one in force */
	if (filter_parse(&f, text, app->session, &col, &why))
		prompt_error(app, col, why.msg);
	else if (list_filter(app, f, text, &why))
		prompt_error(app, -1, why.msg);
	if (list_unfinished(app))
		prompt_preview(app, "... of %u", nr);
	else
		prompt_preview(app, "%u of %u", app_list(app)->nr, nr);
}

/* The error stands at its column. */
static bool filter_stays(struct app *app)
{
	return app_prompt(app)->error[0];
}

static int filter_enter(struct app *app, const struct app_args *line, struct vms_err *err)
{
	int ret = filter_set(app, line->text, err);

	/* while it was typed the selection may have moved already */
	if (!ret)
		filter_says(app, app_prompt(app)->sel_before);
	return ret;
}

static void select_back(struct app *app)
{
	if (app_list(app)->sel != app_prompt(app)->sel_before)
		list_select(app, app_prompt(app)->sel_before);
}

static void filter_leave(struct app *app)
{
	(void)filter_set(app, app_prompt(app)->before, NULL);
	select_back(app);
}

/* The same of events */

static void events_typed(struct app *app)
{
	struct vms_err why = { 0 };
	int col = -1;

	if (events_filter(app, app_prompt(app)->text, &col, &why))
		prompt_error(app, col, why.msg);
	events_filter_says(app);
}

static int events_enter(struct app *app, const struct app_args *line, struct vms_err *err)
{
	return cmd_filter_events(app, line, err);
}

static void events_leave(struct app *app)
{
	(void)events_filter(app, app_prompt(app)->before, NULL, NULL);
}

static void search_typed(struct app *app)
{
	struct vms_err why = { 0 };
	int col = -1;

	if (!app_prompt(app)->text[0])
		return;
	if (search_for(app, pane_here(app)->find, app_prompt(app)->text,
		       app_prompt(app)->sel_before, &col, &why))
		prompt_error(app, col, why.msg);
	else
		search_says(app);
}

static int search_enter(struct app *app, const struct app_args *line, struct vms_err *err)
{
	int col;

	if (line->text[0])
		return cmd_search(app, line, err);
	(void)search_for(app, NULL, "", VMS_ID_NONE, &col, NULL); /* forgets the text */
	return 0;
}

static void search_leave(struct app *app)
{
	search_forget(app);
	select_back(app);
}

/* Times, notes, files */

static void goto_typed(struct app *app)
{
	const struct vms_clock *clock = vms_session_clock(app->session);
	const struct app_view *view = app_view(app);
	char at[FMT_SIZE], from[FMT_SIZE];
	struct vms_err why = { 0 };
	uint32_t id;
	int64_t raw;

	if (!app_prompt(app)->text[0])
		prompt_preview(app, "host time %s to %s",
			       fmt_time(clock, view->first_raw, from, sizeof(from)),
			       fmt_time(clock, view->last_raw, at, sizeof(at)));
	else if (view_parse_time(app, app_prompt(app)->text, &raw, &id, &why))
		prompt_error(app, 0, why.msg);
	else
		prompt_preview(
			app, "lands at %s (%s from the cursor)",
			fmt_time(clock, raw, at, sizeof(at)),
			fmt_signed(clock,
				   vms_clock_ns(clock, vms_sat_sub_i64(raw, view->cursor_raw)),
				   from, sizeof(from)));
}

static int goto_enter(struct app *app, const struct app_args *line, struct vms_err *err)
{
	return line->text[0] ? cmd_goto(app, line, err) : 0;
}

static int save_enter(struct app *app, const struct app_args *line, struct vms_err *err)
{
	return line->text[0] ? cmd_write(app, line, err)
			     : vms_fail(err, VMS_EUSAGE, "save to which file?");
}

/* Pickers */

static void model_fill(struct app *app)
{
	struct app_row *row = shown_over_row(app);

	row->nr = vms_session_models_nr(app->session);
	if (vms_session_model(app->session) < row->nr)
		move_pick(app, vms_session_model(app->session));
}

static int model_take(struct app *app, struct vms_err *err)
{
	const struct app_row *row = shown_over_row(app);

	return row->sel < row->nr ? command_word(app, cmd_model, vms_by_name(row->sel), err) : 0;
}

static void lanes_toggle(struct app *app)
{
	lane_tree_toggle(app, app_shown(app)->over.sel);
}

static void lanes_fold(struct app *app, bool unfold)
{
	if (unfold)
		lane_tree_unfold(app, app_shown(app)->over.sel);
	else
		lane_tree_fold(app, app_shown(app)->over.sel);
}

static bool lanes_stay(struct app *app)
{
	return !lane_tree_enter(app, app_shown(app)->over.sel);
}

static void marks_fill(struct app *app)
{
	while (view_mark_nth(app, shown_over_row(app)->nr))
		shown_over_row(app)->nr++;
}

static int marks_take(struct app *app, struct vms_err *err)
{
	const char letter[2] = { view_mark_nth(app, app_shown(app)->over.sel) };

	return letter[0] ? command_word(app, cmd_go_mark, letter, err) : 0;
}

static void options_fill(struct app *app)
{
	shown_over_row(app)->nr = app_settings_nr();
}

/* The line that changes them, with what is in force to begin from. */
static void columns_edit(struct app *app)
{
	uint8_t all[APP_COLUMN_NR];
	char text[160], line[192];
	uint32_t i;

	for (i = 0; i < APP_COLUMN_NR; i++)
		all[i] = (uint8_t)i;
	(void)columns_text(app_prefs(app)->columns_nr ? app_prefs(app)->columns : all,
			   app_prefs(app)->columns_nr ? app_prefs(app)->columns_nr : APP_COLUMN_NR,
			   text, sizeof(text));
	(void)snprintf(line, sizeof(line), "set columns %s", text);
	overlay_open(app, APP_OVERLAY_COMMAND, line);
}

static void options_toggle(struct app *app)
{
	struct vms_err err;

	if (app_shown(app)->over.sel < app_shown(app)->over.nr &&
	    !setting_next(app, app_shown(app)->over.sel))
		columns_edit(app);
	if (change_rate(app, false, &err))
		app_say(app, APP_BAD, "%s", err.msg);
}

static bool options_stay(struct app *app)
{
	options_toggle(app);
	return true;
}

/* A key that goes to another pair is about that pair: so is what is read. */
static void explain_follow(struct app *app)
{
	if (app_text(app)->about != app_list(app)->sel && app_selected(app))
		(void)cmd_explain(app, &(struct app_args){ .text = "", .repeat = 1 }, NULL);
}

static const struct overlay overlays[APP_OVERLAY_NR] = {
	[APP_OVERLAY_NONE] = { .label = NULL },
	[APP_OVERLAY_HELP] = { .context = CTX_P,
			       .label = "help: ",
			       .takes = "run it",
			       .move = move_pick,
			       .typed = help_fill,
			       .take = help_take },
	[APP_OVERLAY_COMMAND] = { .context = CTX_P,
				  .label = ":",
				  .line = true,
				  .typed = command_typed,
				  .complete = complete_command,
				  .enter = command_enter },
	[APP_OVERLAY_FILTER] = { .context = CTX_P,
				 .label = "filter: ",
				 .typed = filter_typed,
				 .complete = complete_filter,
				 .stays = filter_stays,
				 .enter = filter_enter,
				 .leave = filter_leave },
	[APP_OVERLAY_EVENTS] = { .context = CTX_P,
				 .label = "events: ",
				 .typed = events_typed,
				 .complete = complete_filter,
				 .stays = filter_stays,
				 .enter = events_enter,
				 .leave = events_leave },
	[APP_OVERLAY_SEARCH] = { .context = CTX_P,
				 .label = "/",
				 .typed = search_typed,
				 .enter = search_enter,
				 .leave = search_leave },
	[APP_OVERLAY_GOTO] = { .context = CTX_P,
			       .label = "go to: ",
			       .typed = goto_typed,
			       .enter = goto_enter },
	[APP_OVERLAY_NOTE] = { .context = CTX_P, .label = "note: ", .enter = cmd_note },
	[APP_OVERLAY_MODEL] = { .context = CTX_K,
				.fill = model_fill,
				.move = move_pick,
				.take = model_take },
	[APP_OVERLAY_LANES] = { .context = CTX_P,
				.label = "lanes: ",
				.takes = "go there",
				.fill = lane_tree_open,
				.move = move_pick,
				.typed = lane_tree_fill,
				.toggle = lanes_toggle,
				.fold = lanes_fold,
				.stays = lanes_stay },
	[APP_OVERLAY_MARKS] = { .context = CTX_K,
				.fill = marks_fill,
				.move = move_pick,
				.take = marks_take },
	[APP_OVERLAY_SAVE] = { .context = CTX_P,
			       .label = "save to: ",
			       .takes = "write",
			       .move = move_text,
			       .typed = save_typed,
			       .enter = save_enter },
	[APP_OVERLAY_OPTIONS] = { .context = CTX_K,
				  .fill = options_fill,
				  .move = move_pick,
				  .toggle = options_toggle,
				  .stays = options_stay },
	[APP_OVERLAY_EXPLAIN] = { .context = CTX_T, .move = move_text, .follow = explain_follow },
	[APP_OVERLAY_TEXT] = { .context = CTX_T, .move = move_text },
	[APP_OVERLAY_NOW] = { .context = CTX_K,
			      .passes = true,
			      .fill = now_fill,
			      .move = now_move,
			      .take = now_take,
			      .follow = now_fill },
	[APP_OVERLAY_STEPS] = { .context = CTX_K, .move = move_pick, .take = steps_take },
	[APP_OVERLAY_CONFIRM] = { .context = CTX_P, .answer = confirm_answer },
};

const struct overlay *overlay_here(const struct app *app)
{
	return &overlays[app_shown(app)->overlay];
}

void overlay_open(struct app *app, enum app_overlay which, const char *text)
{
	const struct overlay *row = &overlays[which];

	shown_over(app, which);
	prompt_open(app, row->label, text, !row->line);
	history_rewind(app);
	if (row->fill)
		row->fill(app);
	overlay_typed(app);
}

void overlay_close(struct app *app)
{
	shown_over(app, APP_OVERLAY_NONE);
}

int overlay_enter(struct app *app, struct vms_err *err)
{
	const struct overlay *row = overlay_here(app);
	char text[APP_PROMPT_BYTES];

	if (row->stays && row->stays(app))
		return 0;
	(void)snprintf(text, sizeof(text), "%s", app_prompt(app)->text);
	overlay_close(app);
	if (row->take)
		return row->take(app, err);
	return row->enter ? command_word(app, row->enter, text, err) : 0;
}

void overlay_typed(struct app *app)
{
	const struct overlay *row = overlay_here(app);

	prompt_fresh(app);
	if (row->complete)
		row->complete(app);
	if (row->typed)
		row->typed(app);
}
