/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Overlays: what lies on top of a screen, a row each. What draws them has a row each in ui. */
#ifndef APP_OVERLAYS_H
#define APP_OVERLAYS_H

#include "app/commands/command.h"

/** struct overlay - what an overlay is and does; 0 or NULL: nothing of the kind */
struct overlay {
	unsigned int context; /* of its keys; 0 = that of the pane below */
	const char *label;    /* stands before what is typed; NULL = nothing is typed */
	const char *takes;    /* what Enter does, for the function bar */
	/* a ":" line: has a history, a blank after a word completed, and none when it is empty */
	bool line;
	void (*fill)(struct app *a);		    /* its rows, when it opens */
	void (*move)(struct app *a, int64_t delta); /* along its rows */
	void (*typed)(struct app *a);		    /* the text changed */
	void (*complete)(struct app *a);	    /* offers words for the caret's place */
	void (*toggle)(struct app *a);		    /* Space on a row */
	void (*fold)(struct app *a, bool unfold);   /* Left and Right on a row */
	bool (*stays)(struct app *a);		    /* Enter leaves it open, and this is all */
	/* Enter on a row that is selected; on a line that was typed */
	int (*take)(struct app *a, struct vms_err *err);
	int (*enter)(struct app *a, const struct app_args *line, struct vms_err *err);
	bool passes;		      /* a key that it does not know closes it, and counts below */
	void (*leave)(struct app *a); /* by Esc */
	void (*answer)(struct app *a, uint32_t key); /* takes every key as it comes */
	void (*follow)(struct app *a);		     /* after each key that it lets through */
};

/** overlay_here - the row of what lies on top; of nothing at all when that is nothing */
const struct overlay *overlay_here(const struct app *app);
/** overlay_open - with a text to begin with, where it has one */
void overlay_open(struct app *app, enum app_overlay which, const char *text);
/** overlay_close - without doing anything else */
void overlay_close(struct app *app);
/** overlay_enter - close it and do what it is for */
int overlay_enter(struct app *app, struct vms_err *err);
/** overlay_typed - completions, preview and error of the text, after each change of it */
void overlay_typed(struct app *app);

#endif
