// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The overview strip: the whole trace in one row, what contradicts the model marked, and where the
 * view lies.
 */
#include "ui/panes/panes_impl.h"

static void draw_density(const struct frame *frame, struct rect r)
{
	int left = r.col + frame->l.label_cols, i;
	uint32_t most = 0;

	for (i = 0; i < frame->l.lane_cols; i++)
		most = frame->over[i].events > most ? frame->over[i].events : most;
	for (i = 0; i < frame->l.lane_cols; i++) {
		if (frame->over[i].outside)
			cells_put(frame->c, r.row, left + i, 1, ROLE_VIOLATION, FRAME_VIOLATION);
		else if (frame->over[i].events)
			cells_put(frame->c, r.row, left + i, 1, ROLE_GUEST,
				  frame->g->density[tui_density_step(frame->over[i].events, most) -
						    1]);
	}
}

static void draw_window(const struct frame *frame, struct rect rect)
{
	int left = rect.col + frame->l.label_cols, nr = frame->l.lane_cols, from, to, i;
	const struct vms_view *v = &app_view(frame->a)->now, *whole = &frame->whole;
	int64_t end_raw = vms_sat_add_i64(v->t0_raw, (int64_t)nr * (v->w_raw > 0 ? v->w_raw : 1));

	from = (int)(vms_sat_sub_i64(v->t0_raw, whole->t0_raw) / whole->w_raw);
	to = (int)(vms_sat_sub_i64(end_raw, whole->t0_raw) / whole->w_raw);
	from = from < 0 ? 0 : from >= nr ? nr - 1 : from;
	to = to < from ? from : to >= nr ? nr - 1 : to;
	for (i = from; i <= to; i++)
		cells_put(frame->c, rect.row + 1, left + i, 1, ROLE_STRONG, "=");
	cells_put(frame->c, rect.row + 1, left + from, 1, ROLE_STRONG, "[");
	cells_put(frame->c, rect.row + 1, left + to, 1, ROLE_STRONG, from == to ? "^" : "]");
}

void pane_overview(const struct frame *f)
{
	struct rect r = f->l.part[PART_OVERVIEW];

	if (r.rows < 2 || !f->over)
		return;
	cells_put(f->c, r.row, r.col + 1, f->l.label_cols - 2, ROLE_DIM, "guests, all");
	cells_put(f->c, r.row + 1, r.col + 1, f->l.label_cols - 2, ROLE_DIM, "view here");
	draw_density(f, r);
	draw_window(f, r);
}
