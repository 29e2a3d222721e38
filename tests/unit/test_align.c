// SPDX-License-Identifier: LGPL-2.1-or-later
/* Alignment on made-up worlds whose offset is known, and on recordings whose truth the stretches prove. */
#include "unit.h"

#include <math.h>
#include <vmsync/align.h>
#include <vmsync/io/source.h>

#include "util.h"

#define CPUS_MAX 4
#define US 1000.0		/* raw units of these worlds are ns, or ticks of 1 GHz */

/* What a world is made of. */
struct recipe {
	uint32_t seed;
	unsigned int cpus;
	double seconds;
	double stretch_us, gap_us;	/* means; gaps have heavy tails */
	double per_stretch;		/* guest events */
	int64_t offset_raw[CPUS_MAX];
	double drift;
	double step_at;			/* share of the trace; 0 = none */
	int64_t step_raw;		/* added to the offset from there on, on the last CPU */
	bool tick;			/* clock without drift by nature */
	bool map, recorded;
	int64_t recorded_error_raw;
	bool unrelated;			/* guest events of another world */
	bool comb;			/* stretches, gaps and events of one length each: every period fits */
};

struct world {
	struct vms_stream host, guest;
	struct vms_guest g;
	struct vms_trace t;
	struct vms_stretches st;
	struct vms_thread threads[CPUS_MAX];
	struct vms_cpu cpus[CPUS_MAX];
	struct vms_event_type type;
	struct vms_guest_decl decl;
	uint32_t vcpu[CPUS_MAX];
	int32_t tid[CPUS_MAX];
	struct vms_time_shift shift;
	struct vms_shift_cpu shift_cpu[CPUS_MAX];
	struct vms_shift_sample sample[CPUS_MAX];
	uint32_t step_idx;		/* first event after the step */
	uint64_t rng;
};

static double uniform(struct world *w)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 7;
	w->rng ^= w->rng << 17;
	return ((double)(w->rng >> 11) + 0.5) / 9007199254740992.0;
}

static double exponential(struct world *w, double mean)
{
	return -mean * log(uniform(w));
}

/* Half the gaps are short, some are a hundred times longer. */
static double heavy(struct world *w, double mean)
{
	return 0.25 * mean * pow(uniform(w), -0.75);
}

/* The offset that holds on a CPU at a share of the trace. */
static int64_t offset_at(const struct recipe *r, unsigned int cpu, double share)
{
	return r->offset_raw[cpu] + (r->step_at > 0.0 && cpu == r->cpus - 1 && share >= r->step_at ? r->step_raw : 0);
}

#define HOST_FIRST_RAW INT64_C(50000000000)

static void make_cpu(struct world *w, const struct recipe *r, unsigned int c)
{
	const double all = r->seconds * 1e9;
	double at = exponential(w, r->gap_us * US);
	uint32_t cap_s = 0, cap_e = 0, stretches = 0, events = 0;
	struct vms_stretch *s = NULL;
	int64_t *e = NULL;
	bool stepped = false;

	while (at < all) {
		const double len = r->comb ? r->stretch_us * US : 2.0 * US + exponential(w, r->stretch_us * US);
		const unsigned int n = r->comb ? 1 : uniform(w) < r->per_stretch / (1.0 + r->per_stretch) ?
				       1 + (unsigned int)(r->per_stretch * uniform(w)) : 0;
		double where = at + 1.0 * US;
		unsigned int i;

		if (stretches == cap_s) {
			cap_s = cap_s * 2 + 64;
			s = realloc(s, cap_s * sizeof(*s));
		}
		s[stretches++] = (struct vms_stretch){
			.enter_raw = HOST_FIRST_RAW + (int64_t)at, .leave_raw = HOST_FIRST_RAW + (int64_t)(at + len),
			.flags = VMS_STRETCH_ENTER_KNOWN | VMS_STRETCH_LEAVE_KNOWN,
		};
		for (i = 0; i < n; i++) {
			int64_t off = offset_at(r, c, at / all);
			int64_t host;

			where += (r->comb ? 0.5 : uniform(w)) * (at + len - 1.0 * US - where) / (double)(n - i);
			host = HOST_FIRST_RAW + (int64_t)where;
			if (events == cap_e) {
				cap_e = cap_e * 2 + 64;
				e = realloc(e, cap_e * sizeof(*e));
			}
			if (off != r->offset_raw[c] && !stepped) {
				stepped = true;
				w->step_idx = events;
			}
			e[events++] = host - off - (int64_t)(r->drift * where);
		}
		at += len + (r->comb ? r->gap_us * US : heavy(w, r->gap_us * US));
	}
	w->threads[c] = (struct vms_thread){ .tid = 100 + (int32_t)c, .vcpu_id = -1, .stretches = s,
					     .stretches_nr = stretches };
	w->cpus[c] = (struct vms_cpu){ .cpu = c, .nr = events, .sorted = r->step_raw <= 0, .time_raw = e };
}

static void world_make(struct world *w, const struct recipe *r)
{
	unsigned int c;

	memset(w, 0, sizeof(*w));
	w->rng = 0x9e3779b97f4a7c15ull * (r->seed + 1);
	for (c = 0; c < r->cpus; c++)
		make_cpu(w, r, c);
	if (r->unrelated) {
		struct world other;
		struct recipe q = *r;

		q.unrelated = false;
		q.seed = r->seed + 7777;
		world_make(&other, &q);
		for (c = 0; c < r->cpus; c++) {
			free((void *)(uintptr_t)w->cpus[c].time_raw);
			free(other.threads[c].stretches);
			w->cpus[c] = other.cpus[c];
		}
	}
	for (c = 0; c < r->cpus; c++) {
		w->vcpu[c] = c;
		w->tid[c] = 100 + (int32_t)c;
		w->sample[c] = (struct vms_shift_sample){ .time = 1, .offset = r->offset_raw[c] + r->recorded_error_raw,
							  .scaling = 1 };
		w->shift_cpu[c] = (struct vms_shift_cpu){ &w->sample[c], 1 };
	}
	w->type = (struct vms_event_type){ .system = "", .name = "" };
	w->shift = (struct vms_time_shift){ .cpus_nr = r->cpus, .cpus = w->shift_cpu };
	w->decl = (struct vms_guest_decl){ .name = "vm", .vcpus_nr = r->cpus, .vcpu = w->vcpu, .tid = w->tid };
	w->host = (struct vms_stream){ .types = &w->type, .types_nr = 1, .decls = &w->decl, .decls_nr = r->map ? 1 : 0 };
	w->guest = (struct vms_stream){ .types = &w->type, .types_nr = 1, .cpus = w->cpus, .cpus_nr = r->cpus,
					.shift = r->recorded ? &w->shift : NULL };
	(void)snprintf(w->host.clock.name, sizeof(w->host.clock.name), "%s", r->tick ? "x86-tsc" : "local");
	w->host.clock.counts_ns = !r->tick;
	w->host.clock.ns_per_unit = 1.0;
	w->guest.clock = w->host.clock;
	w->g = (struct vms_guest){ .stream = &w->guest, .decl = r->map ? &w->decl : NULL };
	w->t = (struct vms_trace){ .host = &w->host, .guests = &w->g, .guests_nr = 1 };
	w->st = (struct vms_stretches){ .threads = w->threads, .threads_nr = r->cpus, .first_raw = HOST_FIRST_RAW,
					.last_raw = HOST_FIRST_RAW + (int64_t)(r->seconds * 1e9) };
}

static void world_free(struct world *w)
{
	unsigned int c;

	for (c = 0; c < w->guest.cpus_nr; c++) {
		free((void *)(uintptr_t)w->cpus[c].time_raw);
		free(w->threads[c].stretches);
	}
}

static const struct recipe usual = {
	.seed = 1, .cpus = 2, .seconds = 5.0, .stretch_us = 80.0, .gap_us = 120.0, .per_stretch = 0.5,
	.offset_raw = { 123456789012, 123456789012, 123456789012, 123456789012 }, .tick = true, .map = true,
};

/* Every vCPU is on its thread, and at most one event in a hundred is outside; *start tells how each began */
static void assert_right(const struct world *w, const struct recipe *r, const struct vms_align *a,
			 enum vms_align_start start)
{
	unsigned int c;

	assert_int_equal(a->vcpus_nr, r->cpus);
	for (c = 0; c < r->cpus; c++) {
		const struct vms_align_vcpu *v = &a->vcpus[c];
		uint32_t i;
		unsigned int p = 0;
		int64_t worst = 0;

		assert_int_equal(v->thread, c);
		assert_int_equal(v->start, start);
		assert_true(v->pieces_nr >= 1);
		assert_false(v->ambiguous);
		assert_true(v->outside_nr * 100 <= v->checkable_nr);
		for (i = 0; i < w->cpus[c].nr; i++) {
			const int64_t g = w->cpus[c].time_raw[i];
			const struct vms_line *l;
			int64_t off, truth;

			while (p + 1 < v->pieces_nr && v->pieces[p + 1].from_idx <= i)
				p++;
			l = &v->pieces[p].line;
			off = l->offset_raw + (int64_t)llround(l->offset_frac + l->drift * (double)(g - l->ref_raw));
			truth = r->offset_raw[c];
			if (r->step_at > 0.0 && c == r->cpus - 1 && i >= w->step_idx)
				truth += r->step_raw;
			truth += (int64_t)(r->drift * (double)(g + truth - HOST_FIRST_RAW));
			if (llabs(off - truth) > worst)
				worst = llabs(off - truth);
		}
		/* delays of these worlds are some 1 us upward; the line may be off by a few of them */
		assert_true(worst < 8000);
	}
}

static struct vms_align *run(const struct world *w, const struct vms_align_opts *o)
{
	struct vms_align *a = NULL;
	struct vms_err err = { 0 };

	assert_int_equal(vms_align_guest(&a, &w->t, 0, &w->st, o, &err), 0);
	return a;
}

static void recorded_is_taken(void **state)
{
	static const int64_t errors[] = { 0, 3000, -50000, 400000 };
	size_t i;

	(void)state;
	for (i = 0; i < VMS_ARRAY_NR(errors); i++) {
		struct recipe r = usual;
		struct world w;
		struct vms_align *a;

		r.recorded = true;
		r.recorded_error_raw = errors[i];
		world_make(&w, &r);
		a = run(&w, NULL);
		assert_right(&w, &r, a, VMS_ALIGN_RECORDED);
		assert_string_equal(a->vcpus[0].how, "recorded");
		assert_true(a->vcpus[0].confidence > 0.9);
		vms_align_free(a);
		world_free(&w);
	}
}

static void recorded_two_seconds_off_is_left(void **state)
{
	struct recipe r = usual;
	struct world w;
	struct vms_align *a;

	(void)state;
	r.recorded = true;
	r.recorded_error_raw = 2000000000;
	world_make(&w, &r);
	a = run(&w, NULL);
	assert_right(&w, &r, a, VMS_ALIGN_FOUND);
	vms_align_free(a);
	world_free(&w);
}

static void found_from_nothing(void **state)
{
	uint32_t seed;

	(void)state;
	for (seed = 1; seed <= 6; seed++) {
		struct recipe r = usual;
		struct world w;
		struct vms_align *a;

		r.seed = seed;
		r.tick = seed & 1;
		r.offset_raw[0] = r.offset_raw[1] = -77000000000 + (int64_t)seed * 1000000007;
		world_make(&w, &r);
		a = run(&w, NULL);
		assert_right(&w, &r, a, VMS_ALIGN_FOUND);
		assert_string_equal(a->vcpus[0].how, "correlation");
		assert_true(a->vcpus[0].confidence > 0.9);
		vms_align_free(a);
		world_free(&w);
	}
}

static void threads_are_inferred(void **state)
{
	struct recipe r = usual;
	struct world w;
	struct vms_align *a;
	int recorded;

	(void)state;
	for (recorded = 0; recorded < 2; recorded++) {
		r.cpus = 4;
		r.map = false;
		r.recorded = recorded;
		world_make(&w, &r);
		a = run(&w, NULL);
		assert_right(&w, &r, a, recorded ? VMS_ALIGN_RECORDED : VMS_ALIGN_FOUND);
		assert_true(a->vcpus[3].tid_inferred);
		vms_align_free(a);
		world_free(&w);
	}
}

static void drift_is_followed(void **state)
{
	static const double drifts[] = { 80e-6, -230e-6 };
	size_t i;
	int recorded;

	(void)state;
	for (i = 0; i < VMS_ARRAY_NR(drifts); i++) {
		for (recorded = 0; recorded < 2; recorded++) {
			struct recipe r = usual;
			struct world w;
			struct vms_align *a;

			r.tick = false;
			r.drift = drifts[i];
			r.seconds = 20.0;
			r.gap_us = 400.0;
			r.recorded = recorded;
			world_make(&w, &r);
			a = run(&w, NULL);
			assert_right(&w, &r, a, recorded ? VMS_ALIGN_RECORDED : VMS_ALIGN_FOUND);
			assert_int_equal(a->vcpus[0].pieces_nr, 1);
			vms_align_free(a);
			world_free(&w);
		}
	}
}

static void steps_are_cut(void **state)
{
	static const int64_t steps[] = { -20000000, 10000000, 1000000000, -500000 };
	size_t i;
	int recorded;

	(void)state;
	for (i = 0; i < VMS_ARRAY_NR(steps); i++) {
		for (recorded = 0; recorded < 2; recorded++) {
			struct recipe r = usual;
			struct world w;
			struct vms_align *a;

			r.step_at = 0.6;
			r.step_raw = steps[i];
			r.recorded = recorded;
			world_make(&w, &r);
			a = run(&w, NULL);
			assert_int_equal(a->vcpus[0].pieces_nr, 1);
			assert_int_equal(a->vcpus[1].pieces_nr, 2);
			/* an event or two next to the step may fit both lines */
			assert_in_range(a->vcpus[1].pieces[1].from_idx, w.step_idx - 2, w.step_idx + 2);
			a->vcpus[1].pieces[1].from_idx = w.step_idx;
			assert_right(&w, &r, a, recorded ? VMS_ALIGN_RECORDED : VMS_ALIGN_FOUND);
			vms_align_free(a);
			world_free(&w);
		}
	}
}

static void offsets_may_differ(void **state)
{
	struct recipe r = usual;
	struct world w;
	struct vms_align *a;

	(void)state;
	r.offset_raw[1] -= 4909856;
	world_make(&w, &r);
	a = run(&w, NULL);
	assert_right(&w, &r, a, VMS_ALIGN_FOUND);
	vms_align_free(a);
	world_free(&w);
}

/* Neither too few events nor another machine's may give a confident answer that is wrong. */
static void never_confident_when_wrong(void **state)
{
	uint32_t seed;

	(void)state;
	for (seed = 1; seed <= 8; seed++) {
		struct recipe r = usual;
		struct world w;
		struct vms_align *a;
		unsigned int c;

		r.seed = seed;
		r.unrelated = true;
		r.recorded = seed & 1;
		r.map = seed & 2;
		if (seed > 4)
			r.seconds = 0.05;
		world_make(&w, &r);
		a = run(&w, NULL);
		for (c = 0; c < r.cpus; c++)
			assert_true(a->vcpus[c].start == VMS_ALIGN_NONE || a->vcpus[c].ambiguous);
		vms_align_free(a);
		world_free(&w);
	}
}

/* Worlds that fit at many offsets, or hardly say anything: nothing may be claimed, with a recorded shift that is wrong or none. */
static void what_cannot_be_told_is_not_told(void **state)
{
	static const struct {
		const char *what;
		double seconds, stretch_us, gap_us, per_stretch;
		bool comb, tick;
	} kinds[] = {
		{ "comb of a 4 ms tick", 5.0, 60.0, 3940.0, 1.0, true, true },
		{ "comb of a 4 ms tick, ns", 5.0, 60.0, 3940.0, 1.0, true, false },
		{ "comb of 1 ms, half in the guest", 3.0, 500.0, 500.0, 1.0, true, true },
		{ "a few events", 4.0, 80.0, 120.0, 0.0008, false, true },
		{ "a few events, ns", 4.0, 80.0, 120.0, 0.0004, false, false },
		{ "always in the guest", 4.0, 20000.0, 0.4, 40.0, false, true },
		{ "always in the guest, ns", 4.0, 20000.0, 0.4, 40.0, false, false },
	};
	size_t k;
	uint32_t seed;

	(void)state;
	for (k = 0; k < VMS_ARRAY_NR(kinds); k++) {
		for (seed = 1; seed <= 6; seed++) {
			struct recipe r = usual;
			struct vms_align *a;
			struct world w;
			unsigned int c;

			r.seed = seed;
			r.seconds = kinds[k].seconds;
			r.stretch_us = kinds[k].stretch_us;
			r.gap_us = kinds[k].gap_us;
			r.per_stretch = kinds[k].per_stretch;
			r.comb = kinds[k].comb;
			r.tick = kinds[k].tick;
			r.cpus = 1 + seed % 2;
			r.map = seed % 3 != 0;
			r.recorded = seed > 3;
			r.recorded_error_raw = 2000000000;
			world_make(&w, &r);
			a = run(&w, NULL);
			for (c = 0; c < r.cpus; c++) {
				const struct vms_align_vcpu *v = &a->vcpus[c];

				if (v->start == VMS_ALIGN_FOUND && !v->ambiguous)
					fail_msg("%s, seed %u, CPU %u: confidence %.2f at offset %lld", kinds[k].what, seed, c,
						 v->confidence, (long long)v->pieces[0].line.offset_raw);
				assert_true(v->confidence <= 0.5 || v->start == VMS_ALIGN_RECORDED);
			}
			vms_align_free(a);
			world_free(&w);
		}
	}
}

static bool stop_at_once(void *user)
{
	return user != NULL;
}

static void failures(void **state)
{
	struct recipe r = usual;
	struct world w;
	struct vms_align *a = NULL;
	struct vms_err err;
	struct vms_align_opts o = { .cancelled = stop_at_once, .cancel_user = &err };
	unsigned long n;
	int ret = -VMS_ENOMEM;

	(void)state;
	world_make(&w, &r);
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
	world_free(&w);
	vms_align_free(NULL);
}

static void damaged_times_align_to_nothing(void **state)
{
	struct recipe r = usual;
	struct world w;
	struct vms_align *a;

	(void)state;
	world_make(&w, &r);
	((int64_t *)(uintptr_t)w.cpus[0].time_raw)[7] = INT64_MIN;
	((int64_t *)(uintptr_t)w.cpus[0].time_raw)[8] = INT64_MAX;
	a = run(&w, NULL);
	assert_int_equal(a->vcpus[0].start, VMS_ALIGN_NONE);
	vms_align_free(a);
	world_free(&w);
}

/* A recording and what its own truth says: pieces of its last vCPU, and whether it names its threads. */
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
static void recordings_align(void **state)
{
	static int32_t forgotten[64];
	size_t i, k, seen = 0;

	(void)state;
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
			assert_int_equal(w->thread, v->thread);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_is_taken),
		cmocka_unit_test(recorded_two_seconds_off_is_left),
		cmocka_unit_test(found_from_nothing),
		cmocka_unit_test(threads_are_inferred),
		cmocka_unit_test(drift_is_followed),
		cmocka_unit_test(steps_are_cut),
		cmocka_unit_test(offsets_may_differ),
		cmocka_unit_test(never_confident_when_wrong),
		cmocka_unit_test(what_cannot_be_told_is_not_told),
		cmocka_unit_test(failures),
		cmocka_unit_test(damaged_times_align_to_nothing),
		cmocka_unit_test(recordings_align),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
