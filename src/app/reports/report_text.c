// SPDX-License-Identifier: LGPL-2.1-or-later
/* The text report: for people, over a pipe or in a mail. */
#include <stdio.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <vmsync/clocks.h>
#include <vmsync/defects.h>
#include <vmsync/place.h>

#include "app/reports/report_impl.h"
#include "app/words/edge.h"
#include "app/words/verdict.h"
#include "app/words/format.h"
#include "app/words/holes.h"
#include "core/base/printable.h"

/* Room for a signed duration with its unit. */
#define NS_CHARS 32

/* Whole ns below 1 us, three decimals above; "-" when not defined. */
static const char *ns_text(const struct vms_session *session, double ns, char *buf)
{
	const struct vms_clock *clock = vms_session_clock(session);
	const char *unit = vms_clock_unit(clock);
	char text[FMT_SIZE];

	if (!isfinite(ns))
		(void)snprintf(buf, NS_CHARS, "-");
	else if (strcmp(unit, "ns"))
		(void)snprintf(buf, NS_CHARS, "%.0f %s", ns, unit);
	else if (fabs(ns) >= 999.9995e6)
		(void)snprintf(buf, NS_CHARS, "%.6f s", ns / 1e9);
	/* rounded as the screen rounds, so that halves do not differ */
	else if (fmt_signed(clock, ns, text, sizeof(text)))
		(void)snprintf(buf, NS_CHARS, "%s", text + (text[0] == '+'));
	return buf;
}

static const char *raw_text(const struct vms_session *s, int64_t raw, char *buf)
{
	return ns_text(s, vms_clock_ns(vms_session_clock(s), raw), buf);
}

static void print_steps(struct text *out, const struct vms_band *band)
{
	const unsigned int steps = vms_band_steps(band);
	bool wanders = false, doubt = false;
	unsigned int i;

	for (i = 0; band && i < band->segs_nr; i++) {
		wanders = wanders || (band->segs[i].soft && !band->segs[i].small);
		doubt = doubt || (band->segs[i].soft && band->segs[i].small);
	}
	if (steps || wanders)
		text_printf(out, "    no single line fits: the offset steps %u time%s%s\n", steps,
			    fmt_s(steps), wanders ? ", and its rate wanders" : "");
	if (doubt)
		text_printf(out,
			    "    perhaps a step smaller than the band is wide: both sides of it "
			    "are bounded apart\n");
}

static void print_segment(struct text *out, const struct vms_session *session,
			  const struct vms_track *track, unsigned int i,
			  const struct app_report_opts *ro)
{
	const struct vms_band_segment *seg = &track->band->segs[i];
	const struct vms_stream *guest = report_guest(session, track);
	const struct report_band band = report_band_at(guest, seg, ro);
	char width[NS_CHARS];

	if (track->band->segs_nr > 1)
		text_printf(out, "    segment %u of %u, guest time %" PRId64 " to %" PRId64 "\n",
			    i + 1, track->band->segs_nr, report_time(guest, seg->from_raw),
			    report_time(guest, seg->to_raw));
	if (seg->unsure) {
		text_printf(out, "    band       none: %s\n", segment_doubt_text(seg));
		return;
	}
	if (band.lo_raw == INT64_MIN || band.hi_raw == INT64_MAX) {
		text_printf(out, "    band       bounded from one side only\n");
		return;
	}
	text_printf(out,
		    "    band       [%" PRId64 ", %" PRId64 "] at guest time %" PRId64
		    ", width %s, ",
		    band.lo_raw, band.hi_raw, band.at_raw,
		    raw_text(session, vms_sat_sub_i64(band.hi_raw, band.lo_raw), width));
	if (seg->violations)
		text_printf(out, "%u contradiction%s left out\n", seg->violations,
			    fmt_s(seg->violations));
	else
		text_printf(out, "no contradiction\n");
	if (!seg->constant && isfinite(seg->drift_lo) && isfinite(seg->drift_hi))
		text_printf(out, "    drift      %+.3f to %+.3f ppm\n",
			    report_drift(guest, seg->drift_lo) * 1e6,
			    report_drift(guest, seg->drift_hi) * 1e6);
}

/* The witnesses: the first of them by name, so that a person can look. */
static void print_evidence(struct text *out, const struct vms_session *session,
			   const struct vms_track *t, enum vms_by model,
			   const struct vms_evidence *evidence)
{
	const struct vms_witness *witness = &evidence->worst[0];
	const struct vms_stream *guest = report_guest(session, t);
	const struct vms_ref ref = { .cpu = (int32_t)t->cpu_idx, .idx = witness->index };
	struct edge exit, entry;
	char by[NS_CHARS];

	if (!vms_evidence_nr(evidence))
		return;
	text_printf(out, "    evidence   ");
	if (model != VMS_BY_RECORDED)
		text_printf(out, "against %s: ", vms_by_name(model));
	text_printf(out, "%s", evidence_text(evidence, BUF(256)));
	text_printf(out, "; deepest %s at guest time %" PRId64 ", host time %" PRId64 ", by %s",
		    witness->is_fact ? "clock fact"
				     : fmt_clean(vms_event_type(guest, ref)->name, BUF(256)),
		    report_time(guest, witness->guest_raw), witness->host_raw,
		    raw_text(session, imaxabs(witness->depth_raw), by));
	if (!witness->is_fact &&
	    vms_place_of(t->thread, witness->host_raw, NULL, NULL) == VMS_PLACE_OUTSIDE &&
	    edge_of(&exit, session, t, witness->host_raw, false) &&
	    edge_of(&entry, session, t, witness->host_raw, true))
		text_printf(out, ", between %s at %" PRId64 " and %s at %" PRId64, exit.name,
			    exit.host_raw, entry.name, entry.host_raw);
	text_printf(out, "\n");
}

/* How much of the vCPU all this speaks of. */
static void print_coverage(struct text *out, const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_facts_seen facts = vms_session_facts(s, t);
	char coverage[COVERAGE_CHARS];

	if (t->align->more_threads)
		text_printf(out, "    threads    two more may have run it: neither is used\n");
	text_printf(out, "    coverage   %s\n", coverage_text(s, t, coverage, sizeof(coverage)));
	if (facts.nr || facts.left_out_nr)
		text_printf(out, "    facts      %u clock facts bound the offset, %u left out\n",
			    facts.nr, facts.left_out_nr);
	if (facts.rate > 0.0)
		text_printf(
			out,
			"    rate       %.9f guest ticks a host tick, by what both sides say of "
			"the TSC: it may be scaled, and its file does not say by how much\n",
			facts.rate);
}

static void print_in_force(struct text *out, const struct vms_session *session,
			   const struct vms_track *track)
{
	const enum vms_by model = vms_session_model(session);
	struct vms_evidence evidence = { 0 };
	char outside[OUTSIDE_CHARS];

	text_printf(out, "    violations %s, under model %s\n",
		    outside_text(session, track, &track->in_force, outside), vms_by_name(model));
	if (model != VMS_BY_RECORDED &&
	    result_shown(track, model)->verdict == VMS_VERDICT_PROVEN_WRONG)
		vms_session_evidence(&evidence, track, vms_session_map(session, track->guest));
	print_evidence(out, session, track, model, &evidence);
}

static void print_recorded(struct text *out, const struct vms_session *session,
			   unsigned int track_idx)
{
	const struct vms_model_result *result =
		vms_session_result(session, track_idx, VMS_BY_RECORDED, VMS_OVER_ACCEPTED);
	const struct vms_track *track = vms_session_track(session, track_idx);
	const struct vms_stream *guest = report_guest(session, track);
	char by[NS_CHARS], outside[OUTSIDE_CHARS];

	if (!result->available) {
		text_printf(out, "    recorded   none: %s\n", result->why_not);
		return;
	}
	text_printf(out, "    recorded   %" PRId64 ": ",
		    report_offset(guest, result->at_raw, result->offset_raw));
	text_printf(out, "%s", verdict_word(result));
	switch (result->verdict) {
	case VMS_VERDICT_PROVEN_WRONG:
		text_printf(out, " by %s at guest time %" PRId64 "; ",
			    ns_text(session, fabs(result->outside_by_ns), by),
			    report_time(guest, result->outside_at_raw));
		text_printf(out, "%s\n",
			    track->recorded.guest_events
				    ? outside_text(session, track, &track->recorded, outside)
				    : "it puts no guest event into the host's recording");
		print_evidence(out, session, track, VMS_BY_RECORDED, &track->evidence);
		break;
	case VMS_VERDICT_OUTSIDE_BAND:
		text_printf(out, " by %s at guest time %" PRId64 "; assumed: %s\n",
			    ns_text(session, fabs(result->outside_by_ns), by),
			    report_time(guest, result->outside_at_raw), result->why);
		break;
	case VMS_VERDICT_CANNOT_JUDGE: text_printf(out, ": %s\n", result->why); break;
	default: text_printf(out, "\n");
	}
}

/*
 * What the row of model piecewise does not say: its figures are those of the piece in the middle.
 */
static void print_cuts(struct text *out, const struct vms_session *s)
{
	const struct vms_cuts *c = vms_session_cuts(s);
	unsigned int i;

	if (!c->nr)
		return;
	text_printf(out, "    piecewise is %s between cuts at host times",
		    vms_estimators()[c->estimator].name);
	for (i = 0; i < c->nr; i++)
		text_printf(out, " %" PRId64, c->at_raw[i]);
	text_printf(out, "; above, the piece in the middle\n");
}

static void print_model(struct text *out, const struct vms_session *session,
			const struct vms_track *track, const struct vms_model_result *result)
{
	const struct vms_stream *guest = report_guest(session, track);
	const char *same = vms_session_same_as(session, track, result->by);
	const bool needs = vms_by_is_estimator(result->by) && result->se_why[0];
	char se[NS_CHARS], med[NS_CHARS], by[NS_CHARS];

	if (same) {
		text_printf(out, "    %-15s %24s  as %s\n", vms_by_name(result->by), "-", same);
		return;
	}
	if (!result->available) {
		text_printf(out, "    %-15s %24s  %s\n", vms_by_name(result->by), "-",
			    result->why_not);
		return;
	}
	text_printf(
		out, "    %-15s %24" PRId64 " %+14.4f %12s %12s %22s  ", vms_by_name(result->by),
		report_offset(guest, result->at_raw, result->offset_raw),
		report_drift(guest, result->drift) * 1e6,
		ns_text(session, result->se_raw * vms_clock_ns(vms_session_clock(session), 1), se),
		ns_text(session, result->residual_ns.n ? result->residual_ns.median : NAN, med),
		bias_text(session, track, result, BUF(NS_CHARS)));
	text_printf(out, "%s", result->verdict == VMS_VERDICT_NONE ? "-" : verdict_word(result));
	if (vms_verdict_refutes(result->verdict))
		text_printf(out, " by %s", ns_text(session, fabs(result->outside_by_ns), by));
	text_printf(out, "%s%s%s\n", bound_text(result), needs ? "; se " : "",
		    needs ? result->se_why : "");
}

static void print_models(struct text *out, const struct vms_session *session,
			 const struct vms_track *track)
{
	unsigned int i;

	text_printf(out, "    %-15s %24s %14s %12s %12s %22s  %s\n", "model", "offset", "drift ppm",
		    "se", "median resid", "biased by", "verdict");
	for (i = 0; i < vms_session_models_nr(session); i++) {
		const struct vms_model_result *result = result_shown(track, i);

		if (vms_by_is_delay(result->by) && !vms_by_is_delay(result->by - 1))
			text_printf(out, "    measures of delay: as an offset too late by it\n");
		print_model(out, session, track, result);
	}
	print_cuts(out, session);
}

static void print_sequences(struct text *out, const struct vms_session *session,
			    const struct vms_track *track)
{
	const struct vms_catalogue *cat = vms_session_catalogue(session);
	char least[NS_CHARS], median[NS_CHARS], mad[NS_CHARS], p99[NS_CHARS];
	unsigned int i;

	text_printf(out, "    %-15s %8s %8s %8s %12s %12s %12s %12s\n", "sequence", "pairs",
		    "accepted", "rejected", "delay min", "median", "mad", "p99");
	for (i = 0; i < cat->seqs_nr; i++) {
		const struct vms_seq_result *seq_result = &track->seqs[i];
		const bool some = seq_result->delay_ns.n > 0;

		if (!cat->seqs[i].enabled && vms_session_sequence_changed(session, i))
			text_printf(out, "    %-15s %8s\n", fmt_clean(cat->seqs[i].name, BUF(256)),
				    "muted");
		if (!seq_result->pairs)
			continue;
		text_printf(out, "    %-15s %8u %8u %8u %12s %12s %12s %12s\n",
			    fmt_clean(cat->seqs[i].name, BUF(256)), seq_result->pairs,
			    seq_result->accepted, seq_result->rejected,
			    ns_text(session, some ? seq_result->delay_ns.min : NAN, least),
			    ns_text(session, some ? seq_result->delay_ns.median : NAN, median),
			    ns_text(session, some ? seq_result->delay_ns.mad : NAN, mad),
			    ns_text(session, some ? seq_result->delay_ns.p99 : NAN, p99));
	}
}

/* What speaks against the alignment, and what to do. */
static void print_doubt(struct text *out, const struct vms_session *session,
			const struct vms_track *track)
{
	const struct vms_align_vcpu *vcpu = track->align;

	if (vcpu->start == VMS_ALIGN_NONE) {
		text_printf(out, "    not aligned: no offset puts the guest's events where it ran; "
				 "give one with --offset, or "
				 "on the screen :align\n");
		return;
	}
	if (!vcpu->ambiguous)
		return;
	text_printf(out, "    AMBIGUOUS  confidence %.2f: offset %" PRId64 " explains the events, ",
		    vcpu->confidence, report_align_offset(session, track));
	if (vcpu->second_best_raw)
		text_printf(out, "%" PRId64 " about as well;", vcpu->second_best_raw);
	else
		text_printf(out, "but too few of them;");
	text_printf(out, " choose with --offset, or on the screen :align second or pair\n");
}

static void print_track(struct text *out, const struct vms_session *session, unsigned int i,
			const struct app_report_opts *ro)
{
	const struct vms_track *track = vms_session_track(session, i);
	char limits[LIMITS_CHARS];
	unsigned int k;

	if (!track->thread) {
		text_printf(out, "  vCPU %u: no host thread found\n", track->vcpu);
		return;
	}
	text_printf(out, "  vCPU %u on host thread ", track->vcpu);
	for (k = 0; k < vms_thread_parts_nr(track->thread); k++)
		text_printf(out, "%s%d", k ? ", then " : "", vms_thread_tid(track->thread, k));
	text_printf(out, " (%s), alignment %s", report_tid_from(track),
		    report_start_name(track->align));
	if (track->align->start == VMS_ALIGN_FOUND)
		text_printf(out, " by %s, confidence %.2f%s",
			    track->align->how ? track->align->how : "?", track->align->confidence,
			    track->align->ambiguous ? ", AMBIGUOUS" : "");
	text_printf(out, "\n");
	print_doubt(out, session, track);
	print_coverage(out, session, track);
	print_steps(out, track->band);
	for (k = 0; track->band && k < track->band->segs_nr; k++)
		print_segment(out, session, track, k, ro);
	if (!track->band || !track->band->segs_nr)
		text_printf(out, "    band       none: no guest event bounds the offset\n");
	if (limits_text(session, track, limits, sizeof(limits)))
		text_printf(out, "    limits     %s\n", limits);
	print_recorded(out, session, i);
	print_in_force(out, session, track);
	print_models(out, session, track);
	print_sequences(out, session, track);
}

/* Whether a vCPU's host CPUs have one clock. */
static void print_pcpus(struct text *out, const struct vms_session *session,
			const struct vms_clocks *clocks, const struct vms_clock_part *vcpu)
{
	const struct vms_cpu *cpus = vms_session_trace(session)->host->cpus;
	const struct vms_clock_meet clock_meet = vms_clocks_pcpus(clocks, vcpu->track);
	char by[NS_CHARS];

	if (clock_meet.nr < 2)
		return;
	text_printf(out,
		    "    vCPU %u on %u host CPUs: ", vms_session_track(session, vcpu->track)->vcpu,
		    clock_meet.nr);
	if (clock_meet.lo_raw <= clock_meet.hi_raw)
		text_printf(out, "nothing tells their clocks apart\n");
	else
		text_printf(out, "the clocks of pCPU %u and pCPU %u DIFFER by at least %s%s\n",
			    cpus[clocks->parts[clock_meet.lo_by].pcpu].cpu,
			    cpus[clocks->parts[clock_meet.hi_by].pcpu].cpu,
			    raw_text(session, vms_sat_sub_i64(clock_meet.lo_raw, clock_meet.hi_raw),
				     by),
			    vcpu->step_free ? "; its steps are moves between them" : "");
}

static void print_together(struct text *out, const struct vms_session *session, unsigned int guest,
			   const struct app_report_opts *ro)
{
	const struct vms_stream *stream = vms_session_trace(session)->guests[guest].stream;
	struct vms_clocks *clocks = NULL;
	char by[NS_CHARS];
	bool moves = false;
	unsigned int i;

	out->bad |= report_clocks(&clocks, session, guest, ro);
	if (!clocks)
		return; /* no band, as said for each vCPU */
	for (i = 0; i < clocks->parts_nr; i++)
		moves = moves || clocks->parts[i].step_free;
	if (moves)
		text_printf(out, "  together   the host's CPUs have different clocks: steps are "
				 "moves of a vCPU between them\n");
	else if (clocks->vcpus.nr > 1 && clocks->vcpus.lo_raw <= clocks->vcpus.hi_raw)
		text_printf(out,
			    "  together   one offset fits all %u vCPUs: [%" PRId64 ", %" PRId64
			    "] at guest time %" PRId64 ", width %s\n",
			    clocks->vcpus.nr,
			    report_offset(stream, clocks->at_raw, clocks->vcpus.lo_raw),
			    report_offset(stream, clocks->at_raw, clocks->vcpus.hi_raw),
			    report_time(stream, clocks->at_raw),
			    raw_text(session,
				     vms_sat_sub_i64(clocks->vcpus.hi_raw, clocks->vcpus.lo_raw),
				     by));
	else if (clocks->vcpus.nr > 1)
		text_printf(out,
			    "  together   NO offset fits all vCPUs: vCPU %u and vCPU %u differ "
			    "by at least %s at guest time %" PRId64 "\n",
			    report_part_vcpu(session, clocks, clocks->vcpus.lo_by),
			    report_part_vcpu(session, clocks, clocks->vcpus.hi_by),
			    raw_text(session,
				     vms_sat_sub_i64(clocks->vcpus.lo_raw, clocks->vcpus.hi_raw),
				     by),
			    report_time(stream, clocks->at_raw));
	for (i = 0; i < clocks->parts_nr; i++)
		if (clocks->parts[i].pcpu < 0)
			print_pcpus(out, session, clocks, &clocks->parts[i]);
	vms_clocks_free(clocks);
}

static void print_inside(struct text *out, const struct vms_session *session)
{
	static const char *const class[VMS_INSIDE_NR] = { "before the guest runs",
							  "after the guest has left",
							  "proves nothing", "not expected" };
	const struct vms_stretches *st = vms_session_stretches(session);
	unsigned int i;

	if (!st->inside_nr)
		return;
	text_printf(out, "host events between entry and exit%s:\n",
		    st->late_exit ? " (this host's kvm_exit comes late: stretches end at the "
				    "first sign of the host)"
				  : "");
	for (i = 0; i < st->inside_nr; i++)
		text_printf(
			out, "  %8" PRIu64 "  %-28s %s\n", st->inside[i].nr,
			fmt_clean(vms_session_trace(session)->host->types[st->inside[i].type].name,
				  BUF(256)),
			class[st->inside[i].kind]);
}

#define HOLES_SHOWN 8u

static void print_holes(struct text *out, const struct vms_session *session)
{
	const struct vms_stretches *st = vms_session_stretches(session);
	char buf[160];
	unsigned int i;

	for (i = 0; i < st->holes_nr && i < HOLES_SHOWN; i++)
		text_printf(out, "  missing    %s\n",
			    hole_text(vms_session_clock(session), vms_session_trace(session)->host,
				      &st->holes[i], buf, sizeof(buf)));
	if (st->holes_nr > HOLES_SHOWN)
		text_printf(out, "  missing    and so on: %u places in all\n", st->holes_nr);
}

static void print_defects(struct text *out, const struct vms_stream *guest,
			  const struct vms_stream *host)
{
	struct vms_defect defects[VMS_DEFECTS_MAX];
	const unsigned int nr = vms_defects_find(defects, guest, host);
	unsigned int i;

	for (i = 0; i < nr; i++)
		text_printf(out, "  defect %-3s %s\n", defects[i].id, defects[i].text);
}

void report_text(json *to, const struct vms_session *session, const struct app_report_opts *ro)
{
	const struct vms_trace *trace = vms_session_trace(session);
	struct text *const out = &to->text;
	unsigned int g, i;

	report_stream_line(out, trace->is_part ? "part of host" : "host", trace->host);
	print_holes(out, session);
	for (g = 0; g < trace->guests_nr; g++) {
		report_stream_line(out, "guest", trace->guests[g].stream);
		print_defects(out, trace->guests[g].stream, trace->host);
		for (i = 0; i < vms_session_tracks_nr(session); i++)
			if (vms_session_track(session, i)->guest == g)
				print_track(out, session, i, ro);
		print_together(out, session, g, ro);
		print_fitness(out, session, g, ro);
		if (ro->finds)
			print_found(out, session, g, ro->finds);
	}
	if (ro->copies)
		print_copies(out, session, ro);
	print_inside(out, session);
	report_thesis(to, false, trace, ro->thesis);
	report_notes(out, trace);
	if (ro->advice)
		print_advise(out, trace, session, ro->advice);
}
