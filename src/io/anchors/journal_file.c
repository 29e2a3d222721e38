// SPDX-License-Identifier: LGPL-2.1-or-later
/* Where the journal of a recording lies, who may write to it, where a damaged one goes. */
#include "io/anchors/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vmsync/log.h>

#include "io/files/files.h"
#include "core/base/util.h"

#define OPEN_TRIES 8
#define ASIDE_TRIES 1000u
/* So many bytes of a recording's begin tell it from others with its size and trace id. */
#define FIRST_BYTES 65536u

static uint64_t hash_bytes(uint64_t h, const char *bytes, size_t nr)
{
	for (; nr; nr--, bytes++)
		h = (h ^ (unsigned char)*bytes) * UINT64_C(0x100000001b3);
	return h;
}

/*
 * A recording is known by its trace id, size and first bytes: copies that were patched have the id
 * alone in common. A host without an id is known by where it lies too.
 * Return: 0; -1 with errno set: with another name its journal would not be found again
 */
static int recording_hash(uint64_t *hash, const struct vms_stream *host)
{
	const int fd = open(host->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *first = vms_calloc(1, FIRST_BYTES), *real = realpath(host->path, NULL);
	struct stat st = { 0 };
	ssize_t nr = -1;
	int why;

	*hash = UINT64_C(0xcbf29ce484222325);
	if (fd >= 0 && first && real && !fstat(fd, &st))
		nr = pread(fd, first, FIRST_BYTES, 0);
	if (nr >= 0) {
		*hash = hash_bytes(*hash, (const char *)&st.st_size, sizeof(st.st_size));
		*hash = hash_bytes(*hash, first, (size_t)nr);
		if (!host->trace_id)
			*hash = hash_bytes(*hash, real, strlen(real));
	}
	why = first ? errno : ENOMEM;
	if (fd >= 0)
		(void)close(fd);
	free(real);
	free(first);
	errno = why;
	return nr < VMS_MIN((off_t)FIRST_BYTES, st.st_size) ? -1 : 0;
}

int journal_path_make(char **path, const char *dir, const struct vms_stream *host,
		      struct vms_err *err)
{
	uint64_t hash;

	errno = EIO; /* less was read than is there */
	if (recording_hash(&hash, host))
		return vms_fail(err, errno == ENOMEM ? VMS_ENOMEM : VMS_EIO, "%s: %s", host->path,
				strerror(errno));
	if (asprintf(path, "%s/%016" PRIx64 "-%016" PRIx64 ".journal", dir, host->trace_id, hash) >=
	    0)
		return 0;
	*path = NULL;
	return vms_fail(err, VMS_ENOMEM, "out of memory");
}

/* Another process may have removed the file between our open and our lock. */
bool journal_is_at(int fd, const char *path)
{
	struct stat a, b;

	return !fstat(fd, &a) && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Opens what is there, or makes it. */
static int open_any(const char *path, bool *made)
{
	const int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	int fd = open(path, flags | O_CREAT | O_EXCL, 0600);

	*made = fd >= 0;
	return fd < 0 && errno == EEXIST ? open(path, flags) : fd;
}

/* Return: 0; 1 when @path is another file by now. */
static int lock(int fd, const char *path, struct vms_err *err)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return vms_fail(err, VMS_EIO, "the journal %s is not a regular file", path);
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return !journal_is_at(fd, path);
	if (errno == EWOULDBLOCK)
		return vms_fail(err, VMS_EUSAGE, "another vmsync-tui has this recording open");
	return vms_fail(err, VMS_EIO, "cannot lock the journal %s: %s", path, strerror(errno));
}

int journal_open_locked(int *out, bool *made, const char *path, struct vms_err *err)
{
	int tries, fd, ret;

	for (tries = 0; tries < OPEN_TRIES; tries++) {
		fd = open_any(path, made);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return vms_fail(err, VMS_EIO, "cannot open the journal %s: %s", path,
					strerror(errno));
		ret = lock(fd, path, err);
		if (!ret) {
			*out = fd;
			return 0;
		}
		(void)close(fd);
		if (ret < 0)
			return ret;
	}
	return vms_fail(err, VMS_EIO, "the journal %s comes and goes", path);
}

int journal_copy_aside(char **aside, const char *path, const char *text, size_t size,
		       struct vms_err *err)
{
	unsigned int i;
	bool whole;
	int fd = -1;

	for (i = 1; fd < 0 && i <= ASIDE_TRIES; i++) {
		free(*aside);
		*aside = NULL;
		if ((i == 1 ? asprintf(aside, "%s.damaged", path)
			    : asprintf(aside, "%s.damaged-%u", path, i)) < 0)
			return vms_fail(err, VMS_ENOMEM, "out of memory");
		fd = open(*aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	whole = fd >= 0 && file_write_all(fd, text, size) && !fsync(fd) && file_sync_folder(*aside);
	if (fd >= 0 && close(fd))
		whole = false;
	if (!whole)
		return vms_fail(err, VMS_EIO,
				"the journal %s is damaged and cannot be copied to %s: %s", path,
				*aside, strerror(errno));
	vms_log(VMS_LOG_WARN, "journal", "%s is damaged; as it was it is now %s", path, *aside);
	return 0;
}
