// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows which keys edit a line, complete it and take it. */
#include "app/commands/cmd_prompt.h"

#include <string.h>

#include "app/commands/command.h"
#include "app/commands/overlays.h"
#include "app/commands/panes.h"
#include "app/state/history.h"
#include "app/state/messages.h"
#include "app/state/prompt.h"
#include "app/words/printable.h"

void prompt_insert(struct app *app, uint32_t key)
{
	char utf8[5];

	if (key == APP_KEY_SPACE && overlay_here(app)->toggle) {
		overlay_here(app)->toggle(app);
		return;
	}
	utf8[utf8_put(key, utf8)] = '\0';
	prompt_put(app, utf8);
	overlay_typed(app);
}

static void cut(struct app *app, enum prompt_part part)
{
	prompt_cut(app, part);
	overlay_typed(app);
}

void cmd_prompt_backspace(struct app *app)
{
	if (!app_prompt(app)->len && overlay_here(app)->line)
		overlay_close(app);
	cut(app, PROMPT_BEFORE);
}

void cmd_prompt_delete(struct app *app)
{
	cut(app, PROMPT_AFTER);
}

void cmd_prompt_word(struct app *app)
{
	cut(app, PROMPT_WORD);
}

void cmd_prompt_clear(struct app *app)
{
	cut(app, PROMPT_ALL);
}

static void caret(struct app *app, enum prompt_part part)
{
	prompt_caret(app, part);
	overlay_typed(app);
}

static void fold_or_caret(struct app *app, bool right)
{
	if (overlay_here(app)->fold && !app_prompt(app)->len)
		overlay_here(app)->fold(app, right);
	else
		caret(app, right ? PROMPT_AFTER : PROMPT_BEFORE);
}

void cmd_prompt_left(struct app *app)
{
	fold_or_caret(app, false);
}

void cmd_prompt_right(struct app *app)
{
	fold_or_caret(app, true);
}

void cmd_prompt_home(struct app *app)
{
	caret(app, PROMPT_WORD);
}

void cmd_prompt_end(struct app *app)
{
	caret(app, PROMPT_ALL);
}

/* A folder: its files come next. */
static bool word_is_open(const char *text)
{
	return text[0] && text[strlen(text) - 1] == '/';
}

/* Put a completion where the word is; the list stays, so that the next Tab takes the next one. */
static void complete_step(struct app *app, int dir)
{
	const struct app_prompt *prompt = app_prompt(app);
	const bool blank =
		prompt->comp_nr && overlay_here(app)->line && !word_is_open(prompt->comp[0].text);

	if (prompt_take(app, dir, blank ? " " : ""))
		overlay_typed(app);
}

void cmd_prompt_complete(struct app *app)
{
	complete_step(app, 1);
}

void cmd_prompt_uncomplete(struct app *app)
{
	complete_step(app, -1);
}

/* The next row of what lies on top, or the next line of those typed before. */
static void row_or_line(struct app *app, int dir)
{
	const char *line;

	if (overlay_here(app)->move) {
		pane_move(app, dir);
		return;
	}
	line = overlay_here(app)->line ? history_step(app, dir, app_prompt(app)->text) : NULL;
	if (!line)
		return;
	prompt_cut(app, PROMPT_ALL);
	prompt_put(app, line);
	overlay_typed(app);
}

void cmd_prompt_older(struct app *app)
{
	row_or_line(app, -1);
}

void cmd_prompt_newer(struct app *app)
{
	row_or_line(app, 1);
}

void cmd_prompt_page_up(struct app *app)
{
	pane_move(app, -pane_page(app));
}

void cmd_prompt_page_down(struct app *app)
{
	pane_move(app, pane_page(app));
}

void cmd_prompt_stop(struct app *app)
{
	(void)prompt_drop(app);
	cmd_close(app);
}

int cmd_prompt_enter(struct app *app, struct vms_err *err)
{
	return overlay_enter(app, err);
}

int cmd_pick(struct app *app, struct vms_err *err)
{
	return overlay_enter(app, err);
}

void cmd_pick_toggle(struct app *app)
{
	if (overlay_here(app)->toggle)
		overlay_here(app)->toggle(app);
	else
		app_hint(app, APP_NOTE, "Enter takes the row");
}
