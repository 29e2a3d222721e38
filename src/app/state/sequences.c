// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows when the fitness of sequences is computed, and of which pairs it speaks. */
#include "app/state/sequences.h"

#include <stdlib.h>

#include <vmsync/session_snapshot.h>

#include "app/worker.h"
#include "core/base/util.h"

struct fitness_room {
	struct vms_fitness_list *list; /* NULL: not there yet */
	uint64_t formed;	       /* when pairs were formed that it was asked for */
};

int fitness_new(struct app *app, struct vms_err *err)
{
	app->fitness = vms_calloc(1, sizeof(*app->fitness));
	if (!app->fitness)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	app->fitness->formed = UINT64_MAX;
	return 0;
}

void fitness_free(struct app *app)
{
	(void)worker_cancel(app->opts.worker, WORKER_FITNESS);
	if (app->fitness)
		vms_fitness_list_free(app->fitness->list);
	free(app->fitness);
}

struct fitness_job {
	struct vms_session *snapshot;
	struct vms_fitness_list *list;
};

static int fitness_run(void *data, const struct vms_progress *p)
{
	struct fitness_job *job = data;

	return vms_fitness_session(&job->list, job->snapshot, p, NULL);
}

static void fitness_take(void *user, void *data, int ret)
{
	struct app *app = user;
	struct fitness_job *job = data;

	if (ret)
		return;
	app->fitness->list = job->list;
	job->list = NULL;
}

static void fitness_job_free(void *data)
{
	struct fitness_job *job = data;

	vms_fitness_list_free(job->list);
	vms_session_snapshot_free(job->snapshot);
	free(job);
}

void fitness_want(struct app *app)
{
	struct fitness_job *job;

	if (app->fitness->formed == vms_session_formed(app->session))
		return;
	job = vms_calloc(1, sizeof(*job));
	if (!job || vms_session_snapshot(&job->snapshot, app->session, NULL)) {
		free(job);
		return;
	}
	vms_fitness_list_free(app->fitness->list);
	app->fitness->list = NULL;
	app->fitness->formed = vms_session_formed(app->session);
	worker_submit(app->opts.worker, WORKER_FITNESS,
		      &(struct worker_job){ .run = fitness_run,
					    .take = fitness_take,
					    .free = fitness_job_free,
					    .data = job,
					    .user = app });
}

/* The guest in view. */
static unsigned int guest_of(const struct app *a)
{
	const unsigned int track = app_track(a);

	return track < vms_session_tracks_nr(a->session)
		       ? vms_session_track(a->session, track)->guest
		       : 0;
}

const struct vms_fitness *app_fitness(const struct app *a, unsigned int seq)
{
	const struct vms_fitness_list *list = a->fitness->list;

	if (!list || a->fitness->formed != vms_session_formed(a->session) || seq >= list->seqs_nr ||
	    !vms_session_catalogue(a->session)->seqs[seq].enabled)
		return NULL;
	return &list->of_guest[(size_t)guest_of(a) * list->seqs_nr + seq];
}

const struct vms_stream *app_fitness_guest(const struct app *a)
{
	return a->trace->guests[guest_of(a)].stream;
}
