/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Panes that can have the focus, a row each. What draws them has a row each in ui. */
#ifndef APP_PANES_H
#define APP_PANES_H

#include "app/state/app.h"

/**
 * struct pane - what a pane is and does; 0 or NULL: nothing of the kind. move, sideways and
 * open are there
 */
struct pane {
	unsigned int screens, first;	      /* bits: where it is; where it has the focus first */
	unsigned int context;		      /* of its keys */
	bool lanes;			      /* a page of it is one of lanes */
	bool (*there)(const struct app *app); /* where it is not there always */
	uint32_t (*rows)(const struct app *app); /* its rows are numbers: how many */
	const char *(*text)(const struct app *app, uint32_t row); /* of them, for a search */
	void (*move)(struct app *app, int64_t delta);
	void (*end)(struct app *app, bool last); /* where that is more than a long move */
	void (*sideways)(struct app *app, int64_t cells);
	void (*come)(struct app *app);				    /* its screen opens */
	int (*find)(struct app *app, int dir, struct vms_err *err); /* "/"; else pairs */
	int (*open)(struct app *app, struct vms_err *err);	    /* Enter */
};

/** pane_here - the row of what has the focus, whatever lies on it */
const struct pane *pane_here(const struct app *app);
/** screen_set - go to a screen, the focus on its first pane */
void screen_set(struct app *app, enum app_screen screen);
/** pane_alone - the screen has no other; pane_step - the focus to the next one */
bool pane_alone(const struct app *app);
void pane_step(struct app *app, int dir);

/* The rows of what lies on top, else of what has the focus: */
void pane_move(struct app *app, int64_t delta);
void pane_end(struct app *app, bool last);
void pane_sideways(struct app *app, int64_t cells);
/** pane_page - rows of a page */
int64_t pane_page(const struct app *app);

/** say_cursor - where the time cursor is, for panes that do not show it */
void say_cursor(struct app *a);

#endif
