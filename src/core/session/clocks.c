// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Splits a guest's constraints by vCPU and by host CPU, and holds the parts' bands against each
 * other.
 */
#include "core/session/session_solve.h"

#include <vmsync/clocks.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/each.h"
#include "core/bound/hull.h"

/* Guest times of a vCPU's band that are tried for the one that tells most. */
#define TIMES_A_TRACK 24u
/* Steps are moves between host CPUs when a split by them leaves less than this part. */
#define STEPS_PART 4u

static const struct vms_clock_meet nothing = { .lo_raw = INT64_MIN, .hi_raw = INT64_MAX };

static void meet_add(struct vms_clock_meet *clock_meet, const struct vms_clock_part *p,
		     unsigned int which)
{
	if (!p->speaks)
		return;
	if (!clock_meet->nr || p->lo_raw > clock_meet->lo_raw) {
		clock_meet->lo_raw = p->lo_raw;
		clock_meet->lo_by = which;
	}
	if (!clock_meet->nr || p->hi_raw < clock_meet->hi_raw) {
		clock_meet->hi_raw = p->hi_raw;
		clock_meet->hi_by = which;
	}
	clock_meet->nr++;
}

/*
 * The one segment that holds at a guest time. A guest whose clock was set back lives some times
 * twice: then none.
 */
static const struct vms_band_segment *segment_at(const struct vms_band *band, int64_t at_raw)
{
	const struct vms_band_segment *found = NULL;
	unsigned int i;

	if (band->segs_nr == 1 && !band->beside_nr)
		return &band->segs[0];
	for (i = 0; i < band->segs_nr; i++) {
		if (at_raw < band->segs[i].from_raw || at_raw > band->segs[i].to_raw)
			continue;
		if (found)
			return NULL;
		found = &band->segs[i];
	}
	return found;
}

static void part_of_segment(struct vms_clock_part *part, const struct vms_band_segment *g,
			    int64_t at_raw)
{
	part->lo_raw = INT64_MIN;
	part->hi_raw = INT64_MAX;
	part->speaks = false;
	if (!g)
		return;
	vms_band_at(g, at_raw, &part->lo_raw, &part->hi_raw);
	part->bounds_nr = g->lower_nr + g->upper_nr;
	part->speaks = part->lo_raw != INT64_MIN || part->hi_raw != INT64_MAX;
}

/* The band of a vCPU, NULL where nothing can be said by it. */
static const struct vms_band *band_of(const struct vms_session *session, unsigned int guest,
				      unsigned int track)
{
	const struct vms_track *t = &session->tracks[track];

	return t->guest == guest && t->band && t->band->segs_nr && !session_doubt(session, t)
		       ? t->band
		       : NULL;
}

static struct vms_clock_meet vcpus_at(const struct vms_session *session, unsigned int guest,
				      int64_t at_raw)
{
	struct vms_clock_meet clock_meet = nothing;
	unsigned int i;

	for (i = 0; i < session->tracks_nr; i++) {
		struct vms_clock_part p = { .track = i };
		const struct vms_band *band = band_of(session, guest, i);

		if (!band)
			continue;
		part_of_segment(&p, segment_at(band, at_raw), at_raw);
		meet_add(&clock_meet, &p, i);
	}
	return clock_meet;
}

/* Least in common; negative where they differ. */
static int64_t common_raw(const struct vms_clock_meet *m)
{
	return vms_sat_sub_i64(m->hi_raw, m->lo_raw);
}

static bool tells_more(const struct vms_clock_meet *a, const struct vms_clock_meet *b)
{
	return a->nr != b->nr ? a->nr > b->nr : common_raw(a) < common_raw(b);
}

static bool best_time(const struct vms_session *session, unsigned int guest, int64_t *at_raw)
{
	struct vms_clock_meet best = nothing;
	unsigned int i, k;

	for (i = 0; i < session->tracks_nr; i++) {
		const struct vms_band *b = band_of(session, guest, i);
		const unsigned int nr = b ? 3 * b->segs_nr : 0, every = nr / TIMES_A_TRACK + 1;

		for (k = 0; k < nr; k += every) {
			const struct vms_band_segment *g = &b->segs[k / 3];
			const int64_t half = vms_sat_sub_i64(g->to_raw, g->from_raw) / 2;
			const int64_t at = k % 3 == 0	? g->from_raw
					   : k % 3 == 1 ? g->from_raw + half
							: g->to_raw;
			const struct vms_clock_meet m = vcpus_at(session, guest, at);

			if (tells_more(&m, &best)) {
				best = m;
				*at_raw = at;
			}
		}
	}
	return best.nr > 0;
}

/* Which points of a vCPU are of which host CPU; those of one keep their order. */
struct split {
	const struct vms_thread *thread;
	const struct vms_facts *facts;
	uint32_t *idx[2];  /* by enum vms_side: into its constraints, by host CPU */
	uint32_t *from[2]; /* pcpus_nr + 1 entries */
	unsigned int pcpus_nr;
};

static void split_release(struct split *x)
{
	unsigned int side;

	for (side = 0; side < 2; side++) {
		free(x->idx[side]);
		free(x->from[side]);
	}
}

/* index of the host CPU whose clock a constraint rests on */
static unsigned int pcpu_of(const struct split *x, struct vms_bound bound)
{
	if (vms_bound_is_fact(bound))
		return (unsigned int)vms_fact_of(x->facts, bound.stretch)->to.cpu;
	return vms_stretch_pcpu(&x->thread->stretches[bound.stretch]);
}

static bool within(struct vms_bound bound, const struct vms_band_segment *g)
{
	return !g || (bound.event >= g->from_event && bound.event <= g->to_event);
}

static int split_side(struct split *split, unsigned int side, const struct vms_bound *bounds,
		      uint32_t nr, const struct vms_band_segment *only)
{
	uint32_t *next = vms_calloc(split->pcpus_nr + 1, sizeof(*next));
	uint32_t i;

	split->idx[side] = vms_calloc(nr, sizeof(uint32_t));
	split->from[side] = vms_calloc(split->pcpus_nr + 1, sizeof(uint32_t));
	if (!next || !split->idx[side] || !split->from[side]) {
		free(next);
		return -VMS_ENOMEM;
	}
	for (i = 0; i < nr; i++)
		if (within(bounds[i], only))
			split->from[side][pcpu_of(split, bounds[i]) + 1]++;
	for (i = 0; i < split->pcpus_nr; i++) {
		split->from[side][i + 1] += split->from[side][i];
		next[i] = split->from[side][i];
	}
	for (i = 0; i < nr; i++)
		if (within(bounds[i], only))
			split->idx[side][next[pcpu_of(split, bounds[i])]++] = i;
	free(next);
	return 0;
}

static int split_make(struct split *x, const struct vms_session *s, const struct vms_track *t,
		      const struct vms_band_segment *only, struct vms_err *err)
{
	int ret;

	*x = (struct split){ .thread = t->thread,
			     .facts = s->facts,
			     .pcpus_nr = s->trace->host->cpus_nr };
	ret = split_side(x, VMS_LOWER, t->cons->lower, t->cons->lower_nr, only);
	if (!ret)
		ret = split_side(x, VMS_UPPER, t->cons->upper, t->cons->upper_nr, only);
	return ret ? vms_fail(err, VMS_ENOMEM, "out of memory") : 0;
}

static struct vms_bound *bounds_of(const struct split *x, unsigned int side, unsigned int pcpu,
				   const struct vms_bound *all, uint32_t *nr)
{
	const uint32_t from = x->from[side][pcpu];
	struct vms_bound *bounds = vms_calloc(x->from[side][pcpu + 1] - from, sizeof(*bounds));
	uint32_t i;

	*nr = x->from[side][pcpu + 1] - from;
	for (i = 0; i < *nr && bounds; i++)
		bounds[i] = all[x->idx[side][from + i]];
	return bounds;
}

static int part_add(struct vms_clocks *c, const struct vms_clock_part *p, struct vms_err *err)
{
	if (vms_grow(&c->parts, &c->parts_cap, c->parts_nr + 1, sizeof(*c->parts), UINT32_MAX))
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	c->parts[c->parts_nr++] = *p;
	return 0;
}

/** struct vms_clocks_work - a vCPU that is being split by host CPU */
struct vms_clocks_work {
	unsigned int track;
	unsigned int vcpu_part; /* index of the vCPU's own part */
	struct split x;
	unsigned int next;  /* host CPU */
	unsigned int steps; /* of all parts together */
	uint64_t cost;	    /* what speaks against a line for each part */
	bool narrowed;	    /* only the segment in question is looked at */
};

/* A vCPU by itself, and its constraints by host CPU. */
static int track_begin(struct vms_clocks *clocks, const struct vms_session *session,
		       unsigned int track_idx, struct vms_err *err)
{
	const struct vms_track *track = &session->tracks[track_idx];
	struct vms_clock_part p = { .track = track_idx, .pcpu = -1 };
	int ret;

	clocks->work = vms_calloc(1, sizeof(*clocks->work));
	if (!clocks->work)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	clocks->work->track = track_idx;
	clocks->work->vcpu_part = clocks->parts_nr;
	part_of_segment(&p, segment_at(track->band, clocks->at_raw), clocks->at_raw);
	ret = part_add(clocks, &p, err);
	return ret ? ret : split_make(&clocks->work->x, session, track, NULL, err);
}

static uint64_t cost(const struct vms_band *band)
{
	uint64_t sum = band->violations;
	unsigned int i;

	for (i = 1; i < band->segs_nr; i++)
		sum += band->segs[i].soft ? 0 : SESSION_STEP_PENALTY;
	return sum;
}

/* One host CPU, by the segment that rests on most. */
static int host_cpu_add(struct vms_clocks *clocks, const struct vms_session *session,
			struct vms_err *err)
{
	struct vms_clocks_work *clocks_work = clocks->work;
	const struct vms_track *t = &session->tracks[clocks_work->track];
	struct vms_clock_part part = { .track = clocks_work->track,
				       .pcpu = (int32_t)clocks_work->next };
	struct vms_constraints cons = { .events_nr = t->cons->events_nr,
					.cpu = t->cons->cpu,
					.thread = t->cons->thread,
					.facts = t->cons->facts };
	const struct session_steps steps = { .coarse = clocks_work->narrowed ||
						       !vms_band_has_small(t->band) };
	struct vms_band *band = NULL;
	const unsigned int pcpu = clocks_work->next++;
	int ret = 0;

	cons.lower = bounds_of(&clocks_work->x, VMS_LOWER, pcpu, t->cons->lower, &cons.lower_nr);
	cons.upper = bounds_of(&clocks_work->x, VMS_UPPER, pcpu, t->cons->upper, &cons.upper_nr);
	if (!cons.lower || !cons.upper)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	else if (cons.lower_nr || cons.upper_nr)
		ret = session_band_of(&band, session, t, &session->priv[clocks_work->track], &cons,
				      &steps, err);
	if (!ret && band) {
		clocks_work->steps += vms_band_steps(band);
		clocks_work->cost += cost(band);
		part_of_segment(&part, session_main_segment(band), clocks->at_raw);
		ret = part_add(clocks, &part, err);
	}
	vms_band_free(band);
	free(cons.lower);
	free(cons.upper);
	return ret;
}

static void work_free(struct vms_clocks *c)
{
	if (c->work)
		split_release(&c->work->x);
	free(c->work);
	c->work = NULL;
}

/*
 * Where the band has steps: over all of the trace when the parts have few, else over the segment in
 * question.
 */
static int narrow(struct vms_clocks *clocks, const struct vms_session *session, bool *again,
		  struct vms_err *err)
{
	struct vms_clocks_work *clocks_work = clocks->work;
	const struct vms_track *track = &session->tracks[clocks_work->track];
	const unsigned int own = vms_band_steps(track->band), before = clocks_work->vcpu_part + 1;

	*again = false;
	if (!vms_band_is_cut(track->band) || clocks_work->narrowed)
		return 0;
	clocks->parts[before - 1].step_free =
		clocks_work->steps < own / STEPS_PART && clocks->parts_nr - before > 1;
	if (clocks->parts[before - 1].step_free)
		return 0;
	clocks->parts_nr = before;
	if (!clocks->parts[before - 1].speaks)
		return 0;
	*again = true;
	clocks_work->narrowed = true;
	clocks_work->next = 0;
	clocks_work->cost = 0;
	split_release(&clocks_work->x);
	return split_make(&clocks_work->x, session, track, segment_at(track->band, clocks->at_raw),
			  err);
}

/* Where a line for each host CPU leaves more open than one for all, something else is wrong. */
static bool parts_explain(const struct vms_clocks *clocks, const struct vms_session *session)
{
	const struct vms_band *band = session->tracks[clocks->work->track].band;

	return clocks->work->cost <=
	       (clocks->work->narrowed ? segment_at(band, clocks->at_raw)->violations : cost(band));
}

static int track_end(struct vms_clocks *clocks, const struct vms_session *s, struct vms_err *err)
{
	const unsigned int which = clocks->work->vcpu_part;
	unsigned int i;
	bool again;
	const int ret = narrow(clocks, s, &again, err);

	if (ret || again)
		return ret;
	for (i = which + 1; i < clocks->parts_nr && !parts_explain(clocks, s); i++)
		clocks->parts[i].speaks = false;
	/* a vCPU that ran on one host CPU says nothing of others */
	if (clocks->parts_nr - which == 2)
		clocks->parts_nr--;
	meet_add(&clocks->vcpus, &clocks->parts[which], which);
	work_free(clocks);
	return 0;
}

int vms_clocks_begin(struct vms_clocks **out, const struct vms_session *session, unsigned int guest,
		     const int64_t *at_raw, struct vms_err *err)
{
	struct vms_clocks *clocks = vms_calloc(1, sizeof(*clocks));

	if (!clocks)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	clocks->vcpus = nothing;
	clocks->guest = guest;
	if (at_raw)
		clocks->at_raw = *at_raw;
	else if (!best_time(session, guest, &clocks->at_raw)) {
		vms_clocks_free(clocks);
		return vms_fail(err, VMS_ENODATA, "no vCPU of this guest has a band");
	}
	*out = clocks;
	return 0;
}

int vms_clocks_more(struct vms_clocks *clocks, const struct vms_session *session,
		    struct vms_err *err)
{
	int ret;

	if (clocks->work)
		ret = clocks->work->next < clocks->work->x.pcpus_nr
			      ? host_cpu_add(clocks, session, err)
			      : track_end(clocks, session, err);
	else {
		while (clocks->next < session->tracks_nr &&
		       !band_of(session, clocks->guest, clocks->next))
			clocks->next++;
		if (clocks->next == session->tracks_nr)
			return 0;
		ret = track_begin(clocks, session, clocks->next++, err);
	}
	return ret ? ret : 1;
}

/* Every vCPU split, each by itself. */
struct whole {
	const struct vms_session *session;
	const struct vms_clocks *of;
	struct vms_clocks *tracks; /* one each */
};

static int split_track(void *user, unsigned int track, struct vms_err *err)
{
	const struct whole *whole = user;
	struct vms_clocks *clocks = &whole->tracks[track];
	int ret;

	*clocks = *whole->of;
	if (!band_of(whole->session, clocks->guest, track))
		return 0;
	ret = track_begin(clocks, whole->session, track, err);
	while (ret >= 0 && clocks->work)
		ret = vms_clocks_more(clocks, whole->session, err);
	work_free(clocks);
	return VMS_MIN(ret, 0);
}

/* What one vCPU says behind what those before it say. */
static int track_append(struct vms_clocks *clocks, const struct vms_clocks *track,
			struct vms_err *err)
{
	const unsigned int first = clocks->parts_nr;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < track->parts_nr && !ret; i++)
		ret = part_add(clocks, &track->parts[i], err);
	if (!ret && track->parts_nr)
		meet_add(&clocks->vcpus, &clocks->parts[first], first);
	return ret;
}

int vms_clocks_build(struct vms_clocks **out, const struct vms_session *s, unsigned int guest,
		     const int64_t *at_raw, struct vms_err *err)
{
	struct vms_clocks *clocks = NULL;
	struct whole whole = { .session = s };
	unsigned int i;
	int ret = vms_clocks_begin(&clocks, s, guest, at_raw, err);

	if (ret)
		return ret;
	whole.of = clocks;
	whole.tracks = vms_calloc(s->tracks_nr, sizeof(*whole.tracks));
	ret = whole.tracks ? vms_each(s->tracks_nr, split_track, &whole, err)
			   : vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < s->tracks_nr && !ret; i++)
		ret = track_append(clocks, &whole.tracks[i], err);
	for (i = 0; whole.tracks && i < s->tracks_nr; i++)
		free(whole.tracks[i].parts);
	free(whole.tracks);
	if (!ret && !clocks->vcpus.nr)
		ret = vms_fail(err, VMS_ENODATA, "no vCPU of this guest has a band then");
	if (ret)
		vms_clocks_free(clocks);
	else
		*out = clocks;
	return ret;
}

void vms_clocks_free(struct vms_clocks *c)
{
	if (!c)
		return;
	work_free(c);
	free(c->parts);
	free(c);
}

struct vms_clock_meet vms_clocks_pcpus(const struct vms_clocks *c, unsigned int track)
{
	struct vms_clock_meet m = nothing;
	unsigned int i;

	for (i = 0; i < c->parts_nr; i++)
		if (c->parts[i].track == track && c->parts[i].pcpu >= 0)
			meet_add(&m, &c->parts[i], i);
	return m;
}
