/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An alignment by clock facts alone: no guest event is needed to find the offset. */
#ifndef VMSYNC_ALIGN_FACTS_H
#define VMSYNC_ALIGN_FACTS_H

#include <vmsync/facts.h>
#include <vmsync/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vms_align_by_facts - the offsets that a thread's clock facts agree on, as pieces over a guest CPU
 * @facts: of @thread; @cpu: counts the same TSC as the host; @slack_raw: as in struct vms_band_opts
 * Where the offset steps, events go to the side that leaves fewer of them where the thread did not
 * run. @pieces: owned by the caller.
 * Return: 0, with no piece where facts are few or contradict each other; -VMS_ENOMEM.
 */
int vms_align_by_facts(struct vms_piece **pieces, unsigned int *pieces_nr,
		       const struct vms_thread_facts *facts, const struct vms_thread *thread,
		       const struct vms_cpu *cpu, int64_t slack_raw);

#ifdef __cplusplus
}
#endif

#endif
