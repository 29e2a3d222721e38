// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Layout: for every size, no two parts share a cell, and what must never be dropped is there.
 */
#include "unit.h"

#include "ui/draw/layout.h"

static const struct tui_want wants[] = {
	{ .shape = SHAPE_MAIN,
	  .guest_lanes = 2,
	  .host_lanes = 2,
	  .details = true,
	  .delay_strip = true },
	{ .shape = SHAPE_MAIN, .guest_lanes = 1, .host_lanes = 1 },
	{ .shape = SHAPE_MAIN,
	  .guest_lanes = 64,
	  .host_lanes = 256,
	  .details = true,
	  .delay_strip = true },
	{ .shape = SHAPE_MAIN,
	  .guest_lanes = 4,
	  .host_lanes = 20,
	  .details = true,
	  .maximise_lanes = true },
	{ .shape = SHAPE_MAIN,
	  .guest_lanes = 4,
	  .host_lanes = 8,
	  .details = true,
	  .maximise_list = true },
	{ .shape = SHAPE_MAIN,
	  .guest_lanes = 4,
	  .host_lanes = 8,
	  .details = true,
	  .maximise_details = true },
	{ .shape = SHAPE_LIST, .guest_lanes = 2, .host_lanes = 2, .details = true },
	{ .shape = SHAPE_BODY },
	{ .shape = SHAPE_BODY, .notice = true },
	{ .shape = SHAPE_LIST, .guest_lanes = 2, .host_lanes = 2, .notice = true },
	{ .shape = SHAPE_MAIN, .guest_lanes = 4, .host_lanes = 8, .details = true, .notice = true },
	{ .shape = SHAPE_MAIN,
	  .guest_lanes = 192,
	  .host_lanes = 256,
	  .name_cols = 8,
	  .tag_cols = 6,
	  .details = true },
};
#define WANTS_NR (sizeof(wants) / sizeof(wants[0]))

static int inside(const struct rect *r, int row, int col)
{
	return row >= r->row && row < r->row + r->rows && col >= r->col && col < r->col + r->cols;
}

/*
 * Every row of the left edge and of the right edge belongs to exactly one part: columns split in
 * two at most.
 */
static void check_cover(const struct tui_layout *l)
{
	int row, edge, p, hits;

	for (row = 0; row < l->rows; row++)
		for (edge = 0; edge < 2; edge++) {
			for (hits = 0, p = 0; p < PART_NR; p++)
				hits += inside(&l->part[p], row, edge ? l->cols - 1 : 0);
			assert_int_equal(hits, 1);
		}
}

TEST(parts_fill_every_size)
{
	struct tui_layout l;
	int rows, cols;
	size_t i;

	for (i = 0; i < WANTS_NR; i++)
		for (rows = LAYOUT_ROWS_MIN; rows <= 120; rows += rows < 60 ? 1 : 7)
			for (cols = LAYOUT_COLS_MIN; cols <= 400; cols += cols < 180 ? 3 : 31) {
				tui_layout(&l, rows, cols, &wants[i]);
				assert_false(l.too_small);
				check_cover(&l);
				assert_int_equal(l.part[PART_NOTICE].rows, wants[i].notice);
			}
}

TEST(what_matters_is_never_dropped)
{
	static const enum tui_part always[] = { PART_TITLE, PART_OFFSET, PART_AXIS,    PART_GUESTS,
						PART_HOSTS, PART_LIST,	 PART_MESSAGE, PART_BAR };
	struct tui_layout l;
	int rows;
	size_t i, k;

	for (i = 0; i < 4; i++)
		for (rows = LAYOUT_ROWS_MIN; rows <= 120; rows++) {
			tui_layout(&l, rows, 80, &wants[i]);
			for (k = 0; k < sizeof(always) / sizeof(always[0]); k++)
				assert_true(l.part[always[k]].rows >= 1);
			assert_true(l.part[PART_LIST].rows >= 2);
			assert_true(l.lane_cols >= 20);
		}
}

TEST(the_sketch_of_80x24)
{
	struct tui_layout l;

	tui_layout(&l, 24, 80, &wants[0]);
	assert_int_equal(l.part[PART_MATCH].rows, 1);
	assert_int_equal(l.part[PART_GUESTS].rows, 2);
	assert_int_equal(l.part[PART_HOSTS].rows, 2);
	assert_int_equal(l.part[PART_DETAILS].rows, 5);
	assert_int_equal(l.part[PART_STATS].rows, 2);
	assert_true(l.part[PART_LIST].rows >= 4);
	assert_int_equal(l.part[PART_SIDE].rows, 0);
}

/*
 * A terminal scrolls whole rows only, so nothing stands beside a list; details are in
 * one place.
 */
TEST(lists_have_their_rows_to_themselves)
{
	struct tui_layout l;
	struct rect side, list;
	int rows, cols;
	size_t i;

	for (i = 0; i < WANTS_NR; i++)
		for (rows = LAYOUT_ROWS_MIN; rows <= 120; rows++)
			for (cols = LAYOUT_COLS_MIN; cols <= 400; cols += 20) {
				tui_layout(&l, rows, cols, &wants[i]);
				side = l.part[PART_SIDE];
				list = l.part[PART_LIST];
				if (list.rows)
					assert_int_equal(list.cols, cols);
				if (!side.rows)
					continue;
				assert_true(side.row + side.rows <= list.row);
				assert_int_equal(side.row, l.part[PART_AXIS].row);
				assert_true(side.rows >= 13 || l.part[PART_DETAILS].rows ||
					    !wants[i].details);
				assert_int_equal(l.part[PART_DELAY].rows % 2,
						 l.part[PART_DELAY].rows > 0);
			}
	tui_layout(&l, 50, 200, &wants[0]);
	assert_int_equal(l.part[PART_SIDE].rows, 14);
	assert_int_equal(l.part[PART_DETAILS].rows, 0);
	assert_true(l.part[PART_LIST].rows >= 20);
}

TEST(more_rows_never_take_a_part_away)
{
	struct tui_layout small, large;
	int rows, p;
	size_t i;

	for (i = 0; i < WANTS_NR; i++)
		for (rows = LAYOUT_ROWS_MIN; rows < 120; rows++) {
			tui_layout(&small, rows, 100, &wants[i]);
			tui_layout(&large, rows + 1, 100, &wants[i]);
			for (p = 0; p < PART_NR; p++)
				if (small.part[p].rows)
					assert_true(large.part[p].rows > 0);
		}
}

TEST(too_small_is_a_state)
{
	struct tui_layout l;

	tui_layout(&l, 9, 80, &wants[0]);
	assert_true(l.too_small);
	tui_layout(&l, 24, 39, &wants[0]);
	assert_true(l.too_small);
	tui_layout(&l, 1, 1, &wants[0]);
	assert_true(l.too_small);
}

TEST(overlays_spare_the_selected_row)
{
	struct tui_layout l;
	struct rect r;
	int keep, rows, want;

	for (rows = LAYOUT_ROWS_MIN; rows <= 60; rows += 5) {
		tui_layout(&l, rows, 80, &wants[0]);
		for (keep = -1; keep < rows; keep++)
			for (want = 3; want < 100; want += 10) {
				r = tui_layout_overlay(&l, keep, want, 60);
				assert_false(inside(&r, keep, 40));
				assert_true(r.rows >= 1 && r.rows <= want);
				assert_true(r.row >= 1 && r.row + r.rows <= rows - 2);
				assert_true(r.col >= 0 && r.col + r.cols <= 80);
			}
	}
}

UNIT_MAIN(NULL, NULL)
