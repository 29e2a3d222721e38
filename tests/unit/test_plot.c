// SPDX-License-Identifier: LGPL-2.1-or-later
/* Plots: values land where the axis says, in every glyph set; labels are round and have a unit. */
#include "unit.h"

#include <math.h>

#include "app/words/format.h"
#include "ui/plots/plot.h"

TEST(steps_are_1_2_5)
{
	assert_float_equal(fmt_step(10, 10), 1.0, 1e-9);
	assert_float_equal(fmt_step(11, 10), 2.0, 1e-9);
	assert_float_equal(fmt_step(0.3, 10), 0.05, 1e-9);
	assert_float_equal(fmt_step(7e6, 2), 5e6, 1e-3);
	assert_float_equal(fmt_step(0, 3), 1.0, 1e-9);
	assert_float_equal(fmt_step(NAN, 3), 1.0, 1e-9);
}

TEST(corners_land_in_corners)
{
	struct plot_axis x = { .lo = 0, .hi = 10, .unit = "s" },
			 y = { .lo = -1000, .hi = 1000, .unit = "ns" };
	struct cells c = { 0 };
	struct plot p;
	int set;

	assert_int_equal(cells_resize(&c, 12, 60, NULL), 0);
	for (set = 0; set < GLYPHS_NR; set++) {
		cells_clear(&c);
		assert_int_equal(plot_open(&p, &c, tui_glyphs((enum tui_glyph_set)set),
					   (struct rect){ 0, 0, 12, 60 }, &x, &y),
				 0);
		plot_point(&p, 0, 1000, ROLE_MODEL_A, NULL);
		plot_point(&p, 10, -1000, ROLE_MODEL_A, NULL);
		plot_point(&p, 11, 0, ROLE_MODEL_A, NULL);
		plot_point(&p, 5, NAN, ROLE_MODEL_A, NULL);
		plot_close(&p);
		assert_int_equal(cells_at(&c, 0, p.body.col)->role, ROLE_MODEL_A);
		assert_int_equal(cells_at(&c, p.body.rows - 1, p.body.col + p.body.cols - 1)->role,
				 ROLE_MODEL_A);
	}
	cells_free(&c);
}

TEST(axes_are_labelled_with_units)
{
	struct plot_axis x = { .lo = 0, .hi = 10, .unit = "s" },
			 y = { .lo = -20000, .hi = 20000, .unit = "ns" };
	struct cells c = { 0 };
	struct plot p;
	char *t = NULL;

	assert_int_equal(cells_resize(&c, 12, 60, NULL), 0);
	assert_int_equal(plot_open(&p, &c, tui_glyphs(GLYPHS_ASCII), (struct rect){ 0, 0, 12, 60 },
				   &x, &y),
			 0);
	plot_close(&p);
	assert_int_equal(cells_text(&c, &t, NULL), 0);
	assert_non_null(strstr(t, "+20 us"));
	assert_non_null(strstr(t, "0 s"));
	free(t);
	cells_free(&c);
}

static char *axis_text(struct plot_axis x, struct plot_axis y)
{
	struct cells c = { 0 };
	struct plot p;
	char *t = NULL;

	assert_int_equal(cells_resize(&c, 20, 80, NULL), 0);
	assert_int_equal(plot_open(&p, &c, tui_glyphs(GLYPHS_ASCII), (struct rect){ 0, 0, 20, 80 },
				   &x, &y),
			 0);
	plot_close(&p);
	assert_int_equal(cells_text(&c, &t, NULL), 0);
	cells_free(&c);
	return t;
}

TEST(powers_of_ten_have_their_own_units)
{
	char *t = axis_text(
		(struct plot_axis){ .lo = 5.9, .hi = 9.1, .unit = "ns", .kind = PLOT_LOG },
		(struct plot_axis){ .lo = 0, .hi = 3.1, .kind = PLOT_COUNT });

	assert_non_null(strstr(t, "1 ms"));
	assert_non_null(strstr(t, "100 ms"));
	assert_non_null(strstr(t, "1 s"));
	/* a count of 1000 stands at 3, none at 0 */
	assert_non_null(strstr(t, "1000 +"));
	free(t);
	t = axis_text(
		(struct plot_axis){ .lo = 3.9, .hi = 4.8, .unit = "tk", .kind = PLOT_LOG },
		(struct plot_axis){ .lo = NAN, .hi = HUGE_VAL, .kind = PLOT_LOG, .unit = "ns" });
	assert_non_null(strstr(t, "20000 tk"));
	free(t);
}

TEST(lines_are_clipped_and_odd_ranges_survive)
{
	static const double ends[][2] = { { 0, 0 }, { 5, 1 }, { -HUGE_VAL, 3 }, { 1e300, 1e300 } };
	struct cells c = { 0 };
	struct plot p;
	size_t i;

	assert_int_equal(cells_resize(&c, 8, 40, NULL), 0);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct plot_axis a = { .lo = ends[i][0], .hi = ends[i][1], .unit = "ns" };

		if (plot_open(&p, &c, tui_glyphs(GLYPHS_BRAILLE), (struct rect){ 0, 0, 8, 40 }, &a,
			      &a))
			continue;
		plot_line(&p, -1e9, -1e9, 1e9, 1e9, ROLE_MODEL_A);
		plot_column(&p, 0.5, -1e12, 1e12, ROLE_DIM, ".");
		plot_vline(&p, 2, ROLE_DIM);
		plot_text(&p, 0.5, 0.5, ROLE_TEXT,
			  "a label that is longer than the plot is wide, by far");
		plot_close(&p);
	}
	assert_int_not_equal(plot_open(&p, &c, tui_glyphs(GLYPHS_ASCII),
				       (struct rect){ 0, 0, 3, 10 }, &(struct plot_axis){ .hi = 1 },
				       &(struct plot_axis){ .hi = 1 }),
			     0);
	cells_free(&c);
}

UNIT_MAIN(NULL, NULL)
