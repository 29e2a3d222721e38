/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clock facts: KVM itself says what a guest's TSC was between two host events. No guest event is
 * involved and no delay assumed; doc/METHOD.md 10.
 */
#ifndef VMSYNC_FACTS_H
#define VMSYNC_FACTS_H

#include <vmsync/constraint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum vms_fact_kind {
	VMS_FACT_DEADLINE, /* kvm_wait_lapic_expire: deadline and how late it was */
	VMS_FACT_READ,	   /* kvm_msr: the guest read IA32_TSC */
	VMS_FACT_OFFSET,   /* kvm_write_tsc_offset: what KVM adds, between two of them */
};

/** struct vms_fact - the guest's TSC was guest_raw at an instant in [from_raw, to_raw] */
struct vms_fact {
	int64_t guest_raw;	  /* [ticks], of a scaled TSC the host's */
	int64_t from_raw, to_raw; /* [raw host units] */
	/*
	 * Sound only where the offset, host minus guest, is above this: a deadline that was
	 * replaced had not expired by then. INT64_MIN: sound in any case.
	 */
	int64_t above_raw;
	struct vms_ref from, to; /* the host events of the two times */
	uint8_t kind;		 /* enum vms_fact_kind */
};

/** struct vms_facts_line - the offsets that the facts of a thread agree on, solved once */
struct vms_facts_line {
	bool known; /* under slack_raw */
	int64_t slack_raw;
	struct vms_piece *pieces; /* none where facts are few or contradict each other */
	unsigned int pieces_nr;
};

/** struct vms_thread_facts - those of one vCPU thread, ascending by to_raw */
struct vms_thread_facts {
	struct vms_fact *facts;
	uint32_t facts_nr;
	uint32_t first;	     /* the number of the first among those of all threads */
	uint32_t unknown_nr; /* waits whose deadline nobody recorded: no facts */
	uint32_t alone_nr;   /* left out: no other allows the same offset, or too few do */
	/*
	 * guest ticks a host tick by the facts' line where no offset fits them: a TSC that is
	 * scaled by what no file says; 0 = none
	 */
	double rate;
	struct vms_facts_line *line; /* what vms_align_by_facts() finds is kept here */
};

/** struct vms_facts - of all threads, indexed like vms_stretches.threads */
struct vms_facts {
	struct vms_thread_facts *threads;
	struct vms_facts_line *lines; /* one for each */
	unsigned int threads_nr;
	bool deadlines; /* some were recorded */
};

/** struct vms_facts_guest - a guest CPU that says itself which deadlines it wrote */
struct vms_facts_guest {
	const struct vms_stream *guest;
	unsigned int cpu_idx;
	const struct vms_model *model;	 /* which stretch its events lie in */
	const struct vms_thread *thread; /* of the stretches */
};

/**
 * vms_facts_build - find the clock facts of every vCPU thread of a host
 * @host: must count TSC ticks, else there are none
 * @st: its stretches: they say where the record of a thread is incomplete
 * @ratios: of the guests that the threads run, indexed like them; NULL: no TSC is scaled
 * @guests: whose own msr:write_msr are deadlines too, for a host that recorded none; may be NULL
 * O(events + facts log facts). Return: 0; -VMS_ENOMEM.
 */
int vms_facts_build(struct vms_facts **out, const struct vms_stream *host,
		    const struct vms_stretches *st, const struct vms_ratio *ratios,
		    const struct vms_facts_guest *guests, unsigned int guests_nr,
		    struct vms_err *err);
/** vms_facts_lack_deadlines - there are waits, and nobody recorded a deadline */
bool vms_facts_lack_deadlines(const struct vms_facts *f);
void vms_facts_free(struct vms_facts *f);
/** vms_facts_of - those of a thread that is not joined */
static inline const struct vms_thread_facts *
vms_facts_of(const struct vms_facts *f, const struct vms_stretches *st, int32_t tid)
{
	const struct vms_thread *t = vms_thread_find(st, tid);

	return t ? &f->threads[t - st->threads] : NULL;
}

/** vms_fact_of - the fact that a constraint is by what it has for a stretch; NULL: an event's */
const struct vms_fact *vms_fact_of(const struct vms_facts *facts, uint32_t stretch);

/**
 * vms_fact_bounds - what a fact says of the offset, host minus guest
 * @offset_raw: about what it is; INT64_MAX: sound facts alone are not asked for
 * Return: false where it may speak of another deadline, or of nothing.
 */
bool vms_fact_bounds(const struct vms_fact *f, int64_t offset_raw, int64_t *lo, int64_t *hi);

/**
 * vms_facts_bound - add the facts of a thread to the constraints of its vCPU, both sides of each
 * @cons: of vms_constraints_build() with the same model; the clock must count TSC ticks
 * @of_thread: of @facts, which are borrowed; @model: between which events a fact lies
 * A fact that rests on a deadline which may have expired before is left out.
 * O(facts log events). Return: 0; -VMS_ENOMEM.
 */
int vms_facts_bound(struct vms_constraints *cons, const struct vms_facts *facts,
		    const struct vms_thread_facts *of_thread, const struct vms_model *model,
		    unsigned int cpu_idx);
/** vms_facts_same - whether it would add, of one thread, what the constraints have already */
bool vms_facts_same(const struct vms_constraints *cons, const struct vms_thread_facts *facts,
		    const struct vms_model *model, unsigned int cpu_idx);

#ifdef __cplusplus
}
#endif

#endif
