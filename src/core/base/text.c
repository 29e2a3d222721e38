// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a text grows, and what of foreign text goes into it. */
#include "core/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/printable.h"
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

void text_clean(struct text *text, const char *s)
{
	unsigned int marks = FMT_MARKS_MAX;
	size_t left = strlen(s), used;
	char piece[16];

	for (; left; s += used, left -= used) {
		used = fmt_clean_one(s, left, &marks, piece);
		text_add(text, piece, strlen(piece));
	}
}
