// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which host events speak of a guest's clock, of which thread's, and what each says. */
#include "core/bound/notes.h"

#include <stdlib.h>
#include <string.h>

#include <vmsync/place.h>

#include "core/base/each.h"
#include "core/base/placed.h"
#include "core/base/util.h"
#include "core/record/soon.h"

#define NOTES_MAX ((size_t)1 << 31)
#define MSR_TSC 0x10u
#define MSR_TSC_DEADLINE 0x6e0u

/* The event types that speak of clocks, and their fields; the last of them may be missing. */
enum source_kind { SOURCE_MSR, SOURCE_WAIT, SOURCE_OFFSET, SOURCES_NR };

static const struct {
	const char *name;
	const char *fields[4];
} source_names[SOURCES_NR] = {
	[SOURCE_MSR] = { "kvm_msr", { "ecx", "data", "write", "exception" } },
	[SOURCE_WAIT] = { "kvm_wait_lapic_expire", { "vcpu_id", "delta" } },
	[SOURCE_OFFSET] = { "kvm_write_tsc_offset",
			    { "vcpu_id", "previous_tsc_offset", "next_tsc_offset" } },
};

struct source {
	unsigned int type; /* 0 = the host has none */
	const struct vms_field *pid, *fields[4];
};

struct sources {
	const struct vms_stream *host;
	const struct vms_stretches *st;
	struct source s[SOURCES_NR];
	uint8_t *kinds; /* by type, 0 = says nothing */
	struct notes *by_cpu;
};

static struct source source_of(const struct vms_stream *host, enum source_kind kind)
{
	struct source src = { .type = vms_type_find(host, "kvm", source_names[kind].name) };
	const struct vms_event_type *type = &host->types[src.type];
	unsigned int i;

	for (i = 0; i < VMS_ARRAY_NR(src.fields) && source_names[kind].fields[i]; i++) {
		src.fields[i] = vms_type_field(type, source_names[kind].fields[i]);
		if (!src.fields[i] && i + 1 < VMS_ARRAY_NR(src.fields))
			src.type = 0;
	}
	src.pid = vms_type_field(type, "common_pid");
	return src;
}

static int64_t thread_of(const struct vms_stretches *st, int32_t tid)
{
	const struct vms_thread *t = vms_thread_find(st, tid);

	return t ? t - st->threads : -1;
}

/*
 * Another vCPU's wait in this thread: posted timers. Which thread is meant only the number tells.
 */
static int64_t thread_of_vcpu(const struct vms_stretches *st, int64_t near, int64_t vcpu_id)
{
	int64_t i, found = -1;

	if (st->threads[near].vcpu_id < 0 || st->threads[near].vcpu_id == vcpu_id)
		return near;
	for (i = 0; i < (int64_t)st->threads_nr; i++) {
		if (st->threads[i].vcpu_id != vcpu_id)
			continue;
		if (found < 0 || llabs(i - near) < llabs(found - near))
			found = i;
	}
	return found;
}

static uint64_t value_of(const struct sources *all, const struct vms_field *field,
			 const uint8_t *payload)
{
	return field ? vms_field_u64(all->host, field, payload) : 0;
}

static bool read_msr(const struct sources *all, const uint8_t *payload, struct note *n)
{
	const struct vms_field *const *fields = all->s[SOURCE_MSR].fields;
	const uint64_t ecx = value_of(all, fields[0], payload);
	const bool write = value_of(all, fields[2], payload);

	n->value = (int64_t)value_of(all, fields[1], payload);
	n->kind = write ? NOTE_DEADLINE : NOTE_READ;
	return (write ? ecx == MSR_TSC_DEADLINE : ecx == MSR_TSC) &&
	       !value_of(all, fields[3], payload);
}

/* Whether an event says something, and what. */
static bool read_note(const struct sources *all, enum source_kind kind, struct vms_ref ref,
		      struct note *note)
{
	const struct source *src = &all->s[kind];
	const uint8_t *payload = vms_payload(&all->host->cpus[ref.cpu], ref.idx);
	int64_t thread, meant;

	*note = (struct note){ .time_raw = vms_event_time(all->host, ref), .ref = ref };
	if (kind == SOURCE_MSR && !read_msr(all, payload, note))
		return false;
	thread = src->pid ? thread_of(all->st, (int32_t)value_of(all, src->pid, payload)) : -1;
	if (thread < 0)
		return false;
	meant = thread;
	if (kind != SOURCE_MSR) {
		meant = thread_of_vcpu(all->st, thread,
				       (int64_t)value_of(all, src->fields[0], payload));
		note->kind = kind == SOURCE_WAIT ? NOTE_WAIT : NOTE_OFFSET;
		note->before = (int64_t)value_of(all, src->fields[1], payload);
		note->value = kind == SOURCE_WAIT ? note->before
						  : (int64_t)value_of(all, src->fields[2], payload);
		note->elsewhere = meant != thread || vms_event_in_interrupt(all->host, ref);
	}
	note->thread = (uint32_t)meant;
	return meant >= 0;
}

static int add(struct notes *out, struct note n)
{
	const int ret = vms_grow(&out->n, &out->cap, out->nr + 1, sizeof(*out->n), NOTES_MAX);

	if (!ret)
		out->n[out->nr++] = n;
	return ret;
}

static int collect_cpu(void *user, unsigned int cpu, struct vms_err *err)
{
	const struct sources *all = user;
	const struct vms_cpu *c = &all->host->cpus[cpu];
	const uint16_t *type = c->type;
	uint32_t at;
	int ret = 0;

	(void)err;
	for (at = 0; at < c->nr && !ret; at++) {
		const struct vms_ref ref = { .cpu = (int32_t)cpu, .idx = at };
		struct note note;

		if (all->kinds[type[VMS_SOON(c, at)]])
			VMS_PAYLOAD_SOON(c, at);
		if (all->kinds[type[at]] &&
		    read_note(all, (enum source_kind)(all->kinds[type[at]] - 1), ref, &note))
			ret = add(&all->by_cpu[cpu], note);
	}
	return ret;
}

int notes_collect(struct notes *by_cpu, const struct vms_stream *host,
		  const struct vms_stretches *st)
{
	struct sources all = { .host = host, .st = st, .by_cpu = by_cpu };
	unsigned int i;
	int ret;

	all.kinds = vms_calloc(host->types_nr, sizeof(*all.kinds));
	if (!all.kinds)
		return -VMS_ENOMEM;
	for (i = 0; i < SOURCES_NR; i++) {
		all.s[i] = source_of(host, (enum source_kind)i);
		if (all.s[i].type)
			all.kinds[all.s[i].type] = (uint8_t)(i + 1);
	}
	ret = vms_each(host->cpus_nr, collect_cpu, &all, NULL);
	free(all.kinds);
	return ret;
}

/* Where the notes of each part and thread go: those of a thread on end. */
struct grouping {
	const struct notes *parts;
	struct note *out;
	size_t *at; /* by part, then thread: the next one's place; at first how many there are */
	unsigned int threads_nr;
};

static int count_part(void *user, unsigned int part, struct vms_err *err)
{
	const struct grouping *grouping = user;
	const struct notes *notes = &grouping->parts[part];
	size_t *at = grouping->at + (size_t)part * grouping->threads_nr, i;

	(void)err;
	for (i = 0; i < notes->nr; i++)
		at[notes->n[i].thread]++;
	return 0;
}

static int copy_part(void *user, unsigned int part, struct vms_err *err)
{
	const struct grouping *grouping = user;
	const struct notes *notes = &grouping->parts[part];
	size_t *at = grouping->at + (size_t)part * grouping->threads_nr, i;

	(void)err;
	for (i = 0; i < notes->nr; i++)
		grouping->out[at[notes->n[i].thread]++] = notes->n[i];
	return 0;
}

int notes_group(struct note **out, size_t *from, unsigned int threads_nr, const struct notes *parts,
		unsigned int parts_nr)
{
	struct grouping grouping = { .parts = parts, .threads_nr = threads_nr };
	unsigned int thread, part;
	size_t nr = 0;
	int ret;

	grouping.at = vms_calloc((size_t)threads_nr * parts_nr, sizeof(*grouping.at));
	ret = grouping.at ? vms_each(parts_nr, count_part, &grouping, NULL) : -VMS_ENOMEM;
	for (thread = 0; thread < threads_nr && !ret; thread++) {
		from[thread] = nr;
		for (part = 0; part < parts_nr; part++) {
			size_t *at = &grouping.at[(size_t)part * threads_nr + thread];
			const size_t of = *at;

			*at = nr;
			nr += of;
		}
	}
	from[threads_nr] = nr;
	if (!ret)
		grouping.out = vms_calloc(nr, sizeof(*grouping.out));
	if (!ret)
		ret = grouping.out ? vms_each(parts_nr, copy_part, &grouping, NULL) : -VMS_ENOMEM;
	free(grouping.at);
	*out = grouping.out;
	return ret;
}

/* The host's CPUs are as many runs that ascend. */
int notes_sort(struct note *note, size_t nr)
{
	struct vms_placed *placed = vms_calloc(nr, sizeof(*placed));
	struct note *was = vms_calloc(nr, sizeof(*was));
	size_t i;
	int ret = placed && was ? 0 : -VMS_ENOMEM;

	for (i = 0; i < nr && !ret; i++)
		placed[i] = (struct vms_placed){ note[i].time_raw, (uint32_t)i };
	if (!ret && nr)
		memcpy(was, note, nr * sizeof(*was));
	if (!ret)
		ret = vms_placed_sort(placed, (uint32_t)nr, NULL);
	for (i = 0; i < nr && !ret; i++)
		note[i] = was[placed[i].idx];
	free(placed);
	free(was);
	return ret;
}

int notes_of_guest(struct notes *out, const struct vms_facts_guest *guest,
		   const struct vms_stretches *st)
{
	const struct vms_cpu *cpu = &guest->guest->cpus[guest->cpu_idx];
	const unsigned int type = vms_type_find(guest->guest, "msr", "write_msr");
	const struct vms_field *msr = vms_type_field(&guest->guest->types[type], "msr");
	const struct vms_field *val = vms_type_field(&guest->guest->types[type], "val");
	struct note note = { .ref = VMS_REF_NONE,
			     .thread = (uint32_t)(guest->thread - st->threads) };
	uint32_t i, cursor = 0, lost = 0;
	int64_t depth;
	int ret = 0;

	for (i = 0; i < cpu->nr && type && msr && val && !ret; i++) {
		note.time_raw = vms_model_event(guest->model, guest->cpu_idx, i, cpu->time_raw[i]);
		note.kind = NOTE_MISSING;
		if (lost < cpu->lost_nr && cpu->lost[lost].idx <= i)
			ret = add(out, note);
		while (lost < cpu->lost_nr && cpu->lost[lost].idx <= i)
			lost++;
		if (ret || cpu->type[i] != type ||
		    vms_field_u64(guest->guest, msr, vms_payload(cpu, i)) != MSR_TSC_DEADLINE)
			continue;
		if (vms_place_near(guest->thread, note.time_raw, &cursor, &depth) ==
		    VMS_PLACE_INSIDE) {
			note.kind = NOTE_DEADLINE;
			note.value = (int64_t)vms_field_u64(guest->guest, val, vms_payload(cpu, i));
			note.time_raw = guest->thread->stretches[cursor].leave_raw;
		}
		ret = add(out, note);
	}
	return ret;
}
