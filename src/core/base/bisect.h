/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bisection: where a condition that holds up to a point ends. In place, so that it costs what a
 * loop written by hand costs.
 */
#ifndef VMS_BISECT_H
#define VMS_BISECT_H

#include "core/base/util.h"

/**
 * VMS_BISECT - the first place of [lo, hi) that a condition does not hold for; hi when it holds for
 * all
 * @lo: first place, an integer variable; the answer afterwards
 * @hi: end of the places, a variable of the same type
 * @k: name of a place within the condition
 * @before: condition on @k; from the first place that it does not hold for, it holds for none
 */
#define VMS_BISECT(lo, hi, k, before)                                                              \
	do {                                                                                       \
		while (lo < hi) {                                                                  \
			const VMS_TYPEOF(lo) k = lo + (hi - lo) / 2;                               \
                                                                                                   \
			if (before)                                                                \
				lo = k + 1;                                                        \
			else                                                                       \
				hi = k;                                                            \
		}                                                                                  \
	} while (0)

/**
 * VMS_BISECT_NEAR - the same, looked for outwards from a guess by steps that double
 * @from: the guess, a place of [lo, hi] or beside it
 */
#define VMS_BISECT_NEAR(lo, hi, from, k, before)                                                   \
	do {                                                                                       \
		VMS_TYPEOF(lo) k = VMS_MAX(lo, VMS_MIN(from, hi)), step_ = 0;                      \
                                                                                                   \
		if (k < hi && (before)) {                                                          \
			do {                                                                       \
				lo = k + 1;                                                        \
				k = step_ < hi - lo ? lo + step_ : hi;                             \
				step_ = 2 * step_ + 1;                                             \
			} while (k < hi && (before));                                              \
			hi = k;                                                                    \
		} else {                                                                           \
			do {                                                                       \
				hi = k;                                                            \
				k = step_ < hi - lo ? hi - 1 - step_ : lo;                         \
				step_ = 2 * step_ + 1;                                             \
			} while (k < hi && !(before));                                             \
			lo = k < hi ? k + 1 : lo;                                                  \
		}                                                                                  \
		VMS_BISECT(lo, hi, mid_, (k = mid_, before));                                      \
	} while (0)

#endif
