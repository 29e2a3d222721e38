// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows which recordings a person has seen in earlier runs: a line each in the state folder. */
#include "app/state/seen.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/printable.h"
#include "core/base/text.h"
#include "io/files/files.h"

#define SEEN_BYTES_MAX ((size_t)1 << 16)
#define SEEN_LINES_MAX 500u

static bool seen_path(const struct app *app, char *path, size_t size)
{
	if (!app->opts.state_dir || app->opts.no_journal)
		return false;
	return (size_t)snprintf(path, size, "%s/seen", app->opts.state_dir) < size;
}

/* By the host's id and size: a copy elsewhere is the same recording. */
static const char *line_of(const struct app *app, char *buf, size_t size)
{
	const struct vms_stream *const host = app->trace->host;

	(void)snprintf(buf, size, "%016" PRIx64 " %" PRIu64 " %" PRId64 "\n", host->trace_id,
		       host->file.size, host->first_raw);
	return buf;
}

bool seen_before(const struct app *app)
{
	char path[4096], *text = NULL;
	bool seen;

	if (!seen_path(app, path, sizeof(path)))
		return true;
	if (file_read_text(&text, path, SEEN_BYTES_MAX, NULL))
		return false;
	seen = strstr(text, line_of(app, BUF(80))) != NULL;
	free(text);
	return seen;
}

void seen_now(const struct app *app)
{
	char path[4096], *text = NULL;
	const char *rest;
	struct text out = { 0 };
	unsigned int lines = 0;

	if (!seen_path(app, path, sizeof(path)) || file_make_folders(app->opts.state_dir, NULL))
		return;
	if (file_read_text(&text, path, SEEN_BYTES_MAX, NULL))
		text = NULL;
	for (rest = text ? text + strlen(text) : ""; text && rest > text && lines < SEEN_LINES_MAX;
	     rest--)
		lines += rest[-1] == '\n';
	if (text && rest > text)
		rest = strchr(rest, '\n') + 1;
	text_printf(&out, "%s%s", text ? rest : "", line_of(app, BUF(80)));
	if (!out.bad)
		(void)file_replace(path, out.p, out.nr, false, NULL);
	free(out.p);
	free(text);
}
