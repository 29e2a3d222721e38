// SPDX-License-Identifier: LGPL-2.1-or-later
/* The canvas: value to cell and dot, dots joined to braille or half blocks, lines and bars. */
#include "ui/plots/plot.h"
#include "core/base/util.h"

#include <math.h>
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

int plot_open(struct plot *plot, struct cells *c, const struct tui_glyphs *glyphs, struct rect rect,
	      const struct plot_axis *x, const struct plot_axis *y)
{
	size_t nr;

	memset(plot, 0, sizeof(*plot));
	if (rect.rows < 5 || rect.cols < 24)
		return -VMS_ERANGE;
	plot->c = c;
	plot->g = glyphs;
	plot->body = (struct rect){ rect.row, rect.col + PLOT_LABEL_COLS + 1, rect.rows - 2,
				    rect.cols - PLOT_LABEL_COLS - 2 };
	plot->x = *x;
	plot->y = *y;
	plot->sub_x = glyphs->subcells ? 2 : 1;
	plot->sub_y = glyphs->subcells ? 4 : glyphs->halves ? 2 : 1;
	nr = (size_t)plot->body.rows * (size_t)plot->body.cols;
	plot->dots = vms_calloc(nr, 1);
	plot->roles = vms_calloc(nr, 1);
	if (!plot->dots || !plot->roles) {
		free(plot->dots);
		free(plot->roles);
		return -VMS_ENOMEM;
	}
	plot_axis_prepare(&plot->x, plot->body.cols, 14);
	plot_axis_prepare(&plot->y, plot->body.rows, 3);
	plot_axes_draw(plot);
	return 0;
}

static bool inside(const struct plot *p, double x, double y)
{
	return x >= p->x.lo && x <= p->x.hi && y >= p->y.lo && y <= p->y.hi;
}

void plot_point(struct plot *plot, double x, double y, enum tui_role role, const char *letter)
{
	/* bits of a braille cell by column and row */
	static const uint8_t braille[2][4] = { { 0x01, 0x02, 0x04, 0x40 },
					       { 0x08, 0x10, 0x20, 0x80 } };
	int sx, sy, col, row;
	size_t at;

	if (!inside(plot, x, y))
		return;
	if (letter) {
		cells_put(plot->c, plot_row(plot, y), plot_col(plot, x), 1, role, letter);
		return;
	}
	sx = (int)((x - plot->x.lo) / (plot->x.hi - plot->x.lo) *
			   (plot->body.cols * plot->sub_x - 1) +
		   0.5);
	sy = (int)((plot->y.hi - y) / (plot->y.hi - plot->y.lo) *
			   (plot->body.rows * plot->sub_y - 1) +
		   0.5);
	col = sx / plot->sub_x;
	row = sy / plot->sub_y;
	at = (size_t)row * (size_t)plot->body.cols + (size_t)col;
	plot->dots[at] |=
		plot->sub_x == 2 ? braille[sx % 2][sy % 4] : (uint8_t)(1u << (sy % plot->sub_y));
	plot->roles[at] = (uint8_t)role;
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

void plot_column(struct plot *plot, double x, double y0, double y1, enum tui_role role,
		 const char *glyph)
{
	int row, from, to;

	if (x < plot->x.lo || x > plot->x.hi || y1 < plot->y.lo || y0 > plot->y.hi)
		return;
	from = plot_row(plot, fmin(y1, plot->y.hi));
	to = plot_row(plot, fmax(y0, plot->y.lo));
	for (row = from; row <= to; row++)
		cells_put(plot->c, row, plot_col(plot, x), 1, role, glyph);
}

void plot_text(struct plot *plot, double x, double y, enum tui_role role, const char *text)
{
	int w = cells_width(text), col, row;

	if (!inside(plot, x, y))
		return;
	col = plot_col(plot, x);
	row = plot_row(plot, y);
	if (col + w > plot->body.col + plot->body.cols)
		col = plot->body.col + plot->body.cols - w;
	if (col < plot->body.col)
		col = plot->body.col;
	cells_put(plot->c, row, col, plot->body.cols, role, text);
}

void plot_vline(struct plot *p, double x, enum tui_role role)
{
	int row;

	if (x < p->x.lo || x > p->x.hi)
		return;
	for (row = p->body.row; row < p->body.row + p->body.rows; row++)
		cells_put(p->c, row, plot_col(p, x), 1, role, p->g->vline);
}

void plot_bar(struct cells *cells, const struct tui_glyphs *glyphs, int row, int col, int width,
	      double part, enum tui_role role)
{
	int eighths = (int)(fmin(fmax(part, 0.0), 1.0) * width * 8 + 0.5);

	/* what is there at all shows, however small */
	if (part > 0 && eighths == 0)
		eighths = 1;
	cells_fill(cells, row, col, eighths / 8, role, glyphs->bar[7]);
	if (eighths % 8)
		cells_put(cells, row, col + eighths / 8, 1, role, glyphs->bar[eighths % 8 - 1]);
}

void plot_close(struct plot *plot)
{
	static const char *const halves[] = { "", "▀", "▄", "█" };
	int row, col;
	char buf[4];

	for (row = 0; plot->dots && row < plot->body.rows; row++)
		for (col = 0; col < plot->body.cols; col++) {
			size_t at = (size_t)row * (size_t)plot->body.cols + (size_t)col;
			const char *glyph = plot->g->dot;

			if (!plot->dots[at])
				continue;
			if (plot->sub_x == 2) {
				tui_braille(plot->dots[at], buf);
				glyph = buf;
			} else if (plot->sub_y == 2) {
				glyph = halves[plot->dots[at] & 3];
			}
			cells_put(plot->c, plot->body.row + row, plot->body.col + col, 1,
				  (enum tui_role)plot->roles[at], glyph);
		}
	free(plot->dots);
	free(plot->roles);
	plot->dots = plot->roles = NULL;
}
