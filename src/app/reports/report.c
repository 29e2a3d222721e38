// SPDX-License-Identifier: LGPL-2.1-or-later
/* What text and JSON reports agree on. */
#include "app/reports/report.h"

#include <stdio.h>
#include <stdlib.h>

#include <vmsync/time.h>

int app_report_make(char **text, size_t *size, bool json, const struct vms_session *s,
		    const struct app_report_opts *o, struct vms_err *err)
{
	FILE *f = open_memstream(text, size);
	int ret;

	if (!f)
		return vms_fail(err, VMS_ENOMEM, "out of memory for the report");
	ret = json ? app_report_json(f, s, o, err) : app_report_text(f, s, o, err);
	if (fclose(f) && !ret)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory for the report");
	if (ret) {
		free(*text);
		*text = NULL;
		*size = 0;
	}
	return ret;
}

int64_t report_at(const struct vms_band_segment *g, const struct app_report_opts *o)
{
	if (o->has_at && o->at_raw >= g->from_raw && o->at_raw <= g->to_raw)
		return o->at_raw;
	return g->from_raw + (g->to_raw - g->from_raw) / 2;
}

int64_t report_align_offset(const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_line *l = &t->align->pieces[0].line;
	const int64_t first =
		vms_session_trace(s)->guests[t->guest].stream->cpus[t->cpu_idx].time_raw[0];

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
