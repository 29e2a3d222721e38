/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ways out: files that other programs open. */
#ifndef APP_EXPORT_H
#define APP_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <vmsync/host_only.h>
#include <vmsync/session.h>

/** struct export_of - what is exported */
struct export_of {
	struct vms_session *session; /* NULL: of a host alone */
	const struct vms_trace *trace;
	const struct vms_stretches *stretches;
	int64_t from_raw, to_raw; /* this part of the host's time, ends included */
	enum vms_by by;		  /* the model that puts guests on the host's time line */
	uint32_t pair;		  /* id of the selected pair, VMS_ID_NONE */
	/* set by export_write() */
	const char *path;
	bool force;
	/* may be NULL: told of each file once it is written */
	void (*wrote)(const char *path, uint64_t bytes);
};

/** export_all - all of a session under the model in use */
struct export_of export_all(struct vms_session *session);
/** export_host - all that there is of a host alone */
struct export_of export_host(const struct vms_trace *trace, const struct vms_host_only *host);

/**
 * export_known - whether there is such a way out: "perfetto", "tsv"
 * Return: 0; -VMS_EUSAGE, and which there are
 */
int export_known(const char *name, size_t len, struct vms_err *err);

/**
 * export_write - write it
 * @path: a file, or the folder of several
 * @force: files that are there are replaced, and kept as FILE~; those of the recording never
 * Return: 0; -VMS_EUSAGE when @path is to be spared, or there is no such way out; -VMS_ENODATA;
 * -VMS_EIO; -VMS_ENOMEM. Where it is not 0, a single file was not touched.
 */
int export_write(const char *name, const char *path, const struct export_of *of, bool force,
		 struct vms_err *err);

#endif
