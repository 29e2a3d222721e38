/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The simulated world while it runs: its threads, clocks and files. */
#ifndef SIM_STATE_H
#define SIM_STATE_H

#include <stdio.h>

#include "sim_host.h"

/* The thread that runs a vCPU at the moment. */
struct thread {
	unsigned int guest, vcpu, pcpu;
	int32_t tid;
	double ready_ns; /* when it wants to enter the guest, host time from the start */
	double done_ns;	 /* when it was last seen at work */
	double last_guest_ns;
	bool asleep;	   /* after HLT */
	bool msr_pending;  /* the next stretch begins after a deadline write */
	uint64_t deadline; /* last written, in the guest's TSC */
	double expire_ns;  /* when that is reached; INFINITY: none is armed */
	bool expired;	   /* a timer interrupt is to be injected */
	bool waits;	   /* and KVM waits for its deadline before */
	uint64_t expired_deadline;
	bool late_wait; /* an event of a wait still comes */
	uint64_t late_delta;
	unsigned int turn; /* the next that it meets */
	struct sim_vcpu_clock clock;
};

struct world {
	const struct sim_opts *o;
	uint64_t rng;
	struct thread *threads;
	unsigned int threads_nr;
	int32_t next_tid;
	double *free_ns;  /* by pCPU: nothing of a vCPU before */
	int32_t *running; /* by pCPU: which thread was last seen there */
	double end_ns;
	struct sim_clock clock;
	struct sim_host host;
	struct sim_file guest[SIM_GUESTS_MAX];
	uint64_t ids[SIM_GUESTS_MAX + 1];
	struct sim_sample *samples[SIM_GUESTS_MAX]; /* NULL: nothing recorded */
	FILE *pairs;
};

/* Everything that is written once the world has come to its end. */
bool sim_files_write(struct world *w, const char *path);
bool sim_truth_write(const struct world *w, const char *path);
/* What a vCPU does, from entry to the next time it is ready. */
void sim_stretch(struct world *w, struct thread *t);
/* The tracepoints of a host CPU and of a guest. */
void sim_emit(struct world *w, const struct thread *t, double ns, enum sim_event ev,
	      const uint64_t *values);
/* As a guest TSC that deadlines are written in; the trace clock where that counts the TSC. */
uint64_t sim_guest_tsc(const struct world *w, const struct thread *t, double ns);

#endif
