// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a field of the anchors format is written: escapes, what can be seen passes as it is. */
#include "io/anchors/anchors_impl.h"

#include <string.h>

#include "core/base/printable.h"

static void escape_byte(struct text *t, unsigned char c)
{
	if (c == '\t')
		text_add(t, "\\t", 2);
	else if (c == '\n')
		text_add(t, "\\n", 2);
	else if (c == '\\')
		text_add(t, "\\\\", 2);
	else
		text_printf(t, "\\x%02x", c);
}

void text_escaped(struct text *text, const char *s, bool blanks_too)
{
	const char *from = s;
	size_t left, k;

	for (left = strlen(s); left; s += k, left -= k) {
		const size_t n = text_seen(s, left);

		k = n ? n : 1;
		if (n && *s != '\\' && !(*s == '#' && s == from) && !(blanks_too && *s == ' '))
			text_add(text, s, n);
		else
			escape_byte(text, (unsigned char)*s);
	}
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void anchors_unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] == 't') {
			*to++ = '\t';
			s += 2;
		} else if (s[0] == '\\' && s[1] == 'n') {
			*to++ = '\n';
			s += 2;
		} else if (s[0] == '\\' && s[1] == '\\') {
			*to++ = '\\';
			s += 2;
		} else if (s[0] == '\\' && s[1] == 'x' && hex(s[2]) >= 0 && hex(s[3]) >= 0 &&
			   (hex(s[2]) || hex(s[3]))) {
			*to++ = (char)(hex(s[2]) * 16 + hex(s[3]));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}
