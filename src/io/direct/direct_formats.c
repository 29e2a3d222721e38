// SPDX-License-Identifier: LGPL-2.1-or-later
/* Format files of the traced kernel: which fields an event type has and where. */
#include "io/direct/direct_impl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/util.h"

/*
 * libtraceevent parses these texts too, and prints events in the end (direct_text.c). Here the
 * reader parses them itself because a damaged file must not reach a parser that trusts its input,
 * and because a few fields are all it needs of thousands of formats.
 */

#define TYPES_MAX ((size_t)UINT16_MAX)
#define FIELDS_MAX 512
#define FORMAT_BYTES_MAX ((uint64_t)1 << 20)

struct text {
	const char *p, *end;
};

static bool text_line(struct text *t, struct text *line)
{
	const char *nl;

	if (t->p == t->end)
		return false;
	nl = memchr(t->p, '\n', (size_t)(t->end - t->p));
	line->p = t->p;
	line->end = nl ? nl : t->end;
	t->p = nl ? nl + 1 : t->end;
	return true;
}

static bool text_begins(struct text *t, const char *with)
{
	const size_t n = strlen(with);

	if ((size_t)(t->end - t->p) < n || memcmp(t->p, with, n))
		return false;
	t->p += n;
	return true;
}

static void text_blanks(struct text *t)
{
	while (t->p < t->end && (*t->p == ' ' || *t->p == '\t'))
		t->p++;
}

/* "key:NUMBER" somewhere in the line */
static bool text_number(struct text line, const char *key, uint32_t *val)
{
	const char *at = memmem(line.p, (size_t)(line.end - line.p), key, strlen(key));
	uint64_t v = 0;
	const char *p;

	if (!at)
		return false;
	for (p = at + strlen(key); p < line.end && isdigit((unsigned char)*p) && v < UINT32_MAX;
	     p++)
		v = v * 10 + (uint64_t)(*p - '0');
	if (p == at + strlen(key) || v >= UINT32_MAX)
		return false;
	*val = (uint32_t)v;
	return true;
}

static bool ident(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "unsigned char buf[16]": name and whether it is an array; the declaration ends at a semicolon */
static bool field_name(struct text decl, struct text *name, bool *is_array)
{
	const char *end = decl.end;

	*is_array = false;
	for (;;) {
		while (end > decl.p && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		if (end == decl.p || end[-1] != ']')
			break;
		*is_array = true;
		while (end > decl.p && end[-1] != '[')
			end--;
		if (end > decl.p)
			end--;
	}
	name->end = end;
	while (end > decl.p && ident(end[-1]))
		end--;
	name->p = end;
	/* "__data_loc char[] name" */
	if (memchr(decl.p, '[', (size_t)(name->p - decl.p)))
		*is_array = true;
	return name->p < name->end;
}

/* "\tfield:TYPE NAME;\toffset:0;\tsize:2;\tsigned:0;" behind "field:" */
static int read_field(struct direct_file *direct, struct text line, struct vms_field *out, bool *ok)
{
	const char *semi = memchr(line.p, ';', (size_t)(line.end - line.p));
	uint32_t offset, size, sign = 0;
	struct text decl, name;
	bool relative;

	*ok = false;
	if (!semi)
		return 0;
	decl = (struct text){ line.p, semi };
	line.p = semi;
	if (!text_number(line, "offset:", &offset) || !text_number(line, "size:", &size) ||
	    offset > UINT16_MAX || size > UINT16_MAX || offset + size > UINT16_MAX ||
	    !field_name(decl, &name, &out->is_array))
		return 0;
	(void)text_number(line, "signed:", &sign);
	text_blanks(&decl);
	relative = text_begins(&decl, "__rel_loc ");
	out->is_dynamic = text_begins(&decl, "__data_loc ") && size == 4;
	out->is_array |= out->is_dynamic || relative;
	out->name = direct_strndup(direct, name.p, (size_t)(name.end - name.p));
	if (!out->name)
		return -VMS_ENOMEM;
	out->offset = (uint16_t)offset;
	out->size = (uint16_t)size;
	out->is_signed = sign;
	*ok = true;
	return 0;
}

static void check_of(struct direct_check *ck, struct vms_event_type *type, struct vms_field *fields)
{
	unsigned int i, last = 0;

	memset(ck, 0, sizeof(*ck));
	for (i = 1; i < type->fields_nr; i++)
		if (fields[i].offset >= fields[last].offset)
			last = i;
	/* function stacks and the like end in an array of which an event holds only a part */
	if (type->fields_nr && fields[last].is_array && !fields[last].is_dynamic &&
	    !strcmp(type->system, "ftrace"))
		fields[last].size = 0;
	for (i = 0; i < type->fields_nr; i++) {
		const unsigned int end = fields[i].offset + fields[i].size;

		type->size_min = (uint16_t)VMS_MAX(type->size_min, end);
		if (fields[i].is_dynamic && ck->dynamic_nr < VMS_ARRAY_NR(ck->dynamic))
			ck->dynamic[ck->dynamic_nr++] = fields[i].offset;
		else if (fields[i].is_dynamic)
			fields[i].is_dynamic = false; /* unchecked, so nobody may follow it */
	}
	ck->size_min = type->size_min;
}

static int type_add(struct direct_formats *fm, const struct vms_event_type *type,
		    const struct direct_check *ck, struct bytes text)
{
	if (fm->nr == TYPES_MAX)
		return 0;
	if (vms_grow(&fm->types, &fm->cap, fm->nr + 1, sizeof(*fm->types), TYPES_MAX) ||
	    vms_grow(&fm->texts, &fm->texts_cap, fm->nr + 1, sizeof(*fm->texts), TYPES_MAX) ||
	    vms_grow(&fm->checks, &fm->checks_cap, fm->nr + 1, sizeof(*fm->checks), TYPES_MAX))
		return -VMS_ENOMEM;
	fm->types[fm->nr] = *type;
	fm->texts[fm->nr].text = text;
	fm->checks[fm->nr] = *ck;
	if (type->id >= 0)
		fm->by_id[type->id] = (uint16_t)fm->nr;
	fm->nr++;
	return 0;
}

/* one format file; *ok is false when it is not one */
static int read_format(struct direct_formats *fm, struct direct_file *direct, const char *system,
		       struct bytes bytes, bool *ok)
{
	struct text text = { (const char *)bytes.p, (const char *)bytes.p + bytes.size };
	struct vms_field fields[FIELDS_MAX];
	struct vms_event_type type = { .system = system, .id = -1 };
	struct direct_check ck;
	struct vms_field *kept;
	struct text line;
	uint32_t id;
	int ret;

	*ok = false;
	while (text_line(&text, &line)) {
		bool good;

		text_blanks(&line);
		if (text_begins(&line, "print fmt:"))
			break;
		if (!type.name && text_begins(&line, "name: ")) {
			type.name = direct_strndup(direct, line.p, (size_t)(line.end - line.p));
			if (!type.name)
				return -VMS_ENOMEM;
		} else if (text_number(line, "ID: ", &id) && id <= UINT16_MAX && type.id < 0) {
			type.id = (int)id;
		} else if (text_begins(&line, "field:")) {
			if (type.fields_nr == FIELDS_MAX)
				return 0;
			ret = read_field(direct, line, &fields[type.fields_nr], &good);
			if (ret || !good)
				return ret;
			type.fields_nr++;
		}
	}
	if (!type.name || type.id < 0 || fm->by_id[type.id])
		return 0;
	check_of(&ck, &type, fields);
	if (type.size_min < 2)
		return 0;
	kept = direct_alloc(direct, type.fields_nr, sizeof(*kept));
	if (!kept)
		return -VMS_ENOMEM;
	memcpy(kept, fields, type.fields_nr * sizeof(*kept));
	type.fields = kept;
	*ok = true;
	return type_add(fm, &type, &ck, bytes);
}

static int read_formats(struct direct_formats *fm, struct direct_file *direct, const char *system,
			struct cursor *c, unsigned int *bad_nr)
{
	uint32_t nr = cursor_u32(c);

	while (nr-- && !c->bad) {
		const struct bytes text = cursor_bytes(c, cursor_u64(c));
		bool ok;
		int ret;

		if (c->bad)
			break;
		if (text.size > FORMAT_BYTES_MAX) {
			++*bad_nr;
			continue;
		}
		ret = read_format(fm, direct, system, text, &ok);
		if (ret)
			return ret;
		*bad_nr += !ok;
	}
	return 0;
}

/* "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;" */
static void read_layout(struct direct_page_layout *page_layout, struct bytes b)
{
	struct text t = { (const char *)b.p, (const char *)b.p + b.size };
	struct text line;

	while (text_line(&t, &line)) {
		struct text decl = line, name;
		uint32_t offset, size;
		bool is_array;

		text_blanks(&decl);
		if (!text_begins(&decl, "field:"))
			continue;
		line.p = decl.p;
		decl.end = memchr(line.p, ';', (size_t)(line.end - line.p));
		if (!decl.end || !field_name(decl, &name, &is_array) ||
		    !text_number(line, "offset:", &offset) || !text_number(line, "size:", &size))
			continue;
		if (text_begins(&name, "commit") && offset == 8)
			page_layout->commit_size = size;
		else if (text_begins(&name, "data")) {
			page_layout->data_offset = offset;
			page_layout->data_size = size;
		}
	}
}

static int read_header_info(struct direct_formats *fm, struct direct_file *direct,
			    struct vms_err *err)
{
	struct cursor c = cursor_of(direct->section[DIRECT_HEADER_INFO], direct->swap);
	struct direct_page_layout *page_layout = &fm->layout;
	const struct bytes name = cursor_bytes(&c, 12);
	const struct bytes page = cursor_bytes(&c, cursor_u64(&c));

	if (c.bad || memcmp(name.p, "header_page", 12))
		return vms_fail(err, VMS_EFORMAT,
				"%s: the description of its pages is missing or damaged",
				direct->path);
	read_layout(page_layout, page);
	if ((page_layout->commit_size != 4 && page_layout->commit_size != 8) ||
	    page_layout->data_offset != 8 + page_layout->commit_size)
		return vms_fail(err, VMS_EUNSUP,
				"%s: pages with commit of %u bytes and data at %u are not known",
				direct->path, page_layout->commit_size, page_layout->data_offset);
	return 0;
}

int direct_formats_read(struct direct_formats *fm, struct direct_file *direct, struct vms_err *err)
{
	static const struct vms_event_type unknown = { .id = -1, .system = "", .name = "unknown" };
	static const struct direct_check none = { 0 };
	struct cursor cursor;
	unsigned int bad_nr = 0;
	uint32_t nr;
	int ret;

	ret = read_header_info(fm, direct, err);
	if (ret)
		return ret;
	ret = type_add(fm, &unknown, &none, (struct bytes){ 0 });
	cursor = cursor_of(direct->section[DIRECT_FTRACE_EVENTS], direct->swap);
	if (!ret && cursor_left(&cursor))
		ret = read_formats(fm, direct, "ftrace", &cursor, &bad_nr);
	bad_nr += cursor.bad;
	cursor = cursor_of(direct->section[DIRECT_EVENT_FORMATS], direct->swap);
	nr = ret || !cursor_left(&cursor) ? 0 : cursor_u32(&cursor);
	while (nr-- && !ret && !cursor.bad) {
		const char *system = direct_strndup(direct, cursor_text(&cursor), 255);

		ret = system ? read_formats(fm, direct, system, &cursor, &bad_nr) : -VMS_ENOMEM;
	}
	if (ret)
		return vms_fail(err, VMS_ENOMEM, "out of memory for the event formats of %s",
				direct->path);
	bad_nr += cursor.bad;
	if (fm->nr == 1)
		return vms_fail(err, VMS_EFORMAT,
				"%s has no usable event formats: the file is damaged",
				direct->path);
	if (bad_nr)
		direct_note(direct,
			    "%u event formats are damaged or twice in the file: their events count "
			    "as unknown",
			    bad_nr);
	return 0;
}

void direct_formats_clear(struct direct_formats *fm)
{
	free(fm->types);
	free(fm->texts);
	free(fm->checks);
	fm->types = NULL;
	fm->texts = NULL;
	fm->checks = NULL;
}
