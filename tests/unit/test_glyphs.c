// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Glyph sets and themes: the same information in each, one column a glyph, no role told by colour
 * alone.
 */
#include "unit.h"

#include "ui/cells/cells.h"
#include "ui/cells/glyphs.h"
#include "ui/cells/theme.h"
#include "core/base/printable.h"

TEST(every_glyph_is_one_column)
{
	int i, k;

	for (i = 0; i < GLYPHS_NR; i++) {
		const struct tui_glyphs *g = tui_glyphs((enum tui_glyph_set)i);
		const char *all[] = {
			g->enter,	g->leave,     g->lost,	    g->no_data,	  g->hline,
			g->vline,	g->axis_tick, g->axis_line, g->axis_half, g->caret,
			g->vert,	g->up,	      g->down,	    g->flat,	  g->arrow_left,
			g->arrow_right, g->dot,
		};

		for (k = 0; k < (int)(sizeof(all) / sizeof(all[0])); k++)
			assert_int_equal(cells_width(all[k]), 1);
		for (k = 0; k < 5; k++)
			assert_int_equal(cells_width(g->density[k]), 1);
		for (k = 0; k < 4; k++)
			assert_int_equal(cells_width(g->run[k]), 1);
		for (k = 0; k < 8; k++)
			assert_int_equal(cells_width(g->bar[k]), 1);
	}
}

TEST(density_is_a_log2_step_of_the_count)
{
	static const struct {
		uint32_t events;
		unsigned int step;
	} want[] = { { 0, 0 }, { 1, 1 }, { 2, 2 },  { 3, 2 },  { 4, 3 },
		     { 7, 3 }, { 8, 4 }, { 15, 4 }, { 16, 5 }, { UINT32_MAX, 5 } };
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(tui_density_step(want[i].events, 31), want[i].step);
}

TEST(many_events_are_told_apart_by_the_most_in_view)
{
	assert_int_equal(tui_density_step(0, 1000), 0);
	assert_int_equal(tui_density_step(1, 1000), 1);
	assert_int_equal(tui_density_step(250, 1000), 2);
	assert_int_equal(tui_density_step(999, 1000), 5);
	assert_int_equal(tui_density_step(1000, 1000), 5);
	assert_int_equal(tui_density_step(UINT32_MAX, UINT32_MAX), 5);
}

TEST(steps_differ_in_every_set)
{
	int i, a, b;

	for (i = 0; i < GLYPHS_NR; i++)
		for (a = 0; a < 5; a++)
			for (b = 0; b < a; b++)
				assert_string_not_equal(
					tui_glyphs((enum tui_glyph_set)i)->density[a],
					tui_glyphs((enum tui_glyph_set)i)->density[b]);
}

TEST(braille_is_valid_utf8)
{
	unsigned int dots;
	uint32_t cp;
	char buf[4];

	for (dots = 0; dots < 256; dots++) {
		tui_braille((uint8_t)dots, buf);
		assert_int_equal(utf8_get(buf, 3, &cp), 3);
		assert_int_equal(cp, 0x2800 + dots);
	}
}

TEST(role_letters_are_unique)
{
	int a, b;

	for (a = 0; a < ROLE_NR; a++)
		for (b = 0; b < a; b++)
			assert_int_not_equal(tui_role_letter((enum tui_role)a),
					     tui_role_letter((enum tui_role)b));
}

TEST(colour_choice)
{
	assert_int_equal(tui_colours(256, NULL, NULL), 256);
	assert_int_equal(tui_colours(256, "auto", "1"), 0);
	/* the option is the stronger wish */
	assert_int_equal(tui_colours(256, "8", "1"), 8);
	assert_int_equal(tui_colours(8, "256", NULL), 8);
	assert_int_equal(tui_colours(256, "never", NULL), 0);
	assert_int_equal(tui_colours(256, "auto", ""), 256);
	assert_int_equal(tui_colours(0, "auto", NULL), 0);
}

TEST(mono_has_no_colour_and_blue_is_never_text)
{
	int role, colours;

	for (role = 0; role < ROLE_NR; role++) {
		assert_int_equal(tui_style_of((enum tui_role)role, THEME_MONO, 256).fg, -1);
		assert_int_equal(tui_style_of((enum tui_role)role, THEME_SAFE, 0).fg, -1);
		for (colours = 8; colours <= 16; colours += 8) {
			int fg = tui_style_of((enum tui_role)role, THEME_SAFE, colours).fg % 8;

			assert_int_not_equal(fg, 4);
			assert_int_not_equal(fg, 1);
		}
	}
}

UNIT_MAIN(NULL, NULL)
