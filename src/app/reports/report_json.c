// SPDX-License-Identifier: LGPL-2.1-or-later
/* The JSON report: one object with stable keys, version 2 of vmsync-report(5). */
#include "app/reports/report_impl.h"
#include "app/words/verdict.h"
#include "core/base/util.h"

#include <math.h>
#include <string.h>

#include <vmsync/clocks.h>
#include <vmsync/defects.h>

static void stats(json *out, const char *key, const struct vms_stats *st)
{
	const bool some = st->n > 0;

	json_open(out, key, '{');
	json_put(out, "n", json_count(st->n));
	json_put(out, "min", json_real(some ? st->min : NAN));
	json_put(out, "median", json_real(some ? st->median : NAN));
	json_put(out, "mad", json_real(some ? st->mad : NAN));
	json_put(out, "p99", json_real(some ? st->p99 : NAN));
	json_put(out, "mean", json_real(some ? st->mean : NAN));
	json_put(out, "sd", json_real(st->n > 1 ? st->sd : NAN));
	json_close(out, '}');
}

static void binding(json *out, const char *key, const struct vms_stream *guest,
		    const struct vms_point *point, uint32_t nr)
{
	if (!nr) {
		json_put(out, key, json_null());
		return;
	}
	json_open(out, key, '{');
	json_put(out, "guest_time", json_integer(report_time(guest, point->x_raw)));
	json_put(out, "guest_event",
		 vms_point_is_fact(point) ? json_null() : json_count(point->event));
	json_put(out, "clock_fact", json_bool(vms_point_is_fact(point)));
	json_put(out, "offset", json_integer(report_offset(guest, point->x_raw, point->y_raw)));
	json_close(out, '}');
}

static void segment(json *out, const char *key, const struct vms_session *session,
		    const struct vms_stream *guest, const struct vms_band_segment *seg,
		    const struct app_report_opts *ro)
{
	const struct report_band band = report_band_at(guest, seg, ro);
	const bool bounded = band.lo_raw != INT64_MIN && band.hi_raw != INT64_MAX;

	json_open(out, key, '{');
	json_put(out, "guest_from", json_integer(report_time(guest, seg->from_raw)));
	json_put(out, "guest_to", json_integer(report_time(guest, seg->to_raw)));
	json_put(out, "events", json_count((uint64_t)seg->to_event - seg->from_event + 1));
	json_open(out, "band", '{');
	json_put(out, "feasible", json_bool(seg->feasible));
	json_put(out, "violations", json_count(seg->violations));
	json_put(out, "at", json_integer(band.at_raw));
	json_put(out, "offset_lo", json_bound(band.lo_raw));
	json_put(out, "offset_hi", json_bound(band.hi_raw));
	json_put(out, "width_ns",
		 bounded ? json_real(vms_clock_ns(vms_session_clock(session),
						  band.hi_raw - band.lo_raw))
			 : json_null());
	json_put(out, "drift_ppm_lo", json_real(report_drift(guest, seg->drift_lo) * 1e6));
	json_put(out, "drift_ppm_hi", json_real(report_drift(guest, seg->drift_hi) * 1e6));
	json_put(out, "soft", json_bool(seg->soft));
	json_put(out, "constant", json_bool(seg->constant));
	binding(out, "bound_below_by", guest, &seg->bind_lower, seg->lower_nr);
	binding(out, "bound_above_by", guest, &seg->bind_upper, seg->upper_nr);
	json_close(out, '}');
	json_close(out, '}');
}

/* How much of a vCPU the band and the verdicts speak of, and why not of the rest. */
static void coverage(json *out, const char *key, const struct vms_session *s,
		     const struct vms_track *t)
{
	const struct vms_coverage c = vms_session_coverage(s, t);

	json_open(out, key, '{');
	json_put(out, "events", json_count(c.events_nr));
	json_put(out, "checkable", json_count(c.checkable_nr));
	json_put(out, "outside_recording", json_count(c.outside_recording_nr));
	json_put(out, "whereabouts_unknown", json_count(c.whereabouts_unknown_nr));
	json_put(out, "lost", json_count(c.lost_nr));
	json_put(out, "thread_unknown", json_count(c.thread_unknown_nr));
	json_put(out, "seconds", json_real(c.seconds));
	json_close(out, '}');
}

static void limits(json *out, const char *key, const struct vms_session *session,
		   const struct vms_track *track)
{
	const bool none = !(track->limits.drift_max > 0.0);

	json_open(out, key, '{');
	json_put(out, "rate", none ? json_null() : json_text(vms_rate_name(track->limits.rate)));
	json_put(out, "drift_ppm", json_real(track->limits.drift_max * 1e6));
	json_put(out, "narrow", json_bool(track->limits.narrow));
	json_put(out, "drift_reached", json_bool(track->limits.drift_reached));
	json_put(out, "drift_alone_width_ns",
		 none || track->limits.alone_raw == INT64_MAX
			 ? json_null()
			 : json_real(vms_clock_ns(vms_session_clock(session),
						  track->limits.alone_raw)));
	json_close(out, '}');
}

static void facts(json *out, const char *key, const struct vms_session *s,
		  const struct vms_track *t)
{
	const struct vms_facts_seen f = vms_session_facts(s, t);

	json_open(out, key, '{');
	json_put(out, "n", json_count(f.nr));
	json_put(out, "left_out", json_count(f.left_out_nr));
	json_put(out, "width_ns", json_real(f.width_ns));
	json_put(out, "rate", f.rate > 0.0 ? json_real(f.rate) : json_null());
	json_close(out, '}');
}

static void violations(json *out, const char *key, const struct vms_violations *v)
{
	json_open(out, key, '{');
	json_put(out, "guest_outside", json_count(v->guest_outside));
	json_put(out, "host_inside", json_count(v->host_inside));
	json_put(out, "guest_events", json_count(v->guest_events));
	json_put(out, "guest_beyond", json_count(v->guest_beyond));
	json_close(out, '}');
}

static void json_reach(json *out, const struct vms_session *session,
		       const struct vms_model_result *result)
{
	const struct vms_clock *clock = vms_session_clock(session);
	const int64_t early_raw = VMS_MAX(result->early_raw, 0);
	const int64_t late_raw = VMS_MAX(result->late_raw, 0);
	const bool judged = result->verdict != VMS_VERDICT_NONE;

	json_put(out, "early_at_most_ns",
		 json_real(judged && early_raw != INT64_MAX ? vms_clock_ns(clock, early_raw)
							    : NAN));
	json_put(out, "late_at_most_ns",
		 json_real(judged && late_raw != INT64_MAX ? vms_clock_ns(clock, late_raw) : NAN));
}

static void model(json *out, const char *key, const struct vms_session *session,
		  const struct vms_track *track, const struct vms_model_result *result)
{
	const struct vms_stream *guest = report_guest(session, track);
	double bias_min, bias_max;
	bool biased;

	json_open(out, key, '{');
	json_put(out, "name", json_text(vms_by_name(result->by)));
	json_put(out, "available", json_bool(result->available));
	if (!result->available) {
		json_put(out, "why", json_text(result->why_not));
		json_close(out, '}');
		return;
	}
	json_put(out, "at", json_integer(report_time(guest, result->at_raw)));
	json_put(out, "offset",
		 json_offset(report_offset(guest, result->at_raw, result->offset_raw),
			     result->offset_frac));
	json_put(out, "drift_ppm", json_real(report_drift(guest, result->drift) * 1e6));
	json_put(out, "se_ns",
		 json_real(result->se_raw * vms_clock_ns(vms_session_clock(session), 1)));
	json_put(out, "se_why", isnan(result->se_raw) ? json_text(result->se_why) : json_null());
	biased = vms_session_bias(session, track, result, &bias_min, &bias_max);
	json_put(out, "bias_min_ns", json_real(biased ? bias_min : NAN));
	json_put(out, "bias_max_ns", json_real(biased ? bias_max : NAN));
	json_reach(out, session, result);
	json_put(out, "measures", json_text(vms_by_is_delay(result->by) ? "delay" : "offset"));
	json_put(out, "bound",
		 result->bound ? json_text(result->bound > 0 ? "upper" : "lower") : json_null());
	stats(out, "residual_ns", &result->residual_ns);
	json_put(out, "verdict", json_text(vms_verdict_name(result->verdict)));
	json_put(out, "outside_by_ns", json_real(fabs(result->outside_by_ns)));
	json_put(out, "holdout_ns", json_real(result->holdout_ns));
	json_close(out, '}');
}

static void models(json *out, const char *key, const struct vms_session *session,
		   const struct vms_track *track)
{
	unsigned int i;

	json_open(out, key, '[');
	for (i = 0; i < vms_session_models_nr(session); i++)
		model(out, NULL, session, track, result_shown(track, i));
	json_close(out, ']');
}

static void sequences(json *out, const char *key, const struct vms_session *session,
		      unsigned int track_idx, const struct app_report_opts *ro)
{
	const struct vms_catalogue *cat = vms_session_catalogue(session);
	const struct vms_track *track = vms_session_track(session, track_idx);
	unsigned int i;

	json_open(out, key, '[');
	for (i = 0; i < cat->seqs_nr; i++) {
		const struct vms_seq_result *seq_result = &track->seqs[i];

		if (cat->seqs[i].removed)
			continue;
		json_open(out, NULL, '{');
		json_put(out, "name", json_text(cat->seqs[i].name));
		json_put(out, "direction", json_text(report_direction(&cat->seqs[i])));
		json_put(out, "muted", json_bool(!cat->seqs[i].enabled));
		json_put(out, "pairs", json_count(seq_result->pairs));
		json_put(out, "accepted", json_count(seq_result->accepted));
		json_put(out, "rejected", json_count(seq_result->rejected));
		json_put(out, "impossible", json_count(seq_result->impossible));
		stats(out, "delay_ns", &seq_result->delay_ns);
		if (cat->seqs[i].enabled) {
			json_open(out, "under_band", '{');
			json_fitness(out, vms_session_clock(session), report_guest(session, track),
				     cat->seqs[i].dir,
				     report_fitness_of(ro->fitness->of_track, session, track_idx,
						       i),
				     false);
			json_close(out, '}');
		}
		json_close(out, '}');
	}
	json_close(out, ']');
}

/* What all vCPUs of a guest allow together. */
static void together(json *out, const char *key, const struct vms_session *session,
		     const struct vms_stream *guest, const struct vms_clocks *clocks)
{
	const struct vms_clock *clock = vms_session_clock(session);
	const struct vms_clock_meet *meet = &clocks->vcpus;
	const int64_t apart = vms_sat_sub_i64(meet->lo_raw, meet->hi_raw);
	const bool fits = meet->lo_raw <= meet->hi_raw;
	const struct json_value null = json_null();

	json_open(out, key, '{');
	json_put(out, "at", json_integer(report_time(guest, clocks->at_raw)));
	json_put(out, "vcpus", json_count(meet->nr));
	json_put(out, "one_offset_fits", meet->nr > 1 ? json_bool(fits) : null);
	json_put(out, "offset_lo",
		 fits ? json_bound(report_offset(guest, clocks->at_raw, meet->lo_raw)) : null);
	json_put(out, "offset_hi",
		 fits ? json_bound(report_offset(guest, clocks->at_raw, meet->hi_raw)) : null);
	json_put(out, "width_ns",
		 fits ? json_real(vms_clock_ns(clock, vms_sat_sub_i64(meet->hi_raw, meet->lo_raw)))
		      : null);
	json_put(out, "apart", fits ? null : json_integer(apart));
	json_put(out, "apart_ns", fits ? null : json_real(vms_clock_ns(clock, apart)));
	json_put(out, "above",
		 fits ? null : json_count(report_part_vcpu(session, clocks, meet->lo_by)));
	json_put(out, "below",
		 fits ? null : json_count(report_part_vcpu(session, clocks, meet->hi_by)));
	json_close(out, '}');
}

/* What a vCPU's stretches on each host CPU allow. */
static void host_cpus(json *out, const char *key, const struct vms_session *session,
		      const struct vms_clocks *clocks, unsigned int track)
{
	const struct vms_stream *host = vms_session_trace(session)->host;
	const struct vms_stream *guest = report_guest(session, vms_session_track(session, track));
	unsigned int i;

	json_open(out, key, '[');
	for (i = 0; clocks && i < clocks->parts_nr; i++) {
		const struct vms_clock_part *part = &clocks->parts[i];

		if (part->track != track || part->pcpu < 0)
			continue;
		json_open(out, NULL, '{');
		json_put(out, "cpu", json_count(host->cpus[part->pcpu].cpu));
		json_put(out, "bounds", json_count(part->bounds_nr));
		json_put(out, "offset_lo",
			 part->speaks
				 ? json_bound(report_offset(guest, clocks->at_raw, part->lo_raw))
				 : json_null());
		json_put(out, "offset_hi",
			 part->speaks
				 ? json_bound(report_offset(guest, clocks->at_raw, part->hi_raw))
				 : json_null());
		json_close(out, '}');
	}
	json_close(out, ']');
}

static bool host_cpus_agree(const struct vms_clocks *c, unsigned int track)
{
	const struct vms_clock_meet m = vms_clocks_pcpus(c, track);

	return m.lo_raw <= m.hi_raw;
}

/* One after another, each with the host times between which it is known to have run. */
static void threads(json *out, const char *key, const struct vms_thread *t)
{
	int64_t from, to;
	unsigned int i;

	json_open(out, key, '[');
	for (i = 0; t && i < vms_thread_parts_nr(t); i++) {
		json_open(out, NULL, '{');
		const bool ran = vms_thread_part_span(t, i, &from, &to);

		json_put(out, "tid", json_integer(vms_thread_tid(t, i)));
		json_put(out, "from", ran ? json_integer(from) : json_null());
		json_put(out, "to", ran ? json_integer(to) : json_null());
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void vcpu(json *out, const char *key, const struct vms_session *session,
		 unsigned int track_idx, const struct vms_clocks *clocks,
		 const struct app_report_opts *ro)
{
	const struct vms_track *track = vms_session_track(session, track_idx);
	unsigned int i;

	json_open(out, key, '{');
	json_put(out, "vcpu", json_count(track->vcpu));
	json_put(out, "host_tid", track->thread ? json_integer(track->thread->tid) : json_null());
	threads(out, "threads", track->thread);
	json_put(out, "confidence", json_real(track->align->confidence));
	json_put(out, "ambiguous", json_bool(track->align->ambiguous));
	json_put(out, "threads_ambiguous", json_bool(track->align->more_threads));
	json_put(out, "tid_from", json_text(report_tid_from(track)));
	coverage(out, "coverage", session, track);
	facts(out, "facts", session, track);
	limits(out, "limits", session, track);
	json_open(out, "segments", '[');
	for (i = 0; track->band && i < track->band->segs_nr; i++)
		segment(out, NULL, session, report_guest(session, track), &track->band->segs[i],
			ro);
	json_close(out, ']');
	host_cpus(out, "host_cpus", session, clocks, track_idx);
	json_put(out, "host_cpus_agree", json_bool(!clocks || host_cpus_agree(clocks, track_idx)));
	json_put(out, "widest_ns", json_real(report_widest_ns(session, track)));
	json_put(out, "steps", json_count(vms_band_steps(track->band)));
	json_put(out, "single_line_fits",
		 json_bool(track->band && track->band->segs_nr == 1 &&
			   track->band->segs[0].feasible));
	json_recorded(out, "recorded", session, track_idx);
	violations(out, "violations", &track->in_force);
	violations(out, "violations_recorded", &track->recorded);
	violations(out, "violations_at_band", &track->at_band);
	models(out, "models", session, track);
	sequences(out, "sequences", session, track_idx, ro);
	json_close(out, '}');
}

static void starts_add(json *out, const struct vms_track *track)
{
	unsigned int i;

	for (i = 0; i < track->starts_nr; i++) {
		json_open(out, NULL, '{');
		json_put(out, "vcpu", json_count(track->vcpu));
		json_put(out, "start", json_text(track->starts[i].name));
		json_put(out, "cost", json_count(track->starts[i].cost));
		json_put(out, "taken", json_bool(track->starts[i].taken));
		json_close(out, '}');
	}
}

/* A guest's alignment is as good as that of its worst vCPU. */
static void alignment(json *out, const char *key, const struct vms_session *session,
		      unsigned int guest)
{
	const struct vms_align_vcpu *worst = NULL;
	bool ambiguous = false;
	unsigned int i;

	for (i = 0; i < vms_session_tracks_nr(session); i++) {
		const struct vms_track *track = vms_session_track(session, i);

		if (track->guest == guest &&
		    (!worst || track->align->confidence < worst->confidence))
			worst = track->align;
		ambiguous |= track->guest == guest && track->align->ambiguous;
	}
	json_open(out, key, '{');
	json_put(out, "start", json_text(worst ? report_start_name(worst) : "none"));
	json_put(out, "how", json_text(worst && worst->how ? worst->how : "none"));
	json_put(out, "confidence", json_real(worst ? worst->confidence : 0.0));
	json_put(out, "second_best_offset",
		 worst && worst->second_best_raw ? json_integer(worst->second_best_raw)
						 : json_null());
	json_put(out, "ambiguous", json_bool(ambiguous));
	json_open(out, "starts_tried", '[');
	for (i = 0; i < vms_session_tracks_nr(session); i++)
		if (vms_session_track(session, i)->guest == guest)
			starts_add(out, vms_session_track(session, i));
	json_close(out, ']');
	json_close(out, '}');
}

static void defects(json *out, const char *key, const struct vms_stream *guest,
		    const struct vms_stream *host)
{
	struct vms_defect found[VMS_DEFECTS_MAX];
	const unsigned int nr = vms_defects_find(found, guest, host);
	unsigned int i;

	json_open(out, key, '[');
	for (i = 0; i < nr; i++) {
		json_open(out, NULL, '{');
		json_put(out, "id", json_text(found[i].id));
		json_put(out, "text", json_text(found[i].text));
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void guest(json *out, const char *key, const struct vms_session *session,
		  unsigned int guest_idx, const struct app_report_opts *ro)
{
	const struct vms_trace *trace = vms_session_trace(session);
	const struct vms_stream *stream = trace->guests[guest_idx].stream;
	struct vms_clocks *clocks = NULL;
	unsigned int i;

	json_open(out, key, '{');
	json_stream(out, stream);
	json_put(out, "tsc_ratio",
		 stream->ratio.mult ? json_real(vms_ratio_value(&stream->ratio)) : json_null());
	defects(out, "defects", stream, trace->host);
	alignment(out, "alignment", session, guest_idx);
	out->text.bad |= report_clocks(&clocks, session, guest_idx, ro);
	if (clocks)
		together(out, "together", session, stream, clocks);
	else
		json_put(out, "together", json_null());
	json_open(out, "vcpus", '[');
	for (i = 0; i < vms_session_tracks_nr(session); i++)
		if (vms_session_track(session, i)->guest == guest_idx)
			vcpu(out, NULL, session, i, clocks, ro);
	json_close(out, ']');
	vms_clocks_free(clocks);
	json_guest_sequences(out, "sequences", session, guest_idx, ro);
	if (ro->finds)
		json_found(out, "found", session, guest_idx, ro->finds);
	json_close(out, '}');
}

static void piecewise(json *out, const char *key, const struct vms_cuts *c)
{
	unsigned int i;

	json_open(out, key, '{');
	json_put(out, "estimator", json_text(vms_estimators()[c->estimator].name));
	json_open(out, "cuts_raw", '[');
	for (i = 0; i < c->nr; i++)
		json_put(out, NULL, json_integer(c->at_raw[i]));
	json_close(out, ']');
	json_close(out, '}');
}

void report_json(json *out, const struct vms_session *session, const struct app_report_opts *ro)
{
	const struct vms_trace *trace = vms_session_trace(session);
	unsigned int i;

	json_head(out, ro);
	json_put(out, "model_in_force", json_text(vms_by_name(vms_session_model(session))));
	json_verdict(out, "verdict", session);
	if (vms_session_cuts(session)->nr)
		piecewise(out, "piecewise", vms_session_cuts(session));
	json_open(out, "host", '{');
	json_stream(out, trace->host);
	json_range(out, trace);
	json_holes(out, "holes", vms_session_stretches(session), trace->host);
	json_close(out, '}');
	json_open(out, "guests", '[');
	for (i = 0; i < trace->guests_nr; i++)
		guest(out, NULL, session, i, ro);
	json_close(out, ']');
	if (ro->copies)
		json_copies(out, "copies", session, ro);
	report_thesis(out, true, trace, ro->thesis);
	if (ro->advice)
		json_advise(out, trace, session, ro->advice);
	json_end(out, trace);
}
