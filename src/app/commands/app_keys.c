// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What becomes of keys: bindings, letters that follow, repeats folded, and which keys wait for a
 * frame.
 */
#include "app/commands/app_keys.h"
#include "app/state/loop.h"
#include "app/state/shown.h"

#include <string.h>

#include "app/state/messages.h"
#include "app/state/list.h"
#include "app/line/bindings.h"
#include "app/commands/cmd_prompt.h"
#include "app/commands/command.h"
#include "app/commands/overlays.h"
#include "app/state/view.h"

/* The key after m or ': a letter, or anything else to leave. */
static void pending_key(struct app *app, uint32_t key)
{
	const int cmd = app_loop(app)->pending;
	char letter[2] = { (char)key, '\0' };
	struct app_args args = {
		.text = letter, .argc = 1, .argv = { letter }, .repeat = 1, .key = key
	};

	loop_pending(app, -1);
	app_hush(app);
	if (key == APP_KEY_ESC || key == APP_CTRL('g'))
		return;
	if (cmd == COMMAND_go_mark && key == APP_KEY_ENTER) {
		args.argc = 0;
	} else if (key <= 32 || key >= 127) {
		app_hint(app, APP_WARN, "a mark is one letter, a to z");
		return;
	}
	(void)command_run(app, cmd, &args, NULL);
}

/* A key that is at home in another pane says so: it is not broken, the focus is elsewhere. */
static void unbound_key(struct app *app, unsigned int ctx, uint32_t key)
{
	unsigned int other = ctx & CTX_C ? CTX_L : ctx == CTX_L ? CTX_C : 0;
	int cmd = other ? bindings_find(app->bindings, other, key) : -1;
	const char *way = app_shown(app)->screen != APP_SCREEN_MAIN ? "screen 1"
			  : app_shown(app)->focus == APP_PANE_LIST  ? "Shift-Tab goes there"
								    : "Tab goes there";
	char name[24];

	if (ctx == CTX_P && app_key_printable(key)) {
		prompt_insert(app, key);
		return;
	}
	(void)app_key_name(key, name, sizeof(name));
	if (cmd >= 0) {
		app_hint(app, APP_NOTE, "%s works in the %s (%s): %s", name, context_name(other),
			 way, commands[cmd].help);
		/* half a sentence helps nobody */
		if (strlen(app_messages(app)->text) + 1 > app->geo.cols)
			app_hint(app, APP_NOTE, "%s works in the %s (%s)", name,
				 context_name(other), way);
	} else if (ctx != CTX_P) {
		app_hint(app, APP_NOTE,
			 ctx == CTX_K ? "%s does nothing here; Enter takes the row, Esc closes"
				      : "%s does nothing here; ? shows the keys",
			 name);
	}
}

/* What the next key, a letter, may be. */
static void ask_letter(struct app *app, bool set)
{
	char marks[27] = "";
	uint32_t nr;

	for (nr = 0; (marks[nr] = view_mark_nth(app, nr)); nr++)
		;
	if (set)
		app_hint(app, APP_NOTE, "set mark: a letter, a to z; a and b measure; Esc cancels");
	else if (nr)
		app_hint(app, APP_NOTE, "go to mark: %s; ' jumps back, Enter lists, Esc cancels",
			 marks);
	else
		app_hint(app, APP_NOTE, "go to mark: none is set; ' jumps back, Esc cancels");
}

enum step { STEP_DONE, STEP_DRAW_FIRST };

/* A decision on a pair that nobody has seen yet: drop it, or draw first. */
static bool unseen(struct app *app, enum step *step)
{
	const struct app_list *list = app_list(app);

	*step = STEP_DONE;
	if (app_loop(app)->hold) /* typed ahead of the frame that shows the next pair */
		return true;
	if (app_loop(app)->drawn_sel == list->sel || list->marked_nr)
		return false;
	if (app_draws_pair(app))
		*step = STEP_DRAW_FIRST;
	else
		app_hint(app, APP_WARN, "pair %u has not been on the screen yet; 1 shows it",
			 list->sel);
	return true;
}

static enum step run_key(struct app *app, int cmd, uint32_t key, unsigned int repeat)
{
	struct app_args args = { .text = "", .repeat = repeat, .key = key };
	char name[24];
	enum step step;

	if (cmd < 0) {
		unbound_key(app, app_context(app), key);
		return STEP_DONE;
	}
	if ((commands[cmd].flags & DECIDES) && !app->opts.headless && unseen(app, &step))
		return step;
	if (commands[cmd].flags & LETTER) {
		loop_pending(app, cmd);
		ask_letter(app, cmd == COMMAND_set_mark);
		return STEP_DONE;
	}
	if (commands[cmd].flags & KEYARG) {
		args.text = app_key_name(key, name, sizeof(name));
		args.argc = 1;
		args.argv[0] = name;
	}
	app_hush(app);
	(void)command_run(app, cmd, &args, NULL);
	if (overlay_here(app)->follow)
		overlay_here(app)->follow(app);
	return STEP_DONE;
}

/* How many of the keys from here are one and may be one call. */
static unsigned int foldable(int cmd, const uint32_t *keys, size_t nr)
{
	unsigned int n = 1;

	if (cmd < 0 || !(commands[cmd].flags & FOLDS))
		return 1;
	while (n < nr && keys[n] == keys[0])
		n++;
	return n;
}

size_t app_keys(struct app *app, const uint32_t *keys, size_t nr)
{
	size_t i = 0;
	unsigned int n;
	int cmd;

	while (i < nr) {
		if (keys[i] & APP_KEY_PASTED) {
			i += prompt_paste(app, keys + i, nr - i);
		} else if (overlay_here(app)->answer) {
			overlay_here(app)->answer(app, keys[i++]);
		} else if (app_loop(app)->pending >= 0) {
			pending_key(app, keys[i++]);
		} else {
			cmd = bindings_find(app->bindings, app_context(app), keys[i]);
			if (cmd < 0 && overlay_here(app)->passes) {
				overlay_close(app);
				cmd = bindings_find(app->bindings, app_context(app), keys[i]);
			}
			n = foldable(cmd, keys + i, nr - i);
			if (run_key(app, cmd, keys[i], n) == STEP_DRAW_FIRST)
				return i;
			i += n;
		}
		/* What was typed before a question appeared is no answer to it. */
		if (overlay_here(app)->answer && !app->opts.headless)
			return nr;
		if (app_loop(app)->request & (APP_REQUEST_QUIT | APP_REQUEST_SUSPEND))
			return i;
	}
	return nr;
}
