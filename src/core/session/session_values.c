// SPDX-License-Identifier: LGPL-2.1-or-later
/* What each candidate is under the model in force and the band: delay, residual, flags. */
#include "core/session/session_impl.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/bisect.h"

/* Delays beyond this many median absolute deviations are outliers, whatever the percentile says. */
#define OUTLIER_MADS 10.0

double session_signed_ns(const struct vms_session *s, const struct vms_pair *pair)
{
	const int64_t map =
		vms_model_event(vms_session_map(s, pair->guest), (unsigned int)pair->guest_ev.cpu,
				pair->guest_ev.idx, pair->guest_raw);

	return vms_clock_ns(&s->clock, vms_sat_sub_i64(pair->host_raw, map));
}

double vms_session_delay_ns(const struct vms_session *s, const struct vms_candidate *c)
{
	const double d = session_signed_ns(s, &c->pair);

	return c->pair.dir == VMS_GUEST_TO_HOST ? d : -d;
}

double vms_session_residual_ns(const struct vms_session *s, const struct vms_candidate *c)
{
	return session_signed_ns(s, &c->pair) - s->priv[c->track].seq_median_ns[c->pair.seq];
}

/* Impossible: its delay would be negative at every offset of the band. */
static bool impossible(const struct vms_track *t, const struct vms_pair *pair)
{
	const struct vms_band_segment *g =
		t->band ? vms_band_segment_of(t->band, pair->guest_ev.idx) : NULL;
	const int64_t y = vms_sat_sub_i64(pair->host_raw, pair->guest_raw);
	const bool out = pair->dir == VMS_GUEST_TO_HOST;
	int64_t lo = INT64_MIN, hi = INT64_MAX;

	if (!g)
		return false;
	vms_band_at(g, pair->guest_raw, out ? &lo : NULL, out ? NULL : &hi);
	return y < lo || y > hi;
}

/*
 * The events that fix a band, and the stretches that they do it by: one list a direction, ascending
 * by event.
 */
struct bindings {
	struct binding {
		uint32_t event, stretch;
	} * by[2]; /* by enum vms_dir */
	size_t nr[2];
};

static int by_event(const void *a, const void *b)
{
	const struct binding *x = a, *y = b;

	return (x->event > y->event) - (x->event < y->event);
}

static void bindings_release(struct bindings *b)
{
	free(b->by[VMS_GUEST_TO_HOST]);
	free(b->by[VMS_HOST_TO_GUEST]);
}

/*
 * A clock that wanders has a segment for each change of its rate: they are looked through once, not
 * for each pair.
 */
static int bindings_of(struct bindings *bindings, const struct vms_band *band)
{
	const unsigned int segs_nr = band ? band->segs_nr : 0;
	unsigned int i, dir;

	*bindings = (struct bindings){ .nr = { 0, 0 } };
	for (dir = 0; dir < VMS_ARRAY_NR(bindings->by); dir++) {
		bindings->by[dir] = vms_calloc(segs_nr, sizeof(*bindings->by[dir]));
		if (!bindings->by[dir])
			return -VMS_ENOMEM;
		for (i = 0; i < segs_nr; i++) {
			const struct vms_band_segment *g = &band->segs[i];
			const struct vms_point *p =
				dir == VMS_GUEST_TO_HOST ? &g->bind_upper : &g->bind_lower;

			if (dir == VMS_GUEST_TO_HOST ? g->upper_nr : g->lower_nr)
				bindings->by[dir][bindings->nr[dir]++] =
					(struct binding){ p->event, p->stretch };
		}
		qsort(bindings->by[dir], bindings->nr[dir], sizeof(*bindings->by[dir]), by_event);
	}
	return 0;
}

static bool binding(const struct bindings *b, const struct vms_pair *pair)
{
	const struct binding *by = b->by[pair->dir];
	size_t lo = 0, hi = b->nr[pair->dir];

	VMS_BISECT(lo, hi, mid, by[mid].event < pair->guest_ev.idx);
	for (; lo < b->nr[pair->dir] && by[lo].event == pair->guest_ev.idx; lo++)
		if (by[lo].stretch == pair->stretch)
			return true;
	return false;
}

int session_flags_fill(struct vms_session *session, unsigned int track)
{
	const struct session_track *priv = &session->priv[track];
	const uint32_t nr = session_cands_of(priv);
	struct bindings bindings;
	uint32_t i;
	int ret = bindings_of(&bindings, session->tracks[track].band);

	for (i = 0; i < nr && !ret; i++) {
		const uint32_t slot = session_slot(priv, i);
		const struct vms_pair pair = session_pair(session, slot);
		uint8_t *flags = session_flags(session, slot);

		*flags &= (uint8_t) ~(VMS_CAND_IMPOSSIBLE | VMS_CAND_BINDING);
		if (impossible(&session->tracks[track], &pair))
			*flags |= VMS_CAND_IMPOSSIBLE;
		if (binding(&bindings, &pair))
			*flags |= VMS_CAND_BINDING;
		ret = session_wanted_at(session, i);
	}
	bindings_release(&bindings);
	return ret;
}

bool vms_session_beyond(const struct vms_session *s, const struct vms_candidate *c)
{
	const struct vms_sequence *seq = &s->cat.seqs[c->pair.seq];
	const double delay_ns = vms_session_delay_ns(s, c);

	return seq->delay_hi_ns && s->clock.ns_per_unit > 0.0 &&
	       (delay_ns < (double)seq->delay_lo_ns || delay_ns > (double)seq->delay_hi_ns);
}

bool vms_session_outlier(const struct vms_session *s, const struct vms_candidate *c)
{
	const struct session_track *p = &s->priv[c->track];
	const double residual = fabs(vms_session_residual_ns(s, c)),
		     mad = p->seq_mad_ns[c->pair.seq];

	return mad > 0.0 && residual > OUTLIER_MADS * mad && residual > p->seq_p99_ns[c->pair.seq];
}
