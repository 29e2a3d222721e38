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

int vms_session_refresh(struct vms_session *s, const struct vms_progress *p)
{
	struct session_work w = { .progress = p };
	unsigned int t, b;
	int ret;

	for (t = 0; t < s->tracks_nr; t++)
		for (b = 0; b < VMS_BASIS_NR && s->priv[t].stale; b++)
			w.total += session_stale_nr(s, t, (enum vms_basis)b);
	for (t = 0; t < s->tracks_nr; t++) {
		if (!s->priv[t].stale)
			continue;
		ret = session_seqs_all(s, t, &w, NULL);
		if (ret != -VMS_ECANCEL)
			ret = session_fit_refresh(s, t, &w);
		if (ret == -VMS_ECANCEL)
			return ret;
		s->priv[t].stale = false;
		session_maps_drop(s, s->tracks[t].guest);
		s->generation++;
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
	struct session_track *p = &s->priv[t], *q = &from->priv[t];
	unsigned int b;

	memcpy(s->tracks[t].models, from->tracks[t].models, sizeof(s->tracks[t].models));
	/* pieces that were not stale were not made */
	for (b = 0; b < VMS_BASIS_NR; b++)
		if (q->pieces[b].p)
			SWAP(struct session_pieces, p->pieces[b], q->pieces[b]);
	SWAP(struct vms_seq_result *, s->tracks[t].seqs, from->tracks[t].seqs);
	SWAP(double *, p->seq_median_ns, q->seq_median_ns);
	SWAP(double *, p->seq_mad_ns, q->seq_mad_ns);
	SWAP(double *, p->seq_p99_ns, q->seq_p99_ns);
	s->tracks[t].rejected = from->tracks[t].rejected;
	s->tracks[t].undecided = from->tracks[t].undecided;
	p->stale = false;
	session_maps_drop(s, s->tracks[t].guest);
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
