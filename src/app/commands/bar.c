// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows what the function bar has to offer where one is. */
#include "app/commands/bar.h"
#include "app/state/shown.h"

#include <stdio.h>
#include <string.h>

#include "app/line/verbs.h"
#include "app/line/bindings.h"
#include "app/commands/overlays.h"
#include "app/commands/command.h"

/* What the context has but what is on the screen has no use for. */
static bool bar_leaves_out(const struct app *a, int cmd)
{
	switch (cmd) {
	case COMMAND_zoom_in:
	case COMMAND_zoom_out: return !app_lanes_drawn(a);
	case COMMAND_accept:
	case COMMAND_reject:
	case COMMAND_clear: return app_shown(a)->screen == APP_SCREEN_SEQUENCES;
	case COMMAND_filter: return !app_draws_pair(a);
	case COMMAND_prompt_complete: return !overlay_here(a)->complete;
	case COMMAND_pick_toggle: return !overlay_here(a)->toggle;
	default: return false;
	}
}

static const char *bar_label(const struct app *app, int cmd)
{
	switch (cmd) {
	case COMMAND_back:
		return app_shown(app)->screen != APP_SCREEN_MAIN ||
				       app_shown(app)->overlay != APP_OVERLAY_NONE
			       ? "back"
			       : commands[cmd].bar;
	case COMMAND_prompt_enter:
		return overlay_here(app)->takes ? overlay_here(app)->takes : commands[cmd].bar;
	case COMMAND_prompt_older:
	case COMMAND_prompt_newer: return overlay_here(app)->line ? commands[cmd].bar : "row";
	default: return commands[cmd].bar;
	}
}

unsigned int app_bar(const struct app *app, struct app_bar_entry *out, unsigned int max)
{
	unsigned int ctx = app_context(app), nr = 0;
	const char *label = NULL;
	char keys[64];
	size_t n, at;
	int i;

	for (i = 0; i < COMMANDS_NR && !overlay_here(app)->answer; i++) {
		const struct command *command = &commands[i];

		if (!command->bar[0] || !(command->contexts & ctx) || bar_leaves_out(app, i))
			continue;
		(void)bindings_keys(app->bindings, i, ctx, " ", keys, sizeof(keys));
		n = strcspn(keys, " ");
		keys[n] = '\0';
		if (!n)
			continue;
		if (label && !strcmp(label, command->bar) && nr) {
			at = strlen(out[nr - 1].key);
			(void)snprintf(out[nr - 1].key + at, sizeof(out[0].key) - at, "%s%s",
				       n > 1 ? "/" : "", keys);
			continue;
		}
		if (nr == max)
			break;
		label = command->bar;
		out[nr].label = label;
		out[nr].basic = command->flags & BASIC;
		out[nr].label = bar_label(app, i);
		(void)snprintf(out[nr].key, sizeof(out[nr].key), "%.15s", keys);
		nr++;
	}
	return nr;
}
