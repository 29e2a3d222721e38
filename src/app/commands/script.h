/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of commands, and the configuration, which is one. */
#ifndef APP_SCRIPT_H
#define APP_SCRIPT_H

#include "app/state/app.h"

/**
 * app_script - run lines: ":" commands with or without the colon, "key KEYS", "#" comments
 * @text: whole file; stops at the first failure. @name: for messages
 */
int app_script_text(struct app *app, const char *name, const char *text, struct vms_err *err);
int app_script_file(struct app *a, const char *path, struct vms_err *err);

/** struct config_mistakes - lines that were not understood */
struct config_mistakes {
	uint32_t nr;
	char first[100]; /* "line 3: no setting 'foo'" */
};

/** config_read - take over what the file says; bad lines are warnings in the log */
void config_read(struct app *app, struct config_mistakes *mistakes);

#endif
