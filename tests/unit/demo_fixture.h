/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A test program on the demo recording: the application that all its tests share; f.app is NULL
 * where it is not here.
 */
#ifndef TESTS_DEMO_FIXTURE_H
#define TESTS_DEMO_FIXTURE_H

#include "app_fixture.h"

static struct fixture f;

static inline int open_demo(void **state)
{
	(void)state;
	(void)fixture_open(&f, "01-demo.dat", NULL);
	return 0;
}

static inline int close_demo(void **state)
{
	(void)state;
	if (f.app)
		fixture_close(&f);
	return 0;
}

#endif
