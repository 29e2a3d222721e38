// SPDX-License-Identifier: LGPL-2.1-or-later
/* How the decisions of a file get into a session. */
#include "io/anchors/anchors_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/log.h>

#include "core/base/printable.h"
#include "core/base/util.h"

static bool other_host(const struct vms_anchors *a, const struct vms_trace *trace)
{
	unsigned int i;

	for (i = 0; i < a->header_nr; i++) {
		const char *id =
			strncmp(a->header[i], "# host ", 7) ? NULL : strstr(a->header[i], " id=");

		if (id) {
			const uint64_t v = strtoull(id + 4, NULL, 0);

			return v && trace->host->trace_id && v != trace->host->trace_id;
		}
	}
	return false;
}

/* The decision of a row, to be made with those of the others. */
static int row_take(struct vms_decided *decided, struct vms_session *session, struct vms_anchors *a,
		    struct vms_anchor *row, struct anchors_index *x)
{
	struct vms_pair pair;
	struct vms_err err;
	int ret;

	ret = anchors_pair(&pair, row, a, session, x, row->why);
	if (!ret) {
		ret = vms_session_pair_id(session, &pair, &decided->id, &err);
		if (ret && ret != -VMS_ENOMEM) {
			(void)fmt_cut(err.msg, 79, row->why, sizeof(row->why));
			ret = -VMS_ENODATA;
		}
	}
	row->unmatched = ret != 0;
	decided->state = row->state;
	return ret ? ret : vms_session_tag_index(session, row->tag, &decided->tag);
}

static int rows_apply(struct vms_session *session, struct vms_anchors *anchors,
		      struct vms_anchors_report *report)
{
	struct anchors_index *index = anchors_index_new(vms_session_trace(session));
	struct vms_change change = { .kind = VMS_CHANGE_PAIRS };
	uint32_t i;
	int ret = 0;

	change.pairs.list = vms_calloc(anchors->rows_nr, sizeof(*change.pairs.list));
	if (!index || !change.pairs.list)
		ret = -VMS_ENOMEM;
	for (i = 0; ret != -VMS_ENOMEM && i < anchors->rows_nr; i++) {
		ret = row_take(&change.pairs.list[change.pairs.nr], session, anchors,
			       &anchors->rows[i], index);
		change.pairs.nr += !ret;
		report->unmatched += ret == -VMS_ENODATA;
	}
	anchors_index_free(index);
	report->applied = change.pairs.nr;
	/* also what came before memory ran out */
	if (vms_session_restore(session, &change, NULL))
		ret = -VMS_ENOMEM;
	return ret == -VMS_ENOMEM ? ret : 0;
}

/* A line of a later program that means nothing here is left out. */
static int lines_apply(struct vms_session *session, const struct vms_anchors *a,
		       struct vms_anchors_report *report)
{
	enum vms_change_kind kind;
	struct vms_change c;
	unsigned int i;
	int ret = 0;

	for (i = 0; ret != -VMS_ENOMEM && i < a->header_nr; i++) {
		if (!anchors_line_holds(a, i) || !anchors_change_read(&c, a->header[i], session))
			continue;
		kind = c.kind;
		ret = vms_session_restore(session, &c, NULL);
		report->lines[kind] += !ret;
	}
	return ret == -VMS_ENOMEM ? ret : 0;
}

int vms_anchors_apply(struct vms_session *session, struct vms_anchors *anchors,
		      struct vms_anchors_report *report, struct vms_err *err)
{
	struct vms_anchors_report own;
	int ret, form;

	report = report ? report : &own;
	memset(report, 0, sizeof(*report));
	report->other_host = other_host(anchors, vms_session_trace(session));
	ret = lines_apply(session, anchors, report);
	if (!ret)
		ret = rows_apply(session, anchors, report);
	vms_log(report->unmatched ? VMS_LOG_WARN : VMS_LOG_INFO, "anchors",
		"%u rows: %u applied, %u without their pair%s", anchors->rows_nr, report->applied,
		report->unmatched, report->other_host ? ", of another host's trace" : "");
	form = vms_session_restored(session, err);
	if (form)
		return form;
	return ret ? vms_fail(err, VMS_ENOMEM, "out of memory for the anchors") : 0;
}
