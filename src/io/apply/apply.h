/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of apply: from a clock model to samples, and from samples to an edited trace.dat. */
#ifndef IO_APPLY_H
#define IO_APPLY_H

#include <vmsync/io/apply.h>

/**
 * apply_shift_new - samples that make libtracecmd's arithmetic follow a model at every event
 * @out: owned by the caller, apply_shift_free()
 * @copy: its model; counts are added
 * Return: 0; -VMS_ERANGE; -VMS_ENOMEM.
 */
int apply_shift_new(struct vms_time_shift **out, const struct vms_stream *guest,
		    struct vms_copy *copy, struct vms_err *err);
void apply_shift_free(struct vms_time_shift *s);

/** struct apply_edit - what the options of the copy say instead of the original's */
struct apply_edit {
	const struct vms_time_shift *shift; /* NULL: what it has */
	/* further guests, each of which has threads for its vCPUs */
	const struct vms_guest_decl *guests;
	unsigned int guests_nr;
	uint32_t mult, shift_bits; /* TSC2NSEC, mult 0 = none */
	int64_t ts_offset;
};

/**
 * apply_file - write an edited copy of a trace.dat. Return: 0; -VMS_EFORMAT; -VMS_EUNSUP; -VMS_EIO;
 * -VMS_ENOMEM
 */
int apply_file(const char *path, const struct vms_stream *original, const struct apply_edit *edit,
	       struct vms_err *err);

#endif
