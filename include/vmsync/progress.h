/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far long work is, and whether it is still wanted. */
#ifndef VMSYNC_PROGRESS_H
#define VMSYNC_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct vms_progress - what long work tells, on its own thread, and asks; NULL: nobody watches */
struct vms_progress {
	/* @done of @total, in bytes where files are read; @events: so far, 0 = does not apply */
	void (*update)(void *user, const char *what, uint64_t done, uint64_t total,
		       uint64_t events);
	/*
	 * Set to true from elsewhere (__atomic_store_n where that is another thread): the work ends
	 * soon with -VMS_ECANCEL. May be NULL.
	 */
	const bool *cancel;
	void *user;
};

/** vms_progress_cancelled - whether the work is not wanted any more; cheap enough to ask often */
bool vms_progress_cancelled(const struct vms_progress *p);
/** vms_progress_tell - how far the work is */
void vms_progress_tell(const struct vms_progress *p, const char *what, uint64_t done,
		       uint64_t total);

#ifdef __cplusplus
}
#endif

#endif
