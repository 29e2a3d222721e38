/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holes: where host events are missing though no loss was marked, by what the missing ones leave
 * behind; doc/METHOD.md 5.3.
 */
#ifndef VMS_HOLES_H
#define VMS_HOLES_H

#include <vmsync/err.h>
#include <vmsync/stretch.h>

/** struct vms_gap - events of one host CPU are missing before the event of this index */
struct vms_gap {
	uint32_t idx; /* == nr of the CPU: after its last event */
	uint8_t kind; /* enum vms_hole_kind */
};

/** struct vms_cpu_gaps - of one host CPU, ascending by idx */
struct vms_cpu_gaps {
	struct vms_gap *g;
	uint32_t nr;
	size_t cap;
};

/** struct vms_gaps - of all CPUs of a host */
struct vms_gaps {
	struct vms_cpu_gaps *cpus;
	unsigned int cpus_nr;
	/* sched_switch is recorded and leaves nothing out: a thread cannot leave a CPU unseen */
	bool switches_whole;
};

/**
 * vms_gaps_find - look for missing events of a host
 *
 * A CPU's events name the thread that ran; when that changes without a sched_switch, events are
 * missing between. A CPU that others wake threads on and that stays silent was not recorded then.
 * Where other CPUs are silent across such a place, tracing was off. O(events).
 * Return: 0; -VMS_ENOMEM. The caller clears also after a failure.
 */
int vms_gaps_find(struct vms_gaps *out, const struct vms_stream *host);
void vms_gaps_clear(struct vms_gaps *g);

/* Room behind the holes of a list for those that concern all CPUs. */
#define VMS_HOLES_EXTRA 2u

/** vms_gaps_list - the same as times, for reports; ascending by CPU. Return: 0; -VMS_ENOMEM */
int vms_gaps_list(const struct vms_gaps *gaps, const struct vms_stream *host, struct vms_hole **out,
		  unsigned int *nr);
/** vms_counts_list - behind these: what CPUSTAT counted, and the file does not have or mark */
void vms_counts_list(struct vms_stretches *st, const struct vms_stream *host);

#endif
