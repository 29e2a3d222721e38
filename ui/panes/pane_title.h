/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a click on the first line means. */
#ifndef TUI_PANE_TITLE_H
#define TUI_PANE_TITLE_H

#include "ui/draw/layout.h"

/** pane_title_tab - the screen, 1 to 7, whose name stands there; 0: none */
int pane_title_tab(const struct tui_layout *l, int row, int col);

#endif
