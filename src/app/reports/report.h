/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports of a session: the same numbers as text for people and as JSON for programs;
 * vmsync-report(5).
 */
#ifndef APP_REPORT_H
#define APP_REPORT_H

#include <stdio.h>

#include <vmsync/session.h>

/** struct app_report_opts - what to report on */
struct app_report_opts {
	const char *const *files; /* as named on the command line */
	unsigned int files_nr;
	bool has_at;
	int64_t at_raw; /* guest time for bands, instead of each segment's middle */
};

/** app_report_text, app_report_json - write a report; 0, -VMS_EIO, -VMS_ENOMEM */
int app_report_text(FILE *f, const struct vms_session *s, const struct app_report_opts *o,
		    struct vms_err *err);
int app_report_json(FILE *f, const struct vms_session *s, const struct app_report_opts *o,
		    struct vms_err *err);

/** app_report_make - a report as text that the caller owns: all of it, or 0 bytes and an error */
int app_report_make(char **text, size_t *size, bool json, const struct vms_session *s,
		    const struct app_report_opts *o, struct vms_err *err);

/** report_at - the guest time at which a segment's band is reported */
int64_t report_at(const struct vms_band_segment *g, const struct app_report_opts *o);
/** report_start_name - "recorded", "found", "user" or "none" */
/** report_align_offset - the offset of an alignment at the track's first event; it has pieces */
int64_t report_align_offset(const struct vms_session *s, const struct vms_track *t);
const char *report_start_name(const struct vms_align_vcpu *a);
/** report_tid_from - "file", "inferred" or "user" */
const char *report_tid_from(const struct vms_track *t);

#endif
