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

static int merge_cpu(struct tep_stream *tep_stream, uint32_t cpu, size_t *at, size_t *lost_at)
{
	struct vms_cpu *events = &tep_stream->s.cpus[cpu];
	size_t nr = 0, lost_nr = 0;
	struct vms_lost *lost;
	const uint8_t **payload;
	int64_t *time;
	uint16_t *type;
	uint8_t *buffer;
	unsigned int i;

	for (i = 0; i < tep_stream->s.buffers_nr; i++) {
		nr += tep_stream->rows[i][cpu].nr;
		lost_nr += tep_stream->rows[i][cpu].lost_nr;
		at[i] = 0;
		lost_at[i] = 0;
	}
	if (nr > EVENTS_MAX)
		return -VMS_ERANGE;
	time = arena_alloc(&tep_stream->arena, nr, sizeof(*time));
	type = arena_alloc(&tep_stream->arena, nr, sizeof(*type));
	payload = arena_alloc(&tep_stream->arena, nr, sizeof(*payload));
	buffer = arena_alloc(&tep_stream->arena, nr, sizeof(*buffer));
	lost = arena_alloc(&tep_stream->arena, lost_nr, sizeof(*lost));
	if (!time || !type || !payload || !buffer || !lost)
		return -VMS_ENOMEM;
	while ((i = merge_next(tep_stream, cpu, at)) != UINT_MAX) {
		const struct run *r = &tep_stream->rows[i][cpu];

		merge_lost(events, lost, r, &lost_at[i], at[i]);
		time[events->nr] = r->time[at[i]];
		type[events->nr] = r->type[at[i]];
		payload[events->nr] = r->payload[at[i]];
		buffer[events->nr++] = (uint8_t)i;
		at[i]++;
	}
	*events = (struct vms_cpu){ .cpu = cpu,
				    .nr = events->nr,
				    .time_raw = time,
				    .type = type,
				    .payload = payload,
				    .buffer = buffer,
				    .lost = lost,
				    .lost_nr = events->lost_nr };
	return 0;
}

static void cpu_look(struct vms_stream *stream, struct vms_cpu *c, bool *any)
{
	uint32_t i;

	c->sorted = true;
	for (i = 0; i < c->nr; i++) {
		const int64_t t = c->time_raw[i];

		if (i && t < c->time_raw[i - 1])
			c->sorted = false;
		if (!*any || t < stream->first_raw)
			stream->first_raw = t;
		if (!*any || t > stream->last_raw)
			stream->last_raw = t;
		*any = true;
	}
}

int tep_cpus_finish(struct tep_stream *tep_stream)
{
	size_t *at = vms_calloc(tep_stream->s.buffers_nr, sizeof(*at)),
	       *lost_at = vms_calloc(tep_stream->s.buffers_nr, sizeof(*at));
	bool any = false;
	uint32_t cpu;
	int ret = 0;

	tep_stream->s.cpus = vms_calloc(tep_stream->cpus_nr, sizeof(*tep_stream->s.cpus));
	if (!at || !lost_at || !tep_stream->s.cpus)
		ret = -VMS_ENOMEM;
	for (cpu = 0; !ret && cpu < tep_stream->cpus_nr; cpu++) {
		const struct run *run = tep_stream->s.buffers_nr ? &tep_stream->rows[0][cpu] : NULL;

		tep_stream->s.cpus[cpu].cpu = cpu;
		if (tep_stream->s.buffers_nr > 1)
			ret = merge_cpu(tep_stream, cpu, at, lost_at);
		else if (run)
			tep_stream->s.cpus[cpu] =
				(struct vms_cpu){ .cpu = cpu,
						  .nr = (uint32_t)run->nr,
						  .time_raw = run->time,
						  .type = run->type,
						  .payload = run->payload,
						  .lost = run->lost,
						  .lost_nr = (uint32_t)run->lost_nr };
		cpu_look(&tep_stream->s, &tep_stream->s.cpus[cpu], &any);
	}
	tep_stream->s.cpus_nr = tep_stream->cpus_nr;
	free(at);
	free(lost_at);
	return ret;
}
