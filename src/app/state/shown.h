/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is on the screen: which one, which pane has the focus, what lies on top; their rows. */
#ifndef APP_SHOWN_H
#define APP_SHOWN_H

#include "app/state/app.h"

/** struct app_shown - what is on the screen, as views read it */
struct app_shown {
	enum app_screen screen;
	enum app_pane focus;
	enum app_overlay overlay;
	struct app_row row[APP_PANE_NR]; /* of panes whose rows are numbers; plots: enum app_plot */
	struct app_row over;		 /* of what lies on top */
	enum app_plot_range plot_range;	 /* of the plot of events outside */
	bool all_models; /* in the plot of the band; else what is recorded and what is in use */
};

int shown_new(struct app *app, struct vms_err *err);
const struct app_shown *app_shown(const struct app *app);

void shown_screen(struct app *app, enum app_screen screen);
void shown_focus(struct app *app, enum app_pane pane);
void shown_plot_range(struct app *app, enum app_plot_range range);
void shown_all_models(struct app *app, bool all);
/**
 * shown_over - what lies on top, from its first row on; APP_OVERLAY_NONE: nothing any more, the row
 * that was taken stays
 */
void shown_over(struct app *app, enum app_overlay overlay);
/** shown_row - to move the rows of a pane; shown_over_row - those of what lies on top */
struct app_row *shown_row(struct app *app, enum app_pane pane);
struct app_row *shown_over_row(struct app *app);

/** app_draws_pair - whether a frame of the present screen shows the selected pair */
bool app_draws_pair(const struct app *app);
/** app_lanes_drawn - the lanes are on the screen */
bool app_lanes_drawn(const struct app *app);

#endif
