/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a host time lies in the stretches of a thread. */
#ifndef VMSYNC_PLACE_H
#define VMSYNC_PLACE_H

#include <vmsync/stretch.h>

#ifdef __cplusplus
extern "C" {
#endif

/** vms_thread_find - a thread by tid, or NULL */
const struct vms_thread *vms_thread_find(const struct vms_stretches *s, int32_t tid);

/** vms_thread_parts_nr - of how many threads it was joined; 1: itself */
static inline unsigned int vms_thread_parts_nr(const struct vms_thread *t)
{
	return t->parts_nr ? t->parts_nr : 1;
}

/** vms_thread_tid - of one of them */
static inline int32_t vms_thread_tid(const struct vms_thread *t, unsigned int part)
{
	return t->parts_nr ? t->parts[part].tid : t->tid;
}

/** vms_thread_tid_of - the thread that a stretch is of: itself, or one of several joined */
int32_t vms_thread_tid_of(const struct vms_thread *t, uint32_t stretch);
/** vms_thread_is - whether it is a thread, or several with that among them */
bool vms_thread_is(const struct vms_thread *t, int32_t tid);
/** vms_thread_same - both are the same thread, or the same ones joined */
bool vms_thread_same(const struct vms_thread *a, const struct vms_thread *b);
/**
 * vms_thread_part_span - from when to when one of them is known to have run guest code
 * Return: false when it never did.
 */
bool vms_thread_part_span(const struct vms_thread *thread, unsigned int part, int64_t *from_raw,
			  int64_t *to_raw);

/**
 * vms_threads_join - threads that ran a vCPU one after another, as one
 * @of: in the order of time, their spans apart; @tid: what it is called
 *
 * Between two of them the vCPU did not run, but where host events are missing.
 * Return: 0; -VMS_ENOMEM. Free with vms_thread_free().
 */
int vms_threads_join(struct vms_thread **out, const struct vms_stretches *st,
		     const struct vms_thread *const *of, unsigned int nr, int32_t tid);
void vms_thread_free(struct vms_thread *t);

/**
 * vms_stretch_at - index of the last stretch with enter_raw <= host_raw; -1 when before all. O(log
 * n)
 */
int64_t vms_stretch_at(const struct vms_thread *t, int64_t host_raw);
/** vms_stretch_near - vms_stretch_at(), quick where the answer lies near stretch @from */
int64_t vms_stretch_near(const struct vms_thread *t, int64_t host_raw, uint32_t from);

/** vms_thread_inside - in-guest time in [from, to) [raw host units]. O(log n) */
int64_t vms_thread_inside(const struct vms_thread *t, int64_t from_raw, int64_t to_raw);

/** enum vms_place - where a guest event lies under a model */
enum vms_place { VMS_PLACE_INSIDE, VMS_PLACE_OUTSIDE, VMS_PLACE_SHADOW, VMS_PLACE_BEYOND };

/**
 * vms_place_of - where a host time lies with respect to a thread's stretches
 * @stretch: index of the stretch that holds it, or of the nearest; may be NULL
 * @depth_raw: distance to the nearest stretch, 0 inside; may be NULL
 * BEYOND: before the first or after the last stretch. SHADOW: in lost events.
 */
enum vms_place vms_place_of(const struct vms_thread *t, int64_t host_raw, uint32_t *stretch,
			    int64_t *depth_raw);

/**
 * vms_place_near - vms_place_of() that begins to look at @cursor
 * @cursor: any value at first; then the stretch that holds the time, or the nearest one
 * @depth_raw: distance to that stretch, 0 inside
 *
 * O(log of the stretches moved across).
 */
enum vms_place vms_place_near(const struct vms_thread *thread, int64_t host_raw, uint32_t *cursor,
			      int64_t *depth_raw);

#ifdef __cplusplus
}
#endif

#endif
