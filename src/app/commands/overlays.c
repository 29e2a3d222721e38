// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows every overlay: its keys, rows and text, and what taking or leaving it does. */
#include "app/commands/overlays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/times.h"
#include "app/state/text.h"
#include "app/state/history.h"
#include "app/state/messages.h"
#include "app/state/settings.h"
#include "app/state/columns.h"
#include "app/commands/preview.h"
#include "app/commands/help.h"
#include "app/commands/cmd_list.h"
#include "app/commands/cmd_file.h"
#include "app/line/complete.h"
#include "app/filter/filter.h"
#include "app/state/list.h"
#include "app/state/lane_tree.h"
#include "app/state/search.h"
#include "app/state/view.h"
#include "app/words/format.h"
#include "app/words/printable.h"
#include "core/base/util.h"

static void prompt_fail(struct app *app, const struct vms_err *why, int col)
{
	(void)fmt_clean(why->msg, app->prompt.error, sizeof(app->prompt.error));
	app->prompt.error_col = col;
}

static void move_pick(struct app *app, int64_t delta)
{
	row_move(&app->pick, delta, app->geo.text_rows);
}

static void move_text(struct app *app, int64_t delta)
{
	row_scroll(text_row(app), delta, app->geo.text_rows);
}

/* Help */

static void help_move(struct app *app, int64_t delta)
{
	row_move(&app->help_row, delta, app->geo.text_rows);
}

static void help_typed(struct app *app)
{
	(void)help_fill(app, NULL);
}

/* Enter on a row of the help runs it; what needs words gets a prompt with its verb. */
static int help_enter(struct app *app, const struct app_args *line, struct vms_err *err)
{
	struct app_args args = { .text = "", .repeat = 1, .key = APP_KEY_ENTER };
	char text[64], verb[32];
	const struct command *command;

	(void)line;
	if (app->help_row.sel >= app->help_nr)
		return 0;
	command = &commands[app->help[app->help_row.sel]];
	if ((command->args[0] && command->args[0] != '[') || (command->flags & (KEYARG | LETTER))) {
		(void)snprintf(text, sizeof(text), "%s ",
			       command_verb(command, verb, sizeof(verb)));
		overlay_open(app, APP_OVERLAY_COMMAND, text);
		return 0;
	}
	if (!(command->contexts & CTX_G) && command->contexts)
		return 0;
	return command_run(app, (int)(command - commands), &args, err);
}

/* The ":" line */

static void command_typed(struct app *app)
{
	char rest[APP_PROMPT_BYTES];
	struct vms_err why = { 0 };
	int cmd;

	if (!app->prompt.text[0] || strspn(app->prompt.text, "0123456789") == app->prompt.len)
		return;
	if (!command_parse(app->table, app->prompt.text, &cmd, rest, sizeof(rest), &why))
		preview(app, cmd, rest);
	else if (!app->prompt.comp_nr) /* a verb still being typed is no error yet */
		prompt_fail(app, &why, 0);
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
	struct app_prompt *prompt = &app->prompt;
	struct app_filter *f = NULL;
	struct vms_err why = { 0 };
	int col;

	/* a bad expression leaves the last good one in force */
	if (filter_parse(&f, prompt->text, app->session, &col, &why)) {
		prompt_fail(app, &why, col);
	} else {
		if (list_filter(app, f, prompt->text, &why))
			prompt_fail(app, &why, -1);
	}
	if (list_unfinished(app))
		(void)snprintf(prompt->preview, sizeof(prompt->preview), "... of %u", nr);
	else
		(void)snprintf(prompt->preview, sizeof(prompt->preview), "%u of %u",
			       app_list(app)->nr, nr);
}

/* The error stands at its column. */
static bool filter_stays(struct app *app)
{
	return app->prompt.error[0];
}

static int filter_enter(struct app *app, const struct app_args *line, struct vms_err *err)
{
	int ret = filter_set(app, line->text, err);

	/* while it was typed the selection may have moved already */
	if (!ret)
		filter_says(app, app->sel_before);
	return ret;
}

static void select_back(struct app *app)
{
	if (app_list(app)->sel != app->sel_before)
		list_select(app, app->sel_before);
}

static void filter_leave(struct app *app)
{
	(void)filter_set(app, app->filter_before, NULL);
	select_back(app);
}

static void search_typed(struct app *app)
{
	struct vms_err why = { 0 };
	int col = -1;

	if (!app->prompt.text[0])
		return;
	if (search_for(app, app->prompt.text, app->sel_before, &col, &why))
		prompt_fail(app, &why, col);
	else
		search_says(app);
}

static int search_enter(struct app *app, const struct app_args *line, struct vms_err *err)
{
	int col;

	if (line->text[0])
		return cmd_search(app, line, err);
	(void)search_for(app, "", VMS_ID_NONE, &col, NULL); /* forgets the text */
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
	struct app_prompt *prompt = &app->prompt;
	char at[FMT_SIZE], from[FMT_SIZE];
	struct vms_err why = { 0 };
	uint32_t id;
	int64_t raw;

	if (!prompt->text[0])
		(void)snprintf(prompt->preview, sizeof(prompt->preview), "host time %s to %s",
			       fmt_time(clock, app_view(app)->first_raw, from, sizeof(from)),
			       fmt_time(clock, app_view(app)->last_raw, at, sizeof(at)));
	else if (view_parse_time(app, prompt->text, &raw, &id, &why))
		prompt_fail(app, &why, 0);
	else
		(void)snprintf(
			prompt->preview, sizeof(prompt->preview),
			"lands at %s (%s from the cursor)", fmt_time(clock, raw, at, sizeof(at)),
			fmt_signed(clock,
				   vms_clock_ns(clock,
						vms_sat_sub_i64(raw, app_view(app)->cursor_raw)),
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
	unsigned int i;

	app->pick.nr = vms_session_models_nr(app->session);
	for (i = 0; i < app->pick.nr; i++)
		if (i == vms_session_model(app->session))
			move_pick(app, i);
}

static int model_enter(struct app *app, const struct app_args *line, struct vms_err *err)
{
	struct app_args model = { .argc = 1, .repeat = 1 };

	(void)line;
	if (app->pick.sel >= app->pick.nr)
		return 0;
	model.argv[0] = model.text = vms_by_name(app->pick.sel);
	return cmd_model(app, &model, err);
}

static void lanes_toggle(struct app *app)
{
	lane_tree_toggle(app, app->pick.sel);
}

static void lanes_fold(struct app *app, bool unfold)
{
	if (unfold)
		lane_tree_unfold(app, app->pick.sel);
	else
		lane_tree_fold(app, app->pick.sel);
}

static bool lanes_stay(struct app *app)
{
	return !lane_tree_enter(app, app->pick.sel);
}

static void marks_fill(struct app *app)
{
	uint32_t i;

	free(app->pick_rows);
	app->pick_rows_nr = 0;
	app->pick_rows = vms_calloc(26, sizeof(*app->pick_rows));
	for (i = 0; app->pick_rows && i < 26; i++)
		if (app_view(app)->mark[i].set)
			app->pick_rows[app->pick_rows_nr++] = i;
	app->pick.nr = app->pick_rows_nr;
}

static int marks_enter(struct app *app, const struct app_args *line, struct vms_err *err)
{
	struct app_args mark = { .argc = 1, .repeat = 1 };
	char letter[2] = "a";

	(void)line;
	if (app->pick.sel >= app->pick.nr)
		return 0;
	letter[0] = (char)('a' + app->pick_rows[app->pick.sel]);
	mark.argv[0] = mark.text = letter;
	return cmd_go_mark(app, &mark, err);
}

static void options_fill(struct app *app)
{
	app->pick.nr = app_settings_nr();
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
	if (app->pick.sel < app->pick.nr && !setting_next(app, app->pick.sel))
		columns_edit(app);
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

static const struct overlay overlays[] = {
	[APP_OVERLAY_NONE] = { .label = NULL },
	[APP_OVERLAY_HELP] = { .context = CTX_P,
			       .label = "help: ",
			       .takes = "run it",
			       .move = help_move,
			       .typed = help_typed,
			       .enter = help_enter },
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
				.enter = model_enter },
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
				.enter = marks_enter },
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
	[APP_OVERLAY_CONFIRM] = { .context = CTX_P, .answer = confirm_answer },
};

const struct overlay *overlay_here(const struct app *app)
{
	return &overlays[app->overlay];
}

void overlay_open(struct app *app, enum app_overlay which, const char *text)
{
	const struct overlay *row = &overlays[which];
	struct app_prompt *p = &app->prompt;

	app->overlay = which;
	p->label = row->label;
	(void)snprintf(p->text, sizeof(p->text), "%s", text);
	p->len = (uint32_t)strlen(p->text);
	p->caret = p->len;
	p->selected = p->len > 0 && !row->line;
	p->comp_sel = -1;
	history_rewind(app);
	app->sel_before = app_list(app)->sel;
	(void)snprintf(app->filter_before, sizeof(app->filter_before), "%s",
		       app_list(app)->filter_text);
	if (row->fill) {
		memset(&app->pick, 0, sizeof(app->pick));
		row->fill(app);
	}
	overlay_typed(app);
}

void overlay_close(struct app *app)
{
	app->overlay = APP_OVERLAY_NONE;
}

int overlay_enter(struct app *app, struct vms_err *err)
{
	const struct overlay *row = overlay_here(app);
	struct app_args line = { .argc = 1, .repeat = 1 };
	char text[APP_PROMPT_BYTES];

	if (row->stays && row->stays(app))
		return 0;
	(void)snprintf(text, sizeof(text), "%s", app->prompt.text);
	line.text = line.argv[0] = text;
	overlay_close(app);
	return row->enter ? row->enter(app, &line, err) : 0;
}

void overlay_typed(struct app *app)
{
	const struct overlay *row = overlay_here(app);
	struct app_prompt *p = &app->prompt;

	p->preview[0] = '\0';
	p->error[0] = '\0';
	p->error_col = -1;
	p->comp_nr = 0;
	p->comp_sel = -1;
	p->comp_from = p->caret;
	if (row->complete)
		row->complete(app);
	if (row->typed)
		row->typed(app);
}
