// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Details of the selected pair: both events in full, order, rival, and what a decision would do
 * before it is made.
 */
#include "ui/panes/panes_impl.h"
#include "app/state/events.h"
#include "app/words/candidate.h"
#include "app/words/edge.h"
#include "app/words/verdict.h"
#include "core/base/printable.h"

#include <math.h>
#include <stdio.h>

/*
 * from so many rows on delay and residual have a line of their own, where the list does not say
 * them all
 */
#define DT_ROWS 6
#define TASK_ROWS 9

/** struct lines - a rectangle being filled from the top */
struct lines {
	const struct frame *f;
	struct rect r;
	int row;
};

static void labelled(struct lines *l, const char *label, enum tui_role label_role,
		     enum tui_role role, const char *text)
{
	int width = l->r.cols - 8;

	if (l->row < l->r.row + l->r.rows && width > 0) {
		cells_put(l->f->c, l->row, l->r.col + 1, 7, label_role, label);
		cells_put(l->f->c, l->row, l->r.col + 8, width, role, text);
	}
	l->row++;
}

static void line(struct lines *l, const char *label, enum tui_role role, const char *text)
{
	labelled(l, label, ROLE_DIM, role, text);
}

static int time_width(const struct vms_clock *c, int64_t raw)
{
	return cells_width(fmt_time(c, raw, FMT_BUF));
}

/*
 * Direction, sequence, times and delays are in the list below or above, unless a person chose other
 * columns.
 */
static bool list_says_all(const struct frame *f)
{
	return f->l.cols >= LAYOUT_SIDE_FROM_COLS && f->l.part[PART_LIST].rows &&
	       !app_prefs(f->a)->columns_nr;
}

static const char *task_text(const struct vms_stream *s, struct vms_ref ev, char *buf, size_t size)
{
	int32_t tid = vms_event_tid(s, ev);
	const char *name = s->ops && s->ops->comm ? s->ops->comm(s, tid) : NULL;
	char comm[64];

	(void)snprintf(buf, size, "task %s   tid %d",
		       name ? fmt_clean(name, comm, sizeof(comm)) : "-", tid);
	return buf;
}

/*
 * Time, where, text. The column at the side is narrow, and the list has the times: task and place
 * come first there.
 */
static void line_event(struct lines *lines, const char *label, const struct vms_stream *stream,
		       struct vms_ref ev, bool guest)
{
	const struct frame *frame = lines->f;
	char time[FMT_SIZE], text[640], where[64], task[128], buf[900];
	int time_cols, host_cols;
	/* the label has the colour, as it stays: what changes with each step is sent without one */
	enum tui_role side = guest ? ROLE_GUEST : ROLE_HOST;

	if (ev.cpu < 0 || (unsigned int)ev.cpu >= stream->cpus_nr ||
	    ev.idx >= stream->cpus[ev.cpu].nr) {
		line(lines, label, ROLE_TEXT, "none");
		return;
	}
	/*
	 * the machines were started at different times: the longer time sets where both have their
	 * place
	 */
	time_cols = time_width(&frame->a->trace->guests[frame->sel->pair.guest].stream->clock,
			       frame->sel->pair.guest_raw);
	host_cols = time_width(frame->clock, frame->sel->pair.host_raw);
	time_cols = host_cols > time_cols ? host_cols : time_cols;
	(void)fmt_time(guest ? &stream->clock : frame->clock, vms_event_time(stream, ev), time,
		       sizeof(time));
	(void)frame_event_text(stream, ev, text, sizeof(text));
	(void)task_text(stream, ev, task, sizeof(task));
	(void)snprintf(where, sizeof(where), "%-6s #%-6u",
		       app_lane_name(frame->a, guest ? frame->sel->pair.guest : -1,
				     (unsigned int)ev.cpu),
		       ev.idx);
	if (lines->r.cols < 70) {
		(void)snprintf(buf, sizeof(buf), "%s  %s", where,
			       list_says_all(frame) ? task : time);
		labelled(lines, label, side, ROLE_TEXT, buf);
		line(lines, "", ROLE_TEXT, text);
		return;
	}
	(void)snprintf(buf, sizeof(buf), "%*s  %s  %s", time_cols, time, where, text);
	labelled(lines, label, side, ROLE_TEXT, buf);
	if (lines->r.rows >= TASK_ROWS)
		line(lines, "", ROLE_DIM, task);
}

static void line_order(struct lines *lines, bool has_dt)
{
	const struct frame *frame = lines->f;
	const struct vms_candidate *cand = frame->sel;
	double delay = vms_session_delay_ns(frame->s, cand);
	bool first_guest = cand->pair.dir == VMS_GUEST_TO_HOST;
	char buf[240], rival[64] = "";
	const uint32_t other = vms_session_rival(frame->s, cand);

	if (other != VMS_ID_NONE)
		(void)snprintf(rival, sizeof(rival), "   rival %u (same guest event)", other);
	if (cand->flags & VMS_CAND_DETACHED)
		(void)snprintf(buf, sizeof(buf), "does not form under the model in use%s", rival);
	else if (cand->flags & VMS_CAND_IMPOSSIBLE)
		(void)snprintf(buf, sizeof(buf), "%s: impossible at every offset of the band%s",
			       first_guest ? "exit  before guest event"
					   : "entry after  guest event",
			       rival);
	else if (delay < 0)
		(void)snprintf(
			buf, sizeof(buf), "%s by %s under this model, possible in the band%s",
			first_guest ? "exit  before guest event" : "entry after  guest event",
			fmt_span(frame->clock, -delay, FMT_BUF), rival);
	else
		(void)snprintf(
			buf, sizeof(buf), "%s: ok%s%s%s%s%s",
			first_guest ? "exit  after  guest event" : "entry before guest event",
			has_dt ? "" : "   residual ",
			has_dt ? ""
			       : fmt_signed(frame->clock, vms_session_residual_ns(frame->s, cand),
					    FMT_BUF),
			cand->flags & VMS_CAND_BINDING ? "   bounds the band" : "",
			vms_session_outlier(frame->s, cand) ? "   outlier" : "", rival);
	line(lines, "order", delay < 0 ? ROLE_IMPOSSIBLE : ROLE_TEXT, buf);
}

static void line_what_if(struct lines *lines)
{
	const struct frame *frame = lines->f;
	bool undecided = vms_session_state(frame->s, frame->sel) == VMS_UNDECIDED;
	const struct vms_effect *effect = frame->what_if;
	char buf[200], moves[96];

	if (!effect)
		return;
	(void)snprintf(buf, sizeof(buf), "%s: %s", undecided ? "accepted" : "cleared",
		       *moves_text(frame->clock, effect, moves, sizeof(moves)) ? moves
		       : undecided ? "a first anchor; offset and se need more"
				   : "offset and se need more anchors");
	line(lines, "if", ROLE_TEXT, buf);
}

static void line_dt(struct lines *lines)
{
	const struct frame *frame = lines->f;
	const struct vms_candidate *cand = frame->sel;
	char dt[FMT_SIZE], delay[FMT_SIZE], buf[200];

	if (lines->r.cols < 78) {
		(void)snprintf(buf, sizeof(buf), "delay %11s  residual %11s",
			       fmt_signed(frame->clock, vms_session_delay_ns(frame->s, cand), delay,
					  sizeof(delay)),
			       fmt_signed(frame->clock, vms_session_residual_ns(frame->s, cand),
					  FMT_BUF));
		line(lines, "dt", ROLE_TEXT, buf);
		return;
	}
	(void)snprintf(buf, sizeof(buf), "delay %11s  residual %11s  host - guest %s",
		       fmt_signed(frame->clock, vms_session_delay_ns(frame->s, cand), delay,
				  sizeof(delay)),
		       fmt_signed(frame->clock, vms_session_residual_ns(frame->s, cand), FMT_BUF),
		       fmt_offset(frame->clock,
				  vms_sat_sub_i64(cand->pair.host_raw, cand->pair.guest_raw), dt,
				  sizeof(dt)));
	line(lines, "dt", ROLE_TEXT, buf);
}

/* The edge of a stretch near an event outside: which host event, how far from it. */
static void line_edge(struct lines *lines, const struct app_miss *miss, bool after)
{
	const struct frame *frame = lines->f;
	struct edge edge;
	char buf[200];

	if (!edge_of(&edge, frame->s, vms_session_track(frame->s, miss->track),
		     miss->event.host_raw, after))
		return;
	(void)snprintf(
		buf, sizeof(buf), "%s  pCPU%u   %s, %s %s",
		fmt_time(frame->clock, edge.host_raw, FMT_BUF), edge.pcpu, edge.name,
		fmt_span(frame->clock,
			 frame_ns(frame, vms_sat_sub_i64(edge.host_raw, miss->event.host_raw)),
			 FMT_BUF),
		after ? "later" : "before");
	labelled(lines,
		 edge.by_other ? "host"
		 : after       ? "entry"
			       : "exit",
		 ROLE_HOST, ROLE_TEXT, buf);
}

/* What is wrong there, number first: a pair that happens to be selected says nothing of it. */
static void details_miss(const struct frame *frame, struct rect rect, const struct app_miss *miss)
{
	const struct vms_track *track = vms_session_track(frame->s, miss->track);
	const struct vms_stream *guest = frame->a->trace->guests[track->guest].stream;
	struct lines lines = { frame,
			       { rect.row + 1, rect.col, rect.rows - 1, rect.cols },
			       rect.row + 1 };
	char text[640], buf[900];

	frame_head(frame, rect, app_shown(frame->a)->focus == APP_PANE_DETAILS,
		   "outside every guest run by %s, using %s",
		   fmt_span(frame->clock, frame_ns(frame, miss->depth_raw), FMT_BUF),
		   vms_by_name(vms_session_model(frame->s)));
	(void)snprintf(buf, sizeof(buf), "%s  %-6s  #%-6u %s",
		       fmt_time(frame->clock, miss->event.host_raw, FMT_BUF),
		       app_lane_name(frame->a, (int)track->guest, track->cpu_idx),
		       miss->event.ref.idx,
		       frame_event_text(guest, miss->event.ref, text, sizeof(text)));
	labelled(&lines, "guest", ROLE_GUEST, ROLE_TEXT, buf);
	(void)task_text(guest, miss->event.ref, text, sizeof(text));
	if (rect.rows >= DT_ROWS)
		line(&lines, "", ROLE_DIM, text);
	line_edge(&lines, miss, false);
	line_edge(&lines, miss, true);
	line(&lines, "", ROLE_DIM, "v: the next one   f: fits it   b: the band's middle");
}

void pane_details_in(const struct frame *frame, struct rect rect)
{
	const struct vms_candidate *cand = frame->sel;
	struct lines lines = { frame,
			       { rect.row + 1, rect.col, rect.rows - 1, rect.cols },
			       rect.row + 1 };
	const struct vms_stream *guest;
	bool all = list_says_all(frame);
	const char *tag;
	char note[128];

	if (rect.rows < 1)
		return;
	if (app_miss(frame->a)) {
		details_miss(frame, rect, app_miss(frame->a));
		return;
	}
	if (!cand) {
		frame_head(frame, rect, app_shown(frame->a)->focus == APP_PANE_DETAILS, "details");
		line(&lines, "", ROLE_TEXT, "no pair is selected");
		return;
	}
	/*
	 * fixed columns here and below: a step sends only what differs, and what the list says is
	 * not said again
	 */
	if (frame_off_disk(frame, cand))
		frame_head(frame, rect, app_shown(frame->a)->focus == APP_PANE_DETAILS,
			   "pair %-6u %s, on no disk: w saves ", cand->id,
			   state_name(vms_session_state(frame->s, cand)));
	else if (all)
		frame_head(frame, rect, app_shown(frame->a)->focus == APP_PANE_DETAILS,
			   "pair %-6u %-9s ", cand->id,
			   state_name(vms_session_state(frame->s, cand)));
	else
		frame_head(frame, rect, app_shown(frame->a)->focus == APP_PANE_DETAILS,
			   "pair %-6u %-9s   %-14s ", cand->id,
			   state_name(vms_session_state(frame->s, cand)),
			   candidate_sequence(frame->s, cand));
	guest = frame->a->trace->guests[cand->pair.guest].stream;
	line_event(&lines, "guest", guest, cand->pair.guest_ev, true);
	line_event(&lines, "host", frame->a->trace->host, cand->pair.host_ev, false);
	if (rect.rows >= DT_ROWS && !all)
		line_dt(&lines);
	line_order(&lines, rect.rows >= DT_ROWS || all);
	line_what_if(&lines);
	tag = vms_session_note(frame->s, cand);
	if (rect.rows >= 7)
		line(&lines, "note", ROLE_TEXT,
		     *tag ? fmt_clean(tag, note, sizeof(note)) : "(none; e writes one)");
}

void pane_details(const struct frame *f)
{
	pane_details_in(f, f->l.part[PART_DETAILS]);
}
