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
	from->cons = to->cons;
	from->band = to->band;
	SWAP(struct vms_track, *to, *from);
	SWAP(struct session_track, *priv, *priv_from);
	/* they are the session's now */
	from->cons = NULL;
	from->band = NULL;
}

static void maps_take(struct vms_session *s, struct vms_session *n)
{
	size_t i;

	for (i = 0; i < (size_t)VMS_BY_NR * s->trace->guests_nr; i++)
		(void)replace(s, &s->maps[i], &n->maps[i], SESSION_MODEL);
}

static void candidates_take(struct vms_session *session, struct vms_session *snapshot)
{
	if (replace(session, &session->packs.near, &snapshot->packs.near, SESSION_MEMORY))
		session->lent = false;
	(void)replace(session, &session->packs.packs, &snapshot->packs.packs, SESSION_MEMORY);
	(void)replace(session, &session->packs.far, &snapshot->packs.far, SESSION_MEMORY);
	(void)replace(session, &session->loose, &snapshot->loose, SESSION_MEMORY);
	(void)replace(session, &session->order, &snapshot->order, SESSION_MEMORY);
	(void)replace(session, &session->place, &snapshot->place, SESSION_MEMORY);
	(void)replace(session, &session->ids, &snapshot->ids, SESSION_MEMORY);
	(void)replace(session, &session->slot_of, &snapshot->slot_of, SESSION_MEMORY);
	session->cands_nr = snapshot->cands_nr;
	session->formed_nr = snapshot->formed_nr;
	session->sorted_nr = snapshot->sorted_nr;
	session->slot_of_cap = snapshot->slot_of_cap;
	session->next_id = snapshot->next_id;
	SWAP(uint8_t *, session->states, snapshot->states);
	SWAP(uint32_t *, session->tag_of, snapshot->tag_of);
	SWAP(size_t, session->ids_cap, snapshot->ids_cap);
	SWAP(struct vms_candidate *, session->parked, snapshot->parked);
	SWAP(size_t, session->parked_cap, snapshot->parked_cap);
	SWAP(uint32_t, session->parked_nr, snapshot->parked_nr);
}

/* The step that the snapshot made, with how things were, becomes one of the session. */
static void step_take(struct vms_session *session, struct vms_session *snapshot,
		      struct vms_effect *effect)
{
	static const char *const verbs[] = { "changed", "changed", "undid", "redid" };
	struct vms_change *from, *to;

	session_effect_clear(effect, verbs[snapshot->way]);
	if (snapshot->way == SESSION_AS_IT_WAS)
		return;
	while (snapshot->way == SESSION_MADE && session->steps_nr > session->steps_done)
		session_change_clear(session, &session->steps[--session->steps_nr]);
	session->steps_done -= snapshot->way == SESSION_UNDONE;
	session->steps_nr += snapshot->way == SESSION_MADE;
	from = &snapshot->steps[snapshot->way == SESSION_UNDONE ? snapshot->steps_done
								: snapshot->steps_done - 1];
	to = &session->steps[session->steps_done];
	session->steps_done += snapshot->way != SESSION_UNDONE;
	*to = *from;
	memset(from, 0, sizeof(*from));
	effect->change = to;
	if (session->observer)
		session->observer(session->observer_user, session, to);
}

int vms_session_take(struct vms_session *session, struct vms_session *snapshot,
		     struct vms_effect *effect, struct vms_err *err)
{
	struct vms_effect own;
	unsigned int i;

	if (snapshot->taken_at != session->generation)
		return 1;
	if (vms_grow(&session->steps, &session->steps_cap, (size_t)session->steps_done + 1,
		     sizeof(*session->steps), UINT32_MAX))
		return vms_fail(err, VMS_ENOMEM, "out of memory for undo");
	for (i = 0; i < session->tracks_nr; i++)
		track_take(session, snapshot, i);
	for (i = 0; i < session->trace->guests_nr; i++) {
		session->align[i] = snapshot->align[i]; /* what was is in the step */
		snapshot->align[i] = NULL;
	}
	maps_take(session, snapshot);
	candidates_take(session, snapshot);
	session_defs_take(session, snapshot);
	session->cuts = snapshot->cuts;
	session->model = snapshot->model;
	session->rate = snapshot->rate;
	session->formed = snapshot->formed;
	session->unformed = snapshot->unformed;
	session->generation = VMS_MAX(snapshot->generation, session->generation + 1);
	step_take(session, snapshot, effect ? effect : &own);
	return 0;
}
