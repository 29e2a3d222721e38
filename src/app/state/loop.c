// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows what passes between keys and frames: requests, keys that wait, fits that are stale. */
#include "app/state/loop.h"

#include <stdlib.h>

#include <vmsync/session_snapshot.h>

#include "app/filter/filter.h"
#include "app/state/events.h"
#include "app/state/list.h"
#include "app/state/search.h"
#include "app/state/shown.h"
#include "app/worker.h"
#include "core/base/util.h"

struct loop_room {
	struct app_loop now;
	char *copy;
	struct vms_lanes *lanes; /* prepared beside the screen */
	uint64_t fit_generation; /* of the session that the worker fits to */
};

int loop_new(struct app *app, struct vms_err *err)
{
	app->loop = vms_calloc(1, sizeof(*app->loop));
	if (!app->loop)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	app->loop->now.pending = -1;
	app->loop->now.drawn_sel = VMS_ID_NONE;
	return 0;
}

void loop_free(struct app *app)
{
	if (app->loop) {
		free(app->loop->copy);
		vms_lanes_free(app->loop->lanes);
	}
	free(app->loop);
}

const struct app_loop *app_loop(const struct app *app)
{
	return &app->loop->now;
}

void loop_ask(struct app *app, unsigned int request)
{
	app->loop->now.request |= request;
}

void loop_served(struct app *app, unsigned int request)
{
	app->loop->now.request &= ~request;
}

int loop_copy(struct app *app, const char *text, struct vms_err *err)
{
	free(app->loop->copy);
	app->loop->now.copy = app->loop->copy = vms_strdup(text);
	if (!app->loop->copy)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	loop_ask(app, APP_REQUEST_COPY);
	return 0;
}

void loop_pending(struct app *app, int cmd)
{
	app->loop->now.pending = cmd;
}

void loop_hold(struct app *app)
{
	app->loop->now.hold = true;
}

void loop_deeper(struct app *app, int by)
{
	app->loop->now.depth += (unsigned int)by;
}

void app_frame_drawn(struct app *app)
{
	if (app_draws_pair(app))
		app->loop->now.drawn_sel = app_list(app)->sel;
	app->loop->now.hold = false;
}

/* What decisions left stale, computed over a snapshot: a vCPU at a time, what is shown first. */
struct fit_job {
	struct vms_session *snapshot;
	unsigned int track; /* that is shown */
};

static int fit_run(void *data, const struct vms_progress *p)
{
	const struct fit_job *job = data;

	return vms_session_refresh_track(job->snapshot, job->track, p);
}

static void fit_take(void *user, void *data, int ret)
{
	struct app *a = user;

	(void)ret;
	if (!vms_session_take(a->session, ((struct fit_job *)data)->snapshot, NULL, NULL) &&
	    filter_follows_decisions(app_list(a)->filter))
		(void)list_rebuild(a, NULL);
}

static void fit_free(void *data)
{
	vms_session_snapshot_free(((struct fit_job *)data)->snapshot);
	free(data);
}

/* A decision asks for other figures than the one before: what was on its way is given up. */
static void fit(struct app *app)
{
	struct fit_job *job;

	/* already on its way, or given up: then the next decision asks for it again */
	if (app->loop->fit_generation == vms_session_generation(app->session))
		return;
	job = vms_calloc(1, sizeof(*job));
	if (!job || vms_session_snapshot(&job->snapshot, app->session, NULL)) {
		free(job);
		return;
	}
	job->track = app_track(app);
	app->loop->fit_generation = vms_session_generation(app->session);
	worker_submit(app->opts.worker, WORKER_FIT,
		      &(struct worker_job){ .run = fit_run,
					    .take = fit_take,
					    .free = fit_free,
					    .data = job,
					    .user = app });
}

void loop_lanes(struct app *app, struct vms_lanes *lanes)
{
	vms_lanes_free(app->loop->lanes);
	app->loop->lanes = lanes;
}

struct vms_lanes *loop_lanes_take(struct app *app)
{
	struct vms_lanes *lanes = app->loop->lanes;

	app->loop->lanes = NULL;
	return lanes;
}

void loop_fit_again(struct app *app)
{
	app->loop->fit_generation = UINT64_MAX;
}

bool app_idle(struct app *a)
{
	if (!vms_session_stale(a->session))
		return false;
	fit(a);
	return !vms_session_stale(a->session);
}

bool app_cancel(struct app *a)
{
	const bool list = list_cancel(a), search = search_cancel(a), events = events_cancel(a),
		   fits = worker_cancel(a->opts.worker, WORKER_FIT),
		   /* nothing can be done without the first pairs */
		change = !vms_session_unformed(a->session) &&
			 worker_cancel(a->opts.worker, WORKER_CHANGE),
		   plots = worker_cancel(a->opts.worker, WORKER_PLOT),
		   fitness = worker_cancel(a->opts.worker, WORKER_FITNESS),
		   found = worker_cancel(a->opts.worker, WORKER_FIND);

	return list || search || events || fits || change || plots || fitness || found;
}

void app_settle(struct app *a)
{
	unsigned int k;

	do {
		for (k = 0; k < WORKER_NR; k++)
			worker_finish(a->opts.worker, (enum worker_kind)k);
	} while (app_idle(a) || worker_busy(a->opts.worker, WORKER_FIT));
}
