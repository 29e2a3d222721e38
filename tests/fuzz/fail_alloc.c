// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An allocator for LD_PRELOAD whose n-th allocation fails, or all from then on, whoever asks:
 * FAIL_AT=N, FAIL_ON=1 for all after it. FAIL_COUNT=FILE: how many there were.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t nr, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t align, size_t size);
void *malloc(size_t size);
void *calloc(size_t nr, size_t size);
void *realloc(void *p, size_t size);
int posix_memalign(void **out, size_t align, size_t size);
void *aligned_alloc(size_t align, size_t size);

static atomic_ulong counted;
static unsigned long fail_at;
static bool from_then_on;
static pid_t self;

static unsigned long number(const char *name)
{
	const char *s = getenv(name);

	return s ? strtoul(s, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
	self = getpid();
	fail_at = number("FAIL_AT");
	from_then_on = number("FAIL_ON");
	atomic_store(&counted, 0);
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FAIL_COUNT");
	const int fd = path && getpid() == self
			       ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
			       : -1;

	if (fd < 0)
		return;
	(void)dprintf(fd, "%lu\n", atomic_load(&counted));
	(void)close(fd);
}

static bool fails(void)
{
	const unsigned long n = atomic_fetch_add(&counted, 1) + 1;

	if (!fail_at || getpid() != self || n < fail_at || (n > fail_at && !from_then_on))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t nr, size_t size)
{
	return fails() ? NULL : __libc_calloc(nr, size);
}

void *realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return fails() ? NULL : __libc_memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
	*out = aligned_alloc(align, size);
	return *out ? 0 : ENOMEM;
}
