// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which guest events and clock facts a model puts where they cannot have been, one by one. */
#include <vmsync/evidence.h>

#include <stdlib.h>

#include <vmsync/place.h>
#include <vmsync/time.h>

#include "core/base/util.h"

/* So many constraints next to each edge of the band are kept for a quick look. */
#define TIGHT_NR 16u

/* Rounding alone may put two events so far the wrong way round. */
#define ORDER_SLACK_RAW 2

/* A walk over the constraints of one side. */
struct hearing {
	const struct vms_judged *j;
	const struct vms_model *m;
	unsigned int cpu_idx;
	uint32_t cursor;   /* stretch near the last event */
	uint32_t last_gap; /* the stretch before the last gap that counted, UINT32_MAX = none */
	bool has_last;
	struct vms_point last; /* the event before */
	int64_t last_host_raw;
	struct vms_evidence *out;
};

static bool same(const struct vms_witness *a, const struct vms_witness *b)
{
	return a->is_fact == b->is_fact && a->index == b->index;
}

static void keep_deep(struct vms_evidence *found, struct vms_witness seen)
{
	unsigned int i = found->worst_nr, k;

	if (i == VMS_WITNESSES_MAX && llabs(seen.depth_raw) <= llabs(found->worst[i - 1].depth_raw))
		return;
	for (k = 0; k < found->worst_nr; k++)
		if (same(&found->worst[k], &seen)) {
			if (llabs(seen.depth_raw) <= llabs(found->worst[k].depth_raw))
				return;
			break;
		}
	if (k < found->worst_nr)
		i = k;
	else if (i == VMS_WITNESSES_MAX)
		i--;
	else
		found->worst_nr++;
	for (; i && llabs(seen.depth_raw) > llabs(found->worst[i - 1].depth_raw); i--)
		found->worst[i] = found->worst[i - 1];
	found->worst[i] = seen;
}

static void testify(struct vms_evidence *e, struct vms_witness w)
{
	if (!e->worst_nr || w.guest_raw < e->first.guest_raw)
		e->first = w;
	keep_deep(e, w);
}

/* A gap whose two ends are known: no guest code of this thread ran in it. */
static bool is_certain(const struct vms_thread *t, uint32_t before)
{
	return before + 1 < t->stretches_nr &&
	       (t->stretches[before].flags & VMS_STRETCH_LEAVE_KNOWN) &&
	       (t->stretches[before + 1].flags & VMS_STRETCH_ENTER_KNOWN);
}

/* A clock that ran on, in an order that only the model turns round. */
static void hear_order(struct hearing *hearing, const struct vms_point *point, int64_t host_raw)
{
	const struct vms_point *last = &hearing->last;
	const bool ran_on =
		hearing->has_last && point->event > last->event && point->x_raw >= last->x_raw;
	const int64_t back_raw = ran_on ? vms_sat_sub_i64(hearing->last_host_raw, host_raw) : 0;

	hearing->has_last = true;
	hearing->last = *point;
	hearing->last_host_raw = host_raw;
	if (back_raw <= ORDER_SLACK_RAW)
		return;
	testify(hearing->out, (struct vms_witness){ .index = point->event,
						    .guest_raw = point->x_raw,
						    .host_raw = host_raw,
						    .depth_raw = back_raw });
	hearing->out->order_nr++;
}

static void hear_event(struct hearing *hearing, const struct vms_point *p, int64_t host_raw)
{
	const struct vms_thread *t = hearing->j->thread;
	struct vms_witness witness = { .index = p->event,
				       .guest_raw = p->x_raw,
				       .host_raw = host_raw };
	uint32_t before;

	if (vms_place_near(t, host_raw, &hearing->cursor, &witness.depth_raw) != VMS_PLACE_OUTSIDE)
		return;
	before = t->stretches[hearing->cursor].enter_raw > host_raw ? hearing->cursor - 1
								    : hearing->cursor;
	if (!is_certain(t, before))
		return;
	if (before == hearing->cursor) /* past the end of the stretch: the model is too late */
		witness.depth_raw = -witness.depth_raw;
	testify(hearing->out, witness);
	hearing->out->gaps_nr += before != hearing->last_gap;
	hearing->last_gap = before;
}

/* What the band has to leave out, and the model has not. */
static void hear_against_band(struct hearing *hearing, const struct vms_point *point, bool lower,
			      int64_t host_raw)
{
	const struct vms_band_segment *seg = vms_band_segment_of(hearing->j->band, point->event);
	const int64_t offset_raw = vms_sat_sub_i64(host_raw, point->x_raw);

	if (seg && seg->violations && vms_band_holds(hearing->j->band, seg, point) &&
	    (lower ? point->y_raw <= offset_raw : point->y_raw >= offset_raw) &&
	    vms_band_excludes(seg, point, lower))
		hearing->out->against_band_nr++;
}

/* A fact speaks where the band agrees with it: others are contradictions of their own. */
static void hear_fact(struct hearing *hearing, const struct vms_point *point, bool lower,
		      int64_t host_raw)
{
	const struct vms_band_segment *g = vms_band_segment_of(hearing->j->band, point->event);
	const int64_t offset_raw = vms_sat_sub_i64(host_raw, point->x_raw);
	const int64_t by_raw = vms_sat_sub_i64(point->y_raw, offset_raw);

	if (!g || g->unsure || !vms_band_holds(hearing->j->band, g, point) ||
	    (lower ? by_raw <= 0 : by_raw >= 0) || vms_band_excludes(g, point, lower))
		return;
	testify(hearing->out, (struct vms_witness){ .is_fact = true,
						    .index = point->stretch & ~VMS_POINT_FACT,
						    .guest_raw = point->x_raw,
						    .host_raw = host_raw,
						    .depth_raw = by_raw });
	hearing->out->facts_nr++;
}

static void hear(struct hearing *hearing, bool lower)
{
	const struct vms_constraints *cons = hearing->j->cons;
	const uint32_t nr = lower ? cons->lower_nr : cons->upper_nr;
	uint32_t i;

	hearing->last_gap = UINT32_MAX;
	hearing->has_last = false;
	for (i = 0; i < nr; i++) {
		const struct vms_point point =
			lower ? vms_lower_point(cons, i) : vms_upper_point(cons, i);
		const int64_t host_raw =
			vms_model_event(hearing->m, hearing->cpu_idx, point.event, point.x_raw);

		if (hearing->j->band->violations)
			hear_against_band(hearing, &point, lower, host_raw);
		if (vms_point_is_fact(&point)) {
			hear_fact(hearing, &point, lower, host_raw);
		} else {
			hear_order(hearing, &point, host_raw);
			hear_event(hearing, &point, host_raw);
		}
	}
}

void vms_evidence_of(struct vms_evidence *out, const struct vms_judged *j,
		     const struct vms_model *m, unsigned int cpu_idx)
{
	struct vms_evidence upper = { 0 };
	unsigned int i;
	struct hearing h = { .j = j, .m = m, .cpu_idx = cpu_idx, .out = out };

	*out = (struct vms_evidence){ 0 };
	hear(&h, true);
	h.out = &upper;
	hear(&h, false);
	if (vms_evidence_nr(&upper))
		testify(out, upper.first);
	for (i = 0; i < upper.worst_nr; i++)
		keep_deep(out, upper.worst[i]);
	/* The same gap may have been heard of from both its ends. */
	out->gaps_nr = out->gaps_nr > upper.gaps_nr ? out->gaps_nr : upper.gaps_nr;
	out->order_nr = out->order_nr > upper.order_nr ? out->order_nr : upper.order_nr;
	out->facts_nr += upper.facts_nr;
	out->against_band_nr += upper.against_band_nr;
}

/* A constraint and how far it is from the middle of the band. */
struct margin {
	struct vms_bound bound;
	int64_t raw;
};

static int by_event(const void *a, const void *b)
{
	const struct vms_bound x = *(const struct vms_bound *)a, y = *(const struct vms_bound *)b;

	return vms_bound_before(x, y) ? -1 : vms_bound_before(y, x);
}

/* The ends of a band at a time, which are the same at all of a constant one. */
struct ends {
	bool known;
	int64_t lo_raw, hi_raw;
};

static int64_t margin_of(const struct vms_band *band, const struct vms_band_segment *seg,
			 const struct vms_point *point, bool lower, struct ends *ends)
{
	int64_t middle_raw;

	if (!vms_band_holds(band, seg, point))
		return INT64_MAX;
	if (!ends->known)
		vms_band_at(seg, point->x_raw, &ends->lo_raw, &ends->hi_raw);
	ends->known = seg->constant;
	if (ends->lo_raw == INT64_MIN || ends->hi_raw == INT64_MAX)
		return INT64_MAX;
	middle_raw = ends->lo_raw + (ends->hi_raw - ends->lo_raw) / 2;
	return lower ? vms_sat_sub_i64(middle_raw, point->y_raw)
		     : vms_sat_sub_i64(point->y_raw, middle_raw);
}

/* Keeps the nearest, in order; one that is on the wrong side of the middle contradicts the band. */
static void keep_near(struct margin *near, uint32_t *nr, struct margin margin)
{
	uint32_t i = *nr;

	if (margin.raw < 0 || margin.raw == INT64_MAX ||
	    (i == TIGHT_NR && near[i - 1].raw <= margin.raw))
		return;
	if (i < TIGHT_NR)
		*nr = i + 1;
	else
		i--;
	for (; i && near[i - 1].raw > margin.raw; i--)
		near[i] = near[i - 1];
	near[i] = margin;
}

/* The constraints of one side next to the edge of a segment. */
static int tight_side(struct vms_bound **out, uint32_t *out_nr, const struct vms_constraints *cons,
		      const struct vms_band *band, const struct vms_band_segment *seg, bool lower)
{
	const struct vms_bound *bounds = lower ? cons->lower : cons->upper;
	const uint32_t nr = lower ? cons->lower_nr : cons->upper_nr;
	struct margin near[TIGHT_NR];
	struct ends ends = { .known = false };
	uint32_t i;

	*out_nr = 0;
	for (i = 0; i < nr; i++) {
		const struct vms_point point = vms_bound_point(cons, bounds[i], lower);

		keep_near(near, out_nr,
			  (struct margin){ bounds[i], margin_of(band, seg, &point, lower, &ends) });
	}
	*out = vms_calloc(*out_nr, sizeof(**out));
	if (!*out)
		return -VMS_ENOMEM;
	for (i = 0; i < *out_nr; i++)
		(*out)[i] = near[i].bound;
	qsort(*out, *out_nr, sizeof(**out), by_event);
	return 0;
}

int vms_evidence_prepare(struct vms_constraints *cons, const struct vms_band *band,
			 const struct vms_band_segment *seg)
{
	struct vms_constraints *tight = vms_calloc(1, sizeof(*tight));
	int ret;

	cons->tight = tight;
	if (!tight)
		return -VMS_ENOMEM;
	tight->cpu = cons->cpu;
	tight->thread = cons->thread;
	tight->facts = cons->facts;
	if (!seg)
		return 0;
	ret = tight_side(&tight->lower, &tight->lower_nr, cons, band, seg, true);
	return ret ? ret : tight_side(&tight->upper, &tight->upper_nr, cons, band, seg, false);
}
