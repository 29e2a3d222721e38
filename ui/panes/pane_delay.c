// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The delay strip: delays of the candidates in view under the model in force, below the lanes and
 * on their axis.
 */
#include "ui/panes/panes_impl.h"

#include <math.h>

#include "ui/plots/plot.h"

/* More would take longer than a frame; then every n-th is drawn and the strip says so. */
#define POINTS_MAX 4000

static double least_scale(const struct frame *frame, uint32_t from, uint32_t to, uint32_t step)
{
	double most = 0, d;
	uint32_t i;

	for (i = from; i < to; i += step) {
		const struct vms_candidate *c = vms_session_candidate(frame->s, i);

		if (!c || c->track != frame->track || (c->flags & VMS_CAND_IMPOSSIBLE))
			continue;
		d = fabs(vms_session_delay_ns(frame->s, c));
		if (d > most)
			most = d;
	}
	return fmt_step(most > 0 ? most : 1000.0, 1);
}

/*
 * [rows] from the top of a strip whose middle row is 0 and whose outer rows hold +scale and -scale
 */
static int row_of(double share, int rows)
{
	int half = rows / 2;

	return share >= 1 ? 0 : share <= -1 ? rows - 1 : half - (int)lround(share * half);
}

static void draw_points(const struct frame *frame, struct rect rect, uint32_t from, uint32_t to,
			uint32_t step, double scale)
{
	int left = rect.col + frame->l.label_cols, pass;
	uint32_t i;

	/* accepted over undecided over rejected */
	for (pass = 0; pass < 3; pass++)
		for (i = from; i < to; i += step) {
			static const uint8_t order[] = { VMS_REJECTED, VMS_UNDECIDED,
							 VMS_ACCEPTED };
			const struct vms_candidate *cand = vms_session_candidate(frame->s, i);
			const uint8_t state = (uint8_t)vms_session_state(frame->s, cand);
			int col, row;
			double share;

			if (cand->track != frame->track || state != order[pass])
				continue;
			col = frame_col(frame, cand->pair.host_raw);
			if (col < 0 || col >= frame->l.lane_cols)
				continue;
			share = vms_session_delay_ns(frame->s, cand) / scale;
			row = row_of(share, rect.rows);
			if (share > 1.0 || share < -1.0)
				cells_put(frame->c, rect.row + row, left + col, 1,
					  frame_mark_role(state, cand->flags),
					  share > 0 ? "^" : "v");
			else
				cells_put(frame->c, rect.row + row, left + col, 1,
					  frame_mark_role(state, cand->flags),
					  frame_mark_letter(state, cand->flags));
		}
}

void pane_delay(const struct frame *frame)
{
	struct rect rect = frame->l.part[PART_DELAY];
	const struct vms_view *view = &app_view(frame->a)->now;
	int64_t end_raw = vms_sat_add_i64(
		view->t0_raw, (int64_t)frame->l.lane_cols * (view->w_raw > 0 ? view->w_raw : 1));
	uint32_t from, to, step;
	double scale;
	int i, zero;

	if (rect.rows < 3)
		return;
	zero = rect.row + rect.rows / 2;
	from = vms_session_first_at(frame->s, view->t0_raw);
	to = vms_session_first_at(frame->s, end_raw);
	step = to > from && to - from > POINTS_MAX ? (to - from) / POINTS_MAX + 1 : 1;
	scale = least_scale(frame, from, to, step);
	cells_right(frame->c, rect.row, rect.col, frame->l.label_cols - 1, ROLE_DIM,
		    frame_short(frame, scale, true, FMT_BUF));
	cells_right(frame->c, zero, rect.col, frame->l.label_cols - 1, ROLE_DIM, "0");
	cells_right(frame->c, rect.row + rect.rows - 1, rect.col, frame->l.label_cols - 1, ROLE_DIM,
		    frame_short(frame, -scale, true, FMT_BUF));
	cells_put(frame->c, zero, rect.col + 1, 6, ROLE_DIM, "delay");
	if (step > 1)
		cells_printf(frame->c, zero, rect.col + 7, frame->l.label_cols - 10, ROLE_DIM,
			     "1/%u", step);
	for (i = 0; i < frame->l.lane_cols; i += 4)
		cells_put(frame->c, zero, rect.col + frame->l.label_cols + i, 1, ROLE_DIM, ".");
	draw_points(frame, rect, from, to, step, scale);
}
