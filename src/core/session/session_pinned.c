// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which events of a segment show that its line is theirs, and which may be on another. */
#include "core/session/session_solve.h"

#include <math.h>

/* Between steps a line that is not the vCPU's holds by chance with e^-25. */
#define CHANCE_LEAST 25.0
/* Beside a step to a line that is not known, an own one that another would be with e^-10 is not. */
#define CHANCE_STEP 10.0
/* So many events outside every stretch of a line show that what is beyond may not be on it. */
#define STRAYS_LEAST 2u
/* A gap counts up to so many times the stretches beside it. */
#define GAP_NEAR 4.0
/* A clock fact names the line of a segment whose offset both of its sides are this near to. */
#define NAMED_NS 10000.0

/*
 * The part of a host time that a thread was surely out of the guest, of that when it is known.
 * Events come in bursts: a line that is a little off meets no more of a long gap.
 */
static double gap_share(const struct vms_thread *thread, uint32_t first, uint32_t last)
{
	double in = 0.0, out = 0.0, before = 0.0;
	uint32_t i;

	for (i = first; i <= last; i++) {
		const struct vms_stretch *s = &thread->stretches[i];
		const bool known = !(s->flags & VMS_STRETCH_UNKNOWN);
		const double length =
			known ? (double)vms_sat_sub_i64(s->leave_raw, s->enter_raw) : 0.0;

		in += length;
		if (i > first && known && !(s[-1].flags & VMS_STRETCH_UNKNOWN))
			out += fmin((double)vms_sat_sub_i64(s->enter_raw, s[-1].leave_raw),
				    GAP_NEAR * (before + length));
		before = length;
	}
	return in + out > 0.0 ? out / (in + out) : 0.0;
}

/* Events of a segment, of which it is asked whether they show that the line is theirs. */
struct part {
	const struct vms_band *band;
	const struct vms_band_segment *seg;
	uint32_t from, to; /* events */
	bool beyond;	   /* also those that no segment holds */
};

static bool part_holds(const struct part *part, const struct vms_point *point)
{
	return point->event >= part->from && point->event <= part->to &&
	       (vms_band_holds(part->band, part->seg, point) ||
		(part->beyond && !vms_point_is_fact(point)));
}

/* How many constraints of one side exclude a segment's band. */
static uint32_t against_of(const struct part *part, const struct vms_constraints *cons, bool lower)
{
	const uint32_t all_nr = lower ? cons->lower_nr : cons->upper_nr;
	uint32_t i, nr = 0;

	for (i = 0; i < all_nr; i++) {
		const struct vms_point point =
			lower ? vms_lower_point(cons, i) : vms_upper_point(cons, i);

		nr += part_holds(part, &point) && vms_band_excludes(part->seg, &point, lower);
	}
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
		struct vms_point lower, upper;

		if (!vms_bound_is_fact(cons->lower[i]))
			continue;
		while (k < cons->upper_nr && (!vms_bound_is_fact(cons->upper[k]) ||
					      vms_bound_before(cons->upper[k], cons->lower[i])))
			k++;
		if (k == cons->upper_nr || cons->upper[k].stretch != cons->lower[i].stretch)
			continue;
		lower = vms_lower_point(cons, i);
		upper = vms_upper_point(cons, k);
		if (part_holds(part, &lower) &&
		    (double)vms_sat_sub_i64(offset_raw, lower.y_raw) < near_raw &&
		    (double)vms_sat_sub_i64(upper.y_raw, offset_raw) < near_raw &&
		    !vms_band_excludes(seg, &lower, true) && !vms_band_excludes(seg, &upper, false))
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
		const struct vms_point point = vms_lower_point(cons, i);

		if (vms_point_is_fact(&point) || !part_holds(part, &point))
			continue;
		nr += first == UINT32_MAX || point.stretch != last;
		first = VMS_MIN(first, point.stretch);
		last = point.stretch;
	}
	against = against_of(part, cons, true) + against_of(part, cons, false);
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

/*
 * The event of a part beyond which, up to its end (or beginning), another line would hold by
 * chance: -ln of that is the number of stretches times that of the time in the guest.
 */
static uint32_t chance_end(const struct vms_track *track, const struct vms_constraints *cons,
			   const struct part *part, bool end)
{
	uint32_t i, first = UINT32_MAX, last = 0, nr = 0, before = UINT32_MAX;

	for (i = 0; i < cons->lower_nr; i++) {
		const struct vms_point point =
			vms_lower_point(cons, end ? cons->lower_nr - 1 - i : i);

		if (vms_point_is_fact(&point) || !part_holds(part, &point))
			continue;
		nr += point.stretch != before;
		before = point.stretch;
		first = VMS_MIN(first, point.stretch);
		last = VMS_MAX(last, point.stretch);
		if (-log1p(-gap_share(track->thread, first, last)) * nr >= CHANCE_STEP)
			return point.event;
	}
	return end ? part->from : part->to;
}

void session_zone_widen(struct session_zone *zone, const struct vms_session *session,
			const struct vms_track *track, const struct vms_constraints *cons,
			const struct vms_band *band, const struct vms_band_segment *right)
{
	const struct vms_band_segment *left = right - 1;
	const struct part before = { band, left, left->from_event, left->to_event, false };
	const struct part after = { band, right, right->from_event, right->to_event, false };

	if (!is_pinned(session, track, cons, band, right))
		zone->from = VMS_MIN(zone->from, chance_end(track, cons, &before, true) + 1);
	if (!is_pinned(session, track, cons, band, left))
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
		const struct vms_bound *a =
			lo < cons->lower_nr ? &cons->lower[end ? cons->lower_nr - 1 - lo : lo]
					    : NULL;
		const struct vms_bound *b =
			hi < cons->upper_nr ? &cons->upper[end ? cons->upper_nr - 1 - hi : hi]
					    : NULL;
		const bool lower = !b || (a && (end ? a->event >= b->event : a->event <= b->event));
		const struct vms_point next = vms_bound_point(cons, lower ? *a : *b, lower);

		lo += lower;
		hi += !lower;
		if (!vms_point_is_fact(&next) && part_holds(part, &next) &&
		    vms_band_excludes(part->seg, &next, lower))
			event[nr++] = next.event;
	}
	return nr;
}

bool session_zone_stray(struct session_zone *zone, const struct vms_session *session,
			const struct vms_track *t, const struct vms_band_segment *seg, bool end)
{
	const struct vms_constraints *cons = t->cons;
	struct part part = { t->band, seg, seg->from_event, seg->to_event, false }, rest = part;
	uint32_t event[SESSION_STEP_PENALTY];
	unsigned int i, nr;

	/* what contradicts it before its beginning, or after its end, is no part of it */
	part.beyond = seg == (end ? &t->band->segs[t->band->segs_nr - 1] : t->band->segs);
	if (part.beyond && end)
		part.to = UINT32_MAX;
	else if (part.beyond)
		part.from = 0;
	nr = seg->violations && !seg->unsure ? strays_of(event, cons, &part, end) : 0;
	for (i = 0; i < nr; i++) {
		*(end ? &part.from : &part.to) = event[i];
		if (is_part_pinned(session, t, cons, &part))
			break;
	}
	if (i < STRAYS_LEAST || event[i - 1] == seg->from_event || event[i - 1] == seg->to_event)
		return false;
	*(end ? &rest.to : &rest.from) = event[i - 1] + (end ? -1u : 1u);
	if (end)
		*zone = (struct session_zone){ chance_end(t, cons, &rest, true) + 1,
					       event[i - 1] - 1 };
	else
		*zone = (struct session_zone){ event[i - 1] + 1,
					       chance_end(t, cons, &rest, false) - 1 };
	return true;
}

bool session_zone_unknown(struct session_zone *zone, const struct vms_session *session,
			  const struct vms_track *t, bool end)
{
	const struct vms_band_segment *seg =
		end ? &t->band->segs[t->band->segs_nr - 1] : t->band->segs;
	const struct part whole = { t->band, seg, seg->from_event, seg->to_event, false };
	struct part beyond = whole;
	uint32_t chance;

	if (end)
		beyond.from = zone->to + 1;
	else
		beyond.to = zone->from;
	if (seg->unsure || zone->from > seg->to_event || zone->to < seg->from_event ||
	    is_part_pinned(session, t, t->cons, &beyond))
		return false;
	chance = chance_end(t, t->cons, &whole, end);
	if (end ? chance >= zone->to : chance <= zone->from)
		return false;
	if (end)
		zone->from = VMS_MAX(zone->from, chance + 1);
	else
		zone->to = VMS_MIN(zone->to, chance - 1);
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
