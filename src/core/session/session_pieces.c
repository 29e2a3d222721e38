// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The pieces of a track's clock before it is solved: where one hands over to the next, which are
 * one, which explain nothing.
 */
#include "core/session/session_solve.h"

#include <math.h>

#include <vmsync/place.h>

/* A line that may be off by more says of no event whether it allows it. */
#define LINE_FAR_NS 5000.0

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
static unsigned int facts_against(const struct session_line *line, uint32_t event, bool lower)
{
	const struct vms_bound *bounds = lower ? line->cons->lower : line->cons->upper;
	const uint32_t nr = lower ? line->cons->lower_nr : line->cons->upper_nr;
	uint32_t i = vms_bounds_from(bounds, nr, event);
	unsigned int against = 0;

	for (; i < nr && bounds[i].event == event && vms_bound_is_fact(bounds[i]); i++) {
		const struct vms_point fact = vms_bound_point(line->cons, bounds[i], lower);
		const int64_t x = fact.x_raw;
		const int64_t host = vms_model_event(line->map, line->cpu_idx, event, x);
		const int64_t offset = vms_sat_sub_i64(host, x);
		const int64_t off = line->known_raw + play(line, x, host) + 1; /* 1: rounding */

		against += lower ? offset + off < fact.y_raw : offset - off > fact.y_raw;
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
	return facts_against(line, event, true) + facts_against(line, event, false);
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
