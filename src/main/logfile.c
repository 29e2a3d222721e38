// SPDX-License-Identifier: LGPL-2.1-or-later
/* The log file: a line has seconds since the start, level, area, and text made printable. */
#include "main/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <vmsync/log.h>

#include "core/base/printable.h"

static FILE *file;
static struct timespec began;

static void line_put(void *user, enum vms_log_level level, const char *area, const char *text)
{
	struct timespec now;
	char clean[2048];

	(void)user;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)fprintf(file, "%.6f %s %s: %s\n",
		      (double)(now.tv_sec - began.tv_sec) +
			      (double)(now.tv_nsec - began.tv_nsec) / 1e9,
		      vms_log_level_name(level), area, fmt_clean(text, clean, sizeof(clean)));
}

int logfile_open(const char *spec, struct vms_err *err)
{
	const char *colon = spec ? strrchr(spec, ':') : NULL;
	int level = colon ? vms_log_level_find(colon + 1) : -1;
	char path[4096];
	int fd;

	if (!spec || !*spec)
		return 0;
	(void)snprintf(path, sizeof(path), "%.*s",
		       level < 0 ? (int)sizeof(path) - 1 : (int)(colon - spec), spec);
	/* of a pipe that nobody reads nobody waits for the reader */
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		return vms_fail(err, VMS_EIO, "VMSYNC_LOG: %s: %s", path, strerror(errno));
	/* whole lines: what was told before a crash is there */
	(void)setvbuf(file, NULL, _IOLBF, 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &began);
	vms_log_to(line_put, NULL, level < 0 ? VMS_LOG_INFO : (enum vms_log_level)level);
	return 0;
}

void logfile_close(void)
{
	vms_log_to(NULL, NULL, VMS_LOG_ERROR);
	if (file)
		(void)fclose(file);
	file = NULL;
}
