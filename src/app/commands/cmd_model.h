/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models and muted sequences. */
#ifndef APP_CMD_MODEL_H
#define APP_CMD_MODEL_H

#include "app/line/verbs.h"
#include "app/state/app.h"

/** mute_preview - what :mute with these arguments would do, in words */
int mute_preview(const struct app *app, const struct app_args *args, char *buf, size_t size,
		 struct vms_err *err);

#endif
