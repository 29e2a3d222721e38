// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How few bytes turn one frame into the next: moves, pens, erasures and scrolled regions of
 * ECMA-48. UX D1.
 */
#include "ui/term/term_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define BYTES_MAX (1u << 24)
#define ROWS_MAX 1000
#define SEQ_SIZE 32 /* [bytes] any one control sequence of ours */

#define SCROLL_ROWS_MAX 12 /* farther than that a list has been paged, not scrolled */
#define SCROLL_GAIN_MIN 20 /* [bytes] what a region set, scrolled and reset must save */
#define SIGNED_FROM 8	   /* [columns] by which rows are known again */
#define SIGNED_TO 64
#define SCROLLS_MAX 3 /* regions of a frame that move on their own */
/* [bytes] about what each run of changed cells costs beyond its text */
#define MOVE_COST 5
#define ERASE_COLS_MIN 4
#define ECH_COLS_MIN 9

/**
 * struct state - one frame on its way; rows of the old frame as the terminal shows them now, NULL =
 * blank
 */
struct state {
	struct tui_bytes *b;
	const struct cells *new;
	const struct cell *old[ROWS_MAX];
};

void tui_bytes_free(struct tui_bytes *b)
{
	free(b->buf);
	b->buf = NULL;
	b->nr = b->max = 0;
}

void tui_bytes_unknown(struct tui_bytes *b)
{
	b->row = b->col = -1;
	b->pen_known = false;
}

static void add(struct tui_bytes *b, const char *bytes, size_t nr)
{
	size_t max = b->max ? b->max : 4096;
	char *p;

	if (b->failed)
		return;
	while (max < b->nr + nr)
		max *= 2;
	if (max > b->max) {
		p = max <= BYTES_MAX ? realloc(b->buf, max) : NULL;
		if (!p) {
			b->failed = true;
			return;
		}
		b->buf = p;
		b->max = max;
	}
	memcpy(b->buf + b->nr, bytes, nr);
	b->nr += nr;
}

void tui_bytes_add(struct tui_bytes *b, const char *bytes)
{
	add(b, bytes, strlen(bytes));
}

void tui_bytes_colour(int fg, char *buf, size_t size)
{
	if (fg < 0)
		(void)snprintf(buf, size, "39");
	else if (fg < 16)
		(void)snprintf(buf, size, "%d", fg < 8 ? 30 + fg : 82 + fg);
	else
		(void)snprintf(buf, size, "38;5;%d", fg);
}

/* Pens */

/* Attributes cannot be ended alone on every terminal: whoever loses one starts from nothing. */
static void set_pen(struct tui_bytes *b, struct tui_style want)
{
	static const struct {
		uint8_t attr;
		const char *sgr;
	} attrs[] = { { STYLE_BOLD, "1" },
		      { STYLE_DIM, "2" },
		      { STYLE_UNDERLINE, "4" },
		      { STYLE_REVERSE, "7" } };
	char seq[SEQ_SIZE] = "\033[", colour[16];
	bool fresh =
		!b->pen_known || (b->pen.attrs & ~want.attrs) || (want.fg < 0 && b->pen.fg >= 0);
	struct tui_style from = b->pen;
	const char *sep = "";
	size_t i;

	if (b->pen_known && from.fg == want.fg && from.attrs == want.attrs)
		return;
	if (fresh) {
		from = (struct tui_style){ .fg = -1 };
		if (want.attrs || want.fg >= 0) {
			(void)strcat(seq, "0");
			sep = ";";
		}
	}
	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
		if (!(want.attrs & ~from.attrs & attrs[i].attr))
			continue;
		(void)strcat(seq, sep);
		(void)strcat(seq, attrs[i].sgr);
		sep = ";";
	}
	if (want.fg != from.fg) {
		tui_bytes_colour(want.fg, colour, sizeof(colour));
		(void)strcat(seq, sep);
		(void)strcat(seq, colour);
	}
	(void)strcat(seq, "m");
	tui_bytes_add(b, seq);
	b->pen = want;
	b->pen_known = true;
}

void tui_bytes_plain(struct tui_bytes *b)
{
	set_pen(b, (struct tui_style){ .fg = -1 });
}

static bool is_blank(const struct cell *c)
{
	return c->len == 1 && c->text[0] == ' ';
}

static struct tui_style style_of(const struct tui_bytes *b, const struct cell *c)
{
	struct tui_style s = b->style[c->role < ROLE_NR ? c->role : ROLE_TEXT];

	if (c->flags & CELL_REVERSE)
		s.attrs ^= STYLE_REVERSE;
	if (c->flags & CELL_UNDERLINE)
		s.attrs |= STYLE_UNDERLINE;
	/* nobody sees the colour of a space */
	if (is_blank(c) && !(s.attrs & (STYLE_REVERSE | STYLE_UNDERLINE)))
		s = (struct tui_style){ .fg = -1 };
	return s;
}

/* A cell that an erased place stands for too. */
static bool is_empty(const struct tui_bytes *b, const struct cell *c)
{
	return is_blank(c) && !style_of(b, c).attrs;
}

static bool pen_serves(const struct tui_bytes *b, const struct cell *c)
{
	struct tui_style s = style_of(b, c);

	if (!b->pen_known)
		return false;
	if (is_blank(c) && !s.attrs)
		return !(b->pen.attrs & (STYLE_REVERSE | STYLE_UNDERLINE));
	return b->pen.fg == s.fg && b->pen.attrs == s.attrs;
}

/* @a: NULL = blank */
static bool same(const struct tui_bytes *b, const struct cell *a, const struct cell *c)
{
	struct tui_style s, t;

	if (!a)
		return is_empty(b, c);
	if (a->len != c->len || a->width != c->width || memcmp(a->text, c->text, a->len))
		return false;
	if (a->role == c->role && a->flags == c->flags)
		return true;
	s = style_of(b, a);
	t = style_of(b, c);
	return s.fg == t.fg && s.attrs == t.attrs;
}

/* Text of cells */

/* What the locale measures otherwise would shift the rest of the row. */
static bool fits(const struct cell *c)
{
	mbstate_t state;
	wchar_t w;

	if ((unsigned char)c->text[0] < 0x80)
		return c->width == 1;
	memset(&state, 0, sizeof(state));
	if (mbrtowc(&w, c->text, c->len, &state) > c->len)
		return false;
	return wcwidth(w) == c->width;
}

static void put_cell(struct tui_bytes *b, const struct cell *c, int cols)
{
	if (!pen_serves(b, c))
		set_pen(b, style_of(b, c));
	if (fits(c))
		add(b, c->text, c->len);
	else
		add(b, "??", c->width);
	b->col += c->width;
	/* at the right border terminals differ in where the cursor stands */
	if (b->col >= cols)
		b->row = b->col = -1;
}

/* Moves */

static void shortest(char *best, const char *seq)
{
	if (!best[0] || strlen(seq) < strlen(best))
		(void)snprintf(best, SEQ_SIZE, "%s", seq);
}

static void put_steps(char *seq, size_t size, int n, char final)
{
	if (n == 1)
		(void)snprintf(seq, size, "\033[%c", final);
	else
		(void)snprintf(seq, size, "\033[%d%c", n, final);
}

/* From a known column to another of the same row. */
static void move_cols(const struct tui_bytes *b, int from, int to, char *best)
{
	char seq[SEQ_SIZE] = "\r";
	int n = to > from ? to - from : from - to;

	best[0] = '\0';
	if (!n)
		return;
	put_steps(best, SEQ_SIZE, n, to > from ? 'C' : 'D');
	if (to < from && n <= 3)
		(void)snprintf(best, SEQ_SIZE, "%.*s", n, "\b\b\b");
	if (b->columns) {
		(void)snprintf(seq, sizeof(seq), "\033[%dG", to + 1);
		shortest(best, seq);
	}
	(void)snprintf(seq, sizeof(seq), "\r");
	if (to)
		put_steps(seq + 1, SEQ_SIZE - 1, to, 'C');
	shortest(best, seq);
}

void tui_bytes_move(struct tui_bytes *b, int row, int col)
{
	char best[SEQ_SIZE], seq[2 * SEQ_SIZE], rows[SEQ_SIZE] = "", cols[SEQ_SIZE];

	if (b->row == row && b->col == col)
		return;
	(void)snprintf(best, sizeof(best), "\033[%d;%dH", row + 1, col + 1);
	if (!col)
		(void)snprintf(best, sizeof(best), "\033[%dH", row + 1);
	if (b->row >= 0 && b->col >= 0) {
		if (row != b->row) {
			put_steps(rows, SEQ_SIZE, row > b->row ? row - b->row : b->row - row,
				  row > b->row ? 'B' : 'A');
			if (b->columns) {
				(void)snprintf(seq, SEQ_SIZE, "\033[%dd", row + 1);
				shortest(rows, seq);
			}
		}
		move_cols(b, b->col, col, cols);
		(void)snprintf(seq, sizeof(seq), "%s%s", rows, cols);
		shortest(best, seq);
	}
	tui_bytes_add(b, best);
	b->row = row;
	b->col = col;
}

/*
 * To a later cell of the same row the way may lead over cells that stand already, when they cost
 * less than a move.
 */
static void move_along(struct state *st, int row, int col)
{
	const struct cell *cells = cells_at(st->new, row, 0);
	struct tui_bytes *b = st->b;
	char seq[SEQ_SIZE];
	size_t cost = 0;
	int i;

	if (b->row == row && b->col >= 0 && b->col < col && col - b->col < 12) {
		move_cols(b, b->col, col, seq);
		for (i = b->col; i < col; i++) {
			if (!pen_serves(b, &cells[i]) || !cells[i].width)
				break;
			cost += cells[i].len;
		}
		if (i == col && cost <= strlen(seq)) {
			while (b->col < col)
				put_cell(b, &cells[b->col], st->new->cols);
			return;
		}
	}
	tui_bytes_move(b, row, col);
}

/* Rows */

/*
 * From which column on the row is empty and was not, so far that erasing is the shorter way; else
 * cols.
 */
static int erase_from(const struct state *st, int row)
{
	const struct cell *now = cells_at(st->new, row, 0), *was = st->old[row];
	int col = st->new->cols, differ = 0;

	while (col > 0 && is_empty(st->b, &now[col - 1])) {
		col--;
		differ += was && !same(st->b, &was[col], &now[col]);
	}
	while (col < st->new->cols && was &&same(st->b, &was[col], &now[col]))
		col++;
	return differ >= ERASE_COLS_MIN ? col : st->new->cols;
}

/*
 * A run of cells to be emptied, long enough that ECH is the shorter way. Return: its length, or 0.
 */
static int empty_run(const struct state *st, int row, int col)
{
	const struct cell *now = cells_at(st->new, row, 0), *was = st->old[row];
	int i, last = col;

	if (!st->b->erase_chars || !was)
		return 0;
	for (i = col; i < st->new->cols &&is_empty(st->b, &now[i]); i++)
		if (!same(st->b, &was[i], &now[i]))
			last = i + 1;
	return last - col >= ECH_COLS_MIN ? last - col : 0;
}

/* Colours do not matter to erasures: there is no background but the terminal's own. */
static void end_visible_attrs(struct tui_bytes *b)
{
	if (!b->pen_known || b->pen.attrs & (STYLE_REVERSE | STYLE_UNDERLINE))
		tui_bytes_plain(b);
}

static void draw_row(struct state *st, int row)
{
	const struct cell *now = cells_at(st->new, row, 0), *was = st->old[row];
	struct tui_bytes *b = st->b;
	int cols = st->new->cols, col, end = erase_from(st, row), run;
	char seq[SEQ_SIZE];

	for (col = 0; col < end; col++) {
		if (!now[col].width || same(b, was ? &was[col] : NULL, &now[col]))
			continue;
		move_along(st, row, col);
		run = empty_run(st, row, col);
		if (run) {
			end_visible_attrs(b);
			(void)snprintf(seq, sizeof(seq), "\033[%dX", run);
			tui_bytes_add(b, seq);
			col += run - 1;
			continue;
		}
		put_cell(b, &now[col], cols);
	}
	if (end < cols) {
		move_along(st, row, end);
		end_visible_attrs(b);
		tui_bytes_add(b, "\033[K");
	}
}

/* Scrolling */

/**
 * struct scroll - rows lo to hi of the frame move up by d (down if negative) before the rest is
 * drawn
 */
struct scroll {
	int lo, hi, d;
	int gain; /* [bytes] that need not be sent, about */
};

/* About what a row costs to be sent, in bytes. */
static int row_cost(const struct state *st, const struct cell *was, int row)
{
	const struct cell *now = cells_at(st->new, row, 0);
	int col, cost = 0;
	bool run = false;

	for (col = 0; col < st->new->cols; col++) {
		bool differs = !same(st->b, was ? &was[col] : NULL, &now[col]);

		cost += differs + (differs && !run ? MOVE_COST : 0);
		run = differs;
	}
	return cost;
}

/* The run of rows in which a scroll by @d saves most; the rows that it uncovers are charged. */
static void best_run(const struct state *st, const int *plain, int d, struct scroll *best)
{
	int rows = st->new->rows, step = d > 0 ? d : -d, from = -1, sum = 0, row;

	for (row = d > 0 ? 0 : step; row < rows - (d > 0 ? step : 0); row++) {
		int i, charge = 0, lo, hi;

		if (from < 0 || sum <= 0) {
			/* a row that stands already has nothing to gain; inside a run it is lost */
			from = plain[row] ? row : -1;
			sum = 0;
		}
		if (from < 0)
			continue;
		sum += plain[row] - row_cost(st, st->old[row + d], row);
		if (sum - SCROLL_GAIN_MIN <= best->gain)
			continue;
		lo = d > 0 ? from : from - step;
		hi = d > 0 ? row + step : row;
		for (i = 0; i < step; i++) {
			int bare = d > 0 ? hi - i : lo + i;

			charge += row_cost(st, NULL, bare) - plain[bare];
		}
		if (sum - charge - SCROLL_GAIN_MIN > best->gain)
			*best = (struct scroll){ lo, hi, d, sum - charge - SCROLL_GAIN_MIN };
	}
}

static void do_scroll(struct state *st, const struct scroll *s)
{
	struct tui_bytes *b = st->b;
	int step = s->d > 0 ? s->d : -s->d, i;
	char seq[SEQ_SIZE];

	end_visible_attrs(b);
	(void)snprintf(seq, sizeof(seq), "\033[%d;%dr", s->lo + 1, s->hi + 1);
	tui_bytes_add(b, seq);
	/* setting a region sends the cursor home */
	b->row = b->col = 0;
	tui_bytes_move(b, s->d > 0 ? s->hi : s->lo, 0);
	for (i = 0; i < step; i++)
		tui_bytes_add(b, s->d > 0 ? "\n" : "\033M");
	tui_bytes_add(b, "\033[r");
	b->row = b->col = 0;
	if (s->d > 0)
		for (i = s->lo; i <= s->hi; i++)
			st->old[i] = i + step <= s->hi ? st->old[i + step] : NULL;
	else
		for (i = s->hi; i >= s->lo; i--)
			st->old[i] = i - step >= s->lo ? st->old[i - step] : NULL;
}

/* What a row says right of the marks of lists, as a number; 0: nothing. */
static uint64_t signature(const struct state *st, const struct cell *row)
{
	uint64_t sig = 14695981039346656037u;
	bool blank = true;
	int col, i;

	for (col = SIGNED_FROM; row && col < st->new->cols &&col < SIGNED_TO; col++) {
		blank = blank && is_blank(&row[col]);
		for (i = 0; i < row[col].len; i++)
			sig = (sig ^ (unsigned char)row[col].text[i]) * 1099511628211u;
	}
	return blank ? 0 : sig;
}

/*
 * Whether any changed row is one of the old ones, @d below: comparing all cells for nothing takes
 * longer than a frame may.
 */
static bool has_moved(const int *plain, const uint64_t *was, const uint64_t *now, int rows, int d)
{
	int row;

	for (row = d > 0 ? 0 : -d; row < rows - (d > 0 ? d : 0); row++)
		if (plain[row] && now[row] && now[row] == was[row + d])
			return true;
	return false;
}

/* The scroll that saves most; false when none saves anything. */
static bool scroll_once(struct state *st)
{
	uint64_t was[ROWS_MAX], now[ROWS_MAX];
	int plain[ROWS_MAX], rows = st->new->rows, row, d, changed = 0;
	struct scroll best = { 0 };

	for (row = 0; row < rows; row++) {
		plain[row] = row_cost(st, st->old[row], row);
		changed += plain[row] > 0;
		was[row] = signature(st, st->old[row]);
		now[row] = signature(st, cells_at(st->new, row, 0));
	}
	if (changed < 2)
		return false;
	for (d = 1; d <= SCROLL_ROWS_MAX && d < rows; d++) {
		if (has_moved(plain, was, now, rows, d))
			best_run(st, plain, d, &best);
		if (has_moved(plain, was, now, rows, -d))
			best_run(st, plain, -d, &best);
	}
	if (best.gain <= 0)
		return false;
	do_scroll(st, &best);
	return true;
}

/*
 * Lists scroll by a row or few, and a decision moves list and log; a pan changes every cell and is
 * left alone.
 */
static void scroll_first(struct state *st)
{
	int i;

	for (i = 0; i < SCROLLS_MAX && scroll_once(st); i++)
		;
}

void tui_bytes_frame(struct tui_bytes *b, const struct cells *old, const struct cells *new)
{
	struct state st = { .b = b, .new = new };
	int row;

	if (new->rows > ROWS_MAX)
		return;
	if (old) {
		for (row = 0; row < new->rows; row++)
			st.old[row] = cells_at(old, row, 0);
		if (b->scroll)
			scroll_first(&st);
	} else {
		b->pen_known = false;
		tui_bytes_plain(b);
		tui_bytes_add(b, "\033[H\033[2J");
		b->row = b->col = 0;
	}
	for (row = 0; row < new->rows; row++)
		draw_row(&st, row);
	tui_bytes_move(b, new->cursor_row < new->rows ? new->cursor_row : new->rows - 1,
		       new->cursor_col < new->cols ? new->cursor_col : new->cols - 1);
}
