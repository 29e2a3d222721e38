// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a terminal takes a text for the clipboard (OSC 52). */
#include "ui/term/tui_term.h"

#include <stdio.h>
#include <string.h>

static void put_base64(const unsigned char *s, size_t nr)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i, digit;

	for (i = 0; i < nr; i += 3) {
		const size_t left = nr - i;
		const uint32_t v = (uint32_t)s[i] << 16 | (left > 1 ? (uint32_t)s[i + 1] << 8 : 0) |
				   (left > 2 ? s[i + 2] : 0);

		for (digit = 0; digit < 4; digit++)
			(void)fputc(digit <= left ? digits[v >> (18 - 6 * digit) & 63] : '=',
				    stdout);
	}
}

void tui_term_copy(struct tui_term *t, const char *text)
{
	(void)t;
	(void)fputs("\033]52;c;", stdout);
	put_base64((const unsigned char *)text, strlen(text));
	(void)fputs("\a", stdout);
	(void)fflush(stdout);
}
