// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Knows what a command line that is still being typed would do, in the words of the line below it.
 */
#include "app/commands/preview.h"
#include "app/state/prompt.h"

#include "app/state/times.h"
#include "app/commands/cmd_model.h"
#include "app/state/settings.h"
#include "app/commands/cmd_view.h"
#include "app/commands/cmd_piecewise.h"
#include "app/commands/cmd_decide.h"
#include "app/state/list.h"

#include <stdio.h>
#include <string.h>

#include "app/commands/command.h"
#include "app/filter/filter.h"
#include "app/words/format.h"
#include "app/words/verdict.h"
#include "core/base/util.h"
#include "app/state/view.h"

const char *model_text(const struct app *app, const struct vms_model_result *result, char *buf,
		       size_t size)
{
	const struct vms_clock *c = vms_session_clock(app->session);
	char by[80];

	if (!result->available)
		(void)snprintf(buf, size, "%s: %s", vms_by_name(result->by), result->why_not);
	else
		(void)snprintf(buf, size, "offset %s  %s  %s",
			       fmt_offset(c, result->offset_raw, FMT_BUF),
			       app_result_se(app, result, BUF(80)),
			       verdict_text(c, NULL, result, by, sizeof(by)));
	return buf;
}

static void preview_model(struct app *app, const char *name)
{
	const enum vms_by by = vms_by_find(name);
	const struct vms_model_result *result;
	unsigned int track = app_track(app);
	bool instead;

	if (!vms_session_tracks_nr(app->session))
		return;
	result = vms_session_result(app->session, track, by, (enum vms_basis)app_prefs(app)->basis);
	if (!result)
		return;
	/* the model that Enter puts in force is this one, as long as nothing is accepted */
	instead = !result->available;
	if (instead)
		result = vms_session_result(app->session, track, by, VMS_OVER_NOT_REJECTED);
	prompt_preview(app, "%s%s", instead && result->available ? "not rejected: " : "",
		       model_text(app, result, BUF(140)));
}

/* Candidates that are looked at for the count of a filter still being typed. */
#define PREVIEW_NR 10000u

static void preview_filter(struct app *app, const char *expr)
{
	struct app_filter *filter = NULL;
	struct vms_err why = { 0 };
	uint32_t i, step, hits = 0, nr = vms_session_candidates_nr(app->session);
	int col;

	if (!strcmp(expr, "all") || !strcmp(expr, "filtered"))
		return;
	if (filter_parse(&filter, expr, app->session, &col, &why)) {
		prompt_error(app, (int)(app_prompt(app)->len - strlen(expr)) + (col < 0 ? 0 : col),
			     why.msg);
		return;
	}
	/* of so many that a key would wait for the count, a sample is enough to go by */
	step = nr > app_list(app)->at_once ? nr / PREVIEW_NR + 1 : 1;
	for (i = 0; i < nr; i += step)
		hits += filter_match(filter, app->session, vms_session_candidate(app->session, i));
	prompt_preview(app, "%s%u of %u", step > 1 ? "about " : "", VMS_MIN(hits * step, nr), nr);
	filter_free(filter);
}

static int preview_goto(const struct app *app, const char *text, char *buf, size_t size,
			struct vms_err *err)
{
	char at[FMT_SIZE];
	int64_t raw;
	int ret;

	ret = view_parse_time(app, text, &raw, NULL, err);
	if (!ret)
		(void)snprintf(buf, size, "lands at %s",
			       fmt_time(vms_session_clock(app->session), raw, at, sizeof(at)));
	return ret;
}

static void view_text(const struct app *a, const struct vms_view *to, char *buf, size_t size)
{
	const struct vms_clock *clock = vms_session_clock(a->session);
	int64_t cols = to->cols ? to->cols : 1;
	int64_t span_raw = to->w_raw > INT64_MAX / cols ? INT64_MAX : to->w_raw * cols;

	if (to->t0_raw == app_view(a)->now.t0_raw && to->w_raw == app_view(a)->now.w_raw)
		(void)snprintf(buf, size, "the view stays as it is");
	else
		(void)snprintf(buf, size, "would show %s: %s to %s",
			       fmt_span(clock, vms_clock_ns(clock, span_raw), FMT_BUF),
			       fmt_time(clock, to->t0_raw, FMT_BUF),
			       fmt_time(clock, vms_sat_add_i64(to->t0_raw, span_raw), FMT_BUF));
}

static int preview_view(const struct app *app, int cmd, const struct app_args *args, char *buf,
			size_t size, struct vms_err *err)
{
	struct vms_view to;
	int64_t cursor_raw;
	int ret;

	ret = cmd == COMMAND_zoom ? view_of_zoom(app, args, &to, &cursor_raw, err)
				  : view_of_pan(app, args, &to, err);
	if (!ret)
		view_text(app, &to, buf, size);
	return ret;
}

/* Into buf what the command would do; without a word the command's help stays there. */
static int preview_args(struct app *app, int cmd, const struct app_args *args, char *buf,
			size_t size, struct vms_err *err)
{
	switch (cmd) {
	case COMMAND_mute: return mute_preview(app, args, buf, size, err);
	case COMMAND_note: return note_preview(app, args->text, buf, size, err);
	case COMMAND_set:
		return args->argc ? setting_preview(app, args->argv[0], args_rest(args), buf, size,
						    err)
				  : 0;
	case COMMAND_zoom:
	case COMMAND_pan: return args->argc ? preview_view(app, cmd, args, buf, size, err) : 0;
	case COMMAND_model:
		return args->argc > 1 && !strcmp(args->argv[0], "piecewise")
			       ? piecewise_preview(app, args, buf, size, err)
			       : 0;
	case COMMAND_goto: return args->argc ? preview_goto(app, args->text, buf, size, err) : 0;
	default: return 0;
	}
}

void preview(struct app *app, int cmd, const char *rest)
{
	char store[APP_PROMPT_BYTES], text[APP_PROMPT_BYTES];
	struct app_args args = { .text = rest, .repeat = 1 };
	struct vms_err why = { 0 };

	(void)snprintf(text, sizeof(text), "%s", commands[cmd].help);
	command_args_split(&args, rest, store, sizeof(store));
	/* A word that can still become a right one is no error yet. */
	if (preview_args(app, cmd, &args, text, sizeof(text), &why) && !app_prompt(app)->comp_nr)
		prompt_error(app, -1, why.msg);
	if (commands[cmd].run == cmd_decide)
		decide_preview(app, cmd, rest, text, sizeof(text));
	prompt_preview(app, "%s", text);
	if ((cmd == COMMAND_model || cmd == COMMAND_compare) && args.argc == 1)
		preview_model(app, rest);
	else if ((cmd == COMMAND_filter || cmd == COMMAND_search || cmd == COMMAND_mark) && rest[0])
		preview_filter(app, rest);
}
