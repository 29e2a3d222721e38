/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A test program on the demo recording, which is in the tree: the application that all its tests
 * share.
 */
#ifndef TESTS_DEMO_FIXTURE_H
#define TESTS_DEMO_FIXTURE_H

#include "app_fixture.h"

static struct fixture f;

static inline int open_demo(void **state)
{
	(void)state;
	assert_true(fixture_try(&f, "01-demo.dat", NULL));
	return 0;
}

static inline int close_demo(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static inline void run(const char *line)
{
	struct vms_err err = { 0 };

	if (app_run(f.app, line, &err))
		fail_msg("%s: %s", line, err.msg);
}

#endif
