// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows which events of each lane match a filter, and how that is found beside the screen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/session_snapshot.h>

#include "app/filter/filter.h"
#include "app/state/events_impl.h"
#include "app/state/lane_list.h"
#include "app/state/list.h"
#include "app/state/messages.h"
#include "app/state/prompt.h"
#include "app/state/shown.h"
#include "app/words/format.h"
#include "app/worker.h"
#include "core/base/util.h"

/* Events between two looks at whether the list is still wanted: less than a millisecond. */
#define PIECE_NR 4096u

struct job_lane {
	int guest;
	unsigned int cpu_idx;
	uint32_t nr; /* events */
};

struct events_job {
	struct vms_session *snapshot; /* beside the screen: its own */
	const struct vms_session *session;
	struct app_filter *filter;
	char text[APP_PROMPT_BYTES];
	struct job_lane *lane;
	uint32_t lanes_nr;
	uint64_t all_nr;
	struct event_rows *match;
};

static void rows_free(struct event_rows *rows, uint32_t nr)
{
	uint32_t i;

	for (i = 0; rows && i < nr; i++)
		free(rows[i].idx);
	free(rows);
}

/* The events of a lane that match, into @room, which has room for all. */
static int look(const struct events_job *job, const struct job_lane *lane, uint64_t before,
		uint32_t *room, uint32_t *nr, const struct vms_progress *progress)
{
	struct vms_ref ref = { .cpu = (int32_t)lane->cpu_idx };

	for (ref.idx = 0; ref.idx < lane->nr; ref.idx++) {
		if (ref.idx % PIECE_NR == 0) {
			if (vms_progress_cancelled(progress))
				return -VMS_ECANCEL;
			vms_progress_tell(progress, "", before + ref.idx, job->all_nr);
		}
		if (filter_match_event(job->filter, job->session, lane->guest, ref))
			room[(*nr)++] = ref.idx;
	}
	return events_sort(job->session, lane->guest, lane->cpu_idx, room, *nr);
}

static int job_run(void *data, const struct vms_progress *progress)
{
	struct events_job *job = data;
	uint64_t before = 0;
	uint32_t i, *room, most = 1;
	int ret;

	for (i = 0; i < job->lanes_nr; i++)
		most = VMS_MAX(most, job->lane[i].nr);
	rows_free(job->match, job->lanes_nr);
	job->match = vms_calloc(job->lanes_nr, sizeof(*job->match));
	room = vms_calloc(most, sizeof(*room));
	ret = job->match && room ? 0 : -VMS_ENOMEM;
	for (i = 0; i < job->lanes_nr && !ret; before += job->lane[i++].nr) {
		struct event_rows *rows = &job->match[i];

		ret = look(job, &job->lane[i], before, room, &rows->nr, progress);
		rows->idx = ret ? NULL : vms_calloc(VMS_MAX(rows->nr, 1u), sizeof(*rows->idx));
		if (rows->idx)
			memcpy(rows->idx, room, rows->nr * sizeof(*room));
		else if (!ret)
			ret = -VMS_ENOMEM;
	}
	free(room);
	return ret;
}

static void job_free(void *data)
{
	struct events_job *job = data;

	rows_free(job->match, job->lanes_nr);
	vms_session_snapshot_free(job->snapshot);
	filter_free(job->filter);
	free(job->lane);
	free(job);
}

static void back_to_made(struct events_room *room)
{
	(void)snprintf(room->shown.filter_text, sizeof(room->shown.filter_text), "%s", room->made);
}

static void job_take(void *user, void *data, int ret)
{
	struct events_job *job = data;
	struct app *app = user;
	struct events_room *room = app->events;

	if (ret) {
		back_to_made(room);
		app_say(app, APP_BAD, "out of memory");
		return;
	}
	rows_free(room->match, room->lanes_nr);
	room->match = job->match;
	job->match = NULL;
	(void)snprintf(room->made, sizeof(room->made), "%s", job->text);
	events_settle(app);
	if (job->snapshot && (room->says || app_shown(app)->overlay == APP_OVERLAY_EVENTS))
		events_filter_says(app);
	room->says = false;
}

static struct events_job *job_new(const struct app *app, const char *text)
{
	const struct app_lanes *lanes = app_lanes(app);
	struct events_job *job = vms_calloc(1, sizeof(*job));
	uint32_t i;

	if (!job)
		return NULL;
	job->session = app->session;
	job->lane = vms_calloc(lanes->nr, sizeof(*job->lane));
	if (!job->lane) {
		free(job);
		return NULL;
	}
	(void)snprintf(job->text, sizeof(job->text), "%s", text);
	job->lanes_nr = lanes->nr;
	for (i = 0; i < lanes->nr; i++) {
		const struct app_lane *lane = &lanes->lane[i];
		const struct vms_stream *stream =
			lane->guest < 0 ? app->trace->host : app->trace->guests[lane->guest].stream;

		job->lane[i] = (struct job_lane){ lane->guest, lane->cpu_idx,
						  stream->cpus[lane->cpu_idx].nr };
		job->all_nr += job->lane[i].nr;
		/* libtraceevent puts its names in order when first asked, which must be here */
		if (stream->ops && stream->ops->comm)
			(void)stream->ops->comm(stream, 0);
	}
	return job;
}

static void show_all(struct app *app)
{
	struct events_room *room = app->events;

	(void)worker_cancel(app->opts.worker, WORKER_EVENTS);
	rows_free(room->match, room->lanes_nr);
	room->match = NULL;
	room->shown.filter_text[0] = room->made[0] = '\0';
	events_settle(app);
}

int events_filter(struct app *app, const char *text, int *col, struct vms_err *err)
{
	struct events_room *room = app->events;
	struct app_filter *filter = NULL;
	struct worker *worker = app->opts.worker;
	struct events_job *job;
	int ret = filter_parse_events(&filter, text, app->session, col, err);

	if (ret)
		return ret;
	if (!filter) {
		show_all(app);
		return 0;
	}
	job = job_new(app, text);
	if (!job) {
		filter_free(filter);
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	job->filter = filter;
	if (job->all_nr <= app_list(app)->at_once)
		worker = NULL;
	ret = worker ? vms_session_snapshot(&job->snapshot, app->session, err) : 0;
	if (ret) {
		job_free(job);
		return ret;
	}
	if (job->snapshot)
		job->session = job->snapshot;
	(void)snprintf(room->shown.filter_text, sizeof(room->shown.filter_text), "%s", text);
	room->says = false;
	worker_submit(worker, WORKER_EVENTS,
		      &(struct worker_job){ .run = job_run,
					    .take = job_take,
					    .free = job_free,
					    .data = job,
					    .user = app });
	return 0;
}

void events_filter_again(struct app *app)
{
	char text[APP_PROMPT_BYTES];

	(void)snprintf(text, sizeof(text), "%s", app->events->shown.filter_text);
	if (text[0] && events_filter(app, text, NULL, NULL))
		show_all(app);
}

void events_filter_free(struct app *app)
{
	(void)worker_cancel(app->opts.worker, WORKER_EVENTS);
	rows_free(app->events->match, app->events->lanes_nr);
	app->events->match = NULL;
	app->events->shown.filter_text[0] = '\0';
}

bool events_unfinished(const struct app *app)
{
	return worker_busy(app->opts.worker, WORKER_EVENTS);
}

bool events_cancel(struct app *app)
{
	if (!worker_cancel(app->opts.worker, WORKER_EVENTS))
		return false;
	back_to_made(app->events);
	return true;
}

uint64_t events_count(const struct app *app, uint64_t *all_nr)
{
	const struct app_lanes *lanes = app_lanes(app);
	const struct event_rows *match = app->events->match;
	uint64_t nr = 0;
	uint32_t i;

	*all_nr = 0;
	for (i = 0; i < lanes->shown_nr; i++) {
		const struct app_lane *lane = &lanes->lane[lanes->shown[i]];
		const struct vms_stream *stream =
			lane->guest < 0 ? app->trace->host : app->trace->guests[lane->guest].stream;

		*all_nr += stream->cpus[lane->cpu_idx].nr;
		nr += match ? match[lanes->shown[i]].nr : stream->cpus[lane->cpu_idx].nr;
	}
	return nr;
}

void events_filter_says(struct app *app)
{
	const char *text = app->events->shown.filter_text;
	uint64_t all_nr;
	const uint64_t nr = events_count(app, &all_nr);
	char count[80];

	if (events_unfinished(app))
		(void)snprintf(count, sizeof(count), "looking through %s events",
			       fmt_grouped(all_nr, FMT_BUF));
	else
		(void)snprintf(count, sizeof(count), "%s of %s", fmt_grouped(nr, FMT_BUF),
			       fmt_grouped(all_nr, FMT_BUF));
	if (app_shown(app)->overlay == APP_OVERLAY_EVENTS) {
		if (!app_prompt(app)->error[0])
			prompt_preview(app, "%s", count);
		return;
	}
	app->events->says = events_unfinished(app);
	if (app->events->says)
		app_hint(app, APP_NOTE, "%s", count);
	else if (text[0])
		app_hint(app, nr ? APP_NOTE : APP_WARN, "%s events match %s; Esc shows all", count,
			 text);
	else
		app_hint(app, APP_NOTE, "no filter: %s events", fmt_grouped(all_nr, FMT_BUF));
}
