/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lanes of a frame: which there are, and their columns, found before anything is drawn. */
#ifndef TUI_FRAME_LANES_H
#define TUI_FRAME_LANES_H

#include "ui/draw/frame.h"

/** struct frame_room - what a frame's lanes borrow */
struct frame_room {
	struct vms_lanes *lanes;
	struct vms_lane_col *cols; /* lanes_nr * lane_cols of the frame, then a row to sum up in */
	struct vms_mark_col *marks;
	struct frame_over *over;
};

/** frame_lanes_want - how many rows lanes would take, and how wide their names are */
void frame_lanes_want(struct tui_want *want, const struct app *app, struct vms_lanes *lanes);
/**
 * frame_lanes_fill - everything about lanes that costs time, asked once; a lane that fails stays
 * empty: drawing goes on
 */
void frame_lanes_fill(struct frame *frame, struct frame_room *room);
/** frame_lanes_free - of the last frame; the lanes themselves stay */
void frame_lanes_free(struct frame_room *room);

#endif
