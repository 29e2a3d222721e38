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
#define VMS_MARKS_MAX ((size_t)1 << 31)

enum vms_mark_flag {
	VMS_MARK_EXIT = 1,   /* kvm_exit; else kvm_entry */
	VMS_MARK_FAILED = 2, /* an exit that says that the entry failed: no guest code ran */
	/* entry: events of this CPU were lost (loss) before one proved that the guest left */
	VMS_MARK_CUT = 4,
	/* exit: events of this CPU were lost (loss), and since then no entry or exit was seen */
	VMS_MARK_LOST = 8,
	/* nothing but this thread ran on the CPU since the mark before, which was its own */
	VMS_MARK_STAYED = 16,
	VMS_MARK_WRITTEN = 32, /* struct vms_exit.written */
};

/**
 * struct vms_mark - a kvm_entry or kvm_exit with what its CPU showed around it; indices are of the
 * same CPU
 */
struct vms_mark {
	uint32_t idx; /* its event, which says when */
	/* first event after an entry (or after the loss) that proves that the guest left */
	uint32_t follow;
	/* last event known to come before guest code; of an exit: since the exit before */
	uint32_t precede;
	uint32_t loss;	 /* index into losses */
	uint32_t reason; /* of an exit, as its isa: struct vms_exit */
	uint16_t cpu;	 /* index into the stream's cpus */
	uint8_t flags;	 /* enum vms_mark_flag */
	uint8_t isa;
};

static inline int64_t vms_mark_time(const struct vms_stream *host, const struct vms_mark *mark)
{
	return host->cpus[mark->cpu].time_raw[mark->idx];
}

static inline struct vms_exit vms_mark_why(const struct vms_mark *exit)
{
	return (struct vms_exit){ .isa = exit->isa,
				  .reason = exit->reason,
				  .written = exit->flags & VMS_MARK_WRITTEN };
}

/** struct vms_mark_part - marks [from, to) of a CPU: of one thread, times not decreasing */
struct vms_mark_part {
	int32_t tid;
	uint32_t from, to;
	/* the thread's next on this CPU, where times do not decrease up to there; VMS_MARK_NONE */
	uint32_t next;
};

/** struct vms_mark_run - parts of a thread on a CPU, each the next of the one before */
struct vms_mark_run {
	int32_t tid;
	uint32_t cpu, part;
};

/** struct vms_cpu_marks - what the walk over one CPU found, in ring buffer order */
struct vms_cpu_marks {
	struct vms_mark *m;
	size_t nr, cap;
	struct vms_mark_part *parts;
	size_t parts_nr, parts_cap;
	struct vms_loss *losses;
	size_t losses_nr, losses_cap;
	uint64_t *inside; /* as in struct vms_inside_tally */
	bool *recorded;	  /* as in struct vms_stretches */
	uint64_t by_isa[VMS_ISA_NR];
	struct vms_mark_run *runs;
	size_t runs_nr, runs_cap;
};

/** struct vms_thread_marks - of struct vms_marks.runs those of one thread */
struct vms_thread_marks {
	int32_t tid;
	size_t from, nr;
	/* by whether they are exits: how many, and how many that must have been */
	uint64_t kind_nr[2], missing_nr[2];
};

/** struct vms_marks - the result of the walk */
struct vms_marks {
	const struct vms_stream *host;
	struct vms_cpu_marks *cpus;
	unsigned int cpus_nr;
	size_t nr;
	struct vms_mark_run *runs;	  /* ascending by thread, CPU and place on it */
	struct vms_thread_marks *threads; /* ascending by tid */
	unsigned int threads_nr;
	struct vms_loss *losses; /* CPU after CPU */
	size_t losses_nr;
	struct vms_inside_tally inside;
	bool *recorded;		     /* as in struct vms_stretches */
	uint64_t by_isa[VMS_ISA_NR]; /* exits by enum vms_isa */
	struct vms_gaps gaps;
	/* the host recorded sched_switch, all of it: a thread cannot leave a CPU unseen */
	bool switches;
};

/** struct vms_exit_fields - where a stream's kvm_exit says why; all NULL: it is none */
struct vms_exit_fields {
	const struct vms_field *reason, *isa, *info1, *ret, *esr_ec, *scause, *stval;
};

struct vms_exit_fields vms_exit_fields_of(const struct vms_event_type *t);
/** vms_exit_read - what one says: the mark's isa, reason and flags */
void vms_exit_read(struct vms_mark *mark, const struct vms_stream *stream,
		   const struct vms_exit_fields *fields, const uint8_t *payload);

/**
 * vms_marks_collect - walk every CPU of a host. The caller clears also after a failure. O(events)
 */
int vms_marks_collect(struct vms_marks *out, const struct vms_stream *host);
/** vms_marks_sum - what all CPUs showed together, but for the marks themselves */
int vms_marks_sum(struct vms_marks *out);
/** vms_marks_group - finds the threads, and the runs of each. -VMS_ENOMEM */
int vms_marks_group(struct vms_marks *marks);

/** vms_marks_nr - how many a thread has */
size_t vms_marks_nr(const struct vms_marks *marks, const struct vms_thread_marks *of);

struct vms_mark_cursor;

/** struct vms_marks_merge - the marks of a thread by time; the order of a CPU is kept */
struct vms_marks_merge {
	const struct vms_marks *marks;
	struct vms_mark_cursor *heap; /* where each run is, the least on top */
	size_t nr;
};

/** vms_marks_merge_new - begins with the first mark of a thread. -VMS_ENOMEM */
int vms_marks_merge_new(struct vms_marks_merge *merge, const struct vms_marks *marks,
			const struct vms_thread_marks *of);
/** vms_marks_merge_next - the next mark, NULL at the end. O(log(runs)) */
const struct vms_mark *vms_marks_merge_next(struct vms_marks_merge *merge);
/**
 * vms_filters_list - add to a host's holes what filters left out: entries without exits, exits
 * without entries, more than losses and fast paths explain
 */
void vms_filters_list(struct vms_stretches *st, const struct vms_marks *marks);
/** vms_losses_join - the losses of all CPUs as one ascending list without overlaps. -VMS_ENOMEM */
int vms_losses_join(struct vms_loss **out, size_t *out_nr, const struct vms_marks *marks);
void vms_marks_clear(struct vms_marks *m);
void vms_cpu_marks_clear(struct vms_cpu_marks *m);

/* place.c */
/** vms_thread_sum - fills inside_before and unknown_raw of stretches that are there. -VMS_ENOMEM */
int vms_thread_sum(struct vms_thread *thread);

/**
 * vms_marks_since - since when a thread may have been in the guest at an exit without entry: since
 * the last event on that CPU that it wrote itself, or that switched to it
 */
int64_t vms_marks_since(const struct vms_stream *s, const struct vms_mark *exit, int32_t tid);

#endif
