// SPDX-License-Identifier: LGPL-2.1-or-later
/* How each overlay is drawn, and what all share: the box, the line being typed. */
#include "ui/overlays/overlay.h"

#include <stdio.h>
#include <string.h>

#include "ui/overlays/overlays_impl.h"
#include "core/base/assert.h"
#include "core/base/printable.h"

/*
 * The keys of an overlay; where they do not fit, how to leave it is what stays: "type to search
 * Esc:close".
 */
static void put_foot(const struct frame *frame, int row, int col, int cols, const char *foot)
{
	const char *leave = strstr(foot, "Esc");
	char rest[128];
	size_t at;

	if (cells_width(foot) + 2 <= cols || !leave) {
		cells_printf(frame->c, row, col, cols, ROLE_BAR, " %s ", foot);
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
	cells_printf(frame->c, row, col, cols, ROLE_BAR, " %s%s%s ", rest, rest[0] ? "  " : "",
		     leave);
}

struct rect overlay_box(const struct frame *frame, int rows, int cols, const char *title,
			const char *foot)
{
	struct rect rect = tui_layout_overlay(&frame->l, frame->keep_row, rows + 2, cols + 4);
	int row;

	if (rect.rows < 3 || rect.cols < 10)
		return (struct rect){ rect.row, rect.col, 0, 0 };
	cells_blank(frame->c, rect, ROLE_OVERLAY);
	cells_fill(frame->c, rect.row, rect.col, rect.cols, ROLE_OVERLAY_EDGE, frame->g->hline);
	cells_fill(frame->c, rect.row + rect.rows - 1, rect.col, rect.cols, ROLE_OVERLAY_EDGE,
		   frame->g->hline);
	for (row = rect.row + 1; row < rect.row + rect.rows - 1; row++) {
		cells_put(frame->c, row, rect.col, 1, ROLE_OVERLAY_EDGE, frame->g->vline);
		cells_put(frame->c, row, rect.col + rect.cols - 1, 1, ROLE_OVERLAY_EDGE,
			  frame->g->vline);
	}
	for (row = 0; row < 2; row++) {
		cells_put(frame->c, rect.row + row * (rect.rows - 1), rect.col, 1,
			  ROLE_OVERLAY_EDGE, "+");
		cells_put(frame->c, rect.row + row * (rect.rows - 1), rect.col + rect.cols - 1, 1,
			  ROLE_OVERLAY_EDGE, "+");
	}
	cells_printf(frame->c, rect.row, rect.col + 2, rect.cols - 4, ROLE_PANE_FOCUS, " %s ",
		     title);
	if (foot && *foot)
		put_foot(frame, rect.row + rect.rows - 1, rect.col + 2, rect.cols - 4, foot);
	return (struct rect){ rect.row + 1, rect.col + 2, rect.rows - 2, rect.cols - 4 };
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
void overlay_line(const struct frame *frame, int row, int col, int cols)
{
	const struct app_prompt *prompt = app_prompt(frame->a);
	const char *label = prompt->label ? prompt->label : "";
	char before[APP_PROMPT_BYTES];
	int used, caret, from = 0, room;
	const char *text = prompt->text;
	uint32_t cp;

	cells_fill(frame->c, row, col, cols, ROLE_PROMPT, " ");
	used = cells_put(frame->c, row, col, cols, ROLE_PROMPT, label);
	(void)snprintf(before, sizeof(before), "%.*s",
		       (int)(prompt->caret < prompt->len ? prompt->caret : prompt->len),
		       prompt->text);
	caret = cells_width(before);
	room = cols - used - 1;
	while (caret - from > room && *text) {
		size_t n = utf8_get(text, strlen(text), &cp);

		from += glyph_width(cp) > 0 ? glyph_width(cp) : 0;
		text += n;
	}
	cells_put(frame->c, row, col + used, room + 1, ROLE_PROMPT, text);
	if (prompt->selected)
		cells_flag(frame->c, row, col + used,
			   cells_width(text) < room ? cells_width(text) : room, CELL_REVERSE);
	cells_cursor(frame->c, row, col + used + caret - from, true);
}

uint32_t overlay_list_top(const struct app_row *r, int rows)
{
	uint32_t nr = rows > 0 ? (uint32_t)rows : 1;

	if (r->sel < r->top)
		return r->sel;
	return r->sel >= r->top + nr ? r->sel - nr + 1 : r->top;
}

static const struct look looks[APP_OVERLAY_NR] = {
	[APP_OVERLAY_NONE] = { NULL },
	[APP_OVERLAY_HELP] = { overlay_help,
			       "help: keys of this pane first; :glossary has the words",
			       "type to search   Enter:run it   Esc:close", .covers = true },
	[APP_OVERLAY_COMMAND] = { overlay_prompt,
				  .foot = "Enter:do it  Tab:complete  Up:history  Esc:cancel" },
	[APP_OVERLAY_FILTER] = { overlay_prompt, .foot = "Enter:do it  Tab:complete  Esc:cancel" },
	[APP_OVERLAY_EVENTS] = { overlay_prompt, .foot = "Enter:do it  Tab:complete  Esc:cancel" },
	[APP_OVERLAY_SEARCH] = { overlay_prompt, .foot = "Enter:do it  Esc:cancel" },
	[APP_OVERLAY_GOTO] = { overlay_prompt, .foot = "Enter:do it  Esc:cancel" },
	[APP_OVERLAY_NOTE] = { overlay_prompt,
			       .foot = "Enter:note it, empty takes the note away  Esc:cancel" },
	[APP_OVERLAY_MODEL] = { overlay_pick_model, "clock model",
				"Enter:use it (undo takes it back)   Esc:close" },
	[APP_OVERLAY_LANES] = { overlay_pick_lane, "lanes",
				"Space:show or hide  Left Right:fold  type to search  Esc:close" },
	[APP_OVERLAY_MARKS] = { overlay_pick_mark, "time marks", "Enter:go   Esc:close" },
	[APP_OVERLAY_SAVE] = { overlay_save, "save anchors", "Enter:write   Esc:cancel" },
	[APP_OVERLAY_OPTIONS] = { overlay_pick_option, "options",
				  "Enter Space:next value   Esc:close" },
	[APP_OVERLAY_EXPLAIN] = { overlay_text, "why this pair", "j k Space   Esc:close" },
	[APP_OVERLAY_TEXT] = { overlay_text, "text", "j k Space   Esc:close" },
	[APP_OVERLAY_NOW] = { overlay_now, "what now", "Enter:do the step   j k   Esc:close",
			      .covers = true },
	[APP_OVERLAY_STEPS] = { overlay_now, "steps and holes", "Enter:go there   Esc:close" },
	[APP_OVERLAY_CONFIRM] = { overlay_confirm, "please answer" },
};

void overlay_draw(const struct frame *f)
{
	const struct look *look = &looks[app_shown(f->a)->overlay];

	VMS_ASSERT(look->draw || app_shown(f->a)->overlay == APP_OVERLAY_NONE);
	if (look->draw)
		look->draw(f, look);
}

bool overlay_covers(const struct frame *f)
{
	return looks[app_shown(f->a)->overlay].covers;
}

unsigned int overlay_left_max(const struct frame *f)
{
	const int cols = tui_layout_overlay(&f->l, f->keep_row, 1000, 1000).cols - 4;
	const int w = overlay_text_cols(f->a);

	return w > cols ? (unsigned int)(w - cols) : 0;
}
