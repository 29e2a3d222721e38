/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host with KVM guests, simulated: who runs when, what is traced, and the true relation of the
 * clocks.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_STEPS_MAX 16
#define SIM_GUESTS_MAX 16

enum sim_isa { SIM_VMX, SIM_SVM, SIM_SVM_LATE, SIM_ARM64 };
enum sim_sync { SIM_SYNC_NONE, SIM_SYNC_KVM, SIM_SYNC_PTP };

/* From then on the guest's clock is ahead by so much more; vcpu -1: all. */
struct sim_step {
	double at_s;
	int64_t guest_ahead_raw;
	int vcpu;
};

struct sim_opts {
	uint64_t seed;
	unsigned int pcpus, guests, vcpus;
	double seconds;
	uint64_t events_max; /* stop when the host has so many; 0 = no limit */
	double stretch_us;   /* mean length of a stretch in guest mode */
	double idle_share;   /* part of stretches that end by going idle */
	double idle_us;	     /* mean idle time */
	enum sim_isa isa;
	bool tsc;			    /* clock x86-tsc at 2.6 GHz, else local (ns) */
	bool tsc2nsec;			    /* write option TSC2NSEC */
	int64_t host_start_raw, offset_raw; /* host minus guest at the start */
	int64_t vcpu_skew_raw;		    /* vCPU v's offset is larger by v times this */
	int64_t pcpu_skew_raw;		    /* host CPU p's clock is ahead by p times this */
	double drift_ppm;		    /* host clock relative to guest clock */
	double wander_ppb;		    /* rms of a random walk of the rate, a second */
	struct sim_step steps[SIM_STEPS_MAX];
	unsigned int steps_nr;
	double lost_per_s;  /* gaps of lost events a second and host CPU */
	double quiet_share; /* part of stretches without any guest event */
	enum sim_sync sync;
	int64_t sync_error_raw;
	unsigned int samples_nr;
	/* of the first sample, one more in each later one; 1 with fraction 0 is none */
	int64_t scaling;
	unsigned int fraction; /* scaling counts in parts of 2^fraction */
	unsigned int version;
	bool guest_option; /* write option GUEST into the host's file */
};

void sim_opts_default(struct sim_opts *o);

/*
 * sim_world_write - simulate and write PATH.dat, PATH-vmN.dat, PATH.truth.json and PATH.pairs
 * (TSV: guest, vcpu, sequence, guest time, host time, true offset). False with errno set when a
 * file could not be written.
 */
bool sim_world_write(const struct sim_opts *o, const char *path);

#endif
