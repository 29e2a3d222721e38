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

static void add(struct plots_points *d, const struct plots_of *of, const struct vms_candidate *c)
{
	const enum vms_state state = vms_session_state(of->s, c);
	const double delay_ns = vms_session_delay_ns(of->s, c);
	const uint32_t n = d->nr++;

	d->t_s[n] = plots_host_s(of, c->pair.host_raw);
	d->delay_ns[n] = delay_ns;
	d->error_ns[n] = c->pair.dir == VMS_GUEST_TO_HOST ? delay_ns : -delay_ns;
	d->residual_ns[n] = vms_session_residual_ns(of->s, c);
	d->dir[n] = c->pair.dir;
	d->state[n] = state == VMS_UNDECIDED && (c->flags & VMS_CAND_IMPOSSIBLE) ? PLOTS_IMPOSSIBLE
										 : (uint8_t)state;
}

static bool room_for(struct plots_points *d, uint32_t nr)
{
	const size_t n = (size_t)nr + 1;

	d->t_s = calloc(n, sizeof(double));
	d->delay_ns = calloc(n, sizeof(double));
	d->error_ns = calloc(n, sizeof(double));
	d->residual_ns = calloc(n, sizeof(double));
	d->state = calloc(n, 1);
	d->dir = calloc(n, 1);
	return d->t_s && d->delay_ns && d->error_ns && d->residual_ns && d->state && d->dir;
}

/* Several plots of a page share them. */
int plots_points_make(struct plots *p, struct rect r, const struct vms_progress *progress)
{
	const struct plots_of *of = &p->of;
	const uint32_t own = of->tr->accepted + of->tr->rejected + of->tr->undecided;
	struct plots_points *d = &p->points;
	uint32_t i, nr, *idx;

	(void)r;
	(void)progress;
	if (d->step)
		return 0;
	d->step = own / POINTS_MAX + 1;
	nr = own / d->step + 1;
	idx = calloc(nr, sizeof(*idx));
	if (idx && room_for(d, nr)) {
		nr = vms_session_track_sample(of->s, of->track, d->step, idx);
		for (i = 0; i < nr; i++)
			add(d, of, vms_session_candidate(of->s, idx[i]));
		d->delays = range_of(p, d->delay_ns, 0.01, 0.05);
		d->errors = range_of(p, d->error_ns, 0.05, 0.05);
		d->residuals = range_of(p, d->residual_ns, 0.02, 0.02);
	}
	free(idx);
	return 0;
}

void plots_delays(const struct frame *f, struct rect r)
{
	const struct plots_points *d = &f->plots->points;
	struct plot_axis x = plots_axis_time(&f->plots->of), y = d->delays;
	uint32_t i, outside = 0;
	struct plot p;

	frame_head(f, r, plots_focus(f, APP_PLOT_DELAYS),
		   "delays over time, %s, model %s; A ? x ! pairs  | cursor", PLOTS_VCPU(f),
		   vms_by_name(vms_session_model(f->s)));
	if (!d->nr) {
		cells_put(f->c, r.row + 1, r.col + 2, r.cols - 2, ROLE_TEXT, "no pairs");
		return;
	}
	y.hi += (y.hi - y.lo) * 0.05;
	if (plot_open(&p, f->c, f->g, (struct rect){ r.row + 1, r.col, r.rows - 1, r.cols }, &x, &y,
		      NULL)) {
		plots_no_room(f, r);
		return;
	}
	plot_vline(&p, plots_host_s(&f->plots->of, app_view(f->a)->cursor_raw), ROLE_DIM);
	for (i = 0; i < d->nr; i++) {
		outside += d->delay_ns[i] > p.y.hi || d->delay_ns[i] < p.y.lo;
		plots_point(&p, d->t_s[i], d->delay_ns[i], d->state[i]);
	}
	plot_close(&p);
	if (outside || d->step > 1)
		cells_printf(f->c, r.row + 1, r.col + 14, r.cols - 15, ROLE_DIM,
			     "%u beyond this range%s", outside,
			     d->step > 1 ? "; not every pair is drawn" : "");
}
