/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of vms_trace_open(): what it knows of the files before their events are read. */
#ifndef IO_OPEN_H
#define IO_OPEN_H

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

/** open_ids_both - both files name each other */
bool open_ids_both(const struct peek *host, const struct peek *guest);

/** open_ids_match - the guest file names the host file, or the other way round */
bool open_ids_match(const struct peek *host, const struct peek *guest);

/** trace_log - add a line to the log; being out of memory loses the line only */
void trace_log(struct vms_trace *trace, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
