/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Corrected traces: a copy of a guest's file whose time correction is a clock model of ours. */
#ifndef VMSYNC_IO_APPLY_H
#define VMSYNC_IO_APPLY_H
#ifdef VMS_LAYER_CORE
#error "core includes nothing of io"
#endif

#include <vmsync/copy.h>
#include <vmsync/err.h>
#include <vmsync/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vms_recording_spare - refuse to write over a file of the recording, whatever name or link leads
 * to it.
 * Return: 0 when path may be written; -VMS_EUSAGE
 */
int vms_recording_spare(const struct vms_trace *t, const char *path, struct vms_err *err);

/**
 * vms_apply_write - write a copy of a guest's file that trace-cmd and KernelShark show corrected
 * by a model
 * @path: file to write; replaced in one step, never one of the recording's own files
 * @trace: the recording
 * @guest: index into its guests
 * @copy: the model, that guest's, and whether it is one for all vCPUs, which the samples then are,
 *   too; what trace-cmd makes of it is counted, and @path kept
 *
 * The copy has one option TIME_SHIFT, whose samples make libtracecmd's arithmetic come out within
 * one unit of the model at every event, and the host's conversion to nanoseconds where the
 * guest's differs. Only two events of one CPU with the same time on both sides of a step cannot
 * both be met: unequal_nr counts them.
 * Return: 0; -VMS_EUSAGE for a file of the recording; -VMS_EUNSUP when the guest was not read
 * from a trace.dat with raw times; -VMS_EFORMAT; -VMS_ERANGE; -VMS_EIO; -VMS_ENOMEM.
 */
int vms_apply_write(const char *path, const struct vms_trace *trace, unsigned int guest,
		    struct vms_copy *copy, struct vms_err *err);

/**
 * vms_apply_host_write - write a copy of the host's file that names further guests and the threads
 * of their vCPUs, as it would have when they were recorded together: KernelShark then draws each
 * guest over its host
 * Return: as vms_apply_write().
 */
int vms_apply_host_write(const char *path, const struct vms_trace *trace,
			 const struct vms_guest_decl *guests, unsigned int guests_nr,
			 struct vms_err *err);

#ifdef __cplusplus
}
#endif

#endif
