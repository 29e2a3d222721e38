// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the order of the candidate list, what is in it, and how the selection moves along it. */
#include "app/state/list.h"
#include "app/state/prompt.h"
#include "app/state/shown.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/session_snapshot.h>

#include "app/state/messages.h"
#include "app/state/list_make.h"
#include "app/state/search.h"
#include "app/state/view.h"
#include "app/words/candidate.h"
#include "app/worker.h"
#include "core/base/util.h"

/* Up to here a list is made within a frame. */
#define LIST_AT_ONCE 50000u

/*
 * Above this many candidates the first order is by time: judging them all would delay the first
 * frame.
 */
#define BEST_FIRST_MAX 200000u

struct list_room {
	struct app_list shown;
	uint32_t *ids;
	struct app_filter *filter;
	/* what the list was made by: not what is shown of it while another one is on its way */
	struct list_by by;
	bool says; /* the message shall tell how many match when the list that is made is there */
	uint8_t *marked; /* by id */
	uint32_t marked_cap;
};

const struct app_list *app_list(const struct app *app)
{
	return &app->list->shown;
}

void list_at_once(struct app *app, uint32_t nr)
{
	app->list->shown.at_once = nr;
}

const struct vms_candidate *app_candidate_in(const struct app *app, uint32_t id,
					     struct vms_candidate *room)
{
	return id == VMS_ID_NONE ? NULL : vms_session_find_in(app->session, id, room);
}

bool app_marked(const struct app *app, uint32_t id)
{
	return id < app->list->marked_cap && app->list->marked[id];
}

void list_unmark(struct app *app)
{
	struct list_room *list = app->list;

	if (list->marked)
		memset(list->marked, 0, list->marked_cap);
	list->shown.marked_nr = 0;
}

int list_mark(struct app *app, uint32_t id, bool on)
{
	struct list_room *list = app->list;
	size_t cap = list->marked_cap;

	if (id >= cap) {
		if (!on)
			return 0;
		if (vms_grow(&list->marked, &cap, (size_t)id + 1, 1, UINT32_MAX))
			return -VMS_ENOMEM;
		memset(list->marked + list->marked_cap, 0, cap - list->marked_cap);
		list->marked_cap = (uint32_t)VMS_MIN(cap, UINT32_MAX);
	}
	list->shown.marked_nr += (uint32_t)on - (uint32_t)(list->marked[id] != 0);
	list->marked[id] = on;
	return 0;
}

/* Rows of the old order that are looked at for one that is still wanted. */
#define NEAR_ROWS 10000u

/* The nearest id of the old order that is still wanted: below first, as the eye moves on. */
static uint32_t nearest(const struct app *app, const uint32_t *old, uint32_t old_nr, uint32_t row)
{
	const struct vms_candidate *cand;
	uint32_t d, r;
	int side;

	for (d = 1; d < old_nr && d < NEAR_ROWS && app->list->shown.nr; d++) {
		for (side = 0; side < 2; side++) {
			if (side ? d > row : (uint64_t)row + d >= old_nr)
				continue;
			r = side ? row - d : row + d;
			cand = app_candidate(app, old[r]);
			if (cand && filter_match(app->list->filter, app->session, cand))
				return old[r];
		}
	}
	return VMS_ID_NONE;
}

/*
 * Put a new list in the place of the old one; the selection stays, or moves to the nearest that is
 * left.
 */
static void list_take(struct app *app, uint32_t *ids, uint32_t nr)
{
	struct app_list *shown = &app->list->shown;
	uint32_t *old = app->list->ids, old_nr = shown->nr, row = shown->sel_row, line;
	const uint32_t before = shown->sel;

	shown->ids = app->list->ids = ids;
	shown->nr = nr;
	search_forget(app);
	line = row != VMS_ID_NONE && row >= shown->top ? row - shown->top : 0;
	shown->sel_row = list_row_of(app, shown->sel);
	if (shown->sel_row == VMS_ID_NONE) {
		shown->sel = row != VMS_ID_NONE && row < old_nr ? nearest(app, old, old_nr, row)
								: VMS_ID_NONE;
		if (shown->sel == VMS_ID_NONE && nr)
			shown->sel = ids[0];
		shown->sel_row = list_row_of(app, shown->sel);
		if (before != VMS_ID_NONE && shown->sel != VMS_ID_NONE)
			app_hint(app, APP_NOTE, "%u is not shown by this filter; %u is the nearest",
				 before, shown->sel);
		view_follow(app);
	}
	free(old);
	shown->top =
		shown->sel_row != VMS_ID_NONE && shown->sel_row >= line ? shown->sel_row - line : 0;
	list_scroll(app);
}

static int job_run(void *data, const struct vms_progress *p)
{
	return list_job_make(data, p);
}

static void job_free(void *data)
{
	list_job_free(data);
}

static struct list_by by_now(const struct list_room *list)
{
	struct list_by by = { .sort = list->shown.sort, .reverse = list->shown.reverse };

	(void)snprintf(by.filter_text, sizeof(by.filter_text), "%s", list->shown.filter_text);
	return by;
}

static void job_install(struct app *app, struct list_job *job)
{
	list_take(app, job->ids, job->nr);
	job->ids = NULL;
	app->list->by = job->by;
}

static void job_take(void *user, void *data, int ret)
{
	struct list_job *job = data;
	struct app *app = user;
	struct list_room *list = app->list;
	char count[32];

	if (ret) {
		app_say(app, APP_BAD, "out of memory");
		return;
	}
	job_install(app, job);
	if (!job->snapshot) /* at once: who asked says it */
		return;
	(void)snprintf(count, sizeof(count), "%u of %u", list->shown.nr,
		       vms_session_candidates_nr(app->session));
	if (app_shown(app)->overlay == APP_OVERLAY_FILTER && !app_prompt(app)->error[0])
		prompt_preview(app, "%s", count);
	else if (list->says && list->filter)
		app_hint(app, list->shown.nr ? APP_NOTE : APP_WARN, "%s match %s", count,
			 list->shown.filter_text);
	list->says = false;
	search_resume(app);
}

bool list_unfinished(const struct app *app)
{
	return worker_busy(app->opts.worker, WORKER_LIST);
}

bool list_cancel(struct app *app)
{
	struct list_room *list = app->list;
	struct app_filter *filter = NULL;

	if (!worker_cancel(app->opts.worker, WORKER_LIST))
		return false;
	if (filter_parse(&filter, list->by.filter_text, app->session, NULL, NULL))
		return true;
	filter_free(list->filter);
	list->shown.filter = list->filter = filter;
	list->shown.sort = list->by.sort;
	list->shown.reverse = list->by.reverse;
	(void)snprintf(list->shown.filter_text, sizeof(list->shown.filter_text), "%s",
		       list->by.filter_text);
	return true;
}

void list_finish(struct app *app)
{
	worker_finish(app->opts.worker, WORKER_LIST);
}

void list_says(struct app *app)
{
	app->list->says = list_unfinished(app);
}

struct list_job *list_job_new(const struct app *app, struct vms_session *of)
{
	const struct list_by by = by_now(app->list);

	return list_job_of(of, &by);
}

int list_job_take(struct app *app, struct list_job *job, struct vms_err *err)
{
	const struct list_by now = by_now(app->list);

	if (job->by.sort != now.sort || job->by.reverse != now.reverse ||
	    strcmp(job->by.filter_text, now.filter_text) != 0)
		return list_rebuild(app, err);
	(void)worker_cancel(app->opts.worker, WORKER_LIST);
	job_install(app, job);
	return 0;
}

int list_rebuild(struct app *app, struct vms_err *err)
{
	struct list_room *list = app->list;
	struct worker *worker = vms_session_candidates_nr(app->session) > list->shown.at_once
					? app->opts.worker
					: NULL;
	struct vms_session *snapshot = NULL;
	struct list_job *job;

	(void)worker_cancel(app->opts.worker, WORKER_LIST);
	list->says = false;
	if (worker && vms_session_snapshot(&snapshot, app->session, err))
		return err ? err->code : -VMS_ENOMEM;
	job = list_job_new(app, snapshot ? snapshot : app->session);
	if (!job) {
		vms_session_snapshot_free(snapshot);
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	job->snapshot = snapshot;
	worker_submit(worker, WORKER_LIST,
		      &(struct worker_job){ .run = job_run,
					    .take = job_take,
					    .free = job_free,
					    .data = job,
					    .user = app });
	return 0;
}

/*
 * A list that is there is turned in place: equal keys stand the other way round too, as sorting
 * anew would have it.
 */
static int turn(struct app *app, struct vms_err *err)
{
	const struct app_list *shown = &app->list->shown;
	uint32_t *ids, i;

	ids = vms_calloc(shown->nr, sizeof(*ids));
	if (!ids)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < shown->nr; i++)
		ids[i] = shown->ids[shown->nr - 1 - i];
	list_take(app, ids, shown->nr);
	app->list->by = by_now(app->list);
	return 0;
}

int list_sort(struct app *app, enum app_sort sort, bool reverse, struct vms_err *err)
{
	struct app_list *shown = &app->list->shown;
	const bool turns = sort == shown->sort && reverse != shown->reverse;

	shown->sort = sort;
	shown->reverse = reverse;
	return turns && !list_unfinished(app) && shown->nr ? turn(app, err)
							   : list_rebuild(app, err);
}

int list_filter(struct app *app, struct app_filter *filter, const char *text, struct vms_err *err)
{
	struct list_room *list = app->list;

	filter_free(list->filter);
	list->shown.filter = list->filter = filter;
	(void)snprintf(list->shown.filter_text, sizeof(list->shown.filter_text), "%s", text);
	return list_rebuild(app, err);
}

int list_decided(struct app *app, struct vms_err *err)
{
	return filter_follows_decisions(app->list->filter) ? list_rebuild(app, err) : 0;
}

uint32_t list_row_of(const struct app *app, uint32_t id)
{
	const struct app_list *shown = &app->list->shown;
	uint32_t i;

	if (id == VMS_ID_NONE)
		return VMS_ID_NONE;
	for (i = 0; i < shown->nr; i++)
		if (shown->ids[i] == id)
			return i;
	return VMS_ID_NONE;
}

static uint32_t rows_of(const struct app *app)
{
	return app->geo.list_rows ? app->geo.list_rows : 1;
}

void list_scroll(struct app *app)
{
	struct app_list *shown = &app->list->shown;
	const uint32_t rows = rows_of(app);

	if (shown->sel_row != VMS_ID_NONE) {
		if (shown->sel_row < shown->top)
			shown->top = shown->sel_row;
		else if (shown->sel_row - shown->top >= rows)
			shown->top = shown->sel_row - rows + 1;
	}
	if (shown->nr <= rows)
		shown->top = 0;
	else if (shown->top > shown->nr - rows)
		shown->top = shown->nr - rows;
}

void list_centre(struct app *app)
{
	struct app_list *shown = &app->list->shown;
	const uint32_t half = rows_of(app) / 2;

	if (shown->sel_row != VMS_ID_NONE)
		shown->top = shown->sel_row > half ? shown->sel_row - half : 0;
	list_scroll(app);
}

void list_sideways(struct app *app, uint32_t left)
{
	app->list->shown.left = left;
}

void list_select_row(struct app *app, uint32_t row)
{
	struct app_list *shown = &app->list->shown;
	bool jump;

	if (row >= shown->nr)
		return;
	/* A jump lands in the middle of the list, not on its edge. */
	jump = row + 1 < shown->top || row > shown->top + rows_of(app);
	shown->sel_row = row;
	shown->sel = shown->ids[row];
	if (jump)
		list_centre(app);
	else
		list_scroll(app);
	view_follow(app);
}

void list_select(struct app *app, uint32_t id)
{
	uint32_t row = list_row_of(app, id);

	if (row != VMS_ID_NONE) {
		list_select_row(app, row);
		return;
	}
	if (!app_candidate(app, id))
		return;
	/* Outside the filter: selected all the same, and the list says where it would not be. */
	app->list->shown.sel = id;
	app->list->shown.sel_row = VMS_ID_NONE;
	view_follow(app);
}

uint32_t list_step(const struct app *app, uint32_t from, int dir,
		   bool (*test)(const struct vms_session *, const struct vms_candidate *))
{
	const struct app_list *shown = &app->list->shown;
	int64_t row = from == VMS_ID_NONE ? (dir > 0 ? -1 : (int64_t)shown->nr) : (int64_t)from;

	for (row += dir; row >= 0 && row < (int64_t)shown->nr; row += dir) {
		const struct vms_candidate *c = app_candidate(app, shown->ids[row]);

		if (c && (!test || test(app->session, c)))
			return (uint32_t)row;
	}
	return VMS_ID_NONE;
}

bool list_is_undecided(const struct vms_session *session, const struct vms_candidate *c)
{
	return vms_session_state(session, c) == VMS_UNDECIDED;
}

static uint32_t best_of(const struct vms_session *session)
{
	uint32_t nr = vms_session_candidates_nr(session), i, id = VMS_ID_NONE;
	double best = -HUGE_VAL, v;

	for (i = 0; i < nr; i++) {
		v = candidate_information(session, vms_session_candidate(session, i));
		if (v > best) {
			best = v;
			id = vms_session_candidate(session, i)->id;
		}
	}
	return id;
}

int list_new(struct app *app, struct vms_err *err)
{
	struct list_room *list = vms_calloc(1, sizeof(*list));

	if (!list)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	list->shown.sel = list->shown.sel_row = VMS_ID_NONE;
	list->shown.at_once = LIST_AT_ONCE;
	if (!vms_session_unformed(app->session) &&
	    vms_session_candidates_nr(app->session) <= BEST_FIRST_MAX)
		list->shown.sort = APP_SORT_INFORMATION;
	app->list = list;
	return 0;
}

/* Judged when the files are read: what is decided already is not the best to begin with. */
int list_first(struct app *app, struct vms_err *err)
{
	struct app_list *shown = &app->list->shown;
	int ret;

	if (shown->sort == APP_SORT_INFORMATION)
		shown->sel = best_of(app->session);
	ret = list_rebuild(app, err);
	if (!ret)
		list_finish(app);
	return ret;
}

void list_free(struct app *app)
{
	struct list_room *list = app->list;

	if (!list)
		return;
	filter_free(list->filter);
	(void)worker_cancel(app->opts.worker, WORKER_LIST);
	free(list->ids);
	free(list->marked);
	free(list);
}
