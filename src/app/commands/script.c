// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how a file of commands is run: ":" lines and keys, the same verbs as on the screen. */
#include "app/commands/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands/app_keys.h"
#include "app/words/keys.h"
#include "app/state/search.h"
#include "app/state/list.h"
#include "app/state/app.h"
#include "app/commands/command.h"
#include "core/base/util.h"

/* A script that sources itself ends here. */
#define DEPTH_MAX 8
#define SCRIPT_MAX_BYTES (16u << 20)
#define KEYS_MAX 512

/*
 * Keys of a "key" line: names between blanks; a word that names no key is typed letter by letter.
 */
static int parse_keys(const char *text, uint32_t *keys, size_t *nr, struct vms_err *err)
{
	char word[APP_PROMPT_BYTES];
	size_t n, at;
	uint32_t cp;
	int len;

	*nr = 0;
	for (; *text; text += n) {
		text += strspn(text, " \t");
		n = strcspn(text, " \t");
		if (!n)
			break;
		if (n >= sizeof(word) || *nr + n > KEYS_MAX)
			return vms_fail(err, VMS_EUSAGE, "too many keys in one line");
		memcpy(word, text, n);
		word[n] = '\0';
		if (app_key_parse(word, &cp)) {
			keys[(*nr)++] = cp;
			continue;
		}
		for (at = 0; at < n; at += (size_t)len) {
			len = app_utf8_get(word + at, n - at, &cp);
			if (len <= 0)
				return vms_fail(err, VMS_EUSAGE, "keys are UTF-8");
			keys[(*nr)++] = cp;
		}
	}
	return 0;
}

static int run_keys(struct app *a, const char *text, struct vms_err *err)
{
	uint32_t keys[KEYS_MAX];
	size_t nr, at = 0;
	int ret;

	ret = parse_keys(text, keys, &nr, err);
	if (ret)
		return ret;
	while (at < nr && !(a->request & APP_REQUEST_QUIT)) {
		at += app_keys(a, keys + at, nr - at);
		/* Nobody looks at a script's frames: each counts as drawn. */
		app_frame_drawn(a);
	}
	return 0;
}

static int run_line(struct app *a, const char *line, struct vms_err *err)
{
	int ret;

	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	if (!strncmp(line, "key ", 4))
		return run_keys(a, line + 4, err);
	ret = app_run(a, line, err);
	list_finish(a); /* the next line is about the list of this one */
	search_finish(a);
	/* No further outlier, nothing to undo: an answer, the same script serves many traces. */
	if (ret == -VMS_ENODATA && a->last_command >= 0 &&
	    (commands[a->last_command].flags & LOOKS))
		return 0;
	return ret;
}

int app_script_text(struct app *a, const char *name, const char *text, struct vms_err *err)
{
	unsigned int line_nr = 0;
	struct vms_err why = { 0 };
	char line[APP_PROMPT_BYTES + 8];
	size_t n;
	int ret = 0;

	if (a->source_depth >= DEPTH_MAX)
		return vms_fail(err, VMS_EUSAGE, "%.100s: files run each other more than %d deep",
				name, DEPTH_MAX);
	a->source_depth++;
	for (; *text && !ret && !(a->request & APP_REQUEST_QUIT); text += n + (text[n] != '\0')) {
		n = strcspn(text, "\n");
		line_nr++;
		if (n >= sizeof(line)) {
			ret = vms_fail(&why, VMS_EUSAGE, "line too long");
			break;
		}
		memcpy(line, text, n);
		line[n && line[n - 1] == '\r' ? n - 1 : n] = '\0';
		ret = run_line(a, line, &why);
	}
	a->source_depth--;
	return ret ? vms_fail(err, -ret, "%.100s:%u: %.140s", name, line_nr, why.msg) : 0;
}

int app_script_file(struct app *a, const char *path, struct vms_err *err)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	size_t len = 0, cap = 0, n;
	char *text = NULL;
	int ret = 0;

	if (!f)
		return vms_fail(err, VMS_EIO, "reading %.150s: %s", path, strerror(errno));
	do {
		ret = vms_grow(&text, &cap, len + 65536, 1, SCRIPT_MAX_BYTES);
		if (ret)
			break;
		n = fread(text + len, 1, 65535, f);
		len += n;
	} while (n);
	if (!ret && ferror(f))
		ret = vms_fail(err, VMS_EIO, "reading %.150s: %s", path, strerror(errno));
	else if (ret)
		(void)vms_fail(err, -ret, "%.150s is too large for a script", path);
	if (f != stdin)
		(void)fclose(f);
	if (!ret) {
		text[len] = '\0';
		ret = app_script_text(a, path, text, err);
	}
	free(text);
	return ret;
}
