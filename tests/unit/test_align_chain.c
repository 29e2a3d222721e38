// SPDX-License-Identifier: LGPL-2.1-or-later
/* A vCPU is followed through the threads that ran it, and none that did not is taken. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include <vmsync/place.h>

#include "align_world.h"
#include "core/base/util.h"

#define STEP_RAW INT64_C(1640000000)
#define THREADS_NR 5u

/* What runs in the second half, beside the threads of the first. */
enum others { NOTHING, ANOTHER_GUEST, A_TWIN };

/*
 * Two vCPUs whose threads 100 and 101 end in the middle; 200 and 201 go on, and there the guest's
 * clock has stood still for a while, or was set to begin anew. A fifth thread has vcpu_id 0 too.
 */
struct moved {
	struct align_world w, other;
	struct vms_thread threads[THREADS_NR];
	uint32_t cut[2]; /* first events of the second half */
};

static uint32_t middle_of(const struct vms_thread *t, int64_t at_raw)
{
	return (uint32_t)(vms_stretch_at(t, at_raw) + 1);
}

static struct vms_thread part(const struct vms_thread *t, int32_t tid, int32_t vcpu, uint32_t from,
			      uint32_t to)
{
	return (struct vms_thread){ .tid = tid,
				    .vcpu_id = vcpu,
				    .stretches = t->stretches + from,
				    .stretches_nr = to - from };
}

static void moved_make(struct moved *m, const struct align_recipe *r, int64_t step_raw,
		       double keep_from, enum others others)
{
	const int64_t half_raw = HOST_FIRST_RAW + (int64_t)(r->seconds * 0.5e9);
	struct align_recipe q = *r;
	unsigned int c;
	uint32_t i;

	memset(m, 0, sizeof(*m));
	align_world_make(&m->w, r);
	q.seed += 1000;
	align_world_make(&m->other, &q);
	for (c = 0; c < 2; c++) {
		const struct vms_thread *t = &m->w.threads[c];
		const uint32_t at = middle_of(t, half_raw);
		struct vms_cpu *cpu = &m->w.cpus[c];
		int64_t *raw = (int64_t *)(uintptr_t)cpu->time_raw;

		m->threads[c] = part(t, 100 + (int32_t)c, (int32_t)c, 0, at);
		m->threads[2 + c] = part(t, 200 + (int32_t)c, (int32_t)c, at, t->stretches_nr);
		for (i = 0; i < cpu->nr && raw[i] + r->offset_raw[c] < half_raw; i++)
			;
		m->cut[c] = i;
		for (; i < cpu->nr; i++)
			raw[i] -= step_raw;
		/* vCPU 1 has fewer events after it moved */
		if (c == 1)
			cpu->nr -= (uint32_t)((double)(cpu->nr - m->cut[1]) * keep_from);
		cpu->sorted = step_raw <= 0;
	}
	i = middle_of(&m->other.threads[0], half_raw);
	m->threads[4] = part(others == A_TWIN ? &m->w.threads[0] : &m->other.threads[0], 300, 0,
			     others == A_TWIN ? m->threads[0].stretches_nr : i,
			     others == A_TWIN ? m->w.threads[0].stretches_nr
					      : m->other.threads[0].stretches_nr);
	m->w.st.threads = m->threads;
	m->w.st.threads_nr = others == NOTHING ? THREADS_NR - 1 : THREADS_NR;
}

static void moved_free(struct moved *m)
{
	align_world_free(&m->w);
	align_world_free(&m->other);
}

/* The greatest error of the lines, on both sides of the step: that may be some events off. */
static int64_t error_raw(const struct moved *m, const struct align_recipe *r,
			 const struct vms_align_vcpu *v, unsigned int c, int64_t step_raw)
{
	const struct vms_cpu *cpu = &m->w.cpus[c];
	int64_t worst = 0;
	unsigned int p = 0;
	uint32_t i;

	for (i = 0; i < cpu->nr; i++) {
		int64_t off;

		if (i + 16 > m->cut[c] && i < m->cut[c] + 16)
			continue;
		while (p + 1 < v->pieces_nr && v->pieces[p + 1].from_idx <= i)
			p++;
		off = v->pieces[p].line.offset_raw - r->offset_raw[c];
		off -= i >= m->cut[c] ? step_raw : 0;
		worst = VMS_MAX(worst, llabs(off));
	}
	return worst;
}

static struct vms_align *run(struct moved *m)
{
	struct vms_align *a = NULL;

	assert_int_equal(vms_align_guest(&a, &m->w.t, 0, &m->w.st, NULL, NULL), 0);
	return a;
}

static void assert_followed(struct moved *m, const struct align_recipe *r, int64_t step_raw)
{
	struct vms_align *a = run(m);
	unsigned int c;

	for (c = 0; c < 2; c++) {
		const struct vms_align_vcpu *v = &a->vcpus[c];

		assert_non_null(v->joined);
		assert_int_equal(vms_thread_parts_nr(v->thread), 2);
		assert_int_equal(vms_thread_tid(v->thread, 0), 100 + c);
		assert_int_equal(vms_thread_tid(v->thread, 1), 200 + c);
		assert_false(v->ambiguous);
		assert_false(v->more_threads);
		assert_true(error_raw(m, r, v, c, step_raw) < 8000);
	}
	vms_align_free(a);
}

/* The file may name the first threads, the last, or none; another guest's thread is left alone. */
TEST(all_threads_are_found)
{
	static const int64_t steps[] = { STEP_RAW, 0, INT64_C(40000000000) };
	static const int32_t named[] = { 0, 100, 200 };
	size_t s, n;

	for (s = 0; s < VMS_ARRAY_NR(steps); s++) {
		for (n = 0; n < VMS_ARRAY_NR(named); n++) {
			struct align_recipe r = align_usual;
			struct moved m;

			r.seed = (uint32_t)(10 * s + n + 1);
			r.map = named[n];
			moved_make(&m, &r, steps[s], 0.0, n ? ANOTHER_GUEST : NOTHING);
			m.w.tid[0] = named[n];
			m.w.tid[1] = named[n] + 1;
			assert_followed(&m, &r, steps[s]);
			moved_free(&m);
		}
	}
}

TEST(few_events_after_the_move)
{
	struct align_recipe r = align_usual;
	struct moved m;

	moved_make(&m, &r, STEP_RAW, 0.99, ANOTHER_GUEST);
	m.w.tid[1] = 101;
	assert_in_range(m.w.cpus[1].nr - m.cut[1], 10, 60);
	assert_followed(&m, &r, STEP_RAW);
	moved_free(&m);
}

/* Two threads of the same stretches: which of them ran it nobody can tell. */
TEST(of_two_that_fit_neither_is_taken)
{
	struct align_recipe r = align_usual;
	struct vms_align *a;
	struct moved m;

	moved_make(&m, &r, STEP_RAW, 1.0, A_TWIN);
	a = run(&m);
	assert_null(a->vcpus[0].joined);
	assert_true(a->vcpus[0].more_threads);
	assert_null(a->vcpus[1].joined);
	vms_align_free(a);
	moved_free(&m);
}

UNIT_MAIN(NULL, NULL)
