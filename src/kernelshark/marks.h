/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What KernelShark draws of a recording: the accepted anchors, and where what is recorded is proven
 * wrong, in the times that trace-cmd shows.
 */
#ifndef KERNELSHARK_MARKS_H
#define KERNELSHARK_MARKS_H

#include <stdint.h>

#include <vmsync/err.h>

/** struct mark_anchor - an accepted pair of events */
struct mark_anchor {
	unsigned int guest; /* into marks.guests */
	uint32_t vcpu, host_cpu;
	int32_t host_tid;
	int64_t guest_time, host_time;
};

/** struct mark_wrong - a span of guest times, ends included, that are shown where they cannot be */
struct mark_wrong {
	unsigned int guest;
	uint32_t vcpu;
	int64_t from, to;
};

/** struct marks - of one recording; paths are as they were opened */
struct marks {
	char *host, **guests;
	unsigned int guests_nr;
	struct mark_anchor *anchors; /* of a vCPU in the order of guest events */
	uint32_t anchors_nr;
	struct mark_wrong *wrong;
	uint32_t wrong_nr, wrong_room;
};

/**
 * marks_load - open a recording and the anchors file beside its host's
 * @paths: of host and guests, in any order
 * Return: 0, also without an anchors file; a negative VMS_E* code.
 */
int marks_load(struct marks **out, const char *const *paths, unsigned int nr, struct vms_err *err);
void marks_free(struct marks *marks);

/** marks_anchors_path - where decisions of a host's recording are saved; owned by the caller */
char *marks_anchors_path(const char *host);

#endif
