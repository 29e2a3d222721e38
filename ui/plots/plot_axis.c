// SPDX-License-Identifier: LGPL-2.1-or-later
/* Axes: few round labels in one unit, or powers of ten each with its own. */
#include "ui/plots/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/words/format.h"

#define AXIS_MAX 1e18

static void axis_units(struct plot_axis *axis)
{
	const struct fmt_unit *unit = fmt_unit_at(fmax(fabs(axis->lo), fabs(axis->hi)), 1000);
	double in_unit;

	axis->scale = 1.0;
	if (!strcmp(axis->unit, "ns")) {
		axis->scale = unit->scale;
		(void)snprintf(axis->unit, sizeof(axis->unit), "%s", unit->name);
	}
	in_unit = axis->step / axis->scale;
	axis->decimals = 0;
	while (axis->decimals < 6 && in_unit < 0.999999) {
		in_unit *= 10.0;
		axis->decimals++;
	}
}

void plot_axis_prepare(struct plot_axis *axis, int cells_nr, int cells_a_label)
{
	/* an estimate may be anything; an axis cannot */
	if (!isfinite(axis->lo) || fabs(axis->lo) > AXIS_MAX)
		axis->lo = -1.0;
	if (!isfinite(axis->hi) || fabs(axis->hi) > AXIS_MAX)
		axis->hi = 1.0;
	if (!(axis->lo < axis->hi)) {
		double d = fabs(axis->lo) * 1e-6 + 1.0;

		axis->lo -= d;
		axis->hi += d;
	}
	if (axis->kind != PLOT_LINEAR)
		return;
	axis->step = fmt_step(axis->hi - axis->lo,
			      cells_nr / cells_a_label > 1 ? cells_nr / cells_a_label : 1);
	axis_units(axis);
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
	const struct fmt_unit *unit = fmt_unit_at(v, 999.5);

	if (a->kind == PLOT_COUNT || strcmp(a->unit, "ns")) {
		(void)snprintf(buf, size, "%.0f%s%s", v, a->unit[0] ? " " : "", a->unit);
		return;
	}
	(void)snprintf(buf, size, "%g %s", v / unit->scale, unit->name);
}

static int log_ticks(const struct plot_axis *axis, struct tick *tick)
{
	static const int parts[] = { 1, 2, 5 };
	const bool fine = axis->hi - axis->lo < 2.5;
	int n = 0, decade, i;

	if (axis->kind == PLOT_COUNT)
		tick[n++] = (struct tick){ .at = 0, .text = "0" };
	for (decade = axis->kind == PLOT_COUNT ? 0 : (int)floor(axis->lo);
	     decade <= axis->hi && n < TICKS_MAX - 3; decade++)
		for (i = 0; i < (fine ? 3 : 1); i++) {
			double v = parts[i] * pow(10.0, decade);

			tick[n].at = axis->kind == PLOT_COUNT ? log10(1.0 + v) : log10(v);
			log_text(axis, v, tick[n].text, sizeof(tick[n].text));
			n += tick[n].at >= axis->lo - 1e-9 && tick[n].at <= axis->hi + 1e-9;
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

static void draw_y_axis(struct plot *plot)
{
	struct tick tick[TICKS_MAX];
	int row, last = -2, i;

	for (row = plot->body.row; row < plot->body.row + plot->body.rows; row++)
		cells_put(plot->c, row, plot->body.col - 1, 1, ROLE_AXIS, plot->g->vline);
	for (i = ticks_of(&plot->y, tick, "%+.*f") - 1; i >= 0; i--) {
		row = plot_row(plot, tick[i].at);
		if (row < plot->body.row || row >= plot->body.row + plot->body.rows ||
		    row <= last + 1)
			continue;
		if (last < 0)
			add_unit(&plot->y, &tick[i]);
		cells_right(plot->c, row, plot->body.col - 1 - PLOT_LABEL_COLS, PLOT_LABEL_COLS - 1,
			    ROLE_AXIS, tick[i].text);
		cells_put(plot->c, row, plot->body.col - 1, 1, ROLE_AXIS, plot->g->axis_half);
		last = row;
	}
}

static void draw_x_axis(struct plot *plot)
{
	int row = plot->body.row + plot->body.rows, free_from = 0, nr, i;
	struct tick tick[TICKS_MAX];

	cells_fill(plot->c, row, plot->body.col, plot->body.cols, ROLE_AXIS, plot->g->axis_line);
	nr = ticks_of(&plot->x, tick, "%.*f");
	for (i = 0; i < nr; i++) {
		int col = plot_col(plot, tick[i].at), w;

		if (!free_from)
			add_unit(&plot->x, &tick[i]);
		w = cells_width(tick[i].text);
		cells_put(plot->c, row, col, 1, ROLE_AXIS, plot->g->axis_half);
		if (col < free_from || col + w > plot->body.col + plot->body.cols)
			continue;
		cells_put(plot->c, row + 1, col, w, ROLE_AXIS, tick[i].text);
		free_from = col + w + 2;
	}
}

void plot_axes_draw(struct plot *p)
{
	draw_y_axis(p);
	draw_x_axis(p);
}
