/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys as numbers: Unicode code points and names for the special ones, free of any terminal
 * library.
 */
#ifndef APP_KEYS_H
#define APP_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A key is a Unicode code point (control keys are 1..31, Esc 27, Tab 9, Enter 13, Backspace
 * KEY_BACKSPACE) or one of these. A terminal maps what it reads to them: 10 and 13 both to
 * APP_KEY_ENTER, 8 and 127 both to APP_KEY_BACKSPACE.
 */
enum app_key {
	APP_KEY_NONE = 0,
	APP_KEY_TAB = 9,
	APP_KEY_ENTER = 13,
	APP_KEY_ESC = 27,
	APP_KEY_SPACE = 32,
	APP_KEY_BACKSPACE = 127,
	APP_KEY_SPECIAL = 0x110000, /* above all of Unicode */
	APP_KEY_UP,
	APP_KEY_DOWN,
	APP_KEY_LEFT,
	APP_KEY_RIGHT,
	APP_KEY_SHIFT_LEFT,
	APP_KEY_SHIFT_RIGHT,
	APP_KEY_HOME,
	APP_KEY_END,
	APP_KEY_PGUP,
	APP_KEY_PGDN,
	APP_KEY_INSERT,
	APP_KEY_DELETE,
	APP_KEY_BACKTAB,
	APP_KEY_F1,
	APP_KEY_F2,
	APP_KEY_F3,
	APP_KEY_F4,
	APP_KEY_F5,
	APP_KEY_F6,
	APP_KEY_F7,
	APP_KEY_F8,
	APP_KEY_F9,
	APP_KEY_F10,
	APP_KEY_F11,
	APP_KEY_F12,
	APP_KEY_END_OF_LIST,
	APP_KEY_PASTED = 0x1000000, /* a bit: pasted, not typed */
	APP_KEY_ALT = 0x2000000	    /* a bit: with Alt */
};

/** APP_CTRL - the key Ctrl + letter */
#define APP_CTRL(c) ((c)&0x1f)

/**
 * app_key_name - how help and :map write a key: "a", "Ctrl-R", "PgDn", "Space", "Alt-x"; buf holds
 * at least 24 bytes. Return: buf
 */
const char *app_key_name(uint32_t key, char *buf, size_t size);

/**
 * app_key_parse - the key that a name stands for, case of letters kept; also "^R" and "C-r". False
 * = no such key
 */
bool app_key_parse(const char *name, uint32_t *key);

/** app_key_printable - the key inserts itself in a prompt */
bool app_key_printable(uint32_t key);

/**
 * app_keys_sequences - take out of keys that were read at once what a terminal sent as one
 * An escape sequence that terminfo does not list (Ctrl-Left of another terminal type, a mouse
 * that a crashed program left on) would be run as Esc and some letters. Delete, Home and the like
 * become their keys, the rest goes. Esc that came together with a key is Alt and that key.
 * Return: how many keys are left at the front of keys
 */
size_t app_keys_sequences(uint32_t *keys, size_t nr);

#endif
