// SPDX-License-Identifier: LGPL-2.1-or-later
/* Host times in which guest events lie but no stretch: KVM's own events are missing there. */
#include "core/session/session_impl.h"

#include <stdlib.h>
#include <string.h>

#include <vmsync/place.h>

#include "core/base/bisect.h"

/* A wrong record or two put a few events there, a guest that ran unseen for a while many. */
#define SILENT_EVENTS 32u
/* More than one gap with events in so many stretches with some: the alignment may be wrong. */
#define SILENT_SHARE 20u

/* Guest events that follow each other and lie between the same two stretches. */
struct silence {
	uint32_t first, nr;
	uint32_t before;	  /* the stretch before them */
	int64_t from_raw, to_raw; /* host times of the first and the last */
};

static bool may_be_silent(const struct vms_track *t)
{
	return t->band && t->band->segs_nr && t->cons && t->cons->outside_nr >= SILENT_EVENTS &&
	       !t->align->ambiguous;
}

/* KVM wrote nothing of any of several vCPU threads: of a step only its own guest would tell. */
static bool is_still(const struct vms_stretches *st, const struct silence *silence)
{
	unsigned int i;

	for (i = 0; i < st->threads_nr; i++) {
		const struct vms_thread *thread = &st->threads[i];
		uint32_t at = 0, end = thread->stretches_nr;

		VMS_BISECT(at, end, mid, thread->stretches[mid].leave_raw <= silence->from_raw);
		for (; at < thread->stretches_nr; at++) {
			const struct vms_stretch *s = &thread->stretches[at];

			if (s->enter_raw >= silence->to_raw)
				break;
			if ((s->exit.cpu >= 0 && s->leave_raw < silence->to_raw) ||
			    (s->entry.cpu >= 0 && s->enter_raw > silence->from_raw))
				return false;
		}
	}
	return st->threads_nr > 1;
}

/* Whether a segment's band puts these events between the same two stretches. */
static bool is_between(const struct vms_track *track, const struct vms_cpu *cpu,
		       const struct vms_band_segment *seg, const struct silence *silence)
{
	const struct vms_stretch *before = &track->thread->stretches[silence->before];
	const int64_t first_raw = cpu->time_raw[silence->first];
	const int64_t last_raw = cpu->time_raw[silence->first + silence->nr - 1];
	int64_t lo[2], hi[2];

	vms_band_at(seg, first_raw, &lo[0], &hi[0]);
	vms_band_at(seg, last_raw, &lo[1], &hi[1]);
	return !seg->unsure && lo[0] != INT64_MIN && hi[1] != INT64_MAX &&
	       vms_sat_add_i64(first_raw, lo[0]) > before->leave_raw &&
	       vms_sat_add_i64(last_raw, hi[1]) < before[1].enter_raw;
}

/*
 * Beside a step events lie in gaps for other reasons, unless they do by the lines of both its
 * sides. Before and after all that is certain they do, too.
 */
static bool is_placed(const struct vms_track *track, const struct vms_cpu *cpu,
		      const struct silence *silence)
{
	const uint32_t from = silence->first, to = silence->first + silence->nr - 1;
	const struct vms_band *band = track->band;
	const struct vms_band_segment *seg = vms_band_segment_of(band, from);

	if (from >= seg->from_event && to <= seg->to_event)
		return true;
	seg -= from < seg->from_event && seg > band->segs;
	return from >= seg->from_event && seg + 1 < band->segs + band->segs_nr &&
	       to <= seg[1].to_event && is_between(track, cpu, seg, silence) &&
	       is_between(track, cpu, seg + 1, silence);
}

static bool is_hole(const struct vms_stretches *st, const struct vms_track *track,
		    const struct vms_cpu *cpu, const struct silence *silence)
{
	const struct vms_stretch *before = &track->thread->stretches[silence->before];

	return !vms_band_segment_of(track->band, silence->first)->unsure &&
	       (is_placed(track, cpu, silence) || is_still(st, silence)) &&
	       before->flags & (VMS_STRETCH_LEAVE_KNOWN | VMS_STRETCH_UNKNOWN) &&
	       before[1].flags & (VMS_STRETCH_ENTER_KNOWN | VMS_STRETCH_UNKNOWN);
}

static int add_hole(struct vms_stretches *st, const struct silence *silence)
{
	struct vms_hole *holes = vms_calloc((size_t)st->holes_nr + 1, sizeof(*holes));

	if (!holes)
		return -VMS_ENOMEM;
	if (st->holes_nr)
		memcpy(holes, st->holes, st->holes_nr * sizeof(*holes));
	holes[st->holes_nr++] = (struct vms_hole){
		.cpu = VMS_CPU_ALL,
		.from_raw = silence->from_raw,
		.to_raw = silence->to_raw,
		.nr = silence->nr,
		.kind = VMS_HOLE_KVM_SILENT,
	};
	free(st->holes);
	st->holes = holes;
	return 0;
}

/* Constraints of one side without those of a silence's events: how many excluded the band. */
static uint32_t forget_side(struct vms_constraints *cons, const struct silence *silence,
			    const struct vms_band_segment *seg, bool lower)
{
	struct vms_bound *bounds = lower ? cons->lower : cons->upper;
	uint32_t *nr = lower ? &cons->lower_nr : &cons->upper_nr;
	uint32_t i, kept = 0, against = 0;

	for (i = 0; i < *nr; i++) {
		const struct vms_point point = vms_bound_point(cons, bounds[i], lower);

		if (point.event - silence->first >= silence->nr || vms_point_is_fact(&point))
			bounds[kept++] = bounds[i];
		else
			against += vms_band_excludes(seg, &point, lower);
	}
	*nr = kept;
	return against;
}

/*
 * Where events of a silence were is not known: they speak neither for nor against any model. Not of
 * a vCPU with several threads, whose stretches are a copy.
 */
static void forget(struct vms_stretches *st, struct vms_track *track, const struct silence *silence)
{
	struct vms_constraints *cons = track->cons;
	struct vms_band_segment *seg =
		track->band->segs +
		(vms_band_segment_of(track->band, silence->first) - track->band->segs);
	struct vms_thread *thread = st->threads + (track->thread - st->threads);
	struct vms_stretch *before = &thread->stretches[silence->before];
	const uint32_t against =
		forget_side(cons, silence, seg, true) + forget_side(cons, silence, seg, false);
	const uint32_t less = VMS_MIN(against, seg->violations);

	seg->violations -= less;
	seg->feasible = !seg->violations;
	track->band->violations -= less;
	before->flags |= VMS_STRETCH_SILENT;
	thread->unknown_raw = vms_sat_add_i64(
		thread->unknown_raw, vms_sat_sub_i64(before[1].enter_raw, before->leave_raw));
}

/* Some silences of a vCPU, and how many there are. */
struct silences {
	struct silence *v;
	size_t nr, cap, all_nr;
};

static int close_silence(struct silences *silences, struct silence *now)
{
	int ret = 0;

	silences->all_nr += now->nr > 0;
	if (now->nr >= SILENT_EVENTS)
		ret = vms_grow(&silences->v, &silences->cap, silences->nr + 1, sizeof(*silences->v),
			       UINT32_MAX);
	if (now->nr >= SILENT_EVENTS && !ret)
		silences->v[silences->nr++] = *now;
	now->nr = 0;
	return ret;
}

/* Those with many events. */
static int silences_of(struct silences *silences, const struct vms_track *track,
		       const struct vms_cpu *cpu, const struct vms_model *model)
{
	struct silence now = { .nr = 0 };
	uint32_t i, cursor = 0;
	int64_t depth, latest = INT64_MIN;
	int ret = 0;

	for (i = 0; i <= cpu->nr && !ret; i++) {
		const int64_t host_raw =
			i < cpu->nr ? vms_model_event(model, track->cpu_idx, i, cpu->time_raw[i])
				    : INT64_MAX;
		/* where host time runs back in the order of the buffer the line is not theirs */
		const bool outside = i < cpu->nr && host_raw >= latest &&
				     vms_place_near(track->thread, host_raw, &cursor, &depth) ==
					     VMS_PLACE_OUTSIDE;
		const uint32_t before =
			cursor - (outside && track->thread->stretches[cursor].enter_raw > host_raw);

		if (!outside || before != now.before)
			ret = close_silence(silences, &now);
		if (outside && !now.nr++)
			now = (struct silence){
				.first = i, .nr = 1, .before = before, .from_raw = host_raw
			};
		now.to_raw = host_raw;
		latest = VMS_MAX(latest, host_raw);
	}
	return ret;
}

/* Names those of a vCPU that are holes. */
static int name_silences(struct vms_session *session, struct vms_track *track,
			 const struct vms_model *model)
{
	const struct vms_cpu *cpu =
		&session->trace->guests[track->guest].stream->cpus[track->cpu_idx];
	struct silences silences = { .v = NULL };
	int ret = silences_of(&silences, track, cpu, model);
	size_t i;

	if (silences.all_nr * SILENT_SHARE > track->cons->lower_nr)
		silences.nr = 0;
	for (i = 0; i < silences.nr && !ret; i++) {
		if (!is_hole(session->st, track, cpu, &silences.v[i]))
			continue;
		ret = add_hole(session->st, &silences.v[i]);
		if (vms_thread_parts_nr(track->thread) == 1)
			forget(session->st, track, &silences.v[i]);
	}
	free(silences.v);
	return ret;
}

/* What lies in silences is not checkable: the counts of a track without them. */
static void recount(const struct vms_session *session, struct vms_track *track,
		    const struct vms_model *model)
{
	struct vms_constraints *cons = track->cons, now;

	vms_constraints_count(&now,
			      &session->trace->guests[track->guest].stream->cpus[track->cpu_idx],
			      track->thread, session->st, model, track->cpu_idx);
	cons->checkable_nr = now.checkable_nr;
	cons->unknown_nr = now.unknown_nr;
	cons->outside_nr = now.outside_nr;
	cons->outside_gaps_nr = now.outside_gaps_nr;
	cons->depth_max_raw = now.depth_max_raw;
	track->at_band = session_violations(session, cons);
	vms_band_reach(track->band, cons);
}

int session_silences_find(struct vms_session *session, struct vms_err *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < session->tracks_nr && !ret; i++) {
		struct vms_track *track = &session->tracks[i];
		const unsigned int holes_nr = session->st->holes_nr;
		struct vms_model *model = NULL;

		if (!may_be_silent(track))
			continue;
		ret = session_model_of_band(&model, session, track, err);
		if (!ret && name_silences(session, track, model))
			ret = vms_fail(err, VMS_ENOMEM, "out of memory");
		if (!ret && session->st->holes_nr > holes_nr)
			recount(session, track, model);
		vms_model_free(model);
	}
	return ret;
}
