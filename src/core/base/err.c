// SPDX-License-Identifier: LGPL-2.1-or-later
/* How an error's text is put together. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <vmsync/err.h>

int vms_fail(struct vms_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		err->code = code;
		va_start(ap, fmt);
		(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
		va_end(ap);
	}
	return -code;
}

int vms_fail_at(struct vms_err *err, int ret, const char *fmt, ...)
{
	char text[sizeof(err->msg) * 2];
	va_list ap;
	int n;

	if (!err)
		return ret;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(err->msg), fmt, ap);
	va_end(ap);
	if (n < 0)
		return ret;
	if ((size_t)n >= sizeof(err->msg))
		n = (int)sizeof(err->msg) - 1;
	(void)snprintf(text + n, sizeof(text) - (size_t)n, ": %s", err->msg);
	memcpy(err->msg, text, sizeof(err->msg) - 1);
	err->msg[sizeof(err->msg) - 1] = '\0';
	err->code = -ret;
	return ret;
}
