// SPDX-License-Identifier: LGPL-2.1-or-later
/* How an arena hands out its blocks. */
#include "io/files/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

#define ARENA_FIRST_BYTES ((size_t)16 << 10)
#define ARENA_BLOCK_MAX_BYTES ((size_t)4 << 20)

struct arena_block {
	struct arena_block *next;
	_Alignas(8) unsigned char data[];
};

static int block_add(struct arena *arena, size_t need)
{
	size_t size =
		arena->size ? VMS_MIN(arena->size * 2, ARENA_BLOCK_MAX_BYTES) : ARENA_FIRST_BYTES;
	struct arena_block *b;

	size = VMS_MAX(size, need);
	b = vms_calloc(1, sizeof(*b) + size); /* size <= SIZE_MAX / 2 + 7 */
	if (!b)
		return -1;
	b->next = arena->blocks;
	arena->blocks = b;
	arena->used = 0;
	arena->size = size;
	return 0;
}

void *arena_alloc(struct arena *arena, size_t nr, size_t size)
{
	void *p;

	if (vms_mul_overflow(nr, size, &size) || size > SIZE_MAX / 2)
		return NULL;
	size = size ? (size + 7) & ~(size_t)7 : 8;
	if (arena->size - arena->used < size && block_add(arena, size))
		return NULL;
	p = arena->blocks->data + arena->used;
	arena->used += size;
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, SIZE_MAX) : NULL;
}

char *arena_strndup(struct arena *a, const char *s, size_t max)
{
	const size_t n = strnlen(s, max);
	char *p = arena_alloc(a, n + 1, 1);

	if (p)
		memcpy(p, s, n);
	return p;
}

void arena_clear(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *next = a->blocks->next;

		free(a->blocks);
		a->blocks = next;
	}
	a->used = 0;
	a->size = 0;
}
