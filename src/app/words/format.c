// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how numbers are shown, and how a typed length of time is read. */
#include "app/words/format.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/compiler.h"
#include "core/base/util.h"
#include "core/base/wide.h"

static const struct fmt_unit units[] = {
	{ 1, "ns", "tk" }, { 1e3, "us", "ktk" }, { 1e6, "ms", "Mtk" }, { 1e9, "s", "Gtk" }
};
#define UNITS_NR 4

const struct fmt_unit *fmt_unit_at(double mag, double most)
{
	const struct fmt_unit *unit = units;

	while (unit < units + UNITS_NR - 1 && mag >= most * unit->scale)
		unit++;
	return unit;
}

static bool in_ticks(const struct vms_clock *c)
{
	return !(c->ns_per_unit > 0.0);
}

/* What is shown of a magnitude: thousandths (units above the first) or wholes of one unit. */
struct fmt_pick {
	const struct fmt_unit *unit;
	unsigned int at;
	long long steps;
	bool huge;
};

static struct fmt_pick pick_unit(const struct vms_clock *c, double mag)
{
	long long per = in_ticks(c) ? 100 : 1000;
	struct fmt_pick fmt_pick = { .unit = units };
	double steps;

	for (fmt_pick.at = 0; fmt_pick.at < UNITS_NR; fmt_pick.at++) {
		fmt_pick.unit = units + fmt_pick.at;
		steps = fmt_pick.at ? mag / fmt_pick.unit->scale * (double)per : mag;
		if (steps >= 9e15)
			continue;
		fmt_pick.steps = llround(steps);
		/* The unit is picked after rounding, so that 999.6 ns is 1.000 us. */
		if (fmt_pick.steps < (fmt_pick.at ? 1000 * per : 1000))
			return fmt_pick;
	}
	fmt_pick.at = UNITS_NR - 1;
	fmt_pick.huge = true;
	return fmt_pick;
}

static void put_number(const struct vms_clock *c, const struct fmt_pick *fmt_pick, double mag,
		       char *buf, size_t size)
{
	long long per = in_ticks(c) ? 100 : 1000;
	int decimals;

	if (!fmt_pick->at && !fmt_pick->huge) {
		(void)snprintf(buf, size, "%lld", fmt_pick->steps);
	} else if (!fmt_pick->huge) {
		(void)snprintf(buf, size, "%lld.%0*lld", fmt_pick->steps / per, in_ticks(c) ? 2 : 3,
			       fmt_pick->steps % per);
	} else {
		mag /= fmt_pick->unit->scale;
		decimals = mag < 99999.0 ? 2 : mag < 999999.0 ? 1 : 0;
		if (mag >= 9999999.0)
			(void)snprintf(buf, size, "%.1e", mag);
		else
			(void)snprintf(buf, size, "%.*f", decimals, mag);
	}
}

static const char *unit_name(const struct vms_clock *c, const struct fmt_pick *fmt_pick)
{
	return in_ticks(c) ? fmt_pick->unit->ticks : fmt_pick->unit->name;
}

static const char *put_signed(const struct vms_clock *clock, double ns, bool sign, char *buf,
			      size_t size)
{
	struct fmt_pick fmt_pick;
	char num[32];
	const char *s = "";

	if (!isfinite(ns)) {
		(void)snprintf(buf, size, "-");
		return buf;
	}
	fmt_pick = pick_unit(clock, fabs(ns));
	put_number(clock, &fmt_pick, fabs(ns), num, sizeof(num));
	if (sign)
		s = ns < 0 && (fmt_pick.steps || fmt_pick.huge) ? "-" : "+";
	(void)snprintf(buf, size, "%s%s %s", s, num, unit_name(clock, &fmt_pick));
	return buf;
}

const char *fmt_delta(const struct vms_clock *c, double ns, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%*s", FMT_WIDTH, put_signed(c, ns, true, FMT_BUF));
	return buf;
}

const char *fmt_signed(const struct vms_clock *c, double ns, char *buf, size_t size)
{
	return put_signed(c, ns, true, buf, size);
}

const char *fmt_span(const struct vms_clock *c, double ns, char *buf, size_t size)
{
	return put_signed(c, fabs(ns), false, buf, size);
}

const char *fmt_short(const struct vms_clock *c, double ns, bool sign, char *buf, size_t size)
{
	const struct fmt_unit *unit = fmt_unit_at(fabs(ns), 999.5);

	if (isfinite(ns))
		(void)snprintf(buf, size, sign ? "%+.3g %s" : "%.3g %s", ns / unit->scale,
			       in_ticks(c) ? unit->ticks : unit->name);
	else
		(void)snprintf(buf, size, "-");
	return buf;
}

const char *fmt_se(const struct vms_clock *c, double se_raw, char *buf, size_t size)
{
	if (!isnan(se_raw))
		return fmt_span(c, vms_clock_ns(c, 1) * se_raw, buf, size);
	(void)snprintf(buf, size, "-");
	return buf;
}

const char *fmt_change(const struct vms_clock *clock, double from_ns, double to_ns, char *buf,
		       size_t size)
{
	struct fmt_pick a, b;
	char from[32], to[32];

	if (isfinite(from_ns) && isfinite(to_ns)) {
		a = pick_unit(clock, fabs(from_ns));
		b = pick_unit(clock, fabs(to_ns));
		put_number(clock, &a, fabs(from_ns), from, sizeof(from));
		put_number(clock, &b, fabs(to_ns), to, sizeof(to));
		if (a.unit == b.unit) {
			(void)snprintf(buf, size, "%s -> %s %s", from, to, unit_name(clock, &a));
			return buf;
		}
	}
	(void)snprintf(buf, size, "%s -> %s", fmt_span(clock, from_ns, from, sizeof(from)),
		       fmt_span(clock, to_ns, to, sizeof(to)));
	return buf;
}

/* A clock's rate as mult / 2^shift [ns]; false when it is not known. */
static bool clock_ratio(const struct vms_clock *clock, vms_i128 *mult, unsigned int *shift)
{
	if (in_ticks(clock) || clock->ns_per_unit > 0x1p40)
		return false;
	if (clock->mult && clock->shift < 64) {
		*mult = clock->mult;
		*shift = clock->shift;
		return true;
	}
	*shift = clock->ns_per_unit < 0x1p20 ? 40 : 20;
	*mult = llround(ldexp(clock->ns_per_unit, (int)*shift));
	return *mult > 0;
}

int64_t fmt_raw_ns(const struct vms_clock *c, int64_t raw)
{
	vms_i128 mult;
	unsigned int shift;

	if (!clock_ratio(c, &mult, &shift))
		return raw;
	return vms_clamp_i64(vms_floor_div(raw * mult, (vms_i128)1 << shift));
}

int64_t fmt_ns_raw(const struct vms_clock *c, int64_t ns)
{
	vms_i128 mult;
	unsigned int shift;

	if (!clock_ratio(c, &mult, &shift))
		return ns;
	return vms_clamp_i64(-vms_floor_div(-((vms_i128)ns * ((vms_i128)1 << shift)), mult));
}

const char *fmt_grouped(uint64_t v, char *buf, size_t size)
{
	char digits[24];
	size_t n, i, at = 0;

	n = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)v);
	for (i = 0; i < n && at + 2 < size; i++) {
		if (i && (n - i) % 3 == 0)
			buf[at++] = ' ';
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
	return buf;
}

static const char *put_full(const struct vms_clock *clock, int64_t raw, const char *plus, char *buf,
			    size_t size)
{
	uint64_t mag = raw < 0 ? 0 - (uint64_t)raw : (uint64_t)raw;
	const char *s = raw < 0 ? "-" : plus;
	uint64_t ns;

	if (in_ticks(clock)) {
		(void)snprintf(buf, size, "%s%s tk", s, fmt_grouped(mag, BUF(32)));
		return buf;
	}
	ns = mag > INT64_MAX ? mag : (uint64_t)fmt_raw_ns(clock, (int64_t)mag);
	(void)snprintf(buf, size, "%s%llu.%03u %03u %03u s", s,
		       (unsigned long long)(ns / 1000000000u),
		       (unsigned int)(ns / 1000000u % 1000u), (unsigned int)(ns / 1000u % 1000u),
		       (unsigned int)(ns % 1000u));
	return buf;
}

const char *fmt_time(const struct vms_clock *c, int64_t raw, char *buf, size_t size)
{
	return put_full(c, raw, "", buf, size);
}

const char *fmt_offset(const struct vms_clock *c, int64_t raw, char *buf, size_t size)
{
	return put_full(c, raw, "+", buf, size);
}

const char *fmt_ppm(double drift, char *buf, size_t size)
{
	double ppm = drift * 1e6;

	if (!isfinite(ppm))
		(void)snprintf(buf, size, "-");
	else if (fabs(ppm) < 0.0005)
		(void)snprintf(buf, size, "+0.000 ppm");
	else if (fabs(ppm) < 1e6)
		(void)snprintf(buf, size, "%+.3f ppm", ppm);
	else
		(void)snprintf(buf, size, "%+.2e ppm", ppm);
	return buf;
}

const char *fmt_count(uint64_t v, char *buf, size_t size)
{
	static const char suffix[] = "kMGTPE";
	double shown = (double)v;
	size_t i;

	if (v < 10000) {
		(void)snprintf(buf, size, "%u", (unsigned int)v);
		return buf;
	}
	for (i = 0, shown /= 1000.0; shown >= 999.95 && suffix[i + 1]; i++)
		shown /= 1000.0;
	if (shown < 99.95)
		(void)snprintf(buf, size, "%.1f %c", shown, suffix[i]);
	else
		(void)snprintf(buf, size, "%.0f %c", shown, suffix[i]);
	return buf;
}

/*
 * Digits with an optional fraction; groups of three may stand apart ("659 694"). Thousandths of
 * millionths.
 */
static int parse_number(const char *text, size_t *used, vms_i128 *nano, struct vms_err *err)
{
	unsigned int whole_nr = 0, frac_nr = 0;
	bool frac = false;
	vms_i128 value = 0;
	size_t i = 0;

	for (;; i++) {
		if (text[i] == '.' && !frac) {
			frac = true;
		} else if (isdigit((unsigned char)text[i])) {
			if (frac && frac_nr >= 9)
				continue;
			if (!frac && ++whole_nr > 19)
				return vms_fail(err, VMS_ERANGE, "number too large");
			frac_nr += frac;
			value = value * 10 + (text[i] - '0');
		} else if (text[i] == ' ' && i && isdigit((unsigned char)text[i - 1]) &&
			   isdigit((unsigned char)text[i + 1]) &&
			   isdigit((unsigned char)text[i + 2]) &&
			   isdigit((unsigned char)text[i + 3]) &&
			   !isdigit((unsigned char)text[i + 4])) {
			continue;
		} else {
			break;
		}
	}
	if (!whole_nr && !frac_nr)
		return vms_fail(err, VMS_EUSAGE, "expected a number");
	for (; frac_nr < 9; frac_nr++)
		value *= 10;
	*nano = value;
	*used = i;
	return 0;
}

/* The unit at s: its length in ns, 0 for raw units, -1 for none. */
static int64_t parse_unit(const char *text, size_t *used)
{
	static const struct {
		const char *name;
		int64_t ns;
	} names[] = {
		{ "\xc2\xb5s", 1000 }, { "\xce\xbcs", 1000 }, { "min", 60000000000 },
		{ "m", 60000000000 },  { "tk", 0 },	      { "ticks", 0 },
		{ "raw", 0 },
	};
	size_t i, n = 0;

	while (isalpha((unsigned char)text[n]) || (unsigned char)text[n] >= 0x80)
		n++;
	*used = n;
	for (i = 0; i < UNITS_NR; i++)
		if (strlen(units[i].name) == n && !strncmp(text, units[i].name, n))
			return (int64_t)units[i].scale;
	for (i = 0; i < VMS_ARRAY_NR(names); i++)
		if (strlen(names[i].name) == n && !strncmp(text, names[i].name, n))
			return names[i].ns;
	return -1;
}

static int scale_to_raw(const struct vms_clock *c, vms_i128 nano, int64_t unit_ns, int64_t *raw,
			struct vms_err *err)
{
	vms_i128 mult, ps, q;
	unsigned int shift;

	if (!unit_ns) {
		q = (nano + 500000000) / 1000000000;
	} else {
		if (!clock_ratio(c, &mult, &shift))
			return vms_fail(err, VMS_EUSAGE,
					"the clock's rate is not known: use tk, not ns or s");
		if (nano > (vms_i128)INT64_MAX * 1000000000 / unit_ns || shift > 50)
			return vms_fail(err, VMS_ERANGE, "duration too long");
		ps = (nano * unit_ns + 500000) / 1000000;
		q = (ps * ((vms_i128)1 << shift) + 500 * mult) / (1000 * mult);
	}
	if (q > INT64_MAX)
		return vms_fail(err, VMS_ERANGE, "duration too long");
	*raw = (int64_t)q;
	return 0;
}

/* A length as typed: thousandths of millionths of a unit, which is so many ns, or 0 = a tick. */
struct length {
	bool negative;
	vms_i128 nano;
	int64_t unit_ns;
};

static int parse_length(const struct vms_clock *clock, const char *text, bool bare_raw,
			struct length *length, int64_t *raw, size_t *used, struct vms_err *err)
{
	size_t at = 0, n = 0, unit_at, unit_n = 0;
	int ret;

	length->negative = text[0] == '-';
	if (text[0] == '-' || text[0] == '+')
		at++;
	ret = parse_number(text + at, &n, &length->nano, err);
	if (ret)
		return ret;
	at += n;
	unit_at = at + (text[at] == ' ');
	length->unit_ns = parse_unit(text + unit_at, &unit_n);
	if (length->unit_ns >= 0)
		at = unit_at + unit_n;
	else if (isalpha((unsigned char)text[at]) || (unsigned char)text[at] >= 0x80)
		return vms_fail(err, VMS_EUSAGE, "unknown unit, want ns us ms s min or tk");
	else
		length->unit_ns = bare_raw || in_ticks(clock) ? 0 : 1000000000;
	*used = at;
	ret = scale_to_raw(clock, length->nano, length->unit_ns, raw, err);
	if (!ret && length->negative)
		*raw = -*raw;
	return ret;
}

int parse_duration(const struct vms_clock *c, const char *text, bool bare_raw, int64_t *raw,
		   size_t *used, struct vms_err *err)
{
	struct length length;

	return parse_length(c, text, bare_raw, &length, raw, used, err);
}

int parse_time(const struct vms_clock *clock, const char *text, int64_t from_raw, int64_t *raw,
	       size_t *used, struct vms_err *err)
{
	bool relative = text[0] == '+' || text[0] == '-';
	struct length length;
	int64_t v, first_raw;
	vms_i128 want_ns;
	int ret;

	ret = parse_length(clock, text, false, &length, &v, used, err);
	if (ret)
		return ret;
	*raw = relative ? vms_clamp_i64((vms_i128)from_raw + v) : v;
	if (!length.unit_ns)
		return 0;
	want_ns = length.nano * length.unit_ns / 1000000000;
	if (relative)
		want_ns = fmt_raw_ns(clock, from_raw) + (length.negative ? -want_ns : want_ns);
	first_raw = fmt_ns_raw(clock, vms_clamp_i64(want_ns));
	if (fmt_raw_ns(clock, *raw) != want_ns && fmt_raw_ns(clock, first_raw) == want_ns)
		*raw = first_raw;
	return 0;
}

double fmt_step(double range, int n)
{
	double raw = range / (n > 0 ? n : 1), ten;

	if (!(raw > 0) || !isfinite(raw))
		return 1.0;
	ten = pow(10.0, floor(log10(raw)));
	if (raw <= ten * 1.0000001)
		return ten;
	if (raw <= 2.0 * ten * 1.0000001)
		return 2.0 * ten;
	return raw <= 5.0 * ten * 1.0000001 ? 5.0 * ten : 10.0 * ten;
}
