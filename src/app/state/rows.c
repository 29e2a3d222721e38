// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how a selection moves along rows and stays on the screen. */
#include "app/state/rows.h"

#include "core/base/util.h"

void row_move(struct app_row *row, int64_t delta, uint32_t rows)
{
	int64_t to = (int64_t)row->sel + delta;

	rows = rows ? rows : 1;
	if (!row->nr) {
		row->sel = row->top = 0;
		return;
	}
	row->sel = (uint32_t)VMS_MAX(VMS_MIN(to, (int64_t)row->nr - 1), 0);
	if (row->sel < row->top)
		row->top = row->sel;
	else if (row->sel - row->top >= rows)
		row->top = row->sel - rows + 1;
	if (row->nr <= rows)
		row->top = 0;
	else if (row->top > row->nr - rows)
		row->top = row->nr - rows;
}

void row_scroll(struct app_row *r, int64_t delta, uint32_t rows)
{
	int64_t top = (int64_t)r->top + delta, most = (int64_t)r->nr - (rows ? rows : 1);

	r->top = (uint32_t)VMS_MAX(VMS_MIN(top, most), 0);
	r->sel = r->top;
}
