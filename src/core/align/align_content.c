// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Events of host and guest that carry the same value, or an offset outright: MSR writes, TSC offset
 * writes.
 */
#include "core/align/align_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/order.h"
#include "core/base/util.h"

#define MSRS_MAX ((size_t)8 << 20)
#define WRITES_MAX 4096u
#define PEAK_LEAST_NR 4u
#define PEAK_US 100.0 /* between an event and the one of the same content */
/* A clock that is steered drifts by less than this: it is scaled. */
#define STEEP 1e-3
#define RATE_PAIRS_LEAST 16u

/* An MSR write on either side. */
struct msr {
	uint64_t nr, val;
	int64_t at_raw;
	uint32_t cpu, idx;
};

struct msrs {
	struct msr *m;
	size_t nr, cap;
};

static int add_write(struct align_ctx *ctx, size_t *cap, struct vms_ref ref)
{
	uint64_t vcpu = UINT64_MAX, before, after;
	int ret;

	if (!vms_field_by_name(ctx->host, ref, "previous_tsc_offset", &before) ||
	    !vms_field_by_name(ctx->host, ref, "next_tsc_offset", &after))
		return 0;
	(void)vms_field_by_name(ctx->host, ref, "vcpu_id", &vcpu);
	ret = vms_grow(&ctx->writes, cap, ctx->writes_nr + 1, sizeof(*ctx->writes), WRITES_MAX);
	if (ret)
		return ret == -VMS_ERANGE ? 0 : ret;
	ctx->writes[ctx->writes_nr++] = (struct align_tsc_write){
		.vcpu_id = vcpu > INT32_MAX ? -2 : (int32_t)vcpu,
		.tid = vms_event_tid(ctx->host, ref),
		.host_raw = vms_event_time(ctx->host, ref),
		/* KVM adds its offset to the host's TSC: guest = host + offset */
		.before_raw = vms_ratio_undo(&ctx->guest->ratio, (int64_t)(0 - before)),
		.after_raw = vms_ratio_undo(&ctx->guest->ratio, (int64_t)(0 - after)),
	};
	return 0;
}

static int by_host_time(const void *left, const void *right)
{
	const struct align_tsc_write *a = left, *b = right;

	return (a->host_raw > b->host_raw) - (a->host_raw < b->host_raw);
}

int align_writes_find(struct align_ctx *ctx)
{
	const unsigned int type = vms_type_find(ctx->host, "kvm", "kvm_write_tsc_offset");
	size_t cap = 0;
	unsigned int i;
	uint32_t k;
	int ret = 0;

	/* only where both sides count the TSC is the offset in their unit */
	if (!type || !ctx->constant)
		return 0;
	for (i = 0; i < ctx->host->cpus_nr; i++)
		for (k = 0; k < ctx->host->cpus[i].nr && !ret; k++)
			if (ctx->host->cpus[i].type[k] == type)
				ret = add_write(ctx, &cap,
						(struct vms_ref){ .cpu = (int32_t)i, .idx = k });
	if (ctx->writes_nr)
		qsort(ctx->writes, ctx->writes_nr, sizeof(*ctx->writes), by_host_time);
	return ret;
}

/* The fields of one type of MSR event. */
struct msr_fields {
	const struct vms_stream *s;
	unsigned int type;
	const struct vms_field *nr, *val, *write;
};

static bool is_number(const struct vms_field *f)
{
	return f && !f->is_array && !f->is_dynamic;
}

static int gather(struct align_ctx *x, const struct msr_fields *msr_fields, struct msrs *out)
{
	unsigned int i;
	uint32_t k;
	int ret;

	for (i = 0; i < msr_fields->s->cpus_nr; i++) {
		const struct vms_cpu *cpu = &msr_fields->s->cpus[i];

		if (align_cancelled(x))
			return -VMS_ECANCEL;
		for (k = 0; k < cpu->nr; k++) {
			if (cpu->type[k] != msr_fields->type)
				continue;
			if (msr_fields->write &&
			    !vms_field_u64(msr_fields->s, msr_fields->write, vms_payload(cpu, k)))
				continue;
			ret = vms_grow(&out->m, &out->cap, out->nr + 1, sizeof(*out->m), MSRS_MAX);
			if (ret)
				return ret == -VMS_ERANGE ? 0 : ret;
			out->m[out->nr++] = (struct msr){
				.nr = vms_field_u64(msr_fields->s, msr_fields->nr,
						    vms_payload(cpu, k)),
				.val = vms_field_u64(msr_fields->s, msr_fields->val,
						     vms_payload(cpu, k)),
				.at_raw = cpu->time_raw[k],
				.cpu = i,
				.idx = k,
			};
		}
	}
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const struct msr *x = a, *y = b;

	if (x->nr != y->nr)
		return x->nr < y->nr ? -1 : 1;
	return (x->val > y->val) - (x->val < y->val);
}

/* Sorts and keeps what is there once. */
static void keep_single(struct msrs *msrs)
{
	size_t i, j, nr = 0;

	if (!msrs->nr)
		return;
	qsort(msrs->m, msrs->nr, sizeof(*msrs->m), by_key);
	for (i = 0; i < msrs->nr; i = j) {
		for (j = i + 1; j < msrs->nr && !by_key(&msrs->m[i], &msrs->m[j]); j++)
			;
		if (j == i + 1)
			msrs->m[nr++] = msrs->m[i];
	}
	msrs->nr = nr;
}

static int join(struct align_ctx *ctx, const struct msrs *guest, const struct msrs *host)
{
	size_t i = 0, j = 0, cap = 0;

	while (i < guest->nr && j < host->nr) {
		const int c = by_key(&guest->m[i], &host->m[j]);
		int ret;

		if (c < 0) {
			i++;
			continue;
		}
		if (c > 0) {
			j++;
			continue;
		}
		ret = vms_grow(&ctx->pairs, &cap, ctx->pairs_nr + 1, sizeof(*ctx->pairs), MSRS_MAX);
		if (ret)
			return ret;
		ctx->pairs[ctx->pairs_nr++] = (struct align_pair){
			.cpu_idx = guest->m[i].cpu,
			.event_idx = guest->m[i].idx,
			.tid = vms_event_tid(ctx->host, (struct vms_ref){ (int32_t)host->m[j].cpu,
									  host->m[j].idx }),
			.guest_raw = guest->m[i].at_raw,
			.host_raw = host->m[j].at_raw,
		};
		i++;
		j++;
	}
	return 0;
}

int align_pairs_find(struct align_ctx *ctx)
{
	struct msr_fields gf = { .s = ctx->guest,
				 .type = vms_type_find(ctx->guest, "msr", "write_msr") };
	struct msr_fields hf = { .s = ctx->host,
				 .type = vms_type_find(ctx->host, "kvm", "kvm_msr") };
	struct msrs msrs = { 0 }, h = { 0 };
	int ret = 0;

	if (ctx->pairs_done)
		return 0;
	ctx->pairs_done = true;
	if (!gf.type || !hf.type)
		return 0;
	gf.nr = vms_type_field(&ctx->guest->types[gf.type], "msr");
	gf.val = vms_type_field(&ctx->guest->types[gf.type], "val");
	hf.nr = vms_type_field(&ctx->host->types[hf.type], "ecx");
	hf.val = vms_type_field(&ctx->host->types[hf.type], "data");
	hf.write = vms_type_field(&ctx->host->types[hf.type], "write");
	if (!is_number(gf.nr) || !is_number(gf.val) || !is_number(hf.nr) || !is_number(hf.val) ||
	    !is_number(hf.write))
		return 0;
	ret = gather(ctx, &gf, &msrs);
	if (!ret)
		ret = gather(ctx, &hf, &h);
	if (!ret) {
		keep_single(&msrs);
		keep_single(&h);
		ret = join(ctx, &msrs, &h);
	}
	free(msrs.m);
	free(h.m);
	return ret;
}

static int by_guest_time(const void *a, const void *b)
{
	const struct align_pair *x = a, *y = b;

	return (x->guest_raw > y->guest_raw) - (x->guest_raw < y->guest_raw);
}

/*
 * The median rate over half the trace, if neighbours are no farther from it than exits take, and
 * nearer than to one: two lines of rate one, a step apart, have such a median as well.
 */
static double rate_of(const struct align_ctx *x, struct align_pair *pairs, size_t nr)
{
	const double late = (double)align_us(x, PEAK_US);
	double *slopes = vms_calloc(nr, sizeof(*slopes)), rate = 0.0;
	size_t i, agree = 0, n = 0;

	qsort(pairs, nr, sizeof(*pairs), by_guest_time);
	for (i = 0; slopes && i + nr / 2 < nr; i++)
		slopes[n++] = (double)(pairs[i + nr / 2].guest_raw - pairs[i].guest_raw) /
			      fmax((double)(pairs[i + nr / 2].host_raw - pairs[i].host_raw), 1.0);
	if (n)
		rate = vms_order_select(slopes, n, n / 2);
	free(slopes);
	for (i = 1; i < nr; i++) {
		const double g = (double)(pairs[i].guest_raw - pairs[i - 1].guest_raw);
		const double h = (double)(pairs[i].host_raw - pairs[i - 1].host_raw);

		agree += fabs(g - rate * h) < fmin(late, fabs(g - h));
	}
	return agree * 4 > nr * 3 && fabs(rate - 1.0) > STEEP ? rate : 0.0;
}

double align_pairs_rate(const struct align_ctx *x, unsigned int cpu_idx)
{
	struct align_pair *own = vms_calloc(x->pairs_nr, sizeof(*own));
	size_t i, nr = 0;
	double rate = 0.0;

	for (i = 0; own && i < x->pairs_nr; i++)
		if (x->pairs[i].cpu_idx == cpu_idx)
			own[nr++] = x->pairs[i];
	if (nr >= RATE_PAIRS_LEAST)
		rate = rate_of(x, own, nr);
	free(own);
	return rate;
}

static int by_offset(const void *a, const void *b)
{
	const struct align_peak *x = a, *y = b;

	return (x->offset_raw > y->offset_raw) - (x->offset_raw < y->offset_raw);
}

static bool near_one(const struct align_peak *peaks, unsigned int nr, int64_t offset_raw,
		     int64_t apart_raw)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (vms_sat_sub_i64(offset_raw, peaks[i].offset_raw) < apart_raw &&
		    vms_sat_sub_i64(peaks[i].offset_raw, offset_raw) < apart_raw)
			return true;
	return false;
}

/* The window of sorted offsets with the most in it, away from peaks found before. */
static bool next_peak(const struct align_peak *all, size_t nr, int64_t width_raw,
		      const struct align_peak *found, unsigned int found_nr, struct align_peak *out)
{
	size_t lo = 0, hi, best = 0, at = 0;

	for (hi = 0; hi < nr; hi++) {
		while (vms_sat_sub_i64(all[hi].offset_raw, all[lo].offset_raw) > width_raw)
			lo++;
		if (hi - lo + 1 > best &&
		    !near_one(found, found_nr, all[lo + (hi - lo) / 2].offset_raw, 2 * width_raw)) {
			best = hi - lo + 1;
			at = lo;
		}
	}
	if (best < PEAK_LEAST_NR)
		return false;
	*out = all[at + best / 2];
	out->nr = (uint32_t)best;
	return true;
}

/* The offsets that most of a list agree on. */
static void peaks_of(const struct align_ctx *x, struct align_peak *all, size_t n,
		     struct align_peak *out, unsigned int *nr)
{
	const int64_t width = align_us(x, x->constant ? PEAK_US : 1000.0);

	qsort(all, n, sizeof(*all), by_offset);
	while (*nr < ALIGN_PEAKS_MAX && next_peak(all, n, width, out, *nr, &out[*nr]))
		(*nr)++;
}

/* As if every thread ran this guest: others' facts are of no use here. */
int align_facts_find(struct align_ctx *ctx)
{
	struct vms_ratio *ratios;
	unsigned int i;
	int ret;

	if (ctx->facts)
		return 0;
	if (ctx->o->facts && !ctx->guest->ratio.mult) {
		ctx->facts = ctx->o->facts;
		return 0;
	}
	ratios = vms_calloc(ctx->st->threads_nr, sizeof(*ratios));
	ret = ratios ? 0 : -VMS_ENOMEM;

	for (i = 0; i < ctx->st->threads_nr && !ret; i++)
		ratios[i] = ctx->guest->ratio;
	if (!ret)
		ret = vms_facts_build(&ctx->own_facts, ctx->host, ctx->st, ratios, NULL, 0, NULL);
	free(ratios);
	ctx->facts = ctx->own_facts;
	return ret;
}

int align_facts_peaks(struct align_ctx *ctx, int32_t tid, struct align_peak *out, unsigned int *nr)
{
	const struct vms_thread_facts *facts;
	struct align_peak *all;
	uint32_t i;
	int ret;

	*nr = 0;
	/* facts are ticks of the TSC */
	if (!ctx->constant)
		return 0;
	ret = align_facts_find(ctx);
	if (ret)
		return ret;
	facts = vms_facts_of(ctx->facts, ctx->st, tid);
	if (!facts || !facts->facts_nr)
		return 0;
	all = vms_calloc(facts->facts_nr, sizeof(*all));
	if (!all)
		return -VMS_ENOMEM;
	for (i = 0; i < facts->facts_nr; i++)
		all[i] = (struct align_peak){ .offset_raw =
						      vms_sat_sub_i64(facts->facts[i].to_raw,
								      facts->facts[i].guest_raw),
					      .event_idx = UINT32_MAX,
					      .tid = tid,
					      .nr = 1 };
	peaks_of(ctx, all, facts->facts_nr, out, nr);
	free(all);
	return 0;
}

int align_pairs_peaks(struct align_ctx *ctx, const struct align_vcpu *vcpu, int32_t tid,
		      struct align_peak *out, unsigned int *nr)
{
	struct align_peak *all;
	size_t i, n = 0;
	int ret;

	*nr = 0;
	ret = align_pairs_find(ctx);
	if (ret || !ctx->pairs_nr)
		return ret;
	all = vms_calloc(ctx->pairs_nr, sizeof(*all));
	if (!all)
		return -VMS_ENOMEM;
	for (i = 0; i < ctx->pairs_nr; i++) {
		const struct align_pair *p = &ctx->pairs[i];

		if (p->cpu_idx == vcpu->cpu_idx && p->tid == tid && p->event_idx >= vcpu->first &&
		    p->event_idx - vcpu->first < vcpu->c->nr)
			all[n++] = (struct align_peak){ vms_sat_sub_i64(p->host_raw, p->guest_raw),
							p->event_idx - vcpu->first, p->tid, 1 };
	}
	peaks_of(ctx, all, n, out, nr);
	free(all);
	return 0;
}

int align_pairs_near(struct align_ctx *x, const struct align_cpu *acpu, uint32_t event, int dir,
		     struct align_near_pairs *out)
{
	size_t i;
	int ret;

	out->nr = 0;
	ret = align_pairs_find(x);
	for (i = 0; i < x->pairs_nr && !ret; i++) {
		struct align_pair pair = x->pairs[i];
		unsigned int k = out->nr;

		if (pair.cpu_idx != acpu->cpu_idx || pair.tid != acpu->t->t->tid ||
		    pair.event_idx < acpu->first)
			continue;
		pair.event_idx -= acpu->first;
		if ((dir > 0) != (pair.event_idx >= event))
			continue;
		while (k && (dir > 0) == (pair.event_idx < out->p[k - 1].event_idx))
			k--;
		if (k == ALIGN_NEAR_PAIRS)
			continue;
		out->nr = VMS_MIN(out->nr + 1, ALIGN_NEAR_PAIRS);
		memmove(&out->p[k + 1], &out->p[k], (out->nr - 1 - k) * sizeof(*out->p));
		out->p[k] = pair;
	}
	return ret;
}
