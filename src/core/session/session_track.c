// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From a recording to tracks: which vCPU runs on which thread, its alignment, constraints and band.
 */
#include "core/session/session_impl.h"

#include <stdlib.h>
#include <string.h>

static bool scaling_is_one(const struct vms_time_shift *shift)
{
	uint32_t c, i;

	if (!shift)
		return true;
	for (c = 0; c < shift->cpus_nr; c++) {
		for (i = 0; i < shift->cpus[c].samples_nr; i++) {
			const struct vms_shift_sample *p = &shift->cpus[c].samples[i];

			if (p->scaling != 1 || p->fraction != 0)
				return false;
		}
	}
	return true;
}

/*
 * trace-cmd names the clock tsc2nsec where it converts when it reads: the raw times are TSC ticks
 * all the same.
 */
static bool counts_tsc(const struct vms_stream *s)
{
	return !s->times_corrected &&
	       (!strcmp(s->clock.name, "x86-tsc") || !strcmp(s->clock.name, "tsc2nsec"));
}

/* The offset between two TSC counts is constant unless the guest's TSC is scaled or written. */
static bool offset_is_constant(const struct vms_stream *host, const struct vms_stream *guest)
{
	return counts_tsc(host) && counts_tsc(guest) && scaling_is_one(guest->shift);
}

static int track_init(struct vms_session *s, unsigned int guest, unsigned int cpu_idx,
		      struct vms_err *err)
{
	const struct vms_stream *gs = s->trace->guests[guest].stream;
	struct vms_track *t = &s->tracks[s->tracks_nr];
	struct session_track *priv = &s->priv[s->tracks_nr];

	t->guest = guest;
	t->cpu_idx = cpu_idx;
	t->vcpu = gs->cpus[cpu_idx].cpu;
	t->align = &s->align[guest]->vcpus[cpu_idx];
	t->tid_inferred = t->align->tid_inferred;
	if (t->align->thread >= 0)
		t->thread = &s->st->threads[t->align->thread];
	priv->constant = offset_is_constant(s->trace->host, gs);
	s->tracks_nr++;
	t->seqs = vms_calloc(s->cat.seqs_nr, sizeof(*t->seqs));
	priv->seq_median_ns = vms_calloc(s->cat.seqs_nr, sizeof(double));
	priv->seq_mad_ns = vms_calloc(s->cat.seqs_nr, sizeof(double));
	priv->seq_p99_ns = vms_calloc(s->cat.seqs_nr, sizeof(double));
	if (!t->seqs || !priv->seq_median_ns || !priv->seq_mad_ns || !priv->seq_p99_ns)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	if (!t->thread || !t->align->pieces_nr)
		return 0;
	return session_track_solve(s, t, priv, err);
}

int session_tracks_build(struct vms_session *s, const struct vms_session_opts *o,
			 struct vms_err *err)
{
	struct vms_align_opts align = o ? o->align : (struct vms_align_opts){ 0 };
	unsigned int g, c, most = 0;
	int ret;

	if (align.drift_max <= 0.0)
		align.drift_max = SESSION_DRIFT_MAX;
	s->align = vms_calloc(s->trace->guests_nr, sizeof(*s->align));
	for (g = 0; g < s->trace->guests_nr; g++)
		most += s->trace->guests[g].stream->cpus_nr;
	s->tracks = vms_calloc(most, sizeof(*s->tracks));
	s->priv = vms_calloc(most, sizeof(*s->priv));
	if (!s->align || !s->tracks || !s->priv)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (g = 0; g < s->trace->guests_nr; g++) {
		const struct vms_stream *gs = s->trace->guests[g].stream;

		vms_progress_tell(o ? o->align.progress : NULL, "aligning host and guest", 0, 0);
		ret = vms_align_guest(&s->align[g], s->trace, g, s->st, &align, err);
		if (ret)
			return ret;
		for (c = 0; c < gs->cpus_nr; c++) {
			if (!gs->cpus[c].nr)
				continue;
			ret = track_init(s, g, c, err);
			if (ret)
				return ret;
		}
	}
	return 0;
}

void session_tracks_free(struct vms_session *s)
{
	unsigned int i;
	int basis;

	for (i = 0; i < s->tracks_nr; i++) {
		vms_constraints_free(s->tracks[i].cons);
		vms_band_free(s->tracks[i].band);
		for (basis = 0; basis < VMS_BASIS_NR; basis++)
			session_pieces_clear(&s->priv[i].pieces[basis]);
		free(s->tracks[i].seqs);
		free(s->priv[i].cand);
		free(s->priv[i].accepted);
		free(s->priv[i].seq_median_ns);
		free(s->priv[i].seq_mad_ns);
		free(s->priv[i].seq_p99_ns);
	}
	free(s->tracks);
	free(s->priv);
	for (i = 0; s->align && i < s->trace->guests_nr; i++)
		vms_align_free(s->align[i]);
	free(s->align);
}
