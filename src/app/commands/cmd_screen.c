// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the commands that go from screen to screen, open overlays and leave the program. */
#include <stdio.h>
#include <string.h>

#include "app/commands/cmd_screen.h"
#include "app/commands/cmd_change.h"
#include "app/commands/panes.h"
#include "app/state/history.h"
#include "app/state/prompt.h"
#include "app/state/loop.h"
#include "app/state/shown.h"
#include "app/state/messages.h"
#include "app/state/settings.h"
#include "app/line/bindings.h"
#include "app/state/text.h"
#include "app/state/events.h"
#include "app/state/list.h"
#include "app/commands/command.h"
#include "app/words/format.h"
#include "app/commands/overlays.h"
#include "app/words/words.h"

int cmd_screen(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const char *word = args->argc ? args->argv[0] : "";
	int i = choice(SCREEN_DIGITS(" "), word);

	if (i < 0)
		i = choice(SCREEN_WORDS(" "), word);
	if (i < 0)
		return vms_fail(
			err, VMS_EUSAGE,
			"screens: 1 main 2 candidates 3 plots 4 sequences 5 events 6 models 7 log");
	screen_set(app, (enum app_screen)(i + 1));
	return 0;
}

void cmd_log(struct app *a, const struct app_args *args)
{
	if (args->text[0])
		app_say(a, APP_NOTE, "%s", args->text);
	else
		screen_set(a, APP_SCREEN_LOG);
}

int cmd_focus(struct app *app, const struct app_args *args, struct vms_err *err)
{
	(void)err;
	if (pane_alone(app))
		app_hint(app, APP_NOTE, "this screen has one pane; 1 to 7 are the screens");
	else
		pane_step(app, args->row->what);
	return 0;
}

void cmd_maximise(struct app *a)
{
	if (pane_alone(a)) {
		app_hint(a, APP_NOTE, "this pane has the whole screen");
		return;
	}
	setting_put(a, &app_prefs(a)->maximised, !app_prefs(a)->maximised);
	if (app_prefs(a)->maximised)
		app_hint(a, APP_NOTE, "this pane takes the screen; O or Esc gives it back");
}

void cmd_command(struct app *a)
{
	overlay_open(a, APP_OVERLAY_COMMAND, "");
}

int cmd_repeat(struct app *a, struct vms_err *err)
{
	char line[APP_PROMPT_BYTES];

	if (!history_last(a)[0])
		return vms_fail(err, VMS_EUSAGE, "no command was typed yet; : types one");
	(void)snprintf(line, sizeof(line), "%s", history_last(a));
	return app_run(a, line, err);
}

void cmd_options(struct app *a)
{
	overlay_open(a, APP_OVERLAY_OPTIONS, "");
}

int cmd_set(struct app *app, const struct app_args *args, struct vms_err *err)
{
	struct app_setting_text now;
	int ret;

	if (!args->argc) {
		overlay_open(app, APP_OVERLAY_OPTIONS, "");
		return 0;
	}
	ret = setting_set(app, args->argv[0], args_rest(args), "session", &now, err);
	if (!ret && app_prefs(app)->rate >= 0)
		return change_rate(app, false, err);
	/* without a value it is the next one: which, only this tells */
	if (!ret)
		app_hint(app, APP_NOTE, "%s is %s now; o shows all settings", now.name, now.value);
	return ret;
}

/* All bindings with where each comes from. */
static void map_show(struct app *app)
{
	struct lines lines = { 0 };
	char key[24];
	uint32_t i;

	for (i = 0; i < app->bindings->nr; i++) {
		const struct binding *b = &app->bindings->b[i];

		(void)lines_add(&lines, "%-8s %-12s %-18s %s", context_name(b->context),
				app_key_name(b->key, key, sizeof(key)),
				b->unbound ? "none" : command_verb(&commands[b->cmd], BUF(32)),
				b->source);
	}
	text_show(app, APP_OVERLAY_TEXT, "keys", &lines);
}

int map_key(struct app *app, const struct app_args *args, const char *source, struct vms_err *err)
{
	unsigned int contexts;
	uint32_t key;
	int cmd = -1;

	if (args->argc != 3)
		return vms_fail(err, VMS_EUSAGE,
				"map CONTEXT KEY VERB: map lanes K up; none takes the key away");
	contexts = context_parse(args->argv[0]);
	if (!contexts)
		return vms_fail(
			err, VMS_EUSAGE,
			"contexts are lanes lists sequences texts pickers prompts all, not '%s'",
			args->argv[0]);
	if (!app_key_parse(args->argv[1], &key))
		return vms_fail(err, VMS_EUSAGE, "no key '%s'; keys are x, Ctrl-R, PgDn, F5, Space",
				args->argv[1]);
	if (strcmp(args->argv[2], "none")) {
		cmd = command_find(app->table, args->argv[2], err);
		if (cmd < 0)
			return cmd;
	}
	return bindings_set(app->bindings, contexts, key, cmd, source, err);
}

int cmd_map(struct app *a, const struct app_args *args, struct vms_err *err)
{
	if (args->argc)
		return map_key(a, args, "session", err);
	map_show(a);
	return 0;
}

int cmd_ask(struct app *app, const struct app_args *args, struct vms_err *err)
{
	(void)err;
	loop_ask(app, (unsigned int)args->row->what);
	return 0;
}

void cmd_cancel(struct app *a)
{
	if (app_shown(a)->overlay != APP_OVERLAY_NONE)
		overlay_close(a);
	else if (app_cancel(a))
		app_hint(a, APP_NOTE, "cancelled: what is shown stays what it was");
	else
		app_hint(a, APP_NOTE, "nothing runs; %s",
			 app_shown(a)->screen == APP_SCREEN_MAIN ? "q quits"
								 : "q goes to screen 1, Q quits");
}

/*
 * Esc closes exactly one thing: completion, then the prompt, then the overlay, then the filter of
 * events, then marks. It never quits.
 */
void cmd_close(struct app *app)
{
	const struct overlay *here = overlay_here(app);

	if (here->line && prompt_drop(app))
		return;
	if (here->leave)
		here->leave(app);
	if (app_shown(app)->overlay != APP_OVERLAY_NONE) {
		overlay_close(app);
		return;
	}
	if (app_shown(app)->screen == APP_SCREEN_EVENTS && app_events(app)->filter_text[0]) {
		(void)events_filter(app, "", NULL, NULL);
		events_filter_says(app);
		return;
	}
	if (app_list(app)->marked_nr) {
		app_hint(app, APP_NOTE, "%u mark%s dropped", app_list(app)->marked_nr,
			 fmt_s(app_list(app)->marked_nr));
		list_unmark(app);
		return;
	}
	if (app_prefs(app)->maximised)
		setting_put(app, &app_prefs(app)->maximised, 0);
	app_hush(app);
}

void cmd_back(struct app *app, const struct app_args *args)
{
	if (app_shown(app)->overlay != APP_OVERLAY_NONE)
		overlay_close(app);
	else if (app_shown(app)->screen != APP_SCREEN_MAIN)
		screen_set(app, APP_SCREEN_MAIN);
	else
		cmd_quit(app, args);
}

void cmd_help(struct app *a, const struct app_args *args)
{
	overlay_open(a, APP_OVERLAY_HELP, args->argc && !args->key ? args->argv[0] : "");
}
