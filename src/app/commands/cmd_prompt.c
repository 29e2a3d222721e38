// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how a line is edited and completed, and which keys take it. */
#include <stdio.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands/cmd_prompt.h"
#include "app/state/history.h"
#include "app/state/messages.h"
#include "app/commands/cmd_move.h"
#include "app/commands/command.h"
#include "app/commands/overlays.h"
#include "app/words/printable.h"

static void replace(struct app_prompt *prompt, uint32_t from, uint32_t to, const char *with)
{
	size_t n = strlen(with);

	if (prompt->len - (to - from) + n >= sizeof(prompt->text))
		return;
	memmove(prompt->text + from + n, prompt->text + to, prompt->len - to + 1);
	memcpy(prompt->text + from, with, n);
	prompt->len = (uint32_t)(prompt->len - (to - from) + n);
	prompt->caret = from + (uint32_t)n;
	prompt->selected = false;
}

/* Bytes of the character before a place: back over UTF-8 continuation bytes. */
static uint32_t before(const struct app_prompt *p, uint32_t at)
{
	while (at && ((unsigned char)p->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static uint32_t after(const struct app_prompt *p, uint32_t at)
{
	if (at < p->len)
		at++;
	while (at < p->len && ((unsigned char)p->text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

void prompt_insert(struct app *app, uint32_t key)
{
	struct app_prompt *prompt = &app->prompt;
	char utf8[5];

	if (key == APP_KEY_SPACE && overlay_here(app)->toggle) {
		overlay_here(app)->toggle(app);
		return;
	}
	utf8[utf8_put(key, utf8)] = '\0';
	if (prompt->selected)
		replace(prompt, 0, prompt->len, utf8);
	else
		replace(prompt, prompt->caret, prompt->caret, utf8);
	overlay_typed(app);
}

static void edited(struct app *a)
{
	a->prompt.selected = false;
	overlay_typed(a);
}

void cmd_prompt_backspace(struct app *app)
{
	struct app_prompt *p = &app->prompt;

	if (p->selected)
		replace(p, 0, p->len, "");
	else if (!p->len && overlay_here(app)->line)
		overlay_close(app);
	else
		replace(p, before(p, p->caret), p->caret, "");
	edited(app);
}

void cmd_prompt_delete(struct app *a)
{
	struct app_prompt *p = &a->prompt;
	uint32_t at = p->caret;

	if (p->selected)
		replace(p, 0, p->len, "");
	else
		replace(p, at, after(p, at), "");
	edited(a);
}

void cmd_prompt_word(struct app *app)
{
	struct app_prompt *p = &app->prompt;
	uint32_t from = p->caret;

	while (from && isspace((unsigned char)p->text[from - 1]))
		from--;
	while (from && !isspace((unsigned char)p->text[from - 1]))
		from--;
	replace(p, from, p->caret, "");
	edited(app);
}

void cmd_prompt_clear(struct app *a)
{
	replace(&a->prompt, 0, a->prompt.len, "");
	edited(a);
}

static void move_to(struct app *a, uint32_t at)
{
	a->prompt.caret = at;
	edited(a);
}

void cmd_prompt_left(struct app *a)
{
	if (overlay_here(a)->fold && !a->prompt.len) {
		overlay_here(a)->fold(a, false);
		return;
	}
	move_to(a, before(&a->prompt, a->prompt.caret));
}

void cmd_prompt_right(struct app *a)
{
	if (overlay_here(a)->fold && !a->prompt.len) {
		overlay_here(a)->fold(a, true);
		return;
	}
	move_to(a, after(&a->prompt, a->prompt.caret));
}

void cmd_prompt_home(struct app *a)
{
	move_to(a, 0);
}

void cmd_prompt_end(struct app *a)
{
	move_to(a, a->prompt.len);
}

/* A folder: its files come next. */
static bool word_is_open(const char *text)
{
	return text[0] && text[strlen(text) - 1] == '/';
}

/* Put a completion where the word is; the list stays, so that the next Tab takes the next one. */
static void complete_step(struct app *app, int dir)
{
	struct app_prompt *prompt = &app->prompt;
	char word[80];
	int32_t nr = (int32_t)prompt->comp_nr;

	if (!nr)
		return;
	prompt->comp_sel =
		prompt->comp_sel < 0 ? (dir > 0 ? 0 : nr - 1) : (prompt->comp_sel + dir + nr) % nr;
	if (nr == 1) {
		bool open = word_is_open(prompt->comp[0].text);

		(void)snprintf(word, sizeof(word), "%s%s", prompt->comp[0].text,
			       overlay_here(app)->line && !open ? " " : "");
		replace(prompt, prompt->comp_from, prompt->caret, word);
		edited(app);
		return;
	}
	replace(prompt, prompt->comp_from, prompt->caret, prompt->comp[prompt->comp_sel].text);
	prompt->error[0] = '\0';
	(void)snprintf(prompt->preview, sizeof(prompt->preview), "%s",
		       prompt->comp[prompt->comp_sel].help);
}

void cmd_prompt_complete(struct app *a)
{
	complete_step(a, 1);
}

void cmd_prompt_uncomplete(struct app *a)
{
	complete_step(a, -1);
}

static void older(struct app *a, int dir)
{
	struct app_prompt *p = &a->prompt;
	const char *line = overlay_here(a)->line ? history_step(a, dir, p->text) : NULL;

	if (!line)
		return;
	replace(p, 0, p->len, line);
	edited(a);
}

void cmd_prompt_older(struct app *a)
{
	if (overlay_here(a)->move)
		pane_move(a, -1);
	else
		older(a, -1);
}

void cmd_prompt_newer(struct app *a)
{
	if (overlay_here(a)->move)
		pane_move(a, 1);
	else
		older(a, 1);
}

void cmd_prompt_page_up(struct app *a)
{
	if (overlay_here(a)->move)
		pane_move(a, -(int64_t)(a->geo.text_rows > 1 ? a->geo.text_rows - 1 : 1));
}

void cmd_prompt_page_down(struct app *a)
{
	if (overlay_here(a)->move)
		pane_move(a, a->geo.text_rows > 1 ? a->geo.text_rows - 1 : 1);
}

void cmd_prompt_stop(struct app *a)
{
	a->prompt.comp_sel = -1;
	cmd_close(a);
}

int cmd_prompt_enter(struct app *a, struct vms_err *err)
{
	return overlay_enter(a, err);
}

int cmd_pick(struct app *a, struct vms_err *err)
{
	return overlay_enter(a, err);
}

void cmd_pick_toggle(struct app *a)
{
	if (overlay_here(a)->toggle)
		overlay_here(a)->toggle(a);
	else
		app_hint(a, APP_NOTE, "Enter takes the row");
}
