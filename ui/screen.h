/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of the application, in a terminal or without one. */
#ifndef TUI_SCREEN_H
#define TUI_SCREEN_H

#include "app/state/app.h"
#include "ui/cells/cells.h"
#include "ui/draw/layout.h"

/** struct screen - a frame and what is kept for the next one; of one session */
struct screen;

/** screen_new - before the first frame; NULL: no memory. Free it before the session */
struct screen *screen_new(void);
void screen_free(struct screen *s);

/**
 * screen_settle - where things stand now, and what is to be seen of them
 * After another size, keys, commands, or a result of the worker, and before the next frame: the
 * application is told how much fits, and may scroll.
 */
void screen_settle(struct screen *screen, struct app *app, int rows, int cols);
/** screen_draw - what was settled, into cells of that size, which are cleared first */
void screen_draw(const struct screen *screen, struct cells *cells);
/** screen_layout - where things stand: what a click hit */
const struct tui_layout *screen_layout(const struct screen *s);

/** screen_text - the present frame as text that the caller owns. No terminal needed */
int screen_text(struct app *app, char **out, struct vms_err *err);
/** screen_size - the frame that a script without a terminal sees has rows x cols from now on */
int screen_size(struct app *app, int rows, int cols, struct vms_err *err);

#endif
