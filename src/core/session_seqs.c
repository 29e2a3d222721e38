// SPDX-License-Identifier: LGPL-2.1-or-later
/* Delays per sequence on a track, over all not rejected and over accepted candidates; the list of the accepted. */
#include "session_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"

/* The values of one track by sequence: one pass over the candidates, whatever the number of sequences. */
struct seq_values {
	double *delay, *signed_ns;	/* room for all candidates of the track each */
	uint32_t *from;				/* where a sequence begins in both; seqs_nr + 1 */
	uint32_t *kept_nr;
};

static void values_free(struct seq_values *v)
{
	free(v->delay);
	free(v->signed_ns);
	free(v->from);
	free(v->kept_nr);
}

static int values_alloc(struct seq_values *v, size_t cands_nr, size_t seqs_nr)
{
	v->delay = vms_calloc(cands_nr, sizeof(double));
	v->signed_ns = vms_calloc(cands_nr, sizeof(double));
	v->from = vms_calloc(seqs_nr + 1, sizeof(uint32_t));
	v->kept_nr = vms_calloc(seqs_nr, sizeof(uint32_t));
	return v->delay && v->signed_ns && v->from && v->kept_nr ? 0 : -VMS_ENOMEM;
}

static void values_fill(const struct vms_session *s, unsigned int track, struct seq_values *v)
{
	const struct session_track *p = &s->priv[track];
	struct vms_track *t = &s->tracks[track];
	uint32_t i, q;

	for (i = 0; i < p->cand_nr; i++)
		v->from[s->cands[p->cand[i]].pair.seq + 1]++;
	for (q = 0; q < s->cat.seqs_nr; q++) {
		t->seqs[q] = (struct vms_seq_result){ .pairs = v->from[q + 1] };
		v->from[q + 1] += v->from[q];
	}
	for (i = 0; i < p->cand_nr; i++) {
		const struct vms_candidate *c = &s->cands[p->cand[i]];
		const double d = s->signed_ns[p->cand[i]];

		q = c->pair.seq;
		t->seqs[q].rejected += c->state == VMS_REJECTED;
		t->seqs[q].impossible += (c->flags & VMS_CAND_IMPOSSIBLE) != 0;
		if (c->state == VMS_REJECTED)
			continue;
		v->delay[v->from[q] + v->kept_nr[q]] = c->pair.dir == VMS_GUEST_TO_HOST ? d : -d;
		v->signed_ns[v->from[q] + v->kept_nr[q]++] = d;
	}
}

static void seq_summary(struct vms_seq_result *r, struct session_track *p, unsigned int q,
			const struct seq_values *v)
{
	double *const d = v->signed_ns + v->from[q];
	const uint32_t nr = v->kept_nr[q];
	uint32_t i;

	vms_stats_of(&r->delay_ns, v->delay + v->from[q], nr);
	p->seq_median_ns[q] = nr ? vms_order_median(d, nr) : 0.0;
	p->seq_mad_ns[q] = nr ? vms_order_mad(d, nr, p->seq_median_ns[q]) : 0.0;
	for (i = 0; i < nr; i++)
		d[i] = fabs(d[i] - p->seq_median_ns[q]);
	p->seq_p99_ns[q] = nr ? vms_order_p99(d, nr) : 0.0;
}

static void count_states(struct vms_session *s, unsigned int track)
{
	struct vms_track *t = &s->tracks[track];
	unsigned int q;

	t->accepted = s->priv[track].accepted_nr;
	t->rejected = 0;
	for (q = 0; q < s->cat.seqs_nr; q++)
		t->rejected += t->seqs[q].rejected;
	t->undecided = s->priv[track].cand_nr - t->accepted - t->rejected;
}

int session_seqs_all(struct vms_session *s, unsigned int track, struct vms_err *err)
{
	struct session_track *p = &s->priv[track];
	struct seq_values v = { 0 };
	unsigned int q;
	int ret;

	ret = values_alloc(&v, p->cand_nr, s->cat.seqs_nr);
	if (ret) {
		(void)vms_fail(err, -ret, "out of memory");
		goto out;
	}
	values_fill(s, track, &v);
	for (q = 0; q < s->cat.seqs_nr; q++)
		seq_summary(&s->tracks[track].seqs[q], p, q, &v);
	p->stale_seqs = false;
	ret = session_seqs_accepted(s, track, err);
out:
	values_free(&v);
	return ret;
}

int session_seqs_accepted(struct vms_session *s, unsigned int track, struct vms_err *err)
{
	const struct session_track *p = &s->priv[track];
	struct vms_track *t = &s->tracks[track];
	double *v = vms_calloc(p->accepted_nr, sizeof(*v));
	unsigned int q;
	uint32_t i, n;

	if (!v)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (q = 0; q < s->cat.seqs_nr; q++) {
		for (i = 0, n = 0; i < p->accepted_nr; i++) {
			const struct vms_candidate *c = &s->cands[p->accepted[i]];
			const double d = s->signed_ns[p->accepted[i]];

			if (c->pair.seq == q)
				v[n++] = c->pair.dir == VMS_GUEST_TO_HOST ? d : -d;
		}
		t->seqs[q].accepted = n;
		vms_stats_of(&t->seqs[q].delay_accepted_ns, v, n);
	}
	free(v);
	count_states(s, track);
	return 0;
}

int session_accepted_put(struct vms_session *s, uint32_t cand_idx, bool accepted)
{
	struct session_track *p = &s->priv[s->cands[cand_idx].track];
	uint32_t lo = 0, hi = p->accepted_nr;

	while (lo < hi) {
		const uint32_t mid = lo + (hi - lo) / 2;

		if (p->accepted[mid] < cand_idx)
			lo = mid + 1;
		else
			hi = mid;
	}
	if ((lo < p->accepted_nr && p->accepted[lo] == cand_idx) == accepted)
		return 0;
	if (accepted && vms_grow(&p->accepted, &p->accepted_cap, (size_t)p->accepted_nr + 1, sizeof(*p->accepted),
				 UINT32_MAX))
		return -VMS_ENOMEM;
	if (accepted) {
		memmove(p->accepted + lo + 1, p->accepted + lo, (p->accepted_nr - lo) * sizeof(*p->accepted));
		p->accepted[lo] = cand_idx;
		p->accepted_nr++;
	} else {
		p->accepted_nr--;
		memmove(p->accepted + lo, p->accepted + lo + 1, (p->accepted_nr - lo) * sizeof(*p->accepted));
	}
	return 0;
}
