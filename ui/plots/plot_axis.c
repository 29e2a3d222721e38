// SPDX-License-Identifier: LGPL-2.1-or-later
/* Axes: few round labels in one unit, or powers of ten each with its own. */
#include "ui/plots/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define AXIS_MAX 1e18

double plot_step(double range, int n)
{
	double raw = range / (n > 0 ? n : 1), ten;

	if (!(raw > 0) || !isfinite(raw))
		return 1.0;
	ten = pow(10.0, floor(log10(raw)));
	if (raw <= ten * 1.0000001)
		return ten;
	if (raw <= 2.0 * ten * 1.0000001)
		return 2.0 * ten;
	return raw <= 5.0 * ten * 1.0000001 ? 5.0 * ten : 10.0 * ten;
}

static void axis_units(struct plot_axis *a)
{
	static const struct {
		double at_least, scale;
		const char *unit;
	} units[] = { { 1e9, 1e9, "s" }, { 1e6, 1e6, "ms" }, { 1e3, 1e3, "us" }, { 0, 1, "ns" } };
	double most = fmax(fabs(a->lo), fabs(a->hi)), in_unit;
	size_t i;

	a->scale = 1.0;
	if (!strcmp(a->unit, "ns"))
		for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (most >= units[i].at_least) {
				a->scale = units[i].scale;
				(void)snprintf(a->unit, sizeof(a->unit), "%s", units[i].unit);
				break;
			}
	in_unit = a->step / a->scale;
	a->decimals = 0;
	while (a->decimals < 6 && in_unit < 0.999999) {
		in_unit *= 10.0;
		a->decimals++;
	}
}

void plot_axis_prepare(struct plot_axis *a, int cells_nr, int cells_a_label)
{
	/* an estimate may be anything; an axis cannot */
	if (!isfinite(a->lo) || fabs(a->lo) > AXIS_MAX)
		a->lo = -1.0;
	if (!isfinite(a->hi) || fabs(a->hi) > AXIS_MAX)
		a->hi = 1.0;
	if (!(a->lo < a->hi)) {
		double d = fabs(a->lo) * 1e-6 + 1.0;

		a->lo -= d;
		a->hi += d;
	}
	if (a->kind != PLOT_LINEAR)
		return;
	a->step = plot_step(a->hi - a->lo,
			    cells_nr / cells_a_label > 1 ? cells_nr / cells_a_label : 1);
	axis_units(a);
}

/** struct tick - a label of an axis: where, and what it reads */
struct tick {
	double at;
	char text[32];
};

#define TICKS_MAX 100

static int linear_ticks(const struct plot_axis *a, struct tick *t, const char *format)
{
	double v = ceil(a->lo / a->step - 1e-9) * a->step;
	int n = 0;

	for (; v <= a->hi + a->step * 1e-9 && n < TICKS_MAX; v += a->step, n++) {
		t[n].at = v;
		(void)snprintf(t[n].text, sizeof(t[n].text), format, a->decimals,
			       fabs(v) < a->step * 1e-6 ? 0.0 : v / a->scale);
	}
	return n;
}

/* A power of ten spans many units: each label carries its own. */
static void log_text(const struct plot_axis *a, double v, char *buf, size_t size)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	size_t i = 0;

	if (a->kind == PLOT_COUNT || strcmp(a->unit, "ns")) {
		(void)snprintf(buf, size, "%.0f%s%s", v, a->unit[0] ? " " : "", a->unit);
		return;
	}
	while (v >= 999.5 && i < 3) {
		v /= 1000.0;
		i++;
	}
	(void)snprintf(buf, size, "%g %s", v, units[i]);
}

static int log_ticks(const struct plot_axis *a, struct tick *t)
{
	static const int parts[] = { 1, 2, 5 };
	const bool fine = a->hi - a->lo < 2.5;
	int n = 0, decade, i;

	if (a->kind == PLOT_COUNT)
		t[n++] = (struct tick){ .at = 0, .text = "0" };
	for (decade = a->kind == PLOT_COUNT ? 0 : (int)floor(a->lo);
	     decade <= a->hi && n < TICKS_MAX - 3; decade++)
		for (i = 0; i < (fine ? 3 : 1); i++) {
			double v = parts[i] * pow(10.0, decade);

			t[n].at = a->kind == PLOT_COUNT ? log10(1.0 + v) : log10(v);
			log_text(a, v, t[n].text, sizeof(t[n].text));
			n += t[n].at >= a->lo - 1e-9 && t[n].at <= a->hi + 1e-9;
		}
	return n;
}

static int ticks_of(const struct plot_axis *a, struct tick *t, const char *format)
{
	if (a->kind == PLOT_ROWS)
		return 0;
	return a->kind == PLOT_LINEAR ? linear_ticks(a, t, format) : log_ticks(a, t);
}

/* The unit stands once, at the first label, where all have the same. */
static void add_unit(const struct plot_axis *a, struct tick *t)
{
	size_t at = strlen(t->text);

	if (a->kind == PLOT_LINEAR)
		(void)snprintf(t->text + at, sizeof(t->text) - at, " %s", a->unit);
}

static void draw_y_axis(struct plot *p)
{
	struct tick t[TICKS_MAX];
	int row, last = -2, i;

	for (row = p->body.row; row < p->body.row + p->body.rows; row++)
		cells_put(p->c, row, p->body.col - 1, 1, ROLE_AXIS, p->g->vline);
	for (i = ticks_of(&p->y, t, "%+.*f") - 1; i >= 0; i--) {
		row = plot_row(p, t[i].at);
		if (row < p->body.row || row >= p->body.row + p->body.rows || row <= last + 1)
			continue;
		if (last < 0)
			add_unit(&p->y, &t[i]);
		cells_right(p->c, row, p->body.col - 1 - PLOT_LABEL_COLS, PLOT_LABEL_COLS - 1,
			    ROLE_AXIS, t[i].text);
		cells_put(p->c, row, p->body.col - 1, 1, ROLE_AXIS, p->g->axis_half);
		last = row;
	}
}

static void draw_x_axis(struct plot *p)
{
	int row = p->body.row + p->body.rows, free_from = 0, nr, i;
	struct tick t[TICKS_MAX];

	cells_fill(p->c, row, p->body.col, p->body.cols, ROLE_AXIS, p->g->axis_line);
	nr = ticks_of(&p->x, t, "%.*f");
	for (i = 0; i < nr; i++) {
		int col = plot_col(p, t[i].at), w;

		if (!free_from)
			add_unit(&p->x, &t[i]);
		w = cells_width(t[i].text);
		cells_put(p->c, row, col, 1, ROLE_AXIS, p->g->axis_half);
		if (col < free_from || col + w > p->body.col + p->body.cols)
			continue;
		cells_put(p->c, row + 1, col, w, ROLE_AXIS, t[i].text);
		free_from = col + w + 2;
	}
}

void plot_axes_draw(struct plot *p)
{
	draw_y_axis(p);
	draw_x_axis(p);
}
