/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Search: the rows of the list that match, and the way from one to the next. */
#ifndef APP_SEARCH_H
#define APP_SEARCH_H

#include "app/state/app.h"

/** struct app_search - what was searched last, as views read it */
struct app_search {
	char text[APP_PROMPT_BYTES];
	uint32_t at, nr; /* "3 of 12"; 0 of 0 = none made */
};

int search_new(struct app *app, struct vms_err *err);
void search_free(struct app *app);
const struct app_search *app_search(const struct app *app);

/**
 * search_events - names of events, in place of pairs; search_rows - rows that are numbers, by the
 * text of each
 */
int search_events(struct app *app, int dir, struct vms_err *err);
int search_rows(struct app *app, struct app_row *row,
		const char *(*text)(const struct app *, uint32_t), int dir, struct vms_err *err);

/**
 * search_for - another text: select its first match at or after the pair @from (VMS_ID_NONE: the
 * selected one); @find: what is looked through in place of pairs, NULL: pairs
 * A list that takes longer than a frame is looked through by the worker: nr is 0 until then.
 * Return: 0; -VMS_ENODATA without a match; -VMS_EUSAGE with the column of the error.
 */
int search_for(struct app *a, int (*find)(struct app *, int, struct vms_err *), const char *text,
	       uint32_t from, int *col, struct vms_err *err);
/** search_step - the match after (dir 1) or before the selected row */
int search_step(struct app *a, int (*find)(struct app *, int, struct vms_err *), int dir,
		struct vms_err *err);
/**
 * search_says - "3 of 12 match" or that it is being looked for: in the prompt when one is open,
 * else as message
 */
void search_says(struct app *app);
/** search_resume - the list is there: begin a search that waited for it */
void search_resume(struct app *a);
/** search_cancel - give up a search that has not found yet. Return: there was one */
bool search_cancel(struct app *a);
/** search_finish - wait until all is looked through */
void search_finish(struct app *a);
/** search_forget - the list is another one, or the search is given up; the text stays */
void search_forget(struct app *a);

#endif
