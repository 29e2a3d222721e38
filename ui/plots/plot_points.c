// SPDX-License-Identifier: LGPL-2.1-or-later
/* The pairs of the track in view as numbers, and their delays over time. */
#include "ui/plots/plots_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every n-th pair is drawn above this: a frame has 16 ms. The plot says so. */
#define POINTS_MAX 20000u

double plots_host_s(const struct plots_of *of, int64_t host_raw)
{
	return vms_clock_ns(of->clock, vms_sat_sub_i64(host_raw, of->first_raw)) * 1e-9;
}

struct plot_axis plots_axis_time(const struct plots_of *of)
{
	struct plot_axis x = { .unit = "s", .hi = plots_host_s(of, of->last_raw) };

	if (of->clock->ns_per_unit <= 0.0)
		memcpy(x.unit, "Gtk", sizeof("Gtk"));
	return x;
}

struct plot_axis plots_axis_ns(const struct plots_of *of, double lo, double hi)
{
	struct plot_axis a = { .unit = "ns", .lo = lo, .hi = hi };

	if (of->clock->ns_per_unit <= 0.0)
		memcpy(a.unit, "tk", sizeof("tk"));
	return a;
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
static struct plot_axis range_of(const struct plots *p, const double *of, double below,
				 double above)
{
	const struct plots_points *d = &p->points;
	double *v = d->nr ? malloc(d->nr * sizeof(*v)) : NULL;
	struct plot_axis axis = plots_axis_ns(&p->of, 0, 0);
	uint32_t i, n = 0;

	for (i = 0; v && i < d->nr; i++)
		if (d->state[i] != VMS_REJECTED && isfinite(of[i]))
			v[n++] = of[i];
	if (n) {
		axis.lo = fmin(0, vms_stats_select(v, n, (uint32_t)(n * below)));
		axis.hi = fmax(0, vms_stats_select(v, n, n - 1 - (uint32_t)(n * above)));
	}
	free(v);
	return axis;
}

static void add(struct plots_points *plots_points, const struct plots_of *of,
		const struct vms_candidate *cand)
{
	const enum vms_state state = vms_session_state(of->s, cand);
	const double delay_ns = vms_session_delay_ns(of->s, cand);
	const uint32_t n = plots_points->nr++;

	plots_points->t_s[n] = plots_host_s(of, cand->pair.host_raw);
	plots_points->delay_ns[n] = delay_ns;
	plots_points->error_ns[n] = cand->pair.dir == VMS_GUEST_TO_HOST ? delay_ns : -delay_ns;
	plots_points->residual_ns[n] = vms_session_residual_ns(of->s, cand);
	plots_points->dir[n] = cand->pair.dir;
	plots_points->state[n] = state == VMS_UNDECIDED && (cand->flags & VMS_CAND_IMPOSSIBLE)
					 ? PLOTS_IMPOSSIBLE
					 : (uint8_t)state;
}

static bool room_for(struct plots_points *plots_points, uint32_t nr)
{
	const size_t n = (size_t)nr + 1;

	plots_points->t_s = calloc(n, sizeof(double));
	plots_points->delay_ns = calloc(n, sizeof(double));
	plots_points->error_ns = calloc(n, sizeof(double));
	plots_points->residual_ns = calloc(n, sizeof(double));
	plots_points->state = calloc(n, 1);
	plots_points->dir = calloc(n, 1);
	return plots_points->t_s && plots_points->delay_ns && plots_points->error_ns &&
	       plots_points->residual_ns && plots_points->state && plots_points->dir;
}

/* Several plots of a page share them. */
int plots_points_make(struct plots *plots, struct rect r, const struct vms_progress *progress)
{
	const struct plots_of *of = &plots->of;
	const uint32_t own = of->tr->accepted + of->tr->rejected + of->tr->undecided;
	struct plots_points *plots_points = &plots->points;
	uint32_t i, nr, *idx;

	(void)r;
	(void)progress;
	if (plots_points->step)
		return 0;
	plots_points->step = own / POINTS_MAX + 1;
	nr = own / plots_points->step + 1;
	idx = calloc(nr, sizeof(*idx));
	if (idx && room_for(plots_points, nr)) {
		nr = vms_session_track_sample(of->s, of->track, plots_points->step, idx);
		for (i = 0; i < nr; i++)
			add(plots_points, of, vms_session_candidate(of->s, idx[i]));
		plots_points->delays = range_of(plots, plots_points->delay_ns, 0.01, 0.05);
		plots_points->errors = range_of(plots, plots_points->error_ns, 0.05, 0.05);
		plots_points->residuals = range_of(plots, plots_points->residual_ns, 0.02, 0.02);
	}
	free(idx);
	return 0;
}

void plots_delays(const struct frame *frame, struct rect rect)
{
	const struct plots_points *plots_points = &frame->plots->points;
	struct plot_axis x = plots_axis_time(&frame->plots->of), y = plots_points->delays;
	uint32_t i, outside = 0;
	struct plot plot;

	frame_head(frame, rect, plots_focus(frame, APP_PLOT_DELAYS),
		   "delays over time, %s, model %s; A ? x ! pairs  | cursor", PLOTS_VCPU(frame),
		   vms_by_name(vms_session_model(frame->s)));
	if (!plots_points->nr) {
		cells_put(frame->c, rect.row + 1, rect.col + 2, rect.cols - 2, ROLE_TEXT,
			  "no pairs");
		return;
	}
	y.hi += (y.hi - y.lo) * 0.05;
	if (plot_open(&plot, frame->c, frame->g,
		      (struct rect){ rect.row + 1, rect.col, rect.rows - 1, rect.cols }, &x, &y,
		      NULL)) {
		plots_no_room(frame, rect);
		return;
	}
	plot_vline(&plot, plots_host_s(&frame->plots->of, app_view(frame->a)->cursor_raw),
		   ROLE_DIM);
	for (i = 0; i < plots_points->nr; i++) {
		outside += plots_points->delay_ns[i] > plot.y.hi ||
			   plots_points->delay_ns[i] < plot.y.lo;
		plots_point(&plot, plots_points->t_s[i], plots_points->delay_ns[i],
			    plots_points->state[i]);
	}
	plot_close(&plot);
	if (outside || plots_points->step > 1)
		cells_printf(frame->c, rect.row + 1, rect.col + 14, rect.cols - 15, ROLE_DIM,
			     "%u beyond this range%s", outside,
			     plots_points->step > 1 ? "; not every pair is drawn" : "");
}
