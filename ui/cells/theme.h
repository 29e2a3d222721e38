/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Themes: from roles to attributes and colours, for terminals with none, 8, 16 or 256 colours. */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <stdbool.h>
#include <stdint.h>
#include "ui/cells/cells.h"

#define STYLE_BOLD 1
#define STYLE_DIM 2
#define STYLE_REVERSE 4
#define STYLE_UNDERLINE 8

/** struct tui_style - what a back end needs; colour -1 = the terminal's own */
struct tui_style {
	int16_t fg;
	uint8_t attrs;
};

/**
 * enum tui_theme - the order of enum app_theme
 * safe: colours that the colour-blind can tell apart, for dark screens; dark: the terminal's own
 * bright colours; light: the hues of safe, darker, for white screens; mono: attributes only.
 */
enum tui_theme { THEME_SAFE, THEME_DARK, THEME_LIGHT, THEME_MONO, THEME_NR };

/** tui_style_of - the look of a role with so many colours (0, 8, 16, 256) */
struct tui_style tui_style_of(enum tui_role role, enum tui_theme theme, int colours);

/** tui_role_letter - the letter of a role in dumps, lower case; space for plain */
char tui_role_letter(enum tui_role role);

/**
 * tui_colours - how many colours to use
 * @terminal: what the terminal can do; @option: value of --color ("never", "auto", "8", "16",
 *   "256", or NULL)
 * @no_color: value of NO_COLOR or NULL. The option wins over the variable.
 */
int tui_colours(int terminal, const char *option, const char *no_color);

#endif
