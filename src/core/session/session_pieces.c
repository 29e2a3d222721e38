// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The pieces of a track's clock before it is solved: where one hands over to the next, which are
 * one, which explain nothing.
 */
#include "core/session/session_impl.h"

#include <math.h>

#include <vmsync/place.h>

/* A line that may be off by more says of no event whether it allows it. */
#define LINE_FAR_NS 5000.0
/* Between steps a line that is not the vCPU's holds by chance with e^-25. */
#define CHANCE_LEAST 25.0
/* Beside a step to a line that is not known, an own one that another would be with e^-10 is not. */
#define CHANCE_STEP 10.0
/* So many events that no stretch of the line holds show that what is beyond them may not be on it. */
#define STRAYS_LEAST 2u
/* A clock fact names the line of a segment whose offset both of its sides are this near to. */
#define NAMED_NS 10000.0

void session_line_end(struct session_line *l)
{
	vms_model_free(l->map);
	l->map = NULL;
}

int64_t session_line_host(const struct session_line *l, uint32_t event)
{
	return vms_model_event(l->map, l->cpu_idx, event, l->cpu->time_raw[event]);
}

/* How far the line may be off at a guest time: what its own constraints leave open there. */
static int64_t play(const struct session_line *line, int64_t guest_raw, int64_t host_raw)
{
	const int64_t offset = vms_sat_sub_i64(host_raw, guest_raw);
	int64_t lo, hi;

	vms_band_at(line->seg, guest_raw, &lo, &hi);
	lo = vms_sat_sub_i64(offset, lo);
	hi = vms_sat_sub_i64(hi, offset);
	lo = vms_sat_sub_i64(VMS_MAX(lo, hi), line->known_raw);
	return VMS_MAX(VMS_MIN(lo, line->far_raw), 0);
}

int session_line_begin(struct session_line *line, const struct vms_session *session,
		       const struct vms_track *track, const struct vms_constraints *cons,
		       const struct vms_band_segment *seg, struct vms_err *err)
{
	const struct vms_stream *stream = session->trace->guests[track->guest].stream;
	const double ns = session->clock.ns_per_unit > 0.0 ? session->clock.ns_per_unit : 1.0;
	struct vms_piece piece = seg->middle;
	int ret;

	piece.from_idx = 0;
	piece.from_raw = INT64_MIN;
	*line = (struct session_line){ .cpu = &stream->cpus[track->cpu_idx],
				       .cpu_idx = track->cpu_idx,
				       .thread = track->thread,
				       .cons = cons,
				       .seg = seg,
				       .far_raw = (int64_t)(LINE_FAR_NS / ns) };
	line->known_raw = play(line, piece.line.ref_raw,
			       vms_sat_add_i64(piece.line.ref_raw, piece.line.offset_raw));
	ret = vms_model_new(&line->map, VMS_MODEL_PIECES, stream, err);
	return ret ? ret : vms_model_set(line->map, track->cpu_idx, &piece, 1, err);
}

/*
 * Clock facts of one side just before an event that no line of the segment allows: its middle may
 * contradict a fact that its band holds.
 */
static unsigned int facts_against(const struct session_line *line, const struct vms_point *points,
				  uint32_t nr, uint32_t event, bool lower)
{
	uint32_t lo = vms_points_from(points, nr, event);
	unsigned int against = 0;

	for (; lo < nr && points[lo].event == event && vms_point_is_fact(&points[lo]); lo++) {
		const int64_t x = points[lo].x_raw;
		const int64_t host = vms_model_event(line->map, line->cpu_idx, event, x);
		const int64_t offset = vms_sat_sub_i64(host, x);
		const int64_t off = line->known_raw + play(line, x, host) + 1; /* 1: rounding */

		against +=
			lower ? offset + off < points[lo].y_raw : offset - off > points[lo].y_raw;
	}
	return against;
}

/* What an event's place speaks against the line; as session_line_against(). */
static unsigned int place_against(struct session_line *line, uint32_t event)
{
	const int64_t host = session_line_host(line, event);
	unsigned int weight = 0;
	uint32_t gap;
	int64_t depth;

	switch (vms_place_near(line->thread, host, &line->cursor, &depth)) {
	case VMS_PLACE_OUTSIDE:
		if (depth <= play(line, line->cpu->time_raw[event], host))
			break;
		gap = line->cursor + (line->thread->stretches[line->cursor].enter_raw <= host);
		weight = gap == line->gap ? 1 : SESSION_EVENT_COST;
		line->gap = gap;
		break;
	case VMS_PLACE_BEYOND: weight = 1; break;
	case VMS_PLACE_SHADOW: weight = line->shadow_weight; break;
	case VMS_PLACE_INSIDE: break;
	}
	return weight;
}

/* How many clock facts just before an event speak against the line. */
static unsigned int facts_against_both(const struct session_line *line, uint32_t event)
{
	const struct vms_constraints *cons = line->cons;

	if (!cons || !cons->facts_nr)
		return 0;
	return facts_against(line, cons->lower, cons->lower_nr, event, true) +
	       facts_against(line, cons->upper, cons->upper_nr, event, false);
}

unsigned int session_line_against(struct session_line *line, uint32_t event)
{
	return place_against(line, event) + SESSION_EVENT_COST * facts_against_both(line, event);
}

double session_segment_host(const struct vms_band_segment *seg, int64_t guest_raw)
{
	const struct vms_line *l = &seg->middle.line;

	return (double)guest_raw + (double)l->offset_raw +
	       l->drift * (double)vms_sat_sub_i64(guest_raw, l->ref_raw);
}

double session_segment_width(const struct vms_band_segment *seg)
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
		      session_segment_host(&band->segs[i],
					   cpu->time_raw[band->segs[i].from_event]) +
				      session_segment_width(&band->segs[i]) <
			      session_segment_host(&band->segs[i - 1],
						   cpu->time_raw[band->segs[i - 1].to_event]);
	}
	return nr;
}

/* Whether host time goes on when the left line ends before an event and the right one begins. */
static bool goes_on(const struct vms_band_segment *left, const struct vms_band_segment *right,
		    const int64_t *raw, uint32_t event)
{
	return session_segment_host(left, raw[event - 1]) <=
	       session_segment_host(right, raw[event]) + session_segment_width(left) +
		       session_segment_width(right);
}

/* The part of a host time that a thread was surely out of the guest, of that when it is known. */
static double gap_share(const struct vms_thread *thread, uint32_t first, uint32_t last)
{
	double in = 0.0, out = 0.0;
	uint32_t i;

	for (i = first; i <= last; i++) {
		const struct vms_stretch *s = &thread->stretches[i];
		const bool known = !(s->flags & VMS_STRETCH_UNKNOWN);

		in += known ? (double)vms_sat_sub_i64(s->leave_raw, s->enter_raw) : 0.0;
		if (i < last && known && !(s[1].flags & VMS_STRETCH_UNKNOWN))
			out += (double)vms_sat_sub_i64(s[1].enter_raw, s->leave_raw);
	}
	return in + out > 0.0 ? out / (in + out) : 0.0;
}

/* Whether a constraint excludes all that a segment's band leaves open. */
static bool is_against(const struct vms_band_segment *seg, const struct vms_point *point,
		       bool lower)
{
	int64_t lo, hi;

	vms_band_at(seg, point->x_raw, &lo, &hi);
	return lower ? point->y_raw > hi : point->y_raw < lo;
}

/* Events of a segment, of which it is asked whether they show that the line is theirs. */
struct part {
	const struct vms_band *band;
	const struct vms_band_segment *seg;
	uint32_t from, to; /* events */
};

static bool part_holds(const struct part *part, const struct vms_point *point)
{
	return point->event >= part->from && point->event <= part->to &&
	       vms_band_holds(part->band, part->seg, point);
}

/* How many constraints of one side exclude a segment's band. */
static uint32_t against_of(const struct part *part, const struct vms_point *points,
			   uint32_t points_nr, bool lower)
{
	uint32_t i, nr = 0;

	for (i = 0; i < points_nr; i++)
		nr += part_holds(part, &points[i]) && is_against(part->seg, &points[i], lower);
	return nr;
}

/*
 * -ln of the chance that a line which is not the vCPU's has as few of so many stretches against it
 * (Chernoff's bound of a binomial), where a share of time is gaps.
 */
static double evidence_of(uint32_t nr, uint32_t against, double share)
{
	const double part = nr ? (double)against / nr : 1.0;

	if (part >= share)
		return 0.0;
	return nr * ((part > 0.0 ? part * log(part / share) : 0.0) +
		     (1.0 - part) * log((1.0 - part) / (1.0 - share)));
}

/* Whether a clock fact says what the offset of a segment is. */
static bool is_named(const struct vms_constraints *cons, const struct part *part, double near_raw)
{
	const struct vms_band_segment *seg = part->seg;
	const int64_t offset_raw = seg->middle.line.offset_raw;
	uint32_t i, k = 0;

	for (i = 0; i < cons->lower_nr; i++) {
		const struct vms_point *lower = &cons->lower[i];

		if (!vms_point_is_fact(lower))
			continue;
		while (k < cons->upper_nr && (!vms_point_is_fact(&cons->upper[k]) ||
					      vms_point_before(&cons->upper[k], lower)))
			k++;
		if (k < cons->upper_nr && cons->upper[k].stretch == lower->stretch &&
		    part_holds(part, lower) &&
		    (double)vms_sat_sub_i64(offset_raw, lower->y_raw) < near_raw &&
		    (double)vms_sat_sub_i64(cons->upper[k].y_raw, offset_raw) < near_raw &&
		    !is_against(seg, lower, true) && !is_against(seg, &cons->upper[k], false))
			return true;
	}
	return false;
}

/* Of the events of one stretch only one counts: a wrong offset puts a share of those outside. */
static bool is_part_pinned(const struct vms_session *session, const struct vms_track *track,
			   const struct vms_constraints *cons, const struct part *part)
{
	const double ns = session->clock.ns_per_unit > 0.0 ? session->clock.ns_per_unit : 1.0;
	uint32_t first = UINT32_MAX, last = 0, nr = 0, against, i;

	if (is_named(cons, part, NAMED_NS / ns))
		return true;
	for (i = 0; i < cons->lower_nr; i++) {
		const struct vms_point *point = &cons->lower[i];

		if (vms_point_is_fact(point) || !part_holds(part, point))
			continue;
		nr += first == UINT32_MAX || point->stretch != last;
		first = VMS_MIN(first, point->stretch);
		last = point->stretch;
	}
	against = against_of(part, cons->lower, cons->lower_nr, true) +
		  against_of(part, cons->upper, cons->upper_nr, false);
	return nr && evidence_of(nr, VMS_MIN(against, nr), gap_share(track->thread, first, last)) >=
			     CHANCE_LEAST;
}

static bool is_pinned(const struct vms_session *session, const struct vms_track *track,
		      const struct vms_constraints *cons, const struct vms_band *band,
		      const struct vms_band_segment *seg)
{
	return is_part_pinned(session, track, cons,
			      &(struct part){ .band = band, .seg = seg, .to = UINT32_MAX });
}

/* A segment of which neither the line nor that there is none is known. */
static bool is_lost(const struct vms_session *session, const struct vms_track *track,
		    const struct vms_constraints *cons, const struct vms_band *band,
		    const struct vms_band_segment *seg)
{
	return seg->violations >= SESSION_STEP_PENALTY &&
	       !is_pinned(session, track, cons, band, seg);
}

/*
 * The event of a part beyond which, up to its end (or beginning), another line would hold by
 * chance: -ln of that is the number of stretches times that of the time in the guest.
 */
static uint32_t chance_end(const struct vms_track *track, const struct vms_constraints *cons,
			   const struct part *part, bool end)
{
	uint32_t i, first = UINT32_MAX, last = 0, nr = 0, before = UINT32_MAX;

	for (i = 0; i < cons->lower_nr; i++) {
		const struct vms_point *point = &cons->lower[end ? cons->lower_nr - 1 - i : i];

		if (vms_point_is_fact(point) || !part_holds(part, point))
			continue;
		nr += point->stretch != before;
		before = point->stretch;
		first = VMS_MIN(first, point->stretch);
		last = VMS_MAX(last, point->stretch);
		if (-log1p(-gap_share(track->thread, first, last)) * nr >= CHANCE_STEP)
			return point->event;
	}
	return end ? part->from : part->to;
}

void session_zone_widen(struct session_zone *zone, const struct vms_session *session,
			const struct vms_track *track, const struct vms_constraints *cons,
			const struct vms_band *band, const struct vms_band_segment *right)
{
	const struct vms_band_segment *left = right - 1;
	const struct part before = { band, left, left->from_event, left->to_event };
	const struct part after = { band, right, right->from_event, right->to_event };

	if (is_lost(session, track, cons, band, right))
		zone->from = VMS_MIN(zone->from, chance_end(track, cons, &before, true) + 1);
	if (is_lost(session, track, cons, band, left))
		zone->to = VMS_MAX(zone->to + 1, chance_end(track, cons, &after, false)) - 1;
}

/* The events that exclude a segment's band, from an end on, as many as a step would not leave. */
static unsigned int strays_of(uint32_t *event, const struct vms_constraints *cons,
			      const struct part *part, bool end)
{
	const uint32_t all = cons->lower_nr + cons->upper_nr;
	uint32_t lo = 0, hi = 0;
	unsigned int nr = 0;

	while (lo + hi < all && nr < SESSION_STEP_PENALTY) {
		const struct vms_point *a =
			lo < cons->lower_nr ? &cons->lower[end ? cons->lower_nr - 1 - lo : lo]
					    : NULL;
		const struct vms_point *b =
			hi < cons->upper_nr ? &cons->upper[end ? cons->upper_nr - 1 - hi : hi]
					    : NULL;
		const bool lower = !b || (a && (end ? a->event >= b->event : a->event <= b->event));
		const struct vms_point *next = lower ? a : b;

		lo += lower;
		hi += !lower;
		if (!vms_point_is_fact(next) && part_holds(part, next) &&
		    is_against(part->seg, next, lower))
			event[nr++] = next->event;
	}
	return nr;
}

bool session_zone_stray(struct session_zone *zone, const struct vms_session *session,
			const struct vms_track *track, const struct vms_band_segment *seg, bool end)
{
	const struct vms_constraints *cons = track->cons;
	struct part part = { track->band, seg, seg->from_event, seg->to_event }, rest = part;
	uint32_t event[SESSION_STEP_PENALTY];
	const unsigned int nr = seg->violations ? strays_of(event, cons, &part, end) : 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		*(end ? &part.from : &part.to) = event[i];
		if (is_part_pinned(session, track, cons, &part))
			break;
	}
	if (i < STRAYS_LEAST || event[i - 1] == seg->from_event || event[i - 1] == seg->to_event)
		return false;
	*(end ? &rest.to : &rest.from) = event[i - 1] + (end ? -1u : 1u);
	if (end)
		*zone = (struct session_zone){ chance_end(track, cons, &rest, true) + 1,
					       event[i - 1] - 1 };
	else
		*zone = (struct session_zone){ event[i - 1] + 1,
					       chance_end(track, cons, &rest, false) - 1 };
	return true;
}

/* Of a step that is hardly seen both sides are on one line, more or less. */
static bool is_step(const struct vms_band_segment *seg)
{
	return !seg->soft && !seg->small;
}

void session_pieces_doubt(const struct vms_session *session, const struct vms_track *track,
			  const struct vms_constraints *cons, struct vms_band *band)
{
	unsigned int i;

	for (i = 0; i < band->segs_nr; i++) {
		struct vms_band_segment *seg = &band->segs[i];
		const bool stepped =
			(i && is_step(seg)) || (i + 1 < band->segs_nr && is_step(&seg[1]));

		if (stepped && !is_pinned(session, track, cons, band, seg))
			seg->unsure = true;
	}
}

/* What contradicts both, as a false fact does, speaks for neither. */
static bool place_speaks_for(struct session_line *line, struct session_line *other, uint32_t event)
{
	return place_against(other, event) && !place_against(line, event);
}

static bool facts_speak_for(const struct session_line *line, const struct session_line *other,
			    uint32_t event)
{
	return facts_against_both(other, event) && !facts_against_both(line, event);
}

/* A step is at none of the events at which host time would turn back, but may be beyond those. */
int session_zone_of(struct session_zone *zone, const struct vms_session *session,
		    const struct vms_track *track, const struct vms_constraints *cons,
		    const struct vms_band_segment *left, const struct vms_band_segment *right,
		    struct vms_err *err)
{
	const int64_t *raw =
		session->trace->guests[track->guest].stream->cpus[track->cpu_idx].time_raw;
	const double slack = session_segment_width(left) + session_segment_width(right);
	struct session_line line = { 0 }, r = { 0 };
	uint32_t event;
	int ret;

	zone->from = right->from_event;
	zone->to = right->from_event ? right->from_event - 1 : 0;
	ret = session_line_begin(&line, session, track, cons, left, err);
	if (!ret)
		ret = session_line_begin(&r, session, track, cons, right, err);
	for (event = zone->from;
	     !ret && event > left->from_event + 1 && !place_speaks_for(&line, &r, event - 1) &&
	     (double)raw[event - 1] <= (double)raw[event] + slack;
	     event--) {
		if (goes_on(left, right, raw, event - 1))
			zone->from = event - 1;
		/* a fact lies before the event that it names: the step may be between the two */
		if (facts_speak_for(&line, &r, event - 1))
			break;
	}
	for (event = zone->to;
	     !ret && event + 1 < right->to_event && !place_speaks_for(&r, &line, event + 1) &&
	     !facts_speak_for(&r, &line, event + 1) &&
	     (double)raw[event] <= (double)raw[event + 1] + slack;
	     event++)
		if (goes_on(left, right, raw, event + 2))
			zone->to = event + 1;
	session_line_end(&line);
	session_line_end(&r);
	return ret;
}

static uint32_t end_of(const struct vms_piece *p, unsigned int nr, unsigned int i,
		       uint32_t events_nr)
{
	return i + 1 < nr ? p[i + 1].from_idx : events_nr;
}

/* How far a piece's line begins from where the one before it would be [raw units]. */
static double jump_of(const struct vms_piece *before, const struct vms_piece *p)
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

		if (!i || fabs(jump_of(&vcpu->pieces[i - 1], &vcpu->pieces[i])) > jump_raw) {
			out[nr++] = vcpu->pieces[i];
			most = events;
		} else if (events > most) {
			out[nr - 1].line = vcpu->pieces[i].line;
			most = events;
		}
	}
	return nr;
}
