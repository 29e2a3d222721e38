// SPDX-License-Identifier: LGPL-2.1-or-later
/* Fitness of all sequences of a session: pairs are formed under the band, whatever is in force. */
#include "core/fitness/fitness_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/each.h"
#include "core/base/util.h"

/* Of each track its pairs, sequence after sequence, unless the session has them, and counts. */
struct found {
	bool formed;
	struct vms_match *pairs;
	uint32_t *from; /* by sequence; seqs_nr + 1 */
	struct vms_seq_counts *counts;
};

/* Host times that a guest's vCPUs and the host were both recorded in. */
struct span {
	int64_t from_raw, to_raw;
};

struct work {
	struct vms_session *session;
	const struct vms_catalogue *catalogue;
	int only; /* guest; -1 = all */
	const struct vms_progress *progress;
	struct vms_fitness_list *list;
	struct found *found;	      /* by track */
	const struct vms_model **map; /* by guest: the middle of the bands */
	struct span *span;	      /* by guest */
};

/* Matches ascend by event and mix sequences; a sequence's own still ascend. */
static int by_sequence(struct found *found, const struct vms_match_list *list, unsigned int seqs_nr)
{
	uint32_t i, seq;

	found->pairs = vms_calloc(list->nr, sizeof(*found->pairs));
	found->from = vms_calloc((size_t)seqs_nr + 2, sizeof(*found->from));
	if (!found->pairs || !found->from)
		return -VMS_ENOMEM;
	for (i = 0; i < list->nr; i++)
		found->from[list->m[i].seq + 2]++;
	for (seq = 2; seq < seqs_nr + 2; seq++)
		found->from[seq] += found->from[seq - 1];
	for (i = 0; i < list->nr; i++)
		found->pairs[found->from[list->m[i].seq + 1]++] = list->m[i];
	return 0;
}

/* The session has formed the pairs that the middle of the band forms. */
static bool is_formed(const struct work *work, const struct vms_track *track)
{
	return track->as_band && work->catalogue == vms_session_catalogue(work->session);
}

static int find_track(void *user, unsigned int track_idx, struct vms_err *err)
{
	struct work *work = user;
	const struct vms_track *track = vms_session_track(work->session, track_idx);
	struct found *found = &work->found[track_idx];
	struct vms_match_list list = { 0 };
	struct vms_pairing pairing;
	unsigned int seq;
	int ret = 0;

	found->counts = vms_calloc(work->list->seqs_nr, sizeof(*found->counts));
	if (!found->counts)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	if (is_formed(work, track)) {
		found->formed = true;
		for (seq = 0; seq < work->list->seqs_nr; seq++)
			found->counts[seq] = track->seqs[seq].counts;
		return 0;
	}
	if (track->band && (work->only < 0 || (unsigned int)work->only == track->guest) &&
	    vms_session_pairing(work->session, track_idx, work->map[track->guest], &pairing)) {
		pairing.catalogue = work->catalogue;
		pairing.counts = found->counts;
		pairing.progress = work->progress;
		ret = vms_pairs_find(&list, &pairing, err);
	}
	if (!ret && by_sequence(found, &list, work->list->seqs_nr))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	vms_match_list_clear(&list);
	return ret;
}

static void spans_fill(struct work *work)
{
	const struct vms_stretches *st = vms_session_stretches(work->session);
	const struct vms_trace *trace = vms_session_trace(work->session);
	unsigned int i;

	for (i = 0; i < work->list->guests_nr; i++)
		work->span[i] = (struct span){ INT64_MAX, INT64_MIN };
	for (i = 0; i < work->list->tracks_nr; i++) {
		const struct vms_track *track = vms_session_track(work->session, i);
		const struct vms_model *map = work->map[track->guest];
		const struct vms_cpu *cpu =
			&trace->guests[track->guest].stream->cpus[track->cpu_idx];
		struct span *span = &work->span[track->guest];

		if (!map || !cpu->nr)
			continue;
		span->from_raw = VMS_MIN(span->from_raw,
					 vms_model_event(map, track->cpu_idx, 0, cpu->time_raw[0]));
		span->to_raw =
			VMS_MAX(span->to_raw, vms_model_event(map, track->cpu_idx, cpu->nr - 1,
							      cpu->time_raw[cpu->nr - 1]));
	}
	for (i = 0; i < work->list->guests_nr; i++) {
		work->span[i].from_raw = VMS_MAX(work->span[i].from_raw, st->first_raw);
		work->span[i].to_raw = VMS_MIN(work->span[i].to_raw, st->last_raw);
	}
}

static struct vms_fit_in input_of(const struct work *work, unsigned int guest, unsigned int seq)
{
	const struct vms_session *session = work->session;
	const struct vms_sequence *s = &work->catalogue->seqs[seq];
	struct vms_fit_in in = {
		.host = vms_session_trace(session)->host,
		.clock = vms_session_clock(session),
		.dir = s->dir,
		.from_raw = work->span[guest].from_raw,
		.to_raw = work->span[guest].to_raw,
	};
	unsigned int i;

	for (i = 0; i < s->guest_nr; i++)
		in.any |= !strcmp(s->guest[i].name, "*");
	return in;
}

static struct vms_fit_part part_of(const struct work *work, unsigned int track_idx,
				   unsigned int seq)
{
	const struct vms_track *track = vms_session_track(work->session, track_idx);
	const struct found *found = &work->found[track_idx];

	return (struct vms_fit_part){
		.vcpu = { .guest = vms_session_trace(work->session)->guests[track->guest].stream,
			  .thread = track->thread,
			  .guest_idx = track->guest,
			  .cpu_idx = track->cpu_idx },
		.band = track->band,
		.pairs = found->formed ? NULL : found->pairs + found->from[seq],
		.session = work->session,
		.track = track_idx,
		.seq = seq,
		.counts = found->counts[seq],
	};
}

static bool is_heard(const struct work *work, unsigned int seq)
{
	return work->catalogue->seqs[seq].enabled;
}

static int judge_track(void *user, unsigned int track_idx, struct vms_err *err)
{
	struct work *work = user;
	unsigned int seq;
	int ret = 0;

	for (seq = 0; seq < work->list->seqs_nr && !ret; seq++) {
		struct vms_fit_in in =
			input_of(work, vms_session_track(work->session, track_idx)->guest, seq);
		const struct vms_fit_part part = part_of(work, track_idx, seq);

		in.parts = &part;
		in.parts_nr = 1;
		if (vms_progress_cancelled(work->progress))
			return -VMS_ECANCEL;
		if (is_heard(work, seq))
			ret = vms_fitness_of(
				&work->list
					 ->of_track[(size_t)track_idx * work->list->seqs_nr + seq],
				&in, err);
	}
	return ret;
}

/* One sequence over a guest: @i counts sequences of the first guest, then of the second ... */
static int judge_guest(void *user, unsigned int i, struct vms_err *err)
{
	struct work *work = user;
	const unsigned int guest = i / work->list->seqs_nr, seq = i % work->list->seqs_nr;
	struct vms_fit_part *parts = vms_calloc(work->list->tracks_nr, sizeof(*parts));
	struct vms_fit_in in = input_of(work, guest, seq);
	unsigned int track;
	int ret = 0;

	if (!parts)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	in.parts = parts;
	for (track = 0; track < work->list->tracks_nr; track++)
		if (vms_session_track(work->session, track)->guest == guest)
			parts[in.parts_nr++] = part_of(work, track, seq);
	if (vms_progress_cancelled(work->progress))
		ret = -VMS_ECANCEL;
	else if (is_heard(work, seq))
		ret = vms_fitness_of(&work->list->of_guest[i], &in, err);
	free(parts);
	return ret;
}

static int work_begin(struct work *work)
{
	struct vms_fitness_list *list = vms_calloc(1, sizeof(*list));
	unsigned int guest;

	work->list = list;
	if (!list)
		return -VMS_ENOMEM;
	list->tracks_nr = vms_session_tracks_nr(work->session);
	list->guests_nr = vms_session_trace(work->session)->guests_nr;
	list->seqs_nr = work->catalogue->seqs_nr;
	list->of_track =
		vms_calloc((size_t)list->tracks_nr * list->seqs_nr, sizeof(*list->of_track));
	list->of_guest =
		vms_calloc((size_t)list->guests_nr * list->seqs_nr, sizeof(*list->of_guest));
	work->found = vms_calloc(list->tracks_nr, sizeof(*work->found));
	work->map = vms_calloc(list->guests_nr, sizeof(*work->map));
	work->span = vms_calloc(list->guests_nr, sizeof(*work->span));
	if (!list->of_track || !list->of_guest || !work->found || !work->map || !work->span)
		return -VMS_ENOMEM;
	for (guest = 0; guest < list->guests_nr; guest++)
		work->map[guest] = vms_session_model_map(work->session, VMS_BY_BAND, guest);
	spans_fill(work);
	return 0;
}

static int work_find(struct work *work, struct vms_err *err)
{
	if (work_begin(work))
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	return vms_each(work->list->tracks_nr, find_track, work, err);
}

static void work_end(struct work *work)
{
	unsigned int i;

	for (i = 0; work->found && i < work->list->tracks_nr; i++) {
		free(work->found[i].pairs);
		free(work->found[i].from);
		free(work->found[i].counts);
	}
	free(work->found);
	free(work->map);
	free(work->span);
}

int vms_fitness_session(struct vms_fitness_list **out, struct vms_session *session, bool by_vcpu,
			const struct vms_progress *progress, struct vms_err *err)
{
	struct work work = { .session = session,
			     .catalogue = vms_session_catalogue(session),
			     .only = -1,
			     .progress = progress };
	int ret = work_find(&work, err);

	if (!ret && by_vcpu)
		ret = vms_each(work.list->tracks_nr, judge_track, &work, err);
	if (!ret)
		ret = vms_each(work.list->guests_nr * work.list->seqs_nr, judge_guest, &work, err);
	work_end(&work);
	if (ret)
		vms_fitness_list_free(work.list);
	else
		*out = work.list;
	return ret;
}

/* Of one guest alone. */
static int judge_only(void *user, unsigned int i, struct vms_err *err)
{
	const struct work *work = user;

	return judge_guest(user, (unsigned int)work->only * work->list->seqs_nr + i, err);
}

int vms_fitness_guest(struct vms_fitness *out, struct vms_session *session, unsigned int guest,
		      const struct vms_catalogue *catalogue, const struct vms_progress *progress,
		      struct vms_err *err)
{
	struct work work = {
		.session = session, .catalogue = catalogue, .only = (int)guest, .progress = progress
	};
	struct vms_fitness *of;
	int ret = work_find(&work, err);

	if (!ret)
		ret = vms_each(catalogue->seqs_nr, judge_only, &work, err);
	if (!ret) {
		of = &work.list->of_guest[(size_t)guest * catalogue->seqs_nr];
		memcpy(out, of, catalogue->seqs_nr * sizeof(*of));
		memset(of, 0, catalogue->seqs_nr * sizeof(*of));
	}
	work_end(&work);
	vms_fitness_list_free(work.list);
	return ret;
}

void vms_fitness_list_free(struct vms_fitness_list *l)
{
	size_t i;

	if (!l)
		return;
	for (i = 0; l->of_track && i < (size_t)l->tracks_nr * l->seqs_nr; i++)
		vms_fitness_clear(&l->of_track[i]);
	for (i = 0; l->of_guest && i < (size_t)l->guests_nr * l->seqs_nr; i++)
		vms_fitness_clear(&l->of_guest[i]);
	free(l->of_track);
	free(l->of_guest);
	free(l);
}
