// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a session becomes what its snapshot has become: what the worker made, between two frames. */
#include "core/session/session_impl.h"

#include <string.h>

#define SWAP(type, a, b)                                                                           \
	do {                                                                                       \
		type swapped = (a);                                                                \
		(a) = (b);                                                                         \
		(b) = swapped;                                                                     \
	} while (0)

/* What is replaced as a whole: other snapshots may still read what was. */
static bool replace(struct vms_session *s, void *p, void *q, enum session_part part)
{
	void *was, *is;

	memcpy(&was, p, sizeof(was)); /* both point to a pointer of the same type */
	memcpy(&is, q, sizeof(is));
	if (was == is)
		return false;
	session_retire(s, was, part);
	memcpy(p, &is, sizeof(is));
	memset(q, 0, sizeof(is));
	return true;
}

static void track_take(struct vms_session *s, struct vms_session *n, unsigned int t)
{
	struct vms_track *to = &s->tracks[t], *from = &n->tracks[t];
	struct session_track *priv = &s->priv[t], *priv_from = &n->priv[t];

	(void)replace(s, &to->cons, &from->cons, SESSION_CONSTRAINTS);
	(void)replace(s, &to->band, &from->band, SESSION_BAND);
	(void)replace(s, &priv->cand, &priv_from->cand, SESSION_MEMORY);
	from->cons = to->cons;
	from->band = to->band;
	priv_from->cand = priv->cand;
	SWAP(struct vms_track, *to, *from);
	SWAP(struct session_track, *priv, *priv_from);
	/* they are the session's now */
	from->cons = NULL;
	from->band = NULL;
	priv_from->cand = NULL;
}

static void maps_take(struct vms_session *s, struct vms_session *n)
{
	size_t i;

	for (i = 0; i < (size_t)VMS_BY_NR * s->trace->guests_nr; i++)
		(void)replace(s, &s->maps[i], &n->maps[i], SESSION_MODEL);
}

static void candidates_take(struct vms_session *s, struct vms_session *n)
{
	if (replace(s, &s->cands, &n->cands, SESSION_MEMORY))
		s->lent = false;
	(void)replace(s, &s->signed_ns, &n->signed_ns, SESSION_MEMORY);
	(void)replace(s, &s->index_of, &n->index_of, SESSION_MEMORY);
	s->cands_nr = n->cands_nr;
	s->sorted_nr = n->sorted_nr;
	s->index_of_cap = n->index_of_cap;
	s->next_id = n->next_id;
	SWAP(uint8_t *, s->states, n->states);
	SWAP(uint32_t *, s->tag_of, n->tag_of);
	SWAP(size_t, s->ids_cap, n->ids_cap);
	SWAP(struct vms_candidate *, s->parked, n->parked);
	SWAP(size_t, s->parked_cap, n->parked_cap);
	SWAP(uint32_t, s->parked_nr, n->parked_nr);
}

/* The step that the snapshot made, with how things were, becomes one of the session. */
static void step_take(struct vms_session *s, struct vms_session *n, struct vms_effect *effect)
{
	static const char *const verbs[] = { "changed", "changed", "undid", "redid" };
	struct vms_change *from, *to;

	session_effect_clear(effect, verbs[n->way]);
	if (n->way == SESSION_AS_IT_WAS)
		return;
	while (n->way == SESSION_MADE && s->steps_nr > s->steps_done)
		session_change_clear(s, &s->steps[--s->steps_nr]);
	s->steps_done -= n->way == SESSION_UNDONE;
	s->steps_nr += n->way == SESSION_MADE;
	from = &n->steps[n->way == SESSION_UNDONE ? n->steps_done : n->steps_done - 1];
	to = &s->steps[s->steps_done];
	s->steps_done += n->way != SESSION_UNDONE;
	*to = *from;
	memset(from, 0, sizeof(*from));
	effect->change = to;
	if (s->observer)
		s->observer(s->observer_user, s, to);
}

int vms_session_take(struct vms_session *s, struct vms_session *n, struct vms_effect *effect,
		     struct vms_err *err)
{
	struct vms_effect own;
	unsigned int i;

	if (n->taken_at != s->generation)
		return 1;
	if (vms_grow(&s->steps, &s->steps_cap, (size_t)s->steps_done + 1, sizeof(*s->steps),
		     UINT32_MAX))
		return vms_fail(err, VMS_ENOMEM, "out of memory for undo");
	for (i = 0; i < s->tracks_nr; i++)
		track_take(s, n, i);
	for (i = 0; i < s->trace->guests_nr; i++) {
		s->align[i] = n->align[i]; /* what was is in the step */
		n->align[i] = NULL;
	}
	maps_take(s, n);
	candidates_take(s, n);
	for (i = 0; i < s->cat.seqs_nr; i++)
		s->cat.seqs[i].enabled = n->cat.seqs[i].enabled;
	s->cuts = n->cuts;
	s->model = n->model;
	s->solved = n->solved;
	s->formed = n->formed;
	s->generation = VMS_MAX(n->generation, s->generation + 1);
	step_take(s, n, effect ? effect : &own);
	return 0;
}
