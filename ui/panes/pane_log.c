// SPDX-License-Identifier: LGPL-2.1-or-later
/* The log: every decision, warning and file action, newest last. */
#include "ui/panes/panes_impl.h"

#include <string.h>

#define LINE_FROM 12 /* columns of time and mark */
#define FULL_ROWS_MAX 4

static void draw_line(const struct frame *f, struct rect r, int row, const struct app_log_line *l,
		      bool selected, uint32_t left)
{
	static const char *const marks[] = { " ", "+", "!", "!" };
	static const enum tui_role roles[] = { ROLE_TEXT, ROLE_GOOD, ROLE_WARN, ROLE_BAD };
	unsigned int sev = (unsigned int)l->severity < 4 ? l->severity : 0;
	int at = r.col + 1;

	at += cells_printf(f->c, row, at, 12, ROLE_TEXT, "%-8s ", l->at);
	at += cells_printf(f->c, row, at, 3, roles[sev], "%s ", marks[sev]);
	cells_put(f->c, row, at, r.col + r.cols - at, roles[sev],
		  l->text ? cells_skip(l->text, left) : "");
	if (selected) {
		cells_put(f->c, row, r.col, 1, ROLE_STRONG, ">");
		cells_flag(f->c, row, r.col, LINE_FROM, CELL_REVERSE);
		cells_cursor(f->c, row, r.col, true);
	}
}

/*
 * What the selected line holds beyond the border, below the others; returns the rows that it takes.
 */
static int draw_full(const struct frame *f, struct rect r)
{
	const struct app *a = f->a;
	const char *text = a->log_row.sel < app_messages(a)->log_nr
				   ? app_messages(a)->log[a->log_row.sel].text
				   : NULL;
	int width = r.cols - 2, rows, row;
	char cut[1024];

	if (!text || r.rows < 10 || cells_width(text) <= r.cols - LINE_FROM)
		return 0;
	rows = cells_width(text) / width + 1;
	rows = rows < FULL_ROWS_MAX ? rows : FULL_ROWS_MAX;
	row = r.row + r.rows - rows;
	frame_head(f, (struct rect){ row - 1, r.col, 1, r.cols }, false, "line %u in full",
		   a->log_row.sel + 1);
	for (; row < r.row + r.rows && *text; row++) {
		(void)fmt_cut(text, (unsigned int)width, cut, sizeof(cut));
		cells_put(f->c, row, r.col + 1, width, ROLE_TEXT, cut);
		text += strlen(cut);
	}
	return rows + 1;
}

unsigned int pane_log_left_max(const struct frame *f)
{
	int most = 0, w;
	uint32_t i;

	for (i = 0; i < app_messages(f->a)->log_nr; i++) {
		w = app_messages(f->a)->log[i].text ? cells_width(app_messages(f->a)->log[i].text)
						    : 0;
		most = w > most ? w : most;
	}
	return most > f->l.cols - LINE_FROM ? (unsigned int)(most - (f->l.cols - LINE_FROM)) : 0;
}

/* Its own screen, or a few lines of a tall one. */
void pane_log(const struct frame *f)
{
	const struct app *a = f->a;
	const bool whole = a->screen == APP_SCREEN_LOG;
	const struct rect r = f->l.part[whole ? PART_BODY : PART_LOG];
	uint32_t nr = app_messages(a)->log_nr, from, i;
	int rows = r.rows - 1;

	if (r.rows < 2)
		return;
	if (whole)
		rows -= draw_full(f, r);
	if (whole)
		frame_head(f, r, whole, "log   %u line%s", nr, nr == 1 ? "" : "s");
	else
		frame_head(f, r, whole, "log");
	from = nr > (uint32_t)rows ? nr - (uint32_t)rows : 0;
	if (whole && a->log_row.nr)
		from = a->log_row.top < from ? a->log_row.top : from;
	if (whole && a->log_row.sel >= from + (uint32_t)rows)
		from = a->log_row.sel - (uint32_t)rows + 1;
	for (i = 0; i < (uint32_t)rows && from + i < nr; i++)
		draw_line(f, r, r.row + 1 + (int)i, &app_messages(a)->log[from + i],
			  whole && from + i == a->log_row.sel, whole ? a->log_row.left : 0);
}
