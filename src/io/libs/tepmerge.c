// SPDX-License-Identifier: LGPL-2.1-or-later
/* How the buffers of each CPU become one run of events in the order of time. */
#include "io/libs/libs_impl.h"

#include <stdlib.h>

#include "core/base/util.h"
#include "io/direct/direct_merge.h"

static struct vms_cpu cpu_of(uint32_t cpu, const struct run *run)
{
	return (struct vms_cpu){ .cpu = cpu,
				 .nr = (uint32_t)run->nr,
				 .time_raw = run->time,
				 .type = run->type,
				 .payload = run->payload,
				 .lost = run->lost,
				 .lost_nr = (uint32_t)run->lost_nr };
}

/* @runs, @buffers: room for one of each buffer */
static int merge_cpu(struct tep_stream *tep_stream, uint32_t cpu, struct vms_cpu *runs,
		     uint8_t *buffers)
{
	struct vms_cpu *events = &tep_stream->s.cpus[cpu];
	struct arena *arena = &tep_stream->arena;
	size_t nr = 0, lost_nr = 0;
	struct direct_merged to;
	unsigned int i;

	for (i = 0; i < tep_stream->s.buffers_nr; i++) {
		nr += tep_stream->rows[i][cpu].nr;
		lost_nr += tep_stream->rows[i][cpu].lost_nr;
		runs[i] = cpu_of(cpu, &tep_stream->rows[i][cpu]);
		buffers[i] = (uint8_t)i;
	}
	if (nr > EVENTS_MAX)
		return -VMS_ERANGE;
	to = (struct direct_merged){ arena_alloc(arena, nr, sizeof(*to.time)),
				     arena_alloc(arena, nr, sizeof(*to.type)),
				     arena_alloc(arena, nr, sizeof(*to.payload)),
				     arena_alloc(arena, nr, sizeof(*to.buffer)),
				     arena_alloc(arena, lost_nr, sizeof(*to.lost)) };
	if (!to.time || !to.type || !to.payload || !to.buffer || !to.lost)
		return -VMS_ENOMEM;
	events->nr = (uint32_t)nr;
	return direct_merge(events, &to, runs, buffers, i);
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
	struct vms_cpu *runs = vms_calloc(tep_stream->s.buffers_nr, sizeof(*runs));
	uint8_t *buffers = vms_calloc(tep_stream->s.buffers_nr, sizeof(*buffers));
	bool any = false;
	uint32_t cpu;
	int ret = 0;

	tep_stream->s.cpus = vms_calloc(tep_stream->cpus_nr, sizeof(*tep_stream->s.cpus));
	if (!runs || !buffers || !tep_stream->s.cpus)
		ret = -VMS_ENOMEM;
	for (cpu = 0; !ret && cpu < tep_stream->cpus_nr; cpu++) {
		tep_stream->s.cpus[cpu].cpu = cpu;
		if (tep_stream->s.buffers_nr > 1)
			ret = merge_cpu(tep_stream, cpu, runs, buffers);
		else if (tep_stream->s.buffers_nr)
			tep_stream->s.cpus[cpu] = cpu_of(cpu, &tep_stream->rows[0][cpu]);
		cpu_look(&tep_stream->s, &tep_stream->s.cpus[cpu], &any);
	}
	tep_stream->s.cpus_nr = tep_stream->cpus_nr;
	free(runs);
	free(buffers);
	return ret;
}
