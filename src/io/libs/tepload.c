// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How a file is loaded through a library: checked, tried in a child process, then loaded, telling
 * how far it is.
 */
#include "io/libs/tepload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io/direct/direct.h"
#include "io/files/unchanged.h"
#include "io/libs/probe.h"
#include "io/libs/tepstream.h"
#include "core/base/util.h"

#define PACE_EVERY 4096u
#define PACE_MS 60
#define PROBE_LEAST_MS 20000u
#define PROBE_MOST_MS 3600000u
#define PROBE_IDLE_S 5u /* of the half of the time in which others have the processor */
#define PROBE_BYTES ((uint64_t)192 << 20)
#define PROBE_BYTES_A_BYTE 64

/* It must be a regular file. */
static int file_is(const char *path, struct vms_file_id *id, struct vms_err *err)
{
	struct stat st;

	if (stat(path, &st))
		return vms_fail(err, VMS_EIO, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return vms_fail(err, VMS_EFORMAT, "%s is not a regular file", path);
	if (!st.st_size)
		return vms_fail(err, VMS_EFORMAT, "%s is empty", path);
	*id = file_id(&st);
	return 0;
}

/* What the child does. */
struct trial {
	const struct tep_reader *r;
	struct tep_load l;
};

static int try_load(void *arg, struct vms_err *err)
{
	const struct trial *t = arg;
	struct vms_stream *s = NULL;
	const int ret = t->r->load(&s, &t->l, err);

	if (!ret)
		tep_stream_exercise(s);
	return ret;
}

/* the libraries write to standard error what nobody asked for: it would be on the screen */
static int load_quietly(struct vms_stream **out, const struct trial *t, struct vms_err *err)
{
	const int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int ret;

	if (kept >= 0 && null >= 0)
		(void)dup2(null, STDERR_FILENO);
	ret = t->r->load(out, &t->l, err);
	if (kept >= 0 && null >= 0)
		(void)dup2(kept, STDERR_FILENO);
	(void)close(null);
	(void)close(kept);
	return ret;
}

int tep_load(struct vms_stream **out, const struct tep_reader *tep_reader, const char *path,
	     const struct vms_progress *progress, struct vms_err *err)
{
	struct trial trial = { .r = tep_reader, .l = { .path = path } };
	struct vms_file_id id = { 0 };
	struct probe_limit limit;
	int ret;

	ret = file_is(path, &id, err);
	trial.l.size = id.size;
	if (!ret)
		ret = direct_check(path, err);
	if (ret)
		return ret;
	limit.wall_ms = PROBE_LEAST_MS +
			(unsigned int)VMS_MIN(trial.l.size / tep_reader->bytes_a_ms, PROBE_MOST_MS);
	limit.cpu_s = limit.wall_ms / 2000 - PROBE_IDLE_S;
	limit.bytes = PROBE_BYTES + VMS_MIN(trial.l.size, UINT64_MAX / 1024) * PROBE_BYTES_A_BYTE;
	ret = probe_run(try_load, &trial, &limit, progress, err);
	trial.l.p = progress;
	if (!ret)
		ret = load_quietly(out, &trial, err);
	if (!ret)
		(*out)->file = id;
	return ret ? vms_fail_at(err, ret, "%s", tep_reader->name) : 0;
}

int tep_pace_tick(struct tep_pace *tep_pace, uint32_t part, uint32_t parts, uint64_t events,
		  struct vms_err *err)
{
	struct timespec now;
	int64_t ms;

	if (!tep_pace->p || tep_pace->calls++ % PACE_EVERY)
		return 0;
	if (vms_progress_cancelled(tep_pace->p))
		return vms_fail(err, VMS_ECANCEL, "interrupted");
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (!tep_pace->p->update || ms < tep_pace->told_ms + PACE_MS)
		return 0;
	tep_pace->told_ms = ms;
	tep_pace->p->update(tep_pace->p->user, "reading events",
			    parts ? tep_pace->total * part / parts : 0, tep_pace->total, events);
	return 0;
}
