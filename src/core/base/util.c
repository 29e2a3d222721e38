// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How memory is asked for: checked products, hard maxima, and one place where tests inject failure.
 */
#include "core/base/util.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <vmsync/err.h>

static unsigned long fail_at;
static atomic_ulong calls;
static atomic_ulong missed;

static int must_fail(void)
{
	if (!fail_at)
		return 0;
	return atomic_fetch_add(&calls, 1) + 1 >= fail_at;
}

void vms_alloc_fail_at(unsigned long n)
{
	fail_at = n;
	atomic_store(&calls, 0);
}

unsigned long vms_alloc_missed(void)
{
	return atomic_load(&missed);
}

static void *got(void *p)
{
	if (!p)
		atomic_fetch_add(&missed, 1);
	return p;
}

void *vms_calloc(size_t nr, size_t size_bytes)
{
	return got(must_fail() ? NULL : calloc(nr ? nr : 1, size_bytes));
}

void *vms_realloc(void *p, size_t size_bytes)
{
	return got(must_fail() ? NULL : realloc(p, size_bytes ? size_bytes : 1));
}

char *vms_strdup(const char *s)
{
	size_t len;
	char *d;

	if (!s)
		return NULL;
	len = strlen(s) + 1;
	d = vms_realloc(NULL, len);
	return d ? memcpy(d, s, len) : NULL;
}

int vms_grow(void *array, size_t *cap_nr, size_t need_nr, size_t size_bytes, size_t max_nr)
{
	size_t cap = *cap_nr;
	size_t bytes;
	void *old;
	void *new;

	if (need_nr <= cap)
		return 0;
	if (need_nr > max_nr)
		return -VMS_ERANGE;
	cap += cap / 2;
	if (cap < need_nr)
		cap = need_nr;
	if (cap < 16)
		cap = 16;
	if (cap > max_nr)
		cap = max_nr;
	if (vms_mul_overflow(cap, size_bytes, &bytes))
		return -VMS_ERANGE;
	memcpy(&old, array, sizeof(old)); /* array points to a pointer of any type */
	new = vms_realloc(old, bytes);
	if (!new)
		return -VMS_ENOMEM;
	memcpy(array, &new, sizeof(new));
	*cap_nr = cap;
	return 0;
}

void vms_shrink(void *array, size_t nr, size_t size_bytes)
{
	void *p;

	memcpy(&p, array, sizeof(p));
	p = nr ? realloc(p, nr * size_bytes) : NULL;
	if (p) /* else it stays as it is */
		memcpy(array, &p, sizeof(p));
}

#define GIVE_BACK_NR 1000000u

void vms_give_back(uint64_t events_nr)
{
#ifdef __GLIBC__
	if (events_nr >= GIVE_BACK_NR)
		(void)malloc_trim(0);
#endif
}
