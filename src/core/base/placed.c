// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sorting things by host time, fast where long runs ascend already. */
#include "core/base/assert.h"
#include "core/base/placed.h"

#include <vmsync/err.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

/* Equal times by index, so that the order does not depend on the one before. */
static bool goes_before(const struct vms_placed *a, const struct vms_placed *b)
{
	return a->at_raw != b->at_raw ? a->at_raw < b->at_raw : a->idx < b->idx;
}

/* End of the ascending run that begins at from. */
static uint32_t run_end(const struct vms_placed *p, uint32_t nr, uint32_t from)
{
	uint32_t i = from + 1;

	while (i < nr && !goes_before(&p[i], &p[i - 1]))
		i++;
	return i < nr ? i : nr;
}

static void merge(struct vms_placed *to, const struct vms_placed *a, const struct vms_placed *a_end,
		  const struct vms_placed *b, const struct vms_placed *b_end)
{
	while (a < a_end && b < b_end)
		*to++ = goes_before(b, a) ? *b++ : *a++;
	memcpy(to, a, (size_t)(a_end - a) * sizeof(*to));
	to += a_end - a;
	memcpy(to, b, (size_t)(b_end - b) * sizeof(*to));
}

/*
 * Neighbours that stand the wrong way round would be so many runs, and each doubling of them
 * another pass.
 */
#define NEAR_NR 16u
/* As many passes as four thousand million things without any order ask for. */
#define PASSES_MOST 32u

static void sort_near(struct vms_placed *p, uint32_t nr)
{
	uint32_t i, k;

	for (i = 1; i < nr; i++) {
		const struct vms_placed x = p[i];

		for (k = i; k && i - k < NEAR_NR && goes_before(&x, &p[k - 1]); k--)
			p[k] = p[k - 1];
		p[k] = x;
	}
}

/* One pass: neighbouring runs are merged. Return: how many runs are left, 0 = given up. */
static uint32_t merge_runs(struct vms_placed *to, const struct vms_placed *from, uint32_t nr,
			   const struct vms_progress *progress)
{
	uint32_t i = 0, runs_nr = 0;

	while (i < nr) {
		const uint32_t mid = run_end(from, nr, i);
		const uint32_t end = mid < nr ? run_end(from, nr, mid) : nr;

		if (vms_progress_cancelled(progress))
			return 0;
		merge(to + i, from + i, from + mid, from + mid, from + end);
		i = end;
		runs_nr++;
	}
	return runs_nr;
}

/*
 * Natural merge sort: a clock that was set back twice makes three runs, and two passes are enough.
 */
int vms_placed_sort(struct vms_placed *placed, uint32_t nr, const struct vms_progress *progress)
{
	struct vms_placed *tmp, *from = placed, *to;
	uint32_t runs_nr = 2, pass = 0;

	if (!nr || run_end(placed, nr, 0) == nr)
		return 0;
	sort_near(placed, nr);
	tmp = vms_calloc(nr, sizeof(*tmp));
	if (!tmp)
		return -VMS_ENOMEM;
	for (to = tmp; runs_nr > 1; pass++) {
		struct vms_placed *t = from;

		runs_nr = merge_runs(to, from, nr, progress);
		/* each pass leaves half as many runs */
		vms_progress_tell(progress, "", PASSES_MOST + pass, 2 * PASSES_MOST);
		from = to;
		to = t;
	}
	VMS_ASSERT(!runs_nr || run_end(from, nr, 0) == nr);
	if (from != placed && runs_nr)
		memcpy(placed, from, (size_t)nr * sizeof(*placed));
	free(tmp);
	return runs_nr ? 0 : -VMS_ECANCEL;
}
