/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening recordings: the one interface over the direct reader, libtracecmd and libkshark. */
#ifndef VMSYNC_IO_SOURCE_H
#define VMSYNC_IO_SOURCE_H
#ifdef VMS_LAYER_CORE
#error "core includes nothing of io"
#endif

#include <vmsync/err.h>
#include <vmsync/progress.h>
#include <vmsync/trace.h>

/** struct vms_source - one row of the source table */
struct vms_source {
	const char *name; /* "direct", "libtracecmd", "libkshark" */
	const char *help;
	bool (*available)(void);
	/* Loads one file. *out is owned by the caller. */
	int (*load)(struct vms_stream **out, const char *path, const struct vms_progress *p,
		    struct vms_err *err);
};

/** vms_sources - the table, ended by a row with name NULL */
const struct vms_source *vms_sources(void);

/**
 * vms_trace_open - open a recording
 * @out: the recording, owned by the caller
 * @paths: files in any order; with one host file its guests are looked for beside it
 * @paths_nr: number of paths
 * @reader: name of a source, or NULL for automatic (direct, then libtracecmd)
 * @p: progress, may be NULL
 * @err: one line for the person: what is wrong and what to record or type instead
 *
 * A recording without a host, without guests, or whose host has no kvm_entry/kvm_exit is refused
 * with -VMS_ENODATA.
 * Return: 0; a negative VMS_E* code.
 */
int vms_trace_open(struct vms_trace **out, const char *const *paths, unsigned int paths_nr,
		   const char *reader, const struct vms_progress *p, struct vms_err *err);

#endif
