// SPDX-License-Identifier: LGPL-2.1-or-later
/* The canvas: value to cell and dot, dots joined to braille or half blocks, lines and bars. */
#include "ui/plots/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int plot_row(const struct plot *p, double y)
{
	double at = (p->y.hi - y) / (p->y.hi - p->y.lo) * (p->body.rows - 1);

	return p->body.row + (int)lround(at);
}

int plot_col(const struct plot *p, double x)
{
	double at = (x - p->x.lo) / (p->x.hi - p->x.lo) * (p->body.cols - 1);

	return p->body.col + (int)lround(at);
}

int plot_open(struct plot *p, struct cells *c, const struct tui_glyphs *g, struct rect r,
	      const struct plot_axis *x, const struct plot_axis *y, struct vms_err *err)
{
	size_t nr;

	memset(p, 0, sizeof(*p));
	if (r.rows < 5 || r.cols < 24)
		return vms_fail(err, VMS_ERANGE, "too small for a plot");
	p->c = c;
	p->g = g;
	p->body = (struct rect){ r.row, r.col + PLOT_LABEL_COLS + 1, r.rows - 2,
				 r.cols - PLOT_LABEL_COLS - 2 };
	p->x = *x;
	p->y = *y;
	p->sub_x = g->subcells ? 2 : 1;
	p->sub_y = g->subcells ? 4 : g->halves ? 2 : 1;
	nr = (size_t)p->body.rows * (size_t)p->body.cols;
	p->dots = calloc(nr, 1);
	p->roles = calloc(nr, 1);
	if (!p->dots || !p->roles) {
		free(p->dots);
		free(p->roles);
		return vms_fail(err, VMS_ENOMEM, "no memory for a plot");
	}
	plot_axis_prepare(&p->x, p->body.cols, 14);
	plot_axis_prepare(&p->y, p->body.rows, 3);
	plot_axes_draw(p);
	return 0;
}

static bool inside(const struct plot *p, double x, double y)
{
	return x >= p->x.lo && x <= p->x.hi && y >= p->y.lo && y <= p->y.hi;
}

void plot_point(struct plot *p, double x, double y, enum tui_role role, const char *letter)
{
	/* bits of a braille cell by column and row */
	static const uint8_t braille[2][4] = { { 0x01, 0x02, 0x04, 0x40 },
					       { 0x08, 0x10, 0x20, 0x80 } };
	int sx, sy, col, row;
	size_t at;

	if (!inside(p, x, y))
		return;
	if (letter) {
		cells_put(p->c, plot_row(p, y), plot_col(p, x), 1, role, letter);
		return;
	}
	sx = (int)((x - p->x.lo) / (p->x.hi - p->x.lo) * (p->body.cols * p->sub_x - 1) + 0.5);
	sy = (int)((p->y.hi - y) / (p->y.hi - p->y.lo) * (p->body.rows * p->sub_y - 1) + 0.5);
	col = sx / p->sub_x;
	row = sy / p->sub_y;
	at = (size_t)row * (size_t)p->body.cols + (size_t)col;
	p->dots[at] |= p->sub_x == 2 ? braille[sx % 2][sy % 4] : (uint8_t)(1u << (sy % p->sub_y));
	p->roles[at] = (uint8_t)role;
}

void plot_line(struct plot *p, double x0, double y0, double x1, double y1, enum tui_role role)
{
	int n = (p->body.cols * p->sub_x + p->body.rows * p->sub_y) * 2, i;

	if (!isfinite(x0) || !isfinite(y0) || !isfinite(x1) || !isfinite(y1))
		return;
	for (i = 0; i <= n; i++) {
		double f = (double)i / n;

		plot_point(p, x0 + (x1 - x0) * f, y0 + (y1 - y0) * f, role, NULL);
	}
}

void plot_column(struct plot *p, double x, double y0, double y1, enum tui_role role,
		 const char *glyph)
{
	int row, from, to;

	if (x < p->x.lo || x > p->x.hi || y1 < p->y.lo || y0 > p->y.hi)
		return;
	from = plot_row(p, fmin(y1, p->y.hi));
	to = plot_row(p, fmax(y0, p->y.lo));
	for (row = from; row <= to; row++)
		cells_put(p->c, row, plot_col(p, x), 1, role, glyph);
}

void plot_text(struct plot *p, double x, double y, enum tui_role role, const char *text)
{
	int w = cells_width(text), col, row;

	if (!inside(p, x, y))
		return;
	col = plot_col(p, x);
	row = plot_row(p, y);
	if (col + w > p->body.col + p->body.cols)
		col = p->body.col + p->body.cols - w;
	if (col < p->body.col)
		col = p->body.col;
	cells_put(p->c, row, col, p->body.cols, role, text);
}

void plot_vline(struct plot *p, double x, enum tui_role role)
{
	int row;

	if (x < p->x.lo || x > p->x.hi)
		return;
	for (row = p->body.row; row < p->body.row + p->body.rows; row++)
		cells_put(p->c, row, plot_col(p, x), 1, role, p->g->vline);
}

void plot_bar(struct cells *c, const struct tui_glyphs *g, int row, int col, int width, double part,
	      enum tui_role role)
{
	int eighths = (int)(fmin(fmax(part, 0.0), 1.0) * width * 8 + 0.5);

	/* what is there at all shows, however small */
	if (part > 0 && eighths == 0)
		eighths = 1;
	cells_fill(c, row, col, eighths / 8, role, g->bar[7]);
	if (eighths % 8)
		cells_put(c, row, col + eighths / 8, 1, role, g->bar[eighths % 8 - 1]);
}

void plot_close(struct plot *p)
{
	static const char *const halves[] = { "", "▀", "▄", "█" };
	int row, col;
	char buf[4];

	for (row = 0; p->dots && row < p->body.rows; row++)
		for (col = 0; col < p->body.cols; col++) {
			size_t at = (size_t)row * (size_t)p->body.cols + (size_t)col;
			const char *glyph = p->g->dot;

			if (!p->dots[at])
				continue;
			if (p->sub_x == 2) {
				tui_braille(p->dots[at], buf);
				glyph = buf;
			} else if (p->sub_y == 2) {
				glyph = halves[p->dots[at] & 3];
			}
			cells_put(p->c, p->body.row + row, p->body.col + col, 1,
				  (enum tui_role)p->roles[at], glyph);
		}
	free(p->dots);
	free(p->roles);
	p->dots = p->roles = NULL;
}
