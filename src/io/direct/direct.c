// SPDX-License-Identifier: LGPL-2.1-or-later
/* The direct reader: from a trace.dat to a stream. */
#include "io/direct/direct_impl.h"

#include <stdio.h>
#include <stdlib.h>

#include <vmsync/log.h>

#include "core/base/util.h"

#define CPUS_EMPTY_MAX 8192 /* CPUs without events are listed up to here */

struct direct {
	struct direct_file f;
	struct direct_formats formats;
	struct direct_jobs jobs;
	struct direct_text *text;   /* made when first asked for */
	struct direct_area *merged; /* 4 a CPU, of CPUs with events of several instances */
	size_t merged_nr;
};

static const struct direct_job *job_of(const struct direct *d, const uint8_t *payload)
{
	size_t i;

	for (i = 0; i < d->jobs.nr; i++) {
		const struct bytes b = d->jobs.jobs[i].pages;

		if (payload >= b.p && payload < b.p + b.size)
			return &d->jobs.jobs[i];
	}
	return NULL;
}

/* a payload's length is not kept: the page that holds it is read again */
static struct bytes payload_of(const struct direct *d, const uint8_t *payload)
{
	const struct direct_job *j = job_of(d, payload);
	struct bytes page;
	size_t at;

	if (!j)
		return (struct bytes){ 0 };
	at = (size_t)(payload - j->pages.p) / j->walk.page_size * j->walk.page_size;
	page.p = j->pages.p + at;
	page.size = VMS_MIN((size_t)j->walk.page_size, j->pages.size - at);
	return (struct bytes){ payload, direct_page_payload(&j->walk, page, payload) };
}

static bool text_ready(const struct vms_stream *s)
{
	struct direct *d = s->priv;

	if (!d->text)
		d->text = direct_text_new(&d->f, &d->formats);
	return d->text;
}

static void op_text(const struct vms_stream *s, struct vms_ref ref, char *buf, size_t size)
{
	struct direct *d = s->priv;
	const struct vms_cpu *c = &s->cpus[ref.cpu];

	if (!size)
		return;
	buf[0] = '\0';
	if (text_ready(s))
		direct_text_print(d->text, c->type[ref.idx], payload_of(d, c->payload[ref.idx]),
				  c->cpu, c->time_raw[ref.idx], buf, size);
}

static const char *op_comm(const struct vms_stream *s, int32_t tid)
{
	struct direct *d = s->priv;

	return text_ready(s) ? direct_text_comm(d->text, tid) : NULL;
}

static void direct_free(struct direct *direct)
{
	size_t i;

	if (!direct)
		return;
	direct_text_free(direct->text);
	for (i = 0; i < direct->merged_nr; i++)
		direct_area_free(&direct->merged[i]);
	free(direct->merged);
	direct_jobs_free(&direct->jobs);
	direct_formats_clear(&direct->formats);
	direct_file_close(&direct->f);
	free(direct);
}

static void op_free(struct vms_stream *s)
{
	direct_free(s->priv);
	s->priv = NULL;
}

static const struct vms_stream_ops direct_ops = {
	.text = op_text,
	.comm = op_comm,
	.free_priv = op_free,
};

const char *const *direct_notes(const struct vms_stream *s, size_t *nr)
{
	const struct direct *d;

	*nr = 0;
	if (!s || s->ops != &direct_ops)
		return NULL;
	d = s->priv;
	*nr = d->f.notes_nr;
	return (const char *const *)d->f.notes;
}

static int lost_cmp(const void *a, const void *b)
{
	const struct vms_lost *x = a;
	const struct vms_lost *y = b;

	return (x->idx > y->idx) - (x->idx < y->idx);
}

static int cpu_merge(struct direct *direct, struct vms_cpu *cpu, struct direct_merge *merge)
{
	struct direct_area *area = &direct->merged[direct->merged_nr];
	uint64_t total = 0, lost_nr = 0;
	struct vms_lost *lost;
	size_t i;

	for (i = 0; i < merge->nr; i++) {
		total += merge->jobs[i]->run.nr;
		lost_nr += merge->jobs[i]->run.lost_nr;
	}
	if (total >= UINT32_MAX)
		return -VMS_ERANGE;
	lost = arena_alloc(&direct->f.arena, lost_nr, sizeof(*lost));
	direct->merged_nr += 4;
	if (!lost || direct_area_new(&area[0], total * sizeof(int64_t)) ||
	    direct_area_new(&area[1], total * 2) ||
	    direct_area_new(&area[2], total * sizeof(uint8_t *)) ||
	    direct_area_new(&area[3], total))
		return -VMS_ENOMEM;
	cpu->nr = (uint32_t)total;
	direct_merge_fill(merge, cpu, area, lost);
	qsort(lost, cpu->lost_nr, sizeof(*lost), lost_cmp);
	cpu->time_raw = area[0].p;
	cpu->type = area[1].p;
	cpu->payload = area[2].p;
	cpu->buffer = area[3].p;
	cpu->lost = lost;
	return 0;
}

static int cpu_build(struct direct *direct, struct vms_stream *stream, struct vms_cpu *cpu)
{
	struct direct_merge merge = { 0 };
	const struct direct_run *only;
	size_t i;
	int ret;

	merge.jobs = vms_calloc(direct->jobs.nr, sizeof(*merge.jobs));
	merge.at = vms_calloc(direct->jobs.nr, sizeof(*merge.at));
	merge.lost_at = vms_calloc(direct->jobs.nr, sizeof(*merge.lost_at));
	ret = merge.jobs && merge.at && merge.lost_at ? 0 : -VMS_ENOMEM;
	for (i = 0; i < direct->jobs.nr && !ret; i++)
		if (direct->jobs.jobs[i].data.cpu == cpu->cpu)
			merge.jobs[merge.nr++] = &direct->jobs.jobs[i];
	cpu->sorted = true;
	if (!ret && (merge.nr > 1 || (merge.nr && stream->buffers_nr > 1))) {
		ret = cpu_merge(direct, cpu, &merge);
		for (i = 0; i < merge.nr && !ret; i++)
			direct_run_free(&merge.jobs[i]->run); /* the merged arrays replace it */
	} else if (!ret && merge.nr) {
		only = &merge.jobs[0]->run;
		cpu->nr = (uint32_t)only->nr;
		cpu->sorted = only->sorted;
		cpu->time_raw = only->time.p;
		cpu->type = only->type.p;
		cpu->payload = only->payload.p;
		cpu->lost = only->lost;
		cpu->lost_nr = (uint32_t)only->lost_nr;
	}
	free(merge.jobs);
	free(merge.at);
	free(merge.lost_at);
	return ret;
}

static int cpu_cmp(const void *a, const void *b)
{
	const struct vms_cpu *x = a;
	const struct vms_cpu *y = b;

	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

/* numbers of all CPUs: those of the tables, and those the machine is said to have */
static int cpus_list(struct direct *direct, struct vms_stream *stream)
{
	const struct direct_opts *opts = &direct->f.opts;
	bool *seen = vms_calloc(UINT16_MAX + 1, sizeof(*seen));
	size_t i, nr = 0;
	uint32_t k;

	if (!seen)
		return -VMS_ENOMEM;
	for (i = 0; i < opts->cpus_nr && i < CPUS_EMPTY_MAX; i++)
		seen[i] = true;
	for (i = 0; i < opts->buffers_nr; i++)
		for (k = 0; k < opts->buffers[i].data_nr; k++)
			if (opts->buffers[i].data[k].cpu <= UINT16_MAX)
				seen[opts->buffers[i].data[k].cpu] = true;
	for (i = 0; i <= UINT16_MAX; i++)
		nr += seen[i];
	stream->cpus = arena_alloc(&direct->f.arena, nr, sizeof(*stream->cpus));
	for (i = 0; i <= UINT16_MAX && stream->cpus; i++)
		if (seen[i])
			stream->cpus[stream->cpus_nr++].cpu = (uint32_t)i;
	free(seen);
	if (!stream->cpus)
		return -VMS_ENOMEM;
	qsort(stream->cpus, stream->cpus_nr, sizeof(*stream->cpus), cpu_cmp);
	return 0;
}

static uint64_t sat_add(uint64_t a, uint64_t b)
{
	uint64_t r;

	return vms_add_overflow(a, b, &r) ? UINT64_MAX : r;
}

static int cpus_build(struct direct *direct, struct vms_stream *stream)
{
	unsigned int i;
	uint32_t k;
	bool any = false;
	size_t j;
	int ret;

	/* before the merge frees the runs */
	stream->last_raw = -1;
	for (j = 0; j < direct->jobs.nr; j++) {
		const struct direct_run *r = &direct->jobs.jobs[j].run;

		if (!r->nr)
			continue;
		stream->first_raw = any ? VMS_MIN(stream->first_raw, r->first_raw) : r->first_raw;
		stream->last_raw = any ? VMS_MAX(stream->last_raw, r->last_raw) : r->last_raw;
		any = true;
	}
	ret = cpus_list(direct, stream);
	if (ret)
		return ret;
	direct->merged = vms_calloc((size_t)stream->cpus_nr * 4, sizeof(*direct->merged));
	if (!direct->merged)
		return -VMS_ENOMEM;
	for (i = 0; i < stream->cpus_nr; i++) {
		struct vms_cpu *c = &stream->cpus[i];

		ret = cpu_build(direct, stream, c);
		if (ret)
			return ret;
		stream->events_nr += c->nr;
		for (k = 0; k < c->lost_nr; k++)
			stream->lost_nr = sat_add(stream->lost_nr, VMS_MAX(c->lost[k].count, 1));
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

	(void)snprintf(clock->name, sizeof(clock->name), "%.23s", name);
	clock->counts_ns = direct_clock_counts_ns(clock->name);
	clock->mult = o->mult;
	clock->shift = o->shift;
	if (clock->counts_ns) {
		clock->ns_per_unit = 1.0;
		clock->rate_from = VMS_RATE_NS;
	}
}

static int buffers_build(struct direct *direct, struct vms_stream *stream)
{
	const struct direct_opts *o = &direct->f.opts;
	size_t i;

	stream->buffers = arena_alloc(&direct->f.arena, o->buffers_nr, sizeof(*stream->buffers));
	if (!stream->buffers)
		return -VMS_ENOMEM;
	stream->buffers_nr = (unsigned int)o->buffers_nr;
	for (i = 0; i < o->buffers_nr; i++) {
		stream->buffers[i].name = o->buffers[i].name;
		stream->buffers[i].clock =
			*o->buffers[i].clock ? o->buffers[i].clock : stream->clock.name;
		if (strcmp(stream->buffers[i].clock, stream->clock.name))
			direct_note(&direct->f,
				    "instance \"%.40s\" has clock %.20s, the first one %.20s: "
				    "their times do not "
				    "compare",
				    stream->buffers[i].name, stream->buffers[i].clock,
				    stream->clock.name);
	}
	return 0;
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

static int stream_build(struct direct *direct, struct vms_stream *stream)
{
	const struct direct_opts *opts = &direct->f.opts;
	int ret;

	stream->path = direct->f.path;
	stream->name = "";
	stream->trace_id = opts->trace_id;
	stream->version = direct->f.version;
	stream->compression = direct->f.compression_name;
	stream->source = vms_source_direct.name;
	stream->swap = direct->f.swap;
	stream->long_size = (uint8_t)direct->formats.layout.commit_size;
	stream->ts_offset = opts->ts_offset;
	stream->types = direct->formats.types;
	stream->types_nr = (unsigned int)direct->formats.nr;
	stream->shift = opts->shift_opt;
	stream->decls = opts->decls;
	stream->decls_nr = (unsigned int)opts->decls_nr;
	clock_set(&stream->clock, opts);
	ret = buffers_build(direct, stream);
	return ret ? ret : cpus_build(direct, stream);
}

static int load_events(struct direct *direct, struct vms_stream *stream,
		       const struct vms_progress *progress, struct vms_err *err)
{
	const char *path = direct->f.path;
	int ret;

	if (!direct->f.opts.buffers_nr && direct->f.opts.has_text)
		return vms_fail(err, VMS_ENODATA,
				"%s holds a latency trace as text: record with trace-cmd record -e",
				path);
	if (!direct->f.opts.buffers_nr)
		return vms_fail(
			err, VMS_EFORMAT,
			"%s holds no events: its recording did not finish, or it is cut short",
			path);
	vms_log(VMS_LOG_DEBUG, "read", "%s: version %u, %s, %zu instances, %zu guests named, %s",
		path, direct->f.version, direct->f.compression_name, direct->f.opts.buffers_nr,
		direct->f.opts.decls_nr,
		direct->f.opts.shift_opt ? "a time shift" : "no time shift");
	buffers_order(&direct->f.opts);
	ret = direct_sections_load(&direct->f, err);
	if (!ret)
		ret = direct_formats_read(&direct->formats, &direct->f, err);
	if (!ret)
		ret = direct_jobs_run(&direct->jobs, &direct->f, &direct->formats, progress, err);
	if (ret)
		return ret;
	ret = stream_build(direct, stream);
	if (ret == -VMS_ERANGE)
		return vms_fail(err, VMS_ERANGE, "%s: more than 4 milliard events on one CPU",
				path);
	return ret ? vms_fail(err, -ret, "out of memory for the events of %s", path) : 0;
}

int direct_load_file(struct vms_stream **out, struct direct_file *f,
		     const struct vms_progress *progress, struct vms_err *err)
{
	struct vms_stream *stream = vms_calloc(1, sizeof(*stream));
	struct direct *d = vms_calloc(1, sizeof(*d));
	int ret;

	if (!stream || !d) {
		free(stream);
		free(d);
		return vms_fail(err, VMS_ENOMEM, "out of memory opening %s", f->path);
	}
	d->f = *f;
	ret = load_events(d, stream, progress, err);
	if (ret) {
		*f = d->f;
		memset(&d->f, 0, sizeof(d->f));
		direct_free(d);
		free(stream);
		return ret;
	}
	memset(f, 0, sizeof(*f));
	stream->ops = &direct_ops;
	stream->priv = d;
	*out = stream;
	return 0;
}

static int direct_load(struct vms_stream **out, const char *path, const struct vms_progress *p,
		       struct vms_err *err)
{
	struct direct_file f;
	int ret;

	ret = direct_file_open(&f, path, err);
	if (ret)
		return ret;
	ret = direct_load_file(out, &f, p, err);
	if (ret)
		direct_file_close(&f);
	return ret;
}

const struct vms_source vms_source_direct = {
	.name = "direct",
	.help = "reads trace.dat (versions 6 and 7; plain, zstd, zlib) itself",
	.load = direct_load,
};
