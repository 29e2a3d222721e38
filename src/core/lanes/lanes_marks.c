// SPDX-License-Identifier: LGPL-2.1-or-later
/* Candidate ends by lane and column: the strongest, the first of it, and how many. */
#include "core/lanes/lanes_impl.h"

#include <stdlib.h>
#include <string.h>

static unsigned int lanes_nr(const struct vms_lanes *l)
{
	return l->hosts_nr + l->guest_first[l->guests_nr];
}

static void ends_clear(struct vms_lanes *l)
{
	unsigned int i;

	for (i = 0; l->ends && i < lanes_nr(l); i++) {
		free(l->ends[i].end);
		l->ends[i] = (struct lane_ends){ 0 };
	}
	l->ends_built = false;
}

void lane_ends_free(struct vms_lanes *l)
{
	ends_clear(l);
	free(l->ends);
	l->ends = NULL;
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
		l->ends[i].end = vms_calloc(l->ends[i].nr, sizeof(*l->ends[i].end));
		if (!l->ends[i].end)
			return -VMS_ENOMEM;
	}
	return 0;
}

static void ends_count(struct vms_lanes *l, uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < nr; i++) {
		const struct vms_pair *p = &vms_session_candidate(l->s, i)->pair;
		struct lane_ends *h = host_ends(l, p), *g = guest_ends(l, p);

		if (h)
			h->nr++;
		if (g)
			g->nr++;
	}
}

static void ends_place(struct vms_lanes *lanes, uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < nr; i++) {
		const struct vms_candidate *cand = vms_session_candidate(lanes->s, i);
		const struct vms_pair *p = &cand->pair;
		struct lane_ends *h = host_ends(lanes, p), *g = guest_ends(lanes, p);

		if (h)
			h->end[h->filled_nr++] =
				(struct vms_placed){ .at_raw = p->host_raw, .idx = cand->id };
		if (g)
			g->end[g->filled_nr++] = (struct vms_placed){
				.at_raw = vms_session_host_time(lanes->s, p->guest, p->guest_ev),
				.idx = cand->id
			};
	}
}

/* Two passes over the candidates: count and place, then sort each lane. Host ends come sorted. */
static int ends_build(struct vms_lanes *lanes)
{
	const uint32_t nr = vms_session_candidates_nr(lanes->s);
	unsigned int i;
	int ret;

	ends_clear(lanes);
	if (!lanes->ends)
		lanes->ends = vms_calloc(lanes_nr(lanes), sizeof(*lanes->ends));
	if (!lanes->ends)
		return -VMS_ENOMEM;
	ends_count(lanes, nr);
	ret = ends_alloc(lanes);
	if (ret)
		return ret;
	ends_place(lanes, nr);
	for (i = 0; i < lanes_nr(lanes) && !ret; i++)
		ret = vms_placed_sort(lanes->ends[i].end, lanes->ends[i].nr, NULL);
	return ret;
}

/* The same candidates under another map: host ends stay, and guest ends mostly keep their order. */
static int guest_ends_move(struct vms_lanes *lanes)
{
	unsigned int i;
	uint32_t k;
	int ret = 0;

	for (i = lanes->hosts_nr; i < lanes_nr(lanes) && !ret; i++) {
		struct lane_ends *e = &lanes->ends[i];

		for (k = 0; k < e->nr; k++) {
			struct vms_candidate room;
			const struct vms_pair *p =
				&vms_session_find_in(lanes->s, e->end[k].idx, &room)->pair;

			e->end[k].at_raw = vms_session_host_time(lanes->s, p->guest, p->guest_ev);
		}
		ret = vms_placed_sort(e->end, e->nr, NULL);
	}
	return ret;
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

/* Nothing to do while the session's generation stays. */
int lane_ends_get(struct vms_lanes *lanes)
{
	const uint64_t generation = vms_session_generation(lanes->s);
	bool moved = false;
	int ret = 0;

	if (lanes->ends_built && lanes->ends_generation == generation)
		return 0;
	ret = guests_check(lanes, &moved);
	if (!ret && (!lanes->ends_built || lanes->ends_formed != vms_session_formed(lanes->s)))
		ret = ends_build(lanes);
	else if (!ret && moved)
		ret = guest_ends_move(lanes);
	if (ret) {
		ends_clear(lanes);
		return ret;
	}
	lanes->ends_built = true;
	lanes->ends_generation = generation;
	lanes->ends_formed = vms_session_formed(lanes->s);
	return 0;
}

static void mark_column(const struct vms_lanes *lanes, const struct lane_ends *ends, uint32_t from,
			uint32_t to, struct vms_mark_col *col)
{
	/* from the strongest: what still asks for a decision first */
	static const uint8_t rank[] = {
		[VMS_UNDECIDED] = 2, [VMS_ACCEPTED] = 1, [VMS_REJECTED] = 0
	};
	const uint8_t *states = vms_session_states(lanes->s);
	struct vms_candidate room;
	uint32_t k, best = from;

	*col = (struct vms_mark_col){ .id = VMS_ID_NONE,
				      .nr = (uint16_t)VMS_MIN(to - from, UINT16_MAX) };
	for (k = from; k < to && states[ends->end[best].idx] != VMS_UNDECIDED; k++)
		if (rank[states[ends->end[k].idx]] > rank[states[ends->end[best].idx]])
			best = k;
	if (from >= to)
		return;
	col->id = ends->end[best].idx;
	col->state = states[col->id];
	col->flags = vms_session_find_in(lanes->s, col->id, &room)->flags;
}

static int marks(struct vms_lanes *lanes, unsigned int lane, const struct vms_view *view,
		 struct vms_mark_col *cols, struct vms_err *err)
{
	const struct lane_ends *ends;
	uint32_t from;
	unsigned int col;
	int ret = lane_ends_get(lanes);

	if (ret)
		return vms_fail(err, -ret, "out of memory for candidate marks");
	ends = &lanes->ends[lane];
	from = lane_placed_bound(ends->end, ends->nr, lane_view_bound(view, 0), 0);
	for (col = 0; col < view->cols; col++) {
		const uint32_t to = lane_placed_bound(ends->end, ends->nr,
						      lane_view_bound(view, col + 1), from);

		mark_column(lanes, ends, from, to, &cols[col]);
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
