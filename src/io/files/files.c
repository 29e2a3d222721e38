// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a small file is read in one piece and replaced in one step. */
#include "io/files/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vmsync/log.h>

#include "core/base/util.h"

#define READ_STEP_BYTES ((size_t)64 << 10)
#define TEMPORARY_TRIES 100u

static int too_large(const char *path, size_t max, struct vms_err *err)
{
	return vms_fail(err, VMS_EFORMAT, "%s is larger than %zu bytes", path, max);
}

static int read_fd(char **text, size_t *size, int fd, const char *path, size_t max,
		   struct vms_err *err)
{
	char *bytes = NULL;
	size_t cap = 0, nr = 0;
	ssize_t n;

	for (;;) {
		if (vms_grow(&bytes, &cap, nr + READ_STEP_BYTES + 1, 1,
			     max + 2 * READ_STEP_BYTES + 2)) {
			free(bytes);
			return vms_fail(err, VMS_ENOMEM, "%s: out of memory", path);
		}
		n = read(fd, bytes + nr, READ_STEP_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(bytes);
			return vms_fail(err, VMS_EIO, "%s: %s", path, strerror(errno));
		}
		nr += (size_t)n;
		if (nr > max) {
			free(bytes);
			return too_large(path, max, err);
		}
		if (!n)
			break;
	}
	bytes[nr] = '\0';
	*text = bytes;
	*size = nr;
	return 0;
}

int file_read(char **text, size_t *size, const char *path, size_t max, struct vms_err *err)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int ret;

	if (fd < 0)
		return vms_fail(err, errno == ENOENT ? VMS_ENODATA : VMS_EIO, "%s: %s", path,
				strerror(errno));
	if (fstat(fd, &st))
		ret = vms_fail(err, VMS_EIO, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		ret = vms_fail(err, VMS_EFORMAT, "%s is not a regular file", path);
	else if ((uint64_t)st.st_size > max)
		ret = too_large(path, max, err);
	else
		ret = read_fd(text, size, fd, path, max, err);
	(void)close(fd);
	return ret;
}

int file_read_text(char **text, const char *path, size_t max, struct vms_err *err)
{
	char *own = NULL;
	size_t size = 0;
	int ret = strcmp(path, "-") ? file_read(&own, &size, path, max, err)
				    : read_fd(&own, &size, STDIN_FILENO, path, max, err);

	if (!ret && strlen(own) != size) {
		free(own);
		return vms_fail(err, VMS_EFORMAT, "%s holds a zero byte", path);
	}
	if (!ret)
		*text = own;
	return ret;
}

bool file_write_all(int fd, const char *from, size_t size)
{
	while (size) {
		const ssize_t n = write(fd, from, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : ENOSPC;
			return false;
		}
		from += n;
		size -= (size_t)n;
	}
	return true;
}

static int io_fail(struct vms_err *err, const char *path)
{
	return vms_fail(err, errno == ENOMEM ? VMS_ENOMEM : VMS_EIO, "cannot write %s: %s", path,
			strerror(errno));
}

bool file_sync_folder(const char *path)
{
	char *dir = vms_strdup(path), *slash = dir ? strrchr(dir, '/') : NULL;
	bool good = true;
	int fd;

	if (slash)
		slash[slash == dir ? 1 : 0] = '\0';
	fd = dir ? open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	/* there are file systems that know no such thing, and folders that cannot be read */
	if (fd >= 0 && fsync(fd))
		good = errno == EINVAL || errno == ENOTSUP || errno == ENOSYS;
	free(dir);
	if (fd >= 0) {
		const int why = errno;

		(void)close(fd);
		errno = why;
	}
	return good;
}

/* A name that is not there yet, with the mode that the umask gives to new files. */
static int temporary_open(char **name, const char *path)
{
	unsigned int i;

	for (i = 0; i < TEMPORARY_TRIES; i++) {
		int fd;

		if (asprintf(name, "%s.%ld-%u.tmp", path, (long)getpid(), i) < 0) {
			*name = NULL;
			errno = ENOMEM;
			return -1;
		}
		fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0)
			return fd;
		free(*name);
		*name = NULL;
		if (errno != EEXIST)
			break;
	}
	return -1;
}

/* what is to be written */
struct content {
	const struct file_piece *pieces;
	size_t nr;
};

static bool content_write(int fd, const struct content *c)
{
	size_t i;

	for (i = 0; i < c->nr; i++)
		if (!file_write_all(fd, c->pieces[i].p, c->pieces[i].size))
			return false;
	return true;
}

static bool temporary_write(int fd, const struct content *c, const struct stat *st)
{
	/* without the right to give files away the group at least; the mode comes after both */
	if (st && fchown(fd, st->st_uid, st->st_gid))
		(void)!fchown(fd, (uid_t)-1, st->st_gid);
	if (st && fchmod(fd, st->st_mode & 07777))
		return false;
	return content_write(fd, c) && !fsync(fd);
}

/* Return: 0, @st is that of a regular file; 1, there is nothing; what cannot be written over. */
static int look(const char *path, struct stat *st, struct vms_err *err)
{
	if (lstat(path, st))
		return errno == ENOENT ? 1 : io_fail(err, path);
	if (S_ISLNK(st->st_mode) && stat(path, st))
		return vms_fail(err, VMS_EIO, "cannot write %s: it is a link that leads nowhere",
				path);
	if (S_ISREG(st->st_mode))
		return 0;
	return vms_fail(err, VMS_EIO, "cannot write %s: it is %s", path,
			S_ISDIR(st->st_mode) ? "a folder" : "a device, pipe or socket");
}

static int replace_regular(const char *path, const struct content *c, const struct stat *st,
			   bool keep, struct vms_err *err);

int file_previous(char **previous, const char *path, struct vms_err *err)
{
	char *real = realpath(path, NULL);
	int ret = 0;

	if (!real && errno != ENOENT && errno != ENOMEM) /* there, and its place is not known */
		return io_fail(err, path);
	if (!real && errno == ENOMEM)
		ret = -1;
	else if (real)
		ret = asprintf(previous, "%s~", real);
	free(real);
	return ret < 0 ? vms_fail(err, VMS_ENOMEM, "out of memory") : 0;
}

/* As FILE~. Without links it is copied: at no moment the name is missing. */
static int keep_previous(const char *path, const struct stat *st, struct vms_err *err)
{
	char *old = NULL, *text = NULL;
	struct stat there;
	size_t size = 0;
	int ret = file_previous(&old, path, err);

	if (!ret && old)
		ret = look(old, &there, err);
	if (old && ret >= 0) {
		(void)unlink(old);
		ret = link(path, old) ? file_read(&text, &size, path, SIZE_MAX / 2, err) : 0;
	}
	if (!ret && text)
		ret = replace_regular(
			old, &(const struct content){ &(const struct file_piece){ text, size }, 1 },
			st, false, err);
	free(text);
	free(old);
	return ret;
}

static int replace_regular(const char *path, const struct content *c, const struct stat *st,
			   bool keep, struct vms_err *err)
{
	char *tmp = NULL;
	const int fd = temporary_open(&tmp, path);
	int ret = 0;

	if (fd < 0)
		return io_fail(err, path);
	if (!temporary_write(fd, c, st))
		ret = io_fail(err, path);
	if (close(fd) && !ret)
		ret = io_fail(err, path);
	if (!ret && st && keep)
		ret = keep_previous(path, st, err);
	if (!ret && rename(tmp, path))
		ret = io_fail(err, path);
	if (ret)
		(void)unlink(tmp);
	/* the name must be on the disk too, or a power cut could bring back the old file */
	else if (!file_sync_folder(path))
		ret = io_fail(err, path);
	free(tmp);
	return ret;
}

static bool holds_decisions(const char *path)
{
	char head[sizeof(FILE_DECISIONS_MAGIC)] = "";
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const ssize_t nr = fd < 0 ? -1 : pread(fd, head, sizeof(head) - 1, 0);

	if (fd >= 0)
		(void)close(fd);
	return nr == sizeof(head) - 1 && !memcmp(head, FILE_DECISIONS_MAGIC, sizeof(head) - 1);
}

int file_spare(const char *path, bool force, struct vms_err *err)
{
	char *previous = NULL;
	struct stat st;
	int ret = look(path, &st, err);

	if (ret)
		return ret < 0 ? ret : 0;
	ret = file_previous(&previous, path, err);
	if (!ret && (holds_decisions(path) || (previous && holds_decisions(previous))))
		ret = vms_fail(err, VMS_EUSAGE, "%s holds decisions, which only :write replaces",
			       holds_decisions(path) ? path : previous);
	free(previous);
	if (ret)
		return ret;
	return force ? 0
		     : vms_fail(err, VMS_EUSAGE,
				"%s is there: nothing was written; with ! behind the command, "
				"or "
				"--force, it is replaced",
				path);
}

int file_replace(const char *path, const char *text, size_t size, bool keep, struct vms_err *err)
{
	return file_replace_pieces(path, &(const struct file_piece){ text, size }, 1, keep, err);
}

int file_replace_pieces(const char *path, const struct file_piece *pieces, size_t pieces_nr,
			bool keep, struct vms_err *err)
{
	const struct content content = { pieces, pieces_nr };
	char *real;
	struct stat st;
	int ret;

	ret = look(path, &st, err);
	if (ret)
		return ret < 0 ? ret : replace_regular(path, &content, NULL, false, err);
	real = realpath(path, NULL);
	if (!real)
		return io_fail(err, path);
	ret = replace_regular(real, &content, &st, keep, err);
	vms_log(VMS_LOG_DEBUG, "files", "%s: %s", real, ret ? "not replaced" : "replaced");
	free(real);
	return ret;
}

int file_make_folders(const char *path, struct vms_err *err)
{
	char *folder = vms_strdup(path), *at;
	int ret = 0;

	if (!folder)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (at = folder + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (!mkdir(folder, 0700)) /* what is wrong here shows at the last one */
			(void)file_sync_folder(folder);
		*at = '/';
	}
	if ((mkdir(folder, 0700) ? errno != EEXIST : !file_sync_folder(folder)))
		ret = vms_fail(err, VMS_EIO, "cannot make the folder %s: %s", path,
			       strerror(errno));
	free(folder);
	return ret;
}

char *file_user_dir(const char *env, const char *under_home)
{
	const char *base = getenv(env), *home = getenv("HOME");
	char *p = NULL;
	int n = -1;

	if (base && base[0] == '/') /* the XDG specification has relative ones ignored */
		n = asprintf(&p, "%s/vmsync-tui", base);
	else if (home && home[0] == '/')
		n = asprintf(&p, "%s/%s/vmsync-tui", home, under_home);
	return n < 0 ? NULL : p;
}
