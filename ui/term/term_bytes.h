/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From one frame to the next in as few bytes as we know how, for terminals that speak ECMA-48.
 * Knows no terminal.
 */
#ifndef TUI_TERM_BYTES_H
#define TUI_TERM_BYTES_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/cells/cells.h"
#include "ui/cells/theme.h"

/**
 * struct tui_bytes - what is to be sent, and how the terminal stands after it; zeroed and
 * tui_bytes_unknown() to start
 */
struct tui_bytes {
	/* what the terminal can do beyond placing the cursor and setting colours */
	bool erase_chars; /* ECH */
	bool columns;	  /* CHA and VPA: a column or a row alone */
	bool scroll;	  /* a scroll region, LF at its bottom and RI at its top scroll it */
	struct tui_style style[ROLE_NR];

	char *buf;	/* owned */
	size_t nr, max; /* [bytes] */
	bool failed;	/* no memory: the next frame has to be whole */

	int row, col; /* of the cursor; -1 = not known */
	struct tui_style pen;
	bool pen_known;
};

void tui_bytes_free(struct tui_bytes *b);
/** tui_bytes_unknown - somebody else wrote to the terminal: nothing is known of cursor and pen */
void tui_bytes_unknown(struct tui_bytes *b);
/** tui_bytes_add - bytes as they are, behind those that are there */
void tui_bytes_add(struct tui_bytes *b, const char *bytes);
/** tui_bytes_plain - end reverse, bold and colours */
void tui_bytes_plain(struct tui_bytes *b);
/** tui_bytes_move - put the cursor there */
void tui_bytes_move(struct tui_bytes *b, int row, int col);
/**
 * tui_bytes_frame - append what turns @old into @new, cursor included
 * @old: the frame on the terminal, of the same size; NULL: nothing is known of it, all is cleared
 *   first
 */
void tui_bytes_frame(struct tui_bytes *b, const struct cells *old, const struct cells *new);
/** tui_bytes_colour - SGR parameters of a colour: "36", "96", "38;5;214"; "39" for -1 */
void tui_bytes_colour(int fg, char *buf, size_t size);

#endif
