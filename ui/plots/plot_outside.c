// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * V(o): guest events outside every stretch as a function of the offset, with what is recorded, in
 * force and possible.
 */
#include "ui/plots/plots_impl.h"

#include <math.h>
#include <stdio.h>

static bool has_room(struct rect r)
{
	return r.rows >= 8 && r.cols >= 30;
}

int plots_outside_make(struct plots *p, struct rect rect, const struct vms_progress *progress)
{
	(void)progress;
	if (has_room(rect))
		p->outside.sweep = series_outside(&p->of, p->widths, p->far,
						  (uint32_t)(rect.cols - PLOT_LABEL_COLS - 2),
						  &p->outside.marks);
	return 0;
}

static double level(const struct vms_sweep *w, uint32_t i)
{
	return log10(1.0 + (double)w->outside[i] * w->every);
}

static void draw_curve(const struct frame *f, struct plot *p, const struct vms_sweep *w)
{
	double x0 = 0, y0 = 0;
	uint32_t i;

	for (i = 0; i < w->nr; i++) {
		double x = frame_ns(f, w->from_raw + (int64_t)i * w->step_raw), y = level(w, i);

		if (i)
			plot_line(p, x0, y0, x, y, ROLE_MODEL_A);
		x0 = x;
		y0 = y;
	}
}

/* Before the curve, which goes over them; their letters stand in the row above it. */
static void draw_marks(const struct frame *frame, struct plot *plot,
		       const struct series_marks *marks)
{
	double lo = frame_ns(frame, marks->lo_raw), hi = frame_ns(frame, marks->hi_raw);
	int col;

	if (marks->band && lo <= hi)
		for (col = 0; col < plot->body.cols; col++) {
			double x = plot->x.lo +
				   (plot->x.hi - plot->x.lo) * col / (plot->body.cols - 1);

			if (x >= lo && x <= hi)
				plot_column(plot, x, plot->y.lo, plot->y.hi, ROLE_DIM, ".");
		}
	plot_vline(plot, 0, ROLE_DIM);
	if (marks->band) {
		plot_column(plot, lo, plot->y.lo, plot->y.hi, ROLE_GOOD, "[");
		plot_column(plot, hi, plot->y.lo, plot->y.hi, ROLE_GOOD, "]");
	}
	/*
	 * one that drifts away is a span in the row of letters: no single column says how many it
	 * leaves outside
	 */
	if (marks->recorded && plot_col(plot, frame_ns(frame, marks->rec_lo_raw)) ==
				       plot_col(plot, frame_ns(frame, marks->rec_hi_raw)))
		plot_column(plot, frame_ns(frame, marks->rec_lo_raw), plot->y.lo, plot->y.hi,
			    ROLE_BAD, ":");
}

static void draw_far(const struct frame *f, struct plot *p, double rec)
{
	char far[FMT_SIZE], text[FMT_SIZE + 16];

	frame_short(f, rec, true, far, sizeof(far));
	if (rec > 0)
		(void)snprintf(text, sizeof(text), "R %s %s", far, f->g->arrow_right);
	else
		(void)snprintf(text, sizeof(text), "%s R %s", f->g->arrow_left, far);
	plot_text(p, rec > 0 ? p->x.hi : p->x.lo, p->y.hi, ROLE_BAD, text);
}

static void draw_letters(const struct frame *frame, struct plot *plot, const struct series_marks *m)
{
	double lo = frame_ns(frame, m->rec_lo_raw), hi = frame_ns(frame, m->rec_hi_raw);
	int zero = plot_col(plot, 0), from, to;

	if (m->recorded && (hi < plot->x.lo || lo > plot->x.hi)) {
		draw_far(frame, plot, lo > 0 ? lo : hi);
	} else if (m->recorded) {
		from = plot_col(plot, fmax(lo, plot->x.lo));
		to = plot_col(plot, fmin(hi, plot->x.hi));
		cells_fill(frame->c, plot->body.row, from, to - from + 1, ROLE_BAD,
			   frame->g->hline);
		cells_put(frame->c, plot->body.row, from, 1, ROLE_BAD,
			  lo < plot->x.lo ? frame->g->arrow_left : "R");
		cells_put(frame->c, plot->body.row, to, 1, ROLE_BAD,
			  hi > plot->x.hi ? frame->g->arrow_right : "R");
		/* on top of each other they stand side by side */
		if (from == zero)
			cells_put(frame->c, plot->body.row, zero + 1, 1, ROLE_BAD, "R");
		else if (to == zero)
			cells_put(frame->c, plot->body.row, zero - 1, 1, ROLE_BAD, "R");
	}
	cells_put(frame->c, plot->body.row, zero, 1, ROLE_STRONG, "F");
}

/* Exact counts beside the curve: the grid, or a sample, may step over them. */
static void draw_legend(const struct frame *frame, struct rect rect, const struct vms_sweep *sweep)
{
	const struct plots_outside *outside = &frame->plots->outside;
	const struct vms_track *track = frame->tr;
	char rec[64] = "";
	int at = rect.col + 1;

	if (outside->marks.recorded)
		(void)snprintf(rec, sizeof(rec), "  R recorded: %u", track->recorded.guest_outside);
	at += cells_printf(frame->c, rect.row, at, rect.cols - 1, ROLE_TEXT,
			   "outside of %u: F in use: %u%s", track->in_force.guest_events,
			   track->in_force.guest_outside, rec);
	if (outside->marks.band && rect.rows < 2)
		at += cells_put(frame->c, rect.row, at, rect.col + rect.cols - at, ROLE_TEXT,
				"  [.] band");
	if (sweep->every > 1)
		cells_printf(frame->c, rect.row, at, rect.col + rect.cols - at, ROLE_DIM,
			     "  curve: 1 event of %u", sweep->every);
	if (rect.rows < 2)
		return;
	at = rect.col + 1;
	if (outside->marks.band)
		at += cells_printf(frame->c, rect.row + 1, at, rect.cols - 1, ROLE_TEXT,
				   "[.] band, %s: %u outside  ",
				   outside->marks.width_raw
					   ? frame_short(frame,
							 frame_ns(frame, outside->marks.width_raw),
							 false, FMT_BUF)
					   : "exact",
				   track->at_band.guest_outside);
	cells_printf(frame->c, rect.row + 1, at, rect.col + rect.cols - at, ROLE_DIM,
		     "s: range, now %s",
		     app_shown(frame->a)->plot_range == APP_RANGE_AUTO
			     ? "its shape, and recorded if within 1 s"
		     : app_shown(frame->a)->plot_range == APP_RANGE_4	? "4 band widths"
		     : app_shown(frame->a)->plot_range == APP_RANGE_40	? "40 band widths"
		     : app_shown(frame->a)->plot_range == APP_RANGE_400 ? "400 band widths"
									: "4000 band widths");
}

void plots_outside(const struct frame *frame, struct rect rect)
{
	struct plot_axis x = plots_axis_ns(&frame->plots->of, 0, 0),
			 y = { .unit = "", .kind = PLOT_COUNT };
	const struct plots_outside *outside = &frame->plots->outside;
	const struct vms_sweep *sweep = outside->sweep;
	struct plot plot;
	uint32_t i;

	frame_head(frame, rect, plots_focus(frame, APP_PLOT_OUTSIDE),
		   "V(o), %s: guest events outside, by offset from model %s", PLOTS_VCPU(frame),
		   vms_by_name(vms_session_model(frame->s)));
	if (!has_room(rect)) {
		plots_say(frame, rect, PLOTS_NO_ROOM);
		return;
	}
	if (!sweep) {
		plots_say(frame, rect, "no thread is known for this vCPU");
		return;
	}
	x.hi = frame_ns(frame, -sweep->from_raw);
	x.lo = -x.hi;
	y.hi = 1.0;
	for (i = 0; i < sweep->nr; i++)
		y.hi = fmax(y.hi, level(sweep, i));
	/* a row for the letters above, one for none below */
	y.hi *= 1.0 + 1.5 / rect.rows;
	draw_legend(frame, (struct rect){ rect.row + rect.rows - 2, rect.col, 2, rect.cols },
		    sweep);
	if (plot_open(&plot, frame->c, frame->g, plots_below(rect, 3), &x, &y))
		return;
	draw_marks(frame, &plot, &outside->marks);
	draw_curve(frame, &plot, sweep);
	plot_close(&plot);
	draw_letters(frame, &plot, &outside->marks);
}
