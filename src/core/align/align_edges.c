// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How the edges of a sweep come into the order of their places: by digits, as there are millions in
 * a narrow window.
 */
#include "core/align/align_impl.h"

#include <stdlib.h>

#include "core/base/util.h"

#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)
#define FEW 256 /* so many are sorted by comparing: counting digits takes longer */

static int by_place(const void *a, const void *b)
{
	const struct align_edge *x = a, *y = b;

	return (x->at_raw > y->at_raw) - (x->at_raw < y->at_raw);
}

/* Distance to the least place; any two int64_t are less than 2^64 apart. */
static uint64_t key_of(const struct align_edge *e, int64_t least_raw)
{
	return (uint64_t)e->at_raw - (uint64_t)least_raw;
}

/* One digit: from @from to @to, equal ones in the order in which they stood. */
static void pass(const struct align_edge *from, struct align_edge *to, size_t nr, int64_t least_raw,
		 unsigned int shift)
{
	size_t at[DIGITS] = { 0 }, i, sum = 0, n;

	for (i = 0; i < nr; i++)
		at[key_of(&from[i], least_raw) >> shift & (DIGITS - 1)]++;
	for (i = 0; i < DIGITS; i++) {
		n = at[i];
		at[i] = sum;
		sum += n;
	}
	for (i = 0; i < nr; i++)
		to[at[key_of(&from[i], least_raw) >> shift & (DIGITS - 1)]++] = from[i];
}

int align_edges_sort(struct align_ctx *ctx, size_t nr)
{
	int64_t least_raw, most_raw;
	unsigned int shift;
	uint64_t span;
	size_t i;
	int ret;

	if (nr < FEW) {
		if (nr)
			qsort(ctx->edges, nr, sizeof(*ctx->edges), by_place);
		return 0;
	}
	ret = vms_grow(&ctx->spare, &ctx->spare_cap, nr, sizeof(*ctx->spare), ALIGN_EDGES_MAX);
	if (ret)
		return ret;
	least_raw = most_raw = ctx->edges[0].at_raw;
	for (i = 1; i < nr; i++) {
		least_raw = VMS_MIN(least_raw, ctx->edges[i].at_raw);
		most_raw = VMS_MAX(most_raw, ctx->edges[i].at_raw);
	}
	span = (uint64_t)most_raw - (uint64_t)least_raw;
	for (shift = 0; shift < 64 && span >> shift; shift += DIGIT_BITS) {
		struct align_edge *sorted = ctx->spare;
		size_t cap = ctx->spare_cap;

		pass(ctx->edges, sorted, nr, least_raw, shift);
		ctx->spare = ctx->edges;
		ctx->spare_cap = ctx->edges_cap;
		ctx->edges = sorted;
		ctx->edges_cap = cap;
	}
	return 0;
}
