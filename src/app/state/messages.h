/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages and the log. */
#ifndef APP_MESSAGES_H
#define APP_MESSAGES_H

#include "app/state/app.h"

/** struct app_log_line - a message with its time of day */
struct app_log_line {
	char at[9]; /* "14:02:11", "" when main gives no clock */
	enum app_severity severity;
	char *text; /* printable */
};

/** struct app_messages - what was said, as views read it */
struct app_messages {
	char text[256]; /* printable, "" = none */
	enum app_severity severity;
	char decided[256]; /* what the last decision did, "" = none was made */
	const struct app_log_line *log;
	uint32_t log_nr;
	/*
	 * that the host's CPUs have different clocks, which no band allows for; "" = nothing says
	 * so
	 */
	char host_clocks[100];
};

int messages_new(struct app *app, struct vms_err *err);
void messages_free(struct app *app);
/** messages_clear - forget message and log */
void messages_clear(struct app *app);
const struct app_messages *app_messages(const struct app *app);

/** app_say - set the message and log it. The text is made printable */
void app_say(struct app *app, enum app_severity sev, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** app_hint - set the message without logging it */
void app_hint(struct app *app, enum app_severity sev, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** messages_decided - what was said last is what the last decision did */
void messages_decided(struct app *app);
/** app_hush - no message any more */
void app_hush(struct app *app);
/** messages_host_clocks - set the text of that name; "" = none */
void messages_host_clocks(struct app *app, const char *text);

#endif
