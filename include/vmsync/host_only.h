/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a host's trace alone says of its guests' clocks. */
#ifndef VMSYNC_HOST_ONLY_H
#define VMSYNC_HOST_ONLY_H

#include <vmsync/facts.h>
#include <vmsync/facts_band.h>
#include <vmsync/stretch.h>
#include <vmsync/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct vms_host_vcpu - a vCPU thread of which clock facts tell something */
struct vms_host_vcpu {
	const struct vms_thread *thread;
	const struct vms_thread_facts *facts;
	const struct vms_guest_decl
		*decl;	       /* the guest that the host's file names for it, or NULL */
	uint32_t vcpu;	       /* guest CPU number; without @decl KVM's number */
	uint32_t facts_nr;     /* those that bound the offset */
	struct vms_band *band; /* events are facts: vms_facts_band() */
};

/** struct vms_host_only - all of them */
struct vms_host_only {
	struct vms_stretches *st;
	struct vms_facts *facts;
	struct vms_host_vcpu *vcpus; /* ascending by guest, then thread */
	unsigned int vcpus_nr;
};

/**
 * vms_host_only_new - the offsets of a host's guests by clock facts alone
 * @trace: its guests' files may be missing; borrowed
 * Return: 0; -VMS_ENODATA where there are no facts: err says why, and what to record; -VMS_ENOMEM.
 */
int vms_host_only_new(struct vms_host_only **out, const struct vms_trace *trace,
		      struct vms_err *err);
void vms_host_only_free(struct vms_host_only *only);

#ifdef __cplusplus
}
#endif

#endif
