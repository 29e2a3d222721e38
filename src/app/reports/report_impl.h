/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the JSON report share: values as JSON has them. */
#ifndef APP_REPORT_IMPL_H
#define APP_REPORT_IMPL_H

#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>

#include <vmsync/session.h>

#include "app/reports/report.h"

typedef struct json_object json;

void json_put(json *o, const char *key, json *v);
/** json_text - json-c copies bytes as they are: what may not be UTF-8 becomes '?' */
json *json_text(const char *s);
json *json_integer(int64_t v);
json *json_count(uint64_t v);
/** json_real - a number that is not defined is null, never NaN, which JSON does not have */
json *json_real(double v);
/** json_bound - null where nothing bounds */
json *json_bound(int64_t v);
/** json_recorded - what is recorded of a track, and the verdict on it (json_recorded.c) */
json *json_recorded(const struct vms_session *session, unsigned int track);
/** json_offset - a 64-bit offset with its part below one unit, exactly: no double holds it */
json *json_offset(int64_t whole, double frac);

/* json_frame.c */
void json_head(json *obj, const struct app_report_opts *ro);
void json_stream(json *o, const struct vms_stream *st);
json *json_holes(const struct vms_stretches *st, const struct vms_stream *host);
void json_log(json *obj, const struct vms_trace *trace);
/** json_print - all of an object, which is freed; 0, -VMS_EIO, -VMS_ENOMEM */
int json_print(FILE *file, json *obj, struct vms_err *err);

/* report.c */
void report_stream_line(FILE *file, const char *what, const struct vms_stream *st);
void report_notes(FILE *file, const struct vms_trace *trace);

#endif
