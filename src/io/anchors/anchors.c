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

#define ROWS_MAX ((size_t)1 << 31)
#define COLS_MAX 256u

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

void vms_anchors_free(struct vms_anchors *a)
{
	unsigned int i;
	uint32_t r;

	if (!a)
		return;
	for (i = 0; i < a->header_nr; i++)
		free(a->header[i]);
	for (i = 0; i < a->cols_nr; i++)
		free(a->cols[i]);
	for (r = 0; r < a->rows_nr; r++)
		vms_anchor_clear(&a->rows[r]);
	free(a->header);
	free(a->cols);
	free(a->rows);
	free(a);
}

int anchors_col_add(struct vms_anchors *a, const char *name)
{
	char **grown = vms_realloc(a->cols, ((size_t)a->cols_nr + 1) * sizeof(*grown));

	if (!grown)
		return -VMS_ENOMEM;
	a->cols = grown;
	a->cols[a->cols_nr] = vms_strdup(name);
	if (!a->cols[a->cols_nr])
		return -VMS_ENOMEM;
	a->cols_nr++;
	a->extra_nr += anchors_col_of(name) == COL_EXTRA;
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

/* What a parse needs beside its result. */
struct parse {
	struct vms_anchors *a;
	size_t header_cap, rows_cap;
	uint8_t col[COLS_MAX]; /* enum anchors_col of each column */
	char *field[COLS_MAX];
	unsigned int fields_nr;
	uint32_t line_nr;
};

static bool parse_i64(const char *s, int64_t least, int64_t most, int64_t *out)
{
	char *end;
	long long v;

	if (*s != '-' && (*s < '0' || *s > '9'))
		return false;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (errno || *end || v < least || v > most)
		return false;
	*out = v;
	return true;
}

static bool parse_u32(const char *s, uint32_t *out)
{
	int64_t v;

	if (!parse_i64(s, 0, UINT32_MAX, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool parse_state(const char *s, uint8_t *out)
{
	uint8_t i;

	for (i = 0; i < VMS_ARRAY_NR(state_names); i++) {
		if (!strcmp(s, state_names[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}

static double parse_delay(const char *s)
{
	char *end;
	const double v = strtod(s, &end);

	return *s && !*end ? v : NAN;
}

static int take_text(char **to, char *s)
{
	anchors_unescape(s);
	*to = vms_strdup(s);
	return *to ? 1 : -VMS_ENOMEM;
}

/* One field into the row. Return: 1; 0 when it is not what the column holds; -VMS_ENOMEM. */
static int field_take(struct vms_anchor *r, enum anchors_col col, char *s)
{
	int64_t tid;

	switch (col) {
	case COL_STATE: return parse_state(s, &r->state);
	case COL_GUEST: return take_text(&r->guest, s);
	case COL_VCPU: return parse_u32(s, &r->vcpu);
	case COL_SEQUENCE: return take_text(&r->sequence, s);
	case COL_GUEST_TIME: return parse_i64(s, INT64_MIN, INT64_MAX, &r->guest_raw);
	case COL_GUEST_CPU: return parse_u32(s, &r->guest_cpu);
	case COL_GUEST_EVENT: return take_text(&r->guest_event, s);
	case COL_HOST_TIME: return parse_i64(s, INT64_MIN, INT64_MAX, &r->host_raw);
	case COL_HOST_CPU: return parse_u32(s, &r->host_cpu);
	case COL_HOST_EVENT: return take_text(&r->host_event, s);
	case COL_HOST_TID:
		r->host_tid = -1;
		if (!*s)
			return 1;
		if (!parse_i64(s, INT32_MIN, INT32_MAX, &tid))
			return 0;
		r->host_tid = (int32_t)tid;
		return 1;
	case COL_DELAY: r->delay_ns = parse_delay(s); return 1;
	case COL_TAG: return take_text(&r->tag, s);
	case COL_GUEST_NTH: return !*s || parse_u32(s, &r->guest_nth);
	case COL_HOST_NTH: return !*s || parse_u32(s, &r->host_nth);
	case COL_EXTRA: break;
	}
	return 1;
}

/* Values of unknown columns, as they stand: nobody here knows their escapes. */
static int extras_take(struct parse *p, struct vms_anchor *r)
{
	size_t size = 0;
	unsigned int i, n = 0;
	char *at;

	for (i = 0; i < p->a->cols_nr; i++)
		if (p->col[i] == COL_EXTRA)
			size += (i < p->fields_nr ? strlen(p->field[i]) : 0) + 1;
	if (!p->a->extra_nr)
		return 0;
	r->extra = vms_calloc(p->a->extra_nr, sizeof(*r->extra));
	at = r->extra ? vms_calloc(1, size) : NULL;
	if (!at)
		return -VMS_ENOMEM;
	for (i = 0; i < p->a->cols_nr; i++) {
		if (p->col[i] != COL_EXTRA)
			continue;
		r->extra[n++] = at;
		if (i < p->fields_nr) {
			const size_t len = strlen(p->field[i]);

			memcpy(at, p->field[i], len);
			at += len;
		}
		at++;
	}
	return 0;
}

/* A name is needed even where its column is missing. */
static int defaults_fill(struct vms_anchor *r)
{
	char **const names[] = { &r->guest, &r->sequence, &r->guest_event, &r->host_event,
				 &r->tag };
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(names); i++) {
		if (!*names[i])
			*names[i] = vms_strdup("");
		if (!*names[i])
			return -VMS_ENOMEM;
	}
	return 0;
}

static void split(struct parse *p, char *line)
{
	p->fields_nr = 0;
	for (;;) {
		char *tab = strchr(line, '\t');

		p->field[p->fields_nr++] = line;
		if (!tab || p->fields_nr == COLS_MAX)
			return;
		*tab = '\0';
		line = tab + 1;
	}
}

/* An editor may have cut empty fields at the end of a line; what finds the events must be there. */
static bool may_be_missing(uint8_t col)
{
	return col == COL_TAG || col == COL_GUEST_NTH || col == COL_HOST_NTH || col == COL_EXTRA;
}

static int fields_take(struct parse *p, struct vms_anchor *r, const char **why)
{
	unsigned int i;
	int ret;

	*why = "it has another number of fields than there are columns";
	if (p->fields_nr > p->a->cols_nr)
		return 0;
	for (i = p->fields_nr; i < p->a->cols_nr; i++)
		if (!may_be_missing(p->col[i]))
			return 0;
	ret = extras_take(p, r);
	for (i = 0; !ret && i < p->fields_nr; i++) {
		ret = field_take(r, (enum anchors_col)p->col[i], p->field[i]);
		if (!ret)
			*why = p->a->cols[i];
		if (ret <= 0)
			return ret;
		ret = 0;
	}
	return ret ? ret : defaults_fill(r) ? -VMS_ENOMEM : 1;
}

static int row_take(struct parse *p, const char *line, size_t len)
{
	char *copy = vms_calloc(1, len + 1), *verbatim = vms_calloc(1, len + 1);
	struct vms_anchor r = { .delay_ns = NAN, .host_tid = -1 };
	const char *why = NULL;
	int ret = -VMS_ENOMEM;

	if (copy && verbatim) {
		memcpy(copy, line, len);
		memcpy(verbatim, line, len);
		split(p, copy);
		ret = fields_take(p, &r, &why);
	}
	if (!ret) {
		vms_anchor_clear(&r);
		r.verbatim = verbatim;
		r.unmatched = true;
		verbatim = NULL;
		(void)snprintf(r.why, sizeof(r.why), "%.64s%s", why,
			       strchr(why, ' ') ? "" : " is not valid");
		ret = 1;
	}
	r.line_nr = p->line_nr;
	if (ret > 0)
		ret = vms_grow(&p->a->rows, &p->rows_cap, (size_t)p->a->rows_nr + 1, sizeof(r),
			       ROWS_MAX);
	if (ret)
		vms_anchor_clear(&r);
	else
		p->a->rows[p->a->rows_nr++] = r;
	free(copy);
	free(verbatim);
	return ret;
}

static int header_take(struct parse *p, const char *line, size_t len)
{
	char *s = vms_calloc(1, len + 1);

	if (!s || vms_grow(&p->a->header, &p->header_cap, (size_t)p->a->header_nr + 1, sizeof(s),
			   ROWS_MAX)) {
		free(s);
		return -VMS_ENOMEM;
	}
	memcpy(s, line, len);
	p->a->header[p->a->header_nr++] = s;
	return 0;
}

static int cols_check(const struct parse *p, struct vms_err *err)
{
	static const uint8_t needed[] = { COL_STATE,	  COL_GUEST,	 COL_SEQUENCE,
					  COL_GUEST_TIME, COL_GUEST_CPU, COL_HOST_TIME,
					  COL_HOST_CPU };
	unsigned int seen[COL_NR + 1] = { 0 }, i;

	for (i = 0; i < p->a->cols_nr; i++)
		seen[p->col[i]]++;
	for (i = 0; i < VMS_ARRAY_NR(needed); i++)
		if (!seen[needed[i]])
			return vms_fail(err, VMS_EFORMAT, "line %u: there is no column '%s'",
					p->line_nr, col_names[needed[i]]);
	for (i = 0; i < COL_NR; i++)
		if (seen[i] > 1)
			return vms_fail(err, VMS_EFORMAT, "line %u: column '%s' is there %u times",
					p->line_nr, col_names[i], seen[i]);
	return 0;
}

static int cols_take(struct parse *p, const char *line, size_t len, struct vms_err *err)
{
	char *copy = vms_calloc(1, len + 1);
	unsigned int i;
	int ret = copy ? 0 : -VMS_ENOMEM;

	if (copy) {
		memcpy(copy, line, len);
		split(p, copy);
		for (i = 0; !ret && i < p->fields_nr; i++) {
			p->col[i] = (uint8_t)anchors_col_of(p->field[i]);
			ret = anchors_col_add(p->a, p->field[i]);
		}
	}
	free(copy);
	return ret ? vms_fail(err, VMS_ENOMEM, "out of memory") : cols_check(p, err);
}

static int magic_check(const char *line, size_t len, struct vms_err *err)
{
	const size_t magic_len = strlen(ANCHORS_MAGIC);
	char number[24] = "";
	int64_t version;

	if (len <= magic_len || memcmp(line, ANCHORS_MAGIC, magic_len))
		return vms_fail(err, VMS_EFORMAT,
				"not an anchors file: its first line is not '%s%d'", ANCHORS_MAGIC,
				ANCHORS_VERSION);
	while (len > magic_len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	(void)memcpy(number, line + magic_len, VMS_MIN(len - magic_len, sizeof(number) - 1));
	if (!parse_i64(number, 1, INT32_MAX, &version))
		return vms_fail(err, VMS_EFORMAT,
				"not an anchors file: its version is not a number");
	if (version != ANCHORS_VERSION)
		return vms_fail(err, VMS_EFORMAT,
				"version %lld of the anchors file, this program reads %d",
				(long long)version, ANCHORS_VERSION);
	return 0;
}

static int line_take(struct parse *p, const char *line, size_t len, struct vms_err *err)
{
	int ret;

	if (len && line[len - 1] == '\r')
		len--;
	if (p->line_nr == 1)
		return magic_check(line, len, err);
	if (!len)
		return 0;
	if (line[0] == '#')
		ret = header_take(p, line, len);
	else if (!p->a->cols_nr)
		return cols_take(p, line, len, err);
	else
		ret = row_take(p, line, len);
	return ret ? vms_fail(err, -ret, "line %u: %s", p->line_nr,
			      ret == -VMS_ERANGE ? "too many rows" : "out of memory")
		   : 0;
}

int vms_anchors_parse(struct vms_anchors **out, const char *text, size_t size, struct vms_err *err)
{
	struct parse p = { 0 };
	size_t at = 0;
	int ret = 0;

	if (size && memchr(text, 0, size))
		return vms_fail(err, VMS_EFORMAT, "not an anchors file: it holds a zero byte");
	p.a = vms_calloc(1, sizeof(*p.a));
	if (!p.a)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	if (!size)
		ret = vms_fail(err, VMS_EFORMAT, "not an anchors file: it is empty");
	while (!ret && at < size) {
		const char *end = memchr(text + at, '\n', size - at);
		const size_t len = end ? (size_t)(end - text) - at : size - at;

		p.line_nr++;
		ret = line_take(&p, text + at, len, err);
		at += len + 1;
	}
	if (!ret && !p.a->cols_nr)
		ret = vms_fail(err, VMS_EFORMAT,
			       "it ends before the line with the names of the columns");
	if (ret)
		vms_anchors_free(p.a);
	else
		*out = p.a;
	return ret;
}

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

static void field_text(struct text *t, enum anchors_col col, const struct vms_anchor *r)
{
	switch (col) {
	case COL_STATE: text_printf(t, "%s", anchors_state_name(r->state)); break;
	case COL_GUEST: text_escaped(t, r->guest, false); break;
	case COL_VCPU: text_printf(t, "%u", r->vcpu); break;
	case COL_SEQUENCE: text_escaped(t, r->sequence, false); break;
	case COL_GUEST_TIME: text_printf(t, "%lld", (long long)r->guest_raw); break;
	case COL_GUEST_CPU: text_printf(t, "%u", r->guest_cpu); break;
	case COL_GUEST_EVENT: text_escaped(t, r->guest_event, false); break;
	case COL_HOST_TIME: text_printf(t, "%lld", (long long)r->host_raw); break;
	case COL_HOST_CPU: text_printf(t, "%u", r->host_cpu); break;
	case COL_HOST_EVENT: text_escaped(t, r->host_event, false); break;
	case COL_HOST_TID: text_printf(t, "%d", r->host_tid); break;
	case COL_DELAY:
		if (isfinite(r->delay_ns))
			text_printf(t, "%.1f", r->delay_ns);
		break;
	case COL_TAG: text_escaped(t, r->tag, false); break;
	case COL_GUEST_NTH: text_printf(t, "%u", r->guest_nth); break;
	case COL_HOST_NTH: text_printf(t, "%u", r->host_nth); break;
	case COL_EXTRA: break;
	}
}

void anchors_row_text(struct text *t, const struct vms_anchors *a, const struct vms_anchor *row)
{
	unsigned int i, extra = 0;

	if (row->verbatim)
		text_add(t, row->verbatim, strlen(row->verbatim));
	for (i = 0; !row->verbatim && i < a->cols_nr; i++) {
		const enum anchors_col col = anchors_col_of(a->cols[i]);

		if (i)
			text_add(t, "\t", 1);
		field_text(t, col, row);
		if (col != COL_EXTRA)
			continue;
		if (row->extra)
			text_add(t, row->extra[extra], strlen(row->extra[extra]));
		extra++;
	}
	text_add(t, "\n", 1);
}

int vms_anchors_format(const struct vms_anchors *a, char **text, size_t *size, struct vms_err *err)
{
	struct text t = { 0 };
	unsigned int i;
	uint32_t r;

	text_printf(&t, "%s%d\n", ANCHORS_MAGIC, ANCHORS_VERSION);
	for (i = 0; i < a->header_nr; i++)
		text_printf(&t, "%s\n", a->header[i]);
	for (i = 0; i < a->cols_nr; i++)
		text_printf(&t, "%s%s", i ? "\t" : "", a->cols[i]);
	text_add(&t, "\n", 1);
	for (r = 0; r < a->rows_nr; r++)
		anchors_row_text(&t, a, &a->rows[r]);
	if (t.bad) {
		free(t.p);
		return vms_fail(err, VMS_ENOMEM, "out of memory for the text of %u anchors",
				a->rows_nr);
	}
	*text = t.p;
	*size = t.nr;
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
