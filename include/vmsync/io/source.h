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

/** struct vms_source - one row of the source table */
struct vms_source {
	const char *name; /* "direct", "libtracecmd", "libkshark" */
	const char *help;
	bool (*available)(void); /* NULL = always */
	/* Loads one file. *out is owned by the caller. */
	int (*load)(struct vms_stream **out, const char *path, const struct vms_progress *p,
		    struct vms_err *err);
};

#endif
