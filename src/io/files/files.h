/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole small files: read with a limit, replaced without a moment in which they are broken. */
#ifndef IO_FILES_H
#define IO_FILES_H

#include <stddef.h>
#include <stdbool.h>
#include <vmsync/err.h>

/* How a file with a person's decisions begins, vmsync-anchors(5). */
#define FILE_DECISIONS_MAGIC "# vmsync-anchors "

/**
 * file_read - read a whole file
 * @text: its bytes and a NUL behind them, owned by the caller
 * @max: limit [bytes]
 * Return: 0; -VMS_ENODATA when there is none; -VMS_EIO; -VMS_EFORMAT for what is no regular file
 * and above the limit; -VMS_ENOMEM.
 */
int file_read(char **text, size_t *size, const char *path, size_t max, struct vms_err *err);
/**
 * file_read_text - read a file that holds text; "-" is standard input
 * Return: as file_read(); -VMS_EFORMAT for zero bytes too.
 */
int file_read_text(char **text, const char *path, size_t max, struct vms_err *err);

/**
 * file_replace - write a whole file: temporary name in the same folder, fsync, rename
 * @keep: keep the version before as FILE~
 * Owner and mode stay. A symbolic link is followed, unless it leads nowhere.
 * Return: 0, and it outlives a power cut; -VMS_EIO, the old file untouched, or the new one there
 * for as long as the power stays, also for what is no regular file; -VMS_ENOMEM.
 */
int file_replace(const char *path, const char *text, size_t size, bool keep, struct vms_err *err);

/**
 * file_previous - the name that the old version of a file takes when it is replaced; NULL: there is
 * none. Return: 0; -VMS_ENOMEM. @previous is freed by the caller
 */
int file_previous(char **previous, const char *path, struct vms_err *err);
/**
 * file_spare - whether a command may write a file: one that is not there, or any but one with
 * decisions when the person insists
 * @force: insists. Return: 0; -VMS_EUSAGE; -VMS_EIO for what is no regular file
 */
int file_spare(const char *path, bool force, struct vms_err *err);

/** struct file_piece - bytes that follow those of the piece before */
struct file_piece {
	const void *p;
	size_t size;
};

/** file_replace_pieces - file_replace() of what lies in several places */
int file_replace_pieces(const char *path, const struct file_piece *pieces, size_t pieces_nr,
			bool keep, struct vms_err *err);

/** file_write_all - write() until all is written; false with errno set */
bool file_write_all(int fd, const char *from, size_t size);

/** file_sync_folder - the names in a file's folder outlive a power cut; false with errno set */
bool file_sync_folder(const char *path);

/** file_make_folders - make a folder and those above it, for the user alone. 0 or -VMS_EIO */
int file_make_folders(const char *path, struct vms_err *err);

/**
 * file_user_dir - "$ENV/vmsync-tui" or "$HOME/<under_home>/vmsync-tui"; owned by the caller; NULL
 * without either
 */
char *file_user_dir(const char *env, const char *under_home);

#endif
