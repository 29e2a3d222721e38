// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The terminal itself: the only file that knows curses. It sends no queries and draws no ACS, so
 * that a terminal that answers late or draws its own lines shows the same.
 */
#include "ui/term/tui_term.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define NCURSES_WIDECHAR 1
#include <curses.h>

#include "app/words/keys.h"
#include "ui/term/term_bytes.h"
#include "ui/term/term_crash.h"

/* From <term.h>, whose short macro names (lines, hangup, ...) clash with ordinary ones. */
extern int setupterm(const char *term, int fd, int *code);
extern char *tiparm(const char *cap, ...);

#define ESC_DELAY_MS 50
#define GAP_COLS 24

struct tui_term {
	SCREEN *screen;
	WINDOW *keys;	    /* a pad: reading from it never refreshes the screen by itself */
	struct cells shown; /* the frame on the terminal */
	bool shown_valid;
	/* frames go this way where the terminal speaks ECMA-48, through curses else */
	struct tui_bytes bytes;
	bool by_bytes;
	int cursor_visible; /* -1 = not known */
	struct tui_term_facts facts;
	struct tui_term_looks looks;
	int colours_nr; /* in use */
	attr_t style[ROLE_NR];
	short pair[ROLE_NR];
	sigset_t wait_mask; /* while waiting: the signals that end a wait get through */
	sigset_t old_mask;
	struct sigaction old_hup, old_term;
};

static volatile sig_atomic_t hangup;

static void on_hangup(int sig)
{
	(void)sig;
	hangup = 1;
}

static const char *cap_string(const char *name)
{
	const char *s = tigetstr(name);

	return s == (char *)-1 ? NULL : s;
}

/* @mode: of the terminal before the screen took it */
static void crash_prepare(const struct termios *mode)
{
	const char *const reset[] = { cap_string("sgr0"), cap_string("cnorm"), cap_string("rmkx"),
				      cap_string("rmcup") };

	term_crash_prepare(reset, sizeof(reset) / sizeof(reset[0]), mode);
}

/*
 * WINCH, HUP and TERM are let in only while waiting: no resize can slip in between looking for
 * keys and going to sleep. The loader's thread inherits the mask, so they always reach this one.
 */
static void signals_prepare(struct tui_term *t)
{
	struct sigaction sa;
	sigset_t block;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_hangup;
	sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGHUP, &sa, &t->old_hup);
	(void)sigaction(SIGTERM, &sa, &t->old_term);
	sigemptyset(&block);
	sigaddset(&block, SIGWINCH);
	sigaddset(&block, SIGHUP);
	sigaddset(&block, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &block, &t->old_mask);
	t->wait_mask = t->old_mask;
	sigdelset(&t->wait_mask, SIGWINCH);
	sigdelset(&t->wait_mask, SIGHUP);
	sigdelset(&t->wait_mask, SIGTERM);
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
				"terminal type \"%.40s\" is not known here: type \"export "
				"TERM=xterm-256color\" (or vt100) and try again",
				name);
	cup = tigetstr("cup");
	if (!cup || cup == (char *)-1)
		return vms_fail(err, VMS_EUSAGE,
				"terminal type \"%.40s\" cannot place the cursor: use --batch "
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

static void start_input(struct tui_term *t)
{
	raw();
	noecho();
	nonl();
	set_escdelay(getenv("ESCDELAY") ? get_escdelay() : ESC_DELAY_MS);
	/* Keys are folded by the application; half-written frames would only flicker. */
	typeahead(-1);
	/* a press and its release as they come: what lies between is a click or a drag */
	(void)mouseinterval(0);
	keypad(t->keys, TRUE);
	nodelay(t->keys, TRUE);
	meta(t->keys, TRUE);
}

int tui_term_open(struct tui_term **out, struct vms_err *err)
{
	struct tui_term *t;
	struct termios mode = { 0 };
	int ret = check_terminal(err);

	if (ret)
		return ret;
	t = calloc(1, sizeof(*t));
	if (!t)
		return vms_fail(err, VMS_ENOMEM, "no memory for the terminal");
	(void)setlocale(LC_ALL, "");
	(void)setlocale(LC_NUMERIC, "C");
	(void)tcgetattr(STDIN_FILENO, &mode);
	/* an exported COLUMNS that is out of date must not win over the terminal's own size */
	use_env(TRUE);
	use_tioctl(TRUE);
	t->screen = newterm(NULL, stdout, stdin);
	t->keys = t->screen ? newpad(1, 1) : NULL;
	if (!t->keys) {
		if (t->screen) {
			endwin();
			delscreen(t->screen);
		}
		free(t);
		return vms_fail(err, VMS_EUSAGE,
				"the terminal could not be started: try another TERM, or --batch");
	}
	hangup = 0;
	signals_prepare(t);
	start_input(t);
	if (has_colors()) {
		start_color();
		(void)use_default_colors();
	}
	find_facts(t);
	/* the alternate screen, and an empty one */
	(void)refresh();
	t->cursor_visible = -1;
	crash_prepare(&mode);
	t->looks = (struct tui_term_looks){ .theme = THEME_SAFE, .color = "auto" };
	tui_term_looks(t, &t->looks);
	*out = t;
	return 0;
}

static void flush_bytes(struct tui_term *t)
{
	(void)fwrite(t->bytes.buf, 1, t->bytes.nr, stdout);
	(void)fflush(stdout);
	t->bytes.nr = 0;
}

/* What curses does not know of has to be ended here. */
static void leave_bytes(struct tui_term *t)
{
	tui_bytes_unknown(&t->bytes);
	tui_bytes_plain(&t->bytes);
	tui_bytes_move(&t->bytes, LINES - 1, 0);
	tui_bytes_add(&t->bytes, "\033[K");
	flush_bytes(t);
}

void tui_term_close(struct tui_term *t)
{
	if (!t)
		return;
	term_crash_forget();
	if (t->looks.mouse)
		(void)mousemask(0, NULL);
	/*
	 * What stays on terminals without an alternate screen ends where the shell's prompt goes.
	 */
	(void)move(LINES - 1, 0);
	(void)clrtoeol();
	(void)refresh();
	if (t->by_bytes)
		leave_bytes(t);
	endwin();
	tui_bytes_free(&t->bytes);
	delwin(t->keys);
	delscreen(t->screen);
	(void)sigaction(SIGHUP, &t->old_hup, NULL);
	(void)sigaction(SIGTERM, &t->old_term, NULL);
	(void)sigprocmask(SIG_SETMASK, &t->old_mask, NULL);
	cells_free(&t->shown);
	free(t);
}

void tui_term_facts(const struct tui_term *t, struct tui_term_facts *f)
{
	*f = t->facts;
}

static attr_t attrs_of(uint8_t attrs)
{
	attr_t a = A_NORMAL;

	if (attrs & STYLE_BOLD)
		a |= A_BOLD;
	if (attrs & STYLE_DIM)
		a |= A_DIM;
	if (attrs & STYLE_REVERSE)
		a |= A_REVERSE;
	if (attrs & STYLE_UNDERLINE)
		a |= A_UNDERLINE;
	return a;
}

static bool cap_is(const char *name, int a, int b, const char *want)
{
	const char *cap = tigetstr(name);

	return cap && cap != (char *)-1 && !strcmp(tiparm(cap, a, b), want);
}

static bool colour_is_plain(int fg)
{
	char want[32], sgr[16];

	tui_bytes_colour(fg, sgr, sizeof(sgr));
	(void)snprintf(want, sizeof(want), "\033[%sm", sgr);
	return cap_is("setaf", fg, 0, want);
}

/*
 * May frames be written without curses? It resets and sets more than it has to: a third more
 * bytes. Everything that is written has to be what terminfo says; a terminal that needs padding
 * or other words gets curses.
 */
static bool speaks_ecma48(struct tui_term *t)
{
	struct tui_bytes *b = &t->bytes;
	int role;

	if (!t->facts.utf8 || tigetflag("xenl") <= 0 || tigetnum("xmc") > 0)
		return false;
	if (!cap_is("cup", 4, 9, "\033[5;10H") || !cap_is("el", 0, 0, "\033[K") ||
	    !cap_is("cuf", 5, 0, "\033[5C") || !cap_is("cub", 5, 0, "\033[5D") ||
	    !cap_is("cuu", 5, 0, "\033[5A") || !cap_is("cud", 5, 0, "\033[5B") ||
	    !cap_is("bold", 0, 0, "\033[1m") || !cap_is("rev", 0, 0, "\033[7m") ||
	    !cap_is("smul", 0, 0, "\033[4m"))
		return false;
	for (role = 0; role < ROLE_NR; role++) {
		b->style[role] = tui_style_of((enum tui_role)role, t->looks.theme, t->colours_nr);
		if (!cap_is("dim", 0, 0, "\033[2m"))
			b->style[role].attrs &= (uint8_t)~STYLE_DIM;
		if (b->style[role].fg >= 0 && !colour_is_plain(b->style[role].fg))
			return false;
	}
	b->erase_chars = cap_is("ech", 5, 0, "\033[5X");
	b->columns = cap_is("hpa", 4, 0, "\033[5G") && cap_is("vpa", 4, 0, "\033[5d");
	b->scroll = cap_is("csr", 2, 7, "\033[3;8r") && cap_is("ri", 0, 0, "\033M") &&
		    cap_is("ind", 0, 0, "\n");
	return true;
}

void tui_term_looks(struct tui_term *t, const struct tui_term_looks *looks)
{
	short next = 1;
	int role;

	if (looks->mouse != t->looks.mouse)
		(void)mousemask(looks->mouse ? BUTTON1_PRESSED | BUTTON1_RELEASED |
						       BUTTON4_PRESSED | BUTTON5_PRESSED
					     : 0,
				NULL);
	t->looks = *looks;
	t->colours_nr = tui_colours(t->facts.colours, looks->color, getenv("NO_COLOR"));
	for (role = 0; role < ROLE_NR; role++) {
		struct tui_style s = tui_style_of((enum tui_role)role, looks->theme, t->colours_nr);

		t->style[role] = attrs_of(s.attrs);
		t->pair[role] = 0;
		if (s.fg >= 0 && s.fg < COLORS && next < COLOR_PAIRS &&
		    init_pair(next, s.fg, -1) == OK)
			t->pair[role] = next++;
	}
	t->by_bytes = speaks_ecma48(t);
	t->shown_valid = false;
}

void tui_term_size(const struct tui_term *t, int *rows, int *cols)
{
	(void)t;
	*rows = LINES;
	*cols = COLS;
}

static void put_cell(struct tui_term *t, int row, int col, const struct cell *cell, uint8_t role)
{
	wchar_t text[CCHARW_MAX + 1];
	size_t at = 0, used, n = 0;
	attr_t attrs = t->style[role];
	uint32_t cp;
	cchar_t cc;

	while (n < CCHARW_MAX && (used = cells_decode(cell->text + at, cell->len - at, &cp)) > 0) {
		text[n++] = (wchar_t)cp;
		at += used;
	}
	/* What the locale cannot write, or measures otherwise, would shift the rest of the row. */
	if (!n || wcwidth(text[0]) != cell->width) {
		text[0] = L'?';
		n = 1;
	}
	text[n] = L'\0';
	if (cell->flags & CELL_REVERSE)
		attrs ^= A_REVERSE;
	if (cell->flags & CELL_UNDERLINE)
		attrs |= A_UNDERLINE;
	if (setcchar(&cc, text, attrs, t->pair[role], NULL) == OK)
		(void)mvadd_wch(row, col, &cc);
}

static bool is_blank(const struct cell *cell)
{
	return cell->len == 1 && cell->text[0] == ' ';
}

/*
 * Nobody sees the colour of a space, but each change of it costs ten bytes: short gaps take the
 * look of what stands before them. Long ones stay plain, as terminals can erase those.
 */
static uint8_t gap_role(const struct tui_term *t, const struct cells *c, int row, int col)
{
	const struct cell *cell = cells_at(c, row, col), *before = NULL, *after = NULL;
	int from = col, to = col;

	if (!is_blank(cell) || t->style[cell->role] & (A_REVERSE | A_UNDERLINE))
		return cell->role;
	while (from > 0 && is_blank(before = cells_at(c, row, from - 1)))
		from--;
	while (to + 1 < c->cols && is_blank(after = cells_at(c, row, to + 1)))
		to++;
	if (from == 0 ||
	    (!(cell->flags & CELL_REVERSE) && (to + 1 == c->cols || to - from >= GAP_COLS)) ||
	    t->style[before->role] & (A_REVERSE | A_UNDERLINE))
		return cell->flags ? cell->role : ROLE_TEXT;
	return before->role;
}

static bool cell_same(const struct cell *a, const struct cell *b)
{
	return a->len == b->len && a->width == b->width && a->role == b->role &&
	       a->flags == b->flags && !memcmp(a->text, b->text, a->len);
}

static bool row_same(const struct cells *a, const struct cells *b, int row)
{
	int col;

	for (col = 0; col < a->cols; col++)
		if (!cell_same(cells_at(a, row, col), cells_at(b, row, col)))
			return false;
	return true;
}

static bool keep_shown(struct tui_term *t, const struct cells *c)
{
	if (t->shown.rows != c->rows || t->shown.cols != c->cols) {
		if (cells_resize(&t->shown, c->rows, c->cols, NULL))
			return false;
		t->shown_valid = false;
	}
	return true;
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

static void draw_by_curses(struct tui_term *t, const struct cells *c, bool known)
{
	int row, col;

	if (!known)
		erase();
	for (row = 0; row < c->rows && row < LINES; row++) {
		/* what a gap looks like depends on its neighbours: whole rows or nothing */
		if (known && row_same(c, &t->shown, row))
			continue;
		for (col = 0; col < c->cols && col < COLS; col++) {
			const struct cell *cell = cells_at(c, row, col);

			if (cell->width)
				put_cell(t, row, col, cell, gap_role(t, c, row, col));
		}
	}
	(void)move(c->cursor_row < LINES ? c->cursor_row : LINES - 1,
		   c->cursor_col < COLS ? c->cursor_col : COLS - 1);
	(void)wnoutrefresh(stdscr);
	(void)doupdate();
	(void)fflush(stdout);
}

static void draw_by_bytes(struct tui_term *t, const struct cells *c, bool known)
{
	struct tui_bytes *b = &t->bytes;

	/* a resize lets curses repaint what it holds, an empty screen: now, not over this frame */
	if (!known) {
		(void)refresh();
		tui_bytes_unknown(b);
	}
	b->failed = false;
	tui_bytes_frame(b, known ? &t->shown : NULL, c);
	flush_bytes(t);
	if (b->failed)
		t->shown_valid = false;
}

void tui_term_draw(struct tui_term *t, const struct cells *c)
{
	bool known = keep_shown(t, c) && t->shown_valid;

	sync_bracket(t, "\033[?2026h");
	if (t->cursor_visible != c->cursor_visible) {
		(void)curs_set(c->cursor_visible ? 1 : 0);
		t->cursor_visible = c->cursor_visible;
	}
	/* a window that has just changed again is drawn when curses has told so */
	if (t->by_bytes && c->rows == LINES && c->cols == COLS)
		draw_by_bytes(t, c, known);
	else
		draw_by_curses(t, c, known);
	if (t->shown.rows == c->rows && t->shown.cols == c->cols) {
		/* plain bytes: cells hold no pointers */
		memcpy(t->shown.c, c->c, (size_t)c->rows * (size_t)c->cols * sizeof(*c->c));
		t->shown_valid = !t->bytes.failed;
	}
	sync_bracket(t, "\033[?2026l");
}

void tui_term_repaint(struct tui_term *t)
{
	t->shown_valid = false;
	(void)clearok(curscr, TRUE);
}

bool tui_term_wait(struct tui_term *t, int wake_fd)
{
	struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
				 { .fd = wake_fd, .events = POLLIN } };

	if (hangup)
		return false;
	if (ppoll(fds, 2, NULL, &t->wait_mask) < 0)
		return false;
	/* The terminal is gone: as if HUP had come. */
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		hangup = 1;
	return wake_fd >= 0 && (fds[1].revents & (POLLIN | POLLHUP));
}

bool tui_term_pause(struct tui_term *t, int ms)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	struct timespec end = { .tv_nsec = (long)ms * 1000000 };

	return !hangup && ppoll(&fd, 1, &end, &t->wait_mask) != 0;
}

static uint32_t map_key(wint_t code)
{
	static const struct {
		int from;
		uint32_t to;
	} map[] = {
		{ KEY_UP, APP_KEY_UP },
		{ KEY_DOWN, APP_KEY_DOWN },
		{ KEY_LEFT, APP_KEY_LEFT },
		{ KEY_RIGHT, APP_KEY_RIGHT },
		{ KEY_SLEFT, APP_KEY_SHIFT_LEFT },
		{ KEY_SRIGHT, APP_KEY_SHIFT_RIGHT },
		{ KEY_HOME, APP_KEY_HOME },
		{ KEY_FIND, APP_KEY_HOME },
		{ KEY_END, APP_KEY_END },
		{ KEY_SELECT, APP_KEY_END },
		{ KEY_PPAGE, APP_KEY_PGUP },
		{ KEY_NPAGE, APP_KEY_PGDN },
		{ KEY_IC, APP_KEY_INSERT },
		{ KEY_DC, APP_KEY_DELETE },
		{ KEY_BTAB, APP_KEY_BACKTAB },
		{ KEY_ENTER, APP_KEY_ENTER },
		{ KEY_BACKSPACE, APP_KEY_BACKSPACE },
	};
	size_t i;

	for (i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].from == (int)code)
			return map[i].to;
	if (code >= KEY_F(1) && code <= KEY_F(12))
		return APP_KEY_F1 + (uint32_t)(code - KEY_F(1));
	return APP_KEY_NONE;
}

static uint32_t map_char(wint_t ch)
{
	if (ch == '\n' || ch == '\r')
		return APP_KEY_ENTER;
	if (ch == 8 || ch == 127)
		return APP_KEY_BACKSPACE;
	return ch > 0 && ch <= 0x10ffff ? (uint32_t)ch : APP_KEY_NONE;
}

/* Curses may have several for one KEY_MOUSE, the newest first. */
static void read_mouse(struct tui_input *in)
{
	MEVENT ev[TUI_MOUSE_MAX];
	int nr = 0;

	while (nr < TUI_MOUSE_MAX && getmouse(&ev[nr]) == OK)
		nr++;
	while (nr-- > 0)
		in->mouse[in->mouse_nr++] = (struct tui_mouse){
			.row = ev[nr].y,
			.col = ev[nr].x,
			.wheel = ev[nr].bstate & BUTTON4_PRESSED   ? -1
				 : ev[nr].bstate & BUTTON5_PRESSED ? 1
								   : 0,
			.released = ev[nr].bstate & BUTTON1_RELEASED,
		};
}

void tui_term_read(struct tui_term *t, struct tui_input *in)
{
	in->keys_nr = 0;
	in->resized = false;
	in->mouse_nr = 0;
	in->hangup = hangup != 0;
	while (in->keys_nr < in->keys_max && !in->mouse_nr) {
		wint_t ch = 0;
		int kind = wget_wch(t->keys, &ch);
		uint32_t key;

		if (kind == ERR)
			break;
		if (kind == KEY_CODE_YES && ch == KEY_RESIZE) {
			in->resized = true;
			t->shown_valid = false;
			continue;
		}
		if (kind == KEY_CODE_YES && ch == KEY_MOUSE && t->looks.mouse) {
			read_mouse(in);
			continue;
		}
		/*
		 * the mouse that a crashed program left on: curses took the beginning of a
		 * sequence, here it is again
		 */
		if (kind == KEY_CODE_YES && ch == KEY_MOUSE && in->keys_nr + 3 <= in->keys_max) {
			in->keys[in->keys_nr++] = APP_KEY_ESC;
			in->keys[in->keys_nr++] = '[';
			in->keys[in->keys_nr++] = '<';
			continue;
		}
		key = kind == KEY_CODE_YES ? map_key(ch) : map_char(ch);
		if (key != APP_KEY_NONE)
			in->keys[in->keys_nr++] = key;
	}
	in->keys_nr = app_keys_sequences(in->keys, in->keys_nr);
}

void tui_term_suspend(struct tui_term *t)
{
	struct sigaction dfl, old;
	sigset_t none, before;

	(void)def_prog_mode();
	(void)endwin();
	memset(&dfl, 0, sizeof(dfl));
	dfl.sa_handler = SIG_DFL;
	sigemptyset(&dfl.sa_mask);
	(void)sigaction(SIGTSTP, &dfl, &old);
	sigemptyset(&none);
	sigaddset(&none, SIGTSTP);
	(void)sigprocmask(SIG_UNBLOCK, &none, &before);
	/*
	 * The whole group, as the terminal's driver would: a pipeline or a wrapper script stops
	 * too.
	 */
	(void)kill(0, SIGTSTP);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)sigaction(SIGTSTP, &old, NULL);
	(void)reset_prog_mode();
	tui_term_repaint(t);
	(void)refresh();
	t->cursor_visible = -1;
}

static void put_base64(const unsigned char *s, size_t nr)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i;

	for (i = 0; i < nr; i += 3) {
		size_t left = nr - i;
		uint32_t v = (uint32_t)s[i] << 16 | (left > 1 ? (uint32_t)s[i + 1] << 8 : 0) |
			     (left > 2 ? s[i + 2] : 0);

		(void)fputc(digits[v >> 18], stdout);
		(void)fputc(digits[v >> 12 & 63], stdout);
		(void)fputc(left > 1 ? digits[v >> 6 & 63] : '=', stdout);
		(void)fputc(left > 2 ? digits[v & 63] : '=', stdout);
	}
}

void tui_term_copy(struct tui_term *t, const char *text)
{
	(void)t;
	(void)fputs("\033]52;c;", stdout);
	put_base64((const unsigned char *)text, strlen(text));
	(void)fputs("\a", stdout);
	(void)fflush(stdout);
}
