// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The plots screen: which plots stand where. One where there is room for one, two or four on large
 * screens.
 */
#include "ui/frame.h"

#include "ui/plots/plots.h"

bool plots_focus(const struct frame *f, enum app_plot plot)
{
	return f->a->plots.sel % APP_PLOT_NR == (unsigned int)plot;
}

void plots_no_room(struct frame *f, struct rect r)
{
	if (r.rows >= 2)
		cells_put(f->c, r.row + 1, r.col + 2, r.cols - 2, ROLE_TEXT,
			  "no room for this plot: it needs a larger window");
}

void pane_plots_forget(void)
{
	plots_points_forget();
	plots_outside_forget();
	plots_stability_forget();
	plots_clocks_forget();
	plots_drift_forget();
}

void pane_plots(struct frame *f)
{
	static void (*const plots[APP_PLOT_NR])(struct frame * f, struct rect r) = {
		[APP_PLOT_BAND] = plots_band,		[APP_PLOT_OUTSIDE] = plots_outside,
		[APP_PLOT_ERRORS] = plots_errors,	[APP_PLOT_RESIDUALS] = plots_residuals,
		[APP_PLOT_DELAYS] = plots_delays,	[APP_PLOT_DELAY_HIST] = plots_delay_hist,
		[APP_PLOT_STABILITY] = plots_stability, [APP_PLOT_CLOCKS] = plots_clocks,
		[APP_PLOT_DRIFT] = plots_drift,
	};
	struct rect r = f->l.part[PART_BODY];
	int sel = (int)(f->a->plots.sel % APP_PLOT_NR), first, n, i;
	int down = r.rows >= 36 ? 2 : 1, across = r.cols >= 150 ? 2 : 1, row, high;

	if (r.rows < 3 || !f->tr)
		return;
	first = sel - sel % (down * across);
	n = first + down * across > APP_PLOT_NR ? APP_PLOT_NR - first : down * across;
	high = r.rows - 1;
	/*
	 * the last page has less than its places: the rest of the row, or of the screen, goes to
	 * the last plot
	 */
	for (i = 0; i < n; i++) {
		int rows_nr = (n + across - 1) / across, wide = r.cols / across,
		    left = i % across * wide;

		row = i / across * (high / rows_nr);
		if (i == n - 1 || i % across == across - 1)
			wide = r.cols - left;
		plots[first + i](f, (struct rect){ r.row + row, r.col + left,
						   i / across == rows_nr - 1 ? high - row
									     : high / rows_nr,
						   wide - (left + wide < r.cols) });
	}
	cells_printf(
		f->c, r.row + high, r.col + 1, r.cols - 1, ROLE_DIM,
		"plot %d of %d  j k: band V(o) errors residuals delays hist stability clocks drift",
		sel + 1, APP_PLOT_NR);
	cells_cursor(f->c, r.row + high, r.col + 1, true);
}
