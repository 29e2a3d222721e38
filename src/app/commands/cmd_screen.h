/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys that a person binds. */
#ifndef APP_CMD_SCREEN_H
#define APP_CMD_SCREEN_H

#include "app/line/verbs.h"
#include "app/state/app.h"

/** map_key - :map CONTEXT KEY VERB; @source: where that was said */
int map_key(struct app *app, const struct app_args *args, const char *source, struct vms_err *err);

#endif
