// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the host's CPUs showed, brought together: marks thread after thread, losses as one list. */
#include "core/stretch/stretch_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/bisect.h"
#include "core/base/util.h"

/* More threads than this are sorted without being told apart first. */
#define TIDS_MAX ((size_t)4096)

static bool goes_before(const struct vms_mark *a, const struct vms_mark *b)
{
	return a->tid != b->tid ? a->tid < b->tid : a->time_raw < b->time_raw;
}

static void merge(struct vms_mark *to, const struct vms_mark *left, size_t a_nr,
		  const struct vms_mark *right, size_t b_nr)
{
	while (a_nr && b_nr) {
		if (goes_before(right, left)) {
			*to++ = *right++;
			b_nr--;
		} else {
			*to++ = *left++;
			a_nr--;
		}
	}
	memcpy(to, a_nr ? left : right, (a_nr + b_nr) * sizeof(*to));
}

/* end of the run that is in order already */
static size_t run_end(const struct vms_mark *m, size_t from, size_t nr)
{
	size_t i = from + 1;

	while (i < nr && !goes_before(&m[i], &m[i - 1]))
		i++;
	return VMS_MIN(i, nr);
}

/** struct tids - the threads that occur, ascending, and how many marks each has */
struct tids {
	struct tid_nr {
		int32_t tid;
		size_t nr;
	} * t;
	size_t nr, cap;
};

/* Place of a thread among those known, or where it belongs. */
static size_t tid_place(const struct tids *k, int32_t tid)
{
	size_t lo = 0, hi = k->nr;

	VMS_BISECT(lo, hi, mid, k->t[mid].tid < tid);
	return lo;
}

static int tids_count(struct tids *tids, const struct vms_marks *m)
{
	size_t i, at = 0;

	for (i = 0; i < m->nr; i++) {
		const int32_t tid = m->m[i].tid;
		int ret;

		if (at >= tids->nr || tids->t[at].tid != tid)
			at = tid_place(tids, tid);
		if (at >= tids->nr || tids->t[at].tid != tid) {
			if (tids->nr == TIDS_MAX)
				return 0;
			ret = vms_grow(&tids->t, &tids->cap, tids->nr + 1, sizeof(*tids->t),
				       TIDS_MAX);
			if (ret)
				return ret;
			memmove(tids->t + at + 1, tids->t + at, (tids->nr - at) * sizeof(*tids->t));
			tids->t[at] = (struct tid_nr){ .tid = tid };
			tids->nr++;
		}
		tids->t[at].nr++;
	}
	return 0;
}

/*
 * Thread by thread, the order of each as it was: then a thread has one run a CPU, however often it
 * was interrupted.
 */
static int marks_group(struct vms_mark *to, const struct vms_marks *marks)
{
	struct tids tids = { 0 };
	size_t i, at = 0, sum = 0;
	int ret = tids_count(&tids, marks);

	if (ret || tids.nr == TIDS_MAX) {
		memcpy(to, marks->m, marks->nr * sizeof(*to));
		free(tids.t);
		return ret;
	}
	for (i = 0; i < tids.nr; i++) {
		const size_t nr = tids.t[i].nr;

		tids.t[i].nr = sum;
		sum += nr;
	}
	for (i = 0; i < marks->nr; i++) {
		if (tids.t[at].tid != marks->m[i].tid)
			at = tid_place(&tids, marks->m[i].tid);
		to[tids.t[at].nr++] = marks->m[i];
	}
	free(tids.t);
	return 0;
}

/*
 * Threads apart, then a natural merge sort: stable, and quick because what the walk leaves of a
 * thread is one run a CPU.
 */
int vms_marks_sort(struct vms_marks *marks)
{
	struct vms_mark *spare, *to;
	size_t runs = 2;
	int ret;

	if (!marks->nr || run_end(marks->m, 0, marks->nr) == marks->nr)
		return 0;
	spare = to = vms_calloc(marks->nr, sizeof(*spare));
	if (!spare)
		return -VMS_ENOMEM;
	ret = marks_group(spare, marks);
	if (ret) {
		free(spare);
		return ret;
	}
	to = marks->m;
	marks->m = spare;
	while (runs > 1) {
		size_t from = 0;

		for (runs = 0; from < marks->nr; runs++) {
			const size_t mid = run_end(marks->m, from, marks->nr);
			const size_t end =
				mid < marks->nr ? run_end(marks->m, mid, marks->nr) : mid;

			merge(to + from, marks->m + from, mid - from, marks->m + mid, end - mid);
			from = end;
		}
		spare = marks->m;
		marks->m = to;
		to = spare;
	}
	marks->cap = marks->nr;
	free(to);
	return 0;
}

static int compare_losses(const void *a, const void *b)
{
	const struct vms_loss *x = a, *y = b;

	return (x->from_raw > y->from_raw) - (x->from_raw < y->from_raw);
}

int vms_losses_join(struct vms_loss **out, size_t *out_nr, const struct vms_marks *marks)
{
	struct vms_loss *loss = vms_calloc(marks->losses_nr, sizeof(*loss));
	size_t i, nr = 0;

	if (!loss)
		return -VMS_ENOMEM;
	if (marks->losses_nr)
		memcpy(loss, marks->losses, marks->losses_nr * sizeof(*loss));
	qsort(loss, marks->losses_nr, sizeof(*loss), compare_losses);
	for (i = 0; i < marks->losses_nr; i++) {
		if (nr && loss[i].from_raw <= loss[nr - 1].to_raw)
			loss[nr - 1].to_raw = VMS_MAX(loss[nr - 1].to_raw, loss[i].to_raw);
		else
			loss[nr++] = loss[i];
	}
	VMS_ASSERT_EACH(k, 1, nr, loss[k - 1].to_raw < loss[k].from_raw);
	*out = loss;
	*out_nr = nr;
	return 0;
}
