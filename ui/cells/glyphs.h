/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Glyph sets: the same information in ASCII, block elements and braille. */
#ifndef TUI_GLYPHS_H
#define TUI_GLYPHS_H

#include <stdbool.h>
#include <stdint.h>

enum tui_glyph_set { GLYPHS_ASCII, GLYPHS_BLOCK, GLYPHS_BRAILLE, GLYPHS_NR };

/** struct tui_glyphs - the glyphs of a set; every one is one column wide */
struct tui_glyphs {
	const char *name;
	const char *density[5]; /* 1, 2-3, 4-7, 8-15, 16+ events, or fifths */
	/* guest code runs in less than half the column, in more; quarters of the most in view */
	const char *run[4];
	const char *enter, *leave; /* a stretch begins, ends */
	const char *lost, *no_data;
	const char *hline, *vline;
	const char *axis_tick, *axis_line, *axis_half;
	const char *caret; /* time cursor in the axis row */
	/* connector: straight, right-up, right-down, long */
	const char *vert, *up, *down, *flat;
	const char *arrow_left, *arrow_right;
	const char *bar[8]; /* histogram, an eighth to full; ASCII repeats */
	const char *dot;    /* a point of a scatter without sub-cells */
	bool subcells;	    /* plots may use braille dots, 2 x 4 a cell */
	bool halves;	    /* plots may use half blocks, 1 x 2 a cell */
};

const struct tui_glyphs *tui_glyphs(enum tui_glyph_set set);

/**
 * tui_density_step - 0 for none, else 1 to 5: the log2 step of an exact count
 * @most: in view; where that leaves the steps far behind, they are fifths of it
 */
unsigned int tui_density_step(uint32_t events, uint32_t most);
/** tui_braille - UTF-8 of a braille pattern (low 8 bits: dots) into @out of 4 bytes with NUL */
void tui_braille(uint8_t dots, char out[4]);

#endif
