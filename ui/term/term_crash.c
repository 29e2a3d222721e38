// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a signal handler may use to give the terminal back: plain bytes and a saved terminal mode.
 */
#include "ui/term/term_crash.h"
#include "ui/term/term_signals.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define RESET_BYTES 256

/* those that end a program and that it does not take for something else */
static const int crash_signals[] = { SIGSEGV, SIGBUS,  SIGFPE,	SIGILL,	 SIGABRT, SIGQUIT,
				     SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGPROF, SIGVTALRM,
				     SIGXCPU, SIGSYS,  SIGTRAP, SIGIO,	 SIGPWR,  SIGSTKFLT };
#define CRASH_NR (sizeof(crash_signals) / sizeof(crash_signals[0]))

static char reset_bytes[RESET_BYTES];
static size_t reset_nr;
static struct termios saved_mode;
/* a recursion without end leaves no other */
static char own_stack[65536];
static struct sigaction old_crash[CRASH_NR];

static void on_crash(int sig)
{
	size_t i;

	/* endwin() is not safe here. Without reset the shell would be unusable. */
	if (write(STDOUT_FILENO, reset_bytes, reset_nr) < 0)
		(void)0;
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &saved_mode);
	for (i = 0; i < CRASH_NR; i++)
		if (crash_signals[i] == sig)
			(void)sigaction(sig, &old_crash[i], NULL);
	if (sig == SIGPROF && term_signals_hangup()) {
		/* it was to end long ago */
		sig = term_signals_hangup();
		(void)signal(sig, SIG_DFL);
	}
	(void)raise(sig);
}

/* Terminfo strings may hold delays "$<5>", which mean nothing to write(). */
static void reset_add(const char *s)
{
	while (*s && reset_nr < RESET_BYTES) {
		const char *end = s[0] == '$' && s[1] == '<' ? strchr(s, '>') : NULL;

		if (end)
			s = end + 1;
		else
			reset_bytes[reset_nr++] = *s++;
	}
}

void term_crash_prepare(const char *const *reset, size_t nr, const struct termios *mode)
{
	struct sigaction sa;
	size_t i;

	reset_nr = 0;
	for (i = 0; i < nr; i++)
		if (reset[i])
			reset_add(reset[i]);
	saved_mode = *mode;
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_crash;
	sa.sa_flags = SA_ONSTACK;
	sigemptyset(&sa.sa_mask);
	(void)sigaltstack(&(const stack_t){ .ss_sp = own_stack, .ss_size = sizeof(own_stack) },
			  NULL);
	for (i = 0; i < CRASH_NR; i++) {
		(void)sigaction(crash_signals[i], &sa, &old_crash[i]);
		if (old_crash[i].sa_handler == SIG_IGN)
			(void)sigaction(crash_signals[i], &old_crash[i], NULL);
	}
}

void term_crash_forget(void)
{
	size_t i;

	for (i = 0; i < CRASH_NR; i++)
		(void)sigaction(crash_signals[i], &old_crash[i], NULL);
}
