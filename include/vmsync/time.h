/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Units of a trace clock, conversion to nanoseconds, and exact integer helpers. */
#ifndef VMSYNC_TIME_H
#define VMSYNC_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum vms_rate_from - how ns_per_unit of a clock is known */
enum vms_rate_from {
	VMS_RATE_UNKNOWN,   /* ticks of unknown length; show raw units */
	VMS_RATE_NS,	    /* the clock counts nanoseconds */
	VMS_RATE_TSC2NSEC,  /* option TSC2NSEC of the file */
	VMS_RATE_ESTIMATED, /* from events that carry both clocks (hrtimer_expire_entry.now) */
};

/** struct vms_clock - a trace clock: its name and the length of its unit */
struct vms_clock {
	char name[24];	/* "local", "x86-tsc", ...; "" when the file does not say */
	bool counts_ns; /* true unless the unit is a tick or an event counter */
	/* TSC2NSEC: ns = ticks * mult >> shift; mult 0 = not in the file */
	uint32_t mult, shift;
	double ns_per_unit; /* 1.0 for ns clocks; 0.0 when unknown */
	enum vms_rate_from rate_from;
};

/**
 * vms_clock_ns - a difference of raw times in ns (floating, for display and estimators); raw when
 * the rate is unknown
 */
double vms_clock_ns(const struct vms_clock *c, int64_t diff_raw);

/** vms_clock_unit - "ns" when vms_clock_ns() gives ns, "ticks" otherwise */
const char *vms_clock_unit(const struct vms_clock *c);

/** vms_sub_i64 - a - b; false on overflow, *diff untouched */
bool vms_sub_i64(int64_t a, int64_t b, int64_t *diff);
/** vms_sat_add_i64 - a + b, clamped to the range of int64; for drawing only */
int64_t vms_sat_add_i64(int64_t a, int64_t b);
/** vms_sat_sub_i64 - a - b, clamped to the range of int64; for drawing only */
int64_t vms_sat_sub_i64(int64_t a, int64_t b);

#ifdef __cplusplus
}
#endif

#endif
