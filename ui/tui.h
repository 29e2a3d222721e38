/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the program's main() calls: the terminal interface as a whole. */
#ifndef TUI_TUI_H
#define TUI_TUI_H

#include <stdbool.h>
#include <vmsync/err.h>
#include "app/state/app.h"
#include "app/worker.h"

/** struct tui - a terminal that is taken */
struct tui;

/**
 * tui_open - take the terminal
 * Return: 0; -VMS_EUSAGE, one line that says what to do: stdin or stdout is no terminal, TERM is
 * missing or unknown (the program ends with 2); -VMS_EUNSUP in a build without curses.
 */
int tui_open(struct tui **out, struct vms_err *err);
/** tui_close - give it back as it was; NULL is fine */
void tui_close(struct tui *t);

/** struct tui_load - work to do behind the loading screen */
struct tui_load {
	struct worker *worker;
	struct worker_job job; /* its take() gets what the work returned */
	const char *name;      /* what is opened: the file */
};

/**
 * tui_load - run the work behind a screen that shows how far it is; Ctrl-C, Esc or q cancels
 * Return: 0 when its result was taken; -VMS_ECANCEL also when HUP or TERM came: it still ends then.
 */
int tui_load(struct tui *t, const struct tui_load *l, struct vms_err *err);

/** tui_edit - the person's editor has the terminal for a while. 0; -VMS_EIO where it failed */
int tui_edit(struct tui *t, const char *path, struct vms_err *err);

/** struct tui_opts - how to run */
struct tui_opts {
	struct tui *tui;	/* NULL: take the terminal for the time of the run */
	bool show_frame_number; /* test mode: "#12" at the end of the title */
};

/** tui_run - the main loop: until quit, or HUP or TERM arrive. Return: 0 or a negative VMS_E* */
int tui_run(struct app *app, const struct tui_opts *o, struct vms_err *err);

#endif
