// SPDX-License-Identifier: LGPL-2.1-or-later
/* The session's life and what views may ask of it. */
#include "core/session/session_impl.h"

#include <stdlib.h>
#include <string.h>

#include <vmsync/log.h>
#include <vmsync/place.h>

#include "core/base/assert.h"
#include "core/base/each.h"

static bool is_ignored(const struct vms_session_opts *o, const char *name)
{
	unsigned int i;

	for (i = 0; o && i < o->inside_ignored_nr; i++)
		if (!strcmp(o->inside_ignored[i], name))
			return true;
	return false;
}

static void count_inside(struct vms_session *s, const struct vms_session_opts *o)
{
	unsigned int i;

	for (i = 0; i < s->st->inside_nr; i++) {
		const struct vms_inside_count *c = &s->st->inside[i];

		if (c->kind == VMS_INSIDE_OTHER &&
		    !is_ignored(o, s->trace->host->types[c->type].name))
			s->host_inside += c->nr;
	}
}

static int load_catalogue(struct vms_session *session, const struct vms_session_opts *o,
			  struct vms_err *err)
{
	unsigned int i;
	int ret = 0;

	if (!o || !o->no_builtin)
		ret = vms_catalogue_parse(&session->cat, vms_catalogue_builtin(), err);
	for (i = 0; !ret && o && i < o->sequence_texts_nr; i++)
		ret = vms_catalogue_parse(&session->cat, o->sequence_texts[i], err);
	if (!ret && session->cat.seqs_nr > UINT8_MAX)
		ret = vms_fail(err, VMS_ERANGE, "%u sequences, at most %d", session->cat.seqs_nr,
			       UINT8_MAX);
	return ret;
}

enum vms_by session_first_model(const struct vms_session *s)
{
	unsigned int i;

	for (i = 0; i < s->tracks_nr; i++) {
		const struct vms_model_result *r =
			&s->tracks[i].models[VMS_OVER_ACCEPTED][VMS_BY_RECORDED];

		if (!r->available || vms_verdict_refutes(r->verdict))
			return VMS_BY_BAND;
	}
	return VMS_BY_RECORDED;
}

static int check_usable(const struct vms_session *s, bool may_be_untied, struct vms_err *err)
{
	unsigned int i;

	if (may_be_untied && s->tracks_nr && s->st->threads_nr)
		return 0;
	for (i = 0; i < s->tracks_nr; i++)
		if (s->tracks[i].thread)
			return 0;
	return vms_fail(err, VMS_ENODATA,
			"no guest CPU with events could be tied to a host thread that runs a vCPU; "
			"record host and guest at the same time: trace-cmd record -e kvm -A GUEST");
}

/* trace-cmd calls the TSC "tsc2nsec" where it converts it when it reads. */
static const char *clock_kind(const struct vms_stream *stream)
{
	return strcmp(stream->clock.name, "tsc2nsec") ? stream->clock.name : "x86-tsc";
}

/* Clocks that say too little of time, or of which one does not say what the other counts. */
static int check_clocks(const struct vms_session *session, struct vms_err *err)
{
	const char *host_clock = clock_kind(session->trace->host);
	unsigned int guest;

	if (!strcmp(host_clock, "uptime") || !strcmp(host_clock, "counter"))
		return vms_fail(
			err, VMS_ENODATA,
			"the host's trace has clock %s, which %s: record with -C x86-tsc, or "
			"without -C",
			host_clock,
			*host_clock == 'u' ? "counts timer ticks of milliseconds"
					   : "counts events and no time");
	for (guest = 0; guest < session->trace->guests_nr && !session->trace->host->times_corrected;
	     guest++) {
		const char *guest_clock = clock_kind(session->trace->guests[guest].stream);

		if (*host_clock && *guest_clock && strcmp(host_clock, guest_clock) != 0)
			return vms_fail(
				err, VMS_ENODATA,
				"the host's trace has clock %s and guest %s has clock %s: no "
				"offset fits both; record both with the same clock, as "
				"trace-cmd record -A does",
				host_clock, session->trace->guests[guest].stream->name,
				guest_clock);
	}
	return 0;
}

/* Fits, and which events the model in force leaves outside. */
static int fit_all(struct vms_session *session, enum session_depth depth, struct vms_err *err)
{
	const int ret = session_fit_tracks(session, depth, err);

	return ret ? ret : session_in_force_judge(session, err);
}

int vms_session_form(struct vms_session *session, struct vms_err *err)
{
	int ret = session_pairs_form(session, err);

	if (!ret)
		ret = fit_all(session, SESSION_FIT_LIVE, err);
	if (!ret)
		session->unformed = false;
	return ret;
}

bool vms_session_unformed(const struct vms_session *s)
{
	return s->unformed;
}

static int judge_recorded(void *user, unsigned int i, struct vms_err *err)
{
	return session_recorded_judge(user, i, err);
}

static int analyse(struct vms_session *session, const struct vms_session_opts *session_opts,
		   struct vms_err *err)
{
	const enum vms_by model = session_opts && session_opts->model
					  ? vms_by_find(session_opts->model)
					  : VMS_BY_RECORDED;
	unsigned int guest;
	int ret;

	ret = check_clocks(session, err);
	if (ret)
		return ret;
	vms_progress_tell(session_opts ? session_opts->align.progress : NULL,
			  "finding when vCPUs run", 0, 0);
	ret = vms_stretches_build(&session->st, session->trace->host, err);
	vms_give_back(vms_trace_events_nr(session->trace)); /* it took as much again */
	if (!ret)
		ret = session_facts_find(session, NULL, 0, err);
	if (ret)
		return ret;
	count_inside(session, session_opts);
	ret = session_tracks_build(session, session_opts, err);
	if (!ret && vms_facts_lack_deadlines(session->facts))
		ret = session_facts_complete(session, err);
	for (guest = 0; guest < session->trace->guests_nr && !ret; guest++)
		ret = session_steps_share(session, guest, err);
	if (!ret)
		ret = check_usable(session, session_opts && session_opts->may_be_untied, err);
	if (!ret)
		ret = session_silences_find(session, err);
	if (!ret)
		ret = session_maps_recorded(session, err);
	if (!ret)
		ret = vms_each(session->tracks_nr, judge_recorded, session, err);
	if (ret)
		return ret;
	vms_progress_tell(session_opts ? session_opts->align.progress : NULL, "forming pairs", 0,
			  0);
	if (model >= vms_session_models_nr(session))
		return vms_fail(err, VMS_EUSAGE,
				"no clock model '%s'; see vmsync-tui --list-models",
				session_opts->model);
	session->model = session_first_model(session);
	ret = session_maps_in_force(session, err);
	session->unformed = session_opts && session_opts->verdicts_first;
	if (!ret && !session->unformed)
		ret = session_pairs_form(session, err);
	if (!ret)
		ret = fit_all(session, SESSION_FIT_ALL, err);
	if (!ret && session_opts && session_opts->model) {
		ret = vms_session_set_model(session, model, err);
		session->steps_done = 0; /* chosen at the start: nothing to take back */
		session->steps_nr = 0;
	}
	return ret;
}

int vms_session_new(struct vms_session **out, const struct vms_trace *trace,
		    const struct vms_session_opts *session_opts, struct vms_err *err)
{
	struct vms_session *session = vms_calloc(1, sizeof(*session));
	int ret;

	if (!session)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	session->trace = trace;
	session->clock = trace->host->clock;
	session->rate = session_opts ? session_opts->rate : VMS_RATE_AUTO;
	session->listed = !session_opts || !session_opts->unlisted;
	ret = load_catalogue(session, session_opts, err);
	vms_log(VMS_LOG_DEBUG, "session", "%u sequences, %u catalogues of the person's",
		session->cat.seqs_nr, session_opts ? session_opts->sequence_texts_nr : 0);
	if (!ret && session_defs_init(session))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	if (ret)
		goto out;
	session->maps =
		vms_calloc((size_t)VMS_BY_NR * trace->guests_nr, sizeof(struct vms_model *));
	if (!session->maps) {
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
		goto out;
	}
	ret = analyse(session, session_opts, err);
	if (ret)
		goto out;
	vms_log(VMS_LOG_INFO, "session", "%u tracks, %u candidates, model %s in force",
		session->tracks_nr, session->cands_nr, vms_by_name(session->model));
	*out = session;
	session = NULL;
out:
	vms_session_free(session);
	return ret;
}

void vms_session_free(struct vms_session *session)
{
	size_t i;

	if (!session)
		return;
	session_tracks_free(session);
	session_steps_free(session);
	session_retired_free(session);
	for (i = 0; session->maps && i < (size_t)VMS_BY_NR * session->trace->guests_nr; i++)
		vms_model_free(session->maps[i]);
	free(session->maps);
	session_packs_free(&session->packs);
	free(session->loose);
	free(session->order);
	free(session->place);
	free(session->ids);
	free(session->slot_of);
	free(session->parked);
	free(session->states);
	free(session->tag_of);
	vms_facts_free(session->facts);
	vms_stretches_free(session->st);
	session_defs_free(session);
	free(session);
}

const struct vms_trace *vms_session_trace(const struct vms_session *s)
{
	return s->trace;
}

const struct vms_stretches *vms_session_stretches(const struct vms_session *s)
{
	return s->st;
}

const struct vms_catalogue *vms_session_catalogue(const struct vms_session *s)
{
	return &s->cat;
}

const struct vms_clock *vms_session_clock(const struct vms_session *s)
{
	return &s->clock;
}

enum vms_rate vms_session_rate(const struct vms_session *s)
{
	return s->rate;
}

unsigned int vms_session_tracks_nr(const struct vms_session *s)
{
	return s->tracks_nr;
}

const struct vms_track *vms_session_track(const struct vms_session *s, unsigned int i)
{
	VMS_ASSERT(i < s->tracks_nr);
	return &s->tracks[i];
}

int vms_session_track_of(const struct vms_session *s, unsigned int guest, unsigned int cpu_idx)
{
	unsigned int i;

	for (i = 0; i < s->tracks_nr; i++)
		if (s->tracks[i].guest == guest && s->tracks[i].cpu_idx == cpu_idx)
			return (int)i;
	return -1;
}

int vms_session_thread_track(const struct vms_session *s, int32_t tid)
{
	unsigned int i;

	for (i = 0; i < s->tracks_nr; i++)
		if (s->tracks[i].thread && vms_thread_is(s->tracks[i].thread, tid))
			return (int)i;
	return -1;
}

enum vms_by vms_session_model(const struct vms_session *s)
{
	return s->model;
}

const struct vms_model *vms_session_map(const struct vms_session *s, unsigned int guest)
{
	return *session_map_slot(s, s->model, guest);
}

int64_t vms_session_host_time(const struct vms_session *s, unsigned int guest, struct vms_ref ev)
{
	return vms_model_event(vms_session_map(s, guest), (unsigned int)ev.cpu, ev.idx,
			       vms_event_time(s->trace->guests[guest].stream, ev));
}

void vms_session_counts(const struct vms_session *session, uint32_t *accepted, uint32_t *rejected,
			uint32_t *undecided)
{
	unsigned int i;

	*accepted = 0;
	*rejected = 0;
	*undecided = 0;
	for (i = 0; i < session->tracks_nr; i++) {
		*accepted += session->tracks[i].accepted;
		*rejected += session->tracks[i].rejected;
		*undecided += session->tracks[i].undecided;
	}
}

uint64_t vms_session_formed(const struct vms_session *s)
{
	return s->formed;
}

const uint8_t *vms_session_states(const struct vms_session *s)
{
	return s->states;
}

void vms_session_watch(struct vms_session *s, const struct vms_progress *p)
{
	s->progress = p;
}

uint64_t vms_session_generation(const struct vms_session *s)
{
	return s->generation;
}
