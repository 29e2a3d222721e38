// SPDX-License-Identifier: LGPL-2.1-or-later
/* How text becomes cells: decoding, widths, clipping at cell borders. */
#include "ui/cells/cells.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/bisect.h"

#define ROWS_MAX 1000
#define COLS_MAX 2000

struct range {
	uint32_t from, to;
};

/* Marks that stand on the glyph before them: Unicode 15, blocks that names are likely to hold. */
static const struct range combining[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 },	  { 0x0591, 0x05bd }, { 0x0610, 0x061a },
	{ 0x064b, 0x065f }, { 0x0670, 0x0670 },	  { 0x06d6, 0x06dc }, { 0x0900, 0x0902 },
	{ 0x093c, 0x093c }, { 0x0941, 0x0948 },	  { 0x0e31, 0x0e31 }, { 0x0e34, 0x0e3a },
	{ 0x0e47, 0x0e4e }, { 0x1ab0, 0x1aff },	  { 0x1dc0, 0x1dff }, { 0x200b, 0x200d },
	{ 0x20d0, 0x20ff }, { 0x302a, 0x302d },	  { 0x3099, 0x309a }, { 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f }, { 0xe0100, 0xe01ef },
};

static const struct range wide[] = {
	{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2e80, 0x303e },	  { 0x3041, 0x33ff },
	{ 0x3400, 0x4dbf },   { 0x4e00, 0x9fff },   { 0xa000, 0xa4cf },	  { 0xa960, 0xa97f },
	{ 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },	  { 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
	{ 0x20000, 0x3fffd },
};

static bool in_ranges(const struct range *r, size_t nr, uint32_t cp)
{
	size_t lo = 0, hi = nr;

	VMS_BISECT(lo, hi, k, r[k].to < cp);
	return lo < nr && cp >= r[lo].from;
}

int cells_glyph_width(uint32_t cp)
{
	/* Bidirectional controls would reorder the row on some terminals. */
	if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x200e && cp <= 0x200f) ||
	    (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff)
		return -1;
	if (cp < 0x300)
		return 1;
	if (in_ranges(combining, sizeof(combining) / sizeof(combining[0]), cp))
		return 0;
	return in_ranges(wide, sizeof(wide) / sizeof(wide[0]), cp) ? 2 : 1;
}

size_t cells_decode(const char *s, size_t nr, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char b;
	size_t len, i;
	uint32_t v;

	if (!nr || !s[0])
		return 0;
	b = (unsigned char)s[0];
	if (b < 0x80) {
		*cp = b;
		return 1;
	}
	*cp = 0xfffd;
	len = b >= 0xf0 && b < 0xf5 ? 4 : b >= 0xe0 && b < 0xf0 ? 3 : b >= 0xc2 && b < 0xe0 ? 2 : 0;
	if (!len || len > nr)
		return 1;
	v = b & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		b = (unsigned char)s[i];
		if ((b & 0xc0) != 0x80)
			return 1;
		v = v << 6 | (b & 0x3fu);
	}
	if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 1;
	*cp = v;
	return len;
}

const char *cells_skip(const char *text, unsigned int cols)
{
	unsigned int at = 0;
	uint32_t cp;
	int w;

	while (*text && at < cols) {
		text += cells_decode(text, strlen(text), &cp);
		w = cells_glyph_width(cp);
		at += w < 0 ? 1 : (unsigned int)w;
	}
	return text;
}

int cells_width(const char *text)
{
	size_t nr = strlen(text), used;
	uint32_t cp;
	int w = 0;

	while ((used = cells_decode(text, nr, &cp)) > 0) {
		int g = cells_glyph_width(cp);

		w += g < 0 ? 1 : g;
		text += used;
		nr -= used;
	}
	return w;
}

int cells_resize(struct cells *cells, int rows, int cols, struct vms_err *err)
{
	struct cell *cell;

	if (rows < 1 || cols < 1 || rows > ROWS_MAX || cols > COLS_MAX)
		return vms_fail(err, VMS_ERANGE, "a screen of %d by %d cells cannot be drawn", cols,
				rows);
	if (rows != cells->rows || cols != cells->cols) {
		cell = calloc((size_t)rows * (size_t)cols, sizeof(*cell));
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

static void put_glyph(struct cells *cells, int row, int col, enum tui_role role, const char *s,
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
	cell_set(cell, role, s, len);
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
	size_t nr = strlen(text), used;
	struct cell *last = NULL;
	uint32_t cp;
	int at = 0;

	while ((used = cells_decode(text, nr, &cp)) > 0) {
		int w = cells_glyph_width(cp);

		if (w == 0) {
			add_mark(last, text, used);
		} else if (at + (w < 0 ? 1 : w) > width) {
			/* half a wide glyph would stick out */
			if (at < width)
				put_glyph(cells, row, col + at++, role, " ", 1, 1);
			break;
		} else {
			if (w < 0 || cp == 0xfffd)
				put_glyph(cells, row, col + at, role, "?", 1, 1);
			else
				put_glyph(cells, row, col + at, role, text, used, w);
			last = cells_at(cells, row, col + at);
			at += w < 0 ? 1 : w;
		}
		text += used;
		nr -= used;
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
