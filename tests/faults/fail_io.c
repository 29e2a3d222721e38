// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Calls of the system for LD_PRELOAD of which one fails, or all from then on: IO_CLASS=NAME,
 * IO_AT=N, IO_ON=1 for all after it, IO_ERRNO=NUMBER (0: half of what was asked for).
 * IO_COUNT=FILE: how many there were of each. IO_LOG=FILE: what reached the disk, in its order.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CLASSES                                                                                    \
	X(open)                                                                                    \
	X(read)                                                                                    \
	X(write)                                                                                   \
	X(close)                                                                                   \
	X(rename)                                                                                  \
	X(fsync)                                                                                   \
	X(ftruncate)                                                                               \
	X(mkdir)                                                                                   \
	X(link)                                                                                    \
	X(unlink)                                                                                  \
	X(stat)                                                                                    \
	X(flock)                                                                                   \
	X(chmod)                                                                                   \
	X(chown)                                                                                   \
	X(realpath)                                                                                \
	X(mmap)                                                                                    \
	X(fork)                                                                                    \
	X(socketpair)                                                                              \
	X(send)                                                                                    \
	X(recv)                                                                                    \
	X(inotify)

enum io_class {
#define X(name) IO_##name,
	CLASSES
#undef X
		IO_NR
};

static const char *const names[IO_NR] = {
#define X(name) #name,
	CLASSES
#undef X
};

static unsigned long counted[IO_NR], fail_at;
static int fail_class = -1, fail_errno, log_fd = -1;
static bool from_then_on;
static pid_t self;
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

#define REAL(type, name, ...)                                                                      \
	static type (*real)(__VA_ARGS__);                                                          \
	if (!real)                                                                                 \
	*(void **)&real = dlsym(RTLD_NEXT, name)

static int real_open(const char *path, int flags, mode_t mode)
{
	REAL(int, "open64", const char *, int, ...);
	return real(path, flags, mode);
}

__attribute__((constructor)) static void begin(void)
{
	const char *name = getenv("IO_CLASS"), *at = getenv("IO_AT"), *no = getenv("IO_ERRNO"),
		   *log = getenv("IO_LOG");
	int i;

	self = getpid();
	for (i = 0; name && i < IO_NR; i++)
		if (!strcmp(names[i], name))
			fail_class = i;
	fail_at = at ? strtoul(at, NULL, 10) : 0;
	fail_errno = no ? (int)strtol(no, NULL, 10) : 0;
	from_then_on = getenv("IO_ON") != NULL;
	if (log)
		log_fd = real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("IO_COUNT");
	const int fd = path && getpid() == self
			       ? real_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
			       : -1;
	int i;

	for (i = 0; fd >= 0 && i < IO_NR; i++)
		(void)dprintf(fd, "%s %lu\n", names[i], counted[i]);
}

/* Return: this call fails, with errno set; with IO_ERRNO=0 errno is 0 */
static bool fails(enum io_class class)
{
	unsigned long n;

	if (getpid() != self)
		return false;
	n = __atomic_add_fetch(&counted[class], 1, __ATOMIC_RELAXED);
	if ((int)class != fail_class || !fail_at || n < fail_at || (n > fail_at && !from_then_on))
		return false;
	errno = fail_errno;
	return true;
}

/* A line of the log: when, what, and what of. Bytes as hexadecimal digits. */
static void note(const void *bytes, size_t nr, const char *fmt, ...)
{
	const int kept = errno;
	struct timespec now;
	char *line = NULL;
	size_t size = 0, i;
	va_list ap;
	FILE *f;

	if (log_fd < 0 || getpid() != self)
		return;
	f = open_memstream(&line, &size);
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)fprintf(f, "%lld ", (long long)now.tv_sec * 1000000000 + now.tv_nsec);
	va_start(ap, fmt);
	(void)vfprintf(f, fmt, ap);
	va_end(ap);
	for (i = 0; i < nr; i++)
		(void)fprintf(f, "%02x", ((const unsigned char *)bytes)[i]);
	(void)fputc('\n', f);
	(void)fclose(f);
	for (i = 0; i < size;) {
		const long n = syscall(SYS_write, log_fd, line + i, size - i);

		if (n <= 0)
			break;
		i += (size_t)n;
	}
	free(line);
	errno = kept;
}

static unsigned long inode(int fd)
{
	struct stat st;

	return fstatat(fd, "", &st, AT_EMPTY_PATH) ? 0 : (unsigned long)st.st_ino;
}

/* The terminal is the harness; and what wakes the program, eventfd and inotify, is no medium. */
static bool cannot_fail(int fd)
{
	struct stat st;

	return isatty(fd) || fstatat(fd, "", &st, AT_EMPTY_PATH) || !(st.st_mode & S_IFMT);
}

static bool on_disk(int fd)
{
	struct stat st;

	return log_fd >= 0 && !fstatat(fd, "", &st, AT_EMPTY_PATH) && S_ISREG(st.st_mode);
}

int open64(const char *path, int flags, ...)
{
	bool there;
	mode_t mode = 0;
	va_list ap;
	int fd;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if (fails(IO_open))
		return -1;
	there = !(flags & O_CREAT) || !faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW);
	fd = real_open(path, flags, mode);
	if (fd >= 0 && !there)
		note(NULL, 0, "create %lu %s", inode(fd), path);
	return fd;
}

FILE *fopen64(const char *path, const char *mode)
{
	REAL(FILE *, "fopen64", const char *, const char *);
	return fails(IO_open) ? NULL : real(path, mode);
}

ssize_t read(int fd, void *to, size_t nr)
{
	REAL(ssize_t, "read", int, void *, size_t);
	if (cannot_fail(fd) || !fails(IO_read))
		return real(fd, to, nr);
	/* of eight bytes of an event there are no four */
	return errno ? -1 : real(fd, to, nr > 8 ? nr / 2 : nr);
}

ssize_t pread64(int fd, void *to, size_t nr, off64_t at)
{
	REAL(ssize_t, "pread64", int, void *, size_t, off64_t);
	if (!fails(IO_read))
		return real(fd, to, nr, at);
	return errno ? -1 : real(fd, to, nr / 2, at);
}

ssize_t write(int fd, const void *from, size_t nr)
{
	const bool fail = !cannot_fail(fd) && fails(IO_write);
	ssize_t n;
	REAL(ssize_t, "write", int, const void *, size_t);
	if (fail && errno)
		return -1;
	(void)pthread_mutex_lock(&one);
	n = real(fd, from, fail ? nr / 2 : nr);
	if (n > 0 && on_disk(fd))
		note(from, (size_t)n, "write %lu %lld ", inode(fd),
		     (long long)lseek(fd, 0, SEEK_CUR) - n);
	(void)pthread_mutex_unlock(&one);
	return n;
}

/* As on Linux: what was closed is closed, whatever it says. */
int close(int fd)
{
	const bool fail = fails(IO_close);
	const int why = errno;
	int ret;
	REAL(int, "close", int);
	ret = real(fd);
	if (fail) {
		errno = why;
		ret = -1;
	}
	return ret;
}

int rename(const char *from, const char *to)
{
	int ret;
	REAL(int, "rename", const char *, const char *);
	if (fails(IO_rename))
		return -1;
	ret = real(from, to);
	if (!ret)
		note(NULL, 0, "rename %s\t%s", from, to);
	return ret;
}

static int synced(int fd, int (*real)(int))
{
	int ret;

	if (fails(IO_fsync))
		return -1;
	ret = real(fd);
	if (!ret)
		note(NULL, 0, "sync %lu", inode(fd));
	return ret;
}

int fsync(int fd)
{
	REAL(int, "fsync", int);
	return synced(fd, real);
}

int fdatasync(int fd)
{
	REAL(int, "fdatasync", int);
	return synced(fd, real);
}

int ftruncate64(int fd, off64_t size)
{
	int ret;
	REAL(int, "ftruncate64", int, off64_t);
	if (fails(IO_ftruncate))
		return -1;
	ret = real(fd, size);
	if (!ret)
		note(NULL, 0, "cut %lu %lld", inode(fd), (long long)size);
	return ret;
}

int mkdir(const char *path, mode_t mode)
{
	int ret;
	REAL(int, "mkdir", const char *, mode_t);
	if (fails(IO_mkdir))
		return -1;
	ret = real(path, mode);
	if (!ret)
		note(NULL, 0, "mkdir %s", path);
	return ret;
}

int link(const char *from, const char *to)
{
	int ret;
	REAL(int, "link", const char *, const char *);
	if (fails(IO_link))
		return -1;
	ret = real(from, to);
	if (!ret)
		note(NULL, 0, "link %s\t%s", from, to);
	return ret;
}

int unlink(const char *path)
{
	int ret;
	REAL(int, "unlink", const char *);
	if (fails(IO_unlink))
		return -1;
	ret = real(path);
	if (!ret)
		note(NULL, 0, "unlink %s", path);
	return ret;
}

#define SIMPLE(type, bad, name, class, params, args)                                               \
	type name params                                                                           \
	{                                                                                          \
		static type(*real) params;                                                         \
		if (!real)                                                                         \
			*(void **)&real = dlsym(RTLD_NEXT, #name);                                 \
		return fails(IO_##class) ? (bad) : real args;                                      \
	}

SIMPLE(int, -1, fstat64, stat, (int fd, struct stat64 *st), (fd, st))
SIMPLE(int, -1, stat64, stat, (const char *path, struct stat64 *st), (path, st))
SIMPLE(int, -1, lstat64, stat, (const char *path, struct stat64 *st), (path, st))
SIMPLE(int, -1, flock, flock, (int fd, int how), (fd, how))
SIMPLE(int, -1, fchmod, chmod, (int fd, mode_t mode), (fd, mode))
SIMPLE(int, -1, fchown, chown, (int fd, uid_t user, gid_t group), (fd, user, group))
SIMPLE(char *, NULL, realpath, realpath, (const char *path, char *out), (path, out))
SIMPLE(pid_t, -1, fork, fork, (void), ())
SIMPLE(int, -1, socketpair, socketpair, (int domain, int type, int protocol, int fd[2]),
       (domain, type, protocol, fd))
SIMPLE(ssize_t, -1, send, send, (int fd, const void *from, size_t nr, int flags),
       (fd, from, nr, flags))
SIMPLE(ssize_t, -1, recv, recv, (int fd, void *to, size_t nr, int flags), (fd, to, nr, flags))
SIMPLE(void *, MAP_FAILED, mmap64, mmap,
       (void *at, size_t nr, int prot, int flags, int fd, off64_t from),
       (at, nr, prot, flags, fd, from))
SIMPLE(int, -1, inotify_init1, inotify, (int flags), (flags))
SIMPLE(int, -1, inotify_add_watch, inotify, (int fd, const char *path, uint32_t mask),
       (fd, path, mask))
