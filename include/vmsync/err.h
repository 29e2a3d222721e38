/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Error codes and the text that travels with them; the only way libvmsync reports a failure. */
#ifndef VMSYNC_ERR_H
#define VMSYNC_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Fallible functions return 0 or a negative VMS_E* code; results go through
 * out-parameters, which are written on success only.
 */
enum vms_error {
	VMS_ENOMEM = 1, /* out of memory */
	VMS_EIO,	/* the operating system refused: open, read, write */
	VMS_EFORMAT,	/* the bytes are not what they claim to be */
	VMS_ENODATA,	/* what is needed is not in the recording */
	VMS_ERANGE,	/* a number leaves its range */
	VMS_EUSAGE,	/* the caller or the person asked for something impossible */
	VMS_ECANCEL,	/* interrupted on request */
	VMS_EUNSUP,	/* known, but not supported by this build */
	VMS_EBUG,	/* an internal check failed */
	VMS_EOUTPUT,	/* standard output broke: a full disk, a closed pipe */
};

/** struct vms_err - what failed, for a person: lower case, one line, no full stop */
struct vms_err {
	int code; /* enum vms_error, positive; 0 when nothing failed */
	char msg[256];
};

/**
 * vms_fail - record a failure and return its code
 * @err: where to write, may be NULL
 * @code: enum vms_error
 * @fmt: printf format of the message
 *
 * Return: -@code, so that a caller can write "return vms_fail(...)".
 */
int vms_fail(struct vms_err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * vms_fail_at - put what was being done in front of a lower layer's message
 * @err: error set by the lower layer, may be NULL
 * @ret: the negative code that the lower layer returned
 * @fmt: printf format, for example "reading %s"
 *
 * Return: @ret.
 */
int vms_fail_at(struct vms_err *err, int ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif

#endif
