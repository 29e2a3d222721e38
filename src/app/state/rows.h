/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list whose rows are numbers: selection and scroll. */
#ifndef APP_ROWS_H
#define APP_ROWS_H

#include <stdint.h>

/** struct app_row - selection and scroll of a list whose rows are numbers */
struct app_row {
	uint32_t sel, top, nr;
	/* columns scrolled sideways, where rows can be longer than the screen is wide */
	uint32_t left;
};

/** row_move - move a selection by delta rows and keep it in a window of rows */
void row_move(struct app_row *row, int64_t delta, uint32_t rows);
/** row_scroll - the same for text, where rows move and no selection */
void row_scroll(struct app_row *r, int64_t delta, uint32_t rows);

#endif
