/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An arena: many small pieces of memory that are freed at once. */
#ifndef IO_ARENA_H
#define IO_ARENA_H

#include <stddef.h>

struct arena_block;

/** struct arena - zero it to start; freed pieces do not exist, only the whole */
struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used, size;	    /* of the newest block [bytes] */
};

/**
 * arena_alloc - room for @nr elements of @size bytes, aligned to 8, zeroed; never NULL but when out
 * of memory
 */
void *arena_alloc(struct arena *arena, size_t nr, size_t size);
/** arena_strdup - a copy of a string; NULL when out of memory or given NULL */
char *arena_strdup(struct arena *a, const char *s);
/**
 * arena_strndup - a copy of at most @max bytes of a string, ended by NUL; NULL when out of memory
 */
char *arena_strndup(struct arena *a, const char *s, size_t max);
/** arena_clear - free all of it; it can be used again */
void arena_clear(struct arena *a);

#endif
