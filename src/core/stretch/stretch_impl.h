/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the walk over the host's CPUs hands to the state machine of the threads; internal to the
 * stretches.
 */
#ifndef VMS_STRETCH_IMPL_H
#define VMS_STRETCH_IMPL_H

#include <vmsync/stretch.h>

#include "core/stretch/holes.h"
#include "core/stretch/inside.h"

#define VMS_MARK_NONE UINT32_MAX

enum vms_mark_flag {
	VMS_MARK_EXIT = 1,   /* kvm_exit; else kvm_entry */
	VMS_MARK_FAILED = 2, /* an exit that says that the entry failed: no guest code ran */
	/* entry: events of this CPU were lost (loss) before one proved that the guest left */
	VMS_MARK_CUT = 4,
	/* exit: events of this CPU were lost (loss), and since then no entry or exit was seen */
	VMS_MARK_LOST = 8,
	/* nothing but this thread ran on the CPU since the mark before, which was its own */
	VMS_MARK_STAYED = 16,
};

/**
 * struct vms_mark - a kvm_entry or kvm_exit with what its CPU showed around it; indices are of the
 * same CPU
 */
struct vms_mark {
	int64_t time_raw;
	uint32_t idx;
	/* first event after an entry (or after the loss) that proves that the guest left */
	uint32_t follow;
	/* last event known to come before guest code; of an exit: since the exit before */
	uint32_t precede;
	uint32_t loss; /* index into losses */
	int32_t tid;
	uint16_t cpu;  /* index into the stream's cpus */
	uint8_t flags; /* enum vms_mark_flag */
};

/** struct vms_marks - the result of the walk */
struct vms_marks {
	struct vms_mark *m; /* CPU after CPU, each in ring buffer order */
	size_t nr, cap;
	struct vms_loss *losses; /* CPU after CPU */
	size_t losses_nr, losses_cap;
	struct vms_inside_tally inside;
	uint64_t by_isa[4]; /* exits by enum vms_isa */
	struct vms_gaps gaps;
	/* the host recorded sched_switch, all of it: a thread cannot leave a CPU unseen */
	bool switches;
};

/** struct vms_exit_fields - where a stream's kvm_exit says why */
struct vms_exit_fields {
	const struct vms_field *reason, *isa, *info1, *ret, *esr_ec;
};

/** vms_exit_fields_of - looks the fields up; of a type that is no kvm_exit all are NULL */
struct vms_exit_fields vms_exit_fields_of(const struct vms_event_type *t);
/** vms_exit_read - what one kvm_exit says; *failed when the hardware refused the entry */
struct vms_exit vms_exit_read(const struct vms_stream *stream,
			      const struct vms_exit_fields *exit_fields, const uint8_t *payload,
			      bool *failed);

/**
 * vms_marks_collect - walk every CPU of a host. The caller clears also after a failure. O(events)
 */
int vms_marks_collect(struct vms_marks *out, const struct vms_stream *host);
/**
 * vms_marks_sort - thread after thread (ascending tid), each by time; the order of a CPU is kept.
 * O(n log(CPUs))
 */
int vms_marks_sort(struct vms_marks *marks);
/**
 * vms_filters_list - add to a host's holes what filters left out: entries without exits, exits
 * without entries, more than losses and fast paths explain. @marks: sorted
 */
void vms_filters_list(struct vms_stretches *st, const struct vms_marks *marks);
/** vms_losses_join - the losses of all CPUs as one ascending list without overlaps. -VMS_ENOMEM */
int vms_losses_join(struct vms_loss **out, size_t *out_nr, const struct vms_marks *marks);
void vms_marks_clear(struct vms_marks *m);

/* place.c */
/** vms_thread_sum - fills inside_before and unknown_raw of stretches that are there. -VMS_ENOMEM */
int vms_thread_sum(struct vms_thread *thread);

/**
 * vms_marks_since - since when a thread may have been in the guest at an exit without entry: since
 * the last event on that CPU that it wrote itself, or that switched to it
 */
int64_t vms_marks_since(const struct vms_stream *s, const struct vms_mark *exit);

#endif
