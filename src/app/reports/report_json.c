// SPDX-License-Identifier: LGPL-2.1-or-later
/* The JSON report: one object with stable keys, version 1 of vmsync-report(5). */
#include "app/reports/report.h"

#include <stdio.h>
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/clocks.h>
#include <vmsync/defects.h>

#define REPORT_VERSION 1

typedef struct json_object json;

static void put(json *o, const char *key, json *v)
{
	(void)json_object_object_add(o, key, v);
}

/* json-c copies bytes as they are: a name from a trace may not be UTF-8, and JSON must be. */
static json *text(const char *s)
{
	char clean[512];
	size_t n = 0;

	for (; *s && n + 1 < sizeof(clean); s++)
		clean[n++] = (unsigned char)*s < 0x80 ? *s : '?';
	clean[n] = '\0';
	return json_object_new_string(clean);
}

static json *integer(int64_t v)
{
	return json_object_new_int64(v);
}

static json *count(uint64_t v)
{
	return json_object_new_int64(v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

/* A number that is not defined is null, never NaN, which JSON does not have. */
static json *real(double v)
{
	char s[40];

	if (!isfinite(v))
		return NULL;
	(void)snprintf(s, sizeof(s), "%.9g", v);
	return json_object_new_double_s(v, s);
}

static json *bound(int64_t v)
{
	return v == INT64_MIN || v == INT64_MAX ? NULL : integer(v);
}

/* A 64-bit offset with its part below one unit, written exactly: no double holds it. */
static json *offset(int64_t whole, double frac)
{
	char s[48];
	int milli = (int)lround(frac * 1000.0);

	if (milli <= 0)
		return integer(whole);
	if (milli > 999)
		milli = 999;
	if (whole < 0)
		(void)snprintf(s, sizeof(s), "-%" PRIu64 ".%03d", (uint64_t) - (whole + 1),
			       1000 - milli);
	else
		(void)snprintf(s, sizeof(s), "%" PRId64 ".%03d", whole, milli);
	return json_object_new_double_s((double)whole + frac, s);
}

static json *stats(const struct vms_stats *st)
{
	json *o = json_object_new_object();
	const bool some = st->n > 0;

	put(o, "n", count(st->n));
	put(o, "min", real(some ? st->min : NAN));
	put(o, "median", real(some ? st->median : NAN));
	put(o, "mad", real(some ? st->mad : NAN));
	put(o, "p99", real(some ? st->p99 : NAN));
	put(o, "mean", real(some ? st->mean : NAN));
	put(o, "sd", real(st->n > 1 ? st->sd : NAN));
	return o;
}

static json *binding(const struct vms_point *p, uint32_t nr)
{
	json *o;

	if (!nr)
		return NULL;
	o = json_object_new_object();
	put(o, "guest_time", integer(p->x_raw));
	put(o, "guest_event", vms_point_is_fact(p) ? NULL : count(p->event));
	put(o, "clock_fact", json_object_new_boolean(vms_point_is_fact(p)));
	put(o, "offset", integer(p->y_raw));
	return o;
}

static json *segment(const struct vms_session *s, const struct vms_band_segment *g,
		     const struct app_report_opts *ro)
{
	const int64_t at = report_at(g, ro);
	json *o = json_object_new_object();
	json *b = json_object_new_object();
	int64_t lo, hi;

	vms_band_at(g, at, &lo, &hi);
	put(o, "guest_from", integer(g->from_raw));
	put(o, "guest_to", integer(g->to_raw));
	put(o, "events", count((uint64_t)g->to_event - g->from_event + 1));
	put(b, "feasible", json_object_new_boolean(g->feasible));
	put(b, "violations", count(g->violations));
	put(b, "at", integer(at));
	put(b, "offset_lo", bound(lo));
	put(b, "offset_hi", bound(hi));
	put(b, "width_ns",
	    lo == INT64_MIN || hi == INT64_MAX ? NULL
					       : real(vms_clock_ns(vms_session_clock(s), hi - lo)));
	put(b, "drift_ppm_lo", real(g->drift_lo * 1e6));
	put(b, "drift_ppm_hi", real(g->drift_hi * 1e6));
	put(b, "soft", json_object_new_boolean(g->soft));
	put(b, "constant", json_object_new_boolean(g->constant));
	put(b, "bound_below_by", binding(&g->bind_lower, g->lower_nr));
	put(b, "bound_above_by", binding(&g->bind_upper, g->upper_nr));
	put(o, "band", b);
	return o;
}

/* One event or fact that speaks against what is recorded, by name. */
static json *witness(const struct vms_session *s, const struct vms_track *t,
		     const struct vms_witness *w)
{
	const struct vms_stream *guest = vms_session_trace(s)->guests[t->guest].stream;
	const struct vms_ref ref = { .cpu = (int32_t)t->cpu_idx, .idx = w->index };
	json *o = json_object_new_object();

	put(o, "guest_time", integer(w->guest_raw));
	put(o, "guest_cpu", count(t->vcpu));
	put(o, "event", text(w->is_fact ? "clock fact" : vms_event_type(guest, ref)->name));
	put(o, "host_time", integer(w->host_raw));
	put(o, "depth_ns", real(fabs(vms_clock_ns(vms_session_clock(s), w->depth_raw))));
	return o;
}

static json *evidence(const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_evidence *e = &t->evidence;
	json *o = json_object_new_object();

	put(o, "n", count(vms_evidence_nr(e)));
	put(o, "gaps", count(e->gaps_nr));
	put(o, "facts", count(e->facts_nr));
	if (!vms_evidence_nr(e))
		return o;
	put(o, "deepest_ns", real(fabs(vms_clock_ns(vms_session_clock(s), e->deepest.depth_raw))));
	put(o, "first", witness(s, t, &e->first));
	put(o, "deepest", witness(s, t, &e->deepest));
	return o;
}

/* How much of a vCPU the band and the verdicts speak of, and why not of the rest. */
static json *coverage(const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_coverage c = vms_session_coverage(s, t);
	json *o = json_object_new_object();

	put(o, "events", count(c.events_nr));
	put(o, "checkable", count(c.checkable_nr));
	put(o, "outside_recording", count(c.outside_recording_nr));
	put(o, "whereabouts_unknown", count(c.whereabouts_unknown_nr));
	put(o, "lost", count(c.lost_nr));
	put(o, "thread_unknown", count(c.thread_unknown_nr));
	put(o, "seconds", real(c.seconds));
	return o;
}

static json *facts(const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_facts_seen f = vms_session_facts(s, t);
	json *o = json_object_new_object();

	put(o, "n", count(f.nr));
	put(o, "left_out", count(f.left_out_nr));
	put(o, "width_ns", real(f.width_ns));
	return o;
}

static json *recorded(const struct vms_session *s, unsigned int track)
{
	const struct vms_model_result *r =
		vms_session_result(s, track, VMS_BY_RECORDED, VMS_OVER_ACCEPTED);
	json *o = json_object_new_object();

	put(o, "present", json_object_new_boolean(r->available));
	put(o, "at", r->available ? integer(r->at_raw) : NULL);
	put(o, "offset", r->available ? offset(r->offset_raw, r->offset_frac) : NULL);
	put(o, "verdict", json_object_new_string(vms_verdict_name(r->verdict)));
	put(o, "outside_by_ns", real(r->available ? fabs(r->outside_by_ns) : NAN));
	put(o, "outside_at", vms_verdict_refutes(r->verdict) ? integer(r->outside_at_raw) : NULL);
	put(o, "why",
	    r->verdict == VMS_VERDICT_CANNOT_JUDGE ? json_object_new_string(r->why) : NULL);
	put(o, "assumption",
	    r->verdict == VMS_VERDICT_OUTSIDE_BAND ? json_object_new_string(r->why) : NULL);
	put(o, "evidence", evidence(s, vms_session_track(s, track)));
	return o;
}

static json *violations(const struct vms_violations *v)
{
	json *o = json_object_new_object();

	put(o, "guest_outside", count(v->guest_outside));
	put(o, "host_inside", count(v->host_inside));
	put(o, "guest_events", count(v->guest_events));
	return o;
}

static json *model(const struct vms_session *s, const struct vms_model_result *r)
{
	const double ns =
		vms_session_clock(s)->ns_per_unit > 0.0 ? vms_session_clock(s)->ns_per_unit : 1.0;
	json *o = json_object_new_object();

	put(o, "name", json_object_new_string(vms_by_name(r->by)));
	put(o, "available", json_object_new_boolean(r->available));
	if (!r->available) {
		put(o, "why", json_object_new_string(r->why_not));
		return o;
	}
	put(o, "at", integer(r->at_raw));
	put(o, "offset", offset(r->offset_raw, r->offset_frac));
	put(o, "drift_ppm", real(r->drift * 1e6));
	put(o, "se_ns", real(r->se_raw * ns));
	put(o, "residual_ns", stats(&r->residual_ns));
	put(o, "verdict", json_object_new_string(vms_verdict_name(r->verdict)));
	put(o, "outside_by_ns", real(fabs(r->outside_by_ns)));
	put(o, "holdout_ns", real(r->holdout_ns));
	return o;
}

static json *models(const struct vms_session *s, const struct vms_track *t)
{
	json *list = json_object_new_array();
	unsigned int i;

	for (i = 0; i < vms_session_models_nr(s); i++) {
		const struct vms_model_result *r = &t->models[VMS_OVER_ACCEPTED][i];

		if (!r->available)
			r = &t->models[VMS_OVER_NOT_REJECTED][i];
		(void)json_object_array_add(list, model(s, r));
	}
	return list;
}

static json *sequences(const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_catalogue *cat = vms_session_catalogue(s);
	json *list = json_object_new_array();
	unsigned int i;

	for (i = 0; i < cat->seqs_nr; i++) {
		const struct vms_seq_result *r = &t->seqs[i];
		json *o = json_object_new_object();

		put(o, "name", text(cat->seqs[i].name));
		put(o, "direction",
		    json_object_new_string(cat->seqs[i].dir == VMS_GUEST_TO_HOST
						   ? "guest-to-host"
						   : "host-to-guest"));
		put(o, "muted", json_object_new_boolean(!cat->seqs[i].enabled));
		put(o, "pairs", count(r->pairs));
		put(o, "accepted", count(r->accepted));
		put(o, "rejected", count(r->rejected));
		put(o, "impossible", count(r->impossible));
		put(o, "delay_ns", stats(&r->delay_ns));
		(void)json_object_array_add(list, o);
	}
	return list;
}

/* What all vCPUs of a guest allow together. */
static json *together(const struct vms_session *s, const struct vms_clocks *c)
{
	const struct vms_clock_meet *m = &c->vcpus;
	const bool fits = m->lo_raw <= m->hi_raw;
	json *o = json_object_new_object();

	put(o, "at", integer(c->at_raw));
	put(o, "vcpus", count(m->nr));
	put(o, "one_offset_fits", json_object_new_boolean(fits));
	put(o, "offset_lo", fits ? bound(m->lo_raw) : NULL);
	put(o, "offset_hi", fits ? bound(m->hi_raw) : NULL);
	put(o, "width_ns",
	    fits ? real(vms_clock_ns(vms_session_clock(s), vms_sat_sub_i64(m->hi_raw, m->lo_raw)))
		 : NULL);
	put(o, "apart", fits ? NULL : integer(vms_sat_sub_i64(m->lo_raw, m->hi_raw)));
	put(o, "apart_ns",
	    fits ? NULL
		 : real(vms_clock_ns(vms_session_clock(s), vms_sat_sub_i64(m->lo_raw, m->hi_raw))));
	put(o, "above", fits ? NULL : count(vms_session_track(s, c->parts[m->lo_by].track)->vcpu));
	put(o, "below", fits ? NULL : count(vms_session_track(s, c->parts[m->hi_by].track)->vcpu));
	return o;
}

/* What a vCPU's stretches on each host CPU allow. */
static json *host_cpus(const struct vms_session *s, const struct vms_clocks *c, unsigned int track)
{
	const struct vms_stream *host = vms_session_trace(s)->host;
	json *list = json_object_new_array();
	unsigned int i;

	for (i = 0; c && i < c->parts_nr; i++) {
		const struct vms_clock_part *p = &c->parts[i];
		json *o;

		if (p->track != track || p->pcpu < 0)
			continue;
		o = json_object_new_object();
		put(o, "cpu", count(host->cpus[p->pcpu].cpu));
		put(o, "bounds", count(p->bounds_nr));
		put(o, "offset_lo", p->speaks ? bound(p->lo_raw) : NULL);
		put(o, "offset_hi", p->speaks ? bound(p->hi_raw) : NULL);
		(void)json_object_array_add(list, o);
	}
	return list;
}

static bool host_cpus_agree(const struct vms_clocks *c, unsigned int track)
{
	const struct vms_clock_meet m = vms_clocks_pcpus(c, track);

	return m.lo_raw <= m.hi_raw;
}

static json *vcpu(const struct vms_session *s, unsigned int track, const struct vms_clocks *c,
		  const struct app_report_opts *ro)
{
	const struct vms_track *t = vms_session_track(s, track);
	json *o = json_object_new_object();
	json *segs = json_object_new_array();
	unsigned int i;

	put(o, "vcpu", count(t->vcpu));
	put(o, "host_tid", t->thread ? integer(t->thread->tid) : NULL);
	put(o, "tid_from", json_object_new_string(report_tid_from(t)));
	for (i = 0; t->band && i < t->band->segs_nr; i++)
		(void)json_object_array_add(segs, segment(s, &t->band->segs[i], ro));
	put(o, "coverage", coverage(s, t));
	put(o, "facts", facts(s, t));
	put(o, "segments", segs);
	put(o, "host_cpus", host_cpus(s, c, track));
	put(o, "host_cpus_agree", json_object_new_boolean(!c || host_cpus_agree(c, track)));
	put(o, "steps", count(vms_band_steps(t->band)));
	put(o, "single_line_fits",
	    json_object_new_boolean(t->band && t->band->segs_nr == 1 && t->band->segs[0].feasible));
	put(o, "recorded", recorded(s, track));
	put(o, "violations", violations(&t->in_force));
	put(o, "violations_recorded", violations(&t->recorded));
	put(o, "violations_at_band", violations(&t->at_band));
	put(o, "models", models(s, t));
	put(o, "sequences", sequences(s, t));
	return o;
}

/* A guest's alignment is as good as that of its worst vCPU. */
static json *alignment(const struct vms_session *s, unsigned int guest)
{
	const struct vms_align_vcpu *worst = NULL;
	json *o = json_object_new_object();
	bool ambiguous = false;
	unsigned int i;

	for (i = 0; i < vms_session_tracks_nr(s); i++) {
		const struct vms_track *t = vms_session_track(s, i);

		if (t->guest == guest && (!worst || t->align->confidence < worst->confidence))
			worst = t->align;
		ambiguous |= t->guest == guest && t->align->ambiguous;
	}
	put(o, "start", json_object_new_string(worst ? report_start_name(worst) : "none"));
	put(o, "how", json_object_new_string(worst && worst->how ? worst->how : "none"));
	put(o, "confidence", real(worst ? worst->confidence : 0.0));
	put(o, "second_best_offset",
	    worst && worst->second_best_raw ? integer(worst->second_best_raw) : NULL);
	put(o, "ambiguous", json_object_new_boolean(ambiguous));
	return o;
}

static void stream_facts(json *o, const struct vms_stream *st)
{
	put(o, "name", text(st->name));
	put(o, "clock", text(st->clock.name));
	put(o, "ns_per_unit", real(st->clock.ns_per_unit > 0.0 ? st->clock.ns_per_unit : NAN));
	put(o, "cpus", count(st->cpus_nr));
	put(o, "events", count(st->events_nr));
	put(o, "lost", count(st->lost_nr));
	put(o, "reader", json_object_new_string(st->source));
}

static json *defects(const struct vms_stream *guest)
{
	struct vms_defect found[VMS_DEFECTS_MAX];
	const unsigned int nr = vms_defects_find(found, guest);
	json *list = json_object_new_array();
	unsigned int i;

	for (i = 0; i < nr; i++) {
		json *o = json_object_new_object();

		put(o, "id", json_object_new_string(found[i].id));
		put(o, "text", json_object_new_string(found[i].text));
		(void)json_object_array_add(list, o);
	}
	return list;
}

static json *guest(const struct vms_session *s, unsigned int g, const struct app_report_opts *ro)
{
	json *o = json_object_new_object();
	json *list = json_object_new_array();
	struct vms_clocks *c = NULL;
	unsigned int i;

	stream_facts(o, vms_session_trace(s)->guests[g].stream);
	put(o, "defects", defects(vms_session_trace(s)->guests[g].stream));
	put(o, "alignment", alignment(s, g));
	if (vms_clocks_build(&c, s, g, ro->has_at ? &ro->at_raw : NULL, NULL))
		c = NULL; /* no vCPU has a band there */
	put(o, "together", c ? together(s, c) : NULL);
	for (i = 0; i < vms_session_tracks_nr(s); i++)
		if (vms_session_track(s, i)->guest == g)
			(void)json_object_array_add(list, vcpu(s, i, c, ro));
	put(o, "vcpus", list);
	vms_clocks_free(c);
	return o;
}

static json *piecewise(const struct vms_cuts *c)
{
	json *o = json_object_new_object(), *list = json_object_new_array();
	unsigned int i;

	put(o, "estimator", text(vms_estimators()[c->estimator].name));
	for (i = 0; i < c->nr; i++)
		(void)json_object_array_add(list, integer(c->at_raw[i]));
	put(o, "cuts_raw", list);
	return o;
}

int app_report_json(FILE *f, const struct vms_session *s, const struct app_report_opts *ro,
		    struct vms_err *err)
{
	const struct vms_trace *t = vms_session_trace(s);
	json *o = json_object_new_object();
	json *host = json_object_new_object();
	json *files = json_object_new_array();
	json *guests = json_object_new_array();
	json *log = json_object_new_array();
	const char *out;
	unsigned int i;
	int ret = 0;

	put(o, "vmsync_report", integer(REPORT_VERSION));
	put(o, "program", json_object_new_string("vmsync-tui " VMSYNC_VERSION));
	for (i = 0; i < ro->files_nr; i++)
		(void)json_object_array_add(files, text(ro->files[i]));
	put(o, "files", files);
	put(o, "model_in_force", json_object_new_string(vms_by_name(vms_session_model(s))));
	if (vms_session_cuts(s)->nr)
		put(o, "piecewise", piecewise(vms_session_cuts(s)));
	stream_facts(host, t->host);
	put(o, "host", host);
	for (i = 0; i < t->guests_nr; i++)
		(void)json_object_array_add(guests, guest(s, i, ro));
	put(o, "guests", guests);
	for (i = 0; i < t->log_nr; i++)
		(void)json_object_array_add(log, text(t->log[i]));
	put(o, "log", log);
	out = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
							JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!out)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory for the report");
	else if (fprintf(f, "%s\n", out) < 0 || fflush(f))
		ret = vms_fail(err, VMS_EIO, "the report cannot be written: %s", strerror(errno));
	(void)json_object_put(o);
	return ret;
}
