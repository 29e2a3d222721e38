// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The candidates that a file names by their events: found again, or kept although they do not form.
 */
#include "core/session/session_impl.h"

#include "core/base/bisect.h"

/* Decided earlier, does not form now: kept at the end until vms_session_restored() sorts it in. */
static int restore_detached(struct vms_session *session, const struct vms_pair *pair, uint32_t *id)
{
	const int track =
		vms_session_track_of(session, pair->guest, (unsigned int)pair->guest_ev.cpu);
	const uint32_t slot = session->cands_nr;

	if (track < 0)
		return -VMS_ENODATA;
	if (session_room(session, 1))
		return -VMS_ENOMEM;
	*id = ++session->next_id;
	session->cands_nr++;
	session->loose[slot - session->formed_nr] = (struct session_loose){
		.pair = *pair, .track = (uint16_t)track, .flags = VMS_CAND_DETACHED
	};
	if (session->slot_of) {
		session->ids[slot] = *id;
		session->slot_of[*id] = slot;
	}
	return 0;
}

static bool ref_valid(const struct vms_stream *st, struct vms_ref r)
{
	return r.cpu >= 0 && (unsigned int)r.cpu < st->cpus_nr && r.idx < st->cpus[r.cpu].nr;
}

static bool is_pair(const struct vms_pair *a, const struct vms_pair *b)
{
	return a->seq == b->seq && a->guest == b->guest && vms_ref_same(a->guest_ev, b->guest_ev) &&
	       vms_ref_same(a->host_ev, b->host_ev);
}

static bool is_at(const struct vms_session *session, uint32_t slot, const struct vms_pair *pair)
{
	const struct vms_pair own = session_pair(session, slot);

	return is_pair(&own, pair);
}

/* Its id; VMS_ID_NONE: it does not form, and was not named before. */
static uint32_t find_pair(const struct vms_session *session, const struct vms_pair *pair)
{
	const int track =
		vms_session_track_of(session, pair->guest, (unsigned int)pair->guest_ev.cpu);
	const struct session_track *priv = track < 0 ? NULL : &session->priv[track];
	uint32_t i, lo, hi, end;

	for (i = 0; i < session->parked_nr; i++)
		if (is_pair(&session->parked[i].pair, pair))
			return session->parked[i].id;
	lo = priv ? priv->first : 0;
	end = hi = priv ? priv->first + priv->formed_nr : 0;
	VMS_BISECT(lo, hi, mid, session_cand_at(session, mid).event < pair->guest_ev.idx);
	for (i = lo; i < end && session_cand_at(session, i).event == pair->guest_ev.idx; i++)
		if (is_at(session, i, pair))
			return session_id(session, i);
	for (i = session->formed_nr; i < session->cands_nr; i++)
		if (is_at(session, i, pair))
			return session_id(session, i);
	return VMS_ID_NONE;
}

int vms_session_pair_id(struct vms_session *session, const struct vms_pair *pair, uint32_t *id,
			struct vms_err *err)
{
	int ret = 0;

	if (pair->guest >= session->trace->guests_nr || pair->seq >= session->cat.seqs_nr ||
	    !ref_valid(session->trace->host, pair->host_ev) ||
	    !ref_valid(session->trace->guests[pair->guest].stream, pair->guest_ev))
		return vms_fail(err, VMS_ENODATA, "the anchor matches no event of this recording");
	*id = find_pair(session, pair);
	if (*id == VMS_ID_NONE)
		ret = restore_detached(session, pair, id);
	if (ret)
		return vms_fail(err, -ret, "cannot keep an anchor of a vCPU that has no events");
	return 0;
}
