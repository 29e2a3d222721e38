// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The band over time as a corridor, with every clock model in or out, or with the error that each
 * pair shows.
 */
#include "ui/plots/plots_impl.h"
#include "core/base/util.h"
#include "core/base/printable.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** struct corridor - the band around the model in force, a value a column of cells */
struct corridor {
	double *t_s, *lo, *hi; /* NAN where the band has no side */
	/* guest time of a column, its host time under the model in force */
	int64_t *guest_raw, *here_raw;
	bool *fact; /* a clock fact bounds it there */
	bool facts; /* somewhere */
	int nr;
};

static void corridor_free(struct corridor *c)
{
	free(c->t_s);
	free(c->lo);
	free(c->hi);
	free(c->guest_raw);
	free(c->here_raw);
	free(c->fact);
}

static bool corridor_build(struct corridor *corridor, const struct frame *frame, int nr)
{
	const struct vms_model *map = vms_session_map(frame->s, frame->tr->guest);
	int64_t span = vms_sat_sub_i64(app_view(frame->a)->last_raw, app_view(frame->a)->first_raw);
	size_t n = (size_t)nr;
	int i;

	memset(corridor, 0, sizeof(*corridor));
	corridor->nr = nr;
	corridor->t_s = vms_calloc(n, sizeof(double));
	corridor->lo = vms_calloc(n, sizeof(double));
	corridor->hi = vms_calloc(n, sizeof(double));
	corridor->guest_raw = vms_calloc(n, sizeof(int64_t));
	corridor->here_raw = vms_calloc(n, sizeof(int64_t));
	corridor->fact = vms_calloc(n, sizeof(bool));
	if (!map || !corridor->t_s || !corridor->lo || !corridor->hi || !corridor->guest_raw ||
	    !corridor->here_raw || !corridor->fact) {
		corridor_free(corridor);
		return false;
	}
	for (i = 0; i < nr; i++) {
		const struct series_band at = series_band(
			&frame->plots->of, app_view(frame->a)->first_raw + span / nr * i);

		corridor->guest_raw[i] = at.guest_raw;
		corridor->here_raw[i] = at.host_raw;
		corridor->t_s[i] = series_s(&frame->plots->of, at.host_raw);
		corridor->fact[i] = at.fact;
		corridor->facts = corridor->facts || at.fact;
		corridor->lo[i] = at.lo_ns;
		corridor->hi[i] = at.hi_ns;
	}
	return true;
}

/* A model's distance to the model in force at a column. */
static double model_at(const struct frame *f, const struct vms_model *m, const struct corridor *c,
		       int i)
{
	return frame_ns(f, vms_sat_sub_i64(vms_model_time(m, f->tr->cpu_idx, c->guest_raw[i]),
					   c->here_raw[i]));
}

/* Before the first event that bounds it, and after the last, it only opens. */
static bool only_opens(const struct vms_band *band, int64_t guest_raw)
{
	return band && band->segs_nr &&
	       (guest_raw < band->segs[0].from_raw ||
		guest_raw > band->segs[band->segs_nr - 1].to_raw);
}

/*
 * The corridor's own range, widened so that models just outside it can be seen; far ones are named
 * at the edge.
 */
static void corridor_range(const struct frame *frame, const struct corridor *corridor,
			   struct plot_axis *y)
{
	const struct vms_model *recorded = frame->maps[VMS_BY_RECORDED];
	double lo = 0, hi = 0, width = 0, r;
	int i, n = 0;

	for (i = 0; i < corridor->nr; i++) {
		if (isnan(corridor->lo[i]) || isnan(corridor->hi[i]) ||
		    only_opens(frame->tr->band, corridor->guest_raw[i]))
			continue;
		lo = fmin(lo, corridor->lo[i]);
		hi = fmax(hi, corridor->hi[i]);
		width += corridor->hi[i] - corridor->lo[i];
		n++;
	}
	width = n ? width / n : 1000.0;
	/* a corridor that opens wide at its ends would press the rest flat */
	lo = fmax(lo, -8 * width);
	hi = fmin(hi, 8 * width);
	for (i = 0; recorded && i < corridor->nr; i += corridor->nr / 8 + 1) {
		r = model_at(frame, recorded, corridor, i);
		if (fabs(r) < 30 * width) {
			lo = fmin(lo, r);
			hi = fmax(hi, r);
		}
	}
	y->lo = lo - (hi - lo) * 0.1 - 1;
	y->hi = hi + (hi - lo) * 0.1 + 1;
}

/*
 * Whether the recorded model, which is the one judged, leaves the range for a while: then signs at
 * the edge say where.
 */
static bool recorded_leaves(const struct frame *f, const struct corridor *corridor,
			    const struct plot_axis *y)
{
	const struct vms_model *recorded = f->maps[VMS_BY_RECORDED];
	int i, beyond = 0;
	double r;

	for (i = 0; recorded && i < corridor->nr; i++) {
		r = model_at(f, recorded, corridor, i);
		beyond += r > y->hi || r < y->lo;
	}
	return beyond && beyond < corridor->nr;
}

static char model_letter(unsigned int i)
{
	if (i == VMS_BY_RECORDED)
		return 'R';
	if (i == VMS_BY_BAND)
		return 'B';
	return i < 26 ? (char)('a' + i) : '+';
}

/** struct far - models that lie outside the range all along, named at its edges */
struct far {
	char above[160], below[160];
};

static void add_far(const struct frame *f, char *list, size_t size, const char *name, double y)
{
	size_t at = strlen(list);

	(void)snprintf(list + at, size - at, "%s%s %s", at ? ", " : "", name,
		       frame_short(f, y, true, FMT_BUF));
}

/* What is judged, and what is looked through, are lines; other models are shown when asked for. */
static bool is_line(const struct frame *frame, unsigned int idx)
{
	return idx == VMS_BY_RECORDED || idx == vms_session_model(frame->s);
}

static bool has_dots(const struct frame *frame)
{
	return frame->g->subcells || frame->g->halves;
}

static bool is_drawn(const struct frame *frame, unsigned int idx)
{
	return is_line(frame, idx) || app_shown(frame->a)->all_models;
}

/*
 * Letters stand apart from those of other models, so that lines on top of each other can be told.
 * Without dots a line is made of them.
 */
static bool has_letter(const struct frame *frame, unsigned int idx, int i)
{
	if (!is_line(frame, idx) || has_dots(frame))
		return (unsigned int)i % 16 == idx % 16;
	return idx != VMS_BY_RECORDED || i % 4 || idx == vms_session_model(frame->s);
}

static enum tui_role model_role(unsigned int idx)
{
	static const enum tui_role roles[] = { ROLE_MODEL_A, ROLE_MODEL_B, ROLE_MODEL_C };

	return idx == VMS_BY_RECORDED ? ROLE_BAD : roles[idx % 3];
}

static void draw_line(const struct frame *frame, struct plot *plot, const struct corridor *corridor,
		      unsigned int idx)
{
	const struct vms_model *model = frame->maps[idx];
	int i;

	for (i = 1; model && i < corridor->nr; i++)
		plot_line(plot, corridor->t_s[i - 1], model_at(frame, model, corridor, i - 1),
			  corridor->t_s[i], model_at(frame, model, corridor, i), model_role(idx));
}

static void draw_model(const struct frame *frame, struct plot *plot,
		       const struct corridor *corridor, unsigned int idx, struct far *far,
		       bool leaves)
{
	const char *name = vms_by_name((enum vms_by)idx);
	const struct vms_model *model = frame->maps[idx];
	const enum tui_role role = model_role(idx);
	char letter[2] = { model_letter(idx), '\0' };
	int i, above = 0, below = 0;
	double y = 0;

	if (!model)
		return;
	for (i = 0; i < corridor->nr; i++) {
		y = model_at(frame, model, corridor, i);
		above += y > plot->y.hi;
		below += y < plot->y.lo;
		if (has_letter(frame, idx, i))
			plot_point(plot, corridor->t_s[i], y, role, letter);
		if (leaves && letter[0] == 'R' && (y > plot->y.hi || y < plot->y.lo))
			plot_point(plot, corridor->t_s[i], y > plot->y.hi ? plot->y.hi : plot->y.lo,
				   role, y > plot->y.hi ? "^" : "v");
	}
	y = model_at(frame, model, corridor, corridor->nr / 2);
	if (above == corridor->nr)
		add_far(frame, far->above, sizeof(far->above), name, y);
	else if (below == corridor->nr)
		add_far(frame, far->below, sizeof(far->below), name, y);
}

static void draw_far_row(const struct frame *frame, const struct plot *plot, int row,
			 const char *what, const char *list)
{
	char text[240];
	int room = plot->body.cols - 2;

	if (!list[0])
		return;
	(void)snprintf(text, sizeof(text), "%s: %s", what, list);
	if (cells_width(text) > room)
		(void)snprintf(text, sizeof(text), "%s ...",
			       fmt_cut(text, (unsigned int)room - 4, BUF(240)));
	cells_put(frame->c, row, plot->body.col + 1, room, ROLE_BAD, text);
}

static void draw_far(const struct frame *f, const struct plot *p, const struct far *far)
{
	draw_far_row(f, p, p->body.row, "^ above", far->above);
	draw_far_row(f, p, p->body.row + p->body.rows - 1, "v below", far->below);
}

/** struct legend - words one after another, in as many rows as they take */
struct legend {
	const struct frame *frame;
	struct rect rect; /* rows 0: they are only counted */
	int row, at;
};

static void legend_add(struct legend *legend, enum tui_role role, const char *text)
{
	const struct rect rect = legend->rect;
	const int width = cells_width(text);

	if (legend->at > rect.col + 1 && legend->at + width > rect.col + rect.cols) {
		legend->row++;
		legend->at = rect.col + 1;
	}
	if (legend->row < rect.rows)
		cells_put(legend->frame->c, rect.row + legend->row, legend->at,
			  rect.col + rect.cols - legend->at, role, text);
	legend->at += width + 2;
}

/* Where the band is widest, which need not be where a column looks at it. */
static void legend_widest(struct legend *legend)
{
	const struct frame *frame = legend->frame;
	const struct vms_model *map = vms_session_map(frame->s, frame->tr->guest);
	int64_t at_raw, lo, hi;
	const struct vms_band_segment *seg = vms_band_widest(frame->tr->band, &at_raw, NULL);
	char text[96];

	if (!seg || !map)
		return;
	vms_band_at(seg, at_raw, &lo, &hi);
	(void)snprintf(text, sizeof(text), "widest %s at %.3f s",
		       fmt_span(frame->clock, frame_ns(frame, vms_sat_sub_i64(hi, lo)), FMT_BUF),
		       series_s(&frame->plots->of,
				vms_model_time(map, frame->tr->cpu_idx, at_raw)));
	legend_add(legend, ROLE_TEXT, text);
}

/* Every letter of the plot is explained. Return: rows */
static int draw_legend(const struct frame *frame, struct rect rect, bool leaves, bool facts)
{
	struct legend legend = { .frame = frame, .rect = rect, .at = rect.col + 1 };
	unsigned int i;

	legend_add(&legend, ROLE_DIM,
		   facts ? ". band  : by clock facts  | cursor  ! wrong"
			 : ". band  | cursor  ! wrong");
	legend_widest(&legend);
	for (i = 0; i < vms_session_models_nr(frame->s); i++) {
		const struct vms_model_result *m = &frame->tr->models[frame_basis(frame)][i];
		const bool wrong = m->verdict == VMS_VERDICT_PROVEN_WRONG;
		char text[48];

		if (!m->available || !is_drawn(frame, i))
			continue;
		(void)snprintf(text, sizeof(text), "%c%s %s%s", model_letter(i),
			       leaves && i == VMS_BY_RECORDED ? "^v" : "",
			       vms_by_name((enum vms_by)i), wrong ? "!" : "");
		legend_add(&legend, wrong ? ROLE_BAD : ROLE_TEXT, text);
	}
	if (!app_shown(frame->a)->all_models)
		legend_add(&legend, ROLE_DIM, "s: all models");
	return legend.row + 1;
}

static void draw_corridor(const struct frame *f, struct plot *p, const struct corridor *c)
{
	int i;

	for (i = 0; i < c->nr; i++)
		plot_column(p, c->t_s[i], isnan(c->lo[i]) ? p->y.lo : c->lo[i],
			    isnan(c->hi[i]) ? p->y.hi : c->hi[i], ROLE_DIM,
			    c->facts && c->fact[i] ? ":" : ".");
	plot_vline(p, series_s(&f->plots->of, app_view(f->a)->cursor_raw), ROLE_DIM);
}

void plots_band(const struct frame *frame, struct rect rect)
{
	struct plot_axis x = plots_axis_time(&frame->plots->of),
			 y = plots_axis_ns(&frame->plots->of, 0, 0);
	struct far far = { { 0 }, { 0 } };
	struct corridor corridor;
	struct plot plot;
	int nr = rect.cols - 13, legend, i;
	bool leaves;

	frame_head(frame, rect, plots_focus(frame, APP_PLOT_BAND),
		   "band over time, %s: possible offsets, relative to model %s", PLOTS_VCPU(frame),
		   vms_by_name(vms_session_model(frame->s)));
	if (rect.rows < 9 || nr < 12) {
		plots_say(frame, rect, PLOTS_NO_ROOM);
		return;
	}
	if (!corridor_build(&corridor, frame, nr))
		return;
	corridor_range(frame, &corridor, &y);
	leaves = recorded_leaves(frame, &corridor, &y);
	legend = draw_legend(frame, (struct rect){ 0, rect.col, 0, rect.cols }, leaves,
			     corridor.facts);
	legend = legend < rect.rows / 4 ? legend : rect.rows / 4;
	(void)draw_legend(
		frame, (struct rect){ rect.row + rect.rows - legend, rect.col, legend, rect.cols },
		leaves, corridor.facts);
	if (!plot_open(&plot, frame->c, frame->g, plots_below(rect, 1 + legend), &x, &y)) {
		draw_corridor(frame, &plot, &corridor);
		/* the recorded one is first in the list, and over the others; letters over dots */
		for (i = (int)vms_session_models_nr(frame->s) - 1; i >= 0; i--)
			if (is_line(frame, (unsigned int)i) && has_dots(frame))
				draw_line(frame, &plot, &corridor, (unsigned int)i);
		plot_close(&plot);
		for (i = (int)vms_session_models_nr(frame->s) - 1; i >= 0; i--)
			if (is_drawn(frame, (unsigned int)i))
				draw_model(frame, &plot, &corridor, (unsigned int)i, &far, leaves);
		draw_far(frame, &plot, &far);
	}
	corridor_free(&corridor);
}

void plots_errors(const struct frame *frame, struct rect rect)
{
	const struct plots_points *points = &frame->plots->points;
	struct plot_axis x = plots_axis_time(&frame->plots->of), y = points->errors;
	uint32_t i, outside = 0;
	struct corridor corridor;
	struct plot plot;

	frame_head(frame, rect, plots_focus(frame, APP_PLOT_ERRORS),
		   "errors over time, %s: host - guest of pairs, less model %s", PLOTS_VCPU(frame),
		   vms_by_name(vms_session_model(frame->s)));
	if (rect.rows < 7 || rect.cols < 30) {
		plots_say(frame, rect, PLOTS_NO_ROOM);
		return;
	}
	if (!points->nr) {
		plots_say(frame, rect, "no pairs");
		return;
	}
	if (!corridor_build(&corridor, frame, rect.cols - PLOT_LABEL_COLS - 2))
		return;
	y.lo -= (y.hi - y.lo) * 0.05;
	y.hi += (y.hi - y.lo) * 0.05;
	if (!plot_open(&plot, frame->c, frame->g, plots_below(rect, 2), &x, &y)) {
		corridor.facts = false; /* said where the band itself is looked at */
		draw_corridor(frame, &plot, &corridor);
		for (i = 0; i < points->nr; i++) {
			outside +=
				points->error_ns[i] > plot.y.hi || points->error_ns[i] < plot.y.lo;
			plots_point(&plot, points->t_s[i], points->error_ns[i], points->state[i]);
		}
		plot_close(&plot);
		cells_printf(frame->c, rect.row + rect.rows - 1, rect.col + 1, rect.cols - 1,
			     ROLE_DIM,
			     "above: G>exit  below: entry>G  . band  | cursor  A ? x ! pairs, %u "
			     "beyond%s",
			     outside, points->step > 1 ? ", not all drawn" : "");
	}
	corridor_free(&corridor);
}
