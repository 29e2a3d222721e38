// SPDX-License-Identifier: LGPL-2.1-or-later
/* What every JSON report begins and ends with, and what it says of a stream. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/reports/report.h"
#include "app/words/printable.h"
#include "app/reports/report_impl.h"
#include "app/words/holes.h"

#define REPORT_VERSION 2

void json_head(json *obj, const struct app_report_opts *ro)
{
	json *files = json_object_new_array();
	unsigned int i;

	json_put(obj, "vmsync_report", json_integer(REPORT_VERSION));
	json_put(obj, "program", json_object_new_string("vmsync-tui " VMSYNC_VERSION));
	for (i = 0; i < ro->files_nr; i++)
		(void)json_object_array_add(files, json_text(ro->files[i]));
	json_put(obj, "files", files);
}

void json_stream(json *o, const struct vms_stream *st)
{
	json_put(o, "name", json_text(st->name));
	json_put(o, "clock", json_text(st->clock.name));
	json_put(o, "ns_per_unit",
		 json_real(st->clock.ns_per_unit > 0.0 ? st->clock.ns_per_unit : NAN));
	json_put(o, "cpus", json_count(st->cpus_nr));
	json_put(o, "events", json_count(st->events_nr));
	json_put(o, "lost", json_count(st->lost_nr));
	json_put(o, "reader", json_object_new_string(st->source));
}

/* Where host events are missing though the file marks no loss. */
json *json_holes(const struct vms_stretches *st, const struct vms_stream *host)
{
	json *list = json_object_new_array();
	unsigned int i;

	for (i = 0; i < st->holes_nr; i++) {
		const struct vms_hole *hole = &st->holes[i];
		json *obj = json_object_new_object(), *cpus = json_object_new_array();
		json *events = json_object_new_array();

		if (hole->cpu != VMS_CPU_ALL)
			(void)json_object_array_add(cpus, json_count(host->cpus[hole->cpu].cpu));
		if (hole_event(hole))
			(void)json_object_array_add(events, json_text(hole_event(hole)));
		json_put(obj, "from", json_integer(hole->from_raw));
		json_put(obj, "to", json_integer(hole->to_raw));
		json_put(obj, "cpus", cpus);
		json_put(obj, "kind", json_text(hole_kind(hole)));
		json_put(obj, "events", events);
		json_put(obj, "text", json_text(hole_text(&host->clock, host, hole, BUF(160))));
		(void)json_object_array_add(list, obj);
	}
	return list;
}

void json_log(json *obj, const struct vms_trace *trace)
{
	json *log = json_object_new_array();
	unsigned int i;

	for (i = 0; i < trace->log_nr; i++)
		(void)json_object_array_add(log, json_text(trace->log[i]));
	json_put(obj, "log", log);
}

int json_print(FILE *file, json *obj, struct vms_err *err)
{
	const char *out;
	int ret = 0;

	out = json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PRETTY |
							  JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!out)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory for the report");
	else if (fprintf(file, "%s\n", out) < 0 || fflush(file))
		ret = vms_fail(err, VMS_EIO, "the report cannot be written: %s", strerror(errno));
	(void)json_object_put(obj);
	return ret;
}
