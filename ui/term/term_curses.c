// SPDX-License-Identifier: LGPL-2.1-or-later
/* The terminal itself, through curses. It sends no queries and draws no ACS. */
#include "ui/term/tui_term.h"
#include "core/base/util.h"

#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define NCURSES_WIDECHAR 1
#include <curses.h>

#include "app/words/keys.h"
#include "ui/term/term_crash.h"
#include "ui/term/term_editor.h"
#include "ui/term/term_keys.h"
#include "ui/term/term_signals.h"
#include "core/base/printable.h"

/* From <term.h>, whose short macro names (lines, hangup, ...) clash with ordinary ones. */
extern int setupterm(const char *term, int fd, int *code);

#define GAP_COLS 24

struct tui_term {
	SCREEN *screen;
	struct term_keys *keys;
	int cursor_visible; /* -1 = not known */
	struct tui_term_facts facts;
	struct tui_term_looks looks;
	int colours_nr; /* in use */
	attr_t style[ROLE_NR];
	short pair[ROLE_NR];
	struct term_signals signals;
};

static const char *cap_string(const char *name)
{
	const char *s = tigetstr(name);

	return s == (char *)-1 ? NULL : s;
}

/* @mode: of the terminal before the screen took it */
static void crash_prepare(const struct termios *mode)
{
	const char *const reset[] = { cap_string("kmous") ? "\033[?1006;1002;1000;2004l" : NULL,
				      cap_string("sgr0"), cap_string("cnorm"), cap_string("rmkx"),
				      cap_string("rmcup") };

	term_crash_prepare(reset, sizeof(reset) / sizeof(reset[0]), mode);
}

static int check_terminal(struct vms_err *err)
{
	const char *name = getenv("TERM");
	const char *cup;
	int code = 0;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return vms_fail(err, VMS_EUSAGE,
				"the screen needs a terminal for input and output; use --batch "
				"--report text without one");
	if (!name || !*name)
		return vms_fail(err, VMS_EUSAGE,
				"TERM is not set: type \"export TERM=xterm-256color\" (or what "
				"your terminal is) and try again");
	if (setupterm(NULL, STDOUT_FILENO, &code) != OK)
		return vms_fail(err, VMS_EUSAGE,
				"terminal type \"%s\" is not known here: type \"export "
				"TERM=xterm-256color\" (or vt100) and try again",
				name);
	cup = tigetstr("cup");
	if (!cup || cup == (char *)-1)
		return vms_fail(err, VMS_EUSAGE,
				"terminal type \"%s\" cannot place the cursor: use --batch "
				"--report text, or another TERM",
				name);
	return 0;
}

static bool glyph_works(wchar_t glyph)
{
	char bytes[MB_LEN_MAX + 1];
	mbstate_t state;

	memset(&state, 0, sizeof(state));
	return wcrtomb(bytes, glyph, &state) != (size_t)-1 && wcwidth(glyph) == 1;
}

static void find_facts(struct tui_term *t)
{
	bool utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	const char *name = getenv("TERM");

	t->facts.utf8 = utf8 && glyph_works(0x2502) && glyph_works(0x2588) && glyph_works(0x25bc);
	/* The console's font has no room for the 256 braille patterns. */
	t->facts.braille =
		t->facts.utf8 && glyph_works(0x28ff) && (!name || strcmp(name, "linux") != 0);
	t->facts.colours = has_colors() ? COLORS : 0;
}

int tui_term_open(struct tui_term **out, struct vms_err *err)
{
	struct tui_term *term;
	struct termios mode = { 0 };
	int ret = check_terminal(err);

	if (ret)
		return ret;
	term = vms_calloc(1, sizeof(*term));
	if (!term)
		return vms_fail(err, VMS_ENOMEM, "no memory for the terminal");
	(void)setlocale(LC_ALL, "");
	(void)setlocale(LC_NUMERIC, "C");
	(void)tcgetattr(STDIN_FILENO, &mode);
	/* an exported COLUMNS that is out of date must not win over the terminal's own size */
	use_env(TRUE);
	use_tioctl(TRUE);
	term->screen = newterm(NULL, stdout, stdin);
	term->keys = term->screen ? term_keys_open() : NULL;
	if (!term->keys) {
		if (term->screen) {
			endwin();
			delscreen(term->screen);
		}
		free(term);
		return vms_fail(err, VMS_EUSAGE,
				"the terminal could not be started: try another TERM, or --batch");
	}
	term_signals_take(&term->signals);
	if (has_colors()) {
		start_color();
		(void)use_default_colors();
	}
	find_facts(term);
	/* the alternate screen, and an empty one */
	(void)refresh();
	term->cursor_visible = -1;
	crash_prepare(&mode);
	term->looks = (struct tui_term_looks){ .theme = THEME_SAFE, .color = "auto" };
	tui_term_looks(term, &term->looks);
	*out = term;
	return 0;
}

void tui_term_close(struct tui_term *term)
{
	if (!term)
		return;
	term_crash_forget();
	if (term->looks.mouse)
		(void)mousemask(0, NULL);
	/*
	 * What stays on terminals without an alternate screen ends where the shell's prompt goes.
	 */
	(void)move(LINES - 1, 0);
	(void)clrtoeol();
	(void)refresh();
	term_keys_close(term->keys);
	endwin();
	delscreen(term->screen);
	term_signals_give_back(&term->signals);
	free(term);
}

void tui_term_facts(const struct tui_term *t, struct tui_term_facts *f)
{
	*f = t->facts;
}

static attr_t attrs_of(uint8_t attrs)
{
	return (attrs & STYLE_BOLD ? A_BOLD : 0) | (attrs & STYLE_DIM ? A_DIM : 0) |
	       (attrs & STYLE_REVERSE ? A_REVERSE : 0) |
	       (attrs & STYLE_UNDERLINE ? A_UNDERLINE : 0);
}

void tui_term_looks(struct tui_term *term, const struct tui_term_looks *looks)
{
	short next = 1;
	int role;

	if (looks->mouse != term->looks.mouse)
		(void)mousemask(looks->mouse ? BUTTON1_PRESSED | BUTTON1_RELEASED |
						       BUTTON4_PRESSED | BUTTON5_PRESSED
					     : 0,
				NULL);
	term->looks = *looks;
	term->colours_nr = tui_colours(term->facts.colours, looks->color, getenv("NO_COLOR"));
	for (role = 0; role < ROLE_NR; role++) {
		struct tui_style s =
			tui_style_of((enum tui_role)role, looks->theme, term->colours_nr);

		term->style[role] = attrs_of(s.attrs);
		term->pair[role] = 0;
		if (s.fg >= 0 && s.fg < COLORS && next < COLOR_PAIRS &&
		    init_pair(next, s.fg, -1) == OK)
			term->pair[role] = next++;
	}
}

void tui_term_size(const struct tui_term *t, int *rows, int *cols)
{
	(void)t;
	*rows = LINES;
	*cols = COLS;
}

/* What the locale cannot write, or measures otherwise, would shift the rest of the row. */
static void make_cell(cchar_t *out, const struct cell *cell, attr_t attrs, short pair)
{
	wchar_t text[CCHARW_MAX + 1];
	size_t at = 0, used, n = 0;
	uint32_t cp;

	while (n < CCHARW_MAX && (used = utf8_get(cell->text + at, cell->len - at, &cp)) > 0) {
		text[n++] = (wchar_t)cp;
		at += used;
	}
	text[n] = L'\0';
	if (!n || wcwidth(text[0]) != cell->width || setcchar(out, text, attrs, pair, NULL) != OK)
		(void)setcchar(out, L"?", attrs, pair, NULL);
}

static bool is_blank(const struct cell *cell)
{
	return cell->len == 1 && cell->text[0] == ' ';
}

/*
 * Nobody sees the colour of a space, but each change of it costs ten bytes: short gaps take the
 * look of what stands before them. Long ones stay plain, as terminals can erase those.
 * @before: what stands before the gap; NULL: nothing
 * @erased: the gap is long, or reaches the border
 */
static uint8_t gap_role(const struct tui_term *t, const struct cell *cell,
			const struct cell *before, bool erased)
{
	const attr_t seen = A_REVERSE | A_UNDERLINE;

	if (t->style[cell->role] & seen)
		return cell->role;
	if (!before || (erased && !(cell->flags & CELL_REVERSE)) || t->style[before->role] & seen)
		return cell->flags ? cell->role : ROLE_TEXT;
	return before->role;
}

/*
 * Brackets of mode 2026: curses has a buffer of its own, which doupdate() empties; this one is
 * emptied before and after.
 */
static void sync_bracket(const struct tui_term *t, const char *bytes)
{
	if (!t->looks.sync)
		return;
	(void)fputs(bytes, stdout);
	(void)fflush(stdout);
}

/* Return: columns of the gap that begins here; 0 where something stands */
static int gap_cols(const struct cells *c, int row, int col)
{
	int end = col;

	while (end < c->cols && is_blank(cells_at(c, row, end)))
		end++;
	return end - col;
}

static void put_row(struct tui_term *term, const struct cells *cells, int row)
{
	const struct cell *before = NULL;
	bool erased = false;
	int col, gap, gap_end = 0;

	for (col = 0; col < cells->cols && col < COLS; col++) {
		const struct cell *cell = cells_at(cells, row, col);
		uint8_t role = cell->role;
		attr_t attrs;
		cchar_t cc;

		if (!cell->width)
			continue;
		if (col >= gap_end) {
			gap = gap_cols(cells, row, col);
			gap_end = col + gap;
			erased = gap > GAP_COLS || gap_end == cells->cols;
		}
		if (col < gap_end)
			role = gap_role(term, cell, before, erased);
		else
			before = cell;
		attrs = term->style[role];
		if (cell->flags & CELL_REVERSE)
			attrs ^= A_REVERSE;
		if (cell->flags & CELL_UNDERLINE)
			attrs |= A_UNDERLINE;
		make_cell(&cc, cell, attrs, term->pair[role]);
		(void)mvadd_wch(row, col, &cc);
	}
}

/* Curses holds what the terminal shows, and sends what differs from it. */
void tui_term_draw(struct tui_term *term, const struct cells *cells)
{
	int row;

	sync_bracket(term, "\033[?2026h");
	if (term->cursor_visible != cells->cursor_visible) {
		(void)curs_set(cells->cursor_visible ? 1 : 0);
		term->cursor_visible = cells->cursor_visible;
	}
	for (row = 0; row < cells->rows && row < LINES; row++)
		put_row(term, cells, row);
	(void)move(cells->cursor_row < LINES ? cells->cursor_row : LINES - 1,
		   cells->cursor_col < COLS ? cells->cursor_col : COLS - 1);
	(void)refresh();
	sync_bracket(term, "\033[?2026l");
}

void tui_term_repaint(struct tui_term *t)
{
	(void)t;
	(void)clearok(curscr, TRUE);
}

/* Somebody else stopped it, or let it go on: modes and contents may be a shell's. */
static bool serve_stops(struct tui_term *t)
{
	if (term_signals_stopped()) {
		tui_term_suspend(t);
		return true;
	}
	if (!term_signals_continued())
		return false;
	(void)reset_prog_mode();
	tui_term_repaint(t);
	term_keys_pause(t->keys, false);
	t->cursor_visible = -1;
	return true;
}

bool tui_term_wait(struct tui_term *t, int wake_fd, int file_fd)
{
	struct pollfd fds[3] = { { .fd = STDIN_FILENO, .events = POLLIN },
				 { .fd = wake_fd, .events = POLLIN },
				 { .fd = file_fd, .events = POLLIN } };

	(void)term_signals_wait(&t->signals, fds, 3, -1);
	return serve_stops(t) || ((fds[1].revents | fds[2].revents) & (POLLIN | POLLHUP));
}

bool tui_term_pause(struct tui_term *t, int ms)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };

	return term_signals_wait(&t->signals, &fd, 1, ms);
}

void tui_term_read(struct tui_term *term, struct tui_input *in)
{
	term_keys_read(term->keys, term->looks.mouse, in);
}

int tui_term_edit(struct tui_term *t, const char *path)
{
	int ret = 0;

	(void)def_prog_mode();
	term_keys_pause(t->keys, true);
	(void)endwin();
	if (path)
		ret = term_editor(path);
	else
		term_signals_stop();
	(void)reset_prog_mode();
	tui_term_repaint(t);
	(void)refresh();
	term_keys_pause(t->keys, false);
	t->cursor_visible = -1;
	return ret;
}
