/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signals that do not end the program at once: when they are let in, and what they ask for. */
#ifndef TUI_TERM_SIGNALS_H
#define TUI_TERM_SIGNALS_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>

/** struct term_signals - what has to be put back */
struct term_signals {
	sigset_t wait_mask; /* while waiting: the signals that end a wait get through */
	sigset_t old_mask;
	struct sigaction old[5];
};

/**
 * term_signals_take - WINCH, TSTP and CONT are let in only while waiting from now on
 * No resize can slip in between looking for keys and going to sleep. HUP, TERM and INT are noted at
 * any time; who has not ended soon after, busy with something, is ended by SIGPROF.
 */
void term_signals_take(struct term_signals *term_signals);
void term_signals_give_back(const struct term_signals *s);
/** term_signals_hangup - HUP, TERM or INT came, or the terminal is gone: which signal; 0 = none */
int term_signals_hangup(void);
/** term_signals_stopped - TSTP came: stop; term_signals_continued - CONT came. Asked once */
bool term_signals_stopped(void);
bool term_signals_continued(void);
/**
 * term_signals_wait - as poll(): the first of @fds is the terminal. Not after a hangup
 * @ms: at most this long; -1: for ever. Return: a file or a signal ended the wait
 */
bool term_signals_wait(const struct term_signals *signals, struct pollfd *fds, unsigned int nr,
		       int ms);
/** term_signals_stop - stop as Ctrl-Z does; returns when the program continues */
void term_signals_stop(void);

#endif
