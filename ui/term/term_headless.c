// SPDX-License-Identifier: LGPL-2.1-or-later
/* The back end without a terminal: a frame as text, for :save-screen, scripts and golden tests. */
#include "ui/cells/cells.h"
#include "ui/tui.h"

int tui_screen_text(struct app *app, char **out, struct vms_err *err)
{
	struct cells c = { 0 };
	int rows = (int)app->geo.rows, cols = (int)app->geo.cols;
	int ret = cells_resize(&c, rows > 0 ? rows : 24, cols > 0 ? cols : 80, err);

	if (ret)
		return ret;
	/* as a person sees it who waits: nothing is left to compute */
	app_settle(app);
	tui_frame(app, &c);
	ret = cells_text(&c, out, err);
	cells_free(&c);
	return ret;
}

int tui_headless_size(struct app *app, int rows, int cols, struct vms_err *err)
{
	struct cells c = { 0 };
	int ret = cells_resize(&c, rows, cols, err);

	if (ret)
		return ret;
	tui_frame(app, &c);
	app_frame_drawn(app);
	cells_free(&c);
	return 0;
}
