// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the host's CPUs showed, brought together: marks thread after thread, losses as one list. */
#include "core/stretch/stretch_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/bisect.h"
#include "core/base/each.h"
#include "core/base/util.h"

static bool goes_before(const struct vms_mark *a, const struct vms_mark *b)
{
	return a->time_raw < b->time_raw;
}

/* Both come in long parts that stand together: a thread stays on its CPU for a while. */
static void merge(struct vms_mark *to, const struct vms_mark *left, size_t a_nr,
		  const struct vms_mark *right, size_t b_nr)
{
	size_t nr;

	while (a_nr && b_nr) {
		for (nr = 0; nr < a_nr && !goes_before(right, &left[nr]); nr++)
			;
		memcpy(to, left, nr * sizeof(*to));
		to += nr;
		left += nr;
		a_nr -= nr;
		for (nr = 0; a_nr && nr < b_nr && goes_before(&right[nr], left); nr++)
			;
		memcpy(to, right, nr * sizeof(*to));
		to += nr;
		right += nr;
		b_nr -= nr;
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

int vms_marks_sum(struct vms_marks *out)
{
	const size_t cells_nr = (size_t)out->inside.types_nr * VMS_INSIDE_NR;
	unsigned int cpu, isa;
	size_t i;

	for (cpu = 0; cpu < out->cpus_nr; cpu++)
		out->losses_nr += out->cpus[cpu].losses_nr;
	out->losses = vms_calloc(out->losses_nr, sizeof(*out->losses));
	if (!out->losses)
		return -VMS_ENOMEM;
	for (cpu = 0, out->losses_nr = 0; cpu < out->cpus_nr; cpu++) {
		const struct vms_cpu_marks *part = &out->cpus[cpu];

		out->nr += part->nr;
		for (i = 0; i < part->losses_nr; i++)
			out->losses[out->losses_nr++] = part->losses[i];
		for (i = 0; i < cells_nr; i++)
			out->inside.nr[i] += part->inside[i];
		for (i = 0; i < out->inside.types_nr; i++)
			out->recorded[i] |= part->recorded[i];
		for (isa = 0; isa < VMS_ARRAY_NR(out->by_isa); isa++)
			out->by_isa[isa] += part->by_isa[isa];
	}
	return out->nr > VMS_MARKS_MAX ? -VMS_ERANGE : 0;
}

static int by_tid(const void *a, const void *b)
{
	const struct vms_tid_marks *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

/* Place of a thread that occurs on a CPU. */
static size_t tid_place(const struct vms_cpu_marks *part, int32_t tid)
{
	size_t lo = 0, hi = part->tids_nr;

	VMS_BISECT(lo, hi, mid, part->tids[mid].tid < tid);
	return lo;
}

/* Threads that take turns on a CPU are found again in a table of so many. */
#define TIDS_NEAR 64u

/* The threads that occur on a CPU, and how many marks each has. */
static int tids_count(void *user, unsigned int cpu, struct vms_err *err)
{
	struct vms_cpu_marks *part = &((struct vms_marks *)user)->cpus[cpu];
	size_t near[TIDS_NEAR] = { 0 }, i, at, nr = 0;

	(void)err;
	for (i = 0; i < part->nr; i++) {
		int ret;

		at = near[(uint32_t)part->tid[i] % TIDS_NEAR];
		if (at >= part->tids_nr || part->tids[at].tid != part->tid[i]) {
			ret = vms_grow(&part->tids, &part->tids_cap, part->tids_nr + 1,
				       sizeof(*part->tids), SIZE_MAX / sizeof(*part->tids));
			if (ret)
				return ret;
			at = part->tids_nr++;
			near[(uint32_t)part->tid[i] % TIDS_NEAR] = at;
			part->tids[at] = (struct vms_tid_marks){ part->tid[i], 0 };
		}
		part->tids[at].nr++;
	}
	if (part->tids_nr)
		qsort(part->tids, part->tids_nr, sizeof(*part->tids), by_tid);
	for (i = 0; i < part->tids_nr; i++) {
		if (nr && part->tids[nr - 1].tid == part->tids[i].tid)
			part->tids[nr - 1].nr += part->tids[i].nr;
		else
			part->tids[nr++] = part->tids[i];
	}
	part->tids_nr = nr;
	return 0;
}

/* The threads of all CPUs, and from where on each CPU has room among those of each. */
static int threads_list(struct vms_marks *marks)
{
	size_t *next = vms_calloc(marks->cpus_nr, sizeof(*next)), most = 0, from = 0;
	unsigned int cpu;
	int ret = -VMS_ENOMEM;

	for (cpu = 0; cpu < marks->cpus_nr; cpu++)
		most += marks->cpus[cpu].tids_nr;
	marks->threads = vms_calloc(most, sizeof(*marks->threads));
	while (next && marks->threads) {
		struct vms_thread_marks *thread = &marks->threads[marks->threads_nr];
		bool any = false;

		for (cpu = 0; cpu < marks->cpus_nr; cpu++) {
			const struct vms_cpu_marks *part = &marks->cpus[cpu];

			if (next[cpu] == part->tids_nr)
				continue;
			if (!any || part->tids[next[cpu]].tid < thread->tid)
				thread->tid = part->tids[next[cpu]].tid;
			any = true;
		}
		ret = 0;
		if (!any)
			break;
		thread->from = from;
		for (cpu = 0; cpu < marks->cpus_nr; cpu++) {
			struct vms_cpu_marks *part = &marks->cpus[cpu];
			size_t nr;

			if (next[cpu] == part->tids_nr || part->tids[next[cpu]].tid != thread->tid)
				continue;
			nr = part->tids[next[cpu]].nr;
			part->tids[next[cpu]++].nr = from;
			from += nr;
		}
		thread->nr = from - thread->from;
		marks->threads_nr++;
	}
	free(next);
	return ret;
}

/* The marks of a CPU to those of their threads. */
static int hand_out(void *user, unsigned int cpu, struct vms_err *err)
{
	struct vms_marks *marks = user;
	struct vms_cpu_marks *part = &marks->cpus[cpu];
	size_t i, at = 0, losses = 0;
	unsigned int k;

	(void)err;
	for (k = 0; k < cpu; k++)
		losses += marks->cpus[k].losses_nr;
	for (i = 0; i < part->nr; i++) {
		struct vms_mark *mark;

		if (!i || part->tid[i] != part->tid[i - 1])
			at = tid_place(part, part->tid[i]);
		mark = &marks->m[part->tids[at].nr++];
		*mark = part->m[i];
		mark->loss += (uint32_t)losses;
	}
	/* not all of them twice */
	free(part->m);
	free(part->tid);
	part->m = NULL;
	part->tid = NULL;
	return 0;
}

int vms_marks_group(struct vms_marks *marks)
{
	unsigned int cpu;
	int ret = vms_each(marks->cpus_nr, tids_count, marks, NULL);

	if (!ret)
		ret = threads_list(marks);
	if (ret)
		return ret;
	marks->m = vms_calloc(marks->nr, sizeof(*marks->m));
	if (!marks->m)
		return -VMS_ENOMEM;
	ret = vms_each(marks->cpus_nr, hand_out, marks, NULL);
	for (cpu = 0; cpu < marks->cpus_nr; cpu++)
		vms_cpu_marks_clear(&marks->cpus[cpu]);
	return ret;
}

/* A natural merge sort: stable, and quick because a thread has one run a CPU. */
int vms_marks_sort(struct vms_mark *mark, size_t nr)
{
	struct vms_mark *from = mark, *to, *spare;
	size_t runs = 2;

	if (run_end(mark, 0, nr) == nr)
		return 0;
	spare = to = vms_calloc(nr, sizeof(*spare));
	if (!spare)
		return -VMS_ENOMEM;
	while (runs > 1) {
		struct vms_mark *was = from;
		size_t at = 0;

		for (runs = 0; at < nr; runs++) {
			const size_t mid = run_end(from, at, nr);
			const size_t end = mid < nr ? run_end(from, mid, nr) : mid;

			merge(to + at, from + at, mid - at, from + mid, end - mid);
			at = end;
		}
		from = to;
		to = was;
	}
	if (from != mark)
		memcpy(mark, from, nr * sizeof(*mark));
	free(spare);
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

void vms_marks_clear(struct vms_marks *m)
{
	unsigned int i;

	for (i = 0; i < m->cpus_nr; i++)
		vms_cpu_marks_clear(&m->cpus[i]);
	free(m->cpus);
	free(m->m);
	free(m->threads);
	free(m->losses);
	free(m->inside.nr);
	free(m->recorded);
	vms_gaps_clear(&m->gaps);
	memset(m, 0, sizeof(*m));
}

void vms_cpu_marks_clear(struct vms_cpu_marks *m)
{
	free(m->m);
	free(m->tid);
	free(m->losses);
	free(m->inside);
	free(m->recorded);
	free(m->tids);
	memset(m, 0, sizeof(*m));
}
