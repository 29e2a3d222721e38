// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how a typed line becomes a command of the table and its arguments. */
#include "app/line/verbs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "app/state/app.h"
#include "core/base/printable.h"
#include "app/words/words.h"

const char *command_verb(const struct command *row, char *buf, size_t size)
{
	size_t n = strcspn(row->verbs, "|");

	(void)snprintf(buf, size, "%.*s", (int)n, row->verbs);
	return buf;
}

/* Calls fn for each verb and alias; stops at true. */
static bool verbs_match(const struct command *row, const char *word, bool whole)
{
	const char *v = row->verbs;
	size_t n, len = strlen(word);

	for (;; v += n + 1) {
		n = strcspn(v, "|");
		if ((whole ? n == len : n >= len) && !strncmp(v, word, len))
			return true;
		if (!v[n])
			return false;
	}
}

static int unknown_verb(const struct command_table *table, const char *word, struct vms_err *err)
{
	struct word_near near = { 0 };
	char verb[32];
	int i;

	for (i = 0; i < table->nr; i++)
		word_near_try(&near, word, command_verb(&table->rows[i], verb, sizeof(verb)));
	return word_unknown("command", word, &near, "? lists them all", err);
}

/*
 * One of several: the only documented verb, else the only verb. Return: index, -1 = none or
 * several.
 */
static int shortened(const struct command_table *table, const char *word, char *could, size_t size)
{
	int i, hits[2] = { -1, -1 };
	unsigned int nr[2] = { 0, 0 };
	size_t at = 0;

	for (i = 0; i < table->nr; i++) {
		if (!verbs_match(&table->rows[i], word, false) || (table->rows[i].contexts & CTX_P))
			continue;
		hits[1] = i;
		nr[1]++;
		if (table->rows[i].flags & VERB) {
			hits[0] = i;
			nr[0]++;
		}
		if (at + 1 < size)
			at += (size_t)snprintf(could + at, size - at, " %s",
					       command_verb(&table->rows[i], BUF(32)));
	}
	if (nr[0] == 1)
		return hits[0];
	return !nr[0] && nr[1] == 1 ? hits[1] : -1;
}

int command_find(const struct command_table *table, const char *verb, struct vms_err *err)
{
	char could[160] = "", word[40];
	size_t i;
	int cmd;

	/* Underscores and case are slips that cost nothing to forgive. */
	for (i = 0; verb[i] && i + 1 < sizeof(word); i++)
		word[i] = verb[i] == '_' ? '-' : (char)tolower((unsigned char)verb[i]);
	word[i] = '\0';
	for (cmd = 0; word[0] && cmd < table->nr; cmd++)
		if (verbs_match(&table->rows[cmd], word, true))
			return cmd;
	cmd = word[0] ? shortened(table, word, could, sizeof(could)) : -1;
	if (cmd >= 0)
		return cmd;
	if (could[0])
		return vms_fail(err, VMS_EUSAGE, "'%s' could be%s", fmt_clean(word, BUF(64)),
				could);
	return unknown_verb(table, word, err);
}

void command_args_split(struct app_args *args, const char *text, char *store, size_t size)
{
	size_t at = 0;
	char quote = 0;

	args->argc = 0;
	while (*text && args->argc < ARGS_NR) {
		while (isspace((unsigned char)*text))
			text++;
		if (!*text || at + 1 >= size)
			break;
		args->argv[args->argc++] = store + at;
		for (; *text && (quote || !isspace((unsigned char)*text)); text++) {
			if (quote ? *text == quote : *text == '"')
				quote = quote ? 0 : *text;
			else if (at + 1 < size)
				store[at++] = *text;
		}
		if (at < size)
			store[at++] = '\0';
	}
	if (size)
		store[size - 1] = '\0';
}

const char *args_rest(const struct app_args *args)
{
	const char *p = args->text + strcspn(args->text, " \t");

	return args->argc > 1 ? p + strspn(p, " \t") : "";
}

void line_trim(const char *line, char *buf, size_t size)
{
	size_t n;

	while (isspace((unsigned char)*line) || *line == ':')
		line++;
	n = strlen(line);
	while (n && isspace((unsigned char)line[n - 1]))
		n--;
	(void)snprintf(buf, size, "%.*s", (int)n, line);
}

int command_parse(const struct command_table *table, const char *line, int *cmd, bool *force,
		  char *rest, size_t size, struct vms_err *err)
{
	char buf[APP_PROMPT_BYTES], verb[64];
	size_t n;
	int ret;

	line_trim(line, buf, sizeof(buf));
	n = strcspn(buf, " \t");
	*force = n > 1 && buf[n - 1] == '!';
	(void)snprintf(verb, sizeof(verb), "%.*s", (int)(n - *force), buf);
	ret = command_find(table, verb, err);
	if (ret < 0)
		return ret;
	if (*force && !(table->rows[ret].flags & WRITES))
		return vms_fail(err, VMS_EUSAGE, "'%s' writes no file: it takes no !", verb);
	*cmd = ret;
	while (isspace((unsigned char)buf[n]))
		n++;
	(void)snprintf(rest, size, "%s", buf + n);
	return 0;
}
