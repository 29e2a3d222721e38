/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Streams made by hand for tests: event types with fields, events as text, lost events, several
 * buffers.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <vmsync/stream.h>

struct world;

/**
 * world_new - an empty stream with @cpus_nr CPUs, numbered from 0
 *
 * It knows the events that the built-in sequences speak of, x86 fields: kvm_entry kvm_exit kvm_msr
 * kvm_wait_lapic_expire kvm_inj_virq kvm_eoi kvm_pv_eoi, sched_switch sched_waking,
 * irq_handler_entry softirq_entry, local_timer_entry reschedule_entry irq_work_entry,
 * page_fault_user page_fault_kernel, hrtimer_start hrtimer_cancel hrtimer_expire_exit
 * hrtimer_expire_entry, cpu_idle, write_msr read_msr,
 * x86_fpu_regs_activated, nmi_handler; and kvm_of_a_newer_kernel, of which nobody speaks.
 * A mistake in its use ends the program.
 */
struct world *world_new(unsigned int cpus_nr);
void world_free(struct world *w);

/**
 * world_type - a further type, or other fields for a known one: "exit_reason:4 isa:4 info1:8";
 * before any event of it
 */
void world_type(struct world *w, const char *system, const char *name, const char *fields);

/**
 * world_buffer - events added from now on come from this ftrace instance; "" is the top one, which
 * every world has
 */
void world_buffer(struct world *w, const char *name);

/**
 * world_add - append an event to a CPU; @fields is "exit_reason=32 isa=1", fields not named are 0.
 * Return: its index
 */
uint32_t world_add(struct world *w, unsigned int cpu, int64_t time_raw, int32_t tid,
		   const char *name, const char *fields);

/**
 * world_play - events as text: "10 kvm_entry vcpu_id=3; 20@1 7:write_msr; lost@1; 30 kvm_exit"
 * A time, the CPU when it is not 0, the thread when it is not @tid, the name, fields. "lost":
 * events are missing, "buffer NAME": what follows comes from there.
 */
void world_play(struct world *w, int32_t tid, const char *events);

/** world_lost - events are missing before the next one of this CPU, in the current buffer */
void world_lost(struct world *w, unsigned int cpu, uint64_t count);

/** world_stream - the stream; valid until the world is freed, complete as of this call */
const struct vms_stream *world_stream(struct world *w);

#endif
