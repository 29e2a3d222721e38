/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration file. */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include "app/state/app.h"

/** struct config_mistakes - lines that were not understood */
struct config_mistakes {
	uint32_t nr;
	char first[100]; /* "line 3: no setting 'foo'" */
};

/** config_read - take over what the file says; bad lines are warnings in the log */
void config_read(struct app *a, struct config_mistakes *mistakes);

#endif
