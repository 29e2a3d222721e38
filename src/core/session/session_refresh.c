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

int vms_session_refresh(struct vms_session *session, const struct vms_progress *progress)
{
	struct session_work work = { .total = 0 };
	unsigned int track, basis;
	int ret = 0;

	for (track = 0; track < session->tracks_nr; track++)
		for (basis = 0; basis < VMS_BASIS_NR && session->priv[track].stale; basis++)
			work.total += session_stale_nr(session, track, (enum vms_basis)basis);
	session->progress = progress;
	for (track = 0; track < session->tracks_nr && ret != -VMS_ECANCEL; track++) {
		if (!session->priv[track].stale)
			continue;
		ret = session_seqs_all(session, track, NULL);
		if (ret != -VMS_ECANCEL)
			ret = session_fit_refresh(session, track, &work);
		if (ret == -VMS_ECANCEL)
			break;
		session->priv[track].stale = false;
		session_maps_drop(session, session->tracks[track].guest, false);
		session->generation++;
	}
	session->progress = NULL;
	return ret == -VMS_ECANCEL ? ret : 0;
}
