// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The bands of a guest's vCPUs, and of each on its host CPUs, on one axis of offsets: whose clocks
 * differ.
 */
#include "ui/plots/plots_impl.h"

#include <math.h>
#include <stdio.h>

#define NAME_COLS 22 /* name and width of a part, left of the axis */
#define ROWS_LEAST 6

int plots_clocks_make(struct plots *plots, struct rect r, const struct vms_progress *progress)
{
	int ret;

	(void)r;
	vms_clocks_free(plots->clocks); /* of a run that was put off */
	plots->clocks = NULL;
	if (vms_clocks_begin(&plots->clocks, plots->of.s, plots->of.tr->guest, NULL, NULL))
		return 0;
	do {
		if (vms_progress_cancelled(progress))
			return -VMS_ECANCEL;
		ret = vms_clocks_more(plots->clocks, plots->of.s, NULL);
	} while (ret > 0);
	if (ret < 0 || !plots->clocks->vcpus.nr) {
		vms_clocks_free(plots->clocks);
		plots->clocks = NULL;
	}
	return 0;
}

/* Offsets are shown from here: the middle of what fits all, or of the lowest vCPU's band. */
static int64_t centre_of(const struct vms_clocks *c)
{
	int64_t lo = c->vcpus.lo_raw, hi = c->vcpus.hi_raw;

	if (lo > hi) {
		const struct vms_clock_part *p = &c->parts[c->vcpus.hi_by];

		lo = p->lo_raw;
		hi = p->hi_raw;
	}
	if (lo == INT64_MIN)
		return hi;
	return hi == INT64_MAX ? lo : lo + vms_sat_sub_i64(hi, lo) / 2;
}

static double lo_ns(const struct frame *f, const struct vms_clock_part *p, int64_t centre)
{
	return p->lo_raw == INT64_MIN ? -HUGE_VAL : frame_ns(f, vms_sat_sub_i64(p->lo_raw, centre));
}

static double hi_ns(const struct frame *f, const struct vms_clock_part *p, int64_t centre)
{
	return p->hi_raw == INT64_MAX ? HUGE_VAL : frame_ns(f, vms_sat_sub_i64(p->hi_raw, centre));
}

/*
 * All vCPUs, with room to either side. Host CPUs on which a vCPU was seldom leave wide bands, which
 * may leave the view.
 */
static struct plot_axis axis_of(const struct frame *frame, const struct vms_clocks *clocks,
				int64_t centre)
{
	double lo = HUGE_VAL, hi = -HUGE_VAL;
	unsigned int i;

	for (i = 0; i < clocks->parts_nr; i++) {
		if (clocks->parts[i].pcpu >= 0 || !clocks->parts[i].speaks)
			continue;
		if (isfinite(lo_ns(frame, &clocks->parts[i], centre)))
			lo = fmin(lo, lo_ns(frame, &clocks->parts[i], centre));
		if (isfinite(hi_ns(frame, &clocks->parts[i], centre)))
			hi = fmax(hi, hi_ns(frame, &clocks->parts[i], centre));
	}
	if (!(lo <= hi)) {
		lo = fmin(lo, hi);
		hi = lo;
	}
	return plots_axis_ns(&frame->plots->of, lo - (hi - lo) * 0.15, hi + (hi - lo) * 0.15);
}

/* "[----]"; a side beyond the view, or without a bound, is an arrow. */
static void draw_band(struct plot *plot, int row, double lo, double hi, enum tui_role role)
{
	const int first = plot->body.col, last = plot->body.col + plot->body.cols - 1;
	const bool left = lo<plot->x.lo, right = hi> plot->x.hi;
	int a = left ? first : plot_col(plot, fmin(lo, plot->x.hi)),
	    b = right ? last : plot_col(plot, fmax(hi, plot->x.lo));

	if (b < a)
		b = a;
	cells_fill(plot->c, row, a, b - a + 1, role, plot->g->hline);
	if (a == b) {
		cells_put(plot->c, row, a, 1, role, plot->g->vline);
		return;
	}
	cells_put(plot->c, row, a, 1, role, left ? plot->g->arrow_left : plot->g->enter);
	cells_put(plot->c, row, b, 1, role, right ? plot->g->arrow_right : plot->g->leave);
}

static void draw_part(const struct frame *frame, struct plot *plot, int row, int col,
		      const struct vms_clock_part *part, int64_t centre, bool apart)
{
	const struct vms_track *t = vms_session_track(frame->s, part->track);
	char name[FMT_SIZE], width[FMT_SIZE] = "open";
	const double lo = lo_ns(frame, part, centre), hi = hi_ns(frame, part, centre);

	if (part->pcpu >= 0)
		(void)snprintf(name, sizeof(name), "  pCPU %u",
			       frame_cpu_number(vms_session_trace(frame->s)->host, part->pcpu));
	else
		(void)snprintf(name, sizeof(name), "vCPU %u", t->vcpu);
	if (isfinite(hi - lo))
		(void)fmt_span(frame->clock, hi - lo, width, sizeof(width));
	cells_printf(frame->c, row, col, NAME_COLS,
		     apart	       ? ROLE_BAD
		     : part->pcpu >= 0 ? ROLE_DIM
				       : ROLE_TEXT,
		     "%-9s %c%10s", name, apart ? '!' : ' ', part->speaks ? width : "-");
	if (part->speaks)
		draw_band(plot, row, lo, hi,
			  apart		    ? ROLE_BAD
			  : part->pcpu >= 0 ? ROLE_HOST
					    : ROLE_GUEST);
}

/* The two parts that exclude each other most, of vCPUs or of one vCPU's host CPUs. */
static bool is_apart(const struct vms_clocks *c, unsigned int i)
{
	const struct vms_clock_meet m =
		c->parts[i].pcpu < 0 ? c->vcpus : vms_clocks_pcpus(c, c->parts[i].track);

	return m.lo_raw > m.hi_raw && (m.lo_by == i || m.hi_by == i);
}

static bool is_needed(const struct vms_clocks *c, unsigned int i)
{
	return c->parts[i].pcpu < 0 || is_apart(c, i);
}

static void draw_parts(const struct frame *frame, struct plot *plot, int col,
		       const struct vms_clocks *clocks, int64_t centre)
{
	const int rows = plot->body.rows;
	unsigned int i, left = 0;
	int at = 0, needed = 0;

	for (i = 0; i < clocks->parts_nr; i++)
		needed += is_needed(clocks, i);
	for (i = 0; i < clocks->parts_nr; i++) {
		needed -= is_needed(clocks, i);
		/* the last row is for what they allow together, or for what is left out */
		if (at + (is_needed(clocks, i) ? 0 : needed) >= rows - 1) {
			left++;
			continue;
		}
		draw_part(frame, plot, plot->body.row + at++, col, &clocks->parts[i], centre,
			  is_apart(clocks, i));
	}
	if (left && at < rows)
		cells_printf(frame->c, plot->body.row + at, col, NAME_COLS, ROLE_DIM,
			     "%u more rows", left);
	else if (at < rows && clocks->vcpus.nr > 1 &&
		 clocks->vcpus.lo_raw <= clocks->vcpus.hi_raw) {
		const struct vms_clock_part all = { .pcpu = -1,
						    .lo_raw = clocks->vcpus.lo_raw,
						    .hi_raw = clocks->vcpus.hi_raw };
		char width[FMT_SIZE] = "open";
		const double lo = lo_ns(frame, &all, centre), hi = hi_ns(frame, &all, centre);

		if (isfinite(hi - lo))
			(void)fmt_span(frame->clock, hi - lo, width, sizeof(width));
		cells_printf(frame->c, plot->body.row + at, col, NAME_COLS, ROLE_STRONG,
			     "%-9s  %10s", "together", width);
		draw_band(plot, plot->body.row + at, lo, hi, ROLE_STRONG);
	}
}

/* The answer in words. */
static void draw_verdict(const struct frame *frame, struct rect rect,
			 const struct vms_clocks *clocks)
{
	const struct vms_cpu *cpus = vms_session_trace(frame->s)->host->cpus;
	char by[FMT_SIZE];
	unsigned int i;

	for (i = 0; i < clocks->parts_nr; i++) {
		const struct vms_clock_meet m = vms_clocks_pcpus(clocks, clocks->parts[i].track);

		if (clocks->parts[i].pcpu >= 0 || m.lo_raw <= m.hi_raw)
			continue;
		cells_printf(frame->c, rect.row, rect.col, rect.cols, ROLE_BAD,
			     "host clocks DIFFER: pCPU %u and pCPU %u by at least %s%s",
			     cpus[clocks->parts[m.lo_by].pcpu].cpu,
			     cpus[clocks->parts[m.hi_by].pcpu].cpu,
			     fmt_span(frame->clock,
				      frame_ns(frame, vms_sat_sub_i64(m.lo_raw, m.hi_raw)), by,
				      sizeof(by)),
			     clocks->parts[i].step_free ? "; the steps are moves between host CPUs"
							: "");
		return;
	}
	if (clocks->vcpus.nr < 2)
		cells_put(frame->c, rect.row, rect.col, rect.cols, ROLE_TEXT,
			  clocks->parts_nr > 1
				  ? "one vCPU has a band then; nothing tells the host's CPUs apart"
				  : "one vCPU has a band then, on one host CPU: nothing to compare "
				    "it with");
	else if (clocks->vcpus.lo_raw <= clocks->vcpus.hi_raw)
		cells_printf(frame->c, rect.row, rect.col, rect.cols, ROLE_GOOD,
			     "one offset fits all %u vCPUs; nothing tells the host's CPUs apart",
			     clocks->vcpus.nr);
	else
		cells_printf(
			frame->c, rect.row, rect.col, rect.cols, ROLE_BAD,
			"vCPUs DIFFER: vCPU %u and vCPU %u by at least %s",
			vms_session_track(frame->s, clocks->parts[clocks->vcpus.lo_by].track)->vcpu,
			vms_session_track(frame->s, clocks->parts[clocks->vcpus.hi_by].track)->vcpu,
			fmt_span(frame->clock,
				 frame_ns(frame, vms_sat_sub_i64(clocks->vcpus.lo_raw,
								 clocks->vcpus.hi_raw)),
				 by, sizeof(by)));
}

void plots_clocks(const struct frame *frame, struct rect rect)
{
	const struct vms_clocks *clocks = frame->plots->clocks;
	struct plot_axis x, y = { .kind = PLOT_ROWS, .lo = 0, .hi = 1, .unit = "" };
	char at[FMT_SIZE];
	struct plot plot;
	int64_t centre;

	frame_head(frame, rect, plots_focus(frame, APP_PLOT_CLOCKS),
		   "clocks of %s: what each vCPU, and each on each host CPU, allows",
		   vms_session_trace(frame->s)->guests[frame->tr->guest].stream->name);
	if (rect.rows < ROWS_LEAST) {
		plots_say(frame, rect, PLOTS_NO_ROOM);
		return;
	}
	if (!clocks) {
		plots_say(frame, rect, "no vCPU of this guest has a band");
		return;
	}
	centre = centre_of(clocks);
	x = axis_of(frame, clocks, centre);
	draw_verdict(frame, (struct rect){ rect.row + 1, rect.col + 1, 1, rect.cols - 1 }, clocks);
	cells_printf(frame->c, rect.row + rect.rows - 1, rect.col + 1, rect.cols - 1, ROLE_DIM,
		     "offsets from %s, at guest time %s", fmt_offset(frame->clock, centre, FMT_BUF),
		     fmt_time(frame->clock, clocks->at_raw, at, sizeof(at)));
	if (plot_open(&plot, frame->c, frame->g,
		      (struct rect){ rect.row + 2, rect.col + NAME_COLS - PLOT_LABEL_COLS,
				     rect.rows - 3, rect.cols - NAME_COLS + PLOT_LABEL_COLS },
		      &x, &y)) {
		plots_say(frame, rect, PLOTS_NO_ROOM);
		return;
	}
	draw_parts(frame, &plot, rect.col + 1, clocks, centre);
	plot_close(&plot);
}
