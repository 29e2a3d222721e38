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

void text_escaped(struct text *text, const char *plain, bool blanks_too)
{
	const char *from = plain;
	size_t left, k;

	for (left = strlen(plain); left; plain += k, left -= k) {
		const size_t n = text_seen(plain, left);

		k = n ? n : 1;
		if (n && *plain != '\\' && !(*plain == '#' && plain == from) &&
		    !(blanks_too && *plain == ' '))
			text_add(text, plain, n);
		else
			escape_byte(text, (unsigned char)*plain);
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

void anchors_unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (text[0] == '\\' && text[1] == 't') {
			*to++ = '\t';
			text += 2;
		} else if (text[0] == '\\' && text[1] == 'n') {
			*to++ = '\n';
			text += 2;
		} else if (text[0] == '\\' && text[1] == '\\') {
			*to++ = '\\';
			text += 2;
		} else if (text[0] == '\\' && text[1] == 'x' && hex(text[2]) >= 0 &&
			   hex(text[3]) >= 0 && (hex(text[2]) || hex(text[3]))) {
			*to++ = (char)(hex(text[2]) * 16 + hex(text[3]));
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}
