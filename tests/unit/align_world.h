/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Made-up worlds for tests of alignment: stretches, guest events, and the offset between them. */
#ifndef TESTS_ALIGN_WORLD_H
#define TESTS_ALIGN_WORLD_H

#include <vmsync/align.h>

#define CPUS_MAX 4
#define US 1000.0 /* raw units of these worlds are ns, or ticks of 1 GHz */
#define HOST_FIRST_RAW INT64_C(50000000000)

/* What a world is made of. */
struct align_recipe {
	uint32_t seed;
	unsigned int cpus;
	double seconds;
	double stretch_us, gap_us; /* means; gaps have heavy tails */
	/* stretches of one length begin so far apart, instead of gaps; 0 = at random */
	double period_us;
	double jitter_us;   /* by which each of them is off, evenly */
	double per_stretch; /* guest events */
	int64_t offset_raw[CPUS_MAX];
	double drift;
	double step_at;	  /* share of the trace; 0 = none */
	int64_t step_raw; /* added to the offset from there on, on the last CPU */
	bool tick;	  /* clock without drift by nature */
	bool map, recorded;
	int64_t recorded_error_raw;
	bool unrelated; /* guest events of another world */
	/* guest events of this part of the trace alone, as shares; both 0 = all */
	double keep_from, keep_to;
};

struct align_world {
	struct vms_stream host, guest;
	struct vms_guest g;
	struct vms_trace t;
	struct vms_stretches st;
	struct vms_thread threads[CPUS_MAX];
	struct vms_cpu cpus[CPUS_MAX];
	struct vms_event_type type;
	struct vms_guest_decl decl;
	uint32_t vcpu[CPUS_MAX];
	int32_t tid[CPUS_MAX];
	struct vms_time_shift shift;
	struct vms_shift_cpu shift_cpu[CPUS_MAX];
	struct vms_shift_sample sample[CPUS_MAX];
	uint32_t step_idx; /* first event after the step */
	uint64_t rng;
};

/** align_world_make - a world from a recipe; release it with align_world_free() */
void align_world_make(struct align_world *w, const struct align_recipe *r);
void align_world_free(struct align_world *w);

/**
 * align_usual - two vCPUs, five seconds, an offset of two minutes, no recorded sync: easy to align
 */
extern const struct align_recipe align_usual;

/** align_error_raw - by how much a found line is off at most, over the events of a CPU */
int64_t align_error_raw(const struct align_world *w, const struct align_recipe *r,
			const struct vms_align *a, unsigned int cpu);

#endif
