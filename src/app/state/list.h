/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ordered list of candidates: filter, order, selection, bulk marks, and steps along it. */
#ifndef APP_LIST_H
#define APP_LIST_H

#include "app/filter/filter.h"
#include "app/state/app.h"

/** struct app_list - the list as views read it; only the functions below change it */
struct app_list {
	const uint32_t *ids; /* filtered and sorted */
	uint32_t nr;
	uint32_t sel;	    /* id, VMS_ID_NONE = nothing selected */
	uint32_t sel_row;   /* its position in ids, VMS_ID_NONE when not among them */
	uint32_t top, left; /* first row on the screen; cells scrolled sideways */
	enum app_sort sort;
	bool reverse;
	const struct app_filter *filter;    /* NULL = all */
	char filter_text[APP_PROMPT_BYTES]; /* last good one */
	uint32_t marked_nr;
	uint32_t at_once; /* candidates up to which a list is made within a frame */
};

/** list_new - an empty list; list_first - the first one, made when the files are read */
int list_new(struct app *app, struct vms_err *err);
int list_first(struct app *app, struct vms_err *err);
void list_free(struct app *app);
const struct app_list *app_list(const struct app *app);
/** list_at_once - set it, for tests of lists that are made beside the screen */
void list_at_once(struct app *app, uint32_t nr);

/** app_candidate_in - candidate by id, written to @room; NULL when gone */
const struct vms_candidate *app_candidate_in(const struct app *app, uint32_t id,
					     struct vms_candidate *room);
/** app_candidate - the same, valid to the end of the block that asks */
#define app_candidate(app, id) app_candidate_in(app, id, &(struct vms_candidate){ .flags = 0 })
/** app_selected - the selected candidate, NULL = none; as app_candidate() */
#define app_selected(app) app_candidate(app, app_list(app)->sel)

/** app_marked - marked in bulk; list_mark - mark or unmark; list_unmark - drop all bulk marks */
bool app_marked(const struct app *app, uint32_t id);
int list_mark(struct app *app, uint32_t id, bool on);
void list_unmark(struct app *app);

/**
 * list_rebuild - filter and sort again; keeps the selected id, else takes the nearest in the old
 * order. A list that takes longer than a frame is made by the worker: the old one stays meanwhile.
 */
int list_rebuild(struct app *app, struct vms_err *err);
/**
 * list_job_new - the same as part of what makes another session of the app's: list_job_make() runs
 * on any thread, list_job_take() when the session has become that. NULL: out of memory
 */
struct list_job *list_job_new(const struct app *app, struct vms_session *of);
int list_job_make(struct list_job *job, const struct vms_progress *p);
int list_job_take(struct app *app, struct list_job *job, struct vms_err *err);
void list_job_free(struct list_job *job);
/** list_sort - another order; the same one turned round is turned in place */
int list_sort(struct app *app, enum app_sort sort, bool reverse, struct vms_err *err);
/** list_filter - another filter, which the list owns then; @text: as it was typed */
int list_filter(struct app *app, struct app_filter *filter, const char *text, struct vms_err *err);
/** list_says - when a list that is not complete is, the message shall tell how many match */
void list_says(struct app *app);
/** list_unfinished - the list that comes in its place is not complete yet */
bool list_unfinished(const struct app *app);
/** list_cancel - the list that is made is given up. Return: there was one */
bool list_cancel(struct app *app);
/** list_finish - wait for it: for what works on all of it, and after which old ids are gone */
void list_finish(struct app *app);
/**
 * list_decided - after a decision: rows leave or come when the filter looks at decisions; the order
 * of the rest stays
 */
int list_decided(struct app *app, struct vms_err *err);
/** list_row_of - position of an id in the list, VMS_ID_NONE when it is not there */
uint32_t list_row_of(const struct app *app, uint32_t id);
/**
 * list_select_row, list_select - move the selection; scrolls the list, and the lanes when follow is
 * on
 */
void list_select_row(struct app *app, uint32_t row);
void list_select(struct app *app, uint32_t id);
/** list_scroll - keep the selected row on the screen; list_centre - put it in the middle */
void list_scroll(struct app *app);
void list_centre(struct app *app);
/** list_sideways - cells scrolled sideways */
void list_sideways(struct app *app, uint32_t left);
/**
 * list_step - the next row from one in direction dir whose candidate passes test; from
 * VMS_ID_NONE: from the end that dir leads away from. VMS_ID_NONE = none
 */
uint32_t list_step(const struct app *app, uint32_t from, int dir,
		   bool (*test)(const struct vms_session *, const struct vms_candidate *));
bool list_is_undecided(const struct vms_session *session, const struct vms_candidate *c);

#endif
