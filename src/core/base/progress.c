// SPDX-License-Identifier: LGPL-2.1-or-later
/* How long work asks whether it is still wanted, when nobody may be watching. */
#include <vmsync/progress.h>

#include <stddef.h>

bool vms_progress_cancelled(const struct vms_progress *p)
{
	return p && p->cancel && __atomic_load_n(p->cancel, __ATOMIC_RELAXED);
}

void vms_progress_tell(const struct vms_progress *p, const char *what, uint64_t done,
		       uint64_t total)
{
	if (p && p->update)
		p->update(p->user, what, done, total, 0);
}
