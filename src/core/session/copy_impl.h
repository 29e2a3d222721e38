/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of copies: what orders events of different vCPUs. */
#ifndef VMSYNC_COPY_IMPL_H
#define VMSYNC_COPY_IMPL_H

#include <vmsync/copy.h>

#include "core/session/session_impl.h"

/*
 * Moves pieces of a copy's map within their vCPUs' bands, until threads that were woken from
 * another vCPU run after that; counts wake-ups and those that it could not put in order. How far
 * the map may be from the truth is known. -VMS_ENOMEM
 */
int session_copy_tie(struct vms_copy *copy, const struct vms_session *session, unsigned int guest);

#endif
