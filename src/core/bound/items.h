/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a band is made of: the bounds of one vCPU, or of several as if they were one. */
#ifndef VMS_ITEMS_H
#define VMS_ITEMS_H

#include <vmsync/band.h>

#include "core/bound/segment.h"

struct vms_extent {
	int64_t lo, hi;
};

/** struct vms_items - bounds in the order of events, lower before upper */
struct vms_items {
	struct vms_item *v;
	size_t nr;
	uint32_t events_nr;	/* guest events of the vCPU */
	int64_t slack_raw;	/* by which each bound is weaker */
	struct vms_extent x, y; /* of them all */
	int ret;		/* why they are not all there; 0 = they are */
};

/** vms_items_begin - room for so many; vms_items_free() is due */
void vms_items_begin(struct vms_items *items, size_t room_nr, int64_t slack_raw);
/** vms_items_add - one more, which there is room for */
void vms_items_add(struct vms_items *items, const struct vms_point *point, enum vms_side side);
/** vms_items_of - those of some constraints but clock facts at a step; vms_items_free() is due */
void vms_items_of(struct vms_items *items, const struct vms_constraints *cons,
		  const struct vms_band_opts *opts);
void vms_items_free(struct vms_items *items);

/** vms_band_of_items - as vms_band_build(); what is left out is marked, or taken away */
int vms_band_of_items(struct vms_band **out, struct vms_items *items,
		      const struct vms_band_opts *opts, struct vms_err *err);

#endif
