// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What becomes of keys: bindings, letters that follow, repeats folded, and which keys wait for a
 * frame.
 */
#include "app/commands/app_keys.h"

#include <stdio.h>
#include <string.h>

#include "app/state/messages.h"
#include "app/state/list.h"
#include "app/line/bindings.h"
#include "app/commands/cmd_prompt.h"
#include "app/commands/command.h"
#include "app/commands/overlays.h"
#include "app/state/view.h"

/* The key after m or ': a letter, or anything else to leave. */
static void pending_key(struct app *a, uint32_t key)
{
	int cmd = bindings_find(a->bindings, app_context(a), a->pending_key);
	char letter[2] = { (char)key, '\0' };
	struct app_args args = {
		.text = letter, .argc = 1, .argv = { letter }, .repeat = 1, .key = key
	};

	a->pending_key = 0;
	app_hush(a);
	if (cmd < 0 || key == APP_KEY_ESC || key == APP_CTRL('g'))
		return;
	if (cmd == COMMAND_go_mark && key == APP_KEY_ENTER) {
		args.argc = 0;
	} else if (key <= 32 || key >= 127) {
		app_hint(a, APP_WARN, "a mark is one letter, a to z");
		return;
	}
	(void)command_run(a, cmd, &args, NULL);
}

/* A key that is at home in another pane says so: it is not broken, the focus is elsewhere. */
static void unbound_key(struct app *a, unsigned int ctx, uint32_t key)
{
	unsigned int other = ctx == CTX_C ? CTX_L : ctx == CTX_L ? CTX_C : 0;
	int cmd = other ? bindings_find(a->bindings, other, key) : -1;
	const char *way = a->screen != APP_SCREEN_MAIN ? "screen 1"
			  : a->focus == APP_PANE_LIST  ? "Shift-Tab goes there"
						       : "Tab goes there";
	char name[24];

	if (ctx == CTX_P && app_key_printable(key)) {
		prompt_insert(a, key);
		return;
	}
	(void)app_key_name(key, name, sizeof(name));
	if (cmd >= 0) {
		app_hint(a, APP_NOTE, "%s works in the %s (%s): %s", name, context_name(other), way,
			 commands[cmd].help);
		/* half a sentence helps nobody */
		if (strlen(app_messages(a)->text) + 1 > a->geo.cols)
			app_hint(a, APP_NOTE, "%s works in the %s (%s)", name, context_name(other),
				 way);
	} else if (ctx != CTX_P) {
		app_hint(a, APP_NOTE,
			 ctx == CTX_K ? "%s does nothing here; Enter takes the row, Esc closes"
				      : "%s does nothing here; ? shows the keys",
			 name);
	}
}

/* What the next key, a letter, may be. */
static void ask_letter(struct app *a, bool set)
{
	char marks[27];
	int i, nr = 0;

	for (i = 0; i < 26; i++)
		if (app_view(a)->mark[i].set)
			marks[nr++] = (char)('a' + i);
	marks[nr] = '\0';
	if (set)
		app_hint(a, APP_NOTE, "set mark: a letter, a to z; a and b measure; Esc cancels");
	else if (nr)
		app_hint(a, APP_NOTE, "go to mark: %s; ' jumps back, Enter lists, Esc cancels",
			 marks);
	else
		app_hint(a, APP_NOTE, "go to mark: none is set; ' jumps back, Esc cancels");
}

enum step { STEP_DONE, STEP_DRAW_FIRST };

static enum step run_key(struct app *a, uint32_t key, unsigned int repeat)
{
	unsigned int ctx = app_context(a);
	int cmd = bindings_find(a->bindings, ctx, key);
	struct app_args args = { .text = "", .repeat = repeat, .key = key };
	char name[24];

	if (cmd < 0) {
		unbound_key(a, ctx, key);
		return STEP_DONE;
	}
	if ((commands[cmd].flags & DECIDES) && !a->headless) {
		/* Typed ahead of the frame that shows the next pair: nobody has seen it. */
		if (a->hold_decisions)
			return STEP_DONE;
		if (a->drawn_sel != app_list(a)->sel && !app_list(a)->marked_nr &&
		    app_draws_pair(a))
			return STEP_DRAW_FIRST;
		if (a->drawn_sel != app_list(a)->sel && !app_list(a)->marked_nr) {
			app_hint(a, APP_WARN, "pair %u has not been on the screen yet; 1 shows it",
				 app_list(a)->sel);
			return STEP_DONE;
		}
	}
	if (commands[cmd].flags & LETTER) {
		a->pending_key = key;
		ask_letter(a, cmd == COMMAND_set_mark);
		return STEP_DONE;
	}
	if (commands[cmd].flags & KEYARG) {
		args.text = app_key_name(key, name, sizeof(name));
		args.argc = 1;
		args.argv[0] = name;
	}
	app_hush(a);
	(void)command_run(a, cmd, &args, NULL);
	if (overlay_here(a)->follow)
		overlay_here(a)->follow(a);
	return STEP_DONE;
}

/* How many of the keys from here are one and may be one call. */
static unsigned int foldable(const struct app *a, const uint32_t *keys, size_t nr)
{
	int cmd = bindings_find(a->bindings, app_context(a), keys[0]);
	unsigned int n = 1;

	if (cmd < 0 || !(commands[cmd].flags & FOLDS))
		return 1;
	while (n < nr && keys[n] == keys[0])
		n++;
	return n;
}

size_t app_keys(struct app *a, const uint32_t *keys, size_t nr)
{
	size_t i = 0;
	unsigned int n;

	while (i < nr) {
		if (overlay_here(a)->answer) {
			(void)overlay_here(a)->answer(a, keys[i++]);
		} else if (a->pending_key) {
			pending_key(a, keys[i++]);
		} else {
			n = foldable(a, keys + i, nr - i);
			if (run_key(a, keys[i], n) == STEP_DRAW_FIRST)
				return i;
			i += n;
		}
		/* What was typed before a question appeared is no answer to it. */
		if (overlay_here(a)->answer && !a->headless)
			return nr;
		if (a->request & (APP_REQUEST_QUIT | APP_REQUEST_SUSPEND))
			return i;
	}
	return nr;
}
