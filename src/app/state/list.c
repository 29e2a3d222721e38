// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the order of the candidate list, what is in it, and how the selection moves along it. */
#include "app/state/list.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/list_make.h"
#include "app/state/search.h"
#include "app/state/view.h"
#include "app/words/candidate.h"
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
	struct list_make *make; /* the list that comes in its place, NULL = none */
	bool says;		/* the message shall tell how many match when it is complete */
	uint8_t *marked;	/* by id */
	uint32_t marked_cap;
};

const char *const sort_names[APP_SORT_NR] = { "time",	  "delay",	 "residual",
					      "sequence", "information", "id" };

const struct app_list *app_list(const struct app *app)
{
	return &app->list->shown;
}

void list_at_once(struct app *app, uint32_t nr)
{
	app->list->shown.at_once = nr;
}

const struct vms_candidate *app_candidate(const struct app *app, uint32_t id)
{
	uint32_t i = id == VMS_ID_NONE ? VMS_ID_NONE : vms_session_index_of(app->session, id);

	return i == VMS_ID_NONE ? NULL : vms_session_candidate(app->session, i);
}

const struct vms_candidate *app_selected(const struct app *app)
{
	return app_candidate(app, app->list->shown.sel);
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
	const struct vms_candidate *c;
	uint32_t d, r;
	int side;

	for (d = 1; d < old_nr && d < NEAR_ROWS && app->list->shown.nr; d++) {
		for (side = 0; side < 2; side++) {
			if (side ? d > row : (uint64_t)row + d >= old_nr)
				continue;
			r = side ? row - d : row + d;
			c = app_candidate(app, old[r]);
			if (c && filter_match(app->list->filter, app->session, c))
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

static void make_end(struct list_room *list)
{
	list_make_free(list->make);
	list->make = NULL;
	list->shown.unfinished = false;
}

static bool list_piece(struct app *app)
{
	struct list_room *list = app->list;
	uint32_t *ids, nr;

	if (!list_make_piece(list->make)) {
		list->shown.percent = list_make_percent(list->make);
		return false;
	}
	list_made(list->make, &ids, &nr);
	make_end(list);
	list_take(app, ids, nr);
	return true;
}

bool list_idle(struct app *app)
{
	struct list_room *list = app->list;
	char count[32];

	if (!list->make)
		return false;
	if (!list_piece(app))
		return true;
	(void)snprintf(count, sizeof(count), "%u of %u", list->shown.nr,
		       vms_session_candidates_nr(app->session));
	if (app->overlay == APP_OVERLAY_FILTER && !app->prompt.error[0])
		(void)snprintf(app->prompt.preview, sizeof(app->prompt.preview), "%s", count);
	else if (list->says && list->filter)
		app_hint(app, list->shown.nr ? APP_NOTE : APP_WARN, "%s match %s", count,
			 list->shown.filter_text);
	list->says = false;
	return true;
}

void list_finish(struct app *app)
{
	while (app->list->make)
		(void)list_piece(app);
}

void list_says(struct app *app)
{
	app->list->says = app->list->make != NULL;
}

int list_rebuild(struct app *app, struct vms_err *err)
{
	struct list_room *list = app->list;
	const bool at_once =
		app->headless || vms_session_candidates_nr(app->session) <= list->shown.at_once;
	int ret;

	make_end(list);
	list->says = false;
	ret = list_make_begin(&list->make, app, err);
	if (ret)
		return ret;
	list->shown.unfinished = true;
	if (at_once)
		list_finish(app);
	else
		(void)list_piece(app);
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
	return 0;
}

int list_sort(struct app *app, enum app_sort sort, bool reverse, struct vms_err *err)
{
	struct app_list *shown = &app->list->shown;
	const bool turns = sort == shown->sort && reverse != shown->reverse;

	shown->sort = sort;
	shown->reverse = reverse;
	return turns && !shown->unfinished && shown->nr ? turn(app, err) : list_rebuild(app, err);
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
		   bool (*test)(const struct vms_candidate *c))
{
	const struct app_list *shown = &app->list->shown;
	int64_t row = from == VMS_ID_NONE ? (dir > 0 ? -1 : (int64_t)shown->nr) : (int64_t)from;

	for (row += dir; row >= 0 && row < (int64_t)shown->nr; row += dir) {
		const struct vms_candidate *c = app_candidate(app, shown->ids[row]);

		if (c && (!test || test(c)))
			return (uint32_t)row;
	}
	return VMS_ID_NONE;
}

bool list_is_undecided(const struct vms_candidate *c)
{
	return c->state == VMS_UNDECIDED;
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
	if (vms_session_candidates_nr(app->session) <= BEST_FIRST_MAX)
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
	list_make_free(list->make);
	free(list->ids);
	free(list->marked);
	free(list);
	app->list = NULL;
}
