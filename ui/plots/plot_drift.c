// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The drift over time, a window at a time: what the band leaves possible, what the pairs say, what
 * the models have.
 */
#include "ui/frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ui/plots/plots.h"

#define WINDOWS_MAX 16
/* A frame has 16 ms: windows that hold more pairs than this, of all vCPUs, are left to the next. */
#define LOOKS_MAX 150000u

/** struct window - a part of the recording; all drifts in ppm, NAN where there is none */
struct window {
	double from_s, to_s;
	double lo, hi;	    /* least and greatest that the band leaves possible */
	double fit, fit_se; /* of the pairs in it alone */
	double in_force, recorded;
	/* what the whole segment of the band around it leaves possible */
	double piece_lo, piece_hi;
};

static struct {
	struct plots_key key;
	enum vms_basis basis;
	int nr;
	int fresh; /* windows that are computed for the key */
	/* windows that have values: behind the fresh ones those of before the last decision */
	int shown;
	struct window w[WINDOWS_MAX];
} kept;

void plots_drift_forget(void)
{
	memset(&kept, 0, sizeof(kept));
}

/* Drift of a model between two guest times. */
static double model_drift(const struct frame *f, const struct vms_model *m, int64_t g0, int64_t g1)
{
	const unsigned int cpu = f->tr->cpu_idx;
	const int64_t len = vms_sat_sub_i64(g1, g0);

	if (!m || len <= 0)
		return NAN;
	return 1e6 *
	       (double)(vms_sat_sub_i64(vms_sat_sub_i64(vms_model_time(m, cpu, g1),
							vms_model_time(m, cpu, g0)),
					len)) /
	       (double)len;
}

/*
 * From the lowest end of the band to the highest at the other side of the window, and the reverse.
 */
static void band_drifts(const struct frame *f, int64_t g0, int64_t g1, struct window *w)
{
	const struct vms_band_segment *s0 =
		f->tr->band ? vms_band_segment_time(f->tr->band, g0) : NULL;
	const struct vms_band_segment *s1 =
		f->tr->band ? vms_band_segment_time(f->tr->band, g1) : NULL;
	const double len = (double)vms_sat_sub_i64(g1, g0);
	int64_t lo0, hi0, lo1, hi1;

	/* across a step there is no drift to speak of */
	if (!s0 || s0 != s1 || !(len > 0))
		return;
	vms_band_at(s0, g0, &lo0, &hi0);
	vms_band_at(s0, g1, &lo1, &hi1);
	if (lo1 != INT64_MIN && hi0 != INT64_MAX)
		w->lo = 1e6 * (double)vms_sat_sub_i64(lo1, hi0) / len;
	if (hi1 != INT64_MAX && lo0 != INT64_MIN)
		w->hi = 1e6 * (double)vms_sat_sub_i64(hi1, lo0) / len;
	if (isfinite(s0->drift_lo) && isfinite(s0->drift_hi) && s0->drift_lo > -1 &&
	    s0->drift_hi < 1) {
		w->piece_lo = 1e6 * s0->drift_lo;
		w->piece_hi = 1e6 * s0->drift_hi;
	}
}

static void window_fill(const struct frame *f, struct window *w, int64_t from, int64_t to,
			bool last)
{
	const struct vms_model *map = vms_session_map(f->s, f->tr->guest);
	struct vms_model_result r;
	int64_t g0, g1;

	*w = (struct window){ .from_s = plots_host_s(f, from),
			      .to_s = plots_host_s(f, to),
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
	g0 = vms_model_inverse(map, f->tr->cpu_idx, from);
	g1 = vms_model_inverse(map, f->tr->cpu_idx, to);
	band_drifts(f, g0, g1, w);
	w->in_force = model_drift(f, map, g0, g1);
	w->recorded =
		model_drift(f, vms_session_model_map(f->s, VMS_BY_RECORDED, f->tr->guest), g0, g1);
	/* windows share no pair */
	if (!vms_session_fit_span(&r, f->s, f->track, VMS_EST_LSQ, frame_basis(f), from,
				  last ? to : to - 1, NULL) &&
	    r.available && isfinite(r.drift) && isfinite(r.se_drift)) {
		w->fit = 1e6 * r.drift;
		w->fit_se = 1e6 * r.se_drift;
	}
}

static int64_t window_begin(const struct frame *f, int i, int nr)
{
	return f->a->first_raw + vms_sat_sub_i64(f->a->last_raw, f->a->first_raw) / nr * i;
}

/* As many windows as a frame can bear; old values stay until they are computed anew. */
static void windows_build(struct frame *f, int nr)
{
	const struct plots_key key = plots_key(f);
	const bool same = kept.key.s == key.s && kept.key.track == key.track && kept.nr == nr &&
			  kept.basis == frame_basis(f);
	uint32_t looks = 0;

	if (!same)
		kept.shown = 0;
	if (!same || !plots_key_equal(&key, &kept.key))
		kept.fresh = 0;
	kept.key = key;
	kept.basis = frame_basis(f);
	kept.nr = nr;
	while (kept.fresh < nr && (looks < LOOKS_MAX || f->a->headless)) {
		const int i = kept.fresh++;
		const bool last = i + 1 == nr;
		const int64_t from = window_begin(f, i, nr),
			      to = last ? f->a->last_raw : window_begin(f, i + 1, nr);

		looks += vms_session_first_at(f->s, to) - vms_session_first_at(f->s, from);
		window_fill(f, &kept.w[i], from, to, last);
	}
	kept.shown = kept.shown > kept.fresh ? kept.shown : kept.fresh;
	f->unfinished = f->unfinished || kept.fresh < nr;
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
static void drift_range(struct plot_axis *y)
{
	double lo[WINDOWS_MAX], hi[WINDOWS_MAX];
	int i, los = 0, his = 0;
	double room;

	y->lo = HUGE_VAL;
	y->hi = -HUGE_VAL;
	for (i = 0; i < kept.shown; i++) {
		const struct window *w = &kept.w[i];

		widen(y, w->in_force);
		widen(y, w->piece_lo);
		widen(y, w->piece_hi);
		if (isfinite(w->lo))
			lo[los++] = w->lo;
		if (isfinite(w->hi))
			hi[his++] = w->hi;
	}
	qsort(lo, (size_t)los, sizeof(*lo), compare);
	qsort(hi, (size_t)his, sizeof(*hi), compare);
	if (los)
		widen(y, lo[los / 2]);
	if (his)
		widen(y, hi[his / 2]);
	for (i = 0; i < kept.shown && !los && !his; i++)
		widen(y, kept.w[i].fit);
	if (!(y->lo <= y->hi))
		y->lo = y->hi = 0;
	room = (y->hi - y->lo) * 0.15 + 1e-4;
	y->lo -= room;
	y->hi += room;
}

/* NULL: not computed yet */
static const struct window *window_at(double x)
{
	int i = 0;

	while (i + 1 < kept.shown && x >= kept.w[i].to_s)
		i++;
	return i + 1 < kept.nr && x >= kept.w[i].to_s ? NULL : &kept.w[i];
}

static void draw_corridor(struct frame *f, struct plot *p)
{
	const double cell = (p->x.hi - p->x.lo) / p->body.cols;
	int i;

	for (i = 0; i < p->body.cols; i++) {
		const double x = p->x.lo + (i + 0.5) * cell;
		const struct window *w = window_at(x);

		if (!w || (isnan(w->lo) && isnan(w->hi)))
			continue;
		plot_column(p, x, isnan(w->lo) ? p->y.lo : w->lo, isnan(w->hi) ? p->y.hi : w->hi,
			    ROLE_DIM, ".");
		plot_point(p, x, w->piece_lo, ROLE_MODEL_C, "-");
		plot_point(p, x, w->piece_hi, ROLE_MODEL_C, "-");
	}
	plot_vline(p, plots_host_s(f, f->a->cursor_raw), ROLE_DIM);
}

/*
 * Letters of the three stand beside each other, so that equal ones can be told. Return: values
 * beyond the range.
 */
static unsigned int draw_window(struct plot *p, const struct window *w)
{
	const double wide = w->to_s - w->from_s, x = w->from_s + wide * 0.5;
	unsigned int beyond = w->fit < p->y.lo || w->fit > p->y.hi;

	if (!isnan(w->fit) && !beyond)
		plot_line(p, x, w->fit - 2 * w->fit_se, x, w->fit + 2 * w->fit_se, ROLE_CANDIDATE);
	plot_point(p, w->from_s + wide * 0.2, w->in_force, ROLE_MODEL_A, "M");
	plot_point(p, w->from_s + wide * 0.8, w->recorded, ROLE_MODEL_B, "R");
	plot_point(p, x, w->fit, ROLE_ACCEPTED, "F");
	beyond += w->in_force < p->y.lo || w->in_force > p->y.hi;
	beyond += w->recorded < p->y.lo || w->recorded > p->y.hi;
	return beyond;
}

static int windows_nr(int cols)
{
	return cols / 6 < 1 ? 1 : cols / 6 < WINDOWS_MAX ? cols / 6 : WINDOWS_MAX;
}

void plots_drift(struct frame *f, struct rect r)
{
	struct plot_axis x = plots_axis_time(f), y = { .unit = "ppm" };
	unsigned int beyond = 0;
	char wide[FMT_SIZE];
	struct plot p;
	int i;

	if (r.rows < 7 || r.cols < 30) {
		frame_head(f, r, plots_focus(f, APP_PLOT_DRIFT), "drift over time, %s",
			   PLOTS_VCPU(f));
		plots_no_room(f, r);
		return;
	}
	if (f->tr->band && f->tr->band->segs_nr && f->tr->band->segs[0].constant) {
		frame_head(f, r, plots_focus(f, APP_PLOT_DRIFT), "drift over time, %s",
			   PLOTS_VCPU(f));
		cells_put(f->c, r.row + 1, r.col + 2, r.cols - 2, ROLE_TEXT,
			  "both sides count the same TSC: there is no drift, only steps");
		return;
	}
	windows_build(f, windows_nr(r.cols - PLOT_LABEL_COLS - 2));
	frame_head(f, r, plots_focus(f, APP_PLOT_DRIFT),
		   "drift over time, %s: host against guest, %d windows of %s", PLOTS_VCPU(f),
		   kept.nr,
		   frame_short(f, (kept.w[0].to_s - kept.w[0].from_s) * 1e9, false, wide,
			       sizeof(wide)));
	drift_range(&y);
	if (plot_open(&p, f->c, f->g, (struct rect){ r.row + 1, r.col, r.rows - 2, r.cols }, &x, &y,
		      NULL))
		return;
	draw_corridor(f, &p);
	for (i = 0; i < kept.shown; i++)
		beyond += draw_window(&p, &kept.w[i]);
	plot_close(&p);
	/* dots are written last: the letter of a fit stands on its error bar */
	for (i = 0; i < kept.shown; i++)
		if (kept.w[i].fit >= p.y.lo && kept.w[i].fit <= p.y.hi)
			plot_text(&p, (kept.w[i].from_s + kept.w[i].to_s) * 0.5, kept.w[i].fit,
				  ROLE_ACCEPTED, "F");
	cells_printf(f->c, r.row + r.rows - 1, r.col + 1, r.cols - 1, ROLE_DIM,
		     ". possible  - all windows  F pairs, 2 se  M in force  R recorded  %u beyond",
		     beyond);
}
