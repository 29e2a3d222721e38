// SPDX-License-Identifier: LGPL-2.1-or-later
/* Ring buffer pages: how events, their times and their losses are laid out in them. */
#include "io/direct/direct.h"

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
#define HUGE_BYTES ((size_t)8 << 20) /* areas that may use pages of 2 MiB */
#define LOST_MAX ((size_t)1 << 30)

int direct_area_new(struct direct_area *a, size_t size)
{
	void *p;

	*a = (struct direct_area){ 0 };
	if (!size)
		return 0;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		 -1, 0);
	if (p == MAP_FAILED)
		return -VMS_ENOMEM;
	/*
	 * a fault for every 4 KiB costs more than the events in them, in a virtual machine above
	 * all
	 */
	if (size >= HUGE_BYTES)
		(void)madvise(p, size, MADV_HUGEPAGE);
	a->p = p;
	a->size = size;
	return 0;
}

void direct_area_trim(struct direct_area *a, size_t used)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t keep = (used + page - 1) / page * page;

	if (!keep) {
		direct_area_free(a);
	} else if (keep < a->size) {
		(void)munmap((uint8_t *)a->p + keep, a->size - keep);
		a->size = keep;
	}
}

void direct_area_free(struct direct_area *a)
{
	if (a->p)
		(void)munmap(a->p, a->size);
	*a = (struct direct_area){ 0 };
}

int direct_run_new(struct direct_run *r, uint64_t size)
{
	*r = (struct direct_run){ .sorted = true };
	r->cap = (size_t)(size / EVENT_BYTES_MIN);
	if (r->cap > UINT32_MAX - 1)
		r->cap = UINT32_MAX - 1;
	if (direct_area_new(&r->time, r->cap * sizeof(int64_t)) ||
	    direct_area_new(&r->type, r->cap * sizeof(uint16_t)) ||
	    direct_area_new(&r->payload, r->cap * sizeof(const uint8_t *))) {
		direct_run_free(r);
		return -VMS_ENOMEM;
	}
	return 0;
}

void direct_run_free(struct direct_run *r)
{
	direct_area_free(&r->time);
	direct_area_free(&r->type);
	direct_area_free(&r->payload);
	free(r->lost);
	r->lost = NULL;
	r->lost_nr = r->lost_cap = 0;
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
static inline unsigned int payload_type(struct direct_run *r, const struct direct_formats *fm,
					const uint8_t *p, size_t size, const bool swap)
{
	const struct direct_check *ck;
	unsigned int type, i;

	type = size >= 2 ? fm->by_id[load_u16(p, swap)] : 0;
	if (__builtin_expect(!type, 0)) {
		r->unknown_nr++;
		return 0;
	}
	ck = &fm->checks[type];
	if (__builtin_expect(size < ck->size_min, 0))
		goto bad;
	for (i = 0; i < ck->dynamic_nr; i++) {
		const uint32_t loc = load_u32(p + ck->dynamic[i], swap);

		if ((loc & 0xffff) + (loc >> 16) > size)
			goto bad;
	}
	return type;
bad:
	r->short_nr++;
	return 0;
}

/* what is behind one event header; false when it does not fit into the rest of the page */
struct event {
	const uint8_t *payload; /* NULL for padding and times */
	const uint8_t *next;
	size_t size;
};

static inline bool event_at(struct event *e, const uint8_t *p, const uint8_t *end, uint64_t *time,
			    const bool big, const bool swap)
{
	const uint32_t head = load_u32(p, swap);
	const uint32_t type = big ? head >> DELTA_BITS : head & 31;
	const uint32_t delta = big ? head & COMMIT_MASK : head >> 5;
	const size_t left = (size_t)(end - p);
	uint64_t stamp;
	uint32_t size;

	e->payload = NULL;
	e->size = 0;
	if (__builtin_expect(type - 1 < TYPE_DATA_MAX, 1)) {
		e->size = type * 4;
		e->payload = p + 4;
		e->next = e->payload + e->size;
		*time += delta;
		return e->size + 4 <= left;
	}
	if (type == TYPE_PADDING && !delta) { /* the rest of the page is empty */
		e->next = end;
		return true;
	}
	if (left < 8)
		return false;
	size = load_u32(p + 4, swap);
	if (type == TYPE_PADDING) {
		*time += delta;
		e->next = p + 4 + VMS_MIN((size_t)size, left);
		return size >= 4 && size <= left - 4;
	}
	if (!type) {
		*time += delta;
		e->payload = p + 8;
		e->size = size >= 4 ? ((size_t)size - 4 + 3) / 4 * 4 : 0;
		if (size < 4 || e->size > left - 8)
			return false;
		e->next = e->payload + e->size;
		return true;
	}
	stamp = ((uint64_t)size << DELTA_BITS) + delta;
	*time = type == TYPE_TIME_EXTEND ? *time + stamp : (*time & STAMP_TOP) | stamp;
	e->next = p + 8;
	return true;
}

static inline bool walk_events(struct direct_run *r, const struct direct_walk *w, struct bytes data,
			       uint64_t time, const bool big, const bool swap)
{
	const struct direct_formats *const fm = w->formats;
	const uint8_t *p = data.p;
	const uint8_t *const end = data.p + data.size;
	int64_t *const times = r->time.p;
	uint16_t *const types = r->type.p;
	const uint8_t **const payloads = r->payload.p;
	size_t nr = r->nr;
	int64_t last = nr ? times[nr - 1] : INT64_MIN;
	bool sorted = true;
	bool ok = true;
	struct event e;

	while (end - p >= 4) {
		ok = event_at(&e, p, end, &time, big, swap);
		if (!ok)
			break;
		if (e.payload) {
			if (nr == r->cap)
				break;
			times[nr] = (int64_t)time;
			sorted &= last <= (int64_t)time;
			last = (int64_t)time;
			types[nr] = (uint16_t)payload_type(r, fm, e.payload, e.size, swap);
			payloads[nr] = e.payload;
			nr++;
		}
		p = e.next;
	}
	r->nr = nr;
	r->sorted &= sorted;
	return ok && end - p < 4;
}

/* header of a page: its time, its data, and what was lost before it */
static bool page_header(const struct direct_walk *w, struct bytes page, struct bytes *data,
			uint64_t *time, bool *missed, uint64_t *count)
{
	const struct direct_page_layout *l = &w->formats->layout;
	uint32_t commit;

	*missed = false;
	*count = 0;
	if (page.size < l->data_offset)
		return false;
	*time = load_u64(page.p, w->swap);
	commit = l->commit_size == 8 ? (uint32_t)load_u64(page.p + 8, w->swap)
				     : load_u32(page.p + 8, w->swap);
	data->p = page.p + l->data_offset;
	data->size = commit & COMMIT_MASK;
	if (data->size > page.size - l->data_offset) {
		data->size = page.size - l->data_offset;
		return false;
	}
	if (commit & MISSED_EVENTS) {
		*missed = true;
		if ((commit & MISSED_STORED) &&
		    page.size - l->data_offset - data->size >= l->commit_size)
			*count = l->commit_size == 8 ? load_u64(data->p + data->size, w->swap)
						     : load_u32(data->p + data->size, w->swap);
	}
	return true;
}

static void walk_page(struct direct_run *r, const struct direct_walk *w, struct bytes page,
		      uint64_t at)
{
	struct bytes data;
	uint64_t time, count;
	bool missed, ok;

	if (!page_header(w, page, &data, &time, &missed, &count)) {
		page_damaged(r, w, at);
		return;
	}
	if (missed)
		direct_run_loss(r, w->buffer, count);
	if (!w->swap)
		ok = w->big_endian ? walk_events(r, w, data, time, true, false)
				   : walk_events(r, w, data, time, false, false);
	else
		ok = walk_events(r, w, data, time, w->big_endian, true);
	if (!ok)
		page_damaged(r, w, at);
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

void direct_run_end(struct direct_run *r)
{
	const int64_t *t = r->time.p;
	size_t i;

	direct_area_trim(&r->time, r->nr * sizeof(int64_t));
	direct_area_trim(&r->type, r->nr * sizeof(uint16_t));
	direct_area_trim(&r->payload, r->nr * sizeof(const uint8_t *));
	r->cap = r->nr;
	if (!r->nr)
		return;
	r->first_raw = t[0];
	r->last_raw = t[r->nr - 1];
	for (i = 0; i < r->nr && !r->sorted; i++) {
		r->first_raw = VMS_MIN(r->first_raw, t[i]);
		r->last_raw = VMS_MAX(r->last_raw, t[i]);
	}
}

size_t direct_page_payload(const struct direct_walk *w, struct bytes page, const uint8_t *payload)
{
	struct bytes data;
	uint64_t time, count;
	struct event e;
	bool missed;
	const uint8_t *p, *end;

	if (!page_header(w, page, &data, &time, &missed, &count))
		return 0;
	end = data.p + data.size;
	for (p = data.p; end - p >= 4; p = e.next) {
		if (!event_at(&e, p, end, &time, w->big_endian, w->swap))
			break;
		if (e.payload == payload)
			return e.size;
	}
	return 0;
}
