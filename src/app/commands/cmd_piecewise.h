/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cut model by words. */
#ifndef APP_CMD_PIECEWISE_H
#define APP_CMD_PIECEWISE_H

#include "app/line/verbs.h"
#include "app/state/app.h"

/**
 * piecewise_set - :model piecewise with marks or times: cut the offset there; piecewise_preview -
 * what it would do
 */
int piecewise_set(struct app *app, const struct app_args *args, struct vms_err *err);
int piecewise_preview(struct app *app, const struct app_args *args, char *buf, size_t size,
		      struct vms_err *err);

#endif
