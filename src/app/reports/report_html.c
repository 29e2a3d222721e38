// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The report as one page that needs nothing else: what is wrong, by how much, how one knows, and
 * what to do.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/reports/report_impl.h"
#include "app/words/advise.h"
#include "app/words/fitness.h"
#include "app/words/format.h"
#include "app/words/holes.h"
#include "app/words/verdict.h"
#include "app/words/words.h"
#include "core/base/util.h"

/* More than these are left to the text report: a page stays below a megabyte. */
#define VERDICTS_SHOWN 64u
#define TRACKS_SHOWN 16u
#define STEPS_SHOWN 16u
#define HOLES_SHOWN 16u
#define TEXT_BYTES (192u << 10)

static const struct vms_model_result *recorded(const struct vms_session *session, unsigned int i)
{
	return vms_session_result(session, i, VMS_BY_RECORDED, VMS_OVER_ACCEPTED);
}

/* Those that are wrong first, where there are more than a page shows. */
static bool is_among(const struct vms_session *session, unsigned int track, unsigned int most)
{
	const bool wrong = vms_verdict_refutes(recorded(session, track)->verdict);
	unsigned int i, before = 0;

	for (i = 0; i < vms_session_tracks_nr(session); i++) {
		const bool other = vms_verdict_refutes(recorded(session, i)->verdict);

		before += other == wrong ? i < track : other;
	}
	return before < most;
}

static void print_files(struct text *out, const struct vms_trace *trace)
{
	unsigned int i;

	text_printf(out,
		    "<table><tr><th></th><th>file</th><th>clock</th><th>CPUs</th><th>events</th>"
		    "<th>lost</th></tr>\n");
	for (i = 0; i <= trace->guests_nr; i++) {
		const struct vms_stream *st = i ? trace->guests[i - 1].stream : trace->host;

		text_printf(out, "<tr class=\"file\">");
		html_words(out, "", i ? st->name : "host");
		html_cell(out, "path", json_text(st->path), st->path);
		html_words(out, "", st->clock.name);
		html_cell(out, "cpus", json_count(st->cpus_nr), json_count(st->cpus_nr).plain);
		html_cell(out, "events", json_count(st->events_nr),
			  fmt_grouped(st->events_nr, FMT_BUF));
		html_cell(out, "lost", json_count(st->lost_nr), fmt_grouped(st->lost_nr, FMT_BUF));
		text_printf(out, "</tr>\n");
	}
	text_printf(out, "</table>\n");
}

/* In a sentence: what is recorded of a guest. */
static void lead(struct text *out, const struct vms_session *session, unsigned int guest)
{
	const int worst = report_worst(session, (int)guest);
	const struct vms_model_result *result =
		worst < 0 ? NULL : recorded(session, (unsigned int)worst);
	const struct vms_track *track =
		worst < 0 ? NULL : vms_session_track(session, (unsigned int)worst);
	char outside[OUTSIDE_CHARS];

	text_printf(out, "<p class=\"lead %s\"><b>", result ? html_class(result->verdict) : "dim");
	html_text(out, vms_session_trace(session)->guests[guest].name);
	text_printf(out, ": ");
	if (!result) {
		text_printf(out, "no vCPU of it was found</b>");
	} else if (!result->available) {
		text_printf(out, "no synchronisation is recorded</b> <span>(");
		html_text(out, result->why_not);
		text_printf(out, ")%s.</span>",
			    track->align->ambiguous ? "; the alignment is AMBIGUOUS" : "");
	} else {
		text_printf(out, "the recorded synchronisation %s</b>",
			    result->verdict == VMS_VERDICT_PROVEN_WRONG	  ? "is PROVEN WRONG"
			    : result->verdict == VMS_VERDICT_IN_BAND	  ? "holds"
			    : result->verdict == VMS_VERDICT_OUTSIDE_BAND ? "is outside the band"
									  : "cannot be judged");
		text_printf(out, "<span>: ");
		if (vms_verdict_refutes(result->verdict))
			text_printf(out, "vCPU %u is up to %s %s, by %u witness%s; %s. ",
				    track->vcpu,
				    fmt_span(vms_session_clock(session),
					     fabs(result->outside_by_ns), FMT_BUF),
				    result->outside_by_ns < 0.0 ? "early" : "late",
				    vms_evidence_nr(&track->evidence),
				    vms_evidence_nr(&track->evidence) == 1 ? "" : "es",
				    outside_text(session, track, &track->recorded, outside));
		html_text(out, result->why ? result->why : "");
		if (result->verdict == VMS_VERDICT_IN_BAND)
			text_printf(out,
				    "no event and no clock fact speaks against it on any vCPU.");
		text_printf(out, "</span>");
	}
	text_printf(out, "</p>\n");
}

static void verdict_row(struct text *out, const struct vms_session *session, unsigned int i)
{
	const struct vms_track *track = vms_session_track(session, i);
	const struct vms_stream *guest = report_guest(session, track);
	const struct vms_clock *clock = vms_session_clock(session);
	const struct vms_model_result *result = recorded(session, i);
	const double widest = report_widest_ns(session, track);

	text_printf(out, "<tr class=\"verdict\"><td class=\"n\"><a href=\"#g%uv%u\">", track->guest,
		    track->vcpu);
	html_text(out, guest->name);
	text_printf(
		out,
		" vCPU %u</a></td><td class=\"n %s\" data-k=\"recorded.verdict\" data-v=\"%s\">",
		track->vcpu, html_class(result->verdict), vms_verdict_name(result->verdict));
	html_text(out, result->available ? error_text(session, track, result, BUF(96))
					 : result->why_not);
	text_printf(out, "</td>");
	html_cell(out, "recorded.outside_by_ns",
		  json_real(result->available ? fabs(result->outside_by_ns) : NAN),
		  vms_verdict_refutes(result->verdict)
			  ? fmt_span(clock, fabs(result->outside_by_ns), FMT_BUF)
			  : "-");
	html_cell(out, "recorded.evidence.n", json_count(vms_evidence_nr(&track->evidence)),
		  fmt_grouped(vms_evidence_nr(&track->evidence), FMT_BUF));
	html_cell(out, "violations_recorded.guest_outside",
		  json_count(track->recorded.guest_outside),
		  fmt_grouped(track->recorded.guest_outside, FMT_BUF));
	html_cell(out, "violations_recorded.guest_events", json_count(track->recorded.guest_events),
		  fmt_grouped(track->recorded.guest_events, FMT_BUF));
	html_cell(out, "widest_ns", json_real(widest),
		  isfinite(widest) ? fmt_span(clock, widest, FMT_BUF) : "open");
	html_words(out, "n", error_text(session, track, result_shown(track, VMS_BY_BAND), BUF(96)));
	text_printf(out, "</tr>\n");
}

/* Where the offset steps, beside the verdict: no single offset mends such a recording. */
static void print_steps(struct text *out, const struct vms_session *session)
{
	const struct vms_clock *clock = vms_session_clock(session);
	unsigned int i, k, nr = 0;

	for (i = 0; i < vms_session_tracks_nr(session); i++) {
		const struct vms_track *track = vms_session_track(session, i);
		const struct vms_stream *guest =
			vms_session_trace(session)->guests[track->guest].stream;

		for (k = 1; track->band && k < track->band->segs_nr && nr < STEPS_SHOWN; k++) {
			const struct vms_band_segment *seg = &track->band->segs[k];

			if (seg->soft || seg->unsure || seg[-1].unsure)
				continue;
			nr++;
			text_printf(out, "<p class=\"bad\">");
			html_text(out, vms_session_trace(session)->guests[track->guest].name);
			text_printf(out, " vCPU %u: the offset steps, %s, between guest time %s",
				    track->vcpu, jump_text(clock, seg - 1, seg, BUF(80)),
				    fmt_time(&guest->clock, seg[-1].to_raw, FMT_BUF));
			text_printf(out, " and %s.</p>\n",
				    fmt_time(&guest->clock, seg->from_raw, FMT_BUF));
		}
	}
}

static void print_verdicts(struct text *out, const struct vms_session *session)
{
	unsigned int i;

	for (i = 0; i < vms_session_trace(session)->guests_nr; i++)
		lead(out, session, i);
	print_steps(out, session);
	text_printf(out, "<table><tr><th></th><th>recorded</th><th>outside the band by</th>"
			 "<th>witnesses</th><th>events outside</th><th>of</th><th>widest band</th>"
			 "<th>the band's middle</th></tr>\n");
	for (i = 0; i < vms_session_tracks_nr(session); i++)
		if (is_among(session, i, VERDICTS_SHOWN))
			verdict_row(out, session, i);
	text_printf(
		out,
		"</table>\n<p class=\"dim\">A guest event belongs between an entry and an exit of "
		"its vCPU. The <em>band</em> is every offset (host minus guest time) that no "
		"event and no clock fact excludes; who is outside of it is wrong by at least "
		"the distance. A <em>witness</em> is one that lies where its vCPU certainly did "
		"not run.</p>\n");
}

static void print_words(struct text *out, const char *const *words, unsigned int nr)
{
	char *line = advise_line((char *const *)(uintptr_t)words, nr);

	out->bad |= !line;
	text_printf(out, "<pre class=\"line\">");
	html_text(out, line ? line : "");
	text_printf(out, "</pre>");
	free(line);
}

/* How a recording that is wrong, or not synchronised, is mended. */
static void step_write(struct text *out, const struct vms_session *session)
{
	const struct vms_trace *trace = vms_session_trace(session);
	unsigned int i;

	for (i = 0; i < trace->guests_nr; i++) {
		const char *const path = trace->guests[i].stream->path;
		const char *const slash = strrchr(path, '/');
		const int worst = report_worst(session, (int)i);
		struct text to = { 0 };

		if (worst < 0 || !vms_session_track(session, (unsigned int)worst)->band ||
		    !copy_helps(session, (unsigned int)worst))
			continue;
		text_printf(&to, "corrected-%s", slash ? slash + 1 : path);
		out->bad |= to.bad;
		if (to.bad)
			continue;
		text_printf(out,
			    "<li>Write a copy of the guest's file with the band's middle as its "
			    "correction, and look at it:");
		print_words(out,
			    (const char *const[]){ "vmsync-tui", "--apply", to.p, "--model", "band",
						   trace->host->path, path },
			    7);
		print_words(out,
			    (const char *const[]){ "trace-cmd", "report", "-i", trace->host->path,
						   "-i", to.p },
			    6);
		text_printf(out, "</li>\n");
		free(to.p);
	}
}

static void step_estimate(struct text *out, const struct vms_session *session,
			  const struct app_report_opts *ro)
{
	const struct vms_catalogue *cat = vms_session_catalogue(session);
	unsigned int i, g, nr[2] = { 0, 0 };
	enum vms_dir dir;

	if (!advise_estimate_helps(session)) {
		text_printf(out, "<li>The band is narrower than what pairs of events could "
				 "estimate: no anchors are needed.</li>\n");
		return;
	}
	text_printf(
		out,
		"<li>For an estimate within the band accept pairs of synchronisation points, on "
		"screen 4 of vmsync-tui: ");
	for (dir = VMS_GUEST_TO_HOST; dir <= VMS_HOST_TO_GUEST; dir++) {
		text_printf(out, "%s ",
			    dir == VMS_GUEST_TO_HOST ? "from guest to host"
						     : ", and from host to guest");
		for (i = 0; i < cat->seqs_nr; i++) {
			bool fit = false;

			for (g = 0; g < vms_session_trace(session)->guests_nr; g++)
				fit |= report_fitness_of(ro->fitness->of_guest, session, g, i)
					       ->fit == VMS_FIT_SYNC_POINT;
			if (!fit || !cat->seqs[i].enabled || cat->seqs[i].dir != dir)
				continue;
			text_printf(out, nr[dir]++ ? ", " : "");
			html_text(out, cat->seqs[i].name);
		}
		text_printf(out, nr[dir] ? "" : "none is fit");
	}
	text_printf(out, "%s.</li>\n",
		    nr[0] && nr[1] ? "; then model midpoint has both directions"
				   : ": pairs of one direction give a bound, no estimate");
}

static void step_next(struct text *out, const struct vms_session *session,
		      const struct app_report_opts *ro)
{
	struct lines lines = { 0 };
	bool wrong = false;
	uint32_t i;

	for (i = 0; i < vms_session_tracks_nr(session); i++)
		wrong |= vms_verdict_refutes(recorded(session, i)->verdict);
	text_printf(out, "<li>Next time %s%s:",
		    ro->advice->nr ? "record what is missing here" : "record the same again",
		    wrong ? ", and judge that too (<code>--check</code>): what trace-cmd says of "
			    "the clocks may be wrong again"
			  : "");
	print_words(out, (const char *const *)ro->advice->argv, ro->advice->argc);
	out->bad |= advise_lines(&lines, vms_session_trace(session), session, ro->advice) != 0;
	text_printf(out, "<pre class=\"line\">");
	for (i = 0; i < lines.nr; i++) {
		html_text(out, lines.line[i]);
		text_add(out, "\n", 1);
	}
	text_printf(out, "</pre></li>\n");
	lines_clear(&lines);
}

static void print_holes(struct text *out, const struct vms_session *session)
{
	const struct vms_stretches *st = vms_session_stretches(session);
	unsigned int i;

	if (!st->holes_nr)
		return;
	text_printf(out, "<h2>What is missing of the host</h2>\n<ul>\n");
	for (i = 0; i < st->holes_nr && i < HOLES_SHOWN; i++) {
		text_printf(out, "<li class=\"hole\">");
		html_text(out,
			  hole_text(vms_session_clock(session), vms_session_trace(session)->host,
				    &st->holes[i], BUF(160)));
		text_printf(out, "</li>\n");
	}
	if (st->holes_nr > HOLES_SHOWN)
		text_printf(out, "<li>and so on: %u places in all</li>\n", st->holes_nr);
	text_printf(out, "</ul>\n");
}

/* The same in words: all of the text report, or as much as a page has room for. */
static void print_text(struct text *out, struct vms_session *session,
		       const struct app_report_opts *ro)
{
	json text = { 0 };

	report_text(&text, session, ro);
	out->bad |= text.text.bad;
	if (text.text.nr > TEXT_BYTES)
		text.text.p[TEXT_BYTES] = '\0';
	text_printf(out, "<details><summary>All of it as text%s</summary>\n<pre>",
		    text.text.nr > TEXT_BYTES ? ", its beginning" : "");
	html_lines(out, text.text.p ? text.text.p : "");
	text_printf(out, "</pre></details>\n");
	free(text.text.p);
}

void html_head(struct text *out, const struct vms_trace *trace)
{
	text_printf(
		out,
		"<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>"
		"<meta charset=\"utf-8\"/><meta name=\"viewport\" "
		"content=\"width=device-width\"/><title>vmsync-tui: ");
	html_text(out, trace->host->path);
	text_printf(out, "</title>");
	html_style(out, true);
	text_printf(out, "</head>\n<body>\n<h1>Clock synchronisation of host and guest</h1>\n");
	print_files(out, trace);
}

void report_html(json *to, struct vms_session *session, const struct app_report_opts *ro)
{
	const struct vms_trace *trace = vms_session_trace(session);
	const unsigned int tracks_nr = vms_session_tracks_nr(session);
	struct text *const out = &to->text;
	unsigned int g, i;

	html_head(out, trace);
	text_printf(out, "<h2>What is wrong, and by how much</h2>\n");
	print_verdicts(out, session);
	text_printf(out, "<h2>What to do</h2>\n<ol>\n");
	step_write(out, session);
	step_estimate(out, session, ro);
	step_next(out, session, ro);
	text_printf(out, "</ol>\n");
	for (g = 0; g < trace->guests_nr; g++) {
		html_guest(out, session, g, ro);
		for (i = 0; i < tracks_nr; i++)
			if (vms_session_track(session, i)->guest == g &&
			    is_among(session, i, TRACKS_SHOWN))
				html_track(out, session, i, ro);
		html_sequences(out, session, g, ro);
	}
	if (tracks_nr > TRACKS_SHOWN)
		text_printf(out, "<p>The other %u vCPUs are in the text below.</p>\n",
			    tracks_nr - TRACKS_SHOWN);
	print_holes(out, session);
	print_text(out, session, ro);
	text_printf(out,
		    "<p class=\"dim\">vmsync-tui " VMSYNC_VERSION
		    ", model in use %s</p>\n</body></html>\n",
		    vms_by_name(vms_session_model(session)));
}
