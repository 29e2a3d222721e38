// SPDX-License-Identifier: LGPL-2.1-or-later
/* What every JSON report begins and ends with, and what it says of a stream. */
#include "app/reports/report_impl.h"

#include <math.h>

#include "app/words/holes.h"
#include "core/base/printable.h"

#define REPORT_VERSION 2

void json_head(json *j, const struct app_report_opts *ro)
{
	unsigned int i;

	json_open(j, NULL, '{');
	json_put(j, "vmsync_report", json_integer(REPORT_VERSION));
	json_put(j, "program", json_text("vmsync-tui " VMSYNC_VERSION));
	json_open(j, "files", '[');
	for (i = 0; i < ro->files_nr; i++)
		json_put(j, NULL, json_text(ro->files[i]));
	json_close(j, ']');
}

void json_stream(json *j, const struct vms_stream *st)
{
	json_put(j, "name", json_text(st->name));
	json_put(j, "clock", json_text(st->clock.name));
	json_put(j, "ns_per_unit",
		 json_real(st->clock.ns_per_unit > 0.0 ? st->clock.ns_per_unit : NAN));
	json_put(j, "cpus", json_count(st->cpus_nr));
	json_put(j, "events", json_count(st->events_nr));
	json_put(j, "lost", json_count(st->lost_nr));
	json_put(j, "reader", json_text(st->source));
}

/* Where host events are missing though the file marks no loss. */
void json_holes(json *j, const char *key, const struct vms_stretches *st,
		const struct vms_stream *host)
{
	unsigned int i;

	json_open(j, key, '[');
	for (i = 0; i < st->holes_nr; i++) {
		const struct vms_hole *hole = &st->holes[i];

		json_open(j, NULL, '{');
		json_put(j, "from", json_integer(hole->from_raw));
		json_put(j, "to", json_integer(hole->to_raw));
		json_open(j, "cpus", '[');
		if (hole->cpu != VMS_CPU_ALL)
			json_put(j, NULL, json_count(host->cpus[hole->cpu].cpu));
		json_close(j, ']');
		json_put(j, "kind", json_text(hole_kind(hole)));
		json_open(j, "events", '[');
		if (hole_event(hole))
			json_put(j, NULL, json_text(hole_event(hole)));
		json_close(j, ']');
		json_put(j, "text", json_text(hole_text(&host->clock, host, hole, BUF(160))));
		json_close(j, '}');
	}
	json_close(j, ']');
}

void json_end(json *j, const struct vms_trace *trace)
{
	unsigned int i;

	json_open(j, "log", '[');
	for (i = 0; i < trace->log_nr; i++)
		json_put(j, NULL, json_text(trace->log[i]));
	json_close(j, ']');
	json_close(j, '}');
	text_add(&j->out, "\n", 1);
}
