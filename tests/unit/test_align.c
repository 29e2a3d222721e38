// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Alignment on made-up worlds whose offset is known, and on recordings whose truth the stretches
 * prove.
 */
#include "unit.h"

#include <vmsync/io/open.h>
#include <vmsync/place.h>

#include "align_world.h"
#include "core/base/util.h"

/*
 * Every vCPU is on its thread, and at most one event in a hundred is outside; *start tells how each
 * began
 */
static void assert_right(const struct align_world *w, const struct align_recipe *r,
			 const struct vms_align *a, enum vms_align_start start)
{
	unsigned int c;

	assert_int_equal(a->vcpus_nr, r->cpus);
	for (c = 0; c < r->cpus; c++) {
		const struct vms_align_vcpu *v = &a->vcpus[c];

		assert_ptr_equal(v->thread, &w->threads[c]);
		assert_int_equal(v->start, start);
		assert_true(v->pieces_nr >= 1);
		assert_false(v->ambiguous);
		assert_true(v->outside_nr * 100 <= v->checkable_nr);
		/*
		 * delays of these worlds are some 1 us upward; the line may be off by a few of them
		 */
		assert_true(align_error_raw(w, r, a, c) < 8000);
	}
}

static struct vms_align *run(const struct align_world *w, const struct vms_align_opts *o)
{
	struct vms_align *a = NULL;
	struct vms_err err = { 0 };

	assert_int_equal(vms_align_guest(&a, &w->t, 0, &w->st, o, &err), 0);
	return a;
}

TEST(recorded_is_taken)
{
	static const int64_t errors[] = { 0, 3000, -50000, 400000 };
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(errors); i++) {
		struct align_recipe r = align_usual;
		struct align_world w;
		struct vms_align *a;

		r.recorded = true;
		r.recorded_error_raw = errors[i];
		align_world_make(&w, &r);
		a = run(&w, NULL);
		assert_right(&w, &r, a, VMS_ALIGN_RECORDED);
		assert_string_equal(a->vcpus[0].how, "recorded");
		assert_true(a->vcpus[0].confidence > 0.9);
		vms_align_free(a);
		align_world_free(&w);
	}
}

TEST(recorded_two_seconds_off_is_left)
{
	struct align_recipe r = align_usual;
	struct align_world w;
	struct vms_align *a;

	r.recorded = true;
	r.recorded_error_raw = 2000000000;
	align_world_make(&w, &r);
	a = run(&w, NULL);
	assert_right(&w, &r, a, VMS_ALIGN_FOUND);
	vms_align_free(a);
	align_world_free(&w);
}

TEST(found_from_nothing)
{
	uint32_t seed;

	for (seed = 1; seed <= 6; seed++) {
		struct align_recipe r = align_usual;
		struct align_world w;
		struct vms_align *a;

		r.seed = seed;
		r.tick = seed & 1;
		r.offset_raw[0] = r.offset_raw[1] = -77000000000 + (int64_t)seed * 1000000007;
		align_world_make(&w, &r);
		a = run(&w, NULL);
		assert_right(&w, &r, a, VMS_ALIGN_FOUND);
		assert_string_equal(a->vcpus[0].how, "correlation");
		assert_true(a->vcpus[0].confidence > 0.9);
		vms_align_free(a);
		align_world_free(&w);
	}
}

TEST(threads_are_inferred)
{
	struct align_recipe r = align_usual;
	struct align_world w;
	struct vms_align *a;
	int recorded;

	for (recorded = 0; recorded < 2; recorded++) {
		r.cpus = 4;
		r.map = false;
		r.recorded = recorded;
		align_world_make(&w, &r);
		a = run(&w, NULL);
		assert_right(&w, &r, a, recorded ? VMS_ALIGN_RECORDED : VMS_ALIGN_FOUND);
		assert_true(a->vcpus[3].tid_inferred);
		vms_align_free(a);
		align_world_free(&w);
	}
}

TEST(drift_is_followed)
{
	static const double drifts[] = { 80e-6, -230e-6 };
	size_t i;
	int recorded;

	for (i = 0; i < VMS_ARRAY_NR(drifts); i++) {
		for (recorded = 0; recorded < 2; recorded++) {
			struct align_recipe r = align_usual;
			struct align_world w;
			struct vms_align *a;

			r.tick = false;
			r.drift = drifts[i];
			r.seconds = 20.0;
			r.gap_us = 400.0;
			r.recorded = recorded;
			align_world_make(&w, &r);
			a = run(&w, NULL);
			assert_right(&w, &r, a, recorded ? VMS_ALIGN_RECORDED : VMS_ALIGN_FOUND);
			assert_int_equal(a->vcpus[0].pieces_nr, 1);
			vms_align_free(a);
			align_world_free(&w);
		}
	}
}

TEST(steps_are_cut)
{
	static const int64_t steps[] = { -20000000, 10000000, 1000000000, -500000 };
	size_t i;
	int recorded;

	for (i = 0; i < VMS_ARRAY_NR(steps); i++) {
		for (recorded = 0; recorded < 2; recorded++) {
			struct align_recipe r = align_usual;
			struct align_world w;
			struct vms_align *a;

			r.step_at = 0.6;
			r.step_raw = steps[i];
			r.recorded = recorded;
			align_world_make(&w, &r);
			a = run(&w, NULL);
			assert_int_equal(a->vcpus[0].pieces_nr, 1);
			assert_int_equal(a->vcpus[1].pieces_nr, 2);
			/* an event or two next to the step may fit both lines */
			assert_in_range(a->vcpus[1].pieces[1].from_idx, w.step_idx - 2,
					w.step_idx + 2);
			a->vcpus[1].pieces[1].from_idx = w.step_idx;
			assert_right(&w, &r, a, recorded ? VMS_ALIGN_RECORDED : VMS_ALIGN_FOUND);
			vms_align_free(a);
			align_world_free(&w);
		}
	}
}

TEST(offsets_may_differ)
{
	struct align_recipe r = align_usual;
	struct align_world w;
	struct vms_align *a;

	r.offset_raw[1] -= 4909856;
	align_world_make(&w, &r);
	a = run(&w, NULL);
	assert_right(&w, &r, a, VMS_ALIGN_FOUND);
	vms_align_free(a);
	align_world_free(&w);
}

TEST(failures)
{
	struct align_recipe r = align_usual;
	struct align_world w;
	struct vms_align *a = NULL;
	struct vms_err err;
	const bool yes = true;
	const struct vms_progress stop = { .cancel = &yes };
	struct vms_align_opts o = { .progress = &stop };
	unsigned long n;
	int ret = -VMS_ENOMEM;

	align_world_make(&w, &r);
	assert_int_equal(vms_align_guest(&a, &w.t, 0, &w.st, &o, &err), -VMS_ECANCEL);
	assert_null(a);
	assert_int_equal(vms_align_guest(&a, &w.t, 1, &w.st, NULL, &err), -VMS_EUSAGE);
	for (n = 1; ret == -VMS_ENOMEM && n < 60; n++) {
		vms_alloc_fail_at(n);
		ret = vms_align_guest(&a, &w.t, 0, &w.st, NULL, &err);
		vms_alloc_fail_at(0);
		if (ret)
			assert_null(a);
	}
	vms_align_free(a);
	align_world_free(&w);
	vms_align_free(NULL);
}

TEST(damaged_times_align_to_nothing)
{
	struct align_recipe r = align_usual;
	struct align_world w;
	struct vms_align *a;

	align_world_make(&w, &r);
	((int64_t *)(uintptr_t)w.cpus[0].time_raw)[7] = INT64_MIN;
	((int64_t *)(uintptr_t)w.cpus[0].time_raw)[8] = INT64_MAX;
	w.t.guests[0].stream->first_raw = INT64_MIN;
	w.t.guests[0].stream->last_raw = INT64_MAX;
	a = run(&w, NULL);
	assert_int_equal(a->vcpus[0].start, VMS_ALIGN_NONE);
	vms_align_free(a);
	align_world_free(&w);
}

/*
 * A recording and what its own truth says: pieces of its last vCPU, and whether it names its
 * threads.
 */
static const struct {
	const char *file;
	unsigned int pieces_nr;
	enum vms_align_start start;
	const char *how;
} recordings[] = {
	{ "01-demo.dat", 1, VMS_ALIGN_RECORDED, "recorded" },
	{ "03-nosync.dat", 1, VMS_ALIGN_FOUND, NULL },
	{ "06b-wrong-2s.dat", 1, VMS_ALIGN_FOUND, NULL },
	{ "06c-wrong-50us.dat", 1, VMS_ALIGN_RECORDED, "recorded" },
	{ "08-lost.dat", 1, VMS_ALIGN_RECORDED, "recorded" },
	{ "12a-tsc-step-all.dat", 2, VMS_ALIGN_RECORDED, "recorded" },
	{ "12c-tsc-step-and-back.dat", 3, VMS_ALIGN_RECORDED, "recorded" },
	{ "13-per-vcpu-offset.dat", 1, VMS_ALIGN_RECORDED, "recorded" },
	{ "17b-long-drift.dat", 1, VMS_ALIGN_RECORDED, "recorded" },
	{ "19-idle.dat", 1, VMS_ALIGN_RECORDED, "recorded" },
	{ "20b-pause-monitor.dat", 2, VMS_ALIGN_RECORDED, "recorded" },
	{ "30-arm64.dat", 1, VMS_ALIGN_RECORDED, "recorded" },
	{ "90-intel.dat", 1, VMS_ALIGN_RECORDED, "recorded" },
};

/* With everything forgotten the same offsets come out, to within what the stretches can tell. */
TEST(recordings_align)
{
	static int32_t forgotten[64];
	size_t i, k, seen = 0;

	memset(forgotten, -1, sizeof(forgotten));
	for (i = 0; i < VMS_ARRAY_NR(recordings); i++) {
		char buf[1024];
		const char *path = unit_recording(recordings[i].file, buf, sizeof(buf));
		struct vms_align_opts nothing = { .tids = forgotten, .ignore_recorded = true };
		struct vms_align *a = NULL, *b = NULL;
		struct vms_stretches *st = NULL;
		struct vms_trace *t = NULL;
		struct vms_err err = { 0 };

		if (!path || vms_trace_open(&t, &path, 1, NULL, NULL, &err))
			continue;
		seen++;
		assert_int_equal(vms_stretches_build(&st, t->host, &err), 0);
		assert_int_equal(vms_align_guest(&a, t, 0, st, NULL, &err), 0);
		assert_int_equal(vms_align_guest(&b, t, 0, st, &nothing, &err), 0);
		assert_int_equal(a->vcpus[a->vcpus_nr - 1].pieces_nr, recordings[i].pieces_nr);
		for (k = 0; k < a->vcpus_nr; k++) {
			const struct vms_align_vcpu *v = &a->vcpus[k], *w = &b->vcpus[k];

			assert_int_equal(v->start, recordings[i].start);
			if (recordings[i].how)
				assert_string_equal(v->how, recordings[i].how);
			assert_false(v->ambiguous);
			/* 12c holds 49 events whose times are wrong in the file */
			assert_true(v->outside_nr * 200 <= v->checkable_nr);
			assert_true(vms_thread_same(w->thread, v->thread));
			assert_int_equal(w->start, VMS_ALIGN_FOUND);
			assert_int_equal(w->pieces_nr, v->pieces_nr);
			assert_true(w->outside_nr <= v->outside_nr + v->checkable_nr / 500);
		}
		vms_align_free(a);
		vms_align_free(b);
		vms_stretches_free(st);
		vms_trace_free(t);
	}
	if (!seen)
		skip();
}

/*
 * Clock facts are of a thread. Of a guest that recorded at another time only the file can say that
 * the thread is its vCPU's.
 */
TEST(facts_alone_tell_no_thread)
{
	static int32_t forgotten[64];
	char buf[1024];
	const char *path = unit_recording("01-demo.dat", buf, sizeof(buf));
	struct vms_align_opts named = { .ignore_recorded = true }, unnamed = named;
	struct vms_align *align = NULL;
	struct vms_stretches *st = NULL;
	struct vms_trace *trace = NULL;
	struct vms_stream *guest;
	struct vms_err err = { 0 };
	uint32_t c, i;

	if (!path || vms_trace_open(&trace, &path, 1, NULL, NULL, &err))
		skip();
	memset(forgotten, -1, sizeof(forgotten));
	unnamed.tids = forgotten;
	guest = trace->guests[0].stream;
	for (i = 0; i < guest->types_nr; i++) /* nor do values of MSRs tell */
		if (!strcmp(guest->types[i].system, "msr"))
			((struct vms_event_type *)(uintptr_t)&guest->types[i])->system = "none";
	for (c = 0; c < guest->cpus_nr; c++) {
		guest->cpus[c].nr = 3; /* too few to be found by where they lie */
		for (i = 0; i < guest->cpus[c].nr; i++)
			((int64_t *)(uintptr_t)guest->cpus[c].time_raw)[i] += INT64_C(1) << 50;
	}
	assert_int_equal(vms_stretches_build(&st, trace->host, &err), 0);
	assert_int_equal(vms_align_guest(&align, trace, 0, st, &named, &err), 0);
	assert_string_equal(align->vcpus[0].how, "clock facts");
	assert_int_equal(align->vcpus[0].checkable_nr, 0);
	vms_align_free(align);
	assert_int_equal(vms_align_guest(&align, trace, 0, st, &unnamed, &err), 0);
	assert_int_equal(align->vcpus[0].start, VMS_ALIGN_NONE);
	assert_int_equal(align->vcpus[0].pieces_nr, 0);
	vms_align_free(align);
	vms_stretches_free(st);
	vms_trace_free(trace);
}

UNIT_MAIN(NULL, NULL)
