/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys, mouse and pasted text, as curses reads them. */
#ifndef TUI_TERM_KEYS_H
#define TUI_TERM_KEYS_H

#include <stdbool.h>
#include "ui/term/tui_term.h"

struct term_keys;

/** term_keys_open - keys of the screen that curses has begun; NULL: no memory */
struct term_keys *term_keys_open(void);
void term_keys_close(struct term_keys *keys);

/** term_keys_pause - somebody else has the terminal, or gives it back: pastes are marked for us */
void term_keys_pause(struct term_keys *keys, bool pause);

/** term_keys_read - see tui_term_read(); @mouse: it was asked for */
void term_keys_read(struct term_keys *keys, bool mouse, struct tui_input *in);

#endif
