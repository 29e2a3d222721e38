/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The expression language of search and filter: "vcpu==1 && delay>2us && event ~ hrtimer". */
#ifndef APP_FILTER_H
#define APP_FILTER_H

#include <vmsync/session.h>

struct app_filter;

/** struct filter_field - a name that an expression may use */
struct filter_field {
	const char *name;
	const char *help;
	const char *values; /* "undecided accepted rejected", or NULL */
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
void filter_free(struct app_filter *f);

/** filter_match - NULL matches all */
bool filter_match(const struct app_filter *f, const struct vms_session *s,
		  const struct vms_candidate *c);

/** filter_follows_decisions - a decision can change what matches */
bool filter_follows_decisions(const struct app_filter *f);

#endif
