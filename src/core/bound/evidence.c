// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which guest events and clock facts a model puts where they cannot have been, one by one. */
#include <vmsync/evidence.h>

#include <stdlib.h>

#include <vmsync/place.h>

/* A walk over the constraints of one side. */
struct hearing {
	const struct vms_judged *j;
	const struct vms_model *m;
	unsigned int cpu_idx;
	uint32_t cursor;   /* stretch near the last event */
	uint32_t last_gap; /* the stretch before the last gap that counted, UINT32_MAX = none */
	struct vms_evidence *out;
};

static void testify(struct vms_evidence *e, struct vms_witness w)
{
	if (!vms_evidence_nr(e) || w.guest_raw < e->first.guest_raw)
		e->first = w;
	if (!vms_evidence_nr(e) || llabs(w.depth_raw) > llabs(e->deepest.depth_raw))
		e->deepest = w;
}

/* A gap whose two ends are known: no guest code of this thread ran in it. */
static bool is_certain(const struct vms_thread *t, uint32_t before)
{
	return before + 1 < t->stretches_nr &&
	       (t->stretches[before].flags & VMS_STRETCH_LEAVE_KNOWN) &&
	       (t->stretches[before + 1].flags & VMS_STRETCH_ENTER_KNOWN);
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

/* A fact speaks where the band agrees with it: others are contradictions of their own. */
static void hear_fact(struct hearing *hearing, const struct vms_point *point, bool lower,
		      int64_t host_raw)
{
	const struct vms_band_segment *g = vms_band_segment_of(hearing->j->band, point->event);
	const int64_t offset_raw = vms_sat_sub_i64(host_raw, point->x_raw);
	const int64_t by_raw = vms_sat_sub_i64(point->y_raw, offset_raw);
	int64_t lo, hi;

	if (!g || !vms_band_holds(hearing->j->band, g, point) ||
	    (lower ? by_raw <= 0 : by_raw >= 0))
		return;
	vms_band_at(g, point->x_raw, &lo, &hi);
	if (lower ? point->y_raw > hi : point->y_raw < lo)
		return;
	testify(hearing->out, (struct vms_witness){ .is_fact = true,
						    .index = point->stretch & ~VMS_POINT_FACT,
						    .guest_raw = point->x_raw,
						    .host_raw = host_raw,
						    .depth_raw = by_raw });
	hearing->out->facts_nr++;
}

static void hear(struct hearing *hearing, const struct vms_point *point, uint32_t nr, bool lower)
{
	uint32_t i;

	hearing->last_gap = UINT32_MAX;
	for (i = 0; i < nr; i++) {
		const int64_t host_raw = vms_model_event(hearing->m, hearing->cpu_idx,
							 point[i].event, point[i].x_raw);

		if (vms_point_is_fact(&point[i]))
			hear_fact(hearing, &point[i], lower, host_raw);
		else
			hear_event(hearing, &point[i], host_raw);
	}
}

void vms_evidence_of(struct vms_evidence *out, const struct vms_judged *j,
		     const struct vms_model *m, unsigned int cpu_idx)
{
	struct vms_evidence upper = { 0 };
	struct hearing h = { .j = j, .m = m, .cpu_idx = cpu_idx, .out = out };

	*out = (struct vms_evidence){ 0 };
	hear(&h, j->cons->lower, j->cons->lower_nr, true);
	h.out = &upper;
	hear(&h, j->cons->upper, j->cons->upper_nr, false);
	if (vms_evidence_nr(&upper)) {
		testify(out, upper.first);
		testify(out, upper.deepest);
	}
	/* The same gap may have been heard of from both its ends. */
	out->gaps_nr = out->gaps_nr > upper.gaps_nr ? out->gaps_nr : upper.gaps_nr;
	out->facts_nr += upper.facts_nr;
}
