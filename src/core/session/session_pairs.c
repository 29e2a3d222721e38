// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Candidates: formed under the model in force, found again by their events when it changes, and
 * counted.
 */
#include "core/session/session_impl.h"

#include "core/base/assert.h"
#include "core/base/bisect.h"
#include "core/base/placed.h"

#include <stdlib.h>
#include <string.h>

#include <vmsync/log.h>

/* How far outside a stretch a guest event may lie and still pair with it [ns]. */
#define REACH_NS 100000.0

static uint64_t mix(uint64_t h)
{
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	h *= UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ (h >> 33);
}

static uint64_t pair_hash(const struct vms_pair *p)
{
	uint64_t h = mix(((uint64_t)(uint32_t)p->guest_ev.cpu << 32) | p->guest_ev.idx);

	h = mix(h ^ (((uint64_t)(uint32_t)p->host_ev.cpu << 32) | p->host_ev.idx));
	return mix(h ^ (((uint64_t)p->guest << 8) | p->seq));
}

static bool pair_same(const struct vms_pair *a, const struct vms_pair *b)
{
	return a->guest == b->guest && a->seq == b->seq && vms_ref_same(a->guest_ev, b->guest_ev) &&
	       vms_ref_same(a->host_ev, b->host_ev);
}

/* Open addressing over candidates: slots hold index + 1. */
struct pair_table {
	uint32_t *slot;
	size_t mask;
};

static int table_build(struct pair_table *pair_table, const struct vms_session *session)
{
	const struct vms_candidate *cand = session->cands;
	const uint32_t nr = session->cands_nr;
	size_t size = 64;
	uint32_t i;
	int ret = 0;

	while (size < (size_t)nr * 2)
		size *= 2;
	pair_table->slot = vms_calloc(size, sizeof(*pair_table->slot));
	if (!pair_table->slot)
		return -VMS_ENOMEM;
	pair_table->mask = size - 1;
	for (i = 0; i < nr && !ret; i++) {
		size_t h = (size_t)pair_hash(&cand[i].pair) & pair_table->mask;

		while (pair_table->slot[h])
			h = (h + 1) & pair_table->mask;
		pair_table->slot[h] = i + 1;
		ret = session_wanted_at(session, i);
	}
	return ret;
}

static uint32_t table_find(const struct pair_table *t, const struct vms_candidate *c,
			   const struct vms_pair *p)
{
	size_t h = (size_t)pair_hash(p) & t->mask;

	for (; t->slot[h]; h = (h + 1) & t->mask)
		if (pair_same(&c[t->slot[h] - 1].pair, p))
			return t->slot[h] - 1;
	return VMS_ID_NONE;
}

static int find_all(struct vms_session *session, struct vms_pair_list *list, struct vms_err *err)
{
	unsigned int i;
	const double reach =
		session->clock.ns_per_unit > 0.0 ? REACH_NS / session->clock.ns_per_unit : REACH_NS;

	for (i = 0; i < session->tracks_nr; i++) {
		const struct vms_track *track = &session->tracks[i];
		struct vms_model *model = NULL;
		struct vms_pairing pairing;
		int ret;

		if (!track->thread)
			continue;
		ret = session_map_get(session, session->model, track->guest, &model, err);
		if (ret)
			return ret;
		if (!model)
			continue;
		pairing =
			(struct vms_pairing){ .host = session->trace->host,
					      .guest = session->trace->guests[track->guest].stream,
					      .guest_idx = track->guest,
					      .cpu_idx = track->cpu_idx,
					      .thread = track->thread,
					      .catalogue = &session->cat,
					      .model = model,
					      .reach_raw = (int64_t)reach,
					      .progress = session->progress };
		ret = vms_pairs_find(list, &pairing, err);
		if (ret)
			return ret;
	}
	return 0;
}

static void index_clear(struct vms_session *s)
{
	unsigned int t;

	for (t = 0; t < s->tracks_nr; t++) {
		session_retire(s, s->priv[t].cand, SESSION_MEMORY);
		s->priv[t].cand = NULL;
		s->priv[t].cand_nr = s->priv[t].formed_nr = 0;
		s->priv[t].accepted_nr = 0;
		memset(s->tracks[t].seqs, 0, s->cat.seqs_nr * sizeof(*s->tracks[t].seqs));
	}
}

/* Those of a track that do not form stand behind the others. */
static int detached_sort(struct vms_session *session, struct session_track *priv)
{
	uint32_t *const list = priv->cand + priv->formed_nr;
	const uint32_t nr = priv->cand_nr - priv->formed_nr;
	struct vms_placed *placed = vms_calloc(nr, sizeof(*placed));
	uint32_t i;
	int ret = placed ? 0 : -VMS_ENOMEM;

	for (i = 0; !ret && i < nr; i++)
		placed[i] =
			(struct vms_placed){ .at_raw = session->cands[list[i]].pair.guest_ev.idx,
					     .idx = list[i] };
	if (!ret)
		ret = vms_placed_sort(placed, nr, session->progress);
	for (i = 0; !ret && i < nr; i++)
		list[i] = placed[i].idx;
	free(placed);
	return ret;
}

/*
 * Per track: its candidates in the order that pairing found them, by guest event; the accepted
 * among them.
 */
static int index_tracks(struct vms_session *session, const uint32_t *ids, uint32_t nr,
			uint32_t formed_nr)
{
	unsigned int track;
	uint32_t i;
	int ret = 0;

	index_clear(session);
	for (i = 0; i < nr; i++) {
		session->priv[session->cands[i].track].cand_nr++;
		session->tracks[session->cands[i].track].seqs[session->cands[i].pair.seq].pairs++;
	}
	for (track = 0; track < session->tracks_nr; track++) {
		session->priv[track].cand =
			vms_calloc(session->priv[track].cand_nr, sizeof(uint32_t));
		session->priv[track].cand_nr = 0;
		if (!session->priv[track].cand)
			ret = -VMS_ENOMEM;
	}
	if (ret) {
		/* tracks without pairs are safe; the next forming finds them again */
		index_clear(session);
		return ret;
	}
	for (i = 0; i < nr; i++) {
		struct session_track *p =
			&session->priv[session->cands[session->index_of[ids[i]]].track];

		p->cand[p->cand_nr++] = session->index_of[ids[i]];
		p->formed_nr += i < formed_nr;
	}
	for (track = 0; track < session->tracks_nr && !ret; track++)
		ret = detached_sort(session, &session->priv[track]);
	for (i = 0; i < nr && !ret; i++)
		if (session->states[session->cands[i].id] == VMS_ACCEPTED)
			ret = session_accepted_put(session, i, true);
	return ret;
}

/* The last of a run of a track's list, ascending by guest event, that rivals a candidate. */
static uint32_t rival_in(const struct vms_session *session, const struct vms_candidate *cand,
			 const uint32_t *list, uint32_t nr)
{
	const uint32_t event = cand->pair.guest_ev.idx;
	uint32_t lo = 0, hi = nr;

	VMS_BISECT(lo, hi, mid, session->cands[list[mid]].pair.guest_ev.idx <= event);
	while (lo--) {
		const struct vms_candidate *other = &session->cands[list[lo]];

		if (other->pair.guest_ev.idx != event)
			break;
		if (other != cand && other->pair.seq == cand->pair.seq)
			return other->id;
	}
	return VMS_ID_NONE;
}

/* Rivals arise where a decided pair no longer forms and another claims its guest event. */
uint32_t vms_session_rival(const struct vms_session *s, const struct vms_candidate *c)
{
	const struct session_track *p = &s->priv[c->track];
	const uint32_t id = rival_in(s, c, p->cand + p->formed_nr, p->cand_nr - p->formed_nr);

	if (id != VMS_ID_NONE || !(c->flags & VMS_CAND_DETACHED))
		return id;
	return rival_in(s, c, p->cand, p->formed_nr);
}

/*
 * What will be the candidates, before they are in order: pairs that were found, then what does not
 * form any more.
 */
struct forming {
	struct vms_pair_list list;
	uint32_t *ids;
	/* index of each among the candidates so far, VMS_ID_NONE = new; NULL: there are none */
	uint32_t *was;
	uint32_t nr;
	bool *taken;	    /* by index of the candidates so far: found again */
	uint32_t *index_of; /* by id: here, then among the new candidates */
	uint32_t had_nr, had_parked_nr, had_next_id; /* of the session, before */
};

static bool is_decided(const struct vms_session *session, const struct vms_candidate *cand)
{
	return session->states[cand->id] != VMS_UNDECIDED ||
	       (session->tag_of && session->tag_of[cand->id]);
}

/* Those that were found again keep their ids; the others that were decided stay, detached. */
static int adopt(struct vms_session *session, struct forming *forming)
{
	const size_t most = (size_t)forming->list.nr + session->cands_nr;
	struct pair_table old = { 0 };
	uint32_t i;
	int ret = session->cands_nr ? table_build(&old, session) : 0;

	forming->ids = vms_calloc(most, sizeof(*forming->ids));
	forming->was = session->cands_nr ? vms_calloc(most, sizeof(*forming->was)) : NULL;
	forming->taken = vms_calloc(session->cands_nr, sizeof(*forming->taken));
	if (ret || !forming->ids || !forming->taken || (session->cands_nr && !forming->was)) {
		free(old.slot);
		return ret ? ret : -VMS_ENOMEM;
	}
	for (i = 0; i < forming->list.nr && !ret; i++) {
		const uint32_t was = forming->was
					     ? table_find(&old, session->cands, &forming->list.p[i])
					     : VMS_ID_NONE;

		forming->ids[i] = was != VMS_ID_NONE ? session->cands[was].id : ++session->next_id;
		if (was != VMS_ID_NONE)
			forming->taken[was] = true;
		if (forming->was)
			forming->was[i] = was;
		ret = session_wanted_at(session, i);
	}
	forming->nr = forming->list.nr;
	for (i = 0; i < session->cands_nr && !ret; i++) {
		if (forming->taken[i])
			continue;
		/* undecided ones too: they keep their names, which undo goes by */
		if (session_seq_muted(session, session->cands[i].pair.seq)) {
			ret = session_park(session, &session->cands[i]);
			continue;
		}
		if (!is_decided(session, &session->cands[i]))
			continue;
		forming->ids[forming->nr] = session->cands[i].id;
		forming->was[forming->nr++] = i;
	}
	free(old.slot);
	return ret;
}

static struct vms_candidate candidate_of(const struct vms_session *session,
					 const struct forming *forming, uint32_t i)
{
	const uint32_t was = forming->was ? forming->was[i] : VMS_ID_NONE;
	struct vms_candidate cand = { .id = 0 };

	if (was != VMS_ID_NONE)
		cand = session->cands[was];
	cand.id = forming->ids[i];
	if (i >= forming->list.nr) {
		cand.flags |= VMS_CAND_DETACHED;
		return cand;
	}
	cand.flags &= (uint8_t)~VMS_CAND_DETACHED;
	cand.pair = forming->list.p[i];
	cand.track = (uint16_t)vms_session_track_of(session, cand.pair.guest,
						    (unsigned int)cand.pair.guest_ev.cpu);
	return cand;
}

static int ids_note(const struct vms_session *s, struct forming *forming)
{
	uint32_t i;

	forming->index_of = vms_calloc((size_t)s->next_id + 1, sizeof(*forming->index_of));
	if (!forming->index_of)
		return -VMS_ENOMEM;
	for (i = 0; i <= s->next_id; i++)
		forming->index_of[i] = VMS_ID_NONE;
	for (i = 0; i < forming->nr; i++)
		forming->index_of[forming->ids[i]] = i;
	return 0;
}

/* Forming came to nothing: candidates, parked ones and names are again what they were. */
static void give_back(struct vms_session *s, const struct forming *f)
{
	if (s->cands_nr > f->had_nr) {
		memcpy(s->parked, s->cands + f->had_nr, f->had_parked_nr * sizeof(*s->parked));
		s->cands_nr = f->had_nr;
	}
	s->parked_nr = f->had_parked_nr;
	s->next_id = f->had_next_id;
}

/*
 * Candidates in index order: host time, ties by id. They come track by track, each nearly in
 * order. Only their times are sorted: each candidate is written once, to where it belongs.
 */
static int candidates_make(struct vms_session *session, struct forming *forming,
			   struct vms_candidate **out)
{
	struct vms_placed *placed = vms_calloc(forming->nr, sizeof(*placed));
	struct vms_candidate *to = vms_calloc(forming->nr, sizeof(*to));
	uint32_t i;
	int ret = placed && to ? ids_note(session, forming) : -VMS_ENOMEM;

	for (i = 0; !ret && i < forming->nr; i++)
		placed[i] = (struct vms_placed){
			.at_raw = i < forming->list.nr
					  ? forming->list.p[i].host_raw
					  : session->cands[forming->was[i]].pair.host_raw,
			.idx = forming->ids[i]
		};
	if (!ret)
		ret = vms_placed_sort(placed, forming->nr, session->progress);
	for (i = 0; !ret && i < forming->nr; i++) {
		uint32_t *const index = &forming->index_of[placed[i].idx];

		to[i] = candidate_of(session, forming, *index);
		*index = i;
	}
	free(placed);
	if (ret)
		free(to);
	else
		*out = to;
	return ret;
}

/*
 * Everything that hangs on the new candidates: indices, values under the model, flags, statistics.
 */
static int settle(struct vms_session *session, const uint32_t *ids, uint32_t formed_nr,
		  struct vms_err *err)
{
	unsigned int t;
	int ret;

	ret = index_tracks(session, ids, session->cands_nr, formed_nr);
	if (!ret)
		ret = session_values_fill(session);
	if (ret)
		return vms_fail(err, -ret, "out of memory for %u candidates", session->cands_nr);
	for (t = 0; t < session->tracks_nr && !ret; t++) {
		ret = session_seqs_all(session, t, err);
	}
	VMS_ASSERT_EACH(i, 1, session->cands_nr,
			session->cands[i - 1].pair.host_raw < session->cands[i].pair.host_raw ||
				(session->cands[i - 1].pair.host_raw ==
					 session->cands[i].pair.host_raw &&
				 session->cands[i - 1].id < session->cands[i].id));
	VMS_ASSERT_EACH(i, 0, session->cands_nr, session->cands[i].track < session->tracks_nr);
	VMS_ASSERT_EACH(i, 0, session->cands_nr,
			vms_session_index_of(session, session->cands[i].id) == i);
	session->generation++;
	session->formed++;
	return ret;
}

int session_pairs_form(struct vms_session *session, struct vms_err *err)
{
	struct forming forming = { .had_nr = session->cands_nr,
				   .had_parked_nr = session->parked_nr,
				   .had_next_id = session->next_id };
	struct vms_candidate *cands = NULL;
	double *values = NULL;
	uint32_t formed_nr;
	int ret;

	ret = find_all(session, &forming.list, err);
	if (ret)
		goto out;
	if (session_parked_take(session)) {
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
		goto out;
	}
	ret = adopt(session, &forming);
	if (!ret)
		ret = candidates_make(session, &forming, &cands);
	if (!ret) {
		values = vms_calloc(forming.nr, sizeof(*values));
		ret = values ? session_ids_room(session, (size_t)session->next_id + 1)
			     : -VMS_ENOMEM;
	}
	if (ret) {
		give_back(session, &forming);
		ret = vms_fail(err, -ret, "out of memory for %u candidates", forming.list.nr);
		goto out;
	}
	formed_nr = forming.list.nr;
	vms_pair_list_clear(&forming.list);
	session_retire(session, session->cands, SESSION_MEMORY);
	session_retire(session, session->signed_ns, SESSION_MEMORY);
	session_retire(session, session->index_of, SESSION_MEMORY);
	session->cands = cands;
	session->signed_ns = values;
	session->index_of = forming.index_of;
	session->index_of_cap = (size_t)session->next_id + 1;
	session->lent = false;
	session->cands_nr = forming.nr;
	session->sorted_nr = forming.nr;
	cands = NULL;
	values = NULL;
	forming.index_of = NULL;
	ret = settle(session, forming.ids, formed_nr, err);
	vms_log(VMS_LOG_INFO, "session", "%u candidates formed, %u before", session->cands_nr,
		forming.had_nr);
out:
	free(cands);
	free(values);
	free(forming.ids);
	free(forming.was);
	free(forming.taken);
	free(forming.index_of);
	vms_pair_list_clear(&forming.list);
	return ret;
}
