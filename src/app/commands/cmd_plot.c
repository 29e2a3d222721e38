// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the commands of the plots screen: which plot, and how much of it. */
#include "app/state/messages.h"
#include "app/state/shown.h"
#include "app/words/words.h"
#include "app/commands/panes.h"
#include "app/commands/command.h"

int cmd_plot(struct app *app, const struct app_args *args, struct vms_err *err)
{
	int i = choice(PLOT_WORDS(" "), args->argc ? args->argv[0] : "");

	if (i < 0)
		return vms_fail(err, VMS_EUSAGE, "plots: " PLOT_WORDS(" "));
	if (args->argc > 1 && (i != APP_PLOT_BAND || choice("all", args->argv[1])))
		return vms_fail(err, VMS_EUSAGE, "plot band all shows all models");
	if (i == APP_PLOT_BAND)
		shown_all_models(app, args->argc > 1);
	shown_row(app, APP_PANE_PLOTS)->sel = (uint32_t)i;
	screen_set(app, APP_SCREEN_PLOTS);
	return 0;
}

int cmd_plot_range(struct app *app, const struct app_args *args, struct vms_err *err)
{
	static const char *const ranges[APP_RANGE_NR] = { "auto", "4 band widths", "40 band widths",
							  "400 band widths", "4000 band widths" };
	int i;

	if (app_shown(app)->screen != APP_SCREEN_PLOTS)
		return vms_fail(err, VMS_EUSAGE,
				"the range belongs to the plot of events outside: plot outside");
	if (!args->argc && app_shown(app)->row[APP_PANE_PLOTS].sel == APP_PLOT_BAND) {
		shown_all_models(app, !app_shown(app)->all_models);
		return 0;
	}
	if (args->argc) {
		i = choice(RANGE_WORDS(" "), args->argv[0]);
		if (i < 0)
			return vms_fail(err, VMS_EUSAGE,
					"ranges in band widths: " RANGE_WORDS(" "));
		shown_plot_range(app, (enum app_plot_range)i);
	} else {
		shown_plot_range(app, (enum app_plot_range)((app_shown(app)->plot_range + 1) %
							    APP_RANGE_NR));
	}
	if (app_shown(app)->row[APP_PANE_PLOTS].sel != APP_PLOT_OUTSIDE)
		app_hint(app, APP_NOTE, "range of the plot of events outside, V(o): %s",
			 ranges[app_shown(app)->plot_range]);
	return 0;
}
