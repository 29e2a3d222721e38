// SPDX-License-Identifier: LGPL-2.1-or-later
/* How the ratio of a scaled TSC is undone, and which ratio a file is believed. */
#include <vmsync/scaling.h>

#include <math.h>
#include <stdlib.h>

#include <vmsync/err.h>
#include <vmsync/stream.h>

#include "core/base/util.h"
#include "core/base/wide.h"

#define RATIO_MOST 64u /* no host's TSC runs so much faster than a guest's, or slower */
#define FRACTION_MOST 62u

/*
 * Before trace-cmd 3.0 a ratio was stored without the number of its fraction bits. KVM's ratios lie
 * near one, so their size tells: 48 bits on VMX, 32 on SVM.
 */
static unsigned int fraction_of(const struct vms_shift_sample *s)
{
	if (s->fraction || s->scaling < (UINT64_C(1) << 28))
		return (unsigned int)VMS_MIN(s->fraction, 63);
	return s->scaling >= (UINT64_C(1) << 40) ? 48 : 32;
}

struct vms_ratio vms_ratio_of(const struct vms_shift_sample *s)
{
	return s->scaling > 1 ? (struct vms_ratio){ s->scaling, fraction_of(s) }
			      : (struct vms_ratio){ 0 };
}

double vms_ratio_value(const struct vms_ratio *r)
{
	return r->mult ? ldexp((double)r->mult, -(int)r->frac) : 1.0;
}

int64_t vms_ratio_undo(const struct vms_ratio *r, int64_t guest_raw)
{
	if (!r->mult)
		return guest_raw;
	return vms_clamp_i64(
		vms_floor_div(guest_raw * ((vms_i128)1 << r->frac), (vms_i128)r->mult));
}

int64_t vms_ratio_redo(const struct vms_ratio *r, int64_t raw)
{
	if (!r->mult)
		return raw;
	return vms_clamp_i64(
		-vms_floor_div(-(vms_i128)raw * (vms_i128)r->mult, (vms_i128)1 << r->frac));
}

int64_t vms_ratio_slack(const struct vms_ratio *r)
{
	return r->mult ? vms_ratio_undo(r, 1) + 2 : 0;
}

static bool is_believable(const struct vms_ratio *r)
{
	const vms_i128 one = (vms_i128)1 << r->frac;

	return r->mult && r->frac <= FRACTION_MOST && r->mult <= INT64_MAX / RATIO_MOST &&
	       r->mult <= one * RATIO_MOST && (vms_i128)r->mult * RATIO_MOST >= one;
}

/* What all samples agree on; a ratio that only some have is misread (doc/METHOD.md 3.4, T6). */
static struct vms_ratio ratio_agreed(const struct vms_time_shift *shift)
{
	struct vms_ratio all = { 0 };
	bool any = false;
	uint32_t i, k;

	for (i = 0; i < shift->cpus_nr; i++) {
		for (k = 0; k < shift->cpus[i].samples_nr; k++) {
			const struct vms_ratio r = vms_ratio_of(&shift->cpus[i].samples[k]);

			if (any && (r.mult != all.mult || r.frac != all.frac))
				return (struct vms_ratio){ 0 };
			all = r;
			any = true;
		}
	}
	return is_believable(&all) ? all : (struct vms_ratio){ 0 };
}

int vms_stream_unscale(struct vms_stream *guest)
{
	size_t nr = 0;
	int64_t *raw;
	unsigned int i;
	uint32_t k;

	if (!guest->shift || guest->times_corrected)
		return 0;
	guest->ratio = ratio_agreed(guest->shift);
	if (!guest->ratio.mult)
		return 0;
	for (i = 0; i < guest->cpus_nr; i++)
		nr += guest->cpus[i].nr;
	raw = vms_calloc(nr, sizeof(*raw));
	if (!raw) {
		guest->ratio.mult = 0;
		return -VMS_ENOMEM;
	}
	guest->unscaled_raw = raw;
	for (i = 0; i < guest->cpus_nr; raw += guest->cpus[i++].nr) {
		struct vms_cpu *cpu = &guest->cpus[i];

		for (k = 0; k < cpu->nr; k++)
			raw[k] = vms_ratio_undo(&guest->ratio, cpu->time_raw[k]);
		cpu->stored_raw = cpu->time_raw;
		cpu->time_raw = raw;
	}
	guest->first_raw = vms_ratio_undo(&guest->ratio, guest->first_raw);
	guest->last_raw = vms_ratio_undo(&guest->ratio, guest->last_raw);
	return 0;
}
