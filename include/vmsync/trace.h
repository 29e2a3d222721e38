/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A recording: one host stream and the guest streams that belong to it. */
#ifndef VMSYNC_TRACE_H
#define VMSYNC_TRACE_H

#include <vmsync/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct vms_guest - a guest of the recording */
struct vms_guest {
	struct vms_stream *stream;
	const struct vms_guest_decl *decl; /* host's option GUEST for it, NULL = none */
	bool ids_match;			   /* both files name each other */
	char *name;			   /* owned; what stream->name points to */
};

/** struct vms_trace - what was opened; owns the streams */
struct vms_trace {
	struct vms_stream *host;
	struct vms_guest *guests;
	unsigned int guests_nr;
	bool is_part; /* only this part of the host's time was read, and the guests' around it */
	int64_t part_from_raw, part_to_raw; /* ends included */
	char **log;			    /* load notes and warnings, one line each */
	unsigned int log_nr;
	char **unread; /* why files beside the host that look like its guests' cannot be read */
	unsigned int unread_nr;
};

/** vms_trace_no_guest - why a recording has none: its file cannot be read, or is not there */
static inline const char *vms_trace_no_guest(const struct vms_trace *trace)
{
	return trace->unread_nr ? trace->unread[0] : "no guest's trace beside it";
}

/** vms_trace_events_nr - of the host and all guests */
static inline uint64_t vms_trace_events_nr(const struct vms_trace *trace)
{
	uint64_t nr = trace->host->events_nr;
	unsigned int i;

	for (i = 0; i < trace->guests_nr; i++)
		nr += trace->guests[i].stream->events_nr;
	return nr;
}

/** vms_trace_free - frees the recording and its streams; NULL is fine */
void vms_trace_free(struct vms_trace *trace);

#ifdef __cplusplus
}
#endif

#endif
