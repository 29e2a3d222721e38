// SPDX-License-Identifier: LGPL-2.1-or-later
/* Candidate ends by lane and column: the strongest, the first of it, and how many. */
#include "core/lanes/lanes_impl.h"

#include <stdlib.h>
#include <string.h>

/* From the strongest: what still asks for a decision first. */
static const uint8_t strongest[] = { VMS_UNDECIDED, VMS_ACCEPTED, VMS_REJECTED };

static unsigned int lanes_nr(const struct vms_lanes *l)
{
	return l->hosts_nr + l->guest_first[l->guests_nr];
}

static void ends_clear(struct vms_lanes *l)
{
	unsigned int i;

	for (i = 0; l->ends && i < lanes_nr(l); i++) {
		free(l->ends[i].end);
		free(l->ends[i].state);
		l->ends[i] = (struct lane_ends){ 0 };
	}
	l->ends_built = false;
}

void lane_ends_free(struct vms_lanes *l)
{
	ends_clear(l);
	free(l->ends);
	free(l->known);
	l->ends = NULL;
	l->known = NULL;
}

static struct lane_ends *host_ends(const struct vms_lanes *l, const struct vms_pair *p)
{
	return p->host_ev.cpu >= 0 && (unsigned int)p->host_ev.cpu < l->hosts_nr
		       ? &l->ends[p->host_ev.cpu]
		       : NULL;
}

static struct lane_ends *guest_ends(const struct vms_lanes *l, const struct vms_pair *p)
{
	unsigned int lane;

	if (p->guest >= l->guests_nr || p->guest_ev.cpu < 0)
		return NULL;
	lane = l->guest_first[p->guest] + (unsigned int)p->guest_ev.cpu;
	return lane < l->guest_first[p->guest + 1] ? &l->ends[l->hosts_nr + lane] : NULL;
}

static int ends_alloc(struct vms_lanes *l)
{
	unsigned int i;

	for (i = 0; i < lanes_nr(l); i++) {
		struct lane_ends *e = &l->ends[i];

		e->end = vms_calloc(e->nr, sizeof(*e->end));
		e->state = vms_calloc(e->nr, sizeof(*e->state));
		if (!e->end || !e->state)
			return -VMS_ENOMEM;
	}
	return 0;
}

static void ends_count(struct vms_lanes *l, uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < nr; i++) {
		const struct vms_candidate *c = vms_session_candidate(l->s, i);
		struct lane_ends *h = host_ends(l, &c->pair), *g = guest_ends(l, &c->pair);

		l->known[i] = (struct lane_known){ .id = c->id,
						   .host_at = UINT32_MAX,
						   .guest_at = UINT32_MAX,
						   .state = c->state };
		if (h)
			h->nr++;
		if (g)
			g->nr++;
	}
}

static void ends_place(struct vms_lanes *l, uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < nr; i++) {
		const struct vms_pair *p = &vms_session_candidate(l->s, i)->pair;
		struct lane_ends *h = host_ends(l, p), *g = guest_ends(l, p);

		if (h)
			h->end[h->filled_nr++] =
				(struct vms_placed){ .at_raw = p->host_raw, .idx = i };
		if (g)
			g->end[g->filled_nr++] =
				(struct vms_placed){ .at_raw = vms_session_host_time(l->s, p->guest,
										     p->guest_ev),
						     .idx = i };
	}
}

/* States in the order of the ends, and the way back from a candidate to its ends. */
static void ends_note(struct vms_lanes *l, unsigned int from_lane)
{
	unsigned int i;
	uint32_t k;

	for (i = from_lane; i < lanes_nr(l); i++) {
		const struct lane_ends *e = &l->ends[i];

		for (k = 0; k < e->nr; k++) {
			struct lane_known *known = &l->known[e->end[k].idx];

			e->state[k] = known->state;
			*(i < l->hosts_nr ? &known->host_at : &known->guest_at) = k;
		}
	}
}

/* Two passes over the candidates: count and place, then sort each lane. Host ends come sorted. */
static int ends_build(struct vms_lanes *l)
{
	const uint32_t nr = vms_session_candidates_nr(l->s);
	unsigned int i;
	int ret;

	ends_clear(l);
	free(l->known);
	l->known = vms_calloc(nr, sizeof(*l->known));
	if (!l->ends)
		l->ends = vms_calloc(lanes_nr(l), sizeof(*l->ends));
	l->known_nr = l->known ? nr : 0;
	if (!l->known || !l->ends)
		return -VMS_ENOMEM;
	ends_count(l, nr);
	ret = ends_alloc(l);
	if (ret)
		return ret;
	ends_place(l, nr);
	for (i = 0; i < lanes_nr(l) && !ret; i++)
		ret = vms_placed_sort(l->ends[i].end, l->ends[i].nr);
	if (!ret)
		ends_note(l, 0);
	return ret;
}

/* The same candidates under another map: host ends stay, and guest ends mostly keep their order. */
static int guest_ends_move(struct vms_lanes *l)
{
	unsigned int i;
	uint32_t k;
	int ret = 0;

	for (i = l->hosts_nr; i < lanes_nr(l) && !ret; i++) {
		struct lane_ends *e = &l->ends[i];

		for (k = 0; k < e->nr; k++) {
			const struct vms_pair *p =
				&vms_session_candidate(l->s, e->end[k].idx)->pair;

			e->end[k].at_raw = vms_session_host_time(l->s, p->guest, p->guest_ev);
		}
		ret = vms_placed_sort(e->end, e->nr);
	}
	if (!ret)
		ends_note(l, l->hosts_nr);
	return ret;
}

static void state_update(struct vms_lanes *l, uint32_t i)
{
	const struct vms_candidate *c;
	struct lane_known *k;

	if (i >= l->known_nr)
		return;
	c = vms_session_candidate(l->s, i);
	k = &l->known[i];
	if (c->state == k->state)
		return;
	k->state = c->state;
	if (k->host_at != UINT32_MAX)
		host_ends(l, &c->pair)->state[k->host_at] = c->state;
	if (k->guest_at != UINT32_MAX)
		guest_ends(l, &c->pair)->state[k->guest_at] = c->state;
}

/* What decisions changed. False: they are not the same candidates any more. */
static bool states_update(struct vms_lanes *l)
{
	const uint64_t since = vms_session_recent_nr(l->s) - l->ends_recent;
	uint32_t i;

	if (l->known_nr == vms_session_candidates_nr(l->s) &&
	    (!since || vms_session_recent(l->s, since - 1))) {
		for (i = 0; i < since; i++)
			state_update(l, vms_session_index_of(l->s, vms_session_recent(l->s, i)));
		return true;
	}
	if (l->known_nr != vms_session_candidates_nr(l->s))
		return false;
	for (i = 0; i < l->known_nr; i++) {
		if (vms_session_candidate(l->s, i)->id != l->known[i].id)
			return false;
		state_update(l, i);
	}
	return true;
}

/* Guest ends move with the map in force: their order is made anew when a guest CPU's was. */
static int guests_check(struct vms_lanes *l, bool *moved)
{
	unsigned int g, c;
	int ret = 0;

	for (g = 0; g < l->guests_nr; g++) {
		for (c = 0; c < l->guest_first[g + 1] - l->guest_first[g]; c++) {
			struct lane_guest *lane = lane_guest_get(l, g, c, &ret);

			if (!lane)
				return ret;
			*moved = *moved || !lane->ends_current;
			lane->ends_current = true;
		}
	}
	return 0;
}

/* Brings the index up to date; nothing to do while the session's generation stays. */
static int ends_get(struct vms_lanes *l)
{
	const uint64_t generation = vms_session_generation(l->s);
	bool moved = false;
	int ret = 0;

	if (l->ends_built && l->ends_generation == generation)
		return 0;
	ret = guests_check(l, &moved);
	if (!ret && (!l->ends_built || !states_update(l)))
		ret = ends_build(l);
	else if (!ret && moved)
		ret = guest_ends_move(l);
	if (ret) {
		ends_clear(l);
		return ret;
	}
	l->ends_built = true;
	l->ends_generation = generation;
	l->ends_recent = vms_session_recent_nr(l->s);
	return 0;
}

static void mark_column(const struct vms_lanes *l, const struct lane_ends *e, uint32_t from,
			uint32_t to, struct vms_mark_col *col)
{
	unsigned int i;

	*col = (struct vms_mark_col){ .id = VMS_ID_NONE,
				      .nr = (uint16_t)VMS_MIN(to - from, UINT16_MAX) };
	for (i = 0; i < VMS_ARRAY_NR(strongest) && to > from; i++) {
		const uint8_t *at = memchr(e->state + from, strongest[i], to - from);
		const struct vms_candidate *c;

		if (!at)
			continue;
		c = vms_session_candidate(l->s, e->end[at - e->state].idx);
		col->id = c->id;
		col->state = c->state;
		col->flags = c->flags;
		return;
	}
}

static int marks(struct vms_lanes *l, unsigned int lane, const struct vms_view *v,
		 struct vms_mark_col *cols, struct vms_err *err)
{
	const struct lane_ends *e;
	uint32_t from;
	unsigned int c;
	int ret = ends_get(l);

	if (ret)
		return vms_fail(err, -ret, "out of memory for candidate marks");
	e = &l->ends[lane];
	from = lane_placed_bound(e->end, e->nr, lane_view_bound(v, 0), 0);
	for (c = 0; c < v->cols; c++) {
		const uint32_t to =
			lane_placed_bound(e->end, e->nr, lane_view_bound(v, c + 1), from);

		mark_column(l, e, from, to, &cols[c]);
		from = to;
	}
	return 0;
}

int vms_lane_marks_host(struct vms_lanes *l, unsigned int cpu_idx, const struct vms_view *v,
			struct vms_mark_col *cols, struct vms_err *err)
{
	int ret = lane_view_check(v, err);

	if (ret)
		return ret;
	if (cpu_idx >= l->hosts_nr)
		return vms_fail(err, VMS_EUSAGE, "no such host CPU");
	return marks(l, cpu_idx, v, cols, err);
}

int vms_lane_marks_guest(struct vms_lanes *l, unsigned int guest, unsigned int cpu_idx,
			 const struct vms_view *v, struct vms_mark_col *cols, struct vms_err *err)
{
	int ret = lane_view_check(v, err);

	if (ret)
		return ret;
	if (guest >= l->guests_nr || cpu_idx >= l->guest_first[guest + 1] - l->guest_first[guest])
		return vms_fail(err, VMS_EUSAGE, "no such guest CPU");
	return marks(l, l->hosts_nr + l->guest_first[guest] + cpu_idx, v, cols, err);
}
