// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows which rows of a list match what is searched, and the way from one to the next. */
#include "app/state/search.h"
#include "app/state/prompt.h"
#include "app/state/shown.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/session_snapshot.h>

#include "app/state/messages.h"
#include "app/state/events.h"
#include "app/state/list.h"
#include "app/filter/filter.h"
#include "core/base/bisect.h"
#include "core/base/util.h"
#include "app/state/view.h"
#include "app/worker.h"

/* Rows between two looks at whether the matches are still wanted; names are compared by letter. */
#define PIECE_NR 1024u

struct search_run {
	char text[APP_PROMPT_BYTES];
	struct app_filter *filter;
	uint64_t generation; /* of the session when it began */
	uint32_t *rows;	     /* that match, ascending */
	uint32_t rows_nr;
	bool waiting; /* a match is to be selected when all is looked at */
	int dir;
	uint32_t from; /* row */
};

struct search_room {
	struct app_search shown;
	struct search_run *run; /* matches of the text in the list, NULL = none looked for */
	/* the list is being made: the search begins when it is there */
	struct {
		bool wanted;
		int dir;
		uint32_t from; /* id */
	} later;
};

const struct app_search *app_search(const struct app *app)
{
	return &app->search->shown;
}

int search_new(struct app *app, struct vms_err *err)
{
	app->search = vms_calloc(1, sizeof(*app->search));
	return app->search ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");
}

void search_free(struct app *app)
{
	if (app->search)
		search_forget(app);
	free(app->search);
}

void search_forget(struct app *a)
{
	(void)worker_cancel(a->opts.worker, WORKER_SEARCH);
	if (!a->search->run)
		return;
	filter_free(a->search->run->filter);
	free(a->search->run->rows);
	free(a->search->run);
	a->search->run = NULL;
}

/* On the events screen names of events are searched, elsewhere pairs. */
int search_events(struct app *app, int dir, struct vms_err *err)
{
	struct app_event from = app_events(app)->sel, e;

	if (from.ref.cpu < 0)
		from = (struct app_event){ .guest = -2,
					   .ref = VMS_REF_NONE,
					   .host_raw = app_view(app)->cursor_raw };
	if (!events_find(app, &from, dir < 0 ? -1 : 1, app->search->shown.text, &e))
		return vms_fail(err, VMS_ENODATA, "no event named like '%s' %s%s",
				app->search->shown.text, dir < 0 ? "before this" : "after this",
				app_events(app)->filter_text[0] && !events_unfinished(app)
					? " in this filter"
					: "");
	events_select(app, &e, app->geo.list_rows / 2);
	app->search->shown.at = app->search->shown.nr = 1;
	view_held(app);
	view_cursor(app, e.host_raw, true);
	return 0;
}

/* Which of the matches it is, round the end if need be; dir 0: where it begins, else the next. */
static uint32_t go_to_hit(struct app *app, uint32_t nr, uint32_t before, bool here, int dir)
{
	const uint32_t next = dir < 0 ? (before ? before : nr) - 1 : before + (dir && here);
	const uint32_t hit = next < nr ? next : 0;

	app->search->shown.at = hit + 1;
	app->search->shown.nr = nr;
	return hit;
}

/* As in a list of pairs: round the end, and counted. */
int search_rows(struct app *app, struct app_row *row,
		const char *(*text)(const struct app *, uint32_t), int dir, struct vms_err *err)
{
	uint32_t i, nr = 0, before = 0, hit, at = 0;
	bool here = false;

	for (i = 0; i < row->nr; i++) {
		if (!strcasestr(text(app, i), app->search->shown.text))
			continue;
		nr++;
		before += i < row->sel;
		here |= i == row->sel;
	}
	if (!nr)
		return vms_fail(err, VMS_ENODATA, "no row of this screen matches '%s'",
				app->search->shown.text);
	hit = go_to_hit(app, nr, before, here, dir);
	for (i = 0; i < row->nr; i++)
		if (strcasestr(text(app, i), app->search->shown.text) && at++ == hit)
			break;
	row_move(row, (int64_t)i - row->sel, app->geo.list_rows);
	return 0;
}

/* The rows of a list that match, looked for beside the screen or at once. */
struct search_job {
	const struct vms_session *session;
	const struct app_filter *filter;
	const uint32_t *ids;
	uint32_t nr;
	uint32_t *rows; /* that match */
	size_t rows_cap;
	uint32_t rows_nr;
	/* beside the screen: its own */
	struct vms_session *snapshot;
	struct app_filter *own_filter;
	uint32_t *own_ids;
};

static int job_run(void *data, const struct vms_progress *progress)
{
	struct search_job *job = data;
	uint32_t row;

	job->rows_nr = 0;
	for (row = 0; row < job->nr; row++) {
		const uint32_t i = vms_session_index_of(job->session, job->ids[row]);

		if (row % PIECE_NR == 0) {
			if (vms_progress_cancelled(progress))
				return -VMS_ECANCEL;
			vms_progress_tell(progress, "", row, job->nr);
		}
		if (i == VMS_ID_NONE || !filter_match(job->filter, job->session,
						      vms_session_candidate(job->session, i)))
			continue;
		if (vms_grow(&job->rows, &job->rows_cap, (size_t)job->rows_nr + 1,
			     sizeof(*job->rows), UINT32_MAX))
			return -VMS_ENOMEM;
		job->rows[job->rows_nr++] = row;
	}
	return 0;
}

static void job_free(void *data)
{
	struct search_job *job = data;

	vms_session_snapshot_free(job->snapshot);
	filter_free(job->own_filter);
	free(job->own_ids);
	free(job->rows);
	free(job);
}

/* How many matches stand before a row. */
static uint32_t rows_before(const struct search_run *s, uint32_t row)
{
	uint32_t lo = 0, hi = s->rows_nr;

	VMS_BISECT(lo, hi, mid, s->rows[mid] < row);
	return lo;
}

/* Go to the match that was asked for. */
static int take(struct app *app, struct vms_err *err)
{
	struct search_run *search_run = app->search->run;
	const uint32_t before = rows_before(search_run, search_run->from);
	const bool here =
		before < search_run->rows_nr && search_run->rows[before] == search_run->from;

	search_run->waiting = false;
	if (!search_run->rows_nr)
		return vms_fail(err, VMS_ENODATA, "no pair %smatches '%s'",
				app_list(app)->filter ? "of this filter " : "",
				app->search->shown.text);
	list_select_row(app, search_run->rows[go_to_hit(app, search_run->rows_nr, before, here,
							search_run->dir)]);
	return 0;
}

/* How a search ended that nobody waited for. */
static void tell(struct app *a, int ret, const struct vms_err *why)
{
	if (!ret)
		search_says(a);
	else if (app_shown(a)->overlay == APP_OVERLAY_SEARCH)
		prompt_error(a, -1, why->msg);
	else
		app_say(a, APP_WARN, "%s", why->msg);
}

static void job_take(void *user, void *data, int ret)
{
	struct search_job *job = data;
	struct app *app = user;
	struct vms_err why = { 0 };

	if (ret) {
		search_forget(app);
		app_say(app, APP_BAD, "out of memory");
		return;
	}
	app->search->run->rows = job->rows;
	app->search->run->rows_nr = job->rows_nr;
	job->rows = NULL;
	if (!job->snapshot) /* at once: who asked takes one, and says it */
		return;
	tell(app, take(app, &why), &why);
}

/* The worker gets what does not change while it looks. */
static int job_own(struct search_job *job, struct app *a, struct vms_err *err)
{
	int ret = vms_session_snapshot(&job->snapshot, a->session, err);

	if (!ret)
		ret = filter_parse(&job->own_filter, a->search->run->text, a->session, NULL, err);
	if (ret)
		return ret;
	job->own_ids = vms_calloc(job->nr, sizeof(*job->own_ids));
	if (!job->own_ids)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	memcpy(job->own_ids, job->ids, job->nr * sizeof(*job->own_ids));
	job->session = job->snapshot;
	job->filter = job->own_filter;
	job->ids = job->own_ids;
	return 0;
}

static int look(struct app *app, struct vms_err *err)
{
	const struct app_list *list = app_list(app);
	struct worker *worker = list->nr > list->at_once ? app->opts.worker : NULL;
	struct search_job *job = vms_calloc(1, sizeof(*job));
	int ret;

	if (!job)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	job->session = app->session;
	job->filter = app->search->run->filter;
	job->ids = list->ids;
	job->nr = list->nr;
	ret = worker ? job_own(job, app, err) : 0;
	if (ret) {
		job_free(job);
		return ret;
	}
	worker_submit(worker, WORKER_SEARCH,
		      &(struct worker_job){ .run = job_run,
					    .take = job_take,
					    .free = job_free,
					    .data = job,
					    .user = app });
	return app->search->run ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");
}

/* Matches of before serve as long as text, list and what the text asks of pairs are the same. */
static int begin(struct app *app, int *col, struct vms_err *err)
{
	struct search_run *s = app->search->run;
	struct app_filter *filter = NULL;
	int ret;

	if (s && !strcmp(s->text, app->search->shown.text) &&
	    (s->generation == vms_session_generation(app->session) ||
	     !filter_follows_decisions(s->filter)))
		return 0;
	search_forget(app);
	ret = filter_parse(&filter, app->search->shown.text, app->session, col, err);
	if (ret)
		return ret;
	app->search->run = vms_calloc(1, sizeof(*app->search->run));
	if (!app->search->run) {
		filter_free(filter);
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	app->search->run->filter = filter;
	app->search->run->generation = vms_session_generation(app->session);
	(void)snprintf(app->search->run->text, sizeof(app->search->run->text), "%s",
		       app->search->shown.text);
	return look(app, err);
}

static int go_later(struct app *a, int dir, uint32_t from, int *col, struct vms_err *err)
{
	struct app_filter *f = NULL;
	const int ret = filter_parse(&f, a->search->shown.text, a->session, col, err);

	filter_free(f);
	a->search->later.wanted = !ret;
	a->search->later.dir = dir;
	a->search->later.from = from;
	return ret;
}

/* dir 0: at or after the pair that begins it, VMS_ID_NONE = the selected one */
static int go(struct app *app, int (*find)(struct app *, int, struct vms_err *), int dir,
	      uint32_t from, int *col, struct vms_err *err)
{
	const struct app_list *list = app_list(app);
	struct search_run *search_run;
	uint32_t row;
	int ret;

	*col = -1;
	app->search->later.wanted = false;
	app->search->shown.at = app->search->shown.nr = 0;
	if (!app->search->shown.text[0])
		return vms_fail(err, VMS_EUSAGE, "nothing to search for; / starts a search");
	if (find)
		return find(app, dir, err);
	if (list_unfinished(app))
		return go_later(app, dir, from, col, err);
	ret = begin(app, col, err);
	if (ret)
		return ret;
	search_run = app->search->run;
	row = list_row_of(app, from);
	row = row == VMS_ID_NONE ? list->sel_row : row;
	search_run->dir = dir;
	search_run->from = row == VMS_ID_NONE ? 0 : row;
	search_run->waiting = true;
	return worker_busy(app->opts.worker, WORKER_SEARCH) ? 0 : take(app, err);
}

int search_for(struct app *a, int (*find)(struct app *, int, struct vms_err *), const char *text,
	       uint32_t from, int *col, struct vms_err *err)
{
	(void)snprintf(a->search->shown.text, sizeof(a->search->shown.text), "%s", text);
	return go(a, find, 0, from, col, err);
}

int search_step(struct app *a, int (*find)(struct app *, int, struct vms_err *), int dir,
		struct vms_err *err)
{
	int col;

	return go(a, find, dir, VMS_ID_NONE, &col, err);
}

void search_resume(struct app *a)
{
	struct vms_err why = { 0 };
	int col;

	if (a->search->later.wanted)
		tell(a, go(a, NULL, a->search->later.dir, a->search->later.from, &col, &why), &why);
}

bool search_cancel(struct app *a)
{
	const bool some = a->search->later.wanted || worker_busy(a->opts.worker, WORKER_SEARCH);

	a->search->later.wanted = false;
	if (some)
		search_forget(a);
	return some;
}

void search_says(struct app *app)
{
	const bool typed = app_shown(app)->overlay == APP_OVERLAY_SEARCH;
	const bool waits =
		app->search->later.wanted || (app->search->run && app->search->run->waiting);
	char text[64];

	if (waits)
		(void)snprintf(text, sizeof(text), "looking through %u pairs", app_list(app)->nr);
	else
		(void)snprintf(text, sizeof(text), "%u of %u", app->search->shown.at,
			       app->search->shown.nr);
	if (typed)
		prompt_preview(app, "%s", text);
	else if (waits)
		app_hint(app, APP_NOTE, "%s", text);
	else
		app_hint(app, APP_NOTE, "%s match %s", text, app->search->shown.text);
}

void search_finish(struct app *a)
{
	list_finish(a);
	worker_finish(a->opts.worker, WORKER_SEARCH);
}
