/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Building a stream out of what libtraceevent's handle and a library's records say. */
#ifndef IO_TEPSTREAM_H
#define IO_TEPSTREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <vmsync/err.h>
#include <vmsync/io/source.h>
#include <vmsync/stream.h>

struct tep_handle;
struct tracecmd_input;
struct tep_stream;

/** struct tep_event_in - one event as a library hands it out */
struct tep_event_in {
	uint32_t cpu; /* CPU number */
	int id;	      /* common_type */
	int64_t time;
	const void *data; /* copied */
	uint32_t size;	  /* [bytes] */
	uint64_t lost_nr; /* events lost before it; 0 with lost set = some */
	bool lost;
};

/**
 * tep_stream_new - start a stream
 * @tep: event formats; borrowed until the stream is freed; NULL = none (tep_stream_type() adds
 *   types then)
 * @path: file; its head is read for version and compression where it is a trace.dat
 */
int tep_stream_new(struct tep_stream **out, struct tep_handle *tep, const char *path,
		   struct vms_err *err);

/** tep_cannot_open - the library refused a file: with what the head says of its compression */
int tep_cannot_open(const char *path, struct vms_err *err);

/**
 * tep_stream_raw - have libtracecmd hand out times as stored, where the file's head is understood
 * Before instances of @in are opened; else times are corrected, and the stream says so.
 */
void tep_stream_raw(struct tep_stream *tep_stream, struct tracecmd_input *in);

/**
 * tep_stream_type - add a type that holds just common_type and common_pid; for streams without
 * formats
 */
int tep_stream_type(struct tep_stream *tep_stream, int id, const char *system, const char *name,
		    struct vms_err *err);
/** tep_stream_has_type - the id is known */
bool tep_stream_has_type(const struct tep_stream *b, int id);

/** tep_stream_cpus - make CPUs 0 to @nr - 1 exist */
int tep_stream_cpus(struct tep_stream *tep_stream, uint32_t nr, struct vms_err *err);
/**
 * tep_stream_buffer - the events that follow come from this buffer instance; first the top one, ""
 */
int tep_stream_buffer(struct tep_stream *tep_stream, const char *name, struct vms_err *err);
/** tep_stream_add - add an event; per CPU and buffer in the order of the ring buffer */
int tep_stream_add(struct tep_stream *tep_stream, const struct tep_event_in *tep_event_in,
		   struct vms_err *err);
/** tep_stream_events - events so far */
uint64_t tep_stream_events(const struct tep_stream *b);

/**
 * tep_stream_finish - the stream; merges the buffers of each CPU by time
 * @close, @handle: called when the stream is freed; taken over on success only
 */
int tep_stream_finish(struct tep_stream *tep_stream, struct vms_stream **out, const char *source,
		      void (*close)(void *handle), void *handle, struct vms_err *err);
/** tep_stream_free - give up before finish; NULL is fine */
void tep_stream_free(struct tep_stream *tep_stream);

/**
 * tep_stream_exercise - do with a finished stream whatever the program may do later, and free it
 * For the child process that tries a file: printing a damaged event and closing a library may
 * kill too.
 */
void tep_stream_exercise(struct vms_stream *stream);

/** tep_stream_payload_size - length of an event's payload [bytes]; of a stream made here only */
uint32_t tep_stream_payload_size(const struct vms_stream *s, struct vms_ref ref);

#endif
