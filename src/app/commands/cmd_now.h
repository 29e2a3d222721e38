/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What now: what is wrong and the steps that are left; and the list of steps and holes. */
#ifndef APP_CMD_NOW_H
#define APP_CMD_NOW_H

#include "app/commands/command.h"

int now_new(struct app *app, struct vms_err *err);
void now_free(struct app *app);
/** now_first - open it where the recording is judged for the first time, unless something is */
void now_first(struct app *app);
/* The overlay: its rows, the way along them, and Enter on one */
void now_fill(struct app *app);
void now_move(struct app *app, int64_t delta);
int now_take(struct app *app, struct vms_err *err);

/** steps_take - Enter in the list of steps and holes: the lanes at its time */
int steps_take(struct app *app, struct vms_err *err);

#endif
