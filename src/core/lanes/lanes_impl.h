/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the lanes share: events and candidate ends in order of host time, and the
 * caches.
 */
#ifndef VMS_LANES_IMPL_H
#define VMS_LANES_IMPL_H

#include <vmsync/lanes.h>

#include "core/base/placed.h"
#include "core/base/util.h"

/** struct lane_order - the events of one CPU in order of host time */
struct lane_order {
	const struct vms_cpu *c;
	const struct vms_model *m; /* NULL: the times are the host's */
	unsigned int cpu_idx;
	struct vms_placed *sorted; /* NULL: events ascend as they are */
};

/** struct lane_run - the stretches of one thread on one host CPU */
struct lane_run {
	const struct vms_thread *t;
	int track;	   /* -1 = none */
	uint32_t *stretch; /* indices into t->stretches, ascending */
	int64_t *before;   /* in-guest time before each; nr + 1 entries */
	uint32_t nr;
};

/* The lanes and the overview ask for the same columns again with each frame. */
#define LANE_KEPT_NR 2

/** struct lane_kept - columns that were asked for last, of as many views */
struct lane_kept {
	struct vms_view view[LANE_KEPT_NR];
	struct vms_lane_col *cols[LANE_KEPT_NR]; /* NULL = none */
	unsigned int next;			 /* the one to give up first */
};

/** struct lane_host - what is kept of a host CPU */
struct lane_host {
	struct lane_order order;
	struct lane_kept kept;
	bool built;
	struct lane_run *runs;
	size_t runs_cap;
	uint32_t runs_nr;
};

/** struct lane_guest - what is kept of a guest CPU under the map in force */
struct lane_guest {
	struct lane_order order;
	struct lane_kept kept; /* all but what lies outside every stretch */
	bool built, outside_built;
	bool ends_current;	    /* candidate ends on this lane are placed by this map */
	uint64_t generation;	    /* of the session, when the map was last compared */
	struct vms_model *seen;	    /* copy of the map that order and outside are for */
	struct vms_placed *outside; /* events outside every stretch */
	size_t outside_cap;
	uint32_t outside_nr;
};

/** struct lane_ends - candidate ends on one lane, ascending by host time */
struct lane_ends {
	struct vms_placed *end; /* idx: id of the candidate */
	uint32_t nr, filled_nr;
};

struct vms_lanes {
	const struct vms_session *s;
	struct lane_host *hosts; /* by index of the host's CPU */
	unsigned int hosts_nr;
	struct lane_guest *guests; /* CPUs of all guests, one guest after the other */
	unsigned int *guest_first; /* index of each guest's first; guests_nr + 1 entries */
	unsigned int guests_nr;

	struct lane_guest under; /* another model's, of one vCPU */
	unsigned int under_track;

	struct lane_ends *ends; /* host CPUs, then guest CPUs */
	bool ends_built;
	uint64_t ends_generation;
	uint64_t ends_formed; /* vms_session_formed() then */
};

/* lanes_order.c */

/** lane_order_build - order the events of a CPU under a model; -VMS_ENOMEM */
int lane_order_build(struct lane_order *order, const struct vms_cpu *cpu,
		     const struct vms_model *model, unsigned int cpu_idx);
void lane_order_clear(struct lane_order *o);
/** lane_order_at - host time of the k-th event in order */
int64_t lane_order_at(const struct lane_order *o, uint32_t k);
/** lane_order_event - which event that is */
uint32_t lane_order_event(const struct lane_order *o, uint32_t k);
/** lane_order_bound - first place at or after from whose time is not before at */
uint32_t lane_order_bound(const struct lane_order *o, vms_i128 at, uint32_t from);
/** lane_placed_bound - the same in an array */
uint32_t lane_placed_bound(const struct vms_placed *p, uint32_t nr, vms_i128 at, uint32_t from);

/* lanes.c */

/** lane_view_check - -VMS_EUSAGE for a view without columns */
int lane_view_check(const struct vms_view *v, struct vms_err *err);
/** lane_view_bound - where a column begins, and the one before it ends; outside int64 too */
vms_i128 lane_view_bound(const struct vms_view *v, unsigned int col);
/** lane_guest_get - a guest CPU ordered under the map in force; NULL with *ret set */
struct lane_guest *lane_guest_get(struct vms_lanes *lanes, unsigned int guest, unsigned int cpu_idx,
				  int *ret);
/** lane_host_get - a host CPU, ordered */
struct lane_host *lane_host_get(struct vms_lanes *l, unsigned int cpu_idx, int *ret);

/* lanes_host.c */

/** lane_runs_build - sort the stretches of all threads by host CPU; -VMS_ENOMEM */
int lane_runs_build(struct vms_lanes *l);
void lane_runs_free(struct vms_lanes *lanes);
/** lane_host_inside - inside, track, entry, exit and why of columns; -VMS_ENOMEM */
int lane_host_inside(struct vms_lanes *lanes, unsigned int cpu_idx, const struct vms_view *view,
		     struct vms_lane_col *cols);

/* lanes_marks.c */

/** lane_ends_get - the index of candidate ends, up to date */
int lane_ends_get(struct vms_lanes *lanes);
void lane_ends_free(struct vms_lanes *l);

#endif
