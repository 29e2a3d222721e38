/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The expression language of search and filter: "vcpu==1 && delay>2us && event ~ hrtimer", of pairs
 * or of events.
 */
#ifndef APP_FILTER_H
#define APP_FILTER_H

#include <vmsync/session.h>

struct app_filter;

/** enum filter_of - what an expression is about, a bit each */
enum filter_of { FILTER_PAIRS = 1, FILTER_EVENTS = 2 };

/** struct filter_field - a name that an expression may use */
struct filter_field {
	const char *name;
	const char *help;
	const char *values; /* "undecided accepted rejected", or NULL */
	unsigned int of;    /* enum filter_of; of events also the fields of their formats */
};

/** filter_fields - all of them; ended by a row with name NULL */
const struct filter_field *filter_fields(void);

/**
 * filter_parse - read an expression
 * @text: fields, == != < <= > >= ~ !~, && || !, parentheses; a bare word or a quoted text that is
 *   no field
 *        matches event names, sequence and tag
 * @s: gives the clock for durations and the names of guests and sequences
 * @col: byte of the error in @text; may be NULL
 * Return: 0; -VMS_EUSAGE with a text that says what was expected; -VMS_ENOMEM. An empty text
 * gives *out NULL.
 */
int filter_parse(struct app_filter **out, const char *text, const struct vms_session *s, int *col,
		 struct vms_err *err);
/** filter_parse_events - the same of events: their fields, and a bare word in what they say */
int filter_parse_events(struct app_filter **out, const char *text, const struct vms_session *s,
			int *col, struct vms_err *err);
void filter_free(struct app_filter *f);

/** filter_match - NULL matches all */
bool filter_match(const struct app_filter *f, const struct vms_session *s,
		  const struct vms_candidate *c);

/**
 * filter_match_event - whether an event matches; @guest: -1 = of the host; NULL matches all
 * What an event lacks it does not match, whatever it is compared with. On any thread.
 */
bool filter_match_event(const struct app_filter *f, const struct vms_session *s, int guest,
			struct vms_ref ref);

/** filter_event_outside - whether the model in force puts it where its vCPU did not run */
bool filter_event_outside(const struct vms_session *s, int guest, struct vms_ref ref);

/** filter_follows_decisions - a decision can change what matches */
bool filter_follows_decisions(const struct app_filter *f);

#endif
