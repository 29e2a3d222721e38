// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The two lines at the top: file and screens; the clock model in force with its error and verdict.
 */
#include "ui/panes/panes_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/words/verdict.h"
#include "app/worker.h"
#include "ui/panes/pane_title.h"
#include "core/base/printable.h"

#define IN_FORCE_FROM_COLS 110

static const char *const tabs_long[] = { "Main",   "Candidates", "Plots", "Sequences",
					 "Events", "Models",	 "Log" };
static const char *const tabs_short[] = { "Main", "Cand", "Plot", "Seq", "Evts", "Model", "Log" };

static int tabs_width(const char *const *names)
{
	int i, w = 0;

	for (i = 0; i < 7; i++)
		w += (int)strlen(names[i]) + 4;
	return w + 1;
}

/* Brackets stand in the gaps, so that names do not move. */
static void draw_tabs(const struct frame *f, int row, int col, const char *const *names)
{
	int i;

	for (i = 0; i < 7; i++) {
		bool here = (int)app_shown(f->a)->screen == i + 1;

		cells_printf(f->c, row, col, 20, here ? ROLE_TAB_HERE : ROLE_TAB,
			     here ? "[%d %s]" : " %d %s ", i + 1, names[i]);
		col += (int)strlen(names[i]) + 4;
	}
}

int pane_title_tab(const struct tui_layout *l, int row, int col)
{
	const struct rect *r = &l->part[PART_TITLE];
	const char *const *names = r->cols >= 150 ? tabs_long : tabs_short;
	int i, from = r->cols - tabs_width(names);

	if (row != r->row || r->rows < 1 || r->cols < 60)
		return 0;
	for (i = 0; i < 7; i++) {
		int w = (int)strlen(names[i]) + 4;

		if (col >= from && col < from + w)
			return i + 1;
		from += w;
	}
	return 0;
}

static const char *file_name(const struct frame *frame, char *buf, size_t size)
{
	const char *path = frame->a->trace->host && frame->a->trace->host->path
				   ? frame->a->trace->host->path
				   : "?";
	const char *slash = strrchr(path, '/');

	(void)snprintf(buf, size, "%s%s", frame->a->trace->is_part ? "part of " : "",
		       fmt_clean(slash ? slash + 1 : path, FMT_BUF));
	return buf;
}

static int draw_machines(const struct frame *frame, int row, int col, int width)
{
	const struct vms_trace *trace = frame->a->trace;
	char nr[FMT_SIZE], name[64];
	int used;
	unsigned int i;

	used = cells_printf(frame->c, row, col, width, ROLE_DIM, "host %u pCPU %s events",
			    trace->host->cpus_nr,
			    fmt_count(trace->host->events_nr, nr, sizeof(nr)));
	for (i = 0; i < trace->guests_nr && used + 24 < width; i++)
		used += cells_printf(frame->c, row, col + used, width - used, ROLE_DIM,
				     "   guest %s %u vCPU %s events",
				     fmt_clean(trace->guests[i].stream->name, name, sizeof(name)),
				     trace->guests[i].stream->cpus_nr,
				     fmt_count(trace->guests[i].stream->events_nr, nr, sizeof(nr)));
	return used;
}

void pane_title(const struct frame *frame)
{
	struct rect rect = frame->l.part[PART_TITLE];
	uint32_t acc, rej, und;
	const char *const *names = rect.cols >= 150 ? tabs_long : tabs_short;
	int tabs = tabs_width(names), used = 1, left;
	char name[256], cut[256];

	if (rect.rows < 1)
		return;
	if (rect.cols < 60) {
		vms_session_counts(frame->s, &acc, &rej, &und);
		(void)snprintf(cut, sizeof(cut), "%d %s  %u acc %u ?%s",
			       (int)app_shown(frame->a)->screen,
			       tabs_short[app_shown(frame->a)->screen - 1], acc, und,
			       files_unsaved_nr(frame->a) ? " *" : "");
		/* the name gives way: the star of what is not saved is the last thing to go */
		left = rect.cols - 2 - cells_width(cut);
		used += cells_put(frame->c, rect.row, 1, left < 16 ? left : 16, ROLE_TITLE,
				  file_name(frame, name, sizeof(name)));
		cells_put(frame->c, rect.row, used + 1, rect.cols - used - 1, ROLE_TEXT, cut);
		return;
	}
	left = rect.cols - tabs - 1;
	if (left > 30)
		used += cells_put(frame->c, rect.row, 1, 12, ROLE_DIM, "vmsync-tui  ");
	used += cells_put(frame->c, rect.row, used, left - used, ROLE_TITLE,
			  fmt_cut(file_name(frame, name, sizeof(name)), (unsigned int)(left - used),
				  cut, sizeof(cut)));
	if (left - used > 40)
		draw_machines(frame, rect.row, used + 2, left - used - 2);
	draw_tabs(frame, rect.row, rect.cols - tabs, names);
}

/* "in band 706 ns", "OUT by 1.862 us" */
static enum tui_role verdict_short(const struct frame *frame, const struct vms_model_result *res,
				   char *buf, size_t size)
{
	int64_t lo, hi;

	if (res->verdict == VMS_VERDICT_PROVEN_WRONG) {
		(void)snprintf(buf, size, "WRONG by %s",
			       fmt_span(frame->clock, fabs(res->outside_by_ns), FMT_BUF));
		return ROLE_BAD;
	}
	if (res->verdict == VMS_VERDICT_IN_BAND && frame_band(frame->tr, res->at_raw, &lo, &hi)) {
		(void)snprintf(buf, size, "in band %s",
			       fmt_span(frame->clock, frame_ns(frame, vms_sat_sub_i64(hi, lo)),
					FMT_BUF));
		return ROLE_GOOD;
	}
	(void)snprintf(buf, size, "no band");
	return ROLE_WARN;
}

/* Counts stand at the right end; returns the columns that they take. */
static int draw_counts(const struct frame *frame, struct rect rect)
{
	uint32_t acc, rej, und;
	char buf[120];

	vms_session_counts(frame->s, &acc, &rej, &und);
	if (rect.cols >= FRAME_COUNTS_FROM_COLS)
		(void)snprintf(buf, sizeof(buf), "%u accepted   %u rejected   %u undecided%s", acc,
			       rej, und, files_unsaved_nr(frame->a) ? "   * unsaved" : "");
	else
		(void)snprintf(buf, sizeof(buf), "%u acc%s", acc,
			       files_unsaved_nr(frame->a) ? "*" : "");
	cells_right(frame->c, rect.row, rect.col, rect.cols - 1, ROLE_TEXT, buf);
	return cells_width(buf) + 2;
}

/*
 * A text that would be cut says less than nothing: it is left out, and what fits behind it still
 * comes.
 */
static int add(const struct frame *f, struct rect r, int at, enum tui_role role, const char *text)
{
	if (at + cells_width(text) > r.col + r.cols)
		return at;
	return at + cells_put(f->c, r.row, at, r.cols, role, text);
}

/*
 * Where the numbers are those of a model by which the lanes are not drawn; the head of the list
 * says it too.
 */
static int draw_in_force(const struct frame *f, struct rect r, int at)
{
	const enum vms_by model = vms_session_model(f->s);
	char buf[64];

	if (r.cols < IN_FORCE_FROM_COLS || vms_session_shown(f->s, f->track) == model)
		return at;
	(void)snprintf(buf, sizeof(buf), "  in force: %s", vms_by_name(model));
	return add(f, r, at, ROLE_DIM, buf);
}

/* The standard error comes last: it is words as often as a number. */
static void draw_result(const struct frame *frame, struct rect rect, int at,
			const struct vms_model_result *res)
{
	char verdict[80], se[100], buf[160], late[16] = "";
	enum tui_role role = verdict_short(frame, res, verdict, sizeof(verdict));
	struct worker *const worker = frame->a->opts.worker;
	const enum worker_kind kind =
		worker_busy(worker, WORKER_CHANGE) ? WORKER_CHANGE : WORKER_FIT;
	const bool wide = rect.cols >= 120, old = res->stale || kind == WORKER_CHANGE;
	unsigned int needs;

	/* of older decisions, or of pairs that form anew: the worker is at it */
	if (old && wide && worker_busy(worker, kind))
		(void)snprintf(late, sizeof(late), "~%u%%", worker_percent(worker, kind));
	else if (old)
		(void)snprintf(late, sizeof(late), "~");
	(void)snprintf(buf, sizeof(buf), "%s%s%s", wide ? "offset " : "off ",
		       fmt_offset(frame->clock, res->offset_raw, FMT_BUF), late);
	at = add(frame, rect, at, ROLE_STRONG, buf);
	/* two columns before it */
	if (at + 2 + cells_width(verdict) > rect.col + rect.cols)
		(void)snprintf(verdict, sizeof(verdict), "%s",
			       role == ROLE_GOOD  ? "in"
			       : role == ROLE_BAD ? "OUT"
						  : "-");
	/* the column of what follows does not depend on the verdict: it flips with decisions */
	(void)snprintf(buf, sizeof(buf), wide ? "  %-20s" : "  %s", verdict);
	at = add(frame, rect, at, role, buf);
	(void)snprintf(buf, sizeof(buf), wide ? "  drift %-15s" : "  %s",
		       fmt_ppm(res->drift, FMT_BUF));
	if (rect.cols >= 60 && (wide || res->drift < -0.5e-9 || res->drift > 0.5e-9))
		at = add(frame, rect, at, ROLE_TEXT, buf);
	at = draw_in_force(frame, rect, at);
	(void)snprintf(buf, sizeof(buf), "  %s", app_result_se(frame->a, res, se, sizeof(se)));
	/* where "se: needs 5 anchors each way" is too long */
	if (at + cells_width(buf) > rect.col + rect.cols && sscanf(se, "se: needs %u", &needs) == 1)
		(void)snprintf(buf, sizeof(buf), "  se needs %u", needs);
	(void)add(frame, rect, at, ROLE_TEXT, buf);
}

void pane_offset(const struct frame *frame)
{
	struct rect rect = frame->l.part[PART_OFFSET];
	const enum vms_by by = vms_session_shown(frame->s, frame->track);
	const char *name = vms_by_name(by);
	const struct vms_model_result *res;
	int at = 1;

	if (rect.rows < 1)
		return;
	if (!frame->tr) {
		cells_put(frame->c, rect.row, 1, rect.cols - 1, ROLE_WARN,
			  "no vCPU of a guest could be tied to a host thread");
		return;
	}
	if (rect.cols >= 60) {
		rect.cols -= draw_counts(frame, rect);
		/* offsets are per vCPU: say whose this is where there are several */
		if (vms_session_tracks_nr(frame->s) > 1)
			at += cells_printf(frame->c, rect.row, at, 10, ROLE_DIM, "%s ",
					   app_vcpu_short(frame->a, frame->tr, BUF(16)));
		/*
		 * on a wide screen the numbers keep their columns when another model stands in for
		 * this one
		 */
		at += cells_printf(frame->c, rect.row, at, 16, ROLE_DIM,
				   rect.cols >= IN_FORCE_FROM_COLS ? "%-10s" : "%s ", name);
		at++;
	}
	if (frame->tr->align->ambiguous || frame->tr->align->start == VMS_ALIGN_NONE)
		at += cells_printf(frame->c, rect.row, at, 13, ROLE_WARN, "%s ",
				   frame->tr->align->ambiguous ? "AMBIGUOUS" : "NOT ALIGNED");
	res = result_shown(frame->tr, by);
	if (res->available)
		draw_result(frame, rect, at, res);
	else
		cells_printf(frame->c, rect.row, at, rect.cols - at, ROLE_TEXT, "no offset: %s",
			     res->why_not[0] ? res->why_not : "not available");
}
