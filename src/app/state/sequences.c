// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the rows of screen 4: the fitness of sequences, and those that were found. */
#include "app/state/sequences.h"

#include <stdlib.h>

#include <vmsync/copy.h>
#include <vmsync/session_snapshot.h>

#include "app/state/messages.h"
#include "app/state/rows.h"
#include "app/state/shown.h"
#include "app/words/format.h"
#include "app/worker.h"
#include "core/base/util.h"

struct fitness_room {
	struct vms_fitness_list *list; /* NULL: not there yet */
	struct vms_advise *advise;     /* with it, of the same pairs */
	struct vms_copy *copies;       /* with it: by the band's middle, one a guest */
	uint64_t formed;	       /* when pairs were formed that it was asked for */
	struct vms_finds *finds;       /* NULL: not looked for */
	struct app_reading reading;
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
	(void)worker_cancel(app->opts.worker, WORKER_FIND);
	if (app->fitness) {
		vms_fitness_list_free(app->fitness->list);
		vms_advise_free(app->fitness->advise);
		free(app->fitness->copies);
		vms_finds_free(app->fitness->finds);
		vms_catalogue_clear(&app->fitness->reading.cat);
	}
	free(app->fitness);
}

struct fitness_job {
	struct vms_session *snapshot;
	struct vms_fitness_list *list;
	struct vms_advise *advise;
	struct vms_copy *copies;
};

/* How sure copies would be. What has no band has none: of that nothing is known. */
static int copies_run(struct fitness_job *job)
{
	const unsigned int nr = vms_session_trace(job->snapshot)->guests_nr;
	unsigned int i;
	int ret = 0;

	job->copies = vms_calloc(nr, sizeof(*job->copies));
	if (!job->copies)
		return -VMS_ENOMEM;
	for (i = 0; i < nr && ret != -VMS_ENOMEM; i++) {
		struct vms_copy *copy = &job->copies[i];

		ret = vms_session_copy(copy, job->snapshot, VMS_BY_BAND, i, NULL);
		if (ret)
			copy->early_raw = copy->late_raw = INT64_MAX;
		vms_copy_clear(copy);
	}
	return ret == -VMS_ENOMEM ? ret : 0;
}

static int fitness_run(void *data, const struct vms_progress *p)
{
	struct fitness_job *job = data;
	int ret = vms_fitness_session(&job->list, job->snapshot, false, p, NULL);

	if (!ret)
		ret = vms_advise(&job->advise, vms_session_trace(job->snapshot),
				 vms_session_stretches(job->snapshot), job->snapshot, job->list,
				 NULL);
	return ret ? ret : copies_run(job);
}

/* The sequences that it names are those of the session, not of its snapshot. */
static void advise_take(struct app *app, struct fitness_job *job)
{
	const struct vms_catalogue *then = vms_session_catalogue(job->snapshot);
	const struct vms_catalogue *now = vms_session_catalogue(app->session);
	unsigned int i;

	for (i = 0; i < job->advise->nr; i++) {
		struct vms_advice *advice = &job->advise->advice[i];

		if (advice->seq)
			advice->seq = &now->seqs[advice->seq - then->seqs];
	}
	app->fitness->advise = job->advise;
	job->advise = NULL;
}

static void fitness_take(void *user, void *data, int ret)
{
	struct app *app = user;
	struct fitness_job *job = data;

	if (ret)
		return;
	app->fitness->list = job->list;
	app->fitness->copies = job->copies;
	job->list = NULL;
	job->copies = NULL;
	advise_take(app, job);
}

static void fitness_job_free(void *data)
{
	struct fitness_job *job = data;

	vms_fitness_list_free(job->list);
	vms_advise_free(job->advise);
	free(job->copies);
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
	vms_advise_free(app->fitness->advise);
	free(app->fitness->copies);
	app->fitness->list = NULL;
	app->fitness->advise = NULL;
	app->fitness->copies = NULL;
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

static const struct vms_fitness *fitness_of(const struct app *a, unsigned int seq)
{
	const struct vms_fitness_list *list = a->fitness->list;

	if (!list || a->fitness->formed != vms_session_formed(a->session) || seq >= list->seqs_nr ||
	    !vms_session_catalogue(a->session)->seqs[seq].enabled)
		return NULL;
	return &list->of_guest[(size_t)guest_of(a) * list->seqs_nr + seq];
}

const struct vms_advise *fitness_advise(const struct app *a)
{
	return a->fitness->advise;
}

const struct vms_copy *fitness_copy(const struct app *app, unsigned int guest)
{
	return app->fitness->copies ? &app->fitness->copies[guest] : NULL;
}

const struct vms_stream *app_fitness_guest(const struct app *a)
{
	return a->trace->guests[guest_of(a)].stream;
}

struct found_job {
	struct vms_session *snapshot;
	struct vms_finds *finds;
	struct vms_err err;
};

static int found_run(void *data, const struct vms_progress *p)
{
	struct found_job *job = data;
	const struct vms_find_opts opts = { .progress = p };

	return vms_find(&job->finds, job->snapshot, &opts, &job->err);
}

static void found_take(void *user, void *data, int ret)
{
	struct app *app = user;
	struct found_job *job = data;
	struct app_row *row = shown_row(app, APP_PANE_SEQUENCES);
	uint32_t nr, known;

	if (ret == -VMS_ECANCEL)
		return;
	if (ret) {
		app_say(app, APP_BAD, "%s", job->err.msg);
		return;
	}
	vms_finds_free(app->fitness->finds);
	app->fitness->finds = job->finds;
	job->finds = NULL;
	known = app_sequences_known(app);
	row->nr = app_sequences_nr(app);
	nr = row->nr - known;
	/* the first of them is shown, and is what + is about */
	if (nr && row->sel < known)
		row_move(row, (int64_t)known - row->sel, app->geo.list_rows);
	if (nr)
		app_say(app, APP_GOOD,
			"%u sequence%s found that the catalogue lacks; + adopts the selected one",
			nr, fmt_s(nr));
	else
		app_say(app, APP_NOTE, "nothing found that the catalogue lacks");
}

static void found_job_free(void *data)
{
	struct found_job *job = data;

	vms_finds_free(job->finds);
	vms_session_snapshot_free(job->snapshot);
	free(job);
}

void found_want(struct app *app)
{
	struct found_job *job = vms_calloc(1, sizeof(*job));

	if (!job || vms_session_snapshot(&job->snapshot, app->session, NULL)) {
		free(job);
		app_say(app, APP_BAD, "out of memory");
		return;
	}
	app_hint(app, APP_NOTE, "looking for sequences; Ctrl-C stops that");
	worker_submit(app->opts.worker, WORKER_FIND,
		      &(struct worker_job){ .run = found_run,
					    .take = found_take,
					    .free = found_job_free,
					    .data = job,
					    .user = app });
}

/* Not what the catalogue has, by its pairs or by name; those with pairs enough first. */
static const struct vms_found *found_at(const struct app *a, uint32_t row, uint32_t *nr)
{
	const struct vms_finds *finds = a->fitness->finds;
	const struct vms_catalogue *cat = vms_session_catalogue(a->session);
	unsigned int i, few;

	*nr = 0;
	for (few = 0; few < 2; few++)
		for (i = 0; finds && i < finds->nr; i++) {
			const struct vms_found *f = &finds->found[i];

			if (f->guest != guest_of(a) || f->known || f->few != (few > 0) ||
			    vms_sequence_find(cat, f->name) >= 0)
				continue;
			if ((*nr)++ == row)
				return f;
		}
	return NULL;
}

uint32_t app_sequences_known(const struct app *a)
{
	const struct vms_catalogue *cat = vms_session_catalogue(a->session);
	uint32_t nr = 0;
	unsigned int i;

	for (i = 0; i < cat->seqs_nr; i++)
		nr += !cat->seqs[i].removed;
	return nr;
}

uint32_t app_sequences_nr(const struct app *a)
{
	uint32_t nr;

	(void)found_at(a, UINT32_MAX, &nr);
	return app_sequences_known(a) + nr;
}

struct app_sequence app_sequence(const struct app *a, uint32_t row)
{
	const struct vms_catalogue *cat = vms_session_catalogue(a->session);
	struct app_sequence at = { .number = -1 };
	uint32_t nr = 0;
	unsigned int i;

	for (i = 0; i < cat->seqs_nr; i++)
		if (!cat->seqs[i].removed && nr++ == row)
			return (struct app_sequence){ .seq = &cat->seqs[i],
						      .fitness = fitness_of(a, i),
						      .number = (int)i };
	at.found = found_at(a, row - nr, &nr);
	if (at.found) {
		at.seq = &at.found->seq;
		at.fitness = &at.found->fitness;
	}
	return at;
}

struct app_reading *sequences_reading(struct app *app)
{
	return &app->fitness->reading;
}
