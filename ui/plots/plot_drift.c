// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The drift over time, a window at a time: what the band leaves possible, what the pairs say, what
 * the models have.
 */
#include "ui/plots/plots_impl.h"

#include <math.h>
#include <stdlib.h>

static int windows_nr(struct rect r)
{
	const int nr = (r.cols - PLOT_LABEL_COLS - 2) / 6;

	return nr < 1 ? 1 : nr < PLOTS_WINDOWS_MAX ? nr : PLOTS_WINDOWS_MAX;
}

static bool has_room(struct rect r)
{
	return r.rows >= 7 && r.cols >= 30;
}

int plots_drift_make(struct plots *p, struct rect r, const struct vms_progress *progress)
{
	const struct series_of *of = &p->of;
	struct plots_drift *drift = &p->drift;
	const int nr = windows_nr(r);

	drift->nr = 0;
	if (!has_room(r) || !series_drifts(of->tr))
		return 0;
	for (; drift->nr < nr; drift->nr++) {
		if (vms_progress_cancelled(progress))
			return -VMS_ECANCEL;
		drift->w[drift->nr] = series_window(of, drift->nr, nr);
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void widen(struct plot_axis *y, double v)
{
	if (!isfinite(v))
		return;
	y->lo = fmin(y->lo, v);
	y->hi = fmax(y->hi, v);
}

/*
 * The corridor of the median window: what is outside cannot be, so a fit to few pairs that strays
 * far is counted, not drawn. Fits set the range only where there is no corridor.
 */
static void drift_range(const struct plots_drift *drift, struct plot_axis *y)
{
	double lo[PLOTS_WINDOWS_MAX], hi[PLOTS_WINDOWS_MAX];
	int i, los = 0, his = 0;
	double room;

	y->lo = HUGE_VAL;
	y->hi = -HUGE_VAL;
	for (i = 0; i < drift->nr; i++) {
		const struct series_window *window = &drift->w[i];

		widen(y, window->in_force);
		widen(y, window->piece_lo);
		widen(y, window->piece_hi);
		if (isfinite(window->lo))
			lo[los++] = window->lo;
		if (isfinite(window->hi))
			hi[his++] = window->hi;
	}
	qsort(lo, (size_t)los, sizeof(*lo), compare);
	qsort(hi, (size_t)his, sizeof(*hi), compare);
	if (los)
		widen(y, lo[los / 2]);
	if (his)
		widen(y, hi[his / 2]);
	for (i = 0; i < drift->nr && !los && !his; i++)
		widen(y, drift->w[i].fit);
	if (!(y->lo <= y->hi))
		y->lo = y->hi = 0;
	room = (y->hi - y->lo) * 0.15 + 1e-4;
	y->lo -= room;
	y->hi += room;
}

/* NULL: not computed yet */
static const struct series_window *window_at(const struct plots_drift *d, double x)
{
	int i = 0;

	while (i + 1 < d->nr && x >= d->w[i].to_s)
		i++;
	return i + 1 < d->nr && x >= d->w[i].to_s ? NULL : &d->w[i];
}

static void draw_corridor(const struct frame *frame, struct plot *plot)
{
	const double cell = (plot->x.hi - plot->x.lo) / plot->body.cols;
	int i;

	for (i = 0; i < plot->body.cols; i++) {
		const double x = plot->x.lo + (i + 0.5) * cell;
		const struct series_window *w = window_at(&frame->plots->drift, x);

		if (!w || (isnan(w->lo) && isnan(w->hi)))
			continue;
		plot_column(plot, x, isnan(w->lo) ? plot->y.lo : w->lo,
			    isnan(w->hi) ? plot->y.hi : w->hi, ROLE_DIM, ".");
		plot_point(plot, x, w->piece_lo, ROLE_MODEL_C, "-");
		plot_point(plot, x, w->piece_hi, ROLE_MODEL_C, "-");
	}
	plot_vline(plot, series_s(&frame->plots->of, app_view(frame->a)->cursor_raw), ROLE_DIM);
}

/*
 * Letters of the three stand beside each other, so that equal ones can be told. Return: values
 * beyond the range.
 */
static unsigned int draw_window(struct plot *plot, const struct series_window *window)
{
	const double wide = window->to_s - window->from_s, x = window->from_s + wide * 0.5;
	unsigned int beyond = window->fit < plot->y.lo || window->fit > plot->y.hi;

	if (!isnan(window->fit) && !beyond)
		plot_line(plot, x, window->fit - 2 * window->fit_se, x,
			  window->fit + 2 * window->fit_se, ROLE_CANDIDATE);
	plot_point(plot, window->from_s + wide * 0.2, window->in_force, ROLE_MODEL_A, "M");
	plot_point(plot, window->from_s + wide * 0.8, window->recorded, ROLE_MODEL_B, "R");
	plot_point(plot, x, window->fit, ROLE_ACCEPTED, "F");
	beyond += window->in_force < plot->y.lo || window->in_force > plot->y.hi;
	beyond += window->recorded < plot->y.lo || window->recorded > plot->y.hi;
	return beyond;
}

void plots_drift(const struct frame *frame, struct rect rect)
{
	struct plot_axis x = plots_axis_time(&frame->plots->of), y = { .unit = "ppm" };
	const struct plots_drift *drift = &frame->plots->drift;
	unsigned int beyond = 0;
	struct plot plot;
	int i;

	if (!has_room(rect) || !series_drifts(frame->tr)) {
		frame_head(frame, rect, plots_focus(frame, APP_PLOT_DRIFT), "drift over time, %s",
			   PLOTS_VCPU(frame));
		plots_say(frame, rect,
			  has_room(rect)
				  ? "both sides count the same TSC: there is no drift, only steps"
				  : PLOTS_NO_ROOM);
		return;
	}
	frame_head(frame, rect, plots_focus(frame, APP_PLOT_DRIFT),
		   "drift over time, %s: host against guest, %d windows of %s", PLOTS_VCPU(frame),
		   drift->nr,
		   frame_short(frame, (drift->w[0].to_s - drift->w[0].from_s) * 1e9, false,
			       FMT_BUF));
	drift_range(drift, &y);
	if (plot_open(&plot, frame->c, frame->g, plots_below(rect, 2), &x, &y))
		return;
	draw_corridor(frame, &plot);
	for (i = 0; i < drift->nr; i++)
		beyond += draw_window(&plot, &drift->w[i]);
	plot_close(&plot);
	/* dots are written last: the letter of a fit stands on its error bar */
	for (i = 0; i < drift->nr; i++)
		if (drift->w[i].fit >= plot.y.lo && drift->w[i].fit <= plot.y.hi)
			plot_text(&plot, (drift->w[i].from_s + drift->w[i].to_s) * 0.5,
				  drift->w[i].fit, ROLE_ACCEPTED, "F");
	cells_printf(frame->c, rect.row + rect.rows - 1, rect.col + 1, rect.cols - 1, ROLE_DIM,
		     ". possible  - all windows  F pairs, 2 se  M in use  R recorded  %u beyond",
		     beyond);
}
