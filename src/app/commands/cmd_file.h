/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files to write, and the questions before. */
#ifndef APP_CMD_FILE_H
#define APP_CMD_FILE_H

#include "app/line/verbs.h"
#include "app/state/app.h"

/** save_typed - the lines above the save prompt */
void save_typed(struct app *app);
/** file_asked_spare - what any command that writes asks first; --force: for a whole script */
int file_asked_spare(const struct app *app, const char *path, const struct app_args *args,
		     struct vms_err *err);

#endif
