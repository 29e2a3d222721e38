// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the commands of the plots screen: which plot, and how wide the one of events outside is. */
#include "app/state/messages.h"
#include "app/words/words.h"
#include "app/commands/cmd_screen.h"
#include "app/commands/command.h"

int cmd_plot(struct app *a, const struct app_args *args, struct vms_err *err)
{
	int i = choice(
		"band outside errors residuals delays delay-histogram stability clocks drift",
		args->argc ? args->argv[0] : "");

	if (i < 0)
		return vms_fail(err, VMS_EUSAGE,
				"plots: band outside errors residuals delays delay-histogram "
				"stability clocks drift");
	a->plots.nr = APP_PLOT_NR;
	a->plots.sel = (uint32_t)i;
	screen_set(a, APP_SCREEN_PLOTS);
	return 0;
}

int cmd_plot_range(struct app *a, const struct app_args *args, struct vms_err *err)
{
	static const char *const ranges[APP_RANGE_NR] = { "auto", "4 band widths", "40 band widths",
							  "400 band widths", "4000 band widths" };
	int i;

	if (a->screen != APP_SCREEN_PLOTS)
		return vms_fail(err, VMS_EUSAGE,
				"the range belongs to the plot of events outside: plot outside");
	if (args->argc) {
		i = choice("auto 4 40 400 4000", args->argv[0]);
		if (i < 0)
			return vms_fail(err, VMS_EUSAGE,
					"ranges in band widths: auto 4 40 400 4000");
		a->plot_range = (enum app_plot_range)i;
	} else {
		a->plot_range = (enum app_plot_range)((a->plot_range + 1) % APP_RANGE_NR);
	}
	if (a->plots.sel != APP_PLOT_OUTSIDE)
		app_hint(a, APP_NOTE, "range of the plot of events outside, V(o): %s",
			 ranges[a->plot_range]);
	return 0;
}
