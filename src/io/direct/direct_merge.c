// SPDX-License-Identifier: LGPL-2.1-or-later
/* How the runs that several instances have of one CPU become one, by time. */
#include "io/direct/direct_impl.h"

static bool earlier(const struct direct_merge *m, size_t a, size_t b)
{
	const int64_t at = ((const int64_t *)m->jobs[a]->run.time.p)[m->at[a]];
	const int64_t bt = ((const int64_t *)m->jobs[b]->run.time.p)[m->at[b]];

	return at < bt || (at == bt && a < b);
}

static void sink(struct direct_merge *merge, size_t nr, size_t i)
{
	for (;;) {
		size_t child = 2 * i + 1;
		size_t run = merge->heap[i];

		if (child >= nr)
			return;
		child += child + 1 < nr &&
			 earlier(merge, merge->heap[child + 1], merge->heap[child]);
		if (!earlier(merge, merge->heap[child], run))
			return;
		merge->heap[i] = merge->heap[child];
		merge->heap[child] = run;
		i = child;
	}
}

/* losses of run @i before its next event, at @idx of the merged events */
static void merge_lost(struct direct_merge *m, size_t i, uint32_t idx, struct vms_lost *lost,
		       uint32_t *lost_nr)
{
	const struct direct_run *r = &m->jobs[i]->run;

	while (m->lost_at[i] < r->lost_nr && r->lost[m->lost_at[i]].idx <= m->at[i]) {
		lost[*lost_nr] = r->lost[m->lost_at[i]++];
		lost[(*lost_nr)++].idx = idx;
	}
}

void direct_merge_fill(struct direct_merge *merge, struct vms_cpu *cpu, struct direct_area *area,
		       struct vms_lost *lost)
{
	int64_t *times = area[0].p;
	uint16_t *types = area[1].p;
	const uint8_t **payloads = area[2].p;
	uint8_t *buffers = area[3].p;
	size_t i, left = 0;
	uint32_t n;

	for (i = 0; i < merge->nr; i++)
		if (merge->jobs[i]->run.nr)
			merge->heap[left++] = i;
	for (i = left / 2; i-- > 0;)
		sink(merge, left, i);
	cpu->sorted = true;
	for (n = 0; n < cpu->nr; n++) {
		const struct direct_run *run;

		i = merge->heap[0];
		merge_lost(merge, i, n, lost, &cpu->lost_nr);
		run = &merge->jobs[i]->run;
		times[n] = ((const int64_t *)run->time.p)[merge->at[i]];
		types[n] = ((const uint16_t *)run->type.p)[merge->at[i]];
		payloads[n] = ((const uint8_t *const *)run->payload.p)[merge->at[i]];
		buffers[n] = (uint8_t)merge->jobs[i]->buffer;
		merge->at[i]++;
		/* what follows a run's last event is placed right behind it */
		if (merge->at[i] == run->nr) {
			merge_lost(merge, i, n + 1, lost, &cpu->lost_nr);
			merge->heap[0] = merge->heap[--left];
		}
		sink(merge, left, 0);
		cpu->sorted &= !n || times[n - 1] <= times[n];
	}
	for (i = 0; i < merge->nr; i++)
		merge_lost(merge, i, cpu->nr, lost, &cpu->lost_nr);
}
