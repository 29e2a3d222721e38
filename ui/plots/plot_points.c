// SPDX-License-Identifier: LGPL-2.1-or-later
/* The pairs of the track in view as numbers, and their delays over time. */
#include "ui/plots/plots_impl.h"
#include "core/base/util.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every n-th pair is drawn above this: a frame has 16 ms. The plot says so. */
#define POINTS_MAX 20000u

/* In the unit of words, or in the ticks that stand for it. */
static struct plot_axis axis_in(const struct series_of *of, double unit_ns, double lo, double hi)
{
	const struct fmt_unit *unit = fmt_unit_at(unit_ns, 2);
	struct plot_axis axis = { .lo = lo, .hi = hi };

	(void)snprintf(axis.unit, sizeof(axis.unit), "%s",
		       of->clock->ns_per_unit > 0.0 ? unit->name : unit->ticks);
	return axis;
}

struct plot_axis plots_axis_time(const struct series_of *of)
{
	return axis_in(of, 1e9, series_s(of, of->first_raw), series_s(of, of->last_raw));
}

struct plot_axis plots_axis_ns(const struct series_of *of, double lo, double hi)
{
	return axis_in(of, 1, lo, hi);
}

void plots_point(struct plot *p, double x, double y, uint8_t state)
{
	static const char *const letters[] = { "?", "A", "x", "!" };
	static const enum tui_role roles[] = { ROLE_CANDIDATE, ROLE_ACCEPTED, ROLE_REJECTED,
					       ROLE_IMPOSSIBLE };

	/* undecided ones as dots where the glyphs have dots; what was decided keeps its letter */
	plot_point(p, x, y, roles[state & 3],
		   state == VMS_UNDECIDED && (p->g->subcells || p->g->halves) ? NULL
									      : letters[state & 3]);
}

void plots_points_free(struct plots_points *d)
{
	free(d->t_s);
	free(d->delay_ns);
	free(d->error_ns);
	free(d->residual_ns);
	free(d->state);
	free(d->dir);
	memset(d, 0, sizeof(*d));
}

/* Without the far ones on the given sides: a few would press the rest flat. */
static struct plot_axis range_of(const struct plots *plots, const double *of, double below,
				 double above)
{
	const struct plots_points *points = &plots->points;
	double *values = points->nr ? vms_calloc(1, points->nr * sizeof(*values)) : NULL;
	struct plot_axis axis = plots_axis_ns(&plots->of, 0, 0);
	uint32_t i, n = 0;

	for (i = 0; values && i < points->nr; i++)
		if (points->state[i] != VMS_REJECTED && isfinite(of[i]))
			values[n++] = of[i];
	if (n) {
		axis.lo = fmin(0, vms_stats_select(values, n, (uint32_t)(n * below)));
		axis.hi = fmax(0, vms_stats_select(values, n, n - 1 - (uint32_t)(n * above)));
	}
	free(values);
	return axis;
}

static void add(struct plots_points *points, const struct series_of *of,
		const struct vms_candidate *cand)
{
	const struct series_point point = series_point(of, cand);
	const uint32_t n = points->nr++;

	points->t_s[n] = point.t_s;
	points->delay_ns[n] = point.delay_ns;
	points->error_ns[n] = point.error_ns;
	points->residual_ns[n] = point.residual_ns;
	points->dir[n] = point.dir;
	points->state[n] = point.state;
}

static bool room_for(struct plots_points *points, uint32_t nr)
{
	const size_t n = (size_t)nr + 1;

	points->t_s = vms_calloc(n, sizeof(double));
	points->delay_ns = vms_calloc(n, sizeof(double));
	points->error_ns = vms_calloc(n, sizeof(double));
	points->residual_ns = vms_calloc(n, sizeof(double));
	points->state = vms_calloc(n, 1);
	points->dir = vms_calloc(n, 1);
	return points->t_s && points->delay_ns && points->error_ns && points->residual_ns &&
	       points->state && points->dir;
}

/* Several plots of a page share them. */
int plots_points_make(struct plots *plots, struct rect r, const struct vms_progress *progress)
{
	const struct series_of *of = &plots->of;
	const uint32_t own = of->tr->accepted + of->tr->rejected + of->tr->undecided;
	struct plots_points *points = &plots->points;
	uint32_t i, nr, *idx;

	(void)r;
	(void)progress;
	if (points->step)
		return 0;
	points->step = own / POINTS_MAX + 1;
	nr = own / points->step + 1;
	idx = vms_calloc(nr, sizeof(*idx));
	if (idx && room_for(points, nr)) {
		nr = vms_session_track_sample(of->s, of->track, points->step, idx);
		for (i = 0; i < nr; i++)
			add(points, of, vms_session_candidate(of->s, idx[i]));
		points->delays = range_of(plots, points->delay_ns, 0.01, 0.05);
		points->errors = range_of(plots, points->error_ns, 0.05, 0.05);
		points->residuals = range_of(plots, points->residual_ns, 0.02, 0.02);
	}
	free(idx);
	return 0;
}

void plots_delays(const struct frame *frame, struct rect rect)
{
	const struct plots_points *points = &frame->plots->points;
	struct plot_axis x = plots_axis_time(&frame->plots->of), y = points->delays;
	uint32_t i, outside = 0;
	struct plot plot;

	frame_head(frame, rect, plots_focus(frame, APP_PLOT_DELAYS),
		   "delays over time, %s, model %s; A ? x ! pairs  | cursor", PLOTS_VCPU(frame),
		   vms_by_name(vms_session_model(frame->s)));
	if (!points->nr) {
		plots_say(frame, rect, "no pairs");
		return;
	}
	y.hi += (y.hi - y.lo) * 0.05;
	if (plot_open(&plot, frame->c, frame->g, plots_below(rect, 1), &x, &y)) {
		plots_say(frame, rect, PLOTS_NO_ROOM);
		return;
	}
	plot_vline(&plot, series_s(&frame->plots->of, app_view(frame->a)->cursor_raw), ROLE_DIM);
	for (i = 0; i < points->nr; i++) {
		outside += points->delay_ns[i] > plot.y.hi || points->delay_ns[i] < plot.y.lo;
		plots_point(&plot, points->t_s[i], points->delay_ns[i], points->state[i]);
	}
	plot_close(&plot);
	if (outside || points->step > 1)
		cells_printf(frame->c, rect.row + 1, rect.col + 14, rect.cols - 15, ROLE_DIM,
			     "%u beyond this range%s", outside,
			     points->step > 1 ? "; not every pair is drawn" : "");
}
