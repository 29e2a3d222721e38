// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The plots screen: which plots stand where. One where there is room for one, two or four on large
 * screens.
 */
#include "ui/plots/plots.h"

#include <stdlib.h>

#include "ui/plots/plots_impl.h"

static const struct {
	void (*draw)(const struct frame *f, struct rect r);
	bool (*make)(struct plots *p, struct rect r); /* NULL: nothing is kept for it */
} rows[APP_PLOT_NR] = {
	[APP_PLOT_BAND] = { plots_band, NULL },
	[APP_PLOT_OUTSIDE] = { plots_outside, plots_outside_make },
	[APP_PLOT_ERRORS] = { plots_errors, plots_points_make },
	[APP_PLOT_RESIDUALS] = { plots_residuals, plots_points_make },
	[APP_PLOT_DELAYS] = { plots_delays, plots_points_make },
	[APP_PLOT_DELAY_HIST] = { plots_delay_hist, plots_points_make },
	[APP_PLOT_STABILITY] = { plots_stability, plots_stability_make },
	[APP_PLOT_CLOCKS] = { plots_clocks, plots_clocks_make },
	[APP_PLOT_DRIFT] = { plots_drift, plots_drift_make },
};

#define PLACES_MAX 4

/** struct place - a plot and its part of the screen */
struct place {
	int plot;
	struct rect r;
};

/*
 * The page with the selected plot. The last page has less than its places: the rest of the row, or
 * of the screen, goes to the last plot. Return: how many
 */
static int places(const struct frame *f, struct place *out)
{
	const struct rect r = f->l.part[PART_BODY];
	const int down = r.rows >= 36 ? 2 : 1, across = r.cols >= 150 ? 2 : 1;
	const int sel = (int)(f->a->plots.sel % APP_PLOT_NR), high = r.rows - 1;
	const int first = sel - sel % (down * across);
	const int nr = first + down * across > APP_PLOT_NR ? APP_PLOT_NR - first : down * across;
	const int rows_nr = (nr + across - 1) / across;
	int i;

	if (r.rows < 3 || !f->tr)
		return 0;
	for (i = 0; i < nr; i++) {
		int row = i / across * (high / rows_nr), wide = r.cols / across;
		int left = i % across * wide;

		if (i == nr - 1 || i % across == across - 1)
			wide = r.cols - left;
		out[i].plot = first + i;
		out[i].r = (struct rect){ r.row + row, r.col + left,
					  i / across == rows_nr - 1 ? high - row : high / rows_nr,
					  wide - (left + wide < r.cols) };
	}
	return nr;
}

bool plots_same(const struct plots_of *a, const struct plots_of *b)
{
	return a->s == b->s && a->generation == b->generation && a->track == b->track;
}

bool plots_focus(const struct frame *f, enum app_plot plot)
{
	return f->a->plots.sel % APP_PLOT_NR == (unsigned int)plot;
}

void plots_no_room(const struct frame *f, struct rect r)
{
	if (r.rows >= 2)
		cells_put(f->c, r.row + 1, r.col + 2, r.cols - 2, ROLE_TEXT,
			  "no room for this plot: it needs a larger window");
}

struct plots *plots_new(void)
{
	return calloc(1, sizeof(struct plots));
}

void plots_free(struct plots *p)
{
	if (!p)
		return;
	plots_points_free(&p->points);
	plots_outside_free(&p->outside);
	plots_clocks_free(&p->clocks);
	free(p);
}

bool plots_prepare(struct plots *p, const struct frame *f)
{
	struct place at[PLACES_MAX];
	bool more = false;
	int i, nr;

	if (f->a->screen != APP_SCREEN_PLOTS)
		return false;
	p->of = (struct plots_of){
		.s = f->s,
		.tr = f->tr,
		.clock = f->clock,
		.recorded = f->maps[VMS_BY_RECORDED],
		.generation = vms_session_generation(f->s),
		.track = f->track,
		.first_raw = app_view(f->a)->first_raw,
		.last_raw = app_view(f->a)->last_raw,
		.basis = frame_basis(f),
		.range = f->a->plot_range,
		.at_once = f->a->headless,
	};
	nr = places(f, at);
	for (i = 0; i < nr; i++)
		if (rows[at[i].plot].make)
			more |= rows[at[i].plot].make(p, at[i].r);
	return more;
}

void pane_plots(const struct frame *f)
{
	const struct rect r = f->l.part[PART_BODY];
	struct place at[PLACES_MAX];
	int i, nr = places(f, at);

	if (!nr)
		return;
	for (i = 0; i < nr; i++)
		rows[at[i].plot].draw(f, at[i].r);
	cells_printf(
		f->c, r.row + r.rows - 1, r.col + 1, r.cols - 1, ROLE_DIM,
		"plot %d of %d  j k: band V(o) errors residuals delays hist stability clocks drift",
		(int)(f->a->plots.sel % APP_PLOT_NR) + 1, APP_PLOT_NR);
	cells_cursor(f->c, r.row + r.rows - 1, r.col + 1, true);
}
