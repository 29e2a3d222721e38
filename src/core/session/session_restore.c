// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The candidates that a file names by their events: found again, or kept although they do not form.
 */
#include "core/session/session_impl.h"

/* Decided earlier, does not form now: kept at the end until vms_session_restored() sorts it in. */
static int restore_detached(struct vms_session *session, const struct vms_pair *pair,
			    struct vms_candidate **out)
{
	const int track =
		vms_session_track_of(session, pair->guest, (unsigned int)pair->guest_ev.cpu);

	if (track < 0)
		return -VMS_ENODATA;
	if (session_room(session, (size_t)session->cands_nr + 1))
		return -VMS_ENOMEM;
	*out = &session->cands[session->cands_nr];
	session->index_of[++session->next_id] = session->cands_nr++;
	**out = (struct vms_candidate){ .pair = *pair,
					.id = session->next_id,
					.track = (uint16_t)track,
					.flags = VMS_CAND_DETACHED };
	return 0;
}

static bool ref_valid(const struct vms_stream *st, struct vms_ref r)
{
	return r.cpu >= 0 && (unsigned int)r.cpu < st->cpus_nr && r.idx < st->cpus[r.cpu].nr;
}

static bool is_pair(const struct vms_candidate *c, const struct vms_pair *p)
{
	return c->pair.seq == p->seq && c->pair.guest == p->guest &&
	       vms_ref_same(c->pair.guest_ev, p->guest_ev) &&
	       vms_ref_same(c->pair.host_ev, p->host_ev);
}

static struct vms_candidate *find_pair(struct vms_session *session, const struct vms_pair *pair)
{
	uint32_t i;

	for (i = 0; i < session->parked_nr; i++)
		if (is_pair(&session->parked[i], pair))
			return &session->parked[i];

	for (i = vms_session_first_at(session, pair->host_raw); i < session->sorted_nr; i++) {
		if (session->cands[i].pair.host_raw != pair->host_raw)
			break;
		if (is_pair(&session->cands[i], pair))
			return &session->cands[i];
	}
	for (i = session->sorted_nr; i < session->cands_nr; i++)
		if (is_pair(&session->cands[i], pair))
			return &session->cands[i];
	return NULL;
}

int vms_session_pair_id(struct vms_session *session, const struct vms_pair *pair, uint32_t *id,
			struct vms_err *err)
{
	struct vms_candidate *cand;
	int ret = 0;

	if (pair->guest >= session->trace->guests_nr || pair->seq >= session->cat.seqs_nr ||
	    !ref_valid(session->trace->host, pair->host_ev) ||
	    !ref_valid(session->trace->guests[pair->guest].stream, pair->guest_ev))
		return vms_fail(err, VMS_ENODATA, "the anchor matches no event of this recording");
	cand = find_pair(session, pair);
	if (!cand)
		ret = restore_detached(session, pair, &cand);
	if (ret)
		return vms_fail(err, -ret, "cannot keep an anchor of a vCPU that has no events");
	*id = cand->id;
	return 0;
}
