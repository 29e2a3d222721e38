// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the host's CPUs showed, brought together: marks thread after thread, losses as one list. */
#include "core/stretch/stretch_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/bisect.h"
#include "core/base/each.h"
#include "core/base/util.h"

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

static int by_thread(const void *a, const void *b)
{
	const struct vms_mark_run *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return (x->part > y->part) - (x->part < y->part);
}

/* Threads that take turns on a CPU are found again in a table of so many; else a run begins. */
#define TIDS_NEAR 1024u

/* Which parts of a CPU go on from which. */
static int runs_find(void *user, unsigned int cpu, struct vms_err *err)
{
	const struct vms_stream *host = ((const struct vms_marks *)user)->host;
	struct vms_cpu_marks *of = &((struct vms_marks *)user)->cpus[cpu];
	uint32_t last[TIDS_NEAR], i;

	(void)err;
	memset(last, 0xff, sizeof(last));
	for (i = 0; i < of->parts_nr; i++) {
		const struct vms_mark_part *part = &of->parts[i];
		uint32_t *near = &last[(uint32_t)part->tid % TIDS_NEAR];
		struct vms_mark_part *before = *near < i ? &of->parts[*near] : NULL;

		*near = i;
		if (before && before->tid == part->tid &&
		    vms_mark_time(host, &of->m[before->to - 1]) <=
			    vms_mark_time(host, &of->m[part->from])) {
			before->next = i;
			continue;
		}
		if (vms_grow(&of->runs, &of->runs_cap, of->runs_nr + 1, sizeof(*of->runs),
			     VMS_MARKS_MAX))
			return -VMS_ENOMEM;
		of->runs[of->runs_nr++] = (struct vms_mark_run){ part->tid, cpu, i };
	}
	return 0;
}

int vms_marks_group(struct vms_marks *marks)
{
	size_t nr = 0, i;
	unsigned int cpu;
	int ret = vms_each(marks->cpus_nr, runs_find, marks, NULL);

	for (cpu = 0; cpu < marks->cpus_nr; cpu++)
		nr += marks->cpus[cpu].runs_nr;
	marks->runs = vms_calloc(nr, sizeof(*marks->runs));
	marks->threads = vms_calloc(nr, sizeof(*marks->threads));
	if (ret || !marks->runs || !marks->threads)
		return -VMS_ENOMEM;
	for (cpu = 0, nr = 0; cpu < marks->cpus_nr; cpu++)
		for (i = 0; i < marks->cpus[cpu].runs_nr; i++)
			marks->runs[nr++] = marks->cpus[cpu].runs[i];
	qsort(marks->runs, nr, sizeof(*marks->runs), by_thread);
	for (i = 0; i < nr; i++) {
		if (!i || marks->runs[i].tid != marks->runs[i - 1].tid)
			marks->threads[marks->threads_nr++] =
				(struct vms_thread_marks){ .tid = marks->runs[i].tid, .from = i };
		marks->threads[marks->threads_nr - 1].nr++;
	}
	return 0;
}

/* The next mark of a run. */
struct vms_mark_cursor {
	int64_t time_raw;
	uint32_t cpu, at, part;
};

static bool goes_before(const struct vms_mark_cursor *a, const struct vms_mark_cursor *b)
{
	if (a->time_raw != b->time_raw)
		return a->time_raw < b->time_raw;
	return a->cpu != b->cpu ? a->cpu < b->cpu : a->at < b->at;
}

/* A cursor that may be too far up goes down to its place. */
static void sink(struct vms_marks_merge *merge, size_t at)
{
	const struct vms_mark_cursor cursor = merge->heap[at];
	size_t child;

	while ((child = 2 * at + 1) < merge->nr) {
		child += child + 1 < merge->nr &&
			 goes_before(&merge->heap[child + 1], &merge->heap[child]);
		if (!goes_before(&merge->heap[child], &cursor))
			break;
		merge->heap[at] = merge->heap[child];
		at = child;
	}
	merge->heap[at] = cursor;
}

size_t vms_marks_nr(const struct vms_marks *marks, const struct vms_thread_marks *of)
{
	size_t nr = 0, i;

	for (i = of->from; i < of->from + of->nr; i++) {
		const struct vms_mark_run *run = &marks->runs[i];
		const struct vms_mark_part *parts = marks->cpus[run->cpu].parts;
		uint32_t part;

		for (part = run->part; part != VMS_MARK_NONE; part = parts[part].next)
			nr += parts[part].to - parts[part].from;
	}
	return nr;
}

int vms_marks_merge_new(struct vms_marks_merge *merge, const struct vms_marks *marks,
			const struct vms_thread_marks *of)
{
	size_t i;

	*merge = (struct vms_marks_merge){ .marks = marks, .nr = of->nr };
	merge->heap = vms_calloc(of->nr, sizeof(*merge->heap));
	if (!merge->heap)
		return -VMS_ENOMEM;
	for (i = 0; i < of->nr; i++) {
		const struct vms_mark_run *run = &marks->runs[of->from + i];
		const uint32_t at = marks->cpus[run->cpu].parts[run->part].from;

		merge->heap[i] =
			(struct vms_mark_cursor){ vms_mark_time(marks->host,
								&marks->cpus[run->cpu].m[at]),
						  run->cpu, at, run->part };
	}
	for (i = of->nr / 2; i-- > 0;)
		sink(merge, i);
	return 0;
}

const struct vms_mark *vms_marks_merge_next(struct vms_marks_merge *merge)
{
	struct vms_mark_cursor *top = merge->heap;
	const struct vms_cpu_marks *of;
	const struct vms_mark *mark;

	if (!merge->nr)
		return NULL;
	of = &merge->marks->cpus[top->cpu];
	mark = &of->m[top->at++];
	if (top->at == of->parts[top->part].to) {
		top->part = of->parts[top->part].next;
		if (top->part == VMS_MARK_NONE)
			*top = merge->heap[--merge->nr];
		else
			top->at = of->parts[top->part].from;
	}
	if (merge->nr) {
		top->time_raw =
			vms_mark_time(merge->marks->host, &merge->marks->cpus[top->cpu].m[top->at]);
		sink(merge, 0);
	}
	return mark;
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
	free(m->runs);
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
	free(m->parts);
	free(m->runs);
	free(m->losses);
	free(m->inside);
	free(m->recorded);
	memset(m, 0, sizeof(*m));
}
