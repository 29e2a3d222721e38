// SPDX-License-Identifier: LGPL-2.1-or-later
/* The log file: a line has seconds since the start, level, area, and text made printable. */
#include "main/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <vmsync/log.h>

#include "core/base/printable.h"

static FILE *file;
static struct timespec began;
static const char *asked_by;
static int lost; /* errno of the first line that could not be written */

static void line_put(void *user, enum vms_log_level level, const char *area, const char *text)
{
	struct timespec now;
	char clean[2048];

	(void)user;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (fprintf(file, "%.6f %s %s: %s\n",
		    (double)(now.tv_sec - began.tv_sec) +
			    (double)(now.tv_nsec - began.tv_nsec) / 1e9,
		    vms_log_level_name(level), area, fmt_clean(text, clean, sizeof(clean))) < 0 &&
	    !lost)
		lost = errno;
}

/* A recording or decisions named by mistake are not written over. */
static bool is_other(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	char first;
	const bool other = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
			   read(fd, &first, 1) == 1 && (first < '0' || first > '9');

	if (fd >= 0)
		(void)close(fd);
	return other;
}

static int begin(const char *name, const char *path, enum vms_log_level level, struct vms_err *err)
{
	int fd;

	asked_by = name;
	if (is_other(path))
		return vms_fail(err, VMS_EIO, "%s: %s is there and is no log: it stays", name,
				path);
	/* of a pipe that nobody reads nobody waits for the reader */
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		return vms_fail(err, VMS_EIO, "%s: %s: %s", name, path, strerror(errno));
	/* whole lines: what was told before a crash is there */
	(void)setvbuf(file, NULL, _IOLBF, 0);
	/* only now: one that is refused stays as it is */
	(void)!ftruncate(fd, 0);
	lost = 0;
	(void)clock_gettime(CLOCK_MONOTONIC, &began);
	vms_log_to(line_put, NULL, level);
	return 0;
}

int logfile_open(const char *name, const char *spec, struct vms_err *err)
{
	const char *colon = spec ? strrchr(spec, ':') : NULL;
	const int level = colon ? vms_log_level_find(colon + 1) : -1;
	char path[4096];

	if (!spec || !*spec)
		return 0;
	(void)snprintf(path, sizeof(path), "%.*s",
		       level < 0 ? (int)sizeof(path) - 1 : (int)(colon - spec), spec);
	return begin(name, path, level < 0 ? VMS_LOG_INFO : (enum vms_log_level)level, err);
}

int logfile_open_whole(const char *name, const char *path, struct vms_err *err)
{
	return begin(name, path, VMS_LOG_DEBUG, err);
}

int logfile_close(struct vms_err *err)
{
	vms_log_to(NULL, NULL, VMS_LOG_ERROR);
	if (file && fclose(file) && !lost)
		lost = errno;
	file = NULL;
	return lost ? vms_fail(err, VMS_EOUTPUT, "%s: the log is not whole: %s", asked_by,
			       strerror(lost))
		    : 0;
}
