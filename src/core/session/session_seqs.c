// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Delays per sequence on a track, over all not rejected and over accepted candidates; the list of
 * the accepted.
 */
#include "core/session/session_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/bisect.h"
#include "core/base/order.h"
#include "core/base/placed.h"

/* Delays per sequence of one track while they are summed up anew. */
struct sums {
	double *delay;	   /* of those not rejected, sequence after sequence */
	uint32_t *from;	   /* where a sequence begins there; seqs_nr + 1 */
	uint32_t *kept_nr; /* how many it has there */
	struct vms_seq_result *result;
};

static void sums_release(struct sums *j)
{
	free(j->delay);
	free(j->from);
	free(j->kept_nr);
	free(j->result);
}

/* How many pairs each sequence has is known since they were formed. */
static int sums_begin(struct sums *sums, const struct vms_session *session, unsigned int track)
{
	const size_t cands_nr = session_cands_of(&session->priv[track]),
		     seqs_nr = session->cat.seqs_nr;
	size_t seq;

	sums->delay = vms_calloc(cands_nr, sizeof(double));
	sums->from = vms_calloc(seqs_nr + 1, sizeof(uint32_t));
	sums->kept_nr = vms_calloc(seqs_nr, sizeof(uint32_t));
	sums->result = vms_calloc(seqs_nr, sizeof(*sums->result));
	if (!sums->delay || !sums->from || !sums->kept_nr || !sums->result)
		return -VMS_ENOMEM;
	for (seq = 0; seq < seqs_nr; seq++) {
		sums->result[seq].pairs = session->tracks[track].seqs[seq].pairs;
		sums->from[seq + 1] = sums->from[seq] + sums->result[seq].pairs;
	}
	return 0;
}

/* Values of the candidates by sequence: one pass, whatever the number of sequences. */
static int sums_fill(struct sums *sums, const struct vms_session *session, unsigned int track)
{
	const struct session_track *priv = &session->priv[track];
	const uint32_t nr = session_cands_of(priv);
	uint32_t i;

	for (i = 0; i < nr; i++) {
		const uint32_t slot = session_slot(priv, i);
		const struct session_cand cand = session_cand_at(session, slot);
		const uint8_t state = session->states[session_id(session, slot)];
		const uint32_t seq = cand.seq;
		struct vms_pair pair;
		double signed_ns;

		if (session_wanted_at(session, i))
			return -VMS_ECANCEL;
		sums->result[seq].rejected += state == VMS_REJECTED;
		sums->result[seq].impossible += (cand.flags & VMS_CAND_IMPOSSIBLE) != 0;
		if (state == VMS_REJECTED)
			continue;
		pair = session_pair(session, slot);
		signed_ns = session_signed_ns(session, &pair);
		sums->delay[sums->from[seq] + sums->kept_nr[seq]++] =
			pair.dir == VMS_GUEST_TO_HOST ? signed_ns : -signed_ns;
	}
	return 0;
}

/* A sequence, from its values to what is shown of it. */
static void sums_sequence(struct sums *sums, struct vms_session *session, unsigned int track,
			  unsigned int seq)
{
	struct session_track *priv = &session->priv[track];
	struct vms_seq_result *seq_result = &session->tracks[track].seqs[seq];
	struct vms_stats *const stats = &sums->result[seq].delay_ns;
	double *const ns = sums->delay + sums->from[seq];
	const uint32_t nr = sums->kept_nr[seq];
	uint32_t i;

	vms_stats_of(stats, ns, nr);
	priv->seq_median_ns[seq] = stats->median;
	priv->seq_mad_ns[seq] = stats->mad;
	if (nr && session->cat.seqs[seq].dir == VMS_HOST_TO_GUEST) { /* errors, not delays */
		for (i = 0; i < nr; i++)
			ns[i] = -ns[i];
		priv->seq_median_ns[seq] = vms_order_median(ns, nr);
		priv->seq_mad_ns[seq] = vms_order_mad(ns, nr, priv->seq_median_ns[seq]);
	}
	for (i = 0; i < nr; i++)
		ns[i] = fabs(ns[i] - priv->seq_median_ns[seq]);
	priv->seq_p99_ns[seq] = nr ? vms_order_p99(ns, nr) : 0.0;
	seq_result->rejected = sums->result[seq].rejected;
	seq_result->impossible = sums->result[seq].impossible;
	seq_result->delay_ns = sums->result[seq].delay_ns;
}

static void count_states(struct vms_session *s, unsigned int track)
{
	struct vms_track *t = &s->tracks[track];
	unsigned int q;

	t->accepted = s->priv[track].accepted_nr;
	t->rejected = 0;
	for (q = 0; q < s->cat.seqs_nr; q++)
		t->rejected += t->seqs[q].rejected;
	t->undecided = session_cands_of(&s->priv[track]) - t->accepted - t->rejected;
}

int session_seqs_all(struct vms_session *session, unsigned int track, struct vms_err *err)
{
	struct sums j = { 0 };
	unsigned int q;
	int ret = sums_begin(&j, session, track);

	if (!ret)
		ret = sums_fill(&j, session, track);
	for (q = 0; q < session->cat.seqs_nr && !ret; q++) {
		sums_sequence(&j, session, track, q);
		ret = session_wanted(session);
	}
	sums_release(&j);
	if (ret)
		return ret == -VMS_ENOMEM ? vms_fail(err, VMS_ENOMEM, "out of memory") : ret;
	return session_seqs_accepted(session, track, err);
}

int session_seqs_accepted(struct vms_session *session, unsigned int track_idx, struct vms_err *err)
{
	const struct session_track *priv = &session->priv[track_idx];
	struct vms_track *track = &session->tracks[track_idx];
	double *delay = vms_calloc(priv->accepted_nr, sizeof(*delay));
	unsigned int seq;
	uint32_t i, n;

	if (!delay)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (seq = 0; seq < session->cat.seqs_nr; seq++) {
		for (i = 0, n = 0; i < priv->accepted_nr; i++) {
			const struct vms_candidate c =
				session_candidate(session, priv->accepted[i]);

			if (c.pair.seq == seq)
				delay[n++] = vms_session_delay_ns(session, &c);
		}
		track->seqs[seq].accepted = n;
		vms_stats_of(&track->seqs[seq].delay_accepted_ns, delay, n);
	}
	free(delay);
	count_states(session, track_idx);
	return 0;
}

int session_accepted_put(struct vms_session *s, uint32_t slot, bool accepted)
{
	struct session_track *priv = &s->priv[session_cand_at(s, slot).track];
	uint32_t lo = 0, hi = priv->accepted_nr;

	VMS_BISECT(lo, hi, mid, session_earlier(s, priv->accepted[mid], slot));
	if ((lo < priv->accepted_nr && priv->accepted[lo] == slot) == accepted)
		return 0;
	if (accepted &&
	    vms_grow(&priv->accepted, &priv->accepted_cap, (size_t)priv->accepted_nr + 1,
		     sizeof(*priv->accepted), UINT32_MAX))
		return -VMS_ENOMEM;
	if (accepted) {
		memmove(priv->accepted + lo + 1, priv->accepted + lo,
			(priv->accepted_nr - lo) * sizeof(*priv->accepted));
		priv->accepted[lo] = slot;
		priv->accepted_nr++;
	} else {
		priv->accepted_nr--;
		memmove(priv->accepted + lo, priv->accepted + lo + 1,
			(priv->accepted_nr - lo) * sizeof(*priv->accepted));
	}
	VMS_ASSERT(!lo || session_earlier(s, priv->accepted[lo - 1], slot));
	VMS_ASSERT(priv->accepted_nr <= session_cands_of(priv));
	return 0;
}

int session_track_index(struct vms_session *session, unsigned int track)
{
	struct session_track *priv = &session->priv[track];
	const uint32_t nr = session_cands_of(priv);
	struct vms_placed *accepted = NULL;
	size_t cap = 0;
	uint32_t i, accepted_nr = 0;
	int ret = 0;

	for (i = 0; i < nr && !ret; i++) {
		const uint32_t slot = session_slot(priv, i);

		session->tracks[track].seqs[session_cand_at(session, slot).seq].pairs++;
		if (session->states[session_id(session, slot)] != VMS_ACCEPTED)
			continue;
		ret = vms_grow(&accepted, &cap, (size_t)accepted_nr + 1, sizeof(*accepted),
			       UINT32_MAX);
		if (!ret)
			accepted[accepted_nr++] =
				(struct vms_placed){ .at_raw = session_pair(session, slot).host_raw,
						     .idx = session_id(session, slot) };
	}
	if (!ret)
		ret = vms_placed_sort(accepted, accepted_nr, NULL);
	if (!ret)
		ret = vms_grow(&priv->accepted, &priv->accepted_cap, accepted_nr,
			       sizeof(*priv->accepted), UINT32_MAX);
	for (i = 0; i < accepted_nr && !ret; i++)
		priv->accepted[i] = session_slot_of(session, accepted[i].idx);
	priv->accepted_nr = ret ? 0 : accepted_nr;
	free(accepted);
	return ret;
}
