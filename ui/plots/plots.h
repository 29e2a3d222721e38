/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plots screen: what is computed for it before a frame, and how it is drawn. */
#ifndef TUI_PLOTS_H
#define TUI_PLOTS_H

#include "ui/draw/frame.h"

/** struct plots - what the plots show, as far as it is computed; kept from frame to frame */
struct plots;

/** plots_new - nothing yet; NULL: no memory. Free it before the worker */
struct plots *plots_new(void);
void plots_free(struct plots *p);
/**
 * plots_prepare - compute what the plots on the screen need and what changed since; without layout
 * or track nothing. What takes long the worker does: what was there stays meanwhile
 */
void plots_prepare(struct plots *plots, const struct frame *frame);

void pane_plots(const struct frame *frame);

#endif
