/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Overlays: boxes and prompts on top of a screen. One file a kind. */
#ifndef TUI_OVERLAY_H
#define TUI_OVERLAY_H

#include "ui/frame.h"

/**
 * overlay_box - a framed box with a title; the rectangle inside the frame is what the caller fills
 */
struct rect overlay_box(struct frame *f, int rows, int cols, const char *title, const char *foot);
/**
 * overlay_more - at the box's upper edge, which of its rows are seen, where that is not all; r:
 * inside the frame
 */
void overlay_more(struct frame *f, struct rect r, uint32_t top, int shown, uint32_t nr);
/** overlay_line - the prompt's text with its caret in one row; the hardware cursor goes there */
void overlay_line(struct frame *f, int row, int col, int cols);
/** overlay_list_top - first row to draw so that the selection is visible in so many rows */
uint32_t overlay_list_top(const struct app_row *r, int rows);

void overlay_help(struct frame *f);
void overlay_prompt(struct frame *f);
void overlay_pick_model(struct frame *f);
void overlay_pick_lane(struct frame *f);
void overlay_pick_mark(struct frame *f);
void overlay_pick_option(struct frame *f);
void overlay_text(struct frame *f);
void overlay_save(struct frame *f);
void overlay_confirm(struct frame *f);

#endif
