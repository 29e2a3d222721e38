// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The pieces of a track's clock before it is solved: where one hands over to the next, which are
 * one, which explain nothing.
 */
#include "core/session/session_impl.h"

#include <math.h>

#include <vmsync/place.h>

#include "core/base/bisect.h"

/* A cut at which host time turns back must save so many events: it is a false one. */
#define BACKWARD_EVENTS 8

int session_line_begin(struct session_line *line, const struct vms_session *s,
		       const struct vms_track *track, const struct vms_constraints *cons,
		       const struct vms_piece *piece, struct vms_err *err)
{
	const struct vms_stream *stream = s->trace->guests[track->guest].stream;
	struct vms_piece p = *piece;
	int ret;

	p.from_idx = 0;
	p.from_raw = INT64_MIN;
	*line = (struct session_line){ .cpu = &stream->cpus[track->cpu_idx],
				       .cpu_idx = track->cpu_idx,
				       .thread = track->thread,
				       .cons = cons };
	ret = vms_model_new(&line->map, VMS_MODEL_PIECES, stream, err);
	return ret ? ret : vms_model_set(line->map, track->cpu_idx, &p, 1, err);
}

void session_line_end(struct session_line *l)
{
	vms_model_free(l->map);
	l->map = NULL;
}

static int64_t host_of(const struct session_line *l, uint32_t event)
{
	return vms_model_event(l->map, l->cpu_idx, event, l->cpu->time_raw[event]);
}

/* Clock facts of one side just before an event that the line contradicts. */
static unsigned int facts_against(const struct session_line *line, const struct vms_point *points,
				  uint32_t nr, uint32_t event, bool lower)
{
	uint32_t lo = 0, hi = nr;
	unsigned int against = 0;

	VMS_BISECT(lo, hi, mid, points[mid].event < event);
	for (; lo < nr && points[lo].event == event && vms_point_is_fact(&points[lo]); lo++) {
		const int64_t offset = vms_sat_sub_i64(vms_model_event(line->map, line->cpu_idx,
								       event, points[lo].x_raw),
						       points[lo].x_raw);

		/* the line's own rounding is no contradiction */
		against += lower ? offset + 1 < points[lo].y_raw : offset - 1 > points[lo].y_raw;
	}
	return against;
}

unsigned int session_line_against(struct session_line *line, uint32_t event)
{
	const struct vms_constraints *cons = line->cons && line->cons->facts_nr ? line->cons : NULL;
	const int64_t host = host_of(line, event);
	unsigned int nr = 0, weight = 0;
	uint32_t gap;
	int64_t depth;

	switch (vms_place_near(line->thread, host, &line->cursor, &depth)) {
	case VMS_PLACE_OUTSIDE:
		gap = line->cursor + (line->thread->stretches[line->cursor].enter_raw <= host);
		weight = gap == line->gap ? 1 : SESSION_EVENT_COST;
		line->gap = gap;
		break;
	case VMS_PLACE_BEYOND: weight = 1; break;
	case VMS_PLACE_INSIDE:
	case VMS_PLACE_SHADOW: break;
	}
	if (cons)
		nr = facts_against(line, cons->lower, cons->lower_nr, event, true) +
		     facts_against(line, cons->upper, cons->upper_nr, event, false);
	return weight + SESSION_EVENT_COST * nr;
}

/* Host time of a guest time on a segment's middle line: exact enough to tell which is later. */
static double host_time(const struct vms_band_segment *seg, int64_t guest_raw)
{
	const struct vms_line *l = &seg->middle.line;

	return (double)guest_raw + (double)l->offset_raw +
	       l->drift * (double)vms_sat_sub_i64(guest_raw, l->ref_raw);
}

static double width_of(const struct vms_band_segment *seg)
{
	return fabs((double)vms_sat_sub_i64(seg->hi_raw, seg->lo_raw));
}

uint64_t session_backward_steps(const struct vms_session *session, const struct vms_track *track,
				const struct vms_band *band)
{
	const struct vms_cpu *cpu =
		&session->trace->guests[track->guest].stream->cpus[track->cpu_idx];
	uint64_t nr = 0;
	unsigned int i;

	for (i = 1; i < band->segs_nr; i++) {
		nr += !band->segs[i].soft &&
		      host_time(&band->segs[i], cpu->time_raw[band->segs[i].from_event]) +
				      width_of(&band->segs[i]) <
			      host_time(&band->segs[i - 1],
					cpu->time_raw[band->segs[i - 1].to_event]);
	}
	return nr;
}

/* Whether host time goes on when the left line ends before an event and the right one begins. */
static bool goes_on(const struct vms_band_segment *left, const struct vms_band_segment *right,
		    const int64_t *raw, uint32_t event)
{
	return host_time(left, raw[event - 1]) <=
	       host_time(right, raw[event]) + width_of(left) + width_of(right);
}

/* A step is at none of the events at which host time would turn back, but may be beyond those. */
int session_zone_of(struct session_zone *zone, const struct vms_session *session,
		    const struct vms_track *track, const struct vms_constraints *cons,
		    const struct vms_band_segment *left, const struct vms_band_segment *right,
		    struct vms_err *err)
{
	const int64_t *raw =
		session->trace->guests[track->guest].stream->cpus[track->cpu_idx].time_raw;
	const double slack = width_of(left) + width_of(right);
	struct session_line line = { 0 }, r = { 0 };
	uint32_t event;
	int ret;

	zone->from = right->from_event;
	zone->to = right->from_event ? right->from_event - 1 : 0;
	ret = session_line_begin(&line, session, track, cons, &left->middle, err);
	if (!ret)
		ret = session_line_begin(&r, session, track, cons, &right->middle, err);
	for (event = zone->from;
	     !ret && event > left->from_event + 1 && !session_line_against(&r, event - 1) &&
	     (double)raw[event - 1] <= (double)raw[event] + slack;
	     event--)
		if (goes_on(left, right, raw, event - 1))
			zone->from = event - 1;
	for (event = zone->to;
	     !ret && event + 1 < right->to_event && !session_line_against(&line, event + 1) &&
	     (double)raw[event] <= (double)raw[event + 1] + slack;
	     event++)
		if (goes_on(left, right, raw, event + 2))
			zone->to = event + 1;
	session_line_end(&line);
	session_line_end(&r);
	return ret;
}

/* A cut between two lines, and what speaks against them with it. */
struct cut {
	uint32_t at;
	int64_t against;
	bool backward; /* host time would turn back there */
};

static bool is_better_cut(const struct cut *a, const struct cut *b, uint32_t near)
{
	const int64_t back = (int64_t)SESSION_EVENT_COST * BACKWARD_EVENTS;
	const int64_t a_cost = a->backward ? vms_sat_add_i64(a->against, back) : a->against;
	const int64_t b_cost = b->backward ? vms_sat_add_i64(b->against, back) : b->against;
	const uint32_t a_far = a->at > near ? a->at - near : near - a->at;
	const uint32_t b_far = b->at > near ? b->at - near : near - b->at;

	return a_cost != b_cost ? a_cost < b_cost : a_far < b_far;
}

/*
 * The event of [from, to) from which on the right line explains more than the left one: least
 * against it, no way back in host time, nearest to @near. With @to itself, the left line keeps them
 * all.
 */
static struct cut best_cut(struct session_line *left, struct session_line *right, uint32_t from,
			   uint32_t near, uint32_t to)
{
	struct cut best = { .at = near, .against = INT64_MAX }, now = { .at = from };
	int64_t all_right = 0;

	for (;; now.at++) {
		unsigned int allows;

		now.backward = now.at && now.at < left->cpu->nr &&
			       host_of(right, now.at) < host_of(left, now.at - 1);
		if (is_better_cut(&now, &best, near))
			best = now;
		if (now.at == to)
			break;
		allows = session_line_against(right, now.at);
		all_right += allows;
		now.against += (int64_t)session_line_against(left, now.at) - allows;
	}
	best.against += all_right;
	return best;
}

static uint32_t outside_of(struct session_line *l, uint32_t from, uint32_t to)
{
	uint32_t e, nr = 0;

	for (e = from; e < to; e++)
		nr += session_line_against(l, e);
	return nr;
}

static uint32_t end_of(const struct vms_piece *p, unsigned int nr, unsigned int i,
		       uint32_t events_nr)
{
	return i + 1 < nr ? p[i + 1].from_idx : events_nr;
}

int session_cuts_refine(const struct vms_session *session, const struct vms_track *track,
			const struct vms_constraints *cons, struct vms_piece *piece,
			unsigned int nr, struct vms_err *err)
{
	const struct vms_cpu *cpu =
		&session->trace->guests[track->guest].stream->cpus[track->cpu_idx];
	unsigned int i;
	int ret = 0;

	for (i = 1; i < nr && !ret; i++) {
		struct session_line line = { 0 }, r = { 0 };
		const uint32_t to = end_of(piece, nr, i, cpu->nr);

		ret = session_line_begin(&line, session, track, cons, &piece[i - 1], err);
		if (!ret)
			ret = session_line_begin(&r, session, track, cons, &piece[i], err);
		if (!ret && piece[i - 1].from_idx + 1 < to) {
			piece[i].from_idx = best_cut(&line, &r, piece[i - 1].from_idx + 1,
						     piece[i].from_idx, to - 1)
						    .at;
			piece[i].from_raw = cpu->time_raw[piece[i].from_idx];
		}
		session_line_end(&line);
		session_line_end(&r);
	}
	return ret;
}

double session_piece_jump(const struct vms_piece *before, const struct vms_piece *p)
{
	const double offset = (double)vms_sat_sub_i64(p->line.offset_raw, before->line.offset_raw);

	return offset + p->line.drift * (double)vms_sat_sub_i64(p->from_raw, p->line.ref_raw) -
	       before->line.drift * (double)vms_sat_sub_i64(p->from_raw, before->line.ref_raw);
}

unsigned int session_pieces_merge(struct vms_piece *out, const struct vms_align_vcpu *vcpu,
				  uint32_t events_nr, double jump_raw)
{
	uint32_t most = 0;
	unsigned int i, nr = 0;

	for (i = 0; i < vcpu->pieces_nr; i++) {
		const uint32_t events = end_of(vcpu->pieces, vcpu->pieces_nr, i, events_nr) -
					vcpu->pieces[i].from_idx;

		if (!i ||
		    fabs(session_piece_jump(&vcpu->pieces[i - 1], &vcpu->pieces[i])) > jump_raw) {
			out[nr++] = vcpu->pieces[i];
			most = events;
		} else if (events > most) {
			out[nr - 1].line = vcpu->pieces[i].line;
			most = events;
		}
	}
	return nr;
}

/*
 * Events that are outside when the neighbours of piece i share its events, less those outside under
 * its own line.
 */
static int without(int64_t *more, const struct vms_session *session, const struct vms_track *track,
		   const struct vms_constraints *cons, const struct vms_piece *pieces,
		   unsigned int nr, unsigned int i, uint32_t *cut, struct vms_err *err)
{
	const struct vms_cpu *cpu =
		&session->trace->guests[track->guest].stream->cpus[track->cpu_idx];
	const uint32_t from = pieces[i].from_idx, to = end_of(pieces, nr, i, cpu->nr);
	struct session_line own = { 0 }, left = { 0 }, right = { 0 };
	struct cut best = { .at = from };
	int ret;

	ret = session_line_begin(&own, session, track, cons, &pieces[i], err);
	if (!ret)
		ret = session_line_begin(&left, session, track, cons, &pieces[i ? i - 1 : 1], err);
	if (!ret)
		ret = session_line_begin(&right, session, track, cons,
					 &pieces[i + 1 < nr ? i + 1 : i - 1], err);
	if (!ret && i && i + 1 < nr)
		best = best_cut(&left, &right, from, to, to);
	else if (!ret)
		best.against = outside_of(&left, from, to);
	if (!ret) {
		*more = best.against - outside_of(&own, from, to);
		*cut = i ? best.at : 0;
	}
	session_line_end(&own);
	session_line_end(&left);
	session_line_end(&right);
	return ret;
}

int session_piece_drop(const struct vms_session *session, const struct vms_track *track,
		       const struct vms_constraints *cons, struct vms_piece *piece,
		       unsigned int *nr, unsigned int limit, struct vms_err *err)
{
	const struct vms_cpu *cpu =
		&session->trace->guests[track->guest].stream->cpus[track->cpu_idx];
	int64_t least = (int64_t)limit * SESSION_EVENT_COST;
	unsigned int i, which = *nr;
	uint32_t at = 0;
	int ret = 0;

	for (i = 0; *nr > 1 && i < *nr && !ret; i++) {
		int64_t more = 0;
		uint32_t cut = 0;

		ret = without(&more, session, track, cons, piece, *nr, i, &cut, err);
		if (!ret && more < least) {
			least = more;
			which = i;
			at = cut;
		}
	}
	if (ret || which == *nr)
		return ret;
	if (which + 1 < *nr) {
		piece[which + 1].from_idx = at;
		piece[which + 1].from_raw = cpu->time_raw[at];
	}
	for (i = which; i + 1 < *nr; i++)
		piece[i] = piece[i + 1];
	--*nr;
	/* the step may have been within a neighbour */
	ret = session_cuts_refine(session, track, cons, piece, *nr, err);
	return ret ? ret : 1;
}
