/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading a file through a library that may die on it: tried in a child process first, with its
 * progress told.
 */
#ifndef IO_TEPLOAD_H
#define IO_TEPLOAD_H

#include <stdint.h>
#include <vmsync/err.h>
#include <vmsync/io/source.h>
#include <vmsync/stream.h>

/** struct tep_load - one file to be loaded */
struct tep_load {
	const char *path;
	uint64_t size;		      /* of the file [bytes] */
	const struct vms_progress *p; /* may be NULL */
};

/** struct tep_reader - a library that loads files */
struct tep_reader {
	const char *name; /* for errors */
	int (*load)(struct vms_stream **out, const struct tep_load *l, struct vms_err *err);
	/* far below what it reaches on a slow machine: slower means that it hangs */
	unsigned int bytes_a_ms;
};

/**
 * tep_load - load a file, after a child process has loaded it unharmed
 * Return: 0 and a stream of the caller's; -VMS_EFORMAT when the library dies, hangs or refuses;
 * -VMS_EIO;
 * -VMS_ECANCEL.
 */
int tep_load(struct vms_stream **out, const struct tep_reader *tep_reader, const char *path,
	     const struct vms_progress *progress, struct vms_err *err);

/** struct tep_pace - says how far loading is, not too often */
struct tep_pace {
	const struct vms_progress *p;
	uint64_t total; /* [bytes] */
	uint32_t calls;
	int64_t told_ms;
};

/** tep_pace_tick - once an event. Return: 0; -VMS_ECANCEL */
int tep_pace_tick(struct tep_pace *tep_pace, uint32_t part, uint32_t parts, uint64_t events,
		  struct vms_err *err);

#endif
