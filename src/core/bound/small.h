/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps that leave the band where it is, but squeezed; internal to the band. */
#ifndef VMS_SMALL_H
#define VMS_SMALL_H

#include <vmsync/band.h>

#include "core/bound/segment.h"

/**
 * vms_small_cut - look for a step that is smaller than the band is wide, and leave out what may lie
 * on either side of it
 * @items: of @runs and @band; those left out are taken away, the first after them is marked
 *
 * The extremes of what comes before and after lie apart, and not as beside one line, nor as beside
 * one that bends as it may. Return: whether anything was changed.
 */
bool vms_small_cut(struct vms_item *items, size_t *nr, const struct vms_runs *runs,
		   const struct vms_band *band);

#endif
