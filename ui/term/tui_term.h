/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A back end: what shows a cell buffer and gives keys. The real one is term_curses.c. */
#ifndef TUI_TUI_TERM_H
#define TUI_TUI_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vmsync/err.h>
#include "ui/cells/cells.h"
#include "ui/cells/theme.h"

struct tui_term;

/** struct tui_term_looks - how cells look; a change repaints */
struct tui_term_looks {
	enum tui_theme theme;
	const char *color; /* "never", "auto", "8", "16", "256" */
	bool mouse;	   /* send a mouse mode at all */
	bool sync;	   /* synchronized-output brackets around a frame */
};

/** struct tui_term_facts - what the terminal and the locale can do */
struct tui_term_facts {
	bool utf8; /* block elements and lines have width 1 here */
	bool braille;
	int colours;
};

/**
 * tui_term_open - take the terminal
 * Return: 0; -VMS_EUSAGE with one line that says what to do when stdin or stdout is no terminal,
 * or TERM is missing, unknown, or cannot place the cursor; -VMS_ENOMEM.
 */
int tui_term_open(struct tui_term **out, struct vms_err *err);
/** tui_term_close - give the terminal back as it was; NULL is fine */
void tui_term_close(struct tui_term *term);

void tui_term_facts(const struct tui_term *t, struct tui_term_facts *f);
void tui_term_looks(struct tui_term *term, const struct tui_term_looks *looks);
void tui_term_size(const struct tui_term *t, int *rows, int *cols);

/** tui_term_draw - show a frame: only what changed is sent */
void tui_term_draw(struct tui_term *term, const struct cells *cells);
/** tui_term_repaint - the next frame is sent whole (Ctrl-L) */
void tui_term_repaint(struct tui_term *t);

/**
 * tui_term_wait - sleep until there is a key, a resize, a signal, or a byte on @wake_fd or @file_fd
 * (-1 = none)
 * No timeout: nothing wakes the process while nothing happens. Return: draw again: one of
 * them is readable, or the program was stopped.
 */
bool tui_term_wait(struct tui_term *t, int wake_fd, int file_fd);

/** tui_term_pause - sleep until something comes, but no longer than this. Return: something came */
bool tui_term_pause(struct tui_term *t, int ms);

/** struct tui_mouse - a button or the wheel */
struct tui_mouse {
	int row, col;
	int wheel;     /* -1 up, +1 down, 0 button */
	bool released; /* the button was let go here, else pressed */
};
#define TUI_MOUSE_MAX 8

/** struct tui_input - what came since the last read */
struct tui_input {
	uint32_t *keys; /* enum app_key codes; room for keys_max */
	size_t keys_nr, keys_max;
	bool resized;
	bool hangup; /* HUP, TERM or INT: leave in good order */
	struct tui_mouse mouse[TUI_MOUSE_MAX];
	size_t mouse_nr;
};
/** tui_term_read - all keys that wait, without waiting */
void tui_term_read(struct tui_term *term, struct tui_input *in);

/**
 * tui_term_edit - the person's editor has the terminal for a while; NULL: the shell, by Ctrl-Z
 * Return: 0 when the program continues, or the editor failed
 */
int tui_term_edit(struct tui_term *t, const char *path);
/** tui_term_suspend - stop the process as Ctrl-Z does; returns when it continues */
static inline void tui_term_suspend(struct tui_term *t)
{
	(void)tui_term_edit(t, NULL);
}

/** tui_term_copy - put text on the clipboard through the terminal (OSC 52) */
void tui_term_copy(struct tui_term *t, const char *text);

#endif
