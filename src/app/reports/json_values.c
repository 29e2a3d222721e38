// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How numbers and texts of a recording become JSON, which has neither NaN nor bytes that are no
 * UTF-8.
 */
#include "app/reports/report_impl.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

void json_put(json *o, const char *key, json *v)
{
	(void)json_object_object_add(o, key, v);
}

json *json_text(const char *s)
{
	char clean[512];
	size_t n = 0;

	for (; *s && n + 1 < sizeof(clean); s++)
		clean[n++] = (unsigned char)*s < 0x80 ? *s : '?';
	clean[n] = '\0';
	return json_object_new_string(clean);
}

json *json_integer(int64_t v)
{
	return json_object_new_int64(v);
}

json *json_count(uint64_t v)
{
	return json_object_new_int64(v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

json *json_real(double v)
{
	char s[40];

	if (!isfinite(v))
		return NULL;
	(void)snprintf(s, sizeof(s), "%.9g", v);
	return json_object_new_double_s(v, s);
}

json *json_bound(int64_t v)
{
	return v == INT64_MIN || v == INT64_MAX ? NULL : json_integer(v);
}

json *json_offset(int64_t whole, double frac)
{
	char s[48];
	int milli = (int)lround(frac * 1000.0);

	if (milli <= 0)
		return json_integer(whole);
	if (milli > 999)
		milli = 999;
	if (whole < 0)
		(void)snprintf(s, sizeof(s), "-%" PRIu64 ".%03d", (uint64_t) - (whole + 1),
			       1000 - milli);
	else
		(void)snprintf(s, sizeof(s), "%" PRId64 ".%03d", whole, milli);
	return json_object_new_double_s((double)whole + frac, s);
}
