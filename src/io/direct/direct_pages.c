// SPDX-License-Identifier: LGPL-2.1-or-later
/* Ring buffer pages: how events, their times and their losses are laid out in them. */
#include "io/direct/direct_impl.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/util.h"

/* include/linux/ring_buffer.h and kernel/trace/ring_buffer.c */
#define TYPE_DATA_MAX 28
#define TYPE_PADDING 29
#define TYPE_TIME_EXTEND 30
#define TYPE_TIME_STAMP 31
#define DELTA_BITS 27
#define COMMIT_MASK ((UINT32_C(1) << 27) - 1)
#define MISSED_EVENTS (UINT32_C(1) << 31)
#define MISSED_STORED (UINT32_C(1) << 30)
#define STAMP_TOP (UINT64_C(0x1f) << 59) /* bits that an absolute time stamp lacks */

#define EVENT_BYTES_MIN 8
#define SMALL_BYTES ((size_t)64 << 10)
#define LOST_MAX ((size_t)1 << 30)

int direct_area_new(struct direct_area *area, size_t size)
{
	void *map;

	*area = (struct direct_area){ 0 };
	if (!size)
		return 0;
	if (size < SMALL_BYTES) { /* thousands of CPUs: there are not so many mappings */
		area->p = vms_calloc(1, size);
		area->small = true;
		area->size = size;
		return area->p ? 0 : -VMS_ENOMEM;
	}
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		   -1, 0);
	if (map == MAP_FAILED)
		return -VMS_ENOMEM;
	area->p = map;
	area->size = size;
	return 0;
}

/* a file that has no name: the kernel may write its pages out and forget them */
int direct_area_temporary(struct direct_area *area, size_t size)
{
	const char *dirs[] = { getenv("TMPDIR"), "/var/tmp", "/tmp" };
	void *map = MAP_FAILED;
	size_t i;
	int fd = -1;

	for (i = 0; i < VMS_ARRAY_NR(dirs) && fd < 0; i++)
		if (dirs[i])
			fd = open(dirs[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return -VMS_EIO;
	/* a full disk must be known now: writing to the mapping would end in a signal */
	if (!posix_fallocate(fd, 0, (off_t)size))
		map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (map == MAP_FAILED)
		return -VMS_EIO;
	area->p = map;
	area->size = size;
	return 0;
}

void direct_area_trim(struct direct_area *a, size_t used)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t keep = (used + page - 1) / page * page;

	if (!keep) {
		direct_area_free(a);
	} else if (!a->small && keep < a->size) {
		(void)munmap((uint8_t *)a->p + keep, a->size - keep);
		a->size = keep;
	}
}

/*
 * One call instead of a fault for each page, which costs more than the events in it; before Linux
 * 5.14 there is none. Huge pages are dearer where a virtual machine gets its memory as it asks.
 */
void direct_area_expect(struct direct_area *area, size_t from, size_t to)
{
#ifdef MADV_POPULATE_WRITE
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	from = (from + page - 1) / page * page;
	to = VMS_MIN(to, area->size);
	if (!area->small && from < to)
		(void)madvise((uint8_t *)area->p + from, to - from, MADV_POPULATE_WRITE);
#else
	(void)area;
	(void)from;
	(void)to;
#endif
}

void direct_area_free(struct direct_area *a)
{
	if (a->small)
		free(a->p);
	else if (a->p)
		(void)munmap(a->p, a->size);
	*a = (struct direct_area){ 0 };
}

int direct_run_new(struct direct_run *r, struct bytes pages, uint64_t size)
{
	*r = (struct direct_run){ .sorted = true, .bytes = pages.p };
	/* records of more than 4 GB begin at multiples of 4, but in damaged pages */
	r->bytes_shift = pages.size > UINT32_MAX ? 2 : 0;
	r->cap = (size_t)(size / EVENT_BYTES_MIN);
	if (r->cap > UINT32_MAX - 1)
		r->cap = UINT32_MAX - 1;
	if (direct_area_new(&r->time, r->cap * sizeof(int64_t)) ||
	    direct_area_new(&r->type, r->cap * sizeof(uint16_t)) ||
	    direct_area_new(&r->at, r->cap * sizeof(uint32_t))) {
		direct_run_free(r);
		return -VMS_ENOMEM;
	}
	return 0;
}

void direct_run_free(struct direct_run *r)
{
	direct_area_free(&r->time);
	direct_area_free(&r->type);
	direct_area_free(&r->at);
	free(r->steps);
	free(r->lost);
	r->steps = NULL;
	r->lost = NULL;
	r->lost_nr = r->lost_cap = 0;
}

void direct_run_expect(struct direct_run *run, size_t more)
{
	const size_t to = run->nr + more;

	direct_area_expect(&run->time, run->nr * sizeof(int64_t), to * sizeof(int64_t));
	direct_area_expect(&run->type, run->nr * sizeof(uint16_t), to * sizeof(uint16_t));
	direct_area_expect(&run->at, run->nr * sizeof(uint32_t), to * sizeof(uint32_t));
}

void direct_run_loss(struct direct_run *r, uint8_t buffer, uint64_t count)
{
	if (vms_grow(&r->lost, &r->lost_cap, r->lost_nr + 1, sizeof(*r->lost), LOST_MAX)) {
		r->nomem = true;
		return;
	}
	r->lost[r->lost_nr++] =
		(struct vms_lost){ .idx = (uint32_t)r->nr, .count = count, .buffer = buffer };
}

static void page_damaged(struct direct_run *r, const struct direct_walk *w, uint64_t at)
{
	if (!r->damaged_nr++)
		r->damaged_at = at;
	direct_run_loss(r, w->buffer, 0);
}

/* index of the type, 0 when the payload cannot hold what the type promises */
static inline unsigned int payload_type(struct direct_run *run, const struct direct_formats *fm,
					const uint8_t *payload, size_t size, const bool swap)
{
	const struct direct_check *ck;
	unsigned int type, i;

	type = size >= 2 ? fm->by_id[load_u16(payload, swap)] : 0;
	if (__builtin_expect(!type, 0)) {
		run->unknown_nr++;
		return 0;
	}
	ck = &fm->checks[type];
	if (__builtin_expect(size < ck->size_min, 0))
		goto bad;
	for (i = 0; i < ck->dynamic_nr; i++) {
		const uint32_t loc = load_u32(payload + ck->dynamic[i], swap);

		if ((loc & 0xffff) + (loc >> 16) > size)
			goto bad;
	}
	return type;
bad:
	run->short_nr++;
	return 0;
}

/* what is behind one event header; false when it does not fit into the rest of the page */
struct event {
	const uint8_t *payload; /* NULL for padding and times */
	const uint8_t *next;
	size_t size;
};

static inline bool event_at(struct event *event, const uint8_t *at, const uint8_t *end,
			    uint64_t *time, const bool big, const bool swap)
{
	const uint32_t head = load_u32(at, swap);
	const uint32_t type = big ? head >> DELTA_BITS : head & 31;
	const uint32_t delta = big ? head & COMMIT_MASK : head >> 5;
	const size_t left = (size_t)(end - at);
	uint64_t stamp;
	uint32_t size;

	event->payload = NULL;
	event->size = 0;
	if (__builtin_expect(type - 1 < TYPE_DATA_MAX, 1)) {
		event->size = type * 4;
		event->payload = at + 4;
		event->next = event->payload + event->size;
		*time += delta;
		return event->size + 4 <= left;
	}
	if (type == TYPE_PADDING && !delta) { /* the rest of the page is empty */
		event->next = end;
		return true;
	}
	if (left < 8)
		return false;
	size = load_u32(at + 4, swap);
	if (type == TYPE_PADDING) {
		*time += delta;
		event->next = at + 4 + VMS_MIN((size_t)size, left);
		return size >= 4 && size <= left - 4;
	}
	if (!type) {
		*time += delta;
		event->payload = at + 8;
		event->size = size >= 4 ? ((size_t)size - 4 + 3) / 4 * 4 : 0;
		if (size < 4 || event->size > left - 8)
			return false;
		event->next = event->payload + event->size;
		return true;
	}
	stamp = ((uint64_t)size << DELTA_BITS) + delta;
	*time = type == TYPE_TIME_EXTEND ? *time + stamp : (*time & STAMP_TOP) | stamp;
	event->next = at + 8;
	return true;
}

static inline bool walk_events(struct direct_run *run, const struct direct_walk *walk,
			       struct bytes data, uint64_t time, const bool big, const bool swap)
{
	const struct direct_formats *const fm = walk->formats;
	const uint8_t *at = data.p;
	const uint8_t *const end = data.p + data.size;
	int64_t *const times = run->time.p;
	uint16_t *const types = run->type.p;
	uint32_t *const ats = run->at.p;
	const uint8_t shift = run->bytes_shift;
	size_t nr = run->nr;
	int64_t last = nr ? times[nr - 1] : INT64_MIN;
	bool sorted = true;
	bool ok = true;
	struct event event;

	while (end - at >= 4) {
		ok = event_at(&event, at, end, &time, big, swap);
		if (!ok)
			break;
		if (event.payload) {
			const size_t record_at = (size_t)(event.payload - run->bytes);

			if (nr == run->cap ||
			    (size_t)(uint32_t)(record_at >> shift) << shift != record_at)
				break;
			ats[nr] = (uint32_t)(record_at >> shift);
			times[nr] = (int64_t)time;
			sorted &= last <= (int64_t)time;
			last = (int64_t)time;
			types[nr] =
				(uint16_t)payload_type(run, fm, event.payload, event.size, swap);
			nr++;
		}
		at = event.next;
	}
	run->nr = nr;
	run->sorted &= sorted;
	return ok && end - at < 4;
}

/* header of a page: its time, its data, and what was lost before it */
static bool page_header(const struct direct_walk *walk, struct bytes page, struct bytes *data,
			uint64_t *time, bool *missed, uint64_t *count)
{
	const struct direct_page_layout *page_layout = &walk->formats->layout;
	uint32_t commit;

	*missed = false;
	*count = 0;
	if (page.size < page_layout->data_offset)
		return false;
	*time = load_u64(page.p, walk->swap);
	commit = page_layout->commit_size == 8 ? (uint32_t)load_u64(page.p + 8, walk->swap)
					       : load_u32(page.p + 8, walk->swap);
	data->p = page.p + page_layout->data_offset;
	data->size = commit & COMMIT_MASK;
	if (data->size > page.size - page_layout->data_offset) {
		data->size = page.size - page_layout->data_offset;
		return false;
	}
	if (commit & MISSED_EVENTS) {
		*missed = true;
		if ((commit & MISSED_STORED) &&
		    page.size - page_layout->data_offset - data->size >= page_layout->commit_size)
			*count = page_layout->commit_size == 8
					 ? load_u64(data->p + data->size, walk->swap)
					 : load_u32(data->p + data->size, walk->swap);
	}
	return true;
}

static void walk_page(struct direct_run *run, const struct direct_walk *walk, struct bytes page,
		      uint64_t at)
{
	struct bytes data;
	uint64_t time, count;
	bool missed, ok;

	if (!page_header(walk, page, &data, &time, &missed, &count)) {
		page_damaged(run, walk, at);
		return;
	}
	if (missed)
		direct_run_loss(run, walk->buffer, count);
	if (!walk->swap)
		ok = walk->big_endian ? walk_events(run, walk, data, time, true, false)
				      : walk_events(run, walk, data, time, false, false);
	else
		ok = walk_events(run, walk, data, time, walk->big_endian, true);
	if (!ok)
		page_damaged(run, walk, at);
}

void direct_run_pages(struct direct_run *r, const struct direct_walk *w, struct bytes pages,
		      uint64_t at)
{
	while (pages.size) {
		const struct bytes page = { pages.p, VMS_MIN(pages.size, (size_t)w->page_size) };

		walk_page(r, w, page, at);
		pages.p += page.size;
		pages.size -= page.size;
		at += page.size;
	}
}

static uint32_t at_of(const struct direct_run *run, size_t i)
{
	uint32_t at;

	memcpy(&at, (const uint8_t *)run->at.p + i * sizeof(at), sizeof(at));
	return at;
}

/*
 * Records lie closely: where each starts is told by half as many bytes, in place, but for few.
 * False where some lie farther apart, or there is no memory: all is as it was.
 */
static bool at_shorten(struct direct_run *run)
{
	const size_t steps_nr = (run->nr + VMS_BYTES_STEP - 1) / VMS_BYTES_STEP;
	uint16_t *const on = run->at.p;
	uint32_t from = 0;
	size_t i;

	for (i = 0; i < run->nr; i++) {
		if (i % VMS_BYTES_STEP == 0)
			from = at_of(run, i);
		if (at_of(run, i) < from || at_of(run, i) - from > UINT16_MAX)
			return false;
	}
	run->steps = run->nr ? vms_calloc(steps_nr, sizeof(*run->steps)) : NULL;
	if (!run->steps)
		return false;
	for (i = 0; i < run->nr; i++) {
		const uint32_t at = at_of(run, i);

		if (i % VMS_BYTES_STEP == 0)
			run->steps[i / VMS_BYTES_STEP] = from = at;
		on[i] = (uint16_t)(at - from);
	}
	return true;
}

void direct_run_end(struct direct_run *run)
{
	const int64_t *times = run->time.p;
	size_t i;

	direct_area_trim(&run->time, run->nr * sizeof(int64_t));
	direct_area_trim(&run->type, run->nr * sizeof(uint16_t));
	direct_area_trim(&run->at,
			 run->nr * (at_shorten(run) ? sizeof(uint16_t) : sizeof(uint32_t)));
	run->cap = run->nr;
	if (!run->nr)
		return;
	run->first_raw = times[0];
	run->last_raw = times[run->nr - 1];
	for (i = 0; i < run->nr && !run->sorted; i++) {
		run->first_raw = VMS_MIN(run->first_raw, times[i]);
		run->last_raw = VMS_MAX(run->last_raw, times[i]);
	}
}

size_t direct_page_payload(const struct direct_walk *walk, struct bytes page,
			   const uint8_t *payload)
{
	struct bytes data;
	uint64_t time, count;
	struct event event;
	bool missed;
	const uint8_t *p, *end;

	if (!page_header(walk, page, &data, &time, &missed, &count))
		return 0;
	end = data.p + data.size;
	for (p = data.p; end - p >= 4; p = event.next) {
		if (!event_at(&event, p, end, &time, walk->big_endian, walk->swap))
			break;
		if (event.payload == payload)
			return event.size;
	}
	return 0;
}
