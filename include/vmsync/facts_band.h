/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The band that clock facts alone leave, without any guest event. */
#ifndef VMSYNC_FACTS_BAND_H
#define VMSYNC_FACTS_BAND_H

#include <vmsync/band.h>
#include <vmsync/facts.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vms_facts_band - the offsets that the facts of a thread allow, in as few segments as possible
 * Events of the band are indices into @facts. A fact that rests on a deadline which may have
 * expired before is left out, and counted in @doubtful_nr, which may be NULL.
 * @coarse: as in struct vms_band_opts
 * Return: 0, also with a band of no segment; -VMS_ENOMEM; -VMS_ERANGE.
 */
int vms_facts_band(struct vms_band **out, const struct vms_thread_facts *facts, int64_t slack_raw,
		   bool coarse, uint32_t *doubtful_nr, struct vms_err *err);

#ifdef __cplusplus
}
#endif

#endif
