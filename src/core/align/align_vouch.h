/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What else than its own events speaks for a vCPU's line on a thread. */
#ifndef VMSYNC_ALIGN_VOUCH_H
#define VMSYNC_ALIGN_VOUCH_H

#include "core/align/align_impl.h"

/**
 * align_names - whether what names its thread's offset agrees with a vCPU's line
 * @named: 1 it does, -1 it speaks against it, 0 nothing does
 */
int align_names(struct align_ctx *ctx, const struct align_vcpu *vcpu, int *named);
/**
 * align_lend - few events that fit near by as well: the line of a vCPU that is sure decides, if it
 * explains all of them, and a thread that is not theirs would not do so by chance
 */
bool align_lend(const struct align_job *sub, const struct vms_align *judged, unsigned int of);

#endif
