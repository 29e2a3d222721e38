// SPDX-License-Identifier: LGPL-2.1-or-later
/* The table of targets, what they share, and how libFuzzer begins. */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <vmsync/io/open.h>

const char *fuzz_recording = FUZZ_RECORDING;
unsigned int fuzz_taken;
bool fuzz_slow;

#define TARGET(of)                                                                                 \
	{                                                                                          \
		.name = #of, .run = fuzz_##of                                                      \
	}

const struct fuzz_target fuzz_targets[] = {
	TARGET(container), TARGET(options),
	TARGET(pages),	   TARGET(formats),
	TARGET(pair),	   TARGET(anchors),
	TARGET(journal),   TARGET(sequences),
	TARGET(filter),	   TARGET(history),
	TARGET(config),	   TARGET(command),
	TARGET(script),	   { .name = "screens", .run = fuzz_screens, .plays = true },
	{ NULL },
};

const struct fuzz_target *fuzz_target_find(const char *name)
{
	const struct fuzz_target *t;

	for (t = fuzz_targets; t->name; t++)
		if (!strcmp(t->name, name))
			return t;
	fprintf(stderr, "targets:");
	for (t = fuzz_targets; t->name; t++)
		fprintf(stderr, " %s", t->name);
	fprintf(stderr, "\n");
	exit(2);
}

_Noreturn void fuzz_fault(const char *why)
{
	fprintf(stderr, "fault: %s\n", why);
	abort();
}

static char folder[PATH_MAX];

static void end(void)
{
	fuzz_sweep();
	(void)rmdir(folder);
}

void fuzz_begin(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(folder, sizeof(folder), "%s/vmsync-fuzz-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(folder) || chdir(folder))
		fuzz_fault("no folder");
	/* what the program keeps for its user goes there too */
	(void)setenv("XDG_STATE_HOME", folder, 1);
	(void)setenv("XDG_CONFIG_HOME", folder, 1);
	(void)atexit(end);
}

int fuzz_file(const uint8_t *data, size_t size, char *path)
{
	const int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		fuzz_fault("no file in memory");
	(void)snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

void fuzz_write(const char *name, const uint8_t *data, size_t size)
{
	const int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		fuzz_fault("a file cannot be written");
	(void)close(fd);
}

void fuzz_sweep(void)
{
	DIR *d = opendir(folder);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		(void)closedir(d);
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = memchr(data, '/', size) ? NULL : malloc(size + 1);

	if (!text)
		return NULL;
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

struct vms_session *fuzz_session(const struct vms_session_opts *opts)
{
	static const char *path;
	static struct vms_trace *trace;
	struct vms_session *session = NULL;
	struct vms_err err = { 0 };

	if (path != fuzz_recording) {
		vms_trace_free(trace);
		trace = NULL;
		path = fuzz_recording;
		if (vms_trace_open(&trace, &path, 1, NULL, NULL, &err))
			fuzz_fault(err.msg);
	}
	if (vms_session_new(&session, trace, opts, &err))
		fuzz_fault(err.msg);
	return session;
}

#ifdef FUZZ_LIBFUZZER /* else alone.c */

static const struct fuzz_target *target;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer leaves options alone that begin with two dashes: --target=NAME --recording=FILE */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = "";
	int i;

	for (i = 1; i < *argc; i++) {
		if (!strncmp((*argv)[i], "--target=", 9))
			name = (*argv)[i] + 9;
		if (!strncmp((*argv)[i], "--recording=", 12))
			fuzz_recording = realpath((*argv)[i] + 12, NULL);
	}
	target = fuzz_target_find(name);
	fuzz_begin();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	target->run(data, size);
	return 0;
}

#endif
