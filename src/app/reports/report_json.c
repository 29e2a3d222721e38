// SPDX-License-Identifier: LGPL-2.1-or-later
/* The JSON report: one object with stable keys, version 2 of vmsync-report(5). */
#include "app/reports/report.h"

#include <stdio.h>
#include <math.h>

#include <vmsync/clocks.h>
#include <vmsync/defects.h>

#include "app/reports/report_impl.h"

static json *stats(const struct vms_stats *st)
{
	json *obj = json_object_new_object();
	const bool some = st->n > 0;

	json_put(obj, "n", json_count(st->n));
	json_put(obj, "min", json_real(some ? st->min : NAN));
	json_put(obj, "median", json_real(some ? st->median : NAN));
	json_put(obj, "mad", json_real(some ? st->mad : NAN));
	json_put(obj, "p99", json_real(some ? st->p99 : NAN));
	json_put(obj, "mean", json_real(some ? st->mean : NAN));
	json_put(obj, "sd", json_real(st->n > 1 ? st->sd : NAN));
	return obj;
}

static json *binding(const struct vms_stream *guest, const struct vms_point *point, uint32_t nr)
{
	json *o;

	if (!nr)
		return NULL;
	o = json_object_new_object();
	json_put(o, "guest_time", json_integer(report_time(guest, point->x_raw)));
	json_put(o, "guest_event", vms_point_is_fact(point) ? NULL : json_count(point->event));
	json_put(o, "clock_fact", json_object_new_boolean(vms_point_is_fact(point)));
	json_put(o, "offset", json_integer(report_offset(guest, point->x_raw, point->y_raw)));
	return o;
}

static json *segment(const struct vms_session *session, const struct vms_stream *guest,
		     const struct vms_band_segment *seg, const struct app_report_opts *ro)
{
	const struct report_band band = report_band_at(guest, seg, ro);
	const bool bounded = band.lo_raw != INT64_MIN && band.hi_raw != INT64_MAX;
	json *o = json_object_new_object();
	json *b = json_object_new_object();

	json_put(o, "guest_from", json_integer(report_time(guest, seg->from_raw)));
	json_put(o, "guest_to", json_integer(report_time(guest, seg->to_raw)));
	json_put(o, "events", json_count((uint64_t)seg->to_event - seg->from_event + 1));
	json_put(b, "feasible", json_object_new_boolean(seg->feasible));
	json_put(b, "violations", json_count(seg->violations));
	json_put(b, "at", json_integer(band.at_raw));
	json_put(b, "offset_lo", json_bound(band.lo_raw));
	json_put(b, "offset_hi", json_bound(band.hi_raw));
	json_put(b, "width_ns",
		 bounded ? json_real(vms_clock_ns(vms_session_clock(session),
						  band.hi_raw - band.lo_raw))
			 : NULL);
	json_put(b, "drift_ppm_lo", json_real(report_drift(guest, seg->drift_lo) * 1e6));
	json_put(b, "drift_ppm_hi", json_real(report_drift(guest, seg->drift_hi) * 1e6));
	json_put(b, "soft", json_object_new_boolean(seg->soft));
	json_put(b, "constant", json_object_new_boolean(seg->constant));
	json_put(b, "bound_below_by", binding(guest, &seg->bind_lower, seg->lower_nr));
	json_put(b, "bound_above_by", binding(guest, &seg->bind_upper, seg->upper_nr));
	json_put(o, "band", b);
	return o;
}

/* How much of a vCPU the band and the verdicts speak of, and why not of the rest. */
static json *coverage(const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_coverage c = vms_session_coverage(s, t);
	json *o = json_object_new_object();

	json_put(o, "events", json_count(c.events_nr));
	json_put(o, "checkable", json_count(c.checkable_nr));
	json_put(o, "outside_recording", json_count(c.outside_recording_nr));
	json_put(o, "whereabouts_unknown", json_count(c.whereabouts_unknown_nr));
	json_put(o, "lost", json_count(c.lost_nr));
	json_put(o, "thread_unknown", json_count(c.thread_unknown_nr));
	json_put(o, "seconds", json_real(c.seconds));
	return o;
}

static json *limits(const struct vms_session *s, const struct vms_track *t)
{
	json *o = json_object_new_object();
	const bool none = !(t->limits.drift_max > 0.0);

	json_put(o, "rate", none ? NULL : json_object_new_string(vms_rate_name(t->limits.rate)));
	json_put(o, "drift_ppm", json_real(t->limits.drift_max * 1e6));
	json_put(o, "drift_reached", json_object_new_boolean(t->limits.drift_reached));
	json_put(o, "drift_alone_width_ns",
		 none || t->limits.alone_raw == INT64_MAX
			 ? NULL
			 : json_real(vms_clock_ns(vms_session_clock(s), t->limits.alone_raw)));
	return o;
}

static json *facts(const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_facts_seen f = vms_session_facts(s, t);
	json *o = json_object_new_object();

	json_put(o, "n", json_count(f.nr));
	json_put(o, "left_out", json_count(f.left_out_nr));
	json_put(o, "width_ns", json_real(f.width_ns));
	json_put(o, "rate", f.rate > 0.0 ? json_real(f.rate) : NULL);
	return o;
}

static json *violations(const struct vms_violations *v)
{
	json *o = json_object_new_object();

	json_put(o, "guest_outside", json_count(v->guest_outside));
	json_put(o, "host_inside", json_count(v->host_inside));
	json_put(o, "guest_events", json_count(v->guest_events));
	return o;
}

static json *model(const struct vms_session *s, const struct vms_track *t,
		   const struct vms_model_result *result)
{
	const struct vms_stream *guest = report_guest(s, t);
	double bias_min, bias_max;
	bool biased;
	const double ns =
		vms_session_clock(s)->ns_per_unit > 0.0 ? vms_session_clock(s)->ns_per_unit : 1.0;
	json *obj = json_object_new_object();

	json_put(obj, "name", json_object_new_string(vms_by_name(result->by)));
	json_put(obj, "available", json_object_new_boolean(result->available));
	if (!result->available) {
		json_put(obj, "why", json_object_new_string(result->why_not));
		return obj;
	}
	json_put(obj, "at", json_integer(report_time(guest, result->at_raw)));
	json_put(obj, "offset",
		 json_offset(report_offset(guest, result->at_raw, result->offset_raw),
			     result->offset_frac));
	json_put(obj, "drift_ppm", json_real(report_drift(guest, result->drift) * 1e6));
	json_put(obj, "se_ns", json_real(result->se_raw * ns));
	json_put(obj, "se_why",
		 isnan(result->se_raw) ? json_object_new_string(result->se_why) : NULL);
	biased = vms_session_bias(s, t, result, &bias_min, &bias_max);
	json_put(obj, "bias_min_ns", json_real(biased ? bias_min : NAN));
	json_put(obj, "bias_max_ns", json_real(biased ? bias_max : NAN));
	json_put(obj, "measures",
		 json_object_new_string(vms_by_is_delay(result->by) ? "delay" : "offset"));
	json_put(obj, "bound",
		 result->bound ? json_object_new_string(result->bound > 0 ? "upper" : "lower")
			       : NULL);
	json_put(obj, "residual_ns", stats(&result->residual_ns));
	json_put(obj, "verdict", json_object_new_string(vms_verdict_name(result->verdict)));
	json_put(obj, "outside_by_ns", json_real(fabs(result->outside_by_ns)));
	json_put(obj, "holdout_ns", json_real(result->holdout_ns));
	return obj;
}

static json *models(const struct vms_session *session, const struct vms_track *t)
{
	json *list = json_object_new_array();
	unsigned int i;

	for (i = 0; i < vms_session_models_nr(session); i++) {
		const struct vms_model_result *r = &t->models[VMS_OVER_ACCEPTED][i];

		if (!r->available)
			r = &t->models[VMS_OVER_NOT_REJECTED][i];
		(void)json_object_array_add(list, model(session, t, r));
	}
	return list;
}

static json *sequences(const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_catalogue *cat = vms_session_catalogue(s);
	json *list = json_object_new_array();
	unsigned int i;

	for (i = 0; i < cat->seqs_nr; i++) {
		const struct vms_seq_result *seq_result = &t->seqs[i];
		json *obj = json_object_new_object();

		json_put(obj, "name", json_text(cat->seqs[i].name));
		json_put(obj, "direction",
			 json_object_new_string(cat->seqs[i].dir == VMS_GUEST_TO_HOST
							? "guest-to-host"
							: "host-to-guest"));
		json_put(obj, "muted", json_object_new_boolean(!cat->seqs[i].enabled));
		json_put(obj, "pairs", json_count(seq_result->pairs));
		json_put(obj, "accepted", json_count(seq_result->accepted));
		json_put(obj, "rejected", json_count(seq_result->rejected));
		json_put(obj, "impossible", json_count(seq_result->impossible));
		json_put(obj, "delay_ns", stats(&seq_result->delay_ns));
		(void)json_object_array_add(list, obj);
	}
	return list;
}

/* What all vCPUs of a guest allow together. */
static json *together(const struct vms_session *session, const struct vms_stream *guest,
		      const struct vms_clocks *clocks)
{
	const struct vms_clock_meet *clock_meet = &clocks->vcpus;
	const bool fits = clock_meet->lo_raw <= clock_meet->hi_raw;
	json *obj = json_object_new_object();

	json_put(obj, "at", json_integer(report_time(guest, clocks->at_raw)));
	json_put(obj, "vcpus", json_count(clock_meet->nr));
	json_put(obj, "one_offset_fits", json_object_new_boolean(fits));
	json_put(obj, "offset_lo",
		 fits ? json_bound(report_offset(guest, clocks->at_raw, clock_meet->lo_raw))
		      : NULL);
	json_put(obj, "offset_hi",
		 fits ? json_bound(report_offset(guest, clocks->at_raw, clock_meet->hi_raw))
		      : NULL);
	json_put(obj, "width_ns",
		 fits ? json_real(vms_clock_ns(vms_session_clock(session),
					       vms_sat_sub_i64(clock_meet->hi_raw,
							       clock_meet->lo_raw)))
		      : NULL);
	json_put(obj, "apart",
		 fits ? NULL
		      : json_integer(vms_sat_sub_i64(clock_meet->lo_raw, clock_meet->hi_raw)));
	json_put(obj, "apart_ns",
		 fits ? NULL
		      : json_real(vms_clock_ns(vms_session_clock(session),
					       vms_sat_sub_i64(clock_meet->lo_raw,
							       clock_meet->hi_raw))));
	json_put(
		obj, "above",
		fits ? NULL
		     : json_count(vms_session_track(session, clocks->parts[clock_meet->lo_by].track)
					  ->vcpu));
	json_put(
		obj, "below",
		fits ? NULL
		     : json_count(vms_session_track(session, clocks->parts[clock_meet->hi_by].track)
					  ->vcpu));
	return obj;
}

/* What a vCPU's stretches on each host CPU allow. */
static json *host_cpus(const struct vms_session *s, const struct vms_clocks *c, unsigned int track)
{
	const struct vms_stream *host = vms_session_trace(s)->host;
	const struct vms_stream *guest = report_guest(s, vms_session_track(s, track));
	json *list = json_object_new_array();
	unsigned int i;

	for (i = 0; c && i < c->parts_nr; i++) {
		const struct vms_clock_part *p = &c->parts[i];
		json *o;

		if (p->track != track || p->pcpu < 0)
			continue;
		o = json_object_new_object();
		json_put(o, "cpu", json_count(host->cpus[p->pcpu].cpu));
		json_put(o, "bounds", json_count(p->bounds_nr));
		json_put(o, "offset_lo",
			 p->speaks ? json_bound(report_offset(guest, c->at_raw, p->lo_raw)) : NULL);
		json_put(o, "offset_hi",
			 p->speaks ? json_bound(report_offset(guest, c->at_raw, p->hi_raw)) : NULL);
		(void)json_object_array_add(list, o);
	}
	return list;
}

static bool host_cpus_agree(const struct vms_clocks *c, unsigned int track)
{
	const struct vms_clock_meet m = vms_clocks_pcpus(c, track);

	return m.lo_raw <= m.hi_raw;
}

/* One after another, each with the host times between which it is known to have run. */
static json *threads(const struct vms_thread *t)
{
	json *list = json_object_new_array();
	int64_t from, to;
	unsigned int i;

	for (i = 0; t && i < vms_thread_parts_nr(t); i++) {
		json *o = json_object_new_object();
		const bool ran = vms_thread_part_span(t, i, &from, &to);

		json_put(o, "tid", json_integer(vms_thread_tid(t, i)));
		json_put(o, "from", ran ? json_integer(from) : NULL);
		json_put(o, "to", ran ? json_integer(to) : NULL);
		(void)json_object_array_add(list, o);
	}
	return list;
}

static json *vcpu(const struct vms_session *session, unsigned int track, const struct vms_clocks *c,
		  const struct app_report_opts *ro)
{
	const struct vms_track *t = vms_session_track(session, track);
	json *obj = json_object_new_object();
	json *segs = json_object_new_array();
	unsigned int i;

	json_put(obj, "vcpu", json_count(t->vcpu));
	json_put(obj, "host_tid", t->thread ? json_integer(t->thread->tid) : NULL);
	json_put(obj, "threads", threads(t->thread));
	json_put(obj, "threads_ambiguous", json_object_new_boolean(t->align->more_threads));
	json_put(obj, "tid_from", json_object_new_string(report_tid_from(t)));
	for (i = 0; t->band && i < t->band->segs_nr; i++)
		(void)json_object_array_add(segs, segment(session, report_guest(session, t),
							  &t->band->segs[i], ro));
	json_put(obj, "coverage", coverage(session, t));
	json_put(obj, "facts", facts(session, t));
	json_put(obj, "limits", limits(session, t));
	json_put(obj, "segments", segs);
	json_put(obj, "host_cpus", host_cpus(session, c, track));
	json_put(obj, "host_cpus_agree", json_object_new_boolean(!c || host_cpus_agree(c, track)));
	json_put(obj, "steps", json_count(vms_band_steps(t->band)));
	json_put(obj, "single_line_fits",
		 json_object_new_boolean(t->band && t->band->segs_nr == 1 &&
					 t->band->segs[0].feasible));
	json_put(obj, "recorded", json_recorded(session, track));
	json_put(obj, "violations", violations(&t->in_force));
	json_put(obj, "violations_recorded", violations(&t->recorded));
	json_put(obj, "violations_at_band", violations(&t->at_band));
	json_put(obj, "models", models(session, t));
	json_put(obj, "sequences", sequences(session, t));
	return obj;
}

static void starts_add(json *list, const struct vms_track *track)
{
	unsigned int i;

	for (i = 0; i < track->starts_nr; i++) {
		json *o = json_object_new_object();

		json_put(o, "vcpu", json_count(track->vcpu));
		json_put(o, "start", json_object_new_string(track->starts[i].name));
		json_put(o, "cost", json_count(track->starts[i].cost));
		json_put(o, "taken", json_object_new_boolean(track->starts[i].taken));
		(void)json_object_array_add(list, o);
	}
}

/* A guest's alignment is as good as that of its worst vCPU. */
static json *alignment(const struct vms_session *s, unsigned int guest)
{
	const struct vms_align_vcpu *worst = NULL;
	json *obj = json_object_new_object(), *starts = json_object_new_array();
	bool ambiguous = false;
	unsigned int i;

	for (i = 0; i < vms_session_tracks_nr(s); i++) {
		const struct vms_track *t = vms_session_track(s, i);

		if (t->guest == guest && (!worst || t->align->confidence < worst->confidence))
			worst = t->align;
		ambiguous |= t->guest == guest && t->align->ambiguous;
		if (t->guest == guest)
			starts_add(starts, t);
	}
	json_put(obj, "start", json_object_new_string(worst ? report_start_name(worst) : "none"));
	json_put(obj, "how", json_object_new_string(worst && worst->how ? worst->how : "none"));
	json_put(obj, "confidence", json_real(worst ? worst->confidence : 0.0));
	json_put(obj, "second_best_offset",
		 worst && worst->second_best_raw ? json_integer(worst->second_best_raw) : NULL);
	json_put(obj, "ambiguous", json_object_new_boolean(ambiguous));
	json_put(obj, "starts_tried", starts);
	return obj;
}

static json *defects(const struct vms_stream *guest, const struct vms_stream *host)
{
	struct vms_defect found[VMS_DEFECTS_MAX];
	const unsigned int nr = vms_defects_find(found, guest, host);
	json *list = json_object_new_array();
	unsigned int i;

	for (i = 0; i < nr; i++) {
		json *o = json_object_new_object();

		json_put(o, "id", json_object_new_string(found[i].id));
		json_put(o, "text", json_object_new_string(found[i].text));
		(void)json_object_array_add(list, o);
	}
	return list;
}

static json *guest(const struct vms_session *session, unsigned int g,
		   const struct app_report_opts *ro)
{
	json *obj = json_object_new_object();
	json *list = json_object_new_array();
	struct vms_clocks *clocks = NULL;
	unsigned int i;

	json_stream(obj, vms_session_trace(session)->guests[g].stream);
	json_put(obj, "defects",
		 defects(vms_session_trace(session)->guests[g].stream,
			 vms_session_trace(session)->host));
	json_put(obj, "alignment", alignment(session, g));
	if (vms_clocks_build(&clocks, session, g, ro->has_at ? &ro->at_raw : NULL, NULL))
		clocks = NULL; /* no vCPU has a band there */
	json_put(obj, "together",
		 clocks ? together(session, vms_session_trace(session)->guests[g].stream, clocks)
			: NULL);
	for (i = 0; i < vms_session_tracks_nr(session); i++)
		if (vms_session_track(session, i)->guest == g)
			(void)json_object_array_add(list, vcpu(session, i, clocks, ro));
	json_put(obj, "vcpus", list);
	vms_clocks_free(clocks);
	return obj;
}

static json *piecewise(const struct vms_cuts *c)
{
	json *o = json_object_new_object(), *list = json_object_new_array();
	unsigned int i;

	json_put(o, "estimator", json_text(vms_estimators()[c->estimator].name));
	for (i = 0; i < c->nr; i++)
		(void)json_object_array_add(list, json_integer(c->at_raw[i]));
	json_put(o, "cuts_raw", list);
	return o;
}

int app_report_json(FILE *file, const struct vms_session *session, const struct app_report_opts *ro,
		    struct vms_err *err)
{
	const struct vms_trace *trace = vms_session_trace(session);
	json *obj = json_object_new_object();
	json *host = json_object_new_object();
	json *guests = json_object_new_array();
	unsigned int i;

	json_head(obj, ro);
	json_put(obj, "model_in_force",
		 json_object_new_string(vms_by_name(vms_session_model(session))));
	if (vms_session_cuts(session)->nr)
		json_put(obj, "piecewise", piecewise(vms_session_cuts(session)));
	json_stream(host, trace->host);
	json_put(host, "holes", json_holes(vms_session_stretches(session), trace->host));
	json_put(obj, "host", host);
	for (i = 0; i < trace->guests_nr; i++)
		(void)json_object_array_add(guests, guest(session, i, ro));
	json_put(obj, "guests", guests);
	json_log(obj, trace);
	return json_print(file, obj, err);
}
