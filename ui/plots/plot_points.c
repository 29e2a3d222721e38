// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The pairs of the track in view as numbers, computed once a change of the session, and their
 * delays over time.
 */
#include "ui/frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ui/plots/plots.h"

/* Every n-th pair is drawn above this: a frame has 16 ms. The plot says so. */
#define POINTS_MAX 20000u

static struct plots_points kept;
static struct plots_key kept_for;

struct plots_key plots_key(const struct frame *f)
{
	return (struct plots_key){ .s = f->s,
				   .generation = vms_session_generation(f->s),
				   .track = f->track };
}

bool plots_key_equal(const struct plots_key *a, const struct plots_key *b)
{
	return a->s == b->s && a->generation == b->generation && a->track == b->track;
}

double plots_host_s(const struct frame *f, int64_t host_raw)
{
	return frame_ns(f, vms_sat_sub_i64(host_raw, f->a->first_raw)) * 1e-9;
}

struct plot_axis plots_axis_time(const struct frame *f)
{
	struct plot_axis x = { .unit = "s", .hi = plots_host_s(f, f->a->last_raw) };

	if (f->clock->ns_per_unit <= 0.0)
		memcpy(x.unit, "Gtk", sizeof("Gtk"));
	return x;
}

struct plot_axis plots_axis_ns(const struct frame *f, double lo, double hi)
{
	struct plot_axis a = { .unit = "ns", .lo = lo, .hi = hi };

	if (f->clock->ns_per_unit <= 0.0)
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

void plots_points_forget(void)
{
	free(kept.t_s);
	free(kept.delay_ns);
	free(kept.error_ns);
	free(kept.residual_ns);
	free(kept.state);
	free(kept.dir);
	memset(&kept, 0, sizeof(kept));
	memset(&kept_for, 0, sizeof(kept_for));
}

/* Without the far ones on the given sides: a few would press the rest flat. */
static struct plot_axis range_of(const struct frame *f, const double *of, double below,
				 double above)
{
	double *v = kept.nr ? malloc(kept.nr * sizeof(*v)) : NULL;
	struct plot_axis a = plots_axis_ns(f, 0, 0);
	uint32_t i, n = 0;

	for (i = 0; v && i < kept.nr; i++)
		if (kept.state[i] != VMS_REJECTED && isfinite(of[i]))
			v[n++] = of[i];
	if (n) {
		a.lo = fmin(0, vms_stats_select(v, n, (uint32_t)(n * below)));
		a.hi = fmax(0, vms_stats_select(v, n, n - 1 - (uint32_t)(n * above)));
	}
	free(v);
	return a;
}

static void add(const struct frame *f, const struct vms_candidate *c)
{
	uint32_t n = kept.nr++;

	kept.t_s[n] = plots_host_s(f, c->pair.host_raw);
	kept.delay_ns[n] = vms_session_delay_ns(f->s, c);
	kept.error_ns[n] = c->pair.dir == VMS_GUEST_TO_HOST ? kept.delay_ns[n] : -kept.delay_ns[n];
	kept.residual_ns[n] = vms_session_residual_ns(f->s, c);
	kept.dir[n] = c->pair.dir;
	kept.state[n] = c->state == VMS_UNDECIDED && (c->flags & VMS_CAND_IMPOSSIBLE)
				? PLOTS_IMPOSSIBLE
				: c->state;
}

static bool room_for(uint32_t nr)
{
	const size_t n = (size_t)nr + 1;

	kept.t_s = calloc(n, sizeof(double));
	kept.delay_ns = calloc(n, sizeof(double));
	kept.error_ns = calloc(n, sizeof(double));
	kept.residual_ns = calloc(n, sizeof(double));
	kept.state = calloc(n, 1);
	kept.dir = calloc(n, 1);
	return kept.t_s && kept.delay_ns && kept.error_ns && kept.residual_ns && kept.state &&
	       kept.dir;
}

const struct plots_points *plots_points(const struct frame *f)
{
	const uint32_t own = f->tr->accepted + f->tr->rejected + f->tr->undecided;
	struct plots_key key = plots_key(f);
	uint32_t i, nr, *idx;

	if (plots_key_equal(&kept_for, &key))
		return &kept;
	plots_points_forget();
	kept.step = own / POINTS_MAX + 1;
	nr = own / kept.step + 1;
	idx = calloc(nr, sizeof(*idx));
	if (idx && room_for(nr)) {
		nr = vms_session_track_sample(f->s, f->track, kept.step, idx);
		for (i = 0; i < nr; i++)
			add(f, vms_session_candidate(f->s, idx[i]));
		kept.delays = range_of(f, kept.delay_ns, 0.01, 0.05);
		kept.errors = range_of(f, kept.error_ns, 0.05, 0.05);
		kept.residuals = range_of(f, kept.residual_ns, 0.02, 0.02);
		kept_for = key;
	}
	free(idx);
	return &kept;
}

void plots_delays(struct frame *f, struct rect r)
{
	const struct plots_points *d = plots_points(f);
	struct plot_axis x = plots_axis_time(f), y = d->delays;
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
	plot_vline(&p, plots_host_s(f, f->a->cursor_raw), ROLE_DIM);
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
