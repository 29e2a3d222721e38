// SPDX-License-Identifier: LGPL-2.1-or-later
/* A signal that ends the program does so although it computes, and gives the terminal back. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#include "core/base/util.h"
#include "ui/term/term_crash.h"
#include "ui/term/term_signals.h"

#define RESET "\033[?1049l"
#define ENDED_BY_ITSELF 7

struct ended {
	int status;
	double computed_s;
	char out[64]; /* what came on the terminal */
	bool echo;    /* its mode is what it was before */
};

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static double computed(void)
{
	struct rusage r;

	(void)getrusage(RUSAGE_SELF, &r);
	return seconds(r.ru_utime) + seconds(r.ru_stime);
}

static void take_terminal(struct term_signals *signals, const char *name)
{
	static const char *const reset[] = { RESET, NULL };
	struct termios mode;
	int fd;

	(void)setsid();
	fd = open(name, O_RDWR);
	(void)dup2(fd, STDIN_FILENO);
	(void)dup2(fd, STDOUT_FILENO);
	(void)tcgetattr(STDIN_FILENO, &mode);
	term_crash_prepare(reset, VMS_ARRAY_NR(reset), &mode);
	term_signals_take(signals);
	mode.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &mode);
}

/* A program that computes: as long as it likes, or until it looks whether it is to end. */
_Noreturn static void compute(const char *name, bool looks)
{
	struct term_signals signals;
	double from;

	/* who is not ended by the program's own hand is ended by the system's */
	(void)setrlimit(RLIMIT_CPU, &(const struct rlimit){ .rlim_cur = 2, .rlim_max = 3 });
	take_terminal(&signals, name);
	(void)!write(STDOUT_FILENO, "!", 1);
	while (!looks || !term_signals_hangup())
		;
	term_signals_give_back(&signals);
	for (from = computed(); computed() < from + 0.4;)
		;
	_exit(ENDED_BY_ITSELF);
}

/* Sends a signal to a program that computes. */
static struct ended ended_by(int sig, bool looks)
{
	struct ended ended = { 0 };
	const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	struct termios mode;
	struct rusage used;
	struct pollfd fd = { .fd = terminal, .events = POLLIN };
	char name[64], first;
	size_t nr = 0;
	ssize_t n;
	int slave;
	pid_t pid;

	assert_true(terminal >= 0 && !grantpt(terminal) && !unlockpt(terminal));
	assert_int_equal(ptsname_r(terminal, name, sizeof(name)), 0);
	slave = open(name, O_RDWR | O_NOCTTY); /* else its mode goes with the program */
	pid = fork();
	if (!pid)
		compute(name, looks);
	assert_int_equal(read(terminal, &first, 1), 1);
	assert_int_equal(kill(pid, sig), 0);
	assert_int_equal(wait4(pid, &ended.status, 0, &used), pid);
	ended.computed_s = seconds(used.ru_utime) + seconds(used.ru_stime);
	while (nr < sizeof(ended.out) - 1 && poll(&fd, 1, 0) > 0 &&
	       (n = read(terminal, ended.out + nr, sizeof(ended.out) - 1 - nr)) > 0)
		nr += (size_t)n;
	ended.echo = !tcgetattr(slave, &mode) && mode.c_lflag & ECHO;
	(void)close(slave);
	(void)close(terminal);
	return ended;
}

TEST(who_computes_is_ended_and_gives_the_terminal_back)
{
	static const int ends[] = { SIGTERM, SIGHUP, SIGINT };
	struct ended ended;
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(ends); i++) {
		ended = ended_by(ends[i], false);
		assert_true(WIFSIGNALED(ended.status));
		assert_int_equal(WTERMSIG(ended.status), ends[i]);
		assert_true(ended.computed_s < 0.3);
		assert_string_equal(ended.out, RESET);
		assert_true(ended.echo);
	}
}

/* Who has seen the signal may take its time: nothing ends it any more. */
TEST(who_looks_in_time_ends_by_itself)
{
	const struct ended ended = ended_by(SIGTERM, true);

	assert_true(WIFEXITED(ended.status));
	assert_int_equal(WEXITSTATUS(ended.status), ENDED_BY_ITSELF);
	assert_string_equal(ended.out, "");
}

UNIT_MAIN(NULL, NULL)
