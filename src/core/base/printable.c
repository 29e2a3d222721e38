// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows UTF-8, how wide a character is, and how foreign text is made printable. */
#include "core/base/printable.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/bisect.h"

struct range {
	uint32_t from, to;
};

/* Marks that stand on the glyph before them: Unicode 15, blocks that names are likely to hold. */
static const struct range combining[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x0610, 0x061a },
	{ 0x064b, 0x065f }, { 0x0670, 0x0670 }, { 0x06d6, 0x06dc }, { 0x0900, 0x0902 },
	{ 0x093c, 0x093c }, { 0x0941, 0x0948 }, { 0x0e31, 0x0e31 }, { 0x0e34, 0x0e3a },
	{ 0x0e47, 0x0e4e }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff },
	{ 0x302a, 0x302d }, { 0x3099, 0x309a }, { 0xfe20, 0xfe2f },
};

static const struct range wide[] = {
	{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2e80, 0x303e },	  { 0x3041, 0x33ff },
	{ 0x3400, 0x4dbf },   { 0x4e00, 0x9fff },   { 0xa000, 0xa4cf },	  { 0xa960, 0xa97f },
	{ 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },	  { 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
	{ 0x20000, 0x3fffd },
};

/*
 * What cannot be seen, or changes how its neighbours are shown: default ignorable code points of
 * Unicode 15, separators of lines, interlinear marks, and those that no character will ever have.
 */
static const struct range invisible[] = {
	{ 0x00ad, 0x00ad },   { 0x034f, 0x034f },   { 0x061c, 0x061c },	  { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x200b, 0x200f },	  { 0x2028, 0x202e },
	{ 0x2060, 0x206f },   { 0x3164, 0x3164 },   { 0xfdd0, 0xfdef },	  { 0xfe00, 0xfe0f },
	{ 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },	  { 0xfffe, 0xffff },
	{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

static bool in_ranges(const struct range *r, size_t nr, uint32_t cp)
{
	size_t lo = 0, hi = nr;

	VMS_BISECT(lo, hi, k, r[k].to < cp);
	return lo < nr && cp >= r[lo].from;
}

int glyph_width(uint32_t cp)
{
	/* Bidirectional controls would reorder the row on some terminals. */
	if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
	    in_ranges(invisible, sizeof(invisible) / sizeof(invisible[0]), cp))
		return -1;
	if (cp < 0x300)
		return 1;
	if (in_ranges(combining, sizeof(combining) / sizeof(combining[0]), cp))
		return 0;
	return in_ranges(wide, sizeof(wide) / sizeof(wide[0]), cp) ? 2 : 1;
}

size_t utf8_put(uint32_t cp, char *buf)
{
	if (cp < 0x80) {
		buf[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		buf[0] = (char)(0xc0 | (cp >> 6));
		buf[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		if (cp >= 0xd800 && cp < 0xe000)
			return 0;
		buf[0] = (char)(0xe0 | (cp >> 12));
		buf[1] = (char)(0x80 | ((cp >> 6) & 0x3f));
		buf[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	if (cp >= 0x110000)
		return 0;
	buf[0] = (char)(0xf0 | (cp >> 18));
	buf[1] = (char)(0x80 | ((cp >> 12) & 0x3f));
	buf[2] = (char)(0x80 | ((cp >> 6) & 0x3f));
	buf[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

size_t utf8_get(const char *text, size_t nr, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char byte;
	size_t len, i;
	uint32_t code;

	if (!nr || !text[0])
		return 0;
	byte = (unsigned char)text[0];
	if (byte < 0x80) {
		*cp = byte;
		return 1;
	}
	*cp = UTF8_BROKEN;
	len = byte >= 0xf0 && byte < 0xf5   ? 4
	      : byte >= 0xe0 && byte < 0xf0 ? 3
	      : byte >= 0xc2 && byte < 0xe0 ? 2
					    : 0;
	if (!len || len > nr)
		return 1;
	code = byte & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		byte = (unsigned char)text[i];
		if ((byte & 0xc0) != 0x80)
			return 1;
		code = code << 6 | (byte & 0x3fu);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 1;
	*cp = code;
	return len;
}

size_t text_seen(const char *s, size_t left)
{
	uint32_t cp;
	const size_t len = utf8_get(s, left, &cp);

	return !len || (len == 1 && cp == UTF8_BROKEN) || glyph_width(cp) < 0 ? 0 : len;
}

size_t fmt_clean_one(const char *text, size_t left, unsigned int *marks, char out[16])
{
	const size_t seen = text_seen(text, left);
	uint32_t cp;
	const size_t len = utf8_get(text, left, &cp);

	*marks = seen && !glyph_width(cp) ? *marks + 1 : 0;
	if (seen && *marks <= FMT_MARKS_MAX) {
		memcpy(out, text, seen);
		out[seen] = '\0';
	} else if (len == 1 && cp == UTF8_BROKEN) {
		(void)snprintf(out, 16, "\\x%02x", (unsigned int)(unsigned char)*text);
	} else if (cp < 32 || cp == 127) {
		(void)snprintf(out, 16, "^%c", (char)(cp ^ 64));
	} else {
		(void)snprintf(out, 16, "<U+%04X>", cp);
	}
	return len;
}

const char *fmt_clean(const char *text, char *buf, size_t size)
{
	size_t left = strlen(text), at = 0, used, n;
	/* a mark with no letter before it would join what stands left of the text */
	unsigned int marks = FMT_MARKS_MAX;
	char piece[16];

	while (left) {
		used = fmt_clean_one(text, left, &marks, piece);
		n = strlen(piece);
		if (at + n >= size)
			break;
		memcpy(buf + at, piece, n);
		at += n;
		text += used;
		left -= used;
	}
	if (size)
		buf[at] = '\0';
	return buf;
}

const char *fmt_cut(const char *text, unsigned int cells, char *buf, size_t size)
{
	size_t left = strlen(text), len, at = 0;
	unsigned int used = 0;
	uint32_t cp;

	for (; (len = utf8_get(text, left, &cp)) > 0; text += len, left -= len) {
		used += (unsigned int)abs(glyph_width(cp));
		if (used > cells || at + len >= size)
			break;
		memcpy(buf + at, text, len);
		at += len;
	}
	if (size)
		buf[at] = '\0';
	return buf;
}
