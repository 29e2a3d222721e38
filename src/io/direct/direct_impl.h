/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside of the direct reader: sections, options, formats, ring buffer pages and their merge.
 */
#ifndef IO_DIRECT_IMPL_H
#define IO_DIRECT_IMPL_H

#include "core/base/printable.h"
#include "io/direct/direct.h"

/* direct_container.c */
/* DIRECT_NAME - the beginning of a name that somebody gave, to be used at once in a line */
#define DIRECT_NAME(name) fmt_cut(name, 40, BUF(41))
/** direct_note - keep a line for the log; being out of memory loses the line only */
void direct_note(struct direct_file *direct, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* direct_limits.c */
/** direct_take - memory is wanted; false when the file asks for too much, see direct_over() */
bool direct_take(struct direct_file *direct, enum direct_memory of, uint64_t size);
void direct_give_back(struct direct_file *f, enum direct_memory of, uint64_t size);
/** direct_fits_disk - direct_take() of what does not lie in memory */
bool direct_fits_disk(struct direct_file *f, uint64_t size);
/** direct_visit - bytes of the file are looked at; false when most were before */
bool direct_visit(struct direct_file *f, uint64_t size);
/** direct_over - the line that says what was too much. Return: its code */
int direct_over(const struct direct_file *direct, struct vms_err *err);
/** direct_alloc - of the file's arena, counted; NULL also when it asks for too much */
void *direct_alloc(struct direct_file *f, size_t nr, size_t size);
char *direct_strndup(struct direct_file *f, const char *s, size_t max);

/* direct_sections.c */
/**
 * direct_decompress - @in to exactly @out_size bytes; false when the data is damaged. @zstd: a
 * ZSTD_DCtx, or NULL
 */
int direct_decompress(enum direct_compression how, struct bytes in, uint8_t *out, size_t out_size,
		      void *zstd);
/** direct_claim_fits - no compression makes @size bytes out of @zsize */
bool direct_claim_fits(uint64_t zsize, uint64_t size);
int direct_sections_load(struct direct_file *direct, struct vms_err *err);
/** direct_v6_sections - one after the other; @cursor stands at the CPU count afterwards */
int direct_v6_sections(struct direct_file *direct, struct cursor *cursor, struct vms_err *err);
/** direct_options_read - the options of either version */
int direct_options_read(struct direct_file *direct, struct vms_err *err);

/* direct_options.c */
/**
 * direct_option_take - one option; what does not fit is left out with a note. Return: 0;
 * -VMS_ENOMEM
 */
int direct_option_take(struct direct_file *direct, unsigned int id, struct bytes data);

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
int direct_formats_read(struct direct_formats *fm, struct direct_file *direct, struct vms_err *err);
void direct_formats_clear(struct direct_formats *fm);

/* direct_text.c */
struct direct_text;
/** direct_text_new - prints events; borrows both. NULL when out of memory */
struct direct_text *direct_text_new(struct direct_file *direct, const struct direct_formats *fm);
void direct_text_free(struct direct_text *t);
/** struct direct_event - an event with its bytes */
struct direct_event {
	struct vms_ref ref;
	unsigned int type, cpu;
	int64_t time_raw;
	struct bytes payload;
};

/** direct_text_known - the text of an event that was printed a moment ago; NULL when it was not */
const char *direct_text_known(const struct direct_text *t, struct vms_ref ref);
#define DIRECT_TEXTS_NR 16u
/**
 * direct_text_print - the text of the first event; those of the others, at most DIRECT_TEXTS_NR in
 * all, are probably asked for next. @payload of an event: valid during the call
 */
void direct_text_print(struct direct_text *text, const struct direct_event *events, unsigned int nr,
		       char *buf, size_t size);
/** direct_text_comm - name of a thread from the saved task names, or NULL */
const char *direct_text_comm(struct direct_text *t, int32_t tid);

/* direct_pages.c */
/** struct direct_area - memory of its own, taken from the system in pages */
struct direct_area {
	void *p;
	size_t size;
	bool small; /* of the heap */
};

int direct_area_new(struct direct_area *area, size_t size);
/** direct_area_temporary - in a file without a name. Return: 0; -VMS_EIO: use memory */
int direct_area_temporary(struct direct_area *area, size_t size);
/** direct_area_trim - give back what lies behind @used bytes */
void direct_area_trim(struct direct_area *a, size_t used);
/** direct_area_expect - bytes [from, to) are about to be written, as far as there are so many */
void direct_area_expect(struct direct_area *area, size_t from, size_t to);
void direct_area_free(struct direct_area *a);

/** struct direct_run - the events of one CPU in one instance */
struct direct_run {
	struct direct_area time, type, at; /* at: of each record, see struct vms_cpu */
	uint32_t *steps; /* if there are some, at has 16 bits each, from these on */
	const uint8_t *bytes;
	uint8_t bytes_shift;
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
int direct_run_new(struct direct_run *r, struct bytes pages, uint64_t size);
/** direct_run_pages - add the events of pages; @at their offset in the data, for messages */
void direct_run_pages(struct direct_run *r, const struct direct_walk *w, struct bytes pages,
		      uint64_t at);
/** direct_run_loss - events are missing here, and nobody knows how many */
void direct_run_loss(struct direct_run *r, uint8_t buffer, uint64_t count);
void direct_run_end(struct direct_run *run);
/** direct_run_expect - so many events more are about to come */
void direct_run_expect(struct direct_run *run, size_t more);
void direct_run_free(struct direct_run *r);
/**
 * direct_page_payload - length of a payload that lies in @page: the page is walked again. 0 when it
 * is not found
 */
size_t direct_page_payload(const struct direct_walk *walk, struct bytes page,
			   const uint8_t *payload);

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
	uint32_t bad_chunks;		/* compressed pieces that were damaged */
	const struct direct_part *part; /* NULL = all */
	struct direct_walk walk;
	struct direct_run run;
	int ret; /* 0; -VMS_ENOMEM; -VMS_ECANCEL */
};

/** struct direct_jobs - all of a file, in the order of instances, then of the file's CPU tables */
struct direct_jobs {
	struct direct_job *jobs;
	size_t nr, cap;
	uint64_t total, inflated; /* [bytes] of pages; of those that are compressed */
	bool temporary;		  /* to be decompressed into temporary files */
};

/* direct_part.c */
/**
 * direct_part_pages - the next pages of @from..@to [bytes] that may hold events of the part
 * @end: where they end. Return: where they begin; @to = there are none
 */
size_t direct_part_pages(const struct direct_job *job, const struct direct_part *part, size_t from,
			 size_t to, size_t *end);
/** direct_part_size - what pages hold the part [bytes]; all of them where they are compressed */
uint64_t direct_part_size(const struct direct_job *job, const struct direct_part *part);
/** direct_part_cut - of the events from index @from on, those outside of the part go */
void direct_part_cut(struct direct_run *run, const struct direct_part *part, size_t from);
/** direct_part_drop - unpacked pages @from..@to [bytes] are not needed */
void direct_part_drop(const struct direct_job *job, size_t from, size_t to);
/**
 * direct_part_choose - ask which part is wanted
 * @stream: of which nothing but the head is known
 * Return: 0; -VMS_ENODATA; -VMS_ENOMEM; what the asked says
 */
int direct_part_choose(struct direct_part *part, const struct direct_file *direct,
		       const struct direct_jobs *js, struct vms_stream *stream,
		       struct vms_err *err);

/**
 * direct_jobs_find - where the pages of a file are
 * @fm: formats of the file; borrowed until direct_jobs_free()
 * Return: 0; -VMS_EFORMAT; -VMS_ERANGE, see direct_over(); -VMS_ENOMEM.
 */
int direct_jobs_find(struct direct_jobs *js, struct direct_file *direct,
		     const struct direct_formats *fm, struct vms_err *err);
/** direct_jobs_room - take room for what will be unpacked. Return: 0; -VMS_ERANGE */
int direct_jobs_room(struct direct_jobs *js, struct direct_file *direct);

/**
 * direct_jobs_run - read all ring buffer pages of a file that were found, or those of a part
 * @part: NULL = all
 *
 * Runs one thread per processor. What is damaged or cut off is noted in @direct and marked as lost.
 * Return: 0; -VMS_EFORMAT; -VMS_ENOMEM; -VMS_ECANCEL.
 */
int direct_jobs_run(struct direct_jobs *js, struct direct_file *direct,
		    const struct direct_part *part, const struct vms_progress *p,
		    struct vms_err *err);
void direct_jobs_free(struct direct_jobs *js);

#endif
