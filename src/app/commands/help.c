// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the rows of the help: which commands, in which order, under which heading. */
#include "app/commands/help.h"

#include <string.h>

#include "app/line/verbs.h"
#include "app/line/bindings.h"
#include "app/commands/command.h"
#include "core/base/util.h"

/*
 * Where a command stands in the help: the focused pane first, then everywhere, the rest, and what
 * has no key.
 */
static unsigned int help_group(const struct app *a, int cmd)
{
	unsigned int ctx = commands[cmd].contexts, here = pane_context(a);

	if (!commands[cmd].keys[0])
		return 3;
	if ((ctx & CTX_G) == CTX_G)
		return 1;
	return ctx & here ? 0 : 2;
}

static bool help_matches(const struct app *a, int cmd, const char *text)
{
	char keys[64];

	if (!text[0])
		return true;
	return strcasestr(commands[cmd].verbs, text) || strcasestr(commands[cmd].help, text) ||
	       strcasestr(bindings_keys(a->bindings, cmd, CTX_G | CTX_K | CTX_P, " ", keys,
					sizeof(keys)),
			  text);
}

static bool was_used(const struct app *a, int cmd)
{
	uint32_t i;

	for (i = 0; i < a->used_nr; i++)
		if (a->used[i] == cmd)
			return true;
	return false;
}

static void help_add(struct app *a, int cmd, unsigned int group)
{
	if (help_group(a, cmd) == group && help_matches(a, cmd, a->prompt.text))
		a->help[a->help_nr++] = (uint16_t)cmd;
}

/* The row of the key whose name was typed; many other rows have that letter in their words. */
static uint32_t help_typed_key(const struct app *a)
{
	uint32_t key, i;
	int cmd;

	if (!app_key_parse(a->prompt.text, &key))
		return 0;
	cmd = bindings_find(a->bindings, pane_context(a), key);
	for (i = 0; i < a->help_nr; i++)
		if (a->help[i] == cmd)
			return i;
	return 0;
}

int help_fill(struct app *app, struct vms_err *err)
{
	unsigned int group;
	uint32_t used;
	int i;

	if (!app->help)
		app->help = vms_calloc(COMMANDS_NR, sizeof(*app->help));
	if (!app->help)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	app->help_nr = 0;
	for (group = 0; group < 4; group++) {
		for (used = 0; used < app->used_nr; used++)
			help_add(app, app->used[used], group);
		for (i = 0; i < COMMANDS_NR; i++)
			if (!was_used(app, i))
				help_add(app, i, group);
	}
	app->help_row.nr = app->help_nr;
	app->help_row.sel = help_typed_key(app);
	app->help_row.top = 0;
	return 0;
}

void app_help_text(const struct app *app, uint32_t row, const char **heading, char *keys,
		   size_t keys_size, char *verb, size_t verb_size, const char **help)
{
	static const char *const names[] = { "this pane", "everywhere",
					     "other panes, pickers, prompts", "only by : command" };
	unsigned int group;
	int cmd;

	if (row >= app->help_nr) {
		*heading = NULL;
		*help = "";
		keys[0] = '\0';
		verb[0] = '\0';
		return;
	}
	cmd = app->help[row];
	group = help_group(app, cmd);
	*heading = !row || help_group(app, app->help[row - 1]) != group ? names[group] : NULL;
	(void)bindings_keys(app->bindings, cmd, CTX_G | CTX_K | CTX_P, " ", keys, keys_size);
	(void)command_verb(&commands[cmd], verb, verb_size);
	*help = commands[cmd].help;
}
