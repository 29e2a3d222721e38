// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows what was said: the message of the moment, the log, and what is to be known all the time. */
#include "app/state/messages.h"
#include "app/state/shown.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/log.h>

#include "core/base/printable.h"
#include "core/base/util.h"

#define LOG_MAX 10000u

struct messages_room {
	struct app_messages shown;
	struct app_log_line *log;
	size_t log_cap;
};

const struct app_messages *app_messages(const struct app *app)
{
	return &app->messages->shown;
}

int messages_new(struct app *app, struct vms_err *err)
{
	app->messages = vms_calloc(1, sizeof(*app->messages));
	return app->messages ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");
}

void messages_clear(struct app *app)
{
	struct messages_room *room = app->messages;

	while (room->shown.log_nr > 0)
		free(room->log[--room->shown.log_nr].text);
	room->shown.text[0] = '\0';
}

void messages_free(struct app *app)
{
	if (app->messages) {
		messages_clear(app);
		free(app->messages->log);
	}
	free(app->messages);
}

static void log_add(struct app *app, enum app_severity sev, const char *clean)
{
	static const enum vms_log_level levels[] = { VMS_LOG_INFO, VMS_LOG_INFO, VMS_LOG_WARN,
						     VMS_LOG_ERROR };
	struct messages_room *room = app->messages;
	struct app_row *row = shown_row(app, APP_PANE_LOG);
	struct app_log_line *line;
	char *copy = vms_strdup(clean);

	vms_log(levels[sev], "app", "%s", clean);
	if (!copy)
		return;
	if (room->shown.log_nr == LOG_MAX) {
		free(room->log[0].text);
		memmove(room->log, room->log + 1, (LOG_MAX - 1) * sizeof(*room->log));
		room->shown.log_nr--;
	}
	if (vms_grow(&room->log, &room->log_cap, (size_t)room->shown.log_nr + 1, sizeof(*room->log),
		     LOG_MAX)) {
		free(copy);
		return;
	}
	room->shown.log = room->log;
	line = &room->log[room->shown.log_nr++];
	*line = (struct app_log_line){ .severity = sev, .text = copy };
	if (app->opts.time_of_day)
		app->opts.time_of_day(app->opts.user, line->at);
	line->at[8] = '\0';
	/* The log screen stays at its end when it stands there. */
	if (row->sel + 1 >= row->nr)
		row->sel = room->shown.log_nr - 1;
	row->nr = room->shown.log_nr;
}

static void say(struct app *app, enum app_severity sev, bool log, const char *fmt, va_list ap)
{
	struct app_messages *shown = &app->messages->shown;
	char raw[1024], clean[1024];

	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	(void)fmt_clean(raw, clean, sizeof(clean));
	(void)fmt_clean(raw, shown->text, sizeof(shown->text));
	shown->severity = sev;
	if (log)
		log_add(app, sev, clean);
}

void app_say(struct app *app, enum app_severity sev, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(app, sev, true, fmt, ap);
	va_end(ap);
}

void app_hint(struct app *app, enum app_severity sev, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(app, sev, false, fmt, ap);
	va_end(ap);
}

void messages_decided(struct app *app)
{
	struct app_messages *shown = &app->messages->shown;

	memcpy(shown->decided, shown->text, sizeof(shown->decided));
}

void app_hush(struct app *app)
{
	app->messages->shown.text[0] = '\0';
}

void messages_host_clocks(struct app *app, const char *text)
{
	struct app_messages *shown = &app->messages->shown;

	(void)snprintf(shown->host_clocks, sizeof(shown->host_clocks), "%s", text);
}
