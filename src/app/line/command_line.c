// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how a ":" line is taken apart and run. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/list.h"
#include "app/commands/command.h"
#include "app/commands/decide.h"
#include "core/base/util.h"
#include "app/state/view.h"

/* Copies a line without blanks around it. */
static void trim(const char *line, char *buf, size_t size)
{
	size_t n;

	while (isspace((unsigned char)*line) || *line == ':')
		line++;
	n = strlen(line);
	while (n && isspace((unsigned char)line[n - 1]))
		n--;
	(void)snprintf(buf, size, "%.*s", (int)n, line);
}

/* ":104" goes to pair 104. */
static int goto_pair(struct app *a, const char *text, struct vms_err *err)
{
	struct vms_err mine = { 0 };
	uint32_t id = VMS_ID_NONE;
	int64_t raw;
	char name[32];
	int ret;

	(void)snprintf(name, sizeof(name), "#%.20s", text);
	ret = view_parse_time(a, name, &raw, &id, &mine);
	if (ret) {
		app_say(a, APP_WARN, "%s", mine.msg);
		if (err)
			*err = mine;
		return ret;
	}
	list_select(a, id);
	return 0;
}

int command_parse(const char *line, int *cmd, char *rest, size_t size, struct vms_err *err)
{
	char buf[APP_PROMPT_BYTES], verb[64];
	size_t n;
	int ret;

	trim(line, buf, sizeof(buf));
	n = strcspn(buf, " \t");
	(void)snprintf(verb, sizeof(verb), "%.*s", (int)n, buf);
	ret = command_find(verb, err);
	if (ret < 0)
		return ret;
	*cmd = ret;
	while (isspace((unsigned char)buf[n]))
		n++;
	(void)snprintf(rest, size, "%s", buf + n);
	return 0;
}

int app_run(struct app *a, const char *line, struct vms_err *err)
{
	char rest[APP_PROMPT_BYTES], store[APP_PROMPT_BYTES], number[APP_PROMPT_BYTES];
	struct app_args args = { .text = rest, .repeat = 1 };
	struct vms_err mine = { 0 };
	int cmd, ret;

	trim(line, number, sizeof(number));
	if (!number[0] || number[0] == '#')
		return 0;
	if (strspn(number, "0123456789") == strlen(number))
		return goto_pair(a, number, err);
	if (strlen(line) >= APP_PROMPT_BYTES)
		ret = vms_fail(&mine, VMS_EUSAGE, "a command has at most %d bytes",
			       APP_PROMPT_BYTES - 1);
	else
		ret = command_parse(line, &cmd, rest, sizeof(rest), &mine);
	if (ret) {
		app_say(a, APP_WARN, "%s", mine.msg);
		if (err)
			*err = mine;
		return ret;
	}
	command_args_split(&args, rest, store, sizeof(store));
	if (cmd != COMMAND_repeat) {
		a->last_command = cmd;
		(void)snprintf(a->last_args, sizeof(a->last_args), "%s", rest);
	}
	return command_run(a, cmd, &args, err);
}
