// SPDX-License-Identifier: LGPL-2.1-or-later
/* How an error's text is put together: one line, whatever the names in it hold. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <vmsync/err.h>

#include "core/base/printable.h"

#define LONGEST ((size_t)8192) /* before it is cut: two paths and what became of them */

/*
 * What does not fit loses its middle: the beginning says what, the end why. A character stays or
 * goes as a whole.
 */
static void take(struct vms_err *err, const char *foreign)
{
	static const char gap[] = "...";
	char buf[LONGEST];
	const char *text = fmt_clean(foreign, buf, sizeof(buf));
	const size_t room = sizeof(err->msg) - sizeof(gap), nr = strlen(text);
	size_t head = room / 2, tail;

	if (nr < sizeof(err->msg)) {
		memcpy(err->msg, text, nr + 1);
		return;
	}
	while (head > room / 2 - 3 && ((unsigned char)text[head] & 0xc0) == 0x80)
		head--;
	tail = nr - (room - head);
	while (tail < nr && ((unsigned char)text[tail] & 0xc0) == 0x80)
		tail++;
	(void)snprintf(err->msg, sizeof(err->msg), "%.*s%s%s", (int)head, text, gap, text + tail);
}

int vms_fail(struct vms_err *err, int code, const char *fmt, ...)
{
	char text[LONGEST];
	va_list ap;

	if (err) {
		err->code = code;
		va_start(ap, fmt);
		(void)vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		take(err, text);
	}
	return -code;
}

int vms_fail_at(struct vms_err *err, int ret, const char *fmt, ...)
{
	char text[LONGEST];
	va_list ap;
	int n;

	if (!err)
		return ret;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text) - sizeof(err->msg) - 2, fmt, ap);
	va_end(ap);
	if (n < 0)
		return ret;
	n = (int)strlen(text);
	(void)snprintf(text + n, sizeof(text) - (size_t)n, ": %s", err->msg);
	take(err, text);
	err->code = -ret;
	return ret;
}
