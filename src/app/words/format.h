/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers as people read them, and times and durations as people type them. */
#ifndef APP_FORMAT_H
#define APP_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vmsync/err.h>
#include <vmsync/time.h>

#include "core/base/printable.h"

#define FMT_WIDTH 11 /* cells of fmt_delta() */
#define FMT_SIZE 48  /* [bytes] enough for every number below */
#define FMT_BUF BUF(FMT_SIZE)

/*
 * All functions write into buf, end it with NUL and return it. @ns is in ns, or in ticks when the
 * clock's rate is unknown (@clock->ns_per_unit is 0): the unit shown follows the clock.
 */

/**
 * fmt_delta - signed difference, FMT_WIDTH cells: "    +212 ns", "-999.999 us"; not finite: a lone
 * "-"
 */
const char *fmt_delta(const struct vms_clock *c, double ns, char *buf, size_t size);
/** fmt_signed - the same without padding: "-61 ns" */
const char *fmt_signed(const struct vms_clock *c, double ns, char *buf, size_t size);
/** fmt_span - a length without sign or padding: "59 ns", "1.862 us" */
const char *fmt_span(const struct vms_clock *c, double ns, char *buf, size_t size);
/** fmt_short - three digits and a unit, for scales: "19.3 us", "+20 us"; not finite: "-" */
const char *fmt_short(const struct vms_clock *c, double ns, bool sign, char *buf, size_t size);
/** fmt_se - a standard error in raw units as a length; "-" where there is none */
const char *fmt_se(const struct vms_clock *c, double se_raw, char *buf, size_t size);
/** fmt_change - two lengths in one unit: "59 -> 57 ns", "1.862 -> 1.700 us" */
const char *fmt_change(const struct vms_clock *c, double from_ns, double to_ns, char *buf,
		       size_t size);
/** fmt_time - a full time, exact: "12.345 659 694 s"; ticks of unknown length "12 345 tk" */
const char *fmt_time(const struct vms_clock *c, int64_t raw, char *buf, size_t size);
/** fmt_offset - a full signed difference of raw times: "+3.141 592 653 s" */
const char *fmt_offset(const struct vms_clock *c, int64_t raw, char *buf, size_t size);
/** fmt_grouped - "1 234 567" */
const char *fmt_grouped(uint64_t v, char *buf, size_t size);
/** fmt_ppm - a drift: "-0.021 ppm" */
const char *fmt_ppm(double drift, char *buf, size_t size);
/** fmt_count - a count in at most 6 cells: "229", "2.1 M" */
const char *fmt_count(uint64_t v, char *buf, size_t size);

/** struct fmt_unit - a unit of time, or of ticks where a clock's rate is unknown */
struct fmt_unit {
	double scale; /* [ns or ticks] */
	const char *name, *ticks;
};
/** fmt_unit_at - the first unit of which a magnitude is less than @most, else the last */
const struct fmt_unit *fmt_unit_at(double mag, double most);

/** fmt_step - least 1-2-5 step that gives at most n intervals over a range */
double fmt_step(double range, int n);

/** fmt_s - the ending of a noun behind a count: "1 pair", "2 pairs" */
static inline const char *fmt_s(uint64_t nr)
{
	return nr == 1 ? "" : "s";
}

/** fmt_raw_ns - raw time to whole ns, floor, saturating; raw itself when the rate is unknown */
int64_t fmt_raw_ns(const struct vms_clock *c, int64_t raw);
/**
 * fmt_ns_raw - the least raw time whose fmt_raw_ns() is at least @ns, saturating; inverse of
 * fmt_raw_ns() for a floor
 */
int64_t fmt_ns_raw(const struct vms_clock *c, int64_t ns);

/**
 * parse_duration - a length of time with a unit: "2us", "1.5 ms", "-40ns", "12 345 s", "300tk"
 * @used: bytes read; the text may go on
 * @raw: [raw units], rounded to the nearest
 * Units: ns us ms s m, and tk (raw units). Without a unit: raw when @bare_raw, else seconds.
 * Return: 0; -VMS_EUSAGE; -VMS_ERANGE.
 */
int parse_duration(const struct vms_clock *c, const char *text, bool bare_raw, int64_t *raw,
		   size_t *used, struct vms_err *err);

/**
 * parse_time - a time, or one relative to @from_raw where a sign stands before it
 * @raw: the nearest raw unit that fmt_time() shows as typed; where none is, as with a slow clock,
 *   the nearest.
 * fmt_time() rounds down as trace-cmd does, so the nearest of all may show 228.699 999 999 s for
 * 228.7 s.
 * Otherwise as parse_duration().
 */
int parse_time(const struct vms_clock *c, const char *text, int64_t from_raw, int64_t *raw,
	       size_t *used, struct vms_err *err);

#endif
