// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which results are of older decisions, and how they are computed anew: in the session, or in a
 * snapshot whose results then come into it.
 */
#include "core/session/session_impl.h"

#include <string.h>

unsigned int session_stale_nr(const struct vms_session *s, unsigned int track, enum vms_basis b)
{
	unsigned int i, nr = 0;

	for (i = VMS_BY_ESTIMATOR; i < VMS_BY_NR; i++)
		nr += s->tracks[track].models[b][i].stale;
	return nr;
}

bool vms_session_stale(const struct vms_session *s)
{
	unsigned int t;

	for (t = 0; t < s->tracks_nr; t++)
		if (s->priv[t].stale)
			return true;
	return false;
}

int vms_session_refresh(struct vms_session *session, const struct vms_progress *p)
{
	struct session_work work = { .progress = p };
	unsigned int t, b;
	int ret;

	for (t = 0; t < session->tracks_nr; t++)
		for (b = 0; b < VMS_BASIS_NR && session->priv[t].stale; b++)
			work.total += session_stale_nr(session, t, (enum vms_basis)b);
	for (t = 0; t < session->tracks_nr; t++) {
		if (!session->priv[t].stale)
			continue;
		ret = session_seqs_all(session, t, &work, NULL);
		if (ret != -VMS_ECANCEL)
			ret = session_fit_refresh(session, t, &work);
		if (ret == -VMS_ECANCEL)
			return ret;
		session->priv[t].stale = false;
		session_maps_drop(session, session->tracks[t].guest, false);
		session->generation++;
	}
	return 0;
}

#define SWAP(type, a, b)                                                                           \
	do {                                                                                       \
		type swapped = (a);                                                                \
		(a) = (b);                                                                         \
		(b) = swapped;                                                                     \
	} while (0)

static void take_track(struct vms_session *s, struct vms_session *from, unsigned int t)
{
	struct session_track *priv = &s->priv[t], *q = &from->priv[t];
	unsigned int b;

	memcpy(s->tracks[t].models, from->tracks[t].models, sizeof(s->tracks[t].models));
	/* pieces that were not stale were not made */
	for (b = 0; b < VMS_BASIS_NR; b++)
		if (q->pieces[b].p)
			SWAP(struct session_pieces, priv->pieces[b], q->pieces[b]);
	SWAP(struct vms_seq_result *, s->tracks[t].seqs, from->tracks[t].seqs);
	SWAP(double *, priv->seq_median_ns, q->seq_median_ns);
	SWAP(double *, priv->seq_mad_ns, q->seq_mad_ns);
	SWAP(double *, priv->seq_p99_ns, q->seq_p99_ns);
	s->tracks[t].rejected = from->tracks[t].rejected;
	s->tracks[t].undecided = from->tracks[t].undecided;
	priv->stale = false;
	session_maps_drop(s, s->tracks[t].guest, false);
}

bool vms_session_take(struct vms_session *s, struct vms_session *snapshot)
{
	unsigned int t;

	if (snapshot->taken_at != s->generation)
		return false;
	for (t = 0; t < s->tracks_nr; t++)
		if (s->priv[t].stale && !snapshot->priv[t].stale)
			take_track(s, snapshot, t);
	s->generation++;
	return true;
}
