/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening recordings, with whichever reader takes them. */
#ifndef VMSYNC_IO_OPEN_H
#define VMSYNC_IO_OPEN_H
#ifdef VMS_LAYER_CORE
#error "core includes nothing of io"
#endif

#include <vmsync/io/source.h>
#include <vmsync/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/** vms_sources - every reader there is, ended by NULL */
const struct vms_source *const *vms_sources(void);
/** vms_source_find - a reader by name, the first without one; NULL when there is none */
const struct vms_source *vms_source_find(const char *name);

/** struct vms_open_how - how a recording is opened */
struct vms_open_how {
	const char *reader; /* name of a source; NULL = the first that takes it */
	/*
	 * asked once for the part that is wanted, of the direct reader only; NULL = all. Guests
	 * come with what the recorded synchronisation puts there, and as much again before and
	 * behind; whole where it has none.
	 */
	vms_range_fn range;
	void *range_user;
};

/**
 * vms_trace_open - open a recording
 * @out: the recording, owned by the caller
 * @paths: files in any order; with one host file its guests are looked for beside it
 * @paths_nr: number of paths
 * @how: NULL = all of it, by whichever reader takes it (direct, then the libraries)
 * @progress: may be NULL
 * @err: one line for the person: what is wrong and what to record or type instead
 *
 * A recording without a host, or whose host has no kvm_entry/kvm_exit, is refused with
 * -VMS_ENODATA. A host whose guests' files are missing is opened with no guests; see
 * vms_host_only_new().
 * Return: 0; a negative VMS_E* code.
 */
int vms_trace_open(struct vms_trace **out, const char *const *paths, unsigned int paths_nr,
		   const struct vms_open_how *how, const struct vms_progress *progress,
		   struct vms_err *err);

#ifdef __cplusplus
}
#endif

#endif
