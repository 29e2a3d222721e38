/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every unit test includes: cmocka in the order it wants, and where recordings are. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * unit_recording - path of a recording, or NULL when this machine does not have it
 * @name: "01-demo.dat"
 *
 * Looks in tests/data, then in the folder VMSYNC_RECORDINGS, then in ../shared/recordings beside
 * the checkout. A test that gets NULL calls skip().
 */
static inline const char *unit_recording(const char *name, char *buf, size_t size)
{
	const char *root = getenv("VMSYNC_SOURCE_ROOT");
	const char *dirs[] = { getenv("VMSYNC_TEST_DATA"), getenv("VMSYNC_RECORDINGS"), NULL };
	char shared[512];
	size_t i;

	(void)snprintf(shared, sizeof(shared), "%s/../shared/recordings", root ? root : ".");
	dirs[2] = shared;
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (!dirs[i])
			continue;
		(void)snprintf(buf, size, "%s/%s", dirs[i], name);
		if (!access(buf, R_OK))
			return buf;
	}
	return NULL;
}

#endif
