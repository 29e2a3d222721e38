/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trying in a child process what may die by a signal or never end. */
#ifndef IO_PROBE_H
#define IO_PROBE_H

#include <stdint.h>
#include <vmsync/err.h>
#include <vmsync/progress.h>

/** struct probe_limit - what a child may take */
struct probe_limit {
	unsigned int wall_ms, cpu_s;
	uint64_t bytes; /* of memory, beyond what this process has */
};

/**
 * probe_run - run a function in a child process and see how it ends
 * @fn: what to try; what it changes in memory is lost, what it prints goes nowhere
 * @limit: what it may take
 * @progress: asked whether it is still wanted; may be NULL
 *
 * Return: what @fn returned, with its error; -VMS_EFORMAT when it died by a signal or took too
 * much;
 * -VMS_ECANCEL; -VMS_EIO when no child could be started.
 */
int probe_run(int (*fn)(void *arg, struct vms_err *err), void *arg, const struct probe_limit *limit,
	      const struct vms_progress *progress, struct vms_err *err);

#endif
