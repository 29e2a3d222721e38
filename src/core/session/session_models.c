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

const char *vms_model_name(unsigned int i, const char **help)
{
	const struct vms_estimator *e = vms_estimators();

	if (i == MODEL_RECORDED) {
		*help = "what trace-cmd stored, evaluated bit for bit as trace-cmd does";
		return "recorded";
	}
	if (i == MODEL_RECORDED_EXACT) {
		*help = "what trace-cmd stored, without the defects of its arithmetic";
		return "recorded-exact";
	}
	for (i -= MODEL_FIRST_ESTIMATOR; e->name && i; i--)
		e++;
	if (e->name) {
		*help = e->help;
		return e->name;
	}
	*help = i ? "a fit of its own between marks: :model piecewise a b"
		  : "the middle of what no guest event excludes; needs no anchor";
	return i > 1 ? NULL : i ? "piecewise" : "band";
}

unsigned int vms_session_models_nr(const struct vms_session *s)
{
	return s->models_nr;
}

const char *vms_session_model_name(const struct vms_session *s, unsigned int i)
{
	const char *help;

	(void)s;
	return vms_model_name(i, &help);
}

const char *vms_session_model_help(const struct vms_session *s, unsigned int i)
{
	const char *help;

	(void)s;
	(void)vms_model_name(i, &help);
	return help;
}

unsigned int session_model_index(const struct vms_session *s, const char *name)
{
	unsigned int i;

	for (i = 0; i < s->models_nr; i++)
		if (!strcmp(vms_session_model_name(s, i), name))
			return i;
	return UINT32_MAX;
}

const char *vms_verdict_name(enum vms_verdict v)
{
	switch (v) {
	case VMS_VERDICT_IN_BAND: return "in-band";
	case VMS_VERDICT_PROVEN_WRONG: return "proven-wrong";
	case VMS_VERDICT_NONE:
	default: return "none";
	}
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
	r->verdict = VMS_VERDICT_PROVEN_WRONG;
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
		       struct vms_model_result *r, const struct vms_model *m)
{
	r->verdict = VMS_VERDICT_NONE;
	r->outside_by_ns = 0.0;
	if (!t->band || !t->band->segs_nr || !r->available)
		return;
	r->verdict = VMS_VERDICT_IN_BAND;
	judge_points(s, t, r, m, t->cons->lower, t->cons->lower_nr);
	judge_points(s, t, r, m, t->cons->upper, t->cons->upper_nr);
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

static int recorded_one(struct vms_session *s, struct vms_track *t, unsigned int model,
			struct vms_err *err)
{
	const struct vms_stream *gs = s->trace->guests[t->guest].stream;
	const struct vms_band_segment *seg = session_main_segment(t->band);
	const int64_t from = seg ? seg->from_raw : gs->first_raw;
	const int64_t to = seg ? seg->to_raw : gs->last_raw;
	struct vms_model_result *r = &t->models[VMS_OVER_ACCEPTED][model];
	struct vms_model *m = NULL;
	int ret;

	r->name = vms_session_model_name(s, model);
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
		session_judge_map(s, t, r, m);
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

	ret = recorded_one(s, t, MODEL_RECORDED, err);
	if (!ret)
		ret = recorded_one(s, t, MODEL_RECORDED_EXACT, err);
	if (!ret)
		ret = session_map_get(s, MODEL_RECORDED, t->guest, &m, err);
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

		if (s->model == MODEL_RECORDED) {
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
static int pieces_of(const struct vms_session *s, const struct vms_track *t, unsigned int model,
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
	if (model == session_piecewise(s)) {
		ret = session_piecewise_lines(s, (unsigned int)(t - s->tracks), out, nr);
		return ret ? vms_fail(err, -ret, "out of memory for the pieces of the offset") : 0;
	}
	ret = vms_band_middle(t->band, out, nr, err);
	if (ret || !session_is_fit(s, model) || !r->available)
		return ret;
	for (i = 0; i < *nr; i++)
		if (&t->band->segs[i] == seg)
			(*out)[i].line = (struct vms_line){ .ref_raw = r->at_raw,
							    .offset_raw = r->offset_raw,
							    .offset_frac = r->offset_frac,
							    .drift = r->drift };
	return 0;
}

static int map_fill(const struct vms_session *s, unsigned int model, unsigned int guest,
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

int session_map_get(struct vms_session *s, unsigned int model, unsigned int guest,
		    struct vms_model **out, struct vms_err *err)
{
	struct vms_model **slot = &s->maps[(size_t)model * s->trace->guests_nr + guest];
	const struct vms_stream *gs = s->trace->guests[guest].stream;
	struct vms_model *m = NULL;
	enum vms_model_kind kind = VMS_MODEL_PIECES;
	int ret;

	*out = *slot;
	if (*slot)
		return 0;
	if (model < MODEL_FIRST_ESTIMATOR) {
		if (!gs->shift && !gs->times_corrected)
			return 0;
		if (gs->shift)
			kind = model == MODEL_RECORDED ? VMS_MODEL_RECORDED
						       : VMS_MODEL_RECORDED_EXACT;
	}
	ret = vms_model_new(&m, kind, gs, err);
	if (!ret && kind == VMS_MODEL_PIECES && model >= MODEL_FIRST_ESTIMATOR)
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
		struct vms_model **slot = &s->maps[(size_t)s->model * s->trace->guests_nr + g];
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

	for (i = MODEL_FIRST_ESTIMATOR; i < s->models_nr; i++) {
		struct vms_model **slot = &s->maps[(size_t)i * s->trace->guests_nr + guest];

		if (i == s->model || !session_is_fit(s, i))
			continue; /* pairs hang on it: it moves when it is put in force again */
		vms_model_free(*slot);
		*slot = NULL;
	}
}

const char *session_shown_model(const struct vms_session *s)
{
	if (s->model == session_piecewise(s))
		return s->cuts.estimator;
	if (session_is_fit(s, s->model))
		return vms_session_model_name(s, s->model);
	return "midpoint";
}

const struct vms_model_result *vms_session_result(const struct vms_session *s, unsigned int track,
						  const char *name, enum vms_basis basis)
{
	const unsigned int i = session_model_index(s, name);

	return i < s->models_nr ? &s->tracks[track].models[basis][i] : NULL;
}

const struct vms_model *vms_session_model_map(struct vms_session *s, const char *name,
					      unsigned int guest)
{
	const unsigned int i = session_model_index(s, name);
	struct vms_model *m = NULL;

	if (i >= s->models_nr || session_map_get(s, i, guest, &m, NULL))
		return NULL;
	return m;
}
