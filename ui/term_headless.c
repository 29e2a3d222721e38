// SPDX-License-Identifier: LGPL-2.1-or-later
/* The back end without a terminal: a frame as text, for :save-screen, scripts and golden tests. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "tui.h"

static int frame_text(struct app *app, char **out, struct vms_err *err)
{
	struct cells c = { 0 };
	int rows = (int)app->geo.rows, cols = (int)app->geo.cols;
	int ret = cells_resize(&c, rows > 0 ? rows : 24, cols > 0 ? cols : 80, err);

	if (ret)
		return ret;
	tui_frame(app, &c);
	ret = cells_text(&c, out, err);
	cells_free(&c);
	return ret;
}

int tui_save_screen(void *app, const char *path, struct vms_err *err)
{
	char *text = NULL;
	FILE *f = NULL;
	int ret = frame_text(app, &text, err);

	if (ret)
		return ret;
	f = fopen(path, "we");
	if (!f || fputs(text, f) < 0)
		ret = vms_fail(err, VMS_EIO, "writing %s: %s", path, strerror(errno));
	if (f && fclose(f) && !ret)
		ret = vms_fail(err, VMS_EIO, "writing %s: %s", path, strerror(errno));
	free(text);
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
