// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the table of the commands, and how one of them runs: by key, by line, with its failure. */
#include "app/state/times.h"
#include "app/state/messages.h"
#include "app/state/list.h"
#include "app/state/loop.h"
#include "app/state/persist.h"
#include "app/commands/command.h"
#include "app/commands/help.h"
#include "app/commands/overlays.h"
#include "app/commands/panes.h"
#include "app/state/history.h"
#include "app/worker.h"

#include <stdio.h>
#include <string.h>

#include <vmsync/log.h>
#include <vmsync/session_snapshot.h>

#define ROW(id, v, g, c, k, f, b, h) #id, v, g, c, k, f, b, h
#define COMMAND(id, ...) [COMMAND_##id] = { ROW(id, __VA_ARGS__), .run = cmd_##id },
#define PLAIN(id, ...) [COMMAND_##id] = { ROW(id, __VA_ARGS__), .plain = cmd_##id },
#define SURE(id, ...) [COMMAND_##id] = { ROW(id, __VA_ARGS__), .sure = cmd_##id },
#define ACTION(id, ...) [COMMAND_##id] = { ROW(id, __VA_ARGS__), .action = cmd_##id },
#define OF(id, of, n, ...) [COMMAND_##id] = { ROW(id, __VA_ARGS__), .run = cmd_##of, .what = n },
const struct command commands[COMMANDS_NR] = {
#include "app/commands/commands.def"
};

const struct command_table command_table = { commands, COMMANDS_NR };

unsigned int app_context(const struct app *a)
{
	const unsigned int on_top = overlay_here(a)->context;

	return on_top ? on_top : pane_here(a)->context;
}

static int call(struct app *app, const struct command *row, const struct app_args *args,
		struct vms_err *err)
{
	struct app_args with = *args;

	with.row = row;
	if (row->run)
		return row->run(app, &with, err);
	if (row->plain)
		return row->plain(app, err);
	if (row->sure)
		row->sure(app, args);
	else
		row->action(app);
	return 0;
}

/* What a file would hold, or a file itself; which model is shown does not count. */
static bool changes_files(int cmd)
{
	return cmd == COMMAND_write || cmd == COMMAND_save || cmd == COMMAND_open ||
	       ((commands[cmd].flags & UNDO) && cmd != COMMAND_model && cmd != COMMAND_use_band);
}

int command_run(struct app *app, int cmd, const struct app_args *args, struct vms_err *err)
{
	struct vms_err mine = { 0 };
	char verb[32];
	int ret;

	if (vms_session_unformed(app->session) &&
	    (commands[cmd].flags & (UNDO | PAIR | DECIDES | WRITES | JOB)))
		ret = vms_fail(&mine, VMS_ENODATA,
			       "%s: pairs are being formed, %u%% are there; it works then",
			       command_verb(&commands[cmd], verb, sizeof(verb)),
			       worker_percent(app->opts.worker, WORKER_CHANGE));
	else if (files_looking(app) && changes_files(cmd))
		ret = vms_fail(&mine, VMS_EUSAGE,
			       "%s: looking only, another vmsync-tui is open; :reload asks anew",
			       command_verb(&commands[cmd], verb, sizeof(verb)));
	else if ((commands[cmd].flags & PAIR) && !args->argc && !app_list(app)->marked_nr &&
		 !app_selected(app))
		ret = vms_fail(&mine, VMS_EUSAGE, "%s: no pair is selected; ] takes the next one",
			       command_verb(&commands[cmd], verb, sizeof(verb)));
	else
		ret = call(app, &commands[cmd], args, &mine);
	help_used(app, cmd);
	vms_log(VMS_LOG_DEBUG, "command", "%s%s%s: %s",
		command_verb(&commands[cmd], verb, sizeof(verb)), args->argc ? " " : "",
		args->argc ? args->text : "", ret ? "refused" : "done");
	if (ret) {
		if (!mine.msg[0])
			(void)vms_fail(&mine, -ret, "%s failed",
				       command_verb(&commands[cmd], verb, sizeof(verb)));
		app_say(app, ret == -VMS_EUSAGE || ret == -VMS_ENODATA ? APP_WARN : APP_BAD, "%s",
			mine.msg);
		if (err)
			*err = mine;
	}
	return ret;
}

int command_word(struct app *app,
		 int (*run)(struct app *, const struct app_args *, struct vms_err *),
		 const char *word, struct vms_err *err)
{
	return run(app,
		   &(struct app_args){ .text = word, .argc = 1, .argv = { word }, .repeat = 1 },
		   err);
}

/* ":104" goes to pair 104. */
static int goto_pair(struct app *app, const char *text, struct vms_err *err)
{
	struct vms_err mine = { 0 };
	uint32_t id = VMS_ID_NONE;
	int64_t raw;
	char name[32];
	int ret;

	(void)snprintf(name, sizeof(name), "#%.20s", text);
	ret = view_parse_time(app, name, &raw, &id, &mine);
	if (ret) {
		app_say(app, APP_WARN, "%s", mine.msg);
		if (err)
			*err = mine;
		return ret;
	}
	list_select(app, id);
	return 0;
}

/* Of commands that take nothing, or one word: what others take they look at themselves. */
static bool takes(const char *spec, const char *text)
{
	const size_t n = strcspn(spec, "<| ");

	return *spec && (spec[n] || (!strncmp(text, spec + 1, n - 2) && !text[n - 2]));
}

int app_run(struct app *app, const char *line, struct vms_err *err)
{
	char rest[APP_PROMPT_BYTES], store[APP_PROMPT_BYTES], number[APP_PROMPT_BYTES];
	struct app_args args = { .text = rest, .repeat = 1 };
	struct vms_err mine = { 0 };
	int cmd, ret;

	line_trim(line, number, sizeof(number));
	if (!number[0] || number[0] == '#')
		return 0;
	if (strspn(number, "0123456789") == strlen(number))
		return goto_pair(app, number, err);
	if (strlen(line) >= APP_PROMPT_BYTES)
		ret = vms_fail(&mine, VMS_EUSAGE, "a command has at most %d bytes",
			       APP_PROMPT_BYTES - 1);
	else
		ret = command_parse(&command_table, line, &cmd, &args.force, rest, sizeof(rest),
				    &mine);
	if (!ret)
		command_args_split(&args, rest, store, sizeof(store));
	if (!ret && args.argc && !takes(commands[cmd].args, rest))
		ret = vms_fail(&mine, VMS_EUSAGE, "%s takes %s, not '%.100s'",
			       command_verb(&commands[cmd], number, sizeof(number)),
			       *commands[cmd].args ? commands[cmd].args : "no words", rest);
	if (ret) {
		app_say(app, APP_WARN, "%s", mine.msg);
		if (err)
			*err = mine;
		return ret;
	}
	if (cmd != COMMAND_repeat)
		history_ran(app, line);
	return command_run(app, cmd, &args, err);
}
