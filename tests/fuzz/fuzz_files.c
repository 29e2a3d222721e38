// SPDX-License-Identifier: LGPL-2.1-or-later
/* Any bytes as a recording, or as one of its parts in a file that is right otherwise. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vmsync/host_only.h>
#include <vmsync/io/open.h>

#include "app/reports/report.h"
#include "core/base/util.h"
#include "io/direct/direct_impl.h"

#ifdef __SANITIZE_ADDRESS__
void __asan_poison_memory_region(const volatile void *p, size_t size);
void __asan_unpoison_memory_region(const volatile void *p, size_t size);
#else
#define __asan_poison_memory_region(p, size) ((void)(p), (void)(size))
#define __asan_unpoison_memory_region(p, size) ((void)(p), (void)(size))
#endif

#define TEXTS_MAX 40 /* another process prints them: some of each CPU */

static volatile uint64_t sink;

static void touch_dynamic(const struct vms_stream *s, const struct vms_field *f, const uint8_t *p)
{
	const uint32_t loc = load_u32(p + f->offset, s->swap);
	uint32_t i;

	for (i = 0; i < loc >> 16; i++)
		sink += p[(loc & 0xffff) + i];
}

static void touch_event(const struct vms_stream *s, struct vms_ref r)
{
	const struct vms_event_type *t = vms_event_type(s, r);
	const uint8_t *p = vms_payload(&s->cpus[r.cpu], r.idx);
	unsigned int i;

	sink += (uint64_t)vms_event_time(s, r) + (uint64_t)vms_event_tid(s, r);
	for (i = 0; i < t->size_min; i++)
		sink += p[i];
	for (i = 0; i < t->fields_nr; i++) {
		sink += vms_field_u64(s, &t->fields[i], p);
		if (t->fields[i].is_dynamic)
			touch_dynamic(s, &t->fields[i], p);
	}
}

static void touch_cpu(const struct vms_stream *s, int32_t cpu)
{
	const struct vms_cpu *c = &s->cpus[cpu];
	char text[200];
	uint32_t i;

	for (i = 0; i < c->nr; i++) {
		const struct vms_ref r = { cpu, i };

		touch_event(s, r);
		if (fuzz_slow && (c->nr <= TEXTS_MAX || i % (c->nr / TEXTS_MAX) == 0))
			s->ops->text(s, r, text, sizeof(text));
	}
	for (i = 0; i < c->lost_nr; i++) {
		if (c->lost[i].idx > c->nr || (i && c->lost[i].idx < c->lost[i - 1].idx))
			fuzz_fault("a loss has no place among the events");
		sink += c->lost[i].count;
	}
}

/* Everything that a program does with a stream, so that wrong pointers come to light. */
static void touch(struct vms_stream *s)
{
	uint32_t i, k;

	for (i = 0; i < s->cpus_nr; i++)
		touch_cpu(s, (int32_t)i);
	for (i = 0; i < s->decls_nr; i++)
		for (k = 0; k < s->decls[i].vcpus_nr; k++)
			sink += (uint64_t)s->decls[i].tid[k] + strlen(s->decls[i].name);
	for (i = 0; s->shift && i < s->shift->cpus_nr; i++)
		for (k = 0; k < s->shift->cpus[i].samples_nr; k++)
			sink += s->shift->cpus[i].samples[k].fraction;
	(void)s->ops->comm(s, 1);
	(void)vms_clock_rate_estimate(&s->clock, s);
}

/* A refusal says why, in one line. */
static void check_refused(const struct vms_err *err)
{
	if (!*err->msg || strchr(err->msg, '\n'))
		fuzz_fault("refused without a line that says why");
}

/* Where the mapping of a file goes on behind its last byte, nobody may read. */
static void fence(const struct direct_file *f, bool on)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), rest = (page - f->size % page) % page;

	if (on)
		__asan_poison_memory_region(f->map + f->size, rest);
	else
		__asan_unpoison_memory_region(f->map + f->size, rest);
}

typedef int change_fn(struct direct_file *f, const uint8_t *data, size_t size);

/* Loads a file whose parts may be put in the place of what it says, and touches all it gives. */
static void load(const char *path, change_fn *change, const uint8_t *data, size_t size)
{
	struct vms_stream *s = NULL;
	struct vms_err err = { 0 };
	struct direct_file f, was;
	int ret;

	if (direct_file_open(&f, path, &err)) {
		check_refused(&err);
		return;
	}
	was = (struct direct_file){ .map = f.map, .size = f.size };
	fence(&was, true);
	ret = change ? change(&f, data, size) : 0;
	if (!ret)
		ret = direct_load_file(&s, &f, NULL, NULL, &err);
	if (!ret)
		touch(s);
	fuzz_taken += !ret;
	fence(&was, false);
	if (!ret)
		vms_stream_free(s);
	else
		direct_file_close(&f);
	if (ret && !change)
		check_refused(&err);
}

void fuzz_container(const uint8_t *data, size_t size)
{
	char path[32];
	const int fd = fuzz_file(data, size, path);

	load(path, NULL, NULL, 0);
	(void)close(fd);
}

static int change_options(struct direct_file *f, const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of((struct bytes){ data, size }, f->swap);
	int ret = 0;

	while (!ret && cursor_left(&c)) {
		const unsigned int id = cursor_u16(&c);
		const uint32_t n = cursor_u32(&c);
		const struct bytes option = cursor_bytes(&c, VMS_MIN(n, cursor_left(&c)));

		if (c.bad)
			break;
		ret = direct_option_take(f, id, option);
	}
	return ret;
}

void fuzz_options(const uint8_t *data, size_t size)
{
	load(fuzz_recording, change_options, data, size);
}

static int change_formats(struct direct_file *f, const uint8_t *data, size_t size)
{
	static const unsigned int which[] = { DIRECT_EVENT_FORMATS, DIRECT_FTRACE_EVENTS,
					      DIRECT_HEADER_INFO, DIRECT_CMDLINES };
	int ret = direct_sections_load(f, NULL);

	if (!ret && size)
		f->section[which[data[0] % VMS_ARRAY_NR(which)]] =
			(struct bytes){ data + 1, size - 1 };
	return ret;
}

void fuzz_formats(const uint8_t *data, size_t size)
{
	load(fuzz_recording, change_formats, data, size);
}

/* The bytes of a recording, into which pages are put. */
struct template
{
	uint8_t *p;
	size_t size, flags_at; /* of the section of its pages */
};

static const struct template *template_get(void)
{
	static struct template t;
	struct direct_file f;

	if (t.p)
		return &t;
	if (direct_file_open(&f, fuzz_recording, NULL))
		fuzz_fault("no recording to put pages into");
	t.p = malloc(f.size);
	if (!t.p)
		fuzz_fault("no memory");
	memcpy(t.p, f.map, f.size);
	t.size = f.size;
	t.flags_at = (size_t)f.opts.buffers[0].offset + 2;
	direct_file_close(&f);
	return &t;
}

/*
 * The first byte: bits 0 and 1 the compression, bit 2 for two CPUs, bit 3 for two instances of a
 * CPU; the pages come behind the recording's own bytes.
 */
static int change_pages(struct direct_file *f, const uint8_t *data, size_t size)
{
	const unsigned int two = data[0] & 12;
	const size_t at = f->size - size + 1, half = two ? (size - 1) / 2 : size - 1;
	static const enum direct_compression how[] = { DIRECT_PLAIN, DIRECT_ZSTD, DIRECT_ZLIB,
						       DIRECT_ZLIB };
	struct direct_opts *o = &f->opts;
	struct direct_data *to = direct_alloc(f, 2, sizeof(*to));

	if (!to || !o->buffers_nr ||
	    vms_grow(&o->buffers, &o->buffers_cap, 2, sizeof(*o->buffers), 256))
		return -VMS_ENOMEM;
	f->compression = how[data[0] & 3];
	to[0] = (struct direct_data){ .cpu = 0, .offset = at, .size = half };
	to[1] = (struct direct_data){ .cpu = two == 4, .offset = at + half, .size = half };
	o->buffers[0].data = to;
	o->buffers[0].data_nr = two == 4 ? 2 : 1;
	o->buffers[1] = o->buffers[0];
	o->buffers[1].data = to + 1;
	o->buffers[1].data_nr = 1;
	o->buffers_nr = two >= 8 ? 2 : 1;
	return 0;
}

void fuzz_pages(const uint8_t *data, size_t size)
{
	const struct template *t = template_get();
	uint8_t *p;
	char path[32];
	int fd;

	if (!size || !(p = malloc(t->size + size)))
		return;
	memcpy(p, t->p, t->size);
	memcpy(p + t->size, data, size);
	p[t->flags_at] = data[0] & 3 ? 1 : 0;
	fd = fuzz_file(p, t->size + size, path);
	free(p);
	load(path, change_pages, data, size);
	(void)close(fd);
}

static void report(const struct vms_trace *trace)
{
	const struct app_report_opts o = { 0 };
	struct vms_host_only *host = NULL;
	struct vms_session *session = NULL;
	struct vms_err err = { 0 };
	enum app_report kind;
	int ret;

	if (trace->guests_nr)
		ret = vms_session_new(&session, trace, &(struct vms_session_opts){ 0 }, &err);
	else
		ret = vms_host_only_new(&host, trace, &err);
	for (kind = APP_REPORT_TEXT; kind <= APP_REPORT_HTML && !ret; kind++) {
		char *text = NULL;
		size_t n = 0;

		if (session ? app_report_make(&text, &n, kind, session, &o, &err)
			    : app_report_host(&text, &n, kind, trace, host, &o, &err))
			fuzz_fault(err.msg);
		free(text);
	}
	if (session)
		fuzz_draw(session);
	vms_session_free(session);
	vms_host_only_free(host);
	if (ret)
		check_refused(&err);
	fuzz_taken += !ret;
}

/* Four bytes say how long the host's file is; the guest's follows. Without a guest: host alone. */
void fuzz_pair(const uint8_t *data, size_t size)
{
	const size_t host = size < 4 ? 0 : VMS_MIN(load_u32(data, false), size - 4);
	const unsigned int nr = size - 4 > host ? 2 : 1;
	const struct vms_open_how how = { .reader = "direct" };
	struct vms_trace *trace = NULL;
	struct vms_err err = { 0 };
	char names[2][32];
	const char *paths[2] = { names[0], names[1] };
	int fd[2];

	if (size < 4)
		return;
	fd[0] = fuzz_file(data + 4, host, names[0]);
	fd[1] = fuzz_file(data + 4 + host, size - 4 - host, names[1]);
	if (!vms_trace_open(&trace, paths, nr, &how, NULL, &err))
		report(trace);
	else
		check_refused(&err);
	vms_trace_free(trace);
	(void)close(fd[0]);
	(void)close(fd[1]);
}
