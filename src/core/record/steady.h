/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events that need not be mapped one by one, as host time passes about as guest time does. */
#ifndef VMS_STEADY_H
#define VMS_STEADY_H

#include <vmsync/model.h>

/* A map is steady whose host time differs from guest time by at most so much between two events. */
#define STEADY_SHARE 0.01

/**
 * steady_skip - the last event of [event, end) that a steady map puts into @room_raw after @event
 * @cpu: sorted
 */
static inline uint32_t steady_skip(const struct vms_cpu *cpu, uint32_t event, uint32_t end,
				   int64_t room_raw)
{
	/* less than that share, and than what is rounded */
	const uint64_t far = room_raw > 2 ? (uint64_t)(room_raw - room_raw / 64 - 2) : 0;
	const uint64_t from = (uint64_t)cpu->time_raw[event];

	while (event + 1 < end && (uint64_t)cpu->time_raw[event + 1] - from <= far)
		event++;
	return event;
}

/**
 * steady_end - the event at which the next piece of a model begins, after @idx
 * @piece: where to go on, 0 to begin
 */
static inline uint32_t steady_end(const struct vms_model *m, unsigned int cpu_idx, uint32_t idx,
				  uint32_t *piece)
{
	const struct vms_model_cpu *mc;

	if (m->kind != VMS_MODEL_PIECES || cpu_idx >= m->cpus_nr)
		return UINT32_MAX;
	mc = &m->cpus[cpu_idx];
	while (*piece < mc->pieces_nr && mc->pieces[*piece].from_idx <= idx)
		(*piece)++;
	return *piece < mc->pieces_nr ? mc->pieces[*piece].from_idx : UINT32_MAX;
}

#endif
