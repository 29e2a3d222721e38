// SPDX-License-Identifier: LGPL-2.1-or-later
/* Clock models: their names, what is recorded held against the band, their maps of a guest. */
#include "core/session/session_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/each.h"

/* Those that are no estimators. */
static const struct {
	const char *name, *help;
} others[VMS_BY_NR] = {
	[VMS_BY_RECORDED] = { "recorded",
			      "what trace-cmd stored, evaluated bit for bit as trace-cmd does" },
	[VMS_BY_RECORDED_EXACT] = { "recorded-exact",
				    "what trace-cmd stored, without the defects of its "
				    "arithmetic" },
	[VMS_BY_BAND] = { "band-middle",
			  "the middle of what no guest event excludes; needs no anchor" },
	[VMS_BY_PIECEWISE] = { "piecewise",
			       "a fit of its own between marks: :model piecewise a b" },
};

const char *vms_by_name(enum vms_by by)
{
	return vms_by_is_estimator(by) ? vms_estimators()[by - VMS_BY_ESTIMATOR].name
	       : by < VMS_BY_NR	       ? others[by].name
				       : "";
}

const char *vms_by_help(enum vms_by by)
{
	return vms_by_is_estimator(by) ? vms_estimators()[by - VMS_BY_ESTIMATOR].help
	       : by < VMS_BY_NR	       ? others[by].help
				       : "";
}

enum vms_by vms_by_find(const char *name)
{
	unsigned int by = 0;

	if (!strcmp(name, "band")) /* as files and lines of earlier versions call it */
		return VMS_BY_BAND;
	while (by < VMS_BY_NR && strcmp(vms_by_name((enum vms_by)by), name) != 0)
		by++;
	return (enum vms_by)by;
}

unsigned int vms_session_models_nr(const struct vms_session *s)
{
	return s->cuts.nr ? VMS_BY_NR : VMS_BY_PIECEWISE;
}

/* The segment that most guest events lie in: where the single figures of a report are given. */
const struct vms_band_segment *session_main_segment(const struct vms_band *b)
{
	const struct vms_band_segment *best = NULL;
	unsigned int i;

	for (i = 0; b && i < b->segs_nr; i++) {
		const struct vms_band_segment *g = &b->segs[i];

		if (!best || g->to_event - g->from_event > best->to_event - best->from_event)
			best = g;
	}
	return best;
}

static void set_offset_at(struct vms_model_result *r, const struct vms_model *m,
			  unsigned int cpu_idx, int64_t at_raw)
{
	r->at_raw = at_raw;
	r->offset_raw = vms_sat_sub_i64(vms_model_time(m, cpu_idx, at_raw), at_raw);
	r->offset_frac = 0.0;
}

static double drift_between(const struct vms_model *m, unsigned int cpu_idx, int64_t from_raw,
			    int64_t to_raw)
{
	int64_t a, b;

	if (to_raw <= from_raw)
		return 0.0;
	a = vms_model_time(m, cpu_idx, from_raw) - from_raw;
	b = vms_model_time(m, cpu_idx, to_raw) - to_raw;
	return (double)(b - a) / (double)(to_raw - from_raw);
}

static int recorded_one(struct vms_session *session, struct vms_track *track, enum vms_by model,
			struct vms_err *err)
{
	const struct vms_stream *gs = session->trace->guests[track->guest].stream;
	const struct vms_band_segment *seg = session_main_segment(track->band);
	const int64_t from = seg ? seg->from_raw : gs->first_raw;
	const int64_t to = seg ? seg->to_raw : gs->last_raw;
	struct vms_model_result *result = &track->models[VMS_OVER_ACCEPTED][model];
	struct vms_model *map = NULL;
	struct vms_evidence unused;
	int ret;

	result->by = model;
	result->se_raw = NAN;
	result->se_drift = NAN;
	result->holdout_ns = NAN;
	(void)snprintf(result->se_why, sizeof(result->se_why), "the file does not say");
	ret = session_map_get(session, model, track->guest, &map, err);
	if (ret)
		return ret;
	result->available = map != NULL;
	if (!map)
		(void)snprintf(result->why_not, sizeof(result->why_not),
			       "the guest file has no TIME_SHIFT");
	if (map) {
		set_offset_at(result, map, track->cpu_idx, from + (to - from) / 2);
		result->drift = drift_between(map, track->cpu_idx, from, to);
		session_judge_map(session, track, result, map,
				  model == VMS_BY_RECORDED ? &track->evidence : &unused);
	}
	track->models[VMS_OVER_NOT_REJECTED][model] = *result;
	return 0;
}

struct vms_violations session_violations(const struct vms_session *session,
					 const struct vms_constraints *counts)
{
	return (struct vms_violations){ .guest_outside = counts->outside_nr,
					.guest_events = counts->checkable_nr,
					.guest_beyond = counts->beyond_nr - counts->away_nr,
					.depth_max_raw = counts->depth_max_raw,
					.host_inside = session->host_inside };
}

static void count_outside(const struct vms_session *session, const struct vms_track *t,
			  const struct vms_model *m, struct vms_violations *violations)
{
	const struct vms_cpu *cpu = &session->trace->guests[t->guest].stream->cpus[t->cpu_idx];
	struct vms_constraints c;

	memset(violations, 0, sizeof(*violations));
	if (!t->thread || !m)
		return;
	vms_constraints_count(&c, cpu, t->thread, session->st, m, t->cpu_idx);
	*violations = session_violations(session, &c);
}

int session_recorded_judge(struct vms_session *session, unsigned int track, struct vms_err *err)
{
	struct vms_track *t = &session->tracks[track];
	struct vms_model *m = NULL;
	int ret;

	ret = recorded_one(session, t, VMS_BY_RECORDED, err);
	if (!ret)
		ret = recorded_one(session, t, VMS_BY_RECORDED_EXACT, err);
	if (!ret)
		ret = session_map_get(session, VMS_BY_RECORDED, t->guest, &m, err);
	if (!ret)
		count_outside(session, t, m, &t->recorded);
	return ret;
}

static int judge_in_force(void *user, unsigned int i, struct vms_err *err)
{
	const struct vms_session *session = user;
	struct vms_track *track = &session->tracks[i];

	(void)err;
	if (session->model == VMS_BY_RECORDED)
		track->in_force = track->recorded;
	else
		count_outside(session, track, vms_session_map(session, track->guest),
			      &track->in_force);
	return 0;
}

int session_in_force_judge(struct vms_session *session, struct vms_err *err)
{
	return vms_each(session->tracks_nr, judge_in_force, session, err);
}

/* Pieces of an estimator: the main segment's line, the band's middle in the other segments. */
static int pieces_of(const struct vms_session *session, const struct vms_track *track,
		     enum vms_by model, struct vms_piece **out, unsigned int *nr,
		     struct vms_err *err)
{
	const struct vms_model_result *result = &track->models[VMS_OVER_ACCEPTED][model];
	const struct vms_band_segment *seg = session_main_segment(track->band);
	unsigned int i;
	int ret;

	if (!result->available)
		result = &track->models[VMS_OVER_NOT_REJECTED][model];
	if (!track->band || !track->band->segs_nr)
		return 0;
	if (model == VMS_BY_PIECEWISE) {
		ret = session_piecewise_lines(session, (unsigned int)(track - session->tracks), out,
					      nr);
		return ret ? vms_fail(err, -ret, "out of memory for the pieces of the offset") : 0;
	}
	ret = vms_band_middle(track->band, out, nr, err);
	if (ret || !vms_by_is_fit(model) || !result->available)
		return ret;
	for (i = 0; i < *nr; i++)
		if (&track->band->segs[i] == seg)
			(*out)[i].line = (struct vms_line){ .ref_raw = result->at_raw,
							    .offset_raw = result->offset_raw,
							    .offset_frac = result->offset_frac,
							    .drift = result->drift };
	return 0;
}

static int map_fill(const struct vms_session *session, enum vms_by model, unsigned int guest,
		    struct vms_model *map, struct vms_err *err)
{
	const struct vms_stream *gs = session->trace->guests[guest].stream;
	int donor = -1;
	unsigned int i, cpu_idx;

	for (i = 0; i < session->tracks_nr; i++) {
		const struct vms_track *track = &session->tracks[i];
		struct vms_piece *pieces = NULL;
		unsigned int nr = 0;
		int ret;

		if (track->guest != guest)
			continue;
		ret = pieces_of(session, track, model, &pieces, &nr, err);
		if (!ret && nr) {
			ret = vms_model_set(map, track->cpu_idx, pieces, nr, err);
			if (donor < 0)
				donor = (int)track->cpu_idx;
		}
		free(pieces);
		if (ret)
			return ret;
	}
	/* A vCPU that nothing is known of follows the first that something is known of. */
	for (cpu_idx = 0; donor >= 0 && cpu_idx < gs->cpus_nr; cpu_idx++) {
		const struct vms_model_cpu *d = &map->cpus[donor];
		struct vms_piece one;
		int ret;

		if (map->cpus[cpu_idx].pieces_nr || cpu_idx == (unsigned int)donor)
			continue;
		one = d->pieces[0];
		one.from_idx = 0;
		ret = vms_model_set(map, cpu_idx, &one, 1, err);
		if (ret)
			return ret;
	}
	return 0;
}

int session_map_get(struct vms_session *session, enum vms_by model, unsigned int guest,
		    struct vms_model **out, struct vms_err *err)
{
	struct vms_model **slot = session_map_slot(session, model, guest);
	const struct vms_stream *gs = session->trace->guests[guest].stream;
	struct vms_model *map = NULL;
	enum vms_model_kind kind = VMS_MODEL_PIECES;
	int ret;

	VMS_ASSERT(model < VMS_BY_NR);
	VMS_ASSERT(guest < session->trace->guests_nr);
	*out = *slot;
	if (*slot)
		return 0;
	if (vms_by_is_recorded(model)) {
		if (gs->shift ? gs->shift->refused : !gs->times_corrected)
			return 0;
		if (gs->shift)
			kind = model == VMS_BY_RECORDED ? VMS_MODEL_RECORDED
							: VMS_MODEL_RECORDED_EXACT;
	}
	ret = vms_model_new(&map, kind, gs, err);
	if (!ret)
		vms_model_beside(map, session->trace->host);
	if (!ret && kind == VMS_MODEL_PIECES && !vms_by_is_recorded(model))
		ret = map_fill(session, model, guest, map, err);
	if (ret) {
		vms_model_free(map);
		return ret;
	}
	*slot = map;
	*out = map;
	return 0;
}

int session_maps_recorded(struct vms_session *session, struct vms_err *err)
{
	struct vms_model *map;
	unsigned int g;
	int ret = 0;

	for (g = 0; g < session->trace->guests_nr && !ret; g++) {
		ret = session_map_get(session, VMS_BY_RECORDED, g, &map, err);
		if (!ret)
			ret = session_map_get(session, VMS_BY_RECORDED_EXACT, g, &map, err);
	}
	return ret;
}

/* Every guest has a map in force: identity where the model says nothing of it. */
int session_maps_in_force(struct vms_session *session, struct vms_err *err)
{
	unsigned int g;

	for (g = 0; g < session->trace->guests_nr; g++) {
		struct vms_model **slot = session_map_slot(session, session->model, g);
		struct vms_model *m = NULL;
		int ret;

		ret = session_map_get(session, session->model, g, &m, err);
		if (!ret && !m)
			ret = vms_model_new(slot, VMS_MODEL_PIECES,
					    session->trace->guests[g].stream, err);
		if (ret)
			return ret;
	}
	return 0;
}

void session_maps_drop(struct vms_session *s, unsigned int guest, bool band_is_new)
{
	unsigned int i;

	for (i = 0; i < s->tracks_nr && band_is_new; i++)
		s->tracks[i].as_band &= s->tracks[i].guest != guest;
	for (i = VMS_BY_BAND; i < VMS_BY_NR; i++) {
		struct vms_model **slot = session_map_slot(s, (enum vms_by)i, guest);

		/* pairs hang on the one in force: it moves when it is put in force again */
		if (!band_is_new && (i == s->model || !vms_by_is_fit((enum vms_by)i)))
			continue;
		session_retire(s, *slot, SESSION_MODEL);
		*slot = NULL;
	}
}

int session_model_apply(struct vms_session *session, enum vms_by model, struct vms_err *err)
{
	const enum vms_by old = session->model;
	unsigned int g;
	int ret;

	session->model = model;
	if (vms_by_is_fit(model) && !session->restoring) {
		/* newest fits, not those of when it was last in force */
		for (g = 0; g < session->trace->guests_nr; g++) {
			struct vms_model **slot = session_map_slot(session, model, g);

			session_retire(session, *slot, SESSION_MODEL);
			*slot = NULL;
		}
	}
	ret = session_maps_in_force(session, err);
	if (!ret && !session->restoring)
		ret = session_pairs_form(session, err);
	if (!ret && !session->restoring)
		ret = session_in_force_judge(session, err);
	if (ret)
		session->model = old;
	return ret;
}

int session_model_check(struct vms_session *session, struct vms_change *change, struct vms_err *err)
{
	struct vms_model *model = NULL;
	unsigned int guest;
	int ret;

	if (change->model >= vms_session_models_nr(session))
		return vms_fail(err, VMS_EUSAGE, "no clock model '%s'", vms_by_name(change->model));
	for (guest = 0; guest < session->trace->guests_nr; guest++) {
		ret = session_map_get(session, change->model, guest, &model, err);
		if (ret)
			return ret;
		if (!model)
			return vms_fail(err, VMS_ENODATA,
					"model %s is not available: guest %s has no TIME_SHIFT",
					vms_by_name(change->model),
					session->trace->guests[guest].stream->name);
	}
	return change->model == session->model && vms_by_is_recorded(change->model);
}

int session_model_swap(struct vms_session *s, struct vms_change *c, struct vms_err *err)
{
	const enum vms_by was = s->model;
	const int ret = session_model_apply(s, c->model, err);

	if (!ret)
		c->model = was;
	return ret;
}

enum vms_by session_shown_try(const struct vms_session *s, unsigned int i)
{
	const enum vms_by in_turn[] = { vms_by_is_fit(s->model) ? s->model : VMS_BY_MIDPOINT,
					VMS_BY_MEDIAN, VMS_BY_MEAN };

	return i < VMS_ARRAY_NR(in_turn) ? in_turn[i] : VMS_BY_NR;
}

enum vms_by vms_session_estimate(const struct vms_session *s, unsigned int track)
{
	enum vms_by by;
	unsigned int i;

	for (i = 0; track < s->tracks_nr && (by = session_shown_try(s, i)) != VMS_BY_NR; i++)
		if (s->tracks[track].models[VMS_OVER_ACCEPTED][by].available)
			return by;
	return session_shown_try(s, 0);
}

const char *vms_session_same_as(const struct vms_session *s, const struct vms_track *t,
				enum vms_by by)
{
	return vms_by_is_estimator(by) && s->priv[t - s->tracks].constant
		       ? vms_estimators()[by - VMS_BY_ESTIMATOR].constant_as
		       : NULL;
}

const struct vms_model_result *vms_session_result(const struct vms_session *s, unsigned int track,
						  enum vms_by by, enum vms_basis basis)
{
	return by < vms_session_models_nr(s) ? &s->tracks[track].models[basis][by] : NULL;
}

const struct vms_model *vms_session_model_map(struct vms_session *s, enum vms_by by,
					      unsigned int guest)
{
	struct vms_model *m = NULL;

	if (by >= vms_session_models_nr(s) || session_map_get(s, by, guest, &m, NULL))
		return NULL;
	return m;
}

int session_model_of_band(struct vms_model **out, const struct vms_session *session,
			  const struct vms_track *track, struct vms_err *err)
{
	struct vms_piece *pieces = NULL;
	unsigned int nr = 0;
	int ret = vms_model_new(out, VMS_MODEL_PIECES, session->trace->guests[track->guest].stream,
				err);

	if (!ret)
		ret = vms_band_middle(track->band, &pieces, &nr, err);
	if (!ret)
		ret = vms_model_set(*out, track->cpu_idx, pieces, nr, err);
	free(pieces);
	return ret;
}
