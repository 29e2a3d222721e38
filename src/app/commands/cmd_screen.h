/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Screens. */
#ifndef APP_CMD_SCREEN_H
#define APP_CMD_SCREEN_H

#include "app/line/verbs.h"
#include "app/state/app.h"

/** screen_set - go to a screen, the focus on its list */
void screen_set(struct app *a, enum app_screen screen);

/** map_key - :map CONTEXT KEY VERB; @source: where that was said */
int map_key(struct app *a, const struct app_args *args, const char *source, struct vms_err *err);

#endif
