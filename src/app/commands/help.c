// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the rows of the help: which commands, in which order, under which heading. */
#include "app/commands/help.h"
#include "core/base/printable.h"
#include "app/state/prompt.h"
#include "app/state/shown.h"

#include <stdlib.h>
#include <string.h>

#include "app/line/verbs.h"
#include "app/line/bindings.h"
#include "app/commands/command.h"
#include "app/commands/panes.h"
#include "core/base/util.h"

struct help_room {
	uint16_t cmd[COMMANDS_NR]; /* of the rows */
	/* used last, newest first: on top of their group */
	uint16_t used[8];
	uint32_t used_nr;
};

int help_new(struct app *app, struct vms_err *err)
{
	app->help = vms_calloc(1, sizeof(*app->help));
	return app->help ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");
}

/* Newest first, each once. Steps within a pane are no news to who makes them. */
void help_used(struct app *app, int cmd)
{
	struct help_room *room = app->help;
	uint32_t i;

	if ((commands[cmd].contexts & (CTX_G | CTX_S)) == 0 || cmd == COMMAND_help ||
	    cmd == COMMAND_close || (commands[cmd].flags & FOLDS && !commands[cmd].bar[0]))
		return;
	for (i = 0; i < room->used_nr && room->used[i] != cmd; i++)
		;
	if (i == room->used_nr)
		i = room->used_nr < VMS_ARRAY_NR(room->used) ? room->used_nr++ : i - 1;
	memmove(room->used + 1, room->used, i * sizeof(room->used[0]));
	room->used[0] = (uint16_t)cmd;
}

/*
 * Where a command stands in the help: the focused pane first, then everywhere, the rest, and what
 * has no key.
 */
static unsigned int help_group(const struct app *a, int cmd)
{
	unsigned int ctx = commands[cmd].contexts, here = pane_here(a)->context;

	if (!commands[cmd].keys[0])
		return 3;
	if ((ctx & CTX_G) == CTX_G)
		return 1;
	return ctx & here ? 0 : 2;
}

/* Where its keys count: here, where some are another command's; what is not for here, elsewhere. */
static unsigned int keys_in(const struct app *a, int cmd)
{
	const unsigned int here = pane_here(a)->context, its = commands[cmd].contexts;

	return its & here ? here : CTX_G | CTX_K | CTX_P | (its & CTX_S);
}

static bool help_matches(const struct app *a, int cmd, const char *text)
{
	if (!text[0])
		return true;
	return strcasestr(commands[cmd].verbs, text) || strcasestr(commands[cmd].help, text) ||
	       strcasestr(bindings_keys(a->bindings, cmd, keys_in(a, cmd), " ", BUF(64)), text);
}

static bool was_used(const struct app *a, int cmd)
{
	uint32_t i;

	for (i = 0; i < a->help->used_nr; i++)
		if (a->help->used[i] == cmd)
			return true;
	return false;
}

static void help_add(struct app *a, int cmd, unsigned int group)
{
	if (help_group(a, cmd) == group && help_matches(a, cmd, app_prompt(a)->text))
		a->help->cmd[shown_over_row(a)->nr++] = (uint16_t)cmd;
}

/* The row of the key whose name was typed; many other rows have that letter in their words. */
static uint32_t help_typed_key(const struct app *a)
{
	uint32_t key, i;
	int cmd;

	if (!app_key_parse(app_prompt(a)->text, &key))
		return 0;
	cmd = bindings_find(a->bindings, pane_here(a)->context, key);
	for (i = 0; i < app_shown(a)->over.nr; i++)
		if (a->help->cmd[i] == cmd)
			return i;
	return 0;
}

void help_fill(struct app *app)
{
	struct app_row *row = shown_over_row(app);
	unsigned int group;
	uint32_t used;
	int i;

	*row = (struct app_row){ 0 };
	for (group = 0; group < 4; group++) {
		for (used = 0; used < app->help->used_nr; used++)
			help_add(app, app->help->used[used], group);
		for (i = 0; i < COMMANDS_NR; i++)
			if (!was_used(app, i))
				help_add(app, i, group);
	}
	row->sel = help_typed_key(app);
}

int help_command(const struct app *app, uint32_t row)
{
	return row < app_shown(app)->over.nr ? app->help->cmd[row] : -1;
}

void app_help_text(const struct app *app, uint32_t row, const char **heading, char *keys,
		   size_t keys_size, char *verb, size_t verb_size, const char **help)
{
	static const char *const names[] = { "this pane", "everywhere",
					     "other panes, pickers, prompts", "only by : command" };
	unsigned int group;
	int cmd;

	if (row >= app_shown(app)->over.nr) {
		*heading = NULL;
		*help = "";
		keys[0] = '\0';
		verb[0] = '\0';
		return;
	}
	cmd = app->help->cmd[row];
	group = help_group(app, cmd);
	*heading = !row || help_group(app, app->help->cmd[row - 1]) != group ? names[group] : NULL;
	(void)bindings_keys(app->bindings, cmd, keys_in(app, cmd), " ", keys, keys_size);
	(void)command_verb(&commands[cmd], verb, verb_size);
	*help = commands[cmd].help;
}
