// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From chunks that were explained to lines, and the events at which one line hands over to the
 * next.
 */
#include "core/align/align_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/bisect.h"
#include "core/base/util.h"
#include "core/record/steady.h"

#define POLISH_ROUNDS 6u
/* chunks that a line may hold beyond its end, by accident: a busy vCPU has few gaps */
#define BEYOND_NR 24u
#define PIECE_SAVES_NR 8u /* violations that one more line of a segment must save */

/* Lines, each with the chunks that it explains. */
struct parts {
	struct align_seg *s;
	size_t nr, cap;
};

static int part_add(struct parts *p, const struct vms_line *l, uint32_t first, uint32_t last)
{
	const int ret = vms_grow(&p->s, &p->cap, p->nr + 1, sizeof(*p->s), UINT32_MAX);

	if (!ret)
		p->s[p->nr++] = (struct align_seg){ .line = *l, .first = first, .last = last };
	return ret;
}

static double drift_most(const struct align_walk *w)
{
	return w->x->constant ? 0.0 : w->x->drift_max;
}

/* 1 when an event lies in a gap under a line; *gap is where the one before it was looked for */
static uint32_t violates(const struct align_thread *t, const struct vms_line *l, int64_t guest_raw,
			 uint32_t *gap)
{
	const int64_t h = align_line_apply(l, guest_raw);

	*gap = align_gap_near(t, *gap, h);
	return *gap < t->gaps_nr && t->gaps[*gap].from_raw <= h;
}

/*
 * Violations under a line among samples of chunks first to last; some number not below @limit when
 * that is reached.
 */
static uint32_t violations_below(const struct align_walk *walk, const struct vms_line *line,
				 uint32_t first, uint32_t last, uint32_t limit)
{
	uint32_t c, i, nr = 0, gap = 0;

	for (c = first; c <= last && nr < limit; c++) {
		const struct align_chunk *k = &walk->chunks[c];
		const uint32_t step = (k->to - k->from) / 256 + 1;

		for (i = k->from; i < k->to; i += step)
			nr += violates(walk->a->t, line, walk->a->c->time_raw[i], &gap);
	}
	return nr;
}

static uint32_t violations(const struct align_walk *w, const struct vms_line *l, uint32_t first,
			   uint32_t last)
{
	return violations_below(w, l, first, last, UINT32_MAX);
}

/*
 * The plateaus of a segment, and the chunks they come from. Those with violations are left to the
 * side while there are enough without: strays bend them.
 */
static size_t gather(struct align_walk *walk, const struct align_seg *seg, int id)
{
	size_t nr = 0, clean = 0;
	uint32_t i, all = 0;

	for (i = seg->first; i <= seg->last; i++) {
		const struct align_chunk *chunk = &walk->chunks[i];

		all += chunk->seg == id && chunk->n;
		clean += chunk->seg == id && chunk->n && !chunk->v;
	}
	for (i = seg->first; i <= seg->last; i++) {
		const struct align_chunk *chunk = &walk->chunks[i];

		if (chunk->seg != id || !chunk->n || (chunk->v && clean * 2 >= all))
			continue;
		walk->points[nr] = chunk->p;
		walk->index[nr++] = i;
	}
	return nr;
}

/*
 * Bounds of one chunk from all its events, assigned to stretches by a line; false when they
 * contradict.
 */
static bool tighten_chunk(const struct align_walk *walk, const struct vms_line *line,
			  const struct align_chunk *chunk, struct align_point *point)
{
	const struct vms_thread *thread = walk->a->t->t;
	const int64_t off = align_line_offset(line, chunk->p.x_raw);
	const bool steady = walk->a->c->sorted && fabs(line->drift) <= STEADY_SHARE;
	int64_t lo = INT64_MIN, hi = INT64_MAX;
	uint32_t i, k = 0, next;

	for (i = chunk->from; i < chunk->to; i++) {
		const int64_t host_raw = align_line_apply(line, walk->a->c->time_raw[i]);
		const struct vms_stretch *stretch;

		if (host_raw < walk->a->t->first_raw || host_raw > walk->a->t->last_raw)
			continue;
		k = align_stretch_near(thread, k, host_raw);
		/* just behind one stretch may be just before the next */
		if (host_raw > thread->stretches[k].leave_raw && k + 1 < thread->stretches_nr &&
		    thread->stretches[k + 1].enter_raw - host_raw <
			    host_raw - thread->stretches[k].leave_raw)
			k++;
		stretch = &thread->stretches[k];
		if (stretch->flags & VMS_STRETCH_UNKNOWN)
			continue;
		lo = VMS_MAX(lo, vms_sat_sub_i64(stretch->enter_raw, host_raw));
		hi = VMS_MIN(hi, vms_sat_sub_i64(stretch->leave_raw, host_raw));
		if (!steady || host_raw < stretch->enter_raw || host_raw > stretch->leave_raw)
			continue;
		/* of those in one stretch the first and the last say most */
		next = steady_skip(walk->a->c, i, chunk->to,
				   VMS_MIN(stretch->leave_raw, walk->a->t->last_raw) - host_raw);
		i = VMS_MAX(next, i + 1) - 1;
	}
	if (lo == INT64_MIN || lo > hi)
		return false;
	*point = (struct align_point){ chunk->p.x_raw, vms_sat_add_i64(off, lo),
				       vms_sat_add_i64(off, hi) };
	return true;
}

/*
 * Assigns all events to stretches under the line, and fits the line to what they say, until nothing
 * is gained: plateaus are of samples, and some are accidents.
 */
static void polish(struct align_walk *walk, const struct align_seg *seg, int id,
		   struct vms_line *line)
{
	uint32_t i, round, best = violations(walk, line, seg->first, seg->last);
	bool sampled = false;

	for (i = seg->first; i <= seg->last; i++)
		sampled = sampled || walk->chunks[i].to - walk->chunks[i].from > walk->most;
	for (round = 0; round < POLISH_ROUNDS && (best || (sampled && !round)); round++) {
		struct vms_line tried = *line;
		size_t nr = 0;
		uint32_t now;

		for (i = seg->first; i <= seg->last; i++)
			if (walk->chunks[i].seg == id && walk->chunks[i].n)
				nr += tighten_chunk(walk, &tried, &walk->chunks[i],
						    &walk->points[nr]);
		if (nr < 2)
			return;
		(void)align_fit(&tried, walk->points, nr, tried.drift, drift_most(walk), nr < 4);
		now = violations(walk, &tried, seg->first, seg->last);
		if (now > best || (now == best && best))
			return;
		best = now;
		*line = tried;
	}
}

/* How many points from one on a line can hold, all before the answer included. */
static size_t longest(const struct align_walk *w, size_t from, size_t nr, double slack)
{
	size_t lo = 2, hi = nr - from;
	struct vms_line l;

	if (align_fit(&l, w->points + from, hi, 0.0, drift_most(w), false) >= -slack)
		return hi;
	VMS_BISECT(lo, hi, mid,
		   align_fit(&l, w->points + from, mid, 0.0, drift_most(w), false) >= -slack);
	return lo - 1;
}

static void drop_point(struct align_walk *w, size_t at, size_t *nr)
{
	memmove(w->points + at, w->points + at + 1, (*nr - at - 1) * sizeof(*w->points));
	memmove(w->index + at, w->index + at + 1, (*nr - at - 1) * sizeof(*w->index));
	(*nr)--;
}

/*
 * Greedy: each line as long as it holds. A single point that contradicts, while those after it do
 * not, is dropped; so is a line of a single point.
 */
static int split(struct align_walk *walk, size_t nr, double drift, double slack, struct parts *out)
{
	size_t from = 0;
	int ret = 0;

	while (from < nr && !ret) {
		size_t len = longest(walk, from, nr, slack);
		struct vms_line line = { 0 };

		if (from + len + 3 < nr) {
			const struct align_point point = walk->points[from + len];
			const uint32_t index = walk->index[from + len];

			drop_point(walk, from + len, &nr);
			if (longest(walk, from, nr, slack) >= len + 3)
				continue;
			memmove(walk->points + from + len + 1, walk->points + from + len,
				(nr - from - len) * sizeof(*walk->points));
			memmove(walk->index + from + len + 1, walk->index + from + len,
				(nr - from - len) * sizeof(*walk->index));
			walk->points[from + len] = point;
			walk->index[from + len] = index;
			nr++;
		}
		if (len >= 2) {
			(void)align_fit(&line, walk->points + from, len, drift, drift_most(walk),
					len < 4);
			ret = part_add(out, &line, walk->index[from], walk->index[from + len - 1]);
		}
		from += len;
	}
	return ret;
}

/*
 * A few plateaus that are accidents can spoil the line through all; the lines of the longest parts
 * are unspoilt. Takes one of them when it explains the segment better.
 */
static void best_single(const struct align_walk *walk, const struct align_seg *seg,
			const struct parts *many, struct vms_line *one)
{
	uint32_t best = violations(walk, one, seg->first, seg->last), most = 0;
	size_t i;

	for (i = 0; i < many->nr; i++)
		most = VMS_MAX(most, many->s[i].last - many->s[i].first);
	for (i = 0; i < many->nr; i++) {
		uint32_t v;

		if ((many->s[i].last - many->s[i].first) * 4 < most)
			continue;
		v = violations_below(walk, &many->s[i].line, seg->first, seg->last, best);
		if (v < best) {
			best = v;
			*one = many->s[i].line;
		}
	}
}

static uint32_t violations_of_many(const struct align_walk *w, const struct align_seg *s,
				   const struct parts *many)
{
	uint32_t v = 0;
	size_t i;

	for (i = 0; i < many->nr; i++)
		v += violations(w, &many->s[i].line, i ? many->s[i - 1].last + 1 : s->first,
				i + 1 < many->nr ? many->s[i].last : s->last);
	return v;
}

/*
 * The line of a segment, or lines where one does not hold: a drift that changes, or a small step.
 */
static int settle_segment(struct align_walk *walk, struct align_seg *seg, int id, struct parts *out)
{
	const double slack = (double)align_us(walk->x, 0.1);
	struct parts many = { 0 };
	struct vms_line one = seg->line;
	uint32_t v_one;
	size_t i, nr = gather(walk, seg, id);
	double margin;
	int ret;

	/* a segment that explains a single chunk is more likely an accident */
	if (!nr || (nr < 2 && walk->segs_nr > 1))
		return 0;
	margin = align_fit(&one, walk->points, nr, seg->line.drift, drift_most(walk), nr < 4);
	if (margin >= -slack || nr < 4) {
		polish(walk, seg, id, &one);
		return part_add(out, &one, seg->first, seg->last);
	}
	ret = split(walk, nr, one.drift, slack, &many);
	best_single(walk, seg, &many, &one);
	polish(walk, seg, id, &one);
	v_one = violations(walk, &one, seg->first, seg->last);
	if (!ret && many.nr &&
	    violations_of_many(walk, seg, &many) + PIECE_SAVES_NR * (uint32_t)(many.nr - 1) <
		    v_one) {
		many.s[0].first = seg->first;
		many.s[many.nr - 1].last = seg->last;
		for (i = 0; i < many.nr && !ret; i++)
			ret = part_add(out, &many.s[i].line, many.s[i].first, many.s[i].last);
	} else if (!ret) {
		ret = part_add(out, &one, seg->first, seg->last);
	}
	free(many.s);
	return ret;
}

static int by_first(const void *a, const void *b)
{
	const struct align_seg *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

uint32_t align_cut(const struct align_thread *thread, const int64_t *guest_raw, uint32_t from,
		   uint32_t to, uint32_t near_at, const struct vms_line *left,
		   const struct vms_line *right)
{
	uint32_t i, best_at = near_at, l_gap = 0, r_gap = 0;
	int64_t bad = 0, best = INT64_MAX;
	double best_jump = HUGE_VAL;

	for (i = from; i < to; i++) {
		double jump = HUGE_VAL;

		if (i > from)
			jump = (double)align_line_apply(right, guest_raw[i]) -
			       (double)align_line_apply(left, guest_raw[i - 1]);
		if (jump < 0.0)
			jump = 1e19 - jump;
		if (bad < best || (bad == best && jump < best_jump)) {
			best = bad;
			best_jump = jump;
			best_at = i;
		}
		bad += (int64_t)violates(thread, left, guest_raw[i], &l_gap);
		bad -= (int64_t)violates(thread, right, guest_raw[i], &r_gap);
	}
	return best_at;
}

static uint32_t cut_between(const struct align_walk *walk, const struct align_seg *l,
			    const struct align_seg *r)
{
	const uint32_t a = VMS_MAX(l->first, l->last > BEYOND_NR ? l->last - BEYOND_NR : 0);
	const uint32_t b = VMS_MIN(r->last, r->first + BEYOND_NR);

	return align_cut(walk->a->t, walk->a->c->time_raw, walk->chunks[a].from, walk->chunks[b].to,
			 walk->chunks[r->first].from, &l->line, &r->line);
}

int align_pieces_make(struct align_walk *walk, struct align_result *out)
{
	struct parts parts = { 0 };
	size_t i;
	int ret = 0;

	for (i = 0; i < walk->segs_nr && !ret; i++)
		ret = settle_segment(walk, &walk->segs[i], (int)i, &parts);
	if (ret || !parts.nr)
		goto out;
	qsort(parts.s, parts.nr, sizeof(*parts.s), by_first);
	out->pieces = vms_calloc(parts.nr, sizeof(*out->pieces));
	if (!out->pieces) {
		ret = -VMS_ENOMEM;
		goto out;
	}
	for (i = 0; i < parts.nr; i++) {
		const uint32_t from = i ? cut_between(walk, &parts.s[i - 1], &parts.s[i]) : 0;
		struct vms_piece *p;

		/* two lines that begin at one event: the later replaces */
		if (!out->pieces_nr || from > out->pieces[out->pieces_nr - 1].from_idx)
			out->pieces_nr++;
		p = &out->pieces[out->pieces_nr - 1];
		p->line = parts.s[i].line;
		p->from_idx = from;
		p->from_raw = walk->a->c->time_raw[from];
	}
out:
	free(parts.s);
	return ret;
}
