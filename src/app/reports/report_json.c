// SPDX-License-Identifier: LGPL-2.1-or-later
/* The JSON report: one object with stable keys, version 2 of vmsync-report(5). */
#include "app/reports/report_impl.h"

#include <math.h>
#include <string.h>

#include <vmsync/clocks.h>
#include <vmsync/defects.h>

static void stats(json *j, const char *key, const struct vms_stats *st)
{
	const bool some = st->n > 0;

	json_open(j, key, '{');
	json_put(j, "n", json_count(st->n));
	json_put(j, "min", json_real(some ? st->min : NAN));
	json_put(j, "median", json_real(some ? st->median : NAN));
	json_put(j, "mad", json_real(some ? st->mad : NAN));
	json_put(j, "p99", json_real(some ? st->p99 : NAN));
	json_put(j, "mean", json_real(some ? st->mean : NAN));
	json_put(j, "sd", json_real(st->n > 1 ? st->sd : NAN));
	json_close(j, '}');
}

static void binding(json *j, const char *key, const struct vms_stream *guest,
		    const struct vms_point *point, uint32_t nr)
{
	if (!nr) {
		json_put(j, key, json_null());
		return;
	}
	json_open(j, key, '{');
	json_put(j, "guest_time", json_integer(report_time(guest, point->x_raw)));
	json_put(j, "guest_event",
		 vms_point_is_fact(point) ? json_null() : json_count(point->event));
	json_put(j, "clock_fact", json_bool(vms_point_is_fact(point)));
	json_put(j, "offset", json_integer(report_offset(guest, point->x_raw, point->y_raw)));
	json_close(j, '}');
}

static void segment(json *j, const char *key, const struct vms_session *session,
		    const struct vms_stream *guest, const struct vms_band_segment *seg,
		    const struct app_report_opts *ro)
{
	const struct report_band band = report_band_at(guest, seg, ro);
	const bool bounded = band.lo_raw != INT64_MIN && band.hi_raw != INT64_MAX;

	json_open(j, key, '{');
	json_put(j, "guest_from", json_integer(report_time(guest, seg->from_raw)));
	json_put(j, "guest_to", json_integer(report_time(guest, seg->to_raw)));
	json_put(j, "events", json_count((uint64_t)seg->to_event - seg->from_event + 1));
	json_open(j, "band", '{');
	json_put(j, "feasible", json_bool(seg->feasible));
	json_put(j, "violations", json_count(seg->violations));
	json_put(j, "at", json_integer(band.at_raw));
	json_put(j, "offset_lo", json_bound(band.lo_raw));
	json_put(j, "offset_hi", json_bound(band.hi_raw));
	json_put(j, "width_ns",
		 bounded ? json_real(vms_clock_ns(vms_session_clock(session),
						  band.hi_raw - band.lo_raw))
			 : json_null());
	json_put(j, "drift_ppm_lo", json_real(report_drift(guest, seg->drift_lo) * 1e6));
	json_put(j, "drift_ppm_hi", json_real(report_drift(guest, seg->drift_hi) * 1e6));
	json_put(j, "soft", json_bool(seg->soft));
	json_put(j, "constant", json_bool(seg->constant));
	binding(j, "bound_below_by", guest, &seg->bind_lower, seg->lower_nr);
	binding(j, "bound_above_by", guest, &seg->bind_upper, seg->upper_nr);
	json_close(j, '}');
	json_close(j, '}');
}

/* How much of a vCPU the band and the verdicts speak of, and why not of the rest. */
static void coverage(json *j, const char *key, const struct vms_session *s,
		     const struct vms_track *t)
{
	const struct vms_coverage c = vms_session_coverage(s, t);

	json_open(j, key, '{');
	json_put(j, "events", json_count(c.events_nr));
	json_put(j, "checkable", json_count(c.checkable_nr));
	json_put(j, "outside_recording", json_count(c.outside_recording_nr));
	json_put(j, "whereabouts_unknown", json_count(c.whereabouts_unknown_nr));
	json_put(j, "lost", json_count(c.lost_nr));
	json_put(j, "thread_unknown", json_count(c.thread_unknown_nr));
	json_put(j, "seconds", json_real(c.seconds));
	json_close(j, '}');
}

static void limits(json *j, const char *key, const struct vms_session *s, const struct vms_track *t)
{
	const bool none = !(t->limits.drift_max > 0.0);

	json_open(j, key, '{');
	json_put(j, "rate", none ? json_null() : json_text(vms_rate_name(t->limits.rate)));
	json_put(j, "drift_ppm", json_real(t->limits.drift_max * 1e6));
	json_put(j, "narrow", json_bool(t->limits.narrow));
	json_put(j, "drift_reached", json_bool(t->limits.drift_reached));
	json_put(j, "drift_alone_width_ns",
		 none || t->limits.alone_raw == INT64_MAX
			 ? json_null()
			 : json_real(vms_clock_ns(vms_session_clock(s), t->limits.alone_raw)));
	json_close(j, '}');
}

static void facts(json *j, const char *key, const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_facts_seen f = vms_session_facts(s, t);

	json_open(j, key, '{');
	json_put(j, "n", json_count(f.nr));
	json_put(j, "left_out", json_count(f.left_out_nr));
	json_put(j, "width_ns", json_real(f.width_ns));
	json_put(j, "rate", f.rate > 0.0 ? json_real(f.rate) : json_null());
	json_close(j, '}');
}

static void violations(json *j, const char *key, const struct vms_violations *v)
{
	json_open(j, key, '{');
	json_put(j, "guest_outside", json_count(v->guest_outside));
	json_put(j, "host_inside", json_count(v->host_inside));
	json_put(j, "guest_events", json_count(v->guest_events));
	json_close(j, '}');
}

static void model(json *j, const char *key, const struct vms_session *s, const struct vms_track *t,
		  const struct vms_model_result *result)
{
	const struct vms_stream *guest = report_guest(s, t);
	double bias_min, bias_max;
	bool biased;
	const double ns =
		vms_session_clock(s)->ns_per_unit > 0.0 ? vms_session_clock(s)->ns_per_unit : 1.0;

	json_open(j, key, '{');
	json_put(j, "name", json_text(vms_by_name(result->by)));
	json_put(j, "available", json_bool(result->available));
	if (!result->available) {
		json_put(j, "why", json_text(result->why_not));
		json_close(j, '}');
		return;
	}
	json_put(j, "at", json_integer(report_time(guest, result->at_raw)));
	json_put(j, "offset",
		 json_offset(report_offset(guest, result->at_raw, result->offset_raw),
			     result->offset_frac));
	json_put(j, "drift_ppm", json_real(report_drift(guest, result->drift) * 1e6));
	json_put(j, "se_ns", json_real(result->se_raw * ns));
	json_put(j, "se_why", isnan(result->se_raw) ? json_text(result->se_why) : json_null());
	biased = vms_session_bias(s, t, result, &bias_min, &bias_max);
	json_put(j, "bias_min_ns", json_real(biased ? bias_min : NAN));
	json_put(j, "bias_max_ns", json_real(biased ? bias_max : NAN));
	json_put(j, "measures", json_text(vms_by_is_delay(result->by) ? "delay" : "offset"));
	json_put(j, "bound",
		 result->bound ? json_text(result->bound > 0 ? "upper" : "lower") : json_null());
	stats(j, "residual_ns", &result->residual_ns);
	json_put(j, "verdict", json_text(vms_verdict_name(result->verdict)));
	json_put(j, "outside_by_ns", json_real(fabs(result->outside_by_ns)));
	json_put(j, "holdout_ns", json_real(result->holdout_ns));
	json_close(j, '}');
}

static void models(json *j, const char *key, const struct vms_session *session,
		   const struct vms_track *t)
{
	unsigned int i;

	json_open(j, key, '[');
	for (i = 0; i < vms_session_models_nr(session); i++) {
		const struct vms_model_result *r = &t->models[VMS_OVER_ACCEPTED][i];

		if (!r->available)
			r = &t->models[VMS_OVER_NOT_REJECTED][i];
		model(j, NULL, session, t, r);
	}
	json_close(j, ']');
}

static void sequences(json *j, const char *key, const struct vms_session *s,
		      const struct vms_track *t)
{
	const struct vms_catalogue *cat = vms_session_catalogue(s);
	unsigned int i;

	json_open(j, key, '[');
	for (i = 0; i < cat->seqs_nr; i++) {
		const struct vms_seq_result *seq_result = &t->seqs[i];

		json_open(j, NULL, '{');
		json_put(j, "name", json_text(cat->seqs[i].name));
		json_put(j, "direction",
			 json_text(cat->seqs[i].dir == VMS_GUEST_TO_HOST ? "guest-to-host"
									 : "host-to-guest"));
		json_put(j, "muted", json_bool(!cat->seqs[i].enabled));
		json_put(j, "pairs", json_count(seq_result->pairs));
		json_put(j, "accepted", json_count(seq_result->accepted));
		json_put(j, "rejected", json_count(seq_result->rejected));
		json_put(j, "impossible", json_count(seq_result->impossible));
		stats(j, "delay_ns", &seq_result->delay_ns);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* What all vCPUs of a guest allow together. */
static void together(json *j, const char *key, const struct vms_session *session,
		     const struct vms_stream *guest, const struct vms_clocks *clocks)
{
	const struct vms_clock_meet *clock_meet = &clocks->vcpus;
	const bool fits = clock_meet->lo_raw <= clock_meet->hi_raw;

	json_open(j, key, '{');
	json_put(j, "at", json_integer(report_time(guest, clocks->at_raw)));
	json_put(j, "vcpus", json_count(clock_meet->nr));
	json_put(j, "one_offset_fits", json_bool(fits));
	json_put(j, "offset_lo",
		 fits ? json_bound(report_offset(guest, clocks->at_raw, clock_meet->lo_raw))
		      : json_null());
	json_put(j, "offset_hi",
		 fits ? json_bound(report_offset(guest, clocks->at_raw, clock_meet->hi_raw))
		      : json_null());
	json_put(j, "width_ns",
		 fits ? json_real(vms_clock_ns(vms_session_clock(session),
					       vms_sat_sub_i64(clock_meet->hi_raw,
							       clock_meet->lo_raw)))
		      : json_null());
	json_put(j, "apart",
		 fits ? json_null()
		      : json_integer(vms_sat_sub_i64(clock_meet->lo_raw, clock_meet->hi_raw)));
	json_put(j, "apart_ns",
		 fits ? json_null()
		      : json_real(vms_clock_ns(vms_session_clock(session),
					       vms_sat_sub_i64(clock_meet->lo_raw,
							       clock_meet->hi_raw))));
	json_put(
		j, "above",
		fits ? json_null()
		     : json_count(vms_session_track(session, clocks->parts[clock_meet->lo_by].track)
					  ->vcpu));
	json_put(
		j, "below",
		fits ? json_null()
		     : json_count(vms_session_track(session, clocks->parts[clock_meet->hi_by].track)
					  ->vcpu));
	json_close(j, '}');
}

/* What a vCPU's stretches on each host CPU allow. */
static void host_cpus(json *j, const char *key, const struct vms_session *s,
		      const struct vms_clocks *c, unsigned int track)
{
	const struct vms_stream *host = vms_session_trace(s)->host;
	const struct vms_stream *guest = report_guest(s, vms_session_track(s, track));
	unsigned int i;

	json_open(j, key, '[');
	for (i = 0; c && i < c->parts_nr; i++) {
		const struct vms_clock_part *p = &c->parts[i];

		if (p->track != track || p->pcpu < 0)
			continue;
		json_open(j, NULL, '{');
		json_put(j, "cpu", json_count(host->cpus[p->pcpu].cpu));
		json_put(j, "bounds", json_count(p->bounds_nr));
		json_put(j, "offset_lo",
			 p->speaks ? json_bound(report_offset(guest, c->at_raw, p->lo_raw))
				   : json_null());
		json_put(j, "offset_hi",
			 p->speaks ? json_bound(report_offset(guest, c->at_raw, p->hi_raw))
				   : json_null());
		json_close(j, '}');
	}
	json_close(j, ']');
}

static bool host_cpus_agree(const struct vms_clocks *c, unsigned int track)
{
	const struct vms_clock_meet m = vms_clocks_pcpus(c, track);

	return m.lo_raw <= m.hi_raw;
}

/* One after another, each with the host times between which it is known to have run. */
static void threads(json *j, const char *key, const struct vms_thread *t)
{
	int64_t from, to;
	unsigned int i;

	json_open(j, key, '[');
	for (i = 0; t && i < vms_thread_parts_nr(t); i++) {
		json_open(j, NULL, '{');
		const bool ran = vms_thread_part_span(t, i, &from, &to);

		json_put(j, "tid", json_integer(vms_thread_tid(t, i)));
		json_put(j, "from", ran ? json_integer(from) : json_null());
		json_put(j, "to", ran ? json_integer(to) : json_null());
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void vcpu(json *j, const char *key, const struct vms_session *session, unsigned int track,
		 const struct vms_clocks *c, const struct app_report_opts *ro)
{
	const struct vms_track *t = vms_session_track(session, track);
	unsigned int i;

	json_open(j, key, '{');
	json_put(j, "vcpu", json_count(t->vcpu));
	json_put(j, "host_tid", t->thread ? json_integer(t->thread->tid) : json_null());
	threads(j, "threads", t->thread);
	json_put(j, "confidence", json_real(t->align->confidence));
	json_put(j, "ambiguous", json_bool(t->align->ambiguous));
	json_put(j, "threads_ambiguous", json_bool(t->align->more_threads));
	json_put(j, "tid_from", json_text(report_tid_from(t)));
	coverage(j, "coverage", session, t);
	facts(j, "facts", session, t);
	limits(j, "limits", session, t);
	json_open(j, "segments", '[');
	for (i = 0; t->band && i < t->band->segs_nr; i++)
		segment(j, NULL, session, report_guest(session, t), &t->band->segs[i], ro);
	json_close(j, ']');
	host_cpus(j, "host_cpus", session, c, track);
	json_put(j, "host_cpus_agree", json_bool(!c || host_cpus_agree(c, track)));
	json_put(j, "steps", json_count(vms_band_steps(t->band)));
	json_put(j, "single_line_fits",
		 json_bool(t->band && t->band->segs_nr == 1 && t->band->segs[0].feasible));
	json_recorded(j, "recorded", session, track);
	violations(j, "violations", &t->in_force);
	violations(j, "violations_recorded", &t->recorded);
	violations(j, "violations_at_band", &t->at_band);
	models(j, "models", session, t);
	sequences(j, "sequences", session, t);
	json_close(j, '}');
}

static void starts_add(json *j, const struct vms_track *track)
{
	unsigned int i;

	for (i = 0; i < track->starts_nr; i++) {
		json_open(j, NULL, '{');
		json_put(j, "vcpu", json_count(track->vcpu));
		json_put(j, "start", json_text(track->starts[i].name));
		json_put(j, "cost", json_count(track->starts[i].cost));
		json_put(j, "taken", json_bool(track->starts[i].taken));
		json_close(j, '}');
	}
}

/* A guest's alignment is as good as that of its worst vCPU. */
static void alignment(json *j, const char *key, const struct vms_session *s, unsigned int guest)
{
	const struct vms_align_vcpu *worst = NULL;
	bool ambiguous = false;
	unsigned int i;

	for (i = 0; i < vms_session_tracks_nr(s); i++) {
		const struct vms_track *t = vms_session_track(s, i);

		if (t->guest == guest && (!worst || t->align->confidence < worst->confidence))
			worst = t->align;
		ambiguous |= t->guest == guest && t->align->ambiguous;
	}
	json_open(j, key, '{');
	json_put(j, "start", json_text(worst ? report_start_name(worst) : "none"));
	json_put(j, "how", json_text(worst && worst->how ? worst->how : "none"));
	json_put(j, "confidence", json_real(worst ? worst->confidence : 0.0));
	json_put(j, "second_best_offset",
		 worst && worst->second_best_raw ? json_integer(worst->second_best_raw)
						 : json_null());
	json_put(j, "ambiguous", json_bool(ambiguous));
	json_open(j, "starts_tried", '[');
	for (i = 0; i < vms_session_tracks_nr(s); i++)
		if (vms_session_track(s, i)->guest == guest)
			starts_add(j, vms_session_track(s, i));
	json_close(j, ']');
	json_close(j, '}');
}

static void defects(json *j, const char *key, const struct vms_stream *guest,
		    const struct vms_stream *host)
{
	struct vms_defect found[VMS_DEFECTS_MAX];
	const unsigned int nr = vms_defects_find(found, guest, host);
	unsigned int i;

	json_open(j, key, '[');
	for (i = 0; i < nr; i++) {
		json_open(j, NULL, '{');
		json_put(j, "id", json_text(found[i].id));
		json_put(j, "text", json_text(found[i].text));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void guest(json *j, const char *key, const struct vms_session *session, unsigned int g,
		  const struct app_report_opts *ro)
{
	const struct vms_trace *trace = vms_session_trace(session);
	const struct vms_stream *stream = trace->guests[g].stream;
	struct vms_clocks *clocks = NULL;
	unsigned int i;

	json_open(j, key, '{');
	json_stream(j, stream);
	defects(j, "defects", stream, trace->host);
	alignment(j, "alignment", session, g);
	j->out.bad |= report_clocks(&clocks, session, g, ro);
	if (clocks)
		together(j, "together", session, stream, clocks);
	else
		json_put(j, "together", json_null());
	json_open(j, "vcpus", '[');
	for (i = 0; i < vms_session_tracks_nr(session); i++)
		if (vms_session_track(session, i)->guest == g)
			vcpu(j, NULL, session, i, clocks, ro);
	json_close(j, ']');
	vms_clocks_free(clocks);
	json_close(j, '}');
}

static void piecewise(json *j, const char *key, const struct vms_cuts *c)
{
	unsigned int i;

	json_open(j, key, '{');
	json_put(j, "estimator", json_text(vms_estimators()[c->estimator].name));
	json_open(j, "cuts_raw", '[');
	for (i = 0; i < c->nr; i++)
		json_put(j, NULL, json_integer(c->at_raw[i]));
	json_close(j, ']');
	json_close(j, '}');
}

void report_json(json *j, const struct vms_session *session, const struct app_report_opts *ro)
{
	const struct vms_trace *trace = vms_session_trace(session);
	unsigned int i;

	json_head(j, ro);
	json_put(j, "model_in_force", json_text(vms_by_name(vms_session_model(session))));
	if (vms_session_cuts(session)->nr)
		piecewise(j, "piecewise", vms_session_cuts(session));
	json_open(j, "host", '{');
	json_stream(j, trace->host);
	json_holes(j, "holes", vms_session_stretches(session), trace->host);
	json_close(j, '}');
	json_open(j, "guests", '[');
	for (i = 0; i < trace->guests_nr; i++)
		guest(j, NULL, session, i, ro);
	json_close(j, ']');
	json_end(j, trace);
}
