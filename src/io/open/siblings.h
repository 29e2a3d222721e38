/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trace files by their headers alone: who they are, and who lies beside them. */
#ifndef IO_SIBLINGS_H
#define IO_SIBLINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <vmsync/err.h>

#include "io/direct/direct.h"

/** struct peek - what the header and options of a file say */
struct peek {
	char *path;
	int ret; /* 0; what the direct reader said of the file otherwise */
	struct vms_err err;
	uint64_t trace_id, peer_id; /* 0 = none */
	bool has_shift;		    /* it was recorded as a guest */
	/* guests that a host file names; of file, or of the stream that took it */
	const struct vms_guest_decl *decls;
	size_t decls_nr;
	struct direct_file file; /* open, until a stream takes it */
	dev_t dev;
	ino_t ino;
	int rank; /* how well it fits, of those found beside others; less is better */
};

/** peek_file - look at a file. Return: 0, also for a bad file (see @peek->ret); -VMS_ENOMEM */
int peek_file(struct peek *peek, const char *path);
/** peek_look - the same of one of many, with less of what only its events need */
int peek_look(struct peek *peek, const char *path);
void peek_clear(struct peek *p);

/** struct peek_folder - those that fit of the files *.dat beside a file */
struct peek_folder {
	struct peek *all; /* ascending by name */
	size_t nr, cap;
	size_t unseen_nr;      /* there were so many files that these were not looked at */
	size_t unread_nr;      /* further ones cannot be read */
	struct vms_err unread; /* why the first of them is not */
};

/**
 * peek_folder - look at the files *.dat that lie beside a file, itself left out
 * @fits: says whether to keep one, and sets its rank
 * Those whose name continues that of @beside come first; then it ends when all together took more
 * memory than a folder of recordings needs. Files that cannot be read are kept where @fits says so
 * by their name or trace id; of the others, those that the system does not let be read are counted.
 * Return: 0; -VMS_ENOMEM.
 */
int peek_folder(struct peek_folder *folder, const struct peek *beside,
		bool (*fits)(const void *arg, struct peek *p), const void *arg);
void peek_folder_clear(struct peek_folder *f);

/** peek_same - both are the same file */
bool peek_same(const struct peek *a, const struct peek *b);

/** trace_base - the name without folder, and its length without ".dat" */
const char *trace_base(const char *path, size_t *len);

/**
 * trace_suffix - "vm1" of "/x/trace-vm1.dat" for host "/x/trace.dat", or NULL; its length in @len
 */
const char *trace_suffix(const char *host_path, const char *path, size_t *len);

#endif
