/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes trace.dat files, versions 6 and 7, uncompressed: formats, options and ring buffer pages.
 */
#ifndef SIM_FILE_H
#define SIM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* An event format: fields "type name" with sizes; offsets follow from natural alignment. */
struct sim_field {
	const char *decl; /* "unsigned int vcpu_id" */
	unsigned int size;
	bool is_signed;
};

struct sim_format {
	const char *system, *name;
	struct sim_field fields[8]; /* ends with decl NULL */
	const char *print;	    /* print fmt */
};

/* The events that the simulator emits; the value is the index into sim_formats. */
enum sim_event {
	SIM_KVM_ENTRY,
	SIM_KVM_EXIT,
	SIM_KVM_ENTRY_ARM,
	SIM_KVM_EXIT_ARM,
	SIM_KVM_MSR,
	SIM_KVM_INJ_VIRQ,
	SIM_KVM_EOI,
	SIM_KVM_WAIT_LAPIC,
	SIM_KVM_TSC_OFFSET,
	SIM_SCHED_SWITCH,
	SIM_SCHED_WAKING,
	SIM_IRQ_ENTRY,
	SIM_HRTIMER_START,
	SIM_HRTIMER_CANCEL,
	SIM_HRTIMER_EXPIRE_ENTRY,
	SIM_HRTIMER_EXPIRE_EXIT,
	SIM_CPU_IDLE,
	SIM_LOCAL_TIMER_ENTRY,
	SIM_WRITE_MSR,
	SIM_EVENTS_NR
};

extern const struct sim_format sim_formats[SIM_EVENTS_NR];

struct sim_cpu_file;

/* One sample of TIME_SHIFT. */
struct sim_sample {
	int64_t time, offset;
	uint64_t scaling, fraction;
};

/* Everything in a file that is not events. */
struct sim_meta {
	unsigned int version; /* 6 or 7 */
	const char *clock;
	uint64_t trace_id;
	bool tsc2nsec;
	uint32_t mult, shift;
	int64_t ts_offset, date; /* options OFFSET and DATE; 0 = none */
	/* guest: TIME_SHIFT; samples_nr 0 = none. samples[cpu * samples_nr + i] */
	uint64_t peer_id;
	uint32_t shift_flags; /* bit 0: interpolate */
	bool arm;	      /* kvm_entry and kvm_exit in their arm64 form */
	unsigned int samples_nr;
	const struct sim_sample *samples;
	/* host: GUEST options; guests_nr 0 = none. tids[guest * vcpus_nr + vcpu] */
	unsigned int guests_nr, vcpus_nr;
	const uint64_t *guest_ids;
	const int32_t *tids;
	/* task names */
	unsigned int comms_nr;
	const int32_t *comm_tids;
	const char (*comms)[16];
};

/* A file being written: events go to a temporary file a CPU. */
struct sim_file {
	unsigned int cpus_nr;
	struct sim_cpu_file *cpus;
	uint64_t events_nr;
};

bool sim_file_new(struct sim_file *f, unsigned int cpus_nr);
/*
 * Add an event; values in the order of the format's fields. Times must not decrease within a page:
 * a step back starts one.
 */
void sim_file_add(struct sim_file *f, unsigned int cpu, int64_t time, enum sim_event ev,
		  int32_t pid, const uint64_t *values);
/* Lose what follows until sim_file_found(): counts, and marks the next page. */
void sim_file_lose(struct sim_file *f, unsigned int cpu);
void sim_file_found(struct sim_file *f, unsigned int cpu);
/* Write it all out and free. False with errno set when that failed. */
bool sim_file_write(struct sim_file *f, const char *path, const struct sim_meta *m);

#endif
