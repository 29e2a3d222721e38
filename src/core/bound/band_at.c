// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a band says at an event or a time: which segment, from where to where, and by which
 * constraints.
 */
#include <vmsync/band.h>

#include <math.h>

#include "core/base/bisect.h"
#include "core/base/util.h"
#include "core/bound/knot.h"

unsigned int vms_band_steps(const struct vms_band *b)
{
	unsigned int i, nr = 0;

	for (i = 1; b && i < b->segs_nr; i++)
		nr += !b->segs[i].soft && !b->segs[i].unsure && !b->segs[i - 1].unsure;
	return nr;
}

bool vms_band_is_cut(const struct vms_band *b)
{
	unsigned int i = 1;

	while (i < b->segs_nr && b->segs[i].soft) /* a clock that wanders */
		i++;
	return i < b->segs_nr;
}

bool vms_band_has_small(const struct vms_band *b)
{
	unsigned int i = 1;

	while (b && i < b->segs_nr && !b->segs[i].small)
		i++;
	return b && i < b->segs_nr;
}

const struct vms_band_segment *vms_band_segment_of(const struct vms_band *b, uint32_t event)
{
	unsigned int lo = 1, hi = b->segs_nr;
	const struct vms_band_segment *s;

	if (!hi)
		return NULL;
	VMS_BISECT(lo, hi, mid, b->segs[mid].from_event <= event);
	s = &b->segs[lo - 1];
	if (event > s->to_event && lo < b->segs_nr && s[1].from_event - event < event - s->to_event)
		return s + 1;
	return s;
}

bool vms_band_holds(const struct vms_band *b, const struct vms_band_segment *s,
		    const struct vms_point *p)
{
	const bool first = s == b->segs, last = s == b->segs + b->segs_nr - 1;

	if (!vms_point_is_fact(p))
		return p->event >= s->from_event && p->event <= s->to_event;
	/*
	 * The step before a segment may lie on either side of a fact that precedes its first event.
	 */
	return (first || p->event > s->from_event) && (last || p->event <= s->to_event);
}

const struct vms_band_segment *vms_band_segment_time(const struct vms_band *b, int64_t guest_raw)
{
	unsigned int i = b->segs_nr;

	while (i-- > 0)
		if (b->segs[i].from_raw <= guest_raw)
			return &b->segs[i];
	return b->segs_nr ? b->segs : NULL;
}

static const struct vms_knot *knot_of(const struct vms_band_segment *s, int64_t guest_raw)
{
	const struct vms_knot *k = s->knots;
	uint32_t lo = 1, hi = s->knots_nr;

	VMS_BISECT(lo, hi, mid, k[mid].at_raw <= guest_raw);
	if (lo < s->knots_nr &&
	    (vms_i128)k[lo].at_raw - guest_raw < (vms_i128)guest_raw - k[lo - 1].at_raw)
		return &k[lo];
	return &k[lo - 1];
}

void vms_band_at(const struct vms_band_segment *s, int64_t guest_raw, int64_t *lo, int64_t *hi)
{
	const struct vms_knot *k = knot_of(s, guest_raw);

	if (lo)
		*lo = s->unsure ? INT64_MIN : vms_knot_value(k, VMS_LOWER, guest_raw, NULL);
	if (hi)
		*hi = s->unsure ? INT64_MAX : vms_knot_value(k, VMS_UPPER, guest_raw, NULL);
}

void vms_band_bind_at(const struct vms_band_segment *s, int64_t guest_raw, struct vms_point *lower,
		      struct vms_point *upper)
{
	const struct vms_knot *k = knot_of(s, guest_raw);

	if (lower)
		(void)vms_knot_value(k, VMS_LOWER, guest_raw, lower);
	if (upper)
		(void)vms_knot_value(k, VMS_UPPER, guest_raw, upper);
}

void vms_band_slopes(const struct vms_band_segment *s, int64_t from_raw, int64_t to_raw,
		     double *least, double *most)
{
	const struct vms_knot *k = knot_of(s, from_raw + (to_raw - from_raw) / 2);
	const double away = VMS_MAX(fabs((double)vms_sat_sub_i64(from_raw, k->at_raw)),
				    fabs((double)vms_sat_sub_i64(to_raw, k->at_raw)));
	const double change = k->rate.jump + k->rate.wander * away;

	*least = vms_slope_value(k->fit.lo) - change;
	*most = vms_slope_value(k->fit.hi) + change;
}

void vms_band_mean_drift(const struct vms_band_segment *s, double *least, double *most)
{
	int64_t lo[2], hi[2];
	const double span = (double)vms_sat_sub_i64(s->to_raw, s->from_raw);

	*least = -HUGE_VAL;
	*most = HUGE_VAL;
	vms_band_at(s, s->from_raw, &lo[0], &hi[0]);
	vms_band_at(s, s->to_raw, &lo[1], &hi[1]);
	if (!(span > 0.0))
		return;
	if (lo[1] != INT64_MIN && hi[0] != INT64_MAX)
		*least = (double)vms_sat_sub_i64(lo[1], hi[0]) / span;
	if (hi[1] != INT64_MAX && lo[0] != INT64_MIN)
		*most = (double)vms_sat_sub_i64(hi[1], lo[0]) / span;
}

int64_t vms_band_outside(const struct vms_band_segment *s, int64_t guest_raw, int64_t offset_raw)
{
	int64_t lo, hi;

	vms_band_at(s, guest_raw, &lo, &hi);
	if (offset_raw < lo)
		return vms_sat_sub_i64(offset_raw, lo);
	return offset_raw > hi ? vms_sat_sub_i64(offset_raw, hi) : 0;
}

bool vms_band_excludes(const struct vms_band_segment *seg, const struct vms_point *p, bool lower)
{
	int64_t lo, hi;

	vms_band_at(seg, p->x_raw, &lo, &hi);
	return lower ? p->y_raw > hi : p->y_raw < lo;
}

void vms_band_reach_at(const struct vms_band_segment *seg, int64_t guest_raw, int64_t offset_raw,
		       int64_t *early_raw, int64_t *late_raw)
{
	int64_t lo, hi;

	vms_band_at(seg, guest_raw, &lo, &hi);
	*early_raw = VMS_MAX(*early_raw, hi == INT64_MAX ? hi : vms_sat_sub_i64(hi, offset_raw));
	*late_raw =
		VMS_MAX(*late_raw, lo == INT64_MIN ? INT64_MAX : vms_sat_sub_i64(offset_raw, lo));
}

static void middle_reach(struct vms_band_segment *seg, int64_t guest_raw)
{
	struct vms_model_cpu cpu = { .pieces = &seg->middle, .pieces_nr = 1 };
	const struct vms_model middle = { .kind = VMS_MODEL_PIECES, .cpus = &cpu, .cpus_nr = 1 };

	int64_t lo, hi;

	vms_band_reach_at(seg, guest_raw,
			  vms_sat_sub_i64(vms_model_time(&middle, 0, guest_raw), guest_raw),
			  &seg->early_raw, &seg->late_raw);
	vms_band_at(seg, guest_raw, &lo, &hi);
	if (lo == INT64_MIN || hi == INT64_MAX)
		seg->widest_raw = INT64_MAX;
	if (vms_sat_sub_i64(hi, lo) <= seg->widest_raw)
		return;
	seg->widest_raw = vms_sat_sub_i64(hi, lo);
	seg->widest_at_raw = guest_raw;
}

void vms_band_reach(struct vms_band *band, const struct vms_constraints *cons)
{
	bool level = true;
	unsigned int i;
	uint32_t k;

	for (i = 0; i < band->segs_nr; i++) {
		band->segs[i].early_raw = band->segs[i].late_raw = 0;
		band->segs[i].widest_raw = -1;
		middle_reach(&band->segs[i], band->segs[i].from_raw);
		middle_reach(&band->segs[i], band->segs[i].to_raw);
		level = level && band->segs[i].constant && band->segs[i].middle.line.drift == 0.0;
	}
	/* where neither the band nor its middle slopes, its ends have told all */
	for (k = 0; !level && k < cons->lower_nr + cons->upper_nr; k++) {
		const struct vms_point point = vms_point_at(cons, k);
		const struct vms_band_segment *seg = vms_band_segment_of(band, point.event);

		if (seg && vms_band_holds(band, seg, &point))
			middle_reach(&band->segs[seg - band->segs], point.x_raw);
	}
}

const struct vms_band_segment *vms_band_widest(const struct vms_band *band, int64_t *at_raw,
					       bool *open)
{
	const struct vms_band_segment *widest = NULL;
	unsigned int i;

	if (open)
		*open = !band || !band->segs_nr;
	for (i = 0; band && i < band->segs_nr; i++) {
		const struct vms_band_segment *seg = &band->segs[i];

		if (seg->widest_raw == INT64_MAX || seg->unsure || !seg->feasible) {
			if (open)
				*open = true;
		} else if (!widest || seg->widest_raw > widest->widest_raw) {
			widest = seg;
		}
	}
	if (widest && at_raw)
		*at_raw = widest->widest_at_raw;
	return widest;
}

int vms_band_middle(const struct vms_band *band, struct vms_piece **pieces, unsigned int *pieces_nr,
		    struct vms_err *err)
{
	struct vms_piece *p = vms_calloc(band->segs_nr, sizeof(*p));
	unsigned int i;

	if (!p)
		return vms_fail(err, VMS_ENOMEM,
				"out of memory while taking the middle of the band");
	for (i = 0; i < band->segs_nr; i++)
		p[i] = band->segs[i].middle;
	*pieces = p;
	*pieces_nr = band->segs_nr;
	return 0;
}

static uint32_t side_prune(struct vms_bound *bound, uint32_t nr, const struct vms_band *band)
{
	uint32_t i, k = 0, kept = 0;

	for (i = 0; i < nr; i++) {
		while (k < band->beside_nr && vms_bound_before(band->beside[k], bound[i]))
			k++;
		if (k == band->beside_nr || vms_bound_before(bound[i], band->beside[k]) ||
		    !vms_bound_is_fact(bound[i]))
			bound[kept++] = bound[i];
	}
	return kept;
}

void vms_band_prune(struct vms_constraints *cons, const struct vms_band *band)
{
	cons->lower_nr = side_prune(cons->lower, cons->lower_nr, band);
	cons->upper_nr = side_prune(cons->upper, cons->upper_nr, band);
	cons->facts_nr -= VMS_MIN(band->beside_nr, cons->facts_nr);
}
