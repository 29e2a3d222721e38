/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A scaled TSC: KVM makes a guest's run at another rate than the host's. doc/METHOD.md 2.5 */
#ifndef VMSYNC_SCALING_H
#define VMSYNC_SCALING_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vms_stream;
struct vms_shift_sample;

/** struct vms_ratio - guest ticks are host ticks * mult / 2^frac; mult 0: not scaled */
struct vms_ratio {
	uint64_t mult;
	unsigned int frac; /* [bits] */
};

/** vms_ratio_of - what a sample of TIME_SHIFT says; fraction bits that were not stored included */
struct vms_ratio vms_ratio_of(const struct vms_shift_sample *s);
/** vms_ratio_value - guest ticks a host tick */
double vms_ratio_value(const struct vms_ratio *r);
/** vms_ratio_undo - guest ticks as host ticks, rounded down: monotone */
int64_t vms_ratio_undo(const struct vms_ratio *r, int64_t guest_raw);
/** vms_ratio_redo - the least guest time that vms_ratio_undo() makes this of */
int64_t vms_ratio_redo(const struct vms_ratio *r, int64_t raw);
/** vms_ratio_slack - by how much an offset to undone times may vary for rounding alone [host ticks]
 */
int64_t vms_ratio_slack(const struct vms_ratio *r);

/**
 * vms_stream_unscale - undo the scaling that all samples of a guest agree on: its events' times are
 * host ticks from then on, apart by one offset, and vms_cpu.stored_raw has what the file says
 * Return: 0, also when there is nothing to undo (see vms_stream.ratio); -VMS_ENOMEM.
 */
int vms_stream_unscale(struct vms_stream *guest);

#ifdef __cplusplus
}
#endif

#endif
