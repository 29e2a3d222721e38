/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The entries and exits of a host, one after another in the order of the times that are shown. */
#ifndef VMS_THESIS_IMPL_H
#define VMS_THESIS_IMPL_H

#include <vmsync/trace.h>

#include "core/base/placed.h"

/** struct thesis_turn - an entry or exit of a thread that the host's file names */
struct thesis_turn {
	int64_t at_ns; /* as it is shown */
	uint32_t cpu, idx;
	int guest;
	bool exit;
};

/** struct thesis_head - how far a host CPU is looked at */
struct thesis_head {
	struct thesis_turn turn;   /* what comes next of it */
	uint32_t next;		   /* event to look at, or into those in order */
	struct vms_placed *placed; /* where shown times run back: its turns in order */
	uint32_t placed_nr;
	bool inside; /* between an entry and an exit */
	int32_t tid; /* of the turn before, and its guest */
	int tid_guest;
};

/** struct thesis_turns - all of them */
struct thesis_turns {
	const struct vms_trace *trace;
	unsigned int entry, leave;     /* host types */
	const struct vms_field *of[2]; /* common_pid of an entry, of an exit */
	struct thesis_head *heads;     /* by host CPU */
	uint32_t *queue;	       /* host CPUs with a turn: a heap, the earliest first */
	uint32_t queue_nr;
	uint64_t inside_nr; /* other host events between an entry and an exit, so far */
};

/** thesis_shown_ns - the time that trace-cmd shows of an event */
uint64_t thesis_shown_ns(const struct vms_stream *s, unsigned int cpu, uint32_t idx);
/** thesis_turns_begin - thesis_turns_end() is due after an error, too */
int thesis_turns_begin(struct thesis_turns *turns, const struct vms_trace *trace,
		       unsigned int entry, unsigned int leave);
/** thesis_turns_next - false: there is no more */
bool thesis_turns_next(struct thesis_turns *turns, struct thesis_turn *out);
void thesis_turns_end(struct thesis_turns *turns);

#endif
