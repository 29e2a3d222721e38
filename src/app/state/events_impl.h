/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the merged order of events and its filter share. */
#ifndef APP_EVENTS_IMPL_H
#define APP_EVENTS_IMPL_H

#include "app/state/events.h"

/** struct event_rows - of a lane the events that match, in the order of time */
struct event_rows {
	uint32_t *idx;
	uint32_t nr;
};

struct events_room {
	struct app_events shown;
	struct app_event home; /* that was gone to: the selection is the one nearest to it */
	struct order *lane;
	uint32_t lanes_nr;
	struct app_miss miss;
	struct event_rows *match;    /* by lane; NULL = all */
	char made[APP_PROMPT_BYTES]; /* the filter that made them */
	bool says;		     /* the message is to tell how many match */
};

/**
 * events_sort - indices of a CPU's events, ascending, into the order of their times; on any thread.
 * -VMS_ENOMEM
 */
int events_sort(const struct vms_session *session, int guest, unsigned int cpu_idx, uint32_t *idx,
		uint32_t nr);
/** events_filter_again - times are others now */
void events_filter_again(struct app *app);
void events_filter_free(struct app *app);

#endif
