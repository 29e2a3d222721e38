// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The event data of a file: where each CPU's pages are, how they are decompressed, and who reads
 * which.
 */
#include "io/direct/direct_impl.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include <vmsync/log.h>

#include "io/files/memory.h"
#include "core/base/util.h"

#define JOBS_MAX ((size_t)1 << 20)
#define THREADS_MAX 16
#define CPU_MAX 65535			   /* struct vms_stretch and others hold 16 bits */
#define PAGE_BYTES_MAX ((uint32_t)1 << 27) /* what a commit can say */
#define PIECE_BYTES ((size_t)1 << 20)
#define POPULATE_BYTES ((size_t)256 << 10)
#define PROGRESS_NS 50000000L

/* time, type and payload of an event */
#define EVENT_BYTES (sizeof(int64_t) + sizeof(uint16_t) + sizeof(uint32_t))

struct pool {
	struct direct_jobs *js;
	struct direct_file *f;
	const struct vms_progress *progress;
	atomic_size_t next;
	atomic_size_t running;
	atomic_ullong done_bytes, events;
	pthread_mutex_t lock;
	pthread_cond_t ended;
};

static bool cancelled(const struct pool *p)
{
	return vms_progress_cancelled(p->progress);
}

/*
 * sizes of the pieces of compressed data, as far as they lie within the file. Return: [bytes] that
 * they take
 */
static size_t measure_chunks(struct direct_job *job, bool swap)
{
	struct cursor cursor = cursor_of(job->stored, swap);
	uint32_t nr = cursor_u32(&cursor);

	job->size = 0;
	while (nr-- && !cursor.bad) {
		const uint32_t zsize = cursor_u32(&cursor);
		const uint32_t size = cursor_u32(&cursor);

		(void)cursor_bytes(&cursor, zsize);
		if (cursor.bad || !direct_claim_fits(zsize, size)) {
			cursor.bad = true;
			break;
		}
		job->size += size;
	}
	job->cut |= cursor.bad;
	return job->stored.size - cursor_left(&cursor);
}

static int job_add(struct direct_jobs *jobs, struct direct_file *direct,
		   const struct direct_formats *fm, unsigned int buffer_idx,
		   const struct direct_data *data)
{
	const struct direct_buffer *buffer = &direct->opts.buffers[buffer_idx];
	struct direct_job job = { .buffer = buffer_idx,
				  .data = *data,
				  .compressed = buffer->compressed };

	size_t used;

	if (!data->size)
		return 0;
	if (data->cpu > CPU_MAX) {
		direct_note(direct, "event data of CPU number %u is left out: no machine has it",
			    data->cpu);
		return 0;
	}
	if (data->offset >= direct->size) {
		job.cut = true;
		job.stored.p = direct->map;
	} else {
		/*
		 * trace-cmd counts the pieces' data only, not their headers: the pieces say where
		 * they end
		 */
		(void)direct_bytes(direct, data->offset, direct->size - data->offset, &job.stored);
		job.cut = data->size > job.stored.size;
		if (!job.compressed && !job.cut)
			job.stored.size = (size_t)data->size;
	}
	job.size = used = job.stored.size;
	if (job.compressed)
		used = measure_chunks(&job, direct->swap);
	job.walk = (struct direct_walk){ .formats = fm,
					 .page_size = buffer->page_size,
					 .big_endian = direct->big_endian,
					 .swap = direct->swap,
					 .buffer = (uint8_t)buffer_idx };
	if (!direct_take(direct, DIRECT_EVENTS, sizeof(job)) || !direct_visit(direct, used))
		return -VMS_ERANGE;
	if (vms_grow(&jobs->jobs, &jobs->cap, jobs->nr + 1, sizeof(*jobs->jobs), JOBS_MAX))
		return -VMS_ENOMEM;
	jobs->jobs[jobs->nr++] = job;
	return 0;
}

/* page size and compression of an instance */
static int buffer_prepare(struct direct_file *direct, const struct direct_formats *fm,
			  struct direct_buffer *buffer, struct vms_err *err)
{
	const struct direct_page_layout *l = &fm->layout;
	struct bytes head;
	struct cursor cursor;

	if (!buffer->page_size)
		buffer->page_size =
			l->data_size ? l->data_offset + l->data_size : direct->page_size;
	if (buffer->page_size < l->data_offset + 8 || buffer->page_size > PAGE_BYTES_MAX)
		return vms_fail(err, VMS_EFORMAT, "%s: ring buffer pages of %u bytes", direct->path,
				buffer->page_size);
	if (direct->version != 7)
		return 0;
	if (!direct_bytes(direct, buffer->offset, 16, &head)) {
		direct_note(direct, "instance \"%s\": its section lies beyond the end of the file",
			    DIRECT_NAME(buffer->name));
		buffer->data_nr = 0;
		return 0;
	}
	cursor = cursor_of(head, direct->swap);
	if (cursor_u16(&cursor) != OPT_BUFFER) {
		direct_note(direct, "instance \"%s\": no event data where it should be: left out",
			    DIRECT_NAME(buffer->name));
		buffer->data_nr = 0;
		return 0;
	}
	buffer->compressed = cursor_u16(&cursor) & 1;
	if (buffer->compressed && direct->compression == DIRECT_PLAIN)
		return vms_fail(err, VMS_EFORMAT,
				"%s: event data is compressed, but nothing says how", direct->path);
	return 0;
}

/*
 * one call instead of many faults; without it (before Linux 5.14) the same pages come in one by one
 */
static void populate(const uint8_t *p, size_t size)
{
#ifdef MADV_POPULATE_READ
	const uintptr_t mask = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	const uintptr_t begin = (uintptr_t)p & ~mask;

	if (size >= POPULATE_BYTES)
		(void)madvise((void *)begin, (uintptr_t)p + size - begin, MADV_POPULATE_READ);
#else
	(void)p;
	(void)size;
#endif
}

static int walk_piece(struct direct_job *job, struct pool *pool, size_t from, size_t to)
{
	while (from < to) {
		const size_t step =
			VMS_MAX(PIECE_BYTES / job->walk.page_size, 1) * job->walk.page_size;
		const size_t size = VMS_MIN(step, to - from);
		const size_t before = job->run.nr, lost_before = job->run.lost_nr;

		if (cancelled(pool))
			return -VMS_ECANCEL;
		if (pool->f->over)
			return -VMS_ERANGE;
		if (!job->compressed)
			populate(job->pages.p + from, size);
		direct_run_pages(&job->run, &job->walk, (struct bytes){ job->pages.p + from, size },
				 from);
		if (job->part)
			direct_part_cut(&job->run, job->part, before);
		atomic_fetch_add(&pool->done_bytes, size);
		atomic_fetch_add(&pool->events, job->run.nr - before);
		if (!direct_take(pool->f, DIRECT_EVENTS,
				 (job->run.nr - before) * EVENT_BYTES +
					 (job->run.lost_nr - lost_before) *
						 sizeof(struct vms_lost)))
			return -VMS_ERANGE;
		from += size;
		/* as many as in this piece */
		if (from < to && size >= POPULATE_BYTES)
			direct_run_expect(&job->run, job->run.nr - before);
	}
	return job->run.nomem ? -VMS_ENOMEM : 0;
}

/* The pages of a piece, or those of the part that is wanted. */
static int walk_wanted(struct direct_job *job, struct pool *pool, size_t from, size_t to)
{
	size_t begin, end = from;
	int ret = 0;

	if (!job->part)
		return walk_piece(job, pool, from, to);
	while (!ret && (begin = direct_part_pages(job, job->part, end, to, &end)) < to)
		ret = walk_piece(job, pool, begin, end);
	return ret;
}

/* decompresses piece by piece and reads each while it is in the processor's cache */
static int job_inflate(struct direct_job *job, struct pool *pool, ZSTD_DCtx *zstd)
{
	const size_t page = job->walk.page_size;
	struct cursor cursor = cursor_of(job->stored, pool->f->swap);
	uint8_t *out = job->inflated.p;
	size_t filled = 0, walked = 0;
	uint32_t nr = cursor_u32(&cursor);
	int ret = 0;

	while (nr-- && !ret && filled < job->size) {
		const uint32_t zsize = cursor_u32(&cursor);
		const uint32_t size = cursor_u32(&cursor);
		const struct bytes in = cursor_bytes(&cursor, zsize);

		if (cursor.bad || size > job->size - filled)
			break;
		direct_area_expect(&job->inflated, filled, filled + size);
		ret = direct_decompress(pool->f->compression, in, out + filled, size, zstd);
		if (ret == -VMS_ENOMEM)
			return ret;
		if (!ret) {
			const size_t nr_before = job->run.nr;

			filled += size;
			ret = walk_wanted(job, pool, walked, filled / page * page);
			if (job->part && job->run.nr == nr_before)
				direct_part_drop(job, walked, filled / page * page);
			else if (job->part && !direct_take(pool->f, DIRECT_EVENTS, size))
				return -VMS_ERANGE;
			walked = filled / page * page;
			continue;
		}
		ret = 0;
		job->bad_chunks++;
		filled += size;
		walked = (filled + page - 1) / page * page;
		direct_run_loss(&job->run, job->walk.buffer, 0);
	}
	if (!ret && walked < filled)
		ret = walk_wanted(job, pool, walked, filled);
	return ret;
}

static int job_run(struct direct_job *job, struct pool *pool, ZSTD_DCtx *zstd)
{
	int ret = 0;

	job->pages = job->stored;
	if (job->compressed) {
		if (!pool->js->temporary ||
		    direct_area_temporary(&job->inflated, (size_t)job->size))
			ret = direct_area_new(&job->inflated, (size_t)job->size);
		job->pages = (struct bytes){ job->inflated.p, (size_t)job->size };
	}
	if (!ret)
		ret = direct_run_new(&job->run, job->pages,
				     job->part ? direct_part_size(job, job->part) : job->size);
	if (ret)
		return ret;
	ret = job->compressed ? job_inflate(job, pool, zstd)
			      : walk_wanted(job, pool, 0, job->pages.size);
	if (job->cut)
		direct_run_loss(&job->run, job->walk.buffer, 0);
	direct_run_end(&job->run);
	return ret ? ret : job->run.nomem ? -VMS_ENOMEM : 0;
}

static void *worker(void *arg)
{
	struct pool *pool = arg;
	ZSTD_DCtx *zstd = pool->f->compression == DIRECT_ZSTD ? ZSTD_createDCtx() : NULL;
	size_t i;

	for (;;) {
		i = atomic_fetch_add(&pool->next, 1);
		if (i >= pool->js->nr)
			break;
		pool->js->jobs[i].ret = job_run(&pool->js->jobs[i], pool, zstd);
	}
	ZSTD_freeDCtx(zstd);
	(void)pthread_mutex_lock(&pool->lock);
	atomic_fetch_sub(&pool->running, 1);
	(void)pthread_cond_signal(&pool->ended);
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static void report(struct pool *p)
{
	if (p->progress && p->progress->update)
		p->progress->update(p->progress->user, p->f->path, atomic_load(&p->done_bytes),
				    p->js->total, atomic_load(&p->events));
}

static void wait_for(struct pool *pool)
{
	(void)pthread_mutex_lock(&pool->lock);
	while (atomic_load(&pool->running)) {
		struct timespec t;

		(void)clock_gettime(CLOCK_REALTIME, &t);
		t.tv_nsec += PROGRESS_NS;
		if (t.tv_nsec >= 1000000000L) {
			t.tv_nsec -= 1000000000L;
			t.tv_sec++;
		}
		if (pthread_cond_timedwait(&pool->ended, &pool->lock, &t) != ETIMEDOUT)
			continue;
		(void)pthread_mutex_unlock(&pool->lock);
		report(pool);
		(void)pthread_mutex_lock(&pool->lock);
	}
	(void)pthread_mutex_unlock(&pool->lock);
}

static void pool_run(struct pool *pool)
{
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[THREADS_MAX];
	size_t nr = 0, i;
	const size_t want =
		VMS_MIN(VMS_MIN((size_t)VMS_MAX(cpus, 1), (size_t)THREADS_MAX), pool->js->nr);

	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->ended, NULL);
	for (i = 0; i < want; i++) {
		atomic_fetch_add(&pool->running, 1);
		if (pthread_create(&threads[nr], NULL, worker, pool)) {
			atomic_fetch_sub(&pool->running, 1);
			break;
		}
		nr++;
	}
	if (!nr) {
		atomic_fetch_add(&pool->running, 1);
		(void)worker(pool);
	}
	wait_for(pool);
	for (i = 0; i < nr; i++)
		(void)pthread_join(threads[i], NULL);
	(void)pthread_cond_destroy(&pool->ended);
	(void)pthread_mutex_destroy(&pool->lock);
	report(pool);
}

/* what went wrong in the data of one CPU, for the log */
static void job_notes(struct direct_file *direct, const struct direct_job *job)
{
	const struct direct_run *run = &job->run;
	const unsigned int cpu = job->data.cpu;
	const char *in = DIRECT_NAME(direct->opts.buffers[job->buffer].name);

	if (job->cut)
		direct_note(
			direct,
			"CPU %u%s%s: the file is cut short: %zu of %llu stored bytes are there, "
			"the events behind are lost",
			cpu, *in ? " of " : "", in, job->stored.size,
			(unsigned long long)job->data.size);
	if (job->bad_chunks)
		direct_note(direct,
			    "CPU %u%s%s: %u compressed pieces do not decompress: their events "
			    "are lost",
			    cpu, *in ? " of " : "", in, job->bad_chunks);
	if (run->damaged_nr)
		direct_note(direct,
			    "CPU %u%s%s: %u damaged pages, the first at byte %llu of the CPU's "
			    "data: the events "
			    "behind the damage in them are lost",
			    cpu, *in ? " of " : "", in, run->damaged_nr,
			    (unsigned long long)run->damaged_at);
	if (run->unknown_nr)
		direct_note(direct,
			    "CPU %u%s%s: %llu events of types that the file does not describe", cpu,
			    *in ? " of " : "", in, (unsigned long long)run->unknown_nr);
	if (run->short_nr)
		direct_note(direct,
			    "CPU %u%s%s: %llu events are shorter than their type: shown as unknown",
			    cpu, *in ? " of " : "", in, (unsigned long long)run->short_nr);
}

int direct_jobs_find(struct direct_jobs *js, struct direct_file *direct,
		     const struct direct_formats *fm, struct vms_err *err)
{
	unsigned int i;
	uint32_t k;
	int ret;

	for (i = 0; i < direct->opts.buffers_nr; i++) {
		struct direct_buffer *buffer = &direct->opts.buffers[i];

		ret = buffer_prepare(direct, fm, buffer, err);
		if (ret)
			return ret;
		for (k = 0; k < buffer->data_nr; k++) {
			const size_t before = js->nr;

			ret = job_add(js, direct, fm, i, &buffer->data[k]);
			if (ret == -VMS_ERANGE && !direct->over)
				return vms_fail(err, VMS_ERANGE,
						"%s: the data of its %u CPUs lie over one another: "
						"it is damaged or made to do harm",
						direct->path, buffer->data_nr);
			if (ret)
				return vms_fail(err, VMS_ENOMEM, "out of memory for the CPUs of %s",
						direct->path);
			if (js->nr > before &&
			    vms_add_overflow(js->total, js->jobs[before].size, &js->total))
				return vms_fail(err, VMS_EFORMAT,
						"%s: sizes of its data are damaged", direct->path);
			if (js->nr > before && buffer->compressed)
				js->inflated += js->jobs[before].size;
		}
	}
	return 0;
}

int direct_jobs_room(struct direct_jobs *js, struct direct_file *direct)
{
	js->temporary = js->inflated > memory_limit() / 4;
	return (js->temporary ? direct_fits_disk(direct, js->inflated)
			      : direct_take(direct, DIRECT_EVENTS, js->inflated))
		       ? 0
		       : -VMS_ERANGE;
}

int direct_jobs_run(struct direct_jobs *js, struct direct_file *direct,
		    const struct direct_part *part, const struct vms_progress *p,
		    struct vms_err *err)
{
	struct pool pool = { .js = js, .f = direct, .progress = p };
	size_t i;

	for (i = 0; i < js->nr; i++)
		js->jobs[i].part = part;

	vms_log(VMS_LOG_DEBUG, "read", "%s: %zu CPU buffers, %llu bytes of pages%s", direct->path,
		js->nr, (unsigned long long)js->total,
		js->temporary ? ", given back while read" : "");
	pool_run(&pool);
	/* as much for the rest as for what was read */
	if (direct->over == DIRECT_OVER_MACHINE && pool.done_bytes)
		direct->wanted = (unsigned long long)((double)direct->wanted *
						      ((double)js->total /
						       (double)atomic_load(&pool.done_bytes)));
	for (i = 0; i < js->nr; i++) {
		if (js->jobs[i].ret == -VMS_ECANCEL)
			return vms_fail(err, VMS_ECANCEL, "loading %s was interrupted",
					direct->path);
		if (js->jobs[i].ret)
			return vms_fail(err, -js->jobs[i].ret,
					"out of memory for the events of %.100s, which take about "
					"%llu MB: --range 0%%..10%% loads the first tenth",
					direct->path,
					/* half of what their pages take */
					(unsigned long long)(js->total >> 21));
		job_notes(direct, &js->jobs[i]);
	}
	return 0;
}

void direct_jobs_free(struct direct_jobs *js)
{
	size_t i;

	for (i = 0; i < js->nr; i++) {
		direct_run_free(&js->jobs[i].run);
		direct_area_free(&js->jobs[i].inflated);
	}
	free(js->jobs);
	*js = (struct direct_jobs){ 0 };
}
