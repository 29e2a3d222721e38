/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The measure of the thesis, as its program trace-checker takes it: delays of two sequences by
 * order alone, and events on the wrong side of an entry or exit, under the times that trace-cmd
 * shows.
 */
#ifndef VMSYNC_THESIS_H
#define VMSYNC_THESIS_H

#include <vmsync/err.h>
#include <vmsync/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct vms_thesis_delays - in its arithmetic: single precision, sums of whole ns */
struct vms_thesis_delays {
	uint32_t nr;
	uint64_t sum;
	float mean, variance, sd; /* [ns], [ns^2], [ns] */
};

/** struct vms_thesis - of all guests, or of one: then without host_inside */
struct vms_thesis {
	uint64_t events;	/* of host and guests; of one guest: its own */
	uint64_t host_inside;	/* host events between an entry and an exit on their CPU */
	uint64_t guest_outside; /* guest events while no host CPU runs their vCPU */
	struct vms_thesis_delays timer, idle;
};

/**
 * vms_thesis_measure - what trace-checker prints of a recording, but for instances: it reads none
 * @guests: one a guest of the recording
 * Return: 0; -VMS_ENODATA where it measures nothing: host events name no vCPU, or the host's file
 * no guest; -VMS_ENOMEM.
 * Source: trace-checker (De Venuto); doc/METHOD.md 8.5. O(events).
 */
int vms_thesis_measure(struct vms_thesis *all, struct vms_thesis *guests,
		       const struct vms_trace *trace, struct vms_err *err);

#ifdef __cplusplus
}
#endif

#endif
