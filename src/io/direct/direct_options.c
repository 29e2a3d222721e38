// SPDX-License-Identifier: LGPL-2.1-or-later
/* What each option of a trace.dat means, and when one is too damaged to be believed. */
#include "io/direct/direct_impl.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/util.h"

#define BUFFERS_MAX 255 /* struct vms_lost and vms_cpu.buffer hold 8 bits */
#define DECLS_MAX 4096
#define STATS_MAX 65536

/* an ASCII number as strtoll(..., 0) reads it */
static int64_t option_number(struct bytes data)
{
	char text[32] = "";

	memcpy(text, data.p, VMS_MIN(data.size, sizeof(text) - 1));
	return strtoll(text, NULL, 0);
}

static void add_ts_offset(struct direct_file *direct, int64_t val, int64_t factor)
{
	int64_t v;

	if (vms_mul_overflow(val, factor, &v) || vms_add_overflow(direct->opts.ts_offset, v, &v))
		direct_note(direct,
			    "option DATE or OFFSET with %" PRId64
			    " leaves the range of 64 bits: left out",
			    val);
	else
		direct->opts.ts_offset = v;
}

/* "local global [x86-tsc]" */
static void take_clock(struct direct_file *f, struct bytes data)
{
	const char *s = (const char *)data.p;
	const char *open = data.size ? memchr(s, '[', data.size) : NULL;
	const char *close = open ? memchr(open, ']', data.size - (size_t)(open - s)) : NULL;

	f->opts.clock_said = true;
	if (!close || close - open - 1 >= (ptrdiff_t)sizeof(f->opts.clock))
		return;
	memcpy(f->opts.clock, open + 1, (size_t)(close - open - 1));
	f->opts.clock[close - open - 1] = '\0';
}

static int sample_cmp(const void *a, const void *b)
{
	const struct vms_shift_sample *x = a;
	const struct vms_shift_sample *y = b;

	return (x->time > y->time) - (x->time < y->time);
}

/* insertion keeps equal times in the order of the file */
static void samples_sort(struct vms_shift_cpu *cpu)
{
	uint32_t i, nr = 0;
	bool sorted = true;

	for (i = 1; i < cpu->samples_nr; i++)
		sorted &= cpu->samples[i - 1].time <= cpu->samples[i].time;
	if (!sorted)
		qsort(cpu->samples, cpu->samples_nr, sizeof(*cpu->samples), sample_cmp);
	for (i = 0; i < cpu->samples_nr; i++)
		if (!i || cpu->samples[i].time != cpu->samples[i - 1].time)
			cpu->samples[nr++] = cpu->samples[i];
	cpu->samples_nr = nr;
}

static int shift_cpu(struct direct_file *f, struct cursor *cursor, struct vms_shift_cpu *cpu)
{
	uint32_t i;

	cpu->samples_nr = cursor_u32(cursor);
	if (cpu->samples_nr > cursor_left(cursor) / 24) {
		cursor->bad = true;
		return 0;
	}
	cpu->samples = direct_alloc(f, cpu->samples_nr, sizeof(*cpu->samples));
	if (!cpu->samples)
		return -VMS_ENOMEM;
	for (i = 0; i < cpu->samples_nr; i++)
		cpu->samples[i].time = cursor_u64(cursor);
	for (i = 0; i < cpu->samples_nr; i++)
		cpu->samples[i].offset = (int64_t)cursor_u64(cursor);
	for (i = 0; i < cpu->samples_nr; i++)
		cpu->samples[i].scaling = cursor_u64(cursor);
	return 0;
}

/* doc/METHOD.md 3.2, and T6 to T8 in 3.4 for what goes wrong in real files */
static int take_time_shift(struct direct_file *direct, struct bytes data)
{
	struct cursor cursor = cursor_of(data, direct->swap);
	struct vms_time_shift *ts = direct_alloc(direct, 1, sizeof(*ts));
	uint32_t i, j;

	if (!ts)
		return -VMS_ENOMEM;
	ts->peer_id = cursor_u64(&cursor);
	ts->flags = cursor_u32(&cursor);
	ts->cpus_nr = cursor_u32(&cursor);
	if (cursor.bad || ts->cpus_nr > cursor_left(&cursor) / 4) {
		direct_note(direct, "option TIME_SHIFT of %zu bytes is damaged: left out",
			    data.size);
		return 0;
	}
	ts->cpus = direct_alloc(direct, ts->cpus_nr, sizeof(*ts->cpus));
	if (!ts->cpus)
		return -VMS_ENOMEM;
	for (i = 0; i < ts->cpus_nr; i++)
		if (shift_cpu(direct, &cursor, &ts->cpus[i]))
			return -VMS_ENOMEM;
	if (cursor_left(&cursor) && !cursor.bad)
		for (i = 0; i < ts->cpus_nr; i++)
			for (j = 0; j < ts->cpus[i].samples_nr; j++)
				ts->cpus[i].samples[j].fraction = cursor_u64(&cursor);
	if (cursor.bad || cursor_left(&cursor))
		direct_note(direct,
			    "option TIME_SHIFT: its sizes do not add up (a known defect of "
			    "trace-cmd when vCPUs have different numbers of samples)%s",
			    cursor.bad ? ": trace-cmd cannot open this file" : "");
	if (cursor.bad) {
		/* the peer is still known, and that it is a guest */
		ts->cpus_nr = 0;
		ts->refused = true;
	}
	for (i = 0; i < ts->cpus_nr; i++) {
		if (!ts->cpus[i].samples_nr)
			direct_note(direct, "option TIME_SHIFT has no sample for CPU %u", i);
		samples_sort(&ts->cpus[i]);
	}
	direct->opts.shift_opt = ts;
	return 0;
}

static int take_guest(struct direct_file *direct, struct bytes data)
{
	struct direct_opts *opts = &direct->opts;
	struct cursor cursor = cursor_of(data, direct->swap);
	struct vms_guest_decl guest_decl = { 0 };
	const char *name = cursor_text(&cursor);
	uint32_t *vcpu;
	int32_t *tid;
	uint32_t i;
	int ret;

	guest_decl.trace_id = cursor_u64(&cursor);
	guest_decl.vcpus_nr = cursor_u32(&cursor);
	if (cursor.bad || guest_decl.vcpus_nr > cursor_left(&cursor) / 8) {
		direct_note(direct, "option GUEST of %zu bytes is damaged: left out", data.size);
		return 0;
	}
	guest_decl.name = direct_strndup(direct, name, 255);
	vcpu = direct_alloc(direct, guest_decl.vcpus_nr, sizeof(*vcpu));
	tid = direct_alloc(direct, guest_decl.vcpus_nr, sizeof(*tid));
	if (!guest_decl.name || !vcpu || !tid)
		return -VMS_ENOMEM;
	for (i = 0; i < guest_decl.vcpus_nr; i++) {
		vcpu[i] = cursor_u32(&cursor);
		tid[i] = (int32_t)cursor_u32(&cursor);
	}
	guest_decl.vcpu = vcpu;
	guest_decl.tid = tid;
	ret = vms_grow(&opts->decls, &opts->decls_cap, opts->decls_nr + 1, sizeof(*opts->decls),
		       DECLS_MAX);
	if (ret == -VMS_ERANGE) {
		direct_note(direct, "more than %d options GUEST: the rest is left out", DECLS_MAX);
		return 0;
	}
	if (ret)
		return ret;
	opts->decls[opts->decls_nr++] = guest_decl;
	return 0;
}

/* The number behind "KEY: " at the beginning of a line; 0 when it is not there. */
static uint64_t stat_number(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at && (at == text || at[-1] == '\n') ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* "CPU: 0", then a count a line; the name of an instance comes as an option of its own. */
static int take_cpustat(struct direct_file *direct, struct bytes data)
{
	struct direct_opts *opts = &direct->opts;
	char *text = arena_strndup(&direct->arena, (const char *)data.p, data.size);
	int ret;

	if (!text)
		return -VMS_ENOMEM;
	if (strncmp(text, "CPU: ", 5) || !strstr(text, "\nread events: "))
		return 0;
	ret = vms_grow(&opts->stats, &opts->stats_cap, opts->stats_nr + 1, sizeof(*opts->stats),
		       STATS_MAX);
	if (ret)
		return ret == -VMS_ERANGE ? 0 : ret;
	opts->stats[opts->stats_nr++] = (struct vms_cpu_stat){
		.cpu = (uint32_t)strtoul(text + 5, NULL, 10),
		.recorded_nr = stat_number(text, "entries: ") + stat_number(text, "read events: "),
		.lost_nr = stat_number(text, "overrun: ") + stat_number(text, "commit overrun: ") +
			   stat_number(text, "dropped events: "),
	};
	return 0;
}

static int buffer_cpus(struct direct_file *direct, struct direct_buffer *buffer,
		       struct cursor *cursor)
{
	uint32_t i;

	buffer->page_size = cursor_u32(cursor);
	buffer->data_nr = cursor_u32(cursor);
	if (cursor->bad || buffer->data_nr > cursor_left(cursor) / 20) {
		cursor->bad = true;
		return 0;
	}
	buffer->data = direct_alloc(direct, buffer->data_nr, sizeof(*buffer->data));
	if (!buffer->data)
		return -VMS_ENOMEM;
	for (i = 0; i < buffer->data_nr; i++) {
		buffer->data[i].cpu = cursor_u32(cursor);
		buffer->data[i].offset = cursor_u64(cursor);
		buffer->data[i].size = cursor_u64(cursor);
	}
	return 0;
}

static int take_buffer(struct direct_file *direct, struct bytes data)
{
	struct direct_opts *opts = &direct->opts;
	struct cursor cursor = cursor_of(data, direct->swap);
	struct direct_buffer buffer = { .clock = "" };
	int ret = 0;

	buffer.offset = cursor_u64(&cursor);
	buffer.name = direct_strndup(direct, cursor_text(&cursor), 255);
	if (direct->version == 7) {
		buffer.clock = direct_strndup(direct, cursor_text(&cursor), 255);
		ret = buffer_cpus(direct, &buffer, &cursor);
	}
	if (ret || !buffer.name || !buffer.clock)
		return -VMS_ENOMEM;
	if (cursor.bad) {
		direct_note(direct,
			    "option BUFFER of %zu bytes is damaged: its events are left out",
			    data.size);
		return 0;
	}
	ret = vms_grow(&opts->buffers, &opts->buffers_cap, opts->buffers_nr + 1,
		       sizeof(*opts->buffers), BUFFERS_MAX);
	if (ret == -VMS_ERANGE) {
		direct_note(direct, "more than %d instances: \"%s\" is left out", BUFFERS_MAX,
			    DIRECT_NAME(buffer.name));
		return 0;
	}
	if (!ret)
		opts->buffers[opts->buffers_nr++] = buffer;
	return ret;
}

/* "Linux NODE RELEASE MACHINE": a name of a node has no blanks. */
static int take_uname(struct direct_file *direct, struct bytes data)
{
	struct cursor cursor = cursor_of(data, direct->swap);
	const char *word = cursor_text(&cursor);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		word += strcspn(word, " ");
		word += strspn(word, " ");
	}
	if (cursor.bad || !*word)
		return 0;
	direct->opts.kernel = direct_strndup(direct, word, strcspn(word, " "));
	return direct->opts.kernel ? 0 : -VMS_ENOMEM;
}

int direct_option_take(struct direct_file *direct, unsigned int id, struct bytes data)
{
	struct direct_opts *opts = &direct->opts;
	struct cursor cursor = cursor_of(data, direct->swap);

	switch (id) {
	case OPT_DATE: add_ts_offset(direct, option_number(data), 1000); break;
	case OPT_OFFSET: add_ts_offset(direct, option_number(data), 1); break;
	case OPT_CPUSTAT: return take_cpustat(direct, data);
	case OPT_TRACECLOCK: take_clock(direct, data); break;
	case OPT_UNAME: return take_uname(direct, data);
	case OPT_CPUCOUNT: opts->cpus_nr = cursor_u32(&cursor); break;
	case OPT_TRACEID: opts->trace_id = cursor_u64(&cursor); break;
	case OPT_TIME_SHIFT: return take_time_shift(direct, data);
	case OPT_GUEST: return take_guest(direct, data);
	case OPT_BUFFER: return take_buffer(direct, data);
	case OPT_BUFFER_TEXT: opts->has_text = true; break;
	case OPT_TSC2NSEC:
		if (data.size < 16)
			break;
		opts->mult = cursor_u32(&cursor);
		opts->shift = cursor_u32(&cursor);
		break;
	default:
		if (id >= OPT_HEADER_INFO && id <= OPT_CMDLINES && data.size >= 8)
			direct->section_offset[id - OPT_HEADER_INFO] = cursor_u64(&cursor);
		break;
	}
	return 0;
}

bool direct_clock_counts_ns(const char *name)
{
	static const char *const ticks[] = { "x86-tsc", "tsc2nsec", "counter",
					     "uptime",	"ppc-tb",   "s390-tod" };
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(ticks); i++)
		if (!strcmp(name, ticks[i]))
			return false;
	return true;
}

static void clock_set(struct vms_clock *clock, const struct direct_opts *o)
{
	const char *name = o->buffers_nr && *o->buffers[0].clock ? o->buffers[0].clock : o->clock;

	(void)fmt_cut(name, 23, clock->name, sizeof(clock->name));
	clock->counts_ns = direct_clock_counts_ns(clock->name);
	clock->mult = o->mult;
	clock->shift = o->shift;
	if (clock->counts_ns) {
		clock->ns_per_unit = 1.0;
		clock->rate_from = VMS_RATE_NS;
	}
}

/* the top instance first, whatever the order in the file */
static void buffers_order(struct direct_opts *opts)
{
	size_t i;

	for (i = 1; i < opts->buffers_nr; i++) {
		const struct direct_buffer b = opts->buffers[i];

		if (*b.name || !*opts->buffers[0].name)
			continue;
		memmove(opts->buffers + 1, opts->buffers, i * sizeof(*opts->buffers));
		opts->buffers[0] = b;
	}
}

void direct_head_take(struct vms_stream *stream, struct direct_file *f)
{
	const struct direct_opts *opts = &f->opts;

	buffers_order(&f->opts);
	stream->trace_id = opts->trace_id;
	stream->version = f->version;
	stream->compression = f->compression_name;
	stream->ts_offset = opts->ts_offset;
	stream->kernel = opts->kernel;
	stream->shift = opts->shift_opt;
	stream->stats = opts->stats;
	stream->stats_nr = (unsigned int)opts->stats_nr;
	stream->decls = opts->decls;
	stream->decls_nr = (unsigned int)opts->decls_nr;
	clock_set(&stream->clock, opts);
}
