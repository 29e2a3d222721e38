// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The anchors file as text: columns, rows, what is kept of that which this program does not know.
 */
#include "io/anchors/anchors_impl.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/files/files.h"
#include "core/base/util.h"

static const char *const col_names[COL_NR] = {
	[COL_STATE] = "state",
	[COL_GUEST] = "guest",
	[COL_VCPU] = "vcpu",
	[COL_SEQUENCE] = "sequence",
	[COL_GUEST_TIME] = "guest_time",
	[COL_GUEST_CPU] = "guest_cpu",
	[COL_GUEST_EVENT] = "guest_event",
	[COL_HOST_TIME] = "host_time",
	[COL_HOST_CPU] = "host_cpu",
	[COL_HOST_EVENT] = "host_event",
	[COL_HOST_TID] = "host_tid",
	[COL_DELAY] = "delay_ns",
	[COL_TAG] = "tag",
	[COL_GUEST_NTH] = "guest_nth",
	[COL_HOST_NTH] = "host_nth",
};

static const char *const state_names[] = {
	[VMS_UNDECIDED] = "undecided",
	[VMS_ACCEPTED] = "accepted",
	[VMS_REJECTED] = "rejected",
};

const char *anchors_state_name(unsigned int state)
{
	return state_names[state < VMS_ARRAY_NR(state_names) ? state : VMS_UNDECIDED];
}

const char *anchors_col_name(enum anchors_col col)
{
	return col_names[col];
}

enum anchors_col anchors_col_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < COL_NR; i++)
		if (!strcmp(col_names[i], name))
			return (enum anchors_col)i;
	return COL_EXTRA;
}

void vms_anchor_clear(struct vms_anchor *row)
{
	free(row->guest);
	free(row->sequence);
	free(row->guest_event);
	free(row->host_event);
	free(row->tag);
	if (row->extra)
		free(row->extra[0]); /* one piece of memory for all values, see extras_take() */
	free(row->extra);
	free(row->verbatim);
	memset(row, 0, sizeof(*row));
}

void vms_anchors_free(struct vms_anchors *anchors)
{
	unsigned int i;
	uint32_t r;

	if (!anchors)
		return;
	for (i = 0; i < anchors->header_nr; i++)
		free(anchors->header[i]);
	for (i = 0; i < anchors->cols_nr; i++)
		free(anchors->cols[i]);
	for (r = 0; r < anchors->rows_nr; r++)
		vms_anchor_clear(&anchors->rows[r]);
	free(anchors->header);
	free(anchors->cols);
	free(anchors->rows);
	free(anchors);
}

int anchors_col_add(struct vms_anchors *anchors, const char *name)
{
	char **grown = vms_realloc(anchors->cols, ((size_t)anchors->cols_nr + 1) * sizeof(*grown));

	if (!grown)
		return -VMS_ENOMEM;
	anchors->cols = grown;
	anchors->cols[anchors->cols_nr] = vms_strdup(name);
	if (!anchors->cols[anchors->cols_nr])
		return -VMS_ENOMEM;
	anchors->cols_nr++;
	anchors->extra_nr += anchors_col_of(name) == COL_EXTRA;
	return 0;
}

bool anchors_has_col(const struct vms_anchors *a, enum anchors_col col)
{
	unsigned int i;

	for (i = 0; i < a->cols_nr; i++)
		if (anchors_col_of(a->cols[i]) == col)
			return true;
	return false;
}

struct vms_anchors *anchors_new(void)
{
	struct vms_anchors *a = vms_calloc(1, sizeof(*a));
	unsigned int i;

	for (i = 0; a && i < COL_STANDARD_NR; i++) {
		if (anchors_col_add(a, col_names[i])) {
			vms_anchors_free(a);
			return NULL;
		}
	}
	return a;
}

/* Reading */

int vms_anchors_load(struct vms_anchors **out, const char *path, struct vms_err *err)
{
	char *text = NULL;
	size_t size = 0;
	int ret;

	ret = file_read(&text, &size, path, ANCHORS_BYTES_MAX, err);
	if (ret)
		return ret == -VMS_ENODATA ? vms_fail(err, VMS_EIO, "%s: no such file", path) : ret;
	ret = vms_anchors_parse(out, text, size, err);
	free(text);
	return ret ? vms_fail_at(err, ret, "%s", path) : 0;
}

/* Writing */

static void field_text(struct text *text, enum anchors_col col, const struct vms_anchor *anchor)
{
	switch (col) {
	case COL_STATE: text_printf(text, "%s", anchors_state_name(anchor->state)); break;
	case COL_GUEST: text_escaped(text, anchor->guest, false); break;
	case COL_VCPU: text_printf(text, "%u", anchor->vcpu); break;
	case COL_SEQUENCE: text_escaped(text, anchor->sequence, false); break;
	case COL_GUEST_TIME: text_printf(text, "%lld", (long long)anchor->guest_raw); break;
	case COL_GUEST_CPU: text_printf(text, "%u", anchor->guest_cpu); break;
	case COL_GUEST_EVENT: text_escaped(text, anchor->guest_event, false); break;
	case COL_HOST_TIME: text_printf(text, "%lld", (long long)anchor->host_raw); break;
	case COL_HOST_CPU: text_printf(text, "%u", anchor->host_cpu); break;
	case COL_HOST_EVENT: text_escaped(text, anchor->host_event, false); break;
	case COL_HOST_TID: text_printf(text, "%d", anchor->host_tid); break;
	case COL_DELAY:
		if (isfinite(anchor->delay_ns))
			text_printf(text, "%.1f", anchor->delay_ns);
		break;
	case COL_TAG: text_escaped(text, anchor->tag, false); break;
	case COL_GUEST_NTH: text_printf(text, "%u", anchor->guest_nth); break;
	case COL_HOST_NTH: text_printf(text, "%u", anchor->host_nth); break;
	case COL_EXTRA: break;
	}
}

void anchors_row_text(struct text *text, const struct vms_anchors *a, const struct vms_anchor *row)
{
	unsigned int i, extra = 0;

	if (row->verbatim)
		text_add(text, row->verbatim, strlen(row->verbatim));
	for (i = 0; !row->verbatim && i < a->cols_nr; i++) {
		const enum anchors_col col = anchors_col_of(a->cols[i]);

		if (i)
			text_add(text, "\t", 1);
		field_text(text, col, row);
		if (col != COL_EXTRA)
			continue;
		if (row->extra)
			text_add(text, row->extra[extra], strlen(row->extra[extra]));
		extra++;
	}
	/* empty fields at the end of a line go without their tabs, which git complains of */
	while (!row->verbatim && !text->bad && text->nr && text->p[text->nr - 1] == '\t')
		text->p[--text->nr] = '\0';
	text_add(text, "\n", 1);
}

int vms_anchors_format(const struct vms_anchors *anchors, char **text, size_t *size,
		       struct vms_err *err)
{
	struct text out = { 0 };
	unsigned int i;
	uint32_t r;

	text_printf(&out, "%s%d\n", ANCHORS_MAGIC, ANCHORS_VERSION);
	for (i = 0; i < anchors->header_nr; i++)
		text_printf(&out, "%s\n", anchors->header[i]);
	for (i = 0; i < anchors->cols_nr; i++)
		text_printf(&out, "%s%s", i ? "\t" : "", anchors->cols[i]);
	text_add(&out, "\n", 1);
	for (r = 0; r < anchors->rows_nr; r++)
		anchors_row_text(&out, anchors, &anchors->rows[r]);
	if (out.bad) {
		free(out.p);
		return vms_fail(err, VMS_ENOMEM, "out of memory for the text of %u anchors",
				anchors->rows_nr);
	}
	*text = out.p;
	*size = out.nr;
	return 0;
}

int vms_anchors_save(const struct vms_anchors *a, const char *path, struct vms_err *err)
{
	char *text = NULL;
	size_t size = 0;
	int ret;

	ret = vms_anchors_format(a, &text, &size, err);
	if (!ret)
		ret = file_replace(path, text, size, true, err);
	free(text);
	return ret;
}
