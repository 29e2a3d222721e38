/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which defects of trace-cmd a guest's recorded synchronisation shows; doc/METHOD.md 3.4. */
#ifndef VMSYNC_DEFECTS_H
#define VMSYNC_DEFECTS_H

#include <vmsync/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VMS_DEFECTS_MAX 16

/** struct vms_defect - one that is there: its name in METHOD.md, and what comes of it */
struct vms_defect {
	char id[4];  /* "T2" */
	bool slight; /* no time is wrong by more than one unit */
	char text[200];
};

/**
 * vms_defects_find - the defects of trace-cmd (T1 to T16) that change times of this guest
 * Each once and in order. Named are those alone that an event of the guest shows, never one that
 * could be; T7, T9, T10 and T11 leave nothing in a file that would prove them.
 * Return: their number.
 */
unsigned int vms_defects_find(struct vms_defect out[VMS_DEFECTS_MAX],
			      const struct vms_stream *guest, const struct vms_stream *host);

#ifdef __cplusplus
}
#endif

#endif
