// SPDX-License-Identifier: LGPL-2.1-or-later
/* Constraints: which stretch a guest event belongs to, and the bounds that follow. */
#include "unit.h"

#include <vmsync/constraint.h>
#include <vmsync/io/open.h>

#include "core/base/util.h"
#include "world.h"

struct fixture {
	struct world *host, *guest;
	struct vms_stretches *st;
	const struct vms_thread *t;
	struct vms_model *m;
	struct vms_constraints *c;
};

/* Host stretches of thread 100: [100,200] [300,400] [500,600], one CPU; the guest has one CPU. */
static struct fixture three_stretches(void)
{
	struct fixture f = { .host = world_new(1), .guest = world_new(1) };
	int64_t t;

	for (t = 100; t <= 500; t += 200) {
		world_add(f.host, 0, t, 100, "kvm_entry", "");
		world_add(f.host, 0, t + 100, 100, "kvm_exit", "exit_reason=12 isa=1");
	}
	return f;
}

static void guest_event(struct fixture *f, int64_t t)
{
	world_add(f->guest, 0, t, 1, "sched_switch", "");
}

static void build(struct fixture *f, const struct vms_piece *pieces, unsigned int pieces_nr)
{
	const struct vms_stream *g = world_stream(f->guest);

	assert_int_equal(vms_stretches_build(&f->st, world_stream(f->host), NULL), 0);
	f->t = vms_thread_find(f->st, 100);
	assert_int_equal(vms_model_new(&f->m, VMS_MODEL_PIECES, g, NULL), 0);
	assert_int_equal(vms_model_set(f->m, 0, pieces, pieces_nr, NULL), 0);
	assert_int_equal(vms_constraints_build(&f->c, &g->cpus[0], f->t, f->st, f->m, 0, NULL), 0);
}

static void done(struct fixture *f)
{
	vms_constraints_free(f->c);
	vms_model_free(f->m);
	vms_stretches_free(f->st);
	world_free(f->host);
	world_free(f->guest);
}

static const struct vms_piece plus_100 = { .line = { .offset_raw = 100 } };

static void expect_point(struct vms_point p, int64_t x, int64_t y, uint32_t event, uint32_t stretch)
{
	assert_int_equal(p.x_raw, x);
	assert_int_equal(p.y_raw, y);
	assert_int_equal(p.event, event);
	assert_int_equal(p.stretch, stretch);
}

TEST(test_first_and_last)
{
	struct fixture f = three_stretches();

	guest_event(&f, 5);
	guest_event(&f, 50);
	guest_event(&f, 99);
	guest_event(&f, 210);
	build(&f, &plus_100, 1);
	assert_int_equal(f.c->events_nr, 4);
	assert_int_equal(f.c->checkable_nr, 4);
	assert_int_equal(f.c->outside_nr, 0);
	assert_int_equal(f.c->lower_nr, 2);
	assert_int_equal(f.c->upper_nr, 2);
	expect_point(vms_lower_point(f.c, 0), 5, 95, 0, 0);
	expect_point(vms_upper_point(f.c, 0), 99, 101, 2, 0);
	expect_point(vms_lower_point(f.c, 1), 210, 90, 3, 1);
	expect_point(vms_upper_point(f.c, 1), 210, 190, 3, 1);
	done(&f);
}

/* Outside, the nearest stretch contradicts the model and says by how much. */
TEST(test_outside)
{
	struct fixture f = three_stretches();

	guest_event(&f, 110); /* maps to 210: 10 after the first stretch */
	guest_event(&f, 199); /* maps to 299: 1 before the second */
	build(&f, &plus_100, 1);
	assert_int_equal(f.c->checkable_nr, 2);
	assert_int_equal(f.c->outside_nr, 2);
	assert_int_equal(f.c->depth_max_raw, 10);
	expect_point(vms_upper_point(f.c, 0), 110, 90, 0, 0);
	expect_point(vms_lower_point(f.c, 1), 199, 101, 1, 1);
	done(&f);
}

TEST(test_beyond_gives_nothing)
{
	struct fixture f = three_stretches();

	guest_event(&f, -50);
	guest_event(&f, 501);
	guest_event(&f, 9000);
	build(&f, &plus_100, 1);
	assert_int_equal(f.c->checkable_nr, 0);
	assert_int_equal(f.c->lower_nr, 0);
	assert_int_equal(f.c->upper_nr, 0);
	done(&f);
}

TEST(test_shadow_gives_nothing)
{
	struct fixture f = { .host = world_new(1), .guest = world_new(1) };

	world_add(f.host, 0, 100, 100, "kvm_entry", "");
	world_add(f.host, 0, 110, 100, "write_msr", "");
	world_lost(f.host, 0, 0);
	world_add(f.host, 0, 200, 100, "write_msr", "");
	world_add(f.host, 0, 300, 100, "kvm_exit", "exit_reason=12 isa=1");
	guest_event(&f, 5);
	guest_event(&f, 50);
	guest_event(&f, 150);
	build(&f, &plus_100, 1);
	assert_int_equal(f.c->checkable_nr, 2);
	assert_int_equal(f.c->lower_nr, 1); /* the entry side of what came before the loss */
	assert_int_equal(f.c->upper_nr, 1); /* the exit side of what came after it */
	expect_point(vms_lower_point(f.c, 0), 5, 95, 0, 0);
	expect_point(vms_upper_point(f.c, 0), 150, 150, 2, 2);
	done(&f);
}

/* A clock set back in a stretch: what comes later in order bounds by itself. */
TEST(test_times_that_go_back)
{
	struct fixture f = three_stretches();

	guest_event(&f, 40);
	guest_event(&f, 80);
	guest_event(&f, 20);
	guest_event(&f, 60);
	build(&f, &plus_100, 1);
	assert_int_equal(f.c->lower_nr, 2);
	expect_point(vms_lower_point(f.c, 0), 40, 60, 0, 0);
	expect_point(vms_upper_point(f.c, 0), 80, 120, 1, 0);
	expect_point(vms_lower_point(f.c, 1), 20, 80, 2, 0);
	expect_point(vms_upper_point(f.c, 1), 60, 140, 3, 0);
	done(&f);
}

/* A piece of the model that begins within a stretch begins new bounds. */
TEST(test_step_of_the_model)
{
	struct vms_piece p[] = {
		{ .line = { .offset_raw = 100 } },
		{ .from_idx = 2, .from_raw = 1050, .line = { .offset_raw = -900 } },
	};
	struct fixture f = three_stretches();

	guest_event(&f, 10);
	guest_event(&f, 40);
	guest_event(&f, 1050);
	guest_event(&f, 1090);
	build(&f, p, 2);
	assert_int_equal(f.c->outside_nr, 0);
	assert_int_equal(f.c->lower_nr, 2);
	expect_point(vms_upper_point(f.c, 0), 40, 160, 1, 0);
	expect_point(vms_lower_point(f.c, 1), 1050, -950, 2, 0);
	done(&f);
}

/* The cursor that moves from event to event finds what a search from scratch finds. */
TEST(test_places_agree_with_a_scan)
{
	struct world *w = world_new(1);
	struct vms_stretches *st = NULL;
	const struct vms_thread *t;
	uint32_t seed = 12345, k, i;
	int64_t at = 0;

	for (i = 0; i < 300; i++) {
		seed = seed * 1664525 + 1013904223;
		at += 1 + (seed >> 24) % 9;
		world_add(w, 0, at, 100, i & 1 ? "kvm_exit" : "kvm_entry",
			  i & 1 ? "exit_reason=12 isa=1" : "");
	}
	assert_int_equal(vms_stretches_build(&st, world_stream(w), NULL), 0);
	t = vms_thread_find(st, 100);
	for (at = 0; at < 1600; at++) {
		enum vms_place expect = VMS_PLACE_OUTSIDE, got;
		int64_t depth, best = INT64_MAX;
		uint32_t found;

		for (k = 0; k < t->stretches_nr; k++) {
			const struct vms_stretch *s = &t->stretches[k];

			if (at >= s->enter_raw && at <= s->leave_raw)
				expect = VMS_PLACE_INSIDE;
			best = VMS_MIN(best, at < s->enter_raw	 ? s->enter_raw - at
					     : at > s->leave_raw ? at - s->leave_raw
								 : 0);
		}
		if (at < t->stretches[0].enter_raw ||
		    at > t->stretches[t->stretches_nr - 1].leave_raw)
			expect = VMS_PLACE_BEYOND;
		got = vms_place_of(t, at, &found, &depth);
		assert_int_equal(got, expect);
		assert_int_equal(depth, best);
		assert_true(found < t->stretches_nr);
	}
	vms_stretches_free(st);
	world_free(w);
}

/* True offsets from truth.json of the recordings; the clocks of these do not drift. */
static const struct {
	const char *host, *guest;
	uint32_t vcpu;
	int32_t tid;
	int64_t offset, step_at, offset_after; /* step_at: guest time, 0 = no step */
	/*
	 * Linux 6.1 on SVM and on arm64 with events of interrupts or KVM; else nothing to tighten
	 * by
	 */
	bool late;
} truths[] = {
	{ "01-demo.dat", "01-demo-vm1.dat", 0, 516, 312885032349, 0, 0, true },
	{ "01-demo.dat", "01-demo-vm1.dat", 1, 517, 312885032349, 0, 0, true },
	{ "08-lost.dat", "08-lost-vm1.dat", 0, 850, 342209394527, 0, 0, true },
	{ "08-lost.dat", "08-lost-vm1.dat", 1, 851, 342209394527, 0, 0, true },
	{ "10-zlib.dat", "10-zlib-vm1.dat", 1, 517, 312885032349, 0, 0, true },
	{ "12a-tsc-step-all.dat", "12a-tsc-step-all-vm1.dat", 0, 125, 22759895694, 38487576736,
	  22708942032, true },
	{ "12a-tsc-step-all.dat", "12a-tsc-step-all-vm1.dat", 1, 126, 22759895694, 38498702930,
	  22708272896, true },
	{ "13-per-vcpu-offset.dat", "13-per-vcpu-offset-vm1.dat", 0, 124, 22842736643, 0, 0, true },
	{ "13-per-vcpu-offset.dat", "13-per-vcpu-offset-vm1.dat", 1, 125, 22837826787, 0, 0, true },
	{ "19-idle.dat", "19-idle-vm1.dat", 0, 1176, 539840621231, 0, 0, true },
	{ "19-idle.dat", "19-idle-vm1.dat", 1, 1177, 539840621231, 0, 0, true },
	{ "07-overcommit.dat", "07-overcommit-vm1.dat", 2, 1657, 1048145386806, 0, 0, true },
	{ "18-buffers.dat", "18-buffers-vm1.dat", 0, 1013, 461163461386, 0, 0, true },
	{ "17a-long.dat", "17a-long-vm1.dat", 0, 1485, 203575245296, 0, 0, false },
	{ "30-arm64.dat", "30-arm64-vm1.dat", 1, 817, 202191486112, 0, 0, true },
	{ "90-intel.dat", "90-intel-Salamander4.dat", 0, 483882, 63430235715905, 0, 0, false },
};

/* Every guest event lies in its stretch under the truth, however much was tightened. */
static void check_truth(size_t i, const struct vms_trace *tr)
{
	const struct vms_stream *g = tr->guests[0].stream;
	struct vms_piece p[2] = {
		{ .line = { .offset_raw = truths[i].offset } },
		{ .line = { .offset_raw = truths[i].offset_after } },
	};
	const struct vms_thread *t;
	struct vms_stretches *st = NULL;
	struct vms_constraints *c = NULL;
	struct vms_model *m = NULL;
	unsigned int cpu = 0;
	uint32_t k;

	while (cpu + 1 < g->cpus_nr && g->cpus[cpu].cpu != truths[i].vcpu)
		cpu++;
	while (p[1].from_idx < g->cpus[cpu].nr &&
	       g->cpus[cpu].time_raw[p[1].from_idx] < truths[i].step_at)
		p[1].from_idx++;
	p[1].from_raw = truths[i].step_at;
	assert_int_equal(vms_stretches_build(&st, tr->host, NULL), 0);
	assert_int_equal(st->late_exit, truths[i].late);
	t = vms_thread_find(st, truths[i].tid);
	assert_non_null(t);
	assert_int_equal(vms_model_new(&m, VMS_MODEL_PIECES, g, NULL), 0);
	assert_int_equal(vms_model_set(m, cpu, p, truths[i].step_at ? 2 : 1, NULL), 0);
	assert_int_equal(vms_constraints_build(&c, &g->cpus[cpu], t, st, m, cpu, NULL), 0);
	assert_int_equal(c->outside_nr, 0);
	assert_true(c->lower_nr > 50 && c->upper_nr > 50);
	assert_true(c->checkable_nr > c->events_nr / 3);
	for (k = 0; k < c->lower_nr && !truths[i].step_at; k++)
		assert_true(vms_lower_point(c, k).y_raw <= truths[i].offset);
	for (k = 0; k < c->upper_nr && !truths[i].step_at; k++)
		assert_true(vms_upper_point(c, k).y_raw >= truths[i].offset);
	vms_constraints_free(c);
	vms_model_free(m);
	vms_stretches_free(st);
}

TEST(test_recordings)
{
	size_t i, done_nr = 0;

	for (i = 0; i < VMS_ARRAY_NR(truths); i++) {
		char host[600], guest[600];
		const char *paths[] = { unit_recording(truths[i].host, host, sizeof(host)),
					unit_recording(truths[i].guest, guest, sizeof(guest)) };
		struct vms_trace *tr = NULL;
		struct vms_err err = { 0 };

		if (!paths[0] || !paths[1])
			continue;
		if (vms_trace_open(&tr, paths, 2, NULL, NULL, &err))
			fail_msg("%s", err.msg);
		check_truth(i, tr);
		vms_trace_free(tr);
		done_nr++;
	}
	if (!done_nr)
		skip();
}

static void expect_same(const struct vms_constraints *a, const struct vms_constraints *b)
{
	uint32_t i;

	assert_int_equal(a->checkable_nr, b->checkable_nr);
	assert_int_equal(a->beyond_nr, b->beyond_nr);
	assert_int_equal(a->outside_nr, b->outside_nr);
	assert_int_equal(a->outside_gaps_nr, b->outside_gaps_nr);
	assert_int_equal(a->depth_max_raw, b->depth_max_raw);
	assert_int_equal(a->lower_nr, b->lower_nr);
	assert_int_equal(a->upper_nr, b->upper_nr);
	for (i = 0; i < a->lower_nr; i++)
		assert_true(vms_bound_same(a->lower[i], b->lower[i]));
	for (i = 0; i < a->upper_nr; i++)
		assert_true(vms_bound_same(a->upper[i], b->upper[i]));
}

/* Whether events are mapped one by one or skipped changes nothing, at whatever drift. */
TEST(test_skipped_events_bound_as_mapped_ones)
{
	const double drifts[] = { 0.0, 0.0099, -0.0099, 1e-4, -1e-4, 0.02 };
	uint32_t seed = 1, i;
	size_t k;

	for (k = 0; k < VMS_ARRAY_NR(drifts); k++) {
		struct vms_piece pieces[2] = {
			{ .line = { .offset_raw = 100, .offset_frac = 0.5, .drift = drifts[k] } },
			{ .from_idx = 400, .line = { .offset_raw = 107, .drift = drifts[k] } },
		};
		struct fixture f = { .host = world_new(1), .guest = world_new(1) };
		struct vms_constraints *one_by_one;
		struct vms_cpu cpu;
		int64_t t = 0;

		for (i = 0; i < 60; i++) {
			seed = seed * 1103515245 + 12345;
			t += 1 + (seed >> 16) % 90;
			world_add(f.host, 0, t, 100, "kvm_entry", "");
			t += 1 + (seed >> 8) % 300;
			world_add(f.host, 0, t, 100, "kvm_exit", "exit_reason=12 isa=1");
		}
		for (i = 0, t = -150; i < 800; i++) {
			seed = seed * 1103515245 + 12345;
			guest_event(&f, t += (seed >> 16) % 30);
		}
		build(&f, pieces, 2);
		cpu = world_stream(f.guest)->cpus[0];
		assert_true(cpu.sorted);
		cpu.sorted = false;
		assert_int_equal(vms_constraints_build(&one_by_one, &cpu, f.t, f.st, f.m, 0, NULL),
				 0);
		expect_same(f.c, one_by_one);
		assert_true(vms_constraints_same(f.c, f.st, f.m, 0));
		expect_same(f.c, one_by_one);
		pieces[0].line.offset_raw += 20;
		assert_int_equal(vms_model_set(f.m, 0, pieces, 2, NULL), 0);
		assert_false(vms_constraints_same(f.c, f.st, f.m, 0));
		expect_same(f.c, one_by_one);
		vms_constraints_free(one_by_one);
		done(&f);
	}
}

UNIT_MAIN(NULL, NULL)
