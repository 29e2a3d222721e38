/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of the trace in the lanes: zoom, pan, follow, history of views, and times as people type
 * them.
 */
#ifndef APP_VIEW_H
#define APP_VIEW_H

#include "app/state/app.h"

/** struct app_view - the part of the trace in the lanes, as views read it */
struct app_view {
	struct vms_view now;
	bool whole;		     /* it shows the whole trace: a resize keeps it so */
	int64_t first_raw, last_raw; /* of host and mapped guests: what "whole trace" means */
	int64_t cursor_raw;	     /* time cursor of the lanes */
	enum app_follow follow;
	/* time marks a to z; a and b measure */
	struct {
		bool set;
		int64_t host_raw;
	} mark[26];
	bool compares; /* the ghost of a model is drawn: */
	enum vms_by compare;
};

int view_new(struct app *a, struct vms_err *err);
void view_free(struct app *a);
const struct app_view *app_view(const struct app *a);
/** view_cols - how many columns the lanes have; the cursor stays in sight */
void view_cols(struct app *app, unsigned int cols);
/** view_cursor_put - the time cursor alone, wherever the view is */
void view_cursor_put(struct app *a, int64_t raw);
/** view_follow_set - whether the lanes follow the selected pair */
void view_follow_set(struct app *a, enum app_follow follow);
/** view_mark - set a time mark, a to z */
void view_mark(struct app *a, char letter, int64_t raw);
/** view_mark_nth - the letter of the n-th mark that is set, counted from 0; '\0': there are less */
char view_mark_nth(const struct app *app, uint32_t n);
/** view_jump - what follows is a jump from here; view_jump_back - where the last began, if any */
void view_jump(struct app *a);
bool view_jump_back(const struct app *a, int64_t *raw);
/** view_compare - the model whose ghost is drawn */
void view_compare(struct app *a, bool on, enum vms_by by);

/** view_init - extent of the trace; the whole of it in view */
void view_init(struct app *a);
/**
 * view_show - show [t0, t0 + cols * w); remembered in the history; clamped so that the trace stays
 * in sight
 */
void view_show(struct app *a, int64_t t0_raw, int64_t w_raw);
/** view_first - the view of the first frame: the selected pair with its surroundings, else all */
void view_first(struct app *app);
/** view_formed - the same once pairs are there, where nobody has moved the view */
void view_formed(struct app *app);
void view_whole(struct app *a);
/** view_placed - the view that view_show() makes of a wish */
struct vms_view view_placed(const struct app *app, int64_t t0_raw, int64_t w_raw);
/** view_zoom - steps of the 1-2-5 series, > 0 = in; the time cursor keeps its column */
void view_zoom(struct app *a, int steps);
/** view_zoomed - the view that view_zoom() makes */
struct vms_view view_zoomed(const struct app *app, int steps);
/** view_fit_pair - the pair of a candidate with some of its surroundings */
void view_fit_pair(struct app *app, const struct vms_candidate *cand, bool surroundings);
/**
 * view_cursor - put the time cursor somewhere; the view moves when it would leave; centre = land
 * mid-screen
 */
void view_cursor(struct app *app, int64_t raw, bool centre);
/** view_follow - bring the selected pair into view, if follow says so */
void view_follow(struct app *app);
/** view_held - the person moved the view by hand: follow waits for the next candidate key */
void view_held(struct app *a);
/** view_history - dir -1 back, +1 forward; false = no more */
bool view_history(struct app *app, int dir);

#endif
