/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of the trace in the lanes: zoom, pan, follow, history of views, and times as people type
 * them.
 */
#ifndef APP_VIEW_H
#define APP_VIEW_H

#include "app/state/app.h"

/** view_init - extent of the trace; the whole of it in view */
void view_init(struct app *a);
/**
 * view_show - show [t0, t0 + cols * w); remembered in the history; clamped so that the trace stays
 * in sight
 */
void view_show(struct app *a, int64_t t0_raw, int64_t w_raw);
/** view_move - the same without a new entry in the history (follow, resize, caret) */
void view_move(struct app *a, int64_t t0_raw, int64_t w_raw);
/** view_first - the view of the first frame: the selected pair with its surroundings, else all */
void view_first(struct app *a);
void view_whole(struct app *a);
/** view_placed - the view that view_show() makes of a wish */
struct vms_view view_placed(const struct app *a, int64_t t0_raw, int64_t w_raw);
/** view_zoom - steps of the 1-2-5 series, > 0 = in; the time cursor keeps its column */
void view_zoom(struct app *a, int steps);
/** view_zoomed - the view that view_zoom() makes */
struct vms_view view_zoomed(const struct app *a, int steps);
/** view_fit - both times with margin */
void view_fit(struct app *a, int64_t from_raw, int64_t to_raw);
/** view_fit_pair - the pair of a candidate with some of its surroundings */
void view_fit_pair(struct app *a, const struct vms_candidate *c, bool surroundings);
/**
 * view_cursor - put the time cursor somewhere; the view moves when it would leave; centre = land
 * mid-screen
 */
void view_cursor(struct app *a, int64_t raw, bool centre);
/** view_follow - bring the selected pair into view, if follow says so */
void view_follow(struct app *a);
/** view_held - the person moved the view by hand: follow waits for the next candidate key */
void view_held(struct app *a);
/** view_history - dir -1 back, +1 forward; false = no more */
bool view_history(struct app *a, int dir);
/** view_width_up, view_width_down - next width of the 1-2-5 series above or below */
int64_t view_width_up(int64_t w_raw);
int64_t view_width_down(int64_t w_raw);

/**
 * view_parse_time - a time as typed: "12.345 s", "+2ms" and "-2ms" (from the cursor), "start",
 * "end", "'a", "#104" (a pair), "vCPU0#881" (an event by its number, as details show it), "77tk"
 * (raw)
 * @id: set to a candidate when the text names one, else VMS_ID_NONE
 */
int view_parse_time(const struct app *a, const char *text, int64_t *raw, uint32_t *id,
		    struct vms_err *err);

/* lane_list.c */
int lanes_init(struct app *a, struct vms_err *err);
/** lanes_show - which lanes are shown and in which order, after a change of pins or hiding */
void lanes_show(struct app *a);
/** lanes_select - put the lane cursor on a lane (index into app.lanes), if it is shown */
void lanes_select(struct app *a, uint32_t lane);
/** lanes_find - index of the lane of a CPU, -1 = none */
int lanes_find(const struct app *a, int guest, unsigned int cpu_idx);
/** lanes_named - index of the lane with a label, in any case of letters; -1 = none */
int lanes_named(const struct app *a, const char *label);
/** lanes_ran - where the vCPUs' threads ran, after a new alignment */
void lanes_ran(struct app *a);
/** lane_ran_on - whether the thread of a guest lane ran on the CPU of a host lane */
bool lane_ran_on(const struct app *a, const struct app_lane *guest, const struct app_lane *host);
/** lane_is_shown - whether a lane is among those shown */
bool lane_is_shown(const struct app *a, uint32_t lane);
/**
 * lanes_settle - what is shown now becomes what each lane says, before a lane is changed by itself
 */
void lanes_settle(struct app *a);
/** lanes_set - "all", "pair", "busy" or names of lanes */
int lanes_set(struct app *a, const char *what, struct vms_err *err);

/* events.c */
/** events_forget - the model in force changed: the order of guest events may have, too */
void events_forget(struct app *a);
/**
 * events_lane_step - nearest event of one lane (index into app.lanes) after or before a host time;
 * false = none
 */
bool events_lane_step(const struct app *a, uint32_t lane, int64_t host_raw, int dir,
		      struct app_event *out);
/**
 * events_find - the event after (dir > 0) or before whose name holds a text, among the lanes shown
 */
bool events_find(const struct app *a, const struct app_event *from, int dir, const char *text,
		 struct app_event *out);
/** events_free */
void events_free(struct app *a);

struct app_args;
/**
 * view_of_zoom - where :zoom with these arguments leads; @cursor_raw: to where the time cursor goes
 * with it
 */
int view_of_zoom(const struct app *a, const struct app_args *args, struct vms_view *to,
		 int64_t *cursor_raw, struct vms_err *err);
/** view_of_pan - where :pan with these arguments leads */
int view_of_pan(const struct app *a, const struct app_args *args, struct vms_view *to,
		struct vms_err *err);
/**
 * view_pair_of - the pair that a command names, which becomes the selected one, else the selected
 * one; -VMS_EUSAGE without either
 */
int view_pair_of(struct app *a, const struct app_args *args, const struct vms_candidate **out,
		 struct vms_err *err);

/** app_draws_pair - whether a frame of the present screen shows the selected pair */
bool app_draws_pair(const struct app *a);

#endif
