// SPDX-License-Identifier: LGPL-2.1-or-later
/* The three glyph sets. Line drawing is plain Unicode, never ACS: PuTTY shows ACS as letters. */
#include "ui/cells/glyphs.h"

static const struct tui_glyphs sets[GLYPHS_NR] = {
	[GLYPHS_ASCII] = {
		.name = "ascii",
		.density = { ".", ":", "+", "*", "#" },
		.run = { "-", "=", "%", "@" },
		.enter = "[", .leave = "]",
		.lost = "~", .no_data = "_",
		.hline = "-", .vline = "|",
		.axis_tick = "|", .axis_line = "-", .axis_half = "+",
		.caret = "v",
		.vert = "|", .up = "/", .down = "\\", .flat = "_",
		.arrow_left = "<", .arrow_right = ">",
		.bar = { "#", "#", "#", "#", "#", "#", "#", "#" },
		.dot = "*",
	},
	[GLYPHS_BLOCK] = {
		.name = "block",
		.density = { "▁", "▂", "▄", "▆", "█" },
		.run = { "─", "═", "▒", "▓" },
		.enter = "╞", .leave = "╡",
		.lost = "~", .no_data = "_",
		.hline = "─", .vline = "│",
		.axis_tick = "├", .axis_line = "─", .axis_half = "┼",
		.caret = "▼",
		.vert = "│", .up = "╱", .down = "╲", .flat = "─",
		.arrow_left = "◄", .arrow_right = "►",
		.bar = { "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" },
		.dot = "■",
		.halves = true,
	},
	[GLYPHS_BRAILLE] = {
		.name = "braille",
		.density = { "⡀", "⣀", "⣤", "⣶", "⣿" },
		.run = { "─", "═", "▒", "▓" },
		.enter = "╞", .leave = "╡",
		.lost = "~", .no_data = "_",
		.hline = "─", .vline = "│",
		.axis_tick = "├", .axis_line = "─", .axis_half = "┼",
		.caret = "▼",
		.vert = "│", .up = "╱", .down = "╲", .flat = "─",
		.arrow_left = "◄", .arrow_right = "►",
		.bar = { "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" },
		.dot = "•",
		.subcells = true,
	},
};

const struct tui_glyphs *tui_glyphs(enum tui_glyph_set set)
{
	return &sets[(unsigned int)set < GLYPHS_NR ? set : GLYPHS_ASCII];
}

/* From here on all cells would look alike. */
#define DENSE 32u

unsigned int tui_density_step(uint32_t events, uint32_t most)
{
	unsigned int step = 0;

	if (events && most >= DENSE)
		return events >= most ? 5 : 1 + (unsigned int)((uint64_t)events * 5 / most);

	while (events && step < 5) {
		step++;
		events >>= 1;
	}
	return step;
}

void tui_braille(uint8_t dots, char out[4])
{
	/* U+2800 + dots */
	out[0] = (char)0xe2;
	out[1] = (char)(0xa0 | dots >> 6);
	out[2] = (char)(0x80 | (dots & 0x3f));
	out[3] = '\0';
}
