/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands as they are typed: the rows of the table, and from a line to one of them. */
#ifndef APP_VERBS_H
#define APP_VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vmsync/err.h>

struct app;

/* Where keys work. */
enum app_context {
	CTX_L = 1,
	CTX_C = 2,
	CTX_T = 4,
	CTX_G = 7,
	CTX_K = 8,
	CTX_P = 16,
	CTX_S = 32, /* a list of sequences: before what a key does in lists */
};
#define CONTEXTS_NR 6

/* What a command is like; meanings in commands.def. */
enum command_flag {
	VERB = 1,
	UNDO = 2,
	PAIR = 4,
	DECIDES = 8,
	FOLDS = 16,
	LETTER = 32,
	KEYARG = 64,
	JOB = 128,
	CONFIRM = 256,
	LOOKS = 512,
	BASIC = 1024,
	WRITES = 2048,
};

#define ARGS_NR 8

struct command;

/** struct app_args - how a command was called */
struct app_args {
	const char *text; /* all arguments as typed, no blanks around; never NULL */
	int argc;
	const char *argv[ARGS_NR]; /* words; the last holds only its own word */
	unsigned int repeat;	   /* 1, or the number of folded keys */
	uint32_t key;		   /* 0 = not by a key */
	const struct command *row; /* that is called; NULL: its handler alone */
	bool force;		   /* "verb!": over a file that is there */
};

/** struct command - a row of the table */
struct command {
	const char *id, *verbs, *args;
	unsigned int contexts;
	const char *keys;
	unsigned int flags;
	const char *bar, *help;
	int what; /* which one, of those that a handler does */
	/* one of them does it */
	int (*run)(struct app *a, const struct app_args *args, struct vms_err *err);
	int (*plain)(struct app *a, struct vms_err *err);
	void (*sure)(struct app *a, const struct app_args *args);
	void (*action)(struct app *a);
};

/** struct command_table - all commands; the room of the commands has it, and a handle is in app */
struct command_table {
	const struct command *rows;
	int nr;
};

/** command_verb - the verb that is shown; buf holds at least 32 bytes. Return: buf */
const char *command_verb(const struct command *row, char *buf, size_t size);

/**
 * command_find - command by verb
 * An exact verb or alias, else a beginning that only one documented verb has, else one that only
 * one verb has.
 * Return: index; -VMS_EUSAGE with the nearest verb, or with those that it could be.
 */
int command_find(const struct command_table *table, const char *verb, struct vms_err *err);

/** command_args_split - words of a line; quotes keep blanks. @store holds the words */
void command_args_split(struct app_args *args, const char *text, char *store, size_t size);
/** args_rest - what stands behind the first word; blanks inside are part of it */
const char *args_rest(const struct app_args *args);
/** line_trim - a line without colon and blanks around it */
void line_trim(const char *line, char *buf, size_t size);
/** command_parse - the command of a line and the rest of the line; "verb!" sets @force */
int command_parse(const struct command_table *table, const char *line, int *cmd, bool *force,
		  char *rest, size_t size, struct vms_err *err);

#endif
