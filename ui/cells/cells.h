/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cell buffer: what one frame shows, a glyph and a role a cell. Views draw here, back ends copy
 * from here.
 */
#ifndef TUI_CELLS_H
#define TUI_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vmsync/err.h>

/**
 * enum tui_role - why a cell looks as it does; theme.c says how. Letters of the dump are in theme.c
 */
enum tui_role {
	ROLE_TEXT,	 /* plain */
	ROLE_DIM,	 /* labels, rulers, what is not in focus */
	ROLE_STRONG,	 /* numbers that answer the question */
	ROLE_TITLE,	 /* program and file */
	ROLE_TAB,	 /* name of a screen */
	ROLE_TAB_HERE,	 /* name of the screen that is open */
	ROLE_PANE,	 /* head of a pane */
	ROLE_PANE_FOCUS, /* head of the pane that has the focus */
	ROLE_AXIS,
	ROLE_HOST,
	ROLE_GUEST,
	ROLE_RUN, /* guest code runs here (host lane) */
	ROLE_CANDIDATE,
	ROLE_ACCEPTED,
	ROLE_REJECTED,
	ROLE_IMPOSSIBLE,
	ROLE_VIOLATION,
	ROLE_PAIR, /* ends and connector of the selected pair */
	ROLE_GOOD, /* verdict inside */
	ROLE_BAD,  /* verdict PROVEN WRONG */
	ROLE_WARN, /* lost events, warnings */
	ROLE_MESSAGE,
	ROLE_KEY, /* a key in the function bar or the help */
	ROLE_BAR, /* its meaning */
	ROLE_PROMPT,
	ROLE_OVERLAY, /* body of an overlay */
	ROLE_OVERLAY_EDGE,
	ROLE_MODEL_A, /* series of plots: shapes differ too */
	ROLE_MODEL_B,
	ROLE_MODEL_C,
	ROLE_NR
};

#define CELL_REVERSE 1 /* selected row */
#define CELL_UNDERLINE 2

/** struct cell - one place of the screen; a wide glyph owns two, the second has len 0 */
struct cell {
	char text[12]; /* a grapheme in UTF-8, not terminated; cut at whole code points */
	uint8_t len;   /* [bytes] */
	uint8_t width; /* [columns] 1 or 2; 0 in the second half of a wide glyph */
	uint8_t role;  /* enum tui_role */
	uint8_t flags;
};

/** struct cells - a screen */
struct cells {
	int rows, cols;
	struct cell *c;		    /* rows * cols */
	int cursor_row, cursor_col; /* where the hardware cursor stands */
	bool cursor_visible;
};

/** struct rect - a part of the screen; rows or cols 0: not shown */
struct rect {
	int row, col, rows, cols;
};

/**
 * cells_resize - give the buffer a size and blank it. Return: 0; -VMS_ENOMEM (the buffer keeps its
 * old size)
 */
int cells_resize(struct cells *cells, int rows, int cols, struct vms_err *err);
void cells_clear(struct cells *c);
void cells_free(struct cells *c);

/** cells_at - a cell, or NULL outside the screen */
struct cell *cells_at(const struct cells *c, int row, int col);

/**
 * cells_put - draw text within @width columns from @col on
 * Cut at the border; half of a wide glyph becomes a space. Control bytes and broken UTF-8 show as
 * "?":
 * the last fence, callers clean names with app's format functions. Return: columns used.
 */
int cells_put(struct cells *cells, int row, int col, int width, enum tui_role role,
	      const char *text);
/** cells_printf - the same, formatted; longer than 1 KB is cut */
int cells_printf(struct cells *c, int row, int col, int width, enum tui_role role, const char *fmt,
		 ...) __attribute__((format(printf, 6, 7)));
/**
 * cells_right - the same, flush right within the width; cut at the left border is not needed: too
 * long is cut at the right
 */
int cells_right(struct cells *c, int row, int col, int width, enum tui_role role, const char *text);
/** cells_fill - repeat a glyph of width 1 */
void cells_fill(struct cells *c, int row, int col, int width, enum tui_role role,
		const char *glyph);
/** cells_blank - spaces of plain role over a rectangle */
void cells_blank(struct cells *c, struct rect r, enum tui_role role);
/** cells_flag - add flags to a run of cells */
void cells_flag(struct cells *c, int row, int col, int width, uint8_t flags);
/** cells_cursor - where the hardware cursor stands in this frame */
void cells_cursor(struct cells *c, int row, int col, bool visible);

/** cells_skip - what of a text is left beyond so many columns */
const char *cells_skip(const char *text, unsigned int cols);
/** cells_width - columns that a text takes */
int cells_width(const char *text);
/**
 * cells_text - the screen as lines of text without trailing spaces; the caller frees it. Return: 0;
 * -VMS_ENOMEM
 */
int cells_text(const struct cells *cells, char **out, struct vms_err *err);
/**
 * cells_roles - the second layer: a letter a cell for its role, upper case where reversed, space
 * for plain
 */
int cells_roles(const struct cells *cells, char **out, struct vms_err *err);

#endif
