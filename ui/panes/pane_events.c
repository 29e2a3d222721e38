// SPDX-License-Identifier: LGPL-2.1-or-later
/* Events of host and guests merged in the order of the model in force. */
#include "ui/panes/panes_impl.h"

#include <stdio.h>
#include <string.h>

/*
 * marker and time: what the selection reverses, as in the list; at less than 60 columns the time is
 * a difference
 */
#define PLACE_COLS 23
#define PLACE_COLS_NARROW 14

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
static void draw_row(const struct frame *f, struct rect r, int row, const struct app_event *e,
		     int64_t gap_raw, bool selected)
{
	const struct vms_stream *s = stream_of(f, e);
	char time[FMT_SIZE], delta[FMT_SIZE], text[640], comm[48], cut[64];
	enum tui_role role = e->guest < 0 ? ROLE_HOST : ROLE_GUEST;
	const char *name = NULL;
	int at = r.col;

	if (s->ops && s->ops->comm)
		name = s->ops->comm(s, vms_event_tid(s, e->ref));
	(void)fmt_clean(name ? name : "-", comm, sizeof(comm));
	at += cells_printf(f->c, row, at, 4, ROLE_STRONG, "%s%s ", selected ? ">" : " ",
			   state_of(f, e));
	if (r.cols >= 60) {
		char padded[FMT_SIZE];

		(void)snprintf(padded, sizeof(padded), "%20s ",
			       fmt_time(f->clock, e->host_raw, time, sizeof(time)));
		at += cells_put(f->c, row, at, 24, role, padded);
	}
	at += cells_printf(f->c, row, at, 12, ROLE_DIM, "%s ",
			   fmt_delta(f->clock, frame_ns(f, gap_raw), delta, sizeof(delta)));
	/* the lane's own name: of several guests it tells which */
	at += cells_printf(f->c, row, at, 9, role, "%s %-7s", e->guest < 0 ? "h" : "g",
			   app_lane_name(f->a, e->guest, (unsigned int)e->ref.cpu));
	/*
	 * the host and the guests must differ in shape too: guests stand two columns further right
	 */
	if (e->guest >= 0)
		at += 2;
	if (r.cols >= 100)
		at += cells_printf(f->c, row, at, 18, ROLE_DIM, "%-16s ",
				   fmt_cut(comm, 16, cut, sizeof(cut)));
	(void)frame_event_text(s, e->ref, text, sizeof(text));
	cells_put(f->c, row, at, r.col + r.cols - at, role,
		  cells_skip(text, app_events(f->a)->left));
	if (selected) {
		cells_flag(f->c, row, r.col, r.cols >= 60 ? PLACE_COLS : PLACE_COLS_NARROW,
			   CELL_REVERSE);
		cells_cursor(f->c, row, r.col, true);
	}
}

void pane_events(const struct frame *f)
{
	struct rect r = f->l.part[PART_BODY];
	struct app_event e = app_events(f->a)->sel, sel, next, above;
	int rows = r.rows - 2, line, i;

	if (r.rows < 3)
		return;
	frame_head(f, r, true, "events in one order; guests placed by model %s; G H the pair",
		   vms_by_name(vms_session_model(f->s)));
	cells_printf(f->c, r.row + 1, r.col, r.cols, ROLE_DIM,
		     r.cols >= 60 ? "   %20s %11s side      %sevent"
				  : "   %.0s%11s side      %sevent",
		     "host time", "gap", r.cols >= 100 ? "task             " : "");
	if (e.ref.cpu < 0 && !app_event_at(f->a, app_view(f->a)->cursor_raw, &e)) {
		cells_put(f->c, r.row + 2, r.col + 2, r.cols - 2, ROLE_TEXT,
			  "no events in the lanes shown");
		return;
	}
	sel = e;
	line = (int)app_events(f->a)->line < rows ? (int)app_events(f->a)->line : rows - 1;
	for (i = 0; i < line && app_event_step(f->a, &e, -1, &next); i++)
		e = next;
	if (!app_event_step(f->a, &e, -1, &above))
		above = e;
	for (i = 0; i < rows; i++) {
		draw_row(f, r, r.row + 2 + i, &e, vms_sat_sub_i64(e.host_raw, above.host_raw),
			 e.guest == sel.guest && vms_ref_same(e.ref, sel.ref));
		if (!app_event_step(f->a, &e, 1, &next))
			break;
		above = e;
		e = next;
	}
}
