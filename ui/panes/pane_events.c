// SPDX-License-Identifier: LGPL-2.1-or-later
/* Events of host and guests merged in the order of the model in force. */
#include "ui/panes/panes_impl.h"
#include "app/filter/filter.h"
#include "app/worker.h"
#include "core/base/printable.h"
#include "core/base/util.h"

#include <vmsync/place.h>

#include <stdio.h>

/*
 * marker and time: what the selection reverses, as in the list; at less than 60 columns the time is
 * a difference
 */
#define PLACE_COLS 23
#define PLACE_COLS_NARROW 14
#define WHOLE_FROM_ROWS 14 /* from here the selected event stands below the others in full */

static const struct vms_stream *stream_of(const struct frame *f, const struct app_event *e)
{
	return e->guest < 0 ? f->a->trace->host : f->a->trace->guests[e->guest].stream;
}

static const char *state_of(const struct frame *f, const struct app_event *e)
{
	const struct vms_pair *p = f->sel ? &f->sel->pair : NULL;

	if (!p)
		return " ";
	if (e->guest >= 0 && (unsigned int)e->guest == p->guest &&
	    vms_ref_same(e->ref, p->guest_ev))
		return "G";
	if (e->guest < 0 && vms_ref_same(e->ref, p->host_ev))
		return "H";
	return " ";
}

/*
 * @gap_raw: time since the event above: it stays the same whichever row is selected, and a step
 * sends two markers
 */
static void draw_row(const struct frame *frame, struct rect rect, int row,
		     const struct app_event *event, int64_t gap_raw, bool selected)
{
	const struct vms_stream *stream = stream_of(frame, event);
	char text[640], comm[48];
	enum tui_role role = event->guest < 0 ? ROLE_HOST : ROLE_GUEST;
	const char *name = NULL;
	int at = rect.col;

	if (stream->ops && stream->ops->comm)
		name = stream->ops->comm(stream, vms_event_tid(stream, event->ref));
	(void)fmt_clean(name ? name : "-", comm, sizeof(comm));
	at += cells_printf(frame->c, row, at, 4, ROLE_STRONG, "%s%s ", selected ? ">" : " ",
			   state_of(frame, event));
	if (filter_event_outside(frame->s, event->guest, event->ref))
		cells_put(frame->c, row, rect.col + 1, 1, ROLE_VIOLATION, FRAME_VIOLATION);
	/* while the vCPU of the first line runs in guest mode */
	if (frame->tr && frame->tr->thread &&
	    vms_place_of(frame->tr->thread, event->host_raw, NULL, NULL) == VMS_PLACE_INSIDE)
		cells_put(frame->c, row, rect.col + 2, 1, ROLE_RUN, frame->g->vert);
	if (rect.cols >= 60) {
		char padded[FMT_SIZE];

		(void)snprintf(padded, sizeof(padded), "%20s ",
			       fmt_time(frame->clock, event->host_raw, FMT_BUF));
		at += cells_put(frame->c, row, at, 24, role, padded);
	}
	at += cells_printf(frame->c, row, at, 12, ROLE_DIM, "%s ",
			   fmt_delta(frame->clock, frame_ns(frame, gap_raw), FMT_BUF));
	/* the lane's own name: of several guests it tells which */
	at += cells_printf(frame->c, row, at, 9, role, "%s %-7s", event->guest < 0 ? "h" : "g",
			   app_lane_name(frame->a, event->guest, (unsigned int)event->ref.cpu));
	/*
	 * the host and the guests must differ in shape too: guests stand two columns further right
	 */
	if (event->guest >= 0)
		at += 2;
	if (rect.cols >= 100)
		at += cells_printf(frame->c, row, at, 18, ROLE_DIM, "%-16s ",
				   fmt_cut(comm, 16, BUF(64)));
	(void)frame_event_text(stream, event->ref, text, sizeof(text));
	cells_put(frame->c, row, at, rect.col + rect.cols - at, role,
		  cells_skip(text, app_events(frame->a)->left));
	if (selected) {
		cells_flag(frame->c, row, rect.col,
			   rect.cols >= 60 ? PLACE_COLS : PLACE_COLS_NARROW, CELL_REVERSE);
		cells_cursor(frame->c, row, rect.col, true);
	}
}

/* All of what the selected row says, where the row itself has no room. */
static void draw_whole(const struct frame *frame, struct rect rect, const struct app_event *event)
{
	char text[640];
	const char *rest =
		frame_event_text(stream_of(frame, event), event->ref, text, sizeof(text));
	int i;

	for (i = 0; i < rect.rows && *rest; i++) {
		cells_put(frame->c, rect.row + i, rect.col + 1, rect.cols - 1, ROLE_DIM, rest);
		rest = cells_skip(rest, (unsigned int)rect.cols - 1);
	}
}

/* Which events are listed: with a filter how many, and of how many. */
static void draw_head(const struct frame *frame, struct rect rect)
{
	const char *model = vms_by_name(vms_session_model(frame->s));
	const struct app_events *events = app_events(frame->a);
	uint64_t all_nr;
	const uint64_t nr = events_count(frame->a, &all_nr);
	unsigned int room;
	char count[64];

	if (!events->filter_text[0]) {
		frame_head(frame, rect, true,
			   "events by model %s; G H the pair, V outside, %s %s runs", model,
			   frame->g->vert,
			   frame->tr ? app_vcpu_short(frame->a, frame->tr, BUF(APP_SHORT_CHARS))
				     : "vCPU");
		return;
	}
	if (events_unfinished(frame->a))
		(void)snprintf(count, sizeof(count), "looking, %u %%",
			       worker_percent(frame->a->opts.worker, WORKER_EVENTS) / 10 * 10);
	else
		(void)snprintf(count, sizeof(count), "%s of %s", fmt_grouped(nr, FMT_BUF),
			       fmt_grouped(all_nr, FMT_BUF));
	room = (unsigned int)VMS_MAX(rect.cols - 16 - cells_width(count), 8);
	frame_head(frame, rect, true, "events & %s%s: %s   by model %s",
		   fmt_cut(events->filter_text, room, BUF(300)),
		   (unsigned int)cells_width(events->filter_text) > room ? ".." : "", count, model);
}

void pane_events(const struct frame *frame)
{
	struct rect rect = frame->l.part[PART_BODY];
	struct app_event event = app_events(frame->a)->sel, sel, next, above;
	const int whole = rect.rows >= WHOLE_FROM_ROWS ? 2 : 0;
	int rows = rect.rows - 2 - whole, line, i;

	if (rect.rows < 3)
		return;
	draw_head(frame, rect);
	cells_printf(frame->c, rect.row + 1, rect.col, rect.cols, ROLE_DIM,
		     rect.cols >= 60 ? "   %20s %11s side      %sevent"
				     : "   %.0s%11s side      %sevent",
		     "host time", "gap", rect.cols >= 100 ? "task             " : "");
	if (event.ref.cpu < 0 && !app_event_at(frame->a, app_view(frame->a)->cursor_raw, &event)) {
		cells_put(frame->c, rect.row + 2, rect.col + 2, rect.cols - 2, ROLE_TEXT,
			  app_events(frame->a)->filter_text[0]
				  ? events_unfinished(frame->a)
					    ? "looking for events that match"
					    : "no event matches the filter: & changes it, Esc "
					      "shows all"
				  : "no events in the lanes shown");
		return;
	}
	sel = event;
	line = (int)app_events(frame->a)->line < rows ? (int)app_events(frame->a)->line : rows - 1;
	for (i = 0; i < line && app_event_step(frame->a, &event, -1, &next); i++)
		event = next;
	if (!app_event_step(frame->a, &event, -1, &above))
		above = event;
	draw_whole(frame, (struct rect){ rect.row + rect.rows - whole, rect.col, whole, rect.cols },
		   &sel);
	for (i = 0; i < rows; i++) {
		draw_row(frame, rect, rect.row + 2 + i, &event,
			 vms_sat_sub_i64(event.host_raw, above.host_raw),
			 event.guest == sel.guest && vms_ref_same(event.ref, sel.ref));
		if (!app_event_step(frame->a, &event, 1, &next))
			break;
		above = event;
		event = next;
	}
}
