// SPDX-License-Identifier: LGPL-2.1-or-later
/* Histograms of delays and residuals: a row a bin, accepted pairs apart from the others. */
#include "ui/plots/plots_impl.h"
#include "core/base/util.h"

#include <math.h>
#include <stdlib.h>

static void draw_bins(const struct frame *frame, struct rect rect, const struct vms_hist *all,
		      const struct vms_hist *acc)
{
	char lo[FMT_SIZE];
	uint64_t most = 1;
	unsigned int i;
	int width = rect.cols - 31;

	for (i = 0; i < all->nr; i++)
		if (all->count[i] > most)
			most = all->count[i];
	cells_printf(frame->c, rect.row, rect.col, rect.cols, ROLE_DIM,
		     " from        accepted     all  # accepted, = others; full width %llu",
		     (unsigned long long)most);
	for (i = 0; i < all->nr; i++) {
		int row = rect.row + 1 + (int)i;
		double part = (double)all->count[i] / (double)most,
		       part_acc = (double)acc->count[i] / (double)most;

		cells_printf(frame->c, row, rect.col, 32, ROLE_TEXT, "%s %8llu %7llu ",
			     fmt_delta(frame->clock, all->lo + i * all->width, lo, sizeof(lo)),
			     (unsigned long long)acc->count[i], (unsigned long long)all->count[i]);
		if (width < 4)
			continue;
		cells_fill(frame->c, row, rect.col + 30, (int)ceil(part * width), ROLE_CANDIDATE,
			   "=");
		plot_bar(frame->c, frame->g, row, rect.col + 30, width, part_acc, ROLE_ACCEPTED);
	}
}

/* Values of the pairs that are not rejected, or of the accepted ones. Return: how many */
static uint32_t collect(const struct plots_points *d, const double *of, bool accepted,
			bool possible, double *v)
{
	uint32_t i, n = 0;

	for (i = 0; i < d->nr; i++)
		if (accepted ? d->state[i] == VMS_ACCEPTED
			     : d->state[i] != VMS_REJECTED &&
				       !(possible && d->state[i] == SERIES_IMPOSSIBLE))
			v[n++] = of[i];
	return n;
}

static void draw_hist(const struct frame *frame, struct rect rect, const double *of,
		      struct plot_axis range, bool possible)
{
	const struct plots_points *points = &frame->plots->points;
	struct vms_hist all = { 0 }, acc = { 0 };
	unsigned int bins = (unsigned int)(rect.rows - 2);
	double *values;

	values = vms_calloc(1, points->nr * sizeof(*values));
	if (!values)
		return;
	/* round borders read better than exact ones */
	all.width = fmt_step(range.hi - range.lo, (int)bins - 1);
	range.lo = floor(range.lo / all.width) * all.width;
	range.hi = range.lo + all.width * bins;
	if (!vms_hist_build(&all, values, collect(points, of, false, possible, values), range.lo,
			    range.hi, bins, NULL)) {
		if (!vms_hist_build(&acc, values, collect(points, of, true, possible, values),
				    range.lo, range.hi, bins, NULL)) {
			draw_bins(frame, plots_below(rect, 1), &all, &acc);
			cells_printf(frame->c, rect.row + rect.rows - 1, rect.col + 30,
				     rect.cols - 30, ROLE_DIM, "%llu below, %llu above%s",
				     (unsigned long long)all.below, (unsigned long long)all.above,
				     points->step > 1 ? "; a sample of the pairs" : "");
			vms_hist_clear(&acc);
		}
		vms_hist_clear(&all);
	}
	free(values);
}

void plots_delay_hist(const struct frame *f, struct rect r)
{
	const struct plots_points *d = &f->plots->points;

	frame_head(f, r, plots_focus(f, APP_PLOT_DELAY_HIST),
		   "delay histogram, %s, model %s, not rejected", PLOTS_VCPU(f),
		   vms_by_name(vms_session_model(f->s)));
	if (r.rows >= 4 && d->nr)
		draw_hist(f, r, d->delay_ns, d->delays, false);
}

void plots_residuals(const struct frame *f, struct rect r)
{
	const struct plots_points *d = &f->plots->points;

	frame_head(f, r, plots_focus(f, APP_PLOT_RESIDUALS),
		   "residual histogram, %s: error less the median of its sequence", PLOTS_VCPU(f));
	if (r.rows >= 4 && d->nr)
		draw_hist(f, r, d->residual_ns, d->residuals, true);
	else if (r.rows >= 2)
		plots_say(f, r, "no pairs");
}
