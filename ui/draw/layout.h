/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where everything stands, and what is dropped first: a pure function of size, screen and
 * preferences.
 */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include <stdbool.h>
#include "ui/cells/cells.h"

#define LAYOUT_ROWS_MIN 10
#define LAYOUT_COLS_MIN 40
/* From here on a column at the side has statistics and details. */
#define LAYOUT_SIDE_FROM_COLS 160

enum tui_part {
	PART_TITLE,
	PART_OFFSET,
	PART_AXIS,
	PART_GUESTS,
	PART_MATCH,
	PART_HOSTS,
	PART_DELAY,
	PART_OVERVIEW,
	PART_LIST_HEAD,
	PART_COLUMNS,
	PART_LIST,
	PART_STATS,
	PART_DETAILS,
	PART_SIDE,
	PART_BODY,
	PART_LOG,
	PART_NOTICE,
	PART_MESSAGE,
	PART_BAR,
	PART_NR
};

/** enum tui_shape - what kind of screen: the lanes, a list, or one body */
enum tui_shape { SHAPE_MAIN, SHAPE_LIST, SHAPE_BODY };

/** struct tui_want - what there is to show, and what the person wants to see */
struct tui_want {
	enum tui_shape shape;
	int guest_lanes, host_lanes; /* lanes that exist and are not hidden */
	/* of the longest name of a lane, of a vCPU's short name; 0 = few and short ones */
	int name_cols, tag_cols;
	bool details, delay_strip;
	bool notice; /* a line that stays until its cause is cured */
	bool maximise_lanes, maximise_list, maximise_details; /* at most one */
};

/** struct tui_layout - the result; rows 0 = not shown */
struct tui_layout {
	bool too_small;
	int rows, cols;
	int label_cols;		 /* of a lane: where its cells begin */
	int name_cols, tag_cols; /* of what was wanted */
	int lane_cols;		 /* cells of a lane */
	struct rect part[PART_NR];
};

/** tui_layout - parts never overlap, and fill the screen from 40x10 on */
void tui_layout(struct tui_layout *layout, int rows, int cols, const struct tui_want *want);

/**
 * tui_layout_overlay - a place for an overlay
 * @keep_row: row of the screen that must stay visible, -1 = none; the overlay takes the larger
 *   half beside it
 * @rows, @cols: wanted, frame included; shrinks to what is there
 */
struct rect tui_layout_overlay(const struct tui_layout *layout, int keep_row, int rows, int cols);

#endif
