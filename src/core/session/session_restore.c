// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The candidates that a file names by their events: found again, or kept although they do not form.
 */
#include "core/session/session_impl.h"

/* Decided earlier, does not form now: kept at the end until vms_session_restored() sorts it in. */
static int restore_detached(struct vms_session *s, const struct vms_pair *pair,
			    struct vms_candidate **out)
{
	const int track = vms_session_track_of(s, pair->guest, (unsigned int)pair->guest_ev.cpu);

	if (track < 0)
		return -VMS_ENODATA;
	if (session_room(s, (size_t)s->cands_nr + 1))
		return -VMS_ENOMEM;
	*out = &s->cands[s->cands_nr];
	s->index_of[++s->next_id] = s->cands_nr++;
	**out = (struct vms_candidate){ .pair = *pair,
					.id = s->next_id,
					.track = (uint16_t)track,
					.rival = VMS_ID_NONE,
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

static struct vms_candidate *find_pair(struct vms_session *s, const struct vms_pair *p)
{
	uint32_t i;

	for (i = 0; i < s->parked_nr; i++)
		if (is_pair(&s->parked[i], p))
			return &s->parked[i];

	for (i = vms_session_first_at(s, p->host_raw); i < s->sorted_nr; i++) {
		if (s->cands[i].pair.host_raw != p->host_raw)
			break;
		if (is_pair(&s->cands[i], p))
			return &s->cands[i];
	}
	for (i = s->sorted_nr; i < s->cands_nr; i++)
		if (is_pair(&s->cands[i], p))
			return &s->cands[i];
	return NULL;
}

int vms_session_pair_id(struct vms_session *s, const struct vms_pair *pair, uint32_t *id,
			struct vms_err *err)
{
	struct vms_candidate *c;
	int ret = 0;

	if (pair->guest >= s->trace->guests_nr || pair->seq >= s->cat.seqs_nr ||
	    !ref_valid(s->trace->host, pair->host_ev) ||
	    !ref_valid(s->trace->guests[pair->guest].stream, pair->guest_ev))
		return vms_fail(err, VMS_ENODATA, "the anchor matches no event of this recording");
	c = find_pair(s, pair);
	if (!c)
		ret = restore_detached(s, pair, &c);
	if (ret)
		return vms_fail(err, -ret, "cannot keep an anchor of a vCPU that has no events");
	*id = c->id;
	return 0;
}
