// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The parts of a trace.dat: sections and chains of options of version 7, the fixed order of version
 * 6.
 */
#include "io/direct/direct_impl.h"

#include <limits.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "core/base/util.h"

#define SECTION_COMPRESSED 1
#define FORMATS_MAX 131072 /* twice as many as there are ids */

bool direct_claim_fits(uint64_t zsize, uint64_t size)
{
	/* zstd repeats a byte 128 KiB long in 4 bytes; zlib does 1032 to 1 */
	return size <= (zsize + 2) * 32768;
}

int direct_decompress(enum direct_compression how, struct bytes in, uint8_t *out, size_t out_size,
		      void *zstd)
{
	uLongf len = out_size;
	size_t got = 0;
	bool nomem = false;
	int ret;

	if (how == DIRECT_ZSTD) {
		got = zstd ? ZSTD_decompressDCtx(zstd, out, out_size, in.p, in.size)
			   : ZSTD_decompress(out, out_size, in.p, in.size);
		nomem = ZSTD_getErrorCode(got) == ZSTD_error_memory_allocation;
	} else if (how == DIRECT_ZLIB) {
		ret = uncompress(out, &len, in.p, in.size);
		got = ret == Z_OK ? len : 0;
		nomem = ret == Z_MEM_ERROR;
	}
	/* an error of zstd is more than any size */
	return nomem ? -VMS_ENOMEM : got == out_size ? 0 : -VMS_EFORMAT;
}

static uint32_t peek_u32(const struct cursor *c)
{
	struct cursor copy = *c;

	return cursor_u32(&copy);
}

/* compressed size, size, data */
static int section_inflate(struct direct_file *direct, struct cursor *cursor, struct bytes *out,
			   struct vms_err *err)
{
	const uint32_t zsize = cursor_u32(cursor);
	const uint32_t size = cursor_u32(cursor);
	const struct bytes in = cursor_bytes(cursor, zsize);
	uint8_t *bytes;
	int ret;

	if (cursor->bad)
		return vms_fail(err, VMS_EFORMAT, "%s is cut short within a compressed section",
				direct->path);
	if (direct->compression == DIRECT_PLAIN || !direct_claim_fits(zsize, size))
		return vms_fail(err, VMS_EFORMAT, "%s: section of %u bytes claims to become %u",
				direct->path, zsize, size);
	bytes = direct_alloc(direct, (size_t)size + 1, 1);
	if (!bytes)
		return vms_fail(err, VMS_ENOMEM, "out of memory for a section of %u bytes", size);
	ret = direct_decompress(direct->compression, in, bytes, size, NULL);
	if (ret == -VMS_ENOMEM)
		return vms_fail(err, VMS_ENOMEM, "out of memory to decompress %s", direct->path);
	if (ret)
		return vms_fail(err, VMS_EFORMAT,
				"%s: a %s section does not decompress: the file is damaged",
				direct->path, direct->compression_name);
	*out = (struct bytes){ bytes, size };
	return 0;
}

int direct_section_read(struct direct_file *direct, uint64_t offset, unsigned int id,
			struct bytes *out, struct vms_err *err)
{
	unsigned int got_id, flags;
	struct bytes rest;
	struct cursor cursor;
	uint64_t size;

	if (offset > direct->size || !direct_bytes(direct, offset, direct->size - offset, &rest) ||
	    rest.size < 16)
		return vms_fail(err, VMS_EFORMAT,
				"%s is cut short: a section should lie at byte %llu of %zu",
				direct->path, (unsigned long long)offset, direct->size);
	cursor = cursor_of(rest, direct->swap);
	got_id = cursor_u16(&cursor);
	flags = cursor_u16(&cursor);
	(void)cursor_u32(&cursor); /* description */
	size = cursor_u64(&cursor);
	if (got_id != id)
		return vms_fail(err, VMS_EFORMAT,
				"%s: section at byte %llu has id %u instead of %u", direct->path,
				(unsigned long long)offset, got_id, id);
	if (!direct_visit(direct, 16 + (flags & SECTION_COMPRESSED ? peek_u32(&cursor) : size)))
		return vms_fail(err, VMS_ERANGE,
				"%s: sections lie over one another, or their chain has no end: it "
				"is damaged or made to do harm",
				direct->path);
	if (flags & SECTION_COMPRESSED)
		return section_inflate(direct, &cursor, out, err);
	if (size > cursor_left(&cursor))
		return vms_fail(
			err, VMS_EFORMAT,
			"%s is cut short: section at byte %llu has %llu bytes, %zu are there",
			direct->path, (unsigned long long)offset, (unsigned long long)size,
			cursor_left(&cursor));
	*out = cursor_bytes(&cursor, size);
	return 0;
}

int direct_sections_load(struct direct_file *direct, struct vms_err *err)
{
	unsigned int i;
	int ret;

	if (direct->sections_loaded)
		return 0;
	for (i = 0; i < DIRECT_SECTION_NR && direct->version == 7; i++) {
		struct vms_err why = { 0 };

		if (!direct->section_offset[i])
			continue;
		ret = direct_section_read(direct, direct->section_offset[i], OPT_HEADER_INFO + i,
					  &direct->section[i], &why);
		/* without symbols, printk formats and task names the events are still right */
		if (ret && ret != -VMS_ENOMEM && i >= DIRECT_KALLSYMS) {
			direct_note(direct, "%s", why.msg);
			continue;
		}
		if (ret) {
			if (err)
				*err = why;
			return ret;
		}
	}
	direct->sections_loaded = true;
	return 0;
}

/* one section of options; *next gets the offset of the next one, 0 at the end */
static int options_section(struct direct_file *direct, uint64_t offset, uint64_t *next,
			   struct vms_err *err)
{
	struct bytes b;
	struct cursor cursor;
	int ret;

	*next = 0;
	ret = direct_section_read(direct, offset, OPT_DONE, &b, err);
	if (ret)
		return ret;
	cursor = cursor_of(b, direct->swap);
	for (;;) {
		const unsigned int id = cursor_u16(&cursor);
		const uint32_t size = cursor_u32(&cursor);
		const struct bytes data = cursor_bytes(&cursor, size);

		if (cursor.bad)
			return vms_fail(err, VMS_EFORMAT,
					"%s: an option at byte %llu is longer than its section",
					direct->path, (unsigned long long)offset);
		if (id == OPT_DONE) {
			struct cursor d = cursor_of(data, direct->swap);

			*next = cursor_u64(&d);
			return 0;
		}
		ret = direct_option_take(direct, id, data);
		if (ret)
			return vms_fail(err, -ret, "out of memory reading the options of %s",
					direct->path);
	}
}

int direct_options_read(struct direct_file *direct, struct vms_err *err)
{
	uint64_t offset = direct->options_offset;

	while (offset) {
		struct vms_err why = { 0 };
		uint64_t next;
		int ret;

		ret = options_section(direct, offset, &next, &why);
		if (ret == -VMS_ENOMEM || (ret && !direct->opts.buffers_nr)) {
			if (err)
				*err = why;
			return ret;
		}
		if (ret) {
			/*
			 * the events can be reached: what comes after is a loss to tell, not a
			 * reason to refuse
			 */
			direct_note(direct, "%s; later options are missing", why.msg);
			break;
		}
		offset = next;
	}
	return 0;
}

/* "flyrecord" and a table of offset and size for each CPU */
static int v6_table(struct direct_file *direct, struct cursor *cursor, struct direct_buffer *buffer,
		    struct vms_err *err)
{
	const struct bytes kind = cursor_bytes(cursor, 10);
	uint32_t i, nr = direct->opts.cpus_nr;

	if (kind.p && !memcmp(kind.p, "latency", 7)) {
		direct->opts.has_text = true;
		return 0;
	}
	if (!kind.p || memcmp(kind.p, "flyrecord", 9))
		return vms_fail(
			err, VMS_EFORMAT,
			"%s: no event data where it should be: the file is cut short or damaged",
			direct->path);
	if (nr > cursor_left(cursor) / 16)
		return vms_fail(err, VMS_EFORMAT, "%s is cut short within the table of its %u CPUs",
				direct->path, nr);
	buffer->data = direct_alloc(direct, nr, sizeof(*buffer->data));
	if (!buffer->data)
		return vms_fail(err, VMS_ENOMEM, "out of memory for %u CPUs", nr);
	for (i = 0; i < nr; i++) {
		buffer->data[i].cpu = i;
		buffer->data[i].offset = cursor_u64(cursor);
		buffer->data[i].size = cursor_u64(cursor);
	}
	buffer->data_nr = nr;
	return 0;
}

static int v6_options(struct direct_file *direct, struct cursor *cursor, struct vms_err *err)
{
	const struct bytes kind = { cursor->p, cursor_left(cursor) };

	if (kind.size < 10 || memcmp(kind.p, "options", 7))
		return 0;
	(void)cursor_bytes(cursor, 10);
	for (;;) {
		const unsigned int id = cursor_u16(cursor);
		uint32_t size;
		struct bytes data;

		if (id == OPT_DONE && !cursor->bad)
			return 0;
		size = cursor_u32(cursor);
		data = cursor_bytes(cursor, size);
		if (cursor->bad)
			return vms_fail(err, VMS_EFORMAT, "%s is cut short within its options",
					direct->path);
		if (direct_option_take(direct, id, data))
			return vms_fail(err, VMS_ENOMEM, "out of memory reading the options of %s",
					direct->path);
	}
}

/* trace-cmd before 3.0 left TRACECLOCK empty and wrote its text behind the top instance's table */
static void v6_clock(struct direct_file *direct, struct cursor *cursor)
{
	struct bytes text;

	if (!direct->opts.clock_said || direct->opts.clock[0] || direct->opts.has_text)
		return;
	text = cursor_bytes(cursor, cursor_u64(cursor));
	if (cursor->bad)
		direct_note(direct, "the trace clock's name behind the table of CPUs is damaged");
	else
		(void)direct_option_take(direct, OPT_TRACECLOCK, text);
}

/* the top instance first, then those of options BUFFER */
static int v6_buffers(struct direct_file *direct, struct cursor *cursor, struct vms_err *err)
{
	struct direct_opts *opts = &direct->opts;
	struct direct_buffer top = { .name = "", .clock = "" };
	struct bytes rest;
	size_t i;
	int ret;

	ret = v6_table(direct, cursor, &top, err);
	if (!ret)
		v6_clock(direct, cursor);
	for (i = 0; i < opts->buffers_nr && !ret; i++) {
		struct vms_err why = { 0 };

		if (opts->buffers[i].offset > direct->size)
			rest = (struct bytes){ direct->map, 0 };
		else
			(void)direct_bytes(direct, opts->buffers[i].offset,
					   direct->size - opts->buffers[i].offset, &rest);
		*cursor = cursor_of(rest, direct->swap);
		ret = v6_table(direct, cursor, &opts->buffers[i], &why);
		if (ret == -VMS_EFORMAT) {
			direct_note(direct, "instance \"%s\" is missing: %s",
				    DIRECT_NAME(opts->buffers[i].name), why.msg);
			ret = 0;
		}
	}
	if (ret)
		return ret;
	if (vms_grow(&opts->buffers, &opts->buffers_cap, opts->buffers_nr + 1,
		     sizeof(*opts->buffers), 256))
		return vms_fail(err, VMS_ENOMEM, "out of memory for the instances of %s",
				direct->path);
	memmove(opts->buffers + 1, opts->buffers, opts->buffers_nr * sizeof(*opts->buffers));
	opts->buffers[0] = top;
	opts->buffers_nr++;
	return 0;
}

/* counted texts: the ftrace events, or systems of events; *left: how many there may be */
static void skip_formats(struct cursor *c, uint32_t *left)
{
	const uint32_t nr = cursor_u32(c);
	uint32_t i;

	c->bad |= nr > *left;
	for (i = 0; i < nr && !c->bad; i++)
		(void)cursor_bytes(c, cursor_u64(c));
	*left -= i;
}

static void skip_section(struct cursor *cursor, unsigned int section)
{
	uint32_t nr, i, left = FORMATS_MAX;

	switch (section) {
	case DIRECT_HEADER_INFO:
		(void)cursor_bytes(cursor, 12);
		(void)cursor_bytes(cursor, cursor_u64(cursor));
		(void)cursor_bytes(cursor, 13);
		(void)cursor_bytes(cursor, cursor_u64(cursor));
		break;
	case DIRECT_FTRACE_EVENTS: skip_formats(cursor, &left); break;
	case DIRECT_EVENT_FORMATS:
		nr = cursor_u32(cursor);
		cursor->bad |= nr > FORMATS_MAX;
		for (i = 0; i < nr && !cursor->bad; i++) {
			(void)cursor_text(cursor);
			skip_formats(cursor, &left);
		}
		break;
	case DIRECT_KALLSYMS:
	case DIRECT_PRINTK: (void)cursor_bytes(cursor, cursor_u32(cursor)); break;
	default: (void)cursor_bytes(cursor, cursor_u64(cursor)); break;
	}
}

int direct_v6_sections(struct direct_file *direct, struct cursor *cursor, struct vms_err *err)
{
	unsigned int i;
	int ret;

	for (i = 0; i < DIRECT_SECTION_NR; i++) {
		const uint8_t *begin = cursor->p;

		skip_section(cursor, i);
		if (cursor->bad)
			return vms_fail(err, VMS_EFORMAT,
					"%s is cut short before its events, or damaged",
					direct->path);
		direct->section[i] = (struct bytes){ begin, (size_t)(cursor->p - begin) };
	}
	direct->sections_loaded = true;
	direct->opts.cpus_nr = cursor_u32(cursor);
	ret = v6_options(direct, cursor, err);
	return ret ? ret : v6_buffers(direct, cursor, err);
}
