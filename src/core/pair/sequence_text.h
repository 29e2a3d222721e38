/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sequence as text. */
#ifndef VMS_SEQUENCE_TEXT_H
#define VMS_SEQUENCE_TEXT_H

#include <vmsync/sequence.h>

#include "core/base/text.h"

/** vms_sequence_text - its block of vmsync-sequences(5): parsed it is the same again */
void vms_sequence_text(struct text *out, const struct vms_sequence *seq);

#endif
