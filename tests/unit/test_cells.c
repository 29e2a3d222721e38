// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Cells: text is cut at cell borders whatever it holds, and no byte of it can escape its rectangle.
 */
#include "unit.h"

#include "ui/cells/cells.h"
#include "core/base/printable.h"

static char *text_of(const struct cells *c)
{
	char *t = NULL;

	assert_int_equal(cells_text(c, &t, NULL), 0);
	return t;
}

static void expect_text(const struct cells *c, const char *want)
{
	char *t = text_of(c);

	assert_string_equal(t, want);
	free(t);
}

TEST(cuts_at_the_width)
{
	struct cells c = { 0 };

	assert_int_equal(cells_resize(&c, 2, 10, NULL), 0);
	assert_int_equal(cells_put(&c, 0, 2, 4, ROLE_TEXT, "abcdefgh"), 4);
	assert_int_equal(cells_put(&c, 1, 8, 100, ROLE_TEXT, "xyz"), 3);
	expect_text(&c, "  abcd\n        xy\n");
	cells_free(&c);
}

TEST(wide_glyphs_are_never_halved)
{
	struct cells c = { 0 };

	assert_int_equal(cells_resize(&c, 3, 6, NULL), 0);
	/* two columns each: the second one would stick out by half */
	assert_int_equal(cells_put(&c, 0, 0, 3, ROLE_TEXT, "\u6f22\u5b57"), 3);
	assert_int_equal(cells_at(&c, 0, 0)->width, 2);
	assert_int_equal(cells_at(&c, 0, 1)->width, 0);
	assert_int_equal(cells_at(&c, 0, 2)->text[0], ' ');
	/* overwriting the second half removes the first */
	cells_put(&c, 1, 0, 6, ROLE_TEXT, "\u6f22\u5b57");
	cells_put(&c, 1, 1, 1, ROLE_TEXT, "x");
	/* at the border of the screen there is no second half */
	cells_put(&c, 2, 5, 2, ROLE_TEXT, "\u6f22");
	expect_text(&c, "\u6f22\n x\u5b57\n\n");
	cells_free(&c);
}

TEST(hostile_bytes_stay_visible_and_harmless)
{
	static const char hostile[] = "a\033[2Jb\x9b\xff\xc0\x80\xe2\x80\xae"
				      "c\x7f\td";
	struct cells c = { 0 };
	char *t;
	size_t i;

	assert_int_equal(cells_resize(&c, 1, 40, NULL), 0);
	cells_put(&c, 0, 0, 40, ROLE_TEXT, hostile);
	t = text_of(&c);
	for (i = 0; t[i] && t[i] != '\n'; i++)
		assert_true((unsigned char)t[i] >= 0x20 && (unsigned char)t[i] < 0x7f);
	assert_non_null(strchr(t, 'd'));
	free(t);
	cells_free(&c);
}

TEST(combining_marks_share_a_cell_and_cannot_pile_up)
{
	struct cells c = { 0 };
	char many[200] = "e";
	int i;

	for (i = 0; i < 60; i++)
		strcat(many, "\u0301");
	assert_int_equal(cells_resize(&c, 1, 4, NULL), 0);
	assert_int_equal(cells_put(&c, 0, 0, 4, ROLE_TEXT, many), 1);
	assert_true(cells_at(&c, 0, 0)->len <= sizeof(c.c->text));
	assert_int_equal(cells_width(many), 1);
	cells_free(&c);
}

/* Columns, not bytes: what is left out and what is left make the whole width. */
TEST(a_text_is_scrolled_by_columns)
{
	static const char text[] = "a\u00e9\u6f22b"; /* 1 + 1 + 2 + 1 columns */

	assert_string_equal(cells_skip(text, 0), text);
	assert_string_equal(cells_skip(text, 2), "\u6f22b");
	assert_string_equal(cells_skip(text, 3), "b");
	assert_string_equal(cells_skip(text, 4), "b");
	assert_string_equal(cells_skip(text, 99), "");
}

TEST(outside_the_screen_is_ignored)
{
	struct cells c = { 0 };

	assert_int_equal(cells_resize(&c, 2, 4, NULL), 0);
	cells_put(&c, -1, 0, 4, ROLE_TEXT, "up");
	cells_put(&c, 2, 0, 4, ROLE_TEXT, "down");
	cells_put(&c, 0, -2, 4, ROLE_TEXT, "left");
	cells_put(&c, 1, 0, -3, ROLE_TEXT, "none");
	cells_fill(&c, 1, 3, 5, ROLE_TEXT, "#");
	cells_flag(&c, 5, 5, 5, CELL_REVERSE);
	expect_text(&c, "ft\n   #\n");
	assert_null(cells_at(&c, 2, 0));
	assert_int_not_equal(cells_resize(&c, 0, 5, NULL), 0);
	assert_int_not_equal(cells_resize(&c, 5, 100000, NULL), 0);
	cells_free(&c);
}

TEST(roles_are_a_second_layer)
{
	struct cells c = { 0 };
	char *r = NULL;

	assert_int_equal(cells_resize(&c, 1, 8, NULL), 0);
	cells_put(&c, 0, 0, 2, ROLE_HOST, "ab");
	cells_put(&c, 0, 2, 2, ROLE_GUEST, "c ");
	cells_put(&c, 0, 4, 2, ROLE_TEXT, "de");
	cells_flag(&c, 0, 1, 4, CELL_REVERSE);
	assert_int_equal(cells_roles(&c, &r, NULL), 0);
	assert_string_equal(r, "hHGG_\n");
	free(r);
	cells_free(&c);
}

TEST(decoding_accepts_nothing_but_utf8)
{
	uint32_t cp;

	assert_int_equal(utf8_get("\xf0\x9f\x98\x80", 4, &cp), 4);
	assert_int_equal(cp, 0x1f600);
	/* overlong, surrogate, above the last, cut short */
	assert_int_equal(utf8_get("\xc0\xaf", 2, &cp), 1);
	assert_int_equal(cp, UTF8_BROKEN);
	assert_int_equal(utf8_get("\xe0\x80\x80", 3, &cp), 1);
	assert_int_equal(cp, UTF8_BROKEN);
	assert_int_equal(utf8_get("\xed\xa0\x80", 3, &cp), 1);
	assert_int_equal(cp, UTF8_BROKEN);
	assert_int_equal(utf8_get("\xf4\x90\x80\x80", 4, &cp), 1);
	assert_int_equal(cp, UTF8_BROKEN);
	assert_int_equal(utf8_get("\xe2\x82", 2, &cp), 1);
	assert_int_equal(utf8_get("", 0, &cp), 0);
}

UNIT_MAIN(NULL, NULL)
