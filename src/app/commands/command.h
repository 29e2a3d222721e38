/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command table and what is derived from it: keys, help, function bar, manual. */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include <stdio.h>

#include "app/state/app.h"

/* Where keys work. */
enum app_context { CTX_L = 1, CTX_C = 2, CTX_T = 4, CTX_G = 7, CTX_K = 8, CTX_P = 16 };
#define CONTEXTS_NR 5

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
};

#define ARGS_NR 8

/** struct app_args - how a command was called */
struct app_args {
	const char *text; /* all arguments as typed, no blanks around; never NULL */
	int argc;
	const char *argv[ARGS_NR]; /* words; the last holds only its own word */
	unsigned int repeat;	   /* 1, or the number of folded keys */
	uint32_t key;		   /* 0 = not by a key */
};

/** struct command - a row of the table */
struct command {
	const char *id, *verbs, *args;
	unsigned int contexts;
	const char *keys;
	unsigned int flags;
	const char *bar, *help;
	int (*run)(struct app *a, const struct app_args *args, struct vms_err *err);
};

#define COMMAND(id, v, g, c, k, f, b, h) COMMAND_##id,
enum command_id {
#include "app/commands/commands.def"
	COMMANDS_NR
};
#undef COMMAND

#define COMMAND(id, v, g, c, k, f, b, h)                                                           \
	int cmd_##id(struct app *app, const struct app_args *call, struct vms_err *why);
#include "app/commands/commands.def"
#undef COMMAND

extern const struct command commands[COMMANDS_NR];

/** command_verb - the verb that is shown; buf holds at least 32 bytes. Return: buf */
const char *command_verb(int cmd, char *buf, size_t size);

/**
 * command_find - command by verb
 * An exact verb or alias, else a beginning that only one documented verb has, else one that only
 * one verb has.
 * Return: index; -VMS_EUSAGE with the nearest verb, or with those that it could be.
 */
int command_find(const char *verb, struct vms_err *err);

/** struct binding - a key in one context */
struct binding {
	uint32_t key;
	uint16_t cmd;
	uint8_t context; /* one bit */
	bool unbound;	 /* :map ... none */
	char source[24]; /* "default", "config:3", "session" */
};

struct app_bindings {
	struct binding *b;
	size_t cap;
	uint32_t nr;
};

/**
 * bindings_new - the table's default keys; -VMS_EBUG with a text when two commands share a key in
 * one context
 */
int bindings_new(struct app_bindings **out, struct vms_err *err);
void bindings_free(struct app_bindings *b);
/** bindings_set - bind a key in contexts (bits); cmd -1 takes the key away */
int bindings_set(struct app_bindings *b, unsigned int contexts, uint32_t key, int cmd,
		 const char *source, struct vms_err *err);
/** bindings_find - command of a key in a context (one bit), -1 = none */
int bindings_find(const struct app_bindings *b, unsigned int context, uint32_t key);
/**
 * bindings_keys - names of all keys of a command in contexts, separated by sep; "" = none. Return:
 * buf
 */
const char *bindings_keys(const struct app_bindings *b, int cmd, unsigned int contexts,
			  const char *sep, char *buf, size_t size);
/**
 * context_name - "lanes", "lists", "texts", "pickers", "prompts"; context_parse - bits of a name, 0
 * = none ("all" is G)
 */
const char *context_name(unsigned int context);
unsigned int context_parse(const char *name);
/** app_context - the context that keys are looked up in now, one bit */
unsigned int app_context(const struct app *a);

/** command_args_split - words of a line; quotes keep blanks. @store holds the words */
void command_args_split(struct app_args *args, const char *text, char *store, size_t size);
/** command_run - run one command; failure becomes the message */
int command_run(struct app *a, int cmd, const struct app_args *args, struct vms_err *err);

/** command_list - the table as tab-separated text, for --list-commands */
void command_list(FILE *f);
/** command_man - the key and command tables of the man page, in man(7) markup */
void command_man(FILE *f);

/** help_fill - rows of the help overlay that match the prompt's text */
int help_fill(struct app *a, struct vms_err *err);

/* cmd_prompt.c */
/** prompt_insert - a typed character */
void prompt_insert(struct app *a, uint32_t key);

#endif
