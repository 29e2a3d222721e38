// SPDX-License-Identifier: LGPL-2.1-or-later
/* Candidates: formed under the model in force, found again by their events when it changes, flagged and counted. */
#include "session_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Delays beyond this many median absolute deviations are outliers, whatever the percentile says. */
#define OUTLIER_MADS 10.0
/* How far outside a stretch a guest event may lie and still pair with it [ns]. */
#define REACH_NS 100000.0

static uint64_t mix(uint64_t h)
{
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	h *= UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ (h >> 33);
}

static uint64_t pair_hash(const struct vms_pair *p)
{
	uint64_t h = mix(((uint64_t)(uint32_t)p->guest_ev.cpu << 32) | p->guest_ev.idx);

	h = mix(h ^ (((uint64_t)(uint32_t)p->host_ev.cpu << 32) | p->host_ev.idx));
	return mix(h ^ (((uint64_t)p->guest << 8) | p->seq));
}

static bool pair_same(const struct vms_pair *a, const struct vms_pair *b)
{
	return a->guest == b->guest && a->seq == b->seq && vms_ref_same(a->guest_ev, b->guest_ev) &&
	       vms_ref_same(a->host_ev, b->host_ev);
}

/* Open addressing over candidates: slots hold index + 1. */
struct pair_table {
	uint32_t *slot;
	size_t mask;
};

static int table_build(struct pair_table *t, const struct vms_candidate *c, uint32_t nr)
{
	size_t size = 64;
	uint32_t i;

	while (size < (size_t)nr * 2)
		size *= 2;
	t->slot = vms_calloc(size, sizeof(*t->slot));
	if (!t->slot)
		return -VMS_ENOMEM;
	t->mask = size - 1;
	for (i = 0; i < nr; i++) {
		size_t h = (size_t)pair_hash(&c[i].pair) & t->mask;

		while (t->slot[h])
			h = (h + 1) & t->mask;
		t->slot[h] = i + 1;
	}
	return 0;
}

static uint32_t table_find(const struct pair_table *t, const struct vms_candidate *c, const struct vms_pair *p)
{
	size_t h = (size_t)pair_hash(p) & t->mask;

	for (; t->slot[h]; h = (h + 1) & t->mask)
		if (pair_same(&c[t->slot[h] - 1].pair, p))
			return t->slot[h] - 1;
	return VMS_ID_NONE;
}

static int find_all(struct vms_session *s, struct vms_pair_list *list, struct vms_err *err)
{
	unsigned int i;
	const double reach = s->clock.ns_per_unit > 0.0 ? REACH_NS / s->clock.ns_per_unit : REACH_NS;

	for (i = 0; i < s->tracks_nr; i++) {
		const struct vms_track *t = &s->tracks[i];
		struct vms_model *m = NULL;
		struct vms_pairing p;
		int ret;

		if (!t->thread)
			continue;
		ret = session_map_get(s, s->model, t->guest, &m, err);
		if (ret)
			return ret;
		if (!m)
			continue;
		p = (struct vms_pairing){ .host = s->trace->host, .guest = s->trace->guests[t->guest].stream,
					  .guest_idx = t->guest, .cpu_idx = t->cpu_idx, .thread = t->thread,
					  .catalogue = &s->cat, .model = m, .reach_raw = (int64_t)reach };
		ret = vms_pairs_find(list, &p, err);
		if (ret)
			return ret;
	}
	return 0;
}

static int by_host_time(const void *a, const void *b)
{
	const struct vms_candidate *x = a, *y = b;

	if (x->pair.host_raw != y->pair.host_raw)
		return x->pair.host_raw < y->pair.host_raw ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static int index_ids(struct vms_session *s)
{
	uint32_t i;
	int ret;

	ret = vms_grow(&s->index_of, &s->index_of_cap, (size_t)s->next_id + 1, sizeof(*s->index_of), UINT32_MAX);
	if (ret)
		return ret;
	for (i = 0; i <= s->next_id; i++)
		s->index_of[i] = VMS_ID_NONE;
	for (i = 0; i < s->cands_nr; i++)
		s->index_of[s->cands[i].id] = i;
	return 0;
}

static int index_tracks(struct vms_session *s)
{
	unsigned int t;
	uint32_t i;

	for (t = 0; t < s->tracks_nr; t++) {
		free(s->priv[t].cand);
		s->priv[t].cand = NULL;
		s->priv[t].cand_nr = 0;
	}
	for (i = 0; i < s->cands_nr; i++)
		s->priv[s->cands[i].track].cand_nr++;
	for (t = 0; t < s->tracks_nr; t++) {
		s->priv[t].cand = vms_calloc(s->priv[t].cand_nr, sizeof(uint32_t));
		if (!s->priv[t].cand)
			return -VMS_ENOMEM;
		s->priv[t].cand_nr = 0;
	}
	for (i = 0; i < s->cands_nr; i++) {
		struct session_track *p = &s->priv[s->cands[i].track];

		p->cand[p->cand_nr++] = i;
	}
	return 0;
}

/* Rivals arise where a decided pair no longer forms and another claims its guest event. */
static void mark_rivals(struct vms_session *s)
{
	uint32_t i, k;

	for (i = 0; i < s->cands_nr; i++)
		s->cands[i].rival = VMS_ID_NONE;
	for (i = 0; i < s->cands_nr; i++) {
		struct vms_candidate *d = &s->cands[i];
		const struct session_track *p = &s->priv[d->track];

		if (!(d->flags & VMS_CAND_DETACHED))
			continue;
		for (k = 0; k < p->cand_nr; k++) {
			struct vms_candidate *c = &s->cands[p->cand[k]];

			if (c == d || c->pair.seq != d->pair.seq ||
			    !vms_ref_same(c->pair.guest_ev, d->pair.guest_ev))
				continue;
			c->rival = d->id;
			d->rival = c->id;
		}
	}
}

static int adopt(struct vms_session *s, struct vms_candidate *to, uint32_t *nr, const struct vms_pair_list *list)
{
	struct pair_table old = { 0 };
	uint32_t i;
	int ret;

	ret = table_build(&old, s->cands, s->cands_nr);
	if (ret)
		return ret;
	for (i = 0; i < list->nr; i++) {
		const uint32_t was = table_find(&old, s->cands, &list->p[i]);
		struct vms_candidate *c = &to[(*nr)++];

		if (was != VMS_ID_NONE) {
			*c = s->cands[was];
			c->flags &= (uint8_t)~VMS_CAND_DETACHED;
			s->cands[was].id = 0; /* taken over */
		} else {
			memset(c, 0, sizeof(*c));
			c->id = ++s->next_id;
		}
		c->pair = list->p[i];
		c->track = (uint16_t)vms_session_track_of(s, c->pair.guest, (unsigned int)c->pair.guest_ev.cpu);
	}
	for (i = 0; i < s->cands_nr; i++) {
		if (!s->cands[i].id || (s->cands[i].state == VMS_UNDECIDED && !s->cands[i].tag))
			continue;
		to[*nr] = s->cands[i];
		to[(*nr)++].flags |= VMS_CAND_DETACHED;
	}
	free(old.slot);
	return 0;
}

int session_pairs_form(struct vms_session *s, struct vms_err *err)
{
	struct vms_pair_list list = { 0 };
	struct vms_candidate *cands = NULL;
	uint32_t nr = 0;
	unsigned int t;
	int ret;

	ret = find_all(s, &list, err);
	if (ret)
		goto out;
	cands = vms_calloc((size_t)list.nr + s->cands_nr, sizeof(*cands));
	ret = cands ? adopt(s, cands, &nr, &list) : -VMS_ENOMEM;
	if (ret) {
		(void)vms_fail(err, -ret, "out of memory for %u candidates", list.nr);
		goto out;
	}
	qsort(cands, nr, sizeof(*cands), by_host_time);
	free(s->cands);
	s->cands = cands;
	s->cands_nr = nr;
	s->sorted_nr = nr;
	cands = NULL;
	ret = index_ids(s);
	if (!ret)
		ret = index_tracks(s);
	if (ret) {
		(void)vms_fail(err, -ret, "out of memory for %u candidates", nr);
		goto out;
	}
	for (t = 0; t < s->tracks_nr && !ret; t++) {
		ret = session_seq_results(s, t, err);
		session_flags_update(s, t);
	}
	mark_rivals(s);
	s->generation++;
out:
	free(cands);
	vms_pair_list_clear(&list);
	return ret;
}

double session_signed_ns(const struct vms_session *s, const struct vms_candidate *c)
{
	const struct vms_model *m = vms_session_map(s, c->pair.guest);
	const int64_t map = vms_model_event(m, (unsigned int)c->pair.guest_ev.cpu, c->pair.guest_ev.idx,
					    c->pair.guest_raw);

	return vms_clock_ns(&s->clock, vms_sat_sub_i64(c->pair.host_raw, map));
}

double vms_session_delay_ns(const struct vms_session *s, const struct vms_candidate *c)
{
	const double d = session_signed_ns(s, c);

	return c->pair.dir == VMS_GUEST_TO_HOST ? d : -d;
}

double vms_session_residual_ns(const struct vms_session *s, const struct vms_candidate *c)
{
	return session_signed_ns(s, c) - s->priv[c->track].seq_median_ns[c->pair.seq];
}

/* Impossible: its delay would be negative at every offset of the band. */
static bool impossible(const struct vms_track *t, const struct vms_candidate *c)
{
	const struct vms_band_segment *g = vms_band_segment_of(t->band, c->pair.guest_ev.idx);
	const int64_t y = vms_sat_sub_i64(c->pair.host_raw, c->pair.guest_raw);
	int64_t lo, hi;

	if (!g)
		return false;
	vms_band_at(g, c->pair.guest_raw, &lo, &hi);
	return c->pair.dir == VMS_GUEST_TO_HOST ? y < lo : y > hi;
}

static bool binding(const struct vms_track *t, const struct vms_candidate *c)
{
	unsigned int i;

	for (i = 0; t->band && i < t->band->segs_nr; i++) {
		const struct vms_band_segment *g = &t->band->segs[i];
		const struct vms_point *p = c->pair.dir == VMS_GUEST_TO_HOST ? &g->bind_upper : &g->bind_lower;
		const uint32_t nr = c->pair.dir == VMS_GUEST_TO_HOST ? g->upper_nr : g->lower_nr;

		if (nr && p->event == c->pair.guest_ev.idx && p->stretch == c->pair.stretch)
			return true;
	}
	return false;
}

void session_flags_update(struct vms_session *s, unsigned int track)
{
	const struct vms_track *t = &s->tracks[track];
	const struct session_track *p = &s->priv[track];
	uint32_t i;

	for (i = 0; i < s->cat.seqs_nr; i++)
		t->seqs[i].impossible = 0;
	for (i = 0; i < p->cand_nr; i++) {
		struct vms_candidate *c = &s->cands[p->cand[i]];
		const unsigned int q = c->pair.seq;
		const double residual = fabs(vms_session_residual_ns(s, c));

		c->flags &= (uint8_t)~(VMS_CAND_IMPOSSIBLE | VMS_CAND_OUTLIER | VMS_CAND_BINDING);
		if (impossible(t, c)) {
			c->flags |= VMS_CAND_IMPOSSIBLE;
			t->seqs[q].impossible++;
		}
		if (p->seq_mad_ns[q] > 0.0 && residual > OUTLIER_MADS * p->seq_mad_ns[q] &&
		    residual > p->seq_p99_ns[q])
			c->flags |= VMS_CAND_OUTLIER;
		if (binding(t, c))
			c->flags |= VMS_CAND_BINDING;
	}
}

/* The values of one track by sequence: one pass over the candidates, whatever the number of sequences. */
struct seq_values {
	double *delay, *signed_ns, *accepted;	/* room for all candidates of the track each */
	uint32_t *from;				/* where a sequence begins in all three; seqs_nr + 1 */
	uint32_t *kept_nr, *accepted_nr;
};

static void values_free(struct seq_values *v)
{
	free(v->delay);
	free(v->signed_ns);
	free(v->accepted);
	free(v->from);
	free(v->kept_nr);
	free(v->accepted_nr);
}

static int values_alloc(struct seq_values *v, size_t cands_nr, size_t seqs_nr)
{
	v->delay = vms_calloc(cands_nr, sizeof(double));
	v->signed_ns = vms_calloc(cands_nr, sizeof(double));
	v->accepted = vms_calloc(cands_nr, sizeof(double));
	v->from = vms_calloc(seqs_nr + 1, sizeof(uint32_t));
	v->kept_nr = vms_calloc(seqs_nr, sizeof(uint32_t));
	v->accepted_nr = vms_calloc(seqs_nr, sizeof(uint32_t));
	return v->delay && v->signed_ns && v->accepted && v->from && v->kept_nr && v->accepted_nr ? 0 : -VMS_ENOMEM;
}

static void values_fill(const struct vms_session *s, unsigned int track, struct seq_values *v)
{
	const struct session_track *p = &s->priv[track];
	struct vms_track *t = &s->tracks[track];
	uint32_t i, q;

	for (i = 0; i < p->cand_nr; i++)
		v->from[s->cands[p->cand[i]].pair.seq + 1]++;
	for (q = 0; q < s->cat.seqs_nr; q++) {
		t->seqs[q] = (struct vms_seq_result){ .pairs = v->from[q + 1], .impossible = t->seqs[q].impossible };
		v->from[q + 1] += v->from[q];
	}
	for (i = 0; i < p->cand_nr; i++) {
		const struct vms_candidate *c = &s->cands[p->cand[i]];
		const double d = session_signed_ns(s, c);
		const double delay = c->pair.dir == VMS_GUEST_TO_HOST ? d : -d;

		q = c->pair.seq;
		t->seqs[q].accepted += c->state == VMS_ACCEPTED;
		t->seqs[q].rejected += c->state == VMS_REJECTED;
		if (c->state == VMS_REJECTED)
			continue;
		v->delay[v->from[q] + v->kept_nr[q]] = delay;
		v->signed_ns[v->from[q] + v->kept_nr[q]++] = d;
		if (c->state == VMS_ACCEPTED)
			v->accepted[v->from[q] + v->accepted_nr[q]++] = delay;
	}
}

static void seq_summary(struct vms_seq_result *r, struct session_track *p, unsigned int q,
			const struct seq_values *v)
{
	double *const d = v->signed_ns + v->from[q];
	struct vms_stats st;
	uint32_t i;

	vms_stats_of(&r->delay_ns, v->delay + v->from[q], v->kept_nr[q]);
	vms_stats_of(&r->delay_accepted_ns, v->accepted + v->from[q], v->accepted_nr[q]);
	vms_stats_of(&st, d, v->kept_nr[q]);
	p->seq_median_ns[q] = v->kept_nr[q] ? st.median : 0.0;
	p->seq_mad_ns[q] = v->kept_nr[q] ? st.mad : 0.0;
	for (i = 0; i < v->kept_nr[q]; i++)
		d[i] = fabs(d[i] - p->seq_median_ns[q]);
	vms_stats_of(&st, d, v->kept_nr[q]);
	p->seq_p99_ns[q] = v->kept_nr[q] ? st.p99 : 0.0;
}

int session_seq_results(struct vms_session *s, unsigned int track, struct vms_err *err)
{
	struct session_track *p = &s->priv[track];
	struct vms_track *t = &s->tracks[track];
	struct seq_values v = { 0 };
	unsigned int q;
	int ret;

	ret = values_alloc(&v, p->cand_nr, s->cat.seqs_nr);
	if (ret) {
		(void)vms_fail(err, -ret, "out of memory");
		goto out;
	}
	values_fill(s, track, &v);
	t->accepted = 0;
	t->rejected = 0;
	for (q = 0; q < s->cat.seqs_nr; q++) {
		seq_summary(&t->seqs[q], p, q, &v);
		t->accepted += t->seqs[q].accepted;
		t->rejected += t->seqs[q].rejected;
	}
	t->undecided = p->cand_nr - t->accepted - t->rejected;
out:
	values_free(&v);
	return ret;
}
