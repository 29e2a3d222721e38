// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which host events speak of a guest's clock, of which thread's, and what each says. */
#include "core/bound/notes.h"

#include <stdlib.h>

#include <vmsync/place.h>

#include "core/base/util.h"

#define NOTES_MAX ((size_t)1 << 31)
#define MSR_TSC 0x10u
#define MSR_TSC_DEADLINE 0x6e0u

/* The event types that speak of clocks, and their fields. */
struct sources {
	const struct vms_stream *host;
	const struct vms_stretches *st;
	unsigned int msr, wait, offset;
	const struct vms_field *ecx, *data, *write, *exception;
	const struct vms_field *wait_vcpu, *delta;
	const struct vms_field *offset_vcpu, *previous, *next;
};

static struct sources sources_of(const struct vms_stream *host, const struct vms_stretches *st)
{
	struct sources src = { .host = host, .st = st };
	const struct vms_event_type *type;

	src.msr = vms_type_find(host, "kvm", "kvm_msr");
	type = &host->types[src.msr];
	src.ecx = vms_type_field(type, "ecx");
	src.data = vms_type_field(type, "data");
	src.write = vms_type_field(type, "write");
	src.exception = vms_type_field(type, "exception");
	if (!src.ecx || !src.data || !src.write)
		src.msr = 0;
	src.wait = vms_type_find(host, "kvm", "kvm_wait_lapic_expire");
	type = &host->types[src.wait];
	src.wait_vcpu = vms_type_field(type, "vcpu_id");
	src.delta = vms_type_field(type, "delta");
	if (!src.wait_vcpu || !src.delta)
		src.wait = 0;
	src.offset = vms_type_find(host, "kvm", "kvm_write_tsc_offset");
	type = &host->types[src.offset];
	src.offset_vcpu = vms_type_field(type, "vcpu_id");
	src.previous = vms_type_field(type, "previous_tsc_offset");
	src.next = vms_type_field(type, "next_tsc_offset");
	if (!src.offset_vcpu || !src.previous || !src.next)
		src.offset = 0;
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

static bool read_msr(const struct sources *src, const uint8_t *payload, struct note *n)
{
	const struct vms_stream *host = src->host;
	const uint64_t ecx = vms_field_u64(host, src->ecx, payload);
	const bool write = vms_field_u64(host, src->write, payload);

	if (src->exception && vms_field_u64(host, src->exception, payload))
		return false;
	n->value = (int64_t)vms_field_u64(host, src->data, payload);
	n->kind = write ? NOTE_DEADLINE : NOTE_READ;
	return write ? ecx == MSR_TSC_DEADLINE : ecx == MSR_TSC;
}

/* Whether an event says something, and what. */
static bool read_note(const struct sources *src, struct vms_ref ref, struct note *note)
{
	const struct vms_cpu *cpu = &src->host->cpus[ref.cpu];
	const unsigned int type = cpu->type[ref.idx];
	const uint8_t *payload = cpu->payload[ref.idx];
	int64_t thread, meant;

	if (!type || (type != src->msr && type != src->wait && type != src->offset))
		return false;
	*note = (struct note){ .time_raw = cpu->time_raw[ref.idx], .ref = ref };
	if (type == src->msr && !read_msr(src, payload, note))
		return false;
	thread = thread_of(src->st, vms_event_tid(src->host, ref));
	if (thread < 0)
		return false;
	meant = thread;
	if (type == src->wait) {
		note->kind = NOTE_WAIT;
		note->value = (int64_t)vms_field_u64(src->host, src->delta, payload);
		meant = thread_of_vcpu(src->st, thread,
				       (int64_t)vms_field_u64(src->host, src->wait_vcpu, payload));
	} else if (type == src->offset) {
		note->kind = NOTE_OFFSET;
		note->value = (int64_t)vms_field_u64(src->host, src->next, payload);
		note->before = (int64_t)vms_field_u64(src->host, src->previous, payload);
		meant = thread_of_vcpu(src->st, thread,
				       (int64_t)vms_field_u64(src->host, src->offset_vcpu,
							      payload));
	}
	note->thread = (uint32_t)meant;
	note->elsewhere = meant != thread || vms_event_in_interrupt(src->host, ref);
	return meant >= 0;
}

static int by_thread_and_time(const void *a, const void *b)
{
	const struct note *x = a, *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	if (x->time_raw != y->time_raw)
		return x->time_raw < y->time_raw ? -1 : 1;
	return (x->ref.idx > y->ref.idx) - (x->ref.idx < y->ref.idx);
}

static int add(struct notes *out, struct note n)
{
	const int ret = vms_grow(&out->n, &out->cap, out->nr + 1, sizeof(*out->n), NOTES_MAX);

	if (!ret)
		out->n[out->nr++] = n;
	return ret;
}

int notes_collect(struct notes *out, const struct vms_stream *host, const struct vms_stretches *st)
{
	const struct sources all = sources_of(host, st), *src = &all;
	unsigned int cpu;
	uint32_t i;

	for (cpu = 0; cpu < src->host->cpus_nr; cpu++) {
		for (i = 0; i < src->host->cpus[cpu].nr; i++) {
			const struct vms_ref ref = { .cpu = (int32_t)cpu, .idx = i };
			struct note n;
			int ret;

			if (!read_note(src, ref, &n))
				continue;
			ret = add(out, n);
			if (ret)
				return ret;
		}
	}
	return 0;
}

void notes_sort(struct notes *notes)
{
	if (notes->nr)
		qsort(notes->n, notes->nr, sizeof(*notes->n), by_thread_and_time);
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
		    vms_field_u64(guest->guest, msr, cpu->payload[i]) != MSR_TSC_DEADLINE)
			continue;
		if (vms_place_near(guest->thread, note.time_raw, &cursor, &depth) ==
		    VMS_PLACE_INSIDE) {
			note.kind = NOTE_DEADLINE;
			note.value = (int64_t)vms_field_u64(guest->guest, val, cpu->payload[i]);
			note.time_raw = guest->thread->stretches[cursor].leave_raw;
		}
		ret = add(out, note);
	}
	return ret;
}
