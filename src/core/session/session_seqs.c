// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Delays per sequence on a track, over all not rejected and over accepted candidates; the list of
 * the accepted.
 */
#include "core/session/session_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/bisect.h"
#include "core/base/order.h"

/* Candidates of a piece of idle work: some milliseconds. */
#define PIECE_NR 131072u

static void job_release(struct session_seqs_job *j)
{
	free(j->delay);
	free(j->signed_ns);
	free(j->from);
	free(j->kept_nr);
	free(j->result);
	memset(j, 0, sizeof(*j));
}

void session_seqs_forget(struct vms_session *s)
{
	job_release(&s->seqs_job);
}

/* How many pairs each sequence has is known since they were formed. */
static int job_begin(struct session_seqs_job *j, const struct vms_session *s, unsigned int track)
{
	const size_t cands_nr = s->priv[track].cand_nr, seqs_nr = s->cat.seqs_nr;
	size_t q;

	*j = (struct session_seqs_job){ .track = track };
	j->delay = vms_calloc(cands_nr, sizeof(double));
	j->signed_ns = vms_calloc(cands_nr, sizeof(double));
	j->from = vms_calloc(seqs_nr + 1, sizeof(uint32_t));
	j->kept_nr = vms_calloc(seqs_nr, sizeof(uint32_t));
	j->result = vms_calloc(seqs_nr, sizeof(*j->result));
	j->has = j->delay && j->signed_ns && j->from && j->kept_nr && j->result;
	if (!j->has) {
		job_release(j);
		return -VMS_ENOMEM;
	}
	for (q = 0; q < seqs_nr; q++) {
		j->result[q].pairs = s->tracks[track].seqs[q].pairs;
		j->from[q + 1] = j->from[q] + j->result[q].pairs;
	}
	return 0;
}

/* Values of the next candidates by sequence: one pass, whatever the number of sequences. */
static void job_fill(struct session_seqs_job *j, const struct vms_session *s, uint32_t most)
{
	const struct session_track *p = &s->priv[j->track];
	const uint32_t end = p->cand_nr - j->at > most ? j->at + most : p->cand_nr;

	for (; j->at < end; j->at++) {
		const struct vms_candidate *c = &s->cands[p->cand[j->at]];
		const double d = s->signed_ns[p->cand[j->at]];
		const uint32_t q = c->pair.seq;

		session_look_ahead(s, p->cand, j->at, p->cand_nr);
		j->result[q].rejected += c->state == VMS_REJECTED;
		j->result[q].impossible += (c->flags & VMS_CAND_IMPOSSIBLE) != 0;
		if (c->state == VMS_REJECTED)
			continue;
		j->delay[j->from[q] + j->kept_nr[q]] = c->pair.dir == VMS_GUEST_TO_HOST ? d : -d;
		j->signed_ns[j->from[q] + j->kept_nr[q]++] = d;
	}
}

/* The next sequence, from its values to what is shown of it. */
static void job_sequence(struct session_seqs_job *j, struct vms_session *s)
{
	struct session_track *p = &s->priv[j->track];
	const unsigned int q = j->seq++;
	struct vms_seq_result *r = &s->tracks[j->track].seqs[q];
	double *const d = j->signed_ns + j->from[q];
	const uint32_t nr = j->kept_nr[q];
	uint32_t i;

	vms_stats_of(&j->result[q].delay_ns, j->delay + j->from[q], nr);
	p->seq_median_ns[q] = nr ? vms_order_median(d, nr) : 0.0;
	p->seq_mad_ns[q] = nr ? vms_order_mad(d, nr, p->seq_median_ns[q]) : 0.0;
	for (i = 0; i < nr; i++)
		d[i] = fabs(d[i] - p->seq_median_ns[q]);
	p->seq_p99_ns[q] = nr ? vms_order_p99(d, nr) : 0.0;
	r->rejected = j->result[q].rejected;
	r->impossible = j->result[q].impossible;
	r->delay_ns = j->result[q].delay_ns;
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
	struct session_seqs_job j;

	if (job_begin(&j, s, track))
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	job_fill(&j, s, UINT32_MAX);
	while (j.seq < s->cat.seqs_nr)
		job_sequence(&j, s);
	job_release(&j);
	s->priv[track].stale_seqs = false;
	return session_seqs_accepted(s, track, err);
}

/* What is shown of a sequence stays until its new figures are there. */
int session_seqs_piece(struct vms_session *s, unsigned int track)
{
	struct session_seqs_job *j = &s->seqs_job;
	uint32_t most = PIECE_NR;
	int ret;

	if (!j->has || j->track != track) {
		session_seqs_forget(s);
		ret = job_begin(j, s, track);
		if (ret)
			return ret;
	}
	if (j->at < s->priv[track].cand_nr) {
		job_fill(j, s, PIECE_NR);
		return 1;
	}
	while (j->seq < s->cat.seqs_nr) {
		const uint32_t nr = j->kept_nr[j->seq];

		/* small ones together */
		if (nr > most && most < PIECE_NR)
			return 1;
		most -= VMS_MIN(nr, most);
		job_sequence(j, s);
	}
	session_seqs_forget(s);
	return session_seqs_accepted(s, track, NULL);
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

	VMS_BISECT(lo, hi, mid, p->accepted[mid] < cand_idx);
	if ((lo < p->accepted_nr && p->accepted[lo] == cand_idx) == accepted)
		return 0;
	if (accepted && vms_grow(&p->accepted, &p->accepted_cap, (size_t)p->accepted_nr + 1,
				 sizeof(*p->accepted), UINT32_MAX))
		return -VMS_ENOMEM;
	if (accepted) {
		memmove(p->accepted + lo + 1, p->accepted + lo,
			(p->accepted_nr - lo) * sizeof(*p->accepted));
		p->accepted[lo] = cand_idx;
		p->accepted_nr++;
	} else {
		p->accepted_nr--;
		memmove(p->accepted + lo, p->accepted + lo + 1,
			(p->accepted_nr - lo) * sizeof(*p->accepted));
	}
	return 0;
}
