// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how a selection moves along rows and stays on the screen. */
#include "app/state/rows.h"

#include "core/base/util.h"

void row_move(struct app_row *r, int64_t delta, uint32_t rows)
{
	int64_t to = (int64_t)r->sel + delta;

	rows = rows ? rows : 1;
	if (!r->nr) {
		r->sel = r->top = 0;
		return;
	}
	r->sel = (uint32_t)VMS_MAX(VMS_MIN(to, (int64_t)r->nr - 1), 0);
	if (r->sel < r->top)
		r->top = r->sel;
	else if (r->sel - r->top >= rows)
		r->top = r->sel - rows + 1;
	if (r->nr <= rows)
		r->top = 0;
	else if (r->top > r->nr - rows)
		r->top = r->nr - rows;
}

void row_scroll(struct app_row *r, int64_t delta, uint32_t rows)
{
	int64_t top = (int64_t)r->top + delta, most = (int64_t)r->nr - (rows ? rows : 1);

	r->top = (uint32_t)VMS_MAX(VMS_MIN(top, most), 0);
	r->sel = r->top;
}
