/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports of a session: the same numbers as text for people and as JSON for programs;
 * vmsync-report(5).
 */
#ifndef APP_REPORT_H
#define APP_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include <vmsync/advise.h>
#include <vmsync/copy.h>
#include <vmsync/find.h>
#include <vmsync/host_only.h>
#include <vmsync/session.h>

enum app_report {
	APP_REPORT_NONE,
	APP_REPORT_TEXT,
	APP_REPORT_JSON,
	APP_REPORT_HTML,
	APP_REPORT_CSV,	 /* a row a guest, of many recordings */
	APP_REPORT_LINES /* JSON, a line a guest or a recording, of many */
};

/** app_report_find - "text", "json", "html", "csv" or "json-lines"; APP_REPORT_NONE: none */
enum app_report app_report_find(const char *word);

struct report_thesis;

/** struct app_report_opts - what to report on */
struct app_report_opts {
	const char *const *files; /* as named on the command line */
	unsigned int files_nr;
	bool has_at;
	int64_t at_raw;		       /* guest time for bands, instead of each segment's middle */
	bool find;		       /* look for sequences */
	uint64_t shuffle;	       /* of vms_find_opts, or 0 */
	bool advise;		       /* say what to record next time */
	const struct vms_copy *copies; /* of each guest, as they were made; NULL: none were */
	const char *host_copy; /* that names guests which the host's file does not, or NULL */
	/* made by app_report_make() */
	const struct vms_fitness_list *fitness;
	const struct vms_finds *finds;	 /* NULL: not asked for */
	const struct vms_advise *advice; /* likewise */
	const struct report_thesis *thesis;
};

/** app_report_make - a report as text that the caller owns: all of it, or 0 bytes and an error */
int app_report_make(char **text, size_t *size, enum app_report kind, struct vms_session *s,
		    const struct app_report_opts *o, struct vms_err *err);

/** app_report_host - the same of a host whose guests' files are missing */
int app_report_host(char **text, size_t *size, enum app_report kind, const struct vms_trace *t,
		    const struct vms_host_only *h, const struct app_report_opts *o,
		    struct vms_err *err);

/** app_report_error - as JSON: why there is no report of these files. Return: 0; -VMS_ENOMEM */
int app_report_error(char **text, size_t *size, int ret, int status, const char *why,
		     const struct app_report_opts *o);

/** report_align_offset - the offset of an alignment at the track's first event; it has pieces */
int64_t report_align_offset(const struct vms_session *s, const struct vms_track *t);

#endif
