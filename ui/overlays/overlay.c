// SPDX-License-Identifier: LGPL-2.1-or-later
/* What all overlays share: the box, the line being typed, and which overlay is open. */
#include "ui/overlays/overlay.h"

#include <stdio.h>
#include <string.h>

/*
 * The keys of an overlay; where they do not fit, how to leave it is what stays: "type to search
 * Esc:close".
 */
static void put_foot(struct frame *f, int row, int col, int cols, const char *foot)
{
	const char *leave = strstr(foot, "Esc");
	char rest[128];
	size_t at;

	if (cells_width(foot) + 2 <= cols || !leave) {
		cells_printf(f->c, row, col, cols, ROLE_BAR, " %s ", foot);
		return;
	}
	(void)snprintf(rest, sizeof(rest), "%.*s", (int)(leave - foot), foot);
	/* by whole keys, which stand two blanks apart, and by what is in brackets */
	for (at = strlen(rest); at && cells_width(rest) + cells_width(leave) + 4 > cols; at--)
		if (rest[at - 1] == '(' || (at > 1 && rest[at - 1] == ' ' && rest[at - 2] == ' '))
			rest[at - (rest[at - 1] == '(' ? 1 : 2)] = '\0';
	if (cells_width(rest) + cells_width(leave) + 4 > cols)
		rest[0] = '\0';
	at = strlen(rest);
	while (at && rest[at - 1] == ' ')
		rest[--at] = '\0';
	cells_printf(f->c, row, col, cols, ROLE_BAR, " %s%s%s ", rest, rest[0] ? "  " : "", leave);
}

struct rect overlay_box(struct frame *f, int rows, int cols, const char *title, const char *foot)
{
	struct rect r = tui_layout_overlay(&f->l, f->keep_row, rows + 2, cols + 4);
	int row;

	if (r.rows < 3 || r.cols < 10)
		return (struct rect){ r.row, r.col, 0, 0 };
	cells_blank(f->c, r, ROLE_OVERLAY);
	cells_fill(f->c, r.row, r.col, r.cols, ROLE_OVERLAY_EDGE, f->g->hline);
	cells_fill(f->c, r.row + r.rows - 1, r.col, r.cols, ROLE_OVERLAY_EDGE, f->g->hline);
	for (row = r.row + 1; row < r.row + r.rows - 1; row++) {
		cells_put(f->c, row, r.col, 1, ROLE_OVERLAY_EDGE, f->g->vline);
		cells_put(f->c, row, r.col + r.cols - 1, 1, ROLE_OVERLAY_EDGE, f->g->vline);
	}
	for (row = 0; row < 2; row++) {
		cells_put(f->c, r.row + row * (r.rows - 1), r.col, 1, ROLE_OVERLAY_EDGE, "+");
		cells_put(f->c, r.row + row * (r.rows - 1), r.col + r.cols - 1, 1,
			  ROLE_OVERLAY_EDGE, "+");
	}
	f->title_cols =
		cells_printf(f->c, r.row, r.col + 2, r.cols - 4, ROLE_PANE_FOCUS, " %s ", title);
	if (foot && *foot)
		put_foot(f, r.row + r.rows - 1, r.col + 2, r.cols - 4, foot);
	return (struct rect){ r.row + 1, r.col + 2, r.rows - 2, r.cols - 4 };
}

void overlay_more(struct frame *f, struct rect r, uint32_t top, int shown, uint32_t nr)
{
	char text[48];

	if (shown < 1 || (uint32_t)shown >= nr)
		return;
	(void)snprintf(text, sizeof(text), " %u-%u of %u ", top + 1, top + (uint32_t)shown, nr);
	if (f->title_cols + cells_width(text) < r.cols)
		cells_right(f->c, r.row - 1, r.col, r.cols, ROLE_OVERLAY_EDGE, text);
}

/* Long lines scroll so that the caret stays in sight. */
void overlay_line(struct frame *f, int row, int col, int cols)
{
	const struct app_prompt *p = &f->a->prompt;
	const char *label = p->label ? p->label : "";
	char before[APP_PROMPT_BYTES];
	int used, caret, from = 0, room;
	const char *text = p->text;
	uint32_t cp;

	cells_fill(f->c, row, col, cols, ROLE_PROMPT, " ");
	used = cells_put(f->c, row, col, cols, ROLE_PROMPT, label);
	(void)snprintf(before, sizeof(before), "%.*s", (int)(p->caret < p->len ? p->caret : p->len),
		       p->text);
	caret = cells_width(before);
	room = cols - used - 1;
	while (caret - from > room && *text) {
		size_t n = cells_decode(text, strlen(text), &cp);

		from += cells_glyph_width(cp) > 0 ? cells_glyph_width(cp) : 0;
		text += n;
	}
	cells_put(f->c, row, col + used, room + 1, ROLE_PROMPT, text);
	if (p->selected)
		cells_flag(f->c, row, col + used,
			   cells_width(text) < room ? cells_width(text) : room, CELL_REVERSE);
	cells_cursor(f->c, row, col + used + caret - from, true);
}

uint32_t overlay_list_top(const struct app_row *r, int rows)
{
	uint32_t nr = rows > 0 ? (uint32_t)rows : 1;

	if (r->sel < r->top)
		return r->sel;
	return r->sel >= r->top + nr ? r->sel - nr + 1 : r->top;
}

void overlay_draw(struct frame *f)
{
	switch (f->a->overlay) {
	case APP_OVERLAY_NONE: break;
	case APP_OVERLAY_HELP: overlay_help(f); break;
	case APP_OVERLAY_COMMAND:
	case APP_OVERLAY_FILTER:
	case APP_OVERLAY_SEARCH:
	case APP_OVERLAY_GOTO:
	case APP_OVERLAY_NOTE: overlay_prompt(f); break;
	case APP_OVERLAY_MODEL: overlay_pick_model(f); break;
	case APP_OVERLAY_LANES: overlay_pick_lane(f); break;
	case APP_OVERLAY_MARKS: overlay_pick_mark(f); break;
	case APP_OVERLAY_OPTIONS: overlay_pick_option(f); break;
	case APP_OVERLAY_SAVE: overlay_save(f); break;
	case APP_OVERLAY_EXPLAIN:
	case APP_OVERLAY_TEXT: overlay_text(f); break;
	case APP_OVERLAY_CONFIRM: overlay_confirm(f); break;
	}
}
