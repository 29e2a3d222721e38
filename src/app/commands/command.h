/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command table, and how a command runs. */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include "app/line/verbs.h"
#include "app/state/app.h"
#include "app/words/choices.h"

/* What commands of one handler are about; less than 0: the other way. */
enum {
	STEP_PAIR = 1,
	STEP_UNDECIDED, /* from here on as STEP_WORDS */
	STEP_OUTLIER,
	STEP_VIOLATION,
	STEP_BINDING,
	STEP_EVENT,
	STEP_MATCH,
};
enum { MOVE_ROW = 1, MOVE_HALF, MOVE_PAGE, MOVE_END, MOVE_SIDEWAYS };
enum {
	EDIT_CUT = 1,
	EDIT_CUT_WORD,
	EDIT_CUT_ALL,
	EDIT_CARET,
	EDIT_END,
	EDIT_COMPLETE,
	EDIT_ROW,
	EDIT_PAGE,
};

#define COMMAND(id, v, g, c, k, f, b, h) COMMAND_##id,
enum command_id {
#include "app/commands/commands.def"
	COMMANDS_NR
};

#define COMMAND(id, v, g, c, k, f, b, h)                                                           \
	int cmd_##id(struct app *app, const struct app_args *call, struct vms_err *why);
#define PLAIN(id, v, g, c, k, f, b, h) int cmd_##id(struct app *app, struct vms_err *why);
#define SURE(id, v, g, c, k, f, b, h) void cmd_##id(struct app *app, const struct app_args *call);
#define ACTION(id, v, g, c, k, f, b, h) void cmd_##id(struct app *app);
#define OF(id, of, ...)                                                                            \
	int cmd_##of(struct app *app, const struct app_args *call, struct vms_err *why);
#include "app/commands/commands.def"

extern const struct command commands[COMMANDS_NR];
extern const struct command_table command_table;

/** app_context - the context that keys are looked up in now, one bit */
unsigned int app_context(const struct app *a);

/** command_run - run one command; failure becomes the message */
int command_run(struct app *app, int cmd, const struct app_args *args, struct vms_err *err);

/** command_word - call what does a command with one word */
int command_word(struct app *app,
		 int (*run)(struct app *, const struct app_args *, struct vms_err *),
		 const char *word, struct vms_err *err);

/**
 * app_run - a ":" line without the colon. Failure is also the message. Return: 0 or a negative
 * VMS_E*
 */
int app_run(struct app *app, const char *line, struct vms_err *err);

#endif
