// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows which screen is shown, which pane has the focus, what lies on top, and their rows. */
#include "app/state/shown.h"

#include <stdlib.h>

#include "app/state/settings.h"
#include "core/base/util.h"

struct shown_room {
	struct app_shown now;
};

int shown_new(struct app *app, struct vms_err *err)
{
	app->shown = vms_calloc(1, sizeof(*app->shown));
	if (!app->shown)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	app->shown->now.screen = APP_SCREEN_MAIN;
	app->shown->now.focus = APP_PANE_LIST;
	return 0;
}

const struct app_shown *app_shown(const struct app *app)
{
	return &app->shown->now;
}

void shown_screen(struct app *app, enum app_screen screen)
{
	app->shown->now.screen = screen;
}

void shown_focus(struct app *app, enum app_pane pane)
{
	app->shown->now.focus = pane;
}

void shown_plot_range(struct app *app, enum app_plot_range range)
{
	app->shown->now.plot_range = range;
}

void shown_all_models(struct app *app, bool all)
{
	app->shown->now.all_models = all;
}

void shown_over(struct app *app, enum app_overlay overlay)
{
	app->shown->now.overlay = overlay;
	if (overlay != APP_OVERLAY_NONE)
		app->shown->now.over = (struct app_row){ 0 };
}

struct app_row *shown_row(struct app *app, enum app_pane pane)
{
	return &app->shown->now.row[pane];
}

struct app_row *shown_over_row(struct app *app)
{
	return &app->shown->now.over;
}

bool app_draws_pair(const struct app *app)
{
	const enum app_screen screen = app_shown(app)->screen;

	return screen == APP_SCREEN_MAIN || screen == APP_SCREEN_CANDIDATES ||
	       screen == APP_SCREEN_EVENTS;
}

bool app_lanes_drawn(const struct app *app)
{
	return app_shown(app)->screen == APP_SCREEN_MAIN &&
	       (!app_prefs(app)->maximised || app_shown(app)->focus == APP_PANE_LANES);
}
