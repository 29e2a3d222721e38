// SPDX-License-Identifier: LGPL-2.1-or-later
/* Signals that do not end the program at once: when they are let in, and what they ask for. */
#include "ui/term/term_signals.h"

#include <string.h>
#include <sys/time.h>
#include <time.h>

#define END_WITHIN_US 150000 /* of computing */

static volatile sig_atomic_t hangup, stopped, continued;

static void on_hangup(int sig)
{
	const struct itimerval late = { .it_value = { .tv_usec = END_WITHIN_US } };

	hangup = sig;
	(void)setitimer(ITIMER_PROF, &late, NULL);
}

static void on_stop(int sig)
{
	if (sig == SIGTSTP)
		stopped = 1;
	else
		continued = 1;
}

static const struct {
	int sig;
	void (*handler)(int sig);
} taken[] = {
	{ SIGHUP, on_hangup }, { SIGTERM, on_hangup }, { SIGINT, on_hangup },
	{ SIGTSTP, on_stop },  { SIGCONT, on_stop },
};
#define TAKEN_NR (sizeof(taken) / sizeof(taken[0]))

static void all_of(sigset_t *set, const int *sigs, size_t nr)
{
	size_t i;

	sigemptyset(set);
	for (i = 0; i < nr; i++)
		sigaddset(set, sigs[i]);
}

void term_signals_take(struct term_signals *term_signals)
{
	static const int waiting[] = { SIGWINCH, SIGTSTP, SIGCONT };
	struct sigaction sa;
	sigset_t block;
	size_t i;

	hangup = stopped = continued = 0;
	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_flags = SA_RESTART;
	for (i = 0; i < TAKEN_NR; i++) {
		sa.sa_handler = taken[i].handler;
		(void)sigaction(taken[i].sig, &sa, &term_signals->old[i]);
	}
	all_of(&block, waiting, sizeof(waiting) / sizeof(waiting[0]));
	(void)sigprocmask(SIG_BLOCK, &block, &term_signals->old_mask);
	term_signals->wait_mask = term_signals->old_mask;
	for (i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++)
		sigdelset(&term_signals->wait_mask, waiting[i]);
	for (i = 0; i < TAKEN_NR; i++)
		sigdelset(&term_signals->wait_mask, taken[i].sig);
}

void term_signals_give_back(const struct term_signals *s)
{
	const struct itimerval none = { 0 };
	size_t i;

	(void)setitimer(ITIMER_PROF, &none, NULL);
	for (i = 0; i < TAKEN_NR; i++)
		(void)sigaction(taken[i].sig, &s->old[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
}

int term_signals_hangup(void)
{
	return hangup;
}

bool term_signals_stopped(void)
{
	const bool was = stopped;

	stopped = 0;
	return was;
}

bool term_signals_continued(void)
{
	const bool was = continued;

	continued = 0;
	return was;
}

bool term_signals_wait(const struct term_signals *signals, struct pollfd *fds, unsigned int nr,
		       int ms)
{
	const struct timespec end = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	static const int ends[] = { SIGHUP, SIGTERM, SIGINT };
	sigset_t block, before;
	int ret = 0;

	/* none comes between looking and sleeping */
	all_of(&block, ends, sizeof(ends) / sizeof(ends[0]));
	(void)sigprocmask(SIG_BLOCK, &block, &before);
	if (!hangup && !stopped && !continued)
		ret = ppoll(fds, nr, ms < 0 ? NULL : &end, &signals->wait_mask);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	/* The terminal is gone: as if HUP had come. */
	if (ret > 0 && fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		on_hangup(SIGHUP);
	return ret != 0;
}

void term_signals_stop(void)
{
	struct sigaction dfl, old;
	sigset_t stop, before;

	memset(&dfl, 0, sizeof(dfl));
	dfl.sa_handler = SIG_DFL;
	sigemptyset(&dfl.sa_mask);
	(void)sigaction(SIGTSTP, &dfl, &old);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	(void)sigprocmask(SIG_UNBLOCK, &stop, &before);
	/*
	 * The whole group, as the terminal's driver would: a pipeline or a wrapper script stops
	 * too.
	 */
	(void)kill(0, SIGTSTP);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)sigaction(SIGTSTP, &old, NULL);
	stopped = continued = 0;
}
