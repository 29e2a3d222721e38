/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The log of a run in a file, as --log, --bug-report or VMSYNC_LOG ask for. */
#ifndef MAIN_LOGFILE_H
#define MAIN_LOGFILE_H

#include <vmsync/err.h>

/**
 * logfile_open - write the log to a file from now on
 * @name: the option or variable that asks for it, for errors; borrowed
 * @spec: "FILE" or "FILE:LEVEL", the level info without one; NULL = no log
 * Return: 0; -VMS_EIO, also for a file that is there and is no log.
 */
int logfile_open(const char *name, const char *spec, struct vms_err *err);
/** logfile_open_whole - the same of all levels, of a FILE whose name may be any */
int logfile_open_whole(const char *name, const char *path, struct vms_err *err);
/** logfile_close - Return: 0; -VMS_EOUTPUT when a line was lost, as on a full disk */
int logfile_close(struct vms_err *err);

#endif
