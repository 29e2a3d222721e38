/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clocks of the simulated host and of each vCPU, as functions of the true time. */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stddef.h>

#include "sim_world.h"

#define SIM_TICKS_PER_NS 2.6

/* A time from which on a vCPU's clock and thread are these. */
struct sim_era {
	double from_ns;
	int64_t ahead_raw; /* sum of all that the clock was set ahead by so far */
	int32_t tid;
	bool waits; /* for the thread to have left the guest */
};

struct sim_vcpu_clock {
	unsigned int vcpu;
	struct sim_era eras[SIM_TURNS_MAX + 1];
	unsigned int eras_nr;
};

struct sim_clock {
	const struct sim_opts *o;
	double unit;	  /* raw units a ns */
	uint64_t ratio;	  /* in parts of 2^fraction; 0 = not scaled */
	int64_t tsc_base; /* of a scaled TSC: KVM's offset before any step */
	double *wander;	  /* accumulated phase [ns] at each of wander_step_ns */
	size_t wander_nr;
};

/* wander: room for sim_clock_wander_nr() phases, or NULL; the clock frees it. */
void sim_clock_init(struct sim_clock *c, const struct sim_opts *o, double *wander);
void sim_clock_free(struct sim_clock *c);
/* How many phases at which distance a wandering clock wants; 0 = it does not wander. */
size_t sim_clock_wander_nr(const struct sim_opts *o, double *step_ns);

int64_t sim_host_raw(const struct sim_clock *c, double ns);
/* As a host CPU's own clock has it. */
int64_t sim_pcpu_raw(const struct sim_clock *c, unsigned int pcpu, double ns);
int64_t sim_guest_raw(const struct sim_clock *c, const struct sim_vcpu_clock *v, double ns);
/* The true offset as a real number [raw units]. */
double sim_offset(const struct sim_clock *c, const struct sim_vcpu_clock *v, double ns);
/* KVM's tsc_offset of a vCPU: guest = (host * ratio) + this. */
int64_t sim_tsc_offset(const struct sim_clock *c, const struct sim_vcpu_clock *v, double ns);
const struct sim_era *sim_era_at(const struct sim_vcpu_clock *v, double ns);
/* Whether offsets are exact to the unit, and constant within an era. */
bool sim_clock_is_exact(const struct sim_clock *c);
/* Next time after ns and before end at which the rate of the clocks changes; end when none. */
double sim_clock_bend(const struct sim_clock *c, double ns, double end_ns);

#endif
