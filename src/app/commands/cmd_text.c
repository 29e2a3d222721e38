// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the text overlays: why a pair is a candidate, step by step, and what program this is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/text.h"
#include "app/commands/command.h"
#include "app/state/lane_list.h"
#include "app/commands/cmd_view.h"
#include "app/words/candidate.h"
#include "app/words/format.h"
#include "app/words/words.h"

#define EXPLAIN_WIDTH 75 /* [bytes] what the overlay shows of a line on 80 columns */

/* One end of the pair: event, time, and its fields. */
static void explain_end(const struct app *a, const struct vms_candidate *c, bool guest,
			struct lines *l)
{
	const struct vms_stream *s =
		guest ? a->trace->guests[c->pair.guest].stream : a->trace->host;
	struct vms_ref ref = guest ? c->pair.guest_ev : c->pair.host_ev;
	int64_t raw = guest ? c->pair.guest_raw : c->pair.host_raw;
	char at[FMT_SIZE], fields[400] = "";

	if (ref.cpu < 0) {
		(void)lines_add(l, "%s   no event", guest ? "guest" : "host ");
		return;
	}
	if (s->ops && s->ops->text)
		s->ops->text(s, ref, fields, sizeof(fields));
	(void)lines_add(
		l, "%s   %s   %s   %s #%u", guest ? "guest" : "host ",
		fmt_time(guest ? &s->clock : vms_session_clock(a->session), raw, at, sizeof(at)),
		vms_event_type(s, ref)->name,
		app_lane_name(a, guest ? c->pair.guest : -1, (unsigned int)ref.cpu), ref.idx);
	if (fields[0])
		(void)lines_add(l, "        %s", fields);
}

static void explain_stretch(const struct app *a, const struct vms_candidate *c, struct lines *l)
{
	const struct vms_thread *t = vms_session_track(a->session, c->track)->thread;
	const struct vms_clock *clock = vms_session_clock(a->session);
	char from[FMT_SIZE], to[FMT_SIZE], len[FMT_SIZE];
	const struct vms_stretch *s;

	if (!t || c->pair.stretch >= t->stretches_nr)
		return;
	s = &t->stretches[c->pair.stretch];
	(void)lines_add(l, "stretch guest code of thread %d may run from %s", t->tid,
			fmt_time(clock, s->enter_raw, from, sizeof(from)));
	(void)lines_add(l, "        to %s (%s)", fmt_time(clock, s->leave_raw, to, sizeof(to)),
			fmt_span(clock,
				 vms_clock_ns(clock, vms_sat_sub_i64(s->leave_raw, s->enter_raw)),
				 len, sizeof(len)));
	if (s->flags & VMS_STRETCH_TIGHTENED)
		(void)lines_add(l, "        its end is a host event before kvm_exit that proves "
				   "the guest had left");
	if (s->flags & VMS_STRETCH_RAISED)
		(void)lines_add(l, "        its start is a host event after kvm_entry");
}

static void explain_bound(const struct app *a, const struct vms_candidate *c, struct lines *l)
{
	const struct vms_track *t = vms_session_track(a->session, c->track);
	const struct vms_band_segment *seg =
		t->band ? vms_band_segment_of(t->band, c->pair.guest_ev.idx) : NULL;
	const struct vms_clock *clock = vms_session_clock(a->session);
	bool upper = c->pair.dir == VMS_GUEST_TO_HOST;
	char text[FMT_SIZE], hi_text[FMT_SIZE];
	double slack = candidate_bound_slack_ns(a->session, c);
	int64_t lo, hi;

	(void)lines_add(l, "bound   the offset is at %s %s, if the pair is true",
			upper ? "most" : "least",
			fmt_offset(clock, vms_sat_sub_i64(c->pair.host_raw, c->pair.guest_raw),
				   text, sizeof(text)));
	if (!seg) {
		(void)lines_add(l, "        there is no band here to compare it with");
		return;
	}
	vms_band_at(seg, c->pair.guest_raw, &lo, &hi);
	(void)lines_add(l, "band    %s to", fmt_offset(clock, lo, text, sizeof(text)));
	(void)lines_add(l, "        %s, from all guest events",
			fmt_offset(clock, hi, hi_text, sizeof(hi_text)));
	if (c->flags & VMS_CAND_IMPOSSIBLE)
		(void)lines_add(
			l, "        IMPOSSIBLE: the delay is negative at every offset of the band");
	else if (c->flags & VMS_CAND_BINDING)
		(void)lines_add(l, "        this event is one of those that fix the band");
	else
		(void)lines_add(l, "        the pair is %s away from moving that side",
				fmt_span(clock, slack, text, sizeof(text)));
}

static void explain_delay(const struct app *a, const struct vms_candidate *c, struct lines *l)
{
	const struct vms_track *t = vms_session_track(a->session, c->track);
	const struct vms_clock *clock = vms_session_clock(a->session);
	double delay = vms_session_delay_ns(a->session, c);
	char text[FMT_SIZE], mid[FMT_SIZE], mad[FMT_SIZE];

	(void)lines_add(l, "delay   %s under model %s%s",
			fmt_signed(clock, delay, text, sizeof(text)),
			vms_by_name(vms_session_model(a->session)),
			delay < 0 ? ": NEGATIVE, the effect comes before its cause" : "");
	if (t->seqs && t->seqs[c->pair.seq].delay_ns.n)
		(void)lines_add(
			l, "        its sequence: n %llu, median %s, MAD %s",
			(unsigned long long)t->seqs[c->pair.seq].delay_ns.n,
			fmt_span(clock, t->seqs[c->pair.seq].delay_ns.median, mid, sizeof(mid)),
			fmt_span(clock, t->seqs[c->pair.seq].delay_ns.mad, mad, sizeof(mad)));
	(void)lines_add(l, "        residual %s%s",
			fmt_signed(clock, vms_session_residual_ns(a->session, c), text,
				   sizeof(text)),
			vms_session_outlier(a->session, c) ? ": an OUTLIER of its sequence" : "");
}

static void explain_effect(struct app *a, const struct vms_candidate *c, struct lines *l)
{
	static const char *const states[] = { "undecided", "accepted", "rejected" };
	const struct vms_clock *clock = vms_session_clock(a->session);
	const char *tag = vms_session_tag(a->session, c->tag);
	uint32_t id = c->id, rival = c->rival;
	struct vms_effect e;
	char off[FMT_SIZE], se[64];

	(void)lines_add(l, "state   %s%s%s%s", states[c->state <= VMS_REJECTED ? c->state : 0],
			c->flags & VMS_CAND_LOADED ? ", read from a file" : "",
			tag && tag[0] ? ", note: " : "", tag ? tag : "");
	if (c->flags & VMS_CAND_DETACHED)
		(void)lines_add(l, "        DETACHED: it does not form under this model");
	if (rival != VMS_ID_NONE)
		(void)lines_add(l,
				"rival   %u has the same guest event: at most one of them is true",
				rival);
	if (c->state == VMS_ACCEPTED || vms_session_what_if(a->session, id, VMS_ACCEPTED, &e, NULL))
		return;
	if (isfinite(e.se_after_ns) && isfinite(e.offset_change_ns))
		(void)lines_add(l, "if accepted   offset %s, se %s",
				fmt_signed(clock, e.offset_change_ns, off, sizeof(off)),
				isfinite(e.se_before_ns)
					? fmt_change(clock, e.se_before_ns, e.se_after_ns, se,
						     sizeof(se))
					: fmt_span(clock, e.se_after_ns, se, sizeof(se)));
	else
		(void)lines_add(l,
				"if accepted   one more anchor; too few yet for a standard error");
}

int cmd_explain(struct app *a, const struct app_args *args, struct vms_err *err)
{
	const struct vms_catalogue *cat = vms_session_catalogue(a->session);
	const struct vms_candidate *c;
	struct lines l = { 0 };
	char host[128];
	int ret;

	ret = view_pair_of(a, args, &c, err);
	if (ret)
		return ret;
	(void)lines_add(&l, "pair %u   sequence %s: %s", c->id, candidate_sequence(a->session, c),
			c->pair.seq < cat->seqs_nr && cat->seqs[c->pair.seq].help
				? cat->seqs[c->pair.seq].help
				: "");
	(void)candidate_host_event(a->session, c, host, sizeof(host));
	if (c->pair.dir == VMS_GUEST_TO_HOST)
		(void)lines_add(&l, "order   %s in the guest, then %s on the host",
				candidate_guest_event(a->session, c), host);
	else
		(void)lines_add(&l, "order   %s on the host, then %s in the guest", host,
				candidate_guest_event(a->session, c));
	explain_end(a, c, true, &l);
	explain_end(a, c, false, &l);
	explain_stretch(a, c, &l);
	explain_delay(a, c, &l);
	explain_bound(a, c, &l);
	explain_effect(a, c, &l);
	(void)lines_wrap(&l, EXPLAIN_WIDTH, 8);
	text_show(a, APP_OVERLAY_EXPLAIN, "why this pair", &l);
	text_about(a, c->id);
	return 0;
}

void cmd_version(struct app *a)
{
	const struct vms_trace *t = a->trace;
	struct lines l = { 0 };
	unsigned int g;

	(void)lines_add(&l, "vmsync-tui " VMSYNC_VERSION);
	(void)lines_add(&l, "host    %s   version %u, %s, read by %s, clock %s", t->host->path,
			t->host->version, t->host->compression ? t->host->compression : "?",
			t->host->source ? t->host->source : "?", t->host->clock.name);
	for (g = 0; g < t->guests_nr; g++)
		(void)lines_add(&l, "guest   %s (%s)   clock %s", t->guests[g].stream->path,
				t->guests[g].stream->name, t->guests[g].stream->clock.name);
	text_show(a, APP_OVERLAY_TEXT, "version", &l);
}
