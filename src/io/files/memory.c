// SPDX-License-Identifier: LGPL-2.1-or-later
/* Where the system says how much memory a process may have. */
#include "io/files/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/util.h"

#define GROUPS "/sys/fs/cgroup"

/* a number in a file; "max", and no such file, are no limit */
static uint64_t number_in(const char *path)
{
	FILE *file = fopen(path, "re");
	char text[32] = "", *end = text;
	uint64_t v = UINT64_MAX;

	if (!file)
		return v;
	if (fgets(text, sizeof(text), file))
		v = strtoull(text, &end, 10);
	(void)fclose(file);
	return end == text ? UINT64_MAX : v;
}

/* the group of this process and those above it: each has a limit of its own */
static uint64_t groups_limit(void)
{
	uint64_t least = number_in(GROUPS "/memory/memory.limit_in_bytes"); /* version 1 */
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[2048] = "", path[2200], *slash;

	if (!file)
		return least;
	while (fgets(line, sizeof(line), file) && strncmp(line, "0::/", 4) != 0)
		line[0] = '\0';
	(void)fclose(file);
	line[strcspn(line, "\n")] = '\0';
	for (; (slash = strrchr(line, '/')); *slash = '\0') {
		(void)snprintf(path, sizeof(path), GROUPS "%s/memory.max", line + strlen("0::"));
		least = VMS_MIN(least, number_in(path));
	}
	return least;
}

uint64_t memory_limit(void)
{
	static const int kinds[] = { RLIMIT_AS, RLIMIT_DATA };
	uint64_t least = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	struct rlimit limit;
	size_t i;

	least = VMS_MIN(least, groups_limit());
	for (i = 0; i < VMS_ARRAY_NR(kinds); i++)
		if (!getrlimit(kinds[i], &limit) && limit.rlim_cur != RLIM_INFINITY)
			least = VMS_MIN(least, (uint64_t)limit.rlim_cur);
	return least;
}
