// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Prompts: the line typed in the place of the message, what it would do below, what could stand
 * there above.
 */
#include "ui/overlays/overlays_impl.h"

#include <stdio.h>

#include "core/base/util.h"

#define COMPLETIONS_SHOWN 8

static void draw_completions(const struct frame *frame)
{
	const struct app_prompt *prompt = app_prompt(frame->a);
	int rows = prompt->comp_nr < COMPLETIONS_SHOWN ? (int)prompt->comp_nr : COMPLETIONS_SHOWN,
	    i;
	struct rect m = frame->l.part[PART_MESSAGE], rect;
	struct app_row list = { .sel = prompt->comp_sel > 0 ? (uint32_t)prompt->comp_sel : 0,
				.nr = prompt->comp_nr };
	uint32_t top;
	int width = 20;

	/* above the prompt, but never over the selected pair's row: then higher up */
	if (frame->keep_row >= m.row - rows && frame->keep_row < m.row &&
	    frame->keep_row > frame->l.rows / 2)
		rect = (struct rect){ frame->keep_row - rows, 0, rows, frame->l.cols };
	else
		rect = (struct rect){ m.row - rows, 0, rows, frame->l.cols };
	if (rect.row < 1)
		return;
	top = overlay_list_top(&list, rows);
	/* names of files are longer than words; what is said of them begins behind the longest */
	for (i = 0; i < (int)prompt->comp_nr; i++)
		width = VMS_MAX(width, cells_width(prompt->comp[i].text));
	width = VMS_MIN(width, rect.cols - 4);
	rect.cols = VMS_MIN(rect.cols, VMS_MAX(76, width + 4));
	for (i = 0; i < rows && top + (uint32_t)i < prompt->comp_nr; i++) {
		const struct app_completion *c = &prompt->comp[top + (uint32_t)i];

		cells_fill(frame->c, rect.row + i, rect.col, rect.cols, ROLE_OVERLAY, " ");
		cells_put(frame->c, rect.row + i, rect.col, 1, ROLE_OVERLAY_EDGE, frame->g->vline);
		cells_put(frame->c, rect.row + i, rect.col + 2, width, ROLE_KEY, c->text);
		if (width + 4 < rect.cols)
			cells_put(frame->c, rect.row + i, rect.col + width + 3,
				  rect.cols - width - 4, ROLE_OVERLAY, c->help);
		cells_put(frame->c, rect.row + i, rect.col + rect.cols - 1, 1, ROLE_OVERLAY_EDGE,
			  frame->g->vline);
		if ((int32_t)top + i == prompt->comp_sel)
			cells_flag(frame->c, rect.row + i, rect.col, rect.cols, CELL_REVERSE);
	}
}

static void draw_below(const struct frame *frame, const struct look *look)
{
	const struct app_prompt *prompt = app_prompt(frame->a);
	struct rect rect = frame->l.part[PART_BAR];

	cells_fill(frame->c, rect.row, rect.col, rect.cols, ROLE_TEXT, " ");
	if (prompt->error[0]) {
		int col = rect.col + (prompt->label ? cells_width(prompt->label) : 0);

		if (prompt->error_col >= 0) {
			char before[APP_PROMPT_BYTES];

			(void)snprintf(before, sizeof(before), "%.*s", (int)prompt->error_col,
				       prompt->text);
			col += cells_width(before);
			/*
			 * the caret points at what is wrong; the text stands beside it where it
			 * fits
			 */
			if (col + 3 + cells_width(prompt->error) < rect.cols) {
				cells_put(frame->c, rect.row, col, 1, ROLE_BAD, "^");
				cells_put(frame->c, rect.row, col + 2, rect.cols - col - 2,
					  ROLE_BAD, prompt->error);
				return;
			}
		}
		cells_put(frame->c, rect.row, rect.col + 1, rect.cols - 1, ROLE_BAD, prompt->error);
	} else if (prompt->preview[0]) {
		cells_put(frame->c, rect.row, rect.col + 1, rect.cols - 1, ROLE_TEXT,
			  prompt->preview);
	} else {
		cells_put(frame->c, rect.row, rect.col + 1, rect.cols - 1, ROLE_BAR, look->foot);
	}
}

void overlay_prompt(const struct frame *f, const struct look *look)
{
	struct rect r = f->l.part[PART_MESSAGE];

	if (app_prompt(f->a)->comp_nr)
		draw_completions(f);
	draw_below(f, look);
	overlay_line(f, r.row, r.col, r.cols);
}
