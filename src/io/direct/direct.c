// SPDX-License-Identifier: LGPL-2.1-or-later
/* The direct reader: from a trace.dat to a stream. */
#include "io/direct/direct_impl.h"
#include "io/direct/direct_merge.h"

#include <stdio.h>
#include <stdlib.h>

#include <vmsync/log.h>

#include "core/base/util.h"

#define MERGED_BYTES (sizeof(int64_t) + 2 + sizeof(uint8_t *) + 1)
/* NR_CPUS of a kernel; a report says much of each, a small file has few */
#define CPUS_MAX 8192
#define CPUS_LEAST 1024
#define CPU_BYTES 1024

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

/* The events that follow on its CPU are asked for next when a list is shown. */
static void op_text(const struct vms_stream *stream, struct vms_ref ref, char *buf, size_t size)
{
	struct direct *loaded = stream->priv;
	const struct vms_cpu *cpu = &stream->cpus[ref.cpu];
	struct direct_event events[DIRECT_TEXTS_NR];
	const char *known;
	unsigned int i;

	if (!size)
		return;
	buf[0] = '\0';
	if (!text_ready(stream))
		return;
	known = direct_text_known(loaded->text, ref);
	if (known) {
		(void)snprintf(buf, size, "%s", known);
		return;
	}
	for (i = 0; i < DIRECT_TEXTS_NR && ref.idx + i < cpu->nr; i++)
		events[i] = (struct direct_event){
			.ref = { ref.cpu, ref.idx + i },
			.type = cpu->type[ref.idx + i],
			.cpu = cpu->cpu,
			.time_raw = cpu->time_raw[ref.idx + i],
			.payload = payload_of(loaded, vms_payload(cpu, ref.idx + i)),
		};
	direct_text_print(loaded->text, events, i, buf, size);
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

/* A run's events as those of a CPU. */
static void run_take(struct vms_cpu *cpu, const struct direct_run *run)
{
	cpu->nr = (uint32_t)run->nr;
	cpu->sorted = run->sorted;
	cpu->time_raw = run->time.p;
	cpu->type = run->type.p;
	cpu->bytes = run->bytes;
	cpu->bytes_at = run->steps ? run->steps : run->at.p;
	cpu->bytes_on = run->steps ? run->at.p : NULL;
	cpu->bytes_shift = run->bytes_shift;
	cpu->lost = run->lost;
	cpu->lost_nr = (uint32_t)run->lost_nr;
}

static int cpu_merge(struct direct *direct, struct vms_cpu *cpu, const struct vms_cpu *runs,
		     const uint8_t *buffers, size_t nr)
{
	struct direct_area *area = &direct->merged[direct->merged_nr];
	uint64_t total = 0, lost_nr = 0;
	struct direct_merged to;
	size_t i;

	for (i = 0; i < nr; i++) {
		total += runs[i].nr;
		lost_nr += runs[i].lost_nr;
	}
	if (total >= UINT32_MAX)
		return -VMS_ERANGE;
	if (!direct_take(&direct->f, DIRECT_EVENTS, total * MERGED_BYTES))
		return -VMS_ERANGE;
	to.lost = direct_alloc(&direct->f, lost_nr, sizeof(*to.lost));
	direct->merged_nr += 4;
	if (!to.lost || direct_area_new(&area[0], total * sizeof(int64_t)) ||
	    direct_area_new(&area[1], total * 2) ||
	    direct_area_new(&area[2], total * sizeof(uint8_t *)) ||
	    direct_area_new(&area[3], total))
		return -VMS_ENOMEM;
	to.time = area[0].p;
	to.type = area[1].p;
	to.payload = area[2].p;
	to.buffer = area[3].p;
	cpu->nr = (uint32_t)total;
	if (direct_merge(cpu, &to, runs, buffers, nr))
		return -VMS_ENOMEM;
	qsort(to.lost, cpu->lost_nr, sizeof(*to.lost), lost_cmp);
	return 0;
}

static int cpu_build(struct direct *direct, struct vms_stream *stream, struct vms_cpu *cpu,
		     struct direct_job **jobs, size_t nr)
{
	struct vms_cpu *runs;
	uint8_t *buffers;
	size_t i;
	int ret;

	cpu->sorted = true;
	if (nr == 1 && stream->buffers_nr < 2)
		run_take(cpu, &jobs[0]->run);
	if (nr == 0 || (nr == 1 && stream->buffers_nr < 2))
		return 0;
	runs = vms_calloc(nr, sizeof(*runs));
	buffers = vms_calloc(nr, sizeof(*buffers));
	for (i = 0; i < nr && runs && buffers; i++) {
		run_take(&runs[i], &jobs[i]->run);
		buffers[i] = (uint8_t)jobs[i]->buffer;
	}
	ret = runs && buffers ? cpu_merge(direct, cpu, runs, buffers, nr) : -VMS_ENOMEM;
	for (i = 0; i < nr && !ret; i++)
		direct_run_free(&jobs[i]->run); /* the merged arrays replace it */
	free(runs);
	free(buffers);
	return ret;
}

/* by CPU, then as they come in the file */
static int job_cmp(const void *a, const void *b)
{
	const struct direct_job *x = *(struct direct_job *const *)a;
	const struct direct_job *y = *(struct direct_job *const *)b;

	if (x->data.cpu != y->data.cpu)
		return x->data.cpu < y->data.cpu ? -1 : 1;
	return (x > y) - (x < y);
}

static int all_build(struct direct *direct, struct vms_stream *stream)
{
	const size_t nr = direct->jobs.nr;
	struct direct_job **jobs = vms_calloc(nr, sizeof(struct direct_job *));
	size_t i, from, end = 0;
	int ret = jobs ? 0 : -VMS_ENOMEM;

	for (i = 0; i < nr && !ret; i++)
		jobs[i] = &direct->jobs.jobs[i];
	if (nr && !ret)
		qsort(jobs, nr, sizeof(struct direct_job *), job_cmp);
	for (i = 0; i < stream->cpus_nr && !ret; i++) {
		for (from = end; end < nr && jobs[end]->data.cpu == stream->cpus[i].cpu; end++)
			;
		ret = cpu_build(direct, stream, &stream->cpus[i], jobs + from, end - from);
	}
	free(jobs);
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
	const size_t most = VMS_MIN(CPUS_LEAST + direct->f.size / CPU_BYTES, CPUS_MAX);
	size_t i, nr = 0, end = VMS_MIN(opts->cpus_nr, most);
	uint32_t k;

	if (!seen)
		return -VMS_ENOMEM;
	for (i = 0; i < end; i++)
		seen[i] = true;
	for (i = 0; i < opts->buffers_nr; i++)
		for (k = 0; k < opts->buffers[i].data_nr; k++) {
			const size_t cpu = opts->buffers[i].data[k].cpu;

			if (cpu > UINT16_MAX)
				continue;
			seen[cpu] = true;
			end = VMS_MAX(end, cpu + 1);
		}
	for (i = 0; i < end; i++)
		nr += seen[i];
	if (nr > most) {
		free(seen);
		direct->f.over = DIRECT_OVER_CPUS;
		return -VMS_ERANGE;
	}
	stream->cpus = direct_alloc(&direct->f, nr, sizeof(*stream->cpus));
	for (i = 0; i < end && stream->cpus; i++)
		if (seen[i])
			stream->cpus[stream->cpus_nr++].cpu = (uint32_t)i;
	free(seen);
	if (!stream->cpus)
		return -VMS_ENOMEM;
	qsort(stream->cpus, stream->cpus_nr, sizeof(*stream->cpus), cpu_cmp);
	return 0;
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
	ret = all_build(direct, stream);
	for (i = 0; i < stream->cpus_nr && !ret; i++) {
		const struct vms_cpu *c = &stream->cpus[i];

		stream->events_nr += c->nr;
		for (k = 0; k < c->lost_nr; k++)
			if (vms_add_overflow(stream->lost_nr, VMS_MAX(c->lost[k].count, 1),
					     &stream->lost_nr))
				stream->lost_nr = UINT64_MAX;
	}
	return ret;
}

static int buffers_build(struct direct *direct, struct vms_stream *stream)
{
	const struct direct_opts *o = &direct->f.opts;
	size_t i;

	stream->buffers = direct_alloc(&direct->f, o->buffers_nr, sizeof(*stream->buffers));
	if (!stream->buffers)
		return -VMS_ENOMEM;
	stream->buffers_nr = (unsigned int)o->buffers_nr;
	for (i = 0; i < o->buffers_nr; i++) {
		stream->buffers[i].name = o->buffers[i].name;
		stream->buffers[i].clock =
			*o->buffers[i].clock ? o->buffers[i].clock : stream->clock.name;
		if (strcmp(stream->buffers[i].clock, stream->clock.name))
			direct_note(&direct->f,
				    "instance \"%s\" has clock %s, the first one %s: "
				    "their times do not "
				    "compare",
				    DIRECT_NAME(stream->buffers[i].name), stream->buffers[i].clock,
				    stream->clock.name);
	}
	return 0;
}

static int stream_build(struct direct *direct, struct vms_stream *stream)
{
	int ret;

	stream->path = direct->f.path;
	stream->file = direct->f.id;
	stream->name = "";
	stream->source = vms_source_direct.name;
	stream->swap = direct->f.swap;
	stream->long_size = (uint8_t)direct->formats.layout.commit_size;
	stream->types = direct->formats.types;
	stream->types_nr = (unsigned int)direct->formats.nr;
	ret = buffers_build(direct, stream);
	return ret ? ret : cpus_build(direct, stream);
}

static int prepare(struct direct *direct, struct vms_err *err)
{
	int ret = direct_sections_load(&direct->f, err);

	if (!ret)
		ret = direct_formats_read(&direct->formats, &direct->f, err);
	if (!ret)
		ret = direct_jobs_find(&direct->jobs, &direct->f, &direct->formats, err);
	return ret;
}

int direct_check(const char *path, struct vms_err *err)
{
	struct direct *direct = vms_calloc(1, sizeof(*direct));
	struct vms_err why = { 0 };
	int ret = direct ? direct_file_open(&direct->f, path, &why) : 0;

	if (direct && !ret)
		ret = prepare(direct, &why);
	if (direct && !ret)
		ret = direct_jobs_room(&direct->jobs, &direct->f);
	if (direct && direct->f.over)
		ret = direct_over(&direct->f, &why);
	direct_free(direct);
	if (ret != -VMS_ERANGE)
		return 0;
	if (err)
		*err = why;
	return ret;
}

static int load_events(struct direct *direct, struct vms_stream *stream, struct direct_part *part,
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
	direct_head_take(stream, &direct->f);
	ret = prepare(direct, err);
	if (!ret)
		ret = part ? direct_part_choose(part, &direct->f, &direct->jobs, stream, err)
			   : direct_jobs_room(&direct->jobs, &direct->f);
	if (!ret)
		ret = direct_jobs_run(&direct->jobs, &direct->f, part, progress, err);
	if (ret)
		return ret;
	ret = stream_build(direct, stream);
	if (ret == -VMS_ERANGE && !direct->f.over)
		return vms_fail(err, VMS_ERANGE, "%s: more than 4 milliard events on one CPU",
				path);
	return ret ? vms_fail(err, -ret, "out of memory for the events of %s", path) : 0;
}

int direct_load_file(struct vms_stream **out, struct direct_file *direct, struct direct_part *part,
		     const struct vms_progress *progress, struct vms_err *err)
{
	struct vms_stream *stream = vms_calloc(1, sizeof(*stream));
	struct direct *loaded = vms_calloc(1, sizeof(*loaded));
	int ret;

	if (!stream || !loaded) {
		free(stream);
		free(loaded);
		return vms_fail(err, VMS_ENOMEM, "out of memory opening %s", direct->path);
	}
	loaded->f = *direct;
	ret = load_events(loaded, stream, part, progress, err);
	if (loaded->f.over && ret != -VMS_ECANCEL)
		ret = direct_over(&loaded->f, err);
	if (ret) {
		*direct = loaded->f;
		memset(&loaded->f, 0, sizeof(loaded->f));
		direct_free(loaded);
		free(stream);
		return ret;
	}
	memset(direct, 0, sizeof(*direct));
	stream->ops = &direct_ops;
	stream->priv = loaded;
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
	ret = direct_load_file(out, &f, NULL, p, err);
	if (ret)
		direct_file_close(&f);
	return ret;
}

const struct vms_source vms_source_direct = {
	.name = "direct",
	.help = "reads trace.dat (versions 6 and 7; plain, zstd, zlib) itself",
	.load = direct_load,
};
