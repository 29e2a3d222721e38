/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A round of fuzzing: numbers from its seed, and its name as last words when something ends it. */
#ifndef FUZZ_ROUND_H
#define FUZZ_ROUND_H

#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static char round_name[PATH_MAX]; /* the round under way */
static uint64_t round_state;	  /* its seed, then what draw() made of it */

/* splitmix64 */
static uint64_t draw(void)
{
	uint64_t z = round_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline void last_words(void)
{
	const char text[] = "Bail out! in ";

	(void)!write(1, text, sizeof(text) - 1);
	(void)!write(1, round_name, strlen(round_name));
	(void)!write(1, "\n", 1);
}

#ifdef __SANITIZE_ADDRESS__

void __sanitizer_set_death_callback(void (*callback)(void));

/* The sanitizer tells of signals and of what it finds; the round is said behind it. */
static inline void round_watch(void)
{
	__sanitizer_set_death_callback(last_words);
}

#else

static void last_signal(int sig)
{
	last_words();
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

/* Signals that end a program get their last words. */
static inline void round_watch(void)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	unsigned int i;

	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		(void)signal(fatal[i], last_signal);
}

#endif

#endif
