// SPDX-License-Identifier: LGPL-2.1-or-later
/* What curses reads becomes keys of ours: special keys, the mouse, pasted text, Alt. */
#include "ui/term/term_keys.h"
#include "core/base/util.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#define NCURSES_WIDECHAR 1
#include <curses.h>

#include "app/words/keys.h"
#include "ui/term/term_signals.h"

#define ESC_DELAY_MS 50
/* around what is pasted; far above what curses gives to keys of single terminals */
#define KEY_PASTE_BEGIN 0x7001
#define KEY_PASTE_END 0x7002

struct term_keys {
	WINDOW *pad; /* reading from a pad never refreshes the screen by itself */
	bool pastes; /* the terminal was asked to mark what is pasted */
	bool pasted; /* what is read now is pasted */
};

struct term_keys *term_keys_open(void)
{
	struct term_keys *keys = vms_calloc(1, sizeof(*keys));
	const char *mouse = tigetstr("kmous");

	if (keys)
		keys->pad = newpad(1, 1);
	if (!keys || !keys->pad) {
		free(keys);
		return NULL;
	}
	raw();
	noecho();
	nonl();
	set_escdelay(getenv("ESCDELAY") ? get_escdelay() : ESC_DELAY_MS);
	/* Keys are folded by the application; half-written frames would only flicker. */
	typeahead(-1);
	/* a press and its release as they come: what lies between is a click or a drag */
	(void)mouseinterval(0);
	keypad(keys->pad, TRUE);
	nodelay(keys->pad, TRUE);
	meta(keys->pad, TRUE);
	/* of the kind that has a mouse: the others would show the mode's letters, or do nothing */
	keys->pastes = mouse && mouse != (const char *)-1 &&
		       define_key("\033[200~", KEY_PASTE_BEGIN) == OK &&
		       define_key("\033[201~", KEY_PASTE_END) == OK;
	term_keys_pause(keys, false);
	return keys;
}

void term_keys_pause(struct term_keys *keys, bool pause)
{
	keys->pasted = false;
	if (!keys->pastes)
		return;
	(void)fputs(pause ? "\033[?2004l" : "\033[?2004h", stdout);
	(void)fflush(stdout);
}

void term_keys_close(struct term_keys *keys)
{
	term_keys_pause(keys, true);
	delwin(keys->pad);
	free(keys);
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

/* Of pasted text only its characters count, and they are told from keys that were pressed. */
static uint32_t one_key(struct term_keys *keys, int kind, wint_t ch)
{
	uint32_t key = kind == KEY_CODE_YES ? map_key(ch) : map_char(ch);

	if (kind == KEY_CODE_YES && (ch == KEY_PASTE_BEGIN || ch == KEY_PASTE_END)) {
		keys->pasted = ch == KEY_PASTE_BEGIN;
		return APP_KEY_NONE;
	}
	if (!keys->pasted || key == APP_KEY_NONE)
		return key;
	return kind == KEY_CODE_YES ? APP_KEY_NONE : key | APP_KEY_PASTED;
}

void term_keys_read(struct term_keys *keys, bool mouse, struct tui_input *in)
{
	in->keys_nr = 0;
	in->resized = false;
	in->mouse_nr = 0;
	in->hangup = term_signals_hangup() != 0;
	while (in->keys_nr < in->keys_max && !in->mouse_nr) {
		wint_t ch = 0;
		int kind = wget_wch(keys->pad, &ch);
		uint32_t key;

		if (kind == ERR)
			break;
		if (kind == KEY_CODE_YES && ch == KEY_RESIZE) {
			in->resized = true;
			continue;
		}
		if (kind == KEY_CODE_YES && ch == KEY_MOUSE && mouse) {
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
		key = one_key(keys, kind, ch);
		if (key != APP_KEY_NONE)
			in->keys[in->keys_nr++] = key;
	}
	/* what belongs to it may come with the next read */
	if (in->keys_nr > 1 && in->keys_nr == in->keys_max &&
	    in->keys[in->keys_nr - 1] == APP_KEY_ESC)
		(void)unget_wch((wchar_t)in->keys[--in->keys_nr]);
	in->keys_nr = app_keys_sequences(in->keys, in->keys_nr);
}
