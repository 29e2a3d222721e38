// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which candidates an estimator sees, as observations in order of guest time. */
#include "core/session/session_obs.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/placed.h"

const struct session_span session_always = { INT64_MIN, INT64_MAX };

static bool is_any_event(const struct vms_sequence *q)
{
	return q->guest_nr && !strcmp(q->guest[0].name, "*");
}

/*
 * Over all not rejected: an undecided pair that no offset of the band allows is no observation of
 * the offset.
 */
static bool takes_part(const struct vms_session *s, uint32_t slot)
{
	const struct session_cand c = session_cand_at(s, slot);
	const uint8_t state = s->states[session_id(s, slot)];

	if (state == VMS_ACCEPTED)
		return true;
	return state != VMS_REJECTED && s->cat.seqs[c.seq].enabled &&
	       !(c.flags & VMS_CAND_IMPOSSIBLE);
}

static bool is_part(struct session_span span)
{
	return span.from_raw > session_always.from_raw || span.to_raw < session_always.to_raw;
}

static int obs_room(struct session_obs *o, uint32_t nr)
{
	o->slot = vms_calloc(nr, sizeof(*o->slot));
	return o->slot ? 0 : -VMS_ENOMEM;
}

static void obs_add(const struct vms_session *session, uint32_t slot, struct session_span span,
		    const struct vms_band_segment *seg, struct session_obs *obs)
{
	const struct vms_pair pair = session_pair(session, slot);
	const uint32_t event = pair.guest_ev.idx;

	if (seg && (event < seg->from_event || event > seg->to_event))
		return;
	if (is_part(span) && (pair.host_raw < span.from_raw || pair.host_raw > span.to_raw))
		return;
	obs->unsorted |= obs->nr && pair.guest_raw < obs->last_raw;
	obs->last_raw = pair.guest_raw;
	obs->slot[obs->nr++] = slot;
	obs->causal_nr += !obs->any[pair.seq];
}

struct vms_obs session_obs_at(const void *of, uint32_t i)
{
	const struct session_obs *obs = of;
	const struct vms_pair pair = session_pair(obs->session, obs->slot[i]);

	return (struct vms_obs){ .x_raw = pair.guest_raw,
				 .dir = pair.dir,
				 .any = obs->any[pair.seq],
				 .y_raw = vms_sat_sub_i64(pair.host_raw, pair.guest_raw),
				 .visit = pair.stretch };
}

/* Candidates come by guest event: in order already unless the guest's clock was set back. */
static int obs_sort(struct session_obs *obs)
{
	struct vms_placed *placed;
	uint32_t i;
	int ret;

	if (!obs->unsorted)
		return 0;
	placed = vms_calloc(obs->nr, sizeof(*placed));
	if (!placed)
		return -VMS_ENOMEM;
	for (i = 0; i < obs->nr; i++)
		placed[i] = (struct vms_placed){ session_obs_at(obs, i).x_raw, i };
	ret = vms_placed_sort(placed, obs->nr, obs->progress);
	for (i = 0; i < obs->nr; i++)
		placed[i].idx = obs->slot[placed[i].idx];
	for (i = 0; i < obs->nr; i++)
		obs->slot[i] = placed[i].idx;
	free(placed);
	return ret;
}

/* Of a part of the time only the candidates of that time are looked at. */
static int obs_within(const struct vms_session *session, unsigned int track,
		      struct session_span span, const struct vms_band_segment *seg,
		      struct session_obs *obs)
{
	const uint32_t from = vms_session_first_at(session, span.from_raw);
	const uint32_t to = span.to_raw == INT64_MAX
				    ? session->sorted_nr
				    : vms_session_first_at(session, span.to_raw + 1);
	uint32_t i;

	if (obs_room(obs, VMS_MIN(to - VMS_MIN(from, to), session_cands_of(&session->priv[track]))))
		return -VMS_ENOMEM;
	for (i = from; i < to; i++) {
		const uint32_t slot = session->order[i];

		if (session_cand_at(session, slot).track == track && takes_part(session, slot))
			obs_add(session, slot, span, seg, obs);
	}
	return 0;
}

static int obs_listed(const struct vms_session *session, unsigned int track, enum vms_basis basis,
		      struct session_span span, const struct vms_band_segment *seg,
		      struct session_obs *obs)
{
	const struct session_track *priv = &session->priv[track];
	const bool accepted = basis == VMS_OVER_ACCEPTED;
	const uint32_t nr = accepted ? priv->accepted_nr : session_cands_of(priv);
	uint32_t i;

	if (obs_room(obs, nr))
		return -VMS_ENOMEM;
	for (i = 0; i < nr; i++) {
		const uint32_t slot = accepted ? priv->accepted[i] : session_slot(priv, i);

		if (session_wanted_at(session, i))
			return -VMS_ECANCEL;
		if (accepted || takes_part(session, slot))
			obs_add(session, slot, span, seg, obs);
	}
	return 0;
}

int session_obs_collect(const struct vms_session *session, unsigned int track, enum vms_basis basis,
			struct session_span span, const struct vms_band_segment *seg,
			struct session_obs *obs)
{
	unsigned int i;
	int ret;

	obs->session = session;
	obs->progress = session->progress;
	obs->drift = session_drift(&session->tracks[track]);
	for (i = 0; i < session->cat.seqs_nr; i++)
		obs->any[i] = is_any_event(&session->cat.seqs[i]);
	ret = is_part(span) && basis == VMS_OVER_NOT_REJECTED && session->order
		      ? obs_within(session, track, span, seg, obs)
		      : obs_listed(session, track, basis, span, seg, obs);
	return ret ? ret : obs_sort(obs);
}

void session_obs_free(struct session_obs *o)
{
	free(o->slot);
}

/* Pairs of any event carry long delays: only estimators of the least delay gain from them. */
bool session_obs_wants_all(const struct session_obs *o, const struct vms_estimator *e)
{
	return e->extreme || o->causal_nr < e->least_nr;
}

static void narrow(struct session_obs *obs)
{
	uint32_t i, nr = 0;

	for (i = 0; i < obs->nr && obs->nr > obs->causal_nr; i++)
		if (!obs->any[session_cand_at(obs->session, obs->slot[i]).seq])
			obs->slot[nr++] = obs->slot[i];
	obs->nr = obs->causal_nr;
}

struct vms_est_in session_obs_input(struct session_obs *o, const struct vms_estimator *e,
				    bool constant, int64_t ref_raw)
{
	const bool all = session_obs_wants_all(o, e);

	if (!all)
		narrow(o);
	return (struct vms_est_in){ .obs_at = session_obs_at,
				    .of = o,
				    .nr = o->nr,
				    .constant = constant,
				    .ref_raw = ref_raw,
				    .drift = o->drift,
				    .progress = o->progress,
				    .memo = o->memo[all] };
}
