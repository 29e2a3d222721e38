// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Estimators on a track: their lines, verdicts against the band, cross-validation.
 */
#include "core/session/session_obs.h"

#include "core/base/each.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t middle_raw(const struct vms_band_segment *g)
{
	return g->from_raw + (g->to_raw - g->from_raw) / 2;
}

static const struct vms_band_segment *main_of(const struct vms_session *s, unsigned int track)
{
	return session_main_segment(s->tracks[track].band);
}

static int residual_stats(const struct vms_session *session, const struct vms_est_in *in,
			  const struct vms_line *line, struct vms_stats *out)
{
	double *residual;
	uint32_t i;

	if (session_wanted(session))
		return -VMS_ECANCEL;
	residual = vms_realloc(NULL, in->nr * sizeof(*residual));
	if (!residual)
		return -VMS_ENOMEM;
	vms_est_residuals(residual, in, line);
	if (session->clock.ns_per_unit > 0.0)
		for (i = 0; i < in->nr; i++)
			residual[i] *= session->clock.ns_per_unit;
	vms_stats_of(out, residual, in->nr);
	free(residual);
	return 0;
}

/* Fit on one half of the time, median absolute residual on the other; the mean of both ways. */
static int holdout(const struct vms_session *session, const struct vms_estimator *est,
		   const struct vms_est_in *in, double *out)
{
	const uint32_t half = in->nr / 2;
	double sum = 0.0;
	int way;

	*out = NAN;
	if (half < est->least_nr || half < 2 || in->nr > SESSION_HOLDOUT_NR)
		return 0;
	for (way = 0; way < 2; way++) {
		struct vms_est_in fit = *in, test = *in;
		struct vms_est_out line;
		struct vms_stats st;
		double *residual;
		uint32_t i;
		int ret;

		fit.memo = in->memo + 1 + way;
		fit.line_only = true;
		fit.from = way ? half : 0;
		fit.nr = way ? in->nr - half : half;
		test.from = way ? 0 : half;
		test.nr = way ? half : in->nr - half;
		ret = est->fit(&line, &fit, NULL);
		if (ret)
			return ret;
		if (!line.available)
			return 0;
		residual = vms_calloc(test.nr, sizeof(*residual));
		if (!residual)
			return -VMS_ENOMEM;
		vms_est_residuals(residual, &test, &line.line);
		for (i = 0; i < test.nr; i++)
			residual[i] = fabs(residual[i]);
		vms_stats_of(&st, residual, test.nr);
		free(residual);
		sum += st.median;
	}
	*out = sum / 2.0 * (session->clock.ns_per_unit > 0.0 ? session->clock.ns_per_unit : 1.0);
	return 0;
}

int64_t session_at(const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_band_segment *seg = session_main_segment(t->band);
	const struct vms_stream *gs = s->trace->guests[t->guest].stream;

	return seg ? middle_raw(seg) : gs->first_raw + (gs->last_raw - gs->first_raw) / 2;
}

static void line_take(struct vms_model_result *r, const struct vms_est_out *out)
{
	r->available = true;
	r->at_raw = out->line.ref_raw;
	r->offset_raw = out->line.offset_raw;
	r->offset_frac = out->line.offset_frac;
	r->drift = out->line.drift;
	r->se_raw = out->se_raw;
	r->se_drift = out->se_drift;
	r->bound = out->bound;
	(void)snprintf(r->se_why, sizeof(r->se_why), "%s", out->se_why);
}

static int fit_one(const struct vms_session *session, unsigned int track,
		   const struct vms_estimator *est, struct session_obs *obs, int64_t at_raw,
		   struct vms_model_result *result, struct vms_err *err)
{
	const struct vms_est_in in =
		session_obs_input(obs, est, session->priv[track].constant, at_raw);
	struct vms_est_out out = { 0 };
	int ret;

	memset(result, 0, sizeof(*result));
	result->by = VMS_BY_ESTIMATOR + (unsigned int)(est - vms_estimators());
	result->holdout_ns = NAN;
	ret = est->fit(&out, &in, err);
	if (ret)
		return ret;
	result->se_raw = NAN;
	if (!out.available) {
		(void)snprintf(result->why_not, sizeof(result->why_not), "%s", out.why_not);
		return 0;
	}
	line_take(result, &out);
	ret = residual_stats(session, &in, &out.line, &result->residual_ns);
	return ret ? ret : holdout(session, est, &in, &result->holdout_ns);
}

int session_fit_events(const struct vms_session *session, unsigned int track, enum vms_basis basis,
		       const struct vms_estimator *est, uint32_t from_event, uint32_t to_event,
		       int64_t at_raw, struct vms_model_result *result, double *residual_ns,
		       uint32_t *nr, struct vms_err *err)
{
	const struct vms_band_segment range = { .from_event = from_event, .to_event = to_event };
	const double ns = session->clock.ns_per_unit > 0.0 ? session->clock.ns_per_unit : 1.0;
	struct session_obs obs = { 0 };
	uint32_t i;
	int ret;

	ret = session_obs_collect(session, track, basis, session_always, &range, &obs);
	if (!ret)
		ret = fit_one(session, track, est, &obs, at_raw, result, err);
	if (!ret && result->available) {
		const struct vms_est_in in =
			session_obs_input(&obs, est, session->priv[track].constant, at_raw);
		const struct vms_line line = { .ref_raw = result->at_raw,
					       .offset_raw = result->offset_raw,
					       .offset_frac = result->offset_frac,
					       .drift = result->drift };

		vms_est_residuals(residual_ns + *nr, &in, &line);
		for (i = 0; i < in.nr; i++)
			residual_ns[*nr + i] *= ns;
		*nr += in.nr;
	}
	session_obs_free(&obs);
	return ret;
}

double session_drift(const struct vms_track *track)
{
	const struct vms_band_segment *seg = session_main_segment(track->band);
	const double drift = seg && !seg->constant ? (seg->drift_lo + seg->drift_hi) / 2.0 : 0.0;

	return isfinite(drift) ? drift : 0.0;
}

static void band_result(const struct vms_session *session, struct vms_track *t,
			enum vms_basis basis)
{
	struct vms_model_result *result = &t->models[basis][VMS_BY_BAND];
	const struct vms_band_segment *seg = session_main_segment(t->band);
	int64_t lo, hi;

	memset(result, 0, sizeof(*result));
	result->by = VMS_BY_BAND;
	result->se_raw = NAN;
	result->se_drift = NAN;
	result->holdout_ns = NAN;
	if (!seg) {
		(void)snprintf(result->why_not, sizeof(result->why_not),
			       "no guest event bounds the offset");
		return;
	}
	result->at_raw = middle_raw(seg);
	vms_band_at(seg, result->at_raw, &lo, &hi);
	if (lo == INT64_MIN || hi == INT64_MAX) {
		(void)snprintf(result->why_not, sizeof(result->why_not),
			       "bounded from one side only");
		return;
	}
	result->available = true;
	result->offset_raw = lo + (hi - lo) / 2;
	result->offset_frac = (hi - lo) % 2 ? 0.5 : 0.0;
	result->drift = session_drift(t);
	(void)snprintf(result->se_why, sizeof(result->se_why), "certain to half the band's width");
	result->verdict = VMS_VERDICT_IN_BAND;
	session_reach_beside(result, t->band, NULL);
	if (t->align->ambiguous)
		session_weigh(session, t, result, NULL, NULL);
}

static void mark_stale(struct vms_session *s, unsigned int track, enum vms_basis basis)
{
	struct vms_track *t = &s->tracks[track];
	unsigned int i;

	for (i = VMS_BY_ESTIMATOR; i < VMS_BY_NR; i++)
		t->models[basis][i].stale =
			vms_by_is_fit((enum vms_by)i) && i < vms_session_models_nr(s);
	s->priv[track].stale = true;
}

/* Whether a message may show the model's figures. */
static bool is_shown(const struct vms_session *s, enum vms_by by)
{
	enum vms_by shown;
	unsigned int i;

	for (i = 0; (shown = session_shown_try(s, i)) != VMS_BY_NR; i++)
		if (shown == by)
			return true;
	return false;
}

/* The result of the estimator that one is where the offset cannot drift; NULL = fit it. */
static const struct vms_model_result *known_as(const struct vms_session *session,
					       unsigned int track, enum vms_basis basis,
					       const struct vms_estimator *est,
					       const struct session_obs *obs)
{
	const bool all = session_obs_wants_all(obs, est);
	const struct vms_estimator *as = session->priv[track].constant && est->constant_as
						 ? vms_estimator_find(est->constant_as)
						 : NULL;
	const struct vms_model_result *known;

	/* of few each asks for another number */
	if (!as || all != session_obs_wants_all(obs, as) ||
	    (all ? obs->nr : obs->causal_nr) < 2 * est->least_nr)
		return NULL;
	known = &session->tracks[track].models[basis][VMS_BY_ESTIMATOR + (as - vms_estimators())];
	return known->available && !known->stale ? known : NULL;
}

static int fit_and_judge(struct vms_session *session, unsigned int track_idx, enum vms_basis basis,
			 unsigned int est_idx, struct session_obs *obs, struct vms_err *err)
{
	const struct vms_estimator *est = &vms_estimators()[est_idx];
	struct vms_track *track = &session->tracks[track_idx];
	struct vms_model_result *result = &track->models[basis][VMS_BY_ESTIMATOR + est_idx];
	const struct vms_model_result *known = known_as(session, track_idx, basis, est, obs);
	int ret;

	if (known) {
		*result = *known;
		result->by = VMS_BY_ESTIMATOR + est_idx;
		return 0;
	}
	ret = fit_one(session, track_idx, est, obs, session_at(session, track), result, err);
	return ret ? ret : session_judge_fit(session, track, result, err);
}

int session_fit_track(struct vms_session *session, unsigned int track_idx, enum vms_basis basis,
		      enum session_depth depth, struct vms_err *err)
{
	struct vms_track *track = &session->tracks[track_idx];
	const uint32_t nr = basis == VMS_OVER_ACCEPTED
				    ? session->priv[track_idx].accepted_nr
				    : session_cands_of(&session->priv[track_idx]);
	const bool all = depth == SESSION_FIT_ALL || nr <= SESSION_LIVE_NR;
	struct session_obs obs = { 0 };
	unsigned int i;
	int ret;

	band_result(session, track, basis);
	if (!all)
		mark_stale(session, track_idx, basis);
	if (!all && (basis != VMS_OVER_ACCEPTED || nr > SESSION_SHOWN_NR))
		return 0;
	ret = session_obs_collect(session, track_idx, basis, session_always,
				  main_of(session, track_idx), &obs);
	/* twice: those that look at all first */
	for (i = 0; i < 2 * VMS_EST_NR && !ret; i++) {
		const unsigned int est = i % VMS_EST_NR;

		if (session_obs_wants_all(&obs, &vms_estimators()[est]) != (i < VMS_EST_NR) ||
		    (!all && !is_shown(session, VMS_BY_ESTIMATOR + est)))
			continue;
		ret = fit_and_judge(session, track_idx, basis, est, &obs, err);
	}
	session_obs_free(&obs);
	if (!ret && all)
		ret = session_piecewise_fit(session, track_idx, basis, err);
	if (ret)
		return vms_fail(err, -ret, "fitting clock models to the anchors of vCPU %u",
				track->vcpu);
	return 0;
}

struct fitting {
	struct vms_session *session;
	enum session_depth depth;
};

static int fit_bases(void *user, unsigned int track, struct vms_err *err)
{
	const struct fitting *fitting = user;
	unsigned int basis;
	int ret = 0;

	for (basis = 0; basis < VMS_BASIS_NR && !ret; basis++)
		ret = session_fit_track(fitting->session, track, (enum vms_basis)basis,
					fitting->depth, err);
	return ret;
}

int session_fit_tracks(struct vms_session *s, enum session_depth depth, struct vms_err *err)
{
	struct fitting fitting = { s, depth };

	return vms_each(s->tracks_nr, fit_bases, &fitting, err);
}

int session_fit_anew(struct vms_session *s, unsigned int track, struct vms_err *err)
{
	int ret;

	ret = session_fit_track(s, track, VMS_OVER_ACCEPTED, SESSION_FIT_ALL, err);
	if (!ret)
		ret = session_fit_track(s, track, VMS_OVER_NOT_REJECTED, SESSION_FIT_ALL, err);
	s->priv[track].stale = false; /* out of memory: the old values stay, marked */
	session_maps_drop(s, s->tracks[track].guest, false);
	return ret;
}

static bool is_first(const struct session_obs *obs, enum vms_by by)
{
	return by != VMS_BY_PIECEWISE &&
	       session_obs_wants_all(obs, &vms_estimators()[by - VMS_BY_ESTIMATOR]);
}

/* One by one, those that look at all pairs first: each may be the last that is wanted. */
static int fit_stale(struct vms_session *session, unsigned int track_idx, enum vms_basis basis,
		     struct session_obs *obs, struct session_work *work)
{
	struct vms_model_result *result = session->tracks[track_idx].models[basis];
	unsigned int i, k;
	int ret;

	for (k = VMS_BY_ESTIMATOR; k < 2 * VMS_BY_NR; k++) {
		i = k % VMS_BY_NR;
		if (i < VMS_BY_ESTIMATOR || !result[i].stale ||
		    (k < VMS_BY_NR) != is_first(obs, (enum vms_by)i))
			continue;
		if (session_wanted(session))
			return -VMS_ECANCEL;
		ret = i == VMS_BY_PIECEWISE ? session_piecewise_fit(session, track_idx, basis, NULL)
					    : fit_and_judge(session, track_idx, basis,
							    i - VMS_BY_ESTIMATOR, obs, NULL);
		result[i].stale = ret == -VMS_ECANCEL;
		if (ret)
			return ret;
		vms_progress_tell(session->progress, "fits", ++work->done, work->total);
	}
	return 0;
}

int session_fit_refresh(struct vms_session *session, unsigned int track, struct session_work *work)
{
	unsigned int basis;
	int ret = 0;

	for (basis = 0; basis < VMS_BASIS_NR && !ret; basis++) {
		struct session_obs o = { 0 };

		if (!session_stale_nr(session, track, (enum vms_basis)basis))
			continue;
		ret = session_obs_collect(session, track, (enum vms_basis)basis, session_always,
					  main_of(session, track), &o);
		if (!ret)
			ret = fit_stale(session, track, (enum vms_basis)basis, &o, work);
		session_obs_free(&o);
	}
	return ret;
}

int session_fit_shown(struct vms_session *session, unsigned int track, enum vms_by by,
		      struct vms_model_result *out, struct vms_err *err)
{
	const uint32_t nr = session->priv[track].accepted_nr;
	const struct vms_estimator *est = &vms_estimators()[by - VMS_BY_ESTIMATOR];
	struct vms_est_out fit = { 0 };
	struct session_obs obs = { 0 };
	struct vms_est_in in;
	int ret;

	*out = (struct vms_model_result){ .by = by };
	if (by == VMS_BY_PIECEWISE && nr <= SESSION_LIVE_NR)
		return vms_session_try_cuts(session, track, VMS_OVER_ACCEPTED, &session->cuts, out,
					    NULL, err);
	if (!vms_by_is_estimator(by) || nr > SESSION_SHOWN_NR) {
		out->stale = session->tracks[track].models[VMS_OVER_ACCEPTED][by].available;
		return 0;
	}
	ret = session_obs_collect(session, track, VMS_OVER_ACCEPTED, session_always,
				  main_of(session, track), &obs);
	if (!ret) {
		in = session_obs_input(&obs, est, session->priv[track].constant,
				       session_at(session, &session->tracks[track]));
		ret = est->fit(&fit, &in, err);
	}
	if (!ret && fit.available)
		line_take(out, &fit);
	session_obs_free(&obs);
	return ret;
}

int vms_session_fit_span(struct vms_model_result *out, const struct vms_session *session,
			 unsigned int track, enum vms_est estimator, enum vms_basis basis,
			 int64_t from_raw, int64_t to_raw, struct vms_err *err)
{
	const struct session_span span = { from_raw, to_raw };
	struct session_obs obs = { 0 };
	int ret;

	if (estimator >= VMS_EST_NR || track >= session->tracks_nr)
		return vms_fail(err, VMS_EUSAGE, "no vCPU %u, or no such estimator", track);
	ret = session_obs_collect(session, track, basis, span, main_of(session, track), &obs);
	if (!ret) {
		const int64_t from = obs.nr ? session_obs_at(&obs, 0).x_raw : 0;
		const int64_t to = obs.nr ? session_obs_at(&obs, obs.nr - 1).x_raw : 0;
		const int64_t at = from + (to - from) / 2;

		ret = fit_one(session, track, &vms_estimators()[estimator], &obs, at, out, err);
	}
	session_obs_free(&obs);
	return ret ? vms_fail(err, -ret, "out of memory in a fit over a range") : 0;
}
