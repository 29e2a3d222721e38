// SPDX-License-Identifier: LGPL-2.1-or-later
/* How text becomes cells: widths of whole texts, clipping at cell borders. */
#include "ui/cells/cells.h"
#include "core/base/util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/printable.h"

#define ROWS_MAX 1000
#define COLS_MAX 2000

/*
 * The next character: its bytes and how wide it is. @piece: how what may not be shown is shown
 * instead, else empty
 */
static int next_width(const char *text, size_t left, size_t *used, char piece[16])
{
	unsigned int marks = 0;
	uint32_t cp;

	piece[0] = '\0';
	*used = utf8_get(text, left, &cp);
	if (text_seen(text, left))
		return glyph_width(cp);
	*used = fmt_clean_one(text, left, &marks, piece);
	return (int)strlen(piece);
}

const char *cells_skip(const char *text, unsigned int cols)
{
	unsigned int at = 0;
	size_t used;
	char piece[16];

	while (*text && at < cols) {
		at += (unsigned int)next_width(text, strlen(text), &used, piece);
		text += used;
	}
	return text;
}

int cells_width(const char *text)
{
	size_t left = strlen(text), used;
	char piece[16];
	int w = 0;

	for (; left; text += used, left -= used)
		w += next_width(text, left, &used, piece);
	return w;
}

int cells_resize(struct cells *cells, int rows, int cols, struct vms_err *err)
{
	struct cell *cell;

	if (rows < 1 || cols < 1 || rows > ROWS_MAX || cols > COLS_MAX)
		return vms_fail(err, VMS_ERANGE, "a screen of %d by %d cells cannot be drawn", cols,
				rows);
	if (rows != cells->rows || cols != cells->cols) {
		cell = vms_calloc((size_t)rows * (size_t)cols, sizeof(*cell));
		if (!cell)
			return vms_fail(err, VMS_ENOMEM, "no memory for a screen of %d by %d cells",
					cols, rows);
		free(cells->c);
		cells->c = cell;
		cells->rows = rows;
		cells->cols = cols;
	}
	cells_clear(cells);
	return 0;
}

static void cell_set(struct cell *cell, enum tui_role role, const char *text, size_t len)
{
	if (len > sizeof(cell->text))
		len = sizeof(cell->text);
	memcpy(cell->text, text, len);
	cell->len = (uint8_t)len;
	cell->width = 1;
	cell->role = (uint8_t)role;
	cell->flags = 0;
}

void cells_clear(struct cells *c)
{
	size_t i, nr = (size_t)c->rows * (size_t)c->cols;

	for (i = 0; i < nr; i++)
		cell_set(&c->c[i], ROLE_TEXT, " ", 1);
	c->cursor_row = 0;
	c->cursor_col = 0;
	c->cursor_visible = false;
}

void cells_free(struct cells *c)
{
	free(c->c);
	memset(c, 0, sizeof(*c));
}

struct cell *cells_at(const struct cells *c, int row, int col)
{
	if (row < 0 || col < 0 || row >= c->rows || col >= c->cols)
		return NULL;
	return &c->c[(size_t)row * (size_t)c->cols + (size_t)col];
}

/* A glyph that overwrites half of a wide one must not leave the other half behind. */
static void mend_halves(struct cells *c, int row, int col)
{
	struct cell *here = cells_at(c, row, col);
	struct cell *before = cells_at(c, row, col - 1), *after = cells_at(c, row, col + 1);

	if (here && here->width == 0 && before)
		cell_set(before, before->role, " ", 1);
	if (here && here->width == 2 && after)
		cell_set(after, after->role, " ", 1);
}

static void put_glyph(struct cells *cells, int row, int col, enum tui_role role, const char *text,
		      size_t len, int width)
{
	struct cell *cell = cells_at(cells, row, col), *next = cells_at(cells, row, col + 1);

	if (!cell)
		return;
	mend_halves(cells, row, col);
	if (width == 2 && !next) {
		cell_set(cell, role, " ", 1);
		return;
	}
	if (width == 2)
		mend_halves(cells, row, col + 1);
	cell_set(cell, role, text, len);
	if (width == 2) {
		cell->width = 2;
		cell_set(next, role, "", 0);
		next->width = 0;
	}
}

static void add_mark(struct cell *cell, const char *s, size_t len)
{
	if (!cell || !cell->len || cell->len + len > sizeof(cell->text))
		return;
	memcpy(cell->text + cell->len, s, len);
	cell->len = (uint8_t)(cell->len + len);
}

int cells_put(struct cells *cells, int row, int col, int width, enum tui_role role,
	      const char *text)
{
	size_t left = strlen(text), used;
	struct cell *last = NULL;
	char piece[16];
	int at = 0;

	for (; left; text += used, left -= used) {
		int wide = next_width(text, left, &used, piece);

		if (piece[0] && at < width) {
			at += cells_put(cells, row, col + at, width - at, role, piece);
			last = NULL;
		} else if (wide == 0) {
			add_mark(last, text, used);
		} else if (at + wide > width) {
			/* half a wide glyph would stick out */
			if (at < width)
				put_glyph(cells, row, col + at++, role, " ", 1, 1);
			break;
		} else {
			put_glyph(cells, row, col + at, role, text, used, wide);
			last = cells_at(cells, row, col + at);
			at += wide;
		}
	}
	return at;
}

int cells_printf(struct cells *c, int row, int col, int width, enum tui_role role, const char *fmt,
		 ...)
{
	char buf[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	return cells_put(c, row, col, width, role, buf);
}

int cells_right(struct cells *c, int row, int col, int width, enum tui_role role, const char *text)
{
	int w = cells_width(text);

	if (w < width) {
		col += width - w;
		width = w;
	}
	return cells_put(c, row, col, width, role, text);
}

void cells_fill(struct cells *c, int row, int col, int width, enum tui_role role, const char *glyph)
{
	int i;

	for (i = 0; i < width; i++)
		put_glyph(c, row, col + i, role, glyph, strlen(glyph), 1);
}

void cells_blank(struct cells *c, struct rect r, enum tui_role role)
{
	int row;

	for (row = r.row; row < r.row + r.rows; row++)
		cells_fill(c, row, r.col, r.cols, role, " ");
}

void cells_flag(struct cells *c, int row, int col, int width, uint8_t flags)
{
	int i;

	for (i = 0; i < width; i++) {
		struct cell *cell = cells_at(c, row, col + i);

		if (cell)
			cell->flags |= flags;
	}
}

void cells_cursor(struct cells *c, int row, int col, bool visible)
{
	c->cursor_row = row;
	c->cursor_col = col;
	c->cursor_visible = visible;
}
