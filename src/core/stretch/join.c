// SPDX-License-Identifier: LGPL-2.1-or-later
/* How threads that ran a vCPU one after another become one list of stretches. */
#include <vmsync/place.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"
#include "core/stretch/stretch_impl.h"

int32_t vms_thread_tid_of(const struct vms_thread *t, uint32_t stretch)
{
	unsigned int i = t->parts_nr;

	while (i && t->parts[i - 1].from > stretch)
		i--;
	return i ? t->parts[i - 1].tid : t->tid;
}

bool vms_thread_is(const struct vms_thread *t, int32_t tid)
{
	unsigned int i;

	for (i = 0; i < t->parts_nr; i++)
		if (t->parts[i].tid == tid)
			return true;
	return t->tid == tid;
}

bool vms_thread_same(const struct vms_thread *a, const struct vms_thread *b)
{
	unsigned int i;

	if (!a || !b || a->tid != b->tid || a->parts_nr != b->parts_nr)
		return a == b;
	for (i = 0; i < a->parts_nr; i++)
		if (a->parts[i].tid != b->parts[i].tid)
			return false;
	return true;
}

/* The beginning of a stretch was not recorded: it may be anywhere before. */
static bool begins_open(const struct vms_stretch *s)
{
	return !(s->flags & VMS_STRETCH_ENTER_KNOWN) && s->entry.cpu < 0 && s->enter_by.cpu < 0;
}

static bool ends_open(const struct vms_stretch *s)
{
	return !(s->flags & VMS_STRETCH_LEAVE_KNOWN) && s->exit.cpu < 0 && s->leave_by.cpu < 0;
}

bool vms_thread_part_span(const struct vms_thread *thread, unsigned int part, int64_t *from_raw,
			  int64_t *to_raw)
{
	const struct vms_stretch *first = thread->stretches, *end = first + thread->stretches_nr;

	if (part < thread->parts_nr)
		first += thread->parts[part].from;
	if (part + 1 < thread->parts_nr)
		end = thread->stretches + thread->parts[part + 1].from;
	while (first < end && (first->flags & VMS_STRETCH_UNKNOWN))
		first++;
	while (first < end && (end[-1].flags & VMS_STRETCH_UNKNOWN))
		end--;
	if (first == end)
		return false;
	*from_raw = begins_open(first) ? first->leave_raw : first->enter_raw;
	*to_raw = ends_open(end - 1) ? end[-1].enter_raw : end[-1].leave_raw;
	return true;
}

/* The joined thread while it is made. */
struct joining {
	const struct vms_stretches *st;
	struct vms_thread *to;
	size_t cap;
};

static int push(struct joining *j, struct vms_stretch stretch)
{
	struct vms_thread *to = j->to;
	struct vms_stretch *last;
	const int ret = vms_grow(&to->stretches, &j->cap, (size_t)to->stretches_nr + 1,
				 sizeof(*to->stretches), UINT32_MAX);

	if (ret)
		return ret;
	last = to->stretches_nr ? &to->stretches[to->stretches_nr - 1] : NULL;
	/* a seam: which of the two an event belongs to only a model says */
	if (last && last->leave_raw == stretch.enter_raw &&
	    !((last->flags | stretch.flags) & VMS_STRETCH_UNKNOWN)) {
		last->flags &= (uint16_t)~VMS_STRETCH_LEAVE_KNOWN;
		stretch.flags &= (uint16_t)~VMS_STRETCH_ENTER_KNOWN;
	}
	to->stretches[to->stretches_nr++] = stretch;
	return 0;
}

/* Host events that are missing between two threads may hide that either ran. */
static int push_losses(struct joining *joining, int64_t from_raw, int64_t to_raw)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < joining->st->losses_nr && !ret; i++) {
		const struct vms_loss *l = &joining->st->losses[i];
		const struct vms_stretch shadow = {
			.enter_raw = VMS_MAX(l->from_raw, from_raw),
			.leave_raw = VMS_MIN(l->to_raw, to_raw),
			.flags = VMS_STRETCH_UNKNOWN,
			.entry = VMS_SHORT_REF_NONE,
			.exit = VMS_SHORT_REF_NONE,
			.enter_by = VMS_SHORT_REF_NONE,
			.leave_by = VMS_SHORT_REF_NONE,
		};

		if (shadow.enter_raw < shadow.leave_raw)
			ret = push(joining, shadow);
	}
	return ret;
}

/* A thread's stretches within the time that is left to it by those before and after. */
static int push_part(struct joining *joining, const struct vms_thread *of, int64_t from_raw,
		     int64_t to_raw)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; i < of->stretches_nr && !ret; i++) {
		struct vms_stretch s = of->stretches[i];

		s.enter_raw = VMS_MAX(s.enter_raw, from_raw);
		s.leave_raw = VMS_MIN(s.leave_raw, to_raw);
		if (s.enter_raw <= s.leave_raw)
			ret = push(joining, s);
	}
	return ret;
}

/* Until when a thread may have run, given the next: where both are open, half the time each. */
static int64_t hand_over(const struct vms_thread *of, const struct vms_thread *next)
{
	int64_t from, end = INT64_MIN, begin = INT64_MAX, to;

	(void)vms_thread_part_span(of, 0, &from, &end);
	(void)vms_thread_part_span(next, 0, &begin, &to);
	return begins_open(&next->stretches[0]) && begin > end ? end + (begin - end) / 2 : begin;
}

static int fill(struct joining *joining, const struct vms_thread *const *of, unsigned int nr)
{
	int64_t from_raw = INT64_MIN;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < nr && !ret; i++) {
		const int64_t to_raw = i + 1 < nr ? hand_over(of[i], of[i + 1]) : INT64_MAX;

		joining->to->parts[i] =
			(struct vms_thread_part){ .tid = of[i]->tid,
						  .from = joining->to->stretches_nr };
		ret = push_part(joining, of[i], from_raw, to_raw);
		if (ret || i + 1 == nr)
			break;
		from_raw = joining->to->stretches_nr
				   ? joining->to->stretches[joining->to->stretches_nr - 1].leave_raw
				   : INT64_MIN;
		if (!begins_open(&of[i + 1]->stretches[0]))
			ret = push_losses(joining, from_raw, to_raw);
	}
	return ret ? ret : vms_thread_sum(joining->to);
}

int vms_threads_join(struct vms_thread **out, const struct vms_stretches *st,
		     const struct vms_thread *const *of, unsigned int nr, int32_t tid)
{
	struct joining joining = { .st = st, .to = vms_calloc(1, sizeof(*joining.to)) };
	int ret = -VMS_ENOMEM;

	if (joining.to) {
		joining.to->tid = tid;
		joining.to->vcpu_id = of[0]->vcpu_id;
		joining.to->parts = vms_calloc(nr, sizeof(*joining.to->parts));
		joining.to->parts_nr = joining.to->parts ? nr : 0;
		ret = joining.to->parts ? fill(&joining, of, nr) : -VMS_ENOMEM;
	}
	if (ret) {
		vms_thread_free(joining.to);
		return ret;
	}
	*out = joining.to;
	return 0;
}

void vms_thread_free(struct vms_thread *t)
{
	if (!t)
		return;
	free(t->stretches);
	free(t->inside_before);
	free(t->parts);
	free(t);
}
