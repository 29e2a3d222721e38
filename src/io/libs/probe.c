// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a child process is started, watched and buried. */
#include "io/libs/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <vmsync/log.h>

#include "core/base/util.h"

#define PROBE_TICK_MS 50

/* What the child says at its end; smaller than PIPE_BUF, so that it comes whole. */
struct verdict {
	int ret;
	struct vms_err err;
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMIT_MEMORY 0 /* a sanitizer maps all addresses */
#else
#define LIMIT_MEMORY 1
#endif

/* addresses in use now */
static uint64_t mapped_bytes(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		return 0;
	if (fscanf(file, "%lu", &pages) != 1)
		pages = 0;
	(void)fclose(file);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void limit_to(int kind, uint64_t most)
{
	struct rlimit r;

	if (getrlimit(kind, &r))
		return;
	r.rlim_cur = VMS_MIN(r.rlim_cur, (rlim_t)most);
	(void)setrlimit(kind, &r);
}

/* SIGKILL for the child of a process that was killed itself: nobody else would end it */
static void limit_all(const struct probe_limit *limit)
{
	const struct rlimit no_core = { 0, 0 };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	limit_to(RLIMIT_CPU, limit->cpu_s);
	if (LIMIT_MEMORY)
		limit_to(RLIMIT_AS, mapped_bytes() + limit->bytes);
}

static _Noreturn void child(int fd, int (*fn)(void *arg, struct vms_err *err), void *arg,
			    const struct probe_limit *limit)
{
	static const int fatal[] = { SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
				     SIGABRT, SIGTERM, SIGHUP, SIGINT };
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct verdict verdict;
	size_t i;

	/* The program's handlers put the terminal right: not the business of a child. */
	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		(void)signal(fatal[i], SIG_DFL);
	limit_all(limit);
	if (null >= 0) {
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
	}
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
static int watch(int fd, unsigned int limit_ms, const atomic_bool *cancel, struct vms_err *err)
{
	const long long until = now_ms() + limit_ms;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, PROBE_TICK_MS) > 0)
			return 1;
		if (cancel && atomic_load(cancel))
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
	      const atomic_bool *cancel, struct vms_err *err)
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
	ret = watch(fd[0], limit->wall_ms, cancel, err);
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
