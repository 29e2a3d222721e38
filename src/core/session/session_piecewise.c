// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Model "piecewise": the offset cut at times that a person names, with a fit of its own between the
 * cuts.
 */
#include "core/session/session_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/bisect.h"

const struct vms_cuts *vms_session_cuts(const struct vms_session *s)
{
	return &s->cuts;
}

void session_pieces_clear(struct session_pieces *p)
{
	free(p->p);
	free(p->fitted);
	memset(p, 0, sizeof(*p));
}

/*
 * The first event of [from, end) whose host time is at or after a cut, by the middle of the band.
 */
static uint32_t event_at(const struct vms_cpu *c, const struct vms_model *band,
			 unsigned int cpu_idx, uint32_t from, uint32_t end, int64_t host_raw)
{
	if (c->sorted)
		VMS_BISECT(from, end, k,
			   vms_model_event(band, cpu_idx, k, c->time_raw[k]) < host_raw);
	else /* a clock that was set back has no order to go by */
		while (from < end &&
		       vms_model_event(band, cpu_idx, from, c->time_raw[from]) < host_raw)
			from++;
	return from;
}

static int pieces_room(struct session_pieces *p, unsigned int nr)
{
	p->p = vms_calloc(nr, sizeof(*p->p));
	p->fitted = vms_calloc(nr, sizeof(*p->fitted));
	return p->p && p->fitted ? 0 : -VMS_ENOMEM;
}

/* Segments of the band, cut further: each piece has the band's line so far. */
static int pieces_cut(struct session_pieces *out, struct vms_session *session,
		      const struct vms_track *track, const struct vms_cuts *cuts,
		      struct vms_err *err)
{
	const struct vms_cpu *cpu =
		&session->trace->guests[track->guest].stream->cpus[track->cpu_idx];
	const unsigned int segs_nr = track->band ? track->band->segs_nr : 0;
	struct vms_piece *base = NULL;
	struct vms_model *band = NULL;
	unsigned int base_nr = 0, i, k;
	int ret;

	memset(out, 0, sizeof(*out));
	if (!segs_nr)
		return 0;
	ret = session_map_get(session, VMS_BY_BAND, track->guest, &band, err);
	if (!ret)
		ret = vms_band_middle(track->band, &base, &base_nr, err);
	if (!ret)
		ret = pieces_room(out, base_nr + cuts->nr);
	for (i = 0; i < base_nr && !ret; i++) {
		const uint32_t end = i + 1 < base_nr ? base[i + 1].from_idx : cpu->nr;

		out->p[out->nr++] = base[i];
		for (k = 0; k < cuts->nr; k++) {
			const uint32_t at = event_at(cpu, band, track->cpu_idx, base[i].from_idx,
						     end, cuts->at_raw[k]);

			if (at >= end || at <= out->p[out->nr - 1].from_idx)
				continue;
			/* each cut lies in one segment, by the host time of its events */
			if (out->nr == base_nr + cuts->nr)
				break;
			out->p[out->nr++] = (struct vms_piece){ .from_idx = at,
								.from_raw = cpu->time_raw[at],
								.line = base[i].line };
		}
	}
	free(base);
	if (ret)
		session_pieces_clear(out);
	return ret;
}

/* What pieces say together of one track. */
struct sum {
	double *residual_ns;
	uint32_t nr;
	double holdout_sum; /* weighed by pairs */
	uint32_t holdout_nr;
	bool holdout_missing;
	char why_not[64];
};

static void sum_add(struct sum *sum, const struct vms_model_result *result)
{
	if (!result->available) {
		if (!sum->why_not[0])
			(void)snprintf(sum->why_not, sizeof(sum->why_not), "%s", result->why_not);
		return;
	}
	if (!isfinite(result->holdout_ns)) {
		sum->holdout_missing = true;
		return;
	}
	sum->holdout_sum += result->holdout_ns * (double)result->residual_ns.n;
	sum->holdout_nr += (uint32_t)result->residual_ns.n;
}

/* Figures of the piece in the middle stand for the model: where those of the others hold, too. */
static void figures_of(struct vms_model_result *out, const struct vms_model_result *result,
		       const struct vms_piece *piece, int64_t at_raw)
{
	out->at_raw = at_raw;
	out->se_raw = NAN;
	out->se_drift = NAN;
	(void)snprintf(out->se_why, sizeof(out->se_why), "the band's middle in this piece");
	if (result->available) {
		out->se_raw = result->se_raw;
		out->se_drift = result->se_drift;
		(void)snprintf(out->se_why, sizeof(out->se_why), "%s", result->se_why);
	}
	out->offset_raw = piece->line.offset_raw;
	out->offset_frac = piece->line.offset_frac;
	out->drift = piece->line.drift;
}

/* The band's line at another time of its piece. */
static void line_move(struct vms_line *l, int64_t at_raw)
{
	const double by = l->drift * (double)vms_sat_sub_i64(at_raw, l->ref_raw) + l->offset_frac;
	const double whole = floor(by);

	l->offset_raw = vms_sat_add_i64(l->offset_raw, (int64_t)whole);
	l->offset_frac = by - whole;
	l->ref_raw = at_raw;
}

static int pieces_fit(struct session_pieces *pieces, const struct vms_session *session,
		      unsigned int track, enum vms_basis basis, const struct vms_cuts *cuts,
		      struct sum *sum, struct vms_model_result *out, struct vms_err *err)
{
	const struct vms_track *t = &session->tracks[track];
	const struct vms_cpu *cpu = &session->trace->guests[t->guest].stream->cpus[t->cpu_idx];
	const struct vms_estimator *est = &vms_estimators()[cuts->estimator];
	const int64_t middle_raw = session_at(session, t);
	unsigned int i;
	int ret = 0;

	for (i = 0; i < pieces->nr && !ret; i++) {
		const uint32_t last =
			(i + 1 < pieces->nr ? pieces->p[i + 1].from_idx : cpu->nr) - 1;
		const bool here = (!i || pieces->p[i].from_raw <= middle_raw) &&
				  (i + 1 == pieces->nr || middle_raw < pieces->p[i + 1].from_raw);
		const int64_t from = cpu->time_raw[pieces->p[i].from_idx];
		const int64_t at =
			here ? middle_raw : from + vms_sat_sub_i64(cpu->time_raw[last], from) / 2;
		struct vms_model_result result = { 0 };

		ret = session_fit_events(session, track, basis, est, pieces->p[i].from_idx, last,
					 at, &result, sum->residual_ns, &sum->nr, err);
		if (ret)
			break;
		pieces->fitted[i] = result.available;
		if (result.available)
			pieces->p[i].line = (struct vms_line){ .ref_raw = result.at_raw,
							       .offset_raw = result.offset_raw,
							       .offset_frac = result.offset_frac,
							       .drift = result.drift };
		else
			line_move(&pieces->p[i].line, at);
		sum_add(sum, &result);
		out->available |= result.available;
		if (here)
			figures_of(out, &result, &pieces->p[i], at);
	}
	return ret;
}

static int pieces_judge(const struct vms_session *session, const struct vms_track *track,
			const struct session_pieces *pieces, struct vms_model_result *out,
			struct vms_err *err)
{
	struct vms_model *model = NULL;
	int ret;

	if (!out->available)
		return 0;
	ret = vms_model_new(&model, VMS_MODEL_PIECES, session->trace->guests[track->guest].stream,
			    err);
	if (!ret)
		ret = vms_model_set(model, track->cpu_idx, pieces->p, pieces->nr, err);
	if (!ret)
		session_judge_map(session, track, out, model, NULL);
	vms_model_free(model);
	return ret;
}

static int piecewise(struct session_pieces *pieces, struct vms_model_result *out,
		     struct vms_session *session, unsigned int track_idx, enum vms_basis basis,
		     const struct vms_cuts *cuts, struct vms_err *err)
{
	struct vms_track *track = &session->tracks[track_idx];
	struct sum sum = { 0 };
	int ret;

	*out = (struct vms_model_result){
		.by = VMS_BY_PIECEWISE, .se_raw = NAN, .se_drift = NAN, .holdout_ns = NAN
	};
	sum.residual_ns = vms_calloc((size_t)session_cands_of(&session->priv[track_idx]) +
					     session->priv[track_idx].accepted_nr + 1,
				     sizeof(double));
	if (!sum.residual_ns)
		return vms_fail(err, VMS_ENOMEM, "out of memory for the pieces of the offset");
	ret = pieces_cut(pieces, session, track, cuts, err);
	if (!ret)
		ret = pieces_fit(pieces, session, track_idx, basis, cuts, &sum, out, err);
	if (!ret && out->available) {
		vms_stats_of(&out->residual_ns, sum.residual_ns, sum.nr);
		if (sum.holdout_nr && !sum.holdout_missing)
			out->holdout_ns = sum.holdout_sum / sum.holdout_nr;
		ret = pieces_judge(session, track, pieces, out, err);
	} else if (!ret) {
		(void)snprintf(out->why_not, sizeof(out->why_not), "%s",
			       sum.why_not[0] ? sum.why_not : "no guest event bounds the offset");
	}
	free(sum.residual_ns);
	if (ret)
		session_pieces_clear(pieces);
	return ret;
}

int session_piecewise_fit(struct vms_session *session, unsigned int track, enum vms_basis basis,
			  struct vms_err *err)
{
	struct session_pieces pieces = { 0 };
	struct vms_model_result result;
	int ret;

	if (!session->cuts.nr)
		return 0;
	ret = piecewise(&pieces, &result, session, track, basis, &session->cuts, err);
	if (ret)
		return ret;
	session_pieces_clear(&session->priv[track].pieces[basis]);
	session->priv[track].pieces[basis] = pieces;
	session->tracks[track].models[basis][VMS_BY_PIECEWISE] = result;
	return 0;
}

int session_piecewise_lines(const struct vms_session *s, unsigned int track, struct vms_piece **out,
			    unsigned int *nr)
{
	const struct session_pieces *pieces = &s->priv[track].pieces[VMS_OVER_ACCEPTED];
	const struct session_pieces *all = &s->priv[track].pieces[VMS_OVER_NOT_REJECTED];
	unsigned int i;

	*nr = 0;
	*out = vms_calloc(pieces->nr ? pieces->nr : 1, sizeof(**out));
	if (!*out)
		return -VMS_ENOMEM;
	for (i = 0; i < pieces->nr; i++)
		(*out)[i] = !pieces->fitted[i] && i < all->nr && all->fitted[i] ? all->p[i]
										: pieces->p[i];
	*nr = pieces->nr;
	return 0;
}

static int cut_order(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Ascending, each once; an estimator that there is. */
static int cuts_take(struct vms_cuts *to, struct vms_err *err)
{
	unsigned int i, nr = 0;

	if (to->nr > VMS_CUTS_MAX)
		return vms_fail(err, VMS_EUSAGE, "at most %d cuts", VMS_CUTS_MAX);
	if (to->estimator >= VMS_EST_NR)
		return vms_fail(err, VMS_EUSAGE, "that is no estimator to fit to each piece");
	qsort(to->at_raw, to->nr, sizeof(to->at_raw[0]), cut_order);
	for (i = 0; i < to->nr; i++)
		if (!i || to->at_raw[i] != to->at_raw[i - 1])
			to->at_raw[nr++] = to->at_raw[i];
	to->nr = nr;
	return 0;
}

/*
 * All that hangs on the cuts: made beside the session first, so that a failure leaves it as it is.
 */
struct cut_state {
	struct vms_cuts cuts;
	struct session_pieces *pieces;	  /* [track * VMS_BASIS_NR + basis] */
	struct vms_model_result *results; /* the same */
	struct vms_model **maps;	  /* by guest */
};

static void state_free(struct vms_session *s, struct cut_state *x)
{
	unsigned int i;

	for (i = 0; x->pieces && i < s->tracks_nr * VMS_BASIS_NR; i++)
		session_pieces_clear(&x->pieces[i]);
	for (i = 0; x->maps && i < s->trace->guests_nr; i++)
		session_retire(s, x->maps[i], SESSION_MODEL);
	free(x->pieces);
	free(x->results);
	free(x->maps);
}

static int state_make(struct cut_state *state, struct vms_session *session,
		      const struct vms_cuts *cuts, struct vms_err *err)
{
	const unsigned int nr = session->tracks_nr * VMS_BASIS_NR;
	unsigned int i;
	int ret = 0;

	memset(state, 0, sizeof(*state));
	state->cuts = *cuts;
	state->pieces = vms_calloc(nr, sizeof(*state->pieces));
	state->results = vms_calloc(nr, sizeof(*state->results));
	state->maps = vms_calloc(session->trace->guests_nr, sizeof(struct vms_model *));
	if (!state->pieces || !state->results || !state->maps)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory for the pieces of the offset");
	for (i = 0; cuts->nr && i < nr && !ret; i++)
		ret = piecewise(&state->pieces[i], &state->results[i], session, i / VMS_BASIS_NR,
				(enum vms_basis)(i % VMS_BASIS_NR), cuts, err);
	return ret;
}

/* The session's and the other one change places; this cannot fail, in either direction. */
static void state_swap(struct vms_session *session, struct cut_state *state)
{
	const struct vms_cuts cuts = session->cuts;
	unsigned int i;

	session->cuts = state->cuts;
	state->cuts = cuts;
	for (i = 0; i < session->tracks_nr * VMS_BASIS_NR; i++) {
		struct session_pieces *p = &session->priv[i / VMS_BASIS_NR]
						    .pieces[i % VMS_BASIS_NR],
				      was = *p;
		struct vms_track *t = &session->tracks[i / VMS_BASIS_NR];
		struct vms_model_result *r = &t->models[i % VMS_BASIS_NR][VMS_BY_PIECEWISE],
					old = *r;

		*p = state->pieces[i];
		state->pieces[i] = was;
		*r = state->results[i];
		state->results[i] = old;
	}
	for (i = 0; i < session->trace->guests_nr; i++) {
		struct vms_model **slot = session_map_slot(session, VMS_BY_PIECEWISE, i),
				 *was = *slot;

		*slot = state->maps[i];
		state->maps[i] = was;
	}
}

int session_cuts_swap(struct vms_session *session, struct vms_change *change, struct vms_err *err)
{
	const enum vms_by model = session->model;
	struct cut_state state;
	int ret;

	ret = state_make(&state, session, &change->cuts, err);
	if (!ret) {
		state_swap(session, &state);
		ret = session_model_apply(session, change->model, err);
		if (ret)
			state_swap(session, &state);
	}
	if (!ret) {
		change->cuts = state.cuts;
		change->model = model;
	}
	state_free(session, &state);
	return ret;
}

/* Whether some vCPU has events on both sides of a cut. */
static int cuts_cut(struct vms_session *session, const struct vms_cuts *cuts, bool *cut,
		    struct vms_err *err)
{
	unsigned int i;

	VMS_ASSERT_EACH(k, 1, cuts->nr, cuts->at_raw[k - 1] < cuts->at_raw[k]);
	*cut = false;
	for (i = 0; i < session->tracks_nr && !*cut; i++) {
		struct session_pieces p;
		int ret = pieces_cut(&p, session, &session->tracks[i], cuts, err);

		if (ret)
			return ret;
		*cut = p.nr > (session->tracks[i].band ? session->tracks[i].band->segs_nr : 0);
		session_pieces_clear(&p);
	}
	return 0;
}

/* From a file they may cut what has no events beyond, and put no other model in force. */
int session_cuts_check(struct vms_session *session, struct vms_change *change, struct vms_err *err)
{
	bool cut = true;
	int ret;

	ret = cuts_take(&change->cuts, err);
	if (!ret && change->cuts.nr && !session->restoring)
		ret = cuts_cut(session, &change->cuts, &cut, err);
	if (!ret && !cut)
		ret = vms_fail(err, VMS_ENODATA,
			       "no guest has events on both sides of these times");
	change->model = session->model;
	if (change->cuts.nr && !session->restoring)
		change->model = VMS_BY_PIECEWISE;
	else if (!change->cuts.nr && session->model == VMS_BY_PIECEWISE)
		change->model = VMS_BY_BAND;
	return ret;
}

int vms_session_try_cuts(struct vms_session *session, unsigned int track, enum vms_basis basis,
			 const struct vms_cuts *c, struct vms_model_result *out,
			 unsigned int *pieces_nr, struct vms_err *err)
{
	struct session_pieces p = { 0 };
	struct vms_cuts want = *c;
	int ret;

	ret = cuts_take(&want, err);
	if (!ret)
		ret = piecewise(&p, out, session, track, basis, &want, err);
	if (!ret && pieces_nr)
		*pieces_nr = p.nr;
	session_pieces_clear(&p);
	return ret;
}
