// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Knows how a file of commands is run: ":" lines and keys, the same verbs as on the screen. The
 * configuration is one that has "set" and "map" only, and goes on after a mistake.
 */
#include "app/commands/script.h"
#include "app/state/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands/app_keys.h"
#include "app/commands/cmd_screen.h"
#include "app/words/keys.h"
#include "app/state/search.h"
#include "app/state/history.h"
#include "app/state/list.h"
#include "app/state/app.h"
#include "core/base/util.h"
#include "app/commands/command.h"
#include "app/state/messages.h"
#include "app/state/settings.h"
#include "io/files/files.h"
#include "core/base/printable.h"
#include "app/worker.h"

/* A script that sources itself ends here. */
#define DEPTH_MAX 8
#define SCRIPT_MAX_BYTES (16u << 20)
#define KEYS_MAX 512
/* of a file that is no configuration at all, this many are enough */
#define MISTAKES_TOLD_MAX 100

/*
 * Keys of a "key" line: names between blanks; a word that names no key is typed letter by letter.
 */
static int parse_keys(const char *text, uint32_t *keys, size_t *nr, struct vms_err *err)
{
	char word[APP_PROMPT_BYTES];
	size_t n, at, len;
	uint32_t cp;

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
		for (at = 0; at < n; at += len) {
			len = utf8_get(word + at, n - at, &cp);
			if (len == 1 && cp == UTF8_BROKEN)
				return vms_fail(err, VMS_EUSAGE, "keys are UTF-8");
			keys[(*nr)++] = cp;
		}
	}
	return 0;
}

static int run_keys(struct app *app, const char *text, struct vms_err *err)
{
	uint32_t keys[KEYS_MAX];
	size_t nr, at = 0;
	int ret;

	ret = parse_keys(text, keys, &nr, err);
	if (ret)
		return ret;
	while (at < nr && !(app_loop(app)->request & APP_REQUEST_QUIT)) {
		at += app_keys(app, keys + at, nr - at);
		/* Nobody looks at a script's frames: each counts as drawn. */
		app_frame_drawn(app);
	}
	return 0;
}

/* Whether to find nothing is an answer of the line that ran last. */
static bool only_looks(const struct app *app)
{
	char rest[APP_PROMPT_BYTES];
	bool force;
	int cmd;

	return !command_parse(&command_table, history_last(app), &cmd, &force, rest, sizeof(rest),
			      NULL) &&
	       (commands[cmd].flags & LOOKS);
}

static int run_line(struct app *app, const char *line, struct vms_err *err)
{
	int ret;

	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	ret = strncmp(line, "key ", 4) ? app_run(app, line, err) : run_keys(app, line + 4, err);
	worker_finish(app->opts.worker, WORKER_CHANGE);
	list_finish(app); /* the next line is about the list of this one */
	search_finish(app);
	/* what could not be shown or looked up would be missing from what is written next */
	if (app->opts.headless && vms_alloc_missed())
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	/* No further outlier, nothing to undo: an answer, the same script serves many traces. */
	return ret == -VMS_ENODATA && only_looks(app) ? 0 : ret;
}

/* The next line of a text without its end. Return: 0, or a line too long for a command. */
static int next_line(const char **text, unsigned int *line_nr, char *line, size_t size,
		     struct vms_err *err)
{
	/* some editors begin a file with a byte order mark */
	const char *from = *text + (*line_nr || strncmp(*text, "\xef\xbb\xbf", 3) ? 0 : 3);
	const size_t n = strcspn(from, "\n");

	*text = from + n + (from[n] != '\0');
	++*line_nr;
	if (n >= size)
		return vms_fail(err, VMS_EUSAGE, "line too long");
	memcpy(line, from, n);
	line[n && line[n - 1] == '\r' ? n - 1 : n] = '\0';
	return 0;
}

int app_script_text(struct app *app, const char *name, const char *text, struct vms_err *err)
{
	unsigned int line_nr = 0;
	struct vms_err why = { 0 };
	char line[APP_PROMPT_BYTES + 8];
	int ret = 0;

	if (app_loop(app)->depth >= DEPTH_MAX)
		return vms_fail(err, VMS_EUSAGE, "%s: files run each other more than %d deep", name,
				DEPTH_MAX);
	loop_deeper(app, 1);
	while (*text && !ret && !(app_loop(app)->request & APP_REQUEST_QUIT)) {
		ret = next_line(&text, &line_nr, line, sizeof(line), &why);
		if (!ret)
			ret = run_line(app, line, &why);
	}
	loop_deeper(app, -1);
	return ret ? vms_fail(err, -ret, "%s:%u: %s", name, line_nr, why.msg) : 0;
}

int app_script_file(struct app *a, const char *path, struct vms_err *err)
{
	char *text = NULL;
	int ret;

	ret = file_read_text(&text, path, SCRIPT_MAX_BYTES, err);
	if (!ret)
		ret = app_script_text(a, path, text, err);
	else if (ret == -VMS_ENODATA)
		ret = -VMS_EIO; /* what a command finds nothing of is something else */
	free(text);
	return ret;
}

/* "set" and "map", which no session has said. */
static int config_line(struct app *app, const char *line, unsigned int line_nr, struct vms_err *err)
{
	char rest[APP_PROMPT_BYTES], store[APP_PROMPT_BYTES], source[24];
	struct app_args args = { .text = rest, .repeat = 1 };
	int cmd, ret;

	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	ret = command_parse(&command_table, line, &cmd, &args.force, rest, sizeof(rest), err);
	if (ret)
		return ret;
	command_args_split(&args, rest, store, sizeof(store));
	(void)snprintf(source, sizeof(source), "config:%u", line_nr);
	if (cmd == COMMAND_set && args.argc)
		return setting_set(app, args.argv[0], args_rest(&args), "config", NULL, err);
	if (cmd == COMMAND_map && args.argc)
		return map_key(app, &args, source, err);
	return vms_fail(err, VMS_EUSAGE,
			"expected 'set NAME VALUE' or 'map CONTEXT KEY COMMAND', found '%s'", line);
}

/* The log has the file's path too; the message row says the first: there is one such file. */
static void mistake(struct app *a, struct config_mistakes *m, unsigned int line_nr, const char *why)
{
	if (m->nr < MISTAKES_TOLD_MAX)
		app_say(a, APP_WARN, "%s:%u: %s", a->opts.config_path, line_nr, why);
	if (!m->nr++)
		(void)snprintf(m->first, sizeof(m->first), "line %u: %s", line_nr,
			       fmt_cut(why, 80, BUF(81)));
}

void config_read(struct app *app, struct config_mistakes *mistakes)
{
	char line[APP_PROMPT_BYTES], *text = NULL;
	struct vms_err why = { 0 };
	unsigned int line_nr = 0;
	const char *at;
	int ret;

	if (!app->opts.config_path)
		return;
	ret = file_read_text(&text, app->opts.config_path, SCRIPT_MAX_BYTES, &why);
	if (ret && ret != -VMS_ENODATA) {
		app_say(app, APP_WARN, "%s", why.msg);
		(void)fmt_cut(why.msg, 90, mistakes->first, sizeof(mistakes->first));
		mistakes->nr = 1;
	}
	for (at = text; !ret && *at;)
		if (next_line(&at, &line_nr, line, sizeof(line), &why) ||
		    config_line(app, line, line_nr, &why))
			mistake(app, mistakes, line_nr, why.msg);
	free(text);
}
