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

static void line(json *out)
{
	text_printf(&out->text, "\n%*s", (int)out->depth * 2, "");
}

static void escape(struct text *out, uint32_t cp)
{
	if (cp >= 0x10000)
		text_printf(out, "\\u%04x\\u%04x", 0xd7c0 + (cp >> 10), 0xdc00 + (cp & 0x3ff));
	else
		text_printf(out, "\\u%04x", cp);
}

/* "\x9b" for a byte that is no UTF-8; a backslash that would read as one is "\x5c". */
static void string(struct text *out, const char *text)
{
	size_t left = strlen(text), len;
	uint32_t cp;

	text_add(out, "\"", 1);
	for (; (len = utf8_get(text, left, &cp)) > 0; text += len, left -= len) {
		if ((len == 1 && cp == UTF8_BROKEN) ||
		    (cp == '\\' && text[1] == 'x' && isxdigit((unsigned char)text[2]) &&
		     isxdigit((unsigned char)text[3])))
			text_printf(out, "\\\\x%02x", (unsigned int)(unsigned char)*text);
		else if (cp == '"' || cp == '\\')
			text_printf(out, "\\%c", (int)cp);
		else if (text_seen(text, left))
			text_add(out, text, len);
		else
			escape(out, cp);
	}
	text_add(out, "\"", 1);
}

static void begin(json *out, const char *key)
{
	if (out->depth)
		text_add(&out->text, ",", out->some);
	if (out->depth)
		line(out);
	if (key) {
		string(&out->text, key);
		text_add(&out->text, ":", 1);
	}
	out->some = true;
}

void json_open(json *out, const char *key, char bracket)
{
	begin(out, key);
	text_add(&out->text, &bracket, 1);
	out->depth++;
	out->some = false;
}

void json_close(json *out, char bracket)
{
	out->depth--;
	line(out);
	text_add(&out->text, &bracket, 1);
	out->some = true;
}

void json_put(json *out, const char *key, struct json_value v)
{
	begin(out, key);
	if (v.string)
		string(&out->text, v.string);
	else
		text_add(&out->text, v.plain, strlen(v.plain));
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
