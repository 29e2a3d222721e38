/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Constraints: what each guest event says of the offset, given the stretches of its vCPU's thread.
 */
#ifndef VMSYNC_CONSTRAINT_H
#define VMSYNC_CONSTRAINT_H

#include <vmsync/err.h>
#include <vmsync/model.h>
#include <vmsync/place.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct vms_point - one side of a constraint: the offset at guest time x is at least, or at most,
 * y
 */
struct vms_point {
	int64_t x_raw; /* guest time of the event */
	int64_t y_raw; /* bound on host minus guest */
	/* index of the guest event in its CPU; of a clock fact: of the first event after it */
	uint32_t event;
	/* index of the stretch in its thread; with VMS_POINT_FACT: number of the clock fact */
	uint32_t stretch;
};

#define VMS_POINT_FACT UINT32_C(0x80000000)

static inline bool vms_point_is_fact(const struct vms_point *p)
{
	return p->stretch & VMS_POINT_FACT;
}

/**
 * struct vms_bound - a point as it is kept: time and offset follow from event and stretch, or from
 * the fact. There are several for each stretch: it has no byte to spare.
 */
struct vms_bound {
	uint32_t event, stretch; /* as in struct vms_point */
};

static inline bool vms_bound_is_fact(struct vms_bound bound)
{
	return bound.stretch & VMS_POINT_FACT;
}

/**
 * vms_bound_before - the order of constraints: by event, clock facts before the event they precede
 */
static inline bool vms_bound_before(struct vms_bound a, struct vms_bound b)
{
	if (a.event != b.event)
		return a.event < b.event;
	if (vms_bound_is_fact(a) && vms_bound_is_fact(b))
		return a.stretch < b.stretch;
	return vms_bound_is_fact(a) && !vms_bound_is_fact(b);
}

static inline bool vms_bound_same(struct vms_bound a, struct vms_bound b)
{
	return a.event == b.event && a.stretch == b.stretch;
}

struct vms_facts;

/** struct vms_constraints - all of one vCPU, ascending by event */
struct vms_constraints {
	struct vms_bound *lower; /* offset >= y */
	struct vms_bound *upper; /* offset <= y */
	uint32_t lower_nr, upper_nr;
	uint32_t events_nr;    /* guest events of the vCPU */
	uint32_t facts_nr;     /* clock facts among the constraints */
	uint32_t checkable_nr; /* inside the host's recording and outside shadows */
	uint32_t beyond_nr;    /* before the first or after the last stretch of the thread */
	uint32_t away_nr;      /* of these: within the host's recording */
	uint32_t unknown_nr;   /* where host events are missing: the thread may have run unseen */
	uint32_t outside_nr;   /* checkable, and in no stretch under the model used */
	uint32_t outside_gaps_nr; /* times between two stretches that hold such events */
	/* greatest distance of such an event to its nearest stretch */
	int64_t depth_max_raw;
	/* those next to the band's two edges, by vms_evidence_prepare(); NULL = not looked for */
	struct vms_constraints *tight;
	/* what the points follow from; borrowed. Facts: of all threads */
	const struct vms_cpu *cpu;
	const struct vms_thread *thread;
	const struct vms_facts *facts;
};

/** vms_fact_point - a bound that is a clock fact */
struct vms_point vms_fact_point(const struct vms_facts *facts, struct vms_bound bound, bool lower);

/** vms_bound_point - a bound of some constraints, which is a lower one or not */
static inline struct vms_point vms_bound_point(const struct vms_constraints *cons,
					       struct vms_bound bound, bool lower)
{
	const struct vms_stretch *stretch;
	struct vms_point point;

	if (vms_bound_is_fact(bound))
		return vms_fact_point(cons->facts, bound, lower);
	stretch = &cons->thread->stretches[bound.stretch];
	point.x_raw = cons->cpu->time_raw[bound.event];
	/* was asked for an overflow when the bound was made */
	point.y_raw = (lower ? stretch->enter_raw : stretch->leave_raw) - point.x_raw;
	point.event = bound.event;
	point.stretch = bound.stretch;
	return point;
}

/** vms_lower_point - the i-th lower bound; vms_upper_point: upper */
static inline struct vms_point vms_lower_point(const struct vms_constraints *cons, uint32_t i)
{
	return vms_bound_point(cons, cons->lower[i], true);
}

static inline struct vms_point vms_upper_point(const struct vms_constraints *cons, uint32_t i)
{
	return vms_bound_point(cons, cons->upper[i], false);
}

/** vms_point_at - the i-th of all: the lower ones, then the upper ones */
static inline struct vms_point vms_point_at(const struct vms_constraints *cons, uint32_t i)
{
	return i < cons->lower_nr ? vms_lower_point(cons, i)
				  : vms_upper_point(cons, i - cons->lower_nr);
}

/** vms_bounds_from - the first of some bounds, in their order, of an event or a later one */
uint32_t vms_bounds_from(const struct vms_bound *bounds, uint32_t nr, uint32_t event);

/**
 * vms_constraints_build - assign guest events to stretches under a model and collect the bounds
 * @cpu: guest CPU
 * @thread: thread of its vCPU
 * @st: coverage of the host
 * @m: model that says which stretch an event belongs to; @cpu_idx its CPU there
 *
 * An event in a stretch bounds with that stretch. An event in none is assigned to the nearest
 * stretch, so that its bounds contradict the model and say by how much; @outside_nr counts it.
 * Only the first and last event of a stretch give a point (the tightest ones when times are not
 * sorted). Return: 0; -VMS_ENOMEM.
 */
int vms_constraints_build(struct vms_constraints **out, const struct vms_cpu *cpu,
			  const struct vms_thread *thread, const struct vms_stretches *st,
			  const struct vms_model *m, unsigned int cpu_idx, struct vms_err *err);
void vms_constraints_free(struct vms_constraints *c);
/**
 * vms_constraints_same - whether vms_constraints_build() under a model would give the same bounds
 * @cons: its counts are those under the model then
 */
bool vms_constraints_same(struct vms_constraints *cons, const struct vms_stretches *st,
			  const struct vms_model *m, unsigned int cpu_idx);
/**
 * vms_constraints_count - the counts of vms_constraints_build(), without the bounds: nothing to
 * free
 */
void vms_constraints_count(struct vms_constraints *out, const struct vms_cpu *c,
			   const struct vms_thread *t, const struct vms_stretches *st,
			   const struct vms_model *m, unsigned int cpu_idx);

#ifdef __cplusplus
}
#endif

#endif
