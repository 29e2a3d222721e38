// SPDX-License-Identifier: LGPL-2.1-or-later
/* How bounds of both sides become one list in the order of events, each weaker by the slack. */
#include "core/bound/items.h"

#include <stdlib.h>

#include "core/base/util.h"

static void extent_add(struct vms_extent *extent, int64_t value)
{
	extent->lo = VMS_MIN(extent->lo, value);
	extent->hi = VMS_MAX(extent->hi, value);
}

void vms_items_begin(struct vms_items *items, size_t room_nr, int64_t slack_raw)
{
	size_t cap = 0;

	*items = (struct vms_items){ .slack_raw = VMS_MAX(slack_raw, 0),
				     .x = { INT64_MAX, INT64_MIN },
				     .y = { INT64_MAX, INT64_MIN } };
	items->ret = vms_grow(&items->v, &cap, room_nr, sizeof(*items->v), SIZE_MAX);
}

void vms_items_add(struct vms_items *items, const struct vms_point *point, enum vms_side side)
{
	struct vms_item *item;

	if (items->ret)
		return;
	item = &items->v[items->nr++];
	*item = (struct vms_item){ .p = *point, .side = (uint8_t)side };
	if (side == VMS_LOWER ? vms_sub_overflow(point->y_raw, items->slack_raw, &item->p.y_raw)
			      : vms_add_overflow(point->y_raw, items->slack_raw, &item->p.y_raw))
		items->ret = -VMS_ERANGE;
	extent_add(&items->x, item->p.x_raw);
	extent_add(&items->y, item->p.y_raw);
}

void vms_items_of(struct vms_items *items, const struct vms_constraints *cons,
		  const struct vms_band_opts *opts)
{
	uint32_t lower = 0, upper = 0;
	size_t step = 0;

	vms_items_begin(items, (size_t)cons->lower_nr + cons->upper_nr, opts->slack_raw);
	items->events_nr = cons->events_nr;
	while (lower < cons->lower_nr || upper < cons->upper_nr) {
		const bool is_lower = upper == cons->upper_nr ||
				      (lower < cons->lower_nr &&
				       !vms_bound_before(cons->upper[upper], cons->lower[lower]));
		const struct vms_point point =
			is_lower ? vms_lower_point(cons, lower++) : vms_upper_point(cons, upper++);

		/* Before or after a step that lies at this event? It bounds neither. */
		while (step < opts->steps_nr && opts->steps[step] < point.event)
			step++;
		if (vms_point_is_fact(&point) && step < opts->steps_nr &&
		    opts->steps[step] == point.event)
			continue;
		vms_items_add(items, &point, is_lower ? VMS_LOWER : VMS_UPPER);
	}
}

void vms_items_free(struct vms_items *items)
{
	free(items->v);
	items->v = NULL;
}
