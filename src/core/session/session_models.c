// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Clock models: their names, what is recorded held against the band, and the maps that they make of
 * a guest.
 */
#include "core/session/session_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"

/* Those that are no estimators. */
static const struct {
	const char *name, *help;
} others[VMS_BY_NR] = {
	[VMS_BY_RECORDED] = { "recorded",
			      "what trace-cmd stored, evaluated bit for bit as trace-cmd does" },
	[VMS_BY_RECORDED_EXACT] = { "recorded-exact",
				    "what trace-cmd stored, without the defects of its "
				    "arithmetic" },
	[VMS_BY_BAND] = { "band", "the middle of what no guest event excludes; needs no anchor" },
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

void session_note_distance(const struct vms_session *s, struct vms_model_result *r,
			   const struct vms_band_segment *g, int64_t x_raw, int64_t offset_raw)
{
	const int64_t d = vms_band_outside(g, x_raw, offset_raw);
	const double d_ns = vms_clock_ns(&s->clock, d);

	if (!d)
		return;
	r->verdict = VMS_VERDICT_OUTSIDE_BAND;
	if (fabs(d_ns) > fabs(r->outside_by_ns)) {
		r->outside_by_ns = d_ns;
		r->outside_at_raw = x_raw;
	}
}

static void judge_points(const struct vms_session *s, const struct vms_track *t,
			 struct vms_model_result *r, const struct vms_model *m,
			 const struct vms_point *p, uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < nr; i++) {
		const struct vms_band_segment *g = vms_band_segment_of(t->band, p[i].event);
		const int64_t host = vms_model_event(m, t->cpu_idx, p[i].event, p[i].x_raw);

		if (g && p[i].event >= g->from_event && p[i].event <= g->to_event)
			session_note_distance(s, r, g, p[i].x_raw,
					      vms_sat_sub_i64(host, p[i].x_raw));
	}
}

void session_judge_map(const struct vms_session *s, const struct vms_track *t,
		       struct vms_model_result *r, const struct vms_model *m,
		       struct vms_evidence *keep)
{
	r->verdict = VMS_VERDICT_NONE;
	r->why = NULL;
	r->outside_by_ns = 0.0;
	if (!t->band || !t->band->segs_nr || !r->available)
		return;
	r->verdict = VMS_VERDICT_IN_BAND;
	judge_points(s, t, r, m, t->cons->lower, t->cons->lower_nr);
	judge_points(s, t, r, m, t->cons->upper, t->cons->upper_nr);
	session_weigh(t, r, m, keep);
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

static int recorded_one(struct vms_session *s, struct vms_track *t, enum vms_by model,
			struct vms_err *err)
{
	const struct vms_stream *gs = s->trace->guests[t->guest].stream;
	const struct vms_band_segment *seg = session_main_segment(t->band);
	const int64_t from = seg ? seg->from_raw : gs->first_raw;
	const int64_t to = seg ? seg->to_raw : gs->last_raw;
	struct vms_model_result *r = &t->models[VMS_OVER_ACCEPTED][model];
	struct vms_model *m = NULL;
	int ret;

	r->by = model;
	r->se_raw = NAN;
	r->se_drift = NAN;
	r->holdout_ns = NAN;
	(void)snprintf(r->se_why, sizeof(r->se_why), "the file does not say");
	ret = session_map_get(s, model, t->guest, &m, err);
	if (ret)
		return ret;
	r->available = m != NULL;
	if (!m)
		(void)snprintf(r->why_not, sizeof(r->why_not), "the guest file has no TIME_SHIFT");
	if (m) {
		set_offset_at(r, m, t->cpu_idx, from + (to - from) / 2);
		r->drift = drift_between(m, t->cpu_idx, from, to);
		session_judge_map(s, t, r, m, model == VMS_BY_RECORDED ? &t->evidence : NULL);
	}
	t->models[VMS_OVER_NOT_REJECTED][model] = *r;
	return 0;
}

static void count_outside(const struct vms_session *s, const struct vms_track *t,
			  const struct vms_model *m, struct vms_violations *v)
{
	const struct vms_cpu *cpu = &s->trace->guests[t->guest].stream->cpus[t->cpu_idx];
	struct vms_constraints c;

	memset(v, 0, sizeof(*v));
	if (!t->thread || !m)
		return;
	vms_constraints_count(&c, cpu, t->thread, s->st, m, t->cpu_idx);
	v->guest_outside = c.outside_nr;
	v->guest_events = c.checkable_nr;
	v->depth_max_raw = c.depth_max_raw;
	v->host_inside = s->host_inside;
}

int session_recorded_judge(struct vms_session *s, unsigned int track, struct vms_err *err)
{
	struct vms_track *t = &s->tracks[track];
	struct vms_model *m = NULL;
	int ret;

	ret = recorded_one(s, t, VMS_BY_RECORDED, err);
	if (!ret)
		ret = recorded_one(s, t, VMS_BY_RECORDED_EXACT, err);
	if (!ret)
		ret = session_map_get(s, VMS_BY_RECORDED, t->guest, &m, err);
	if (!ret)
		count_outside(s, t, m, &t->recorded);
	return ret;
}

int session_in_force_judge(struct vms_session *s, struct vms_err *err)
{
	unsigned int i;

	for (i = 0; i < s->tracks_nr; i++) {
		struct vms_track *t = &s->tracks[i];
		struct vms_model *m = NULL;
		int ret;

		if (s->model == VMS_BY_RECORDED) {
			t->in_force = t->recorded;
			continue;
		}
		ret = session_map_get(s, s->model, t->guest, &m, err);
		if (ret)
			return ret;
		count_outside(s, t, m, &t->in_force);
	}
	return 0;
}

/* Pieces of an estimator: the main segment's line, the band's middle in the other segments. */
static int pieces_of(const struct vms_session *s, const struct vms_track *t, enum vms_by model,
		     struct vms_piece **out, unsigned int *nr, struct vms_err *err)
{
	const struct vms_model_result *r = &t->models[VMS_OVER_ACCEPTED][model];
	const struct vms_band_segment *seg = session_main_segment(t->band);
	unsigned int i;
	int ret;

	if (!r->available)
		r = &t->models[VMS_OVER_NOT_REJECTED][model];
	if (!t->band || !t->band->segs_nr)
		return 0;
	if (model == VMS_BY_PIECEWISE) {
		ret = session_piecewise_lines(s, (unsigned int)(t - s->tracks), out, nr);
		return ret ? vms_fail(err, -ret, "out of memory for the pieces of the offset") : 0;
	}
	ret = vms_band_middle(t->band, out, nr, err);
	if (ret || !session_is_fit(model) || !r->available)
		return ret;
	for (i = 0; i < *nr; i++)
		if (&t->band->segs[i] == seg)
			(*out)[i].line = (struct vms_line){ .ref_raw = r->at_raw,
							    .offset_raw = r->offset_raw,
							    .offset_frac = r->offset_frac,
							    .drift = r->drift };
	return 0;
}

static int map_fill(const struct vms_session *s, enum vms_by model, unsigned int guest,
		    struct vms_model *m, struct vms_err *err)
{
	const struct vms_stream *gs = s->trace->guests[guest].stream;
	int donor = -1;
	unsigned int i, c;

	for (i = 0; i < s->tracks_nr; i++) {
		const struct vms_track *t = &s->tracks[i];
		struct vms_piece *pieces = NULL;
		unsigned int nr = 0;
		int ret;

		if (t->guest != guest)
			continue;
		ret = pieces_of(s, t, model, &pieces, &nr, err);
		if (!ret && nr) {
			ret = vms_model_set(m, t->cpu_idx, pieces, nr, err);
			if (donor < 0)
				donor = (int)t->cpu_idx;
		}
		free(pieces);
		if (ret)
			return ret;
	}
	/* A vCPU that nothing is known of follows the first that something is known of. */
	for (c = 0; donor >= 0 && c < gs->cpus_nr; c++) {
		const struct vms_model_cpu *d = &m->cpus[donor];
		struct vms_piece one;
		int ret;

		if (m->cpus[c].pieces_nr || c == (unsigned int)donor)
			continue;
		one = d->pieces[0];
		one.from_idx = 0;
		ret = vms_model_set(m, c, &one, 1, err);
		if (ret)
			return ret;
	}
	return 0;
}

int session_map_get(struct vms_session *s, enum vms_by model, unsigned int guest,
		    struct vms_model **out, struct vms_err *err)
{
	struct vms_model **slot = session_map_slot(s, model, guest);
	const struct vms_stream *gs = s->trace->guests[guest].stream;
	struct vms_model *m = NULL;
	enum vms_model_kind kind = VMS_MODEL_PIECES;
	int ret;

	VMS_ASSERT(model < VMS_BY_NR);
	VMS_ASSERT(guest < s->trace->guests_nr);
	*out = *slot;
	if (*slot)
		return 0;
	if (model < VMS_BY_ESTIMATOR) {
		if (!gs->shift && !gs->times_corrected)
			return 0;
		if (gs->shift)
			kind = model == VMS_BY_RECORDED ? VMS_MODEL_RECORDED
							: VMS_MODEL_RECORDED_EXACT;
	}
	ret = vms_model_new(&m, kind, gs, err);
	if (!ret && kind == VMS_MODEL_PIECES && model >= VMS_BY_ESTIMATOR)
		ret = map_fill(s, model, guest, m, err);
	if (ret) {
		vms_model_free(m);
		return ret;
	}
	*slot = m;
	*out = m;
	return 0;
}

/* Every guest has a map in force: identity where the model says nothing of it. */
int session_maps_in_force(struct vms_session *s, struct vms_err *err)
{
	unsigned int g;

	for (g = 0; g < s->trace->guests_nr; g++) {
		struct vms_model **slot = session_map_slot(s, s->model, g);
		struct vms_model *m = NULL;
		int ret;

		ret = session_map_get(s, s->model, g, &m, err);
		if (!ret && !m)
			ret = vms_model_new(slot, VMS_MODEL_PIECES, s->trace->guests[g].stream,
					    err);
		if (ret)
			return ret;
	}
	return 0;
}

/* Estimators change with decisions; what is recorded and the band do not. */
void session_maps_drop(struct vms_session *s, unsigned int guest)
{
	unsigned int i;

	for (i = VMS_BY_ESTIMATOR; i < VMS_BY_NR; i++) {
		struct vms_model **slot = session_map_slot(s, (enum vms_by)i, guest);

		if (i == s->model || !session_is_fit((enum vms_by)i))
			continue; /* pairs hang on it: it moves when it is put in force again */
		vms_model_free(*slot);
		*slot = NULL;
	}
}

int session_model_apply(struct vms_session *s, enum vms_by model, struct vms_err *err)
{
	const enum vms_by old = s->model;
	unsigned int g;
	int ret;

	s->model = model;
	if (session_is_fit(model) && !s->restoring) {
		/* newest fits, not those of when it was last in force */
		for (g = 0; g < s->trace->guests_nr; g++) {
			struct vms_model **slot = session_map_slot(s, model, g);

			session_retire(s, *slot, SESSION_MODEL);
			*slot = NULL;
		}
	}
	ret = session_maps_in_force(s, err);
	if (!ret && !s->restoring)
		ret = session_pairs_form(s, err);
	if (!ret && !s->restoring)
		ret = session_in_force_judge(s, err);
	if (ret)
		s->model = old;
	return ret;
}

int session_model_check(struct vms_session *s, struct vms_change *c, struct vms_err *err)
{
	struct vms_model *m = NULL;
	unsigned int g;
	int ret;

	if (c->model >= vms_session_models_nr(s))
		return vms_fail(err, VMS_EUSAGE, "no clock model '%s'", vms_by_name(c->model));
	for (g = 0; g < s->trace->guests_nr; g++) {
		ret = session_map_get(s, c->model, g, &m, err);
		if (ret)
			return ret;
		if (!m)
			return vms_fail(err, VMS_ENODATA,
					"model %s is not available: guest %s has no TIME_SHIFT",
					vms_by_name(c->model), s->trace->guests[g].stream->name);
	}
	return c->model == s->model && c->model < VMS_BY_ESTIMATOR;
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
	const enum vms_by in_turn[] = { session_is_fit(s->model) ? s->model : VMS_BY_MIDPOINT,
					VMS_BY_MEDIAN, VMS_BY_MEAN, VMS_BY_BAND };

	return i < VMS_ARRAY_NR(in_turn) ? in_turn[i] : VMS_BY_NR;
}

enum vms_by vms_session_shown(const struct vms_session *s, unsigned int track)
{
	enum vms_by by;
	unsigned int i;

	for (i = 0; track < s->tracks_nr && (by = session_shown_try(s, i)) != VMS_BY_NR; i++)
		if (s->tracks[track].models[VMS_OVER_ACCEPTED][by].available)
			return by;
	return session_shown_try(s, 0);
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
