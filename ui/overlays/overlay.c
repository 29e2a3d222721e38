// SPDX-License-Identifier: LGPL-2.1-or-later
/* How each overlay is drawn, and what all share: the box, the line being typed. */
#include "ui/overlays/overlay.h"

#include <stdio.h>
#include <string.h>

#include "ui/overlays/overlays_impl.h"

/*
 * The keys of an overlay; where they do not fit, how to leave it is what stays: "type to search
 * Esc:close".
 */
static void put_foot(const struct frame *f, int row, int col, int cols, const char *foot)
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

struct rect overlay_box(const struct frame *f, int rows, int cols, const char *title,
			const char *foot)
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
	cells_printf(f->c, r.row, r.col + 2, r.cols - 4, ROLE_PANE_FOCUS, " %s ", title);
	if (foot && *foot)
		put_foot(f, r.row + r.rows - 1, r.col + 2, r.cols - 4, foot);
	return (struct rect){ r.row + 1, r.col + 2, r.rows - 2, r.cols - 4 };
}

void overlay_more(const struct frame *f, struct rect r, const char *title, uint32_t top, int shown,
		  uint32_t nr)
{
	char text[48];

	if (shown < 1 || (uint32_t)shown >= nr)
		return;
	(void)snprintf(text, sizeof(text), " %u-%u of %u ", top + 1, top + (uint32_t)shown, nr);
	if (cells_width(title) + 2 + cells_width(text) < r.cols)
		cells_right(f->c, r.row - 1, r.col, r.cols, ROLE_OVERLAY_EDGE, text);
}

/* Long lines scroll so that the caret stays in sight. */
void overlay_line(const struct frame *f, int row, int col, int cols)
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

static const struct look looks[] = {
	[APP_OVERLAY_NONE] = { NULL },
	[APP_OVERLAY_HELP] = { overlay_help, "help: keys of this pane first",
			       "type to search   Enter:run it   Esc:close", .covers = true },
	[APP_OVERLAY_COMMAND] = { overlay_prompt,
				  .foot = "Enter:do it  Tab:complete  Up:history  Esc:cancel" },
	[APP_OVERLAY_FILTER] = { overlay_prompt, .foot = "Enter:do it  Tab:complete  Esc:cancel" },
	[APP_OVERLAY_SEARCH] = { overlay_prompt, .foot = "Enter:do it  Esc:cancel" },
	[APP_OVERLAY_GOTO] = { overlay_prompt, .foot = "Enter:do it  Esc:cancel" },
	[APP_OVERLAY_NOTE] = { overlay_prompt,
			       .foot = "Enter:note it, empty takes the note away  Esc:cancel" },
	[APP_OVERLAY_MODEL] = { overlay_pick_model, "clock model",
				"Enter:put in force (undo takes it back)   Esc:close" },
	[APP_OVERLAY_LANES] = { overlay_pick_lane, "lanes",
				"Space:show or hide  Left Right:fold  type to search  Esc:close" },
	[APP_OVERLAY_MARKS] = { overlay_pick_mark, "time marks", "Enter:go   Esc:close" },
	[APP_OVERLAY_SAVE] = { overlay_save, "save anchors", "Enter:write   Esc:cancel" },
	[APP_OVERLAY_OPTIONS] = { overlay_pick_option, "options",
				  "Enter Space:next value   Esc:close" },
	[APP_OVERLAY_EXPLAIN] = { overlay_text, "why this pair", "j k Space   Esc:close" },
	[APP_OVERLAY_TEXT] = { overlay_text, "text", "j k Space   Esc:close" },
	[APP_OVERLAY_CONFIRM] = { overlay_confirm, "please answer" },
};

void overlay_draw(const struct frame *f)
{
	const struct look *look = &looks[f->a->overlay];

	if (look->draw)
		look->draw(f, look);
}

bool overlay_covers(const struct frame *f)
{
	return looks[f->a->overlay].covers;
}

unsigned int overlay_left_max(const struct frame *f)
{
	const int cols = tui_layout_overlay(&f->l, f->keep_row, 1000, 1000).cols - 4;
	const int w = overlay_text_cols(f->a);

	return w > cols ? (unsigned int)(w - cols) : 0;
}
