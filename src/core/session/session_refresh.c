// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which results are of older decisions, and how they are computed anew. */
#include "core/session/session_impl.h"

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
	struct session_work work = { .total = 0 };
	unsigned int t, b;
	int ret = 0;

	for (t = 0; t < session->tracks_nr; t++)
		for (b = 0; b < VMS_BASIS_NR && session->priv[t].stale; b++)
			work.total += session_stale_nr(session, t, (enum vms_basis)b);
	session->progress = p;
	for (t = 0; t < session->tracks_nr && ret != -VMS_ECANCEL; t++) {
		if (!session->priv[t].stale)
			continue;
		ret = session_seqs_all(session, t, NULL);
		if (ret != -VMS_ECANCEL)
			ret = session_fit_refresh(session, t, &work);
		if (ret == -VMS_ECANCEL)
			break;
		session->priv[t].stale = false;
		session_maps_drop(session, session->tracks[t].guest, false);
		session->generation++;
	}
	session->progress = NULL;
	return ret == -VMS_ECANCEL ? ret : 0;
}
