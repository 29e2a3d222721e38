// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the names of keys and how characters are written in UTF-8. */
#include "app/words/keys.h"
#include "core/base/printable.h"
#include "core/base/util.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct key_name {
	uint32_t key;
	const char *name;
} key_names[] = {
	/* The first name of a key is the one shown. */
	{ APP_KEY_TAB, "Tab" },
	{ APP_KEY_ENTER, "Enter" },
	{ APP_KEY_ENTER, "Return" },
	{ APP_KEY_ESC, "Esc" },
	{ APP_KEY_ESC, "Escape" },
	{ APP_KEY_SPACE, "Space" },
	{ APP_KEY_BACKSPACE, "Backspace" },
	{ APP_KEY_BACKSPACE, "BS" },
	{ APP_KEY_UP, "Up" },
	{ APP_KEY_DOWN, "Down" },
	{ APP_KEY_LEFT, "Left" },
	{ APP_KEY_RIGHT, "Right" },
	{ APP_KEY_SHIFT_LEFT, "Shift-Left" },
	{ APP_KEY_SHIFT_RIGHT, "Shift-Right" },
	{ APP_KEY_HOME, "Home" },
	{ APP_KEY_END, "End" },
	{ APP_KEY_PGUP, "PgUp" },
	{ APP_KEY_PGUP, "PageUp" },
	{ APP_KEY_PGDN, "PgDn" },
	{ APP_KEY_PGDN, "PageDown" },
	{ APP_KEY_INSERT, "Insert" },
	{ APP_KEY_DELETE, "Delete" },
	{ APP_KEY_DELETE, "Del" },
	{ APP_KEY_BACKTAB, "Shift-Tab" },
	{ APP_KEY_F1, "F1" },
	{ APP_KEY_F2, "F2" },
	{ APP_KEY_F3, "F3" },
	{ APP_KEY_F4, "F4" },
	{ APP_KEY_F5, "F5" },
	{ APP_KEY_F6, "F6" },
	{ APP_KEY_F7, "F7" },
	{ APP_KEY_F8, "F8" },
	{ APP_KEY_F9, "F9" },
	{ APP_KEY_F10, "F10" },
	{ APP_KEY_F11, "F11" },
	{ APP_KEY_F12, "F12" },
};

const char *app_key_name(uint32_t key, char *buf, size_t size)
{
	size_t i, n;
	char utf8[5] = "", name[16];

	if (key & APP_KEY_ALT) {
		(void)app_key_name(key & ~(uint32_t)APP_KEY_ALT, name, sizeof(name));
		(void)snprintf(buf, size, "Alt-%s", name);
		return buf;
	}
	for (i = 0; i < VMS_ARRAY_NR(key_names); i++) {
		if (key_names[i].key == key) {
			(void)snprintf(buf, size, "%s", key_names[i].name);
			return buf;
		}
	}
	if (key > 0 && key < 32) {
		(void)snprintf(buf, size, "Ctrl-%c", (char)(key + 64));
		return buf;
	}
	n = utf8_put(key, utf8);
	utf8[n] = '\0';
	if (n)
		(void)snprintf(buf, size, "%s", utf8);
	else
		(void)snprintf(buf, size, "key-%x", (unsigned int)key);
	return buf;
}

static bool parse_ctrl(const char *name, uint32_t *key)
{
	static const char *const prefixes[] = { "Ctrl-", "C-", "^" };
	size_t i, len;
	char letter;

	for (i = 0; i < VMS_ARRAY_NR(prefixes); i++) {
		len = strlen(prefixes[i]);
		if (strncasecmp(name, prefixes[i], len) || !name[len] || name[len + 1])
			continue;
		letter = name[len];
		if (letter >= 'a' && letter <= 'z')
			letter = (char)(letter - 'a' + 'A');
		if (letter < 'A' || letter > '_')
			return false;
		*key = (uint32_t)(letter - 64);
		return true;
	}
	return false;
}

bool app_key_parse(const char *name, uint32_t *key)
{
	size_t i, len = strlen(name);
	uint32_t cp;

	if (!strncasecmp(name, "Alt-", 4)) {
		if (!app_key_parse(name + 4, key) || (*key & APP_KEY_ALT))
			return false;
		*key |= APP_KEY_ALT;
		return true;
	}
	if (len && utf8_get(name, len, &cp) == len && cp > 32 && cp != 127 && cp != UTF8_BROKEN) {
		*key = cp;
		return true;
	}
	for (i = 0; i < VMS_ARRAY_NR(key_names); i++) {
		if (!strcasecmp(key_names[i].name, name)) {
			*key = key_names[i].key;
			return true;
		}
	}
	return parse_ctrl(name, key);
}

/* The key that a control sequence stands for in most terminals; APP_KEY_NONE for all others. */
static uint32_t sequence_key(uint32_t final, uint32_t number)
{
	static const uint32_t tilde[] = { APP_KEY_NONE,	  APP_KEY_HOME, APP_KEY_INSERT,
					  APP_KEY_DELETE, APP_KEY_END,	APP_KEY_PGUP,
					  APP_KEY_PGDN,	  APP_KEY_HOME, APP_KEY_END };

	static const struct {
		char final;
		uint32_t key;
	} plain[] = { { 'A', APP_KEY_UP },     { 'B', APP_KEY_DOWN }, { 'C', APP_KEY_RIGHT },
		      { 'D', APP_KEY_LEFT },   { 'H', APP_KEY_HOME }, { 'F', APP_KEY_END },
		      { 'Z', APP_KEY_BACKTAB } };
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(plain) && !number; i++)
		if (final == (uint32_t)plain[i].final)
			return plain[i].key;
	if (final == '~')
		return number < VMS_ARRAY_NR(tilde) ? tilde[number] : APP_KEY_NONE;
	return APP_KEY_NONE;
}

/* Length of the control sequence at the front, 0 for none. */
static size_t sequence_length(const uint32_t *keys, size_t nr, uint32_t *key)
{
	uint32_t number = 0;
	size_t i;

	if (nr < 3 || keys[0] != APP_KEY_ESC || (keys[1] != '[' && keys[1] != 'O'))
		return 0;
	for (i = 2; keys[1] == '[' && i < nr && keys[i] >= '0' && keys[i] <= '?'; i++)
		if (keys[i] <= '9' && number < 1000)
			number = number * 10 + keys[i] - '0';
	while (keys[1] == '[' && i < nr && keys[i] >= ' ' && keys[i] <= '/')
		i++;
	if (i == nr || keys[i] < '@' || keys[i] > '~')
		return 0;
	*key = sequence_key(keys[i], number);
	return i + 1;
}

size_t app_keys_sequences(uint32_t *keys, size_t nr)
{
	size_t from = 0, to = 0, n;
	uint32_t key = APP_KEY_NONE;

	while (from < nr) {
		n = sequence_length(keys + from, nr - from, &key);
		if (n) {
			from += n;
		} else if (keys[from] == APP_KEY_ESC && from + 1 < nr &&
			   keys[from + 1] != APP_KEY_ESC) {
			key = keys[from + 1] | APP_KEY_ALT;
			from += 2;
		} else {
			key = keys[from++];
		}
		if (key != APP_KEY_NONE)
			keys[to++] = key;
	}
	return to;
}

bool app_key_printable(uint32_t key)
{
	return key >= 32 && key < APP_KEY_SPECIAL && key != APP_KEY_BACKSPACE &&
	       !(key >= 0x80 && key < 0xa0) && !(key >= 0xd800 && key < 0xe000);
}
