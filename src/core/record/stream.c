// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a field is read out of an event's payload, and how events are found by time. */
#include <vmsync/stream.h>

#include <string.h>

#include "core/base/bisect.h"

unsigned int vms_type_find(const struct vms_stream *s, const char *system, const char *name)
{
	unsigned int i;

	for (i = 1; i < s->types_nr; i++) {
		if (strcmp(s->types[i].name, name))
			continue;
		if (!system || !strcmp(s->types[i].system, system))
			return i;
	}
	return 0;
}

uint64_t *vms_type_counts(const struct vms_stream *stream)
{
	uint64_t *const counts = vms_calloc((size_t)stream->types_nr + 1, sizeof(*counts));
	unsigned int c;
	uint32_t i;

	for (c = 0; counts && c < stream->cpus_nr; c++)
		for (i = 0; i < stream->cpus[c].nr; i++)
			counts[VMS_MIN(stream->cpus[c].type[i], stream->types_nr)]++;
	return counts;
}

const struct vms_field *vms_type_field(const struct vms_event_type *t, const char *name)
{
	unsigned int i;

	for (i = 0; i < t->fields_nr; i++)
		if (!strcmp(t->fields[i].name, name))
			return &t->fields[i];
	return NULL;
}

static uint64_t swapped(uint64_t v, unsigned int size)
{
	uint64_t r = 0;
	unsigned int i;

	for (i = 0; i < size; i++)
		r |= ((v >> (8 * i)) & 0xff) << (8 * (size - 1 - i));
	return r;
}

uint64_t vms_field_u64(const struct vms_stream *stream, const struct vms_field *field,
		       const uint8_t *payload)
{
	uint8_t v8;
	uint16_t v16;
	uint32_t v32;
	uint64_t value;

	if (field->is_array)
		return 0;
	payload += field->offset;
	switch (field->size) {
	case 1:
		memcpy(&v8, payload, sizeof(v8));
		value = v8;
		break;
	case 2:
		memcpy(&v16, payload, sizeof(v16));
		value = v16;
		break;
	case 4:
		memcpy(&v32, payload, sizeof(v32));
		value = v32;
		break;
	case 8: memcpy(&value, payload, sizeof(value)); break;
	default: return 0;
	}
	if (stream->swap)
		value = swapped(value, field->size);
	if (field->is_signed && field->size < 8) {
		const uint64_t sign = UINT64_C(1) << (8 * field->size - 1);

		value = (value ^ sign) - sign;
	}
	return value;
}

const struct vms_event_type *vms_event_type(const struct vms_stream *s, struct vms_ref ref)
{
	return &s->types[s->cpus[ref.cpu].type[ref.idx]];
}

int64_t vms_event_time(const struct vms_stream *s, struct vms_ref ref)
{
	return s->cpus[ref.cpu].time_raw[ref.idx];
}

bool vms_field_by_name(const struct vms_stream *s, struct vms_ref ref, const char *name,
		       uint64_t *val)
{
	const struct vms_field *f = vms_type_field(vms_event_type(s, ref), name);

	if (!f || f->is_array)
		return false;
	*val = vms_field_u64(s, f, vms_payload(&s->cpus[ref.cpu], ref.idx));
	return true;
}

int32_t vms_event_tid(const struct vms_stream *s, struct vms_ref ref)
{
	uint64_t v;

	if (!vms_field_by_name(s, ref, "common_pid", &v))
		return -1;
	return (int32_t)v;
}

int64_t vms_event_stored(const struct vms_stream *s, struct vms_ref ref)
{
	return vms_cpu_stored(&s->cpus[ref.cpu])[ref.idx];
}

bool vms_event_in_instance(const struct vms_stream *s, unsigned int cpu_idx, uint32_t idx)
{
	const struct vms_cpu *c = &s->cpus[cpu_idx];
	const unsigned int buffer = c->buffer && idx < c->nr ? c->buffer[idx] : 0;

	return buffer < s->buffers_nr && *s->buffers[buffer].name;
}

bool vms_event_in_interrupt(const struct vms_stream *s, struct vms_ref ref)
{
	const uint64_t hard_soft_nmi = 0x08 | 0x10 | 0x40; /* TRACE_FLAG_* of the kernel */
	uint64_t flags;

	return vms_field_by_name(s, ref, "common_flags", &flags) && flags & hard_soft_nmi;
}

bool vms_ref_same(struct vms_ref a, struct vms_ref b)
{
	return a.cpu == b.cpu && (a.cpu < 0 || a.idx == b.idx);
}

uint32_t vms_cpu_lower_bound(const struct vms_cpu *c, int64_t time_raw)
{
	uint32_t lo = 0, hi = c->nr;

	VMS_BISECT(lo, hi, k, c->time_raw[k] < time_raw);
	return lo;
}
