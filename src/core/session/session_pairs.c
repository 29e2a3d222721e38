// SPDX-License-Identifier: LGPL-2.1-or-later
/* Candidates: formed under the model in force, found again when it changes, and counted. */
#include "core/session/session_impl.h"

#include "core/base/assert.h"
#include "core/base/bisect.h"
#include "core/base/each.h"

#include <stdlib.h>
#include <string.h>

#include <vmsync/log.h>

/* An earlier candidate that did not form, or was parked; or one that will not form now. */
struct other {
	struct vms_candidate c;
	bool taken; /* it forms again */
};

/* What will be the candidates: pairs that were found, then what does not form any more. */
struct forming {
	struct vms_match_list *found;  /* by track; they become candidates in their place */
	struct session_track *tracks;  /* where those of each track are */
	struct vms_seq_counts *counts; /* by track, then sequence */
	bool *as_band;		       /* by track */
	struct session_packing packing;
	struct session_loose *loose;
	uint32_t *ids, *slot_of, *order, *place;
	uint32_t formed_nr, nr, next_id;

	bool *taken;	      /* by earlier candidate that formed: it does again */
	struct other *others; /* by track, event, sequence */
	uint32_t others_nr;
	struct other *left; /* decided, and will not form */
	size_t left_cap;
	uint32_t left_nr;
	struct vms_candidate *parked;
	size_t parked_cap;
	uint32_t parked_nr;
};

static void forming_clear(struct vms_session *session, struct forming *f)
{
	unsigned int t;

	for (t = 0; f->found && t < session->tracks_nr; t++)
		vms_match_list_clear(&f->found[t]);
	free(f->found);
	free(f->tracks);
	free(f->counts);
	free(f->as_band);
	session_packs_free(&f->packing.to);
	free(f->loose);
	free(f->ids);
	free(f->slot_of);
	free(f->order);
	free(f->place);
	free(f->taken);
	free(f->others);
	free(f->left);
	free(f->parked);
}

/* Where to find pairs, and where they go. */
struct finding {
	const struct vms_session *session;
	struct forming *forming;
};

static int find_track(void *user, unsigned int track_idx, struct vms_err *err)
{
	const struct finding *finding = user;
	const struct vms_session *session = finding->session;
	const struct vms_track *track = &session->tracks[track_idx];
	struct forming *forming = finding->forming;
	struct vms_pairing pairing;
	const bool some = vms_session_pairing(session, track_idx,
					      vms_session_map(session, track->guest), &pairing);

	forming->tracks[track_idx].vcpu = pairing.vcpu;
	pairing.counts = forming->counts + (size_t)track_idx * session->cat.seqs_nr;
	pairing.beside = *session_map_slot(session, VMS_BY_BAND, track->guest);
	pairing.alike = &forming->as_band[track_idx];
	*pairing.alike = some && track->band && pairing.beside;
	return some ? vms_pairs_find(&forming->found[track_idx], &pairing, err) : 0;
}

static int find_all(struct vms_session *session, struct forming *forming, struct vms_err *err)
{
	struct finding finding = { session, forming };
	struct vms_model *band;
	uint64_t nr = 0;
	unsigned int i;
	int ret;

	forming->found = vms_calloc(session->tracks_nr, sizeof(*forming->found));
	forming->tracks = vms_calloc(session->tracks_nr, sizeof(*forming->tracks));
	forming->counts = vms_calloc((size_t)session->tracks_nr * session->cat.seqs_nr,
				     sizeof(*forming->counts));
	forming->as_band = vms_calloc(session->tracks_nr, sizeof(*forming->as_band));
	if (!forming->found || !forming->tracks || !forming->counts || !forming->as_band)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	ret = session_maps_in_force(session, err);
	for (i = 0; i < session->trace->guests_nr && !ret; i++)
		ret = session_map_get(session, VMS_BY_BAND, i, &band, err);
	if (!ret)
		ret = vms_each(session->tracks_nr, find_track, &finding, err);
	for (i = 0; i < session->tracks_nr && !ret; i++)
		nr += forming->found[i].nr;
	if (!ret && nr > UINT32_MAX / 2)
		ret = vms_fail(err, VMS_ERANGE, "more candidates than this program can number");
	forming->formed_nr = (uint32_t)nr;
	return ret;
}

static int by_event(const void *a, const void *b)
{
	const struct vms_candidate *x = &((const struct other *)a)->c,
				   *y = &((const struct other *)b)->c;

	if (x->track != y->track)
		return (x->track > y->track) - (x->track < y->track);
	if (x->pair.guest_ev.idx != y->pair.guest_ev.idx)
		return (x->pair.guest_ev.idx > y->pair.guest_ev.idx) -
		       (x->pair.guest_ev.idx < y->pair.guest_ev.idx);
	if (x->pair.host_raw != y->pair.host_raw)
		return (x->pair.host_raw > y->pair.host_raw) -
		       (x->pair.host_raw < y->pair.host_raw);
	return (x->id > y->id) - (x->id < y->id);
}

/* Earlier candidates that are not in the order of what is found. */
static int others_list(const struct vms_session *session, struct forming *f)
{
	uint32_t i;

	f->taken = vms_calloc(session->formed_nr, sizeof(*f->taken));
	f->others = vms_calloc((size_t)session->cands_nr - session->formed_nr + session->parked_nr,
			       sizeof(*f->others));
	if (!f->taken || !f->others)
		return -VMS_ENOMEM;
	for (i = session->formed_nr; i < session->cands_nr; i++)
		f->others[f->others_nr++].c = session_candidate(session, i);
	for (i = 0; i < session->parked_nr; i++)
		f->others[f->others_nr++].c = session->parked[i];
	if (f->others_nr)
		qsort(f->others, f->others_nr, sizeof(*f->others), by_event);
	return 0;
}

/* How far the earlier candidates of a track were looked at: they ascend as what is found does. */
struct earlier {
	uint32_t formed, formed_end, other;
};

static bool goes_before(const struct session_cand *a, const struct session_cand *b)
{
	return a->event != b->event ? a->event < b->event : a->seq < b->seq;
}

/* The candidate as it was, if it was one. Return: the id that it keeps, or none. */
static uint32_t adopt(const struct vms_session *session, struct forming *f, struct earlier *at,
		      unsigned int track, struct session_cand *cand)
{
	const struct vms_pair pair =
		vms_pair_of(&f->tracks[track].vcpu, cand->event, cand->stretch, cand->seq,
			    (uint8_t)session->cat.seqs[cand->seq].dir);
	struct session_cand was;
	uint32_t i;

	for (; at->formed < at->formed_end; at->formed++) {
		was = session_cand_at(session, at->formed);
		if (!goes_before(&was, cand))
			break;
	}
	if (at->formed < at->formed_end && !goes_before(cand, &was) &&
	    vms_ref_same(session_pair(session, at->formed).host_ev, pair.host_ev)) {
		f->taken[at->formed] = true;
		cand->flags = was.flags;
		return session_id(session, at->formed);
	}
	while (at->other < f->others_nr &&
	       (f->others[at->other].c.track < track ||
		(f->others[at->other].c.track == track &&
		 f->others[at->other].c.pair.guest_ev.idx < cand->event)))
		at->other++;
	for (i = at->other; i < f->others_nr && f->others[i].c.track == track &&
			    f->others[i].c.pair.guest_ev.idx == cand->event;
	     i++) {
		if (f->others[i].c.pair.seq != cand->seq ||
		    !vms_ref_same(f->others[i].c.pair.host_ev, pair.host_ev))
			continue;
		f->others[i].taken = true;
		cand->flags = (uint8_t)(f->others[i].c.flags & ~VMS_CAND_DETACHED);
		return f->others[i].c.id;
	}
	return VMS_ID_NONE;
}

_Static_assert(sizeof(struct session_cand) == sizeof(struct vms_match), "of one size");

/* What was found of a track becomes candidates; those that were some before keep their ids. */
static int take_track(void *user, unsigned int track, struct vms_err *err)
{
	const struct finding *finding = user;
	const struct vms_session *session = finding->session;
	struct forming *f = finding->forming;
	struct vms_match_list *found = &f->found[track];
	struct earlier at = { .formed = session->priv[track].first };
	uint32_t hi = f->others_nr, i;

	(void)err;
	at.formed_end = at.formed + session->priv[track].formed_nr;
	VMS_BISECT(at.other, hi, mid, f->others[mid].c.track < track);
	for (i = 0; i < found->nr; i++) {
		struct session_cand cand = { .event = found->m[i].event,
					     .stretch = found->m[i].stretch,
					     .track = (uint16_t)track,
					     .seq = found->m[i].seq };

		if (session_wanted_at(session, i))
			return -VMS_ECANCEL;
		if (f->ids)
			f->ids[f->tracks[track].first + i] = adopt(session, f, &at, track, &cand);
		memcpy(&found->m[i], &cand, sizeof(cand));
	}
	return 0;
}

/* The candidates of all tracks, without those of two tracks being there twice at a time. */
static int join(const struct vms_session *session, struct forming *f)
{
	unsigned int track;
	uint32_t i;
	int ret = session_packing_begin(&f->packing, f->formed_nr);

	for (track = 0; track < session->tracks_nr && !ret; track++) {
		struct vms_match_list *found = &f->found[track];

		for (i = 0; i < found->nr && !ret; i++) {
			struct session_cand cand;

			memcpy(&cand, &found->m[i], sizeof(cand));
			ret = session_packing_put(&f->packing, f->tracks[track].first + i, &cand);
		}
		vms_match_list_clear(found);
	}
	return ret;
}

static int formed_take(const struct vms_session *session, struct forming *f)
{
	struct finding finding = { session, f };
	unsigned int track;
	uint32_t i;
	int ret;

	/* the first time they are numbered as they stand */
	f->ids = session->next_id ? vms_calloc(f->formed_nr, sizeof(*f->ids)) : NULL;
	if (session->next_id && !f->ids)
		return -VMS_ENOMEM;
	for (track = 0; track < session->tracks_nr; track++) {
		f->tracks[track].first = f->nr;
		f->tracks[track].formed_nr = f->found[track].nr;
		f->nr += f->found[track].nr;
	}
	ret = vms_each(session->tracks_nr, take_track, &finding, NULL);
	if (!ret)
		ret = join(session, f);
	if (!f->ids)
		f->next_id += f->formed_nr;
	for (i = 0; i < f->formed_nr && f->ids; i++)
		if (f->ids[i] == VMS_ID_NONE)
			f->ids[i] = ++f->next_id;
	return ret;
}

/*
 * An earlier candidate that does not form: of a muted sequence it waits, also undecided, with the
 * name that undo goes by; else it stays, detached, when it was decided.
 */
static int leave(const struct vms_session *session, struct forming *f,
		 const struct vms_candidate *cand)
{
	if (session_seq_muted(session, cand->pair.seq)) {
		if (vms_grow(&f->parked, &f->parked_cap, (size_t)f->parked_nr + 1,
			     sizeof(*f->parked), UINT32_MAX))
			return -VMS_ENOMEM;
		f->parked[f->parked_nr++] = *cand;
		return 0;
	}
	if (session->states[cand->id] == VMS_UNDECIDED &&
	    !(session->tag_of && session->tag_of[cand->id]))
		return 0;
	if (vms_grow(&f->left, &f->left_cap, (size_t)f->left_nr + 1, sizeof(*f->left), UINT32_MAX))
		return -VMS_ENOMEM;
	f->left[f->left_nr++] = (struct other){ .c = *cand };
	return 0;
}

/* Those that do not form stand behind the others, by guest event. */
static int left_take(const struct vms_session *session, struct forming *f)
{
	uint32_t i, *ids;
	int ret = 0;

	for (i = 0; i < session->formed_nr && !ret; i++)
		if (!f->taken[i]) {
			const struct vms_candidate cand = session_candidate(session, i);

			ret = leave(session, f, &cand);
		}
	for (i = 0; i < f->others_nr && !ret; i++)
		if (!f->others[i].taken)
			ret = leave(session, f, &f->others[i].c);
	if (ret || !f->left_nr)
		return ret;
	qsort(f->left, f->left_nr, sizeof(*f->left), by_event);
	ids = vms_realloc(f->ids, ((size_t)f->nr + f->left_nr) * sizeof(*ids));
	f->ids = ids ? ids : f->ids;
	f->loose = vms_calloc(f->left_nr, sizeof(*f->loose));
	if (!ids || !f->loose)
		return -VMS_ENOMEM;
	for (i = 0; i < f->left_nr; i++) {
		const struct vms_candidate *c = &f->left[i].c;
		struct session_track *track = &f->tracks[c->track];

		if (!track->loose_nr++)
			track->loose = f->nr;
		f->loose[i] = (struct session_loose){
			.pair = c->pair,
			.track = c->track,
			.flags = (uint8_t)(c->flags | VMS_CAND_DETACHED),
		};
		f->ids[f->nr++] = c->id;
	}
	return 0;
}

/* Which candidate has which id. */
static int ids_note(struct forming *f)
{
	uint32_t i;

	if (!f->ids)
		return 0;
	f->slot_of = vms_calloc((size_t)f->next_id + 1, sizeof(*f->slot_of));
	if (!f->slot_of)
		return -VMS_ENOMEM;
	for (i = 0; i <= f->next_id; i++)
		f->slot_of[i] = VMS_ID_NONE;
	for (i = 0; i < f->nr; i++)
		f->slot_of[f->ids[i]] = i;
	return 0;
}

/* The session's candidates as they will be, for what looks at all of them. */
static struct vms_session as_formed(const struct vms_session *session, const struct forming *f)
{
	struct vms_session as = *session;

	as.packs = f->packing.to;
	as.loose = f->loose;
	as.cands_nr = f->nr;
	as.formed_nr = f->formed_nr;
	as.ids = f->ids;
	as.slot_of = f->slot_of;
	as.slot_of_cap = (size_t)f->next_id + 1;
	as.next_id = f->next_id;
	as.priv = f->tracks;
	return as;
}

/* Nothing can fail any more: what was is given back. */
static void commit(struct vms_session *session, struct forming *f)
{
	const struct vms_seq_counts *counts = f->counts;
	unsigned int t, seq;

	session_retire(session, session->packs.near, SESSION_MEMORY);
	session_retire(session, session->packs.packs, SESSION_MEMORY);
	session_retire(session, session->packs.far, SESSION_MEMORY);
	session_retire(session, session->loose, SESSION_MEMORY);
	session_retire(session, session->ids, SESSION_MEMORY);
	session_retire(session, session->slot_of, SESSION_MEMORY);
	session_retire(session, session->order, SESSION_MEMORY);
	session_retire(session, session->place, SESSION_MEMORY);
	free(session->parked);
	session->packs = f->packing.to;
	session->loose = f->loose;
	session->ids = f->ids;
	session->slot_of = f->slot_of;
	session->slot_of_cap = (size_t)f->next_id + 1;
	session->order = f->order;
	session->place = f->place;
	session->parked = f->parked;
	session->parked_cap = f->parked_cap;
	session->parked_nr = f->parked_nr;
	session->cands_nr = session->sorted_nr = f->nr;
	session->formed_nr = f->formed_nr;
	session->next_id = f->next_id;
	session->lent = false;
	for (t = 0; t < session->tracks_nr; t++) {
		struct session_track *priv = &session->priv[t];
		struct vms_track *track = &session->tracks[t];

		for (seq = 0; seq < session->cat.seqs_nr; seq++)
			track->seqs[seq] = (struct vms_seq_result){ .counts = *counts++ };
		track->as_band = f->as_band[t];
		priv->vcpu = f->tracks[t].vcpu;
		priv->first = f->tracks[t].first;
		priv->formed_nr = f->tracks[t].formed_nr;
		priv->loose = f->tracks[t].loose;
		priv->loose_nr = f->tracks[t].loose_nr;
		priv->accepted_nr = 0;
	}
	f->packing.to = (struct session_packs){ .near = NULL };
	f->loose = NULL;
	f->ids = f->slot_of = f->order = f->place = NULL;
	f->parked = NULL;
}

/* What hangs on the new candidates of a track: lists, flags, statistics. */
static int settle_track(void *user, unsigned int track, struct vms_err *err)
{
	struct vms_session *session = user;
	int ret = session_track_index(session, track);

	if (!ret)
		ret = session_flags_fill(session, track);
	if (ret)
		return vms_fail(err, -ret, "out of memory for %u candidates", session->cands_nr);
	return session_seqs_all(session, track, err);
}

static int settle(struct vms_session *session, struct vms_err *err)
{
	const int ret = vms_each(session->tracks_nr, settle_track, session, err);

	VMS_ASSERT_EACH(i, 0, session->cands_nr,
			session_cand_at(session, (uint32_t)i).track < session->tracks_nr);
	VMS_ASSERT_EACH(i, 0, session->cands_nr,
			session_slot_of(session, session_id(session, (uint32_t)i)) == i);
	VMS_ASSERT_EACH(i, 1, session->order ? session->cands_nr : 0,
			session_earlier(session, session->order[i - 1], session->order[i]));
	session->generation++;
	session->formed++;
	return ret;
}

int session_pairs_form(struct vms_session *session, struct vms_err *err)
{
	struct forming forming = { .next_id = session->next_id };
	const uint32_t had_nr = session->cands_nr;
	int ret;

	vms_give_back(vms_trace_events_nr(session->trace));
	ret = find_all(session, &forming, err);
	if (ret)
		goto out;
	ret = others_list(session, &forming);
	if (!ret)
		ret = formed_take(session, &forming);
	if (!ret)
		ret = left_take(session, &forming);
	if (!ret)
		ret = ids_note(&forming);
	if (!ret && session->listed) {
		const struct vms_session as = as_formed(session, &forming);

		ret = session_order_make(&as, forming.nr, &forming.order, &forming.place);
	}
	if (!ret)
		ret = session_ids_room(session, (size_t)forming.next_id + 1);
	if (ret) {
		ret = vms_fail(err, -ret, "out of memory for %u candidates", forming.formed_nr);
		goto out;
	}
	commit(session, &forming);
	vms_give_back(vms_trace_events_nr(session->trace));
	ret = settle(session, err);
	vms_log(VMS_LOG_INFO, "session", "%u candidates formed, %u before", session->cands_nr,
		had_nr);
out:
	forming_clear(session, &forming);
	return ret;
}
