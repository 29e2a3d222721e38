// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How a file is known again, and how the kernel tells that a byte of a mapped file cannot be read.
 */
#include "io/files/unchanged.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <unistd.h>

static struct sigaction guard_old;
static uintptr_t guard_page;
static atomic_int guard_lost;

/* A page of zeros in its place: who was reading goes on, and is told later. */
static void on_bus(int sig, siginfo_t *info, void *context)
{
	const int kept = errno;
	void *page = (void *)((uintptr_t)info->si_addr & ~(guard_page - 1));

	if (info->si_code == BUS_ADRERR &&
	    mmap(page, guard_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		 -1, 0) != MAP_FAILED) {
		atomic_store(&guard_lost, 1);
		errno = kept;
		return;
	}
	if (guard_old.sa_flags & SA_SIGINFO) {
		guard_old.sa_sigaction(sig, info, context);
	} else if (guard_old.sa_handler != SIG_DFL && guard_old.sa_handler != SIG_IGN) {
		guard_old.sa_handler(sig);
	} else {
		(void)signal(sig, SIG_DFL);
		(void)raise(sig);
	}
}

void file_guard(void)
{
	struct sigaction sa;

	if (guard_page)
		return;
	guard_page = (uintptr_t)sysconf(_SC_PAGESIZE);
	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = on_bus;
	sa.sa_flags = SA_SIGINFO;
	sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGBUS, &sa, &guard_old);
}

struct vms_file_id file_id(const struct stat *st)
{
	return (struct vms_file_id){ .dev = (uint64_t)st->st_dev,
				     .ino = (uint64_t)st->st_ino,
				     .size = (uint64_t)st->st_size,
				     .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 +
						 st->st_mtim.tv_nsec };
}

int file_unchanged(const char *path, const struct vms_file_id *was, struct vms_err *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct vms_file_id now;
	struct stat st;

	if (!was->ino)
		return 0;
	if (stat(path, &st))
		return vms_fail(err, VMS_EIO, "%s is not there any more: %s", name,
				strerror(errno));
	now = file_id(&st);
	if (now.dev != was->dev || now.ino != was->ino)
		return vms_fail(err, VMS_EIO, "%s is another file than the one loaded", name);
	if (now.size < was->size)
		return vms_fail(err, VMS_EIO,
				"%s was cut short since it was loaded: %llu of %llu bytes", name,
				(unsigned long long)now.size, (unsigned long long)was->size);
	if (now.size != was->size || now.mtime_ns != was->mtime_ns)
		return vms_fail(err, VMS_EIO, "%s was written to since it was loaded", name);
	return 0;
}

int trace_unchanged(const struct vms_trace *t, struct vms_err *err)
{
	int ret = file_unchanged(t->host->path, &t->host->file, err);
	unsigned int i;

	for (i = 0; i < t->guests_nr && !ret; i++)
		ret = file_unchanged(t->guests[i].stream->path, &t->guests[i].stream->file, err);
	if (!ret && atomic_load(&guard_lost))
		ret = vms_fail(err, VMS_EIO,
			       "parts of a file of the recording cannot be read any more");
	return ret;
}

static int watch(int fd, const struct vms_stream *stream)
{
	return inotify_add_watch(fd, stream->path,
				 IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF) < 0;
}

int trace_watch(const struct vms_trace *t)
{
	const int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	int failed = fd < 0 || watch(fd, t->host);
	unsigned int i;

	for (i = 0; i < t->guests_nr && !failed; i++)
		failed = watch(fd, t->guests[i].stream);
	if (!failed || fd < 0)
		return fd;
	(void)close(fd);
	return -1;
}

void trace_watch_drain(int fd)
{
	char events[4096];

	while (fd >= 0 && read(fd, events, sizeof(events)) > 0)
		continue;
}
