// SPDX-License-Identifier: LGPL-2.1-or-later
/* Following the offset through the trace, chunk by chunk, from a seed to both ends. */
#include "core/align/align_impl.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/bisect.h"
#include "core/base/util.h"

#define CHUNKS_MAX 1500u
#define CHUNK_EVENTS_MIN 32u
#define BURSTS_MIN 24.0
#define SAMPLES_MAX 4096u
#define RECENT_NR 24u /* plateaus that predict the next */
#define JUMPS_MAX 24u /* searches for a step in one walk */
/* stretches that follow the last event within the recording when the clock leapt beyond its end */
#define LEAP_STRETCHES 24u
#define LEAP_EVENTS 4096u /* so far from a chunk that event is looked for */

/*
 * Cuts the events into chunks. What counts is how often the guest ran, as events of one stretch say
 * the same: so many events that are a little apart, more where the thread hardly ever left the
 * guest.
 */
static int chunks_make(struct align_walk *walk)
{
	const struct vms_cpu *cpu = walk->a->c;
	const double share = VMS_MAX(walk->a->t->gap_share, 1e-3);
	const uint32_t bursts = (uint32_t)VMS_MIN(VMS_MAX(16.0 / share, BURSTS_MIN), SAMPLES_MAX);
	const uint32_t least = VMS_MAX(CHUNK_EVENTS_MIN, cpu->nr / CHUNKS_MAX + 1);
	const int64_t apart = VMS_MAX(walk->a->t->stretch_raw / 2, 1);
	int64_t last_raw = cpu->time_raw[0];
	uint32_t i, seen = 1, from = 0;

	walk->most = VMS_MIN(VMS_MAX(4 * bursts, 192u), SAMPLES_MAX);
	walk->chunks = vms_calloc(cpu->nr / least + 1, sizeof(*walk->chunks));
	walk->guest_raw = vms_calloc(SAMPLES_MAX, sizeof(*walk->guest_raw));
	walk->host_raw = vms_calloc(SAMPLES_MAX, sizeof(*walk->host_raw));
	if (!walk->chunks || !walk->guest_raw || !walk->host_raw)
		return -VMS_ENOMEM;
	for (i = 1; i < cpu->nr; i++) {
		const int64_t d = vms_sat_sub_i64(cpu->time_raw[i], last_raw);

		if (d < apart && d > -apart)
			continue;
		last_raw = cpu->time_raw[i];
		if (seen++ < bursts || i - from < least)
			continue;
		walk->chunks[walk->chunks_nr++] =
			(struct align_chunk){ .from = from, .to = i, .seg = -1 };
		from = i;
		seen = 1;
	}
	/* the rest is too little to stand alone */
	if (walk->chunks_nr)
		walk->chunks[walk->chunks_nr - 1].to = cpu->nr;
	else
		walk->chunks[walk->chunks_nr++] =
			(struct align_chunk){ .from = 0, .to = cpu->nr, .seg = -1 };
	walk->points = vms_calloc(walk->chunks_nr, sizeof(*walk->points));
	walk->index = vms_calloc(walk->chunks_nr, sizeof(*walk->index));
	return walk->points && walk->index ? 0 : -VMS_ENOMEM;
}

static int64_t chunk_middle(const struct align_walk *w, uint32_t i)
{
	return w->a->c->time_raw[w->chunks[i].from + (w->chunks[i].to - w->chunks[i].from) / 2];
}

/* Times of events [from, to), or of some of them */
static uint32_t sample(struct align_walk *w, uint32_t from, uint32_t to)
{
	const uint32_t step = (to - from + w->most - 1) / w->most;
	uint32_t i, nr = 0;

	for (i = from; i < to; i += step)
		w->guest_raw[nr++] = w->a->c->time_raw[i];
	return nr;
}

/* Sweeps events [from, to) in a window around a line. */
int align_walk_sweep(struct align_walk *walk, uint32_t from, uint32_t to,
		     const struct vms_line *line, int64_t window_raw, double near_cost,
		     struct align_plateau *plateau, uint32_t *nr)
{
	const struct align_thread *t = walk->a->t;
	struct align_sweep sweep = {
		.t = t,
		.host_raw = walk->host_raw,
		.lo_raw = -window_raw,
		.hi_raw = window_raw,
		.near_cost = near_cost,
		.apart_raw = 5 * t->stretch_raw,
	};
	uint32_t i;

	sweep.nr = sample(walk, from, to);
	for (i = 0; i < sweep.nr; i++)
		walk->host_raw[i] = align_line_apply(line, walk->guest_raw[i]);
	*nr = sweep.nr;
	return align_sweep_run(walk->x, &sweep, plateau);
}

/*
 * Whether a line explains a chunk, to within a window; fills the chunk's plateau. What is farther
 * away must save violations over what is nearer: a window holds many accidents.
 */
static int try_chunk(struct align_walk *walk, uint32_t i, const struct vms_line *line,
		     int64_t window_raw, bool *ok)
{
	static const struct {
		int64_t share;
		double cost;
	} looks[] = { { 64, 0.0 }, { 16, 0.5 }, { 4, 1.5 }, { 1, 2.5 } };
	struct align_chunk *chunk = &walk->chunks[i];
	struct align_plateau best = { .v = UINT32_MAX }, p;
	double best_cost = HUGE_VAL;
	int64_t off;
	uint32_t nr = 0;
	size_t k;

	for (k = 0; k < VMS_ARRAY_NR(looks) && best.v; k++) {
		const int ret = align_walk_sweep(walk, chunk->from, chunk->to, line,
						 window_raw / looks[k].share, 0.5, &p, &nr);

		if (ret)
			return ret;
		if ((double)p.v + looks[k].cost < best_cost) {
			best_cost = (double)p.v + looks[k].cost;
			best = p;
		}
	}
	*ok = best.v <= align_bearable(nr);
	chunk->v = best.v;
	chunk->n = best.checkable_nr;
	chunk->p.x_raw = chunk_middle(walk, i);
	off = align_line_offset(line, chunk->p.x_raw);
	chunk->p.lo_raw = vms_sat_add_i64(off, best.lo_raw);
	chunk->p.hi_raw = vms_sat_add_i64(off, best.hi_raw);
	return 0;
}

/* The line through the last plateaus of a segment, keeping its drift while they allow it. */
static void follow(struct align_walk *walk, uint32_t at, int dir, int seg, struct vms_line *line)
{
	const double most = walk->x->constant ? 0.0 : walk->x->drift_max;
	size_t nr = 0;
	int64_t i;

	for (i = at; i >= 0 && i < (int64_t)walk->chunks_nr && nr < RECENT_NR; i -= dir) {
		const struct align_chunk *c = &walk->chunks[i];

		if (c->seg >= 0 && c->seg != seg)
			break;
		if (c->seg == seg && c->n)
			walk->points[nr++] = c->p;
	}
	if (!nr)
		return;
	/* a few strays in one chunk must not stop the walk: the newest alone decides then */
	if (align_fit(line, walk->points, nr, line->drift, most, true) < 0.0 && walk->x->constant)
		(void)align_fit(line, walk->points, 1, line->drift, most, true);
}

static int seg_add(struct align_walk *w, const struct vms_line *l, uint32_t at)
{
	const int ret =
		vms_grow(&w->segs, &w->segs_cap, w->segs_nr + 1, sizeof(*w->segs), CHUNKS_MAX);

	if (ret)
		return ret;
	w->segs[w->segs_nr++] = (struct align_seg){ .line = *l, .first = at, .last = at };
	return 0;
}

static void seg_take(struct align_walk *w, int seg, uint32_t chunk)
{
	w->chunks[chunk].seg = seg;
	w->segs[seg].first = VMS_MIN(w->segs[seg].first, chunk);
	w->segs[seg].last = VMS_MAX(w->segs[seg].last, chunk);
}

/* How far a prediction may be off: what the window must cover beside the band. */
static int64_t window_of(const struct align_walk *w)
{
	return VMS_MAX(align_us(w->x, 150.0), 2 * w->a->t->stretch_raw);
}

/*
 * Whether a chunk lies beyond what the host recorded of the thread, under a line, although the
 * thread ran on after the last event that does not: then the guest's clock leapt.
 */
static bool leapt(const struct align_walk *walk, uint32_t chunk, int dir,
		  const struct vms_line *line)
{
	const struct align_thread *thread = walk->a->t;
	const struct align_chunk *c = &walk->chunks[chunk];
	const uint32_t least = c->from - VMS_MIN(c->from, (uint32_t)LEAP_EVENTS);
	const uint32_t most = VMS_MIN(c->to + LEAP_EVENTS, walk->a->c->nr);
	int64_t host = 0;
	uint32_t e, k;

	if (c->n)
		return false;
	/* the last event before the chunk that the recording holds */
	for (e = dir > 0 ? c->from : c->to - 1; e >= least && e < most; e -= (uint32_t)dir) {
		host = align_line_apply(line, walk->a->c->time_raw[e]);
		if (host >= thread->first_raw && host <= thread->last_raw)
			break;
	}
	if (e < least || e >= most)
		return false;
	k = align_stretch_near(thread->t, 0, host);
	return dir > 0 ? thread->t->stretches_nr - k > LEAP_STRETCHES : k > LEAP_STRETCHES;
}

/* From a chunk that a line explains to the end of the trace. */
static int go(struct align_walk *walk, uint32_t start, int dir, struct vms_line line)
{
	int seg = walk->chunks[start].seg;
	int64_t i;
	int ret;

	for (i = (int64_t)start + dir; i >= 0 && i < (int64_t)walk->chunks_nr; i += dir) {
		const int64_t next = i + dir;
		struct align_jump jump;
		bool ok, ok_next = false;

		if (align_cancelled(walk->x))
			return -VMS_ECANCEL;
		ret = try_chunk(walk, (uint32_t)i, &line, window_of(walk), &ok);
		if (ret)
			return ret;
		if (ok && !leapt(walk, (uint32_t)i, dir, &line)) {
			seg_take(walk, seg, (uint32_t)i);
			follow(walk, (uint32_t)i, dir, seg, &line);
			continue;
		}
		if (!ok && next >= 0 && next < (int64_t)walk->chunks_nr) {
			ret = try_chunk(walk, (uint32_t)next, &line, window_of(walk), &ok_next);
			if (ret)
				return ret;
			if (ok_next && walk->chunks[next].n)
				continue;
		}
		/* the chunk that failed holds the step: ask the one after it */
		ret = align_jump_find(
			walk, (uint32_t)(next >= 0 && next < (int64_t)walk->chunks_nr ? next : i),
			dir, &line, &jump);
		if (ret)
			return ret;
		if (!jump.found)
			continue;
		line = jump.line;
		ret = seg_add(walk, &line, (uint32_t)i);
		if (ret)
			return ret;
		seg = (int)walk->segs_nr - 1;
		walk->segs[seg].first = walk->segs[seg].last =
			(uint32_t)(next >= 0 && next < (int64_t)walk->chunks_nr ? next : i);
	}
	return 0;
}

static int64_t recorded_at(const struct align_ctx *x, uint32_t cpu, int64_t guest_raw, bool exact)
{
	const struct vms_time_shift *shift = x->guest->shift;

	const int64_t stored_raw = vms_ratio_redo(&x->guest->ratio, guest_raw);

	if (exact)
		return vms_sat_sub_i64(vms_recorded_exact(shift, cpu, stored_raw), guest_raw);
	return (int64_t)(vms_recorded_apply(shift, cpu, (uint64_t)stored_raw) -
			 (uint64_t)guest_raw);
}

bool align_recorded_line(const struct align_ctx *ctx, const struct vms_cpu *cpu, uint32_t event,
			 bool exact, struct vms_line *line)
{
	const struct vms_time_shift *shift = ctx->guest->shift;
	const int64_t half = align_us(ctx, 500000.0), at = cpu->time_raw[event];
	const int64_t from = vms_sat_sub_i64(at, half), to = vms_sat_add_i64(at, half);
	bool scaled;
	double drift;

	*line = (struct vms_line){ .ref_raw = at };
	if (ctx->guest->times_corrected)
		return true;
	if (!shift || cpu->cpu >= shift->cpus_nr || !shift->cpus[cpu->cpu].samples_nr)
		return false;
	line->offset_raw = recorded_at(ctx, cpu->cpu, at, exact);
	/* samples of the PTP-like sync make a slope of their own; a scaled TSC has one by nature */
	scaled = shift->cpus[cpu->cpu].samples[0].scaling > 1 && !(exact && ctx->guest->ratio.mult);
	drift = (double)vms_sat_sub_i64(recorded_at(ctx, cpu->cpu, to, exact),
					recorded_at(ctx, cpu->cpu, from, exact)) /
		(double)vms_sat_sub_i64(to, from);
	if (scaled || (!ctx->constant && fabs(drift) <= ctx->drift_max))
		line->drift = drift;
	return true;
}

/*
 * Finds a chunk near an event which a seed explains within its window, with those beside it: a wide
 * window needs more events than a chunk has.
 */
static int settle(struct align_walk *walk, const struct align_seed *seed, uint32_t chunk,
		  struct vms_line *line, bool *ok)
{
	const uint32_t a = chunk >= 3 ? chunk - 3 : 0, b = VMS_MIN(chunk + 4, walk->chunks_nr);
	struct align_plateau plateau;
	uint32_t nr;
	int ret;

	*ok = false;
	*line = seed->line;
	if (seed->recorded &&
	    !align_recorded_line(walk->x, walk->a->c, walk->chunks[chunk].from, seed->exact, line))
		return 0;
	nr = sample(walk, walk->chunks[a].from, walk->chunks[b - 1].to);
	ret = align_sweep_line(walk->x, walk->a->t, walk->guest_raw, nr, line, seed->window_raw,
			       2.0, &plateau);
	if (ret || plateau.v > align_bearable(nr) || plateau.checkable_nr * 2 < nr)
		return ret;
	ret = try_chunk(walk, chunk, line, window_of(walk), ok);
	if (*ok && walk->chunks[chunk].n == 0)
		*ok = false;
	return ret;
}

static uint32_t chunk_of(const struct align_walk *w, uint32_t event)
{
	uint32_t lo = 1, hi = w->chunks_nr;

	VMS_BISECT(lo, hi, mid, w->chunks[mid].from <= event);
	return lo - 1;
}

static int begin(struct align_walk *walk, const struct align_seed *seed, uint32_t *chunk,
		 struct vms_line *line, bool *ok)
{
	static const double places[] = { 0.5, 0.25, 0.75, 0.1, 0.9, 0.38, 0.62, 0.02, 0.98 };
	size_t i;
	int ret;

	*ok = false;
	if (seed->event != UINT32_MAX) {
		*chunk = chunk_of(walk, seed->event);
		return settle(walk, seed, *chunk, line, ok);
	}
	for (i = 0; i < VMS_ARRAY_NR(places) && !*ok; i++) {
		*chunk = (uint32_t)(places[i] * (double)walk->chunks_nr);
		ret = settle(walk, seed, *chunk, line, ok);
		if (ret)
			return ret;
	}
	return 0;
}

int align_walk(struct align_ctx *x, const struct align_cpu *acpu, const struct align_seed *seed,
	       struct align_result *out)
{
	struct align_walk walk = { .x = x, .a = acpu, .jumps_left = JUMPS_MAX };
	struct vms_line line;
	uint32_t chunk;
	bool ok = false;
	int ret;

	*out = (struct align_result){ .start = seed->start, .how = seed->how };
	if (!acpu->c->nr || !acpu->t->t->stretches_nr)
		return 0;
	ret = chunks_make(&walk);
	if (!ret)
		ret = begin(&walk, seed, &chunk, &line, &ok);
	if (!ret && ok) {
		ret = seg_add(&walk, &line, chunk);
		if (!ret) {
			seg_take(&walk, 0, chunk);
			follow(&walk, chunk, 1, 0, &line);
			ret = go(&walk, chunk, 1, line);
		}
		if (!ret) {
			follow(&walk, chunk, -1, 0, &line);
			ret = go(&walk, chunk, -1, line);
		}
		if (!ret)
			ret = align_pieces_make(&walk, out);
		if (!ret)
			align_score(acpu->t, acpu->c, out->pieces, out->pieces_nr, &out->score);
	}
	free(walk.chunks);
	free(walk.guest_raw);
	free(walk.host_raw);
	free(walk.points);
	free(walk.index);
	free(walk.segs);
	if (ret)
		align_result_release(out);
	return ret;
}

void align_result_release(struct align_result *r)
{
	free(r->pieces);
	r->pieces = NULL;
	r->pieces_nr = 0;
}
