// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows which key runs which command where, by default and as bound since. */
#include "app/line/bindings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/words/keys.h"
#include "core/base/util.h"

static const struct {
	unsigned int bit;
	const char *name;
	char letter;
} contexts[CONTEXTS_NR] = {
	{ CTX_L, "lanes", 'L' },   { CTX_C, "lists", 'C' },   { CTX_T, "texts", 'T' },
	{ CTX_K, "pickers", 'K' }, { CTX_P, "prompts", 'P' }, { CTX_S, "sequences", 'S' },
};

const char *context_name(unsigned int context)
{
	size_t i;

	for (i = 0; i < CONTEXTS_NR; i++)
		if (contexts[i].bit == context)
			return contexts[i].name;
	return "all";
}

unsigned int context_parse(const char *name)
{
	size_t i;

	if (!strcmp(name, "all") || !strcmp(name, "global"))
		return CTX_G;
	for (i = 0; i < CONTEXTS_NR; i++)
		if (!strncmp(contexts[i].name, name, strlen(contexts[i].name) - 1))
			return contexts[i].bit;
	return 0;
}

static struct binding *binding_get(const struct app_bindings *b, unsigned int context, uint32_t key)
{
	uint32_t i;

	for (i = 0; i < b->nr; i++)
		if (b->b[i].key == key && b->b[i].context == context)
			return &b->b[i];
	return NULL;
}

int bindings_set(struct app_bindings *bindings, unsigned int bits, uint32_t key, int cmd,
		 const char *source, struct vms_err *err)
{
	struct binding *binding;
	unsigned int bit;
	size_t i;

	for (i = 0; i < CONTEXTS_NR; i++) {
		bit = contexts[i].bit;
		if (!(bits & bit))
			continue;
		binding = binding_get(bindings, bit, key);
		if (!binding) {
			if (vms_grow(&bindings->b, &bindings->cap, (size_t)bindings->nr + 1,
				     sizeof(*bindings->b), 10000))
				return vms_fail(err, VMS_ENOMEM, "out of memory");
			binding = &bindings->b[bindings->nr++];
		}
		memset(binding, 0, sizeof(*binding));
		binding->key = key;
		binding->cmd = (uint16_t)(cmd < 0 ? 0 : cmd);
		binding->context = (uint8_t)bit;
		binding->unbound = cmd < 0;
		(void)snprintf(binding->source, sizeof(binding->source), "%s", source);
	}
	return 0;
}

/* Default keys of one row: "j Down T/Space". */
static int bind_row(struct app_bindings *bindings, const struct command_table *table, int cmd,
		    struct vms_err *err)
{
	const struct command *rows = table->rows;
	const char *s = rows[cmd].keys;
	unsigned int bits;
	uint32_t key;
	char word[24];
	size_t n, i;
	int ret;

	for (; *s; s += n + (s[n] != '\0')) {
		n = strcspn(s, " ");
		(void)snprintf(word, sizeof(word), "%.*s", (int)n, s);
		bits = rows[cmd].contexts;
		if (n > 2 && word[1] == '/') {
			for (i = 0; i < CONTEXTS_NR && contexts[i].letter != word[0]; i++)
				;
			bits = i < CONTEXTS_NR ? contexts[i].bit : 0;
			memmove(word, word + 2, n - 1);
		}
		if (!bits || !app_key_parse(word, &key))
			return vms_fail(err, VMS_EBUG, "commands.def: no key '%s' for %s", word,
					rows[cmd].id);
		for (i = 0; i < CONTEXTS_NR; i++)
			if ((bits & contexts[i].bit) && binding_get(bindings, contexts[i].bit, key))
				return vms_fail(
					err, VMS_EBUG, "key '%s' has two commands in %s: %s and %s",
					word, contexts[i].name,
					rows[binding_get(bindings, contexts[i].bit, key)->cmd].id,
					rows[cmd].id);
		ret = bindings_set(bindings, bits, key, cmd, "default", err);
		if (ret)
			return ret;
	}
	return 0;
}

int bindings_new(struct app_bindings **out, const struct command_table *table, struct vms_err *err)
{
	struct app_bindings *bindings = vms_calloc(1, sizeof(*bindings));
	int i, ret = 0;

	if (!bindings)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < table->nr && !ret; i++)
		ret = bind_row(bindings, table, i, err);
	if (ret) {
		bindings_free(bindings);
		return ret;
	}
	*out = bindings;
	return 0;
}

void bindings_free(struct app_bindings *b)
{
	if (b)
		free(b->b);
	free(b);
}

int bindings_find(const struct app_bindings *b, unsigned int context, uint32_t key)
{
	const struct binding *x = NULL;

	if (context & CTX_S)
		x = binding_get(b, CTX_S, key);
	if (!x)
		x = binding_get(b, context & ~(unsigned int)CTX_S, key);
	return x && !x->unbound ? x->cmd : -1;
}

const char *bindings_keys(const struct app_bindings *bindings, int cmd, unsigned int bits,
			  const char *sep, char *buf, size_t size)
{
	char name[24], seen[96] = "", probe[32];
	size_t at = 0;
	uint32_t i;

	buf[0] = '\0';
	for (i = 0; i < bindings->nr; i++) {
		if (bindings->b[i].cmd != cmd || bindings->b[i].unbound ||
		    !(bindings->b[i].context & bits))
			continue;
		if ((bits & CTX_S) && bindings->b[i].context != CTX_S &&
		    binding_get(bindings, CTX_S, bindings->b[i].key))
			continue; /* it does something else there */
		(void)app_key_name(bindings->b[i].key, name, sizeof(name));
		/* A key bound in several contexts is named once. */
		(void)snprintf(probe, sizeof(probe), "\n%s\n", name);
		if (strstr(seen, probe) || strlen(seen) + strlen(name) + 3 > sizeof(seen))
			continue;
		(void)strcat(seen[0] ? seen : strcpy(seen, "\n"), name);
		(void)strcat(seen, "\n");
		if (at + strlen(sep) + strlen(name) + 1 > size)
			break;
		at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? sep : "", name);
	}
	return buf;
}

void context_letters(unsigned int bits, char buf[8])
{
	size_t i, at = 0;

	if ((bits & CTX_G) == CTX_G) {
		buf[at++] = 'G';
		bits &= ~(unsigned int)CTX_G;
	}
	for (i = 0; i < CONTEXTS_NR; i++)
		if (bits & contexts[i].bit)
			buf[at++] = contexts[i].letter;
	buf[at] = '\0';
}
