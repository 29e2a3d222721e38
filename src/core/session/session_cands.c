// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How candidates are asked for: by id, by their place in the order of time, by track; those that
 * rival one another.
 */
#include "core/session/session_impl.h"

#include <stdlib.h>

#include "core/base/assert.h"
#include "core/base/bisect.h"
#include "core/base/placed.h"

/* How far outside a stretch a guest event may lie and still pair with it [ns]. */
#define REACH_NS 100000.0

bool vms_session_pairing(const struct vms_session *session, unsigned int track_idx,
			 const struct vms_model *map, struct vms_pairing *out)
{
	const double reach =
		session->clock.ns_per_unit > 0.0 ? REACH_NS / session->clock.ns_per_unit : REACH_NS;
	const struct vms_track *track = &session->tracks[track_idx];

	*out = (struct vms_pairing){
		.host = session->trace->host,
		.vcpu = { .guest = session->trace->guests[track->guest].stream,
			  .thread = track->thread,
			  .guest_idx = track->guest,
			  .cpu_idx = track->cpu_idx },
		.catalogue = &session->cat,
		.model = map,
		.reach_raw = (int64_t)reach,
		.recorded = session->st->recorded,
		.progress = session->progress,
	};
	return track->thread && map;
}

uint32_t vms_session_refuted_nr(const struct vms_session *session, unsigned int guest)
{
	uint32_t i, nr = 0;
	unsigned int t;

	for (t = 0; t < session->tracks_nr; t++) {
		const struct session_track *priv = &session->priv[t];

		for (i = 0; i < priv->accepted_nr && session->tracks[t].guest == guest; i++)
			nr += (*session_flags(session, priv->accepted[i]) &
			       (VMS_CAND_IMPOSSIBLE | VMS_CAND_DETACHED)) != 0;
	}
	return nr;
}

uint32_t session_slot_of(const struct vms_session *s, uint32_t id)
{
	if (!id || id > s->next_id)
		return VMS_ID_NONE;
	if (!s->slot_of)
		return id <= s->cands_nr ? id - 1 : VMS_ID_NONE;
	return id < s->slot_of_cap ? s->slot_of[id] : VMS_ID_NONE;
}

struct vms_candidate session_candidate(const struct vms_session *s, uint32_t slot)
{
	const struct session_cand c = session_cand_at(s, slot);

	return (struct vms_candidate){ .pair = session_pair(s, slot),
				       .id = session_id(s, slot),
				       .track = c.track,
				       .flags = c.flags };
}

bool session_earlier(const struct vms_session *s, uint32_t slot, uint32_t other)
{
	const int64_t a_raw = session_pair(s, slot).host_raw,
		      b_raw = session_pair(s, other).host_raw;

	return a_raw != b_raw ? a_raw < b_raw : session_id(s, slot) < session_id(s, other);
}

/* They come track by track, each nearly in order. */
int session_order_make(const struct vms_session *s, uint32_t nr, uint32_t **order, uint32_t **place)
{
	struct vms_placed *placed = vms_calloc(nr, sizeof(*placed));
	uint32_t i;
	int ret;

	*order = vms_calloc(nr, sizeof(**order));
	*place = vms_calloc(nr, sizeof(**place));
	ret = placed && *order && *place ? 0 : -VMS_ENOMEM;
	for (i = 0; !ret && i < nr; i++)
		placed[i] = (struct vms_placed){ .at_raw = session_pair(s, i).host_raw,
						 .idx = session_id(s, i) };
	if (!ret)
		ret = vms_placed_sort(placed, nr, s->progress);
	for (i = 0; !ret && i < nr; i++) {
		(*order)[i] = session_slot_of(s, placed[i].idx);
		(*place)[(*order)[i]] = i;
	}
	free(placed);
	if (!ret)
		return 0;
	free(*order);
	free(*place);
	*order = *place = NULL;
	return ret;
}

uint32_t vms_session_candidates_nr(const struct vms_session *s)
{
	return s->cands_nr;
}

static uint32_t slot_at(const struct vms_session *s, uint32_t i)
{
	return s->order && i < s->sorted_nr ? s->order[i] : i;
}

const struct vms_candidate *vms_session_candidate_in(const struct vms_session *s, uint32_t i,
						     struct vms_candidate *room)
{
	VMS_ASSERT(i < s->cands_nr);
	*room = session_candidate(s, slot_at(s, i));
	return room;
}

const struct vms_candidate *vms_session_find_in(const struct vms_session *s, uint32_t id,
						struct vms_candidate *room)
{
	const uint32_t slot = session_slot_of(s, id);

	if (slot == VMS_ID_NONE)
		return NULL;
	*room = session_candidate(s, slot);
	return room;
}

uint32_t vms_session_index_of(const struct vms_session *s, uint32_t id)
{
	const uint32_t slot = session_slot_of(s, id);

	return slot != VMS_ID_NONE && s->place && slot < s->sorted_nr ? s->place[slot] : slot;
}

static int by_index(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

uint32_t vms_session_track_sample(const struct vms_session *s, unsigned int track, uint32_t step,
				  uint32_t *idx)
{
	const struct session_track *p = &s->priv[track];
	const uint32_t all_nr = session_cands_of(p);
	uint32_t i, nr = 0;

	for (i = 0; i < all_nr; i += step) {
		const uint32_t slot = session_slot(p, i);

		idx[nr++] = s->place ? s->place[slot] : slot;
		if (all_nr - i <= step)
			break;
	}
	qsort(idx, nr, sizeof(*idx), by_index);
	return nr;
}

bool vms_session_match_next(const struct vms_session *s, unsigned int track, unsigned int seq,
			    uint32_t *at, struct vms_match *out)
{
	const struct session_track *p = &s->priv[track];

	while (*at < p->formed_nr) {
		const uint32_t slot = p->first + (*at)++;

		if (s->packs.near[slot].seq == seq) {
			const struct session_cand cand = session_cand_at(s, slot);

			*out = (struct vms_match){ cand.event, cand.stretch, cand.seq };
			return true;
		}
	}
	return false;
}

uint32_t vms_session_first_at(const struct vms_session *s, int64_t host_raw)
{
	uint32_t lo = 0, hi = s->sorted_nr;

	VMS_ASSERT(s->listed);
	VMS_BISECT(lo, hi, mid, session_pair(s, slot_at(s, mid)).host_raw < host_raw);
	return lo;
}

/* The last of a run of candidates, ascending by guest event, that rivals one. */
static uint32_t rival_in(const struct vms_session *s, const struct vms_candidate *cand,
			 uint32_t from, uint32_t nr)
{
	const uint32_t event = cand->pair.guest_ev.idx;
	uint32_t lo = from, hi = from + nr;

	VMS_BISECT(lo, hi, mid, session_cand_at(s, mid).event <= event);
	while (lo-- > from && session_cand_at(s, lo).event == event)
		if (session_id(s, lo) != cand->id && session_cand_at(s, lo).seq == cand->pair.seq)
			return session_id(s, lo);
	return VMS_ID_NONE;
}

/* Rivals arise where a decided pair no longer forms and another claims its guest event. */
uint32_t vms_session_rival(const struct vms_session *s, const struct vms_candidate *c)
{
	const struct session_track *p = &s->priv[c->track];
	const uint32_t id = rival_in(s, c, p->loose, p->loose_nr);

	if (id != VMS_ID_NONE || !(c->flags & VMS_CAND_DETACHED))
		return id;
	return rival_in(s, c, p->first, p->formed_nr);
}
