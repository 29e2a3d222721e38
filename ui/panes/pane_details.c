// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Details of the selected pair: both events in full, order, rival, and what a decision would do
 * before it is made.
 */
#include "ui/panes/panes_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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
	char time[FMT_SIZE];

	return cells_width(fmt_time(c, raw, time, sizeof(time)));
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
static void line_event(struct lines *l, const char *label, const struct vms_stream *s,
		       struct vms_ref ev, bool guest)
{
	const struct frame *f = l->f;
	char time[FMT_SIZE], text[640], where[64], task[128], buf[900];
	int time_cols, host_cols;
	/* the label has the colour, as it stays: what changes with each step is sent without one */
	enum tui_role side = guest ? ROLE_GUEST : ROLE_HOST;

	if (ev.cpu < 0 || (unsigned int)ev.cpu >= s->cpus_nr || ev.idx >= s->cpus[ev.cpu].nr) {
		line(l, label, ROLE_TEXT, "none");
		return;
	}
	/*
	 * the machines were started at different times: the longer time sets where both have their
	 * place
	 */
	time_cols = time_width(&f->a->trace->guests[f->sel->pair.guest].stream->clock,
			       f->sel->pair.guest_raw);
	host_cols = time_width(f->clock, f->sel->pair.host_raw);
	time_cols = host_cols > time_cols ? host_cols : time_cols;
	(void)fmt_time(guest ? &s->clock : f->clock, vms_event_time(s, ev), time, sizeof(time));
	(void)frame_event_text(s, ev, text, sizeof(text));
	(void)task_text(s, ev, task, sizeof(task));
	(void)snprintf(where, sizeof(where), "%-6s #%-6u",
		       app_lane_name(f->a, guest ? f->sel->pair.guest : -1, (unsigned int)ev.cpu),
		       ev.idx);
	if (l->r.cols < 70) {
		(void)snprintf(buf, sizeof(buf), "%s  %s", where, list_says_all(f) ? task : time);
		labelled(l, label, side, ROLE_TEXT, buf);
		line(l, "", ROLE_TEXT, text);
		return;
	}
	(void)snprintf(buf, sizeof(buf), "%*s  %s  %s", time_cols, time, where, text);
	labelled(l, label, side, ROLE_TEXT, buf);
	if (l->r.rows >= TASK_ROWS)
		line(l, "", ROLE_DIM, task);
}

static void line_order(struct lines *l, bool has_dt)
{
	const struct frame *f = l->f;
	const struct vms_candidate *c = f->sel;
	double delay = vms_session_delay_ns(f->s, c);
	bool first_guest = c->pair.dir == VMS_GUEST_TO_HOST;
	char buf[240], d[FMT_SIZE], rival[64] = "";

	if (c->rival != VMS_ID_NONE)
		(void)snprintf(rival, sizeof(rival), "   rival %u (same guest event)", c->rival);
	if (c->flags & VMS_CAND_DETACHED)
		(void)snprintf(buf, sizeof(buf), "does not form under the model in force%s", rival);
	else if (c->flags & VMS_CAND_IMPOSSIBLE)
		(void)snprintf(buf, sizeof(buf), "%s: impossible at every offset of the band%s",
			       first_guest ? "exit  before guest event"
					   : "entry after  guest event",
			       rival);
	else if (delay < 0)
		(void)snprintf(
			buf, sizeof(buf), "%s by %s under this model, possible in the band%s",
			first_guest ? "exit  before guest event" : "entry after  guest event",
			fmt_span(f->clock, -delay, d, sizeof(d)), rival);
	else
		(void)snprintf(buf, sizeof(buf), "%s: ok%s%s%s%s%s",
			       first_guest ? "exit  after  guest event"
					   : "entry before guest event",
			       has_dt ? "" : "   residual ",
			       has_dt ? ""
				      : fmt_signed(f->clock, vms_session_residual_ns(f->s, c), d,
						   sizeof(d)),
			       c->flags & VMS_CAND_BINDING ? "   bounds the band" : "",
			       vms_session_outlier(f->s, c) ? "   outlier" : "", rival);
	line(l, "order", delay < 0 ? ROLE_IMPOSSIBLE : ROLE_TEXT, buf);
}

static void line_what_if(struct lines *l)
{
	const struct frame *f = l->f;
	bool undecided = f->sel->state == VMS_UNDECIDED;
	const struct vms_effect *e = f->what_if;
	char buf[200], off[FMT_SIZE], se[FMT_SIZE];

	if (!e)
		return;
	if (isnan(e->offset_change_ns) && isnan(e->se_after_ns)) {
		line(l, "if", ROLE_TEXT,
		     undecided ? "accepted: a first anchor; offset and se need more"
			       : "cleared: offset and se need more anchors");
		return;
	}
	if (isnan(e->se_after_ns) || isnan(e->se_before_ns))
		(void)snprintf(se, sizeof(se),
			       isnan(e->se_after_ns) ? "se: not yet defined" : "se %s",
			       fmt_span(f->clock, e->se_after_ns, buf, FMT_SIZE));
	else
		(void)snprintf(se, sizeof(se), "se %s",
			       fmt_change(f->clock, e->se_before_ns, e->se_after_ns, buf,
					  FMT_SIZE));
	(void)snprintf(buf, sizeof(buf), "%s: offset %11s   %s", undecided ? "accepted" : "cleared",
		       isnan(e->offset_change_ns)
			       ? "not yet defined"
			       : fmt_signed(f->clock, e->offset_change_ns, off, sizeof(off)),
		       se);
	line(l, "if", ROLE_TEXT, buf);
}

static void line_dt(struct lines *l)
{
	const struct frame *f = l->f;
	const struct vms_candidate *c = f->sel;
	char dt[FMT_SIZE], delay[FMT_SIZE], res[FMT_SIZE], buf[200];

	if (l->r.cols < 78) {
		(void)snprintf(
			buf, sizeof(buf), "delay %11s  residual %11s",
			fmt_signed(f->clock, vms_session_delay_ns(f->s, c), delay, sizeof(delay)),
			fmt_signed(f->clock, vms_session_residual_ns(f->s, c), res, sizeof(res)));
		line(l, "dt", ROLE_TEXT, buf);
		return;
	}
	(void)snprintf(buf, sizeof(buf), "delay %11s  residual %11s  host - guest %s",
		       fmt_signed(f->clock, vms_session_delay_ns(f->s, c), delay, sizeof(delay)),
		       fmt_signed(f->clock, vms_session_residual_ns(f->s, c), res, sizeof(res)),
		       fmt_offset(f->clock, vms_sat_sub_i64(c->pair.host_raw, c->pair.guest_raw),
				  dt, sizeof(dt)));
	line(l, "dt", ROLE_TEXT, buf);
}

void pane_details_in(const struct frame *f, struct rect r)
{
	static const char *const states[] = { "undecided", "accepted", "rejected" };
	const struct vms_candidate *c = f->sel;
	struct lines l = { f, { r.row + 1, r.col, r.rows - 1, r.cols }, r.row + 1 };
	const struct vms_stream *guest;
	bool all = list_says_all(f);
	const char *tag;
	char note[128];

	if (r.rows < 1)
		return;
	if (!c) {
		frame_head(f, r, f->a->focus == APP_PANE_DETAILS, "details");
		line(&l, "", ROLE_TEXT, "no pair is selected");
		return;
	}
	/*
	 * fixed columns here and below: a step sends only what differs, and what the list says is
	 * not said again
	 */
	if (all)
		frame_head(f, r, f->a->focus == APP_PANE_DETAILS, "pair %-6u %-9s ", c->id,
			   states[c->state % 3]);
	else
		frame_head(f, r, f->a->focus == APP_PANE_DETAILS, "pair %-6u %-9s   %-14s ", c->id,
			   states[c->state % 3], frame_seq_name(f, c));
	guest = f->a->trace->guests[c->pair.guest].stream;
	line_event(&l, "guest", guest, c->pair.guest_ev, true);
	line_event(&l, "host", f->a->trace->host, c->pair.host_ev, false);
	if (r.rows >= DT_ROWS && !all)
		line_dt(&l);
	line_order(&l, r.rows >= DT_ROWS || all);
	line_what_if(&l);
	tag = c->tag ? vms_session_tag(f->s, c->tag) : NULL;
	if (r.rows >= 7)
		line(&l, "note", ROLE_TEXT,
		     tag ? fmt_clean(tag, note, sizeof(note)) : "(none; e writes one)");
}

void pane_details(const struct frame *f)
{
	pane_details_in(f, f->l.part[PART_DETAILS]);
}
