// SPDX-License-Identifier: LGPL-2.1-or-later
/* Help: rows of the command table, those of the focused pane first; typing filters, Enter runs. */
#include "app/commands/help.h"
#include "ui/overlays/overlays_impl.h"

#include <stdio.h>

#include <string.h>

/* Signs of the screen that no command explains, as the glyph set draws them. */
static void draw_legend(const struct frame *frame, struct rect rect, int row)
{
	const struct tui_glyphs *g = frame->g;

	cells_put(frame->c, row, rect.col, rect.cols, ROLE_DIM,
		  "Lanes G H pair  A accepted  ? undecided  x rejected  ! impossible  V outside");
	cells_printf(
		frame->c, row + 1, rect.col, rect.cols, ROLE_DIM,
		"      %s guest runs (part %s%s%s%s)  [ entry ] exit  %s%s%s%s%s events  %s lost  "
		"%s none",
		g->run[1], g->run[0], g->run[1], g->run[2], g->run[3], g->density[0], g->density[1],
		g->density[2], g->density[3], g->density[4], g->lost, g->no_data);
	cells_put(frame->c, row + 2, rect.col, rect.cols, ROLE_DIM,
		  "List   > selected  * marked  b bounds band  o outlier  ~ detached  % unkept");
}

#define NARROW_COLS 60
#define KEYS_NARROW 7 /* most keys are one letter */

/* Lines that rows [from, to) take, headings included. */
static int lines_of(const struct frame *f, uint32_t from, uint32_t to)
{
	char keys[64], verb[32];
	const char *heading, *help;
	int n = 0;

	for (; from < to; from++) {
		app_help_text(f->a, from, &heading, keys, sizeof(keys), verb, sizeof(verb), &help);
		n += heading ? 2 : 1;
	}
	return n;
}

static int draw_row(const struct frame *frame, struct rect rect, int row, uint32_t i)
{
	char keys[64] = "", verb[32] = "";
	const char *heading = NULL, *help = "";
	bool selected = app_shown(frame->a)->over.sel == i;
	int used;

	app_help_text(frame->a, i, &heading, keys, sizeof(keys), verb, sizeof(verb), &help);
	if (!keys[0] && rect.cols < 90) /* what has no key is typed */
		(void)snprintf(keys, sizeof(keys), ":%s", verb);
	if (heading && row < rect.row + rect.rows)
		cells_put(frame->c, row++, rect.col, rect.cols, ROLE_PANE_FOCUS, heading);
	if (row >= rect.row + rect.rows)
		return row;
	cells_printf(frame->c, row, rect.col, 2, ROLE_OVERLAY, "%s", selected ? ">" : " ");
	used = 2 + cells_put(frame->c, row, rect.col + 2, rect.cols - 2, ROLE_KEY, keys) + 1;
	if (rect.cols >= 90) {
		cells_fill(frame->c, row, rect.col + 19, rect.cols - 19, ROLE_OVERLAY, " ");
		cells_put(frame->c, row, rect.col + 20, 17, ROLE_BAR, verb);
		cells_put(frame->c, row, rect.col + 38, rect.cols - 38, ROLE_OVERLAY, help);
	} else if (rect.cols >= NARROW_COLS) {
		/* many keys push the words aside */
		used = used > 19 ? used : 19;
		cells_put(frame->c, row, rect.col + used, rect.cols - used, ROLE_OVERLAY, help);
	} else {
		int at = 2 + KEYS_NARROW;

		cells_fill(frame->c, row, rect.col + at, rect.cols - at, ROLE_OVERLAY, " ");
		cells_put(frame->c, row, rect.col + at, rect.cols - at, ROLE_OVERLAY, help);
	}
	if (selected) {
		cells_flag(frame->c, row, rect.col, rect.cols, CELL_REVERSE);
		cells_cursor(frame->c, row, rect.col, true);
	}
	return row + 1;
}

/*
 * On a narrow screen the help of the selected row is written out below the others. Returns the
 * lines taken.
 */
static int draw_chosen(const struct frame *frame, struct rect rect, int end)
{
	char keys[64] = "", verb[32] = "";
	const char *heading = NULL, *p = "";
	int width = rect.cols - 1, lines, i;

	if (rect.cols >= NARROW_COLS || rect.rows < 5 ||
	    app_shown(frame->a)->over.sel >= app_shown(frame->a)->over.nr)
		return 0;
	app_help_text(frame->a, app_shown(frame->a)->over.sel, &heading, keys, sizeof(keys), verb,
		      sizeof(verb), &p);
	lines = cells_width(p) > width ? 2 : 1;
	for (i = 0; i < lines; i++) {
		size_t n = strlen(p);

		/* the table of commands is ASCII: a byte is a column */
		if (i + 1 < lines)
			for (n = (size_t)width; n > 0 && p[n] != ' '; n--)
				;
		if (!n)
			n = (size_t)width;
		cells_printf(frame->c, end - lines + i, rect.col + 1, width, ROLE_DIM, "%.*s",
			     (int)n, p);
		p += n + (p[n] == ' ');
	}
	return lines;
}

void overlay_help(const struct frame *frame, const struct look *look)
{
	struct rect rect =
		overlay_box(frame, 1000, frame->l.cols >= 100 ? 96 : 84, look->title, look->foot);
	uint32_t top, i, nr = app_shown(frame->a)->over.nr;
	int row, end;

	if (rect.rows < 2)
		return;
	overlay_line(frame, rect.row, rect.col, rect.cols);
	end = rect.row + rect.rows;
	row = rect.row + 1;
	if (rect.rows >= 12 && !app_prompt(frame->a)->len) {
		end -= 3;
		draw_legend(frame, rect, end);
	}
	end -= draw_chosen(frame, rect, end);
	top = app_shown(frame->a)->over.top;
	while (top < app_shown(frame->a)->over.sel &&
	       lines_of(frame, top, app_shown(frame->a)->over.sel + 1) > end - row)
		top++;
	for (i = top; i < nr && row < end; i++)
		row = draw_row(frame, (struct rect){ row, rect.col, end - row, rect.cols }, row, i);
	if (!nr)
		cells_put(frame->c, row, rect.col, rect.cols, ROLE_OVERLAY, "no command matches");
}
