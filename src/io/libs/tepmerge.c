// SPDX-License-Identifier: LGPL-2.1-or-later
/* How the buffers of each CPU become one run of events in the order of time. */
#include "io/libs/libs_impl.h"

#include <limits.h>
#include <stdlib.h>

#include "core/base/util.h"

/* The earliest next event of a CPU over all buffers; the first buffer wins among equals. */
static unsigned int merge_next(const struct tep_stream *b, uint32_t cpu, const size_t *at)
{
	unsigned int i, best = UINT_MAX;

	for (i = 0; i < b->s.buffers_nr; i++) {
		const struct run *r = &b->rows[i][cpu];

		if (at[i] < r->nr &&
		    (best == UINT_MAX || r->time[at[i]] < b->rows[best][cpu].time[at[best]]))
			best = i;
	}
	return best;
}

/* Losses recorded in front of event @at of a buffer, now in front of event @idx of the CPU. */
static void merge_lost(struct vms_cpu *c, struct vms_lost *to, const struct run *r, size_t *from,
		       size_t at)
{
	for (; *from < r->lost_nr && r->lost[*from].idx <= at; (*from)++) {
		to[c->lost_nr] = r->lost[*from];
		to[c->lost_nr++].idx = c->nr;
	}
}

static int merge_cpu(struct tep_stream *b, uint32_t cpu, size_t *at, size_t *lost_at)
{
	struct vms_cpu *c = &b->s.cpus[cpu];
	size_t nr = 0, lost_nr = 0;
	struct vms_lost *lost;
	const uint8_t **payload;
	int64_t *time;
	uint16_t *type;
	uint8_t *buffer;
	unsigned int i;

	for (i = 0; i < b->s.buffers_nr; i++) {
		nr += b->rows[i][cpu].nr;
		lost_nr += b->rows[i][cpu].lost_nr;
		at[i] = 0;
		lost_at[i] = 0;
	}
	if (nr > EVENTS_MAX)
		return -VMS_ERANGE;
	time = arena_alloc(&b->arena, nr, sizeof(*time));
	type = arena_alloc(&b->arena, nr, sizeof(*type));
	payload = arena_alloc(&b->arena, nr, sizeof(*payload));
	buffer = arena_alloc(&b->arena, nr, sizeof(*buffer));
	lost = arena_alloc(&b->arena, lost_nr, sizeof(*lost));
	if (!time || !type || !payload || !buffer || !lost)
		return -VMS_ENOMEM;
	while ((i = merge_next(b, cpu, at)) != UINT_MAX) {
		const struct run *r = &b->rows[i][cpu];

		merge_lost(c, lost, r, &lost_at[i], at[i]);
		time[c->nr] = r->time[at[i]];
		type[c->nr] = r->type[at[i]];
		payload[c->nr] = r->payload[at[i]];
		buffer[c->nr++] = (uint8_t)i;
		at[i]++;
	}
	*c = (struct vms_cpu){ .cpu = cpu,
			       .nr = c->nr,
			       .time_raw = time,
			       .type = type,
			       .payload = payload,
			       .buffer = buffer,
			       .lost = lost,
			       .lost_nr = c->lost_nr };
	return 0;
}

static void cpu_look(struct vms_stream *s, struct vms_cpu *c, bool *any)
{
	uint32_t i;

	c->sorted = true;
	for (i = 0; i < c->nr; i++) {
		const int64_t t = c->time_raw[i];

		if (i && t < c->time_raw[i - 1])
			c->sorted = false;
		if (!*any || t < s->first_raw)
			s->first_raw = t;
		if (!*any || t > s->last_raw)
			s->last_raw = t;
		*any = true;
	}
}

int tep_cpus_finish(struct tep_stream *b)
{
	size_t *at = vms_calloc(b->s.buffers_nr, sizeof(*at)),
	       *lost_at = vms_calloc(b->s.buffers_nr, sizeof(*at));
	bool any = false;
	uint32_t cpu;
	int ret = 0;

	b->s.cpus = vms_calloc(b->cpus_nr, sizeof(*b->s.cpus));
	if (!at || !lost_at || !b->s.cpus)
		ret = -VMS_ENOMEM;
	for (cpu = 0; !ret && cpu < b->cpus_nr; cpu++) {
		const struct run *r = b->s.buffers_nr ? &b->rows[0][cpu] : NULL;

		b->s.cpus[cpu].cpu = cpu;
		if (b->s.buffers_nr > 1)
			ret = merge_cpu(b, cpu, at, lost_at);
		else if (r)
			b->s.cpus[cpu] = (struct vms_cpu){ .cpu = cpu,
							   .nr = (uint32_t)r->nr,
							   .time_raw = r->time,
							   .type = r->type,
							   .payload = r->payload,
							   .lost = r->lost,
							   .lost_nr = (uint32_t)r->lost_nr };
		cpu_look(&b->s, &b->s.cpus[cpu], &any);
	}
	b->s.cpus_nr = b->cpus_nr;
	free(at);
	free(lost_at);
	return ret;
}
