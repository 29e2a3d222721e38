// SPDX-License-Identifier: LGPL-2.1-or-later
/* How the runs that several instances have of one CPU become one, by time. */
#include "io/direct/direct_merge.h"

#include <stdlib.h>

#include "core/base/util.h"

struct merge {
	const struct vms_cpu *runs;
	size_t *at, *lost_at; /* next event and loss of each */
	size_t *heap;	      /* runs that have events left, the earliest first */
};

static bool earlier(const struct merge *m, size_t a, size_t b)
{
	const int64_t at = m->runs[a].time_raw[m->at[a]], bt = m->runs[b].time_raw[m->at[b]];

	return at < bt || (at == bt && a < b);
}

static void sink(struct merge *merge, size_t nr, size_t i)
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

/* Losses of run @i before its next event, at @idx of the merged events. */
static void merge_lost(struct merge *m, size_t i, uint32_t idx, struct direct_merged *to,
		       uint32_t *lost_nr)
{
	const struct vms_cpu *run = &m->runs[i];

	while (m->lost_at[i] < run->lost_nr && run->lost[m->lost_at[i]].idx <= m->at[i]) {
		to->lost[*lost_nr] = run->lost[m->lost_at[i]++];
		to->lost[(*lost_nr)++].idx = idx;
	}
}

static void fill(struct merge *merge, struct vms_cpu *cpu, struct direct_merged *to,
		 const uint8_t *buffers, size_t runs_nr)
{
	size_t i, left = 0;
	uint32_t n;

	for (i = 0; i < runs_nr; i++)
		if (merge->runs[i].nr)
			merge->heap[left++] = i;
	for (i = left / 2; i-- > 0;)
		sink(merge, left, i);
	for (n = 0; n < cpu->nr; n++) {
		const struct vms_cpu *run;

		i = merge->heap[0];
		merge_lost(merge, i, n, to, &cpu->lost_nr);
		run = &merge->runs[i];
		to->time[n] = run->time_raw[merge->at[i]];
		to->type[n] = run->type[merge->at[i]];
		to->payload[n] = vms_payload(run, (uint32_t)merge->at[i]);
		to->buffer[n] = buffers[i];
		merge->at[i]++;
		/* what follows a run's last event is placed right behind it */
		if (merge->at[i] == run->nr) {
			merge_lost(merge, i, n + 1, to, &cpu->lost_nr);
			merge->heap[0] = merge->heap[--left];
		}
		sink(merge, left, 0);
		cpu->sorted &= !n || to->time[n - 1] <= to->time[n];
	}
	for (i = 0; i < runs_nr; i++)
		merge_lost(merge, i, cpu->nr, to, &cpu->lost_nr);
}

int direct_merge(struct vms_cpu *cpu, struct direct_merged *to, const struct vms_cpu *runs,
		 const uint8_t *buffers, size_t nr)
{
	size_t *sizes = vms_calloc(nr, 3 * sizeof(*sizes));
	struct merge merge = {
		.runs = runs, .at = sizes, .lost_at = sizes + nr, .heap = sizes + 2 * nr
	};

	if (!sizes)
		return -VMS_ENOMEM;
	cpu->sorted = true;
	cpu->lost_nr = 0;
	fill(&merge, cpu, to, buffers, nr);
	free(sizes);
	cpu->time_raw = to->time;
	cpu->type = to->type;
	cpu->payload = to->payload;
	cpu->buffer = to->buffer;
	cpu->lost = to->lost;
	return 0;
}
