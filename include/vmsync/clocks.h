/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clocks against each other: the bands of a guest's vCPUs, and of each vCPU on each host CPU;
 * doc/METHOD.md 6.7.
 */
#ifndef VMSYNC_CLOCKS_H
#define VMSYNC_CLOCKS_H

#include <vmsync/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct vms_clock_part - what a part of the constraints says of the offset at one guest time */
struct vms_clock_part {
	unsigned int track;
	/* index of a host CPU: only its stretches; -1: all of the vCPU */
	int32_t pcpu;
	uint32_t bounds_nr; /* constraints it rests on */
	/* its band holds at that time: not in a step, not without bounds */
	bool speaks;
	/* of a vCPU whose band has steps: the bands of its host CPUs have far fewer */
	bool step_free;
	int64_t lo_raw, hi_raw; /* host minus guest; INT64_MIN, INT64_MAX = no bound */
};

/** struct vms_clock_meet - offsets that several parts allow together */
struct vms_clock_meet {
	unsigned int nr; /* parts that speak */
	/* lo > hi: no offset fits all, two differ by at least lo - hi */
	int64_t lo_raw, hi_raw;
	unsigned int lo_by, hi_by; /* which parts set the two sides */
};

/** struct vms_clocks - a guest's clocks at one guest time */
struct vms_clocks {
	int64_t at_raw;
	/* each vCPU with a band; behind it its host CPUs, where it ran on several */
	struct vms_clock_part *parts;
	unsigned int parts_nr;
	struct vms_clock_meet vcpus; /* of the vCPUs */
	unsigned int guest;
	unsigned int next;	      /* track that vms_clocks_more() looks at next */
	struct vms_clocks_work *work; /* the one that it is at; NULL = none */
	size_t parts_cap;
};

/**
 * vms_clocks_build - hold the clocks of a guest's vCPUs and of the host's CPUs against each other
 * @at_raw: guest time; NULL = where most vCPUs have a band and these leave least in common, or
 *   differ most
 *
 * vCPUs of one guest need not have one clock: a guest can write one vCPU's TSC. Nor need a host's
 * CPUs, whose times bound the stretches on them. Each part is sound by itself, so that parts that
 * exclude each other prove it.
 * A vCPU whose band has steps is split by host CPU over the whole trace if the parts have far
 * fewer: then the steps are its moves between host CPUs. O(n log n) in the guest's constraints.
 * Return: 0 and a result of the caller's; -VMS_ENODATA when no vCPU has a band there; -VMS_ENOMEM.
 */
int vms_clocks_build(struct vms_clocks **out, const struct vms_session *s, unsigned int guest,
		     const int64_t *at_raw, struct vms_err *err);
/** vms_clocks_begin - the same without any vCPU yet */
int vms_clocks_begin(struct vms_clocks **out, const struct vms_session *session, unsigned int guest,
		     const int64_t *at_raw, struct vms_err *err);
/**
 * vms_clocks_more - a piece of it: one vCPU, or one on one host CPU. Return: 1 call again; 0 all is
 * there; -VMS_ENOMEM
 */
int vms_clocks_more(struct vms_clocks *clocks, const struct vms_session *session,
		    struct vms_err *err);
void vms_clocks_free(struct vms_clocks *c);

/**
 * vms_clocks_pcpus - what the host CPUs of a vCPU allow together; .nr = 0 when it ran on one only
 */
struct vms_clock_meet vms_clocks_pcpus(const struct vms_clocks *c, unsigned int track);

#ifdef __cplusplus
}
#endif

#endif
