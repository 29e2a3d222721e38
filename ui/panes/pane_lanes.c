// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lanes: which of them are shown, and what a cell says: pair, candidate, stretch, density, loss. */
#include "ui/panes/panes_impl.h"

#include <stdio.h>
#include <string.h>

static int end_col(const struct frame *f, bool guest)
{
	if (!f->sel)
		return -1;
	return frame_col(f, guest ? app_guest_host_raw(f->a, f->sel) : f->sel->pair.host_raw);
}

static bool lane_of_pair(const struct frame *f, const struct app_lane *lane)
{
	const struct vms_pair *p;

	if (!f->sel)
		return false;
	p = &f->sel->pair;
	if (lane->guest < 0)
		return p->host_ev.cpu == (int32_t)lane->cpu_idx;
	return p->guest == (unsigned int)lane->guest && p->guest_ev.cpu == (int32_t)lane->cpu_idx;
}

/* "vCPU0  g" and "pCPU2  h v0": the vCPU that runs there most in the view */
/*
 * The track whose guest code runs the longest on this host CPU in view; -1: none. Few of them take
 * turns on a CPU.
 */
static int longest_here(const struct frame *f, const struct frame_lane *fl)
{
	uint64_t most = 0, sum;
	int best = -1, i, k;

	for (i = 0; i < f->l.lane_cols; i++) {
		int track = fl->cols[i].track;

		if (track < 0 || track == best || (i && track == fl->cols[i - 1].track) ||
		    (unsigned int)track >= vms_session_tracks_nr(f->s))
			continue;
		for (sum = 0, k = i; k < f->l.lane_cols; k++)
			sum += fl->cols[k].track == track ? fl->cols[k].inside : 0;
		if (sum > most) {
			most = sum;
			best = track;
		}
	}
	return best;
}

static void draw_label(const struct frame *f, const struct frame_lane *fl, bool selected)
{
	const struct app_lane *lane = &app_lanes(f->a)->lane[fl->idx];
	int best = lane->guest < 0 ? longest_here(f, fl) : -1, col = f->l.part[PART_AXIS].col;
	char tag[16] = "";

	if (best >= 0)
		(void)frame_vcpu(f, vms_session_track(f->s, (unsigned int)best), tag, sizeof(tag));
	if (selected)
		cells_put(f->c, fl->row, col, 1, ROLE_STRONG, ">");
	cells_printf(f->c, fl->row, col + 1, f->l.label_cols - 2,
		     lane->guest < 0 ? ROLE_HOST : ROLE_GUEST, "%-*s %s%s %-*s", f->l.name_cols,
		     lane->label, lane->guest < 0 ? "h" : "g", lane->pinned ? "^" : "",
		     f->l.tag_cols, tag);
}

static const char *count_glyph(uint32_t n)
{
	static const char digits[10][2] = { " ", "1", "2", "3", "4", "5", "6", "7", "8", "9" };

	return n < 10 ? digits[n] : "^";
}

/*
 * A letter for what kind of event comes first in the column: i irq, s sched, t timer, k kvm, c
 * syscalls, m msr, o other.
 */
static const char *class_glyph(const struct frame *f, const struct app_lane *lane,
			       const struct vms_lane_col *col)
{
	const struct vms_stream *s =
		lane->guest < 0 ? f->a->trace->host : f->a->trace->guests[lane->guest].stream;
	struct vms_ref ev = { (int32_t)lane->cpu_idx, col->first };
	const struct vms_event_type *t;
	static const struct {
		const char *system, *letter;
	} classes[] = {
		{ "irq", "i" },		 { "irq_vectors", "i" }, { "sched", "s" },
		{ "timer", "t" },	 { "kvm", "k" },	 { "msr", "m" },
		{ "raw_syscalls", "c" }, { "syscalls", "c" },	 { "power", "p" },
		{ "net", "n" },		 { "block", "b" },	 { "virtio", "b" },
		{ "exceptions", "e" },	 { "ftrace", "f" },
	};
	size_t i;

	if (lane->cpu_idx >= s->cpus_nr || col->first >= s->cpus[lane->cpu_idx].nr)
		return "o";
	t = vms_event_type(s, ev);
	for (i = 0; t->system && i < sizeof(classes) / sizeof(classes[0]); i++)
		if (!strcmp(t->system, classes[i].system))
			return classes[i].letter;
	return "o";
}

static const char *density_glyph(const struct frame *f, const struct app_lane *lane,
				 const struct vms_lane_col *col)
{
	if (app_prefs(f->a)->density == APP_DENSITY_COUNT)
		return count_glyph(col->events);
	if (app_prefs(f->a)->density == APP_DENSITY_CLASS)
		return class_glyph(f, lane, col);
	return f->g->density[tui_density_step(col->events) - 1];
}

/*
 * Where entries and exits fall together in a column, a host lane tells the part of time in guest
 * code: what happens in between is mostly the entries and exits themselves. Zoomed in, brackets
 * and events get their cells.
 */
static void draw_host_cell(const struct frame *f, const struct frame_lane *fl, int i, int at)
{
	const struct app_lane *lane = &app_lanes(f->a)->lane[fl->idx];
	const struct vms_lane_col *c = &fl->cols[i];
	bool counts = app_prefs(f->a)->density != APP_DENSITY_GLYPH;

	if (c->lost)
		cells_put(f->c, fl->row, at, 1, ROLE_WARN, f->g->lost);
	else if (!c->covered)
		cells_put(f->c, fl->row, at, 1, ROLE_DIM, f->g->no_data);
	else if (counts && c->events)
		cells_put(f->c, fl->row, at, 1, c->inside ? ROLE_RUN : ROLE_HOST,
			  density_glyph(f, lane, c));
	else if (c->entry == 1 && !c->exit)
		cells_put(f->c, fl->row, at, 1, ROLE_RUN, f->g->enter);
	else if (c->exit == 1 && !c->entry)
		cells_put(f->c, fl->row, at, 1, ROLE_RUN, f->g->leave);
	else if (c->inside >= 500)
		cells_put(f->c, fl->row, at, 1, ROLE_RUN, f->g->run_most);
	else if (c->inside)
		cells_put(f->c, fl->row, at, 1, ROLE_RUN, f->g->run_some);
	else if (c->events)
		cells_put(f->c, fl->row, at, 1, ROLE_HOST, density_glyph(f, lane, c));
}

static void draw_guest_cell(const struct frame *f, const struct frame_lane *fl, int i, int at)
{
	const struct app_lane *lane = &app_lanes(f->a)->lane[fl->idx];
	const struct vms_lane_col *c = &fl->cols[i];

	if (c->outside)
		cells_put(f->c, fl->row, at, 1, ROLE_IMPOSSIBLE, "!");
	else if (c->lost)
		cells_put(f->c, fl->row, at, 1, ROLE_WARN, f->g->lost);
	else if (c->events)
		cells_put(f->c, fl->row, at, 1, ROLE_GUEST, density_glyph(f, lane, c));
	else if (!c->covered)
		cells_put(f->c, fl->row, at, 1, ROLE_DIM, f->g->no_data);
}

/* Exit reasons and vCPUs by name where a stretch or a gap is long enough to hold them. */
static void draw_names(const struct frame *f, const struct frame_lane *fl, int left)
{
	int i, from = -1;
	char name[32], buf[24], tag[16];

	for (i = 0; i < f->l.lane_cols; i++) {
		const struct vms_lane_col *c = &fl->cols[i];

		if (c->entry == 1 && !c->exit) {
			from = i;
			continue;
		}
		if (!(c->exit == 1 && !c->entry)) {
			if (c->entry || c->exit)
				from = -1;
			continue;
		}
		(void)snprintf(buf, sizeof(buf), "%.20s",
			       vms_exit_name(&c->why, name, sizeof(name)));
		if (from >= 0 && i - from - 1 >= (int)strlen(buf) + f->l.tag_cols + 2) {
			if (c->track >= 0 && (unsigned int)c->track < vms_session_tracks_nr(f->s))
				cells_put(
					f->c, fl->row, left + from + 1, f->l.tag_cols, ROLE_RUN,
					frame_vcpu(f,
						   vms_session_track(f->s, (unsigned int)c->track),
						   tag, sizeof(tag)));
			/*
			 * one cell off the bracket: the pair's "H" may stand there and would read
			 * as a letter
			 */
			cells_put(f->c, fl->row, left + i - 1 - (int)strlen(buf), (int)strlen(buf),
				  ROLE_RUN, buf);
		}
		from = -1;
	}
}

static void draw_candidates(const struct frame *f, const struct frame_lane *fl, int left)
{
	const struct app_lane *lane = &app_lanes(f->a)->lane[fl->idx];
	int i, end;

	for (i = 0; i < f->l.lane_cols && !f->dense; i++) {
		const struct vms_mark_col *m = &fl->marks[i];

		if (m->id != VMS_ID_NONE && m->nr)
			cells_put(f->c, fl->row, left + i, 1, frame_mark_role(m->state, m->flags),
				  frame_mark_letter(m->state, m->flags));
	}
	if (!lane_of_pair(f, lane))
		return;
	end = end_col(f, lane->guest >= 0);
	if (end >= 0 && end < f->l.lane_cols) {
		cells_put(f->c, fl->row, left + end, 1, ROLE_PAIR, lane->guest < 0 ? "H" : "G");
		cells_flag(f->c, fl->row, left + end, 1, CELL_REVERSE);
	}
}

/* Where the model that is being compared would put the selected guest event. */
static void draw_ghost(const struct frame *f, const struct frame_lane *fl, int left)
{
	const struct app_lane *lane = &app_lanes(f->a)->lane[fl->idx];
	const struct vms_model *m;
	int col;

	if (!app_view(f->a)->compares || lane->guest < 0 || !lane_of_pair(f, lane))
		return;
	m = f->maps[app_view(f->a)->compare];
	if (!m)
		return;
	col = frame_col(f, vms_model_event(m, lane->cpu_idx, f->sel->pair.guest_ev.idx,
					   f->sel->pair.guest_raw));
	if (col >= 0 && col < f->l.lane_cols)
		cells_put(f->c, fl->row, left + col, 1, ROLE_PAIR, "g");
}

static void draw_lane(const struct frame *f, const struct frame_lane *fl, bool selected)
{
	const struct app_lane *lane = &app_lanes(f->a)->lane[fl->idx];
	int left = f->l.part[PART_AXIS].col + f->l.label_cols, i;

	draw_label(f, fl, selected);
	for (i = 0; i < f->l.lane_cols; i++) {
		if (lane->guest < 0)
			draw_host_cell(f, fl, i, left + i);
		else
			draw_guest_cell(f, fl, i, left + i);
	}
	if (lane->guest < 0)
		draw_names(f, fl, left);
	draw_candidates(f, fl, left);
	draw_ghost(f, fl, left);
	i = frame_col(f, app_view(f->a)->cursor_raw);
	if (app_prefs(f->a)->caret_column && i >= 0 && i < f->l.lane_cols)
		cells_flag(f->c, fl->row, left + i, 1, CELL_REVERSE);
	/* where the next key acts: this lane, at the time cursor */
	if (selected)
		cells_cursor(f->c, fl->row, i >= 0 && i < f->l.lane_cols ? left + i : 0, true);
}

void pane_lanes(const struct frame *f)
{
	unsigned int i;
	bool focus = f->a->focus == APP_PANE_LANES;

	for (i = 0; i < f->lanes_nr; i++) {
		bool selected = focus && app_lanes(f->a)->sel < app_lanes(f->a)->shown_nr &&
				lanes_selected(f->a) == f->lanes[i].idx;

		draw_lane(f, &f->lanes[i], selected);
	}
}
