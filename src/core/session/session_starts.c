// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which start explains a vCPU best where one line does not: what is recorded, the lines of all
 * vCPUs, or none at all.
 */
#include "core/session/session_solve.h"

#include <stdlib.h>
#include <string.h>

#include <vmsync/align_facts.h>
#include <vmsync/place.h>

/* Beyond so many events a second alignment takes longer than people wait. */
#define EVENTS_MAX 2000000u
/* vCPUs with fewer constraints than this may owe their band to chance. */
#define CONSTRAINTS_FEW 200u

void session_start_note(struct vms_track *track, const char *name, uint64_t cost_of, bool taken)
{
	unsigned int i;

	if (track->starts_nr == VMS_STARTS_MAX)
		return;
	for (i = 0; i < track->starts_nr && taken; i++)
		track->starts[i].taken = false;
	track->starts[track->starts_nr++] =
		(struct vms_start){ .name = name, .cost = cost_of, .taken = taken };
}

/* One line does not explain it: another start may. */
static bool is_odd(const struct vms_session *session, const struct vms_track *track)
{
	const struct vms_cpu *cpu =
		&session->trace->guests[track->guest].stream->cpus[track->cpu_idx];

	return track->thread && cpu->nr && cpu->nr <= EVENTS_MAX &&
	       (!track->band || track->band->segs_nr > 1 || track->band->violations ||
		track->cons->outside_nr);
}

static bool any_odd(const struct vms_session *session, unsigned int guest)
{
	unsigned int i;

	for (i = 0; i < session->tracks_nr; i++)
		if (session->tracks[i].guest == guest && is_odd(session, &session->tracks[i]))
			return true;
	return false;
}

/* What is recorded, as one line through its ends; false where that is no believable clock. */
static bool recorded_line(const struct vms_session *session, const struct vms_track *track,
			  const struct session_track *priv, struct vms_piece *piece)
{
	const struct vms_stream *guest = session->trace->guests[track->guest].stream;
	const struct vms_cpu *cpu = &guest->cpus[track->cpu_idx];
	const int64_t from = cpu->time_raw[0], to = cpu->time_raw[cpu->nr - 1];
	struct vms_model *m = NULL;
	int64_t first, last;

	if (!guest->shift || vms_model_new(&m, VMS_MODEL_RECORDED, guest, NULL))
		return false;
	first = vms_sat_sub_i64(vms_model_time(m, track->cpu_idx, from), from);
	last = vms_sat_sub_i64(vms_model_time(m, track->cpu_idx, to), to);
	vms_model_free(m);
	*piece = (struct vms_piece){ .from_raw = from,
				     .line = { .ref_raw = from, .offset_raw = first } };
	if (!priv->constant && to > from)
		piece->line.drift =
			(double)vms_sat_sub_i64(last, first) / (double)vms_sat_sub_i64(to, from);
	return piece->line.drift < SESSION_DRIFT_MAX && piece->line.drift > -SESSION_DRIFT_MAX;
}

static int try_recorded(struct vms_session *session, unsigned int at, struct vms_err *err)
{
	struct vms_piece piece;
	const struct session_start start = { .name = "recorded as one line",
					     .pieces = &piece,
					     .nr = 1 };

	if (!recorded_line(session, &session->tracks[at], &session->priv[at], &piece))
		return 0;
	return session_track_try(session, at, &start, err);
}

/* Clock facts alone: where guest events contradict them, either may be what is wrong. */
static int try_facts(struct vms_session *session, unsigned int at, struct vms_err *err)
{
	struct vms_track *track = &session->tracks[at];
	const struct vms_stream *guest = session->trace->guests[track->guest].stream;
	struct session_start start = { .name = "clock facts" };
	int ret;

	/* one thread's facts say nothing of when others ran the vCPU */
	if (!session->priv[at].constant || vms_thread_parts_nr(track->thread) > 1 ||
	    !strcmp(track->align->how, start.name))
		return 0;
	ret = vms_align_by_facts(&start.pieces, &start.nr,
				 vms_facts_of(session->facts, session->st, track->thread->tid),
				 track->thread, &guest->cpus[track->cpu_idx],
				 vms_ratio_slack(&guest->ratio));
	if (ret)
		return vms_fail(err, -ret, "out of memory");
	if (start.nr)
		ret = session_track_try(session, at, &start, err);
	free(start.pieces);
	return ret;
}

/* A clock that drifts, from where most events say what it is. */
static int try_followed(struct vms_session *session, unsigned int at, struct vms_err *err)
{
	struct session_start start = { .name = "followed", .bends = true };
	int ret;

	if (session->priv[at].constant)
		return 0;
	ret = session_follow(&start.pieces, &start.nr, session, &session->tracks[at]);
	if (ret)
		return vms_fail(err, -ret, "out of memory");
	if (start.nr)
		ret = session_track_try(session, at, &start, err);
	free(start.pieces);
	return ret;
}

/* Events that could be checked under another line weigh as much as a step. */
static bool leaves_much(const struct vms_track *track)
{
	return track->thread && track->band && track->cons &&
	       (track->cons->events_nr - track->cons->checkable_nr) / SESSION_UNCHECKED_NR >=
		       SESSION_STEP_PENALTY;
}

/* The lines of a vCPU that are known on both sides, from @nr on. */
static void lines_add(const struct vms_band_segment **seg, unsigned int *nr,
		      const struct vms_track *track)
{
	unsigned int i;

	for (i = 0; track->band && i < track->band->segs_nr && *nr < SESSION_LINES_MAX; i++)
		if (!track->band->segs[i].unsure && track->band->segs[i].lo_raw != INT64_MIN &&
		    track->band->segs[i].hi_raw != INT64_MAX)
			seg[(*nr)++] = &track->band->segs[i];
}

/* Whether one of some pieces is on a line of these segments. */
static bool is_on(const struct vms_piece *pieces, unsigned int pieces_nr,
		  const struct vms_band_segment *const *seg, unsigned int nr)
{
	unsigned int i, k;

	for (i = 0; i < pieces_nr; i++)
		for (k = 0; k < nr; k++)
			if (pieces[i].line.ref_raw == seg[k]->middle.line.ref_raw &&
			    pieces[i].line.offset_raw == seg[k]->middle.line.offset_raw)
				return true;
	return false;
}

/* The vCPUs of a guest have one clock, or nearly: the lines of all, each where it explains most. */
static int try_others(struct vms_session *session, unsigned int at, struct vms_err *err)
{
	struct vms_track *track = &session->tracks[at];
	const struct vms_band_segment *seg[SESSION_LINES_MAX];
	struct session_start start = { .name = "lines of all vCPUs" };
	unsigned int i, nr = 0, own;
	int ret;

	if (!track->cons)
		return 0;
	lines_add(seg, &nr, track);
	own = nr;
	for (i = 0; i < session->tracks_nr; i++)
		if (i != at && session->tracks[i].guest == track->guest)
			lines_add(seg, &nr, &session->tracks[i]);
	if (nr == own)
		return 0;
	ret = session_pieces_choose(session, track, track->cons, seg, nr, &start.pieces, &start.nr,
				    err);
	if (!ret && is_on(start.pieces, start.nr, seg + own, nr - own))
		ret = session_track_try(session, at, &start, err);
	free(start.pieces);
	return ret;
}

/*
 * Takes another alignment of a vCPU where it explains more: on the same threads, or on more than
 * those. What is in its place comes back by @then.
 */
static int exchange(struct vms_session *session, unsigned int at, struct vms_align_vcpu *then,
		    struct vms_err *err)
{
	struct vms_track *track = &session->tracks[at];
	struct vms_align_vcpu *now = &session->align[track->guest]->vcpus[track->cpu_idx];
	const struct vms_align_vcpu old = *now;
	int ret;

	if (!then->pieces_nr || then->ambiguous ||
	    !(vms_thread_same(then->thread, old.thread) ||
	      (!old.joined && vms_thread_is(then->thread, old.thread->tid))))
		return 0;
	track->thread = then->thread;
	ret = session_track_try(session, at,
				&(struct session_start){ .name = then->how,
							 .pieces = then->pieces,
							 .nr = then->pieces_nr },
				err);
	if (ret > 0) {
		*now = *then;
		*then = old;
	} else {
		track->thread = old.thread;
	}
	return ret;
}

/* As if the file had no synchronisation. Return: 1: what explains more was taken; 0; -E */
static int try_none(struct vms_session *session, unsigned int guest,
		    const struct vms_align_opts *opts, struct vms_err *err)
{
	struct vms_align_opts none = *opts;
	struct vms_align *other = NULL;
	unsigned int i;
	bool taken = false;
	int ret;

	none.ignore_recorded = true;
	none.brief = true;
	ret = vms_align_guest(&other, session->trace, guest, session->st, &none, err);
	for (i = 0; i < session->tracks_nr && ret >= 0; i++) {
		const struct vms_track *track = &session->tracks[i];

		if (track->guest == guest && is_odd(session, track))
			ret = exchange(session, i, &other->vcpus[track->cpu_idx], err);
		taken |= ret > 0;
	}
	vms_align_free(other);
	return ret < 0 ? ret : taken;
}

/* Whether no line is in both bands, where both are known; of constant clocks anywhere. */
static bool are_apart(const struct vms_band_segment *a, const struct vms_band_segment *b)
{
	const int64_t from = VMS_MAX(a->from_raw, b->from_raw), to = VMS_MIN(a->to_raw, b->to_raw);
	const int64_t at[] = { from, to };
	int64_t lo[2], hi[2];
	unsigned int i;

	for (i = 0; i < VMS_ARRAY_NR(at) && (from <= to || (a->constant && b->constant)); i++) {
		vms_band_at(a, at[i], &lo[0], &hi[0]);
		vms_band_at(b, at[i], &lo[1], &hi[1]);
		if (VMS_MAX(lo[0], lo[1]) > VMS_MIN(hi[0], hi[1]))
			return true;
	}
	return false;
}

static bool has_one_line(unsigned int guest, const struct vms_track *track)
{
	return track->guest == guest && track->band && track->band->segs_nr == 1 &&
	       !session_facts_settle(track);
}

/*
 * vCPUs of one guest have one clock, or somebody set them apart. Where few events say so, chance
 * does as well.
 */
static void doubt_few(struct vms_session *session, unsigned int guest)
{
	unsigned int i, k;

	for (i = 0; i < session->tracks_nr; i++) {
		const struct vms_track *track = &session->tracks[i];
		struct vms_align_vcpu *vcpu = &session->align[guest]->vcpus[track->cpu_idx];

		if (!has_one_line(guest, track) ||
		    track->cons->lower_nr + track->cons->upper_nr >= CONSTRAINTS_FEW)
			continue;
		for (k = 0; k < session->tracks_nr; k++) {
			const struct vms_track *other = &session->tracks[k];

			if (k == i || !has_one_line(guest, other) ||
			    !are_apart(track->band->segs, other->band->segs))
				continue;
			vcpu->ambiguous = true;
			vcpu->confidence = VMS_MIN(vcpu->confidence, 0.5);
			break;
		}
	}
}

/* Where alignment found nothing, nobody has looked for what rivals the start that was taken. */
static void doubt_unjudged(struct vms_session *session, unsigned int guest)
{
	unsigned int i;

	for (i = 0; i < session->tracks_nr; i++) {
		const struct vms_track *t = &session->tracks[i];

		if (t->guest == guest && t->band && t->band->segs_nr && !t->align->pieces_nr &&
		    !session_facts_settle(t))
			session->align[guest]->vcpus[t->cpu_idx].ambiguous = true;
	}
}

/* Each vCPU that others may explain better than it did itself. */
static int others_try(struct vms_session *session, unsigned int guest, struct vms_err *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < session->tracks_nr && ret >= 0 && !session->align[guest]->user_only; i++)
		if (session->tracks[i].guest == guest &&
		    (is_odd(session, &session->tracks[i]) || leaves_much(&session->tracks[i])))
			ret = try_others(session, i, err);
	return VMS_MIN(ret, 0);
}

int session_lines_try(struct vms_session *session, unsigned int guest, struct vms_err *err)
{
	const struct vms_align *align = session->align[guest];
	unsigned int i;
	int ret = 0;

	for (i = 0; i < session->tracks_nr && ret >= 0 && !align->user_only; i++) {
		if (session->tracks[i].guest != guest || !is_odd(session, &session->tracks[i]))
			continue;
		if (!align->ignore_recorded)
			ret = try_recorded(session, i, err);
		if (ret >= 0 && is_odd(session, &session->tracks[i]))
			ret = try_facts(session, i, err);
		if (ret >= 0 && is_odd(session, &session->tracks[i]))
			ret = try_followed(session, i, err);
	}
	return ret < 0 ? ret : others_try(session, guest, err);
}

int session_starts_try(struct vms_session *session, unsigned int guest,
		       const struct vms_align_opts *opts, struct vms_err *err)
{
	int ret = session_lines_try(session, guest, err);

	if (ret >= 0 && !opts->user_only && !opts->ignore_recorded && any_odd(session, guest))
		ret = try_none(session, guest, opts, err);
	/* what one vCPU found without the file may be what the others lack */
	if (ret > 0)
		ret = others_try(session, guest, err);
	if (ret >= 0) {
		doubt_few(session, guest);
		doubt_unjudged(session, guest);
	}
	return VMS_MIN(ret, 0);
}
