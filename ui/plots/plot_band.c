// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The band over time as a corridor, with every clock model in or out, or with the error that each
 * pair shows.
 */
#include "ui/plots/plots_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** struct corridor - the band around the model in force, a value a column of cells */
struct corridor {
	double *t_s, *lo, *hi; /* NAN where the band has no side */
	/* guest time of a column, its host time under the model in force */
	int64_t *guest_raw, *here_raw;
	int nr;
};

static void corridor_free(struct corridor *c)
{
	free(c->t_s);
	free(c->lo);
	free(c->hi);
	free(c->guest_raw);
	free(c->here_raw);
}

static bool corridor_build(struct corridor *c, const struct frame *f, int nr)
{
	const struct vms_model *map = vms_session_map(f->s, f->tr->guest);
	int64_t span = vms_sat_sub_i64(app_view(f->a)->last_raw, app_view(f->a)->first_raw);
	size_t n = (size_t)nr;
	int i;

	memset(c, 0, sizeof(*c));
	c->nr = nr;
	c->t_s = calloc(n, sizeof(double));
	c->lo = calloc(n, sizeof(double));
	c->hi = calloc(n, sizeof(double));
	c->guest_raw = calloc(n, sizeof(int64_t));
	c->here_raw = calloc(n, sizeof(int64_t));
	if (!map || !c->t_s || !c->lo || !c->hi || !c->guest_raw || !c->here_raw)
		return false;
	for (i = 0; i < nr; i++) {
		int64_t host = app_view(f->a)->first_raw + span / nr * i, lo = INT64_MIN,
			hi = INT64_MAX, off;
		const struct vms_band_segment *seg;

		c->guest_raw[i] = vms_model_inverse(map, f->tr->cpu_idx, host);
		c->here_raw[i] = vms_model_time(map, f->tr->cpu_idx, c->guest_raw[i]);
		c->t_s[i] = plots_host_s(&f->plots->of, c->here_raw[i]);
		seg = f->tr->band ? vms_band_segment_time(f->tr->band, c->guest_raw[i]) : NULL;
		if (seg)
			vms_band_at(seg, c->guest_raw[i], &lo, &hi);
		off = vms_sat_sub_i64(c->here_raw[i], c->guest_raw[i]);
		c->lo[i] = lo == INT64_MIN ? NAN : frame_ns(f, vms_sat_sub_i64(lo, off));
		c->hi[i] = hi == INT64_MAX ? NAN : frame_ns(f, vms_sat_sub_i64(hi, off));
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

/*
 * The corridor's own range, widened so that models just outside it can be seen; far ones are named
 * at the edge.
 */
static void corridor_range(const struct frame *f, const struct corridor *c, struct plot_axis *y)
{
	const struct vms_model *recorded = f->maps[VMS_BY_RECORDED];
	double lo = 0, hi = 0, width = 0, r;
	int i, n = 0;

	for (i = 0; i < c->nr; i++) {
		if (isnan(c->lo[i]) || isnan(c->hi[i]))
			continue;
		lo = fmin(lo, c->lo[i]);
		hi = fmax(hi, c->hi[i]);
		width += c->hi[i] - c->lo[i];
		n++;
	}
	width = n ? width / n : 1000.0;
	/* a corridor that opens wide at its ends would press the rest flat */
	lo = fmax(lo, -8 * width);
	hi = fmin(hi, 8 * width);
	for (i = 0; recorded && i < c->nr; i += c->nr / 8 + 1) {
		r = model_at(f, recorded, c, i);
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
static bool recorded_leaves(const struct frame *f, const struct corridor *c,
			    const struct plot_axis *y)
{
	const struct vms_model *recorded = f->maps[VMS_BY_RECORDED];
	int i, beyond = 0;
	double r;

	for (i = 0; recorded && i < c->nr; i++) {
		r = model_at(f, recorded, c, i);
		beyond += r > y->hi || r < y->lo;
	}
	return beyond && beyond < c->nr;
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
	char d[FMT_SIZE];
	size_t at = strlen(list);

	(void)snprintf(list + at, size - at, "%s%s %s", at ? ", " : "", name,
		       frame_short(f, y, true, d, sizeof(d)));
}

static void draw_model(const struct frame *f, struct plot *p, const struct corridor *c,
		       unsigned int idx, struct far *far, bool leaves)
{
	static const enum tui_role roles[] = { ROLE_MODEL_A, ROLE_MODEL_B, ROLE_MODEL_C };
	const char *name = vms_by_name((enum vms_by)idx);
	const struct vms_model *m = f->maps[idx];
	enum tui_role role = idx == VMS_BY_RECORDED ? ROLE_BAD : roles[idx % 3];
	char letter[2] = { model_letter(idx), '\0' };
	int i, above = 0, below = 0;
	double y = 0;

	if (!m)
		return;
	/*
	 * letters stand apart from those of other models, so that lines on top of each other can be
	 * told
	 */
	for (i = 0; i < c->nr; i++) {
		y = model_at(f, m, c, i);
		above += y > p->y.hi;
		below += y < p->y.lo;
		if ((unsigned int)i % 16 == idx % 16)
			plot_point(p, c->t_s[i], y, role, letter);
		if (leaves && letter[0] == 'R' && (y > p->y.hi || y < p->y.lo))
			plot_point(p, c->t_s[i], y > p->y.hi ? p->y.hi : p->y.lo, role,
				   y > p->y.hi ? "^" : "v");
	}
	y = model_at(f, m, c, c->nr / 2);
	if (above == c->nr)
		add_far(f, far->above, sizeof(far->above), name, y);
	else if (below == c->nr)
		add_far(f, far->below, sizeof(far->below), name, y);
}

static void draw_far_row(const struct frame *f, const struct plot *p, int row, const char *what,
			 const char *list)
{
	char text[240], cut[240];
	int room = p->body.cols - 2;

	if (!list[0])
		return;
	(void)snprintf(text, sizeof(text), "%s: %s", what, list);
	if (cells_width(text) > room)
		(void)snprintf(text, sizeof(text), "%s ...",
			       fmt_cut(text, (unsigned int)room - 4, cut, sizeof(cut)));
	cells_put(f->c, row, p->body.col + 1, room, ROLE_BAD, text);
}

static void draw_far(const struct frame *f, const struct plot *p, const struct far *far)
{
	draw_far_row(f, p, p->body.row, "^ above", far->above);
	draw_far_row(f, p, p->body.row + p->body.rows - 1, "v below", far->below);
}

/*
 * As many rows as it takes: every letter of the plot is explained. Return: rows; r.rows 0 only
 * counts them
 */
static int draw_legend(const struct frame *f, struct rect r, bool leaves)
{
	static const char signs[] = ". band  | cursor  ! wrong  ";
	int at = r.col + 1 + (int)strlen(signs), row = r.row;
	unsigned int i;

	if (r.rows)
		cells_put(f->c, row, r.col + 1, r.cols - 1, ROLE_DIM, signs);
	for (i = 0; i < vms_session_models_nr(f->s); i++) {
		const struct vms_model_result *m = &f->tr->models[frame_basis(f)][i];
		bool wrong = m->verdict == VMS_VERDICT_PROVEN_WRONG;
		const char *name = vms_by_name((enum vms_by)i);
		const char *more = leaves && i == VMS_BY_RECORDED ? "^v" : "";
		int w = (int)(strlen(name) + 2 + wrong + strlen(more));

		if (!m->available)
			continue;
		if (at + w > r.col + r.cols) {
			row++;
			at = r.col + 1;
		}
		if (row < r.row + r.rows)
			cells_printf(f->c, row, at, r.col + r.cols - at,
				     wrong ? ROLE_BAD : ROLE_TEXT, "%c%s %s%s", model_letter(i),
				     more, name, wrong ? "!" : "");
		at += w + 2;
	}
	return row - r.row + 1;
}

static void draw_corridor(const struct frame *f, struct plot *p, const struct corridor *c)
{
	int i;

	for (i = 0; i < c->nr; i++)
		plot_column(p, c->t_s[i], isnan(c->lo[i]) ? p->y.lo : c->lo[i],
			    isnan(c->hi[i]) ? p->y.hi : c->hi[i], ROLE_DIM, ".");
	plot_vline(p, plots_host_s(&f->plots->of, app_view(f->a)->cursor_raw), ROLE_DIM);
}

void plots_band(const struct frame *f, struct rect r)
{
	struct plot_axis x = plots_axis_time(&f->plots->of), y = plots_axis_ns(&f->plots->of, 0, 0);
	struct far far = { { 0 }, { 0 } };
	struct corridor c;
	struct plot p;
	int nr = r.cols - 13, legend, i;
	bool leaves;

	frame_head(f, r, plots_focus(f, APP_PLOT_BAND),
		   "band over time, %s: possible offsets, relative to model %s", PLOTS_VCPU(f),
		   vms_by_name(vms_session_model(f->s)));
	if (r.rows < 9 || nr < 12) {
		plots_no_room(f, r);
		return;
	}
	if (!corridor_build(&c, f, nr)) {
		corridor_free(&c);
		return;
	}
	corridor_range(f, &c, &y);
	leaves = recorded_leaves(f, &c, &y);
	legend = draw_legend(f, (struct rect){ 0, r.col, 0, r.cols }, leaves);
	legend = legend < r.rows / 4 ? legend : r.rows / 4;
	(void)draw_legend(f, (struct rect){ r.row + r.rows - legend, r.col, legend, r.cols },
			  leaves);
	if (!plot_open(&p, f->c, f->g,
		       (struct rect){ r.row + 1, r.col, r.rows - 1 - legend, r.cols }, &x, &y,
		       NULL)) {
		draw_corridor(f, &p, &c);
		for (i = 0; i < (int)vms_session_models_nr(f->s); i++)
			draw_model(f, &p, &c, (unsigned int)i, &far, leaves);
		plot_close(&p);
		draw_far(f, &p, &far);
	}
	corridor_free(&c);
}

void plots_errors(const struct frame *f, struct rect r)
{
	const struct plots_points *d = &f->plots->points;
	struct plot_axis x = plots_axis_time(&f->plots->of), y = d->errors;
	uint32_t i, outside = 0;
	struct corridor c;
	struct plot p;

	frame_head(f, r, plots_focus(f, APP_PLOT_ERRORS),
		   "errors over time, %s: host - guest of pairs, less model %s", PLOTS_VCPU(f),
		   vms_by_name(vms_session_model(f->s)));
	if (r.rows < 7 || r.cols < 30) {
		plots_no_room(f, r);
		return;
	}
	if (!d->nr) {
		cells_put(f->c, r.row + 1, r.col + 2, r.cols - 2, ROLE_TEXT, "no pairs");
		return;
	}
	if (!corridor_build(&c, f, r.cols - PLOT_LABEL_COLS - 2)) {
		corridor_free(&c);
		return;
	}
	y.lo -= (y.hi - y.lo) * 0.05;
	y.hi += (y.hi - y.lo) * 0.05;
	if (!plot_open(&p, f->c, f->g, (struct rect){ r.row + 1, r.col, r.rows - 2, r.cols }, &x,
		       &y, NULL)) {
		draw_corridor(f, &p, &c);
		for (i = 0; i < d->nr; i++) {
			outside += d->error_ns[i] > p.y.hi || d->error_ns[i] < p.y.lo;
			plots_point(&p, d->t_s[i], d->error_ns[i], d->state[i]);
		}
		plot_close(&p);
		cells_printf(f->c, r.row + r.rows - 1, r.col + 1, r.cols - 1, ROLE_DIM,
			     "above: g>x  below: n>g  . band  | cursor  A ? x ! pairs, %u beyond%s",
			     outside, d->step > 1 ? ", not all drawn" : "");
	}
	corridor_free(&c);
}
