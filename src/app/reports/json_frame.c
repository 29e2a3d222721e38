// SPDX-License-Identifier: LGPL-2.1-or-later
/* What every JSON report begins and ends with, and what it says of a stream. */
#include "app/reports/report_impl.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "app/words/holes.h"
#include "core/base/printable.h"
#include "core/base/util.h"

#define REPORT_VERSION 2

void json_head(json *out, const struct app_report_opts *ro)
{
	unsigned int i;

	json_open(out, NULL, '{');
	json_put(out, "vmsync_report", json_integer(REPORT_VERSION));
	json_put(out, "program", json_text("vmsync-tui " VMSYNC_VERSION));
	json_open(out, "files", '[');
	for (i = 0; i < ro->files_nr; i++)
		json_put(out, NULL, json_text(ro->files[i]));
	json_close(out, ']');
}

void json_skipped(json *out, unsigned int *nr, const char *file, const char *why)
{
	if (!(*nr)++) {
		json_close(out, ']');
		json_open(out, "skipped", '[');
	}
	json_open(out, NULL, '{');
	json_put(out, "file", json_text(file));
	json_put(out, "why", json_text(why));
	json_close(out, '}');
}

void json_stream(json *out, const struct vms_stream *st)
{
	char id[24];

	(void)snprintf(id, sizeof(id), "0x%" PRIx64, st->trace_id);
	json_put(out, "name", json_text(st->name));
	json_put(out, "path", json_text(st->path));
	json_put(out, "trace_id", st->trace_id ? json_text(id) : json_null());
	json_put(out, "clock", json_text(st->clock.name));
	json_put(out, "ns_per_unit",
		 json_real(st->clock.ns_per_unit > 0.0 ? st->clock.ns_per_unit : NAN));
	json_put(out, "cpus", json_count(st->cpus_nr));
	json_put(out, "events", json_count(st->events_nr));
	json_put(out, "lost", json_count(st->lost_nr));
	json_put(out, "reader", json_text(st->source));
}

/* What was asked for, where that is not all. */
void json_range(json *out, const struct vms_trace *trace)
{
	if (!trace->is_part)
		return;
	json_open(out, "range", '{');
	json_put(out, "from", json_integer(trace->part_from_raw));
	json_put(out, "to", json_integer(trace->part_to_raw));
	json_close(out, '}');
}

/* Where host events are missing though the file marks no loss. */
void json_holes(json *out, const char *key, const struct vms_stretches *st,
		const struct vms_stream *host)
{
	unsigned int i;

	json_open(out, key, '[');
	for (i = 0; i < st->holes_nr; i++) {
		const struct vms_hole *hole = &st->holes[i];

		json_open(out, NULL, '{');
		json_put(out, "from", json_integer(hole->from_raw));
		json_put(out, "to", json_integer(hole->to_raw));
		json_open(out, "cpus", '[');
		if (hole->cpu != VMS_CPU_ALL)
			json_put(out, NULL, json_count(host->cpus[hole->cpu].cpu));
		json_close(out, ']');
		json_put(out, "kind", json_text(hole_kind(hole)));
		json_open(out, "events", '[');
		if (hole_event(hole))
			json_put(out, NULL, json_text(hole_event(hole)));
		json_close(out, ']');
		json_put(out, "text", json_text(hole_text(&host->clock, host, hole, BUF(160))));
		json_close(out, '}');
	}
	json_close(out, ']');
}

void json_end(json *out, const struct vms_trace *trace)
{
	unsigned int i;

	json_open(out, "log", '[');
	for (i = 0; i < trace->log_nr; i++)
		json_put(out, NULL, json_text(trace->log[i]));
	json_close(out, ']');
	json_close(out, '}');
	text_add(&out->text, "\n", 1);
}

int app_report_error(char **text, size_t *size, int ret, int status, const char *why,
		     const struct app_report_opts *o)
{
	static const char *const kinds[] = { "",	"memory", "io",	   "format",
					     "no-data", "range",  "usage", "interrupt",
					     "support", "bug",	  "output" };
	json out = { 0 };

	json_head(&out, o);
	json_open(&out, "error", '{');
	json_put(&out, "kind", json_text(-ret < (int)VMS_ARRAY_NR(kinds) ? kinds[-ret] : "bug"));
	json_put(&out, "text", json_text(why));
	json_put(&out, "status", json_integer(status));
	json_close(&out, '}');
	json_close(&out, '}');
	text_add(&out.text, "\n", 1);
	return report_take(&out.text, text, size, NULL);
}
