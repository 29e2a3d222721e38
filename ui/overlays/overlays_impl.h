/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the overlays share: the box, the list in it, the line being typed. */
#ifndef TUI_OVERLAYS_IMPL_H
#define TUI_OVERLAYS_IMPL_H

#include "ui/draw/frame.h"

/** struct look - how an overlay is drawn, beside the row of app/commands/overlays.h */
struct look {
	void (*draw)(const struct frame *f, const struct look *look);
	const char *title;
	const char *foot; /* keys: at the lower edge of the box, or below the prompt */
	bool covers;
};

/**
 * overlay_box - a framed box with a title; the rectangle inside the frame is what the caller fills
 */
struct rect overlay_box(const struct frame *frame, int rows, int cols, const char *title,
			const char *foot);
/**
 * overlay_more - at the box's upper edge, which of its rows are seen, where that is not all
 * and the title leaves room; r: inside the frame
 */
void overlay_more(const struct frame *f, struct rect r, const char *title, uint32_t top, int shown,
		  uint32_t nr);
/** overlay_line - the prompt's text with its caret in one row; the hardware cursor goes there */
void overlay_line(const struct frame *frame, int row, int col, int cols);
/** overlay_list_top - first row to draw so that the selection is visible in so many rows */
uint32_t overlay_list_top(const struct app_row *r, int rows);
/** overlay_text_cols - of the longest line of the text */
int overlay_text_cols(const struct app *a);

void overlay_help(const struct frame *frame, const struct look *look);
void overlay_prompt(const struct frame *f, const struct look *look);
void overlay_pick_model(const struct frame *frame, const struct look *look);
void overlay_pick_lane(const struct frame *frame, const struct look *look);
void overlay_pick_mark(const struct frame *frame, const struct look *look);
void overlay_pick_option(const struct frame *frame, const struct look *look);
void overlay_text(const struct frame *frame, const struct look *look);
void overlay_save(const struct frame *frame, const struct look *look);
void overlay_now(const struct frame *frame, const struct look *look);
void overlay_confirm(const struct frame *frame, const struct look *look);

#endif
