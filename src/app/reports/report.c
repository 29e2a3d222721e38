// SPDX-License-Identifier: LGPL-2.1-or-later
/* What text and JSON reports agree on. */
#include "app/reports/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <vmsync/time.h>

#include "app/reports/report_impl.h"

int app_report_make(char **text, size_t *size, bool as_json, const struct vms_session *s,
		    const struct app_report_opts *o, struct vms_err *err)
{
	FILE *f = open_memstream(text, size);
	int ret;

	if (!f)
		return vms_fail(err, VMS_ENOMEM, "out of memory for the report");
	ret = as_json ? app_report_json(f, s, o, err) : app_report_text(f, s, o, err);
	if (fclose(f) && !ret)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory for the report");
	if (ret) {
		free(*text);
		*text = NULL;
		*size = 0;
	}
	return ret;
}

const struct vms_stream *report_guest(const struct vms_session *s, const struct vms_track *t)
{
	return vms_session_trace(s)->guests[t->guest].stream;
}

int64_t report_time(const struct vms_stream *guest, int64_t guest_raw)
{
	return vms_ratio_redo(&guest->ratio, guest_raw);
}

int64_t report_offset(const struct vms_stream *guest, int64_t guest_raw, int64_t offset_raw)
{
	if (!guest->ratio.mult || offset_raw == INT64_MIN || offset_raw == INT64_MAX)
		return offset_raw;
	return vms_sat_sub_i64(vms_sat_add_i64(guest_raw, offset_raw),
			       report_time(guest, guest_raw));
}

double report_drift(const struct vms_stream *guest, double drift)
{
	return guest->ratio.mult ? (1.0 + drift) / vms_ratio_value(&guest->ratio) - 1.0 : drift;
}

struct report_band report_band_at(const struct vms_stream *guest, const struct vms_band_segment *g,
				  const struct app_report_opts *o)
{
	const int64_t asked = vms_ratio_undo(&guest->ratio, o->at_raw);
	int64_t at = g->from_raw + (g->to_raw - g->from_raw) / 2;
	struct report_band band;

	if (o->has_at && asked >= g->from_raw && asked <= g->to_raw)
		at = asked;
	vms_band_at(g, at, &band.lo_raw, &band.hi_raw);
	band.lo_raw = report_offset(guest, at, band.lo_raw);
	band.hi_raw = report_offset(guest, at, band.hi_raw);
	band.at_raw = report_time(guest, at);
	return band;
}

static void clean(FILE *f, const char *text)
{
	for (; *text; text++)
		(void)fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, f);
}

void report_stream_line(FILE *file, const char *what, const struct vms_stream *st)
{
	(void)fprintf(file, "%s ", what);
	clean(file, st->name);
	(void)fprintf(file, ": ");
	clean(file, st->path);
	(void)fprintf(file, ", clock %s", *st->clock.name ? st->clock.name : "unknown");
	if (!st->clock.counts_ns && st->clock.ns_per_unit > 0.0)
		(void)fprintf(file, " (%.6f ns a tick%s)", st->clock.ns_per_unit,
			      st->clock.rate_from == VMS_RATE_ESTIMATED ? ", estimated" : "");
	(void)fprintf(file, ", %u CPUs, %" PRIu64 " events", st->cpus_nr, st->events_nr);
	if (st->lost_nr)
		(void)fprintf(file, ", %" PRIu64 " lost", st->lost_nr);
	(void)fprintf(file, ", read by %s\n", st->source);
}

void report_notes(FILE *file, const struct vms_trace *trace)
{
	unsigned int i;

	for (i = 0; i < trace->log_nr; i++) {
		(void)fprintf(file, "note: ");
		clean(file, trace->log[i]);
		(void)fputc('\n', file);
	}
}

int64_t report_align_offset(const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_line *l = &t->align->pieces[0].line;
	const int64_t first = report_guest(s, t)->cpus[t->cpu_idx].time_raw[0];

	return vms_sat_add_i64(l->offset_raw,
			       (int64_t)(l->drift * (double)vms_sat_sub_i64(first, l->ref_raw)));
}

const char *report_start_name(const struct vms_align_vcpu *a)
{
	switch (a->start) {
	case VMS_ALIGN_RECORDED: return "recorded";
	case VMS_ALIGN_FOUND: return "found";
	case VMS_ALIGN_USER: return "user";
	case VMS_ALIGN_NONE:
	default: return "none";
	}
}

const char *report_tid_from(const struct vms_track *t)
{
	return t->tid_inferred ? "inferred" : "file";
}
