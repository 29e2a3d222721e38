// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the ":" lines that were typed, in this run and before, and the way back through them. */
#include "app/state/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"
#include "io/files/files.h"

#define HISTORY_MAX 500u

#define HISTORY_BYTES_MAX ((size_t)4 << 20)

struct history_room {
	char **line; /* oldest first */
	size_t cap;
	uint32_t nr, at;	       /* at: shown now, nr = what is being typed */
	char prefix[APP_PROMPT_BYTES]; /* what was typed */
	char last[APP_PROMPT_BYTES];   /* that ran */
};

void history_add(struct app *a, const char *line)
{
	struct history_room *room = a->history;
	char *copy;

	if (!line[0] || (room->nr && !strcmp(room->line[room->nr - 1], line)))
		return;
	copy = vms_strdup(line);
	if (!copy)
		return; /* a line less to go back to is no reason to fail */
	if (room->nr == HISTORY_MAX) {
		free(room->line[0]);
		memmove(room->line, room->line + 1, (HISTORY_MAX - 1) * sizeof(*room->line));
		room->nr--;
	}
	if (vms_grow(&room->line, &room->cap, (size_t)room->nr + 1, sizeof(*room->line),
		     HISTORY_MAX)) {
		free(copy);
		return;
	}
	room->line[room->nr++] = copy;
}

static bool history_path(const struct app *a, char *path, size_t size)
{
	if (!a->opts.state_dir || a->opts.no_journal)
		return false;
	return (size_t)snprintf(path, size, "%s/history", a->opts.state_dir) < size;
}

static void load(struct app *a)
{
	char path[4096], *text = NULL, *line, *rest = NULL;

	if (!history_path(a, path, sizeof(path)) ||
	    file_read_text(&text, path, HISTORY_BYTES_MAX, NULL))
		return;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (strlen(line) < APP_PROMPT_BYTES)
			history_add(a, line);
	free(text);
}

/* In one step: where there is no room for the new one, the old one stays. */
static void save(const struct app *a)
{
	const struct history_room *room = a->history;
	char path[4096], *text = NULL;
	size_t size = 0;
	uint32_t i;
	FILE *f;

	if (!room || !history_path(a, path, sizeof(path)))
		return;
	f = open_memstream(&text, &size);
	for (i = 0; f && i < room->nr; i++)
		(void)fprintf(f, "%s\n", room->line[i]);
	if (f && !fclose(f))
		(void)file_replace(path, text, size, false, NULL);
	free(text);
}

int history_new(struct app *a, struct vms_err *err)
{
	a->history = vms_calloc(1, sizeof(*a->history));
	if (!a->history)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	load(a);
	return 0;
}

void history_free(struct app *app)
{
	struct history_room *room = app->history;

	save(app);
	while (room && room->nr)
		free(room->line[--room->nr]);
	if (room)
		free(room->line);
	free(room);
}

uint32_t history_nr(const struct app *a)
{
	return a->history->nr;
}

void history_rewind(struct app *a)
{
	a->history->at = a->history->nr;
	a->history->prefix[0] = '\0';
}

void history_ran(struct app *a, const char *line)
{
	(void)snprintf(a->history->last, sizeof(a->history->last), "%s", line);
}

const char *history_last(const struct app *a)
{
	return a->history->last;
}

const char *history_step(struct app *a, int dir, const char *typed)
{
	struct history_room *room = a->history;
	int64_t at = room->at;

	if (room->at == room->nr)
		(void)snprintf(room->prefix, sizeof(room->prefix), "%s", typed);
	for (at += dir; at >= 0 && at < (int64_t)room->nr; at += dir)
		if (!strncmp(room->line[at], room->prefix, strlen(room->prefix)))
			break;
	if (at < 0)
		return NULL;
	room->at = (uint32_t)VMS_MIN(at, (int64_t)room->nr);
	return room->at == room->nr ? room->prefix : room->line[room->at];
}
