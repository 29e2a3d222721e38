// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The drift over time, a window at a time: what the band leaves possible, what the pairs say, what
 * the models have.
 */
#include "ui/plots/plots_impl.h"

#include <math.h>
#include <stdlib.h>

/* Drift of a model between two guest times. */
static double model_drift(const struct plots_of *of, const struct vms_model *model, int64_t g0,
			  int64_t g1)
{
	const unsigned int cpu = of->tr->cpu_idx;
	const int64_t len = vms_sat_sub_i64(g1, g0);

	if (!model || len <= 0)
		return NAN;
	return 1e6 *
	       (double)(vms_sat_sub_i64(vms_sat_sub_i64(vms_model_time(model, cpu, g1),
							vms_model_time(model, cpu, g0)),
					len)) /
	       (double)len;
}

/*
 * From the lowest end of the band to the highest at the other side of the window, and the reverse.
 */
static void band_drifts(const struct plots_of *of, int64_t g0, int64_t g1,
			struct plots_window *window)
{
	const struct vms_band_segment *s0 =
		of->tr->band ? vms_band_segment_time(of->tr->band, g0) : NULL;
	const struct vms_band_segment *s1 =
		of->tr->band ? vms_band_segment_time(of->tr->band, g1) : NULL;
	const double len = (double)vms_sat_sub_i64(g1, g0);
	int64_t lo0, hi0, lo1, hi1;

	/* across a step there is no drift to speak of */
	if (!s0 || s0 != s1 || !(len > 0))
		return;
	vms_band_at(s0, g0, &lo0, &hi0);
	vms_band_at(s0, g1, &lo1, &hi1);
	if (lo1 != INT64_MIN && hi0 != INT64_MAX)
		window->lo = 1e6 * (double)vms_sat_sub_i64(lo1, hi0) / len;
	if (hi1 != INT64_MAX && lo0 != INT64_MIN)
		window->hi = 1e6 * (double)vms_sat_sub_i64(hi1, lo0) / len;
	if (isfinite(s0->drift_lo) && isfinite(s0->drift_hi) && s0->drift_lo > -1 &&
	    s0->drift_hi < 1) {
		window->piece_lo = 1e6 * s0->drift_lo;
		window->piece_hi = 1e6 * s0->drift_hi;
	}
}

static void window_fill(const struct plots_of *of, struct plots_window *window, int64_t from,
			int64_t to, bool last)
{
	const struct vms_model *map = vms_session_map(of->s, of->tr->guest);
	struct vms_model_result result;
	int64_t g0, g1;

	*window = (struct plots_window){ .from_s = plots_host_s(of, from),
					 .to_s = plots_host_s(of, to),
					 .lo = NAN,
					 .hi = NAN,
					 .fit = NAN,
					 .fit_se = NAN,
					 .in_force = NAN,
					 .recorded = NAN,
					 .piece_lo = NAN,
					 .piece_hi = NAN };
	if (!map)
		return;
	g0 = vms_model_inverse(map, of->tr->cpu_idx, from);
	g1 = vms_model_inverse(map, of->tr->cpu_idx, to);
	band_drifts(of, g0, g1, window);
	window->in_force = model_drift(of, map, g0, g1);
	window->recorded = model_drift(of, of->recorded, g0, g1);
	/* windows share no pair */
	if (!vms_session_fit_span(&result, of->s, of->track, VMS_EST_THEIL_SEN, of->basis, from,
				  last ? to : to - 1, NULL) &&
	    result.available && isfinite(result.drift) && isfinite(result.se_drift)) {
		window->fit = 1e6 * result.drift;
		window->fit_se = 1e6 * result.se_drift;
	}
}

static int64_t window_begin(const struct plots_of *of, int i, int nr)
{
	return of->first_raw + vms_sat_sub_i64(of->last_raw, of->first_raw) / nr * i;
}

static int windows_nr(struct rect r)
{
	const int nr = (r.cols - PLOT_LABEL_COLS - 2) / 6;

	return nr < 1 ? 1 : nr < PLOTS_WINDOWS_MAX ? nr : PLOTS_WINDOWS_MAX;
}

static bool has_room(struct rect r)
{
	return r.rows >= 7 && r.cols >= 30;
}

/* Both sides count the same TSC. */
static bool no_drift(const struct vms_track *t)
{
	return t->band && t->band->segs_nr && t->band->segs[0].constant;
}

int plots_drift_make(struct plots *p, struct rect r, const struct vms_progress *progress)
{
	const struct plots_of *of = &p->of;
	struct plots_drift *drift = &p->drift;
	const int nr = windows_nr(r);

	drift->nr = 0;
	if (!has_room(r) || no_drift(of->tr))
		return 0;
	for (; drift->nr < nr; drift->nr++) {
		const bool last = drift->nr + 1 == nr;

		if (vms_progress_cancelled(progress))
			return -VMS_ECANCEL;
		window_fill(of, &drift->w[drift->nr], window_begin(of, drift->nr, nr),
			    last ? of->last_raw : window_begin(of, drift->nr + 1, nr), last);
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
		const struct plots_window *window = &drift->w[i];

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
static const struct plots_window *window_at(const struct plots_drift *d, double x)
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
		const struct plots_window *w = window_at(&frame->plots->drift, x);

		if (!w || (isnan(w->lo) && isnan(w->hi)))
			continue;
		plot_column(plot, x, isnan(w->lo) ? plot->y.lo : w->lo,
			    isnan(w->hi) ? plot->y.hi : w->hi, ROLE_DIM, ".");
		plot_point(plot, x, w->piece_lo, ROLE_MODEL_C, "-");
		plot_point(plot, x, w->piece_hi, ROLE_MODEL_C, "-");
	}
	plot_vline(plot, plots_host_s(&frame->plots->of, app_view(frame->a)->cursor_raw), ROLE_DIM);
}

/*
 * Letters of the three stand beside each other, so that equal ones can be told. Return: values
 * beyond the range.
 */
static unsigned int draw_window(struct plot *plot, const struct plots_window *window)
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

	if (!has_room(rect) || no_drift(frame->tr)) {
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
