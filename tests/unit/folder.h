/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder for the files of a test, and what stands in them. */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include "unit.h"

static char folder[] = P_tmpdir "/vmsync-test-XXXXXX";

static inline int folder_make(void **state)
{
	(void)state;
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	return !mkdtemp(folder);
}

static inline int folder_remove(void **state)
{
	char command[sizeof(folder) + 16];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

/* Path of a file there; four of them may be in use at a time. */
static inline const char *in_folder(const char *name)
{
	static char path[4][sizeof(folder) + 40];
	static unsigned int i;

	i = (i + 1) % 4;
	(void)snprintf(path[i], sizeof(path[i]), "%s/%s", folder, name);
	return path[i];
}

/* Writes a file there. Return: its path */
static inline const char *put_file(const char *name, const char *text)
{
	const char *path = in_folder(name);
	FILE *s = fopen(path, "we");

	assert_non_null(s);
	assert_true(fputs(text, s) >= 0);
	assert_int_equal(fclose(s), 0);
	return path;
}

#endif
