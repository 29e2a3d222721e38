// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reading the anchors file: lines to rows, and what cannot be read kept as it stood. */
#include "io/anchors/anchors_impl.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/printable.h"
#include "core/base/util.h"

#define ROWS_MAX ((size_t)1 << 31)
#define COLS_MAX 256u

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

	for (i = 0; i <= VMS_REJECTED; i++) {
		if (!strcmp(s, anchors_state_name(i))) {
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
static int field_take(struct vms_anchor *anchor, enum anchors_col col, char *text)
{
	int64_t tid;

	switch (col) {
	case COL_STATE: return parse_state(text, &anchor->state);
	case COL_GUEST: return take_text(&anchor->guest, text);
	case COL_VCPU: return parse_u32(text, &anchor->vcpu);
	case COL_SEQUENCE: return take_text(&anchor->sequence, text);
	case COL_GUEST_TIME: return parse_i64(text, INT64_MIN, INT64_MAX, &anchor->guest_raw);
	case COL_GUEST_CPU: return parse_u32(text, &anchor->guest_cpu);
	case COL_GUEST_EVENT: return take_text(&anchor->guest_event, text);
	case COL_HOST_TIME: return parse_i64(text, INT64_MIN, INT64_MAX, &anchor->host_raw);
	case COL_HOST_CPU: return parse_u32(text, &anchor->host_cpu);
	case COL_HOST_EVENT: return take_text(&anchor->host_event, text);
	case COL_HOST_TID:
		anchor->host_tid = -1;
		if (!*text)
			return 1;
		if (!parse_i64(text, INT32_MIN, INT32_MAX, &tid))
			return 0;
		anchor->host_tid = (int32_t)tid;
		return 1;
	case COL_DELAY: anchor->delay_ns = parse_delay(text); return 1;
	case COL_TAG: return take_text(&anchor->tag, text);
	case COL_GUEST_NTH: return !*text || parse_u32(text, &anchor->guest_nth);
	case COL_HOST_NTH: return !*text || parse_u32(text, &anchor->host_nth);
	case COL_EXTRA: break;
	}
	return 1;
}

/* Values of unknown columns, as they stand: nobody here knows their escapes. */
static int extras_take(struct parse *parse, struct vms_anchor *anchor)
{
	size_t size = 0;
	unsigned int i, n = 0;
	char *at;

	for (i = 0; i < parse->a->cols_nr; i++)
		if (parse->col[i] == COL_EXTRA)
			size += (i < parse->fields_nr ? strlen(parse->field[i]) : 0) + 1;
	if (!parse->a->extra_nr)
		return 0;
	anchor->extra = vms_calloc(parse->a->extra_nr, sizeof(*anchor->extra));
	at = anchor->extra ? vms_calloc(1, size) : NULL;
	if (!at)
		return -VMS_ENOMEM;
	for (i = 0; i < parse->a->cols_nr; i++) {
		if (parse->col[i] != COL_EXTRA)
			continue;
		anchor->extra[n++] = at;
		if (i < parse->fields_nr) {
			const size_t len = strlen(parse->field[i]);

			memcpy(at, parse->field[i], len);
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

/* Empty fields at the end of a line are not written; what finds the events must be there. */
static bool may_be_missing(uint8_t col)
{
	return col == COL_DELAY || col == COL_TAG || col == COL_GUEST_NTH || col == COL_HOST_NTH ||
	       col == COL_EXTRA;
}

static int fields_take(struct parse *parse, struct vms_anchor *anchor, const char **why)
{
	unsigned int i;
	int ret;

	*why = "it has another number of fields than there are columns";
	if (parse->fields_nr > parse->a->cols_nr)
		return 0;
	for (i = parse->fields_nr; i < parse->a->cols_nr; i++)
		if (!may_be_missing(parse->col[i]))
			return 0;
	ret = extras_take(parse, anchor);
	for (i = 0; !ret && i < parse->fields_nr; i++) {
		ret = field_take(anchor, (enum anchors_col)parse->col[i], parse->field[i]);
		if (!ret)
			*why = parse->a->cols[i];
		if (ret <= 0)
			return ret;
		ret = 0;
	}
	return ret ? ret : defaults_fill(anchor) ? -VMS_ENOMEM : 1;
}

static int row_take(struct parse *parse, const char *line, size_t len)
{
	char *copy = vms_calloc(1, len + 1), *verbatim = vms_calloc(1, len + 1);
	struct vms_anchor anchor = { .delay_ns = NAN, .host_tid = -1 };
	const char *why = NULL;
	int ret = -VMS_ENOMEM;

	if (copy && verbatim) {
		memcpy(copy, line, len);
		memcpy(verbatim, line, len);
		split(parse, copy);
		ret = fields_take(parse, &anchor, &why);
	}
	if (!ret) {
		vms_anchor_clear(&anchor);
		anchor.verbatim = verbatim;
		anchor.unmatched = true;
		verbatim = NULL;
		(void)snprintf(anchor.why, sizeof(anchor.why), "%s%s", fmt_clean(why, BUF(65)),
			       strchr(why, ' ') ? "" : " is not valid");
		ret = 1;
	}
	anchor.line_nr = parse->line_nr;
	if (ret > 0)
		ret = vms_grow(&parse->a->rows, &parse->rows_cap, (size_t)parse->a->rows_nr + 1,
			       sizeof(anchor), ROWS_MAX);
	if (ret)
		vms_anchor_clear(&anchor);
	else
		parse->a->rows[parse->a->rows_nr++] = anchor;
	free(copy);
	free(verbatim);
	return ret;
}

static int header_take(struct parse *parse, const char *line, size_t len)
{
	char *s = vms_calloc(1, len + 1);

	if (!s || vms_grow(&parse->a->header, &parse->header_cap, (size_t)parse->a->header_nr + 1,
			   sizeof(s), ROWS_MAX)) {
		free(s);
		return -VMS_ENOMEM;
	}
	memcpy(s, line, len);
	parse->a->header[parse->a->header_nr++] = s;
	return 0;
}

static int cols_check(const struct parse *parse, struct vms_err *err)
{
	static const uint8_t needed[] = { COL_STATE,	  COL_GUEST,	 COL_SEQUENCE,
					  COL_GUEST_TIME, COL_GUEST_CPU, COL_HOST_TIME,
					  COL_HOST_CPU };
	unsigned int seen[COL_NR + 1] = { 0 }, i;

	for (i = 0; i < parse->a->cols_nr; i++)
		seen[parse->col[i]]++;
	for (i = 0; i < VMS_ARRAY_NR(needed); i++)
		if (!seen[needed[i]])
			return vms_fail(err, VMS_EFORMAT, "line %u: there is no column '%s'",
					parse->line_nr, anchors_col_name(needed[i]));
	for (i = 0; i < COL_NR; i++)
		if (seen[i] > 1)
			return vms_fail(err, VMS_EFORMAT, "line %u: column '%s' is there %u times",
					parse->line_nr, anchors_col_name((enum anchors_col)i),
					seen[i]);
	return 0;
}

static int cols_take(struct parse *parse, const char *line, size_t len, struct vms_err *err)
{
	char *copy = vms_calloc(1, len + 1);
	unsigned int i;
	int ret = copy ? 0 : -VMS_ENOMEM;

	if (copy) {
		memcpy(copy, line, len);
		split(parse, copy);
		for (i = 0; !ret && i < parse->fields_nr; i++) {
			parse->col[i] = (uint8_t)anchors_col_of(parse->field[i]);
			ret = anchors_col_add(parse->a, parse->field[i]);
		}
	}
	free(copy);
	return ret ? vms_fail(err, VMS_ENOMEM, "out of memory") : cols_check(parse, err);
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
		return vms_fail(err, VMS_EUNSUP,
				"version %lld of the anchors file, this program reads %d",
				(long long)version, ANCHORS_VERSION);
	return 0;
}

static int line_take(struct parse *parse, const char *line, size_t len, struct vms_err *err)
{
	int ret;

	if (len && line[len - 1] == '\r')
		len--;
	if (parse->line_nr == 1)
		return magic_check(line, len, err);
	if (!len)
		return 0;
	if (line[0] == '#')
		ret = header_take(parse, line, len);
	else if (!parse->a->cols_nr)
		return cols_take(parse, line, len, err);
	else
		ret = row_take(parse, line, len);
	return ret ? vms_fail(err, -ret, "line %u: %s", parse->line_nr,
			      ret == -VMS_ERANGE ? "too many rows" : "out of memory")
		   : 0;
}

int vms_anchors_parse(struct vms_anchors **out, const char *text, size_t size, struct vms_err *err)
{
	struct parse parse = { 0 };
	size_t at = 0;
	int ret = 0;

	if (size && memchr(text, 0, size))
		return vms_fail(err, VMS_EFORMAT, "not an anchors file: it holds a zero byte");
	parse.a = vms_calloc(1, sizeof(*parse.a));
	if (!parse.a)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	if (!size)
		ret = vms_fail(err, VMS_EFORMAT, "not an anchors file: it is empty");
	while (!ret && at < size) {
		const char *end = memchr(text + at, '\n', size - at);
		const size_t len = end ? (size_t)(end - text) - at : size - at;

		parse.line_nr++;
		ret = line_take(&parse, text + at, len, err);
		at += len + 1;
	}
	if (!ret && !parse.a->cols_nr)
		ret = vms_fail(err, VMS_EFORMAT,
			       "it ends before the line with the names of the columns");
	if (ret)
		vms_anchors_free(parse.a);
	else
		*out = parse.a;
	return ret;
}
