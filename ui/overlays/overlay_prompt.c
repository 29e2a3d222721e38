// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Prompts: the line typed in the place of the message, what it would do below, what could stand
 * there above.
 */
#include "ui/overlays/overlays_impl.h"

#include <stdio.h>
#include <string.h>

#define COMPLETIONS_SHOWN 8

static void draw_completions(const struct frame *f)
{
	const struct app_prompt *p = &f->a->prompt;
	int rows = p->comp_nr < COMPLETIONS_SHOWN ? (int)p->comp_nr : COMPLETIONS_SHOWN, i;
	struct rect m = f->l.part[PART_MESSAGE], r;
	struct app_row list = { .sel = p->comp_sel > 0 ? (uint32_t)p->comp_sel : 0,
				.nr = p->comp_nr };
	uint32_t top;

	/* above the prompt, but never over the selected pair's row: then higher up */
	if (f->keep_row >= m.row - rows && f->keep_row < m.row && f->keep_row > f->l.rows / 2)
		r = (struct rect){ f->keep_row - rows, 0, rows, f->l.cols };
	else
		r = (struct rect){ m.row - rows, 0, rows, f->l.cols };
	if (r.cols > 76)
		r.cols = 76;
	if (r.row < 1)
		return;
	top = overlay_list_top(&list, rows);
	for (i = 0; i < rows && top + (uint32_t)i < p->comp_nr; i++) {
		const struct app_completion *c = &p->comp[top + (uint32_t)i];

		cells_fill(f->c, r.row + i, r.col, r.cols, ROLE_OVERLAY, " ");
		cells_put(f->c, r.row + i, r.col, 1, ROLE_OVERLAY_EDGE, f->g->vline);
		cells_put(f->c, r.row + i, r.col + 2, 20, ROLE_KEY, c->text);
		cells_put(f->c, r.row + i, r.col + 23, r.cols - 23, ROLE_OVERLAY, c->help);
		if ((int32_t)top + i == p->comp_sel)
			cells_flag(f->c, r.row + i, r.col, r.cols, CELL_REVERSE);
	}
}

static void draw_below(const struct frame *f, const struct look *look)
{
	const struct app_prompt *p = &f->a->prompt;
	struct rect r = f->l.part[PART_BAR];

	cells_fill(f->c, r.row, r.col, r.cols, ROLE_TEXT, " ");
	if (p->error[0]) {
		int col = r.col + (p->label ? cells_width(p->label) : 0);

		if (p->error_col >= 0) {
			char before[APP_PROMPT_BYTES];

			(void)snprintf(before, sizeof(before), "%.*s", (int)p->error_col, p->text);
			col += cells_width(before);
			/*
			 * the caret points at what is wrong; the text stands beside it where it
			 * fits
			 */
			if (col + 3 + cells_width(p->error) < r.cols) {
				cells_put(f->c, r.row, col, 1, ROLE_BAD, "^");
				cells_put(f->c, r.row, col + 2, r.cols - col - 2, ROLE_BAD,
					  p->error);
				return;
			}
		}
		cells_put(f->c, r.row, r.col + 1, r.cols - 1, ROLE_BAD, p->error);
	} else if (p->preview[0]) {
		cells_put(f->c, r.row, r.col + 1, r.cols - 1, ROLE_TEXT, p->preview);
	} else {
		cells_put(f->c, r.row, r.col + 1, r.cols - 1, ROLE_BAR, look->foot);
	}
}

void overlay_prompt(const struct frame *f, const struct look *look)
{
	struct rect r = f->l.part[PART_MESSAGE];

	if (f->a->prompt.comp_nr)
		draw_completions(f);
	draw_below(f, look);
	overlay_line(f, r.row, r.col, r.cols);
}
