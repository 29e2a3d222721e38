// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The time axis: labels on round times that stay where they are while panning, the caret, the
 * marks.
 */
#include "ui/panes/panes_impl.h"

#include <stdio.h>

/** struct ruler - a time base and its steps */
struct ruler {
	int64_t shift_raw;	/* shown = host - shift */
	struct vms_clock clock; /* of what is shown; rate unknown when ticks are wanted */
	int64_t step_ns;	/* between labels (ticks when the rate is unknown) */
	int64_t base_ns;	/* the common part, subtracted from labels */
	int64_t unit_ns;	/* of labels */
	int decimals;		/* of labels */
	bool signs;		/* shown are differences: around nought there is no common part */
};

static int64_t floor_to(int64_t v, int64_t step)
{
	int64_t r = v % step;

	return r < 0 ? vms_sat_sub_i64(v, r + step) : v - r;
}

static int64_t shift_of(const struct frame *frame)
{
	const struct vms_view *view = &app_view(frame->a)->now;
	const struct vms_model *m;

	if (app_prefs(frame->a)->time_base == APP_BASE_DELTA)
		return app_view(frame->a)->mark[0].set ? app_view(frame->a)->mark[0].host_raw
						       : app_view(frame->a)->cursor_raw;
	if (app_prefs(frame->a)->time_base != APP_BASE_GUEST || !frame->tr)
		return 0;
	m = vms_session_map(frame->s, frame->tr->guest);
	/* Over one screen the drift moves nothing that could be seen. */
	return m ? vms_sat_sub_i64(view->t0_raw,
				   vms_model_inverse(m, frame->tr->cpu_idx, view->t0_raw))
		 : 0;
}

static double ns_per_col(const struct ruler *r, const struct vms_view *v)
{
	return vms_clock_ns(&r->clock, v->w_raw > 0 ? v->w_raw : 1);
}

static void choose_steps(struct ruler *ruler, const struct vms_view *v, int cols)
{
	static const int64_t series[] = { 1, 2, 5 };
	double col_ns = ns_per_col(ruler, v), span = col_ns * cols;
	int64_t first = fmt_raw_ns(&ruler->clock, vms_sat_sub_i64(v->t0_raw, ruler->shift_raw));
	int64_t ten = 1, base = 1000;
	int i = 0;

	while ((double)base < span && base < 1000000000000000LL)
		base *= 1000;
	ruler->unit_ns = base / 1000;
	ruler->base_ns =
		ruler->signs && first < 0 && (double)first + span > 0 ? 0 : floor_to(first, base);
	/* labels are up to 4 digits and, below the unit, a point and digits; two columns apart */
	for (;;) {
		ruler->step_ns = series[i] * ten;
		ruler->decimals = 0;
		for (int64_t u = ruler->unit_ns; u > 1 && ruler->step_ns % u; u /= 10)
			ruler->decimals++;
		if ((double)ruler->step_ns / col_ns >=
			    6 + (ruler->decimals ? ruler->decimals + 1 : 0) &&
		    (double)ruler->step_ns / col_ns >= 10)
			break;
		if (++i == 3) {
			i = 0;
			if (ten > 100000000000000000LL)
				break;
			ten *= 10;
		}
	}
}

/* "12.345 s+": the common part, as many decimals as it has */
static void base_text(const struct ruler *ruler, char *buf, size_t size)
{
	int64_t base = ruler->base_ns, s, ns;
	int decimals = ruler->unit_ns == 1 ? 6 : ruler->unit_ns == 1000 ? 3 : 0;
	const char *sign = base < 0 ? "-" : "";
	char digits[16];

	if (ruler->signs && !base) {
		buf[0] = '\0';
		return;
	}
	if (ruler->clock.ns_per_unit <= 0.0) {
		(void)snprintf(buf, size, "%lld+", (long long)base);
		return;
	}
	if (ruler->unit_ns >= 1000000000LL) {
		(void)snprintf(buf, size, "%s", base ? "..." : "");
		return;
	}
	if (base < 0)
		base = -(base + 1) + 1;
	s = base / 1000000000;
	ns = base % 1000000000;
	(void)snprintf(digits, sizeof(digits), "%09lld", (long long)ns);
	digits[decimals] = '\0';
	(void)snprintf(buf, size, "%s%lld%s%s s+", sign, (long long)s, decimals ? "." : "", digits);
}

static int col_of(const struct frame *f, const struct ruler *r, int64_t at_ns)
{
	return frame_col(f, vms_sat_add_i64(fmt_ns_raw(&r->clock, at_ns), r->shift_raw));
}

static void label_text(const struct ruler *ruler, int64_t at_ns, bool with_unit, char *buf,
		       size_t size)
{
	const struct fmt_unit *unit = fmt_unit_at((double)ruler->unit_ns, 1000);
	int64_t rel = at_ns - ruler->base_ns;
	int used;
	double v = (double)rel / (double)ruler->unit_ns;

	/* Seconds and more are shown whole: there is no common part. */
	if (ruler->unit_ns >= 1000000000LL)
		v = (double)at_ns / 1e9;
	used = snprintf(buf, size, ruler->signs && !ruler->base_ns && at_ns ? "%+.*f" : "%.*f",
			ruler->decimals, v);
	if (with_unit && ruler->clock.ns_per_unit > 0.0)
		(void)snprintf(buf + used, size - (size_t)used, " %s", unit->name);
	else if (with_unit) /* thousands of ticks and more by their letter alone */
		(void)snprintf(buf + used, size - (size_t)used, unit->scale > 1 ? "%.1s" : " %s",
			       unit->ticks);
}

static void draw_labels(const struct frame *frame, const struct ruler *ruler, struct rect at)
{
	const struct vms_view *v = &app_view(frame->a)->now;
	int64_t first = fmt_raw_ns(&ruler->clock, vms_sat_sub_i64(v->t0_raw, ruler->shift_raw));
	int64_t tick = floor_to(first, ruler->step_ns);
	int left = at.col + frame->l.label_cols, free_from = left, n;
	bool unit = true;
	char buf[40];

	for (n = 0; n < 1000; n++, tick = vms_sat_add_i64(tick, ruler->step_ns)) {
		int col = col_of(frame, ruler, tick), half, w;

		if (col >= frame->l.lane_cols)
			break;
		half = col_of(frame, ruler, vms_sat_add_i64(tick, ruler->step_ns / 2));
		if (half >= 0 && half < frame->l.lane_cols)
			cells_put(frame->c, at.row + 1, left + half, 1, ROLE_AXIS,
				  frame->g->axis_half);
		if (col < 0)
			continue;
		cells_put(frame->c, at.row + 1, left + col, 1, ROLE_AXIS, frame->g->axis_tick);
		label_text(ruler, tick, unit, buf, sizeof(buf));
		w = cells_width(buf);
		if (left + col < free_from || col + w > frame->l.lane_cols)
			continue;
		cells_put(frame->c, at.row, left + col, w, ROLE_AXIS, buf);
		free_from = left + col + w + 2;
		unit = false;
	}
}

void pane_breaks(const struct frame *frame, struct rect rect, const struct vms_view *view)
{
	const struct vms_stretches *st = vms_session_stretches(frame->s);
	const struct vms_track *track = frame->tr;
	unsigned int i;
	int col;

	for (i = 0; i < st->holes_nr; i++) {
		col = frame_col_in(view, rect.cols, st->holes[i].from_raw);
		if (col >= 0 && col < rect.cols)
			cells_put(frame->c, rect.row, rect.col + col, 1, ROLE_WARN, frame->g->lost);
	}
	for (i = 1; track && track->band && i < track->band->segs_nr; i++) {
		const struct vms_ref ev = { .cpu = (int32_t)track->cpu_idx,
					    .idx = track->band->segs[i].cut_earliest };

		col = frame_col_in(view, rect.cols,
				   vms_session_host_time(frame->s, track->guest, ev));
		if (!track->band->segs[i].soft && col >= 0 && col < rect.cols)
			cells_put(frame->c, rect.row, rect.col + col, 1, ROLE_BAD, "S");
	}
}

static void draw_marks(const struct frame *frame, struct rect at)
{
	int left = at.col + frame->l.label_cols, i, col;
	char letter[2] = "a";

	for (i = 0; i < 26; i++) {
		if (!app_view(frame->a)->mark[i].set)
			continue;
		col = frame_col(frame, app_view(frame->a)->mark[i].host_raw);
		letter[0] = (char)('a' + i);
		if (col >= 0 && col < frame->l.lane_cols)
			cells_put(frame->c, at.row + 1, left + col, 1, ROLE_STRONG, letter);
	}
	col = frame_col(frame, app_view(frame->a)->cursor_raw);
	if (col >= 0 && col < frame->l.lane_cols)
		cells_put(frame->c, at.row + 1, left + col, 1, ROLE_STRONG, frame->g->caret);
}

/* Marks a and b measure: what lies between them stands at the right end of the ruler. */
static void draw_delta(const struct frame *frame, struct rect at)
{
	char buf[64];
	int width;

	if (!app_view(frame->a)->mark[0].set || !app_view(frame->a)->mark[1].set)
		return;
	(void)snprintf(
		buf, sizeof(buf), " a to b %s",
		fmt_signed(frame->clock,
			   frame_ns(frame, vms_sat_sub_i64(app_view(frame->a)->mark[1].host_raw,
							   app_view(frame->a)->mark[0].host_raw)),
			   FMT_BUF));
	width = cells_width(buf);
	cells_put(frame->c, at.row, at.col + frame->l.label_cols + frame->l.lane_cols - width,
		  width, ROLE_STRONG, buf);
}

void pane_axis(const struct frame *frame)
{
	static const char *const bases[APP_BASE_NR] = { "", "guest", "delta", "ticks" };
	struct rect at = frame->l.part[PART_AXIS];
	struct ruler ruler = { 0 };
	char text[64], col[FMT_SIZE];
	int base = app_prefs(frame->a)->time_base;

	if (at.rows < 2 || frame->l.lane_cols < 1)
		return;
	ruler.clock = *frame->clock;
	if (base == APP_BASE_TICKS) {
		ruler.clock.ns_per_unit = 0.0;
		ruler.clock.mult = 0;
		ruler.clock.counts_ns = false;
		ruler.clock.rate_from = VMS_RATE_UNKNOWN;
	}
	ruler.shift_raw = shift_of(frame);
	ruler.signs = base == APP_BASE_DELTA;
	choose_steps(&ruler, &app_view(frame->a)->now, frame->l.lane_cols);
	base_text(&ruler, text, sizeof(text));
	cells_right(frame->c, at.row, at.col, frame->l.label_cols - 1, ROLE_AXIS, text);
	/* a base other than the host's stands in the way of the unit only where it was asked for */
	if (base > 0 && base < APP_BASE_NR)
		cells_printf(frame->c, at.row + 1, at.col + 1, frame->l.label_cols - 2, ROLE_DIM,
			     "%s time", bases[base]);
	else
		cells_printf(frame->c, at.row + 1, at.col + 1, frame->l.label_cols - 2, ROLE_DIM,
			     "%s/col",
			     frame_short(frame, frame_ns(frame, app_view(frame->a)->now.w_raw),
					 false, col, sizeof(col)));
	cells_fill(frame->c, at.row + 1, at.col + frame->l.label_cols, frame->l.lane_cols,
		   ROLE_AXIS, frame->g->axis_line);
	draw_labels(frame, &ruler, at);
	pane_breaks(frame,
		    (struct rect){ at.row + 1, at.col + frame->l.label_cols, 1,
				   frame->l.lane_cols },
		    &app_view(frame->a)->now);
	draw_marks(frame, at);
	draw_delta(frame, at);
}
