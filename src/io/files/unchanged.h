/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether files are still those that were loaded, and what reading does when they are not. */
#ifndef IO_UNCHANGED_H
#define IO_UNCHANGED_H

#include <sys/stat.h>
#include <vmsync/err.h>
#include <vmsync/trace.h>

/**
 * file_guard - from now on bytes of a mapped file that are gone (it was cut short, its disk gives
 * nothing) read as zeros; without it reading them ends the process
 */
void file_guard(void);

struct vms_file_id file_id(const struct stat *st);
/** file_unchanged - a file is the one that was loaded. Return: 0; -VMS_EIO with what happened */
int file_unchanged(const char *path, const struct vms_file_id *was, struct vms_err *err);
/** trace_unchanged - the same of all files of a recording */
int trace_unchanged(const struct vms_trace *t, struct vms_err *err);
/**
 * trace_watch - a descriptor that is readable when something happened to one of these files, so
 * that nobody has to look; owned by the caller. -1: the system has none
 */
int trace_watch(const struct vms_trace *t);
/** trace_watch_drain - what happened is known: not readable until more does */
void trace_watch_drain(int fd);

#endif
