// SPDX-License-Identifier: LGPL-2.1-or-later
/* The direct reader: from a trace.dat to a stream. */
#include "io/direct/direct.h"

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

static void direct_free(struct direct *d)
{
	size_t i;

	if (!d)
		return;
	direct_text_free(d->text);
	for (i = 0; i < d->merged_nr; i++)
		direct_area_free(&d->merged[i]);
	free(d->merged);
	direct_jobs_free(&d->jobs);
	direct_formats_clear(&d->formats);
	direct_file_close(&d->f);
	free(d);
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

static int cpu_merge(struct direct *d, struct vms_cpu *c, struct direct_merge *m)
{
	struct direct_area *a = &d->merged[d->merged_nr];
	uint64_t total = 0, lost_nr = 0;
	struct vms_lost *lost;
	size_t i;

	for (i = 0; i < m->nr; i++) {
		total += m->jobs[i]->run.nr;
		lost_nr += m->jobs[i]->run.lost_nr;
	}
	if (total >= UINT32_MAX)
		return -VMS_ERANGE;
	lost = arena_alloc(&d->f.arena, lost_nr, sizeof(*lost));
	d->merged_nr += 4;
	if (!lost || direct_area_new(&a[0], total * sizeof(int64_t)) ||
	    direct_area_new(&a[1], total * 2) ||
	    direct_area_new(&a[2], total * sizeof(uint8_t *)) || direct_area_new(&a[3], total))
		return -VMS_ENOMEM;
	c->nr = (uint32_t)total;
	direct_merge_fill(m, c, a, lost);
	qsort(lost, c->lost_nr, sizeof(*lost), lost_cmp);
	c->time_raw = a[0].p;
	c->type = a[1].p;
	c->payload = a[2].p;
	c->buffer = a[3].p;
	c->lost = lost;
	return 0;
}

static int cpu_build(struct direct *d, struct vms_stream *s, struct vms_cpu *c)
{
	struct direct_merge m = { 0 };
	const struct direct_run *only;
	size_t i;
	int ret;

	m.jobs = vms_calloc(d->jobs.nr, sizeof(*m.jobs));
	m.at = vms_calloc(d->jobs.nr, sizeof(*m.at));
	m.lost_at = vms_calloc(d->jobs.nr, sizeof(*m.lost_at));
	ret = m.jobs && m.at && m.lost_at ? 0 : -VMS_ENOMEM;
	for (i = 0; i < d->jobs.nr && !ret; i++)
		if (d->jobs.jobs[i].data.cpu == c->cpu)
			m.jobs[m.nr++] = &d->jobs.jobs[i];
	c->sorted = true;
	if (!ret && (m.nr > 1 || (m.nr && s->buffers_nr > 1))) {
		ret = cpu_merge(d, c, &m);
		for (i = 0; i < m.nr && !ret; i++)
			direct_run_free(&m.jobs[i]->run); /* the merged arrays replace it */
	} else if (!ret && m.nr) {
		only = &m.jobs[0]->run;
		c->nr = (uint32_t)only->nr;
		c->sorted = only->sorted;
		c->time_raw = only->time.p;
		c->type = only->type.p;
		c->payload = only->payload.p;
		c->lost = only->lost;
		c->lost_nr = (uint32_t)only->lost_nr;
	}
	free(m.jobs);
	free(m.at);
	free(m.lost_at);
	return ret;
}

static int cpu_cmp(const void *a, const void *b)
{
	const struct vms_cpu *x = a;
	const struct vms_cpu *y = b;

	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

/* numbers of all CPUs: those of the tables, and those the machine is said to have */
static int cpus_list(struct direct *d, struct vms_stream *s)
{
	const struct direct_opts *o = &d->f.opts;
	bool *seen = vms_calloc(UINT16_MAX + 1, sizeof(*seen));
	size_t i, nr = 0;
	uint32_t k;

	if (!seen)
		return -VMS_ENOMEM;
	for (i = 0; i < o->cpus_nr && i < CPUS_EMPTY_MAX; i++)
		seen[i] = true;
	for (i = 0; i < o->buffers_nr; i++)
		for (k = 0; k < o->buffers[i].data_nr; k++)
			if (o->buffers[i].data[k].cpu <= UINT16_MAX)
				seen[o->buffers[i].data[k].cpu] = true;
	for (i = 0; i <= UINT16_MAX; i++)
		nr += seen[i];
	s->cpus = arena_alloc(&d->f.arena, nr, sizeof(*s->cpus));
	for (i = 0; i <= UINT16_MAX && s->cpus; i++)
		if (seen[i])
			s->cpus[s->cpus_nr++].cpu = (uint32_t)i;
	free(seen);
	if (!s->cpus)
		return -VMS_ENOMEM;
	qsort(s->cpus, s->cpus_nr, sizeof(*s->cpus), cpu_cmp);
	return 0;
}

static uint64_t sat_add(uint64_t a, uint64_t b)
{
	uint64_t r;

	return vms_add_overflow(a, b, &r) ? UINT64_MAX : r;
}

static int cpus_build(struct direct *d, struct vms_stream *s)
{
	unsigned int i;
	uint32_t k;
	bool any = false;
	size_t j;
	int ret;

	/* before the merge frees the runs */
	s->last_raw = -1;
	for (j = 0; j < d->jobs.nr; j++) {
		const struct direct_run *r = &d->jobs.jobs[j].run;

		if (!r->nr)
			continue;
		s->first_raw = any ? VMS_MIN(s->first_raw, r->first_raw) : r->first_raw;
		s->last_raw = any ? VMS_MAX(s->last_raw, r->last_raw) : r->last_raw;
		any = true;
	}
	ret = cpus_list(d, s);
	if (ret)
		return ret;
	d->merged = vms_calloc((size_t)s->cpus_nr * 4, sizeof(*d->merged));
	if (!d->merged)
		return -VMS_ENOMEM;
	for (i = 0; i < s->cpus_nr; i++) {
		struct vms_cpu *c = &s->cpus[i];

		ret = cpu_build(d, s, c);
		if (ret)
			return ret;
		s->events_nr += c->nr;
		for (k = 0; k < c->lost_nr; k++)
			s->lost_nr = sat_add(s->lost_nr, VMS_MAX(c->lost[k].count, 1));
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

static void clock_set(struct vms_clock *c, const struct direct_opts *o)
{
	const char *name = o->buffers_nr && *o->buffers[0].clock ? o->buffers[0].clock : o->clock;

	(void)snprintf(c->name, sizeof(c->name), "%.23s", name);
	c->counts_ns = direct_clock_counts_ns(c->name);
	c->mult = o->mult;
	c->shift = o->shift;
	if (c->counts_ns) {
		c->ns_per_unit = 1.0;
		c->rate_from = VMS_RATE_NS;
	}
}

static int buffers_build(struct direct *d, struct vms_stream *s)
{
	const struct direct_opts *o = &d->f.opts;
	size_t i;

	s->buffers = arena_alloc(&d->f.arena, o->buffers_nr, sizeof(*s->buffers));
	if (!s->buffers)
		return -VMS_ENOMEM;
	s->buffers_nr = (unsigned int)o->buffers_nr;
	for (i = 0; i < o->buffers_nr; i++) {
		s->buffers[i].name = o->buffers[i].name;
		s->buffers[i].clock = *o->buffers[i].clock ? o->buffers[i].clock : s->clock.name;
		if (strcmp(s->buffers[i].clock, s->clock.name))
			direct_note(&d->f,
				    "instance \"%.40s\" has clock %.20s, the first one %.20s: "
				    "their times do not "
				    "compare",
				    s->buffers[i].name, s->buffers[i].clock, s->clock.name);
	}
	return 0;
}

/* the top instance first, whatever the order in the file */
static void buffers_order(struct direct_opts *o)
{
	size_t i;

	for (i = 1; i < o->buffers_nr; i++) {
		const struct direct_buffer b = o->buffers[i];

		if (*b.name || !*o->buffers[0].name)
			continue;
		memmove(o->buffers + 1, o->buffers, i * sizeof(*o->buffers));
		o->buffers[0] = b;
	}
}

static int stream_build(struct direct *d, struct vms_stream *s)
{
	const struct direct_opts *o = &d->f.opts;
	int ret;

	s->path = d->f.path;
	s->name = "";
	s->trace_id = o->trace_id;
	s->version = d->f.version;
	s->compression = d->f.compression_name;
	s->source = vms_source_direct.name;
	s->swap = d->f.swap;
	s->long_size = (uint8_t)d->formats.layout.commit_size;
	s->ts_offset = o->ts_offset;
	s->types = d->formats.types;
	s->types_nr = (unsigned int)d->formats.nr;
	s->shift = o->shift_opt;
	s->decls = o->decls;
	s->decls_nr = (unsigned int)o->decls_nr;
	clock_set(&s->clock, o);
	ret = buffers_build(d, s);
	return ret ? ret : cpus_build(d, s);
}

static int load_events(struct direct *d, struct vms_stream *s, const struct vms_progress *p,
		       struct vms_err *err)
{
	const char *path = d->f.path;
	int ret;

	if (!d->f.opts.buffers_nr && d->f.opts.has_text)
		return vms_fail(err, VMS_ENODATA,
				"%s holds a latency trace as text: record with trace-cmd record -e",
				path);
	if (!d->f.opts.buffers_nr)
		return vms_fail(
			err, VMS_EFORMAT,
			"%s holds no events: its recording did not finish, or it is cut short",
			path);
	vms_log(VMS_LOG_DEBUG, "read", "%s: version %u, %s, %zu instances, %zu guests named, %s",
		path, d->f.version, d->f.compression_name, d->f.opts.buffers_nr, d->f.opts.decls_nr,
		d->f.opts.shift_opt ? "a time shift" : "no time shift");
	buffers_order(&d->f.opts);
	ret = direct_sections_load(&d->f, err);
	if (!ret)
		ret = direct_formats_read(&d->formats, &d->f, err);
	if (!ret)
		ret = direct_jobs_run(&d->jobs, &d->f, &d->formats, p, err);
	if (ret)
		return ret;
	ret = stream_build(d, s);
	if (ret == -VMS_ERANGE)
		return vms_fail(err, VMS_ERANGE, "%s: more than 4 milliard events on one CPU",
				path);
	return ret ? vms_fail(err, -ret, "out of memory for the events of %s", path) : 0;
}

int direct_load_file(struct vms_stream **out, struct direct_file *f, const struct vms_progress *p,
		     struct vms_err *err)
{
	struct vms_stream *s = vms_calloc(1, sizeof(*s));
	struct direct *d = vms_calloc(1, sizeof(*d));
	int ret;

	if (!s || !d) {
		free(s);
		free(d);
		return vms_fail(err, VMS_ENOMEM, "out of memory opening %s", f->path);
	}
	d->f = *f;
	ret = load_events(d, s, p, err);
	if (ret) {
		*f = d->f;
		memset(&d->f, 0, sizeof(d->f));
		direct_free(d);
		free(s);
		return ret;
	}
	memset(f, 0, sizeof(*f));
	s->ops = &direct_ops;
	s->priv = d;
	*out = s;
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
