// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * TDEV and MTIE over the observation interval: what kind of noise the pairs carry, and how far it
 * can mislead.
 */
#include "ui/plots/plots_impl.h"
#include "app/words/candidate.h"
#include "core/base/util.h"

#include <math.h>
#include <stdlib.h>

static bool takes_part(const struct plots_points *d, uint32_t i, uint8_t dir)
{
	return d->dir[i] == dir && d->state[i] != VMS_REJECTED && d->state[i] != SERIES_IMPOSSIBLE;
}

/*
 * One direction only: window minima are those of delays, which are errors of one sign. As a delay
 * less its median, so that both directions read alike.
 */
int plots_stability_make(struct plots *plots, struct rect rect, const struct vms_progress *progress)
{
	struct plots_stability *out = &plots->stability;
	const struct plots_points *points = &plots->points;
	uint32_t i, nr[2] = { 0, 0 }, n = 0;
	double *t_s, *ns;

	(void)plots_points_make(plots, rect, progress);
	t_s = vms_calloc((size_t)points->nr + 1, sizeof(*t_s));
	ns = vms_calloc((size_t)points->nr + 1, sizeof(*ns));
	for (i = 0; i < points->nr; i++) {
		nr[0] += takes_part(points, i, VMS_GUEST_TO_HOST);
		nr[1] += takes_part(points, i, VMS_HOST_TO_GUEST);
	}
	out->dir = nr[1] > nr[0] ? VMS_HOST_TO_GUEST : VMS_GUEST_TO_HOST;
	for (i = 0; t_s && ns && i < points->nr; i++) {
		if (!takes_part(points, i, out->dir))
			continue;
		t_s[n] = points->t_s[i];
		ns[n++] = out->dir == VMS_GUEST_TO_HOST ? points->residual_ns[i]
							: -points->residual_ns[i];
	}
	out->pairs = n;
	out->nr = vms_stability_of(out->row, PLOTS_TAUS_MAX, t_s, ns, n, NULL);
	if (out->nr < 0)
		out->nr = 0;
	free(t_s);
	free(ns);
	return 0;
}

/* A value of 0 has no place on an axis of logarithms. */
static bool shown(double v)
{
	return isfinite(v) && v > 0;
}

static bool ranges(const struct plots_stability *stability, struct plot_axis *x,
		   struct plot_axis *y)
{
	const struct vms_stability *row = stability->row;
	double lo = HUGE_VAL, hi = 0;
	int i;

	for (i = 0; i < stability->nr; i++) {
		if (shown(row[i].tdev)) {
			lo = fmin(lo, row[i].tdev);
			hi = fmax(hi, row[i].tdev);
		}
		if (shown(row[i].mtie)) {
			lo = fmin(lo, row[i].mtie);
			hi = fmax(hi, row[i].mtie);
		}
	}
	if (!(hi > 0))
		return false;
	x->lo = log10(row[0].tau_s * 1e9) - 0.05;
	x->hi = log10(row[stability->nr - 1].tau_s * 1e9) + 0.1;
	y->lo = log10(lo) - 0.1;
	y->hi = log10(hi) + 0.1;
	return true;
}

static void draw_series(struct plot *p, const struct vms_stability *a,
			const struct vms_stability *b)
{
	double x0 = log10(a->tau_s * 1e9), x1 = log10(b->tau_s * 1e9);

	if (shown(a->tdev) && shown(b->tdev))
		plot_line(p, x0, log10(a->tdev), x1, log10(b->tdev), ROLE_MODEL_A);
	if (shown(a->mtie) && shown(b->mtie))
		plot_line(p, x0, log10(a->mtie), x1, log10(b->mtie), ROLE_MODEL_B);
}

/* Over the lines: a letter is what tells the two apart. */
static void draw_letters(struct plot *p, const struct vms_stability *s)
{
	double x = log10(s->tau_s * 1e9);

	if (shown(s->mtie))
		plot_text(p, x, log10(s->mtie), ROLE_MODEL_B, "M");
	if (shown(s->tdev))
		plot_text(p, x, log10(s->tdev), ROLE_MODEL_A, "T");
}

void plots_stability(const struct frame *frame, struct rect rect)
{
	const struct plots_stability *stability = &frame->plots->stability;
	const struct vms_stability *row = stability->row;
	struct plot_axis x = plots_axis_ns(&frame->plots->of, 0, 0),
			 y = plots_axis_ns(&frame->plots->of, 0, 0);
	struct plot plot;
	int i;

	frame_head(frame, rect, plots_focus(frame, APP_PLOT_STABILITY),
		   "TDEV and MTIE of the residuals over tau, %s, %u pair%s %s%s", PLOTS_VCPU(frame),
		   stability->pairs, fmt_s(stability->pairs), dir_text(stability->dir),
		   frame->plots->points.step > 1 ? " (a sample)" : "");
	x.kind = y.kind = PLOT_LOG;
	if (rect.rows < 7) {
		plots_say(frame, rect, PLOTS_NO_ROOM);
		return;
	}
	if (stability->nr < 2 || !ranges(stability, &x, &y)) {
		plots_say(frame, rect,
			  "too few pairs of one direction, or too unevenly spread in time");
		return;
	}
	cells_put(frame->c, rect.row + rect.rows - 1, rect.col + 1, rect.cols - 1, ROLE_DIM,
		  "T TDEV: noise at tau  M MTIE: greatest change within tau; of window minima");
	if (plot_open(&plot, frame->c, frame->g, plots_below(rect, 2), &x, &y))
		return;
	for (i = 1; i < stability->nr; i++)
		draw_series(&plot, &row[i - 1], &row[i]);
	plot_close(&plot);
	for (i = 0; i < stability->nr; i++)
		draw_letters(&plot, &row[i]);
}
