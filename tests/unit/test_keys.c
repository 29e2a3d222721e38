// SPDX-License-Identifier: LGPL-2.1-or-later
/* Names of keys and UTF-8. */
#include "unit.h"

#include "keys.h"

static void names_parse_back(void **state)
{
	uint32_t key, back;
	char name[24];

	(void)state;
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

static void spellings(void **state)
{
	static const struct { const char *name; uint32_t key; } rows[] = {
		{ "Ctrl-R", 18 }, { "ctrl-r", 18 }, { "^R", 18 }, { "C-r", 18 }, { "^", '^' }, { "K", 'K' }, { "k", 'k' },
		{ "pgdn", APP_KEY_PGDN }, { "PageDown", APP_KEY_PGDN }, { "Space", ' ' }, { "F10", APP_KEY_F10 },
		{ "\xc3\xa9", 0xe9 }, { "<", '<' }, { "'", '\'' },
	};
	uint32_t key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(app_key_parse(rows[i].name, &key));
		assert_int_equal(key, rows[i].key);
	}
	assert_false(app_key_parse("", &key));
	assert_false(app_key_parse("F13", &key));
	assert_false(app_key_parse("Ctrl-", &key));
	assert_false(app_key_parse("ab", &key));
}

static void utf8_round_trip(void **state)
{
	uint32_t cp, back;
	char buf[4];
	size_t n;

	(void)state;
	for (cp = 1; cp < 0x110000; cp += cp < 0x900 ? 1 : 31) {
		n = app_utf8_put(cp, buf);
		if (cp >= 0xd800 && cp < 0xe000) {
			assert_int_equal(n, 0);
			continue;
		}
		assert_int_equal(app_utf8_get(buf, n, &back), (int)n);
		assert_int_equal(back, cp);
		/* Cut short, it is no character. */
		if (n > 1)
			assert_int_equal(app_utf8_get(buf, n - 1, &back), -1);
	}
	assert_int_equal(app_utf8_put(0x110000, buf), 0);
	assert_int_equal(app_utf8_get("\xf4\x90\x80\x80", 4, &back), -1);
	assert_int_equal(app_utf8_get("\xe0\x80\x80", 3, &back), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_parse_back),
		cmocka_unit_test(spellings),
		cmocka_unit_test(utf8_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
