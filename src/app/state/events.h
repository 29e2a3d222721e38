/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The merged order of events. */
#ifndef APP_EVENTS_H
#define APP_EVENTS_H

#include "app/state/app.h"

/** struct app_event - an event of either side in the order of the events screen */
struct app_event {
	int guest; /* -1 = host */
	struct vms_ref ref;
	int64_t host_raw; /* under the model in force */
};

/** struct app_miss - a guest event outside every stretch, gone to */
struct app_miss {
	struct app_event event; /* ref.cpu -1 = none */
	unsigned int track;
	uint32_t stretch; /* the nearest */
	int64_t depth_raw;
	uint32_t nth;  /* of those of the track, from 1; 0 = not counted */
	uint32_t pair; /* that was selected meanwhile */
};

/** struct app_events - the events screen, as views read it */
struct app_events {
	struct app_event sel; /* ref.cpu -1 = none */
	uint32_t line;	      /* screen line of the selected event: 0 = top */
	uint32_t left;	      /* cells scrolled sideways */
	uint32_t binding;     /* how many of the events that fix the band were gone through */
	char filter_text[APP_PROMPT_BYTES]; /* "" = all events; last good one */
};

/** app_miss - the one under the time cursor; NULL: the cursor or the selection went on */
const struct app_miss *app_miss(const struct app *a);
/** events_miss - gone to */
void events_miss(struct app *a, const struct app_miss *miss);

int events_new(struct app *a, struct vms_err *err);
const struct app_events *app_events(const struct app *a);
/** events_select - an event and the line where it stands; NULL = none */
void events_select(struct app *a, const struct app_event *event, uint32_t line);
/** events_bound - so many of those that fix the band were gone through */
void events_bound(struct app *a, uint32_t nr);
/** events_sideways - cells scrolled sideways */
void events_sideways(struct app *a, uint32_t left);

/**
 * events_filter - show only events that match; "" shows all
 * More of them than a frame can look at are looked through by the worker: until then what is listed
 * stays. The selection goes to the nearest one listed, and back when that is listed again.
 * Return: 0; -VMS_EUSAGE with the column of the error; -VMS_ENOMEM.
 */
int events_filter(struct app *app, const char *text, int *col, struct vms_err *err);
/** events_settle - the selection goes to the nearest event listed */
void events_settle(struct app *app);
/** events_unfinished - the list is being made */
bool events_unfinished(const struct app *app);
/** events_cancel - give up the list being made, what is listed stays. Return: there was one */
bool events_cancel(struct app *app);
/** events_count - how many of the lanes shown are listed, of how many */
uint64_t events_count(const struct app *app, uint64_t *all_nr);
/** events_filter_says - "812 of 99 123", in the prompt when one is open, else as message */
void events_filter_says(struct app *app);

/**
 * app_event_step - the event after (dir > 0) or before an event in the merged order of the lanes
 * shown, of those that the filter shows.
 * False at the end. O(lanes * log events).
 */
bool app_event_step(const struct app *app, const struct app_event *from, int dir,
		    struct app_event *out);
/**
 * app_event_at - the first event at or after a host time, else the last; false when there is none
 */
bool app_event_at(const struct app *a, int64_t host_raw, struct app_event *out);
/** events_forget - the model in force changed: the order of guest events may have, too */
void events_forget(struct app *a);
/**
 * events_lane_step - nearest event of one lane (index into app.lanes) after or before a host time;
 * false = none
 */
bool events_lane_step(const struct app *app, uint32_t lane, int64_t host_raw, int dir,
		      struct app_event *out);
/**
 * events_find - the event after (dir > 0) or before whose name holds a text, among the lanes shown
 */
bool events_find(const struct app *app, const struct app_event *from, int dir, const char *text,
		 struct app_event *out);
/** events_free */
void events_free(struct app *a);

#endif
