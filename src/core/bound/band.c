// SPDX-License-Identifier: LGPL-2.1-or-later
/* The band of a vCPU: from constraints to segments. */
#include <vmsync/band.h>

#include <math.h>
#include <stdlib.h>

#include "core/bound/items.h"
#include "core/bound/knot.h"
#include "core/bound/small.h"
#include "core/base/assert.h"
#include "core/base/util.h"

struct builder {
	uint32_t events_nr;	/* guest events of the vCPU */
	struct vms_item *items; /* by event, lower before upper */
	size_t nr;
	struct vms_runs runs;
	const struct vms_band_opts *o;
	struct vms_segment_opts seg;
	struct vms_band *band;
	struct vms_fit fit, cut_fit; /* scratch */
	struct vms_knot_plan plan;   /* what all knots have in common */
};

static void extent_add(struct vms_extent *extent, int64_t value)
{
	extent->lo = VMS_MIN(extent->lo, value);
	extent->hi = VMS_MAX(extent->hi, value);
}

static bool extent_fits(const struct vms_extent *e)
{
	return e->lo > e->hi || (vms_i128)e->hi - e->lo <= VMS_HULL_RANGE;
}

static int64_t drift_ppb(const struct vms_band_opts *o)
{
	if (o->constant)
		return 0;
	return o->drift_max >= 0.0 && o->drift_max <= 1.0 ? (int64_t)ceil(o->drift_max * 1e9) : -1;
}

/* Asked for two runs that no line fits together. */
static int is_soft(void *user, const struct vms_run *a, const struct vms_run *b)
{
	struct builder *k = user;
	struct vms_knot_plan p = k->plan;

	p.from = a->from;
	p.to = b->to;
	return vms_knots_compatible(&k->cut_fit, &p, b->from);
}

/* Adds items until one does not fit, from @from up to @to or down to it; @stop: where */
static int extend(struct builder *b, size_t from, size_t to, size_t *stop)
{
	size_t i = from;

	vms_fit_clear(&b->fit);
	while (i != to) {
		const struct vms_item *it = &b->items[from < to ? i : i - 1];
		const int ret =
			it->left_out ? 1 : vms_fit_add(&b->fit, (enum vms_side)it->side, &it->p);

		if (ret < 0)
			return ret;
		if (!ret)
			break;
		i = from < to ? i + 1 : i - 1;
	}
	*stop = i;
	return 0;
}

/*
 * A step lies no later than where the longest prefix ends and no earlier than where the longest
 * suffix begins. What lies between may belong to either side and bounds neither; doc/METHOD.md 6.3.
 */
static int brackets(struct builder *builder)
{
	struct vms_run *run = builder->runs.r;
	size_t i, n = builder->runs.nr;
	int ret = 0;

	for (i = 0; i < n; i++) {
		run[i].certain_from = run[i].from;
		run[i].certain_to = run[i].to;
	}
	for (i = 1; i < n && !ret; i++) {
		if (run[i].forced || run[i].soft || run[i].small)
			continue;
		ret = extend(builder, run[i - 1].certain_from, run[i].to, &run[i].certain_from);
		run[i].certain_from = VMS_MAX(run[i].certain_from, run[i].from);
	}
	for (i = n; !ret && i-- > 1;) {
		if (run[i].forced || run[i].soft || run[i].small)
			continue;
		ret = extend(builder, run[i].certain_to, run[i - 1].from, &run[i - 1].certain_to);
		run[i - 1].certain_to = VMS_MIN(run[i - 1].certain_to, run[i - 1].to);
	}
	return ret;
}

/* the run's own items where nothing is certain */
static void core_of(const struct vms_run *r, size_t *from, size_t *to)
{
	const bool certain = r->certain_from < r->certain_to;

	*from = certain ? r->certain_from : r->from;
	*to = certain ? r->certain_to : r->to;
}

static uint32_t step_before(const struct builder *b, uint32_t event)
{
	uint32_t step = event;
	size_t i;

	for (i = 0; i < b->o->steps_nr && b->o->steps[i] <= event; i++)
		step = b->o->steps[i];
	return step;
}

static void cut_fill(const struct builder *builder, size_t at, struct vms_band_segment *seg)
{
	const struct vms_run *run = &builder->runs.r[at];
	const struct vms_item *it = builder->items;

	seg->soft = run->soft;
	seg->small = run->small;
	seg->cut_earliest = seg->cut_latest = it[run->from].p.event;
	if (run->forced)
		seg->cut_earliest = seg->cut_latest = step_before(builder, it[run->from].p.event);
	else if (at && !run->soft) {
		const size_t last = VMS_MIN(builder->runs.r[at - 1].certain_to, run->from);

		seg->cut_earliest = it[last ? last - 1 : 0].p.event;
		seg->cut_earliest += seg->cut_earliest < it[run->from].p.event;
		seg->cut_latest = it[VMS_MIN(run->certain_from, run->to - 1)].p.event;
	}
}

/* A copy with the constraints as they were given, without slack. */
static int hull_fill(struct vms_hull *hull, const struct vms_chain *chain, int64_t slack_raw)
{
	size_t i;

	if (!chain->nr)
		return 0;
	hull->v = vms_calloc(chain->nr, sizeof(*hull->v));
	if (!hull->v)
		return -VMS_ENOMEM;
	for (i = 0; i < chain->nr; i++) {
		hull->v[i] = chain->v[i];
		hull->v[i].y_raw += slack_raw;
	}
	hull->nr = (uint32_t)chain->nr;
	return 0;
}

/* the segment's items, and the lines that fit them into the scratch */
static int core_fill(struct builder *builder, size_t from, size_t to, bool contradicted,
		     struct vms_band_segment *seg)
{
	struct vms_extent x = { INT64_MAX, INT64_MIN };
	size_t i, stop;

	/* what contradicts it before its beginning, or after its end, is no part of it */
	while (!contradicted && from + 1 < to && builder->items[from].left_out)
		from++;
	while (!contradicted && from + 1 < to && builder->items[to - 1].left_out)
		to--;
	for (i = from; i < to; i++) {
		extent_add(&x, builder->items[i].p.x_raw);
		if (builder->items[i].left_out)
			continue;
		seg->lower_nr += builder->items[i].side == VMS_LOWER;
		seg->upper_nr += builder->items[i].side == VMS_UPPER;
	}
	seg->from_event = VMS_MIN(builder->items[from].p.event, builder->events_nr - 1);
	seg->to_event = VMS_MIN(builder->items[to - 1].p.event, builder->events_nr - 1);
	/* A fact lies before the event that it names. */
	if (vms_point_is_fact(&builder->items[to - 1].p) && seg->to_event > seg->from_event &&
	    seg->to_event == builder->items[to - 1].p.event)
		seg->to_event--;
	seg->from_raw = x.lo;
	seg->to_raw = x.hi;
	/* one run, from its first item on: it has these lines already */
	if (builder->runs.nr == 1 && !builder->runs.r->out_nr)
		return vms_fit_copy(&builder->fit, &builder->runs.r->fit);
	return extend(builder, from, to, &stop);
}

static int middle_fill(struct builder *builder, const struct vms_run *run,
		       struct vms_band_segment *seg)
{
	size_t from, to, stop;
	int ret = 0;

	core_of(run, &from, &to);
	if (run->contradicted)
		ret = vms_fit_copy(&builder->fit, &run->fit);
	else if (from != run->from ||
		 to != run->to) /* else the scratch holds these lines already */
		ret = extend(builder, run->from, run->to, &stop);
	if (ret)
		return ret;
	seg->middle.from_idx = run->forced ? seg->cut_earliest : builder->items[run->from].p.event;
	seg->middle.from_raw = builder->items[run->from].p.x_raw;
	seg->middle.line.ref_raw = seg->from_raw + (seg->to_raw - seg->from_raw) / 2;
	vms_fit_middle(&builder->fit, seg->middle.line.ref_raw, &seg->middle.line.offset_raw,
		       &seg->middle.line.offset_frac, &seg->middle.line.drift);
	return 0;
}

/* items around a run with no step between them */
static void span_of(const struct builder *b, size_t at, size_t *from, size_t *to)
{
	const struct vms_run *run = b->runs.r;
	size_t first = at, last = at, unused;

	if (!vms_rate_changes(&b->plan.rate))
		return;
	while (first && run[first].soft && !run[first].small)
		first--;
	while (last + 1 < b->runs.nr && run[last + 1].soft && !run[last + 1].small)
		last++;
	core_of(&run[first], from, &unused);
	core_of(&run[last], &unused, to);
}

/*
 * At an end of the trace nothing before and after tells wrong constraints from a step: where
 * leaving them out is cheaper nothing is said; nor where too many contradict.
 */
static bool is_unsure(const struct builder *b, size_t at, const struct vms_band_segment *s)
{
	const struct vms_run *run = b->runs.r;
	const bool first = !at && b->runs.nr > 1 && !run[1].soft;
	const bool last = at && at + 1 == b->runs.nr && !run[at].soft;

	return ((first || last) && s->lower_nr + s->upper_nr < b->o->edge_least) ||
	       run[at].contradicted;
}

static int segment_fill(struct builder *builder, size_t at, struct vms_band_segment *seg)
{
	const struct vms_run *run = &builder->runs.r[at];
	struct vms_knot_plan plan = builder->plan;
	int64_t middle;
	int ret;

	cut_fill(builder, at, seg); /* first: the middle begins where a forced step lies */
	core_of(run, &plan.from, &plan.to);
	ret = core_fill(builder, plan.from, plan.to, run->contradicted, seg);
	if (ret)
		return ret;
	span_of(builder, at, &plan.from, &plan.to);
	plan.from_raw = seg->from_raw;
	plan.to_raw = seg->to_raw;
	ret = vms_knots_build(&seg->knots, &seg->knots_nr, &plan);
	if (!ret)
		ret = hull_fill(&seg->lower, &builder->fit.side[VMS_LOWER], plan.slack_raw);
	if (!ret)
		ret = hull_fill(&seg->upper, &builder->fit.side[VMS_UPPER], -plan.slack_raw);
	if (!ret)
		ret = middle_fill(builder, run, seg);
	if (ret)
		return ret;
	seg->constant = builder->o->constant;
	seg->unsure = is_unsure(builder, at, seg);
	seg->violations = run->out_nr;
	seg->feasible = !run->out_nr;
	seg->drift_lo = vms_slope_value(seg->knots[seg->knots_nr / 2].fit.lo);
	seg->drift_hi = vms_slope_value(seg->knots[seg->knots_nr / 2].fit.hi);
	if (builder->o->rate.any && !seg->constant)
		vms_band_mean_drift(seg, &seg->drift_lo, &seg->drift_hi);
	middle = seg->from_raw + (seg->to_raw - seg->from_raw) / 2;
	vms_band_at(seg, middle, &seg->lo_raw, &seg->hi_raw);
	vms_band_bind_at(seg, middle, &seg->bind_lower, &seg->bind_upper);
	return 0;
}

static int segments_fill(struct builder *builder)
{
	size_t i;
	int ret = 0;

	builder->band->segs = vms_calloc(builder->runs.nr, sizeof(*builder->band->segs));
	if (!builder->band->segs)
		return -VMS_ENOMEM;
	for (i = 0; i < builder->runs.nr && !ret; i++) {
		builder->band->segs_nr++;
		ret = segment_fill(builder, i, &builder->band->segs[i]);
		builder->band->violations += builder->runs.r[i].out_nr;
	}
	return ret;
}

/* Whether a run has a guest event that no other run has: facts precede the event that they name. */
static bool has_event(const struct builder *builder, size_t at)
{
	const struct vms_run *r = &builder->runs.r[at];
	const uint32_t first = builder->items[r->from].p.event;
	size_t i;

	if (at + 1 < builder->runs.nr &&
	    builder->items[builder->runs.r[at + 1].from].p.event <= first)
		return false;
	for (i = r->from; i < r->to; i++)
		if (!vms_point_is_fact(&builder->items[i].p) || builder->items[i].p.event != first)
			return true;
	return first < builder->events_nr;
}

/* Facts of a time at which the guest recorded nothing, and that fit no time at which it did. */
static int note_beside(struct vms_band *band, size_t *cap, const struct vms_item *it, size_t nr)
{
	size_t i;

	if (vms_grow(&band->beside, cap, band->beside_nr + nr, sizeof(*band->beside), UINT32_MAX))
		return -VMS_ENOMEM;
	for (i = 0; i < nr; i++)
		if (it[i].side == VMS_LOWER)
			band->beside[band->beside_nr++] =
				(struct vms_bound){ it[i].p.event, it[i].p.stretch };
	return 0;
}

/* A run of facts alone before, after or between guest events speaks of no event: it is dropped. */
static int drop_eventless(struct builder *builder)
{
	struct vms_run *runs = builder->runs.r;
	size_t i = 0, k, cap = 0;
	int ret = 0;

	while (i < builder->runs.nr && builder->runs.nr > 1 && !ret) {
		const bool last = i + 1 == builder->runs.nr;

		if (has_event(builder, i)) {
			i++;
			continue;
		}
		for (k = runs[i].from; k < runs[i].to; k++)
			builder->items[k].left_out = true;
		ret = note_beside(builder->band, &cap, builder->items + runs[i].from,
				  runs[i].to - runs[i].from);
		if (!last)
			runs[i + 1].forced = runs[i + 1].forced || runs[i].forced;
		vms_fit_free(&runs[i].fit);
		for (k = i; k + 1 < builder->runs.nr; k++)
			runs[k] = runs[k + 1];
		builder->runs.nr--;
		i -= last;
	}
	return ret;
}

/* From the items to a band. */
static int build(struct builder *builder)
{
	int ret;

	builder->band = vms_calloc(1, sizeof(*builder->band));
	if (!builder->band)
		return -VMS_ENOMEM;
	ret = vms_segment(&builder->runs, builder->items, builder->nr, &builder->seg);
	if (!ret)
		ret = drop_eventless(builder);
	if (!ret)
		ret = brackets(builder);
	return ret ? ret : segments_fill(builder);
}

/* Once more, without what lies around a step that is smaller than the band is wide. */
static int split_small(struct builder *builder)
{
	if (!vms_small_cut(builder->items, &builder->nr, &builder->runs, builder->band))
		return 0;
	vms_runs_free(&builder->runs);
	vms_band_free(builder->band);
	return build(builder);
}

int vms_band_of_items(struct vms_band **out, struct vms_items *items,
		      const struct vms_band_opts *opts, struct vms_err *err)
{
	struct builder builder = {
		.o = opts, .events_nr = items->events_nr, .items = items->v, .nr = items->nr
	};
	int ret = items->ret;

	VMS_ASSERT_EACH(i, 1, opts->steps_nr, opts->steps[i - 1] <= opts->steps[i]);
	builder.seg = (struct vms_segment_opts){ .drift_ppb = drift_ppb(opts),
						 .step_penalty = VMS_MAX(opts->step_penalty, 1u),
						 .steps = opts->steps,
						 .steps_nr = opts->steps_nr };
	builder.plan = (struct vms_knot_plan){ .drift_ppb = builder.seg.drift_ppb,
					       .slack_raw = items->slack_raw,
					       .items = items->v,
					       .fit = &builder.fit };
	if (!opts->constant)
		builder.plan.rate = opts->rate;
	builder.seg.local = builder.plan.rate.any;
	if (builder.plan.rate.any) {
		/* about any time the offset is level, give or take the greatest drift */
		builder.plan.drift_ppb = 0;
		builder.plan.rate =
			(struct vms_rate_limit){ .jump = vms_rate_any(opts->drift_max) };
	}
	if (vms_rate_changes(&builder.plan.rate)) {
		builder.seg.soft = is_soft;
		builder.seg.user = &builder;
	}
	vms_fit_init(&builder.fit, builder.seg.drift_ppb);
	vms_fit_init(&builder.cut_fit, builder.seg.drift_ppb);
	if (!ret && (!extent_fits(&items->x) || !extent_fits(&items->y)))
		ret = -VMS_ERANGE;
	if (!ret)
		ret = build(&builder);
	if (!ret && !opts->coarse && !builder.seg.local)
		ret = split_small(&builder);
	if (ret)
		goto out;
	VMS_ASSERT_EACH(i, 0, builder.band->segs_nr,
			builder.band->segs[i].from_event <= builder.band->segs[i].to_event);
	VMS_ASSERT_EACH(i, 1, builder.band->segs_nr,
			builder.band->segs[i - 1].to_event <= builder.band->segs[i].from_event);
	*out = builder.band;
	builder.band = NULL;
out:
	vms_runs_free(&builder.runs);
	vms_fit_free(&builder.fit);
	vms_fit_free(&builder.cut_fit);
	vms_band_free(builder.band);
	if (ret == -VMS_ERANGE)
		return vms_fail(err, VMS_ERANGE,
				"guest or host times lie more than 2^62 units apart");
	return ret ? vms_fail(err, -ret, "out of memory while building the band") : 0;
}

int vms_band_build(struct vms_band **out, const struct vms_constraints *cons,
		   const struct vms_band_opts *opts, struct vms_err *err)
{
	struct vms_items items;
	int ret;

	VMS_ASSERT_EACH(i, 1, cons->lower_nr, cons->lower[i - 1].event <= cons->lower[i].event);
	VMS_ASSERT_EACH(i, 1, cons->upper_nr, cons->upper[i - 1].event <= cons->upper[i].event);
	vms_items_of(&items, cons, opts);
	ret = vms_band_of_items(out, &items, opts, err);
	vms_items_free(&items);
	return ret;
}

void vms_band_free(struct vms_band *band)
{
	unsigned int i;

	if (!band)
		return;
	for (i = 0; i < band->segs_nr; i++) {
		free(band->segs[i].lower.v);
		free(band->segs[i].upper.v);
		vms_knots_free(band->segs[i].knots, band->segs[i].knots_nr);
	}
	free(band->segs);
	free(band->beside);
	free(band);
}
