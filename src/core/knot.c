// SPDX-License-Identifier: LGPL-2.1-or-later
/* How far constraints reach when the rate of the clocks wanders. */
#include "knot.h"

#include <math.h>
#include <stdlib.h>

#include "util.h"

int64_t vms_knot_sag(double wander, int64_t diff_raw)
{
	const double d = (double)diff_raw;
	const double sag = wander / 2 * d * d * (1 + 1e-9); /* more than all roundings together */

	if (!(wander > 0) || !diff_raw)
		return 0;
	return sag < 0x1p61 ? (int64_t)sag + 1 : VMS_HULL_RANGE;
}

void vms_knots_free(struct vms_knot *k, uint32_t nr)
{
	uint32_t i;

	for (i = 0; k && i < nr; i++)
		vms_fit_free(&k[i].fit);
	free(k);
}

int vms_knots_build(struct vms_knot **out, uint32_t *nr, const struct vms_knot_plan *p)
{
	struct vms_knot *k = vms_calloc(1, sizeof(*k));

	if (!k)
		return -VMS_ENOMEM;
	vms_fit_init(&k->fit, p->drift_ppb);
	k->at_raw = p->from_raw + (p->to_raw - p->from_raw) / 2;
	if (vms_fit_copy(&k->fit, p->fit)) {
		vms_knots_free(k, 1);
		return -VMS_ENOMEM;
	}
	*out = k;
	*nr = 1;
	return 0;
}
