// SPDX-License-Identifier: LGPL-2.1-or-later
/* Signals that do not end the program at once: when they are let in, and what they ask for. */
#include "ui/term/term_signals.h"

#include <string.h>
#include <time.h>

static volatile sig_atomic_t hangup;

static void on_hangup(int sig)
{
	(void)sig;
	hangup = 1;
}

void term_signals_take(struct term_signals *term_signals)
{
	static const int waiting[] = { SIGWINCH, SIGHUP, SIGTERM };
	struct sigaction sa;
	sigset_t block;
	size_t i;

	hangup = 0;
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_hangup;
	sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGHUP, &sa, &term_signals->old_hup);
	(void)sigaction(SIGTERM, &sa, &term_signals->old_term);
	sigemptyset(&block);
	for (i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++)
		sigaddset(&block, waiting[i]);
	(void)sigprocmask(SIG_BLOCK, &block, &term_signals->old_mask);
	term_signals->wait_mask = term_signals->old_mask;
	for (i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++)
		sigdelset(&term_signals->wait_mask, waiting[i]);
}

void term_signals_give_back(const struct term_signals *s)
{
	(void)sigaction(SIGHUP, &s->old_hup, NULL);
	(void)sigaction(SIGTERM, &s->old_term, NULL);
	(void)sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
}

bool term_signals_hangup(void)
{
	return hangup != 0;
}

bool term_signals_wait(const struct term_signals *s, struct pollfd *fds, unsigned int nr, int ms)
{
	const struct timespec end = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	int ret;

	if (hangup)
		return false;
	ret = ppoll(fds, nr, ms < 0 ? NULL : &end, &s->wait_mask);
	/* The terminal is gone: as if HUP had come. */
	if (ret > 0 && fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		hangup = 1;
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
}
