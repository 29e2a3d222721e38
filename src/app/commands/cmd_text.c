// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the text overlays: why a pair is a candidate, step by step, and what program this is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands/about.h"
#include "app/state/events.h"
#include "app/state/sequences.h"
#include "app/state/shown.h"
#include "app/state/text.h"
#include "app/commands/command.h"
#include "app/state/lane_list.h"
#include "app/commands/cmd_view.h"
#include "app/words/candidate.h"
#include "app/words/edge.h"
#include "app/words/fitness.h"
#include "app/words/format.h"
#include "app/words/words.h"

#define EXPLAIN_WIDTH 75 /* [bytes] what the overlay shows of a line on 80 columns */

/* An event: its time, and its fields. @guest: -1 = of the host */
static void explain_event(const struct app *app, int guest, struct vms_ref ref, struct lines *lines)
{
	const struct vms_stream *stream =
		guest >= 0 ? app->trace->guests[guest].stream : app->trace->host;
	const char *const side = guest >= 0 ? "guest" : "host ";
	char fields[400] = "";

	if (ref.cpu < 0) {
		(void)lines_add(lines, "%s   no event", side);
		return;
	}
	if (stream->ops && stream->ops->text)
		stream->ops->text(stream, ref, fields, sizeof(fields));
	(void)lines_add(lines, "%s   %s   %s   %s #%u", side,
			fmt_time(guest >= 0 ? &stream->clock : vms_session_clock(app->session),
				 vms_event_stored(stream, ref), FMT_BUF),
			vms_event_type(stream, ref)->name,
			app_lane_name(app, guest, (unsigned int)ref.cpu), ref.idx);
	if (fields[0])
		(void)lines_add(lines, "        %s", fields);
}

static void explain_stretch(const struct app *app, const struct vms_candidate *cand,
			    struct lines *lines)
{
	const struct vms_thread *t = vms_session_track(app->session, cand->track)->thread;
	const struct vms_clock *clock = vms_session_clock(app->session);
	char from[FMT_SIZE], to[FMT_SIZE];
	const struct vms_stretch *stretch;

	if (!t || cand->pair.stretch >= t->stretches_nr)
		return;
	stretch = &t->stretches[cand->pair.stretch];
	(void)lines_add(lines, "stretch guest code of thread %d may run from %s",
			vms_thread_tid_of(t, cand->pair.stretch),
			fmt_time(clock, stretch->enter_raw, from, sizeof(from)));
	(void)lines_add(lines, "        to %s (%s)",
			fmt_time(clock, stretch->leave_raw, to, sizeof(to)),
			fmt_span(clock,
				 vms_clock_ns(clock, vms_sat_sub_i64(stretch->leave_raw,
								     stretch->enter_raw)),
				 FMT_BUF));
	if (stretch->flags & VMS_STRETCH_TIGHTENED)
		(void)lines_add(lines,
				"        its end is a host event before kvm_exit that proves "
				"the guest had left");
	if (stretch->flags & VMS_STRETCH_RAISED)
		(void)lines_add(lines, "        its start is a host event after kvm_entry");
}

static void explain_bound(const struct app *app, const struct vms_candidate *cand,
			  struct lines *lines)
{
	const struct vms_track *t = vms_session_track(app->session, cand->track);
	const struct vms_band_segment *seg =
		t->band ? vms_band_segment_of(t->band, cand->pair.guest_ev.idx) : NULL;
	const struct vms_clock *clock = vms_session_clock(app->session);
	bool upper = cand->pair.dir == VMS_GUEST_TO_HOST;
	double slack = candidate_bound_slack_ns(app->session, cand);
	struct vms_point below = { 0 }, above = { 0 };
	int64_t lo, hi;

	(void)lines_add(lines, "bound   the offset is at %s %s, if the pair is true",
			upper ? "most" : "least",
			fmt_offset(clock,
				   vms_sat_sub_i64(cand->pair.host_raw, cand->pair.guest_raw),
				   FMT_BUF));
	if (!seg) {
		(void)lines_add(lines, "        there is no band here to compare it with");
		return;
	}
	vms_band_at(seg, cand->pair.guest_raw, &lo, &hi);
	(void)lines_add(lines, "band    %s to", fmt_offset(clock, lo, FMT_BUF));
	vms_band_bind_at(seg, cand->pair.guest_raw, &below, &above);
	(void)lines_add(lines, "        %s, by a %s from below and a %s from above",
			fmt_offset(clock, hi, FMT_BUF),
			vms_point_is_fact(&below) ? "clock fact" : "guest event",
			vms_point_is_fact(&above) ? "clock fact" : "guest event");
	if (cand->flags & VMS_CAND_IMPOSSIBLE)
		(void)lines_add(
			lines,
			"        IMPOSSIBLE: the delay is negative at every offset of the band");
	else if (cand->flags & VMS_CAND_BINDING)
		(void)lines_add(lines, "        this event is one of those that fix the band");
	else
		(void)lines_add(lines, "        the pair is %s away from moving that side",
				fmt_span(clock, slack, FMT_BUF));
}

static void explain_delay(const struct app *app, const struct vms_candidate *cand,
			  struct lines *lines)
{
	const struct vms_track *track = vms_session_track(app->session, cand->track);
	const struct vms_clock *clock = vms_session_clock(app->session);
	const struct vms_sequence *seq = &vms_session_catalogue(app->session)->seqs[cand->pair.seq];
	double delay = vms_session_delay_ns(app->session, cand);
	char mad[FMT_SIZE];

	(void)lines_add(lines, "delay   %s under model %s%s", fmt_signed(clock, delay, FMT_BUF),
			vms_by_name(vms_session_model(app->session)),
			delay < 0 ? ": NEGATIVE, the effect comes before its cause" : "");
	if (track->seqs && track->seqs[cand->pair.seq].delay_ns.n)
		(void)lines_add(lines, "        its sequence: n %llu, median %s, MAD %s",
				(unsigned long long)track->seqs[cand->pair.seq].delay_ns.n,
				fmt_span(clock, track->seqs[cand->pair.seq].delay_ns.median,
					 FMT_BUF),
				fmt_span(clock, track->seqs[cand->pair.seq].delay_ns.mad, mad,
					 sizeof(mad)));
	if (seq->delay_hi_ns)
		(void)lines_add(lines, "        to expect: %s to %s%s",
				fmt_span(clock, (double)seq->delay_lo_ns, FMT_BUF),
				fmt_span(clock, (double)seq->delay_hi_ns, FMT_BUF),
				vms_session_beyond(app->session, cand) ? ": it is BEYOND that"
								       : "");
	(void)lines_add(lines, "        residual %s%s",
			fmt_signed(clock, vms_session_residual_ns(app->session, cand), FMT_BUF),
			vms_session_outlier(app->session, cand) ? ": an OUTLIER of its sequence"
								: "");
}

static void explain_effect(struct app *app, const struct vms_candidate *cand, struct lines *lines)
{
	const struct vms_clock *clock = vms_session_clock(app->session);
	const char *tag = vms_session_note(app->session, cand);
	uint32_t id = cand->id, rival = vms_session_rival(app->session, cand);
	const enum vms_state state = vms_session_state(app->session, cand);
	struct vms_effect effect;
	char se[64];

	(void)lines_add(lines, "state   %s%s%s%s", state_name(state),
			cand->flags & VMS_CAND_LOADED ? ", read from a file" : "",
			tag[0] ? ", note: " : "", tag);
	if (cand->flags & VMS_CAND_DETACHED)
		(void)lines_add(lines, "        DETACHED: it does not form under this model");
	if (rival != VMS_ID_NONE)
		(void)lines_add(lines,
				"rival   %u has the same guest event: at most one of them is true",
				rival);
	if (state == VMS_ACCEPTED ||
	    vms_session_what_if(app->session, id, VMS_ACCEPTED, &effect, NULL))
		return;
	if (isfinite(effect.se_after_ns) && isfinite(effect.offset_change_ns))
		(void)lines_add(lines, "if accepted   offset %s, se %s",
				fmt_signed(clock, effect.offset_change_ns, FMT_BUF),
				isfinite(effect.se_before_ns)
					? fmt_change(clock, effect.se_before_ns, effect.se_after_ns,
						     se, sizeof(se))
					: fmt_span(clock, effect.se_after_ns, se, sizeof(se)));
	else
		(void)lines_add(lines,
				"if accepted   one more anchor; too few yet for a standard error");
}

static int explain_sequence(struct app *app, struct vms_err *err)
{
	const struct app_sequence at =
		app_sequence(app, app_shown(app)->row[APP_PANE_SEQUENCES].sel);
	struct lines lines = { 0 };

	if (!at.fitness)
		return vms_fail(err, VMS_ENODATA, "%s",
				at.seq && !at.seq->enabled ? "it is muted: Z takes it in again"
							   : "not yet: it is being computed");
	(void)lines_add(&lines, "%s: %s", at.seq->name, at.seq->help ? at.seq->help : "");
	fit_lines(&lines, vms_session_clock(app->session), app_fitness_guest(app), at.seq->dir,
		  at.fitness);
	(void)lines_wrap(&lines, EXPLAIN_WIDTH, 8);
	text_show(app, APP_OVERLAY_TEXT, "whether this sequence is a synchronisation point",
		  &lines);
	return 0;
}

static void explain_edge(const struct app *app, const struct app_miss *miss, bool after,
			 struct lines *lines)
{
	const struct vms_clock *clock = vms_session_clock(app->session);
	struct edge edge;

	if (edge_of(&edge, app->session, vms_session_track(app->session, miss->track),
		    miss->event.host_raw, after))
		(void)lines_add(lines, "%s   %s   pCPU%u   %s, %s %s",
				edge.by_other ? "host "
				: after	      ? "entry"
					      : "exit ",
				fmt_time(clock, edge.host_raw, FMT_BUF), edge.pcpu, edge.name,
				fmt_span(clock,
					 vms_clock_ns(clock, vms_sat_sub_i64(edge.host_raw,
									     miss->event.host_raw)),
					 FMT_BUF),
				after ? "later" : "before");
}

/* A violation that was gone to: what the model says of the event, and why it cannot be. */
static void explain_miss(struct app *app, const struct app_miss *miss)
{
	const struct vms_track *track = vms_session_track(app->session, miss->track);
	const struct vms_stream *guest = app->trace->guests[track->guest].stream;
	const struct vms_clock *clock = vms_session_clock(app->session);
	const struct vms_ref ref = miss->event.ref;
	const struct vms_band_segment *seg =
		track->band ? vms_band_segment_of(track->band, ref.idx) : NULL;
	const int64_t guest_raw = guest->cpus[ref.cpu].time_raw[ref.idx];
	struct lines lines = { 0 };
	int64_t lo, hi;

	(void)lines_add(&lines, "outside every guest run of %s by %s, under model %s",
			app_vcpu_words(app, track, FMT_BUF),
			fmt_span(clock, vms_clock_ns(clock, miss->depth_raw), FMT_BUF),
			vms_by_name(vms_session_model(app->session)));
	explain_event(app, (int)track->guest, ref, &lines);
	(void)lines_add(&lines, "host    %s is the host time that the model gives it",
			fmt_time(clock, miss->event.host_raw, FMT_BUF));
	explain_edge(app, miss, false, &lines);
	explain_edge(app, miss, true, &lines);
	(void)lines_add(&lines, "so      in between the vCPU ran no guest code: the model is wrong "
				"there, or a run of it is not recorded");
	if (seg) {
		vms_band_at(seg, guest_raw, &lo, &hi);
		(void)lines_add(&lines, "band    the offset is %s to %s there; the model has %s",
				fmt_offset(clock, lo, FMT_BUF), fmt_offset(clock, hi, FMT_BUF),
				fmt_offset(clock, vms_sat_sub_i64(miss->event.host_raw, guest_raw),
					   FMT_BUF));
	}
	(void)lines_wrap(&lines, EXPLAIN_WIDTH, 8);
	text_show(app, APP_OVERLAY_TEXT, "why this is a violation", &lines);
}

int cmd_explain(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const struct vms_catalogue *cat = vms_session_catalogue(app->session);
	struct vms_candidate pair;
	const struct vms_candidate *const cand = &pair;
	struct lines lines = { 0 };
	char host[128];
	int ret;

	if (app_shown(app)->screen == APP_SCREEN_SEQUENCES && !args->argc)
		return explain_sequence(app, err);
	if (app_miss(app) && !args->argc) {
		explain_miss(app, app_miss(app));
		return 0;
	}
	ret = view_pair_of(app, args, &pair, err);
	if (ret)
		return ret;
	(void)lines_add(&lines, "pair %u   sequence %s: %s", cand->id,
			candidate_sequence(app->session, cand),
			cand->pair.seq < cat->seqs_nr && cat->seqs[cand->pair.seq].help
				? cat->seqs[cand->pair.seq].help
				: "");
	(void)candidate_host_event(app->session, cand, host, sizeof(host));
	if (cand->pair.dir == VMS_GUEST_TO_HOST)
		(void)lines_add(&lines, "order   %s in the guest, then %s on the host",
				candidate_guest_event(app->session, cand), host);
	else
		(void)lines_add(&lines, "order   %s on the host, then %s in the guest", host,
				candidate_guest_event(app->session, cand));
	explain_event(app, (int)cand->pair.guest, cand->pair.guest_ev, &lines);
	explain_event(app, -1, cand->pair.host_ev, &lines);
	explain_stretch(app, cand, &lines);
	explain_delay(app, cand, &lines);
	explain_bound(app, cand, &lines);
	explain_effect(app, cand, &lines);
	(void)lines_wrap(&lines, EXPLAIN_WIDTH, 8);
	text_show(app, APP_OVERLAY_EXPLAIN, "why this pair", &lines);
	text_about(app, cand->id);
	return 0;
}

void cmd_version(struct app *app)
{
	struct lines lines = { 0 };
	struct text about = { 0 };
	const char *line, *end;

	about_text(&about);
	about_files(&about, app->trace);
	for (line = about.p; line && (end = strchr(line, '\n')); line = end + 1)
		(void)lines_add(&lines, "%.*s", (int)(end - line), line);
	free(about.p);
	(void)lines_wrap(&lines, EXPLAIN_WIDTH, 4);
	text_show(app, APP_OVERLAY_TEXT, "version", &lines);
}
