/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the anchors format share: its columns, its escapes, and finding events by what
 * a row says.
 */
#ifndef IO_ANCHORS_IMPL_H
#define IO_ANCHORS_IMPL_H

#include <vmsync/io/anchors.h>

#include "core/base/text.h"
#include "io/files/files.h"

#define ANCHORS_MAGIC FILE_DECISIONS_MAGIC
#define ANCHORS_VERSION 1
/* Header lines that name a sequence which is left out, or not; the last one of a name holds. */
#define ANCHORS_MUTED "# muted "
#define ANCHORS_HEARD "# heard "
/*
 * "# piecewise ESTIMATOR HOST-TIME...": the cuts of model piecewise; "-" = none. The last one
 * holds.
 */
#define ANCHORS_CUTS "# piecewise "
/*
 * "# sequence KEY TEXT": what a sequence of the session's own pairs, by what it was called first;
 * "-" = removed. The last one of a key holds.
 */
#define ANCHORS_SEQUENCE "# sequence "
#define ANCHORS_BYTES_MAX ((size_t)4 << 30)

enum anchors_col {
	COL_STATE,
	COL_GUEST,
	COL_VCPU,
	COL_SEQUENCE,
	COL_GUEST_TIME,
	COL_GUEST_CPU,
	COL_GUEST_EVENT,
	COL_HOST_TIME,
	COL_HOST_CPU,
	COL_HOST_EVENT,
	COL_HOST_TID,
	COL_DELAY,
	COL_TAG,
	COL_STANDARD_NR,
	/* Only in files that need them: several events of a name at one time. */
	COL_GUEST_NTH = COL_STANDARD_NR,
	COL_HOST_NTH,
	COL_NR,
	COL_EXTRA = COL_NR
};

/**
 * text_escaped - a field: tab, newline, backslash, whatever is not seen (text_seen()), and a
 * leading '#'
 */
void text_escaped(struct text *text, const char *plain, bool blanks_too);

/** anchors_unescape - in place; an escape that means nothing stays as it is */
void anchors_unescape(char *text);
const char *anchors_state_name(unsigned int state);
/** anchors_col_name - of a known column */
const char *anchors_col_name(enum anchors_col col);
/** anchors_col_of - the column of a name, COL_EXTRA when unknown */
enum anchors_col anchors_col_of(const char *name);
/** anchors_new - a file without rows: the standard columns. NULL when out of memory */
struct vms_anchors *anchors_new(void);
/** anchors_col_add - one more column of this name at the end. -VMS_ENOMEM */
int anchors_col_add(struct vms_anchors *anchors, const char *name);
bool anchors_has_col(const struct vms_anchors *a, enum anchors_col col);
/** anchors_row_text - a row and its newline in the columns of @a */
void anchors_row_text(struct text *text, const struct vms_anchors *a, const struct vms_anchor *row);

/** struct anchors_index - finds events by time, also where times are not sorted; made as needed */
struct anchors_index;
struct anchors_index *anchors_index_new(const struct vms_trace *trace);
void anchors_index_free(struct anchors_index *index);
int anchors_pair(struct vms_pair *out, const struct vms_anchor *row,
		 const struct vms_anchors *anchors, const struct vms_session *session,
		 struct anchors_index *index, char *why);
int anchors_row_of(struct vms_anchor *out, const struct vms_session *session,
		   const struct vms_candidate *cand, struct anchors_index *index);

/** anchors_change_line - the header line of what a change is about, as it is now; false: none */
bool anchors_change_line(struct text *t, const struct vms_session *s, const struct vms_change *c);
/** anchors_change_read - what a header line says; false = nothing that can be understood here */
bool anchors_change_read(struct vms_change *out, const char *line, const struct vms_session *s);
/** anchors_is_change - whether a header line is of a change, and names what it is about */
bool anchors_is_change(const char *line, bool *named);
/** anchors_line_holds - header line @i is of a change, and no later one speaks of the same */
bool anchors_line_holds(const struct vms_anchors *a, unsigned int i);
/**
 * anchors_change_text - the lines of what a change is about, as it is now, with their newlines
 * @at: of a change of pairs the next one, 0 at first. Return: 1 = call again; 0; -VMS_ENOMEM
 */
int anchors_change_text(struct text *text, const struct vms_anchors *cols,
			const struct vms_session *session, const struct vms_change *change,
			uint32_t *at, struct anchors_index *index);

#endif
