// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The session as it was at one moment, for work beside the screen: what decisions change is copied,
 * the rest is borrowed and outlives its last reader.
 */
#include "core/session/session_impl.h"

#include <stdlib.h>
#include <string.h>

static void drop_memory(void *p)
{
	free(p);
}

static void drop_model(void *p)
{
	vms_model_free(p);
}

static void drop_cons(void *p)
{
	vms_constraints_free(p);
}

static void drop_band(void *p)
{
	vms_band_free(p);
}

static void drop_align(void *p)
{
	vms_align_free(p);
}

static bool borrows(const struct vms_session *n, const void *p)
{
	uint32_t i;

	for (i = 0; i < n->borrowed_nr; i++)
		if (n->borrowed[i] == p)
			return true;
	return false;
}

void session_retire(struct vms_session *session, void *memory, enum session_part part)
{
	static void (*const drop[])(void *memory) = {
		[SESSION_MEMORY] = drop_memory,	   [SESSION_MODEL] = drop_model,
		[SESSION_CONSTRAINTS] = drop_cons, [SESSION_BAND] = drop_band,
		[SESSION_ALIGN] = drop_align,
	};

	if (!memory || borrows(session, memory))
		return;
	/* candidates are still those of the vCPUs' threads that were, until they form anew */
	if (!session->snapshots_nr && !session->restoring) {
		drop[part](memory);
		return;
	}
	/* Out of memory: rather lost than taken away from its reader. */
	if (vms_grow(&session->retired, &session->retired_cap, (size_t)session->retired_nr + 1,
		     sizeof(*session->retired), UINT32_MAX))
		return;
	session->retired[session->retired_nr++] = (struct session_retired){ memory, drop[part] };
}

/* A larger array, or one that no snapshot reads. */
static bool grow(struct vms_session *session, void *array, size_t nr, size_t need_nr,
		 size_t size_bytes)
{
	void *old, *copy;

	memcpy(&old, array, sizeof(old)); /* array points to a pointer of any type */
	if (!session->lent) {
		copy = vms_realloc(old, need_nr * size_bytes);
	} else {
		copy = vms_calloc(need_nr, size_bytes);
		if (copy && old)
			memcpy(copy, old, nr * size_bytes);
		if (copy)
			session_retire(session, old, SESSION_MEMORY);
	}
	if (copy)
		memcpy(array, &copy, sizeof(copy));
	return copy != NULL;
}

/* Decisions are never lent: snapshots have copies. */
int session_ids_room(struct vms_session *session, size_t nr)
{
	const size_t had_nr = session->ids_cap, cap = VMS_MAX(nr, had_nr + had_nr / 2);
	uint8_t *states;
	uint32_t *tag_of;

	if (nr <= had_nr)
		return 0;
	tag_of = session->tag_of ? vms_realloc(session->tag_of, cap * sizeof(*tag_of)) : NULL;
	if (session->tag_of && !tag_of)
		return -VMS_ENOMEM;
	session->tag_of = tag_of;
	/* fresh, it is no memory until something is decided */
	states = had_nr ? vms_realloc(session->states, cap) : vms_calloc(cap, 1);
	if (!states)
		return -VMS_ENOMEM;
	if (had_nr)
		memset(states + had_nr, 0, cap - had_nr);
	else
		free(session->states);
	session->states = states;
	if (tag_of)
		memset(tag_of + had_nr, 0, (cap - had_nr) * sizeof(*tag_of));
	session->ids_cap = cap;
	return 0;
}

int session_room(struct vms_session *session, uint32_t more_nr)
{
	const size_t ids_nr = (size_t)session->next_id + 2, had_nr = session->cands_nr;
	const size_t loose_nr = had_nr - session->formed_nr;

	session->lent = session->lent && (session->origin || session->snapshots_nr);
	if (session->lent && !grow(session, &session->packs.near, session->formed_nr,
				   session->formed_nr, sizeof(*session->packs.near)))
		return -VMS_ENOMEM;
	if ((more_nr || session->lent) &&
	    !grow(session, &session->loose, loose_nr, loose_nr + more_nr, sizeof(*session->loose)))
		return -VMS_ENOMEM;
	if (session->ids && (more_nr || session->lent) &&
	    !grow(session, &session->ids, had_nr, had_nr + more_nr, sizeof(*session->ids)))
		return -VMS_ENOMEM;
	if (session->slot_of && (ids_nr > session->slot_of_cap || session->lent)) {
		const size_t cap = VMS_MAX(ids_nr + ids_nr / 2, session->slot_of_cap);

		if (!grow(session, &session->slot_of, session->slot_of_cap, cap,
			  sizeof(*session->slot_of)))
			return -VMS_ENOMEM;
		session->slot_of_cap = cap;
	}
	session->lent = false;
	return session_ids_room(session, ids_nr);
}

void session_retired_free(struct vms_session *s)
{
	uint32_t i;

	for (i = 0; !s->snapshots_nr && i < s->retired_nr; i++)
		s->retired[i].drop(s->retired[i].p);
	if (s->snapshots_nr)
		return;
	free(s->retired);
	s->retired = NULL;
	s->retired_cap = 0;
	s->retired_nr = 0;
}

/* A copy in place of what a pointer borrows; without memory NULL, which is still no other's. */
static bool own(void *p, size_t nr, size_t size_bytes)
{
	void *old, *copy = vms_calloc(nr, size_bytes);

	memcpy(&old, p, sizeof(old)); /* array points to a pointer of any type */
	if (copy && old)
		memcpy(copy, old, nr * size_bytes);
	memcpy(p, &copy, sizeof(copy));
	return copy != NULL;
}

static bool own_pieces(struct session_pieces *p)
{
	const bool has = own(&p->p, p->nr, sizeof(*p->p));

	return own(&p->fitted, p->nr, sizeof(*p->fitted)) && has;
}

static bool own_track(struct vms_session *snapshot, unsigned int track)
{
	struct session_track *priv = &snapshot->priv[track];
	struct vms_track *t = &snapshot->tracks[track];
	bool ok = true;
	unsigned int b;

	for (b = 0; b < VMS_BASIS_NR; b++)
		ok &= own_pieces(&priv->pieces[b]);
	ok &= own(&t->seqs, VMS_SEQUENCES_MAX, sizeof(*t->seqs));
	ok &= own(&priv->accepted, priv->accepted_nr, sizeof(*priv->accepted));
	priv->accepted_cap = priv->accepted_nr;
	ok &= own(&priv->seq_median_ns, VMS_SEQUENCES_MAX, sizeof(double));
	ok &= own(&priv->seq_mad_ns, VMS_SEQUENCES_MAX, sizeof(double));
	ok &= own(&priv->seq_p99_ns, VMS_SEQUENCES_MAX, sizeof(double));
	return ok;
}

/* Maps that are not in force are made anew when they are asked for. */
static bool own_maps(struct vms_session *n)
{
	const size_t guests_nr = n->trace->guests_nr;
	struct vms_model **all = n->maps;

	n->maps = vms_calloc(VMS_BY_NR * guests_nr, sizeof(struct vms_model *));
	if (!n->maps)
		return false;
	memcpy(n->maps + n->model * guests_nr, all + n->model * guests_nr,
	       guests_nr * sizeof(*all));
	return true;
}

/* The last step and the next, by which the snapshot can go back and forth; not whose pairs. */
static bool own_steps(struct vms_session *snapshot)
{
	const struct vms_change *all = snapshot->steps;
	const uint32_t from = snapshot->steps_done - (snapshot->steps_done > 0),
		       nr = VMS_MIN(snapshot->steps_nr, snapshot->steps_done + 1) - from;
	uint32_t i;

	snapshot->steps = vms_calloc(nr, sizeof(*snapshot->steps));
	snapshot->steps_done -= from;
	snapshot->steps_cap = snapshot->steps_nr = snapshot->steps ? nr : 0;
	for (i = 0; i < snapshot->steps_nr; i++) {
		snapshot->steps[i] = all[from + i];
		if (snapshot->steps[i].kind == VMS_CHANGE_PAIRS)
			snapshot->steps[i].pairs.list = NULL;
		if (snapshot->steps[i].kind == VMS_CHANGE_PAIRS)
			snapshot->steps[i].pairs.nr = 0;
	}
	return snapshot->steps != NULL;
}

static void borrow(struct vms_session *n, void *p)
{
	if (p)
		n->borrowed[n->borrowed_nr++] = p;
}

/* All that changes replace as a whole, and that nothing changes in its place. */
static bool borrow_all(struct vms_session *snapshot)
{
	const unsigned int guests_nr = snapshot->trace->guests_nr;
	unsigned int i;

	snapshot->borrowed_cap = 8 + 2 * snapshot->tracks_nr + 2 * guests_nr + snapshot->steps_nr;
	snapshot->borrowed = vms_calloc(snapshot->borrowed_cap, sizeof(*snapshot->borrowed));
	if (!snapshot->borrowed)
		return false;
	borrow(snapshot, snapshot->packs.near);
	borrow(snapshot, snapshot->packs.packs);
	borrow(snapshot, snapshot->packs.far);
	borrow(snapshot, snapshot->loose);
	borrow(snapshot, snapshot->order);
	borrow(snapshot, snapshot->place);
	borrow(snapshot, snapshot->ids);
	borrow(snapshot, snapshot->slot_of);
	for (i = 0; i < snapshot->tracks_nr; i++) {
		borrow(snapshot, snapshot->tracks[i].cons);
		borrow(snapshot, snapshot->tracks[i].band);
	}
	for (i = 0; i < guests_nr; i++) {
		borrow(snapshot, snapshot->align[i]);
		borrow(snapshot, *session_map_slot(snapshot, snapshot->model, i));
	}
	for (i = 0; i < snapshot->steps_nr; i++)
		if (snapshot->steps[i].kind == VMS_CHANGE_ALIGN)
			borrow(snapshot, snapshot->steps[i].align.align);
	return true;
}

int vms_session_snapshot(struct vms_session **out, struct vms_session *session, struct vms_err *err)
{
	struct vms_session *snapshot = vms_calloc(1, sizeof(*snapshot));
	unsigned int track;
	bool ok;

	if (!snapshot)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	*snapshot = *session;
	snapshot->origin = session;
	snapshot->taken_at = session->generation;
	snapshot->way = SESSION_AS_IT_WAS;
	session->snapshots_nr++;
	session->lent = snapshot->lent = true;
	snapshot->snapshots_nr = 0;
	snapshot->retired = NULL;
	snapshot->retired_cap = 0;
	snapshot->retired_nr = 0;
	snapshot->observer = NULL;
	snapshot->parked_cap = snapshot->parked_nr;
	if (!own_steps(snapshot) || !borrow_all(snapshot)) {
		session->snapshots_nr--;
		free(snapshot->steps);
		free(snapshot);
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	ok = own(&snapshot->tracks, snapshot->tracks_nr, sizeof(*snapshot->tracks));
	ok &= own(&snapshot->priv, snapshot->tracks_nr, sizeof(*snapshot->priv));
	ok &= own(&snapshot->align, snapshot->trace->guests_nr, sizeof(*snapshot->align));
	ok &= own(&snapshot->parked, snapshot->parked_nr, sizeof(*snapshot->parked));
	ok &= own(&snapshot->states, snapshot->ids_cap, sizeof(*snapshot->states));
	if (snapshot->tag_of)
		ok &= own(&snapshot->tag_of, snapshot->ids_cap, sizeof(*snapshot->tag_of));
	ok &= own(&snapshot->cat.seqs, VMS_SEQUENCES_MAX, sizeof(*snapshot->cat.seqs));
	snapshot->defs.made_from = snapshot->defs.nr;
	snapshot->defs.cap = snapshot->defs.nr;
	ok &= own(&snapshot->defs.d, snapshot->defs.nr, sizeof(*snapshot->defs.d));
	ok &= own(&snapshot->tags, snapshot->tags_nr, sizeof(*snapshot->tags));
	ok &= own_maps(snapshot);
	for (track = 0; snapshot->tracks && snapshot->priv && track < snapshot->tracks_nr; track++)
		ok &= own_track(snapshot, track);
	if (!ok) {
		vms_session_snapshot_free(snapshot);
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	*out = snapshot;
	return 0;
}

static void track_free(struct vms_session *n, unsigned int t)
{
	struct session_track *priv = &n->priv[t];
	unsigned int b;

	for (b = 0; b < VMS_BASIS_NR; b++)
		session_pieces_clear(&priv->pieces[b]);
	session_retire(n, n->tracks[t].cons, SESSION_CONSTRAINTS);
	session_retire(n, n->tracks[t].band, SESSION_BAND);
	free(n->tracks[t].seqs);
	free(priv->accepted);
	free(priv->seq_median_ns);
	free(priv->seq_mad_ns);
	free(priv->seq_p99_ns);
}

void vms_session_snapshot_free(struct vms_session *snapshot)
{
	unsigned int i;

	if (!snapshot)
		return;
	for (i = 0; snapshot->tracks && snapshot->priv && i < snapshot->tracks_nr; i++)
		track_free(snapshot, i);
	for (i = 0; snapshot->maps && i < VMS_BY_NR * snapshot->trace->guests_nr; i++)
		session_retire(snapshot, snapshot->maps[i], SESSION_MODEL);
	for (i = 0; snapshot->align && i < snapshot->trace->guests_nr; i++)
		session_retire(snapshot, snapshot->align[i], SESSION_ALIGN);
	session_retire(snapshot, snapshot->packs.near, SESSION_MEMORY);
	session_retire(snapshot, snapshot->packs.packs, SESSION_MEMORY);
	session_retire(snapshot, snapshot->packs.far, SESSION_MEMORY);
	session_retire(snapshot, snapshot->loose, SESSION_MEMORY);
	session_retire(snapshot, snapshot->order, SESSION_MEMORY);
	session_retire(snapshot, snapshot->place, SESSION_MEMORY);
	session_retire(snapshot, snapshot->ids, SESSION_MEMORY);
	session_retire(snapshot, snapshot->slot_of, SESSION_MEMORY);
	for (i = 0; i < snapshot->steps_nr; i++)
		session_change_clear(snapshot, &snapshot->steps[i]);
	snapshot->origin->snapshots_nr--;
	session_retired_free(snapshot->origin);
	free(snapshot->steps);
	free(snapshot->align);
	free(snapshot->parked);
	free(snapshot->tracks);
	free(snapshot->priv);
	free(snapshot->states);
	free(snapshot->tag_of);
	session_defs_free(snapshot);
	free(snapshot->tags);
	free(snapshot->maps);
	free(snapshot->borrowed);
	free(snapshot);
}

enum vms_state vms_session_state(const struct vms_session *s, const struct vms_candidate *c)
{
	return (enum vms_state)s->states[c->id];
}

const char *vms_session_note(const struct vms_session *s, const struct vms_candidate *c)
{
	const uint32_t tag = s->tag_of ? s->tag_of[c->id] : 0;

	return tag && tag < s->tags_nr ? s->tags[tag] : "";
}
