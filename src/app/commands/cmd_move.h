/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Moving the rows of what has the focus. */
#ifndef APP_CMD_MOVE_H
#define APP_CMD_MOVE_H

#include "app/state/app.h"

/** pane_move - move the rows of what has the focus */
void pane_move(struct app *a, int64_t delta);

#endif
