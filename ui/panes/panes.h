/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All panes, and what of them can be scrolled sideways. */
#ifndef TUI_PANES_H
#define TUI_PANES_H

#include "ui/draw/frame.h"

/** panes_draw - those of the screen, each into its own rectangle and nowhere else */
void panes_draw(const struct frame *f);
/** panes_left_max - how far the list of a screen scrolls sideways; 0 = all of it is there */
unsigned int panes_left_max(const struct frame *f, enum app_screen screen);

#endif
