/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the reports share: values as JSON has them, and how they are laid out. */
#ifndef APP_REPORT_IMPL_H
#define APP_REPORT_IMPL_H

#include <stdint.h>

#include <vmsync/session.h>
#include <vmsync/thesis.h>

#include "app/reports/report.h"
#include "core/base/text.h"

/** json - a JSON text that is being written; objects and arrays are opened and closed in order */
typedef struct json {
	struct text text;
	unsigned int depth;
	bool some; /* something stands before, on this level */
} json;

/** struct json_value - a string, else plain is what stands there */
struct json_value {
	const char *string;
	char plain[48];
};

/** json_open, json_close - an object '{' '}' or an array '[' ']'; @key NULL: in an array */
void json_open(json *out, const char *key, char bracket);
void json_close(json *out, char bracket);
void json_put(json *out, const char *key, struct json_value v);
/** json_text - a text of which json_put() escapes what is not seen; it must live until then */
struct json_value json_text(const char *s);
struct json_value json_null(void);
struct json_value json_bool(bool v);
struct json_value json_integer(int64_t v);
struct json_value json_count(uint64_t v);
/** json_real - a number that is not defined is null, never NaN, which JSON does not have */
struct json_value json_real(double v);
/** json_bound - null where nothing bounds */
struct json_value json_bound(int64_t v);
/** json_offset - a 64-bit offset with its part below one unit, exactly: no double holds it */
struct json_value json_offset(int64_t whole, double frac);

/** json_recorded - what is recorded of a track, and the verdict on it (json_recorded.c) */
void json_recorded(json *out, const char *key, const struct vms_session *session,
		   unsigned int track);

/** report_worst - the track, of a guest or of all (-1), whose recorded offset is worst; -1: none */
int report_worst(const struct vms_session *session, int guest);
/** json_verdict - the worst of what is recorded, whose it is, and the widest band */
void json_verdict(json *out, const char *key, const struct vms_session *session);

/* json_frame.c */
/** json_head - opens the report */
void json_head(json *out, const struct app_report_opts *ro);
/** json_skipped - a file that is no recording: @nr before it; the first closes the open array */
void json_skipped(json *out, unsigned int *nr, const char *file, const char *why);
void json_stream(json *out, const struct vms_stream *st);
void json_range(json *out, const struct vms_trace *trace);
void json_holes(json *out, const char *key, const struct vms_stretches *st,
		const struct vms_stream *host);
/** json_end - what was said while loading; closes the report */
void json_end(json *out, const struct vms_trace *trace);

/* html.c */
/** html_text - foreign text, as what is shown of it */
void html_text(struct text *out, const char *s);
/** html_lines - the same of text whose lines end where they do */
void html_lines(struct text *out, const char *s);
/** html_cell - a figure of the JSON report in a table: its key, its value, what a person sees */
void html_cell(struct text *out, const char *key, struct json_value value, const char *shown);
void html_words(struct text *out, const char *class, const char *words);
/** html_class - how a verdict looks */
const char *html_class(enum vms_verdict verdict);

#define SVG_WIDTH 720.0 /* of a picture [px] */
/** svg_open - a picture; it is closed by the end of its element. Return: its height */
double svg_open(struct text *out, double height, const char *what);
void svg_line(struct text *out, const char *class, double x0, double y0, double x1, double y1);
void svg_text(struct text *out, const char *class, double x, double y, const char *text);

/*
 * html_time.c, html_outside.c, html_rows.c: pictures. Return: the height; 0: there is nothing to
 * draw
 */
double svg_band(struct text *out, struct vms_session *session, const struct vms_track *track);
double svg_steps(struct text *out, struct vms_session *session, const struct vms_track *track);
double svg_outside(struct text *out, struct vms_session *session, const struct vms_track *track);
double svg_models(struct text *out, struct vms_session *session, const struct vms_track *track);
/** html_facts_band - the same of a vCPU of which only the host's file tells, with captions */
void html_facts_band(struct text *out, const struct vms_stream *host, const struct vms_band *band);
/** html_delays - of all sequences of a guest */
void html_delays(struct text *out, const struct vms_session *session,
		 const struct vms_fitness *all);

/* html_pictures.c */
enum html_picture { HTML_BAND, HTML_STEPS, HTML_OUTSIDE, HTML_MODELS, HTML_PICTURES };
/** html_picture - with its caption, in a page */
void html_picture(struct text *out, enum html_picture which, struct vms_session *session,
		  const struct vms_track *track);
/** html_style - of pictures alone, or of a page too (html_style.c) */
void html_style(struct text *out, bool page);

/* html_track.c */
void html_track(struct text *out, struct vms_session *session, unsigned int track_idx,
		const struct app_report_opts *ro);
/** html_guest, html_sequences - before the vCPUs of a guest, and behind them */
void html_guest(struct text *out, const struct vms_session *session, unsigned int guest,
		const struct app_report_opts *ro);
void html_sequences(struct text *out, const struct vms_session *session, unsigned int guest,
		    const struct app_report_opts *ro);

/** html_head - opens a page: its style, and what files it is about */
void html_head(struct text *out, const struct vms_trace *trace);
/** report_html - @session: maps of models are made when they are asked for */
void report_html(json *out, struct vms_session *session, const struct app_report_opts *ro);

/* report_json.c, report_text.c */
void report_json(json *out, const struct vms_session *session, const struct app_report_opts *ro);
void report_text(json *out, const struct vms_session *session, const struct app_report_opts *ro);

/* report_fitness.c */
/** json_fitness - verdict and figures into an open object; @whole: by vCPU and host CPU, too */
void json_fitness(json *out, const struct vms_clock *clock, const struct vms_stream *guest,
		  enum vms_dir dir, const struct vms_fitness *f, bool whole);
/** json_guest_sequences - all sequences over the vCPUs of a guest */
void json_guest_sequences(json *out, const char *key, const struct vms_session *session,
			  unsigned int guest, const struct app_report_opts *ro);
/** report_fitness_of - of a list by track, or by guest, that of a sequence */
const struct vms_fitness *report_fitness_of(const struct vms_fitness *of,
					    const struct vms_session *s, unsigned int i,
					    unsigned int seq);
void print_fitness(struct text *out, const struct vms_session *session, unsigned int guest,
		   const struct app_report_opts *ro);
/** print_fitness_head, print_fitness_row - a table of which the first column is called @what */
void print_fitness_head(struct text *out, const char *what);
void print_fitness_row(struct text *out, const struct vms_session *session, unsigned int guest,
		       const char *name, enum vms_dir dir, const struct vms_fitness *f);

/* report_find.c: what was found of a guest */
void json_found(json *out, const char *key, const struct vms_session *session, unsigned int guest,
		const struct vms_finds *finds);
void print_found(struct text *out, const struct vms_session *session, unsigned int guest,
		 const struct vms_finds *finds);

/* report_advise.c: @session NULL: of the host's file alone */
void print_advise(struct text *out, const struct vms_trace *trace,
		  const struct vms_session *session, const struct vms_advise *advise);
void json_advise(json *out, const struct vms_trace *trace, const struct vms_session *session,
		 const struct vms_advise *advise);

/* report_copies.c: one of each guest */
void print_copies(struct text *out, const struct vms_session *session,
		  const struct app_report_opts *ro);
void json_copies(json *out, const char *key, const struct vms_session *session,
		 const struct app_report_opts *ro);

/* report_thesis.c */
/** struct report_thesis - what trace-checker measures of a recording, or why it does not */
struct report_thesis {
	struct vms_thesis all, *guests;
	struct vms_err err;
	int ret;
};

void report_thesis_measure(struct report_thesis *thesis, const struct vms_trace *trace);
/** report_thesis - what trace-checker prints of a recording */
void report_thesis(json *out, bool as_json, const struct vms_trace *trace,
		   const struct report_thesis *thesis);

/* report.c */
/** report_direction - "guest-to-host", "host-to-guest" */
const char *report_direction(const struct vms_sequence *s);
/** struct report_band - a segment's band where it is reported, in the times of the guest's file */
struct report_band {
	int64_t at_raw; /* guest time */
	int64_t lo_raw, hi_raw;
};

/** report_band_at - the band at the time asked for, else in the middle of the segment */
struct report_band report_band_at(const struct vms_stream *guest, const struct vms_band_segment *g,
				  const struct app_report_opts *o);
/** report_widest_ns - how wide a track's band is at most at any time; INFINITY where it is open */
double report_widest_ns(const struct vms_session *session, const struct vms_track *track);
/**
 * report_time, report_offset, report_drift - a guest time, an offset there and a drift as they are
 * to what the file has, a scaled TSC not undone
 */
int64_t report_time(const struct vms_stream *guest, int64_t guest_raw);
int64_t report_offset(const struct vms_stream *guest, int64_t guest_raw, int64_t offset_raw);
double report_drift(const struct vms_stream *guest, double drift);
/** report_guest - the stream of a track's guest */
const struct vms_stream *report_guest(const struct vms_session *s, const struct vms_track *t);
/** report_start_name - "recorded", "found", "user" or "none" */
const char *report_start_name(const struct vms_align_vcpu *a);
/** report_tid_from - "file" or "inferred" */
const char *report_tid_from(const struct vms_track *t);
struct vms_clocks;
/** report_part_vcpu - the number of the vCPU that a part of the clocks is of */
uint32_t report_part_vcpu(const struct vms_session *s, const struct vms_clocks *c,
			  unsigned int part);
/** report_clocks - of a guest, NULL when no vCPU has a band there; true: out of memory */
bool report_clocks(struct vms_clocks **clocks, const struct vms_session *session,
		   unsigned int guest, const struct app_report_opts *o);
void report_stream_line(struct text *out, const char *what, const struct vms_stream *st);
void report_notes(struct text *out, const struct vms_trace *trace);
/** report_take - the text that was made, for the caller; -VMS_ENOMEM when it is not whole */
int report_take(struct text *t, char **text, size_t *size, struct vms_err *err);

#endif
