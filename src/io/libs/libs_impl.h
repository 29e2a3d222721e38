/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stream of a library while it is built. */
#ifndef IO_LIBS_IMPL_H
#define IO_LIBS_IMPL_H

#include "io/libs/tepstream.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic" /* an enumerator of the header is beyond int */
#include <event-parse.h>
#include <trace-seq.h>
#pragma GCC diagnostic pop

#include "io/direct/direct.h"

#define EVENTS_MAX ((size_t)UINT32_MAX - 1)

/* A field whose bytes lie elsewhere in the payload, where the event itself says. */
struct dynamic {
	uint16_t offset;
	bool relative; /* counted from the end of the field */
};

struct type_check {
	struct dynamic *dyn;
	unsigned int dyn_nr;
};

/* The events of one CPU in one buffer. */
struct run {
	int64_t *time;
	uint16_t *type;
	const uint8_t **payload;
	struct vms_lost *lost;
	size_t time_cap, type_cap, payload_cap, nr, lost_nr, lost_cap;
};

struct tep_stream {
	struct vms_stream s;
	struct tep_handle *tep;
	struct arena arena;
	struct direct_file head; /* borrowed from by s */
	bool has_head;
	uint16_t by_id[65536];
	struct type_check *checks; /* parallel to s.types */
	size_t types_cap, checks_cap, buffers_cap;
	uint32_t cpus_nr;  /* CPU numbers 0 to cpus_nr - 1 */
	struct run **rows; /* one array of cpus_nr runs for each buffer */
	size_t rows_cap;
	struct trace_seq seq;
	bool seq_ready;
	void (*close)(void *handle);
	void *handle;
};

/** tep_head_read - what the file says beside its events: clock, version, guests, id */
void tep_head_read(struct tep_stream *tep_stream, const char *path);
/** tep_cpus_finish - the CPUs of the stream, buffers merged by time. -VMS_ENOMEM, -VMS_ERANGE */
int tep_cpus_finish(struct tep_stream *tep_stream);

#endif
