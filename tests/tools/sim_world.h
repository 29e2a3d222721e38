/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host with KVM guests, simulated: who runs when, what is traced, and the true relation of the
 * clocks.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_TURNS_MAX 16
#define SIM_GUESTS_MAX 16
#define SIM_HOLES_MAX 16
#define SIM_DROPS_MAX 8
#define SIM_SLEWS_MAX 256

enum sim_isa { SIM_VMX, SIM_SVM, SIM_SVM_LATE, SIM_ARM64 };
enum sim_sync { SIM_SYNC_NONE, SIM_SYNC_KVM, SIM_SYNC_PTP };

/*
 * What happens to vCPUs: the clock is set; the guest goes on in another process; a vCPU in another
 * thread; the guest begins anew, in the same threads or in another process.
 */
enum sim_turn_kind { SIM_STEP, SIM_MIGRATE, SIM_PLUG, SIM_RESET, SIM_RESTART };

/* From then on the guest's clock is ahead by so much more; vcpu -1: all. */
struct sim_turn {
	enum sim_turn_kind kind;
	double at_s, pause_s;
	int64_t ahead_raw; /* of resets: what the clock is when the guest begins anew */
	int vcpu;
};

/* The host's file has nothing of this time; cpu -1: of all CPUs. */
struct sim_hole {
	double from_s, to_s;
	int cpu;
	bool marked; /* as lost events */
};

/* Which host events are not recorded. */
enum sim_drop_kind {
	SIM_DROP_KVM,
	SIM_DROP_ENTRY,
	SIM_DROP_EXIT,
	SIM_DROP_SCHED,
	SIM_DROP_MSR,
	SIM_DROP_WAIT,
	SIM_DROP_IRQ,
	SIM_DROP_ENTRY_OF_OTHERS, /* of all vCPUs but 0 */
	SIM_DROP_EXIT_OF_OTHERS,
	SIM_DROP_EXIT_BUT_HLT,
	SIM_DROPS_NR
};

extern const char *const sim_drop_names[SIM_DROPS_NR];

struct sim_drop {
	enum sim_drop_kind kind;
	double from_s, to_s;
};

/* The host's clock gains so much more on the guest's. */
struct sim_slew {
	double from_s, to_s, ppm;
};

struct sim_opts {
	uint64_t seed;
	unsigned int pcpus, guests, vcpus;
	double seconds;
	uint64_t events_max; /* stop when the host has so many; 0 = no limit */
	double stretch_us;   /* mean length of a stretch in guest mode */
	double idle_share;   /* part of stretches that end by going idle */
	double idle_us;	     /* mean idle time, and mean time to a deadline */
	double period_us;    /* every vCPU wakes so often, and only then; 0 = as work comes */
	enum sim_isa isa;
	bool tsc;			    /* clock x86-tsc at 2.6 GHz, else local (ns) */
	bool tsc2nsec;			    /* write option TSC2NSEC */
	int64_t host_start_raw, offset_raw; /* host minus guest at the start */
	int64_t vcpu_skew_raw;		    /* vCPU v's offset is larger by v times this */
	int64_t pcpu_skew_raw;		    /* host CPU p's clock is ahead by p times this */
	double ratio;			    /* of the guest's TSC to the host's; 1 = not scaled */
	double drift_ppm;		    /* host clock relative to guest clock */
	double wander_ppb;		    /* rms of a random walk of the rate, a second */
	struct sim_slew slews[SIM_SLEWS_MAX];
	unsigned int slews_nr;
	struct sim_turn turns[SIM_TURNS_MAX]; /* ascending */
	unsigned int turns_nr;
	bool tell_steps; /* kvm_write_tsc_offset */
	/* parts of expired deadlines that KVM waits for, and that the guest replaced just then */
	double facts, swapped;
	double foreign_waits; /* part of deadlines that expire in another vCPU's thread */
	bool waits_late;      /* the wait's event comes after the exit */
	double tsc_reads;     /* part of MSR exits that read the TSC */
	double lost_per_s;    /* gaps of lost events a second and host CPU */
	struct sim_hole holes[SIM_HOLES_MAX];
	unsigned int holes_nr;
	struct sim_drop drops[SIM_DROPS_MAX];
	unsigned int drops_nr;
	uint64_t mask;	    /* host CPUs that are recorded, of the first 64; 0 = all */
	double quiet_share; /* part of stretches without any guest event */
	double guest_share; /* part of guest events that are recorded */
	enum sim_sync sync;
	int64_t sync_error_raw;
	unsigned int samples_nr;
	/* of the first sample, one more in each later one; 1 with fraction 0 is none */
	int64_t scaling;
	unsigned int fraction; /* scaling and the ratio count in parts of 2^fraction */
	unsigned int version;
	bool guest_option; /* write option GUEST into the host's file */
	/* options OFFSET and DATE as text of each file; 0 = none */
	int64_t host_ts_offset, guest_ts_offset, host_date, guest_date;
};

void sim_opts_default(struct sim_opts *o);

/*
 * sim_world_write - simulate and write PATH.dat, PATH-vmN.dat, PATH.truth.json and PATH.pairs
 * (TSV: guest, vcpu, sequence, guest time, host time, true offset). False with errno set when a
 * file could not be written.
 */
bool sim_world_write(const struct sim_opts *o, const char *path);

#endif
