// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Steps that a vCPU's own band does not show: of another vCPU of the guest, which may be its own
 * too, and at an end where strays contradict the line.
 */
#include "core/session/session_solve.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/bisect.h"

/* A step of another vCPU, or an own one: where it lies among the events of this one. */
struct shared {
	/* events that may be before it or after; the next begins a segment */
	struct session_zone zone;
	uint32_t latest; /* the first that is certain to be after it */
	/* whose it is; both: so near to each other that it is one, or it leads to no known line */
	bool own, other;
	/* of another vCPU's, also how far it leads */
	int64_t before_raw, after_raw; /* guest times: the last before, the first after */
	double before_host, after_host;
	int64_t least_raw, most_raw; /* jump */
};

/* Ascending; of two that overlap the first. */
struct shared_list {
	struct shared *v;
	unsigned int nr;
	size_t cap;
};

static bool is_known(const struct vms_band_segment *seg, int64_t at_raw, int64_t *lo, int64_t *hi)
{
	vms_band_at(seg, at_raw, lo, hi);
	return *lo != INT64_MIN && *hi != INT64_MAX;
}

/* The step between two segments of a vCPU; false where it is none, or not known how far. */
static bool step_of(struct shared *shared, const struct vms_band_segment *left,
		    const struct vms_band_segment *right)
{
	int64_t lo[2], hi[2];

	if ((right->soft && !right->small) || left->to_raw >= right->from_raw ||
	    (!right->small && (left->unsure || right->unsure)) ||
	    !is_known(left, left->to_raw, &lo[0], &hi[0]) ||
	    !is_known(right, right->from_raw, &lo[1], &hi[1]))
		return false;
	*shared = (struct shared){ .before_raw = left->to_raw,
				   .after_raw = right->from_raw,
				   .before_host = session_segment_host(left, left->to_raw),
				   .after_host = session_segment_host(right, right->from_raw),
				   .least_raw = vms_sat_sub_i64(lo[1], hi[0]),
				   .most_raw = vms_sat_sub_i64(hi[1], lo[0]) };
	return true;
}

static bool is_step(const struct vms_band *band, const struct vms_band_segment *seg)
{
	return seg > band->segs && seg < band->segs + band->segs_nr && !seg->soft && !seg->small;
}

/* Between two steps there are so few bounds that they are one. */
static bool is_near(const struct vms_constraints *cons, uint32_t from, uint32_t end)
{
	const uint32_t lower = vms_bounds_from(cons->lower, cons->lower_nr, end) -
			       vms_bounds_from(cons->lower, cons->lower_nr, from);
	const uint32_t upper = vms_bounds_from(cons->upper, cons->upper_nr, end) -
			       vms_bounds_from(cons->upper, cons->upper_nr, from);

	return lower + upper < SESSION_STEP_PENALTY;
}

static double host_of(const struct vms_cpu *cpu, const struct vms_band *band, uint32_t event)
{
	return session_segment_host(vms_band_segment_of(band, event), cpu->time_raw[event]);
}

/* The step before a segment of this vCPU. */
static struct shared own_step(const struct vms_band_segment *seg)
{
	return (struct shared){
		.zone = { .from = VMS_MAX(seg->cut_earliest, seg[-1].to_event + 1),
			  .to = seg->from_event - 1 },
		.latest = seg->cut_latest,
		.own = true,
	};
}

/* A step of both: it lies where either may be. */
static void join(struct shared *shared, const struct vms_band_segment *seg)
{
	const struct shared own = own_step(seg);

	shared->zone.from = VMS_MIN(shared->zone.from, own.zone.from);
	shared->zone.to = VMS_MAX(shared->zone.to, own.zone.to);
	shared->latest = VMS_MAX(shared->latest, own.latest);
	shared->own = true;
}

/*
 * How many events of a vCPU come before a time of the guest. Where the clock is set back that comes
 * twice: the host's says which is meant, as well as the bands know it.
 */
static uint32_t events_before(const struct vms_cpu *cpu, const struct vms_band *band,
			      int64_t guest_raw, double host)
{
	uint32_t lo = 0, hi = cpu->nr;
	double slack;

	VMS_BISECT(lo, hi, mid, host_of(cpu, band, mid) < host);
	slack = session_segment_width(vms_band_segment_of(band, VMS_MIN(lo, cpu->nr - 1)));
	while (lo && cpu->time_raw[lo - 1] >= guest_raw &&
	       host_of(cpu, band, lo - 1) + slack >= host)
		lo--;
	while (lo < cpu->nr && cpu->time_raw[lo] < guest_raw &&
	       host_of(cpu, band, lo) < host + slack)
		lo++;
	return lo;
}

/* Where the step lies among the events of another vCPU; false where that has a step itself. */
static bool place_in(struct shared *shared, const struct vms_session *session,
		     const struct vms_track *track)
{
	const struct vms_cpu *cpu =
		&session->trace->guests[track->guest].stream->cpus[track->cpu_idx];
	const uint32_t from =
		events_before(cpu, track->band, shared->before_raw, shared->before_host);
	const uint32_t to = events_before(cpu, track->band, shared->after_raw, shared->after_host);
	const struct vms_band_segment *seg;

	if (!from || to == cpu->nr)
		return false;
	seg = vms_band_segment_of(track->band, from - 1);
	if ((seg->unsure && !seg->squeezed) || from <= seg->from_event || to > seg->to_event)
		return false;
	shared->zone = (struct session_zone){ .from = from, .to = to - 1 };
	shared->latest = to;
	shared->other = true;
	if (is_step(track->band, seg + 1) && is_near(track->cons, to, seg[1].from_event))
		join(shared, &seg[1]);
	else if (is_step(track->band, seg) && is_near(track->cons, seg->from_event, from))
		join(shared, seg);
	return true;
}

/*
 * Where at an end (or beginning) the clock of another vCPU stepped to a line that is not known:
 * the events of this one that nothing shows to be on its own line still.
 */
static bool place_unknown(struct shared *shared, const struct vms_session *session,
			  const struct vms_track *track, const struct vms_band *other, bool end)
{
	const struct vms_band_segment *left = end ? &other->segs[other->segs_nr - 2] : other->segs;
	const struct vms_band_segment *right = left + 1, *known = end ? left : right;
	const struct vms_cpu *cpu =
		&session->trace->guests[track->guest].stream->cpus[track->cpu_idx];
	uint32_t from, to;

	if (known->unsure || !(end ? right : left)->unsure || right->soft || right->small ||
	    left->to_raw >= right->from_raw)
		return false;
	to = events_before(cpu, track->band, right->from_raw,
			   session_segment_host(known, right->from_raw));
	from = events_before(cpu, track->band, left->to_raw,
			     session_segment_host(known, left->to_raw));
	*shared = (struct shared){
		.zone = { .from = from, .to = to - 1 }, .latest = to, .own = true, .other = true
	};
	if (from >= to || !session_zone_unknown(&shared->zone, session, track, end))
		return false;
	/* nor does what is beyond bound anything */
	*(end ? &shared->zone.to : &shared->zone.from) = end ? cpu->nr - 1 : 0;
	return true;
}

static int add(struct shared_list *list, const struct shared *shared)
{
	unsigned int at = 0;

	while (at < list->nr && list->v[at].zone.to < shared->zone.from)
		at++;
	if (at < list->nr && list->v[at].zone.from <= shared->zone.to + 1)
		return 0;
	if (vms_grow(&list->v, &list->cap, (size_t)list->nr + 1, sizeof(*list->v), UINT32_MAX))
		return -VMS_ENOMEM;
	memmove(&list->v[at + 1], &list->v[at], (list->nr - at) * sizeof(*list->v));
	list->v[at] = *shared;
	list->nr++;
	return 0;
}

static int collect(struct shared_list *list, const struct vms_session *session,
		   const struct vms_track *track)
{
	unsigned int i, k;
	int ret = 0;

	for (i = 0; i < session->tracks_nr && !ret; i++) {
		const struct vms_track *other = &session->tracks[i];
		struct shared shared;

		if (other == track || other->guest != track->guest || !other->band)
			continue;
		for (k = 1; k < other->band->segs_nr && !ret; k++)
			if (step_of(&shared, &other->band->segs[k - 1], &other->band->segs[k]) &&
			    place_in(&shared, session, track))
				ret = add(list, &shared);
	}
	return ret;
}

/* The own steps as well, but those that are shared. */
static int add_own(struct shared_list *list, const struct vms_band *band)
{
	unsigned int i;
	int ret = 0;

	for (i = 1; i < band->segs_nr && !ret; i++) {
		struct shared own = own_step(&band->segs[i]);

		if (band->segs[i].small)
			own.zone = session_zone_small(&band->segs[i]);
		if (!band->segs[i].soft)
			ret = add(list, &own);
	}
	return ret;
}

/* Steps of others to lines that are not known, but where one is known that explains them. */
static int add_unknown(struct shared_list *list, const struct vms_session *session,
		       const struct vms_track *track)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < 2 * session->tracks_nr && !ret; i++) {
		const struct vms_track *other = &session->tracks[i / 2];
		struct shared shared;

		if (other != track && other->guest == track->guest && other->band &&
		    other->band->segs_nr > 1 &&
		    place_unknown(&shared, session, track, other->band, i % 2))
			ret = add(list, &shared);
	}
	return ret;
}

/* Where a line is not shown to go on beyond strays, the clock may have stepped. */
static int add_strays(struct shared_list *list, const struct vms_session *session,
		      const struct vms_track *track)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < 2 * track->band->segs_nr && !ret; i++) {
		struct shared shared = { .own = true };

		if (!session_zone_stray(&shared.zone, session, track, &track->band->segs[i / 2],
					i % 2))
			continue;
		shared.latest = shared.zone.to + 1;
		ret = add(list, &shared);
	}
	return ret;
}

static bool has_other(const struct shared_list *list)
{
	unsigned int i;

	for (i = 0; i < list->nr; i++)
		if (list->v[i].other)
			return true;
	return false;
}

static int copy_bounds(struct vms_bound **to, const struct vms_bound *from, uint32_t nr)
{
	*to = vms_calloc(nr, sizeof(**to));
	if (*to && nr)
		memcpy(*to, from, nr * sizeof(**to));
	return *to ? 0 : -VMS_ENOMEM;
}

/* The band with all these steps; constraints in their zones are gone from @cons. */
static int solve(struct vms_band **band, struct vms_constraints *cons,
		 const struct vms_session *session, unsigned int at, const struct shared_list *list,
		 struct vms_err *err)
{
	struct session_zone *zones = vms_calloc(list->nr, sizeof(*zones));
	unsigned int i;
	int ret = zones ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");

	for (i = 0; zones && i < list->nr; i++)
		zones[i] = list->v[i].zone;
	if (!ret)
		ret = session_leave(band, session, &session->tracks[at], &session->priv[at], cons,
				    zones, list->nr, err);
	free(zones);
	return ret;
}

/* Whether the bands on both sides allow a jump like that. */
static bool is_allowed(const struct shared *shared, const struct vms_band *band)
{
	const struct vms_band_segment *right = vms_band_segment_of(band, shared->zone.to + 1);
	int64_t lo[2], hi[2];

	if (right == band->segs)
		return false;
	vms_band_at(right - 1, shared->before_raw, &lo[0], &hi[0]);
	vms_band_at(right, shared->after_raw, &lo[1], &hi[1]);
	return vms_sat_add_i64(lo[0], shared->least_raw) <= hi[1] &&
	       vms_sat_add_i64(hi[0], shared->most_raw) >= lo[1];
}

static void keep_allowed(struct shared_list *list, const struct vms_band *band)
{
	unsigned int i, kept = 0;

	for (i = 0; i < list->nr; i++)
		if (list->v[i].own || is_allowed(&list->v[i], band))
			list->v[kept++] = list->v[i];
	list->nr = kept;
}

/* What is known of the steps: where they lie, and that others alone show some of them. */
static void mark(struct vms_band *band, const struct shared_list *list)
{
	unsigned int i, k = 0;

	while (k < list->nr && band->segs_nr && list->v[k].zone.to < band->segs->from_event)
		k++;
	for (i = 1; i < band->segs_nr; i++) {
		struct vms_band_segment *seg = &band->segs[i];
		const unsigned int first = k;

		for (; k < list->nr && list->v[k].zone.to < seg->from_event; k++) {
			const struct shared *shared = &list->v[k];

			if (k == first)
				seg->soft = seg->small = true;
			seg->soft = seg->soft && !shared->own;
			seg->small = seg->small && (!shared->own || shared->zone.small);
			seg->cut_latest = VMS_MAX(shared->latest, k == first ? 0 : seg->cut_latest);
		}
	}
}

/* The new band instead of the old one. */
static int take(const struct vms_session *session, struct vms_track *track, struct vms_band **band,
		struct vms_constraints *cons, const struct shared_list *list)
{
	mark(*band, list);
	free(track->cons->lower);
	free(track->cons->upper);
	track->cons->lower = cons->lower;
	track->cons->upper = cons->upper;
	track->cons->lower_nr = cons->lower_nr;
	track->cons->upper_nr = cons->upper_nr;
	cons->lower = cons->upper = NULL;
	vms_band_free(track->band);
	track->band = *band;
	*band = NULL;
	session_pieces_doubt(session, track, track->cons, track->band);
	vms_band_doubt_squeezed(track->band, track->cons);
	vms_constraints_free(track->cons->tight);
	track->cons->tight = NULL;
	vms_band_reach(track->band, track->cons);
	return vms_evidence_prepare(track->cons, track->band, session_main_segment(track->band));
}

static int share(struct vms_session *session, unsigned int at, struct shared_list *list,
		 struct vms_err *err)
{
	struct vms_track *track = &session->tracks[at];
	struct vms_band *band = NULL;
	unsigned int nr;
	int ret = 0;

	do {
		struct vms_constraints cons = *track->cons;

		nr = list->nr;
		cons.lower = cons.upper = NULL;
		if (copy_bounds(&cons.lower, track->cons->lower, cons.lower_nr) ||
		    copy_bounds(&cons.upper, track->cons->upper, cons.upper_nr))
			ret = vms_fail(err, VMS_ENOMEM, "out of memory");
		if (!ret)
			ret = solve(&band, &cons, session, at, list, err);
		if (!ret)
			keep_allowed(list, band);
		if (!ret && list->nr == nr && take(session, track, &band, &cons, list))
			ret = vms_fail(err, VMS_ENOMEM, "out of memory");
		vms_band_free(band);
		band = NULL;
		free(cons.lower);
		free(cons.upper);
	} while (!ret && has_other(list) && list->nr != nr);
	return ret;
}

/* @any: of other vCPUs, or that strays show; the own ones that the band has are there as well. */
static int find(struct shared_list *list, const struct vms_session *session,
		const struct vms_track *track, bool strays, bool *any)
{
	int ret = strays ? add_strays(list, session, track) : collect(list, session, track);
	unsigned int nr;

	*any = list->nr;
	if (!ret)
		ret = add_own(list, track->band);
	nr = list->nr;
	if (!ret && !strays)
		ret = add_unknown(list, session, track);
	*any = *any || list->nr > nr;
	return ret;
}

static int share_all(struct vms_session *session, unsigned int guest, bool strays,
		     struct vms_err *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < session->tracks_nr && !ret; i++) {
		const struct vms_track *track = &session->tracks[i];
		struct shared_list list = { 0 };
		bool any;

		if (track->guest != guest || !track->band || !track->band->segs_nr)
			continue;
		if (find(&list, session, track, strays, &any))
			ret = vms_fail(err, VMS_ENOMEM, "out of memory");
		if (!ret && any)
			ret = share(session, i, &list, err);
		free(list.v);
	}
	return ret;
}

int session_steps_share(struct vms_session *session, unsigned int guest, struct vms_err *err)
{
	const int ret = share_all(session, guest, true, err);

	return ret ? ret : share_all(session, guest, false, err);
}
