/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Payloads that a walk over the events of a CPU will read, asked for ahead of it. */
#ifndef VMS_SOON_H
#define VMS_SOON_H

#include <vmsync/stream.h>

#include "core/base/util.h"

/** VMS_SOON - which event of a CPU a walk that is at @idx will read soon */
#define VMS_SOON(cpu, idx) VMS_MIN((idx) + 12, (cpu)->nr - 1)

/**
 * VMS_PAYLOAD_SOON - asks for the payload of that event; a macro, as GCC lets calls of functions go
 * that do nothing else
 */
#define VMS_PAYLOAD_SOON(cpu, idx) VMS_PREFETCH(vms_payload(cpu, VMS_SOON(cpu, idx)))

#endif
