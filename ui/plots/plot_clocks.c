// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The bands of a guest's vCPUs, and of each on its host CPUs, on one axis of offsets: whose clocks
 * differ.
 */
#include "ui/plots/plots_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAME_COLS 22 /* name and width of a part, left of the axis */
#define ROWS_LEAST 6

int plots_clocks_make(struct plots *p, struct rect r, const struct vms_progress *progress)
{
	int ret;

	(void)r;
	if (vms_clocks_begin(&p->clocks, p->of.s, p->of.tr->guest, NULL, NULL))
		return 0;
	do {
		if (vms_progress_cancelled(progress))
			return -VMS_ECANCEL;
		ret = vms_clocks_more(p->clocks, p->of.s, NULL);
	} while (ret > 0);
	if (ret < 0 || !p->clocks->vcpus.nr) {
		vms_clocks_free(p->clocks);
		p->clocks = NULL;
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
static struct plot_axis axis_of(const struct frame *f, const struct vms_clocks *c, int64_t centre)
{
	double lo = HUGE_VAL, hi = -HUGE_VAL;
	unsigned int i;

	for (i = 0; i < c->parts_nr; i++) {
		if (c->parts[i].pcpu >= 0 || !c->parts[i].speaks)
			continue;
		if (isfinite(lo_ns(f, &c->parts[i], centre)))
			lo = fmin(lo, lo_ns(f, &c->parts[i], centre));
		if (isfinite(hi_ns(f, &c->parts[i], centre)))
			hi = fmax(hi, hi_ns(f, &c->parts[i], centre));
	}
	if (!(lo <= hi)) {
		lo = fmin(lo, hi);
		hi = lo;
	}
	return plots_axis_ns(&f->plots->of, lo - (hi - lo) * 0.15, hi + (hi - lo) * 0.15);
}

/* "[----]"; a side beyond the view, or without a bound, is an arrow. */
static void draw_band(struct plot *p, int row, double lo, double hi, enum tui_role role)
{
	const int first = p->body.col, last = p->body.col + p->body.cols - 1;
	const bool left = lo<p->x.lo, right = hi> p->x.hi;
	int a = left ? first : plot_col(p, fmin(lo, p->x.hi)),
	    b = right ? last : plot_col(p, fmax(hi, p->x.lo));

	if (b < a)
		b = a;
	cells_fill(p->c, row, a, b - a + 1, role, p->g->hline);
	if (a == b) {
		cells_put(p->c, row, a, 1, role, p->g->vline);
		return;
	}
	cells_put(p->c, row, a, 1, role, left ? p->g->arrow_left : p->g->enter);
	cells_put(p->c, row, b, 1, role, right ? p->g->arrow_right : p->g->leave);
}

static void draw_part(const struct frame *f, struct plot *p, int row, int col,
		      const struct vms_clock_part *part, int64_t centre, bool apart)
{
	const struct vms_track *t = vms_session_track(f->s, part->track);
	char name[FMT_SIZE], width[FMT_SIZE] = "open";
	const double lo = lo_ns(f, part, centre), hi = hi_ns(f, part, centre);

	if (part->pcpu >= 0)
		(void)snprintf(name, sizeof(name), "  pCPU %u",
			       frame_cpu_number(vms_session_trace(f->s)->host, part->pcpu));
	else
		(void)snprintf(name, sizeof(name), "vCPU %u", t->vcpu);
	if (isfinite(hi - lo))
		(void)fmt_span(f->clock, hi - lo, width, sizeof(width));
	cells_printf(f->c, row, col, NAME_COLS,
		     apart	       ? ROLE_BAD
		     : part->pcpu >= 0 ? ROLE_DIM
				       : ROLE_TEXT,
		     "%-9s %c%10s", name, apart ? '!' : ' ', part->speaks ? width : "-");
	if (part->speaks)
		draw_band(p, row, lo, hi,
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

static void draw_parts(const struct frame *f, struct plot *p, int col, const struct vms_clocks *c,
		       int64_t centre)
{
	const int rows = p->body.rows;
	unsigned int i, left = 0;
	int at = 0, needed = 0;

	for (i = 0; i < c->parts_nr; i++)
		needed += is_needed(c, i);
	for (i = 0; i < c->parts_nr; i++) {
		needed -= is_needed(c, i);
		/* the last row is for what they allow together, or for what is left out */
		if (at + (is_needed(c, i) ? 0 : needed) >= rows - 1) {
			left++;
			continue;
		}
		draw_part(f, p, p->body.row + at++, col, &c->parts[i], centre, is_apart(c, i));
	}
	if (left && at < rows)
		cells_printf(f->c, p->body.row + at, col, NAME_COLS, ROLE_DIM, "%u more rows",
			     left);
	else if (at < rows && c->vcpus.nr > 1 && c->vcpus.lo_raw <= c->vcpus.hi_raw) {
		const struct vms_clock_part all = { .pcpu = -1,
						    .lo_raw = c->vcpus.lo_raw,
						    .hi_raw = c->vcpus.hi_raw };
		char width[FMT_SIZE] = "open";
		const double lo = lo_ns(f, &all, centre), hi = hi_ns(f, &all, centre);

		if (isfinite(hi - lo))
			(void)fmt_span(f->clock, hi - lo, width, sizeof(width));
		cells_printf(f->c, p->body.row + at, col, NAME_COLS, ROLE_STRONG, "%-9s  %10s",
			     "together", width);
		draw_band(p, p->body.row + at, lo, hi, ROLE_STRONG);
	}
}

/* The answer in words. */
static void draw_verdict(const struct frame *f, struct rect r, const struct vms_clocks *c)
{
	const struct vms_cpu *cpus = vms_session_trace(f->s)->host->cpus;
	char by[FMT_SIZE];
	unsigned int i;

	for (i = 0; i < c->parts_nr; i++) {
		const struct vms_clock_meet m = vms_clocks_pcpus(c, c->parts[i].track);

		if (c->parts[i].pcpu >= 0 || m.lo_raw <= m.hi_raw)
			continue;
		cells_printf(f->c, r.row, r.col, r.cols, ROLE_BAD,
			     "host clocks DIFFER: pCPU %u and pCPU %u by at least %s%s",
			     cpus[c->parts[m.lo_by].pcpu].cpu, cpus[c->parts[m.hi_by].pcpu].cpu,
			     fmt_span(f->clock, frame_ns(f, vms_sat_sub_i64(m.lo_raw, m.hi_raw)),
				      by, sizeof(by)),
			     c->parts[i].step_free ? "; the steps are moves between host CPUs"
						   : "");
		return;
	}
	if (c->vcpus.nr < 2)
		cells_put(f->c, r.row, r.col, r.cols, ROLE_TEXT,
			  c->parts_nr > 1
				  ? "one vCPU has a band then; nothing tells the host's CPUs apart"
				  : "one vCPU has a band then, on one host CPU: nothing to compare "
				    "it with");
	else if (c->vcpus.lo_raw <= c->vcpus.hi_raw)
		cells_printf(f->c, r.row, r.col, r.cols, ROLE_GOOD,
			     "one offset fits all %u vCPUs; nothing tells the host's CPUs apart",
			     c->vcpus.nr);
	else
		cells_printf(
			f->c, r.row, r.col, r.cols, ROLE_BAD,
			"vCPUs DIFFER: vCPU %u and vCPU %u by at least %s",
			vms_session_track(f->s, c->parts[c->vcpus.lo_by].track)->vcpu,
			vms_session_track(f->s, c->parts[c->vcpus.hi_by].track)->vcpu,
			fmt_span(f->clock,
				 frame_ns(f, vms_sat_sub_i64(c->vcpus.lo_raw, c->vcpus.hi_raw)), by,
				 sizeof(by)));
}

void plots_clocks(const struct frame *f, struct rect r)
{
	const struct vms_clocks *c = f->plots->clocks;
	struct plot_axis x, y = { .kind = PLOT_ROWS, .lo = 0, .hi = 1, .unit = "" };
	char at[FMT_SIZE], off[FMT_SIZE];
	struct plot p;
	int64_t centre;

	frame_head(f, r, plots_focus(f, APP_PLOT_CLOCKS),
		   "clocks of %s: what each vCPU, and each on each host CPU, allows",
		   vms_session_trace(f->s)->guests[f->tr->guest].stream->name);
	if (r.rows < ROWS_LEAST) {
		plots_no_room(f, r);
		return;
	}
	if (!c) {
		cells_put(f->c, r.row + 1, r.col + 2, r.cols - 2, ROLE_TEXT,
			  "no vCPU of this guest has a band");
		return;
	}
	centre = centre_of(c);
	x = axis_of(f, c, centre);
	draw_verdict(f, (struct rect){ r.row + 1, r.col + 1, 1, r.cols - 1 }, c);
	cells_printf(f->c, r.row + r.rows - 1, r.col + 1, r.cols - 1, ROLE_DIM,
		     "offsets from %s, at guest time %s",
		     fmt_offset(f->clock, centre, off, sizeof(off)),
		     fmt_time(f->clock, c->at_raw, at, sizeof(at)));
	if (plot_open(&p, f->c, f->g,
		      (struct rect){ r.row + 2, r.col + NAME_COLS - PLOT_LABEL_COLS, r.rows - 3,
				     r.cols - NAME_COLS + PLOT_LABEL_COLS },
		      &x, &y, NULL)) {
		plots_no_room(f, r);
		return;
	}
	draw_parts(f, &p, r.col + 1, c, centre);
	plot_close(&p);
}
