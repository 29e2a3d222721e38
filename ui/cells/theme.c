// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The one table of looks: a row a role. Nothing is told by colour alone, so the mono column stands
 * alone too.
 */
#include "ui/cells/theme.h"

#include <stdlib.h>
#include <string.h>

struct look {
	char letter;
	int16_t c256;	    /* after the Okabe-Ito set, which the colour-blind can tell apart */
	int16_t c256_light; /* the same hue, darker: readable on white */
	int16_t c8;
	uint8_t attrs; /* with colours */
	uint8_t mono;  /* without */
};

/*
 * Colours of 8: 2 green, 3 yellow, 5 magenta, 6 cyan. Never 1 against 2, never 4 as text:
 * unreadable on black.
 */
static const struct look looks[ROLE_NR] = {
	[ROLE_TEXT] = { ' ', -1, -1, -1, 0, 0 },
	[ROLE_DIM] = { 'd', 245, 242, -1, 0, 0 },
	[ROLE_STRONG] = { 's', -1, -1, -1, STYLE_BOLD, STYLE_BOLD },
	[ROLE_TITLE] = { 't', -1, -1, -1, STYLE_BOLD, STYLE_BOLD },
	[ROLE_TAB] = { 'n', 245, 242, -1, 0, 0 },
	[ROLE_TAB_HERE] = { 'm', -1, -1, -1, STYLE_BOLD | STYLE_REVERSE,
			    STYLE_BOLD | STYLE_REVERSE },
	[ROLE_PANE] = { 'p', 245, 242, -1, 0, 0 },
	[ROLE_PANE_FOCUS] = { 'f', -1, -1, -1, STYLE_BOLD, STYLE_BOLD },
	[ROLE_AXIS] = { 'a', 250, 240, -1, 0, 0 },
	[ROLE_HOST] = { 'h', 75, 25, 6, 0, 0 },
	[ROLE_GUEST] = { 'g', 214, 130, 3, 0, 0 },
	[ROLE_RUN] = { 'r', 172, 130, 3, 0, 0 },
	[ROLE_CANDIDATE] = { 'c', 227, 94, -1, 0, 0 },
	[ROLE_ACCEPTED] = { '+', 36, 29, -1, STYLE_BOLD, STYLE_BOLD },
	[ROLE_REJECTED] = { 'x', 244, 245, -1, STYLE_DIM, STYLE_DIM },
	[ROLE_IMPOSSIBLE] = { '!', 175, 126, 5, STYLE_BOLD, STYLE_BOLD },
	[ROLE_VIOLATION] = { 'V', 175, 126, 5, STYLE_BOLD | STYLE_REVERSE,
			     STYLE_BOLD | STYLE_REVERSE },
	[ROLE_PAIR] = { 'u', -1, -1, -1, STYLE_BOLD, STYLE_BOLD },
	[ROLE_GOOD] = { 'i', 36, 29, 6, STYLE_BOLD, STYLE_BOLD },
	[ROLE_BAD] = { 'w', 175, 126, 5, STYLE_BOLD, STYLE_BOLD },
	[ROLE_WARN] = { 'l', 214, 130, 3, STYLE_BOLD, STYLE_BOLD },
	[ROLE_MESSAGE] = { 'e', -1, -1, -1, 0, 0 },
	[ROLE_KEY] = { 'k', -1, -1, -1, STYLE_BOLD, STYLE_BOLD },
	[ROLE_BAR] = { 'b', 250, 240, -1, 0, 0 },
	[ROLE_PROMPT] = { 'o', -1, -1, -1, STYLE_BOLD, STYLE_BOLD },
	[ROLE_OVERLAY] = { 'v', -1, -1, -1, 0, 0 },
	[ROLE_OVERLAY_EDGE] = { 'q', 250, 240, -1, STYLE_BOLD, STYLE_BOLD },
	[ROLE_MODEL_A] = { '1', 75, 25, 6, 0, 0 },
	[ROLE_MODEL_B] = { '2', 214, 130, 3, 0, 0 },
	[ROLE_MODEL_C] = { '3', 175, 126, 5, 0, 0 },
};

struct tui_style tui_style_of(enum tui_role role, enum tui_theme theme, int colours)
{
	const struct look *l = &looks[(unsigned int)role < ROLE_NR ? role : ROLE_TEXT];
	struct tui_style style = { -1, l->attrs };

	if (theme == THEME_MONO || colours < 8) {
		style.attrs = l->mono;
	} else if (colours >= 256 && theme != THEME_DARK) {
		style.fg = theme == THEME_LIGHT ? l->c256_light : l->c256;
	} else {
		style.fg = l->c8;
		if (colours >= 16 && style.fg >= 0 && theme != THEME_LIGHT)
			style.fg = (int16_t)(style.fg + 8);
	}
	return style;
}

char tui_role_letter(enum tui_role role)
{
	return (unsigned int)role < ROLE_NR ? looks[role].letter : '?';
}

int tui_colours(int terminal, const char *option, const char *no_color)
{
	int wanted;

	if (option && !strcmp(option, "never"))
		return 0;
	if (option && strcmp(option, "auto")) {
		wanted = atoi(option);
		return wanted < 8 ? 0 : wanted < terminal ? wanted : terminal;
	}
	if (no_color && *no_color)
		return 0;
	return terminal < 8 ? 0 : terminal;
}
