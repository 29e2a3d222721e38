/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Growing arrays with a checked product and a hard maximum, and allocation that tests can make
 * fail.
 */
#ifndef VMS_UTIL_H
#define VMS_UTIL_H

#include <stddef.h>
#include "core/base/compiler.h"

/**
 * vms_grow - make room in an array
 * @array: address of the array pointer (any pointer type)
 * @cap_nr: its capacity [elements]
 * @need_nr: elements wanted
 * @size_bytes: size of one element
 * @max_nr: hard maximum [elements]
 *
 * Grows by half at least. On failure the array stays as it was.
 * Return: 0; -VMS_ENOMEM; -VMS_ERANGE above @max_nr.
 */
int vms_grow(void *array, size_t *cap_nr, size_t need_nr, size_t size_bytes,
	     size_t max_nr) VMS_MUST_USE;

/**
 * vms_shrink - give back what an array has room for beyond its elements: of one that grew and is
 * kept. Its capacity is @nr then
 */
void vms_shrink(void *array, size_t nr, size_t size_bytes);

/**
 * vms_give_back - what was freed goes back to the system, where the C library has kept it
 * @events_nr: of the recording; of few it is not worth the fresh pages that come after it
 */
void vms_give_back(uint64_t events_nr);

/** vms_calloc - calloc() with the failure hook of tests */
void *vms_calloc(size_t nr, size_t size_bytes);
/** vms_realloc - realloc() with the failure hook of tests */
void *vms_realloc(void *p, size_t size_bytes);
/** vms_strdup - strdup() with the failure hook of tests; NULL gives NULL */
char *vms_strdup(const char *s);

/**
 * vms_alloc_missed - how many of these failed since the start. What can do without says nothing of
 * it: who promises all or nothing asks here before it writes
 */
unsigned long vms_alloc_missed(void);

/**
 * vms_alloc_fail_at - the n-th allocation from now fails, and all after it; 0 = never. For tests
 */
void vms_alloc_fail_at(unsigned long n);

#define VMS_ARRAY_NR(a) (sizeof(a) / sizeof((a)[0]))
#define VMS_MIN(a, b) ((a) < (b) ? (a) : (b))
#define VMS_MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
