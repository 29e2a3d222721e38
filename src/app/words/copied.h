/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was written as a corrected copy, how sure it is and what it keeps of error, in words. */
#ifndef APP_COPIED_H
#define APP_COPIED_H

#include <vmsync/copy.h>

#include "core/base/text.h"

/** COPIED_BY_PART - what a person is told when only a part of the recording is open */
#define COPIED_BY_PART "the whole file is corrected by what the range alone tells"

/** copied_sure - "at most 691 ns early and 691 ns late" */
void copied_sure(struct text *out, const struct vms_session *session, const struct vms_copy *copy);
/** copied_text - "copy.dat written with model midpoint, one for all vCPUs, at most ..." */
void copied_text(struct text *out, const struct vms_session *session, const struct vms_copy *copy);
/** copied_kept - the errors that it keeps, each behind @before; return: how many */
unsigned int copied_kept(struct text *out, const struct vms_session *session,
			 const struct vms_copy *copy, const char *before);

#endif
