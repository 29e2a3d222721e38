// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how a change that forms pairs anew is made over a snapshot, and comes into the session. */
#include "app/commands/cmd_change.h"

#include <stdlib.h>
#include <string.h>

#include <vmsync/session_snapshot.h>

#include "app/state/events.h"
#include "app/state/lane_list.h"
#include "app/state/list.h"
#include "app/state/loop.h"
#include "app/state/messages.h"
#include "app/state/persist.h"
#include "app/state/settings.h"
#include "app/state/view.h"
#include "app/worker.h"
#include "core/base/util.h"

/* All its own. */
struct change_job {
	struct change_ask ask;
	struct vms_line line; /* how an alignment is asked for */
	int32_t *tids;
	char *text; /* of a sequence */
	struct vms_session *snapshot;
	struct list_job *list; /* as it is then */
	struct vms_lanes *lanes;
	uint64_t steps; /* of the session when it was asked for */
	bool beside;	/* the screen: nobody waits for the answer */
	struct vms_err err;
};

static int job_run(void *data, const struct vms_progress *progress)
{
	struct change_job *job = data;
	struct vms_align_opts how = job->ask.how;
	struct vms_change change = job->ask.change;
	int ret;

	how.progress = progress;
	how.user = how.user ? &job->line : NULL;
	how.tids = job->tids;
	if (change.kind == VMS_CHANGE_ALIGN)
		change.align.how = &how;
	/* taken with the change: it may be made again */
	if (change.kind == VMS_CHANGE_SEQUENCE && job->text) {
		change.sequence.text = vms_strdup(job->text);
		if (!change.sequence.text)
			return vms_fail(&job->err, VMS_ENOMEM, "out of memory");
	}
	vms_session_watch(job->snapshot, progress);
	switch (job->ask.way) {
	case CHANGE_UNDO: ret = vms_session_undo(job->snapshot, NULL, &job->err); break;
	case CHANGE_REDO: ret = vms_session_redo(job->snapshot, NULL, &job->err); break;
	case CHANGE_FORM: ret = vms_session_form(job->snapshot, &job->err); break;
	case CHANGE_MAKE:
	default: ret = vms_session_apply(job->snapshot, &change, NULL, &job->err);
	}
	vms_session_watch(job->snapshot, NULL);
	if (!ret)
		ret = list_job_make(job->list, progress);
	if (!ret && job->beside)
		ret = vms_lanes_new(&job->lanes, job->snapshot, &job->err);
	if (!ret && job->lanes)
		ret = vms_lanes_prepare(job->lanes, progress);
	return ret;
}

static void job_free(void *data)
{
	struct change_job *job = data;

	vms_lanes_free(job->lanes);
	list_job_free(job->list);
	vms_session_snapshot_free(job->snapshot);
	free(job->tids);
	free(job->text);
	free(job);
}

static struct change_job *job_new(struct app *app, const struct change_ask *ask)
{
	const struct vms_align_opts *how = &ask->how;
	const size_t cpus_nr =
		how->tids ? app->trace->guests[ask->change.align.guest].stream->cpus_nr : 0;
	struct change_job *job = vms_calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->ask = *ask;
	if (how->user)
		job->line = *how->user;
	job->tids = how->tids ? vms_calloc(cpus_nr, sizeof(*job->tids)) : NULL;
	if (job->tids)
		memcpy(job->tids, how->tids, cpus_nr * sizeof(*job->tids));
	if (ask->change.kind == VMS_CHANGE_SEQUENCE) {
		job->text = vms_strdup(ask->change.sequence.text);
		job->ask.change.sequence.text = job->text;
	}
	if ((how->tids && !job->tids) || vms_session_snapshot(&job->snapshot, app->session, NULL) ||
	    !(job->list = list_job_new(app, job->snapshot))) {
		job_free(job);
		return NULL;
	}
	return job;
}

/* Events and lanes are those of other pairs now. */
static void formed(struct app *app, bool fresh, bool moved)
{
	files_decided(app, fresh);
	events_forget(app);
	if (moved)
		lanes_ran(app);
	lanes_show(app);
	view_init(app);
	events_select(app, NULL, 0);
}

int change_loaded(struct app *app, struct vms_err *err)
{
	int ret;

	formed(app, false, true);
	ret = list_rebuild(app, err);
	list_finish(app);
	return ret;
}

/* Which host CPUs a vCPU ran on hangs on its thread. */
static bool threads_differ(const struct vms_session *a, const struct vms_session *b)
{
	unsigned int t = 0;

	while (t < vms_session_tracks_nr(a) &&
	       vms_session_track(a, t)->thread == vms_session_track(b, t)->thread)
		t++;
	return t < vms_session_tracks_nr(a);
}

static int submit(struct app *app, const struct change_ask *ask, bool beside, struct vms_err *err);

/* Something has changed meanwhile: made over that, unless another step is the last now. */
static int again(struct app *app, struct change_job *job)
{
	const struct vms_change *next = vms_session_step(app->session, job->ask.way == CHANGE_UNDO);

	if ((job->ask.way == CHANGE_UNDO || job->ask.way == CHANGE_REDO) &&
	    (!next || next->kind == VMS_CHANGE_PAIRS ||
	     vms_session_steps(app->session) != job->steps))
		return vms_fail(&job->err, VMS_ENODATA,
				"given up: something was decided meanwhile, which comes first");
	job->ask.how.user = job->ask.how.user ? &job->line : NULL;
	job->ask.how.tids = job->tids;
	return submit(app, &job->ask, job->beside, &job->err);
}

static void job_take(void *user, void *data, int ret)
{
	struct change_job *job = data;
	struct app *app = user;
	struct vms_effect effect = { .change = NULL };
	const bool moved = threads_differ(app->session, job->snapshot);

	if (!ret)
		ret = vms_session_take(app->session, job->snapshot, &effect, &job->err);
	if (ret == 1) {
		ret = again(app, job);
	} else if (!ret && (effect.change || job->ask.way == CHANGE_FORM)) {
		if (effect.change)
			formed(app, job->ask.way == CHANGE_MAKE, moved);
		ret = list_job_take(app, job->list, &job->err);
		loop_lanes(app, job->lanes);
		job->lanes = NULL;
		if (!ret)
			job->ask.said(app, &effect, job->ask.before);
	}
	if (ret && job->beside)
		app_say(app, ret == -VMS_EUSAGE || ret == -VMS_ENODATA ? APP_WARN : APP_BAD, "%s",
			job->err.msg);
	job->err.code = ret;
}

static int submit(struct app *app, const struct change_ask *ask, bool beside, struct vms_err *err)
{
	struct change_job *job = job_new(app, ask);
	struct worker_job work = {
		.run = job_run, .take = job_take, .free = job_free, .data = job, .user = app
	};
	int ret;

	if (!job)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	job->beside = beside;
	job->steps = vms_session_steps(app->session);
	if (beside) {
		worker_submit(app->opts.worker, WORKER_CHANGE, &work);
		return 0;
	}
	work.free = NULL;
	worker_submit(NULL, WORKER_CHANGE, &work);
	ret = job->err.code;
	if (ret)
		*err = job->err;
	job_free(job);
	return ret;
}

int change_ask(struct app *app, const struct change_ask *ask, const char *doing,
	       struct vms_err *err)
{
	const bool slow = ask->change.kind == VMS_CHANGE_ALIGN ||
			  ask->change.kind == VMS_CHANGE_RATE || ask->way == CHANGE_FORM ||
			  vms_session_candidates_nr(app->session) > app_list(app)->at_once,
		   beside = slow && app->opts.worker,
		   instead = worker_cancel(app->opts.worker, WORKER_CHANGE);

	if (beside && ask->way != CHANGE_FORM)
		app_hint(app, APP_NOTE, "%s%s; Ctrl-C stops that", doing,
			 instead ? " instead of what was asked for before" : "");
	return submit(app, ask, beside, err);
}

static void rate_said(struct app *app, const struct vms_effect *effect, uint64_t before)
{
	(void)effect;
	if (before && vms_session_steps(app->session) == 1)
		files_begin(app);
	app_say(app, APP_NOTE, "rate-limit is %s now; Models says what it does to the bands",
		vms_rate_name(vms_session_rate(app->session)));
}

int change_rate(struct app *app, bool at_start, struct vms_err *err)
{
	struct change_ask ask = { .change = { .kind = VMS_CHANGE_RATE },
				  .before = at_start,
				  .said = rate_said };
	int rate;

	if (app_prefs(app)->rate < 0 || vms_session_unformed(app->session))
		return 0;
	rate = settings_rate(app);
	if (rate == (int)vms_session_rate(app->session)) {
		app_hint(app, APP_NOTE, "rate-limit is %s already",
			 vms_rate_name((enum vms_rate)rate));
		return 0;
	}
	ask.change.rate = (enum vms_rate)rate;
	return change_ask(app, &ask, "solving all vCPUs again", err);
}
