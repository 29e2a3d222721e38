// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How numbers and texts of a recording become JSON, which has neither NaN nor bytes that are no
 * UTF-8, and how values are laid out.
 */
#include "app/reports/report_impl.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/printable.h"

static void line(json *j)
{
	text_printf(&j->out, "\n%*s", (int)j->depth * 2, "");
}

static void escape(struct text *out, uint32_t cp)
{
	if (cp >= 0x10000)
		text_printf(out, "\\u%04x\\u%04x", 0xd7c0 + (cp >> 10), 0xdc00 + (cp & 0x3ff));
	else
		text_printf(out, "\\u%04x", cp);
}

/* "\x9b" for a byte that is no UTF-8; a backslash that would read as one is "\x5c". */
static void string(struct text *out, const char *s)
{
	size_t left = strlen(s), len;
	uint32_t cp;

	text_add(out, "\"", 1);
	for (; (len = utf8_get(s, left, &cp)) > 0; s += len, left -= len) {
		if ((len == 1 && cp == UTF8_BROKEN) ||
		    (cp == '\\' && s[1] == 'x' && isxdigit((unsigned char)s[2]) &&
		     isxdigit((unsigned char)s[3])))
			text_printf(out, "\\\\x%02x", (unsigned int)(unsigned char)*s);
		else if (cp == '"' || cp == '\\')
			text_printf(out, "\\%c", (int)cp);
		else if (text_seen(s, left))
			text_add(out, s, len);
		else
			escape(out, cp);
	}
	text_add(out, "\"", 1);
}

static void begin(json *j, const char *key)
{
	if (j->depth)
		text_add(&j->out, ",", j->some);
	if (j->depth)
		line(j);
	if (key) {
		string(&j->out, key);
		text_add(&j->out, ":", 1);
	}
	j->some = true;
}

void json_open(json *j, const char *key, char bracket)
{
	begin(j, key);
	text_add(&j->out, &bracket, 1);
	j->depth++;
	j->some = false;
}

void json_close(json *j, char bracket)
{
	j->depth--;
	line(j);
	text_add(&j->out, &bracket, 1);
	j->some = true;
}

void json_put(json *j, const char *key, struct json_value v)
{
	begin(j, key);
	if (v.string)
		string(&j->out, v.string);
	else
		text_add(&j->out, v.plain, strlen(v.plain));
}

struct json_value json_text(const char *s)
{
	return (struct json_value){ .string = s };
}

struct json_value json_null(void)
{
	return (struct json_value){ .plain = "null" };
}

struct json_value json_bool(bool v)
{
	return v ? (struct json_value){ .plain = "true" } : (struct json_value){ .plain = "false" };
}

struct json_value json_integer(int64_t v)
{
	struct json_value out = { 0 };

	(void)snprintf(out.plain, sizeof(out.plain), "%" PRId64, v);
	return out;
}

struct json_value json_count(uint64_t v)
{
	return json_integer(v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

struct json_value json_real(double v)
{
	struct json_value out = json_null();

	if (isfinite(v))
		(void)snprintf(out.plain, sizeof(out.plain), "%.9g", v);
	return out;
}

struct json_value json_bound(int64_t v)
{
	return v == INT64_MIN || v == INT64_MAX ? json_null() : json_integer(v);
}

struct json_value json_offset(int64_t whole, double frac)
{
	struct json_value out = { 0 };
	int milli = (int)lround(frac * 1000.0);

	if (milli <= 0)
		return json_integer(whole);
	if (milli > 999)
		milli = 999;
	if (whole < 0)
		(void)snprintf(out.plain, sizeof(out.plain), "-%" PRIu64 ".%03d",
			       (uint64_t) - (whole + 1), 1000 - milli);
	else
		(void)snprintf(out.plain, sizeof(out.plain), "%" PRId64 ".%03d", whole, milli);
	return out;
}
