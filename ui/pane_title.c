// SPDX-License-Identifier: LGPL-2.1-or-later
/* The two lines at the top: file and screens; the clock model in force with its error and verdict. */
#include "frame.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const tabs_long[] = { "Main", "Candidates", "Plots", "Sequences", "Events", "Models", "Log" };
static const char *const tabs_short[] = { "Main", "Cand", "Plot", "Seq", "Evts", "Model", "Log" };

static int tabs_width(const char *const *names)
{
	int i, w = 0;

	for (i = 0; i < 7; i++)
		w += (int)strlen(names[i]) + 4;
	return w + 1;
}

/* Brackets stand in the gaps, so that names do not move. */
static void draw_tabs(struct frame *f, int row, int col, const char *const *names)
{
	int i;

	for (i = 0; i < 7; i++) {
		bool here = (int)f->a->screen == i + 1;

		cells_printf(f->c, row, col, 20, here ? ROLE_TAB_HERE : ROLE_TAB, here ? "[%d %s]" : " %d %s ", i + 1,
			     names[i]);
		col += (int)strlen(names[i]) + 4;
	}
}

static const char *file_name(const struct frame *f, char *buf, size_t size)
{
	const char *path = f->a->trace->host && f->a->trace->host->path ? f->a->trace->host->path : "?";
	const char *slash = strrchr(path, '/');

	return fmt_clean(slash ? slash + 1 : path, buf, size);
}

static int draw_machines(struct frame *f, int row, int col, int width)
{
	const struct vms_trace *t = f->a->trace;
	char nr[FMT_SIZE], name[64];
	int used;
	unsigned int i;

	used = cells_printf(f->c, row, col, width, ROLE_DIM, "host %u pCPU %s events", t->host->cpus_nr,
			    fmt_count(t->host->events_nr, nr, sizeof(nr)));
	for (i = 0; i < t->guests_nr && used + 24 < width; i++)
		used += cells_printf(f->c, row, col + used, width - used, ROLE_DIM, "   guest %s %u vCPU %s events",
				     fmt_clean(t->guests[i].stream->name, name, sizeof(name)),
				     t->guests[i].stream->cpus_nr,
				     fmt_count(t->guests[i].stream->events_nr, nr, sizeof(nr)));
	return used;
}

void pane_title(struct frame *f)
{
	struct rect r = f->l.part[PART_TITLE];
	uint32_t acc, rej, und;
	const char *const *names = r.cols >= 150 ? tabs_long : tabs_short;
	int w = tabs_width(names), used = 1, left;
	char name[256], cut[256];

	if (r.rows < 1)
		return;
	if (r.cols < 60) {
		vms_session_counts(f->s, &acc, &rej, &und);
		used += cells_printf(f->c, r.row, 1, 16, ROLE_TITLE, "%s", file_name(f, name, sizeof(name)));
		cells_printf(f->c, r.row, used + 1, r.cols - used - 1, ROLE_TEXT, "%d %s  %u acc %u ?%s",
			     (int)f->a->screen, tabs_short[f->a->screen - 1], acc, und,
			     f->a->unsaved_nr ? " *" : "");
		return;
	}
	left = r.cols - w - 1;
	if (left > 30)
		used += cells_put(f->c, r.row, 1, 12, ROLE_DIM, "vmsync-tui  ");
	used += cells_put(f->c, r.row, used, left - used, ROLE_TITLE,
			  fmt_cut(file_name(f, name, sizeof(name)), (unsigned int)(left - used), cut, sizeof(cut)));
	if (left - used > 40)
		draw_machines(f, r.row, used + 2, left - used - 2);
	draw_tabs(f, r.row, r.cols - w, names);
}

/* "in band 706 ns", "OUT by 1.862 us" */
static enum tui_role verdict_short(const struct frame *f, const struct vms_model_result *res, char *buf, size_t size)
{
	int64_t lo, hi;
	char w[FMT_SIZE];

	if (res->verdict == VMS_VERDICT_PROVEN_WRONG) {
		(void)snprintf(buf, size, "WRONG by %s", fmt_span(f->clock, fabs(res->outside_by_ns), w, sizeof(w)));
		return ROLE_BAD;
	}
	if (res->verdict == VMS_VERDICT_IN_BAND && frame_band(f->tr, res->at_raw, &lo, &hi)) {
		(void)snprintf(buf, size, "in band %s", fmt_span(f->clock, frame_ns(f, vms_sat_sub_i64(hi, lo)), w,
								 sizeof(w)));
		return ROLE_GOOD;
	}
	(void)snprintf(buf, size, "no band");
	return ROLE_WARN;
}

static void draw_counts(struct frame *f, struct rect r, int from)
{
	uint32_t acc, rej, und;
	char buf[120];
	int room = r.cols - from - 1;

	vms_session_counts(f->s, &acc, &rej, &und);
	if (room >= 60)
		(void)snprintf(buf, sizeof(buf), "%u accepted   %u rejected   %u undecided%s", acc, rej, und,
			       f->a->unsaved_nr ? "   * unsaved" : "");
	else
		(void)snprintf(buf, sizeof(buf), "%u acc%s", acc, f->a->unsaved_nr ? "*" : "");
	if (cells_width(buf) <= room)
		cells_right(f->c, r.row, r.col + from, room, f->a->unsaved_nr ? ROLE_STRONG : ROLE_TEXT, buf);
}

void pane_offset(struct frame *f)
{
	struct rect r = f->l.part[PART_OFFSET];
	const char *name = app_shown_model(f->a);
	const struct vms_model_result *res;
	char off[FMT_SIZE], ppm[FMT_SIZE], se[80], verdict[80];
	enum tui_role role;
	int at = 1;

	if (r.rows < 1)
		return;
	if (!f->tr) {
		cells_put(f->c, r.row, 1, r.cols - 1, ROLE_WARN, "no vCPU of a guest could be tied to a host thread");
		return;
	}
	res = vms_session_result(f->s, f->track, name, VMS_OVER_ACCEPTED);
	if (!res || !res->available)
		res = vms_session_result(f->s, f->track, name, VMS_OVER_NOT_REJECTED);
	if (r.cols >= 60)
		at += cells_printf(f->c, r.row, at, 12, ROLE_DIM, "%s  ", name);
	if (!res || !res->available) {
		cells_printf(f->c, r.row, at, r.cols - at, ROLE_TEXT, "no offset: %s",
			     res && res->why_not[0] ? res->why_not : "not available");
		return;
	}
	at += cells_put(f->c, r.row, at, 7, ROLE_DIM, r.cols >= 120 ? "offset " : "off ");
	at += cells_printf(f->c, r.row, at, r.cols - at, ROLE_STRONG, "%s%s",
			   fmt_offset(f->clock, res->offset_raw, off, sizeof(off)), res->stale ? "~" : "");
	if (r.cols >= 76)
		at += cells_printf(f->c, r.row, at, r.cols - at, ROLE_TEXT, "  %s%s", r.cols >= 120 ? "drift " : "",
				   fmt_ppm(res->drift, ppm, sizeof(ppm)));
	at += cells_printf(f->c, r.row, at, r.cols - at, ROLE_TEXT, "  %s", app_result_se(f->a, res, se, sizeof(se)));
	role = verdict_short(f, res, verdict, sizeof(verdict));
	if (r.cols < 60)
		(void)snprintf(verdict, sizeof(verdict), "%s", role == ROLE_GOOD ? "in" : role == ROLE_BAD ? "OUT" : "-");
	at += cells_printf(f->c, r.row, at, r.cols - at, role, "  %s", verdict);
	if (r.cols >= 60)
		draw_counts(f, r, at);
}
