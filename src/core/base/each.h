/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Work that falls apart into pieces that know nothing of each other, on all processors. */
#ifndef VMS_EACH_H
#define VMS_EACH_H

#include <vmsync/err.h>

/**
 * vms_each - fn(user, i) for each i below @nr, in any order and at the same time
 * @fn: may write what is of piece i alone, and read what no piece writes
 * Where somebody listens to the log, one after another: it tells things in their order.
 * Return: 0; of the pieces that failed what the first returned, and its @err.
 */
int vms_each(unsigned int nr, int (*fn)(void *user, unsigned int i, struct vms_err *err),
	     void *user, struct vms_err *err);
/** vms_each_on - how many threads that uses, for tests; 0: as many as there are processors */
void vms_each_on(unsigned int threads_nr);

#endif
