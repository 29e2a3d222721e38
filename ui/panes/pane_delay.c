// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The delay strip: delays of the candidates in view under the model in force, below the lanes and
 * on their axis.
 */
#include "ui/panes/panes_impl.h"

#include <math.h>
#include <stdio.h>

#include "ui/plots/plot.h"

/* More would take longer than a frame; then every n-th is drawn and the strip says so. */
#define POINTS_MAX 4000

static double least_scale(const struct frame *f, uint32_t from, uint32_t to, uint32_t step)
{
	double most = 0, d;
	uint32_t i;

	for (i = from; i < to; i += step) {
		const struct vms_candidate *c = vms_session_candidate(f->s, i);

		if (!c || c->track != f->track || (c->flags & VMS_CAND_IMPOSSIBLE))
			continue;
		d = fabs(vms_session_delay_ns(f->s, c));
		if (d > most)
			most = d;
	}
	return plot_step(most > 0 ? most : 1000.0, 1);
}

/*
 * [rows] from the top of a strip whose middle row is 0 and whose outer rows hold +scale and -scale
 */
static int row_of(double share, int rows)
{
	int half = rows / 2;

	return share >= 1 ? 0 : share <= -1 ? rows - 1 : half - (int)lround(share * half);
}

static void draw_points(const struct frame *f, struct rect r, uint32_t from, uint32_t to,
			uint32_t step, double scale)
{
	int left = r.col + f->l.label_cols, pass;
	uint32_t i;

	/* accepted over undecided over rejected */
	for (pass = 0; pass < 3; pass++)
		for (i = from; i < to; i += step) {
			static const uint8_t order[] = { VMS_REJECTED, VMS_UNDECIDED,
							 VMS_ACCEPTED };
			const struct vms_candidate *c = vms_session_candidate(f->s, i);
			int col, row;
			double d;

			if (!c || c->track != f->track || c->state != order[pass])
				continue;
			col = frame_col(f, c->pair.host_raw);
			if (col < 0 || col >= f->l.lane_cols)
				continue;
			d = vms_session_delay_ns(f->s, c) / scale;
			row = row_of(d, r.rows);
			if (d > 1.0 || d < -1.0)
				cells_put(f->c, r.row + row, left + col, 1, frame_state_role(c),
					  d > 0 ? "^" : "v");
			else
				cells_put(f->c, r.row + row, left + col, 1, frame_state_role(c),
					  frame_mark_letter(c->state, c->flags));
		}
}

void pane_delay(const struct frame *f)
{
	struct rect r = f->l.part[PART_DELAY];
	const struct vms_view *v = &app_view(f->a)->now;
	int64_t end_raw =
		vms_sat_add_i64(v->t0_raw, (int64_t)f->l.lane_cols * (v->w_raw > 0 ? v->w_raw : 1));
	uint32_t from, to, step;
	char text[FMT_SIZE];
	double scale;
	int i, zero;

	if (r.rows < 3)
		return;
	zero = r.row + r.rows / 2;
	from = vms_session_first_at(f->s, v->t0_raw);
	to = vms_session_first_at(f->s, end_raw);
	step = to > from && to - from > POINTS_MAX ? (to - from) / POINTS_MAX + 1 : 1;
	scale = least_scale(f, from, to, step);
	cells_right(f->c, r.row, r.col, f->l.label_cols - 1, ROLE_DIM,
		    frame_short(f, scale, true, text, sizeof(text)));
	cells_right(f->c, zero, r.col, f->l.label_cols - 1, ROLE_DIM, "0");
	cells_right(f->c, r.row + r.rows - 1, r.col, f->l.label_cols - 1, ROLE_DIM,
		    frame_short(f, -scale, true, text, sizeof(text)));
	cells_put(f->c, zero, r.col + 1, 6, ROLE_DIM, "delay");
	if (step > 1)
		cells_printf(f->c, zero, r.col + 7, f->l.label_cols - 10, ROLE_DIM, "1/%u", step);
	for (i = 0; i < f->l.lane_cols; i += 4)
		cells_put(f->c, zero, r.col + f->l.label_cols + i, 1, ROLE_DIM, ".");
	draw_points(f, r, from, to, step, scale);
}
