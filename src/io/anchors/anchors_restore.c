// SPDX-License-Identifier: LGPL-2.1-or-later
/* How the decisions of a file get into a session. */
#include "io/anchors/anchors_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/log.h>

#include "core/base/util.h"

static bool other_host(const struct vms_anchors *a, const struct vms_trace *t)
{
	unsigned int i;

	for (i = 0; i < a->header_nr; i++) {
		const char *id =
			strncmp(a->header[i], "# host ", 7) ? NULL : strstr(a->header[i], " id=");

		if (id) {
			const uint64_t v = strtoull(id + 4, NULL, 0);

			return v && t->host->trace_id && v != t->host->trace_id;
		}
	}
	return false;
}

/* The decision of a row, to be made with those of the others. */
static int row_take(struct vms_decided *d, struct vms_session *s, struct vms_anchors *a,
		    struct vms_anchor *row, struct anchors_index *x)
{
	struct vms_pair pair;
	struct vms_err err;
	int ret;

	ret = anchors_pair(&pair, row, a, s, x, row->why);
	if (!ret) {
		ret = vms_session_pair_id(s, &pair, &d->id, &err);
		if (ret && ret != -VMS_ENOMEM) {
			(void)snprintf(row->why, sizeof(row->why), "%.79s", err.msg);
			ret = -VMS_ENODATA;
		}
	}
	row->unmatched = ret != 0;
	d->state = row->state;
	return ret ? ret : vms_session_tag_index(s, row->tag, &d->tag);
}

static int rows_apply(struct vms_session *s, struct vms_anchors *a, struct vms_anchors_report *r)
{
	struct anchors_index *x = anchors_index_new(vms_session_trace(s));
	struct vms_change c = { .kind = VMS_CHANGE_PAIRS };
	uint32_t i;
	int ret = 0;

	c.pairs.list = vms_calloc(a->rows_nr, sizeof(*c.pairs.list));
	if (!x || !c.pairs.list)
		ret = -VMS_ENOMEM;
	for (i = 0; ret != -VMS_ENOMEM && i < a->rows_nr; i++) {
		ret = row_take(&c.pairs.list[c.pairs.nr], s, a, &a->rows[i], x);
		c.pairs.nr += !ret;
		r->unmatched += ret == -VMS_ENODATA;
	}
	anchors_index_free(x);
	r->applied = c.pairs.nr;
	/* also what came before memory ran out */
	if (vms_session_restore(s, &c, NULL))
		ret = -VMS_ENOMEM;
	return ret == -VMS_ENOMEM ? ret : 0;
}

/* A line of a later program that means nothing here is left out. */
static void lines_apply(struct vms_session *s, const struct vms_anchors *a,
			struct vms_anchors_report *r)
{
	enum vms_change_kind kind;
	struct vms_change c;
	unsigned int i;

	for (i = 0; i < a->header_nr; i++) {
		if (!anchors_line_holds(a, i) || !anchors_change_read(&c, a->header[i], s))
			continue;
		kind = c.kind;
		r->lines[kind] += !vms_session_restore(s, &c, NULL);
	}
}

int vms_anchors_apply(struct vms_session *s, struct vms_anchors *a, struct vms_anchors_report *r,
		      struct vms_err *err)
{
	struct vms_anchors_report own;
	int ret;

	r = r ? r : &own;
	memset(r, 0, sizeof(*r));
	r->other_host = other_host(a, vms_session_trace(s));
	lines_apply(s, a, r);
	ret = rows_apply(s, a, r);
	vms_log(r->unmatched ? VMS_LOG_WARN : VMS_LOG_INFO, "anchors",
		"%u rows: %u applied, %u without their pair%s", a->rows_nr, r->applied,
		r->unmatched, r->other_host ? ", of another host's trace" : "");
	vms_session_restored(s);
	return ret ? vms_fail(err, VMS_ENOMEM, "out of memory for the anchors") : 0;
}
