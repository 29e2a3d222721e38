// SPDX-License-Identifier: LGPL-2.1-or-later
/* How many guest events fall into forbidden time, exactly, for every offset of a window. */
#include "core/align/align_impl.h"

#include <math.h>
#include <stdlib.h>

#include <vmsync/place.h>

#include "core/base/bisect.h"
#include "core/base/util.h"

static int by_value(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The median length of at most a thousand stretches. */
static int64_t stretch_median(const struct vms_thread *t)
{
	int64_t len[1024];
	size_t nr = 0;
	const uint32_t step = t->stretches_nr / 1024u + 1;
	uint32_t i;

	for (i = 0; i < t->stretches_nr && nr < VMS_ARRAY_NR(len); i += step) {
		const struct vms_stretch *s = &t->stretches[i];

		if (!(s->flags & VMS_STRETCH_UNKNOWN))
			len[nr++] = vms_sat_sub_i64(s->leave_raw, s->enter_raw);
	}
	if (!nr)
		return 1;
	qsort(len, nr, sizeof(len[0]), by_value);
	return VMS_MAX(len[nr / 2], 1);
}

int align_thread_prepare(struct align_thread *prepared, const struct vms_thread *thread)
{
	const struct vms_stretch *stretches = thread->stretches;
	double gap = 0.0, all;
	uint32_t i;

	prepared->t = thread;
	prepared->gaps = vms_calloc(thread->stretches_nr, sizeof(*prepared->gaps));
	if (!prepared->gaps)
		return -VMS_ENOMEM;
	prepared->gaps_nr = 0;
	if (!thread->stretches_nr)
		return 0;
	for (i = 1; i < thread->stretches_nr; i++) {
		const int64_t from = stretches[i - 1].leave_raw, to = stretches[i].enter_raw;

		if (to <= from || to - from < 2)
			continue;
		prepared->gaps[prepared->gaps_nr++] = (struct align_gap){ from + 1, to - 1 };
		gap += (double)(to - from);
	}
	prepared->first_raw = stretches[0].enter_raw;
	prepared->last_raw = stretches[thread->stretches_nr - 1].leave_raw;
	all = (double)prepared->last_raw - (double)prepared->first_raw;
	prepared->gap_share = all > 0.0 ? gap / all : 0.0;
	prepared->stretch_raw = stretch_median(thread);
	return 0;
}

void align_thread_release(struct align_thread *a)
{
	free(a->gaps);
	a->gaps = NULL;
}

/* First gap of [lo, hi) that ends at or after a time; hi when none does. */
static uint32_t gap_within(const struct align_thread *t, uint32_t lo, uint32_t hi, int64_t host_raw)
{
	VMS_BISECT(lo, hi, mid, t->gaps[mid].to_raw < host_raw);
	return lo;
}

uint32_t align_gap_at(const struct align_thread *t, int64_t host_raw)
{
	return gap_within(t, 0, t->gaps_nr, host_raw);
}

uint32_t align_gap_near(const struct align_thread *thread, uint32_t at, int64_t host_raw)
{
	uint32_t lo = VMS_MIN(at, thread->gaps_nr), hi = lo, step = 1;

	while (hi < thread->gaps_nr && thread->gaps[hi].to_raw < host_raw) {
		lo = hi + 1;
		hi = step < thread->gaps_nr - lo ? lo + step : thread->gaps_nr;
		step = step < UINT32_MAX / 2 ? 2 * step : step;
	}
	while (lo && thread->gaps[lo - 1].to_raw >= host_raw) {
		hi = lo - 1;
		lo = step < hi ? hi - step : 0;
		step = step < UINT32_MAX / 2 ? 2 * step : step;
	}
	return gap_within(thread, lo, hi, host_raw);
}

void align_ctx_own(struct align_ctx *ctx)
{
	ctx->edges = ctx->spare = NULL;
	ctx->host_raw = NULL;
	ctx->edges_cap = ctx->spare_cap = ctx->host_cap = 0;
}

void align_ctx_release(struct align_ctx *ctx)
{
	free(ctx->edges);
	free(ctx->spare);
	free(ctx->host_raw);
	align_ctx_own(ctx);
}

/* Each event forbids the offsets that would put it into a gap: two edges a gap. */
static int collect(struct align_ctx *ctx, const struct align_sweep *sweep, uint32_t every,
		   size_t *nr)
{
	size_t n = 0;
	uint32_t i, k, at = 0;
	int ret;

	for (i = 0; i < sweep->nr; i += every) {
		const int64_t host_raw = sweep->host_raw[i];
		const int64_t from = vms_sat_add_i64(host_raw, sweep->lo_raw),
			      to = vms_sat_add_i64(host_raw, sweep->hi_raw);

		at = align_gap_near(sweep->t, at, from);
		for (k = at; k < sweep->t->gaps_nr && sweep->t->gaps[k].from_raw <= to; k++) {
			const struct align_gap *g = &sweep->t->gaps[k];

			ret = vms_grow(&ctx->edges, &ctx->edges_cap, n + 2, sizeof(*ctx->edges),
				       ALIGN_EDGES_MAX);
			if (ret)
				return ret;
			ctx->edges[n++] =
				(struct align_edge){ VMS_MAX(g->from_raw - host_raw, sweep->lo_raw),
						     1 };
			ctx->edges[n++] =
				(struct align_edge){ vms_sat_add_i64(g->to_raw - host_raw, 1), -1 };
		}
	}
	*nr = n;
	return 0;
}

/* Where V is constant: [lo, hi]; found one after the other. */
struct level {
	int64_t lo_raw, hi_raw;
	int64_t v;
};

struct levels {
	const struct align_edge *e;
	size_t nr, i;
	int64_t next_raw, end_raw, v;
};

static bool level_next(struct levels *levels, struct level *out)
{
	int64_t violations = levels->v;

	if (levels->next_raw > levels->end_raw)
		return false;
	while (levels->i < levels->nr && levels->e[levels->i].at_raw <= levels->next_raw)
		violations += levels->e[levels->i++].delta;
	out->lo_raw = levels->next_raw;
	out->v = violations;
	/* edges that cancel each other do not end a level */
	for (;;) {
		int64_t at = levels->i < levels->nr ? levels->e[levels->i].at_raw : INT64_MAX,
			after = violations;
		size_t j = levels->i;

		if (at > levels->end_raw) {
			out->hi_raw = levels->end_raw;
			levels->next_raw =
				levels->end_raw == INT64_MAX ? INT64_MAX : levels->end_raw + 1;
			break;
		}
		while (j < levels->nr && levels->e[j].at_raw == at)
			after += levels->e[j++].delta;
		if (after != violations) {
			out->hi_raw = at - 1;
			levels->next_raw = at;
			break;
		}
		levels->i = j;
	}
	levels->v = violations;
	return true;
}

static double distance_to_zero(const struct level *p)
{
	if (p->lo_raw > 0)
		return (double)p->lo_raw;
	return p->hi_raw < 0 ? -(double)p->hi_raw : 0.0;
}

static void choose(const struct align_sweep *sweep, const struct align_edge *edge, size_t nr,
		   struct align_plateau *out)
{
	const double far =
		VMS_MAX(VMS_MAX(fabs((double)sweep->lo_raw), fabs((double)sweep->hi_raw)), 1.0);
	struct levels levels = {
		.e = edge, .nr = nr, .next_raw = sweep->lo_raw, .end_raw = sweep->hi_raw
	};
	struct level level, best = { 0, 0, INT64_MAX };
	double best_cost = HUGE_VAL;

	while (level_next(&levels, &level)) {
		/* the tiny share makes the nearest of equals win */
		double d = distance_to_zero(&level) / far;
		double cost = (double)level.v + (sweep->near_cost + 1e-6) * d;

		if (cost < best_cost) {
			best_cost = cost;
			best = level;
		}
	}
	out->v = (uint32_t)VMS_MAX(best.v, 0);
	out->lo_raw = best.lo_raw;
	out->hi_raw = best.hi_raw;
	out->rival_v = UINT32_MAX;
	out->rival_raw = 0;
	out->other_v = UINT32_MAX;
	levels = (struct levels){
		.e = edge, .nr = nr, .next_raw = sweep->lo_raw, .end_raw = sweep->hi_raw
	};
	while (level_next(&levels, &level)) {
		if (level.lo_raw != best.lo_raw && level.v < (int64_t)out->other_v)
			out->other_v = (uint32_t)VMS_MAX(level.v, 0);
		if (level.hi_raw > vms_sat_sub_i64(best.lo_raw, sweep->apart_raw) &&
		    level.lo_raw < vms_sat_add_i64(best.hi_raw, sweep->apart_raw))
			continue;
		if (level.v < (int64_t)out->rival_v) {
			out->rival_v = (uint32_t)VMS_MAX(level.v, 0);
			out->rival_raw = level.lo_raw + (level.hi_raw - level.lo_raw) / 2;
		}
	}
}

int align_sweep_run(struct align_ctx *ctx, const struct align_sweep *sweep,
		    struct align_plateau *out)
{
	uint32_t every = 1, i;
	int64_t mid;
	size_t nr = 0;
	int ret;

	if (align_cancelled(ctx))
		return -VMS_ECANCEL;
	while ((ret = collect(ctx, sweep, every, &nr)) == -VMS_ERANGE && every < sweep->nr)
		every *= 2;
	if (ret)
		return ret == -VMS_ERANGE ? -VMS_ENOMEM : ret;
	ctx->swept += (double)nr;
	ret = align_edges_sort(ctx, nr);
	if (ret)
		return ret;
	choose(sweep, ctx->edges, nr, out);
	mid = out->lo_raw + (out->hi_raw - out->lo_raw) / 2;
	out->checkable_nr = 0;
	for (i = 0; i < sweep->nr; i += every) {
		const int64_t h = vms_sat_add_i64(sweep->host_raw[i], mid);

		out->checkable_nr += h >= sweep->t->first_raw && h <= sweep->t->last_raw;
	}
	return 0;
}

/* A sweep around a line; the line's offset becomes the middle of the plateau. */
static int sweep_at(struct align_ctx *ctx, struct align_sweep *sweep, const int64_t *guest_raw,
		    struct vms_line *line, struct align_plateau *out)
{
	uint32_t i;
	int ret;

	for (i = 0; i < sweep->nr; i++)
		ctx->host_raw[i] = align_line_apply(line, guest_raw[i]);
	sweep->host_raw = ctx->host_raw;
	ret = align_sweep_run(ctx, sweep, out);
	if (!ret)
		line->offset_raw = vms_sat_add_i64(line->offset_raw,
						   out->lo_raw + (out->hi_raw - out->lo_raw) / 2);
	return ret;
}

/*
 * A wide window of a thread that often left the guest holds a million edges. Where the line itself
 * explains all and what ends that lies near, nothing farther away can be better.
 */
static int sweep_near(struct align_ctx *ctx, struct align_sweep *sweep, const int64_t *guest_raw,
		      struct vms_line *line, struct align_plateau *out)
{
	static const int64_t shares[] = { 64, 16, 4 };
	const struct vms_line start = *line;
	size_t i;
	int ret;

	for (i = 0; i < VMS_ARRAY_NR(shares); i++) {
		struct align_sweep near = *sweep;

		near.lo_raw /= shares[i];
		near.hi_raw /= shares[i];
		*line = start;
		ret = sweep_at(ctx, &near, guest_raw, line, out);
		if (ret || out->v)
			break;
		if (out->lo_raw <= 0 && out->hi_raw >= 0 && out->lo_raw > near.lo_raw &&
		    out->hi_raw < near.hi_raw)
			return 0;
	}
	*line = start;
	return ret < 0 ? ret : sweep_at(ctx, sweep, guest_raw, line, out);
}

/* Tries the slopes at a distance from the best one on both sides. */
static int beside(struct align_ctx *ctx, struct align_sweep *sweep, const int64_t *guest_raw,
		  const struct vms_line *start, double step, struct vms_line *best,
		  struct align_plateau *plateau)
{
	const struct vms_line from = *best;
	int side;

	for (side = -1; side <= 1; side += 2) {
		struct vms_line line = *start;
		struct align_plateau found;
		int ret;

		line.drift = from.drift + side * step;
		if (fabs(line.drift) > ctx->drift_max)
			continue;
		ret = sweep_at(ctx, sweep, guest_raw, &line, &found);
		if (ret)
			return ret;
		if (found.v < plateau->v ||
		    (found.v == plateau->v &&
		     found.hi_raw - found.lo_raw > plateau->hi_raw - plateau->lo_raw)) {
			*plateau = found;
			*best = line;
		}
	}
	return 0;
}

int align_sweep_line(struct align_ctx *ctx, const struct align_thread *thread,
		     const int64_t *guest_raw, uint32_t nr, struct vms_line *line,
		     int64_t window_raw, double near_cost, struct align_plateau *out)
{
	struct align_sweep sweep = {
		.t = thread,
		.nr = nr,
		.lo_raw = -window_raw,
		.hi_raw = window_raw,
		.near_cost = near_cost,
		.apart_raw = 5 * thread->stretch_raw,
	};
	const int64_t ref = guest_raw[nr / 2];
	struct vms_line start = *line, best;
	double span, step;
	unsigned int k;
	int ret;

	ret = vms_grow(&ctx->host_raw, &ctx->host_cap, nr, sizeof(*ctx->host_raw), SIZE_MAX / 16);
	if (ret)
		return ret;
	start.offset_raw = align_line_offset(line, ref);
	start.offset_frac = 0.0;
	start.ref_raw = ref;
	best = start;
	ret = sweep_near(ctx, &sweep, guest_raw, &best, out);
	span = fabs((double)vms_sat_sub_i64(guest_raw[nr - 1], guest_raw[0]));
	if (!ctx->constant && span > 0.0) {
		/*
		 * from slopes that smear by a stretch, all over what is believable, down to a
		 * hundredth of it
		 */
		step = (double)thread->stretch_raw / span;
		for (k = 1; !ret && out->v > align_bearable(nr) && k < 24 &&
			    k * step <= 2.0 * ctx->drift_max;
		     k++) {
			struct vms_line cand = start;
			struct align_plateau p = *out;

			ret = beside(ctx, &sweep, guest_raw, &start, k * step, &cand, &p);
			if (p.v < out->v) {
				*out = p;
				best = cand;
			}
		}
		for (k = 0; !ret && out->v > 0 && k < 8; k++) {
			step /= 2.0;
			ret = beside(ctx, &sweep, guest_raw, &start, step, &best, out);
		}
	}
	*line = best;
	return ret;
}
