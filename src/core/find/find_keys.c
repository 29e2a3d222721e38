// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which field of a guest event equals which field of a host event around the exit or entry. */
#include "core/find/find_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

/* Host events around an exit or entry, and values of a field of several of one type there. */
#define TYPES_MOST 24u
#define VALUES_MOST 8u
/* A key is equal in so many of the pairs, and where pairs are mixed in so few. */
#define EQUAL_LEAST 0.99
#define MIXED_MOST 0.5
/* With fewer values nothing is told apart. */
#define DISTINCT_LEAST 8u

/* What the host recorded around each pair: payloads of the first few events of each type. */
struct around {
	uint16_t type[TYPES_MOST];
	unsigned int types_nr;
	const uint8_t **payload; /* [(type * nr + pair) * VALUES_MOST + event]; NULL: no more */
	unsigned int nr;	 /* of pairs */
};

static const uint8_t **place_of(const struct around *a, unsigned int type, unsigned int pair)
{
	return &a->payload[((size_t)type * a->nr + pair) * VALUES_MOST];
}

static void look(struct around *a, const struct find *find, const struct find_cell *cell,
		 const struct find_at *at, unsigned int pair)
{
	const struct find_part *part = &find->parts[at->part];
	const struct find_row *row = &part->rows[cell->dir][at->row];
	struct vms_vicinity near =
		vms_vicinity_of(&find->host_causes.around, part->pairing.vcpu.thread, row->stretch,
				cell->dir == VMS_GUEST_TO_HOST);
	int64_t idx;

	while ((idx = vms_vicinity_next(&find->host_causes.around, &near, 0)) >= 0) {
		const uint16_t type = near.cpu->type[idx];
		unsigned int i, k;
		const uint8_t **payload;

		for (i = 0; i < a->types_nr && a->type[i] != type; i++)
			;
		if (i == TYPES_MOST || type >= find->host->types_nr)
			continue;
		a->type[i] = type;
		a->types_nr = VMS_MAX(a->types_nr, i + 1);
		payload = place_of(a, i, pair);
		for (k = 0; k < VALUES_MOST && payload[k]; k++)
			;
		if (k < VALUES_MOST)
			payload[k] = vms_payload(near.cpu, (uint32_t)idx);
	}
}

static bool has(const struct around *a, const struct vms_stream *host, unsigned int type,
		const struct vms_field *field, unsigned int pair, uint64_t value)
{
	const uint8_t **payload = place_of(a, type, pair);
	unsigned int k;

	for (k = 0; k < VALUES_MOST && payload[k]; k++)
		if (vms_field_u64(host, field, payload[k]) == value)
			return true;
	return false;
}

static bool is_key(const struct around *a, const struct vms_stream *host, unsigned int type,
		   const struct vms_field *field, const uint64_t *value)
{
	unsigned int i, equal = 0, mixed = 0;

	for (i = 0; i < a->nr; i++) {
		equal += has(a, host, type, field, i, value[i]);
		mixed += has(a, host, type, field, (i + a->nr / 2) % a->nr, value[i]);
		/* most fields of most events are something else */
		if (i == 16 && equal < 8)
			return false;
	}
	return equal >= EQUAL_LEAST * a->nr && mixed <= MIXED_MOST * a->nr;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* How many values there are; 0 where a vCPU has but one: they say no more than which it is. */
static unsigned int distinct(const uint64_t *value, const struct find_at *at, unsigned int nr,
			     uint64_t *room)
{
	unsigned int i, n = nr > 0;
	bool varies = false;

	for (i = 1; i < nr; i++)
		varies |= at[i].part == at[i - 1].part && value[i] != value[i - 1];
	if (!varies)
		return 0;
	memcpy(room, value, nr * sizeof(*room));
	qsort(room, nr, sizeof(*room), by_value);
	for (i = 1; i < nr; i++)
		n += room[i] != room[i - 1];
	return n;
}

/* The fields of all host events against one of the guest's. */
static bool try_field(const struct around *a, const struct find *find, struct find_cell *cell,
		      const uint64_t *value)
{
	unsigned int i, k;

	for (i = 0; i < a->types_nr; i++) {
		const struct vms_event_type *type = &find->host->types[a->type[i]];

		for (k = 0; find_name_is_plain(type->name) && k < type->fields_nr; k++)
			if (find_is_number(&type->fields[k]) &&
			    is_key(a, find->host, i, &type->fields[k], value)) {
				cell->key_type = a->type[i];
				cell->key_host = &type->fields[k];
				return true;
			}
	}
	return false;
}

static void try_all(const struct around *a, const struct find *find, struct find_cell *cell,
		    const struct find_at *at, uint64_t *value)
{
	const struct vms_event_type *type = &find->stream->types[cell->type];
	unsigned int i, k, n, best = DISTINCT_LEAST - 1;

	for (i = 0; i < type->fields_nr; i++) {
		if (!find_is_number(&type->fields[i]))
			continue;
		for (k = 0; k < a->nr; k++) {
			const struct find_part *part = &find->parts[at[k].part];
			const struct vms_vcpu *vcpu = &part->pairing.vcpu;
			const uint32_t event = part->rows[cell->dir][at[k].row].event;

			value[k] = vms_field_u64(find->stream, &type->fields[i],
						 vms_payload(&vcpu->guest->cpus[vcpu->cpu_idx],
							     event));
		}
		n = distinct(value, at, a->nr, value + a->nr);
		if (n > best && try_field(a, find, cell, value)) {
			cell->key_guest = &type->fields[i];
			best = n;
		}
	}
}

int find_key_of(const struct find *find, struct find_cell *cell, const struct find_at *at,
		unsigned int nr)
{
	struct around a = { .nr = nr };
	uint64_t *value = vms_calloc(2 * (size_t)nr, sizeof(*value));
	unsigned int i;
	int ret = 0;

	a.payload = vms_calloc((size_t)TYPES_MOST * nr * VALUES_MOST, sizeof(*a.payload));
	if (!value || !a.payload)
		ret = -VMS_ENOMEM;
	for (i = 0; i < nr && !ret; i++)
		look(&a, find, cell, &at[i], i);
	if (!ret)
		try_all(&a, find, cell, at, value);
	free(value);
	free(a.payload);
	return ret;
}
