// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The outside of a trace.dat: how it is mapped, its first bytes, and bounds-checked reading of its
 * numbers.
 */
#include "io/direct/direct_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/files/unchanged.h"
#include "core/base/printable.h"
#include "core/base/util.h"

#define NOTES_MAX 200

struct cursor cursor_of(struct bytes b, bool swap)
{
	return (struct cursor){ .p = b.p, .end = b.p ? b.p + b.size : NULL, .swap = swap };
}

size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

struct bytes cursor_bytes(struct cursor *cursor, uint64_t size)
{
	struct bytes b = { 0 };

	if (cursor->bad || size > cursor_left(cursor)) {
		cursor->bad = true;
		return b;
	}
	b.p = cursor->p;
	b.size = (size_t)size;
	cursor->p += size;
	return b;
}

uint16_t cursor_u16(struct cursor *c)
{
	const struct bytes b = cursor_bytes(c, 2);

	return b.p ? load_u16(b.p, c->swap) : 0;
}

uint32_t cursor_u32(struct cursor *c)
{
	const struct bytes b = cursor_bytes(c, 4);

	return b.p ? load_u32(b.p, c->swap) : 0;
}

uint64_t cursor_u64(struct cursor *c)
{
	const struct bytes b = cursor_bytes(c, 8);

	return b.p ? load_u64(b.p, c->swap) : 0;
}

const char *cursor_text(struct cursor *cursor)
{
	const size_t left = cursor_left(cursor);
	const char *s = (const char *)cursor->p;
	const size_t len = cursor->bad || !left ? left : strnlen(s, left);

	if (cursor->bad || len == left) {
		cursor->bad = true;
		return "";
	}
	cursor->p += len + 1;
	return s;
}

bool direct_bytes(const struct direct_file *f, uint64_t offset, uint64_t size, struct bytes *out)
{
	if (offset > f->size || size > f->size - offset)
		return false;
	out->p = f->map + offset;
	out->size = (size_t)size;
	return true;
}

void direct_note(struct direct_file *direct, const char *fmt, ...)
{
	char raw[2048], text[256];
	va_list ap;
	char *copy;

	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	(void)fmt_cut(raw, sizeof(text), text, sizeof(text));
	if (vms_grow(&direct->notes, &direct->notes_cap, direct->notes_nr + 1,
		     sizeof(*direct->notes), NOTES_MAX))
		return;
	copy = vms_strdup(text);
	if (copy)
		direct->notes[direct->notes_nr++] = copy;
}

static int map_file(struct direct_file *direct, const char *path, struct vms_err *err)
{
	struct stat st;
	int fd, ret = 0;
	void *map;

	/* O_NONBLOCK: a FIFO must not block; it is refused below */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return vms_fail(err, VMS_EIO, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st)) {
		ret = vms_fail(err, VMS_EIO, "%s: %s", path, strerror(errno));
	} else if (S_ISDIR(st.st_mode)) {
		ret = vms_fail(err, VMS_EFORMAT, "%s is a directory, not a trace file", path);
	} else if (!S_ISREG(st.st_mode)) {
		ret = vms_fail(err, VMS_EFORMAT,
			       "%s is not a regular file: record into a file first", path);
	} else if (!st.st_size) {
		ret = vms_fail(err, VMS_EFORMAT, "%s is empty", path);
	} else {
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED)
			ret = vms_fail(err, VMS_EIO, "%s: mapping: %s", path, strerror(errno));
		else
			direct->map = map;
		direct->id = file_id(&st);
		direct->size = (size_t)st.st_size;
	}
	(void)close(fd);
	return ret;
}

static int read_compression(struct direct_file *direct, struct cursor *c, struct vms_err *err)
{
	const char *name = cursor_text(c);

	(void)cursor_text(c); /* version of the algorithm's library: its data is compatible */
	direct->options_offset = cursor_u64(c);
	if (c->bad)
		return vms_fail(err, VMS_EFORMAT, "%s is cut short within its header",
				direct->path);
	(void)fmt_cut(name, 15, direct->compression_name, sizeof(direct->compression_name));
	if (!strcmp(name, "none"))
		direct->compression = DIRECT_PLAIN;
	else if (!strcmp(name, "zstd"))
		direct->compression = DIRECT_ZSTD;
	else if (!strcmp(name, "zlib"))
		direct->compression = DIRECT_ZLIB;
	else
		return vms_fail(err, VMS_EUNSUP, "%s: compression \"%s\" is not known",
				direct->path, direct->compression_name);
	return 0;
}

static int read_header(struct direct_file *direct, struct cursor *cursor, struct vms_err *err)
{
	static const uint8_t magic[10] = { 0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g' };
	const struct bytes m = cursor_bytes(cursor, sizeof(magic));
	const uint16_t one = 1;
	const bool host_big = !*(const uint8_t *)&one;
	const char *version;
	struct bytes bytes;

	if (!m.p || memcmp(m.p, magic, sizeof(magic)))
		return vms_fail(err, VMS_EUNSUP, "%s is not a trace.dat file of trace-cmd",
				direct->path);
	version = cursor_text(cursor);
	bytes = cursor_bytes(cursor, 2);
	if (cursor->bad)
		return vms_fail(err, VMS_EFORMAT, "%s is cut short within its header",
				direct->path);
	if (strcmp(version, "6") && strcmp(version, "7"))
		return vms_fail(err, VMS_EUNSUP,
				"%s: version \"%s\" of trace.dat is not known (6 and 7 are)",
				direct->path, version);
	direct->version = (unsigned int)(version[0] - '0');
	if (bytes.p[0] > 1)
		return vms_fail(err, VMS_EFORMAT, "%s: byte order %u is neither little nor big",
				direct->path, bytes.p[0]);
	direct->big_endian = bytes.p[0];
	direct->swap = cursor->swap = direct->big_endian != host_big;
	direct->long_size = bytes.p[1];
	if (direct->long_size != 4 && direct->long_size != 8)
		return vms_fail(err, VMS_EFORMAT, "%s: size %u of a long is neither 4 nor 8",
				direct->path, direct->long_size);
	direct->page_size = cursor_u32(cursor);
	if (direct->version == 7)
		return read_compression(direct, cursor, err);
	(void)snprintf(direct->compression_name, sizeof(direct->compression_name), "none");
	return cursor->bad ? vms_fail(err, VMS_EFORMAT, "%s is cut short within its header",
				      direct->path)
			   : 0;
}

static int file_open(struct direct_file *direct, const char *path, bool look, struct vms_err *err)
{
	struct cursor cursor;
	int ret;

	memset(direct, 0, sizeof(*direct));
	direct->look = look;
	direct->path = vms_strdup(path);
	if (!direct->path)
		return vms_fail(err, VMS_ENOMEM, "out of memory opening %s", path);
	ret = map_file(direct, path, err);
	if (!ret) {
		cursor = cursor_of((struct bytes){ direct->map, direct->size }, false);
		ret = read_header(direct, &cursor, err);
	}
	if (!ret && direct->version == 6)
		ret = direct_v6_sections(direct, &cursor, err);
	if (!ret && direct->version == 7)
		ret = direct_options_read(direct, err);
	if (direct->over)
		ret = direct_over(direct, err);
	if (ret) {
		const uint64_t trace_id = direct->opts.trace_id;

		direct_file_close(direct);
		direct->opts.trace_id = trace_id; /* whose it is may be known all the same */
	}
	direct->look = false;
	return ret;
}

int direct_file_open(struct direct_file *f, const char *path, struct vms_err *err)
{
	return file_open(f, path, false, err);
}

int direct_file_look(struct direct_file *f, const char *path, struct vms_err *err)
{
	return file_open(f, path, true, err);
}

void direct_file_close(struct direct_file *direct)
{
	const uint64_t took = VMS_MAX(atomic_load(&direct->taken[DIRECT_HEAD]), direct->took);
	size_t i;

	if (direct->map)
		(void)munmap((void *)(uintptr_t)direct->map, direct->size);
	for (i = 0; i < direct->notes_nr; i++)
		free(direct->notes[i]);
	free(direct->notes);
	free(direct->opts.decls);
	free(direct->opts.stats);
	free(direct->opts.buffers);
	arena_clear(&direct->arena);
	for (i = 0; i < DIRECT_MEMORY_NR; i++)
		direct_give_back(direct, (enum direct_memory)i, atomic_load(&direct->taken[i]));
	free(direct->path);
	memset(direct, 0, sizeof(*direct));
	direct->took = took;
}
