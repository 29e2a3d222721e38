// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The order in which parts of a screen get their rows. What comes last in the table is the first to
 * go.
 */
#include "ui/draw/layout.h"

#include <string.h>

#define SIDE_COLS 62
#define SIDE_ROWS_MIN 24
/*
 * From so many rows of the screen on the side column holds the details too, and the lanes get the
 * rows for them.
 */
#define SIDE_DETAILS_FROM_ROWS 36
#define SIDE_DETAILS_ROWS 14 /* statistics and details */
#define DELAY_ROWS_MAX 9
#define WIDE_DETAILS_ROWS 6 /* without delays, which the list has */
#define LABEL_TEXT_COLS 12
#define LABEL_COLS_MAX 24
#define LABEL_COLS_MAX_NARROW 18
#define OVERLAY_FULL_COLS 100

/**
 * struct grant - a step of the table: up to rows rows in all for a part, all or nothing where whole
 */
struct grant {
	enum tui_part part;
	int rows;
	bool whole;
};

/*
 * Title, offset, axis, message, bar, one guest lane, one host lane and two rows of the list are
 * there from the beginning, and are never dropped.
 */
static const struct grant main_order[] = {
	{ PART_MATCH, 1, true },    { PART_LIST_HEAD, 1, true },
	{ PART_GUESTS, 2, false },  { PART_LIST, 3, false },
	{ PART_COLUMNS, 1, true },  { PART_DETAILS, 5, true },
	{ PART_HOSTS, 2, false },   { PART_STATS, 2, true },
	{ PART_LIST, 5, false },    { PART_GUESTS, 4, false },
	{ PART_HOSTS, 4, false },   { PART_LIST, 7, false },
	{ PART_DETAILS, 7, true },  { PART_DELAY, 3, true },
	{ PART_OVERVIEW, 2, true }, { PART_HOSTS, 6, false },
	{ PART_GUESTS, 6, false },  { PART_LIST, 12, false },
	{ PART_LOG, 4, true },	    { PART_DELAY, DELAY_ROWS_MAX, false },
	{ PART_HOSTS, 12, false },  { PART_GUESTS, 12, false },
	{ PART_LIST, 1000, false },
};

static const struct grant list_order[] = {
	{ PART_LIST_HEAD, 1, true }, { PART_COLUMNS, 1, true }, { PART_LIST, 8, false },
	{ PART_DETAILS, 5, true },   { PART_STATS, 2, true },	{ PART_LIST, 1000, false },
};

/** struct room - what a screen of this size offers besides its rows */
struct room {
	const struct tui_want *want;
	int cols;
	bool side;	   /* a column beside the lanes */
	bool side_details; /* which holds the details */
};

static int lane_rows(const int *got)
{
	return got[PART_AXIS] + got[PART_GUESTS] + got[PART_MATCH] + got[PART_HOSTS] +
	       got[PART_DELAY] + got[PART_OVERVIEW];
}

/*
 * The strip of delays is three rows; beside a side column it takes what that needs, in pairs around
 * its zero.
 */
static int delay_limit(const struct room *rm, const int *got)
{
	int more = SIDE_DETAILS_ROWS - lane_rows(got);

	if (!rm->want->delay_strip)
		return 0;
	if (!rm->side_details || got[PART_DELAY] < 3)
		return 3;
	return got[PART_DELAY] + (more > 0 ? (more + 1) / 2 * 2 : 0);
}

static int limit_of(const struct room *rm, const int *got, enum tui_part part)
{
	if (part == PART_GUESTS)
		return rm->want->guest_lanes;
	if (part == PART_HOSTS)
		return rm->want->host_lanes;
	if (part == PART_DETAILS)
		return !rm->want->details || rm->side_details ? 0
		       : rm->cols >= LAYOUT_SIDE_FROM_COLS    ? WIDE_DETAILS_ROWS
							      : 1000;
	if (part == PART_STATS)
		return rm->side ? 0 : 1000;
	if (part == PART_DELAY)
		return delay_limit(rm, got);
	return 1000;
}

static void share(int *got, int left, const struct grant *grants, size_t nr, const struct room *rm)
{
	size_t i;

	for (i = 0; i < nr && left > 0; i++) {
		int limit = limit_of(rm, got, grants[i].part);
		int more = (grants[i].rows < limit ? grants[i].rows : limit) - got[grants[i].part];

		if (more <= 0)
			continue;
		/*
		 * A part that does not fit yet keeps those behind it away: else one more row
		 * would make it fit and take theirs, and parts would come and go while a window
		 * grows. The list can use every row.
		 */
		if (grants[i].whole && more > left)
			break;
		if (more > left)
			more = left;
		if (grants[i].part == PART_DELAY && more % 2 == 1 && got[PART_DELAY])
			more--;
		got[grants[i].part] += more;
		left -= more;
	}
	got[PART_LIST] += left;
}

static void stack(struct tui_layout *layout, const int *got, int side_cols)
{
	static const enum tui_part order[] = {
		PART_TITLE,   PART_OFFSET,   PART_AXIS,	     PART_GUESTS,  PART_MATCH,	 PART_HOSTS,
		PART_DELAY,   PART_OVERVIEW, PART_LIST_HEAD, PART_COLUMNS, PART_LIST,	 PART_STATS,
		PART_DETAILS, PART_BODY,     PART_LOG,	     PART_NOTICE,  PART_MESSAGE, PART_BAR,
	};
	int row = 0, side_from = 0, side_to = 0;
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		enum tui_part p = order[i];
		bool beside = p >= PART_AXIS && p <= PART_OVERVIEW;

		layout->part[p] =
			(struct rect){ row, 0, got[p], layout->cols - (beside ? side_cols : 0) };
		if (beside && got[p]) {
			if (!side_to)
				side_from = row;
			side_to = row + got[p];
		}
		row += got[p];
	}
	if (side_cols)
		layout->part[PART_SIDE] = (struct rect){ side_from, layout->cols - side_cols,
							 side_to - side_from, side_cols };
}

static void shape_main(struct tui_layout *l, int *got, const struct room *rm)
{
	const struct tui_want *want = rm->want;
	int left;

	got[PART_AXIS] = 2;
	got[PART_GUESTS] = want->guest_lanes > 0;
	got[PART_HOSTS] = want->host_lanes > 0;
	got[PART_LIST] = 2;
	left = l->rows - 6 - got[PART_GUESTS] - got[PART_HOSTS] - 2 - got[PART_NOTICE];
	if (left < 0) {
		got[PART_LIST] += left;
		left = 0;
	}
	if (want->maximise_lanes) {
		static const struct grant lanes[] = {
			{ PART_MATCH, 1, true },     { PART_GUESTS, 1000, false },
			{ PART_HOSTS, 1000, false }, { PART_DELAY, 3, true },
			{ PART_OVERVIEW, 2, true },  { PART_LIST, 1000, false },
		};

		share(got, left, lanes, sizeof(lanes) / sizeof(lanes[0]), rm);
		return;
	}
	share(got, left, main_order, sizeof(main_order) / sizeof(main_order[0]), rm);
}

/*
 * " vCPU0  g     " and " pCPU2  h v0  ", more on large machines; shorter where every column counts.
 */
static int label_cols(const struct tui_want *w, int cols)
{
	/* a letter for the side, a pin and blanks between */
	int need = w->name_cols + 3 + w->tag_cols;
	int text = need > LABEL_TEXT_COLS ? need : LABEL_TEXT_COLS;
	int most = cols < 60 ? LABEL_COLS_MAX_NARROW : LABEL_COLS_MAX;

	text += cols < 60 ? 1 : 2;
	return text < most ? text : most;
}

void tui_layout(struct tui_layout *layout, int rows, int cols, const struct tui_want *want)
{
	struct tui_want eff = *want;
	struct room rm = { &eff, cols, false, false };
	int got[PART_NR] = { 0 };

	memset(layout, 0, sizeof(*layout));
	layout->rows = rows;
	layout->cols = cols;
	if (rows < LAYOUT_ROWS_MIN || cols < LAYOUT_COLS_MIN) {
		layout->too_small = true;
		return;
	}
	if (want->maximise_list || want->maximise_details)
		eff.shape = want->shape == SHAPE_MAIN ? SHAPE_LIST : want->shape;
	rm.side = cols >= LAYOUT_SIDE_FROM_COLS && eff.shape == SHAPE_MAIN && rows >= SIDE_ROWS_MIN;
	rm.side_details = rm.side && rows >= SIDE_DETAILS_FROM_ROWS;
	got[PART_TITLE] = got[PART_OFFSET] = got[PART_MESSAGE] = got[PART_BAR] = 1;
	got[PART_NOTICE] = want->notice;
	if (eff.shape == SHAPE_MAIN) {
		shape_main(layout, got, &rm);
	} else if (eff.shape == SHAPE_LIST) {
		got[PART_LIST] = 2;
		if (want->maximise_list)
			eff.details = false;
		share(got, rows - 6 - got[PART_NOTICE], list_order,
		      sizeof(list_order) / sizeof(list_order[0]), &rm);
	} else {
		got[PART_BODY] = rows - 4 - got[PART_NOTICE];
	}
	layout->label_cols = label_cols(want, cols);
	layout->name_cols = want->name_cols;
	layout->tag_cols = want->tag_cols;
	stack(layout, got, rm.side ? SIDE_COLS : 0);
	layout->lane_cols = layout->part[PART_AXIS].cols - layout->label_cols - (rm.side ? 1 : 0);
}

struct rect tui_layout_overlay(const struct tui_layout *layout, int keep_row, int rows, int cols)
{
	/* title, notice, message and bar stay */
	int top = 1, bottom = layout->rows - 2 - layout->part[PART_NOTICE].rows;
	struct rect rect;

	if (keep_row >= top && keep_row < bottom) {
		if (keep_row - top >= bottom - keep_row - 1)
			bottom = keep_row;
		else
			top = keep_row + 1;
	}
	if (rows > bottom - top)
		rows = bottom - top;
	/* Leftovers at both sides of a box would read as part of it. */
	if (cols > layout->cols - 2 || layout->cols <= OVERLAY_FULL_COLS)
		cols = layout->cols;
	rect.rows = rows;
	rect.cols = cols;
	/* at the edge that is farther from the row that stays */
	rect.row = keep_row >= 0 && keep_row < top ? bottom - rows : top;
	rect.col = (layout->cols - cols) / 2;
	return rect;
}
