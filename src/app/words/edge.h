/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between which exit and which entry a host time is at which a vCPU does not run, in words. */
#ifndef APP_EDGE_H
#define APP_EDGE_H

#include <vmsync/session.h>

/** struct edge - the end of the guest's run before a time, or the begin of the one after it */
struct edge {
	bool by_other; /* no exit or entry: a host event that lies nearer to the guest */
	int64_t host_raw;
	unsigned int pcpu; /* its number */
	char name[64];	   /* "the last exit HLT", "the next entry", or of the event */
};

/** edge_of - @after: the next run; else the last. False: none is recorded */
bool edge_of(struct edge *edge, const struct vms_session *session, const struct vms_track *track,
	     int64_t host_raw, bool after);

#endif
