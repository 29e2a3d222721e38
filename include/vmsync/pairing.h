/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pairing: sequences x stretches x clock model -> candidate anchors. */
#ifndef VMSYNC_PAIRING_H
#define VMSYNC_PAIRING_H

#include <vmsync/err.h>
#include <vmsync/model.h>
#include <vmsync/progress.h>
#include <vmsync/sequence.h>
#include <vmsync/stretch.h>

#ifdef __cplusplus
extern "C" {
#endif

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

/** struct vms_vcpu - a guest's CPU, and the thread that runs it */
struct vms_vcpu {
	const struct vms_stream *guest;
	const struct vms_thread *thread;
	unsigned int guest_idx; /* into vms_trace.guests */
	unsigned int cpu_idx;	/* into guest->cpus */
};

/** struct vms_match - a pair as it is found: the rest is the vCPU's, and its stretch's */
struct vms_match {
	uint32_t event;	  /* of the vCPU */
	uint32_t stretch; /* of its thread */
	uint8_t seq;	  /* index into the catalogue */
};

/**
 * struct vms_seq_counts - what there was of a sequence on a vCPU
 * But for pairs only where host and guest are covered and nothing is lost: a missing event is none
 * that failed to come.
 */
struct vms_seq_counts {
	/* stretches with an event that fits the guest side, its key left aside: one each */
	uint64_t guest_nr;
	/* entries or exits that fit the host side, and have a key where one is compared */
	uint64_t host_nr;
	/* entries or exits of stretches that held a guest event, and of these: that fit */
	uint64_t ends_nr, ends_fit_nr;
	/* both sides were there and keys were compared; and none was equal */
	uint64_t key_checks, key_conflicts;
	struct vms_match first_conflict; /* with key_conflicts */
	uint64_t pairs_nr;
};

/** struct vms_match_list - growing array; owner frees with vms_match_list_clear */
struct vms_match_list {
	struct vms_match *m;
	uint32_t nr;
	uint32_t cap;
};

/** vms_pair_of - all that a match of a sequence of direction @dir says */
static inline struct vms_pair vms_pair_of(const struct vms_vcpu *vcpu, uint32_t event,
					  uint32_t stretch_idx, uint8_t seq, uint8_t dir)
{
	const struct vms_stretch *stretch = &vcpu->thread->stretches[stretch_idx];
	const bool out = dir == VMS_GUEST_TO_HOST;
	struct vms_pair pair;

	pair.guest_raw = vcpu->guest->cpus[vcpu->cpu_idx].time_raw[event];
	pair.host_raw = out ? stretch->leave_raw : stretch->enter_raw;
	pair.guest_ev.cpu = (int32_t)vcpu->cpu_idx;
	pair.guest_ev.idx = event;
	pair.host_ev = vms_ref_of(out ? stretch->leave_by : stretch->enter_by);
	pair.stretch = stretch_idx;
	pair.guest = (uint16_t)vcpu->guest_idx;
	pair.seq = seq;
	pair.dir = dir;
	return pair;
}

/** struct vms_pairing - what to pair */
struct vms_pairing {
	const struct vms_stream *host;
	struct vms_vcpu vcpu;
	const struct vms_catalogue *catalogue;
	const struct vms_model *model;
	/* events up to this far outside a stretch still count for it */
	int64_t reach_raw;
	const struct vms_progress *progress; /* asked now and then; may be NULL */
	const bool *recorded;		     /* vms_stretches.recorded of the host; may be NULL */
	struct vms_seq_counts *counts;	     /* one a sequence, added to; NULL: not wanted */
	/* another model: @alike becomes false where it puts an event elsewhere */
	const struct vms_model *beside;
	bool *alike; /* NULL: nothing is held against each other */
};

/**
 * vms_pairs_find - append the candidates of one vCPU, ascending by guest event, then sequence
 * A stretch whose side is unknown (shadow, start or end of the trace) gives no pair on that side.
 * Lost guest events void the pairs that cross them. O(events + stretches) times sequences.
 * Return: 0; -VMS_ENOMEM; -VMS_ECANCEL; -VMS_ERANGE above 2^31 pairs.
 */
int vms_pairs_find(struct vms_match_list *out, const struct vms_pairing *pairing,
		   struct vms_err *err);
void vms_match_list_clear(struct vms_match_list *l);

#ifdef __cplusplus
}
#endif

#endif
