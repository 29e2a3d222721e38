// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How a field of the anchors format is written: growing text and escapes, UTF-8 alone passes as it
 * is.
 */
#include "io/anchors/anchors_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

void text_add(struct text *t, const char *s, size_t n)
{
	if (t->bad || vms_grow(&t->p, &t->cap, t->nr + n + 1, 1, SIZE_MAX / 4)) {
		t->bad = true;
		return;
	}
	memcpy(t->p + t->nr, s, n);
	t->nr += n;
	t->p[t->nr] = '\0';
}

void text_printf(struct text *text, const char *fmt, ...)
{
	char small[80], *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(small)) {
		text_add(text, small, (size_t)n);
		return;
	}
	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text->bad = true;
		return;
	}
	text_add(text, s, (size_t)n);
	free(s);
}

/* Length of a well-formed, visible character at @s; 0 when its first byte must be escaped. */
static size_t utf8_len(const unsigned char *s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c;
	size_t n, i;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	c = s[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	/* C1 controls, line and paragraph separators, marks that turn the direction of writing */
	if (c < 0xa0 || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff)
		return 0;
	return n;
}

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

	for (; *s; s++) {
		const size_t n = utf8_len((const unsigned char *)s);

		if (n && *s != '\\' && !(*s == '#' && s == from) && !(blanks_too && *s == ' '))
			text_add(text, s, n);
		else
			escape_byte(text, (unsigned char)*s);
		s += n ? n - 1 : 0;
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
