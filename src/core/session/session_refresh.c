// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which results are of older decisions, and how they are computed anew. */
#include "core/session/session_impl.h"

#include <limits.h>

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

static int refresh(struct vms_session *session, unsigned int track, struct session_work *work)
{
	int ret = session_seqs_all(session, track, NULL);

	if (ret != -VMS_ECANCEL)
		ret = session_fit_refresh(session, track, work);
	if (ret == -VMS_ECANCEL)
		return ret;
	session->priv[track].stale = false;
	session_maps_drop(session, session->tracks[track].guest, false);
	session->generation++;
	return 0;
}

/* Of the vCPUs from @from on, at most so many. */
static int refresh_some(struct vms_session *session, unsigned int from, unsigned int most_nr,
			const struct vms_progress *progress)
{
	struct session_work work = { .total = 0 };
	unsigned int i, track, basis;
	int ret = 0;

	for (track = 0; track < session->tracks_nr; track++)
		for (basis = 0; basis < VMS_BASIS_NR && session->priv[track].stale; basis++)
			work.total += session_stale_nr(session, track, (enum vms_basis)basis);
	session->progress = progress;
	for (i = 0; i < session->tracks_nr && most_nr && !ret; i++) {
		track = (from + i) % session->tracks_nr;
		if (!session->priv[track].stale)
			continue;
		ret = refresh(session, track, &work);
		most_nr--;
	}
	session->progress = NULL;
	return ret;
}

int vms_session_refresh(struct vms_session *session, const struct vms_progress *progress)
{
	return refresh_some(session, 0, UINT_MAX, progress);
}

int vms_session_refresh_track(struct vms_session *session, unsigned int track,
			      const struct vms_progress *progress)
{
	return refresh_some(session, track, 1, progress);
}
