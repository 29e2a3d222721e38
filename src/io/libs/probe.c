// SPDX-License-Identifier: LGPL-2.1-or-later
/* How something is tried in a child process, and how that ends. */
#include "io/libs/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <vmsync/log.h>

#include "io/files/child.h"

#define PROBE_TICK_MS 50

/* What the child says at its end; smaller than PIPE_BUF, so that it comes whole. */
struct verdict {
	int ret;
	struct vms_err err;
};

static _Noreturn void child(int fd, int (*fn)(void *arg, struct vms_err *err), void *arg,
			    const struct probe_limit *limit)
{
	const struct child_limit most = { .cpu_s = limit->cpu_s, .bytes = limit->bytes };
	struct verdict verdict;

	child_begin(&most);
	memset(&verdict, 0, sizeof(verdict));
	verdict.ret = fn(arg, &verdict.err);
	_exit(write(fd, &verdict, sizeof(verdict)) == (ssize_t)sizeof(verdict) ? 0 : 1);
}

static long long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * Wait for the child's word. Return: 1 when there is something to read or the end, else a negative
 * code.
 */
static int watch(int fd, unsigned int limit_ms, const struct vms_progress *progress,
		 struct vms_err *err)
{
	const long long until = now_ms() + limit_ms;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, PROBE_TICK_MS) > 0)
			return 1;
		if (vms_progress_cancelled(progress))
			return vms_fail(err, VMS_ECANCEL, "interrupted");
		if (now_ms() >= until)
			return vms_fail(err, VMS_EFORMAT, "it did not finish within %u s",
					limit_ms / 1000);
	}
}

static void bury(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return;
}

int probe_run(int (*fn)(void *arg, struct vms_err *err), void *arg, const struct probe_limit *limit,
	      const struct vms_progress *progress, struct vms_err *err)
{
	struct verdict verdict;
	int fd[2], ret, status = 0;
	ssize_t n = 0;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC))
		return vms_fail(err, VMS_EIO, "cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0) {
		ret = vms_fail(err, VMS_EIO, "cannot start a process: %s", strerror(errno));
		(void)close(fd[0]);
		(void)close(fd[1]);
		return ret;
	}
	if (!pid)
		child(fd[1], fn, arg, limit);
	(void)close(fd[1]);
	ret = watch(fd[0], limit->wall_ms, progress, err);
	if (ret > 0)
		n = read(fd[0], &verdict, sizeof(verdict));
	else
		(void)kill(pid, SIGKILL);
	(void)close(fd[0]);
	bury(pid, &status);
	vms_log(VMS_LOG_DEBUG, "read", "trial in process %d ended with status 0x%x", (int)pid,
		(unsigned int)status);
	if (ret < 0)
		return ret;
	if (n != (ssize_t)sizeof(verdict) && WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		return vms_fail(err, VMS_EFORMAT,
				"it did not finish within %u s of computing: the file is damaged "
				"or made to do harm",
				limit->cpu_s);
	if (n != (ssize_t)sizeof(verdict))
		return vms_fail(err, VMS_EFORMAT, "it died%s%s on this file",
				WIFSIGNALED(status) ? " by " : "",
				WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "");
	if (verdict.ret && err)
		*err = verdict.err;
	return verdict.ret;
}
