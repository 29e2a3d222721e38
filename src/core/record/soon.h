/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Payloads that a walk over the events of a CPU will read, asked for ahead of it. */
#ifndef VMS_SOON_H
#define VMS_SOON_H

#include <vmsync/stream.h>

#include "core/base/util.h"

/**
 * VMS_PAYLOAD_SOON - at event @idx of a walk over a CPU: of the twelfth from there; a macro, as
 * GCC lets calls of functions go that do nothing else
 */
#define VMS_PAYLOAD_SOON(cpu, idx)                                                                 \
	VMS_PREFETCH(vms_payload(cpu, VMS_MIN((idx) + 12, (cpu)->nr - 1)))

#endif
