/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of the host's events gets into its file: losses, holes, masks and filters. */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include "sim_clock.h"
#include "sim_file.h"

/* A time for which the host's file lacks events of a CPU. */
struct sim_missing {
	double from_ns, to_ns;
	unsigned int cpu;
};

struct sim_host {
	const struct sim_opts *o;
	const struct sim_clock *clock;
	struct sim_file file;
	uint64_t rng;
	struct sim_missing *next;   /* by CPU: the next random loss */
	struct sim_missing *losses; /* those that came */
	size_t losses_nr, losses_cap;
};

bool sim_host_new(struct sim_host *h, const struct sim_opts *o, const struct sim_clock *clock);
void sim_host_free(struct sim_host *h);
/* An event of a host CPU; vcpu: of the thread it happens in, -1 = none. */
void sim_host_event(struct sim_host *h, unsigned int pcpu, double ns, enum sim_event ev,
		    int32_t pid, int vcpu, const uint64_t *values);

#endif
