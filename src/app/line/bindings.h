/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys and the commands that they run. */
#ifndef APP_BINDINGS_H
#define APP_BINDINGS_H

#include "app/line/verbs.h"

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
int bindings_new(struct app_bindings **out, const struct command_table *table, struct vms_err *err);
void bindings_free(struct app_bindings *b);
/** bindings_set - bind a key in contexts (bits); cmd -1 takes the key away */
int bindings_set(struct app_bindings *bindings, unsigned int bits, uint32_t key, int cmd,
		 const char *source, struct vms_err *err);
/** bindings_find - command of a key in a context (one bit), -1 = none */
int bindings_find(const struct app_bindings *b, unsigned int context, uint32_t key);
/**
 * bindings_keys - names of all keys of a command in contexts, separated by sep; "" = none. Return:
 * buf
 */
const char *bindings_keys(const struct app_bindings *bindings, int cmd, unsigned int bits,
			  const char *sep, char *buf, size_t size);
/**
 * context_name - "lanes", "lists", "texts", "pickers", "prompts"; context_parse - bits of a name, 0
 * = none ("all" is G)
 */
const char *context_name(unsigned int context);
unsigned int context_parse(const char *name);
/** context_letters - bits as letters, "G" for those of all panes */
void context_letters(unsigned int bits, char buf[8]);

#endif
