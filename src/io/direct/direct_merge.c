// SPDX-License-Identifier: LGPL-2.1-or-later
/* How the runs that several instances have of one CPU become one, by time. */
#include "io/direct/direct.h"

/* the run whose next event is earliest; the first of equals */
static size_t merge_pick(const struct direct_merge *m)
{
	size_t best = m->nr, i;

	for (i = 0; i < m->nr; i++) {
		const struct direct_run *r = &m->jobs[i]->run;

		if (m->at[i] == r->nr)
			continue;
		if (best == m->nr ||
		    ((const int64_t *)r->time.p)[m->at[i]] <
			    ((const int64_t *)m->jobs[best]->run.time.p)[m->at[best]])
			best = i;
	}
	return best;
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

void direct_merge_fill(struct direct_merge *m, struct vms_cpu *c, struct direct_area *a,
		       struct vms_lost *lost)
{
	int64_t *times = a[0].p;
	uint16_t *types = a[1].p;
	const uint8_t **payloads = a[2].p;
	uint8_t *buffers = a[3].p;
	uint32_t n;
	size_t i;

	c->sorted = true;
	for (n = 0; n < c->nr; n++) {
		const struct direct_run *r;

		i = merge_pick(m);
		merge_lost(m, i, n, lost, &c->lost_nr);
		r = &m->jobs[i]->run;
		times[n] = ((const int64_t *)r->time.p)[m->at[i]];
		types[n] = ((const uint16_t *)r->type.p)[m->at[i]];
		payloads[n] = ((const uint8_t *const *)r->payload.p)[m->at[i]];
		buffers[n] = (uint8_t)m->jobs[i]->buffer;
		m->at[i]++;
		/* what follows a run's last event is placed right behind it */
		if (m->at[i] == r->nr)
			merge_lost(m, i, n + 1, lost, &c->lost_nr);
		c->sorted &= !n || times[n - 1] <= times[n];
	}
	for (i = 0; i < m->nr; i++)
		merge_lost(m, i, c->nr, lost, &c->lost_nr);
}
