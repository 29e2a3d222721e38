// SPDX-License-Identifier: LGPL-2.1-or-later
/* Following the offset through the trace, chunk by chunk: drift is followed, steps are found and cut. */
#include "align_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

#define CHUNKS_MAX 1500u
#define CHUNK_EVENTS_MIN 48u
#define SAMPLES_MAX 4096u
#define RECENT_NR 24u		/* plateaus that predict the next */
#define JUMPS_MAX 24u		/* searches for a step in one walk */

/* A run of events that is looked at as one. */
struct chunk {
	uint32_t from, to;	/* events [from, to) */
	int seg;		/* -1: explained by nothing, or not looked at */
	struct align_point p;
	uint32_t v, n;
};

/* A line that holds for a run of chunks. */
struct seg {
	struct vms_line line;
	uint32_t first, last;	/* chunks that it explains */
};

struct walk {
	struct align_ctx *x;
	const struct align_cpu *a;
	struct chunk *chunks;
	uint32_t chunks_nr;
	uint32_t most;		/* samples that a look at some chunks takes */
	struct seg *segs;
	size_t segs_nr, segs_cap;
	int64_t *guest_raw;	/* samples of a chunk */
	int64_t *host_raw;	/* the same under a line */
	struct align_point *points;
	unsigned int jumps_left;
};

/* --- chunks --- */

static int chunks_make(struct walk *w)
{
	const uint32_t nr = w->a->c->nr;
	const double share = VMS_MAX(w->a->t->gap_share, 1e-3);
	uint32_t size = (uint32_t)VMS_MIN(VMS_MAX(12.0 / share, CHUNK_EVENTS_MIN), 8192.0);
	uint32_t i;

	w->most = VMS_MIN(VMS_MAX(2 * size, 192u), SAMPLES_MAX);
	size = VMS_MAX(size, nr / CHUNKS_MAX + 1);
	w->chunks_nr = VMS_MAX(nr / size, 1u);
	w->chunks = vms_calloc(w->chunks_nr, sizeof(*w->chunks));
	w->guest_raw = vms_calloc(SAMPLES_MAX, sizeof(*w->guest_raw));
	w->host_raw = vms_calloc(SAMPLES_MAX, sizeof(*w->host_raw));
	w->points = vms_calloc(w->chunks_nr, sizeof(*w->points));
	if (!w->chunks || !w->guest_raw || !w->host_raw || !w->points)
		return -VMS_ENOMEM;
	for (i = 0; i < w->chunks_nr; i++) {
		w->chunks[i].from = (uint32_t)((uint64_t)nr * i / w->chunks_nr);
		w->chunks[i].to = (uint32_t)((uint64_t)nr * (i + 1) / w->chunks_nr);
		w->chunks[i].seg = -1;
	}
	return 0;
}

static int64_t chunk_middle(const struct walk *w, uint32_t i)
{
	return w->a->c->time_raw[w->chunks[i].from + (w->chunks[i].to - w->chunks[i].from) / 2];
}

/* Times of events [from, to), or of some of them */
static uint32_t sample(struct walk *w, uint32_t from, uint32_t to)
{
	const uint32_t step = (to - from + w->most - 1) / w->most;
	uint32_t i, nr = 0;

	for (i = from; i < to; i += step)
		w->guest_raw[nr++] = w->a->c->time_raw[i];
	return nr;
}

/* Sweeps events [from, to) in a window around a line. */
static int sweep_events(struct walk *w, uint32_t from, uint32_t to, const struct vms_line *l, int64_t window_raw,
			double near_cost, struct align_plateau *p, uint32_t *nr)
{
	const struct align_thread *t = w->a->t;
	struct align_sweep s = {
		.t = t, .host_raw = w->host_raw, .lo_raw = -window_raw, .hi_raw = window_raw,
		.near_cost = near_cost, .apart_raw = 5 * t->stretch_raw,
	};
	uint32_t i;

	s.nr = sample(w, from, to);
	for (i = 0; i < s.nr; i++)
		w->host_raw[i] = align_line_apply(l, w->guest_raw[i]);
	*nr = s.nr;
	return align_sweep_run(w->x, &s, p);
}

/* Whether a line explains a chunk, to within a window; fills the chunk's plateau. */
static int try_chunk(struct walk *w, uint32_t i, const struct vms_line *l, int64_t window_raw, bool *ok)
{
	struct chunk *c = &w->chunks[i];
	struct align_plateau p;
	int64_t off;
	uint32_t nr;
	int ret;

	ret = sweep_events(w, c->from, c->to, l, window_raw, (double)align_bearable(VMS_MIN(c->to - c->from, w->most)), &p,
			   &nr);
	if (ret)
		return ret;
	c->v = p.v;
	c->n = p.checkable_nr;
	c->p.x_raw = chunk_middle(w, i);
	off = align_line_offset(l, c->p.x_raw);
	c->p.lo_raw = vms_sat_add_i64(off, p.lo_raw);
	c->p.hi_raw = vms_sat_add_i64(off, p.hi_raw);
	*ok = p.v <= align_bearable(nr);
	return 0;
}

/* --- prediction --- */

/* The line through the last plateaus of a segment, keeping its drift while they allow it. */
static void follow(struct walk *w, uint32_t at, int dir, int seg, struct vms_line *l)
{
	const double most = w->x->constant ? 0.0 : w->x->drift_max;
	size_t nr = 0;
	int64_t i;

	for (i = at; i >= 0 && i < (int64_t)w->chunks_nr && nr < RECENT_NR; i -= dir) {
		const struct chunk *c = &w->chunks[i];

		if (c->seg >= 0 && c->seg != seg)
			break;
		if (c->seg == seg && c->n)
			w->points[nr++] = c->p;
	}
	if (!nr)
		return;
	/* a few strays in one chunk must not stop the walk: the newest alone decides then */
	if (align_fit(l, w->points, nr, l->drift, most, true) < 0.0 && w->x->constant)
		(void)align_fit(l, w->points, 1, l->drift, most, true);
}

/* --- steps --- */

struct jump {
	struct vms_line line;
	uint32_t v, n;
	bool found;
};

/* Takes a line if it explains the events well where the old one does not. */
static int consider(struct walk *w, uint32_t from, uint32_t to, const struct vms_line *l, int64_t window_raw,
		    struct jump *j)
{
	struct align_plateau p;
	uint32_t nr;
	int ret;

	ret = sweep_events(w, from, to, l, window_raw, 0.0, &p, &nr);
	if (ret || p.v > align_bearable(nr) || p.checkable_nr * 2 < nr)
		return ret;
	if (j->found && p.v >= j->v)
		return 0;
	j->found = true;
	j->v = p.v;
	j->n = p.checkable_nr;
	j->line = *l;
	j->line.offset_raw = vms_sat_add_i64(l->offset_raw, p.lo_raw + (p.hi_raw - p.lo_raw) / 2);
	return 0;
}

/* Offsets that something but the stretches names. */
static int consider_named(struct walk *w, uint32_t from, uint32_t to, const struct vms_line *now, struct jump *j)
{
	const int64_t window = align_us(w->x, 300.0);
	struct vms_line l;
	size_t i;
	int ret = 0;

	for (i = 0; i < 2 * w->x->writes_nr && !ret; i++) {
		const struct align_tsc_write *wr = &w->x->writes[i / 2];

		if (wr->tid != w->a->t->t->tid && wr->vcpu_id != w->a->t->t->vcpu_id)
			continue;
		l = (struct vms_line){ .offset_raw = i % 2 ? wr->after_raw : wr->before_raw };
		ret = consider(w, from, to, &l, window, j);
	}
	if (!ret && !w->x->o->ignore_recorded && align_recorded_line(w->x, w->a->c, from, &l))
		ret = consider(w, from, to, &l, window, j);
	for (i = 0; i < w->a->others_nr && !ret; i++)
		ret = consider(w, from, to, &w->a->others[i], window, j);
	(void)now;
	return ret;
}

/* A window ever wider around the old line; the wider, the clearer the best must stand out. */
static int consider_near(struct walk *w, uint32_t from, uint32_t to, const struct vms_line *now, struct jump *j)
{
	static const double us[] = { 2000.0, 60000.0 };
	struct align_plateau p;
	uint32_t nr;
	size_t i;
	int ret;

	for (i = 0; i < VMS_ARRAY_NR(us) && !j->found; i++) {
		ret = sweep_events(w, from, to, now, align_us(w->x, us[i]), 0.0, &p, &nr);
		if (ret)
			return ret;
		if (p.v > align_bearable(nr) || p.checkable_nr * 2 < nr || p.rival_v < 4 * (p.v + 1) + 4)
			continue;
		j->found = true;
		j->v = p.v;
		j->n = p.checkable_nr;
		j->line = *now;
		j->line.offset_raw = vms_sat_add_i64(now->offset_raw, p.lo_raw + (p.hi_raw - p.lo_raw) / 2);
	}
	return 0;
}

static int consider_anywhere(struct walk *w, uint32_t chunk, int dir, struct jump *j)
{
	const struct chunk *c = &w->chunks[chunk];
	struct align_cands cands;
	int ret;

	if (!w->x->searches_left)
		return 0;
	w->x->searches_left--;
	ret = align_density_search(w->x, w->a->t, w->a->c, dir > 0 ? c->from : c->to - 1, dir, &cands);
	if (ret || !cands.nr || cands.c[0].v > align_bearable(cands.c[0].n) || cands.c[0].z < 8.0)
		return ret;
	if (cands.nr > 1 && cands.c[1].v < 4 * (cands.c[0].v + 1) + 4)
		return 0;
	j->found = true;
	j->v = cands.c[0].v;
	j->n = cands.c[0].n;
	j->line = (struct vms_line){
		.ref_raw = cands.c[0].ref_raw, .drift = cands.c[0].drift,
		.offset_raw = cands.c[0].lo_raw + (cands.c[0].hi_raw - cands.c[0].lo_raw) / 2,
	};
	return 0;
}

/* Looks for the offset of the chunks from one on, in a direction. */
static int find_jump(struct walk *w, uint32_t chunk, int dir, const struct vms_line *now, struct jump *j)
{
	const int64_t next = (int64_t)chunk + dir;
	uint32_t from = w->chunks[chunk].from, to = w->chunks[chunk].to;
	int ret;

	*j = (struct jump){ .found = false };
	if (!w->jumps_left)
		return 0;
	w->jumps_left--;
	if (next >= 0 && next < (int64_t)w->chunks_nr) {
		from = VMS_MIN(from, w->chunks[next].from);
		to = VMS_MAX(to, w->chunks[next].to);
	}
	ret = consider_named(w, from, to, now, j);
	if (!ret && !j->found)
		ret = consider_near(w, from, to, now, j);
	if (!ret && !j->found)
		ret = consider_anywhere(w, chunk, dir, j);
	return ret;
}

static int seg_add(struct walk *w, const struct vms_line *l, uint32_t at)
{
	const int ret = vms_grow(&w->segs, &w->segs_cap, w->segs_nr + 1, sizeof(*w->segs), CHUNKS_MAX);

	if (ret)
		return ret;
	w->segs[w->segs_nr++] = (struct seg){ .line = *l, .first = at, .last = at };
	return 0;
}

static void seg_take(struct walk *w, int seg, uint32_t chunk)
{
	w->chunks[chunk].seg = seg;
	w->segs[seg].first = VMS_MIN(w->segs[seg].first, chunk);
	w->segs[seg].last = VMS_MAX(w->segs[seg].last, chunk);
}

/* How far a prediction may be off: what the window must cover beside the band. */
static int64_t window_of(const struct walk *w)
{
	return VMS_MAX(align_us(w->x, 150.0), 2 * w->a->t->stretch_raw);
}

/* From a chunk that a line explains to the end of the trace. */
static int go(struct walk *w, uint32_t start, int dir, struct vms_line l)
{
	int seg = w->chunks[start].seg;
	int64_t i;
	int ret;

	for (i = (int64_t)start + dir; i >= 0 && i < (int64_t)w->chunks_nr; i += dir) {
		const int64_t next = i + dir;
		struct jump j;
		bool ok, ok_next = false;

		if (align_cancelled(w->x))
			return -VMS_ECANCEL;
		ret = try_chunk(w, (uint32_t)i, &l, window_of(w), &ok);
		if (ret)
			return ret;
		if (ok) {
			seg_take(w, seg, (uint32_t)i);
			follow(w, (uint32_t)i, dir, seg, &l);
			continue;
		}
		if (next >= 0 && next < (int64_t)w->chunks_nr) {
			ret = try_chunk(w, (uint32_t)next, &l, window_of(w), &ok_next);
			if (ret)
				return ret;
			if (ok_next)
				continue;
		}
		/* the chunk that failed holds the step: ask the one after it */
		ret = find_jump(w, (uint32_t)(next >= 0 && next < (int64_t)w->chunks_nr ? next : i), dir, &l, &j);
		if (ret)
			return ret;
		if (!j.found)
			continue;
		l = j.line;
		ret = seg_add(w, &l, (uint32_t)i);
		if (ret)
			return ret;
		seg = (int)w->segs_nr - 1;
		w->segs[seg].first = w->segs[seg].last = (uint32_t)(next >= 0 && next < (int64_t)w->chunks_nr ? next : i);
	}
	return 0;
}

/* --- start --- */

bool align_recorded_line(const struct align_ctx *x, const struct vms_cpu *c, uint32_t event, struct vms_line *l)
{
	const struct vms_time_shift *shift = x->guest->shift;
	const int64_t half = align_us(x, 500000.0), at = c->time_raw[event];
	const int64_t a = vms_sat_sub_i64(at, half), b = vms_sat_add_i64(at, half);
	int64_t oa, ob, om;

	if (!shift || c->cpu >= shift->cpus_nr || !shift->cpus[c->cpu].samples_nr)
		return false;
	oa = (int64_t)(vms_recorded_apply(shift, c->cpu, (uint64_t)a) - (uint64_t)a);
	ob = (int64_t)(vms_recorded_apply(shift, c->cpu, (uint64_t)b) - (uint64_t)b);
	om = (int64_t)(vms_recorded_apply(shift, c->cpu, (uint64_t)at) - (uint64_t)at);
	*l = (struct vms_line){ .ref_raw = at, .offset_raw = om };
	if (!x->constant) {
		const double d = (double)vms_sat_sub_i64(ob, oa) / (double)vms_sat_sub_i64(b, a);

		if (fabs(d) <= x->drift_max)
			l->drift = d;
	}
	return true;
}

/*
 * Finds a chunk near an event which a seed explains within its window, with those beside it: a wide
 * window needs more events than a chunk has.
 */
static int settle(struct walk *w, const struct align_seed *seed, uint32_t chunk, struct vms_line *l, bool *ok)
{
	const uint32_t a = chunk >= 3 ? chunk - 3 : 0, b = VMS_MIN(chunk + 4, w->chunks_nr);
	struct align_plateau p;
	uint32_t nr;
	int ret;

	*ok = false;
	*l = seed->line;
	if (seed->recorded && !align_recorded_line(w->x, w->a->c, w->chunks[chunk].from, l))
		return 0;
	nr = sample(w, w->chunks[a].from, w->chunks[b - 1].to);
	ret = align_sweep_line(w->x, w->a->t, w->guest_raw, nr, l, seed->window_raw, 2.0, &p);
	if (ret || p.v > align_bearable(nr) || p.checkable_nr * 2 < nr)
		return ret;
	ret = try_chunk(w, chunk, l, window_of(w), ok);
	if (*ok && w->chunks[chunk].n == 0)
		*ok = false;
	return ret;
}

static uint32_t chunk_of(const struct walk *w, uint32_t event)
{
	uint32_t i = (uint32_t)((uint64_t)event * w->chunks_nr / VMS_MAX(w->a->c->nr, 1u));

	i = VMS_MIN(i, w->chunks_nr - 1);
	while (i && w->chunks[i].from > event)
		i--;
	return i;
}

static int begin(struct walk *w, const struct align_seed *seed, uint32_t *chunk, struct vms_line *l, bool *ok)
{
	static const double places[] = { 0.5, 0.25, 0.75, 0.1, 0.9, 0.38, 0.62, 0.02, 0.98 };
	size_t i;
	int ret;

	*ok = false;
	if (seed->event != UINT32_MAX) {
		*chunk = chunk_of(w, seed->event);
		return settle(w, seed, *chunk, l, ok);
	}
	for (i = 0; i < VMS_ARRAY_NR(places) && !*ok; i++) {
		*chunk = (uint32_t)(places[i] * (double)w->chunks_nr);
		ret = settle(w, seed, *chunk, l, ok);
		if (ret)
			return ret;
	}
	return 0;
}

/* --- pieces --- */

static int by_first(const void *a, const void *b)
{
	const struct seg *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* The last line of a segment, through all its plateaus. */
static void settle_segment(struct walk *w, struct seg *s, int id)
{
	const double most = w->x->constant ? 0.0 : w->x->drift_max;
	size_t nr = 0;
	uint32_t i;

	for (i = s->first; i <= s->last; i++)
		if (w->chunks[i].seg == id && w->chunks[i].n)
			w->points[nr++] = w->chunks[i].p;
	if (nr)
		(void)align_fit(&s->line, w->points, nr, s->line.drift, most, nr < 4);
}

/* 1 when an event lies in a gap under a line */
static uint32_t violates(const struct align_thread *t, const struct vms_line *l, int64_t guest_raw)
{
	const int64_t h = align_line_apply(l, guest_raw);
	const uint32_t k = align_gap_at(t, h);

	return k < t->gaps_nr && t->gaps[k].from_raw <= h;
}

/*
 * The event at which the right line takes over: fewest violations; of equals the one where host
 * time goes on without turning back, and with the least jump.
 */
static uint32_t cut_between(const struct walk *w, const struct seg *l, const struct seg *r)
{
	const int64_t *g = w->a->c->time_raw;
	const uint32_t from = w->chunks[l->last].from, to = w->chunks[r->first].to;
	uint32_t i, best_at = w->chunks[r->first].from;
	int64_t v = 0, best = INT64_MAX;
	double best_jump = HUGE_VAL;

	if (from >= to)
		return best_at;
	for (i = from; i < to; i++) {
		double jump = HUGE_VAL;

		if (i > from)
			jump = (double)align_line_apply(&r->line, g[i]) - (double)align_line_apply(&l->line, g[i - 1]);
		if (jump < 0.0)
			jump = 1e19 - jump;
		if (v < best || (v == best && jump < best_jump)) {
			best = v;
			best_jump = jump;
			best_at = i;
		}
		v += (int64_t)violates(w->a->t, &l->line, g[i]) - (int64_t)violates(w->a->t, &r->line, g[i]);
	}
	return best_at;
}

static int pieces_make(struct walk *w, struct align_result *out)
{
	uint32_t *seg_of = vms_calloc(w->segs_nr, sizeof(*seg_of));
	size_t i, nr = 0;

	if (!seg_of)
		return -VMS_ENOMEM;
	for (i = 0; i < w->segs_nr; i++)
		settle_segment(w, &w->segs[i], (int)i);
	for (i = 0; i < w->chunks_nr; i++)
		if (w->chunks[i].seg >= 0)
			seg_of[w->chunks[i].seg]++;
	/* a segment that explains a single chunk is more likely an accident */
	for (i = 0; i < w->segs_nr; i++)
		if (seg_of[i] >= 2 || w->segs_nr == 1)
			w->segs[nr++] = w->segs[i];
	free(seg_of);
	w->segs_nr = nr;
	if (!nr)
		return 0;
	qsort(w->segs, nr, sizeof(*w->segs), by_first);
	out->pieces = vms_calloc(nr, sizeof(*out->pieces));
	if (!out->pieces)
		return -VMS_ENOMEM;
	for (i = 0; i < nr; i++) {
		const uint32_t from = i ? cut_between(w, &w->segs[i - 1], &w->segs[i]) : 0;
		struct vms_piece *p;

		/* two lines that begin at one event: the later replaces */
		if (!out->pieces_nr || from > out->pieces[out->pieces_nr - 1].from_idx)
			out->pieces_nr++;
		p = &out->pieces[out->pieces_nr - 1];
		p->line = w->segs[i].line;
		p->from_idx = from;
		p->from_raw = w->a->c->time_raw[from];
	}
	return 0;
}

int align_walk(struct align_ctx *x, const struct align_cpu *a, const struct align_seed *seed, struct align_result *out)
{
	struct walk w = { .x = x, .a = a, .jumps_left = JUMPS_MAX };
	struct vms_line l;
	uint32_t chunk;
	bool ok = false;
	int ret;

	*out = (struct align_result){ .start = seed->start, .how = seed->how };
	if (!a->c->nr || !a->t->t->stretches_nr)
		return 0;
	ret = chunks_make(&w);
	if (!ret)
		ret = begin(&w, seed, &chunk, &l, &ok);
	if (!ret && ok) {
		ret = seg_add(&w, &l, chunk);
		if (!ret) {
			seg_take(&w, 0, chunk);
			follow(&w, chunk, 1, 0, &l);
			ret = go(&w, chunk, 1, l);
		}
		if (!ret) {
			follow(&w, chunk, -1, 0, &l);
			ret = go(&w, chunk, -1, l);
		}
		if (!ret)
			ret = pieces_make(&w, out);
		if (!ret)
			align_score(a->t, a->c, out->pieces, out->pieces_nr, &out->score);
	}
	free(w.chunks);
	free(w.guest_raw);
	free(w.host_raw);
	free(w.points);
	free(w.segs);
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
