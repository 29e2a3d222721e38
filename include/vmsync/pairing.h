/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pairing: sequences x stretches x clock model -> candidate anchors. */
#ifndef VMSYNC_PAIRING_H
#define VMSYNC_PAIRING_H

#include <vmsync/err.h>
#include <vmsync/model.h>
#include <vmsync/progress.h>
#include <vmsync/sequence.h>
#include <vmsync/stretch.h>

/** struct vms_pair - a candidate: one guest event and one host event that belong together */
struct vms_pair {
	int64_t guest_raw, host_raw;
	struct vms_ref guest_ev; /* in the guest stream; cpu = the vCPU's index */
	/* in the host stream: the entry or exit, or the event that fixed the bound */
	struct vms_ref host_ev;
	uint32_t stretch; /* of the vCPU's thread */
	uint16_t guest;	  /* index into vms_trace.guests */
	uint8_t seq;	  /* index into the catalogue */
	uint8_t dir;	  /* enum vms_dir */
};

/** struct vms_pair_list - growing array of pairs; owner frees with vms_pair_list_clear */
struct vms_pair_list {
	struct vms_pair *p;
	uint32_t nr;
	uint32_t cap;
};

/** struct vms_pairing - what to pair */
struct vms_pairing {
	const struct vms_stream *host;
	const struct vms_stream *guest;
	unsigned int guest_idx; /* into vms_trace.guests */
	unsigned int cpu_idx;	/* vCPU: into guest->cpus */
	const struct vms_thread *thread;
	const struct vms_catalogue *catalogue;
	const struct vms_model *model;
	/* events up to this far outside a stretch still count for it */
	int64_t reach_raw;
	const struct vms_progress *progress; /* asked now and then; may be NULL */
};

/**
 * vms_pairs_find - append the candidates of one vCPU, ascending by guest event, then sequence
 * A stretch whose side is unknown (shadow, start or end of the trace) gives no pair on that side.
 * Lost guest events void the pairs that cross them. O(events + stretches) times sequences.
 * Return: 0; -VMS_ENOMEM; -VMS_ECANCEL; -VMS_ERANGE above 2^31 pairs.
 */
int vms_pairs_find(struct vms_pair_list *out, const struct vms_pairing *pairing,
		   struct vms_err *err);
void vms_pair_list_clear(struct vms_pair_list *l);

#endif
