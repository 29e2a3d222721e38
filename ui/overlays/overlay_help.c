// SPDX-License-Identifier: LGPL-2.1-or-later
/* Help: rows of the command table, those of the focused pane first; typing filters, Enter runs. */
#include "app/commands/help.h"
#include "ui/overlays/overlays_impl.h"

#include <stdio.h>
#include <string.h>

/* Signs of the screen that no command explains, as the glyph set draws them. */
static void draw_legend(const struct frame *f, struct rect r, int row)
{
	const struct tui_glyphs *g = f->g;

	cells_put(f->c, row, r.col, r.cols, ROLE_DIM,
		  "Lanes  G H pair  A accepted  ? undecided  x rejected  ! impossible");
	cells_printf(f->c, row + 1, r.col, r.cols, ROLE_DIM,
		     "       %s guest (%s in part)  [ entry ] exit  %s%s%s%s%s events  %s lost  %s "
		     "no data",
		     g->run_full, g->run_some, g->density[0], g->density[1], g->density[2],
		     g->density[3], g->density[4], g->lost, g->no_data);
	cells_put(f->c, row + 2, r.col, r.cols, ROLE_DIM,
		  "List   > selected  * marked  b bounds the band  o outlier  ~ detached");
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

static int draw_row(const struct frame *f, struct rect r, int row, uint32_t i)
{
	char keys[64] = "", verb[32] = "";
	const char *heading = NULL, *help = "";
	bool selected = f->a->help_row.sel == i;
	int used;

	app_help_text(f->a, i, &heading, keys, sizeof(keys), verb, sizeof(verb), &help);
	if (heading && row < r.row + r.rows)
		cells_put(f->c, row++, r.col, r.cols, ROLE_PANE_FOCUS, heading);
	if (row >= r.row + r.rows)
		return row;
	cells_printf(f->c, row, r.col, 2, ROLE_OVERLAY, "%s", selected ? ">" : " ");
	used = 2 + cells_put(f->c, row, r.col + 2, r.cols - 2, ROLE_KEY, keys) + 1;
	if (r.cols >= 90) {
		cells_fill(f->c, row, r.col + 19, r.cols - 19, ROLE_OVERLAY, " ");
		cells_put(f->c, row, r.col + 20, 17, ROLE_BAR, verb);
		cells_put(f->c, row, r.col + 38, r.cols - 38, ROLE_OVERLAY, help);
	} else if (r.cols >= NARROW_COLS) {
		/* many keys push the words aside */
		used = used > 19 ? used : 19;
		cells_put(f->c, row, r.col + used, r.cols - used, ROLE_OVERLAY, help);
	} else {
		int at = 2 + KEYS_NARROW;

		cells_fill(f->c, row, r.col + at, r.cols - at, ROLE_OVERLAY, " ");
		cells_put(f->c, row, r.col + at, r.cols - at, ROLE_OVERLAY, help);
	}
	if (selected) {
		cells_flag(f->c, row, r.col, r.cols, CELL_REVERSE);
		cells_cursor(f->c, row, r.col, true);
	}
	return row + 1;
}

/*
 * On a narrow screen the help of the selected row is written out below the others. Returns the
 * lines taken.
 */
static int draw_chosen(const struct frame *f, struct rect r, int end)
{
	char keys[64] = "", verb[32] = "";
	const char *heading = NULL, *p = "";
	int width = r.cols - 1, lines, i;

	if (r.cols >= NARROW_COLS || r.rows < 5 || f->a->help_row.sel >= f->a->help_nr)
		return 0;
	app_help_text(f->a, f->a->help_row.sel, &heading, keys, sizeof(keys), verb, sizeof(verb),
		      &p);
	lines = cells_width(p) > width ? 2 : 1;
	for (i = 0; i < lines; i++) {
		size_t n = strlen(p);

		/* the table of commands is ASCII: a byte is a column */
		if (i + 1 < lines)
			for (n = (size_t)width; n > 0 && p[n] != ' '; n--)
				;
		if (!n)
			n = (size_t)width;
		cells_printf(f->c, end - lines + i, r.col + 1, width, ROLE_DIM, "%.*s", (int)n, p);
		p += n + (p[n] == ' ');
	}
	return lines;
}

void overlay_help(const struct frame *f, const struct look *look)
{
	struct rect r = overlay_box(f, 1000, f->l.cols >= 100 ? 96 : 84, look->title, look->foot);
	uint32_t top, i, nr = f->a->help_row.nr < f->a->help_nr ? f->a->help_row.nr : f->a->help_nr;
	int row, end;

	if (r.rows < 2)
		return;
	overlay_line(f, r.row, r.col, r.cols);
	end = r.row + r.rows;
	row = r.row + 1;
	if (r.rows >= 12 && !f->a->prompt.len) {
		end -= 3;
		draw_legend(f, r, end);
	}
	end -= draw_chosen(f, r, end);
	top = f->a->help_row.top;
	while (top < f->a->help_row.sel && lines_of(f, top, f->a->help_row.sel + 1) > end - row)
		top++;
	for (i = top; i < nr && row < end; i++)
		row = draw_row(f, (struct rect){ row, r.col, end - row, r.cols }, row, i);
	if (!nr)
		cells_put(f->c, row, r.col, r.cols, ROLE_OVERLAY, "no command matches");
}
