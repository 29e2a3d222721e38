/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plots in cells: a canvas with axes that people can read, points, lines, corridors and bars, in
 * three glyph sets.
 */
#ifndef TUI_PLOT_H
#define TUI_PLOT_H

#include "ui/cells/cells.h"
#include "ui/cells/glyphs.h"

/** enum plot_scale - what the values of an axis are */
enum plot_scale {
	PLOT_LINEAR,
	PLOT_LOG,   /* log10 of a duration */
	PLOT_COUNT, /* log10(1 + count): none and one can be told apart beside thousands */
	PLOT_ROWS,  /* rows of a table: no labels */
};

/** struct plot_axis - a range of values and how its labels read */
struct plot_axis {
	double lo, hi; /* shown; lo < hi after plot_open() */
	double step;   /* between labels, from the 1-2-5 series */
	double scale;  /* of labels: value / scale */
	int decimals;
	char unit[8]; /* "ns", "us", "s" */
	enum plot_scale kind;
};

#define PLOT_LABEL_COLS 11

/** struct plot - a canvas; cells and, in block or braille sets, the dots below them */
struct plot {
	struct cells *c;
	const struct tui_glyphs *g;
	struct rect body; /* without axes */
	struct plot_axis x, y;
	int sub_x, sub_y; /* dots a cell: 1x1, 1x2 or 2x4 */
	uint8_t *dots;	  /* a byte of dots a cell; owned */
	uint8_t *roles;	  /* of the cell's dots; owned */
};

/**
 * plot_open - draw axes into a rectangle and prepare the canvas
 * @x, @y: ranges with base unit in .unit ("ns" is scaled to us, ms, s; others stay); equal ends
 *   are widened.
 * Return: 0; -VMS_ENOMEM; -VMS_ERANGE when the rectangle is too small for a plot (least 24 x 5).
 */
int plot_open(struct plot *plot, struct cells *c, const struct tui_glyphs *glyphs, struct rect rect,
	      const struct plot_axis *x, const struct plot_axis *y);
/** plot_close - write the dots that are still waiting, free the canvas */
void plot_close(struct plot *plot);

/**
 * plot_point - a dot; letter (one column) instead of a dot when not NULL. Outside the range:
 * nothing
 */
void plot_point(struct plot *plot, double x, double y, enum tui_role role, const char *letter);
/** plot_line - a line between two points, clipped */
void plot_line(struct plot *p, double x0, double y0, double x1, double y1, enum tui_role role);
/**
 * plot_column - a letter a cell over the span [y0, y1] of a column of cells: corridors; drawn under
 * dots
 */
void plot_column(struct plot *plot, double x, double y0, double y1, enum tui_role role,
		 const char *glyph);
/** plot_text - a label at a point, shifted to stay inside */
void plot_text(struct plot *plot, double x, double y, enum tui_role role, const char *text);
/** plot_vline - a vertical line over the whole height: the cursor */
void plot_vline(struct plot *p, double x, enum tui_role role);
/** plot_bar - a horizontal bar of a part [0, 1] of the width in one row of the canvas */
void plot_bar(struct cells *cells, const struct tui_glyphs *glyphs, int row, int col, int width,
	      double part, enum tui_role role);

/** plot_row, plot_col - cell of a value; may lie outside of the body */
int plot_row(const struct plot *p, double y);
int plot_col(const struct plot *p, double x);
/**
 * plot_axis_prepare - make a range that can be drawn and choose step, unit and decimals;
 * plot_axes_draw - draw both
 */
void plot_axis_prepare(struct plot_axis *axis, int cells_nr, int cells_a_label);
void plot_axes_draw(struct plot *p);

#endif
