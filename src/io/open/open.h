/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of vms_trace_open(): what it knows of the files before their events are read. */
#ifndef IO_OPEN_H
#define IO_OPEN_H

#include <vmsync/io/open.h>
#include <vmsync/trace.h>

#include "io/open/siblings.h"

/** struct open_files - the files of a recording */
struct open_files {
	struct peek *all;
	size_t nr, cap;
	long host; /* index into all, -1 = to be told by the events */
};

/**
 * open_files_find - which of the given files is the host's, and which are missing and lie beside
 * @of: all = the given files, looked at; files found are added
 * @trace: takes lines for the log
 * Return: 0; -VMS_ENODATA with what to record; -VMS_EUSAGE; -VMS_ENOMEM.
 */
int open_files_find(struct open_files *of, struct vms_trace *trace, struct vms_err *err);
void open_files_clear(struct open_files *of);

/**
 * open_hosts_of - of many files, which is the host's of each
 * @host_of: an index into @paths for each; -1: none of them, or it is no guest's that can be read
 * Return: 0; -VMS_ENOMEM.
 */
int open_hosts_of(long *host_of, const char *const *paths, size_t nr);

/** open_ids_both - both files name each other */
bool open_ids_both(const struct peek *host, const struct peek *guest);

/** open_ids_match - the guest file names the host file, or the other way round */
bool open_ids_match(const struct peek *host, const struct peek *guest);

/** trace_log - add a line to the log; being out of memory loses the line only */
void trace_log(struct vms_trace *trace, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** open_name - a path's name alone */
const char *open_name(const char *path);

/* open_load.c */

/** open_has_events - whether there is an event of this name */
bool open_has_events(const struct vms_stream *s, const char *name);
/** open_check_host - whether it tells when guests ran. Return: 0; -VMS_ENODATA */
int open_check_host(const struct vms_trace *trace, const struct vms_stream *host, bool alone,
		    struct vms_err *err);
/** open_load_host - the host's stream, or the part of it that is wanted, which @trace then tells */
int open_load_host(struct vms_stream **out, struct vms_trace *trace, struct open_files *of,
		   const struct vms_source *reader, const struct vms_open_how *how,
		   const struct vms_progress *progress, struct vms_err *err);
/** open_load_guest - a guest's stream, or what belongs to the host's part */
int open_load_guest(struct vms_stream **out, struct vms_trace *trace,
		    const struct vms_source *reader, struct peek *peek,
		    const struct vms_progress *progress, struct vms_err *err);

#endif
