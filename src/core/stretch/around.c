// SPDX-License-Identifier: LGPL-2.1-or-later
/* How far around an entry or exit host events belong to it, and which are of its thread. */
#include "core/stretch/around.h"

#include <stdlib.h>
#include <string.h>

#include <vmsync/place.h>

#include "core/base/util.h"

/* How far around an entry or exit the events that belong to it are looked for. */
#define NEAR_EVENTS_MAX 128

int vms_around_open(struct vms_around *around, const struct vms_stream *host, const bool *recorded)
{
	unsigned int i, cpu;
	uint32_t k;

	*around = (struct vms_around){ .host = host,
				       .entry_type = vms_type_find(host, "kvm", "kvm_entry") };
	around->recorded = recorded;
	if (!recorded)
		around->recorded = around->own =
			vms_calloc((size_t)UINT16_MAX + 1, sizeof(*around->own));
	around->pid = vms_calloc((size_t)UINT16_MAX + 1, sizeof(*around->pid));
	if (!around->recorded || !around->pid)
		return -VMS_ENOMEM;
	for (cpu = 0; cpu < host->cpus_nr && around->own; cpu++)
		for (k = 0; k < host->cpus[cpu].nr; k++)
			around->own[host->cpus[cpu].type[k]] = true;
	for (i = 0; i < host->types_nr && i <= UINT16_MAX; i++) {
		around->pid[i] = vms_type_field(&host->types[i], "common_pid");
		if (around->pid[i] && around->pid[i]->is_array)
			around->pid[i] = NULL;
	}
	return 0;
}

void vms_around_clear(struct vms_around *a)
{
	free(a->own);
	free(a->pid);
	memset(a, 0, sizeof(*a));
}

uint16_t vms_around_type(const struct vms_around *a, const char *name)
{
	const unsigned int type = vms_type_find(a->host, NULL, name);

	return type <= UINT16_MAX && a->recorded[type] ? (uint16_t)type : 0;
}

const struct vms_field *vms_field_named(const struct vms_event_type *type, const char *names)
{
	char name[64];
	const struct vms_field *field;

	while (*names) {
		const size_t len = strcspn(names, "|?");

		if (len < sizeof(name)) {
			memcpy(name, names, len);
			name[len] = 0;
			field = vms_type_field(type, name);
			if (field && !field->is_array)
				return field;
		}
		names += len + (names[len] != 0);
	}
	return NULL;
}

struct vms_vicinity vms_vicinity_of(const struct vms_around *around,
				    const struct vms_thread *thread, uint32_t stretch, bool at_exit)
{
	const struct vms_stretch *s = &thread->stretches[stretch];
	const struct vms_short_ref at = at_exit ? s->exit : s->entry;
	struct vms_vicinity v = { .cpu = &around->host->cpus[at.cpu],
				  .idx = at.idx,
				  .from_raw = INT64_MIN,
				  .tid = vms_thread_tid_of(thread, stretch),
				  .step = 1,
				  .left = NEAR_EVENTS_MAX };

	if (!at_exit) {
		v.step = -1;
		v.idx--;
		if (stretch && !(s[-1].flags & VMS_STRETCH_UNKNOWN))
			v.from_raw = s[-1].leave_raw;
	} else if (s->leave_by.cpu == at.cpu && s->leave_by.idx < at.idx) {
		/* With a late kvm_exit, what the exit's fast path says comes before it. */
		v.idx = s->leave_by.idx;
	}
	return v;
}

int64_t vms_vicinity_next(const struct vms_around *around, struct vms_vicinity *at, uint16_t wanted)
{
	while (at->left && at->idx >= 0 && at->idx < at->cpu->nr) {
		const uint32_t idx = (uint32_t)at->idx;
		const uint16_t type = at->cpu->type[idx];
		const struct vms_field *pid = around->pid[type];

		if (at->cpu->time_raw[idx] < at->from_raw)
			return -1;
		at->idx += at->step;
		at->left--;
		if (wanted && type != wanted && type != around->entry_type)
			continue;
		if (!pid ||
		    (int32_t)vms_field_u64(around->host, pid, vms_payload(at->cpu, idx)) != at->tid)
			continue;
		if (type != around->entry_type)
			return idx;
		at->left = 0;
	}
	return -1;
}
