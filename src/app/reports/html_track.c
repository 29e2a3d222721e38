// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a page says of a vCPU and of a guest: tables, with the keys of the JSON report. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include <vmsync/clocks.h>
#include <vmsync/defects.h>
#include <vmsync/place.h>

#include "app/reports/report_impl.h"
#include "app/words/edge.h"
#include "app/words/fitness.h"
#include "app/words/format.h"
#include "app/words/verdict.h"
#include "core/base/util.h"

/* More segments than these are in the text at the end of the page. */
#define SEGMENTS_SHOWN 24u

static struct json_value ns_value(const struct vms_session *session, int64_t raw)
{
	return json_real(fabs(vms_clock_ns(vms_session_clock(session), raw)));
}

static void time_cell(struct text *out, const char *key, const struct vms_clock *clock, int64_t raw)
{
	html_cell(out, key, json_integer(raw), fmt_time(clock, raw, FMT_BUF));
}

/* Where the vCPU had left, or came in again, around the host time that an event is given. */
static void edge_cell(struct text *out, const struct vms_session *session,
		      const struct vms_track *track, const struct vms_witness *seen, bool after)
{
	const struct vms_clock *clock = vms_session_clock(session);
	struct edge edge;
	char words[160] = "-";

	if (!seen->is_fact &&
	    vms_place_of(track->thread, seen->host_raw, NULL, NULL) == VMS_PLACE_OUTSIDE &&
	    edge_of(&edge, session, track, seen->host_raw, after))
		(void)snprintf(words, sizeof(words), "%s, %s",
			       fmt_time(clock, edge.host_raw, FMT_BUF), edge.name);
	html_words(out, "", words);
}

static void witness_row(struct text *out, const struct vms_session *session,
			const struct vms_track *track, const struct vms_witness *seen)
{
	const struct vms_stream *guest = report_guest(session, track);
	const struct vms_clock *clock = vms_session_clock(session);
	const struct vms_ref ref = { .cpu = (int32_t)track->cpu_idx, .idx = seen->index };

	text_printf(out, "<tr class=\"witness\">");
	html_cell(out, "depth_ns", ns_value(session, seen->depth_raw),
		  fmt_span(clock, vms_clock_ns(clock, seen->depth_raw), FMT_BUF));
	html_words(out, "",
		   seen->is_fact ? "clock fact: KVM says what the guest's TSC was"
				 : vms_event_type(guest, ref)->name);
	time_cell(out, "guest_time", &guest->clock, report_time(guest, seen->guest_raw));
	time_cell(out, "host_time", clock, seen->host_raw);
	edge_cell(out, session, track, seen, false);
	edge_cell(out, session, track, seen, true);
	text_printf(out, "</tr>\n");
}

static void print_evidence(struct text *out, const struct vms_session *session,
			   const struct vms_track *track)
{
	const struct vms_evidence *found = &track->evidence;
	unsigned int i;

	if (!vms_evidence_nr(found))
		return;
	text_printf(
		out,
		"<h4>How one knows</h4>\n<p>The recorded synchronisation puts guest events into "
		"<b>%u</b> gaps in which the vCPU did not run, contradicts <b>%u</b> clock facts "
		"of KVM and turns the order of <b>%u</b> events round. %s, the deepest first:</p>\n"
		"<table><tr><th>by</th><th>event</th><th>guest time</th><th>host time that it is "
		"given</th><th>the vCPU had left</th><th>and was not back before</th></tr>\n",
		found->gaps_nr, found->facts_nr, found->order_nr,
		found->worst_nr < vms_evidence_nr(found) ? "Some" : "All");
	for (i = 0; i < found->worst_nr; i++)
		witness_row(out, session, track, &found->worst[i]);
	text_printf(out, "</table>\n");
}

static void print_coverage(struct text *out, const struct vms_session *session,
			   const struct vms_track *track)
{
	const struct vms_coverage seen = vms_session_coverage(session, track);
	const double share = seen.events_nr ? (double)seen.checkable_nr / seen.events_nr : 0.0;

	text_printf(out,
		    "<p class=\"cover\"><span class=\"bar\"><span "
		    "style=\"width:%.1f%%\"></span></span> "
		    "checked ",
		    share * 100.0);
	html_text(out, coverage_text(session, track, BUF(COVERAGE_CHARS)));
	text_printf(out, "</p>\n");
}

static void segment_row(struct text *out, const struct vms_session *session,
			const struct vms_track *track, const struct vms_band_segment *seg,
			const struct app_report_opts *ro)
{
	const struct vms_stream *guest = report_guest(session, track);
	const struct report_band band = report_band_at(guest, seg, ro);
	const struct vms_clock *clock = vms_session_clock(session);
	const bool bounded = band.lo_raw != INT64_MIN && band.hi_raw != INT64_MAX;
	const double width =
		bounded ? vms_clock_ns(clock, vms_sat_sub_i64(band.hi_raw, band.lo_raw)) : NAN;

	text_printf(out, "<tr class=\"segment\">");
	time_cell(out, "guest_from", &guest->clock, report_time(guest, seg->from_raw));
	time_cell(out, "guest_to", &guest->clock, report_time(guest, seg->to_raw));
	html_cell(out, "offset_lo", json_bound(band.lo_raw),
		  band.lo_raw == INT64_MIN ? "open" : fmt_offset(clock, band.lo_raw, FMT_BUF));
	html_cell(out, "offset_hi", json_bound(band.hi_raw),
		  band.hi_raw == INT64_MAX ? "open" : fmt_offset(clock, band.hi_raw, FMT_BUF));
	html_cell(out, "width_ns", json_real(width), fmt_span(clock, width, FMT_BUF));
	html_words(out, "",
		   seg->unsure	     ? segment_doubt_text(seg)
		   : seg->violations ? "contradictions were left out"
		   : seg->constant   ? "constant"
				     : "a line");
	text_printf(out, "</tr>\n");
}

static void print_segments(struct text *out, const struct vms_session *session,
			   const struct vms_track *track, const struct app_report_opts *ro)
{
	const unsigned int nr = track->band ? track->band->segs_nr : 0;
	unsigned int i;

	if (!nr) {
		text_printf(out, "<p>No guest event bounds the offset: there is no band.</p>\n");
		return;
	}
	if (vms_band_steps(track->band))
		text_printf(out,
			    "<p class=\"bad\">No single offset fits: it steps %u time%s.</p>\n",
			    vms_band_steps(track->band), fmt_s(vms_band_steps(track->band)));
	text_printf(out, "<table><tr><th>guest time from</th><th>to</th><th>offset at least</th>"
			 "<th>at most</th><th>width</th><th></th></tr>\n");
	for (i = 0; i < nr && i < SEGMENTS_SHOWN; i++)
		segment_row(out, session, track, &track->band->segs[i], ro);
	text_printf(out, "</table>\n");
	if (nr > SEGMENTS_SHOWN)
		text_printf(out, "<p class=\"dim\">and %u segments more</p>\n",
			    nr - SEGMENTS_SHOWN);
}

static void model_row(struct text *out, const struct vms_session *session,
		      const struct vms_track *track, const struct vms_model_result *result)
{
	const struct vms_stream *guest = report_guest(session, track);
	const struct vms_clock *clock = vms_session_clock(session);
	const double unit_ns = vms_clock_ns(clock, 1);

	text_printf(out,
		    "<tr class=\"model\"><th class=\"n\" data-k=\"name\" data-v=\"%s\">%s</th>",
		    vms_by_name(result->by), vms_by_name(result->by));
	if (!result->available) {
		text_printf(out, "<td colspan=\"5\" class=\"dim\">");
		html_text(out, result->why_not);
		text_printf(out, "</td></tr>\n");
		return;
	}
	html_cell(out, "offset",
		  json_offset(report_offset(guest, result->at_raw, result->offset_raw),
			      result->offset_frac),
		  fmt_offset(clock, report_offset(guest, result->at_raw, result->offset_raw),
			     FMT_BUF));
	html_cell(out, "drift_ppm", json_real(report_drift(guest, result->drift) * 1e6),
		  fmt_ppm(report_drift(guest, result->drift), FMT_BUF));
	html_cell(out, "se_ns", json_real(result->se_raw * unit_ns),
		  fmt_se(clock, result->se_raw, FMT_BUF));
	html_words(out, "n", bias_text(session, track, result, FMT_BUF));
	text_printf(out, "<td class=\"n %s\" data-k=\"verdict\" data-v=\"%s\">",
		    html_class(result->verdict), vms_verdict_name(result->verdict));
	html_text(out, verdict_text(clock, track, result, BUF(96)));
	html_text(out, bound_text(result));
	text_printf(out, "</td></tr>\n");
}

static void print_models(struct text *out, const struct vms_session *session,
			 const struct vms_track *track)
{
	unsigned int i;

	text_printf(out,
		    "<table><tr><th>model</th><th>offset</th><th>drift</th><th>standard error</th>"
		    "<th>too late by</th><th>verdict</th></tr>\n");
	for (i = 0; i < vms_session_models_nr(session); i++)
		model_row(out, session, track, result_shown(track, i));
	text_printf(out, "</table>\n");
}

void html_track(struct text *out, struct vms_session *session, unsigned int track_idx,
		const struct app_report_opts *ro)
{
	const struct vms_track *track = vms_session_track(session, track_idx);
	char limits[LIMITS_CHARS];

	text_printf(out, "<section class=\"vcpu\" id=\"g%uv%u\">\n<h3>", track->guest, track->vcpu);
	html_text(out, report_guest(session, track)->name);
	text_printf(out, ", vCPU %u</h3>\n", track->vcpu);
	print_coverage(out, session, track);
	html_picture(out, HTML_BAND, session, track);
	html_picture(out, HTML_STEPS, session, track);
	print_segments(out, session, track, ro);
	if (limits_text(session, track, limits, sizeof(limits))) {
		text_printf(out, "<p class=\"dim\">");
		html_text(out, limits);
		text_printf(out, "</p>\n");
	}
	print_evidence(out, session, track);
	html_picture(out, HTML_OUTSIDE, session, track);
	text_printf(out, "<h4>Clock models</h4>\n");
	html_picture(out, HTML_MODELS, session, track);
	print_models(out, session, track);
	text_printf(out, "</section>\n");
}

static void together(struct text *out, const struct vms_session *session, unsigned int guest,
		     const struct app_report_opts *ro)
{
	const struct vms_clock *clock = vms_session_clock(session);
	struct vms_clocks *clocks = NULL;
	const struct vms_clock_meet *meet;

	out->bad |= report_clocks(&clocks, session, guest, ro);
	if (!clocks)
		return;
	meet = &clocks->vcpus;
	if (meet->nr > 1 && meet->lo_raw <= meet->hi_raw)
		text_printf(
			out,
			"<p>At guest time %s one offset fits all %u vCPUs, to within %s.</p>\n",
			fmt_time(clock,
				 report_time(vms_session_trace(session)->guests[guest].stream,
					     clocks->at_raw),
				 FMT_BUF),
			meet->nr,
			fmt_span(clock,
				 vms_clock_ns(clock, vms_sat_sub_i64(meet->hi_raw, meet->lo_raw)),
				 FMT_BUF));
	else if (meet->nr > 1)
		text_printf(
			out,
			"<p class=\"bad\">No offset fits all vCPUs: those of vCPU %u and vCPU %u "
			"differ by at least %s.</p>\n",
			report_part_vcpu(session, clocks, meet->lo_by),
			report_part_vcpu(session, clocks, meet->hi_by),
			fmt_span(clock,
				 vms_clock_ns(clock, vms_sat_sub_i64(meet->lo_raw, meet->hi_raw)),
				 FMT_BUF));
	vms_clocks_free(clocks);
}

static void fitness_row(struct text *out, const struct vms_session *session, unsigned int guest,
			const struct vms_sequence *seq, const struct vms_fitness *of)
{
	const struct vms_clock *clock = vms_session_clock(session);
	char share[16];

	text_printf(out, "<tr class=\"fitness\">");
	html_words(out, "", seq->name);
	html_cell(out, "fitness", json_text(vms_fit_name(of->fit)), fit_word(of->fit));
	html_cell(out, "pairs", json_count(of->pairs_nr), fmt_grouped(of->pairs_nr, FMT_BUF));
	(void)snprintf(share, sizeof(share), isnan(of->precision) ? "-" : "%.2f", of->precision);
	html_cell(out, "precision", json_real(of->precision), share);
	(void)snprintf(share, sizeof(share), isnan(of->recall) ? "-" : "%.2f", of->recall);
	html_cell(out, "recall", json_real(of->recall), share);
	html_words(out, "n", fit_range(clock, &of->least_true_ns, BUF(64)));
	html_words(out, "",
		   fit_why(clock, vms_session_trace(session)->guests[guest].stream, seq->dir, of,
			   (char[FIT_WHY_CHARS]){ "" }));
	text_printf(out, "</tr>\n");
}

void html_guest(struct text *out, const struct vms_session *session, unsigned int guest,
		const struct app_report_opts *ro)
{
	const struct vms_trace *trace = vms_session_trace(session);
	struct vms_defect defects[VMS_DEFECTS_MAX];
	const unsigned int defects_nr =
		vms_defects_find(defects, trace->guests[guest].stream, trace->host);
	unsigned int i;

	text_printf(out, "<h2>Guest ");
	html_text(out, trace->guests[guest].name);
	text_printf(out, "</h2>\n");
	together(out, session, guest, ro);
	for (i = 0; i < defects_nr; i++) {
		text_printf(out, "<p>Defect %s of trace-cmd is seen here: ", defects[i].id);
		html_text(out, defects[i].text);
		text_printf(out, ".</p>\n");
	}
}

void html_sequences(struct text *out, const struct vms_session *session, unsigned int guest,
		    const struct app_report_opts *ro)
{
	const struct vms_catalogue *cat = vms_session_catalogue(session);
	const struct vms_fitness *all = report_fitness_of(ro->fitness->of_guest, session, guest, 0);
	unsigned int i;

	text_printf(out, "<h3>Sequences of ");
	html_text(out, vms_session_trace(session)->guests[guest].name);
	text_printf(out, "</h3>\n");
	html_delays(out, session, all);
	text_printf(out,
		    "<table><tr><th>sequence</th><th>as a synchronisation point</th><th>pairs</th>"
		    "<th>precision</th><th>recall</th><th>least delay</th><th>why</th></tr>\n");
	for (i = 0; i < cat->seqs_nr; i++)
		if (cat->seqs[i].enabled && (all[i].pairs_nr || all[i].counts.guest_nr))
			fitness_row(out, session, guest, &cat->seqs[i], &all[i]);
	text_printf(out, "</table>\n");
}
