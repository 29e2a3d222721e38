// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a child process is limited, asked, watched and buried. */
#include "io/files/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <vmsync/log.h>

#include "core/base/util.h"

/* One answer takes microseconds, the first one with all symbols a second at most. */
#define ANSWER_MS 3000
/* So long in all is waited for answers that do not come: what is asked about next may not be it. */
#define VAIN_MS 4000
#define ANSWERER_MEMORY ((uint64_t)512 << 20)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMIT_MEMORY 0 /* a sanitizer maps all addresses */
#else
#define LIMIT_MEMORY 1
#endif

struct answerer {
	answerer_fn *fn;
	void *arg;
	pid_t pid; /* 0 = there is none now */
	int fd;
	int64_t vain_ms; /* waited in vain until now */
};

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

void child_begin(const struct child_limit *limit)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE,  SIGILL,
				     SIGABRT, SIGHUP, SIGTERM, SIGINT };
	const struct rlimit no_core = { 0, 0 };
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	size_t i;

	/* The program's handlers put the terminal right: not the business of a child. */
	for (i = 0; i < VMS_ARRAY_NR(fatal); i++)
		(void)signal(fatal[i], SIG_DFL);
	/* of a process that was killed itself nobody else would end the child */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	if (limit->cpu_s)
		limit_to(RLIMIT_CPU, limit->cpu_s);
	if (LIMIT_MEMORY && limit->bytes)
		limit_to(RLIMIT_AS, mapped_bytes() + limit->bytes);
	if (null < 0)
		return;
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	(void)dup2(null, STDERR_FILENO);
}

static _Noreturn void answer_all(const struct answerer *answerer, int fd)
{
	static const struct child_limit limit = { .bytes = ANSWERER_MEMORY };
	static char question[ANSWERER_QUESTION_BYTES], answer[ANSWERER_ANSWER_BYTES];
	static const int keyboard[] = { SIGINT, SIGTSTP, SIGQUIT, SIGWINCH };
	ssize_t nr;
	size_t i;

	child_begin(&limit);
	/* Locks of files that the parent opened last as long as this copy has them open. */
	(void)close_range(STDERR_FILENO + 1, (unsigned int)fd - 1, 0);
	(void)close_range((unsigned int)fd + 1, ~0U, 0);
	/* a key of the terminal is for the parent, whose end ends the child */
	for (i = 0; i < VMS_ARRAY_NR(keyboard); i++)
		(void)signal(keyboard[i], SIG_IGN);
	while ((nr = recv(fd, question, sizeof(question), 0)) > 0)
		if (send(fd, answer, answerer->fn(answerer->arg, question, (size_t)nr, answer),
			 MSG_NOSIGNAL) < 0)
			break;
	_exit(0);
}

struct answerer *answerer_new(answerer_fn *fn, void *arg)
{
	struct answerer *a = vms_calloc(1, sizeof(*a));

	if (a)
		*a = (struct answerer){ .fn = fn, .arg = arg, .fd = -1 };
	return a;
}

static int start(struct answerer *answerer, struct vms_err *err)
{
	const int room = (int)ANSWERER_QUESTION_BYTES;
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd))
		return vms_fail(err, VMS_EIO, "cannot make a socket: %s", strerror(errno));
	(void)setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	answerer->pid = fork();
	if (!answerer->pid) {
		(void)close(fd[0]);
		answer_all(answerer, fd[1]);
	}
	(void)close(fd[1]);
	answerer->fd = fd[0];
	if (answerer->pid > 0)
		return 0;
	answerer->pid = 0;
	(void)close(answerer->fd);
	answerer->fd = -1;
	return vms_fail(err, VMS_EIO, "cannot start a process: %s", strerror(errno));
}

/* Return: its status, as of waitpid(). */
static int stop(struct answerer *answerer, bool living)
{
	int status = 0;

	if (!answerer->pid)
		return 0;
	(void)close(answerer->fd);
	if (living)
		(void)kill(answerer->pid, SIGKILL);
	while (waitpid(answerer->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	answerer->pid = 0;
	answerer->fd = -1;
	return status;
}

void answerer_free(struct answerer *a)
{
	if (!a)
		return;
	(void)stop(a, true);
	free(a);
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Return: bytes of the answer; 0 = it died; -1 = it thinks too long. */
static ssize_t answer_get(const struct answerer *answerer, char *answer)
{
	struct pollfd p = { .fd = answerer->fd, .events = POLLIN };
	ssize_t nr;
	int ready;

	do {
		ready = poll(&p, 1, (int)VMS_MIN(ANSWER_MS, VAIN_MS - answerer->vain_ms));
	} while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return -1;
	do {
		nr = recv(answerer->fd, answer, ANSWERER_ANSWER_BYTES, 0);
	} while (nr < 0 && errno == EINTR);
	return VMS_MAX(nr, 0);
}

int answerer_ask(struct answerer *answerer, const void *question, size_t question_size,
		 char *answer, struct vms_err *err)
{
	const int64_t begin = now_ms();
	ssize_t nr;
	int ret, status;

	if (answerer->vain_ms >= VAIN_MS)
		return vms_fail(err, VMS_EFORMAT, "too long was waited for others");
	ret = answerer->pid ? 0 : start(answerer, err);
	if (ret)
		return ret;
	nr = send(answerer->fd, question, question_size, MSG_NOSIGNAL) < 0
		     ? 0
		     : answer_get(answerer, answer);
	if (nr > 0)
		return (int)nr;
	/* what died by itself says by which signal */
	(void)shutdown(answerer->fd, SHUT_RDWR);
	status = stop(answerer, nr < 0);
	answerer->vain_ms += now_ms() - begin;
	return nr < 0 ? vms_fail(err, VMS_EFORMAT, "no answer within %d s", ANSWER_MS / 1000)
		      : vms_fail(err, VMS_EFORMAT, "it died%s%s", WIFSIGNALED(status) ? " by " : "",
				 WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "");
}
