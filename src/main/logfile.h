/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VMSYNC_LOG: the log of a run in a file. */
#ifndef MAIN_LOGFILE_H
#define MAIN_LOGFILE_H

#include <vmsync/err.h>

/**
 * logfile_open - write the log to a file from now on
 * @spec: "FILE" or "FILE:LEVEL", the level info without one; NULL = no log
 * Return: 0; -VMS_EIO, also for a file that is there and is no log.
 */
int logfile_open(const char *spec, struct vms_err *err);
/** logfile_close - Return: 0; -VMS_EOUTPUT when a line was lost, as on a full disk */
int logfile_close(struct vms_err *err);

#endif
