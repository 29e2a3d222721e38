// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how far a clock model is from the band: outside of it, and wrong by how much at most. */
#include "core/session/session_impl.h"

#include <math.h>

static void note_distance(const struct vms_session *s, struct vms_model_result *result,
			  const struct vms_band_segment *g, int64_t x_raw, int64_t offset_raw)
{
	const int64_t d = vms_band_outside(g, x_raw, offset_raw);
	const double d_ns = vms_clock_ns(&s->clock, d);

	vms_band_reach_at(g, x_raw, offset_raw, &result->early_raw, &result->late_raw);
	if (!d)
		return;
	result->verdict = VMS_VERDICT_OUTSIDE_BAND;
	if (fabs(d_ns) > fabs(result->outside_by_ns)) {
		result->outside_by_ns = d_ns;
		result->outside_at_raw = x_raw;
	}
}

static void judge_points(const struct vms_session *session, const struct vms_track *t,
			 struct vms_model_result *result, const struct vms_model *m, bool lower)
{
	const uint32_t nr = lower ? t->cons->lower_nr : t->cons->upper_nr;
	const struct vms_band_segment *last = NULL;
	int64_t least_raw = 0, most_raw = 0; /* of its offsets so far */
	uint32_t i;

	for (i = 0; i < nr; i++) {
		const struct vms_point point =
			lower ? vms_lower_point(t->cons, i) : vms_upper_point(t->cons, i);
		const struct vms_band_segment *g = vms_band_segment_of(t->band, point.event);
		const int64_t host = vms_model_event(m, t->cpu_idx, point.event, point.x_raw);
		const int64_t offset_raw = vms_sat_sub_i64(host, point.x_raw);

		if (!g || !vms_band_holds(t->band, g, &point))
			continue;
		if (g != last)
			least_raw = most_raw = offset_raw;
		else if (g->constant && offset_raw >= least_raw && offset_raw <= most_raw)
			continue; /* the band is the same there: no distance is greater */
		last = g;
		least_raw = VMS_MIN(least_raw, offset_raw);
		most_raw = VMS_MAX(most_raw, offset_raw);
		note_distance(session, result, g, point.x_raw, offset_raw);
	}
}

void session_judge_map(const struct vms_session *session, const struct vms_track *track,
		       struct vms_model_result *result, const struct vms_model *model,
		       struct vms_evidence *keep)
{
	result->verdict = VMS_VERDICT_NONE;
	result->why = NULL;
	result->outside_by_ns = 0.0;
	result->early_raw = result->late_raw = INT64_MIN;
	if (!track->band || !track->band->segs_nr || !result->available)
		return;
	result->verdict = VMS_VERDICT_IN_BAND;
	judge_points(session, track, result, model, true);
	judge_points(session, track, result, model, false);
	session_weigh(session, track, result, model, keep);
}

/* In other segments it is the band's middle. */
void session_reach_beside(struct vms_model_result *result, const struct vms_band *band,
			  const struct vms_band_segment *but)
{
	unsigned int i;

	result->early_raw = result->late_raw = INT64_MIN;
	for (i = 0; i < band->segs_nr; i++) {
		if (&band->segs[i] == but)
			continue;
		result->early_raw = VMS_MAX(result->early_raw, band->segs[i].early_raw);
		result->late_raw = VMS_MAX(result->late_raw, band->segs[i].late_raw);
	}
}

/* Where the rate wanders a band is wide between its ends too: not more than from its middle. */
static void reach_wandering(struct vms_model_result *result, const struct vms_band_segment *seg,
			    const struct vms_model *model, unsigned int cpu_idx)
{
	struct vms_piece piece = seg->middle;
	struct vms_model_cpu cpu = { .pieces = &piece, .pieces_nr = 1 };
	const struct vms_model middle = { .kind = VMS_MODEL_PIECES, .cpus = &cpu, .cpus_nr = 1 };
	const int64_t at[] = { seg->from_raw, seg->to_raw };
	unsigned int i;

	for (i = 0; i < VMS_ARRAY_NR(at); i++) {
		const int64_t late = vms_sat_sub_i64(vms_model_time(model, cpu_idx, at[i]),
						     vms_model_time(&middle, 0, at[i]));

		result->early_raw =
			VMS_MAX(result->early_raw, vms_sat_sub_i64(seg->early_raw, late));
		result->late_raw = VMS_MAX(result->late_raw, vms_sat_add_i64(seg->late_raw, late));
	}
}

/* Where a line may leave a band furthest: the corners of the band, and its ends. */
static void judge_line(const struct vms_session *session, const struct vms_track *track,
		       const struct vms_band_segment *seg, const struct vms_model *model,
		       struct vms_model_result *result)
{
	const unsigned int cpu_idx = track->cpu_idx;
	const struct vms_hull *const hulls[] = { &seg->lower, &seg->upper };
	const int64_t ends[] = { seg->from_raw, result->at_raw, seg->to_raw };
	unsigned int i;
	uint32_t k;

	result->verdict = VMS_VERDICT_IN_BAND;
	result->why = NULL;
	result->outside_by_ns = 0.0;
	session_reach_beside(result, track->band, seg);
	for (i = 0; i < VMS_ARRAY_NR(ends); i++)
		note_distance(session, result, seg, ends[i],
			      vms_sat_sub_i64(vms_model_time(model, cpu_idx, ends[i]), ends[i]));
	for (i = 0; i < VMS_ARRAY_NR(hulls); i++)
		for (k = 0; k < hulls[i]->nr; k++)
			note_distance(session, result, seg, hulls[i]->v[k].x_raw,
				      vms_sat_sub_i64(vms_model_time(model, cpu_idx,
								     hulls[i]->v[k].x_raw),
						      hulls[i]->v[k].x_raw));
	if (seg->knots_nr > 1 || track->limits.rate == VMS_RATE_DRIFT)
		reach_wandering(result, seg, model, cpu_idx);
	session_weigh(session, track, result, model, NULL);
}

int session_judge_fit(const struct vms_session *session, const struct vms_track *track,
		      struct vms_model_result *result, struct vms_err *err)
{
	const struct vms_band_segment *seg = session_main_segment(track->band);
	const struct vms_line line = { .ref_raw = result->at_raw,
				       .offset_raw = result->offset_raw,
				       .offset_frac = result->offset_frac,
				       .drift = result->drift };
	const struct vms_piece piece = { .from_idx = 0, .from_raw = INT64_MIN, .line = line };
	struct vms_model *model = NULL;
	int ret;

	if (!result->available || !seg)
		return 0;
	ret = vms_model_new(&model, VMS_MODEL_PIECES, session->trace->guests[track->guest].stream,
			    err);
	if (!ret)
		ret = vms_model_set(model, track->cpu_idx, &piece, 1, err);
	if (!ret)
		judge_line(session, track, seg, model, result);
	vms_model_free(model);
	return ret;
}
