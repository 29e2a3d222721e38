/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lanes: which exist, which are shown, and their order. */
#ifndef APP_LANE_LIST_H
#define APP_LANE_LIST_H

#include "app/state/app.h"

/** struct app_lane - a lane; all exist always, hidden ones are just not shown */
struct app_lane {
	int guest;	      /* -1 = host CPU */
	unsigned int cpu_idx; /* into the stream's cpus */
	int track;	      /* guest lanes: index of the track, -1 none */
	bool pinned, hidden;
	bool busy;		     /* host lanes: some vCPU of the recording runs there */
	bool unfolded;		     /* guest lanes: the picker shows the thread below */
	char label[APP_SHORT_CHARS]; /* "vCPU0", "pCPU12", with two guests "vm1/v1"; printable */
};

/** struct app_lanes - all lanes and those shown, as views read them */
struct app_lanes {
	const struct app_lane *lane; /* all */
	uint32_t nr;
	const uint32_t *shown; /* indices of the lanes shown: guests, then hosts; pinned first */
	uint32_t shown_nr;
	uint32_t sel;	/* the lane cursor, a position in shown */
	bool pair_only; /* those of the selected pair (and pinned ones), whatever else is hidden */
	bool threads;	/* below each guest lane its host thread, with the CPUs it runs on */
	bool in_view_only; /* hide lanes without events in the view: the UI decides per frame */
};

/**
 * app_lane_name - of a CPU, as lanes, details and :goto name it: "vCPU0", "pCPU12", with two guests
 * "vm1/v1"; guest -1: host
 */
const char *app_lane_name(const struct app *a, int guest, unsigned int cpu_idx);
int lanes_new(struct app *app, struct vms_err *err);
void lanes_free(struct app *a);
const struct app_lanes *app_lanes(const struct app *a);
/** lanes_selected - index of the lane with the lane cursor, UINT32_MAX = no lane is shown */
uint32_t lanes_selected(const struct app *a);
/** lanes_pin - pin a lane to the top, or let it go; the lane cursor goes there */
void lanes_pin(struct app *a, uint32_t lane);
/**
 * lanes_hide, lanes_unfold, lanes_only - set what struct app_lane and app_lanes say; lanes_show()
 * is to follow
 */
void lanes_hide(struct app *a, uint32_t lane, bool hidden);
void lanes_unfold(struct app *a, uint32_t lane, bool unfolded);
void lanes_only(struct app *a, bool pair, bool in_view);
/** lanes_show - which lanes are shown and in which order, after a change of pins or hiding */
void lanes_show(struct app *app);
/** lanes_select - put the lane cursor on a lane (index into app.lanes), if it is shown */
void lanes_select(struct app *a, uint32_t lane);
/** lanes_find - index of the lane of a CPU, -1 = none */
int lanes_find(const struct app *a, int guest, unsigned int cpu_idx);
/** lanes_named - index of the lane with a label, in any case of letters; -1 = none */
int lanes_named(const struct app *a, const char *label);
/** lanes_ran - where the vCPUs' threads ran, after a new alignment */
void lanes_ran(struct app *app);
/** lane_ran_on - whether the thread of a guest lane ran on the CPU of a host lane */
bool lane_ran_on(const struct app *a, const struct app_lane *guest, const struct app_lane *host);
/** lane_is_shown - whether a lane is among those shown */
bool lane_is_shown(const struct app *a, uint32_t lane);
/**
 * lanes_settle - what is shown now becomes what each lane says, before a lane is changed by itself
 */
void lanes_settle(struct app *a);
/** lanes_set - "all", "pair", "busy" or names of lanes */
int lanes_set(struct app *app, const char *what, struct vms_err *err);

#endif
