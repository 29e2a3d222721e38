// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a line of the configuration file is taken apart, and how its mistakes are named. */
#include <vmsync/io/config.h>

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/files/files.h"
#include "core/base/util.h"

#define CONFIG_BYTES_MAX ((size_t)1 << 20)
#define LINE_BYTES_MAX 4096u
/* of a file that is no configuration at all, this many are enough */
#define PROBLEMS_TOLD_MAX 100

struct parse {
	const char *path;
	const struct vms_config_reader *r;
	unsigned int line_nr;
	int problems_nr;
};

/* Whatever is in the file, the log is text. */
static void make_printable(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

static void problem(struct parse *p, const char *what, const char *name)
{
	char text[600];

	if (p->problems_nr < INT_MAX)
		p->problems_nr++;
	if (!p->r->problem || p->problems_nr > PROBLEMS_TOLD_MAX)
		return;
	(void)snprintf(text, sizeof(text), "%.200s:%u: %.256s%s%.80s%s", p->path, p->line_nr, what,
		       name ? " '" : "", name ? name : "", name ? "'" : "");
	make_printable(text);
	p->r->problem(p->r->user, text);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cut the next word off. NULL when there is none. */
static char *word(char **rest)
{
	char *s = *rest, *end;

	while (is_blank(*s))
		s++;
	if (!*s)
		return NULL;
	for (end = s; *end && !is_blank(*end); end++)
		;
	if (*end)
		*end++ = '\0';
	while (is_blank(*end))
		end++;
	*rest = end;
	return s;
}

static bool set_take(struct parse *p, struct vms_config_row *row, char *rest)
{
	row->kind = VMS_CONFIG_SET;
	row->name = word(&rest);
	if (!row->name) {
		problem(p, "expected 'set NAME VALUE'", NULL);
		return false;
	}
	row->value = rest;
	return true;
}

static bool map_take(struct parse *p, struct vms_config_row *row, char *rest)
{
	row->kind = VMS_CONFIG_MAP;
	row->context = word(&rest);
	row->key = word(&rest);
	if (!row->context || !row->key || !*rest) {
		problem(p, "expected 'map CONTEXT KEY COMMAND'", NULL);
		return false;
	}
	row->command = rest;
	return true;
}

static void row_give(struct parse *p, const struct vms_config_row *row)
{
	struct vms_err err = { 0 };

	if (p->r->row && p->r->row(p->r->user, row, &err))
		problem(p, err.msg[0] ? err.msg : "refused", NULL);
}

/* @line: without its newline, blanks and carriage return at the end cut off. */
static void line_take(struct parse *p, char *line)
{
	struct vms_config_row row = { .line_nr = p->line_nr };
	char copy[LINE_BYTES_MAX];
	char *rest = copy, *verb;

	while (is_blank(*line))
		line++;
	if (!*line || *line == '#')
		return;
	(void)snprintf(copy, sizeof(copy), "%s", line);
	row.text = line;
	verb = word(&rest);
	if (!strcmp(verb, "set")) {
		if (set_take(p, &row, rest))
			row_give(p, &row);
	} else if (!strcmp(verb, "map")) {
		if (map_take(p, &row, rest))
			row_give(p, &row);
	} else {
		problem(p, "expected 'set' or 'map', found", verb);
	}
}

/* A copy of a line on the stack, or a word about what is wrong with it. */
static void line_read(struct parse *p, const char *text, size_t len)
{
	char line[LINE_BYTES_MAX];

	while (len && (is_blank(text[len - 1]) || text[len - 1] == '\r'))
		len--;
	if (len >= sizeof(line)) {
		problem(p, "the line is longer than 4095 bytes", NULL);
		return;
	}
	if (len && memchr(text, 0, len)) {
		problem(p, "the line holds a zero byte", NULL);
		return;
	}
	(void)memcpy(line, text, len);
	line[len] = '\0';
	line_take(p, line);
}

int vms_config_parse(const char *path, const char *text, size_t size,
		     const struct vms_config_reader *r, struct vms_err *err)
{
	struct parse p = { .path = path, .r = r };
	size_t at = 0;

	(void)err;
	if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		at = 3; /* some editors begin a file with a byte order mark */
	while (at < size) {
		const char *end = memchr(text + at, '\n', size - at);
		const size_t len = end ? (size_t)(end - text) - at : size - at;

		p.line_nr++;
		line_read(&p, text + at, len);
		at += len + 1;
	}
	return p.problems_nr;
}

int vms_config_read(const char *path, const struct vms_config_reader *r, struct vms_err *err)
{
	char *own = NULL, *dir, *text = NULL;
	size_t size = 0;
	int ret = 0;

	if (!path) {
		dir = file_user_dir("XDG_CONFIG_HOME", ".config");
		if (dir && asprintf(&own, "%s/config", dir) < 0)
			own = NULL;
		free(dir);
		if (!own)
			return 0;
		path = own;
	}
	ret = file_read(&text, &size, path, CONFIG_BYTES_MAX, err);
	if (!ret)
		ret = vms_config_parse(path, text, size, r, err);
	else if (ret == -VMS_ENODATA)
		ret = 0;
	free(text);
	free(own);
	return ret;
}
