// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The parts of a trace.dat: sections and chains of options of version 7, the fixed order of version
 * 6.
 */
#include "io/direct/direct.h"

#include <limits.h>
#include <zlib.h>
#include <zstd.h>

#include "core/base/util.h"

#define SECTION_COMPRESSED 1
#define SECTION_BYTES_MAX ((uint64_t)1 << 30)
#define OPTION_SECTIONS_MAX 1000

bool direct_claim_fits(uint64_t zsize, uint64_t size)
{
	/* zstd repeats a byte 128 KiB long in 4 bytes; zlib does 1032 to 1 */
	return size <= (zsize + 2) * 32768;
}

bool direct_decompress(enum direct_compression how, struct bytes in, uint8_t *out, size_t out_size,
		       void *zstd)
{
	uLongf len = out_size;
	size_t got;

	if (how == DIRECT_ZSTD) {
		got = zstd ? ZSTD_decompressDCtx(zstd, out, out_size, in.p, in.size)
			   : ZSTD_decompress(out, out_size, in.p, in.size);
		return !ZSTD_isError(got) && got == out_size;
	}
	if (how == DIRECT_ZLIB)
		return uncompress(out, &len, in.p, in.size) == Z_OK && len == out_size;
	return false;
}

/* compressed size, size, data */
static int section_inflate(struct direct_file *f, struct cursor *c, struct bytes *out,
			   struct vms_err *err)
{
	const uint32_t zsize = cursor_u32(c);
	const uint32_t size = cursor_u32(c);
	const struct bytes in = cursor_bytes(c, zsize);
	uint8_t *p;

	if (c->bad)
		return vms_fail(err, VMS_EFORMAT, "%s is cut short within a compressed section",
				f->path);
	if (f->compression == DIRECT_PLAIN || size > SECTION_BYTES_MAX ||
	    !direct_claim_fits(zsize, size))
		return vms_fail(err, VMS_EFORMAT, "%s: section of %u bytes claims to become %u",
				f->path, zsize, size);
	p = arena_alloc(&f->arena, (size_t)size + 1, 1);
	if (!p)
		return vms_fail(err, VMS_ENOMEM, "out of memory for a section of %u bytes", size);
	if (!direct_decompress(f->compression, in, p, size, NULL))
		return vms_fail(err, VMS_EFORMAT,
				"%s: a %s section does not decompress: the file is damaged",
				f->path, f->compression_name);
	*out = (struct bytes){ p, size };
	return 0;
}

int direct_section_read(struct direct_file *f, uint64_t offset, unsigned int id, struct bytes *out,
			struct vms_err *err)
{
	unsigned int got_id, flags;
	struct bytes rest;
	struct cursor c;
	uint64_t size;

	if (offset > f->size || !direct_bytes(f, offset, f->size - offset, &rest) || rest.size < 16)
		return vms_fail(err, VMS_EFORMAT,
				"%s is cut short: a section should lie at byte %llu of %zu",
				f->path, (unsigned long long)offset, f->size);
	c = cursor_of(rest, f->swap);
	got_id = cursor_u16(&c);
	flags = cursor_u16(&c);
	(void)cursor_u32(&c); /* description */
	size = cursor_u64(&c);
	if (got_id != id)
		return vms_fail(err, VMS_EFORMAT,
				"%s: section at byte %llu has id %u instead of %u", f->path,
				(unsigned long long)offset, got_id, id);
	if (flags & SECTION_COMPRESSED)
		return section_inflate(f, &c, out, err);
	if (size > cursor_left(&c))
		return vms_fail(
			err, VMS_EFORMAT,
			"%s is cut short: section at byte %llu has %llu bytes, %zu are there",
			f->path, (unsigned long long)offset, (unsigned long long)size,
			cursor_left(&c));
	*out = cursor_bytes(&c, size);
	return 0;
}

int direct_sections_load(struct direct_file *f, struct vms_err *err)
{
	unsigned int i;
	int ret;

	if (f->sections_loaded)
		return 0;
	for (i = 0; i < DIRECT_SECTION_NR && f->version == 7; i++) {
		struct vms_err why = { 0 };

		if (!f->section_offset[i])
			continue;
		ret = direct_section_read(f, f->section_offset[i], OPT_HEADER_INFO + i,
					  &f->section[i], &why);
		/* without symbols, printk formats and task names the events are still right */
		if (ret && ret != -VMS_ENOMEM && i >= DIRECT_KALLSYMS) {
			direct_note(f, "%s", why.msg);
			continue;
		}
		if (ret) {
			if (err)
				*err = why;
			return ret;
		}
	}
	f->sections_loaded = true;
	return 0;
}

/* one section of options; *next gets the offset of the next one, 0 at the end */
static int options_section(struct direct_file *f, uint64_t offset, uint64_t *next,
			   struct vms_err *err)
{
	struct bytes b;
	struct cursor c;
	int ret;

	*next = 0;
	ret = direct_section_read(f, offset, OPT_DONE, &b, err);
	if (ret)
		return ret;
	c = cursor_of(b, f->swap);
	for (;;) {
		const unsigned int id = cursor_u16(&c);
		const uint32_t size = cursor_u32(&c);
		const struct bytes data = cursor_bytes(&c, size);

		if (c.bad)
			return vms_fail(err, VMS_EFORMAT,
					"%s: an option at byte %llu is longer than its section",
					f->path, (unsigned long long)offset);
		if (id == OPT_DONE) {
			struct cursor d = cursor_of(data, f->swap);

			*next = cursor_u64(&d);
			return 0;
		}
		ret = direct_option_take(f, id, data);
		if (ret)
			return vms_fail(err, -ret, "out of memory reading the options of %s",
					f->path);
	}
}

int direct_options_read(struct direct_file *f, struct vms_err *err)
{
	uint64_t offset = f->options_offset;
	unsigned int i;

	for (i = 0; offset; i++) {
		struct vms_err why = { 0 };
		uint64_t next;
		int ret;

		if (i == OPTION_SECTIONS_MAX)
			return vms_fail(err, VMS_EFORMAT, "%s: the chain of options has no end",
					f->path);
		ret = options_section(f, offset, &next, &why);
		if (ret == -VMS_ENOMEM || (ret && !f->opts.buffers_nr)) {
			if (err)
				*err = why;
			return ret;
		}
		if (ret) {
			/*
			 * the events can be reached: what comes after is a loss to tell, not a
			 * reason to refuse
			 */
			direct_note(f, "%s; later options are missing", why.msg);
			break;
		}
		offset = next;
	}
	return 0;
}

/* "flyrecord" and a table of offset and size for each CPU */
static int v6_table(struct direct_file *f, struct cursor *c, struct direct_buffer *b,
		    struct vms_err *err)
{
	const struct bytes kind = cursor_bytes(c, 10);
	uint32_t i, nr = f->opts.cpus_nr;

	if (kind.p && !memcmp(kind.p, "latency", 7)) {
		f->opts.has_text = true;
		return 0;
	}
	if (!kind.p || memcmp(kind.p, "flyrecord", 9))
		return vms_fail(
			err, VMS_EFORMAT,
			"%s: no event data where it should be: the file is cut short or damaged",
			f->path);
	if (nr > cursor_left(c) / 16)
		return vms_fail(err, VMS_EFORMAT, "%s is cut short within the table of its %u CPUs",
				f->path, nr);
	b->data = arena_alloc(&f->arena, nr, sizeof(*b->data));
	if (!b->data)
		return vms_fail(err, VMS_ENOMEM, "out of memory for %u CPUs", nr);
	for (i = 0; i < nr; i++) {
		b->data[i].cpu = i;
		b->data[i].offset = cursor_u64(c);
		b->data[i].size = cursor_u64(c);
	}
	b->data_nr = nr;
	return 0;
}

static int v6_options(struct direct_file *f, struct cursor *c, struct vms_err *err)
{
	const struct bytes kind = { c->p, cursor_left(c) };

	if (kind.size < 10 || memcmp(kind.p, "options", 7))
		return 0;
	(void)cursor_bytes(c, 10);
	for (;;) {
		const unsigned int id = cursor_u16(c);
		uint32_t size;
		struct bytes data;

		if (id == OPT_DONE && !c->bad)
			return 0;
		size = cursor_u32(c);
		data = cursor_bytes(c, size);
		if (c->bad)
			return vms_fail(err, VMS_EFORMAT, "%s is cut short within its options",
					f->path);
		if (direct_option_take(f, id, data))
			return vms_fail(err, VMS_ENOMEM, "out of memory reading the options of %s",
					f->path);
	}
}

/* the top instance first, then those of options BUFFER */
static int v6_buffers(struct direct_file *f, struct cursor *c, struct vms_err *err)
{
	struct direct_opts *o = &f->opts;
	struct direct_buffer top = { .name = "", .clock = "" };
	struct bytes rest;
	size_t i;
	int ret;

	ret = v6_table(f, c, &top, err);
	for (i = 0; i < o->buffers_nr && !ret; i++) {
		struct vms_err why = { 0 };

		if (o->buffers[i].offset > f->size)
			rest = (struct bytes){ f->map, 0 };
		else
			(void)direct_bytes(f, o->buffers[i].offset, f->size - o->buffers[i].offset,
					   &rest);
		*c = cursor_of(rest, f->swap);
		ret = v6_table(f, c, &o->buffers[i], &why);
		if (ret == -VMS_EFORMAT) {
			direct_note(f, "instance \"%.40s\" is missing: %s", o->buffers[i].name,
				    why.msg);
			ret = 0;
		}
	}
	if (ret)
		return ret;
	if (vms_grow(&o->buffers, &o->buffers_cap, o->buffers_nr + 1, sizeof(*o->buffers), 256))
		return vms_fail(err, VMS_ENOMEM, "out of memory for the instances of %s", f->path);
	memmove(o->buffers + 1, o->buffers, o->buffers_nr * sizeof(*o->buffers));
	o->buffers[0] = top;
	o->buffers_nr++;
	return 0;
}

/* counted texts: the ftrace events, or systems of events */
static void skip_formats(struct cursor *c)
{
	uint32_t nr = cursor_u32(c);

	while (nr-- && !c->bad)
		(void)cursor_bytes(c, cursor_u64(c));
}

static void skip_section(struct cursor *c, unsigned int section)
{
	uint32_t nr;

	switch (section) {
	case DIRECT_HEADER_INFO:
		(void)cursor_bytes(c, 12);
		(void)cursor_bytes(c, cursor_u64(c));
		(void)cursor_bytes(c, 13);
		(void)cursor_bytes(c, cursor_u64(c));
		break;
	case DIRECT_FTRACE_EVENTS: skip_formats(c); break;
	case DIRECT_EVENT_FORMATS:
		nr = cursor_u32(c);
		while (nr-- && !c->bad) {
			(void)cursor_text(c);
			skip_formats(c);
		}
		break;
	case DIRECT_KALLSYMS:
	case DIRECT_PRINTK: (void)cursor_bytes(c, cursor_u32(c)); break;
	default: (void)cursor_bytes(c, cursor_u64(c)); break;
	}
}

int direct_v6_sections(struct direct_file *f, struct cursor *c, struct vms_err *err)
{
	unsigned int i;
	int ret;

	for (i = 0; i < DIRECT_SECTION_NR; i++) {
		const uint8_t *begin = c->p;

		skip_section(c, i);
		if (c->bad)
			return vms_fail(err, VMS_EFORMAT,
					"%s is cut short before its events, or damaged", f->path);
		f->section[i] = (struct bytes){ begin, (size_t)(c->p - begin) };
	}
	f->sections_loaded = true;
	f->opts.cpus_nr = cursor_u32(c);
	ret = v6_options(f, c, err);
	return ret ? ret : v6_buffers(f, c, err);
}
