// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows which keys edit a line, complete it and take it. */
#include "app/commands/cmd_prompt.h"

#include <stdlib.h>
#include <string.h>

#include "app/commands/command.h"
#include "app/commands/overlays.h"
#include "app/commands/panes.h"
#include "app/state/history.h"
#include "app/state/messages.h"
#include "app/state/prompt.h"
#include "core/base/printable.h"

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

size_t prompt_paste(struct app *app, const uint32_t *keys, size_t nr)
{
	char text[5 * 256] = "";
	size_t n, len = 0;

	for (n = 0; n < nr && (keys[n] & APP_KEY_PASTED); n++) {
		const uint32_t key = keys[n] & ~(uint32_t)APP_KEY_PASTED;

		if (len + 5 > sizeof(text))
			break;
		/* the end of a line ends nothing: nobody pressed Enter */
		len += utf8_put(app_key_printable(key) ? key : APP_KEY_SPACE, text + len);
		text[len] = '\0';
	}
	if (app_context(app) == CTX_P && !overlay_here(app)->answer) {
		prompt_put(app, text);
		overlay_typed(app);
	} else {
		app_hint(app, APP_NOTE, "pasted text runs no keys; : takes it as a line");
	}
	return n;
}

/* A folder: its files come next. */
static bool word_is_open(const char *text)
{
	return text[0] && text[strlen(text) - 1] == '/';
}

/* Put a completion where the word is; the list stays, so that the next Tab takes the next one. */
static bool complete_step(struct app *app, int dir)
{
	const struct app_prompt *prompt = app_prompt(app);
	const bool blank =
		prompt->comp_nr && overlay_here(app)->line && !word_is_open(prompt->comp[0].text);

	return prompt_take(app, dir, blank ? " " : "");
}

/* The next row of what lies on top, or the next line of those typed before. */
static bool row_or_line(struct app *app, int dir)
{
	const char *line;

	if (overlay_here(app)->move) {
		pane_move(app, dir);
		return false;
	}
	line = overlay_here(app)->line ? history_step(app, dir, app_prompt(app)->text) : NULL;
	if (!line)
		return false;
	prompt_cut(app, PROMPT_ALL);
	prompt_put(app, line);
	return true;
}

/* Return: the line is another one, or the caret elsewhere */
static bool edit(struct app *app, int what)
{
	const bool on = what > 0;

	switch (abs(what)) {
	case EDIT_CUT:
		if (!on && !app_prompt(app)->len && overlay_here(app)->line)
			overlay_close(app);
		prompt_cut(app, on ? PROMPT_AFTER : PROMPT_BEFORE);
		return true;
	case EDIT_CUT_WORD: prompt_cut(app, PROMPT_WORD); return true;
	case EDIT_CUT_ALL: prompt_cut(app, PROMPT_ALL); return true;
	case EDIT_CARET:
		if (overlay_here(app)->fold && !app_prompt(app)->len) {
			overlay_here(app)->fold(app, on);
			return false;
		}
		prompt_caret(app, on ? PROMPT_AFTER : PROMPT_BEFORE);
		return true;
	case EDIT_END: prompt_caret(app, on ? PROMPT_ALL : PROMPT_WORD); return true;
	case EDIT_COMPLETE: return complete_step(app, on ? 1 : -1);
	case EDIT_ROW: return row_or_line(app, on ? 1 : -1);
	default: pane_move(app, on ? pane_page(app) : -pane_page(app)); return false;
	}
}

int cmd_edit(struct app *app, const struct app_args *args, struct vms_err *err)
{
	(void)err;
	if (edit(app, args->row->what))
		overlay_typed(app);
	return 0;
}

void cmd_prompt_stop(struct app *app)
{
	(void)prompt_drop(app);
	cmd_close(app);
}

int cmd_enter(struct app *app, const struct app_args *args, struct vms_err *err)
{
	(void)args;
	return overlay_enter(app, err);
}

void cmd_pick_toggle(struct app *app)
{
	if (overlay_here(app)->toggle)
		overlay_here(app)->toggle(app);
	else
		app_hint(app, APP_NOTE, "Enter takes the row");
}
