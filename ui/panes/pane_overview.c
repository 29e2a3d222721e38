// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The overview strip: the whole trace in one row, what contradicts the model marked, and where the
 * view lies.
 */
#include "ui/frame.h"

#include <stdlib.h>

static void add_lane(uint32_t *events, uint8_t *outside, const struct vms_lane_col *cols, int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		events[i] += cols[i].events;
		outside[i] |= cols[i].outside;
	}
}

static void draw_density(struct frame *f, struct rect r, const uint32_t *events,
			 const uint8_t *outside)
{
	int left = r.col + f->l.label_cols, i;

	for (i = 0; i < f->l.lane_cols; i++) {
		if (outside[i])
			cells_put(f->c, r.row, left + i, 1, ROLE_IMPOSSIBLE, "!");
		else if (events[i])
			cells_put(f->c, r.row, left + i, 1, ROLE_GUEST,
				  f->g->density[tui_density_step(
							events[i] > 255 ? 255 : events[i] / 8 + 1) -
						1]);
	}
}

static void draw_window(struct frame *f, struct rect r, const struct vms_view *whole)
{
	int left = r.col + f->l.label_cols, nr = f->l.lane_cols, from, to, i;
	const struct vms_view *v = &f->a->view;
	int64_t end_raw = vms_sat_add_i64(v->t0_raw, (int64_t)nr * (v->w_raw > 0 ? v->w_raw : 1));

	from = (int)(vms_sat_sub_i64(v->t0_raw, whole->t0_raw) / whole->w_raw);
	to = (int)(vms_sat_sub_i64(end_raw, whole->t0_raw) / whole->w_raw);
	from = from < 0 ? 0 : from >= nr ? nr - 1 : from;
	to = to < from ? from : to >= nr ? nr - 1 : to;
	for (i = from; i <= to; i++)
		cells_put(f->c, r.row + 1, left + i, 1, ROLE_STRONG, "=");
	cells_put(f->c, r.row + 1, left + from, 1, ROLE_STRONG, "[");
	cells_put(f->c, r.row + 1, left + to, 1, ROLE_STRONG, from == to ? "^" : "]");
}

void pane_overview(struct frame *f)
{
	struct rect r = f->l.part[PART_OVERVIEW];
	size_t nr = (size_t)(f->l.lane_cols > 0 ? f->l.lane_cols : 1);
	int64_t span = vms_sat_sub_i64(f->a->last_raw, f->a->first_raw);
	struct vms_view whole = { f->a->first_raw, span / (int64_t)nr + 1, (unsigned int)nr };
	struct vms_lane_col *cols;
	uint32_t *events;
	uint8_t *outside;
	unsigned int i;

	if (r.rows < 2)
		return;
	cols = calloc(nr, sizeof(*cols));
	events = calloc(nr, sizeof(*events));
	outside = calloc(nr, 1);
	if (cols && events && outside) {
		for (i = 0; i < vms_session_tracks_nr(f->s); i++) {
			const struct vms_track *t = vms_session_track(f->s, i);

			if (!vms_lane_guest(f->lane_data, t->guest, t->cpu_idx, &whole, cols, NULL))
				add_lane(events, outside, cols, (int)nr);
		}
		cells_put(f->c, r.row, r.col + 1, f->l.label_cols - 2, ROLE_DIM, "guests, all");
		cells_put(f->c, r.row + 1, r.col + 1, f->l.label_cols - 2, ROLE_DIM, "view here");
		draw_density(f, r, events, outside);
		draw_window(f, r, &whole);
	}
	free(cols);
	free(events);
	free(outside);
}
