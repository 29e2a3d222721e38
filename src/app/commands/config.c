// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how the configuration file is read. */
#include "app/commands/config.h"

#include <stdio.h>
#include <string.h>

#include <vmsync/io/config.h>

#include "app/state/messages.h"
#include "app/commands/cmd_screen.h"
#include "app/state/settings.h"
#include "app/line/verbs.h"

struct reading {
	struct app *app;
	struct config_mistakes *mistakes;
};

static int config_row(void *user, const struct vms_config_row *row, struct vms_err *err)
{
	struct app_args args = { .repeat = 1, .argc = 3, .text = row->text };
	struct app *a = ((struct reading *)user)->app;
	char source[24];

	if (row->kind == VMS_CONFIG_SET)
		return setting_set(a, row->name, row->value, "config", err);
	args.argv[0] = row->context;
	args.argv[1] = row->key;
	args.argv[2] = row->command;
	(void)snprintf(source, sizeof(source), "config:%u", row->line_nr);
	return map_key(a, &args, source, err);
}

/* The log has it with the file's path, the message row without: there is one such file. */
static void config_problem(void *user, const char *text)
{
	const struct reading *reading = user;
	struct config_mistakes *m = reading->mistakes;
	struct app *a = reading->app;
	size_t n = strlen(a->opts.config_path);

	app_say(a, APP_WARN, "%s", text);
	if (m->nr++)
		return;
	if (!strncmp(text, a->opts.config_path, n) && text[n] == ':')
		(void)snprintf(m->first, sizeof(m->first), "line %.90s", text + n + 1);
	else
		(void)snprintf(m->first, sizeof(m->first), "%.90s", text);
}

void config_read(struct app *a, struct config_mistakes *mistakes)
{
	struct reading reading = { a, mistakes };
	const struct vms_config_reader reader = { .row = config_row,
						  .problem = config_problem,
						  .user = &reading };
	struct vms_err why = { 0 };
	int ret;

	if (!a->opts.config_path)
		return;
	ret = vms_config_read(a->opts.config_path, &reader, &why);
	if (ret < 0)
		config_problem(&reading, why.msg);
	else
		mistakes->nr = (uint32_t)ret; /* of very many, not each was told */
}
