/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Alignment: from any starting point, and from none, to a model that puts guest events into their
 * stretches.
 */
#ifndef VMSYNC_ALIGN_H
#define VMSYNC_ALIGN_H

#include <vmsync/err.h>
#include <vmsync/model.h>
#include <vmsync/progress.h>
#include <vmsync/stretch.h>
#include <vmsync/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

enum vms_align_start {
	VMS_ALIGN_NONE,	    /* nothing usable was found */
	VMS_ALIGN_RECORDED, /* the recorded TIME_SHIFT was good enough to start from */
	VMS_ALIGN_FOUND,    /* found by content or correlation */
	VMS_ALIGN_USER,	    /* a pair picked by hand */
};

/* An alignment is in doubt where the best rival leaves less than so many times as much outside. */
#define VMS_ALIGN_RATIO 10.0

/** struct vms_align_vcpu - the alignment of one guest CPU */
struct vms_align_vcpu {
	const struct vms_thread *thread; /* NULL = none found */
	struct vms_thread *joined;	 /* of several threads: what thread is; owned */
	/* two threads explain equally well what those do not: neither is used */
	bool more_threads;
	bool tid_inferred; /* not from option GUEST */
	enum vms_align_start start;
	/* where the offset steps, more than one; good to within a stretch */
	struct vms_piece *pieces;
	unsigned int pieces_nr; /* 0 when start is VMS_ALIGN_NONE */
	/* 0 to 1; 1 when V1 is 0 and no other basin comes near. doc/METHOD.md 7 */
	double confidence;
	/* offset of the second best basin at the first event, 0 when none was looked for */
	int64_t second_best_raw;
	bool ambiguous; /* refused: two basins explain the trace about as well */
	bool again;	/* and the events are so few that near by they fit as well */
	uint32_t checkable_nr, outside_nr; /* under pieces */
	/*
	 * guest events that the best rival leaves outside, where only outside_nr stands against
	 * pieces, and no other vCPU vouches; -1 else
	 */
	double rival_outside;
	/* of a TSC that nothing fits: guest ticks a host tick by equal MSR values; 0 = not known */
	double rate;
	/* "recorded", "clock facts", "msr values", "correlation", "user"; static text */
	const char *how;
};

/** struct vms_align - the alignment of one guest */
struct vms_align {
	struct vms_align_vcpu *vcpus; /* indexed like the guest stream's cpus */
	unsigned int vcpus_nr;
	bool ignore_recorded, user_only; /* as it was asked for */
};

/** struct vms_align_opts - what is known before */
struct vms_align_opts {
	const struct vms_line *user; /* a line the person gave (one for all vCPUs), or NULL */
	double user_window_us;	     /* how far that line may be off; 0 = 1 ms */
	/* host thread of each guest CPU index, -1 = not known; NULL = use option GUEST */
	const int32_t *tids;
	bool ignore_recorded; /* as if the file had no TIME_SHIFT */
	bool brief;	      /* one that serves is there: correlations may cost a quarter */
	bool user_only;	      /* nothing but the user's line is tried */
	double drift_max;     /* greatest believable drift (500e-6) */
	const struct vms_progress *progress; /* asked now and then; may be NULL */
	/* clock facts of the host alone, its guests not scaled; NULL = look for them */
	const struct vms_facts *facts;
};

/**
 * vms_align_guest - align one guest with its host
 * @trace: recording; @guest: index into its guests
 * @st: stretches of the host
 *
 * Tries in this order, and keeps what leaves the fewest events outside: the user's line, the
 * recorded samples, clock facts, content matches (msr:write_msr against kvm_msr), correlation of
 * guest activity with in-guest time; then walks the trace and cuts where the offset steps. Infers
 * the thread of a vCPU where the file has none.
 * Return: 0 (also when nothing was found: see start); -VMS_ECANCEL; -VMS_ENOMEM.
 * Source: doc/METHOD.md 7.
 */
int vms_align_guest(struct vms_align **out, const struct vms_trace *trace, unsigned int guest,
		    const struct vms_stretches *st, const struct vms_align_opts *opts,
		    struct vms_err *err);
void vms_align_free(struct vms_align *align);

#ifdef __cplusplus
}
#endif

#endif
