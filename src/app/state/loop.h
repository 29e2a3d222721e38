/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between keys and frames: what is asked of main and the UI, what waits, what is stale. */
#ifndef APP_LOOP_H
#define APP_LOOP_H

#include <vmsync/lanes.h>

#include "app/state/app.h"

/* What a command asks of main and the UI; they clear what they did. */
enum app_request {
	APP_REQUEST_QUIT = 1,
	APP_REQUEST_SUSPEND = 2,
	APP_REQUEST_REPAINT = 4,
	APP_REQUEST_COPY = 8,
	APP_REQUEST_RELOAD = 32, /* leave the decisions in the journal, and start anew */
	APP_REQUEST_LOOKS = 16,	 /* glyphs, theme, colour or mouse changed */
};

/** struct app_loop - what stands between keys and frames */
struct app_loop {
	unsigned int request; /* enum app_request */
	const char *copy;     /* for APP_REQUEST_COPY; printable */
	int pending;	      /* command whose letter is the next key, -1 = none */
	uint32_t drawn_sel;   /* id selected in the last frame that showed the pair */
	bool hold;	      /* a decision was made since: typed-ahead ones are dropped */
	unsigned int depth;   /* files of commands that run each other */
};

int loop_new(struct app *app, struct vms_err *err);
void loop_free(struct app *app);
const struct app_loop *app_loop(const struct app *app);
/** loop_ask - enum app_request; loop_served - what was asked is done */
void loop_ask(struct app *app, unsigned int request);
void loop_served(struct app *app, unsigned int request);
/** loop_copy - ask for a text on the clipboard */
int loop_copy(struct app *app, const char *text, struct vms_err *err);
/** loop_pending - the next key is the letter of a command; -1: it is not */
void loop_pending(struct app *app, int cmd);
/** loop_hold - a decision was made by a key */
void loop_hold(struct app *app);
/** loop_deeper - a file of commands begins (1) or ends (-1) */
void loop_deeper(struct app *app, int by);

/** loop_lanes - lanes of pairs that formed, for the screen, which takes them once; NULL = none */
void loop_lanes(struct app *app, struct vms_lanes *lanes);
struct vms_lanes *loop_lanes_take(struct app *app);
/** loop_fit_again - fits that were given up are wanted all the same */
void loop_fit_again(struct app *app);

/** app_frame_drawn - the UI wrote a frame of the present state */
void app_frame_drawn(struct app *app);
/**
 * app_idle - compute what is stale (call when no key waits). Return: something changed, draw again
 */
bool app_idle(struct app *a);
/** app_cancel - give up what the worker does. Return: there was something */
bool app_cancel(struct app *a);
/** app_settle - wait until nothing is left to compute: what a person sees who waits */
void app_settle(struct app *a);

#endif
