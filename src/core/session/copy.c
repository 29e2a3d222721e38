// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which map corrects a copy of a guest's file: one for all vCPUs, or each its own. */
#include "core/session/copy_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/wide.h"
#include "core/bound/hull.h"
#include "core/bound/items.h"
#include "core/session/session_solve.h"

static int by_time(const void *a, const void *b)
{
	const struct vms_item *x = a, *y = b;

	if (x->p.x_raw != y->p.x_raw)
		return x->p.x_raw < y->p.x_raw ? -1 : 1;
	return x->side - y->side;
}

static void track_add(struct vms_items *items, const struct vms_constraints *cons)
{
	uint32_t i;

	for (i = 0; i < cons->lower_nr + cons->upper_nr; i++) {
		struct vms_point point = vms_point_at(cons, i);

		point.stretch &= ~VMS_POINT_FACT; /* a bound as any other */
		vms_items_add(items, &point, i < cons->lower_nr ? VMS_LOWER : VMS_UPPER);
	}
}

/* Bounds of every vCPU as if of one: ascending by time, each time an event. */
static void items_join(struct vms_items *items, const struct vms_session *session,
		       unsigned int guest, int64_t slack_raw)
{
	size_t nr = 0, k;
	unsigned int i;

	for (i = 0; i < session->tracks_nr; i++)
		if (session->tracks[i].guest == guest && session->tracks[i].cons)
			nr += session->tracks[i].cons->lower_nr + session->tracks[i].cons->upper_nr;
	vms_items_begin(items, nr, slack_raw);
	for (i = 0; i < session->tracks_nr; i++)
		if (session->tracks[i].guest == guest && session->tracks[i].cons)
			track_add(items, session->tracks[i].cons);
	if (items->nr)
		qsort(items->v, items->nr, sizeof(*items->v), by_time);
	for (k = 0; k < items->nr; k++) {
		items->events_nr += !k || items->v[k].p.x_raw != items->v[k - 1].p.x_raw;
		items->v[k].p.event = items->events_nr - 1;
	}
}

/* The band of all vCPUs as if they were one; NULL where there is no bound. */
static int joint_band(struct vms_band **out, const struct vms_session *session, unsigned int guest,
		      struct vms_err *err)
{
	struct session_steps steps = { .coarse = true };
	struct vms_band_opts opts;
	struct vms_items items;
	int first = -1, ret;
	unsigned int i;

	for (i = 0; i < session->tracks_nr; i++) {
		const struct vms_track *track = &session->tracks[i];

		if (track->guest != guest || !track->band || !track->band->segs_nr)
			continue;
		first = first < 0 ? (int)i : first;
		steps.coarse &= !vms_band_has_small(track->band);
	}
	if (first < 0)
		return 0;
	opts = session_band_opts(session, &session->tracks[first], &session->priv[first], &steps);
	items_join(&items, session, guest, opts.slack_raw);
	ret = vms_band_of_items(out, &items, &opts, err);
	vms_items_free(&items);
	return ret;
}

/* Every event has the piece of its time: vCPUs without an event in one go without it. */
static int map_alike(struct vms_model *map, const struct vms_piece *pieces, unsigned int nr,
		     const struct vms_stream *stream, struct vms_err *err)
{
	struct vms_piece *own = vms_calloc(nr, sizeof(*own));
	unsigned int cpu, i;
	int ret = own ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory for a clock model");

	for (cpu = 0; cpu < stream->cpus_nr && !ret; cpu++) {
		unsigned int own_nr = 0;

		for (i = 0; i < nr; i++) {
			const uint32_t from =
				i ? vms_cpu_lower_bound(&stream->cpus[cpu], pieces[i].from_raw) : 0;

			if (own_nr && own[own_nr - 1].from_idx == from)
				own_nr--;
			own[own_nr] = pieces[i];
			own[own_nr++].from_idx = from;
		}
		ret = vms_model_set(map, cpu, own, own_nr, err);
	}
	free(own);
	return ret;
}

/* Of the segment that most rests on, what the vCPUs' fits say on average, weighted by pairs. */
static bool fit_average(struct vms_piece *piece, const struct vms_session *session,
			unsigned int guest, enum vms_by by)
{
	vms_i128 ref = 0;
	double weights = 0.0, offset = 0.0, drift = 0.0;
	unsigned int i;

	for (i = 0; i < session->tracks_nr; i++) {
		const struct vms_track *track = &session->tracks[i];
		const struct vms_model_result *result = &track->models[VMS_OVER_ACCEPTED][by];
		double weight;

		if (!result->available)
			result = &track->models[VMS_OVER_NOT_REJECTED][by];
		weight = (double)result->residual_ns.n;
		if (track->guest != guest || !result->available || !(weight > 0.0))
			continue;
		if (weights == 0.0) {
			ref = result->at_raw;
			piece->line = (struct vms_line){ .ref_raw = result->at_raw,
							 .offset_raw = result->offset_raw };
		}
		weights += weight;
		drift += weight * result->drift;
		offset += weight *
			  ((double)((vms_i128)result->offset_raw - piece->line.offset_raw) +
			   result->offset_frac + result->drift * (double)(ref - result->at_raw));
	}
	if (weights == 0.0)
		return false;
	offset /= weights;
	piece->line.offset_raw = vms_sat_add_i64(piece->line.offset_raw, (int64_t)floor(offset));
	piece->line.offset_frac = offset - floor(offset);
	piece->line.drift = drift / weights;
	return true;
}

/* By the vCPU's own band, as a report of the copy judges it. False: the band excludes the map. */
static bool reach_track(struct vms_copy *copy, const struct vms_track *track,
			const struct vms_model *map)
{
	const struct vms_constraints *cons = track->cons;
	bool inside = true;
	uint32_t i;

	for (i = 0; i < cons->lower_nr + cons->upper_nr; i++) {
		const struct vms_point point = vms_point_at(cons, i);
		const struct vms_band_segment *seg = vms_band_segment_of(track->band, point.event);
		int64_t offset;

		if (!seg || !vms_band_holds(track->band, seg, &point))
			continue;
		offset = vms_sat_sub_i64(vms_model_event(map, track->cpu_idx, point.event,
							 point.x_raw),
					 point.x_raw);
		inside &= vms_band_outside(seg, point.x_raw, offset) == 0;
		vms_band_reach_at(seg, point.x_raw, offset, &copy->early_raw, &copy->late_raw);
	}
	return inside;
}

/* Greatest distance that a segment leaves open between a map and the truth. */
static int64_t open_raw(const struct vms_band_segment *seg, int64_t x_raw, int64_t offset_raw)
{
	int64_t early = 0, late = 0;

	vms_band_reach_at(seg, x_raw, offset_raw, &early, &late);
	return VMS_MAX(early, late);
}

/* Events before, between and after the segments of a band, and of those that bound nothing. */
static void beyond(struct vms_copy *copy, const struct vms_track *track, const struct vms_cpu *cpu)
{
	const struct vms_band *band = track->band;
	unsigned int next = 0;
	uint32_t i;

	for (i = 0; i < cpu->nr; i++) {
		const int64_t x = cpu->time_raw[i];
		int64_t offset;

		while (next < band->segs_nr && band->segs[next].to_event < i)
			next++;
		if (next < band->segs_nr && band->segs[next].from_event <= i &&
		    !band->segs[next].unsure)
			continue;
		offset = vms_sat_sub_i64(vms_model_event(copy->model, track->cpu_idx, i, x), x);
		copy->beyond_nr++;
		if (next)
			copy->beyond_raw = VMS_MAX(copy->beyond_raw,
						   open_raw(&band->segs[next - 1], x, offset));
		if (next < band->segs_nr)
			copy->beyond_raw =
				VMS_MAX(copy->beyond_raw, open_raw(&band->segs[next], x, offset));
	}
}

/* What no vCPU's band holds for; of a vCPU without one nothing is known. */
static void beyond_all(struct vms_copy *copy, const struct vms_session *session, unsigned int guest)
{
	const struct vms_stream *stream = session->trace->guests[guest].stream;
	unsigned int i;

	for (i = 0; i < stream->cpus_nr; i++) {
		const int at = vms_session_track_of(session, guest, i);

		if (at >= 0 && session->tracks[at].band && session->tracks[at].band->segs_nr) {
			beyond(copy, &session->tracks[at], &stream->cpus[i]);
		} else if (stream->cpus[i].nr) {
			copy->beyond_nr += stream->cpus[i].nr;
			copy->beyond_raw = INT64_MAX;
		}
	}
}

static bool reach(struct vms_copy *copy, const struct vms_session *session, unsigned int guest,
		  const struct vms_model *map)
{
	bool inside = true, any = false;
	unsigned int i;

	copy->early_raw = copy->late_raw = 0;
	for (i = 0; i < session->tracks_nr; i++) {
		const struct vms_track *track = &session->tracks[i];

		if (track->guest != guest || !track->band || !track->band->segs_nr)
			continue;
		inside &= reach_track(copy, track, map);
		any = true;
	}
	if (!any)
		copy->early_raw = copy->late_raw = INT64_MAX;
	return inside && any;
}

/* With a time for each event: a step is at an event, and which of two at one time is not told. */
static bool times_ascend(const struct vms_stream *stream)
{
	unsigned int i;

	for (i = 0; i < stream->cpus_nr; i++)
		if (!stream->cpus[i].sorted)
			return false;
	return true;
}

/*
 * One map for all: its middle must lie in the band of each vCPU. A fit takes its place in the
 * segment that most rests on.
 */
static int make_one(struct vms_copy *copy, const struct vms_session *session, enum vms_by by,
		    unsigned int guest, struct vms_err *err)
{
	const struct vms_stream *stream = session->trace->guests[guest].stream;
	struct vms_band *joint = NULL;
	struct vms_piece *pieces = NULL;
	struct vms_model *map = NULL;
	unsigned int nr = 0;
	int ret = joint_band(&joint, session, guest, err);

	if (ret || !joint || !joint->segs_nr || (joint->segs_nr > 1 && !times_ascend(stream)))
		goto out;
	ret = vms_band_middle(joint, &pieces, &nr, err);
	if (!ret)
		ret = vms_model_new(&map, VMS_MODEL_PIECES, stream, err);
	if (!ret)
		ret = map_alike(map, pieces, nr, stream, err);
	if (ret || !reach(copy, session, guest, map))
		goto out;
	if (by != VMS_BY_BAND) {
		const long main = session_main_segment(joint) - joint->segs;

		if (!fit_average(&pieces[main], session, guest, by))
			goto out;
		ret = map_alike(map, pieces, nr, stream, err);
		(void)reach(copy, session, guest, map);
	}
	copy->one = !ret;
	if (copy->one) {
		copy->model = map;
		map = NULL;
	}
out:
	vms_model_free(map);
	free(pieces);
	vms_band_free(joint);
	return ret;
}

/* Each vCPU by itself. */
static int make_each(struct vms_copy *out, struct vms_session *session, enum vms_by by,
		     unsigned int guest, struct vms_err *err)
{
	struct vms_model *own = NULL;
	int ret;

	ret = session_map_get(session, by, guest, &own, err);
	if (!ret && !own)
		ret = vms_fail(err, VMS_ENODATA, "model %s is not available for guest %s",
			       vms_by_name(by), session->trace->guests[guest].stream->name);
	if (!ret)
		ret = vms_model_dup(&out->model, own, err);
	if (!ret)
		(void)reach(out, session, guest, out->model);
	if (!ret && !vms_by_is_recorded(by) && out->early_raw != INT64_MAX &&
	    out->late_raw != INT64_MAX) {
		if (session_copy_tie(out, session, guest))
			ret = vms_fail(err, VMS_ENOMEM, "out of memory for the order of wake-ups");
		else
			(void)reach(out, session, guest, out->model);
	}
	return ret;
}

/* Of one of several alignments: how far the right one is from it is not known. */
static void reach_ambiguous(struct vms_copy *copy, const struct vms_session *session,
			    unsigned int guest)
{
	unsigned int i;

	for (i = 0; i < session->tracks_nr; i++)
		if (session->tracks[i].guest == guest && session->tracks[i].align->ambiguous)
			copy->early_raw = copy->late_raw = INT64_MAX;
}

/* A model that is proven wrong itself is off by as much in the vCPU where it is most. */
static void note_wrong(struct vms_copy *copy, const struct vms_session *session, unsigned int guest)
{
	unsigned int i;

	for (i = 0; i < session->tracks_nr; i++) {
		const struct vms_track *track = &session->tracks[i];
		const struct vms_model_result *result = &track->models[VMS_OVER_ACCEPTED][copy->by];

		if (!result->available)
			result = &track->models[VMS_OVER_NOT_REJECTED][copy->by];
		if (track->guest == guest && result->verdict == VMS_VERDICT_PROVEN_WRONG)
			copy->wrong_ns = fmax(copy->wrong_ns, fabs(result->outside_by_ns));
	}
}

int vms_session_copy(struct vms_copy *out, struct vms_session *session, enum vms_by by,
		     unsigned int guest, struct vms_err *err)
{
	int ret = 0;

	memset(out, 0, sizeof(*out));
	out->by = by;
	/* cuts are each vCPU's own */
	if (!vms_by_is_recorded(by) && by != VMS_BY_PIECEWISE)
		ret = make_one(out, session, by, guest, err);
	if (!ret && !out->one)
		ret = make_each(out, session, by, guest, err);
	if (!ret)
		reach_ambiguous(out, session, guest);
	if (!ret)
		note_wrong(out, session, guest);
	if (!ret)
		beyond_all(out, session, guest);
	else
		vms_copy_clear(out);
	return ret;
}

void vms_copy_clear(struct vms_copy *copy)
{
	vms_model_free(copy->model);
	copy->model = NULL;
}

int vms_session_spare(struct vms_session *session, enum vms_by by, unsigned int guest,
		      struct vms_err *err)
{
	const char *const name = session->trace->guests[guest].stream->name;
	const char *doubt = NULL;
	struct vms_copy copy;
	char off[64] = "an unknown time";
	bool there = false;
	int64_t off_raw;
	unsigned int i;
	int ret;

	for (i = 0; i < session->tracks_nr; i++) {
		const struct vms_model_result *recorded =
			&session->tracks[i].models[VMS_OVER_ACCEPTED][VMS_BY_RECORDED];

		if (session->tracks[i].guest != guest)
			continue;
		if (vms_verdict_refutes(recorded->verdict))
			return 0;
		there |= recorded->available;
		if (session->tracks[i].align->ambiguous &&
		    recorded->verdict == VMS_VERDICT_CANNOT_JUDGE)
			doubt = recorded->why;
	}
	if (!there)
		return 0;
	if (doubt) {
		(void)vms_fail(err, VMS_EUSAGE,
			       "what is recorded of guest %s cannot be judged, nor can a copy by "
			       "%s; %s: nothing was written; with --force, or :apply!, it is",
			       name, vms_by_name(by), doubt);
		return 1;
	}
	ret = vms_session_copy(&copy, session, by, guest, err);
	if (ret)
		return ret;
	off_raw = VMS_MAX(copy.early_raw, copy.late_raw);
	if (off_raw != INT64_MAX)
		(void)snprintf(off, sizeof(off), "%.0f %s", vms_clock_ns(&session->clock, off_raw),
			       vms_clock_unit(&session->clock));
	vms_copy_clear(&copy);
	(void)vms_fail(err, VMS_EUSAGE,
		       "what is recorded of guest %s is not refuted, and a copy by %s may be %s "
		       "off: nothing was written; with --force, or :apply!, it is",
		       name, vms_by_name(by), off);
	return 1;
}
