// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A clock that drifts, followed event by event: as far as its drift may have taken it since the
 * event before, and no farther.
 */
#include "core/session/session_solve.h"

#include <math.h>
#include <stdlib.h>

#include <vmsync/place.h>

#include "core/bound/hull.h"

/* Points of the line that comes out, at most. */
#define POINTS_MAX 4096u
/* Stretches one after another that contradict: it has stepped. */
#define STRAYS_MAX 8u

struct follow {
	const struct vms_cpu *cpu;
	const struct vms_thread *thread;
	int64_t base_raw; /* offsets are beside this one */
	double drift_max;
	uint32_t every;	 /* a point for so many events */
	double *lo, *hi; /* by point */
};

/* Where the offset can be at an event, on the way there. */
struct state {
	double lo, hi;
	int64_t guest_raw;
	uint32_t cursor, strays;
	uint32_t stray; /* the last stretch that contradicted */
};

static double least(const struct follow *f, int64_t from_raw, int64_t to_raw)
{
	return f->drift_max * fabs((double)vms_sat_sub_i64(to_raw, from_raw));
}

/* The stretches that an event can lie in; false: none, or beyond what is known. */
static bool range_of(const struct follow *f, struct state *s, int64_t guest_raw, uint32_t *first,
		     uint32_t *last)
{
	const struct vms_stretch *st = f->thread->stretches;
	const int64_t middle = vms_sat_add_i64(guest_raw, f->base_raw);
	const int64_t lo = vms_sat_add_i64(middle, (int64_t)floor(s->lo));
	const int64_t hi = vms_sat_add_i64(middle, (int64_t)ceil(s->hi));
	int64_t a = vms_stretch_near(f->thread, lo, s->cursor);
	const int64_t b = vms_stretch_near(f->thread, hi, s->cursor);
	int64_t i;

	if (a < 0 || (b + 1 == (int64_t)f->thread->stretches_nr && st[b].leave_raw < hi))
		return false;
	s->cursor = (uint32_t)a;
	a += st[a].leave_raw < lo;
	for (i = a; i <= b; i++)
		if (st[i].flags & VMS_STRETCH_UNKNOWN)
			return false;
	*first = (uint32_t)a;
	*last = (uint32_t)b;
	return a <= b;
}

/* One event further; false: it cannot be. */
static bool step_to(const struct follow *f, struct state *s, uint32_t event)
{
	const int64_t guest_raw = f->cpu->time_raw[event];
	const int64_t middle = vms_sat_add_i64(guest_raw, f->base_raw);
	const double more = least(f, s->guest_raw, guest_raw);
	uint32_t first, last;
	double lo, hi;

	s->lo -= more;
	s->hi += more;
	s->guest_raw = guest_raw;
	if (!range_of(f, s, guest_raw, &first, &last))
		return true;
	/* 1: times are rounded */
	lo = (double)vms_sat_sub_i64(f->thread->stretches[first].enter_raw, middle) - 1.0;
	hi = (double)vms_sat_sub_i64(f->thread->stretches[last].leave_raw, middle) + 1.0;
	if (lo > s->hi || hi < s->lo) {
		s->strays += s->stray != first;
		s->stray = first;
		return s->strays < STRAYS_MAX;
	}
	s->lo = fmax(s->lo, lo);
	s->hi = fmin(s->hi, hi);
	s->strays = 0;
	return true;
}

static void note(const struct follow *f, uint32_t event, const struct state *s)
{
	if (event % f->every)
		return;
	f->lo[event / f->every] = s->lo;
	f->hi[event / f->every] = s->hi;
}

/* From an event to both ends. */
static bool follow_from(const struct follow *f, uint32_t event, struct state start)
{
	struct state s = start;
	uint32_t i;

	for (i = event; i < f->cpu->nr; i++) {
		if (!step_to(f, &s, i))
			return false;
		note(f, i, &s);
	}
	for (i = event, s = start; i-- > 0;) {
		if (!step_to(f, &s, i))
			return false;
		note(f, i, &s);
	}
	return true;
}

/* What one point knows its neighbour knows too, but for the drift between. */
static void share(const struct follow *f, uint32_t to, uint32_t from)
{
	const double more =
		least(f, f->cpu->time_raw[from * f->every], f->cpu->time_raw[to * f->every]);
	const double lo = fmax(f->lo[to], f->lo[from] - more);
	const double hi = fmin(f->hi[to], f->hi[from] + more);

	if (lo > hi)
		return;
	f->lo[to] = lo;
	f->hi[to] = hi;
}

/* As few lines as stay between the two: @pieces has room for one a point. Return: how many; -E */
static int lines_of(const struct follow *f, uint32_t points_nr, struct vms_piece *pieces)
{
	struct vms_fit fit;
	uint32_t i, from = 0;
	int ret = 1, nr = 0;

	vms_fit_init(&fit, (int64_t)(f->drift_max * 1e9));
	for (i = 0; i <= points_nr && ret >= 0; i++) {
		const uint32_t event = VMS_MIN(i, points_nr - 1) * f->every;
		struct vms_point p = { .x_raw = f->cpu->time_raw[event], .event = event };
		const uint32_t at = VMS_MIN(i, points_nr - 1);

		p.y_raw = vms_sat_add_i64(f->base_raw, (int64_t)floor(f->lo[at]));
		ret = i < points_nr ? vms_fit_add(&fit, VMS_LOWER, &p) : 0;
		p.y_raw = vms_sat_add_i64(f->base_raw, (int64_t)ceil(f->hi[at]));
		if (ret > 0)
			ret = vms_fit_add(&fit, VMS_UPPER, &p);
		if (ret)
			continue;
		if (i > from) {
			const uint32_t middle = (from + i) / 2 * f->every;

			pieces[nr].from_idx = from * f->every;
			pieces[nr].from_raw = f->cpu->time_raw[from * f->every];
			pieces[nr].line.ref_raw = f->cpu->time_raw[middle];
			vms_fit_middle(&fit, pieces[nr].line.ref_raw, &pieces[nr].line.offset_raw,
				       &pieces[nr].line.offset_frac, &pieces[nr].line.drift);
			nr++;
			from = i;
			i -= i < points_nr;
		} else {
			from++; /* too far from all others for arithmetic */
		}
		vms_fit_clear(&fit);
	}
	vms_fit_free(&fit);
	return ret < 0 ? ret : nr;
}

/* The segment with most events whose band is known on both sides at its middle. */
static const struct vms_band_segment *anchor_of(const struct vms_band *band, uint32_t *event)
{
	const struct vms_band_segment *best = NULL;
	unsigned int i;

	for (i = 0; band && i < band->segs_nr; i++) {
		const struct vms_band_segment *seg = &band->segs[i];
		const uint32_t nr = seg->to_event - seg->from_event;

		if (seg->unsure || seg->lo_raw == INT64_MIN || seg->hi_raw == INT64_MAX ||
		    (best && nr <= best->to_event - best->from_event))
			continue;
		best = seg;
		*event = seg->from_event + nr / 2;
	}
	return best;
}

int session_follow(struct vms_piece **pieces, unsigned int *nr, const struct vms_session *session,
		   const struct vms_track *track)
{
	const struct vms_cpu *cpu =
		&session->trace->guests[track->guest].stream->cpus[track->cpu_idx];
	struct follow f = { .cpu = cpu,
			    .thread = track->thread,
			    .drift_max = SESSION_DRIFT_MAX,
			    .every = cpu->nr / POINTS_MAX + 1 };
	const uint32_t points_nr = (cpu->nr + f.every - 1) / f.every;
	uint32_t event = 0, i;
	const struct vms_band_segment *seg = anchor_of(track->band, &event);
	int64_t lo_raw, hi_raw;
	bool whole;
	int ret = 0;

	*pieces = NULL;
	*nr = 0;
	if (!seg || !cpu->sorted || !points_nr)
		return 0;
	f.lo = vms_calloc(points_nr, sizeof(*f.lo));
	f.hi = vms_calloc(points_nr, sizeof(*f.hi));
	*pieces = vms_calloc(points_nr, sizeof(**pieces));
	if (!f.lo || !f.hi || !*pieces) {
		free(f.lo);
		free(f.hi);
		return -VMS_ENOMEM;
	}
	vms_band_at(seg, cpu->time_raw[event], &lo_raw, &hi_raw);
	f.base_raw = lo_raw;
	whole = follow_from(&f, event,
			    (struct state){ .hi = (double)vms_sat_sub_i64(hi_raw, lo_raw),
					    .guest_raw = cpu->time_raw[event],
					    .stray = UINT32_MAX });
	for (i = 1; whole && i < points_nr; i++)
		share(&f, i, i - 1);
	for (i = points_nr; whole && i-- > 1;)
		share(&f, i - 1, i);
	if (whole)
		ret = lines_of(&f, points_nr, *pieces);
	*nr = ret > 0 ? (unsigned int)ret : 0;
	free(f.lo);
	free(f.hi);
	return VMS_MIN(ret, 0);
}
