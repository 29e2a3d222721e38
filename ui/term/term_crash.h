/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A fatal signal gives the terminal back before it ends the program. */
#ifndef TUI_TERM_CRASH_H
#define TUI_TERM_CRASH_H

#include <stddef.h>
#include <termios.h>

/**
 * term_crash_prepare - from now on a crash writes these strings to the terminal and sets the
 * mode, then ends as it would have
 * @reset: control sequences in order, "$<5>" delays left out; NULL ones are skipped. Copied
 * @mode: of standard input before the screen took it
 */
void term_crash_prepare(const char *const *reset, size_t nr, const struct termios *mode);
/** term_crash_forget - the handlers of before are back */
void term_crash_forget(void);

#endif
