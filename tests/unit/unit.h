/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every unit test includes: cmocka in the order it wants, tests that need no list, and where
 * recordings are.
 */
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

/* The tests of this program. */
static struct CMUnitTest unit_tests[64] __attribute__((unused));
static size_t unit_tests_nr __attribute__((unused));

/* TEST - a test, which runs by being there; TEST_IN - one with something made before it */
#define TEST(name) TEST_IN(name, NULL, NULL)
#define TEST_IN(name, before, after)                                                               \
	static void name(void **state);                                                            \
	__attribute__((constructor)) static void name##_is_a_test(void)                            \
	{                                                                                          \
		assert_true(unit_tests_nr < sizeof(unit_tests) / sizeof(unit_tests[0]));           \
		unit_tests[unit_tests_nr++] =                                                      \
			(struct CMUnitTest){ #name, name, before, after, NULL };                   \
	}                                                                                          \
	static void name(void **state __attribute__((unused)))

/* UNIT_MAIN - runs them, or those that the argument names, between what all of them need */
#define UNIT_MAIN(before, after)                                                                   \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		if (argc > 1)                                                                      \
			cmocka_set_test_filter(argv[1]);                                           \
		return _cmocka_run_group_tests("tests", unit_tests, unit_tests_nr, before, after); \
	}

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
