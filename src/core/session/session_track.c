// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From a recording to tracks: which vCPU runs on which thread, its alignment, constraints and band.
 */
#include "core/session/session_solve.h"

#include "core/base/each.h"

#include <stdlib.h>
#include <string.h>

static bool says_scaling(const struct vms_time_shift *shift)
{
	uint32_t c, i;

	if (!shift)
		return false;
	for (c = 0; c < shift->cpus_nr; c++) {
		for (i = 0; i < shift->cpus[c].samples_nr; i++) {
			const struct vms_shift_sample *p = &shift->cpus[c].samples[i];

			if (p->scaling != 1 || p->fraction != 0)
				return true;
		}
	}
	return false;
}

/*
 * The offset between two TSC counts is constant unless the guest's TSC is written, or scaled by
 * what nobody undid.
 */
static bool offset_is_constant(const struct vms_stream *host, const struct vms_stream *guest)
{
	return vms_counts_tsc(host) && vms_counts_tsc(guest) &&
	       (guest->ratio.mult || !says_scaling(guest->shift));
}

static int track_init(struct vms_session *session, unsigned int guest, unsigned int cpu_idx,
		      struct vms_err *err)
{
	const struct vms_stream *gs = session->trace->guests[guest].stream;
	struct vms_track *track = &session->tracks[session->tracks_nr];
	struct session_track *priv = &session->priv[session->tracks_nr];

	track->guest = guest;
	track->cpu_idx = cpu_idx;
	track->vcpu = gs->cpus[cpu_idx].cpu;
	track->align = &session->align[guest]->vcpus[cpu_idx];
	track->tid_inferred = track->align->tid_inferred;
	track->thread = track->align->thread;
	priv->constant = offset_is_constant(session->trace->host, gs);
	priv->scaled = vms_counts_tsc(session->trace->host) && vms_counts_tsc(gs) &&
		       says_scaling(gs->shift);
	session->tracks_nr++;
	/* there may be more of them one day */
	track->seqs = vms_calloc(VMS_SEQUENCES_MAX, sizeof(*track->seqs));
	priv->seq_median_ns = vms_calloc(VMS_SEQUENCES_MAX, sizeof(double));
	priv->seq_mad_ns = vms_calloc(VMS_SEQUENCES_MAX, sizeof(double));
	priv->seq_p99_ns = vms_calloc(VMS_SEQUENCES_MAX, sizeof(double));
	if (!track->seqs || !priv->seq_median_ns || !priv->seq_mad_ns || !priv->seq_p99_ns)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	return 0;
}

/* The tracks of one guest. */
struct solving {
	struct vms_session *session;
	unsigned int first;
};

static int solve(void *user, unsigned int i, struct vms_err *err)
{
	const struct solving *solving = user;
	struct vms_track *track = &solving->session->tracks[solving->first + i];

	if (!track->thread || !track->align->pieces_nr)
		return 0;
	return session_track_solve(solving->session, track,
				   &solving->session->priv[solving->first + i], err);
}

int session_tracks_build(struct vms_session *session, const struct vms_session_opts *session_opts,
			 struct vms_err *err)
{
	struct vms_align_opts align =
		session_opts ? session_opts->align : (struct vms_align_opts){ 0 };
	unsigned int guest, cpu_idx, most = 0;
	int ret;

	if (align.drift_max <= 0.0)
		align.drift_max = SESSION_DRIFT_MAX;
	align.facts = session->facts;
	session->align = vms_calloc(session->trace->guests_nr, sizeof(*session->align));
	for (guest = 0; guest < session->trace->guests_nr; guest++)
		most += session->trace->guests[guest].stream->cpus_nr;
	session->tracks = vms_calloc(most, sizeof(*session->tracks));
	session->priv = vms_calloc(most, sizeof(*session->priv));
	if (!session->align || !session->tracks || !session->priv)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (guest = 0; guest < session->trace->guests_nr; guest++) {
		const struct vms_stream *gs = session->trace->guests[guest].stream;
		struct solving solving = { session, session->tracks_nr };

		vms_progress_tell(session_opts ? session_opts->align.progress : NULL,
				  "aligning host and guest", 0, 0);
		ret = vms_align_guest(&session->align[guest], session->trace, guest, session->st,
				      &align, err);
		vms_give_back(vms_trace_events_nr(session->trace));
		if (ret)
			return ret;
		for (cpu_idx = 0; cpu_idx < gs->cpus_nr; cpu_idx++) {
			if (!gs->cpus[cpu_idx].nr)
				continue;
			ret = track_init(session, guest, cpu_idx, err);
			if (ret)
				return ret;
		}
		ret = vms_each(session->tracks_nr - solving.first, solve, &solving, err);
		if (ret)
			return ret;
		ret = session_starts_try(session, guest, &align, err);
		if (ret)
			return ret;
	}
	return 0;
}

void session_tracks_free(struct vms_session *session)
{
	unsigned int i;
	int basis;

	for (i = 0; i < session->tracks_nr; i++) {
		vms_constraints_free(session->tracks[i].cons);
		vms_band_free(session->tracks[i].band);
		for (basis = 0; basis < VMS_BASIS_NR; basis++)
			session_pieces_clear(&session->priv[i].pieces[basis]);
		free(session->tracks[i].seqs);
		free(session->priv[i].accepted);
		free(session->priv[i].seq_median_ns);
		free(session->priv[i].seq_mad_ns);
		free(session->priv[i].seq_p99_ns);
	}
	free(session->tracks);
	free(session->priv);
	for (i = 0; session->align && i < session->trace->guests_nr; i++)
		vms_align_free(session->align[i]);
	free(session->align);
}
