// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The match row between guest and host lanes: connectors, and the candidates where they stand too
 * thick.
 */
#include "ui/panes/panes_impl.h"

#include <stdio.h>

static bool stronger(const struct vms_mark_col *a, const struct vms_mark_col *b)
{
	static const int rank[] = { [VMS_UNDECIDED] = 3, [VMS_ACCEPTED] = 2, [VMS_REJECTED] = 1 };

	if (b->id == VMS_ID_NONE || !b->nr)
		return true;
	return rank[a->state % 3] > rank[b->state % 3];
}

static struct vms_mark_col strongest(const struct frame *f, int col)
{
	struct vms_mark_col best = { .id = VMS_ID_NONE };
	unsigned int i;

	for (i = 0; i < f->guest_lanes_nr; i++) {
		const struct vms_mark_col *m = &f->lanes[i].marks[col];

		if (m->id != VMS_ID_NONE && m->nr && stronger(m, &best))
			best = *m;
	}
	return best;
}

static void draw_others(const struct frame *frame, struct rect rect, int left)
{
	int i;

	if (app_prefs(frame->a)->connectors == APP_CONNECT_OFF && !frame->dense)
		return;
	for (i = 0; i < frame->l.lane_cols; i++) {
		struct vms_mark_col mark_col = strongest(frame, i);

		if (mark_col.id == VMS_ID_NONE)
			continue;
		if (frame->dense)
			cells_put(frame->c, rect.row, left + i, 1,
				  frame_mark_role(mark_col.state, mark_col.flags),
				  frame_mark_letter(mark_col.state, mark_col.flags));
		else if (mark_col.state == VMS_ACCEPTED)
			cells_put(frame->c, rect.row, left + i, 1, ROLE_ACCEPTED, frame->g->vert);
		else if (mark_col.state == VMS_UNDECIDED &&
			 app_prefs(frame->a)->connectors == APP_CONNECT_PAIR)
			cells_put(frame->c, rect.row, left + i, 1,
				  frame_mark_role(mark_col.state, mark_col.flags), "'");
	}
}

/* "->+31 us": an end that lies outside the view, and how far */
static void draw_outside(const struct frame *frame, struct rect rect, int left, int64_t end_raw)
{
	const struct vms_view *v = &app_view(frame->a)->now;
	int64_t last = vms_sat_add_i64(v->t0_raw,
				       (int64_t)frame->l.lane_cols * (v->w_raw > 0 ? v->w_raw : 1));
	bool before = end_raw < v->t0_raw;
	char buf[64];
	double ns = frame_ns(frame, vms_sat_sub_i64(end_raw, before ? v->t0_raw : last));
	int w;

	(void)snprintf(buf, sizeof(buf), before ? "<-%s" : "%s->",
		       fmt_signed(frame->clock, ns, FMT_BUF));
	w = cells_width(buf);
	cells_put(frame->c, rect.row, before ? left : left + frame->l.lane_cols - w, w, ROLE_PAIR,
		  buf);
}

/* A line down from the row below the guest's lane to the match row, and on to the host's lane. */
static void draw_crossings(const struct frame *frame, struct rect rect, int left, int guest_col,
			   int host_col)
{
	unsigned int i;

	for (i = 0; i < frame->lanes_nr; i++) {
		const struct frame_lane *fl = &frame->lanes[i];
		const struct app_lane *lane = &app_lanes(frame->a)->lane[fl->idx];
		const struct vms_pair *p = &frame->sel->pair;
		int row, to, col;

		if (fl->kind != FRAME_LANE)
			continue;
		if (lane->guest >= 0 && lane->guest == p->guest &&
		    (int32_t)lane->cpu_idx == p->guest_ev.cpu) {
			row = fl->row + 1;
			to = rect.row;
			col = guest_col;
		} else if (lane->guest < 0 && (int32_t)lane->cpu_idx == p->host_ev.cpu) {
			row = rect.row + 1;
			to = fl->row;
			col = host_col;
		} else {
			continue;
		}
		for (; row < to; row++)
			cells_put(frame->c, row, left + col, 1, ROLE_PAIR, frame->g->vert);
	}
}

static void draw_pair(const struct frame *frame, struct rect rect, int left)
{
	int64_t guest_raw = app_guest_host_raw(frame->a, frame->sel),
		host_raw = frame->sel->pair.host_raw;
	int guest = frame_col(frame, guest_raw), host = frame_col(frame, host_raw),
	    nr = frame->l.lane_cols, i;
	bool g_in = guest >= 0 && guest < nr, h_in = host >= 0 && host < nr;

	if (g_in && h_in) {
		int lo = guest < host ? guest : host, hi = guest < host ? host : guest;

		for (i = lo; i <= hi; i++)
			cells_put(frame->c, rect.row, left + i, 1, ROLE_PAIR, frame->g->flat);
		if (guest == host) {
			cells_put(frame->c, rect.row, left + guest, 1, ROLE_PAIR, frame->g->vert);
		} else {
			cells_put(frame->c, rect.row, left + guest, 1, ROLE_PAIR,
				  guest < host ? frame->g->down : frame->g->up);
			cells_put(frame->c, rect.row, left + host, 1, ROLE_PAIR,
				  guest < host ? frame->g->down : frame->g->up);
		}
		draw_crossings(frame, rect, left, guest, host);
		return;
	}
	if (g_in || h_in)
		cells_put(frame->c, rect.row, left + (g_in ? guest : host), 1, ROLE_PAIR,
			  frame->g->vert);
	if (!g_in && !h_in && (guest < 0) != (host < 0))
		return; /* the view lies between the ends */
	draw_outside(frame, rect, left, g_in ? host_raw : guest_raw);
}

void pane_match(const struct frame *frame)
{
	struct rect r = frame->l.part[PART_MATCH];
	int left = r.col + frame->l.label_cols;

	if (r.rows < 1)
		return;
	cells_put(frame->c, r.row, r.col + 1, frame->l.label_cols - 2, ROLE_DIM,
		  frame->dense ? "  pairs" : "  match");
	draw_others(frame, r, left);
	if (frame->sel && app_prefs(frame->a)->connectors != APP_CONNECT_OFF)
		draw_pair(frame, r, left);
}
