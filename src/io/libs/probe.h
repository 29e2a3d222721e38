/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trying in a child process what may die by a signal or never end. */
#ifndef IO_PROBE_H
#define IO_PROBE_H

#include <stdatomic.h>
#include <vmsync/err.h>

/**
 * probe_run - run a function in a child process and see how it ends
 * @fn: what to try; what it changes in memory is lost, what it prints goes nowhere
 * @limit_ms: time limit
 * @cancel: ends it early; may be NULL
 *
 * Return: what @fn returned, with its error; -VMS_EFORMAT when it died by a signal or took too
 * long;
 * -VMS_ECANCEL; -VMS_EIO when no child could be started.
 */
int probe_run(int (*fn)(void *arg, struct vms_err *err), void *arg, unsigned int limit_ms,
	      const atomic_bool *cancel, struct vms_err *err);

#endif
