/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files to write, and the questions before. */
#ifndef APP_CMD_FILE_H
#define APP_CMD_FILE_H

#include "app/state/app.h"

/** save_typed - the lines above the save prompt */
void save_typed(struct app *app);

#endif
