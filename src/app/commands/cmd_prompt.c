// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how a line is edited, completed and taken. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/candidates.h"
#include "app/commands/command.h"
#include "app/commands/decide.h"
#include "app/line/filter.h"
#include "app/state/lane_tree.h"
#include "app/commands/move.h"
#include "core/base/util.h"
#include "app/state/view.h"

static void replace(struct app_prompt *p, uint32_t from, uint32_t to, const char *with)
{
	size_t n = strlen(with);

	if (p->len - (to - from) + n >= sizeof(p->text))
		return;
	memmove(p->text + from + n, p->text + to, p->len - to + 1);
	memcpy(p->text + from, with, n);
	p->len = (uint32_t)(p->len - (to - from) + n);
	p->caret = from + (uint32_t)n;
	p->selected = false;
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

void prompt_insert(struct app *a, uint32_t key)
{
	struct app_prompt *p = &a->prompt;
	struct app_args none = { .text = "", .repeat = 1 };
	char utf8[5];

	if (a->overlay == APP_OVERLAY_LANES && key == APP_KEY_SPACE) {
		(void)cmd_pick_toggle(a, &none, NULL);
		return;
	}
	utf8[app_utf8_put(key, utf8)] = '\0';
	if (p->selected)
		replace(p, 0, p->len, utf8);
	else
		replace(p, p->caret, p->caret, utf8);
	prompt_changed(a);
}

static int edited(struct app *a)
{
	a->prompt.selected = false;
	prompt_changed(a);
	return 0;
}

int cmd_prompt_backspace(struct app *a, const struct app_args *args, struct vms_err *err)
{
	struct app_prompt *p = &a->prompt;

	(void)args;
	(void)err;
	if (p->selected)
		replace(p, 0, p->len, "");
	else if (!p->len && a->overlay == APP_OVERLAY_COMMAND)
		a->overlay = APP_OVERLAY_NONE;
	else
		replace(p, before(p, p->caret), p->caret, "");
	return edited(a);
}

int cmd_prompt_delete(struct app *a, const struct app_args *args, struct vms_err *err)
{
	struct app_prompt *p = &a->prompt;
	uint32_t at = p->caret;

	(void)args;
	(void)err;
	if (p->selected)
		replace(p, 0, p->len, "");
	else
		replace(p, at, after(p, at), "");
	return edited(a);
}

int cmd_prompt_word(struct app *a, const struct app_args *args, struct vms_err *err)
{
	struct app_prompt *p = &a->prompt;
	uint32_t from = p->caret;

	(void)args;
	(void)err;
	while (from && isspace((unsigned char)p->text[from - 1]))
		from--;
	while (from && !isspace((unsigned char)p->text[from - 1]))
		from--;
	replace(p, from, p->caret, "");
	return edited(a);
}

int cmd_prompt_clear(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)args;
	(void)err;
	replace(&a->prompt, 0, a->prompt.len, "");
	return edited(a);
}

static int move_to(struct app *a, uint32_t at)
{
	a->prompt.caret = at;
	return edited(a);
}

int cmd_prompt_left(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)args;
	(void)err;
	if (a->overlay == APP_OVERLAY_LANES && !a->prompt.len) {
		lane_tree_fold(a, a->pick.sel);
		return 0;
	}
	return move_to(a, before(&a->prompt, a->prompt.caret));
}

int cmd_prompt_right(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)args;
	(void)err;
	if (a->overlay == APP_OVERLAY_LANES && !a->prompt.len) {
		lane_tree_unfold(a, a->pick.sel);
		return 0;
	}
	return move_to(a, after(&a->prompt, a->prompt.caret));
}

int cmd_prompt_home(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)args;
	(void)err;
	return move_to(a, 0);
}

int cmd_prompt_end(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)args;
	(void)err;
	return move_to(a, a->prompt.len);
}

/* A folder: its files come next. */
static bool word_is_open(const char *text)
{
	return text[0] && text[strlen(text) - 1] == '/';
}

/* Put a completion where the word is; the list stays, so that the next Tab takes the next one. */
static int complete_step(struct app *a, int dir)
{
	struct app_prompt *p = &a->prompt;
	char word[80];
	int32_t nr = (int32_t)p->comp_nr;

	if (!nr)
		return 0;
	p->comp_sel = p->comp_sel < 0 ? (dir > 0 ? 0 : nr - 1) : (p->comp_sel + dir + nr) % nr;
	if (nr == 1) {
		bool open = word_is_open(p->comp[0].text);

		(void)snprintf(word, sizeof(word), "%s%s", p->comp[0].text,
			       a->overlay == APP_OVERLAY_COMMAND && !open ? " " : "");
		replace(p, p->comp_from, p->caret, word);
		return edited(a);
	}
	replace(p, p->comp_from, p->caret, p->comp[p->comp_sel].text);
	p->error[0] = '\0';
	(void)snprintf(p->preview, sizeof(p->preview), "%s", p->comp[p->comp_sel].help);
	return 0;
}

int cmd_prompt_complete(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)args;
	(void)err;
	return complete_step(a, 1);
}

int cmd_prompt_uncomplete(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)args;
	(void)err;
	return complete_step(a, -1);
}

static bool has_list(const struct app *a)
{
	return a->overlay == APP_OVERLAY_HELP || a->overlay == APP_OVERLAY_LANES ||
	       a->overlay == APP_OVERLAY_SAVE;
}

/* Lines of the history that begin with what was typed. */
static int history_step(struct app *a, int dir)
{
	struct app_prompt *p = &a->prompt;
	int64_t at = a->history_at;

	if (a->overlay != APP_OVERLAY_COMMAND)
		return 0;
	if (a->history_at == a->history_nr)
		(void)snprintf(a->history_prefix, sizeof(a->history_prefix), "%s", p->text);
	for (at += dir; at >= 0 && at < (int64_t)a->history_nr; at += dir)
		if (!strncmp(a->history[at], a->history_prefix, strlen(a->history_prefix)))
			break;
	if (at < 0)
		return 0;
	if (at >= (int64_t)a->history_nr)
		at = a->history_nr;
	a->history_at = (uint32_t)at;
	replace(p, 0, p->len, at == (int64_t)a->history_nr ? a->history_prefix : a->history[at]);
	return edited(a);
}

int cmd_prompt_older(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)args;
	(void)err;
	if (has_list(a))
		pane_move(a, -1);
	else
		return history_step(a, -1);
	return 0;
}

int cmd_prompt_newer(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)args;
	(void)err;
	if (has_list(a))
		pane_move(a, 1);
	else
		return history_step(a, 1);
	return 0;
}

int cmd_prompt_page_up(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)args;
	(void)err;
	if (has_list(a))
		pane_move(a, -(int64_t)(a->geo.text_rows > 1 ? a->geo.text_rows - 1 : 1));
	return 0;
}

int cmd_prompt_page_down(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)args;
	(void)err;
	if (has_list(a))
		pane_move(a, a->geo.text_rows > 1 ? a->geo.text_rows - 1 : 1);
	return 0;
}

int cmd_prompt_stop(struct app *a, const struct app_args *args, struct vms_err *err)
{
	a->prompt.comp_sel = -1;
	return cmd_close(a, args, err);
}

/* Enter on a row of the help runs it; what needs words gets a prompt with its verb. */
static int help_enter(struct app *a, struct vms_err *err)
{
	struct app_args args = { .text = "", .repeat = 1, .key = APP_KEY_ENTER };
	char line[64], verb[32];
	int cmd;

	if (a->help_row.sel >= a->help_nr) {
		a->overlay = APP_OVERLAY_NONE;
		return 0;
	}
	cmd = a->help[a->help_row.sel];
	a->overlay = APP_OVERLAY_NONE;
	if ((commands[cmd].args[0] && commands[cmd].args[0] != '[') ||
	    (commands[cmd].flags & (KEYARG | LETTER))) {
		(void)snprintf(line, sizeof(line), "%s ", command_verb(cmd, verb, sizeof(verb)));
		prompt_open(a, APP_OVERLAY_COMMAND, ":", line);
		return 0;
	}
	if (!(commands[cmd].contexts & CTX_G) && commands[cmd].contexts)
		return 0;
	return command_run(a, cmd, &args, err);
}

int cmd_prompt_enter(struct app *a, const struct app_args *args, struct vms_err *err)
{
	struct app_args line = { .text = NULL, .argc = 1, .repeat = 1 };
	enum app_overlay was = a->overlay;
	int ret;
	char text[APP_PROMPT_BYTES];

	(void)args;
	if (was == APP_OVERLAY_HELP)
		return help_enter(a, err);
	if (was == APP_OVERLAY_LANES && !lane_tree_enter(a, a->pick.sel))
		return 0; /* the picker stays open */
	if (was == APP_OVERLAY_FILTER && a->prompt.error[0])
		/* the error stands at its column; the last good filter is in force */
		return 0;
	(void)snprintf(text, sizeof(text), "%s", a->prompt.text);
	line.text = line.argv[0] = text;
	a->overlay = APP_OVERLAY_NONE;
	switch (was) {
	case APP_OVERLAY_COMMAND:
		history_add(a, text);
		(void)app_run(a, text, NULL); /* its failure is the message already */
		return 0;
	case APP_OVERLAY_FILTER:
		ret = filter_set(a, text, err);
		/* while it was typed the selection may have moved already */
		if (!ret)
			filter_says(a, a->sel_before);
		return ret;
	case APP_OVERLAY_SEARCH:
		(void)snprintf(a->search_text, sizeof(a->search_text), "%s", text);
		return text[0] ? cmd_search(a, &line, err) : 0;
	case APP_OVERLAY_GOTO: return text[0] ? cmd_goto(a, &line, err) : 0;
	case APP_OVERLAY_NOTE: return cmd_note(a, &line, err);
	case APP_OVERLAY_SAVE:
		return text[0] ? cmd_write(a, &line, err)
			       : vms_fail(err, VMS_EUSAGE, "save to which file?");
	default: return 0;
	}
}
