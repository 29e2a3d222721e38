// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The two lines at the top: file and screens; the clock model in use with its error.
 */
#include "ui/panes/panes_impl.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "app/words/verdict.h"
#include "app/worker.h"
#include "ui/panes/pane_title.h"
#include "core/base/printable.h"

#define WIDE_COLS 120 /* from here on numbers keep their columns whatever stands before them */

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
		(void)snprintf(buf, sizeof(buf), "%u/%u acc%s",
			       accepted_of(frame->s, frame->tr, VMS_GUEST_TO_HOST),
			       accepted_of(frame->s, frame->tr, VMS_HOST_TO_GUEST),
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

static enum tui_role error_role(const char *error)
{
	if (!strncmp(error, "WRONG", 5))
		return ROLE_BAD;
	return *error == '+' || !strncmp(error, "exact", 5) ? ROLE_GOOD : ROLE_WARN;
}

/* What a fit to pairs says of itself; what has no pairs has no such error. */
static const char *fit_text(const struct frame *frame, const struct vms_model_result *res,
			    char *buf, size_t size)
{
	char se[100];

	if (!vms_by_is_fit(res->by))
		(void)snprintf(buf, size, "  se -");
	else
		(void)snprintf(buf, size, "  %s",
			       res->bound ? bound_text(res) + 1
					  : app_result_se(frame->a, res, se, sizeof(se)));
	return buf;
}

/* "off 43 %": of older decisions, or of pairs that form anew: the worker is at it. */
static const char *late_text(const struct frame *frame, const struct vms_model_result *res,
			     char *buf, size_t size)
{
	struct worker *const worker = frame->a->opts.worker;
	const enum worker_kind kind =
		worker_busy(worker, WORKER_CHANGE) ? WORKER_CHANGE : WORKER_FIT;

	if (!res->stale && kind != WORKER_CHANGE)
		return "";
	if (frame->l.cols >= WIDE_COLS && worker_busy(worker, kind))
		(void)snprintf(buf, size, "~%u%%", worker_percent(worker, kind));
	else
		(void)snprintf(buf, size, "~");
	return buf;
}

/* What matters most comes first: a narrow screen leaves out the drift, then the fit's own error. */
static void draw_result(const struct frame *frame, struct rect rect, int at,
			const struct vms_model_result *res)
{
	const bool wide = rect.cols >= WIDE_COLS;
	char error[80], buf[160], se[100];
	enum tui_role role;

	(void)error_text(frame->s, frame->tr, res, error, sizeof(error));
	role = error_role(error);
	(void)snprintf(buf, sizeof(buf), "%s%s ",
		       fmt_offset(frame->clock, res->offset_raw, FMT_BUF),
		       late_text(frame, res, BUF(16)));
	at = add(frame, rect, at, ROLE_STRONG, buf);
	if (at + cells_width(error) > rect.col + rect.cols)
		(void)snprintf(error, sizeof(error), "%s",
			       role == ROLE_BAD	   ? "WRONG"
			       : role == ROLE_GOOD ? "in band"
						   : "?");
	/* the column of what follows does not depend on the verdict: it flips with decisions */
	(void)snprintf(buf, sizeof(buf), wide ? "%-24s" : "%s", error);
	at = add(frame, rect, at, role, buf);
	if (role == ROLE_BAD && vms_by_is_recorded(res->by))
		at = add(frame, rect, at, ROLE_TEXT, " (b: band)");
	(void)fit_text(frame, res, buf, sizeof(buf));
	/* where "se: needs 5 anchors each way" is too long */
	if (at + cells_width(buf) > rect.col + rect.cols)
		(void)snprintf(buf, sizeof(buf), "%s", res->bound ? "  a bound" : "  se -");
	at = add(frame, rect, at, ROLE_TEXT, buf);
	(void)snprintf(se, sizeof(se), wide ? "  drift %s" : "  %s", fmt_ppm(res->drift, FMT_BUF));
	if (wide || res->drift < -0.5e-9 || res->drift > 0.5e-9)
		(void)add(frame, rect, at, ROLE_TEXT, se);
}

static void draw_name(const struct frame *frame, struct rect rect, int *at,
		      const struct vms_model_result *res)
{
	const bool wrong = vms_by_is_recorded(res->by) && vms_verdict_refutes(res->verdict);
	char name[32];
	size_t i;

	(void)snprintf(name, sizeof(name), "%s", vms_by_name(res->by));
	for (i = 0; wrong && name[i]; i++)
		name[i] = (char)toupper((unsigned char)name[i]);
	/* offsets are per vCPU: this says whose it is */
	*at += cells_printf(frame->c, rect.row, *at, rect.cols, ROLE_DIM, "%s %s",
			    app_vcpu_short(frame->a, frame->tr, BUF(APP_SHORT_CHARS)),
			    rect.cols >= 60 ? "using " : "");
	*at += cells_printf(frame->c, rect.row, *at, rect.cols, wrong ? ROLE_BAD : ROLE_STRONG,
			    frame->l.cols >= WIDE_COLS ? "%-14s " : "%s ", name);
}

void pane_offset(const struct frame *frame)
{
	struct rect rect = frame->l.part[PART_OFFSET];
	const struct vms_model_result *res;
	int at = 1;

	if (rect.rows < 1)
		return;
	if (!frame->tr) {
		cells_put(frame->c, rect.row, 1, rect.cols - 1, ROLE_WARN,
			  "no vCPU of a guest could be tied to a host thread");
		return;
	}
	res = result_shown(frame->tr, vms_session_model(frame->s));
	if (rect.cols >= 60)
		rect.cols -= draw_counts(frame, rect);
	draw_name(frame, rect, &at, res);
	if (frame->tr->align->ambiguous || frame->tr->align->start == VMS_ALIGN_NONE)
		at += cells_printf(frame->c, rect.row, at, 13, ROLE_WARN, "%s ",
				   frame->tr->align->ambiguous ? "AMBIGUOUS" : "NOT ALIGNED");
	if (res->available)
		draw_result(frame, rect, at, res);
	else
		cells_printf(frame->c, rect.row, at, rect.cols - at, ROLE_TEXT, "no offset: %s",
			     res->why_not[0] ? res->why_not : "not available");
}
