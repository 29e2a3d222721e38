// SPDX-License-Identifier: LGPL-2.1-or-later
/* Who hears what the program tells of its work, and the names of the levels. */
#include <vmsync/log.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct {
	void (*fn)(void *user, enum vms_log_level level, const char *area, const char *text);
	void *user;
	enum vms_log_level most;
} sink;

static const char *const names[VMS_LOG_NR] = { "error", "warn", "info", "debug" };

void vms_log_to(void (*fn)(void *user, enum vms_log_level level, const char *area,
			   const char *text),
		void *user, enum vms_log_level most)
{
	sink.fn = fn;
	sink.user = user;
	sink.most = most;
}

bool vms_log_heard(void)
{
	return sink.fn != NULL;
}

void vms_log(enum vms_log_level level, const char *area, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!sink.fn || level > sink.most)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sink.fn(sink.user, level, area, text);
}

int vms_log_level_find(const char *name)
{
	int i;

	for (i = 0; i < VMS_LOG_NR; i++)
		if (!strcmp(name, names[i]))
			return i;
	return -1;
}

const char *vms_log_level_name(enum vms_log_level level)
{
	return names[level];
}
