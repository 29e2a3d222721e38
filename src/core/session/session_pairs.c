// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Candidates: formed under the model in force, found again by their events when it changes, and
 * counted.
 */
#include "core/session/session_impl.h"

#include "core/base/assert.h"
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

static int table_build(struct pair_table *t, const struct vms_candidate *c, uint32_t nr)
{
	size_t size = 64;
	uint32_t i;

	while (size < (size_t)nr * 2)
		size *= 2;
	t->slot = vms_calloc(size, sizeof(*t->slot));
	if (!t->slot)
		return -VMS_ENOMEM;
	t->mask = size - 1;
	for (i = 0; i < nr; i++) {
		size_t h = (size_t)pair_hash(&c[i].pair) & t->mask;

		while (t->slot[h])
			h = (h + 1) & t->mask;
		t->slot[h] = i + 1;
	}
	return 0;
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

static int find_all(struct vms_session *s, struct vms_pair_list *list, struct vms_err *err)
{
	unsigned int i;
	const double reach =
		s->clock.ns_per_unit > 0.0 ? REACH_NS / s->clock.ns_per_unit : REACH_NS;

	for (i = 0; i < s->tracks_nr; i++) {
		const struct vms_track *t = &s->tracks[i];
		struct vms_model *m = NULL;
		struct vms_pairing p;
		int ret;

		if (!t->thread)
			continue;
		ret = session_map_get(s, s->model, t->guest, &m, err);
		if (ret)
			return ret;
		if (!m)
			continue;
		p = (struct vms_pairing){ .host = s->trace->host,
					  .guest = s->trace->guests[t->guest].stream,
					  .guest_idx = t->guest,
					  .cpu_idx = t->cpu_idx,
					  .thread = t->thread,
					  .catalogue = &s->cat,
					  .model = m,
					  .reach_raw = (int64_t)reach };
		ret = vms_pairs_find(list, &p, err);
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
		s->priv[t].cand_nr = 0;
		s->priv[t].accepted_nr = 0;
		memset(s->tracks[t].seqs, 0, s->cat.seqs_nr * sizeof(*s->tracks[t].seqs));
	}
}

/*
 * Per track: its candidates in the order that pairing found them, by guest event; the accepted
 * among them.
 */
static int index_tracks(struct vms_session *s, const uint32_t *ids, uint32_t nr)
{
	unsigned int t;
	uint32_t i;
	int ret = 0;

	index_clear(s);
	for (i = 0; i < nr; i++) {
		s->priv[s->cands[i].track].cand_nr++;
		s->tracks[s->cands[i].track].seqs[s->cands[i].pair.seq].pairs++;
	}
	for (t = 0; t < s->tracks_nr; t++) {
		s->priv[t].cand = vms_calloc(s->priv[t].cand_nr, sizeof(uint32_t));
		s->priv[t].cand_nr = 0;
		if (!s->priv[t].cand)
			ret = -VMS_ENOMEM;
	}
	if (ret) {
		/* tracks without pairs are safe; the next forming finds them again */
		index_clear(s);
		return ret;
	}
	for (i = 0; i < nr; i++) {
		struct session_track *p = &s->priv[s->cands[s->index_of[ids[i]]].track];

		p->cand[p->cand_nr++] = s->index_of[ids[i]];
	}
	for (i = 0; i < nr && !ret; i++)
		if (s->cands[i].state == VMS_ACCEPTED)
			ret = session_accepted_put(s, i, true);
	return ret;
}

/* Rivals arise where a decided pair no longer forms and another claims its guest event. */
static void mark_rivals(struct vms_session *s)
{
	uint32_t i, k;

	for (i = 0; i < s->cands_nr; i++)
		s->cands[i].rival = VMS_ID_NONE;
	for (i = 0; i < s->cands_nr; i++) {
		struct vms_candidate *d = &s->cands[i];
		const struct session_track *p = &s->priv[d->track];

		if (!(d->flags & VMS_CAND_DETACHED))
			continue;
		for (k = 0; k < p->cand_nr; k++) {
			struct vms_candidate *c = &s->cands[p->cand[k]];

			if (c == d || c->pair.seq != d->pair.seq ||
			    !vms_ref_same(c->pair.guest_ev, d->pair.guest_ev))
				continue;
			c->rival = d->id;
			d->rival = c->id;
		}
	}
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

/* Those that were found again keep their ids; the others that were decided stay, detached. */
static int adopt(struct vms_session *s, struct forming *f)
{
	const size_t most = (size_t)f->list.nr + s->cands_nr;
	struct pair_table old = { 0 };
	uint32_t i;
	int ret = s->cands_nr ? table_build(&old, s->cands, s->cands_nr) : 0;

	f->ids = vms_calloc(most, sizeof(*f->ids));
	f->was = s->cands_nr ? vms_calloc(most, sizeof(*f->was)) : NULL;
	f->taken = vms_calloc(s->cands_nr, sizeof(*f->taken));
	if (ret || !f->ids || !f->taken || (s->cands_nr && !f->was)) {
		free(old.slot);
		return -VMS_ENOMEM;
	}
	for (i = 0; i < f->list.nr; i++) {
		const uint32_t was =
			f->was ? table_find(&old, s->cands, &f->list.p[i]) : VMS_ID_NONE;

		f->ids[i] = was != VMS_ID_NONE ? s->cands[was].id : ++s->next_id;
		if (was != VMS_ID_NONE)
			f->taken[was] = true;
		if (f->was)
			f->was[i] = was;
	}
	f->nr = f->list.nr;
	for (i = 0; i < s->cands_nr; i++) {
		if (f->taken[i])
			continue;
		/* undecided ones too: they keep their names, which undo goes by */
		if (session_seq_muted(s, s->cands[i].pair.seq)) {
			if (!ret)
				ret = session_park(s, &s->cands[i]);
			continue;
		}
		if (s->cands[i].state == VMS_UNDECIDED && !s->cands[i].tag)
			continue;
		f->ids[f->nr] = s->cands[i].id;
		f->was[f->nr++] = i;
	}
	free(old.slot);
	return ret;
}

static struct vms_candidate candidate_of(const struct vms_session *s, const struct forming *f,
					 uint32_t i)
{
	const uint32_t was = f->was ? f->was[i] : VMS_ID_NONE;
	struct vms_candidate c = { .id = 0 };

	if (was != VMS_ID_NONE)
		c = s->cands[was];
	c.id = f->ids[i];
	if (i >= f->list.nr) {
		c.flags |= VMS_CAND_DETACHED;
		return c;
	}
	c.flags &= (uint8_t)~VMS_CAND_DETACHED;
	c.pair = f->list.p[i];
	c.track =
		(uint16_t)vms_session_track_of(s, c.pair.guest, (unsigned int)c.pair.guest_ev.cpu);
	return c;
}

static int ids_note(const struct vms_session *s, struct forming *f)
{
	uint32_t i;

	f->index_of = vms_calloc((size_t)s->next_id + 1, sizeof(*f->index_of));
	if (!f->index_of)
		return -VMS_ENOMEM;
	for (i = 0; i <= s->next_id; i++)
		f->index_of[i] = VMS_ID_NONE;
	for (i = 0; i < f->nr; i++)
		f->index_of[f->ids[i]] = i;
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
static int candidates_make(struct vms_session *s, struct forming *f, struct vms_candidate **out)
{
	struct vms_placed *o = vms_calloc(f->nr, sizeof(*o));
	struct vms_candidate *to = vms_calloc(f->nr, sizeof(*to));
	uint32_t i;
	int ret = o && to ? ids_note(s, f) : -VMS_ENOMEM;

	for (i = 0; !ret && i < f->nr; i++)
		o[i] = (struct vms_placed){ .at_raw = i < f->list.nr
							      ? f->list.p[i].host_raw
							      : s->cands[f->was[i]].pair.host_raw,
					    .idx = f->ids[i] };
	if (!ret)
		ret = vms_placed_sort(o, f->nr, NULL);
	for (i = 0; !ret && i < f->nr; i++) {
		uint32_t *const index = &f->index_of[o[i].idx];

		to[i] = candidate_of(s, f, *index);
		*index = i;
	}
	free(o);
	if (ret)
		free(to);
	else
		*out = to;
	return ret;
}

/*
 * Everything that hangs on the new candidates: indices, values under the model, flags, statistics.
 */
static int settle(struct vms_session *s, const uint32_t *ids, struct vms_err *err)
{
	unsigned int t;
	int ret;

	ret = index_tracks(s, ids, s->cands_nr);
	if (!ret)
		ret = session_values_fill(s);
	if (ret)
		return vms_fail(err, -ret, "out of memory for %u candidates", s->cands_nr);
	for (t = 0; t < s->tracks_nr && !ret; t++) {
		ret = session_seqs_all(s, t, NULL, err);
	}
	mark_rivals(s);
	VMS_ASSERT_EACH(i, 1, s->cands_nr,
			s->cands[i - 1].pair.host_raw < s->cands[i].pair.host_raw ||
				(s->cands[i - 1].pair.host_raw == s->cands[i].pair.host_raw &&
				 s->cands[i - 1].id < s->cands[i].id));
	VMS_ASSERT_EACH(i, 0, s->cands_nr, s->cands[i].track < s->tracks_nr);
	VMS_ASSERT_EACH(i, 0, s->cands_nr, vms_session_index_of(s, s->cands[i].id) == i);
	s->generation++;
	s->formed++;
	return ret;
}

/* What was decided lies by itself; notes only where there are any. */
static int decided_of(const struct vms_candidate *c, uint32_t nr, uint8_t **states,
		      uint32_t **tag_of)
{
	bool any = false;
	uint32_t i;

	for (i = 0; i < nr && !any; i++)
		any = c[i].tag;
	*states = vms_calloc(nr, sizeof(**states));
	*tag_of = any ? vms_calloc(nr, sizeof(**tag_of)) : NULL;
	if (!*states || (any && !*tag_of))
		return -VMS_ENOMEM;
	for (i = 0; i < nr; i++)
		(*states)[i] = c[i].state;
	for (i = 0; i < nr && any; i++)
		(*tag_of)[i] = c[i].tag;
	return 0;
}

int session_pairs_form(struct vms_session *s, struct vms_err *err)
{
	struct forming f = { .had_nr = s->cands_nr,
			     .had_parked_nr = s->parked_nr,
			     .had_next_id = s->next_id };
	struct vms_candidate *cands = NULL;
	double *values = NULL;
	uint8_t *states = NULL;
	uint32_t *tag_of = NULL;
	int ret;

	ret = find_all(s, &f.list, err);
	if (ret)
		goto out;
	if (session_parked_take(s)) {
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
		goto out;
	}
	ret = adopt(s, &f);
	if (!ret)
		ret = candidates_make(s, &f, &cands);
	if (!ret) {
		values = vms_calloc(f.nr, sizeof(*values));
		ret = values ? decided_of(cands, f.nr, &states, &tag_of) : -VMS_ENOMEM;
	}
	if (ret) {
		give_back(s, &f);
		ret = vms_fail(err, -ret, "out of memory for %u candidates", f.list.nr);
		goto out;
	}
	vms_pair_list_clear(&f.list);
	session_retire(s, s->cands, SESSION_MEMORY);
	session_retire(s, s->signed_ns, SESSION_MEMORY);
	session_retire(s, s->index_of, SESSION_MEMORY);
	free(s->states);
	free(s->tag_of);
	s->cands = cands;
	s->signed_ns = values;
	s->states = states;
	s->tag_of = tag_of;
	s->index_of = f.index_of;
	s->index_of_cap = (size_t)s->next_id + 1;
	s->lent = false;
	s->cands_nr = f.nr;
	s->sorted_nr = f.nr;
	cands = NULL;
	values = NULL;
	states = NULL;
	tag_of = NULL;
	f.index_of = NULL;
	ret = settle(s, f.ids, err);
	vms_log(VMS_LOG_INFO, "session", "%u candidates formed, %u before", s->cands_nr, f.had_nr);
out:
	free(cands);
	free(values);
	free(states);
	free(tag_of);
	free(f.ids);
	free(f.was);
	free(f.taken);
	free(f.index_of);
	vms_pair_list_clear(&f.list);
	return ret;
}
