/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file of a journal: its name, its lock, its copy when it is damaged. */
#ifndef IO_JOURNAL_FILE_H
#define IO_JOURNAL_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include <vmsync/err.h>
#include <vmsync/stream.h>

/**
 * journal_path_make - the name of the journal of a host's recording, owned by the caller
 * Return: 0; -VMS_EIO when the recording cannot be read; -VMS_ENOMEM
 */
int journal_path_make(char **path, const char *dir, const struct vms_stream *host,
		      struct vms_err *err);
/**
 * journal_open_locked - open the journal, or make it, and lock it
 * @made: it was not there
 * Return: 0; -VMS_EUSAGE when another process has it; -VMS_EIO. What was there stays then.
 */
int journal_open_locked(int *out, bool *made, const char *path, struct vms_err *err);
/** journal_is_at - the open file is the one of this name */
bool journal_is_at(int fd, const char *path);
/**
 * journal_copy_aside - write a damaged journal to a name that nothing has
 * @aside: the name, owned by the caller, also on errors. Return: 0; -VMS_EIO; -VMS_ENOMEM
 */
int journal_copy_aside(char **aside, const char *path, const char *text, size_t size,
		       struct vms_err *err);

#endif
