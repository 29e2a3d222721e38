// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How a trace.dat is copied with other options: a new chain at the end in version 7, moved data in
 * version 6.
 */
#include "io/apply/apply.h"
#include "io/files/unchanged.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "io/direct/direct.h"
#include "io/files/files.h"
#include "core/base/util.h"

#define OPTION_SECTIONS_MAX 1000
#define V6_KIND_BYTES 10 /* "options  \0", "flyrecord\0" */
#define OPTIONS_BYTES_MAX ((size_t)1 << 31)
#define ZEROS_MAX ((uint64_t)1 << 16)

/* A growing piece of the new file; running out of memory or room stays set in @ret. */
struct out {
	uint8_t *p;
	size_t nr, cap;
	bool swap;
	int ret;
};

static void put_bytes(struct out *o, const void *p, size_t size)
{
	if (!o->ret)
		o->ret = vms_grow(&o->p, &o->cap, o->nr + size, 1, OPTIONS_BYTES_MAX);
	if (o->ret || !size)
		return;
	memcpy(o->p + o->nr, p, size);
	o->nr += size;
}

static void put_u16(struct out *o, uint16_t v)
{
	v = load_u16((const uint8_t *)&v, o->swap);
	put_bytes(o, &v, sizeof(v));
}

static void put_u32(struct out *o, uint32_t v)
{
	v = load_u32((const uint8_t *)&v, o->swap);
	put_bytes(o, &v, sizeof(v));
}

static void put_u64(struct out *o, uint64_t v)
{
	v = load_u64((const uint8_t *)&v, o->swap);
	put_bytes(o, &v, sizeof(v));
}

static void store_u64(uint8_t *p, uint64_t v, bool swap)
{
	v = load_u64((const uint8_t *)&v, swap);
	memcpy(p, &v, sizeof(v));
}

static void put_option(struct out *o, unsigned int id, const void *data, size_t size)
{
	put_u16(o, (uint16_t)id);
	put_u32(o, (uint32_t)size);
	put_bytes(o, data, size);
}

/* doc/METHOD.md 3.2 */
static void put_time_shift(struct out *out, const struct vms_time_shift *ts)
{
	struct out data = { .swap = out->swap };
	uint32_t i, k;

	put_u64(&data, ts->peer_id);
	put_u32(&data, ts->flags);
	put_u32(&data, ts->cpus_nr);
	for (i = 0; i < ts->cpus_nr; i++) {
		const struct vms_shift_cpu *c = &ts->cpus[i];

		put_u32(&data, c->samples_nr);
		for (k = 0; k < c->samples_nr; k++)
			put_u64(&data, c->samples[k].time);
		for (k = 0; k < c->samples_nr; k++)
			put_u64(&data, (uint64_t)c->samples[k].offset);
		for (k = 0; k < c->samples_nr; k++)
			put_u64(&data, c->samples[k].scaling);
	}
	for (i = 0; i < ts->cpus_nr; i++)
		for (k = 0; k < ts->cpus[i].samples_nr; k++)
			put_u64(&data, ts->cpus[i].samples[k].fraction);
	if (!out->ret)
		out->ret = data.ret;
	put_option(out, OPT_TIME_SHIFT, data.p, data.nr);
	free(data.p);
}

/* Does the copy say this otherwise? DATE and OFFSET are one sum, so they go together. */
static bool is_replaced(const struct direct_file *f, const struct apply_edit *e, unsigned int id)
{
	if (id == OPT_TSC2NSEC)
		return f->opts.mult != e->mult || f->opts.shift != e->shift_bits;
	if (id == OPT_DATE || id == OPT_OFFSET)
		return f->opts.ts_offset != e->ts_offset;
	return id == OPT_TIME_SHIFT && e->shift;
}

static void put_guest(struct out *out, const struct vms_guest_decl *guest)
{
	struct out data = { .swap = out->swap };
	uint32_t i;

	put_bytes(&data, guest->name, strlen(guest->name) + 1);
	put_u64(&data, guest->trace_id);
	put_u32(&data, guest->vcpus_nr);
	for (i = 0; i < guest->vcpus_nr; i++) {
		put_u32(&data, guest->vcpu[i]);
		put_u32(&data, (uint32_t)guest->tid[i]);
	}
	if (!out->ret)
		out->ret = data.ret;
	put_option(out, OPT_GUEST, data.p, data.nr);
	free(data.p);
}

static void put_new_options(struct out *out, const struct direct_file *direct,
			    const struct apply_edit *edit)
{
	struct out data = { .swap = out->swap };
	char number[32];
	unsigned int i;

	if (edit->shift)
		put_time_shift(out, edit->shift);
	for (i = 0; i < edit->guests_nr; i++)
		put_guest(out, &edit->guests[i]);
	if (edit->mult && is_replaced(direct, edit, OPT_TSC2NSEC)) {
		put_u32(&data, edit->mult);
		put_u32(&data, edit->shift_bits);
		put_u64(&data, 0);
		put_option(out, OPT_TSC2NSEC, data.p, data.nr);
		if (!out->ret)
			out->ret = data.ret;
	}
	if (edit->ts_offset && is_replaced(direct, edit, OPT_OFFSET)) {
		const int n = snprintf(number, sizeof(number), "%" PRId64, edit->ts_offset);

		put_option(out, OPT_OFFSET, number, (size_t)n + 1);
	}
	free(data.p);
}

/*
 * Copies options up to the one that ends them; @end: data of that one. False when they are cut
 * short.
 */
static bool copy_options(struct out *out, struct cursor *cursor, const struct direct_file *direct,
			 const struct apply_edit *edit, struct bytes *end)
{
	for (;;) {
		const unsigned int id = cursor_u16(cursor);
		struct bytes data;

		*end = (struct bytes){ 0 };
		if (id == OPT_DONE && direct->version == 6)
			return !cursor->bad;
		data = cursor_bytes(cursor, cursor_u32(cursor));
		if (cursor->bad)
			return false;
		*end = data;
		if (id == OPT_DONE)
			return true;
		if (!is_replaced(direct, edit, id))
			put_option(out, id, data.p, data.size);
	}
}

/* The description is an offset into the file's strings: the old one serves. */
static uint32_t options_description(const struct direct_file *f)
{
	struct bytes b;

	if (!direct_bytes(f, f->options_offset, 16, &b))
		return 0;
	return load_u32(b.p + 4, f->swap);
}

/*
 * All options of the chain in one new section behind the end, plain whatever the file's
 * compression. The old sections stay as dead bytes, which readers that walk over all sections skip.
 */
static int v7_options(struct out *out, struct direct_file *direct, const struct apply_edit *edit,
		      struct vms_err *err)
{
	uint64_t offset = direct->options_offset;
	struct bytes bytes, end;
	unsigned int i;

	put_u16(out, OPT_DONE);
	put_u16(out, 0);
	put_u32(out, options_description(direct));
	put_u64(out, 0);
	for (i = 0; offset; i++) {
		struct cursor cursor;
		int ret;

		if (i == OPTION_SECTIONS_MAX)
			return vms_fail(err, VMS_EFORMAT, "%s: the chain of options has no end",
					direct->path);
		ret = direct_section_read(direct, offset, OPT_DONE, &bytes, err);
		if (ret)
			return ret;
		cursor = cursor_of(bytes, direct->swap);
		if (!copy_options(out, &cursor, direct, edit, &end))
			return vms_fail(err, VMS_EFORMAT,
					"%s: an option is longer than its section", direct->path);
		cursor = cursor_of(end, direct->swap);
		offset = cursor_u64(&cursor);
	}
	put_new_options(out, direct, edit);
	put_option(out, OPT_DONE, (const uint64_t[]){ 0 }, 8);
	if (!out->ret)
		store_u64(out->p + 8, out->nr - 16, direct->swap);
	return 0;
}

/* Where the header of version 7 keeps the offset of the options. */
static size_t v7_options_field(const struct direct_file *f)
{
	struct cursor c = cursor_of((struct bytes){ f->map, f->size }, f->swap);

	(void)cursor_bytes(&c, 10);
	(void)cursor_text(&c);
	(void)cursor_bytes(&c, 2 + 4);
	(void)cursor_text(&c);
	(void)cursor_text(&c);
	return (size_t)(c.p - f->map);
}

static int nomem(const struct out *o, const struct direct_file *f, struct vms_err *err)
{
	if (o->ret == -VMS_ERANGE)
		return vms_fail(err, VMS_ERANGE,
				"the options of %s become larger than a file can hold", f->path);
	return vms_fail(err, VMS_ENOMEM, "out of memory for the options of %s", f->path);
}

static int v7_write(const char *path, struct direct_file *direct, uint8_t *map,
		    const struct apply_edit *edit, struct vms_err *err)
{
	struct out out = { .swap = direct->swap };
	int ret = v7_options(&out, direct, edit, err);

	if (!ret && out.ret)
		ret = nomem(&out, direct, err);
	if (!ret) {
		const struct file_piece pieces[] = { { map, direct->size }, { out.p, out.nr } };

		store_u64(map + v7_options_field(direct), direct->size, direct->swap);
		ret = file_replace_pieces(path, pieces, VMS_ARRAY_NR(pieces), false, err);
	}
	free(out.p);
	return ret;
}

/* struct v6 - the parts of a version 6 file: head, options, tables, data */
struct v6 {
	size_t options_at, options_end;
	size_t data_at; /* what lies at or behind it is moved as a whole */
	uint64_t moved; /* by so many bytes, a multiple of the page size, modulo 2^64 */
	uint64_t zeros; /* between tables and data */
};

/* The least multiple of a page that is not below it; @grown may be negative modulo 2^64. */
static uint64_t page_up(uint64_t grown, uint64_t page)
{
	if (grown <= INT64_MAX)
		return (grown + page - 1) / page * page;
	return 0 - (0 - grown) / page * page;
}

static int v6_parts(struct v6 *v6, struct out *out, const struct direct_file *direct,
		    const struct apply_edit *edit, struct vms_err *err)
{
	const struct bytes last = direct->section[DIRECT_SECTION_NR - 1];
	const uint64_t page = direct->page_size ? direct->page_size : 4096;
	struct cursor cursor;
	struct bytes end;
	uint64_t grown;
	size_t i, k;

	v6->options_at =
		(size_t)(last.p - direct->map) + last.size + 4; /* behind the number of CPUs */
	cursor = cursor_of((struct bytes){ direct->map + v6->options_at,
					   direct->size - v6->options_at },
			   direct->swap);
	put_bytes(out, "options  ", V6_KIND_BYTES);
	if (cursor_left(&cursor) >= V6_KIND_BYTES && !memcmp(cursor.p, "options", 7)) {
		(void)cursor_bytes(&cursor, V6_KIND_BYTES);
		if (!copy_options(out, &cursor, direct, edit, &end))
			return vms_fail(err, VMS_EFORMAT, "%s is cut short within its options",
					direct->path);
	}
	put_new_options(out, direct, edit);
	put_u16(out, OPT_DONE);
	if (out->ret)
		return nomem(out, direct, err);
	v6->options_end = (size_t)(cursor.p - direct->map);
	v6->data_at = direct->size;
	for (i = 0; i < direct->opts.buffers_nr; i++) {
		const struct direct_buffer *b = &direct->opts.buffers[i];

		if (i) /* the first is the top instance: its table is part of the head */
			v6->data_at = (size_t)VMS_MIN(b->offset, v6->data_at);
		for (k = 0; k < b->data_nr; k++)
			if (b->data[k].size)
				v6->data_at = (size_t)VMS_MIN(b->data[k].offset, v6->data_at);
	}
	if (page > ZEROS_MAX || v6->data_at < v6->options_end)
		return vms_fail(err, VMS_EFORMAT, "%s: its event data lies where its header is",
				direct->path);
	grown = out->nr + v6->options_at - v6->options_end;
	v6->moved = page_up(grown, page);
	v6->zeros = v6->moved - grown;
	return 0;
}

/* Offsets in the table of an instance at @at of the original. */
static void v6_move_table(uint8_t *map, const struct direct_file *direct, const struct v6 *layout,
			  uint64_t at)
{
	struct bytes b;
	uint32_t i;

	for (i = 0; i < direct->opts.cpus_nr; i++) {
		const uint64_t entry = at + V6_KIND_BYTES + (uint64_t)i * 16;

		if (entry < at || !direct_bytes(direct, entry, 16, &b))
			return;
		if (load_u64(b.p, direct->swap) >= layout->data_at)
			store_u64(map + entry, load_u64(b.p, direct->swap) + layout->moved,
				  direct->swap);
	}
}

/* Offsets of the tables of instances in the new options. */
static void v6_move_buffers(struct out *out, const struct direct_file *direct, const struct v6 *v6)
{
	size_t at = V6_KIND_BYTES;

	while (at + 6 <= out->nr) {
		const unsigned int id = load_u16(out->p + at, direct->swap);
		const uint32_t size = load_u32(out->p + at + 2, direct->swap);

		at += 6;
		if (id == OPT_BUFFER && size >= 8 &&
		    load_u64(out->p + at, direct->swap) >= v6->data_at)
			store_u64(out->p + at, load_u64(out->p + at, direct->swap) + v6->moved,
				  direct->swap);
		at += size;
	}
}

static int v6_write(const char *path, struct direct_file *direct, uint8_t *map,
		    const struct apply_edit *edit, struct vms_err *err)
{
	static const uint8_t zeros[ZEROS_MAX];
	struct out out = { .swap = direct->swap };
	struct v6 v6 = { 0 };
	size_t i;
	int ret = v6_parts(&v6, &out, direct, edit, err);

	if (!ret) {
		const struct file_piece pieces[] = {
			{ map, v6.options_at },
			{ out.p, out.nr },
			{ map + v6.options_end, v6.data_at - v6.options_end },
			{ zeros, (size_t)v6.zeros },
			{ map + v6.data_at, direct->size - v6.data_at },
		};

		v6_move_buffers(&out, direct, &v6);
		v6_move_table(map, direct, &v6, v6.options_end);
		for (i = 1; i < direct->opts.buffers_nr; i++)
			v6_move_table(map, direct, &v6, direct->opts.buffers[i].offset);
		ret = file_replace_pieces(path, pieces, VMS_ARRAY_NR(pieces), false, err);
	}
	free(out.p);
	return ret;
}

int apply_file(const char *path, const struct vms_stream *original, const struct apply_edit *edit,
	       struct vms_err *err)
{
	uint8_t *map;
	struct direct_file direct;
	int ret = direct_file_open(&direct, original->path, err);

	if (ret)
		return ret;
	if (original->file.ino && memcmp(&direct.id, &original->file, sizeof(direct.id)) != 0) {
		direct_file_close(&direct);
		return vms_fail(err, VMS_EIO, "%s changed while it was being copied",
				original->path);
	}
	/* The mapping is private: offsets can be changed in it, and only this process sees that. */
	map = (uint8_t *)(uintptr_t)direct.map;
	if (mprotect(map, direct.size, PROT_READ | PROT_WRITE))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory for a copy of %s", original->path);
	else if (direct.version == 6)
		ret = v6_write(path, &direct, map, edit, err);
	else
		ret = v7_write(path, &direct, map, edit, err);
	direct_file_close(&direct);
	if (!ret && file_unchanged(original->path, &original->file, err))
		ret = vms_fail_at(err, -VMS_EIO, "the copy is not to be used");
	return ret;
}
