// SPDX-License-Identifier: LGPL-2.1-or-later
/* Names of keys and UTF-8. */
#include "unit.h"

#include "app/words/keys.h"
#include "core/base/printable.h"

TEST(names_parse_back)
{
	uint32_t key, back;
	char name[24];

	for (key = 1; key < 0x250; key++) {
		if (key >= 0x7f && key < 0xa1 && key != APP_KEY_BACKSPACE)
			continue;
		assert_true(app_key_parse(app_key_name(key, name, sizeof(name)), &back));
		assert_int_equal(back, key);
	}
	for (key = APP_KEY_UP; key < APP_KEY_END_OF_LIST; key++) {
		assert_true(app_key_parse(app_key_name(key, name, sizeof(name)), &back));
		assert_int_equal(back, key);
	}
}

TEST(spellings)
{
	static const struct {
		const char *name;
		uint32_t key;
	} rows[] = {
		{ "Ctrl-R", 18 },
		{ "ctrl-r", 18 },
		{ "^R", 18 },
		{ "C-r", 18 },
		{ "^", '^' },
		{ "K", 'K' },
		{ "k", 'k' },
		{ "pgdn", APP_KEY_PGDN },
		{ "PageDown", APP_KEY_PGDN },
		{ "Space", ' ' },
		{ "F10", APP_KEY_F10 },
		{ "\xc3\xa9", 0xe9 },
		{ "<", '<' },
		{ "'", '\'' },
		{ "Alt-x", 'x' | APP_KEY_ALT },
		{ "alt-PgUp", APP_KEY_PGUP | APP_KEY_ALT },
	};
	uint32_t key;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(app_key_parse(rows[i].name, &key));
		assert_int_equal(key, rows[i].key);
	}
	assert_false(app_key_parse("", &key));
	assert_false(app_key_parse("F13", &key));
	assert_false(app_key_parse("Ctrl-", &key));
	assert_false(app_key_parse("Alt-", &key));
	assert_false(app_key_parse("Alt-Alt-x", &key));
	assert_false(app_key_parse("ab", &key));
}

TEST(utf8_round_trip)
{
	uint32_t cp, back;
	char buf[4];
	size_t n;

	for (cp = 1; cp < 0x110000; cp += cp < 0x900 ? 1 : 31) {
		n = utf8_put(cp, buf);
		if (cp >= 0xd800 && cp < 0xe000) {
			assert_int_equal(n, 0);
			continue;
		}
		assert_int_equal(utf8_get(buf, n, &back), (int)n);
		assert_int_equal(back, cp);
		/* Cut short, it is no character. */
		if (n > 1)
			assert_int_equal(utf8_get(buf, n - 1, &back), 1);
	}
	assert_int_equal(utf8_put(0x110000, buf), 0);
}

/* What a terminal sends as one is one key or none; what may have been typed stays. */
TEST(sequences)
{
	static const struct {
		const char *read;
		const char *left;
		uint32_t key;
	} rows[] = {
		{ "j\33[1;5Dk", "jk", 0 },
		{ "\33[<0;10;14M\33[<0;10;14m", "", 0 },
		{ "\33[200~x\33[201~", "x", 0 },
		{ "\33[?62;1c", "", 0 },
		{ "\33[3~", "", APP_KEY_DELETE },
		{ "\33[5~", "", APP_KEY_PGUP },
		{ "\33[1~", "", APP_KEY_HOME },
		{ "\33[99999999999~", "", 0 },
		{ "\33", "\33", 0 },
		{ "\33OQj\33OPk\33[Il", "jkl", 0 },
		{ "\33\33", "\33\33", 0 },
		{ "\33x", "", 'x' | APP_KEY_ALT },
		{ "\33[B", "", APP_KEY_DOWN },
		{ "\33OA", "", APP_KEY_UP },
		{ "\33\r", "", APP_KEY_ENTER | APP_KEY_ALT },
		{ "[1;5D", "[1;5D", 0 },
		{ "", "", 0 },
	};
	uint32_t keys[40];
	size_t i, n, nr;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		nr = strlen(rows[i].read);
		for (n = 0; n < nr; n++)
			keys[n] = (unsigned char)rows[i].read[n];
		nr = app_keys_sequences(keys, nr);
		if (rows[i].key) {
			assert_int_equal(nr, 1);
			assert_int_equal(keys[0], rows[i].key);
			continue;
		}
		assert_int_equal(nr, strlen(rows[i].left));
		for (n = 0; n < nr; n++)
			assert_int_equal(keys[n], (unsigned char)rows[i].left[n]);
	}
}

UNIT_MAIN(NULL, NULL)
