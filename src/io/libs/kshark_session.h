/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A session file of KernelShark 2, made by libkshark itself, as only it knows where rows lie. */
#ifndef IO_KSHARK_SESSION_H
#define IO_KSHARK_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include <vmsync/err.h>

/** struct kshark_mark - an event, by its place among those of its CPU and buffer */
struct kshark_mark {
	int file; /* index into files; -1: the marker is not set */
	uint32_t cpu, nth;
};

/** struct kshark_combo - a vCPU over the thread that runs it */
struct kshark_combo {
	unsigned int file;
	uint32_t cpu;
	int32_t tid; /* of the host, which is the first file */
};

/** struct kshark_session - what KernelShark shall show */
struct kshark_session {
	const char *const *files; /* the host first */
	unsigned int files_nr;
	int64_t from, to;	     /* times as trace-cmd shows them */
	const uint32_t *const *cpus; /* of each file the CPUs that are drawn */
	const unsigned int *cpus_nr;
	const struct kshark_combo *combos;
	unsigned int combos_nr;
	struct kshark_mark mark[2]; /* A and B */
	uint64_t bytes;		    /* of all files: how much memory it may take */
};

/**
 * kshark_session_text - the session as text, owned by the caller
 * In a child process: libtraceevent dies on damaged formats.
 * Return: 0; -VMS_EUNSUP without libkshark; -VMS_EFORMAT when it cannot open the files; -VMS_EIO;
 * -VMS_ENOMEM.
 */
int kshark_session_text(char **text, size_t *size, const struct kshark_session *session,
			struct vms_err *err);

#endif
