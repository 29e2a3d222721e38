/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside of the direct reader: a mapped trace.dat, what its header and options say, and its events.
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
	char clock[24];	  /* from TRACECLOCK */
	uint32_t cpus_nr; /* 0 = not said */
	uint32_t mult, shift;
	bool has_text; /* a latency trace is stored as text */
	struct vms_time_shift *shift_opt;
	struct vms_guest_decl *decls;
	size_t decls_nr, decls_cap;
	struct direct_buffer *buffers;
	size_t buffers_nr, buffers_cap;
};

/** struct direct_file - a mapped trace.dat with its options read */
struct direct_file {
	char *path;
	const uint8_t *map;
	size_t size;
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
	char **notes; /* what was odd, one line each */
	size_t notes_nr, notes_cap;
};

/* direct_container.c */
struct cursor cursor_of(struct bytes b, bool swap);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);
struct bytes cursor_bytes(struct cursor *c, uint64_t size);
/**
 * cursor_text - a text up to its NUL, which must be there; "" and bad otherwise. Points into the
 * data
 */
const char *cursor_text(struct cursor *c);
size_t cursor_left(const struct cursor *c);
/**
 * direct_clock_counts_ns - a trace clock of this name counts nanoseconds; others count ticks,
 * jiffies or events
 */
bool direct_clock_counts_ns(const char *name);
/** direct_bytes - a piece of the file; false when it does not lie within */
bool direct_bytes(const struct direct_file *f, uint64_t offset, uint64_t size, struct bytes *out);
/** direct_note - keep a line for the log; being out of memory loses the line only */
void direct_note(struct direct_file *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/**
 * direct_file_open - map a file and read its header and options, not its formats and events
 * Return: 0; -VMS_EIO; -VMS_EFORMAT; -VMS_EUNSUP; -VMS_ENOMEM. On failure @f is closed.
 */
int direct_file_open(struct direct_file *f, const char *path, struct vms_err *err);
void direct_file_close(struct direct_file *f);

/* direct_sections.c */
/**
 * direct_decompress - @in to exactly @out_size bytes; false when the data is damaged. @zstd: a
 * ZSTD_DCtx, or NULL
 */
bool direct_decompress(enum direct_compression how, struct bytes in, uint8_t *out, size_t out_size,
		       void *zstd);
/** direct_claim_fits - no compression makes @size bytes out of @zsize */
bool direct_claim_fits(uint64_t zsize, uint64_t size);
/**
 * direct_section_read - a section of version 7, decompressed into the arena. Return: 0;
 * -VMS_EFORMAT; -VMS_ENOMEM
 */
int direct_section_read(struct direct_file *f, uint64_t offset, unsigned int id, struct bytes *out,
			struct vms_err *err);
int direct_sections_load(struct direct_file *f, struct vms_err *err);
/**
 * direct_v6_skip - sections of version 6, one after the other; @c stands at the CPU count
 * afterwards
 */
int direct_v6_sections(struct direct_file *f, struct cursor *c, struct vms_err *err);
/** direct_options_read - the options of either version */
int direct_options_read(struct direct_file *f, struct vms_err *err);

/* direct_options.c */
enum {
	OPT_DONE = 0,
	OPT_DATE = 1,
	OPT_BUFFER = 3,
	OPT_TRACECLOCK = 4,
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
/**
 * direct_option_take - one option; what does not fit is left out with a note. Return: 0;
 * -VMS_ENOMEM
 */
int direct_option_take(struct direct_file *f, unsigned int id, struct bytes data);

/* direct_formats.c */
/** struct direct_page_layout - header_page of the traced kernel */
struct direct_page_layout {
	unsigned int commit_size; /* [bytes] 4 or 8: the kernel's long */
	unsigned int data_offset;
	unsigned int data_size; /* [bytes] of a page, 0 = not said */
};

/** struct direct_format - the text of an event's format file */
struct direct_format {
	struct bytes text;
};

/** struct direct_check - what an event of a type must have; used for every event, so kept small */
struct direct_check {
	uint16_t size_min;
	uint8_t dynamic_nr;
	uint16_t dynamic[5]; /* offsets of __data_loc words to check */
};

/** struct direct_formats - the types of a file */
struct direct_formats {
	struct vms_event_type *types;
	struct direct_format *texts; /* same index */
	struct direct_check *checks; /* same index */
	size_t nr, cap, texts_cap, checks_cap;
	uint16_t by_id[65536];
	struct direct_page_layout layout;
};

/**
 * direct_formats_read - header_page and all event formats. Return: 0; -VMS_EFORMAT; -VMS_EUNSUP;
 * -VMS_ENOMEM
 */
int direct_formats_read(struct direct_formats *fm, struct direct_file *f, struct vms_err *err);
void direct_formats_clear(struct direct_formats *fm);

/* direct_text.c */
struct direct_text;
/** direct_text_new - prints events; borrows both. NULL when out of memory */
struct direct_text *direct_text_new(struct direct_file *f, const struct direct_formats *fm);
void direct_text_free(struct direct_text *t);
void direct_text_print(struct direct_text *t, unsigned int type, struct bytes payload,
		       unsigned int cpu, int64_t time_raw, char *buf, size_t size);
/** direct_text_comm - name of a thread from the saved task names, or NULL */
const char *direct_text_comm(struct direct_text *t, int32_t tid);

/* direct_pages.c */
/** struct direct_area - memory of its own, taken from the system in pages */
struct direct_area {
	void *p;
	size_t size;
};

int direct_area_new(struct direct_area *a, size_t size);
/** direct_area_trim - give back what lies behind @used bytes */
void direct_area_trim(struct direct_area *a, size_t used);
void direct_area_free(struct direct_area *a);

/** struct direct_run - the events of one CPU in one instance */
struct direct_run {
	struct direct_area time, type, payload;
	size_t nr, cap;
	struct vms_lost *lost;
	size_t lost_nr, lost_cap;
	uint32_t damaged_nr; /* pages that could not be read to their end */
	uint64_t damaged_at; /* offset of the first in the data */
	/* events of type 0: id not in the formats; payload too short */
	uint64_t unknown_nr, short_nr;
	bool sorted;
	int64_t first_raw, last_raw; /* least and greatest time */
	bool nomem;
};

/** struct direct_walk - how pages are to be read */
struct direct_walk {
	const struct direct_formats *formats;
	uint32_t page_size;
	bool big_endian, swap;
	uint8_t buffer;
};

/** direct_run_new - room for the events of @size bytes of pages. Return: 0; -VMS_ENOMEM */
int direct_run_new(struct direct_run *r, uint64_t size);
/** direct_run_pages - add the events of pages; @at their offset in the data, for messages */
void direct_run_pages(struct direct_run *r, const struct direct_walk *w, struct bytes pages,
		      uint64_t at);
/** direct_run_loss - events are missing here, and nobody knows how many */
void direct_run_loss(struct direct_run *r, uint8_t buffer, uint64_t count);
void direct_run_end(struct direct_run *r);
void direct_run_free(struct direct_run *r);
/**
 * direct_page_payload - length of a payload that lies in @page: the page is walked again. 0 when it
 * is not found
 */
size_t direct_page_payload(const struct direct_walk *w, struct bytes page, const uint8_t *payload);

/* direct_data.c */
/** struct direct_job - the pages of one CPU of one instance, and the events found in them */
struct direct_job {
	unsigned int buffer; /* index into direct_opts.buffers */
	struct direct_data data;
	bool compressed;
	struct bytes stored;	     /* what of the data lies within the file */
	bool cut;		     /* it is less than the file says */
	uint64_t size;		     /* [bytes] of the pages, decompressed */
	struct direct_area inflated; /* the pages, when they were compressed */
	struct bytes pages;
	uint32_t bad_chunks; /* compressed pieces that were damaged */
	struct direct_walk walk;
	struct direct_run run;
	int ret; /* 0; -VMS_ENOMEM; -VMS_ECANCEL */
};

/** struct direct_jobs - all of a file, in the order of instances, then of the file's CPU tables */
struct direct_jobs {
	struct direct_job *jobs;
	size_t nr, cap;
};

/**
 * direct_jobs_run - find and read all ring buffer pages of a file
 * @fm: formats of the file; borrowed until direct_jobs_free()
 *
 * Runs one thread per processor. What is damaged or cut off is noted in @f and marked as lost.
 * Return: 0; -VMS_EFORMAT; -VMS_ENOMEM; -VMS_ECANCEL.
 */
int direct_jobs_run(struct direct_jobs *js, struct direct_file *f, const struct direct_formats *fm,
		    const struct vms_progress *p, struct vms_err *err);
void direct_jobs_free(struct direct_jobs *js);

/* direct_merge.c */
/** struct direct_merge - several runs of one CPU */
struct direct_merge {
	struct direct_job **jobs;
	size_t nr;
	size_t *at; /* next event of each */
	size_t *lost_at;
};
/** direct_merge_fill - fills the arrays of @c, @a for times, types, payloads, buffers, and @lost */
void direct_merge_fill(struct direct_merge *m, struct vms_cpu *c, struct direct_area *a,
		       struct vms_lost *lost);

/* direct.c */
/** direct_notes - what was odd while reading; none for streams of other sources */
const char *const *direct_notes(const struct vms_stream *s, size_t *nr);
extern const struct vms_source vms_source_direct;
/** direct_load_file - the events of an open file; the stream takes it over, on success only */
int direct_load_file(struct vms_stream **out, struct direct_file *f, const struct vms_progress *p,
		     struct vms_err *err);

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
