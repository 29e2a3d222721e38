/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The overlay on top of a screen. */
#ifndef TUI_OVERLAY_H
#define TUI_OVERLAY_H

#include "ui/draw/frame.h"

/** overlay_draw - the overlay that is open, if there is one */
void overlay_draw(const struct frame *f);
/** overlay_covers - it is not about the selected pair, and takes the whole screen */
bool overlay_covers(const struct frame *f);
/** overlay_left_max - how far its text can be scrolled sideways; 0 = all of it is there */
unsigned int overlay_left_max(const struct frame *f);

#endif
