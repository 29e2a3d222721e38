// SPDX-License-Identifier: LGPL-2.1-or-later
/* How many guest events lie outside every stretch, for each extra offset of a grid. */
#include <vmsync/band.h>
#include <vmsync/place.h>

#include <stdlib.h>

#include "core/base/compiler.h"
#include "core/base/util.h"
#include "core/base/wide.h"

struct sweep {
	const struct vms_thread *t;
	struct vms_sweep *s;
	/* change of the count from one grid point to the next; wraps on purpose */
	uint32_t *diff;
};

/* Adds to the grid points with lo <= from + i * step <= hi. Return: whether there is one */
static bool add_range(struct sweep *sweep, vms_i128 lo, vms_i128 hi, uint32_t add)
{
	vms_i128 first = -vms_floor_div(sweep->s->from_raw - lo, sweep->s->step_raw);
	vms_i128 last = vms_floor_div(hi - sweep->s->from_raw, sweep->s->step_raw);

	first = VMS_MAX(first, 0);
	last = VMS_MIN(last, (vms_i128)sweep->s->nr - 1);
	if (first > last)
		return false;
	sweep->diff[first] += add;
	sweep->diff[last + 1] -= add;
	return true;
}

/* An event counts from the first stretch to the last, and not in stretches and shadows. */
static void add_event(struct sweep *sweep, int64_t host_raw)
{
	const struct vms_stretch *st = sweep->t->stretches;
	const uint32_t n = sweep->t->stretches_nr;
	const vms_i128 from = (vms_i128)host_raw + sweep->s->from_raw;
	const vms_i128 to = from + (vms_i128)sweep->s->step_raw * (sweep->s->nr - 1);
	int64_t i;

	if (!add_range(sweep, (vms_i128)st[0].enter_raw - host_raw,
		       (vms_i128)st[n - 1].leave_raw - host_raw, 1))
		return;
	sweep->s->checkable_nr++;
	i = from < INT64_MIN ? 0 : from > INT64_MAX ? n : vms_stretch_at(sweep->t, (int64_t)from);
	for (i = VMS_MAX(i, 0); i < n && st[i].enter_raw <= to; i++) {
		vms_i128 enter = st[i].enter_raw;

		/* A time that two stretches share is not taken away twice. */
		if (i && st[i].enter_raw <= st[i - 1].leave_raw)
			enter = (vms_i128)st[i - 1].leave_raw + 1;
		(void)add_range(sweep, enter - host_raw, (vms_i128)st[i].leave_raw - host_raw,
				UINT32_MAX);
	}
}

int vms_sweep_build(struct vms_sweep **out, const struct vms_cpu *cpu,
		    const struct vms_thread *thread, const struct vms_model *model,
		    unsigned int cpu_idx, int64_t from_raw, int64_t to_raw, uint32_t nr,
		    struct vms_err *err)
{
	struct vms_sweep *sweep = NULL;
	struct sweep work = { .t = thread };
	int64_t span;
	uint32_t i;

	if (nr < 2 || to_raw <= from_raw || vms_sub_overflow(to_raw, from_raw, &span))
		return vms_fail(err, VMS_EUSAGE, "a sweep needs two points and a range below 2^63");
	sweep = vms_calloc(1, sizeof(*sweep));
	work.diff = vms_calloc((size_t)nr + 1, sizeof(*work.diff));
	if (!sweep || !work.diff) {
		free(work.diff);
		free(sweep);
		return vms_fail(err, VMS_ENOMEM, "out of memory while sweeping offsets");
	}
	*sweep = (struct vms_sweep){
		.from_raw = from_raw, .step_raw = VMS_MAX(span / (nr - 1), 1), .nr = nr, .every = 1
	};
	work.s = sweep;
	for (i = 0; i < cpu->nr && thread->stretches_nr; i++)
		add_event(&work, vms_model_event(model, cpu_idx, i, cpu->time_raw[i]));
	for (i = 1; i < nr; i++)
		work.diff[i] += work.diff[i - 1];
	sweep->outside = work.diff;
	*out = sweep;
	return 0;
}

void vms_sweep_free(struct vms_sweep *s)
{
	if (!s)
		return;
	free(s->outside);
	free(s);
}
