/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stream: the events of one traced machine as arrays per CPU, with what is needed to read their
 * fields.
 */
#ifndef VMSYNC_STREAM_H
#define VMSYNC_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vmsync/scaling.h>
#include <vmsync/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct vms_field - where a field lies inside an event's payload */
struct vms_field {
	const char *name;
	/* [bytes]; a source guarantees offset + size <= the type's size_min */
	uint16_t offset, size;
	bool is_signed;
	bool is_dynamic; /* __data_loc: the 4 bytes hold (length << 16) | offset */
	bool is_array;	 /* a string or an array: not a number */
};

/** struct vms_event_type - one row of a stream's table of event formats */
struct vms_event_type {
	int id;		    /* common_type in the file */
	const char *system; /* "kvm" */
	const char *name;   /* "kvm_exit" */
	/* [bytes] fixed part; an event with a shorter payload gets type 0 */
	uint16_t size_min;
	const struct vms_field *fields; /* common fields (common_pid, ...) included */
	unsigned int fields_nr;
};

/** struct vms_lost - events that the ring buffer dropped */
struct vms_lost {
	uint32_t idx;	/* lost before the event of this index; == nr when after the last */
	uint64_t count; /* 0 = some, number not recorded */
	uint8_t buffer; /* index into vms_stream.buffers */
};

/** struct vms_ref - names one event of a stream */
struct vms_ref {
	int32_t cpu;  /* index into vms_stream.cpus, -1 = no event */
	uint32_t idx; /* index into the arrays of that CPU */
};

#define VMS_REF_NONE ((struct vms_ref){ .cpu = -1, .idx = 0 })

/**
 * struct vms_cpu - the events of one CPU, in the order of its ring buffer
 *
 * Several buffer instances of one CPU are merged by time, stable. Times usually do not decrease,
 * but may (a guest whose TSC was set back): @sorted tells.
 */
struct vms_cpu {
	uint32_t cpu;		   /* CPU number in the file */
	uint32_t nr;		   /* number of events */
	bool sorted;		   /* time_raw never decreases */
	const int64_t *time_raw;   /* [raw unit of the clock], as stored but for vms_stream.ratio */
	const int64_t *stored_raw; /* where that was undone: as stored; else NULL */
	/* index into vms_stream.types; type 0 = unknown or damaged event */
	const uint16_t *type;
	/* start of each record (common_type first), or NULL: vms_payload() */
	const uint8_t *const *payload;
	const uint8_t *bytes;	  /* what holds all records ... */
	const uint32_t *bytes_at; /* ... where in it each starts, or each VMS_BYTES_STEP-th ... */
	const uint16_t *bytes_on; /* ... and how far on the others: NULL: bytes_at is of each ... */
	uint8_t bytes_shift;	  /* ... in units of 2^this */
	/* buffer index of each event; NULL when the stream has one buffer */
	const uint8_t *buffer;
	const struct vms_lost *lost; /* ascending by idx */
	uint32_t lost_nr;
};

#define VMS_BYTES_STEP 64u

/** vms_payload - start of an event's record */
static inline const uint8_t *vms_payload(const struct vms_cpu *c, uint32_t idx)
{
	size_t at;

	if (c->payload)
		return c->payload[idx];
	at = c->bytes_on ? (size_t)c->bytes_at[idx / VMS_BYTES_STEP] + c->bytes_on[idx]
			 : c->bytes_at[idx];
	return c->bytes + (at << c->bytes_shift);
}

/** struct vms_buffer - a ftrace instance */
struct vms_buffer {
	const char *name; /* "" for the top instance */
	const char *clock;
};

/** struct vms_shift_sample - one sample of option TIME_SHIFT, as stored; doc/METHOD.md 3.2 */
struct vms_shift_sample {
	uint64_t time;	   /* [raw guest units] */
	int64_t offset;	   /* [raw units] host minus guest */
	uint64_t scaling;  /* 1 = none */
	uint64_t fraction; /* [bits] right shift after scaling */
};

/**
 * struct vms_shift_cpu - the samples of one guest CPU, sorted by time as libtracecmd sorts them,
 * equal times dropped
 */
struct vms_shift_cpu {
	struct vms_shift_sample *samples;
	uint32_t samples_nr;
};

/** struct vms_time_shift - option TIME_SHIFT of a guest file */
struct vms_time_shift {
	uint64_t peer_id; /* trace id of the host file */
	uint32_t flags;	  /* bit 0: interpolate */
	bool refused;	  /* too short for what it claims: libtracecmd does not open the file */
	uint32_t cpus_nr;
	struct vms_shift_cpu *cpus; /* indexed by guest CPU number */
};

/** struct vms_guest_decl - option GUEST of a host file */
struct vms_guest_decl {
	const char *name; /* may be "" */
	uint64_t trace_id;
	uint32_t vcpus_nr;
	const uint32_t *vcpu; /* guest CPU number */
	const int32_t *tid;   /* thread on the host; -1 = not known (network guest) */
};

/** struct vms_cpu_stat - option CPUSTAT: what the kernel counted of one CPU of one buffer */
struct vms_cpu_stat {
	uint32_t cpu;	      /* CPU number */
	uint64_t recorded_nr; /* events: those that were read, and those left to be read */
	uint64_t lost_nr;     /* events overwritten or dropped */
};

struct vms_stream;

/** struct vms_stream_ops - what a source can say about an event beyond the arrays */
struct vms_stream_ops {
	/*
	 * Writes the event's fields as libtraceevent prints them ("vector=236"); always ends with
	 * NUL.
	 * Not thread safe. Text may hold any byte of the trace: callers make it printable. */
	void (*text)(const struct vms_stream *s, struct vms_ref ref, char *buf, size_t size);
	/* Task name of a thread, or NULL when not saved. Borrowed until the stream is freed. */
	const char *(*comm)(const struct vms_stream *s, int32_t tid);
	void (*free_priv)(struct vms_stream *s);
};

/** struct vms_file_id - which file it was when it was loaded; all 0 = not known */
struct vms_file_id {
	uint64_t dev, ino, size;
	int64_t mtime_ns;
};

/** struct vms_stream - one trace file, loaded */
struct vms_stream {
	const char *path; /* as given */
	struct vms_file_id file;
	/* of a guest: from option GUEST or the file name; of a host: "host" */
	const char *name;
	uint64_t trace_id;	 /* 0 = none in the file */
	unsigned int version;	 /* of the container, 6 or 7; 0 = another format */
	const char *compression; /* "none", "zstd", "zlib" */
	const char *source;	 /* "direct", "libtracecmd", "libkshark" */
	const char *kernel;	 /* release of the traced one; NULL = not known */
	bool swap;		 /* payload fields are of the other byte order */
	/* the source could give corrected times only: model recorded is identity */
	bool times_corrected;
	uint8_t long_size; /* [bytes] of the recorded kernel */
	struct vms_clock clock;
	int64_t ts_offset; /* sum of options DATE [us * 1000] and OFFSET, added last */

	struct vms_event_type *types; /* types[0] is the unknown type */
	unsigned int types_nr;
	struct vms_buffer *buffers;
	unsigned int buffers_nr;
	struct vms_cpu *cpus; /* ascending by CPU number; CPUs without events included */
	unsigned int cpus_nr;

	struct vms_time_shift *shift; /* NULL = none */
	struct vms_ratio ratio;	    /* of a scaled TSC, undone in all times; vms_stream_unscale() */
	int64_t *unscaled_raw;	    /* owned; where vms_cpu.time_raw then points to */
	struct vms_cpu_stat *stats; /* of all buffers, in the order of the file */
	unsigned int stats_nr;
	struct vms_guest_decl *decls; /* of a host: its guests */
	unsigned int decls_nr;

	uint64_t events_nr;
	/* events known to be lost (sum of counts, at least one a mark) */
	uint64_t lost_nr;
	int64_t first_raw, last_raw; /* least and greatest time; 0, -1 when there is no event */

	const struct vms_stream_ops *ops;
	void *priv;
};

/** vms_stream_free - frees what a source allocated; NULL is fine */
void vms_stream_free(struct vms_stream *s);

/**
 * vms_clock_rate_estimate - find out how long a unit of a stream's clock is
 * @clock: clock to complete, usually that of @stream
 *
 * 1 ns for a clock that counts them; else TSC2NSEC where the file has it; else the median slope
 * of field "now" of hrtimer_expire_entry events over their raw times, which is good to some 1e-5.
 * Return: 0; -VMS_ENODATA when nothing tells (@clock is left as it was); -VMS_ENOMEM.
 */
int vms_clock_rate_estimate(struct vms_clock *clock, const struct vms_stream *stream);

/** vms_counts_tsc - whether the raw times of a stream are ticks of the TSC */
bool vms_counts_tsc(const struct vms_stream *s);

/**
 * vms_clock_resolution - what all times of a stream are multiples of, by the differences of its
 * first events [raw units]: 16 for an arm64 counter of 62.5 MHz told in ns; at least 1
 */
int64_t vms_clock_resolution(const struct vms_stream *s);

/** vms_type_find - index of an event type by name ("kvm_exit"), or 0; system may be NULL */
unsigned int vms_type_find(const struct vms_stream *s, const char *system, const char *name);
/** vms_type_counts - events of each type, owned; NULL: out of memory. O(events) */
uint64_t *vms_type_counts(const struct vms_stream *stream);

/** vms_type_field - a field by name, or NULL */
const struct vms_field *vms_type_field(const struct vms_event_type *t, const char *name);

/**
 * vms_field_u64 - a field's value, zero-extended unless signed; byte order handled; 0 for arrays or
 * other sizes than 1, 2, 4, 8
 */
uint64_t vms_field_u64(const struct vms_stream *stream, const struct vms_field *field,
		       const uint8_t *payload);

/** vms_field_by_name - value of a field of one event; false when its type has no such number */
bool vms_field_by_name(const struct vms_stream *s, struct vms_ref ref, const char *name,
		       uint64_t *val);

/** vms_event_tid - common_pid of an event; -1 for the unknown type */
int32_t vms_event_tid(const struct vms_stream *s, struct vms_ref ref);

/** vms_event_type - the type of an event, never NULL (types[0] for the unknown) */
const struct vms_event_type *vms_event_type(const struct vms_stream *s, struct vms_ref ref);

/** vms_event_in_interrupt - written by an interrupt's handler or after one: not about its thread */
bool vms_event_in_interrupt(const struct vms_stream *s, struct vms_ref ref);
/** vms_event_time - raw time of an event */
int64_t vms_event_time(const struct vms_stream *s, struct vms_ref ref);

/** vms_cpu_stored - times of a CPU's events as the file has them */
static inline const int64_t *vms_cpu_stored(const struct vms_cpu *c)
{
	return c->stored_raw ? c->stored_raw : c->time_raw;
}

/** vms_event_stored - the same as the file has it, a scaled TSC not undone */
int64_t vms_event_stored(const struct vms_stream *s, struct vms_ref ref);

/** vms_event_in_instance - recorded in a buffer instance, not in the top one */
bool vms_event_in_instance(const struct vms_stream *s, unsigned int cpu_idx, uint32_t idx);

/** vms_ref_same - both name the same event */
bool vms_ref_same(struct vms_ref a, struct vms_ref b);

/**
 * vms_cpu_lower_bound - index of the first event at or after a time; the CPU's times must be sorted
 */
uint32_t vms_cpu_lower_bound(const struct vms_cpu *c, int64_t time_raw);

#ifdef __cplusplus
}
#endif

#endif
