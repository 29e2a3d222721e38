// SPDX-License-Identifier: LGPL-2.1-or-later
/* Plots of the vCPU in view: the band as a corridor with every model in or out, delays over time, their histogram. */
#include "frame.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot.h"

#define PLOTS_NR 3
#define MODELS_MAX 24
/* Every n-th candidate is drawn above this: a frame has 16 ms. The plot says so. */
#define POINTS_MAX 20000

/** struct corridor - the band around the model in force, a value a column of cells */
struct corridor {
	double *t_s, *lo, *hi;	/* NAN where the band has no side */
	int64_t *guest_raw, *here_raw;	/* guest time of a column, its host time under the model in force */
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

static double host_s(const struct frame *f, int64_t host_raw)
{
	return frame_ns(f, vms_sat_sub_i64(host_raw, f->a->first_raw)) * 1e-9;
}

static bool corridor_build(struct corridor *c, const struct frame *f, int nr)
{
	const struct vms_model *map = vms_session_map(f->s, f->tr->guest);
	int64_t span = vms_sat_sub_i64(f->a->last_raw, f->a->first_raw);
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
		int64_t host = f->a->first_raw + span / nr * i, lo = INT64_MIN, hi = INT64_MAX, off;
		const struct vms_band_segment *seg;

		c->guest_raw[i] = vms_model_inverse(map, f->tr->cpu_idx, host);
		c->here_raw[i] = vms_model_time(map, f->tr->cpu_idx, c->guest_raw[i]);
		c->t_s[i] = host_s(f, c->here_raw[i]);
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
static double model_at(const struct frame *f, const struct vms_model *m, const struct corridor *c, int i)
{
	return frame_ns(f, vms_sat_sub_i64(vms_model_time(m, f->tr->cpu_idx, c->guest_raw[i]), c->here_raw[i]));
}

/* The corridor's own range, widened so that models just outside it can be seen; far ones are named at the edge. */
static void corridor_range(const struct frame *f, const struct corridor *c, struct plot_axis *y)
{
	const struct vms_model *recorded = vms_session_model_map(f->s, "recorded", f->tr->guest);
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

static char model_letter(const char *name, unsigned int i)
{
	if (!strcmp(name, "recorded"))
		return 'R';
	if (!strcmp(name, "band"))
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

	(void)snprintf(list + at, size - at, "%s%s %s", at ? ", " : "", name, frame_short(f, y, true, d, sizeof(d)));
}

static void draw_model(struct frame *f, struct plot *p, const struct corridor *c, unsigned int idx, struct far *far)
{
	static const enum tui_role roles[] = { ROLE_MODEL_A, ROLE_MODEL_B, ROLE_MODEL_C };
	const char *name = f->tr->models[0][idx].name;
	const struct vms_model *m = vms_session_model_map(f->s, name, f->tr->guest);
	enum tui_role role = !strcmp(name, "recorded") ? ROLE_BAD : roles[idx % 3];
	char letter[2] = { model_letter(name, idx), '\0' };
	int i, above = 0, below = 0;
	double y = 0;

	if (!m)
		return;
	/* letters stand apart from those of other models, so that lines on top of each other can be told */
	for (i = 0; i < c->nr; i++) {
		y = model_at(f, m, c, i);
		above += y > p->y.hi;
		below += y < p->y.lo;
		if ((unsigned int)i % 16 == idx % 16)
			plot_point(p, c->t_s[i], y, role, letter);
	}
	y = model_at(f, m, c, c->nr / 2);
	if (above == c->nr)
		add_far(f, far->above, sizeof(far->above), name, y);
	else if (below == c->nr)
		add_far(f, far->below, sizeof(far->below), name, y);
}

static void draw_far_row(struct frame *f, const struct plot *p, int row, const char *what, const char *list)
{
	char text[240], cut[240];
	int room = p->body.cols - 2;

	if (!list[0])
		return;
	(void)snprintf(text, sizeof(text), "%s: %s", what, list);
	if (cells_width(text) > room)
		(void)snprintf(text, sizeof(text), "%s ...", fmt_cut(text, (unsigned int)room - 4, cut, sizeof(cut)));
	cells_put(f->c, row, p->body.col + 1, room, ROLE_BAD, text);
}

static void draw_far(struct frame *f, const struct plot *p, const struct far *far)
{
	draw_far_row(f, p, p->body.row, "^ above", far->above);
	draw_far_row(f, p, p->body.row + p->body.rows - 1, "v below", far->below);
}

/* Two rows where one does not hold all: every letter of the plot is explained. */
static void draw_legend(struct frame *f, struct rect r)
{
	int at = r.col + 1, row = r.row;
	unsigned int i;

	at += cells_put(f->c, row, at, r.cols - 1, ROLE_DIM, ". band  ! proven wrong  ");
	for (i = 0; i < f->tr->models_nr; i++) {
		const struct vms_model_result *m = &f->tr->models[frame_basis(f)][i];
		bool wrong = m->verdict == VMS_VERDICT_PROVEN_WRONG;
		int w = (int)strlen(m->name) + 5;

		if (!m->available)
			continue;
		if (at + w > r.col + r.cols && row + 1 < r.row + r.rows) {
			row++;
			at = r.col + 1;
		}
		at += cells_printf(f->c, row, at, r.col + r.cols - at, wrong ? ROLE_BAD : ROLE_TEXT, "%c %s%s  ",
				   model_letter(m->name, i), m->name, wrong ? "!" : "");
	}
}

static void plot_band(struct frame *f, struct rect r)
{
	struct plot_axis x = { .unit = "s" }, y = { .unit = "ns" };
	struct far far = { { 0 }, { 0 } };
	struct corridor c;
	struct plot p;
	int nr = r.cols - 13, legend, i;

	frame_head(f, r, f->a->plots.sel % PLOTS_NR == 0,
		   "band over time, vCPU %u: possible offsets, relative to model %s", f->tr->vcpu, vms_session_model(f->s));
	if (r.rows < 9 || nr < 12)
		return;
	if (!corridor_build(&c, f, nr)) {
		corridor_free(&c);
		return;
	}
	x.hi = host_s(f, f->a->last_raw);
	corridor_range(f, &c, &y);
	legend = r.cols < 150 && r.rows >= 12 ? 2 : 1;
	draw_legend(f, (struct rect){ r.row + r.rows - legend, r.col, legend, r.cols });
	if (!plot_open(&p, f->c, f->g, (struct rect){ r.row + 1, r.col, r.rows - 1 - legend, r.cols }, &x, &y, NULL)) {
		for (i = 0; i < nr; i++)
			plot_column(&p, c.t_s[i], isnan(c.lo[i]) ? p.y.lo : c.lo[i], isnan(c.hi[i]) ? p.y.hi : c.hi[i], ROLE_DIM, ".");
		plot_vline(&p, host_s(f, f->a->cursor_raw), ROLE_DIM);
		for (i = 0; i < (int)f->tr->models_nr; i++)
			draw_model(f, &p, &c, (unsigned int)i, &far);
		plot_close(&p);
		draw_far(f, &p, &far);
	}
	corridor_free(&c);
}

/** struct delays - delays of the track's candidates; kept until the session changes */
struct delays {
	const struct vms_session *s;
	uint64_t generation;
	unsigned int track;
	double *t_s, *ns;
	uint8_t *state;
	uint32_t nr, step;
};

static struct delays kept;

void pane_plots_forget(void)
{
	free(kept.t_s);
	free(kept.ns);
	free(kept.state);
	memset(&kept, 0, sizeof(kept));
}

static const struct delays *delays_of(const struct frame *f)
{
	uint32_t all = vms_session_candidates_nr(f->s), i, n = 0;

	if (kept.s == f->s && kept.generation == vms_session_generation(f->s) && kept.track == f->track)
		return &kept;
	pane_plots_forget();
	kept.step = all / POINTS_MAX + 1;
	kept.t_s = calloc(all / kept.step + 1, sizeof(double));
	kept.ns = calloc(all / kept.step + 1, sizeof(double));
	kept.state = calloc(all / kept.step + 1, 1);
	if (!kept.t_s || !kept.ns || !kept.state)
		return &kept;
	for (i = 0; i < all; i += kept.step) {
		const struct vms_candidate *c = vms_session_candidate(f->s, i);

		if (!c || c->track != f->track)
			continue;
		kept.t_s[n] = host_s(f, c->pair.host_raw);
		kept.ns[n] = vms_session_delay_ns(f->s, c);
		kept.state[n] = c->state == VMS_UNDECIDED && (c->flags & VMS_CAND_IMPOSSIBLE) ? 3 : c->state;
		n++;
	}
	kept.nr = n;
	kept.s = f->s;
	kept.generation = vms_session_generation(f->s);
	kept.track = f->track;
	return &kept;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* From the least delay to the 95th percentile: a few far ones would press the rest flat. */
static bool delay_range(const struct delays *d, struct plot_axis *a)
{
	double *v = d->nr ? malloc(d->nr * sizeof(*v)) : NULL;
	uint32_t i, n = 0;

	if (!v)
		return false;
	for (i = 0; i < d->nr; i++)
		if (d->state[i] != VMS_REJECTED && isfinite(d->ns[i]))
			v[n++] = d->ns[i];
	qsort(v, n, sizeof(*v), compare);
	if (n) {
		a->lo = fmin(0, v[n / 100]);
		a->hi = v[n - 1 - n / 20];
	}
	free(v);
	return n > 0;
}

static void plot_delays(struct frame *f, struct rect r)
{
	static const char *const letters[] = { "?", "A", "x", "!" };
	static const enum tui_role roles[] = { ROLE_CANDIDATE, ROLE_ACCEPTED, ROLE_REJECTED, ROLE_IMPOSSIBLE };
	const struct delays *d = delays_of(f);
	struct plot_axis x = { .unit = "s" }, y = { .unit = "ns" };
	struct plot p;
	uint32_t i, outside = 0;

	frame_head(f, r, f->a->plots.sel % PLOTS_NR == 1, "delays over time, vCPU %u, model %s   A acc  ? undecided  x rej  ! impossible",
		   f->tr->vcpu, vms_session_model(f->s));
	if (!delay_range(d, &y)) {
		cells_put(f->c, r.row + 1, r.col + 2, r.cols - 2, ROLE_TEXT, "no pairs");
		return;
	}
	x.hi = host_s(f, f->a->last_raw);
	y.hi += (y.hi - y.lo) * 0.05;
	if (plot_open(&p, f->c, f->g, (struct rect){ r.row + 1, r.col, r.rows - 1, r.cols }, &x, &y, NULL))
		return;
	plot_vline(&p, host_s(f, f->a->cursor_raw), ROLE_DIM);
	for (i = 0; i < d->nr; i++) {
		outside += d->ns[i] > p.y.hi || d->ns[i] < p.y.lo;
		/* undecided ones as dots where the glyphs have dots; what was decided keeps its letter */
		plot_point(&p, d->t_s[i], d->ns[i], roles[d->state[i] & 3],
			   d->state[i] == VMS_UNDECIDED && f->g->subcells ? NULL : letters[d->state[i] & 3]);
	}
	plot_close(&p);
	if (outside || d->step > 1)
		cells_printf(f->c, r.row + 1, r.col + 14, r.cols - 15, ROLE_DIM, "%u beyond this range%s", outside,
			     d->step > 1 ? "; not every pair is drawn" : "");
}

static void draw_bins(struct frame *f, struct rect r, const struct vms_hist *all, const struct vms_hist *acc)
{
	char lo[FMT_SIZE];
	uint64_t most = 1;
	unsigned int i;
	int width = r.cols - 38;

	for (i = 0; i < all->nr; i++)
		if (all->count[i] > most)
			most = all->count[i];
	cells_printf(f->c, r.row, r.col, r.cols, ROLE_DIM, " from        accepted     all  # accepted, = others; full width %llu",
		     (unsigned long long)most);
	for (i = 0; i < all->nr; i++) {
		int row = r.row + 1 + (int)i;
		double part = (double)all->count[i] / (double)most, part_acc = (double)acc->count[i] / (double)most;

		cells_printf(f->c, row, r.col, 32, ROLE_TEXT, "%s %8llu %7llu ",
			     fmt_delta(f->clock, all->lo + i * all->width, lo, sizeof(lo)), (unsigned long long)acc->count[i],
			     (unsigned long long)all->count[i]);
		if (width < 4)
			continue;
		cells_fill(f->c, row, r.col + 30, (int)ceil(part * width), ROLE_CANDIDATE, "=");
		plot_bar(f->c, f->g, row, r.col + 30, width, part_acc, ROLE_ACCEPTED);
	}
}

static void plot_histogram(struct frame *f, struct rect r)
{
	const struct delays *d = delays_of(f);
	struct vms_hist all = { 0 }, acc = { 0 };
	struct plot_axis range = { .unit = "ns" };
	unsigned int bins = (unsigned int)(r.rows - 2);
	double *v = NULL;
	uint32_t i, n = 0;

	frame_head(f, r, f->a->plots.sel % PLOTS_NR == 2, "delay histogram, vCPU %u, model %s, not rejected", f->tr->vcpu,
		   vms_session_model(f->s));
	if (r.rows < 4 || !delay_range(d, &range))
		return;
	v = malloc(d->nr * sizeof(*v));
	if (!v)
		return;
	/* round borders read better than exact ones */
	all.width = plot_step(range.hi - range.lo, (int)bins - 1);
	range.lo = floor(range.lo / all.width) * all.width;
	range.hi = range.lo + all.width * bins;
	for (i = 0; i < d->nr; i++)
		if (d->state[i] != VMS_REJECTED)
			v[n++] = d->ns[i];
	if (!vms_hist_build(&all, v, n, range.lo, range.hi, bins, NULL)) {
		for (i = n = 0; i < d->nr; i++)
			if (d->state[i] == VMS_ACCEPTED)
				v[n++] = d->ns[i];
		if (!vms_hist_build(&acc, v, n, range.lo, range.hi, bins, NULL)) {
			draw_bins(f, (struct rect){ r.row + 1, r.col, r.rows - 1, r.cols }, &all, &acc);
			cells_printf(f->c, r.row + r.rows - 1, r.col + 30, r.cols - 30, ROLE_DIM, "%llu below, %llu above%s",
				     (unsigned long long)all.below, (unsigned long long)all.above,
				     d->step > 1 ? "; a sample of the pairs" : "");
			vms_hist_clear(&acc);
		}
		vms_hist_clear(&all);
	}
	free(v);
}

void pane_plots(struct frame *f)
{
	static void (*const plots[PLOTS_NR])(struct frame *f, struct rect r) = { plot_band, plot_delays, plot_histogram };
	struct rect r = f->l.part[PART_BODY];
	unsigned int first = f->a->plots.sel % PLOTS_NR, i;
	/* all three where each is readable, else the chosen one */
	int each = r.rows >= 36 ? r.rows / 3 : r.rows;

	if (r.rows < 3 || !f->tr)
		return;
	if (each < r.rows) {
		for (i = 0; i < PLOTS_NR; i++)
			plots[i](f, (struct rect){ r.row + (int)i * each, r.col, each, r.cols });
		return;
	}
	plots[first](f, (struct rect){ r.row, r.col, r.rows - 1, r.cols });
	cells_printf(f->c, r.row + r.rows - 1, r.col + 1, r.cols - 1, ROLE_DIM,
		     "plot %u of %d: j k for band over time, delays over time, delay histogram", first + 1, PLOTS_NR);
}
