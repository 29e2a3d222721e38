/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A text that grows: being out of memory is seen at its end, and stays. */
#ifndef VMS_TEXT_H
#define VMS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** struct text - of nr bytes and a zero byte; bad = memory ran out, it is not whole */
struct text {
	char *p;
	size_t nr, cap;
	bool bad;
};

void text_add(struct text *t, const char *s, size_t n);
void text_printf(struct text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** text_clean - foreign text made printable, see fmt_clean(); of any length */
void text_clean(struct text *text, const char *s);

#endif
