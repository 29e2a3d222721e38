/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where commands of the view lead. */
#ifndef APP_CMD_VIEW_H
#define APP_CMD_VIEW_H

#include "app/line/verbs.h"
#include "app/state/app.h"

/**
 * view_of_zoom - where :zoom with these arguments leads; @cursor_raw: to where the time cursor goes
 * with it
 */
int view_of_zoom(const struct app *app, const struct app_args *args, struct vms_view *to,
		 int64_t *cursor_raw, struct vms_err *err);
/** view_of_pan - where :pan with these arguments leads */
int view_of_pan(const struct app *a, const struct app_args *args, struct vms_view *to,
		struct vms_err *err);
/**
 * view_pair_of - the pair that a command names, which becomes the selected one, else the selected
 * one; -VMS_EUSAGE without either
 */
int view_pair_of(struct app *app, const struct app_args *args, struct vms_candidate *out,
		 struct vms_err *err);

#endif
