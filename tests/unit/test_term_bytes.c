// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bytes for a terminal: a terminal that obeys ECMA-48 shows the frame that was asked for, after any
 * other frame.
 */
#include "unit.h"

#include <locale.h>
#include <stdio.h>

#include "ui/term/term_bytes.h"

#define ROWS 24
#define COLS 80

/** struct place - what the terminal of this test shows at one place */
struct place {
	char text[16];
	int fg, attrs;
};

/**
 * struct screen - a terminal that knows what term_bytes.h says that it uses, and fails on all else
 */
struct screen {
	struct place at[ROWS][COLS + 1];
	int row, col, fg, attrs, top, bottom;
};

static void blank(struct screen *s, int row, int from, int to)
{
	/* reverse and underline would show in what is erased on some terminals */
	assert_int_equal(s->attrs & (STYLE_REVERSE | STYLE_UNDERLINE), 0);
	for (; from < to; from++)
		s->at[row][from] = (struct place){ " ", -1, 0 };
}

static void sgr(struct screen *s, const int *p, int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		if (p[i] == 0) {
			s->fg = -1;
			s->attrs = 0;
		} else if (p[i] == 38) {
			assert_true(i + 2 < nr && p[i + 1] == 5);
			s->fg = p[i + 2];
			i += 2;
		} else if (p[i] >= 30 && p[i] < 38) {
			s->fg = p[i] - 30;
		} else if (p[i] >= 90 && p[i] < 98) {
			s->fg = p[i] - 82;
		} else {
			static const int attrs[] = { [1] = STYLE_BOLD,
						     [2] = STYLE_DIM,
						     [4] = STYLE_UNDERLINE,
						     [7] = STYLE_REVERSE };

			assert_in_range(p[i], 1, 7);
			s->attrs |= attrs[p[i]];
		}
	}
}

static void scroll(struct screen *s, int by)
{
	int row;

	if (by > 0)
		for (row = s->top; row < s->bottom; row++)
			memcpy(s->at[row], s->at[row + 1], sizeof(s->at[0]));
	else
		for (row = s->bottom; row > s->top; row--)
			memcpy(s->at[row], s->at[row - 1], sizeof(s->at[0]));
	blank(s, by > 0 ? s->bottom : s->top, 0, COLS);
}

static const char *control(struct screen *s, const char *b)
{
	int p[8] = { 0 }, nr = 1, n;

	for (; *b == ';' || (*b >= '0' && *b <= '9'); b++) {
		if (*b == ';')
			assert_true(nr++ < 8);
		else
			p[nr - 1] = p[nr - 1] * 10 + *b - '0';
	}
	n = p[0] ? p[0] : 1;
	switch (*b) {
	case 'H':
		s->row = n - 1;
		s->col = (nr > 1 && p[1] ? p[1] : 1) - 1;
		break;
	case 'A': s->row -= n; break;
	case 'B': s->row += n; break;
	case 'C': s->col += n; break;
	case 'D': s->col -= n; break;
	case 'G': s->col = n - 1; break;
	case 'd': s->row = n - 1; break;
	case 'X':
		assert_true(s->col + n <= COLS);
		blank(s, s->row, s->col, s->col + n);
		break;
	case 'K': blank(s, s->row, s->col, COLS); break;
	case 'J':
		assert_int_equal(n, 2);
		for (n = 0; n < ROWS; n++)
			blank(s, n, 0, COLS);
		break;
	case 'm': sgr(s, p, nr); break;
	case 'r':
		s->top = n - 1;
		s->bottom = (nr > 1 && p[1] ? p[1] : ROWS) - 1;
		s->row = s->col = 0;
		break;
	default: fail_msg("the terminal does not know ESC [ ... %c", *b);
	}
	assert_in_range(s->row, 0, ROWS - 1);
	assert_in_range(s->col, 0, COLS - 1);
	return b + 1;
}

static void obey(struct screen *s, const struct tui_bytes *bytes)
{
	const char *b = bytes->buf, *end = b + bytes->nr;

	while (b < end) {
		uint32_t cp;
		size_t n;

		if (b[0] == '\033' && b[1] == '[') {
			b = control(s, b + 2);
		} else if (b[0] == '\033') {
			assert_int_equal(b[1], 'M');
			assert_int_equal(s->row, s->top);
			scroll(s, -1);
			b += 2;
		} else if (b[0] == '\n') {
			assert_int_equal(s->row, s->bottom);
			scroll(s, 1);
			b++;
		} else if (b[0] == '\r') {
			s->col = 0;
			b++;
		} else if (b[0] == '\b') {
			assert_true(--s->col >= 0);
			b++;
		} else {
			n = cells_decode(b, (size_t)(end - b), &cp);
			/* beyond the border a real terminal would wrap */
			assert_in_range(s->col, 0, COLS - 1);
			s->at[s->row][s->col] = (struct place){ "", s->fg, s->attrs };
			memcpy(s->at[s->row][s->col++].text, b, n);
			b += n;
		}
	}
}

static void expect_shown(const struct screen *s, const struct tui_bytes *b, const struct cells *c)
{
	int row, col;

	for (row = 0; row < ROWS; row++)
		for (col = 0; col < COLS; col++) {
			const struct cell *cell = cells_at(c, row, col);
			const struct place *p = &s->at[row][col];
			struct tui_style want = b->style[cell->role];
			bool space = cell->len == 1 && cell->text[0] == ' ';

			if (cell->flags & CELL_REVERSE)
				want.attrs ^= STYLE_REVERSE;
			if (strncmp(p->text, cell->text, cell->len) || p->text[cell->len])
				fail_msg("row %d column %d shows '%s', not '%.*s'", row, col,
					 p->text, cell->len, cell->text);
			/* of a space only reverse and underline can be seen */
			if (space && !((want.attrs | p->attrs) & (STYLE_REVERSE | STYLE_UNDERLINE)))
				continue;
			if (p->fg != want.fg || p->attrs != want.attrs)
				fail_msg("row %d column %d has colour %d and attributes %d, not %d "
					 "and %d",
					 row, col, p->fg, p->attrs, want.fg, want.attrs);
		}
	assert_int_equal(s->row, c->cursor_row);
	assert_int_equal(s->col, c->cursor_col);
	assert_int_equal(s->top, 0);
	assert_int_equal(s->bottom, ROWS - 1);
}

static uint32_t next_random(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

/*
 * Rows of text that a person could have before him, some of them lists, and a few cells of
 * anything.
 */
static void change(struct cells *c, uint32_t *seed)
{
	static const char *const words[] = { "kvm_exit",
					     "  12.345 us",
					     "x",
					     "\xe2\x94\x82\xe2\x94\x82",
					     "        ",
					     "                                                  ",
					     "hrtimer_start",
					     "+" };
	uint32_t n = next_random(seed, 30), kind = next_random(seed, 6);
	int row, step = (int)next_random(seed, 3) + 1, lo = (int)next_random(seed, 10),
		 hi = lo + 6 + (int)next_random(seed, 7);

	for (row = lo; kind == 0 && row + step <= hi; row++)
		memcpy(cells_at(c, row, 0), cells_at(c, row + step, 0), COLS * sizeof(struct cell));
	for (row = hi; kind == 1 && row - step >= lo; row--)
		memcpy(cells_at(c, row, 0), cells_at(c, row - step, 0), COLS * sizeof(struct cell));
	if (kind == 2)
		cells_clear(c);
	while (n--) {
		int at = (int)next_random(seed, COLS), width = 1 + (int)next_random(seed, 20);

		row = (int)next_random(seed, ROWS);
		cells_put(c, row, at, COLS - at, (enum tui_role)next_random(seed, ROLE_NR),
			  words[next_random(seed, 8)]);
		if (!next_random(seed, 5))
			cells_flag(c, row, at, width < COLS - at ? width : COLS - at, CELL_REVERSE);
	}
	cells_cursor(c, (int)next_random(seed, ROWS), (int)next_random(seed, COLS), true);
}

static void start(struct tui_bytes *b, int colours, uint32_t can)
{
	int role;

	memset(b, 0, sizeof(*b));
	for (role = 0; role < ROLE_NR; role++)
		b->style[role] = tui_style_of((enum tui_role)role, THEME_SAFE, colours);
	b->erase_chars = can & 1;
	b->columns = can & 2;
	b->scroll = can & 4;
	tui_bytes_unknown(b);
}

static void any_frame_after_any_other(void **state)
{
	static const int colours[] = { 0, 8, 16, 256 };
	struct cells old = { 0 }, new = { 0 };
	struct screen s;
	struct tui_bytes b;
	uint32_t seed = 1, round, i;

	(void)state;
	assert_int_equal(cells_resize(&old, ROWS, COLS, NULL), 0);
	assert_int_equal(cells_resize(&new, ROWS, COLS, NULL), 0);
	for (round = 0; round < 32; round++) {
		start(&b, colours[round / 8], round);
		memset(&s, 0, sizeof(s));
		s.bottom = ROWS - 1;
		s.attrs = STYLE_REVERSE;
		for (i = 0; i < 100; i++) {
			change(&new, &seed);
			b.nr = 0;
			tui_bytes_frame(&b, i ? &old : NULL, &new);
			obey(&s, &b);
			expect_shown(&s, &b, &new);
			memcpy(old.c, new.c, (size_t)ROWS * COLS * sizeof(*old.c));
		}
		tui_bytes_free(&b);
	}
	cells_free(&old);
	cells_free(&new);
}

static void nothing_new_is_nothing_sent(void **state)
{
	struct cells c = { 0 };
	struct tui_bytes b;
	uint32_t seed = 7;

	(void)state;
	assert_int_equal(cells_resize(&c, ROWS, COLS, NULL), 0);
	change(&c, &seed);
	start(&b, 256, 7);
	tui_bytes_frame(&b, NULL, &c);
	b.nr = 0;
	tui_bytes_frame(&b, &c, &c);
	assert_int_equal(b.nr, 0);
	tui_bytes_free(&b);
	cells_free(&c);
}

/* A list of full rows that moves by one is a region scrolled, and one row: UX D1 has 112 bytes. */
static void a_list_scrolls(void **state)
{
	struct cells old = { 0 }, new = { 0 };
	struct tui_bytes b;
	int row;

	(void)state;
	assert_int_equal(cells_resize(&old, ROWS, COLS, NULL), 0);
	assert_int_equal(cells_resize(&new, ROWS, COLS, NULL), 0);
	for (row = 4; row < 20; row++) {
		cells_printf(&old, row, 0, COLS, ROLE_TEXT, "%*d of a list of pairs%40d us",
			     row % 7 + 8, row * 7919, row * 104729);
		cells_printf(&new, row, 0, COLS, ROLE_TEXT, "%*d of a list of pairs%40d us",
			     (row + 1) % 7 + 8, (row + 1) * 7919, (row + 1) * 104729);
	}
	start(&b, 256, 7);
	tui_bytes_frame(&b, NULL, &old);
	b.nr = 0;
	tui_bytes_frame(&b, &old, &new);
	assert_in_range(b.nr, 1, 112);
	tui_bytes_free(&b);
	cells_free(&old);
	cells_free(&new);
}

/* A row as lists and logs have them. */
static void put_line(struct cells *c, int row, int line)
{
	cells_printf(c, row, 0, COLS, ROLE_TEXT, "%*d said by a line%40d us", line % 7 + 8,
		     line * 7919, line * 104729);
}

/*
 * A decision moves list and log at once: two regions, and the head between them is not sent again.
 */
static void two_lists_scroll_around_a_row_that_stands(void **state)
{
	struct cells frame[2] = { 0 };
	struct tui_bytes b;
	int row, i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(cells_resize(&frame[i], ROWS, COLS, NULL), 0);
		for (row = 4; row < 12; row++)
			put_line(&frame[i], row, row + i);
		cells_printf(&frame[i], 12, 0, COLS, ROLE_TEXT, "%0*d", COLS, 7);
		for (row = 13; row < 19; row++)
			put_line(&frame[i], row, 100 + row + i);
	}
	start(&b, 256, 7);
	tui_bytes_frame(&b, NULL, &frame[0]);
	b.nr = 0;
	tui_bytes_frame(&b, &frame[0], &frame[1]);
	assert_in_range(b.nr, 1, 224);
	for (i = 0; i + 8 < (int)b.nr; i++)
		assert_int_not_equal(memcmp(b.buf + i, "00000000", 8), 0);
	tui_bytes_free(&b);
	cells_free(&frame[0]);
	cells_free(&frame[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_frame_after_any_other),
		cmocka_unit_test(nothing_new_is_nothing_sent),
		cmocka_unit_test(a_list_scrolls),
		cmocka_unit_test(two_lists_scroll_around_a_row_that_stands),
	};

	/* glyphs are measured by the locale */
	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
