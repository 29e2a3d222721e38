/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Moving rows. */
#ifndef APP_MOVE_H
#define APP_MOVE_H

#include "app/state/app.h"

/** row_move - move a selection by delta rows and keep it in a window of rows */
void row_move(struct app_row *r, int64_t delta, uint32_t rows);
/** row_scroll - the same for text, where rows move and no selection */
void row_scroll(struct app_row *r, int64_t delta, uint32_t rows);
/** pane_move - move the rows of what has the focus */
void pane_move(struct app *a, int64_t delta);
/**
 * text_left - where it is kept by how far the text on the screen is scrolled sideways; NULL: there
 * is no such text
 */
uint32_t *text_left(struct app *a);

#endif
