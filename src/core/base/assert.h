/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of what must hold at the borders of rooms, in builds that are not for release: mistakes of
 * the program. Bad data is an error, never one of these.
 */
#ifndef VMS_ASSERT_H
#define VMS_ASSERT_H

#include <assert.h>
#include <stddef.h>

#define VMS_ASSERT(x) assert(x)

/* For each i of [from, nr), as VMS_ASSERT_EACH(i, 1, nr, v[i - 1] <= v[i]) that it ascends */
#ifdef NDEBUG
#define VMS_ASSERT_EACH(i, from, nr, x) ((void)0)
#else
#define VMS_ASSERT_EACH(i, from, nr, x)                                                            \
	do {                                                                                       \
		for (size_t i = (from); i < (size_t)(nr); i++)                                     \
			assert(x);                                                                 \
	} while (0)
#endif

#endif
