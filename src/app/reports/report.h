/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports of a session: the same numbers as text for people and as JSON for programs;
 * vmsync-report(5).
 */
#ifndef APP_REPORT_H
#define APP_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include <vmsync/host_only.h>
#include <vmsync/session.h>

/** struct app_report_opts - what to report on */
struct app_report_opts {
	const char *const *files; /* as named on the command line */
	unsigned int files_nr;
	bool has_at;
	int64_t at_raw; /* guest time for bands, instead of each segment's middle */
};

/** app_report_make - a report as text that the caller owns: all of it, or 0 bytes and an error */
int app_report_make(char **text, size_t *size, bool json, const struct vms_session *s,
		    const struct app_report_opts *o, struct vms_err *err);

/** app_report_host - the same of a host whose guests' files are missing */
int app_report_host(char **text, size_t *size, bool json, const struct vms_trace *t,
		    const struct vms_host_only *h, const struct app_report_opts *o,
		    struct vms_err *err);

/** struct report_band - a segment's band where it is reported, in the times of the guest's file */
struct report_band {
	int64_t at_raw; /* guest time */
	int64_t lo_raw, hi_raw;
};

/** report_band_at - the band at the time asked for, else in the middle of the segment */
struct report_band report_band_at(const struct vms_stream *guest, const struct vms_band_segment *g,
				  const struct app_report_opts *o);
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
/** report_align_offset - the offset of an alignment at the track's first event; it has pieces */
int64_t report_align_offset(const struct vms_session *s, const struct vms_track *t);
const char *report_start_name(const struct vms_align_vcpu *a);
/** report_tid_from - "file", "inferred" or "user" */
const char *report_tid_from(const struct vms_track *t);

#endif
