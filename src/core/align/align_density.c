// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Offsets from nothing: guest events must avoid the gaps of the thread, at every lag at once by
 * Fourier transform.
 */
#include "core/align/align_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fft.h"
#include "core/base/util.h"

#define SAMPLES_MAX 1500u
#define MORE_SAMPLES 3.0   /* times as many when so far nothing stands out */
#define Z_LEAST 3.0	   /* standard deviations from chance of a lag that is looked at */
#define BINS_MAX (1 << 18) /* of the samples' span */
#define LONG_US 200.0	   /* a grid as coarse as this sees long gaps only */
#define NEAR_SLOPES 2.0	   /* each way around the one that is known: a step leaves the rate */

struct search {
	struct align_ctx *x;
	const struct align_thread *t;
	int64_t *at_raw;      /* samples, ascending */
	int64_t *shifted_raw; /* the same under a drift */
	uint32_t nr;
	int64_t bin_raw;
	bool whole; /* at_raw are from all over the events, none more could be had */
	/* share of lags at which a sample counts as a violation by chance */
	double p;
	struct vms_fft *fft;
	struct vms_cpx *host, *guest;
	struct align_pool pool;
	const struct vms_line *now; /* what drifts as the clock did so far; NULL: not known */
};

/* The share of time at which two bins in a row lie in one gap. */
static double share_seen(const struct align_thread *t, int64_t bin_raw)
{
	const double all = (double)t->last_raw - (double)t->first_raw;
	double seen = 0.0;
	uint32_t i;

	for (i = 0; i < t->gaps_nr; i++) {
		const double len = (double)(t->gaps[i].to_raw - t->gaps[i].from_raw);

		if (len > 2.0 * (double)bin_raw)
			seen += len - 2.0 * (double)bin_raw;
	}
	return all > 0.0 ? seen / all : 0.0;
}

/* The coarsest grid that still sees most of the gaps, on which the host has not too many bins. */
static void choose_bin(struct search *search)
{
	static const double us[] = { 1000.0, 500.0, 200.0, 100.0, 50.0, 20.0, 10.0, 5.0 };
	const double all = (double)search->t->last_raw - (double)search->t->first_raw;
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(us); i++) {
		const int64_t bin = align_us(search->x, us[i]);
		double p;

		if (i && all / (double)bin > 16e6)
			break;
		p = share_seen(search->t, bin);
		search->bin_raw = bin;
		search->p = p;
		if (p >= 0.7 * search->t->gap_share)
			break;
	}
	while (all / (double)search->bin_raw > 64e6)
		search->bin_raw *= 2;
	search->p = share_seen(search->t, search->bin_raw);
}

/* Events around one, at least a little apart: those of one burst say the same. */
static void take_samples(struct search *search, const struct vms_cpu *cpu, uint32_t around, int dir,
			 uint32_t want)
{
	/* where only long gaps count, samples within one of them say the same, too */
	const int64_t long_raw =
		search->bin_raw >= align_us(search->x, LONG_US) ? search->bin_raw : 0;
	const int64_t apart =
		VMS_MAX(VMS_MAX(search->t->stretch_raw / 2, long_raw), align_us(search->x, 5.0));
	const int64_t span_max = search->bin_raw * (BINS_MAX - 8);
	int64_t lo = cpu->time_raw[around], hi = lo;
	uint32_t first = around, last = around, left = 0, right = 1;
	int64_t *buf = search->at_raw; /* left ones grow down from the middle, right ones up */
	int64_t *mid = buf + want;
	bool more = true;

	mid[0] = lo;
	while (more && left + right < want) {
		more = false;
		while (dir <= 0 && first > 0) {
			const int64_t time = cpu->time_raw[--first];

			if (vms_sat_sub_i64(lo, time) < apart)
				continue;
			if (vms_sat_sub_i64(hi, time) > span_max)
				first = 0;
			else {
				lo = mid[-(int64_t)++left] = time;
				more = true;
			}
			break;
		}
		while (dir >= 0 && last + 1 < cpu->nr) {
			const int64_t time = cpu->time_raw[++last];

			if (vms_sat_sub_i64(time, hi) < apart)
				continue;
			if (vms_sat_sub_i64(time, lo) > span_max)
				last = cpu->nr - 1;
			else {
				hi = mid[right++] = time;
				more = true;
			}
			break;
		}
	}
	search->nr = left + right;
	memmove(buf, mid - left, search->nr * sizeof(*buf));
}

/* Whether samples that all avoid the gaps could be told from chance at all. */
static bool enough(const struct search *s)
{
	const double u = s->t->gap_share;

	return (double)s->nr * u >= ALIGN_Z_LEAST * ALIGN_Z_LEAST * (1.0 - u);
}

/*
 * bins [from, from + nr): re = 1 where a sample must lie in a gap, im = 1 where it may be in the
 * guest
 */
static void fill_host(struct search *search, int64_t from, size_t nr)
{
	const struct align_thread *thread = search->t;
	const int64_t all = (thread->last_raw - thread->first_raw) / search->bin_raw;
	int64_t i;
	uint32_t k;

	for (i = 0; i < (int64_t)nr; i++)
		search->host[i] =
			(struct vms_cpx){ 0.0, from + i >= 0 && from + i < all ? 1.0 : 0.0 };
	k = align_gap_at(thread, vms_sat_add_i64(thread->first_raw, from * search->bin_raw));
	for (; k < thread->gaps_nr; k++) {
		/* bins b and b + 1 wholly in the gap */
		const int64_t b0 =
			(thread->gaps[k].from_raw - thread->first_raw + search->bin_raw - 1) /
			search->bin_raw;
		const int64_t b1 =
			(thread->gaps[k].to_raw - thread->first_raw + 1) / search->bin_raw - 2;
		const int64_t lo = VMS_MAX(b0, from), hi = VMS_MIN(b1, from + (int64_t)nr - 1);

		if (b0 >= from + (int64_t)nr)
			break;
		for (i = lo; i <= hi; i++)
			search->host[i - from] = (struct vms_cpx){ 1.0, 0.0 };
	}
	/* a shadow shows nothing either way */
	for (k = 0; k < thread->t->stretches_nr; k++) {
		const struct vms_stretch *st = &thread->t->stretches[k];
		const int64_t lo = (st->enter_raw - thread->first_raw) / search->bin_raw - from;
		const int64_t hi = (st->leave_raw - thread->first_raw) / search->bin_raw - from;

		if (!(st->flags & VMS_STRETCH_UNKNOWN) || hi < 0 || lo >= (int64_t)nr)
			continue;
		for (i = VMS_MAX(lo, 0); i <= hi && i < (int64_t)nr; i++)
			search->host[i].im = 0.0;
	}
}

/* Turns counts into standard deviations from chance and keeps the local tops. */
static void judge(struct search *search, int64_t first_idx, size_t valid, double drift)
{
	const double sd = sqrt(search->p * (1.0 - search->p));
	double before = -HUGE_VAL, here = -HUGE_VAL, next;
	size_t i;

	for (i = 0; i <= valid; i++) {
		next = -HUGE_VAL;
		if (i < valid) {
			const double v = search->host[i].re, n = v + search->host[i].im;

			if (n >= 0.2 * (double)search->nr && n > 10.0)
				next = (search->p * n - v) / (sqrt(n) * sd);
		}
		if (i && here > Z_LEAST && here >= before && here > next)
			align_pool_add(&search->pool,
				       (struct align_lag){ first_idx + (int64_t)i - 1, here,
							   drift });
		before = here;
		here = next;
	}
}

static int64_t under_drift(const struct search *s, size_t i, double drift)
{
	return s->at_raw[i] + (int64_t)(drift * (double)(s->at_raw[i] - s->at_raw[s->nr / 2]));
}

static int correlate(struct search *search, double drift)
{
	const size_t n = vms_fft_nr(search->fft);
	int64_t base, span, all, from;
	size_t valid, i;

	for (i = 0; i < search->nr; i++)
		search->shifted_raw[i] = under_drift(search, i, drift);
	base = search->shifted_raw[0];
	span = (search->shifted_raw[search->nr - 1] - base) / search->bin_raw + 2;
	memset(search->guest, 0, n * sizeof(*search->guest));
	for (i = 0; i < search->nr; i++) {
		int64_t b = (search->shifted_raw[i] - base) / search->bin_raw;

		if (b >= 0 && b < (int64_t)n / 2)
			search->guest[b].re += 1.0;
	}
	vms_fft_forward(search->fft, search->guest);
	all = (search->t->last_raw - search->t->first_raw) / search->bin_raw + 1;
	valid = n - (size_t)span;
	for (from = -span; from < all; from += (int64_t)valid) {
		if (align_cancelled(search->x))
			return -VMS_ECANCEL;
		fill_host(search, from, n);
		vms_fft_forward(search->fft, search->host);
		vms_fft_correlate(search->fft, search->host, search->guest);
		vms_fft_inverse(search->fft, search->host);
		search->x->work_left -= (double)n;
		judge(search, from, valid, drift);
	}
	return 0;
}

static int by_worth(const void *a, const void *b)
{
	const struct align_cand *x = a, *y = b;

	return (x->z < y->z) - (x->z > y->z);
}

/* By how much violations fall short of chance, in standard deviations. */
static double shortfall(const struct search *s, uint32_t v, uint32_t n)
{
	const double u = VMS_MIN(VMS_MAX(s->t->gap_share, 1e-9), 1.0 - 1e-9);

	return (u * (double)n - (double)v) / sqrt((double)n * u * (1.0 - u));
}

/* Exact violations of the samples around a lag, at the drift it was found with. */
static int verify_one(struct search *search, const struct align_lag *lag, struct align_cand *cand)
{
	const int64_t off = search->t->first_raw + lag->idx * search->bin_raw -
			    under_drift(search, 0, lag->drift);
	struct align_sweep sw = {
		.t = search->t,
		.host_raw = search->shifted_raw,
		.nr = search->nr,
		.lo_raw = -search->bin_raw,
		.hi_raw = 2 * search->bin_raw,
		.apart_raw = search->bin_raw,
	};
	struct align_plateau plateau;
	size_t j;
	int ret;

	for (j = 0; j < search->nr; j++)
		search->shifted_raw[j] = under_drift(search, j, lag->drift) + off;
	ret = align_sweep_run(search->x, &sw, &plateau);
	if (ret)
		return ret;
	*cand = (struct align_cand){
		.lo_raw = off + plateau.lo_raw,
		.hi_raw = off + plateau.hi_raw,
		.ref_raw = search->at_raw[search->nr / 2],
		.drift = lag->drift,
		.v = plateau.v,
		.n = plateau.checkable_nr,
		.z = plateau.checkable_nr ? shortfall(search, plateau.v, plateau.checkable_nr)
					  : -HUGE_VAL,
	};
	return 0;
}

/* The few that look best get their drift refined: it may smear them by a bin as yet. */
static int refine(struct search *search, struct align_cand *cand)
{
	struct vms_line line = { .ref_raw = cand->ref_raw,
				 .drift = cand->drift,
				 .offset_raw = cand->lo_raw + (cand->hi_raw - cand->lo_raw) / 2 };
	struct align_plateau plateau;
	int64_t off;
	int ret;

	if (search->x->constant)
		return 0;
	ret = align_sweep_line(search->x, search->t, search->at_raw, search->nr, &line,
			       2 * search->bin_raw, 0.0, &plateau);
	if (ret || !plateau.checkable_nr)
		return ret;
	off = align_line_offset(&line, cand->ref_raw);
	cand->lo_raw = off - (plateau.hi_raw - plateau.lo_raw) / 2;
	cand->hi_raw = off + (plateau.hi_raw - plateau.lo_raw) / 2;
	cand->drift = line.drift;
	cand->v = plateau.v;
	cand->n = plateau.checkable_nr;
	cand->z = shortfall(search, plateau.v, plateau.checkable_nr);
	return 0;
}

static int verify(struct search *search, struct align_cands *out)
{
	struct align_cand all[ALIGN_POOL_NR];
	size_t i, j, nr = 0;
	int ret;

	for (i = 0; i < search->pool.nr; i++) {
		ret = verify_one(search, &search->pool.l[i], &all[nr]);
		if (ret)
			return ret;
		nr += all[nr].n >= 10;
	}
	qsort(all, nr, sizeof(all[0]), by_worth);
	out->nr = 0;
	for (i = 0; i < nr && out->nr < ALIGN_CANDS_MAX; i++) {
		const int64_t apart = VMS_MAX(5 * search->t->stretch_raw, 3 * search->bin_raw);

		for (j = 0; j < out->nr; j++)
			if (all[i].lo_raw < out->c[j].hi_raw + apart &&
			    all[i].hi_raw > out->c[j].lo_raw - apart)
				break;
		if (j < out->nr)
			continue;
		ret = refine(search, &all[i]);
		if (ret)
			return ret;
		out->c[out->nr++] = all[i];
	}
	qsort(out->c, out->nr, sizeof(out->c[0]), by_worth);
	/* refined, two may have become one */
	for (i = 1, nr = 1; i < out->nr; i++)
		if (out->c[i].lo_raw > out->c[0].hi_raw + 5 * search->t->stretch_raw ||
		    out->c[i].hi_raw < out->c[0].lo_raw - 5 * search->t->stretch_raw)
			out->c[nr++] = out->c[i];
	out->nr = VMS_MIN(out->nr, (unsigned int)nr);
	return 0;
}

static bool convincing(const struct align_cands *c)
{
	if (!c->nr || c->c[0].v * 50 > c->c[0].n)
		return false;
	return c->nr < 2 || (c->c[1].v + 1) >= 6 * (c->c[0].v + 1);
}

/*
 * A drift smears the samples over more than a bin. Slopes are tried from 0 outward, in steps that
 * keep the smear within a bin, until one convinces.
 */
static int over_drifts(struct search *search, struct align_cands *out)
{
	const double span = (double)(search->at_raw[search->nr - 1] - search->at_raw[0]);
	const double step = span > 0.0 ? 2.0 * (double)search->bin_raw / span : 1.0;
	const double middle = search->now ? search->now->drift : 0.0;
	unsigned int k, most = 0;
	struct align_cands now = { .nr = 0 };
	int ret;

	if (!search->x->constant)
		most = 2 * (unsigned int)VMS_MIN(ceil(search->x->drift_max / step),
						 search->now ? NEAR_SLOPES : 40.0);
	for (k = 0; k <= most && search->x->work_left > 0.0; k++) {
		const double drift = middle + step * (k % 2 ? 1.0 : -1.0) * (double)((k + 1) / 2);

		search->pool.nr = 0;
		search->x->swept = 0.0;
		ret = correlate(search, drift);
		if (!ret)
			ret = verify(search, &now);
		search->x->work_left -= search->x->swept;
		if (ret)
			return ret;
		if (now.nr && (!out->nr || now.c[0].z > out->c[0].z))
			*out = now;
		if (convincing(&now))
			break;
	}
	return 0;
}

static void release_transforms(struct search *s)
{
	free(s->host);
	free(s->guest);
	vms_fft_free(s->fft);
	s->host = s->guest = NULL;
	s->fft = NULL;
}

/* Takes some events and makes room for the transforms that their span asks for. */
static int arrange(struct search *search, const struct vms_cpu *c, uint32_t around, int dir,
		   uint32_t want)
{
	unsigned int lg = 15;
	int64_t span;
	int ret;

	take_samples(search, c, around, dir, want);
	search->whole = search->nr < want && search->at_raw[0] == c->time_raw[0] &&
			search->at_raw[search->nr - 1] == c->time_raw[c->nr - 1];
	if (search->nr < 10)
		return -VMS_ENODATA;
	span = (search->at_raw[search->nr - 1] - search->at_raw[0]) / search->bin_raw;
	while (lg < 21 && ((int64_t)1 << lg) < 4 * (span + 4))
		lg++;
	if (search->fft && vms_fft_nr(search->fft) == (size_t)1 << lg)
		return 0;
	release_transforms(search);
	ret = vms_fft_new(&search->fft, lg);
	if (ret)
		return ret;
	search->host = vms_calloc((size_t)1 << lg, sizeof(*search->host));
	search->guest = vms_calloc((size_t)1 << lg, sizeof(*search->guest));
	return search->host && search->guest ? 0 : -VMS_ENOMEM;
}

/* Few events first: clocks that drift smear many. When they do not tell, more of them do. */
static int over_samples(struct search *search, const struct vms_cpu *cpu, uint32_t around, int dir,
			struct align_cands *out)
{
	const double least = search->x->constant ? 400.0 : 150.0;
	double want = VMS_MIN(VMS_MAX((search->x->constant ? 60.0 : 30.0) / search->p, least),
			      (double)SAMPLES_MAX);
	struct align_cands now = { .nr = 0 };
	uint32_t before = 0;
	double work;
	int ret = 0;

	for (;;) {
		now.nr = 0;
		ret = arrange(search, cpu, around, dir, (uint32_t)want);
		if (ret || search->nr <= before)
			break;
		before = search->nr;
		work = search->x->work_left;
		if (enough(search))
			ret = over_drifts(search, &now);
		if (ret)
			break;
		if (now.nr)
			*out = now;
		/* the next round has as many more drifts to go through as samples */
		work -= search->x->work_left;
		if (convincing(&now) || want >= SAMPLES_MAX ||
		    search->x->work_left < MORE_SAMPLES * work)
			break;
		want = VMS_MIN(want * MORE_SAMPLES, (double)SAMPLES_MAX);
	}
	return ret;
}

int align_density_search(struct align_ctx *x, const struct align_thread *t,
			 const struct vms_cpu *cpu, uint32_t around, int dir,
			 const struct vms_line *now, struct align_cands *out)
{
	struct search search = { .x = x, .t = t, .now = now };
	int ret = 0;

	out->nr = 0;
	out->whole = false;
	if (!cpu->nr || around >= cpu->nr || t->gaps_nr < 10)
		return 0;
	choose_bin(&search);
	if (search.p <= 0.0 || search.p >= 1.0)
		return 0;
	search.at_raw = vms_calloc(2 * (size_t)SAMPLES_MAX + 2, sizeof(*search.at_raw));
	search.shifted_raw = vms_calloc(SAMPLES_MAX + 1, sizeof(*search.shifted_raw));
	if (!search.at_raw || !search.shifted_raw)
		ret = -VMS_ENOMEM;
	if (!ret)
		ret = over_samples(&search, cpu, around, dir, out);
	out->whole = search.whole;
	free(search.at_raw);
	free(search.shifted_raw);
	release_transforms(&search);
	return ret == -VMS_ENODATA ? 0 : ret;
}
