// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A part of a recording's time: which pages hold it, and which of their events.
 *
 * A page says when it begins; the one behind it says when it ended. Every page is asked, as a
 * clock may have been set back between two of them.
 */
#include "io/direct/direct_impl.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/util.h"

static bool page_time(const struct direct_job *job, struct bytes pages, size_t at, int64_t *time)
{
	if (at + job->walk.formats->layout.data_offset > pages.size)
		return false;
	*time = (int64_t)load_u64(pages.p + at, job->walk.swap);
	return true;
}

size_t direct_part_pages(const struct direct_job *job, const struct direct_part *part, size_t from,
			 size_t to, size_t *end)
{
	const size_t page = job->walk.page_size;
	const struct bytes pages = { job->pages.p, to };
	size_t begin = to, at;

	for (at = from; at < to; at += page) {
		int64_t time, next;
		const bool wanted =
			!page_time(job, pages, at, &time) ||
			(time <= part->to_raw &&
			 (!page_time(job, pages, at + page, &next) || next >= part->from_raw));

		if (wanted && begin == to)
			begin = at;
		if (!wanted && begin < to)
			break;
	}
	*end = VMS_MIN(at, to);
	return begin;
}

uint64_t direct_part_size(const struct direct_job *job, const struct direct_part *part)
{
	size_t at = 0, end = 0;
	uint64_t size = 0;

	/* of compressed pages nobody knows before */
	if (job->compressed)
		return job->size;
	while ((at = direct_part_pages(job, part, end, job->pages.size, &end)) < job->pages.size)
		size += end - at;
	return size;
}

void direct_part_cut(struct direct_run *run, const struct direct_part *part, size_t from)
{
	int64_t *const times = run->time.p;
	uint16_t *const types = run->type.p;
	uint32_t *const ats = run->at.p;
	size_t i, lost = run->lost_nr, nr = from;

	while (lost && run->lost[lost - 1].idx >= from)
		lost--;
	for (i = from; i < run->nr; i++) {
		for (; lost < run->lost_nr && run->lost[lost].idx <= i; lost++)
			run->lost[lost].idx = (uint32_t)nr;
		if (times[i] < part->from_raw || times[i] > part->to_raw)
			continue;
		times[nr] = times[i];
		types[nr] = types[i];
		ats[nr++] = ats[i];
	}
	for (; lost < run->lost_nr; lost++)
		run->lost[lost].idx = (uint32_t)nr;
	run->nr = nr;
}

void direct_part_drop(const struct direct_job *job, size_t from, size_t to)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	from = (from + page - 1) / page * page;
	to = to / page * page;
	if (from < to && !job->inflated.small)
		(void)madvise((uint8_t *)job->inflated.p + from, to - from, MADV_DONTNEED);
}

/* When the pages of a compressed piece begin: the first of them, and the last. */
static int piece_times(const struct direct_job *job, const struct direct_file *direct,
		       struct bytes in, uint32_t size, int64_t *times)
{
	const size_t last = size ? (size - 1) / job->walk.page_size * job->walk.page_size : 0;
	uint8_t *out = vms_calloc(size, 1);
	const struct bytes pages = { out, size };
	int ret = out ? direct_decompress(direct->compression, in, out, size, NULL) : -VMS_ENOMEM;

	if (!ret &&
	    (!page_time(job, pages, 0, &times[0]) || !page_time(job, pages, last, &times[1])))
		ret = -VMS_EFORMAT;
	free(out);
	return ret;
}

/* Of compressed data the first piece and the last are unpacked, of other data nothing. */
static int job_times(const struct direct_job *job, const struct direct_file *direct, int64_t *times)
{
	const size_t page = job->walk.page_size, size = job->stored.size;
	struct cursor cursor = cursor_of(job->stored, direct->swap);
	struct bytes first = { 0 }, in = { 0 };
	uint32_t nr, first_size = 0, out_size = 0;
	int64_t end[2];
	int ret;

	if (!job->compressed)
		return size && page_time(job, job->stored, 0, &times[0]) &&
				       page_time(job, job->stored, (size - 1) / page * page,
						 &times[1])
			       ? 0
			       : -VMS_EFORMAT;
	for (nr = cursor_u32(&cursor); nr && !cursor.bad; nr--) {
		const uint32_t zsize = cursor_u32(&cursor), want = cursor_u32(&cursor);
		const struct bytes piece = cursor_bytes(&cursor, zsize);

		if (cursor.bad || !direct_claim_fits(zsize, want))
			break;
		in = piece;
		out_size = want;
		if (!first.p) {
			first = in;
			first_size = want;
		}
	}
	if (!first.p)
		return -VMS_EFORMAT;
	ret = piece_times(job, direct, first, first_size, times);
	if (!ret && in.p != first.p) {
		ret = piece_times(job, direct, in, out_size, end);
		times[1] = ret ? times[1] : end[1];
	}
	return ret;
}

int direct_part_choose(struct direct_part *part, const struct direct_file *direct,
		       const struct direct_jobs *js, struct vms_stream *stream, struct vms_err *err)
{
	struct vms_clock clock = stream->clock;
	int64_t first = INT64_MAX, last = INT64_MIN;
	size_t i;

	stream->stats_nr = 0; /* the kernel counted all */
	if (!part->choose)
		return 0;
	if (vms_clock_rate_estimate(&clock, stream) == -VMS_ENOMEM)
		return vms_fail(err, VMS_ENOMEM, "out of memory for %s", direct->path);
	for (i = 0; i < js->nr; i++) {
		int64_t times[2];
		const int ret = job_times(&js->jobs[i], direct, times);

		if (ret == -VMS_ENOMEM)
			return vms_fail(err, VMS_ENOMEM, "out of memory for %s", direct->path);
		if (ret)
			continue;
		first = VMS_MIN(first, times[0]);
		last = VMS_MAX(last, times[1]);
	}
	if (first > last)
		return vms_fail(err, VMS_ENODATA, "%s holds no events: there is no part of it",
				direct->path);
	return part->choose(part->user, &clock, first, last, &part->from_raw, &part->to_raw, err);
}
