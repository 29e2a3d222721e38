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

void session_retire(struct vms_session *session, void *p, enum session_part part)
{
	static void (*const drop[])(void *p) = {
		[SESSION_MEMORY] = drop_memory,	   [SESSION_MODEL] = drop_model,
		[SESSION_CONSTRAINTS] = drop_cons, [SESSION_BAND] = drop_band,
		[SESSION_ALIGN] = drop_align,
	};

	if (!p)
		return;
	if (!session->snapshots_nr) {
		drop[part](p);
		return;
	}
	/* Out of memory: rather lost than taken away from its reader. */
	if (vms_grow(&session->retired, &session->retired_cap, (size_t)session->retired_nr + 1,
		     sizeof(*session->retired), UINT32_MAX))
		return;
	session->retired[session->retired_nr++] = (struct session_retired){ p, drop[part] };
}

/* A larger array, or one that no snapshot reads. */
static bool grow(struct vms_session *session, void *p, size_t nr, size_t need_nr, size_t size_bytes)
{
	void *old, *copy;

	memcpy(&old, p, sizeof(old)); /* p points to a pointer of any type */
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
		memcpy(p, &copy, sizeof(copy));
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
	states = vms_realloc(session->states, cap);
	if (!states)
		return -VMS_ENOMEM;
	session->states = states;
	memset(states + had_nr, 0, cap - had_nr);
	if (tag_of)
		memset(tag_of + had_nr, 0, (cap - had_nr) * sizeof(*tag_of));
	session->ids_cap = cap;
	return 0;
}

int session_room(struct vms_session *session, size_t cands_nr)
{
	const size_t ids_nr = (size_t)session->next_id + 2, had_nr = session->cands_nr;

	session->lent = session->lent && session->snapshots_nr;
	if (cands_nr > had_nr || session->lent) {
		if (!grow(session, &session->cands, had_nr, cands_nr, sizeof(*session->cands)))
			return -VMS_ENOMEM;
	}
	if (ids_nr > session->index_of_cap || session->lent) {
		const size_t cap = VMS_MAX(ids_nr + ids_nr / 2, session->index_of_cap);

		if (!grow(session, &session->index_of, session->index_of_cap, cap,
			  sizeof(*session->index_of)))
			return -VMS_ENOMEM;
		session->index_of_cap = cap;
	}
	session->lent = false;
	return session_ids_room(session, ids_nr);
}

static void retired_free(struct vms_session *s)
{
	uint32_t i;

	for (i = 0; i < s->retired_nr; i++)
		s->retired[i].drop(s->retired[i].p);
	free(s->retired);
	s->retired = NULL;
	s->retired_cap = 0;
	s->retired_nr = 0;
}

/* A copy in place of what a pointer borrows; without memory NULL, which is still no other's. */
static bool own(void *p, size_t nr, size_t size_bytes)
{
	void *old, *copy = vms_calloc(nr, size_bytes);

	memcpy(&old, p, sizeof(old)); /* p points to a pointer of any type */
	if (copy && old)
		memcpy(copy, old, nr * size_bytes);
	memcpy(p, &copy, sizeof(copy));
	return copy != NULL;
}

static bool own_track(struct vms_session *n, unsigned int track)
{
	struct session_track *priv = &n->priv[track];
	struct vms_track *t = &n->tracks[track];
	bool ok = true;
	unsigned int b;

	for (b = 0; b < VMS_BASIS_NR; b++)
		priv->pieces[b] = (struct session_pieces){ .p = NULL };
	ok &= own(&t->seqs, n->cat.seqs_nr, sizeof(*t->seqs));
	ok &= own(&priv->accepted, priv->accepted_nr, sizeof(*priv->accepted));
	priv->accepted_cap = priv->accepted_nr;
	ok &= own(&priv->seq_median_ns, n->cat.seqs_nr, sizeof(double));
	ok &= own(&priv->seq_mad_ns, n->cat.seqs_nr, sizeof(double));
	ok &= own(&priv->seq_p99_ns, n->cat.seqs_nr, sizeof(double));
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

int vms_session_snapshot(struct vms_session **out, struct vms_session *session, struct vms_err *err)
{
	struct vms_session *n = vms_calloc(1, sizeof(*n));
	unsigned int t;
	bool ok;

	if (!n)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	*n = *session;
	n->origin = session;
	n->taken_at = session->generation;
	session->snapshots_nr++;
	session->lent = true;
	n->snapshots_nr = 0;
	n->retired = NULL;
	n->retired_cap = 0;
	n->retired_nr = 0;
	n->steps = NULL;
	n->steps_nr = n->steps_done = 0;
	n->parked = NULL;
	n->parked_nr = 0;
	n->observer = NULL;
	ok = own(&n->tracks, n->tracks_nr, sizeof(*n->tracks));
	ok &= own(&n->priv, n->tracks_nr, sizeof(*n->priv));
	ok &= own(&n->states, n->ids_cap, sizeof(*n->states));
	if (n->tag_of)
		ok &= own(&n->tag_of, n->ids_cap, sizeof(*n->tag_of));
	ok &= own(&n->cat.seqs, n->cat.seqs_nr, sizeof(*n->cat.seqs));
	ok &= own(&n->tags, n->tags_nr, sizeof(*n->tags));
	ok &= own_maps(n);
	for (t = 0; n->tracks && n->priv && t < n->tracks_nr; t++)
		ok &= own_track(n, t);
	if (!ok) {
		vms_session_snapshot_free(n);
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	*out = n;
	return 0;
}

void vms_session_snapshot_free(struct vms_session *n)
{
	unsigned int t, b;
	size_t i;

	if (!n)
		return;
	for (t = 0; n->tracks && n->priv && t < n->tracks_nr; t++) {
		for (b = 0; b < VMS_BASIS_NR; b++)
			session_pieces_clear(&n->priv[t].pieces[b]);
		free(n->tracks[t].seqs);
		free(n->priv[t].accepted);
		free(n->priv[t].seq_median_ns);
		free(n->priv[t].seq_mad_ns);
		free(n->priv[t].seq_p99_ns);
	}
	for (i = 0; n->maps && i < (size_t)VMS_BY_NR * n->trace->guests_nr; i++)
		if (i / n->trace->guests_nr != n->model)
			vms_model_free(n->maps[i]);
	if (!--n->origin->snapshots_nr)
		retired_free(n->origin);
	free(n->tracks);
	free(n->priv);
	free(n->states);
	free(n->tag_of);
	free(n->cat.seqs);
	free(n->tags);
	free(n->maps);
	free(n);
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
