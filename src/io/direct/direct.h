/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A mapped trace.dat, what its header and options say, and the source that reads its events.
 */
#ifndef IO_DIRECT_H
#define IO_DIRECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <vmsync/err.h>
#include <vmsync/io/source.h>

#include "io/files/arena.h"

/** struct bytes - a piece of the file, or of what was decompressed */
struct bytes {
	const uint8_t *p;
	size_t size;
};

/**
 * struct cursor - reads numbers and texts one after the other
 *
 * Reading beyond the end gives zeros and sets @bad, which stays set: check it once after a group
 * of reads.
 */
struct cursor {
	const uint8_t *p, *end;
	bool swap;
	bool bad;
};

enum direct_compression { DIRECT_PLAIN, DIRECT_ZSTD, DIRECT_ZLIB };

/** enum direct_section - metadata of a file, in the order of version 6 */
enum direct_section {
	DIRECT_HEADER_INFO,
	DIRECT_FTRACE_EVENTS,
	DIRECT_EVENT_FORMATS,
	DIRECT_KALLSYMS,
	DIRECT_PRINTK,
	DIRECT_CMDLINES,
	DIRECT_SECTION_NR
};

/** struct direct_data - where the ring buffer pages of one CPU of one instance lie */
struct direct_data {
	uint32_t cpu;
	uint64_t offset, size; /* [bytes] in the file, as stored; not checked */
};

/** struct direct_buffer - an instance */
struct direct_buffer {
	const char *name, *clock;
	uint64_t offset;    /* of its section (version 7) or of its table (version 6) */
	uint32_t page_size; /* 0 = that of the file */
	bool compressed;
	struct direct_data *data;
	uint32_t data_nr;
};

/** struct direct_opts - what the options say */
struct direct_opts {
	uint64_t trace_id;
	int64_t ts_offset;
	char clock[24];	    /* from TRACECLOCK */
	const char *kernel; /* its release, from UNAME; NULL = not said */
	bool clock_said;    /* TRACECLOCK is there, perhaps empty */
	uint32_t cpus_nr;   /* 0 = not said */
	uint32_t mult, shift;
	bool has_text; /* a latency trace is stored as text */
	struct vms_time_shift *shift_opt;
	struct vms_guest_decl *decls;
	size_t decls_nr, decls_cap;
	struct vms_cpu_stat *stats;
	size_t stats_nr, stats_cap;
	struct direct_buffer *buffers;
	size_t buffers_nr, buffers_cap;
};

enum { DIRECT_OVER_FILE = 1, DIRECT_OVER_MACHINE, DIRECT_OVER_CPUS };

/** enum direct_memory - what a file takes memory for: its head; its pages and events */
enum direct_memory { DIRECT_HEAD, DIRECT_EVENTS, DIRECT_MEMORY_NR };

/** struct direct_file - a mapped trace.dat with its options read */
struct direct_file {
	char *path;
	const uint8_t *map;
	size_t size;
	struct vms_file_id id;
	unsigned int version;
	bool big_endian, swap;
	/* of the traced user space; the kernel's is in header_page */
	uint8_t long_size;
	uint32_t page_size;
	enum direct_compression compression;
	char compression_name[16];
	uint64_t options_offset;		    /* version 7 */
	uint64_t section_offset[DIRECT_SECTION_NR]; /* version 7, 0 = none */
	struct bytes section[DIRECT_SECTION_NR];    /* set by direct_sections_load() */
	bool sections_loaded;
	struct direct_opts opts;
	struct arena arena;
	/* what it asked for so far, direct_limits.c */
	atomic_ullong taken[DIRECT_MEMORY_NR]; /* [bytes] */
	atomic_ullong wanted;		       /* [bytes] that were too much */
	uint64_t took;			       /* [bytes] for its head, once it is closed */
	uint64_t visited; /* [bytes] of the file, again where parts lie over one another */
	atomic_int over;  /* DIRECT_OVER_FILE ...: it is refused */
	bool look;	  /* only its options are wanted: little memory must do */
	char **notes;	  /* what was odd, one line each */
	size_t notes_nr, notes_cap;
};

struct cursor cursor_of(struct bytes b, bool swap);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);
struct bytes cursor_bytes(struct cursor *cursor, uint64_t size);
/**
 * cursor_text - a text up to its NUL, which must be there; "" and bad otherwise. Points into the
 * data
 */
const char *cursor_text(struct cursor *cursor);
size_t cursor_left(const struct cursor *c);
/**
 * direct_clock_counts_ns - a trace clock of this name counts nanoseconds; others count ticks,
 * jiffies or events
 */
bool direct_clock_counts_ns(const char *name);
/** direct_bytes - a piece of the file; false when it does not lie within */
bool direct_bytes(const struct direct_file *f, uint64_t offset, uint64_t size, struct bytes *out);
/**
 * direct_file_open - map a file and read its header and options, not its formats and events
 * Return: 0; -VMS_EIO; -VMS_EFORMAT; -VMS_EUNSUP; -VMS_ENOMEM. On failure @f is closed.
 */
int direct_file_open(struct direct_file *f, const char *path, struct vms_err *err);
/** direct_file_look - the same of a file that nobody asked for: with little memory or not at all */
int direct_file_look(struct direct_file *f, const char *path, struct vms_err *err);
void direct_file_close(struct direct_file *direct);
/** direct_head_take - what a file's head says of its stream, borrowed; the top instance first */
void direct_head_take(struct vms_stream *stream, struct direct_file *f);

/**
 * direct_section_read - a section of version 7, decompressed into the arena. Return: 0;
 * -VMS_EFORMAT; -VMS_ENOMEM
 */
int direct_section_read(struct direct_file *direct, uint64_t offset, unsigned int id,
			struct bytes *out, struct vms_err *err);

/* options of a file that are understood */
enum {
	OPT_DONE = 0,
	OPT_DATE = 1,
	OPT_CPUSTAT = 2,
	OPT_BUFFER = 3,
	OPT_TRACECLOCK = 4,
	OPT_UNAME = 5,
	OPT_OFFSET = 7,
	OPT_CPUCOUNT = 8,
	OPT_TRACEID = 11,
	OPT_TIME_SHIFT = 12,
	OPT_GUEST = 13,
	OPT_TSC2NSEC = 14,
	OPT_HEADER_INFO = 16,
	OPT_CMDLINES = 21,
	OPT_BUFFER_TEXT = 22
};

/** direct_notes - what was odd while reading; none for streams of other sources */
const char *const *direct_notes(const struct vms_stream *s, size_t *nr);
extern const struct vms_source vms_source_direct;
/**
 * direct_check - whether any reader should open the file. Return: 0, also when this one cannot;
 * -VMS_ERANGE when it would take too much memory
 */
int direct_check(const char *path, struct vms_err *err);

/** struct direct_part - the part of a recording's time that is wanted, ends included [raw units] */
struct direct_part {
	int64_t from_raw, to_raw;
	vms_range_fn choose; /* sets them once the file's times are known; NULL = they are set */
	void *user;
};

/**
 * direct_load_file - the events of an open file; the stream takes it over, on success only
 * @part: NULL = all
 */
int direct_load_file(struct vms_stream **out, struct direct_file *direct, struct direct_part *part,
		     const struct vms_progress *progress, struct vms_err *err);

static inline uint16_t load_u16(const uint8_t *p, bool swap)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap16(v) : v;
}

static inline uint32_t load_u32(const uint8_t *p, bool swap)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap32(v) : v;
}

static inline uint64_t load_u64(const uint8_t *p, bool swap)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap64(v) : v;
}

#endif
