// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the commands of the lanes: zoom, pan, go to, marks, and what the lanes show. */
#include <stdio.h>
#include <string.h>

#include "app/commands/cmd_jump.h"
#include "app/commands/cmd_view.h"
#include "app/state/shown.h"
#include "app/state/times.h"
#include "app/state/messages.h"
#include "app/words/words.h"
#include "app/state/settings.h"
#include "app/state/lane_list.h"
#include "app/state/events.h"
#include "app/state/list.h"
#include "app/commands/overlays.h"
#include "app/words/format.h"
#include "core/base/util.h"
#include "app/commands/command.h"
#include "app/state/view.h"

/* Where no lanes are drawn nobody sees that their view changed: the message tells it. Return: 0 */
static void view_told(struct app *a)
{
	const struct vms_clock *c = vms_session_clock(a->session);

	if (!app_lanes_drawn(a))
		app_hint(a, APP_NOTE, "lanes of screen 1: from %s on, %s a column",
			 fmt_time(c, app_view(a)->now.t0_raw, FMT_BUF),
			 fmt_span(c, vms_clock_ns(c, app_view(a)->now.w_raw), FMT_BUF));
}

int cmd_zoom_by(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const int steps = args->row->what * (int)VMS_MIN(args->repeat, 60u);
	const int64_t w_raw = app_view(app)->now.w_raw;

	(void)err;
	view_zoom(app, steps);
	view_told(app);
	if (app_view(app)->now.w_raw == w_raw)
		app_hint(app, APP_NOTE,
			 steps < 0 ? "the whole trace is in view"
				   : "a column is one tick of the clock already");
	return 0;
}

/* The columns' width that shows a span. */
static int64_t width_of(const struct app *a, int64_t span_raw)
{
	int64_t cols = app_view(a)->now.cols ? app_view(a)->now.cols : 1;

	return VMS_MAX(span_raw / cols + (span_raw % cols != 0), 1);
}

int view_of_zoom(const struct app *app, const struct app_args *args, struct vms_view *to,
		 int64_t *cursor_raw, struct vms_err *err)
{
	const char *word = args->argc ? args->argv[0] : "";
	int64_t span;
	size_t used;
	int ret;

	*cursor_raw = app_view(app)->cursor_raw;
	if (!strcmp(word, "in") || !strcmp(word, "out")) {
		*to = view_zoomed(app, word[0] == 'i' ? 1 : -1);
		return 0;
	}
	if (!strcmp(word, "whole") || !strcmp(word, "all")) {
		*to = view_placed(app, app_view(app)->first_raw, INT64_MAX);
		return 0;
	}
	if (args->argc < 1 || args->argc > 2)
		return vms_fail(
			err, VMS_EUSAGE,
			"zoom in, out, whole, DURATION, or TIME DURATION (no blank inside a time)");
	word = args->argv[args->argc - 1];
	ret = parse_duration(vms_session_clock(app->session), word, false, &span, &used, err);
	if (ret)
		return ret;
	if (span <= 0 || word[used])
		return vms_fail(err, VMS_EUSAGE, "'%s' is no duration such as 80us", word);
	if (args->argc == 1) {
		*to = view_placed(app, vms_sat_sub_i64(app_view(app)->cursor_raw, span / 2),
				  width_of(app, span));
		return 0;
	}
	ret = view_parse_time(app, args->argv[0], cursor_raw, NULL, err);
	if (!ret)
		*to = view_placed(app, *cursor_raw, width_of(app, span));
	return ret;
}

int cmd_zoom(struct app *app, const struct app_args *args, struct vms_err *err)
{
	int64_t cursor_raw;
	struct vms_view to;
	int ret;

	ret = view_of_zoom(app, args, &to, &cursor_raw, err);
	if (ret)
		return ret;
	view_show(app, to.t0_raw, to.w_raw);
	if (args->argc == 2) {
		view_held(app);
		view_cursor(app, cursor_raw, false);
	}
	view_told(app);
	return 0;
}

int view_pair_of(struct app *app, const struct app_args *args, struct vms_candidate *out,
		 struct vms_err *err)
{
	uint32_t id = VMS_ID_NONE;
	char name[32];
	int64_t raw;
	int ret;

	if (args->argc) {
		(void)snprintf(name, sizeof(name), "#%.20s",
			       args->argv[0] + (args->argv[0][0] == '#'));
		ret = view_parse_time(app, name, &raw, &id, err);
		if (ret)
			return ret;
		list_select(app, id);
	}
	if (!app_candidate_in(app, app_list(app)->sel, out))
		return vms_fail(err, VMS_EUSAGE, "no pair is selected");
	return 0;
}

int cmd_fit(struct app *a, const struct app_args *args, struct vms_err *err)
{
	struct vms_candidate cand;
	int ret;

	if (!args->argc && app_miss(a)) {
		view_miss(a, app_miss(a));
		return 0;
	}
	ret = view_pair_of(a, args, &cand, err);
	if (ret)
		return ret;
	view_fit_pair(a, &cand, false);
	view_told(a);
	return 0;
}

void cmd_whole(struct app *a)
{
	view_whole(a);
	view_told(a);
}

static void pan_by(struct app *app, int64_t raw)
{
	int64_t cursor = app_view(app)->cursor_raw - app_view(app)->now.t0_raw,
		t0_raw = app_view(app)->now.t0_raw;

	view_held(app);
	view_show(app, vms_sat_add_i64(app_view(app)->now.t0_raw, raw), app_view(app)->now.w_raw);
	/* The cursor keeps its column, so that zooming after a pan stays on the screen. */
	view_cursor(app, vms_sat_add_i64(app_view(app)->now.t0_raw, cursor), false);
	view_told(app);
	if (app_view(app)->now.t0_raw == t0_raw)
		app_hint(app, APP_NOTE,
			 app_view(app)->whole ? "the whole trace is in view"
			 : raw < 0	      ? "the trace begins here"
					      : "the trace ends here");
}

static int64_t half_screen(const struct app *a, unsigned int repeat)
{
	int64_t cols = VMS_MAX(app_view(a)->now.cols / 2, 1u), n = (int64_t)repeat * cols;

	return n > INT64_MAX / app_view(a)->now.w_raw ? INT64_MAX : n * app_view(a)->now.w_raw;
}

int cmd_pan_by(struct app *app, const struct app_args *args, struct vms_err *err)
{
	(void)err;
	pan_by(app, args->row->what * half_screen(app, args->repeat));
	return 0;
}

static int pan_parse(const struct app *app, const struct app_args *args, int64_t *raw,
		     struct vms_err *err)
{
	size_t used;
	int ret;

	if (!strcmp(args->text, "left") || !strcmp(args->text, "right")) {
		*raw = args->text[0] == 'l' ? -half_screen(app, 1) : half_screen(app, 1);
		return 0;
	}
	ret = parse_duration(vms_session_clock(app->session), args->text, false, raw, &used, err);
	if (ret || args->text[used])
		return ret ? ret
			   : vms_fail(err, VMS_EUSAGE,
				      "pan left, right, or a duration such as -2ms");
	return 0;
}

int view_of_pan(const struct app *a, const struct app_args *args, struct vms_view *to,
		struct vms_err *err)
{
	int64_t raw;
	int ret;

	ret = pan_parse(a, args, &raw, err);
	if (!ret)
		*to = view_placed(a, vms_sat_add_i64(app_view(a)->now.t0_raw, raw),
				  app_view(a)->now.w_raw);
	return ret;
}

int cmd_pan(struct app *a, const struct app_args *args, struct vms_err *err)
{
	int64_t raw;
	int ret;

	ret = pan_parse(a, args, &raw, err);
	if (!ret)
		pan_by(a, raw);
	return ret;
}

int cmd_goto(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const struct vms_clock *clock = vms_session_clock(app->session);
	uint32_t id = VMS_ID_NONE;
	struct app_event event;
	char at[FMT_SIZE];
	int64_t raw;
	int ret;

	if (!args->text[0]) {
		overlay_open(app, APP_OVERLAY_GOTO, "");
		return 0;
	}
	ret = view_parse_time(app, args->text, &raw, &id, err);
	if (ret)
		return ret;
	view_jump(app);
	if (id != VMS_ID_NONE) {
		list_select(app, id);
		return 0;
	}
	view_held(app);
	view_cursor(app, raw, true);
	if (app_shown(app)->focus == APP_PANE_EVENTS && app_event_at(app, raw, &event))
		events_select(app, &event, app->geo.list_rows / 2);
	app_hint(app, APP_NOTE, "at %s; '' goes back", fmt_time(clock, raw, at, sizeof(at)));
	return 0;
}

int cmd_view_step(struct app *app, const struct app_args *args, struct vms_err *err)
{
	if (!view_history(app, args->row->what))
		return vms_fail(err, VMS_ENODATA, "no view %s this one",
				args->row->what < 0 ? "before" : "after");
	view_held(app);
	view_told(app);
	return 0;
}

void cmd_centre(struct app *app)
{
	const struct vms_candidate *c = app_selected(app);
	int64_t at = app_view(app)->cursor_raw, half;

	if (app_context(app) != CTX_L) {
		list_centre(app);
		if (c)
			at = c->pair.host_raw;
	}
	half = half_screen(app, 1);
	view_cursor_put(app, at);
	view_show(app, vms_sat_sub_i64(at, half), app_view(app)->now.w_raw);
	view_told(app);
}

int cmd_follow(struct app *a, const struct app_args *args, struct vms_err *err)
{
	int on = args->argc ? choice(ON_OFF_WORDS(" "), args->argv[0])
			    : app_view(a)->follow == APP_FOLLOW_OFF;

	if (on < 0)
		return vms_fail(err, VMS_EUSAGE, "follow is one of: " ON_OFF_WORDS(" "));
	view_follow_set(a, on ? APP_FOLLOW_ON : APP_FOLLOW_OFF);
	app_hint(a, APP_NOTE, on ? "lanes follow the selected pair" : "lanes stay where they are");
	return 0;
}

int cmd_set_mark(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const struct vms_clock *clock = vms_session_clock(app->session);
	char letter = args->argc ? args->argv[0][0] : '\0', at[FMT_SIZE], span[FMT_SIZE];
	int64_t raw = app_view(app)->cursor_raw;
	int ret;

	if (letter < 'a' || letter > 'z' || args->argv[0][1])
		return vms_fail(err, VMS_EUSAGE, "a mark is one letter, a to z; a and b measure");
	if (args->argc > 1) {
		ret = view_parse_time(app, args->argv[1], &raw, NULL, err);
		if (ret)
			return ret;
	}
	view_mark(app, letter, raw);
	if (letter == 'b' && app_view(app)->mark[0].set &&
	    app_view(app)->mark[0].host_raw == app_view(app)->mark[1].host_raw)
		app_say(app, APP_WARN,
			"mark b is where a is: move in between, by ], or by l in the lanes "
			"(Shift-Tab)");
	else if (app_view(app)->mark[0].set && app_view(app)->mark[1].set && letter <= 'b')
		app_say(app, APP_NOTE, "mark %c at %s; a to b %s", letter,
			fmt_time(clock, raw, at, sizeof(at)),
			fmt_signed(clock,
				   vms_clock_ns(clock,
						vms_sat_sub_i64(app_view(app)->mark[1].host_raw,
								app_view(app)->mark[0].host_raw)),
				   span, sizeof(span)));
	else
		app_say(app, APP_NOTE, "mark %c at %s", letter,
			fmt_time(clock, raw, at, sizeof(at)));
	return 0;
}

int cmd_go_mark(struct app *app, const struct app_args *args, struct vms_err *err)
{
	char name[3] = "'?", at[FMT_SIZE];
	int64_t raw;
	int ret;

	if (!args->argc) {
		overlay_open(app, APP_OVERLAY_MARKS, "");
		return 0;
	}
	name[1] = args->argv[0][0];
	if (name[1] == '\'' && !view_jump_back(app, &raw))
		return vms_fail(err, VMS_ENODATA, "no jump to go back from yet; t and ' jump");
	ret = name[1] == '\'' ? 0 : view_parse_time(app, name, &raw, NULL, err);
	if (ret)
		return ret;
	view_jump(app);
	view_held(app);
	view_cursor(app, raw, true);
	app_hint(app, APP_NOTE, "at %s; '' goes back",
		 fmt_time(vms_session_clock(app->session), raw, at, sizeof(at)));
	return 0;
}

/* What a setting means, where its value does not say it. */
static void setting_told(struct app *app, int cmd)
{
	static const char *const bases[] = { "host time", "guest time", "difference to the cursor",
					     "ticks of the host clock" };
	static const char *const densities[] = {
		"density: . 1  : 2-3  + 4-7  * 8-15  # 16 events and more; fifths of the most from "
		"32 on",
		"density: events of a column, 1 to 9, ^ for more",
		"class of the first event: k kvm, s sched, t timer, i irq, m msr, p power",
	};
	const struct app_prefs *prefs = app_prefs(app);

	if (cmd == COMMAND_density)
		app_hint(app, APP_NOTE, "%s", densities[prefs->density]);
	else if (cmd == COMMAND_time_base)
		app_hint(app, APP_NOTE, "labels in %s",
			 prefs->time_base == APP_BASE_DELTA && app_view(app)->mark[0].set
				 ? "difference to mark a"
				 : bases[prefs->time_base]);
	else if (cmd == COMMAND_event_numbers && prefs->event_numbers && app->geo.cols < 120)
		app_hint(app, APP_NOTE,
			 "event numbers: on; l scrolls to them where they do not fit");
}

/* A choice given as a word, or the next without one. It is said: not all can be seen. */
int cmd_setting(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const int cmd = (int)(args->row - commands);
	struct app_setting_text now;
	char name[32];
	int ret;

	(void)command_verb(args->row, name, sizeof(name));
	ret = setting_set(app, name, args->argc ? args->argv[0] : NULL, "session", &now, err);
	if (ret)
		return ret;
	app_hint(app, APP_NOTE, "%s: %s", name, now.value);
	setting_told(app, cmd);
	if (cmd == COMMAND_glyphs && !args->argc && app_glyphs_nr(app) == 1)
		app_hint(app, APP_WARN, GLYPHS_ASCII_WHY);
	return 0;
}

int cmd_pin(struct app *a, const struct app_args *args, struct vms_err *err)
{
	uint32_t lane = args->argc ? (uint32_t)lanes_named(a, args->argv[0]) : lanes_selected(a);

	if (lane >= app_lanes(a)->nr)
		return vms_fail(err, VMS_EUSAGE, "no such lane; lanes are named vCPU0, pCPU2");
	lanes_pin(a, lane);
	app_hint(a, APP_NOTE,
		 app_lanes(a)->lane[lane].pinned ? "%s is pinned" : "%s is not pinned any more",
		 app_lanes(a)->lane[lane].label);
	return 0;
}

int cmd_lanes(struct app *app, const struct app_args *args, struct vms_err *err)
{
	int i, ret = 0;

	if (!args->argc) {
		overlay_open(app, APP_OVERLAY_LANES, "");
		return 0;
	}
	for (i = 0; i < args->argc && !ret; i++)
		ret = lanes_set(app, args->argv[i], err);
	if (!ret)
		app_hint(app, APP_NOTE, "%u of %u lanes shown", app_lanes(app)->shown_nr,
			 app_lanes(app)->nr);
	return ret;
}
