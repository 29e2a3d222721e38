// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lanes: which of them are shown, and what a cell says: pair, candidate, stretch, density, loss. */
#include "ui/panes/panes_impl.h"

#include <stdio.h>
#include <string.h>

#include "core/base/util.h"

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
static int longest_here(const struct frame *frame, const struct frame_lane *fl,
			unsigned int tracks_nr)
{
	uint64_t most = 0, sum;
	int best = -1, i, k;

	for (i = 0; i < frame->l.lane_cols; i++) {
		int track = fl->cols[i].track;

		if (track < 0 || track == best || (i && track == fl->cols[i - 1].track) ||
		    (unsigned int)track >= tracks_nr)
			continue;
		for (sum = 0, k = i; k < frame->l.lane_cols; k++)
			sum += fl->cols[k].track == track ? fl->cols[k].inside : 0;
		if (sum > most) {
			most = sum;
			best = track;
		}
	}
	return best;
}

static const char *cpu_short(const struct frame *frame, int cpu_idx, char *buf, size_t size)
{
	(void)snprintf(buf, size, "p%u", frame_cpu_number(frame->a->trace->host, cpu_idx));
	return buf;
}

/* Below a lane: a host thread, with the CPU on which it runs most in view; a model's name. */
static void label_below(const struct frame *frame, const struct frame_lane *fl)
{
	const int col = frame->l.part[PART_AXIS].col;
	int best;

	if (fl->kind == FRAME_GHOST) {
		cells_printf(frame->c, fl->row, col + 1, frame->l.label_cols - 2, ROLE_DIM, " %s",
			     vms_by_name(app_view(frame->a)->compare));
		return;
	}
	best = longest_here(frame, fl, frame->a->trace->host->cpus_nr);
	cells_printf(frame->c, fl->row, col + 1, frame->l.label_cols - 2, ROLE_HOST, "%-*s h %s",
		     frame->l.name_cols, "thread", best < 0 ? "" : cpu_short(frame, best, BUF(16)));
}

static void draw_label(const struct frame *frame, const struct frame_lane *fl, bool selected)
{
	const struct app_lane *lane = &app_lanes(frame->a)->lane[fl->idx];
	const int col = frame->l.part[PART_AXIS].col;
	char tag[APP_SHORT_CHARS] = "";
	int best = lane->guest >= 0 ? -1 : longest_here(frame, fl, vms_session_tracks_nr(frame->s));

	if (best >= 0)
		(void)app_vcpu_short(frame->a, vms_session_track(frame->s, (unsigned int)best), tag,
				     sizeof(tag));
	if (selected)
		cells_put(frame->c, fl->row, col, 1, ROLE_STRONG, ">");
	cells_printf(frame->c, fl->row, col + 1, frame->l.label_cols - 2,
		     lane->guest < 0 ? ROLE_HOST : ROLE_GUEST, "%-*s %s%s %-*s", frame->l.name_cols,
		     lane->label, lane->guest < 0 ? "h" : "g", lane->pinned ? "^" : "",
		     frame->l.tag_cols, tag);
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
	const struct vms_stream *stream =
		lane->guest < 0 ? f->a->trace->host : f->a->trace->guests[lane->guest].stream;
	struct vms_ref ev = { (int32_t)lane->cpu_idx, col->first };
	const struct vms_event_type *type;
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

	if (lane->cpu_idx >= stream->cpus_nr || col->first >= stream->cpus[lane->cpu_idx].nr)
		return "o";
	type = vms_event_type(stream, ev);
	for (i = 0; type->system && i < sizeof(classes) / sizeof(classes[0]); i++)
		if (!strcmp(type->system, classes[i].system))
			return classes[i].letter;
	return "o";
}

/* Of the columns of a lane. */
struct most {
	uint32_t events;
	/* part of time in guest code, where most entries share their column with others; else 0 */
	uint32_t inside;
};

static struct most most_of(const struct frame *frame, const struct frame_lane *fl)
{
	struct most most = { 0 };
	uint32_t inside = 0;
	int i, merged = 0, alone = 0;

	for (i = 0; i < frame->l.lane_cols; i++) {
		const struct vms_lane_col *col = &fl->cols[i];

		most.events = VMS_MAX(most.events, col->events);
		inside = VMS_MAX(inside, col->inside);
		merged += col->entry > 1;
		alone += col->inside && col->entry <= 1;
	}
	if (merged > alone)
		most.inside = inside;
	return most;
}

static const char *density_glyph(const struct frame *f, const struct app_lane *lane,
				 const struct vms_lane_col *col, uint32_t most)
{
	if (app_prefs(f->a)->density == APP_DENSITY_COUNT)
		return count_glyph(col->events);
	if (app_prefs(f->a)->density == APP_DENSITY_CLASS)
		return class_glyph(f, lane, col);
	return f->g->density[tui_density_step(col->events, most) - 1];
}

/*
 * Where entries and exits fall together in a column, a host lane tells the part of time in guest
 * code: what happens in between is mostly the entries and exits themselves. Zoomed in, brackets
 * and events get their cells.
 */
static void draw_host_cell(const struct frame *frame, const struct frame_lane *fl, int i, int at,
			   const struct most *most)
{
	const struct app_lane *lane = &app_lanes(frame->a)->lane[fl->idx];
	const struct vms_lane_col *lane_col = &fl->cols[i];
	bool counts = app_prefs(frame->a)->density != APP_DENSITY_GLYPH;

	if (lane_col->lost)
		cells_put(frame->c, fl->row, at, 1, ROLE_WARN, frame->g->lost);
	else if (!lane_col->covered && fl->kind == FRAME_LANE)
		cells_put(frame->c, fl->row, at, 1, ROLE_DIM, frame->g->no_data);
	else if (counts && lane_col->events)
		cells_put(frame->c, fl->row, at, 1, lane_col->inside ? ROLE_RUN : ROLE_HOST,
			  density_glyph(frame, lane, lane_col, most->events));
	else if (lane_col->entry == 1 && !lane_col->exit)
		cells_put(frame->c, fl->row, at, 1, ROLE_RUN, frame->g->enter);
	else if (lane_col->exit == 1 && !lane_col->entry)
		cells_put(frame->c, fl->row, at, 1, ROLE_RUN, frame->g->leave);
	else if (lane_col->inside)
		cells_put(frame->c, fl->row, at, 1, ROLE_RUN,
			  frame->g->run[most->inside ? (lane_col->inside - 1) * 4u / most->inside
						     : lane_col->inside >= 500]);
	else if (lane_col->events)
		cells_put(frame->c, fl->row, at, 1, ROLE_HOST,
			  density_glyph(frame, lane, lane_col, most->events));
}

static void draw_guest_cell(const struct frame *frame, const struct frame_lane *fl, int i, int at,
			    const struct most *most)
{
	const struct app_lane *lane = &app_lanes(frame->a)->lane[fl->idx];
	const struct vms_lane_col *c = &fl->cols[i];

	if (c->outside)
		cells_put(frame->c, fl->row, at, 1, ROLE_VIOLATION, FRAME_VIOLATION);
	else if (c->lost)
		cells_put(frame->c, fl->row, at, 1, ROLE_WARN, frame->g->lost);
	else if (c->events)
		cells_put(frame->c, fl->row, at, 1, ROLE_GUEST,
			  density_glyph(frame, lane, c, most->events));
	else if (!c->covered)
		cells_put(frame->c, fl->row, at, 1, ROLE_DIM, frame->g->no_data);
}

/* Exit reasons and vCPUs by name where a stretch or a gap is long enough to hold them. */
static void draw_names(const struct frame *frame, const struct frame_lane *fl, int left)
{
	int i, from = -1;
	char buf[24];

	for (i = 0; i < frame->l.lane_cols; i++) {
		const struct vms_lane_col *lane_col = &fl->cols[i];

		if (lane_col->entry == 1 && !lane_col->exit) {
			from = i;
			continue;
		}
		if (!(lane_col->exit == 1 && !lane_col->entry)) {
			if (lane_col->entry || lane_col->exit)
				from = -1;
			continue;
		}
		(void)snprintf(buf, sizeof(buf), "%.20s", vms_exit_name(&lane_col->why, BUF(32)));
		if (from >= 0 && i - from - 1 >= (int)strlen(buf) + frame->l.tag_cols + 2) {
			if (fl->kind == FRAME_LANE && lane_col->track >= 0 &&
			    (unsigned int)lane_col->track < vms_session_tracks_nr(frame->s))
				cells_put(frame->c, fl->row, left + from + 1, frame->l.tag_cols,
					  ROLE_RUN,
					  app_vcpu_short(
						  frame->a,
						  vms_session_track(frame->s,
								    (unsigned int)lane_col->track),
						  BUF(APP_SHORT_CHARS)));
			/*
			 * one cell off the bracket: the pair's "H" may stand there and would read
			 * as a letter
			 */
			cells_put(frame->c, fl->row, left + i - 1 - (int)strlen(buf),
				  (int)strlen(buf), ROLE_RUN, buf);
		}
		from = -1;
	}
}

/* On which host CPU the thread runs, where it begins to and where it has moved. */
static void draw_places(const struct frame *frame, const struct frame_lane *fl, int left)
{
	int i, end, here = -1;
	char name[16];

	for (i = 0; i < frame->l.lane_cols; i++) {
		const struct vms_lane_col *col = &fl->cols[i];

		if (!col->inside || (col->track == here && !col->entry))
			continue;
		here = col->track;
		(void)cpu_short(frame, here, name, sizeof(name));
		/* an entry has its bracket in the first column */
		i += col->entry == 1 && !col->exit;
		for (end = i;
		     end < frame->l.lane_cols && end - i <= (int)strlen(name) &&
		     fl->cols[end].inside && fl->cols[end].track == here && !fl->cols[end].exit;
		     end++)
			;
		if (end - i > (int)strlen(name))
			cells_put(frame->c, fl->row, left + i, (int)strlen(name), ROLE_RUN, name);
	}
}

static void draw_candidates(const struct frame *frame, const struct frame_lane *fl, int left)
{
	const struct app_lane *lane = &app_lanes(frame->a)->lane[fl->idx];
	int i, end;

	for (i = 0; i < frame->l.lane_cols && !frame->dense; i++) {
		const struct vms_mark_col *m = &fl->marks[i];

		if (m->id != VMS_ID_NONE && m->nr && !(lane->guest >= 0 && fl->cols[i].outside))
			cells_put(frame->c, fl->row, left + i, 1,
				  frame_mark_role(m->state, m->flags),
				  frame_mark_letter(m->state, m->flags));
	}
	if (!lane_of_pair(frame, lane))
		return;
	end = end_col(frame, lane->guest >= 0);
	if (end >= 0 && end < frame->l.lane_cols) {
		cells_put(frame->c, fl->row, left + end, 1, ROLE_PAIR, lane->guest < 0 ? "H" : "G");
		cells_flag(frame->c, fl->row, left + end, 1, CELL_REVERSE);
	}
}

/* The pair's end in a row below its guest's lane: of the thread, and under the model compared. */
static void draw_end_below(const struct frame *frame, const struct frame_lane *fl, int left)
{
	const struct app_lane *lane = &app_lanes(frame->a)->lane[fl->idx];
	const struct vms_pair *pair = frame->sel ? &frame->sel->pair : NULL;
	int col;

	if (!pair || !lane_of_pair(frame, lane))
		return;
	col = fl->kind == FRAME_THREAD
		      ? end_col(frame, false)
		      : frame_col(frame, vms_model_event(frame->maps[app_view(frame->a)->compare],
							 lane->cpu_idx, pair->guest_ev.idx,
							 pair->guest_raw));
	if (col >= 0 && col < frame->l.lane_cols)
		cells_put(frame->c, fl->row, left + col, 1, ROLE_PAIR,
			  fl->kind == FRAME_THREAD ? "H" : "g");
}

static void draw_below(const struct frame *frame, const struct frame_lane *fl)
{
	const int left = frame->l.part[PART_AXIS].col + frame->l.label_cols;
	const struct most most = most_of(frame, fl);
	int i;

	label_below(frame, fl);
	for (i = 0; i < frame->l.lane_cols; i++) {
		if (fl->kind == FRAME_THREAD)
			draw_host_cell(frame, fl, i, left + i, &most);
		else
			draw_guest_cell(frame, fl, i, left + i, &most);
	}
	if (fl->kind == FRAME_THREAD) {
		draw_places(frame, fl, left);
		draw_names(frame, fl, left);
	}
	draw_end_below(frame, fl, left);
}

static void draw_lane(const struct frame *frame, const struct frame_lane *fl, bool selected)
{
	const struct app_lane *lane = &app_lanes(frame->a)->lane[fl->idx];
	int left = frame->l.part[PART_AXIS].col + frame->l.label_cols, i;
	const struct most most = most_of(frame, fl);

	draw_label(frame, fl, selected);
	for (i = 0; i < frame->l.lane_cols; i++) {
		if (lane->guest < 0)
			draw_host_cell(frame, fl, i, left + i, &most);
		else
			draw_guest_cell(frame, fl, i, left + i, &most);
	}
	if (lane->guest < 0)
		draw_names(frame, fl, left);
	draw_candidates(frame, fl, left);
	i = frame_col(frame, app_view(frame->a)->cursor_raw);
	if (app_prefs(frame->a)->caret_column && i >= 0 && i < frame->l.lane_cols)
		cells_flag(frame->c, fl->row, left + i, 1, CELL_REVERSE);
	/* where the next key acts: this lane, at the time cursor */
	if (selected)
		cells_cursor(frame->c, fl->row, i >= 0 && i < frame->l.lane_cols ? left + i : 0,
			     true);
}

void pane_lanes(const struct frame *f)
{
	unsigned int i;
	bool focus = app_shown(f->a)->focus == APP_PANE_LANES;

	for (i = 0; i < f->lanes_nr; i++) {
		bool selected = focus && app_lanes(f->a)->sel < app_lanes(f->a)->shown_nr &&
				lanes_selected(f->a) == f->lanes[i].idx;

		if (f->lanes[i].kind == FRAME_LANE)
			draw_lane(f, &f->lanes[i], selected);
		else
			draw_below(f, &f->lanes[i]);
	}
}
