// SPDX-License-Identifier: LGPL-2.1-or-later
/* The log: every decision, warning and file action, newest last. */
#include "ui/panes/panes_impl.h"
#include "core/base/printable.h"

#include <string.h>

#define LINE_FROM 12 /* columns of time and mark */
#define FULL_ROWS_MAX 4

static void draw_line(const struct frame *frame, struct rect rect, int row,
		      const struct app_log_line *line, bool selected, uint32_t left)
{
	static const char *const marks[] = { " ", "+", "!", "!" };
	static const enum tui_role roles[] = { ROLE_TEXT, ROLE_GOOD, ROLE_WARN, ROLE_BAD };
	unsigned int sev = (unsigned int)line->severity < 4 ? line->severity : 0;
	int at = rect.col + 1;

	at += cells_printf(frame->c, row, at, 12, ROLE_TEXT, "%-8s ", line->at);
	at += cells_printf(frame->c, row, at, 3, roles[sev], "%s ", marks[sev]);
	cells_put(frame->c, row, at, rect.col + rect.cols - at, roles[sev],
		  line->text ? cells_skip(line->text, left) : "");
	if (selected) {
		cells_put(frame->c, row, rect.col, 1, ROLE_STRONG, ">");
		cells_flag(frame->c, row, rect.col, LINE_FROM, CELL_REVERSE);
		cells_cursor(frame->c, row, rect.col, true);
	}
}

/*
 * What the selected line holds beyond the border, below the others; returns the rows that it takes.
 */
static int draw_full(const struct frame *frame, struct rect rect)
{
	const struct app *app = frame->a;
	const char *text =
		app_shown(app)->row[APP_PANE_LOG].sel < app_messages(app)->log_nr
			? app_messages(app)->log[app_shown(app)->row[APP_PANE_LOG].sel].text
			: NULL;
	int width = rect.cols - 2, rows, row;
	char cut[1024];

	if (!text || rect.rows < 10 || cells_width(text) <= rect.cols - LINE_FROM)
		return 0;
	rows = cells_width(text) / width + 1;
	rows = rows < FULL_ROWS_MAX ? rows : FULL_ROWS_MAX;
	row = rect.row + rect.rows - rows;
	frame_head(frame, (struct rect){ row - 1, rect.col, 1, rect.cols }, false,
		   "line %u in full", app_shown(app)->row[APP_PANE_LOG].sel + 1);
	for (; row < rect.row + rect.rows && *text; row++) {
		(void)fmt_cut(text, (unsigned int)width, cut, sizeof(cut));
		cells_put(frame->c, row, rect.col + 1, width, ROLE_TEXT, cut);
		text += strlen(cut);
	}
	return rows + 1;
}

unsigned int pane_log_left_max(const struct frame *frame)
{
	int most = 0, w;
	uint32_t i;

	for (i = 0; i < app_messages(frame->a)->log_nr; i++) {
		w = app_messages(frame->a)->log[i].text
			    ? cells_width(app_messages(frame->a)->log[i].text)
			    : 0;
		most = w > most ? w : most;
	}
	return most > frame->l.cols - LINE_FROM ? (unsigned int)(most - (frame->l.cols - LINE_FROM))
						: 0;
}

/* Its own screen, or a few lines of a tall one. */
void pane_log(const struct frame *frame)
{
	const struct app *app = frame->a;
	const bool whole = app_shown(app)->screen == APP_SCREEN_LOG;
	const struct rect rect = frame->l.part[whole ? PART_BODY : PART_LOG];
	uint32_t nr = app_messages(app)->log_nr, from, i;
	int rows = rect.rows - 1;

	if (rect.rows < 2)
		return;
	if (whole)
		rows -= draw_full(frame, rect);
	if (whole)
		frame_head(frame, rect, whole, "log   %u line%s", nr, fmt_s(nr));
	else
		frame_head(frame, rect, whole, "log");
	from = nr > (uint32_t)rows ? nr - (uint32_t)rows : 0;
	if (whole && app_shown(app)->row[APP_PANE_LOG].nr)
		from = app_shown(app)->row[APP_PANE_LOG].top < from
			       ? app_shown(app)->row[APP_PANE_LOG].top
			       : from;
	if (whole && app_shown(app)->row[APP_PANE_LOG].sel >= from + (uint32_t)rows)
		from = app_shown(app)->row[APP_PANE_LOG].sel - (uint32_t)rows + 1;
	for (i = 0; i < (uint32_t)rows && from + i < nr; i++)
		draw_line(frame, rect, rect.row + 1 + (int)i, &app_messages(app)->log[from + i],
			  whole && from + i == app_shown(app)->row[APP_PANE_LOG].sel,
			  whole ? app_shown(app)->row[APP_PANE_LOG].left : 0);
}
