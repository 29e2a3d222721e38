// SPDX-License-Identifier: LGPL-2.1-or-later
/* libFuzzer target: any bytes as a trace.dat. Build with clang, -Dfuzz=true; seeds: tests/data. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "use.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	const int fd = memfd_create("fuzz", 0);

	if (fd < 0)
		return 0;
	if (write(fd, data, size) == (ssize_t)size) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		(void)use_file(path);
	}
	(void)close(fd);
	return 0;
}
