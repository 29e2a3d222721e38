// SPDX-License-Identifier: LGPL-2.1-or-later
/* Events as records in ring buffer pages: see trace-cmd's trace-cmd.dat(5). */
#include "sim_pages.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MISSED_EVENTS (UINT64_C(1) << 31)
#define MISSED_STORED (UINT64_C(1) << 30)
#define TYPE_TIME_EXTEND 30u
#define DELTA_BITS 27

#define U32(n)                                                                                     \
	{                                                                                          \
		"unsigned int " n, 4, false                                                        \
	}
#define S32(n)                                                                                     \
	{                                                                                          \
		"int " n, 4, true                                                                  \
	}
#define U64(n)                                                                                     \
	{                                                                                          \
		"u64 " n, 8, false                                                                 \
	}
#define COMM_BYTES 16u
/* no value: the writer names the task; libkshark dies without */
#define COMM(n)                                                                                    \
	{                                                                                          \
		"char " n "[16]", COMM_BYTES, false                                                \
	}

const struct sim_format sim_formats[SIM_EVENTS_NR] = {
	[SIM_KVM_ENTRY] = { "kvm",
			    "kvm_entry",
			    { U32("vcpu_id"), { "unsigned long rip", 8, false } },
			    "\"vcpu %u, rip 0x%lx\", REC->vcpu_id, REC->rip" },
	[SIM_KVM_EXIT] = { "kvm",
			   "kvm_exit",
			   { U32("exit_reason"),
			     { "unsigned long guest_rip", 8, false },
			     U32("isa"),
			     U64("info1"),
			     U64("info2"),
			     U32("vcpu_id") },
			   "\"vcpu %u reason %u rip 0x%lx info %llx %llx\", REC->vcpu_id, "
			   "REC->exit_reason, "
			   "REC->guest_rip, REC->info1, REC->info2" },
	[SIM_KVM_ENTRY_ARM] = { "kvm",
				"kvm_entry",
				{ { "unsigned long vcpu_pc", 8, false } },
				"\"PC: 0x%016lx\", REC->vcpu_pc" },
	[SIM_KVM_EXIT_ARM] = { "kvm",
			       "kvm_exit",
			       { S32("ret"), U32("esr_ec"), { "unsigned long vcpu_pc", 8, false } },
			       "\"ret %d: HSR_EC: 0x%04x, PC: 0x%016lx\", REC->ret, REC->esr_ec, "
			       "REC->vcpu_pc" },
	[SIM_KVM_MSR] = { "kvm",
			  "kvm_msr",
			  { U32("write"), U32("ecx"), U64("data"), { "u8 exception", 1, false } },
			  "\"msr_%s %x = 0x%llx\", REC->write ? \"write\" : \"read\", REC->ecx, "
			  "REC->data" },
	[SIM_KVM_INJ_VIRQ] = { "kvm",
			       "kvm_inj_virq",
			       { U32("vector"),
				 { "bool soft", 1, false },
				 { "bool reinjected", 1, false } },
			       "\"IRQ 0x%x\", REC->vector" },
	[SIM_KVM_EOI] = { "kvm",
			  "kvm_eoi",
			  { U32("apicid"), S32("vector") },
			  "\"apicid %x vector %d\", REC->apicid, REC->vector" },
	[SIM_KVM_WAIT_LAPIC] = { "kvm",
				 "kvm_wait_lapic_expire",
				 { U32("vcpu_id"), { "s64 delta", 8, true } },
				 "\"vcpu %u: delta %lld\", REC->vcpu_id, REC->delta" },
	[SIM_KVM_TSC_OFFSET] = { "kvm",
				 "kvm_write_tsc_offset",
				 { U32("vcpu_id"), U64("previous_tsc_offset"),
				   U64("next_tsc_offset") },
				 "\"vcpu=%u prev=%llu next=%llu\", REC->vcpu_id, "
				 "REC->previous_tsc_offset, REC->next_tsc_offset" },
	[SIM_SCHED_WAKING] = { "sched",
			       "sched_waking",
			       { S32("pid"), S32("prio"), S32("target_cpu"), COMM("comm") },
			       "\"pid=%d target_cpu=%03d\", REC->pid, REC->target_cpu" },
	[SIM_SCHED_SWITCH] = { "sched",
			       "sched_switch",
			       { S32("prev_pid"),
				 S32("prev_prio"),
				 S32("next_pid"),
				 S32("next_prio"),
				 { "long prev_state", 8, true },
				 COMM("prev_comm"),
				 COMM("next_comm") },
			       "\"prev_pid=%d next_pid=%d\", REC->prev_pid, REC->next_pid" },
	[SIM_IRQ_ENTRY] = { "irq", "irq_handler_entry", { S32("irq") }, "\"irq=%d\", REC->irq" },
	[SIM_HRTIMER_START] = { "timer",
				"hrtimer_start",
				{ U64("hrtimer"), U64("function"), { "s64 expires", 8, true } },
				"\"hrtimer=0x%llx expires=%lld\", REC->hrtimer, REC->expires" },
	[SIM_HRTIMER_CANCEL] = { "timer",
				 "hrtimer_cancel",
				 { U64("hrtimer") },
				 "\"hrtimer=0x%llx\", REC->hrtimer" },
	[SIM_HRTIMER_EXPIRE_ENTRY] = { "timer",
				       "hrtimer_expire_entry",
				       { U64("hrtimer"), { "s64 now", 8, true } },
				       "\"hrtimer=0x%llx now=%lld\", REC->hrtimer, REC->now" },
	[SIM_HRTIMER_EXPIRE_EXIT] = { "timer",
				      "hrtimer_expire_exit",
				      { U64("hrtimer") },
				      "\"hrtimer=0x%llx\", REC->hrtimer" },
	[SIM_CPU_IDLE] = { "power",
			   "cpu_idle",
			   { U32("state"), U32("cpu_id") },
			   "\"state=%u cpu_id=%u\", REC->state, REC->cpu_id" },
	[SIM_LOCAL_TIMER_ENTRY] = { "irq_vectors",
				    "local_timer_entry",
				    { S32("vector") },
				    "\"vector=%d\", REC->vector" },
	[SIM_WRITE_MSR] = { "msr",
			    "write_msr",
			    { U32("msr"), U64("val"), S32("failed") },
			    "\"%x, value %llx\", REC->msr, REC->val" },
};

unsigned int sim_event_id(enum sim_event ev)
{
	return 300u + (unsigned int)ev;
}

static void put_u64(uint8_t *at, uint64_t v)
{
	memcpy(at, &v, sizeof(v));
}

static void put_u32(uint8_t *at, uint32_t v)
{
	memcpy(at, &v, sizeof(v));
}

unsigned int sim_field_offset(const struct sim_format *fmt, unsigned int i)
{
	unsigned int at = 8, k;

	for (k = 0;; k++) {
		const unsigned int size = fmt->fields[k].size;

		if (size != COMM_BYTES)
			at = (at + size - 1) / size * size;
		if (k == i)
			return at;
		at += size;
	}
}

static unsigned int record_size(const struct sim_format *fmt)
{
	unsigned int nr = 0;

	while (fmt->fields[nr].decl)
		nr++;
	return (sim_field_offset(fmt, nr - 1) + fmt->fields[nr - 1].size + 3) / 4 * 4;
}

bool sim_file_new(struct sim_file *f, unsigned int cpus_nr)
{
	unsigned int i;

	memset(f, 0, sizeof(*f));
	f->cpus = calloc(cpus_nr, sizeof(*f->cpus));
	if (!f->cpus)
		return false;
	f->cpus_nr = cpus_nr;
	for (i = 0; i < cpus_nr; i++) {
		f->cpus[i].f = tmpfile();
		if (!f->cpus[i].f)
			return false;
	}
	return true;
}

void sim_page_close(struct sim_cpu_file *c)
{
	uint64_t commit = c->used;

	if (!c->open)
		return;
	if (c->mark) {
		commit |= MISSED_EVENTS;
		if (PAGE_HEADER + c->used + 8 <= PAGE) {
			commit |= MISSED_STORED;
			put_u64(c->page + PAGE_HEADER + c->used, c->lost_before);
		}
	}
	put_u64(c->page, (uint64_t)c->base);
	put_u64(c->page + 8, commit);
	(void)fwrite(c->page, 1, PAGE, c->f);
	c->pages_nr++;
	c->open = false;
	c->mark = false;
}

static void page_open(struct sim_cpu_file *c, int64_t time)
{
	memset(c->page, 0, PAGE);
	c->used = 0;
	c->base = time;
	c->last = time;
	c->open = true;
	if (c->lost && !c->losing) {
		c->mark = true;
		c->lost_before = c->lost;
		c->lost = 0;
	}
}

void sim_file_lose(struct sim_file *f, unsigned int cpu)
{
	sim_page_close(&f->cpus[cpu]);
	f->cpus[cpu].losing = true;
}

void sim_file_found(struct sim_file *f, unsigned int cpu)
{
	f->cpus[cpu].losing = false;
}

void sim_file_add(struct sim_file *f, unsigned int cpu, int64_t time, enum sim_event ev,
		  int32_t pid, const uint64_t *values)
{
	const struct sim_format *fmt = &sim_formats[ev];
	struct sim_cpu_file *c = &f->cpus[cpu];
	const unsigned int size = record_size(fmt);
	uint64_t delta;
	uint8_t *at;
	unsigned int i;

	if (c->losing) {
		c->lost++;
		return;
	}
	if (c->open && (time < c->last || PAGE_HEADER + c->used + 8 + 4 + size > PAGE))
		sim_page_close(c);
	if (!c->open)
		page_open(c, time);
	delta = (uint64_t)(time - c->last);
	at = c->page + PAGE_HEADER + c->used;
	if (delta >> DELTA_BITS) {
		put_u32(at, TYPE_TIME_EXTEND | (uint32_t)(delta & ((1u << DELTA_BITS) - 1)) << 5);
		put_u32(at + 4, (uint32_t)(delta >> DELTA_BITS));
		at += 8;
		c->used += 8;
		delta = 0;
	}
	put_u32(at, size / 4 | (uint32_t)delta << 5);
	at += 4;
	at[0] = (uint8_t)sim_event_id(ev);
	at[1] = (uint8_t)(sim_event_id(ev) >> 8);
	put_u32(at + 4, (uint32_t)pid);
	for (i = 0; fmt->fields[i].decl; i++) {
		if (fmt->fields[i].size == COMM_BYTES)
			memcpy(at + sim_field_offset(fmt, i), "task\0\0\0\0\0\0\0\0\0\0\0",
			       COMM_BYTES);
		else
			memcpy(at + sim_field_offset(fmt, i), &values[i], fmt->fields[i].size);
	}
	c->used += 4 + size;
	c->last = time;
	f->events_nr++;
}
