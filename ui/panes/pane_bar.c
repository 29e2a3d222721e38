// SPDX-License-Identifier: LGPL-2.1-or-later
/* The last two lines: the message (or the prompt's place), and the keys of what has the focus. */
#include "app/commands/bar.h"
#include "app/state/events.h"
#include "app/state/lane_list.h"
#include "app/words/verdict.h"
#include "ui/panes/panes_impl.h"
#include "core/base/printable.h"
#include "core/base/util.h"
#include "app/state/persist.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static enum tui_role severity_role(enum app_severity s)
{
	switch (s) {
	case APP_GOOD: return ROLE_GOOD;
	case APP_WARN: return ROLE_WARN;
	case APP_BAD: return ROLE_BAD;
	case APP_NOTE:
	default: return ROLE_MESSAGE;
	}
}

/* A verdict speaks of what could be checked: behind it, where there is room. Return: columns. */
static int checked(const struct frame *frame, struct rect rect)
{
	const struct vms_coverage coverage = vms_session_coverage(frame->s, frame->tr);
	char text[64];

	(void)checked_text(frame->s, frame->tr, text, sizeof(text));
	if (cells_width(text) + 2 > rect.cols)
		return 0;
	return cells_put(frame->c, rect.row, rect.col + 1, rect.cols - 1,
			 (uint64_t)coverage.checkable_nr * 20 < (uint64_t)coverage.events_nr * 19
				 ? ROLE_WARN
				 : ROLE_MESSAGE,
			 text);
}

/* Of several vCPUs each has its own verdict. Return: columns */
static int whose(const struct frame *frame, struct rect rect)
{
	if (vms_session_tracks_nr(frame->s) < 2)
		return 0;
	return cells_printf(frame->c, rect.row, rect.col + 1, rect.cols - 1, ROLE_DIM, "%s ",
			    app_vcpu_short(frame->a, frame->tr, BUF(APP_SHORT_CHARS)));
}

static void verdict_line(const struct frame *frame, struct rect rect)
{
	uint32_t acc, rej, und;
	const struct vms_model_result *res;
	char buf[200], rest[240], tail[64], steps[80];
	enum tui_role role;
	int used;

	if (!frame->tr)
		return;
	res = vms_session_result(frame->s, frame->track, VMS_BY_RECORDED, VMS_OVER_ACCEPTED);
	role = res && res->verdict == VMS_VERDICT_PROVEN_WRONG ? ROLE_BAD
	       : res && res->verdict == VMS_VERDICT_IN_BAND    ? ROLE_GOOD
							       : ROLE_MESSAGE;
	if (rect.cols < 60) {

		cells_printf(frame->c, rect.row, rect.col + 1, rect.cols - 1, role, "recorded: %s",
			     verdict_text(frame->clock, frame->tr, res, BUF(100)));
		return;
	}
	if (app_messages(frame->a)->host_clocks[0]) {
		cells_put(frame->c, rect.row, rect.col + 1, rect.cols - 1, ROLE_WARN,
			  app_messages(frame->a)->host_clocks);
		return;
	}
	if (frame_steps(frame->tr, steps, sizeof(steps))) {
		/*
		 * this comes first: what the other lines say of one offset holds between two steps
		 * only
		 */
		used = whose(frame, rect);
		used += cells_put(frame->c, rect.row, rect.col + 1 + used, rect.cols - 1, ROLE_WARN,
				  strstr(steps, "the offset"));
		(void)snprintf(rest, sizeof(rest),
			       res && res->available ? "; recorded %s" : "; recorded: %s",
			       verdict_fit(frame->clock, frame->tr, res, rect.cols - used - 13, buf,
					   sizeof(buf)));
		used += cells_put(frame->c, rect.row, rect.col + 1 + used, rect.cols - 1 - used,
				  role, rest);
		(void)checked(frame,
			      (struct rect){ rect.row, rect.col + used, 1, rect.cols - used });
		return;
	}
	used = whose(frame, rect);
	used += cells_put(frame->c, rect.row, rect.col + 1 + used, rect.cols - 1 - used, role,
			  app_verdict(frame->a, frame->track, buf, sizeof(buf)));
	used += checked(frame, (struct rect){ rect.row, rect.col + used, 1, rect.cols - used });
	/* the second line of a wide screen has all counts */
	if (rect.cols >= FRAME_COUNTS_FROM_COLS)
		return;
	vms_session_counts(frame->s, &acc, &rej, &und);
	(void)snprintf(tail, sizeof(tail), "%u undecided", und);
	if (used + (int)strlen(tail) + 4 < rect.cols)
		cells_right(frame->c, rect.row, rect.col + used + 2, rect.cols - used - 3,
			    ROLE_TEXT, tail);
}

/* Where the end of the log stands right above, what it says is not said twice. */
static bool said_in_log(const struct frame *f)
{
	const struct app *a = f->a;

	return f->l.part[PART_LOG].rows > 1 && app_messages(a)->log_nr &&
	       app_messages(a)->log[app_messages(a)->log_nr - 1].text &&
	       !strcmp(app_messages(a)->log[app_messages(a)->log_nr - 1].text,
		       app_messages(a)->text);
}

/* The beginning says what, the end why: what does not fit loses its middle; the log has it all. */
static void put_message(const struct frame *f, struct rect r, enum tui_role role, const char *text)
{
	char cut[sizeof(app_messages(f->a)->text)], all[2 * sizeof(cut) + 4];
	const int head = (r.cols - 4) / 2;
	const char *tail = text;
	uint32_t cp;

	if (r.cols > 8 && cells_width(text) > r.cols - 1) {
		while (cells_width(tail) > r.cols - 4 - head)
			tail += utf8_get(tail, strlen(tail), &cp);
		(void)snprintf(all, sizeof(all), "%s...%s",
			       fmt_cut(text, (unsigned int)head, cut, sizeof(cut)), tail);
		text = all;
	}
	cells_put(f->c, r.row, r.col + 1, r.cols - 1, role, text);
}

/*
 * The event of the lane under the time cursor: when, how long after the one before, whose, what.
 * Return: there is one in the cursor's column.
 */
static bool lane_event_line(const struct frame *frame, struct rect rect)
{
	const struct app *app = frame->a;
	const int64_t w_raw = VMS_MAX(app_view(app)->now.w_raw, 1),
		      cursor = app_view(app)->cursor_raw,
		      from = cursor - (cursor - app_view(app)->now.t0_raw) % w_raw;
	const struct app_lane *lane;
	const struct vms_stream *stream;
	struct app_event here = { .host_raw = from }, before;
	char text[640], gap[48] = "", task[64] = "", clean[64];
	const char *comm;

	if (app_shown(app)->focus != APP_PANE_LANES || !app_lanes(app)->shown_nr)
		return false;
	lane = &app_lanes(app)->lane[lanes_selected(app)];
	stream = lane->guest < 0 ? app->trace->host : app->trace->guests[lane->guest].stream;
	/* the very event that . and , went to, else the first of the column */
	if (app_events(app)->sel.guest == lane->guest && app_events(app)->sel.host_raw == cursor &&
	    app_events(app)->sel.ref.cpu == (int32_t)lane->cpu_idx)
		here = app_events(app)->sel;
	else if (!events_lane_step(app, lanes_selected(app), from - 1, 1, &here) ||
		 here.host_raw - from >= w_raw)
		return false;
	if (events_lane_step(app, lanes_selected(app), here.host_raw, -1, &before))
		(void)snprintf(gap, sizeof(gap), "  %s",
			       fmt_signed(frame->clock,
					  frame_ns(frame, here.host_raw - before.host_raw),
					  FMT_BUF));
	comm = stream->ops && stream->ops->comm
		       ? stream->ops->comm(stream, vms_event_tid(stream, here.ref))
		       : NULL;
	if (comm)
		(void)snprintf(task, sizeof(task), "  %s", fmt_clean(comm, clean, sizeof(clean)));
	cells_printf(frame->c, rect.row, rect.col + 1, rect.cols - 1, ROLE_MESSAGE, "%s%s%s  %s",
		     fmt_time(frame->clock, here.host_raw, FMT_BUF), gap, task,
		     frame_event_text(stream, here.ref, text, sizeof(text)));
	return true;
}

void pane_message(const struct frame *frame)
{
	struct rect rect = frame->l.part[PART_MESSAGE];
	const struct app *a = frame->a;

	if (rect.rows < 1)
		return;
	if (app_loop(a)->pending >= 0)
		cells_put(frame->c, rect.row, rect.col + 1, rect.cols - 1, ROLE_PROMPT,
			  app_messages(a)->text);
	else if (app_messages(a)->text[0] && !said_in_log(frame) &&
		 strcmp(app_messages(a)->text, files_notice(a)) != 0)
		put_message(frame, rect, severity_role(app_messages(a)->severity),
			    app_messages(a)->text);
	else if (!lane_event_line(frame, rect))
		verdict_line(frame, rect);
}

void pane_notice(const struct frame *frame)
{
	if (frame->l.part[PART_NOTICE].rows)
		put_message(frame, frame->l.part[PART_NOTICE], ROLE_BAD, files_notice(frame->a));
}

static int entry_width(const struct app_bar_entry *e, int gap)
{
	return cells_width(e->key) + 1 + cells_width(e->label) + gap;
}

void pane_bar(const struct frame *frame)
{
	struct rect rect = frame->l.part[PART_BAR];
	struct app_bar_entry bar_entry[40];
	bool shown[40] = { false };
	unsigned int nr = app_bar(frame->a, bar_entry, 40), i, pass;
	int gap = rect.cols >= 120 ? 2 : 1, left = rect.cols - 1 + gap, at = rect.col + 1;

	if (rect.rows < 1)
		return;
	/* help is always there, whatever has to go; then the basic ones; then what fits */
	for (pass = 0; pass < 3; pass++) {
		for (i = 0; i < nr; i++) {
			if (shown[i] || (pass == 0 && strcmp(bar_entry[i].key, "?") != 0) ||
			    (pass == 1 && !bar_entry[i].basic) ||
			    entry_width(&bar_entry[i], gap) > left)
				continue;
			shown[i] = true;
			left -= entry_width(&bar_entry[i], gap);
		}
	}
	for (i = 0; i < nr; i++) {
		if (!shown[i])
			continue;
		at += cells_put(frame->c, rect.row, at, rect.cols, ROLE_KEY, bar_entry[i].key);
		at += cells_put(frame->c, rect.row, at, 1, ROLE_BAR, ":");
		at += cells_put(frame->c, rect.row, at, rect.cols, ROLE_BAR, bar_entry[i].label) +
		      gap;
	}
}
