// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * V(o): guest events outside every stretch as a function of the offset, with what is recorded, in
 * force and possible.
 */
#include "ui/plots/plots_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TIMES_NR 9

static int64_t magnitude(int64_t v)
{
	return v == INT64_MIN ? INT64_MAX : v < 0 ? -v : v;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool has_room(struct rect r)
{
	return r.rows >= 8 && r.cols >= 30;
}

static int64_t raw_of_ns(const struct plots_of *of, double ns)
{
	return (int64_t)(of->clock->ns_per_unit > 0.0 ? ns / of->clock->ns_per_unit : ns);
}

/*
 * Edges of the band at three times of each segment: what they have in common is possible all along.
 */
static void mark_band(const struct plots_of *of, const struct vms_model *map, struct plots_marks *m)
{
	const struct vms_band *b = of->tr->band;
	unsigned int i, k;

	m->lo_raw = INT64_MIN;
	m->hi_raw = INT64_MAX;
	for (i = 0; b && i < b->segs_nr; i++)
		for (k = 0; k < 3; k++) {
			const struct vms_band_segment *g = &b->segs[i];
			int64_t at = g->from_raw +
				     (int64_t)k * (vms_sat_sub_i64(g->to_raw, g->from_raw) / 2);
			int64_t off = vms_sat_sub_i64(vms_model_time(map, of->tr->cpu_idx, at), at),
				lo, hi;

			vms_band_at(g, at, &lo, &hi);
			if (lo != INT64_MIN)
				m->lo_raw = most(m->lo_raw, vms_sat_sub_i64(lo, off));
			if (hi != INT64_MAX)
				m->hi_raw = least(m->hi_raw, vms_sat_sub_i64(hi, off));
		}
	m->band = m->lo_raw != INT64_MIN && m->hi_raw != INT64_MAX;
	m->width_raw =
		m->band ? magnitude(vms_sat_sub_i64(m->hi_raw, m->lo_raw)) : raw_of_ns(of, 20e3);
	m->width_raw = most(m->width_raw, 4);
}

static void mark_recorded(const struct plots_of *of, const struct vms_model *map,
			  struct plots_marks *m)
{
	const struct vms_model *rec = of->recorded;
	int64_t span = vms_sat_sub_i64(of->last_raw, of->first_raw);
	int i;

	m->recorded = rec != NULL;
	for (i = 0; rec && i < TIMES_NR; i++) {
		int64_t g = vms_model_inverse(map, of->tr->cpu_idx,
					      of->first_raw + span / TIMES_NR * i);
		int64_t d = vms_sat_sub_i64(vms_model_time(rec, of->tr->cpu_idx, g),
					    vms_model_time(map, of->tr->cpu_idx, g));

		m->rec_lo_raw = i ? least(m->rec_lo_raw, d) : d;
		m->rec_hi_raw = i ? most(m->rec_hi_raw, d) : d;
	}
}

static int64_t half_of(const struct plots_of *of, const struct plots_marks *m)
{
	static const int64_t widths[APP_RANGE_NR] = { 4, 4, 40, 400, 4000 };
	const int64_t max = INT64_MAX / 8, second = raw_of_ns(of, 1e9);
	int64_t edge, rec, half;

	half = m->width_raw > max / widths[of->range] ? max : m->width_raw * widths[of->range];
	if (of->range != APP_RANGE_AUTO)
		return half;
	/* a model outside of its band: the band must be in sight too */
	edge = m->band ? most(magnitude(m->lo_raw), magnitude(m->hi_raw)) : 0;
	if (edge < second)
		half = most(half, edge + edge / 4);
	rec = most(magnitude(m->rec_lo_raw), magnitude(m->rec_hi_raw));
	if (m->recorded && rec <= second)
		half = most(half, rec + rec / 8);
	return half;
}

int plots_outside_make(struct plots *p, struct rect r, const struct vms_progress *progress)
{
	const struct plots_of *of = &p->of;
	const struct vms_model *map = vms_session_map(of->s, of->tr->guest);
	struct plots_outside *d = &p->outside;

	(void)progress;
	if (!has_room(r))
		return 0;
	if (map) {
		mark_band(of, map, &d->marks);
		mark_recorded(of, map, &d->marks);
	}
	if (vms_session_sweep(&d->sweep, of->s, of->track, half_of(of, &d->marks),
			      (uint32_t)(r.cols - PLOT_LABEL_COLS - 2), NULL))
		d->sweep = NULL;
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
static void draw_marks(const struct frame *f, struct plot *p, const struct plots_marks *m)
{
	double lo = frame_ns(f, m->lo_raw), hi = frame_ns(f, m->hi_raw);
	int col;

	if (m->band && lo <= hi)
		for (col = 0; col < p->body.cols; col++) {
			double x = p->x.lo + (p->x.hi - p->x.lo) * col / (p->body.cols - 1);

			if (x >= lo && x <= hi)
				plot_column(p, x, p->y.lo, p->y.hi, ROLE_DIM, ".");
		}
	plot_vline(p, 0, ROLE_DIM);
	if (m->band) {
		plot_column(p, lo, p->y.lo, p->y.hi, ROLE_GOOD, "[");
		plot_column(p, hi, p->y.lo, p->y.hi, ROLE_GOOD, "]");
	}
	/*
	 * one that drifts away is a span in the row of letters: no single column says how many it
	 * leaves outside
	 */
	if (m->recorded &&
	    plot_col(p, frame_ns(f, m->rec_lo_raw)) == plot_col(p, frame_ns(f, m->rec_hi_raw)))
		plot_column(p, frame_ns(f, m->rec_lo_raw), p->y.lo, p->y.hi, ROLE_BAD, ":");
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

static void draw_letters(const struct frame *f, struct plot *p, const struct plots_marks *m)
{
	double lo = frame_ns(f, m->rec_lo_raw), hi = frame_ns(f, m->rec_hi_raw);
	int zero = plot_col(p, 0), from, to;

	if (m->recorded && (hi < p->x.lo || lo > p->x.hi)) {
		draw_far(f, p, lo > 0 ? lo : hi);
	} else if (m->recorded) {
		from = plot_col(p, fmax(lo, p->x.lo));
		to = plot_col(p, fmin(hi, p->x.hi));
		cells_fill(f->c, p->body.row, from, to - from + 1, ROLE_BAD, f->g->hline);
		cells_put(f->c, p->body.row, from, 1, ROLE_BAD,
			  lo < p->x.lo ? f->g->arrow_left : "R");
		cells_put(f->c, p->body.row, to, 1, ROLE_BAD,
			  hi > p->x.hi ? f->g->arrow_right : "R");
		/* on top of each other they stand side by side */
		if (from == zero)
			cells_put(f->c, p->body.row, zero + 1, 1, ROLE_BAD, "R");
		else if (to == zero)
			cells_put(f->c, p->body.row, zero - 1, 1, ROLE_BAD, "R");
	}
	cells_put(f->c, p->body.row, zero, 1, ROLE_STRONG, "F");
}

/* Exact counts beside the curve: the grid, or a sample, may step over them. */
static void draw_legend(const struct frame *f, struct rect r, const struct vms_sweep *w)
{
	const struct plots_outside *d = &f->plots->outside;
	const struct vms_track *t = f->tr;
	char width[FMT_SIZE], rec[64] = "";
	int at = r.col + 1;

	if (d->marks.recorded)
		(void)snprintf(rec, sizeof(rec), "  R recorded: %u", t->recorded.guest_outside);
	at += cells_printf(f->c, r.row, at, r.cols - 1, ROLE_TEXT,
			   "outside of %u: F in force: %u%s", t->in_force.guest_events,
			   t->in_force.guest_outside, rec);
	if (d->marks.band && r.rows < 2)
		at += cells_put(f->c, r.row, at, r.col + r.cols - at, ROLE_TEXT, "  [.] band");
	if (w->every > 1)
		cells_printf(f->c, r.row, at, r.col + r.cols - at, ROLE_DIM,
			     "  curve: 1 event of %u", w->every);
	if (r.rows < 2)
		return;
	at = r.col + 1;
	if (d->marks.band)
		at += cells_printf(f->c, r.row + 1, at, r.cols - 1, ROLE_TEXT,
				   "[.] band, %s: %u outside  ",
				   frame_short(f, frame_ns(f, d->marks.width_raw), false, width,
					       sizeof(width)),
				   t->at_band.guest_outside);
	cells_printf(f->c, r.row + 1, at, r.col + r.cols - at, ROLE_DIM, "s: range, now %s",
		     f->a->plot_range == APP_RANGE_AUTO	 ? "as far as recorded, if within 1 s"
		     : f->a->plot_range == APP_RANGE_4	 ? "4 band widths"
		     : f->a->plot_range == APP_RANGE_40	 ? "40 band widths"
		     : f->a->plot_range == APP_RANGE_400 ? "400 band widths"
							 : "4000 band widths");
}

void plots_outside(const struct frame *f, struct rect r)
{
	struct plot_axis x = plots_axis_ns(&f->plots->of, 0, 0),
			 y = { .unit = "", .kind = PLOT_COUNT };
	const struct plots_outside *d = &f->plots->outside;
	const struct vms_sweep *w = d->sweep;
	struct plot p;
	uint32_t i;

	frame_head(f, r, plots_focus(f, APP_PLOT_OUTSIDE),
		   "V(o), %s: guest events outside, by offset from model %s", PLOTS_VCPU(f),
		   vms_by_name(vms_session_model(f->s)));
	if (!has_room(r)) {
		plots_no_room(f, r);
		return;
	}
	if (!w) {
		cells_put(f->c, r.row + 1, r.col + 2, r.cols - 2, ROLE_TEXT,
			  "no thread is known for this vCPU");
		return;
	}
	x.hi = frame_ns(f, -w->from_raw);
	x.lo = -x.hi;
	y.hi = 1.0;
	for (i = 0; i < w->nr; i++)
		y.hi = fmax(y.hi, level(w, i));
	/* a row for the letters above, one for none below */
	y.hi *= 1.0 + 1.5 / r.rows;
	draw_legend(f, (struct rect){ r.row + r.rows - 2, r.col, 2, r.cols }, w);
	if (plot_open(&p, f->c, f->g, (struct rect){ r.row + 1, r.col, r.rows - 3, r.cols }, &x, &y,
		      NULL))
		return;
	draw_marks(f, &p, &d->marks);
	draw_curve(f, &p, w);
	plot_close(&p);
	draw_letters(f, &p, &d->marks);
}
