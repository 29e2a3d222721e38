/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Order statistics in place: selection without sorting. */
#ifndef VMS_ORDER_H
#define VMS_ORDER_H

#include <stddef.h>
#include <stdint.h>

/**
 * vms_order_random - next of a deterministic sequence (splitmix64); same seed, same results on
 * every machine
 */
static inline uint64_t vms_order_random(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/**
 * vms_order_select - the k-th smallest (from 0) of n values, which are reordered: smaller ones
 * before it. O(n) expected
 */
double vms_order_select(double *v, size_t n, size_t k);

/**
 * vms_order_median - median, the mean of the middle two when n is even; values are reordered, n at
 * least 1
 */
double vms_order_median(double *v, size_t n);

/**
 * vms_order_mad - median distance to a centre; vms_order_p99 - 99 % of the values are at or below
 * it. As above
 */
double vms_order_mad(double *v, size_t n, double median);
double vms_order_p99(double *v, size_t n);

#endif
