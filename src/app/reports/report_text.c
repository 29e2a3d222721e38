// SPDX-License-Identifier: LGPL-2.1-or-later
/* The text report: for people, over a pipe or in a mail. */

#include <stdio.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/clocks.h>
#include <vmsync/defects.h>

#include "app/reports/report.h"
#include "app/words/verdict.h"
#include "app/words/format.h"

/* Room for a signed duration with its unit. */
#define NS_CHARS 32

/* Whole ns below 1 us, three decimals above; "-" when not defined. */
static const char *ns_text(const struct vms_session *s, double v, char *buf)
{
	const struct vms_clock *c = vms_session_clock(s);
	const char *unit = vms_clock_unit(c);
	char text[FMT_SIZE];

	if (!isfinite(v))
		(void)snprintf(buf, NS_CHARS, "-");
	else if (strcmp(unit, "ns"))
		(void)snprintf(buf, NS_CHARS, "%.0f %s", v, unit);
	else if (fabs(v) >= 999.9995e6)
		(void)snprintf(buf, NS_CHARS, "%.6f s", v / 1e9);
	/* rounded as the screen rounds, so that halves do not differ */
	else if (fmt_signed(c, v, text, sizeof(text)))
		(void)snprintf(buf, NS_CHARS, "%s", text + (text[0] == '+'));
	return buf;
}

static const char *raw_text(const struct vms_session *s, int64_t raw, char *buf)
{
	return ns_text(s, vms_clock_ns(vms_session_clock(s), raw), buf);
}

static void clean(FILE *f, const char *text)
{
	for (; *text; text++)
		(void)fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, f);
}

static void stream_line(FILE *f, const char *what, const struct vms_stream *st)
{
	(void)fprintf(f, "%s ", what);
	clean(f, st->name);
	(void)fprintf(f, ": ");
	clean(f, st->path);
	(void)fprintf(f, ", clock %s", *st->clock.name ? st->clock.name : "unknown");
	if (!st->clock.counts_ns && st->clock.ns_per_unit > 0.0)
		(void)fprintf(f, " (%.6f ns a tick%s)", st->clock.ns_per_unit,
			      st->clock.rate_from == VMS_RATE_ESTIMATED ? ", estimated" : "");
	(void)fprintf(f, ", %u CPUs, %" PRIu64 " events", st->cpus_nr, st->events_nr);
	if (st->lost_nr)
		(void)fprintf(f, ", %" PRIu64 " lost", st->lost_nr);
	(void)fprintf(f, ", read by %s\n", st->source);
}

static void print_segment(FILE *f, const struct vms_session *s, const struct vms_track *t,
			  unsigned int i, const struct app_report_opts *ro)
{
	const struct vms_band_segment *g = &t->band->segs[i];
	const int64_t at = report_at(g, ro);
	char w[NS_CHARS];
	int64_t lo, hi;

	vms_band_at(g, at, &lo, &hi);
	if (t->band->segs_nr > 1)
		(void)fprintf(f, "    segment %u of %u, guest time %" PRId64 " to %" PRId64 "\n",
			      i + 1, t->band->segs_nr, g->from_raw, g->to_raw);
	if (lo == INT64_MIN || hi == INT64_MAX) {
		(void)fprintf(f, "    band       bounded from one side only\n");
		return;
	}
	(void)fprintf(f,
		      "    band       [%" PRId64 ", %" PRId64 "] at guest time %" PRId64
		      ", width %s, ",
		      lo, hi, at, raw_text(s, vms_sat_sub_i64(hi, lo), w));
	if (g->violations)
		(void)fprintf(f, "%u contradiction%s left out\n", g->violations,
			      fmt_s(g->violations));
	else
		(void)fprintf(f, "no contradiction\n");
	if (!g->constant && isfinite(g->drift_lo) && isfinite(g->drift_hi))
		(void)fprintf(f, "    drift      %+.3f to %+.3f ppm\n", g->drift_lo * 1e6,
			      g->drift_hi * 1e6);
}

/* The witnesses: the first of them by name, so that a person can look. */
static void print_evidence(FILE *f, const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_evidence *e = &t->evidence;
	const struct vms_witness *w = &e->deepest;
	const struct vms_stream *guest = vms_session_trace(s)->guests[t->guest].stream;
	const struct vms_ref ref = { .cpu = (int32_t)t->cpu_idx, .idx = w->index };
	char by[NS_CHARS];

	(void)fprintf(f, "    evidence   ");
	if (e->gaps_nr)
		(void)fprintf(f, "events in %u gap%s where the vCPU did not run", e->gaps_nr,
			      fmt_s(e->gaps_nr));
	if (e->facts_nr)
		(void)fprintf(f, "%s%u clock fact%s that exclude it", e->gaps_nr ? ", " : "",
			      e->facts_nr, fmt_s(e->facts_nr));
	(void)fprintf(f, "; deepest %s at guest time %" PRId64 ", host time %" PRId64 ", by %s\n",
		      w->is_fact ? "clock fact" : vms_event_type(guest, ref)->name, w->guest_raw,
		      w->host_raw,
		      ns_text(s, fabs(vms_clock_ns(vms_session_clock(s), w->depth_raw)), by));
}

/* How much of the vCPU all this speaks of. */
static void print_coverage(FILE *f, const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_coverage c = vms_session_coverage(s, t);
	const struct vms_facts_seen facts = vms_session_facts(s, t);

	(void)fprintf(f, "    coverage   %u of %u guest events, %.2f s", c.checkable_nr,
		      c.events_nr, c.seconds);
	if (c.outside_recording_nr)
		(void)fprintf(f, "; %u outside the host's recording", c.outside_recording_nr);
	if (c.whereabouts_unknown_nr)
		(void)fprintf(f, "; %u where host events are missing", c.whereabouts_unknown_nr);
	if (c.lost_nr)
		(void)fprintf(f, "; %u where host events were lost", c.lost_nr);
	(void)fprintf(f, "\n");
	if (facts.nr || facts.left_out_nr)
		(void)fprintf(f, "    facts      %u clock facts bound the offset, %u left out\n",
			      facts.nr, facts.left_out_nr);
}

static void print_recorded(FILE *f, const struct vms_session *s, unsigned int track)
{
	const struct vms_model_result *r =
		vms_session_result(s, track, VMS_BY_RECORDED, VMS_OVER_ACCEPTED);
	const struct vms_track *t = vms_session_track(s, track);
	char by[NS_CHARS];

	if (!r->available) {
		(void)fprintf(f, "    recorded   none: %s\n", r->why_not);
		return;
	}
	(void)fprintf(f, "    recorded   %" PRId64 ": ", r->offset_raw);
	(void)fprintf(f, "%s", verdict_word(r));
	switch (r->verdict) {
	case VMS_VERDICT_PROVEN_WRONG:
		(void)fprintf(f,
			      " by %s at guest time %" PRId64 "; %u of %u guest events outside\n",
			      ns_text(s, fabs(r->outside_by_ns), by), r->outside_at_raw,
			      t->recorded.guest_outside, t->recorded.guest_events);
		print_evidence(f, s, t);
		break;
	case VMS_VERDICT_OUTSIDE_BAND:
		(void)fprintf(f, " by %s at guest time %" PRId64 "; assumed: %s\n",
			      ns_text(s, fabs(r->outside_by_ns), by), r->outside_at_raw, r->why);
		break;
	case VMS_VERDICT_CANNOT_JUDGE: (void)fprintf(f, ": %s\n", r->why); break;
	case VMS_VERDICT_IN_BAND:
	case VMS_VERDICT_NONE:
	default: (void)fprintf(f, "\n"); break;
	}
}

/*
 * What the row of model piecewise does not say: its figures are those of the piece in the middle.
 */
static void print_cuts(FILE *f, const struct vms_session *s)
{
	const struct vms_cuts *c = vms_session_cuts(s);
	unsigned int i;

	if (!c->nr)
		return;
	(void)fprintf(f, "    piecewise is %s between cuts at host times",
		      vms_estimators()[c->estimator].name);
	for (i = 0; i < c->nr; i++)
		(void)fprintf(f, " %" PRId64, c->at_raw[i]);
	(void)fprintf(f, "; above, the piece in the middle\n");
}

static void print_models(FILE *f, const struct vms_session *s, const struct vms_track *t)
{
	const double ns =
		vms_session_clock(s)->ns_per_unit > 0.0 ? vms_session_clock(s)->ns_per_unit : 1.0;
	char se[NS_CHARS], med[NS_CHARS], by[NS_CHARS];
	unsigned int i;

	(void)fprintf(f, "    %-15s %24s %14s %12s %12s  %s\n", "model", "offset", "drift ppm",
		      "se", "median resid", "verdict");
	for (i = 0; i < vms_session_models_nr(s); i++) {
		const struct vms_model_result *r = &t->models[VMS_OVER_ACCEPTED][i];

		if (!r->available)
			r = &t->models[VMS_OVER_NOT_REJECTED][i];
		if (!r->available) {
			(void)fprintf(f, "    %-15s %24s  %s\n", vms_by_name(r->by), "-",
				      r->why_not);
			continue;
		}
		(void)fprintf(f, "    %-15s %24" PRId64 " %+14.4f %12s %12s  ", vms_by_name(r->by),
			      r->offset_raw, r->drift * 1e6, ns_text(s, r->se_raw * ns, se),
			      ns_text(s, r->residual_ns.n ? r->residual_ns.median : NAN, med));
		if (vms_verdict_refutes(r->verdict))
			(void)fprintf(f, "%s by %s\n", verdict_word(r),
				      ns_text(s, fabs(r->outside_by_ns), by));
		else
			(void)fprintf(f, "%s\n",
				      r->verdict == VMS_VERDICT_NONE ? "-" : verdict_word(r));
	}
	print_cuts(f, s);
}

static void print_sequences(FILE *f, const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_catalogue *cat = vms_session_catalogue(s);
	char a[NS_CHARS], b[NS_CHARS], c[NS_CHARS], d[NS_CHARS];
	unsigned int i;

	(void)fprintf(f, "    %-15s %8s %8s %8s %12s %12s %12s %12s\n", "sequence", "pairs",
		      "accepted", "rejected", "delay min", "median", "mad", "p99");
	for (i = 0; i < cat->seqs_nr; i++) {
		const struct vms_seq_result *r = &t->seqs[i];
		const bool some = r->delay_ns.n > 0;

		if (!cat->seqs[i].enabled && vms_session_sequence_changed(s, i))
			(void)fprintf(f, "    %-15s %8s\n", cat->seqs[i].name, "muted");
		if (!r->pairs)
			continue;
		(void)fprintf(f, "    %-15s %8u %8u %8u %12s %12s %12s %12s\n", cat->seqs[i].name,
			      r->pairs, r->accepted, r->rejected,
			      ns_text(s, some ? r->delay_ns.min : NAN, a),
			      ns_text(s, some ? r->delay_ns.median : NAN, b),
			      ns_text(s, some ? r->delay_ns.mad : NAN, c),
			      ns_text(s, some ? r->delay_ns.p99 : NAN, d));
	}
}

/* What speaks against the alignment, and what to do. */
static void print_doubt(FILE *f, const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_align_vcpu *v = t->align;

	if (v->start == VMS_ALIGN_NONE) {
		(void)fprintf(f, "    not aligned: no offset puts the guest's events where it ran; "
				 "give one with --offset, or "
				 "on the screen :align\n");
		return;
	}
	if (!v->ambiguous)
		return;
	(void)fprintf(f, "    AMBIGUOUS  confidence %.2f: offset %" PRId64 " explains the events, ",
		      v->confidence, report_align_offset(s, t));
	if (v->second_best_raw)
		(void)fprintf(f, "%" PRId64 " about as well;", v->second_best_raw);
	else
		(void)fprintf(f, "but too few of them;");
	(void)fprintf(f, " choose with --offset, or on the screen :align second or pair\n");
}

static void print_track(FILE *f, const struct vms_session *s, unsigned int i,
			const struct app_report_opts *ro)
{
	const struct vms_track *t = vms_session_track(s, i);
	unsigned int g;

	if (!t->thread) {
		(void)fprintf(f, "  vCPU %u: no host thread found\n", t->vcpu);
		return;
	}
	(void)fprintf(f, "  vCPU %u on host thread %d (%s), alignment %s", t->vcpu, t->thread->tid,
		      report_tid_from(t), report_start_name(t->align));
	if (t->align->start == VMS_ALIGN_FOUND)
		(void)fprintf(f, " by %s, confidence %.2f%s", t->align->how ? t->align->how : "?",
			      t->align->confidence, t->align->ambiguous ? ", AMBIGUOUS" : "");
	(void)fprintf(f, "\n");
	print_doubt(f, s, t);
	print_coverage(f, s, t);
	if (t->band && t->band->segs_nr > 1)
		(void)fprintf(f, "    no single line fits: the offset steps %u time%s%s\n",
			      vms_band_steps(t->band), vms_band_steps(t->band) == 1 ? "" : "s",
			      vms_band_steps(t->band) + 1 < t->band->segs_nr
				      ? ", and its rate wanders"
				      : "");
	for (g = 0; t->band && g < t->band->segs_nr; g++)
		print_segment(f, s, t, g, ro);
	if (!t->band || !t->band->segs_nr)
		(void)fprintf(f, "    band       none: no guest event bounds the offset\n");
	print_recorded(f, s, i);
	(void)fprintf(f, "    violations %u of %u guest events outside, under model %s\n",
		      t->in_force.guest_outside, t->in_force.guest_events,
		      vms_by_name(vms_session_model(s)));
	print_models(f, s, t);
	print_sequences(f, s, t);
}

/* Whether a vCPU's host CPUs have one clock. */
static void print_pcpus(FILE *f, const struct vms_session *s, const struct vms_clocks *c,
			const struct vms_clock_part *vcpu)
{
	const struct vms_cpu *cpus = vms_session_trace(s)->host->cpus;
	const struct vms_clock_meet m = vms_clocks_pcpus(c, vcpu->track);
	char by[NS_CHARS];

	if (m.nr < 2)
		return;
	(void)fprintf(f, "    vCPU %u on %u host CPUs: ", vms_session_track(s, vcpu->track)->vcpu,
		      m.nr);
	if (m.lo_raw <= m.hi_raw)
		(void)fprintf(f, "nothing tells their clocks apart\n");
	else
		(void)fprintf(f, "the clocks of pCPU %u and pCPU %u DIFFER by at least %s%s\n",
			      cpus[c->parts[m.lo_by].pcpu].cpu, cpus[c->parts[m.hi_by].pcpu].cpu,
			      raw_text(s, vms_sat_sub_i64(m.lo_raw, m.hi_raw), by),
			      vcpu->step_free ? "; its steps are moves between them" : "");
}

static void print_together(FILE *f, const struct vms_session *s, unsigned int guest,
			   const struct app_report_opts *ro)
{
	struct vms_clocks *c = NULL;
	char by[NS_CHARS];
	bool moves = false;
	unsigned int i;

	if (vms_clocks_build(&c, s, guest, ro->has_at ? &ro->at_raw : NULL, NULL))
		return; /* no band, as said for each vCPU */
	for (i = 0; i < c->parts_nr; i++)
		moves = moves || c->parts[i].step_free;
	if (moves)
		(void)fprintf(f, "  together   the host's CPUs have different clocks: steps are "
				 "moves of a vCPU between them\n");
	else if (c->vcpus.nr > 1 && c->vcpus.lo_raw <= c->vcpus.hi_raw)
		(void)fprintf(f,
			      "  together   one offset fits all %u vCPUs: [%" PRId64 ", %" PRId64
			      "] at guest time %" PRId64 ", width %s\n",
			      c->vcpus.nr, c->vcpus.lo_raw, c->vcpus.hi_raw, c->at_raw,
			      raw_text(s, vms_sat_sub_i64(c->vcpus.hi_raw, c->vcpus.lo_raw), by));
	else if (c->vcpus.nr > 1)
		(void)fprintf(f,
			      "  together   NO offset fits all vCPUs: vCPU %u and vCPU %u differ "
			      "by at least %s at guest time %" PRId64 "\n",
			      vms_session_track(s, c->parts[c->vcpus.lo_by].track)->vcpu,
			      vms_session_track(s, c->parts[c->vcpus.hi_by].track)->vcpu,
			      raw_text(s, vms_sat_sub_i64(c->vcpus.lo_raw, c->vcpus.hi_raw), by),
			      c->at_raw);
	for (i = 0; i < c->parts_nr; i++)
		if (c->parts[i].pcpu < 0)
			print_pcpus(f, s, c, &c->parts[i]);
	vms_clocks_free(c);
}

static void print_inside(FILE *f, const struct vms_session *s)
{
	static const char *const class[VMS_INSIDE_NR] = { "before the guest runs",
							  "after the guest has left",
							  "proves nothing", "not expected" };
	const struct vms_stretches *st = vms_session_stretches(s);
	unsigned int i;

	if (!st->inside_nr)
		return;
	(void)fprintf(f, "host events between entry and exit%s:\n",
		      st->late_exit ? " (this host's kvm_exit comes late: stretches end at the "
				      "first sign of the host)"
				    : "");
	for (i = 0; i < st->inside_nr; i++)
		(void)fprintf(f, "  %8" PRIu64 "  %-28s %s\n", st->inside[i].nr,
			      vms_session_trace(s)->host->types[st->inside[i].type].name,
			      class[st->inside[i].class]);
}

static void print_defects(FILE *f, const struct vms_stream *guest)
{
	struct vms_defect defects[VMS_DEFECTS_MAX];
	const unsigned int nr = vms_defects_find(defects, guest);
	unsigned int i;

	for (i = 0; i < nr; i++)
		(void)fprintf(f, "  defect %-3s %s\n", defects[i].id, defects[i].text);
}

int app_report_text(FILE *f, const struct vms_session *s, const struct app_report_opts *ro,
		    struct vms_err *err)
{
	const struct vms_trace *t = vms_session_trace(s);
	unsigned int g, i;

	stream_line(f, "host", t->host);
	for (g = 0; g < t->guests_nr; g++) {
		stream_line(f, "guest", t->guests[g].stream);
		print_defects(f, t->guests[g].stream);
		for (i = 0; i < vms_session_tracks_nr(s); i++)
			if (vms_session_track(s, i)->guest == g)
				print_track(f, s, i, ro);
		print_together(f, s, g, ro);
	}
	print_inside(f, s);
	for (i = 0; i < t->log_nr; i++) {
		(void)fprintf(f, "note: ");
		clean(f, t->log[i]);
		(void)fputc('\n', f);
	}
	if (ferror(f) || fflush(f))
		return vms_fail(err, VMS_EIO, "the report cannot be written: %s", strerror(errno));
	return 0;
}
