/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Discovery: which guest events go with which exits and entries, with no catalogue needed.
 * Under the band, as fitness. doc/METHOD.md 8.5
 */
#ifndef VMSYNC_FIND_H
#define VMSYNC_FIND_H

#include <vmsync/fitness.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct vms_found - a sequence that is proposed */
struct vms_found {
	unsigned int guest; /* into vms_trace.guests */
	enum vms_dir dir;
	unsigned int rank;	   /* from 1, of its guest and direction */
	bool few;		   /* behind all others: it would be one, but for its number */
	char *name;		   /* "cpu_idle-to-HLT" */
	char *text;		   /* a block of vmsync-sequences(5) */
	struct vms_sequence seq;   /* the same */
	char *cause;		   /* "MSR_WRITE 0x6e0", "HLT inj 0xec" */
	const char **guest_events; /* names, borrowed from the trace */
	unsigned int guest_events_nr;
	char *key;    /* "val = kvm_msr.data", or NULL */
	char *known;  /* the sequence of the catalogue that has its pairs, or NULL */
	double share; /* of the mutual information of events and causes [bits] */
	struct vms_fitness fitness;
};

/** struct vms_finds - guest after guest, of each the exits first, by rank */
struct vms_finds {
	struct vms_found *found;
	unsigned int nr;
};

/** struct vms_find_opts - how to search; NULL: as it is */
struct vms_find_opts {
	const struct vms_progress *progress; /* told and asked; may be NULL */
	/* not 0: causes change places within each vCPU. For control: nothing is to be found */
	uint64_t shuffle;
};

/**
 * vms_find - search a session's guests for sequences
 * @session: need not have formed its pairs; may be a snapshot
 * Return: 0; -VMS_ENOMEM; -VMS_ECANCEL.
 */
int vms_find(struct vms_finds **out, struct vms_session *session, const struct vms_find_opts *opts,
	     struct vms_err *err);
void vms_finds_free(struct vms_finds *finds);

#ifdef __cplusplus
}
#endif

#endif
