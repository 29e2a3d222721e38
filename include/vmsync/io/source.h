/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one interface over the direct reader, libtracecmd and libkshark. */
#ifndef VMSYNC_IO_SOURCE_H
#define VMSYNC_IO_SOURCE_H
#ifdef VMS_LAYER_CORE
#error "core includes nothing of io"
#endif

#include <vmsync/err.h>
#include <vmsync/progress.h>
#include <vmsync/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vms_range_fn - says which part of a recording is wanted [raw units of the host], ends included
 * @clock: the host's, as far as its file tells its rate
 * @first_raw, @last_raw: when the first and the last page of its ring buffers begin
 * Return: 0; a negative VMS_E* code, which ends the opening.
 */
typedef int (*vms_range_fn)(void *user, const struct vms_clock *clock, int64_t first_raw,
			    int64_t last_raw, int64_t *from_raw, int64_t *to_raw,
			    struct vms_err *err);

/** struct vms_source - one row of the source table */
struct vms_source {
	const char *name; /* "direct", "libtracecmd", "libkshark" */
	const char *help;
	/*
	 * Loads one file. *out is owned by the caller. -VMS_EUNSUP also where this build or this
	 * machine has not what it takes
	 */
	int (*load)(struct vms_stream **out, const char *path, const struct vms_progress *p,
		    struct vms_err *err);
};

#ifdef __cplusplus
}
#endif

#endif
