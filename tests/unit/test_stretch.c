// SPDX-License-Identifier: LGPL-2.1-or-later
/* Stretches: what bounds them, what they leave open, and what happens where events are missing. */
#include "unit.h"

#include <vmsync/constraint.h>
#include <vmsync/stretch.h>

#include "core/base/util.h"
#include "world.h"

#define KNOWN (VMS_STRETCH_ENTER_KNOWN | VMS_STRETCH_LEAVE_KNOWN)

struct fixture {
	struct world *w;
	struct vms_stretches *st;
	const struct vms_thread *t;
};

static const char vmx_hlt[] = "exit_reason=12 isa=1";
static const char svm_msr[] = "exit_reason=0x7c isa=2 info1=1";

/* Builds, and looks at thread 100. */
static void look(struct fixture *f)
{
	assert_int_equal(vms_stretches_build(&f->st, world_stream(f->w), NULL), 0);
	f->t = vms_thread_find(f->st, 100);
	assert_non_null(f->t);
}

static void done(struct fixture *f)
{
	vms_stretches_free(f->st);
	world_free(f->w);
}

static void expect_stretch(const struct fixture *f, uint32_t k, int64_t enter, int64_t leave,
			   unsigned int flags)
{
	const struct vms_stretch *s = &f->t->stretches[k];

	assert_true(k < f->t->stretches_nr);
	assert_int_equal(s->enter_raw, enter);
	assert_int_equal(s->leave_raw, leave);
	assert_int_equal(s->flags, flags);
}

TEST(test_plain)
{
	struct fixture f = { .w = world_new(1) };

	world_add(f.w, 0, 5, 1, "sched_switch", "");
	world_add(f.w, 0, 10, 100, "kvm_entry", "vcpu_id=3");
	world_add(f.w, 0, 20, 100, "kvm_exit", "exit_reason=32 isa=1 info1=7 info2=8");
	world_add(f.w, 0, 30, 100, "kvm_entry", "vcpu_id=3");
	world_add(f.w, 0, 45, 100, "kvm_exit", vmx_hlt);
	look(&f);
	assert_int_equal(f.st->threads_nr, 1);
	assert_int_equal(f.t->vcpu_id, 3);
	assert_int_equal(f.t->stretches_nr, 2);
	expect_stretch(&f, 0, 10, 20, KNOWN);
	expect_stretch(&f, 1, 30, 45, KNOWN);
	assert_int_equal(f.t->stretches[0].why.reason, 32);
	assert_true(f.t->stretches[0].why.written);
	assert_int_equal(f.t->stretches[0].exit.idx, 2);
	assert_int_equal(f.st->isa, VMS_ISA_VMX);
	assert_false(f.st->late_exit);
	assert_int_equal(f.st->first_raw, 5);
	assert_int_equal(vms_thread_inside(f.t, 0, 100), 25);
	assert_int_equal(vms_thread_inside(f.t, 15, 35), 10);
	assert_int_equal(vms_thread_inside(f.t, 35, 15), 0);
	assert_int_equal(vms_stretch_at(f.t, 9), -1);
	assert_int_equal(vms_stretch_at(f.t, 10), 0);
	assert_int_equal(vms_stretch_at(f.t, 44), 1);
	done(&f);
}

/*
 * A thread whose first mark is an exit was in the guest since it last ran in the host, not since
 * the recording began: a QEMU that takes a guest over has threads long before that.
 */
TEST(test_first_exit_without_entry)
{
	static const struct {
		const char *events;
		int64_t since;
	} rows[] = {
		{ "5 1:sched_switch next_pid=2; 50 kvm_exit exit_reason=12 isa=1", 5 },
		{ "5 1:sched_switch next_pid=2; 20 hrtimer_start; 30 irq_handler_entry "
		  "common_flags=9; 50 kvm_exit exit_reason=12 isa=1",
		  20 },
		{ "5 0:cpu_idle; 25 0:sched_switch next_pid=100; "
		  "50 kvm_exit exit_reason=12 isa=1",
		  25 },
	};
	unsigned int i;

	for (i = 0; i < VMS_ARRAY_NR(rows); i++) {
		struct fixture f = { .w = world_new(1) };

		world_play(f.w, 100, rows[i].events);
		world_play(f.w, 100, "60 kvm_entry; 70 kvm_exit exit_reason=12 isa=1");
		look(&f);
		assert_int_equal(f.t->stretches_nr, 2);
		expect_stretch(&f, 0, rows[i].since, 50, VMS_STRETCH_LEAVE_KNOWN);
		done(&f);
	}
}

/* Stretches in full: sides, flags, entry, what fixes the sides, exit, CPU; and inside in all. */
static void describe(const struct vms_thread *t, char *out, size_t size)
{
	static const char letters[] = "EXTRNU";
	static const unsigned int flags[] = { VMS_STRETCH_ENTER_KNOWN, VMS_STRETCH_LEAVE_KNOWN,
					      VMS_STRETCH_TIGHTENED,   VMS_STRETCH_RAISED,
					      VMS_STRETCH_REENTERED,   VMS_STRETCH_UNKNOWN };
	char which[sizeof(letters)];
	uint32_t k, i, nr;
	size_t n = 0;

	for (k = 0; k < t->stretches_nr; k++) {
		const struct vms_stretch *s = &t->stretches[k];
		const struct vms_short_ref r[] = { s->entry, s->enter_by, s->leave_by, s->exit };

		for (i = 0, nr = 0; i < VMS_ARRAY_NR(flags); i++)
			if (s->flags & flags[i])
				which[nr++] = letters[i];
		which[nr] = '\0';
		n += (size_t)snprintf(out + n, size - n, "%s%lld-%lld %s", k ? "; " : "",
				      (long long)s->enter_raw, (long long)s->leave_raw, which);
		for (i = 0; i < VMS_ARRAY_NR(r); i++)
			n += (size_t)snprintf(out + n, size - n, r[i].cpu < 0 ? " -" : " %d.%u",
					      r[i].cpu, r[i].idx);
		n += (size_t)snprintf(out + n, size - n, " on %u%s", vms_stretch_pcpu(s),
				      s->why.isa == VMS_ISA_NONE ? "" : " why");
	}
	n += (size_t)snprintf(out + n, size - n, "; %lld in all",
			      (long long)vms_thread_inside(t, INT64_MIN, INT64_MAX));
	assert_true(n < size);
}

#define HLT "kvm_exit exit_reason=12 isa=1"
#define MSR "kvm_exit exit_reason=0x7c isa=2 info1=1"

TEST(test_stretches_of_events)
{
	static const struct {
		const char *events, *stretches;
	} rows[] = {
		/* a failed entry leaves no stretch */
		{ "10 kvm_entry; 20 kvm_exit exit_reason=0x80000021 isa=1; 30 kvm_entry; 40 " HLT,
		  "30-40 EX 0.2 0.2 0.3 0.3 on 0 why; 10 in all" },
		{ "10 kvm_entry; 20 kvm_exit exit_reason=0xffffffff isa=2; 30 kvm_entry; 40 " HLT,
		  "30-40 EX 0.2 0.2 0.3 0.3 on 0 why; 10 in all" },
		/* another thread on the CPU ends it */
		{ "10 kvm_entry; 40 7:write_msr; 90 " MSR,
		  "10-40 EXT 0.0 0.0 0.1 0.2 on 0 why; 30 in all" },
		/* a wait before the guest raises its begin */
		{ "10 kvm_entry; 13 kvm_wait_lapic_expire; 70 kvm_eoi; 90 " MSR,
		  "13-70 EXTR 0.0 0.1 0.2 0.3 on 0 why; 57 in all" },
		/* an exit is missing: the wait may be that before the next entry */
		{ "10 kvm_entry; 63 kvm_wait_lapic_expire; 65 irq_handler_entry; 70 kvm_entry; "
		  "90 " HLT,
		  "10-65 EXT 0.0 0.0 0.2 - on 0; 70-90 EX 0.3 0.3 0.4 0.4 on 0 why; 75 in all" },
		/* a late kvm_exit may be written on another CPU, after the thread was moved */
		{ "10 kvm_entry; 30 sched_switch prev_pid=100; 50@1 " MSR
		  "; 60@1 kvm_entry; 70@1 " MSR,
		  "10-30 EXT 0.0 0.0 0.1 1.0 on 0 why; 60-70 EX 1.1 1.1 1.2 1.2 on 1 why; 30 in "
		  "all" },
		/* the fast path enters again without kvm_entry */
		{ "10 kvm_entry; 20 kvm_exit exit_reason=32 isa=1; 25 kvm_wait_lapic_expire; "
		  "40 " HLT,
		  "10-20 EX 0.0 0.0 0.1 0.1 on 0 why; 25-40 EXRN - 0.2 0.3 0.3 on 0 why; 25 in "
		  "all" },
		/* an entry after an entry ends the first */
		{ "10 kvm_entry; 30 kvm_entry; 40 " HLT,
		  "10-30 E 0.0 0.0 0.1 - on 0; 30-40 X 0.1 0.1 0.2 0.2 on 0 why; 30 in all" },
		/* half open at the ends of the recording */
		{ "1 x86_fpu_regs_activated; 20 " HLT "; 30 kvm_entry; 99 write_msr",
		  "1-20 X - - 0.1 0.1 on 0 why; 30-99 E 0.2 0.2 - - on 0; 88 in all" },
		/* lost in the guest: ends that were seen count, what lies between is unknown */
		{ "10 kvm_entry; 14 write_msr; lost; 60 write_msr; 70 " HLT,
		  "10-14 E 0.0 0.0 - - on 0; 14-60 U - - - - on 0; 60-70 X - - 0.3 0.3 on 0 why; "
		  "14 in all" },
		/* host work after the loss: the guest left before it, and kvm_exit is only late */
		{ "10 kvm_entry; lost; 60 irq_handler_entry; 70 " MSR,
		  "10-60 U - - - - on 0; 0 in all" },
		/* not seen to stay, as from 20 to 30, it may have been where events are lost */
		{ "1@1 9:sched_switch; 10 kvm_entry; 20 " HLT "; 30 kvm_entry; 40 " HLT
		  "; 41 sched_switch prev_pid=100 next_pid=7; 80 7:sched_switch prev_pid=7 "
		  "next_pid=100; 90 "
		  "kvm_entry; 95 " HLT "; lost@1; 70@1 9:sched_switch",
		  "10-20 EX 0.0 0.0 0.1 0.1 on 0 why; 30-40 EX 0.2 0.2 0.3 0.3 on 0 why; 40-70 U - "
		  "- - - on 0; 90-95 EX 0.6 0.6 0.7 0.7 on 0 why; 25 in all" },
		/* entry and exit of different stretches around a loss must not become one */
		{ "10 kvm_entry; 20 " HLT "; lost; 60 write_msr; 70 " HLT,
		  "10-20 EX 0.0 0.0 0.1 0.1 on 0 why; 20-60 U - - - - on 0; 60-70 X - - 0.3 0.3 on "
		  "0 why; 20 in all" },
		/* a kvm_exit after a loss may be of a later entry: its reason says nothing here */
		{ "5@1 9:sched_switch; 10 kvm_entry; 30 sched_switch prev_pid=100; lost@1; 70@1 "
		  "write_msr; 90@1 " MSR,
		  "10-30 EXT 0.0 0.0 0.1 - on 0; 30-70 U - - - - on 1; 70-90 X - - 1.2 1.2 on 1 "
		  "why; 40 in all" },
		/* lost in another buffer */
		{ "buffer kvmbuf; 10 kvm_entry; buffer; lost; 12 write_msr; buffer kvmbuf; 20 " HLT,
		  "10-20 EX 0.0 0.0 0.2 0.2 on 0 why; 10 in all" },
		/* buffers are merged by time: at equal times their order is not known */
		{ "buffer kvmbuf; 10 kvm_entry; buffer; 10 irq_handler_entry; buffer kvmbuf; "
		  "20 " HLT,
		  "10-20 EX 0.0 0.0 0.2 0.2 on 0 why; 10 in all" },
	};
	char got[512];
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(rows); i++) {
		struct fixture f = { .w = world_new(2) };

		world_play(f.w, 100, rows[i].events);
		look(&f);
		describe(f.t, got, sizeof(got));
		if (strcmp(got, rows[i].stretches))
			fail_msg("%s\n gives %s\n not   %s", rows[i].events, got,
				 rows[i].stretches);
		done(&f);
	}
}

/* doc/METHOD.md 5.2: host work before a late kvm_exit proves that the guest has left. */
TEST(test_tightened_by_interrupt)
{
	struct fixture f = { .w = world_new(1) };

	world_play(f.w, 100, "10 kvm_entry; 50 irq_handler_entry irq=4; 60 softirq_entry; 90 " MSR);
	look(&f);
	expect_stretch(&f, 0, 10, 50, KNOWN | VMS_STRETCH_TIGHTENED);
	assert_int_equal(f.t->stretches[0].leave_by.idx, 1);
	assert_int_equal(f.t->stretches[0].exit.idx, 3);
	assert_true(f.st->late_exit);
	assert_int_equal(f.st->inside_nr, 2);
	assert_int_equal(f.st->inside[0].kind, VMS_INSIDE_FOLLOWS);
	done(&f);
}

/*
 * Work of the world switch itself may lie on either side of the guest, and so may what nobody has
 * looked at: it must bound nothing.
 */
TEST(test_ambiguous_bounds_nothing)
{
	static const char *const names[] = { "write_msr", "read_msr", "x86_fpu_regs_activated",
					     "nmi_handler", "kvm_of_a_newer_kernel" };
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(names); i++) {
		struct fixture f = { .w = world_new(1) };

		world_add(f.w, 0, 10, 100, "kvm_entry", "");
		world_add(f.w, 0, 11, 100, names[i], "");
		world_add(f.w, 0, 90, 100, "kvm_exit", svm_msr);
		look(&f);
		expect_stretch(&f, 0, 10, 90, KNOWN);
		assert_int_equal(f.st->inside_nr, 1);
		assert_int_equal(f.st->inside[0].kind, VMS_INSIDE_AMBIGUOUS);
		done(&f);
	}
}

TEST(test_arm64)
{
	struct fixture f = { .w = world_new(1) };
	char buf[32];

	world_type(f.w, "kvm", "kvm_entry", "vcpu_pc:8");
	world_type(f.w, "kvm", "kvm_exit", "ret:4 esr_ec:4 vcpu_pc:8");
	world_type(f.w, "kvm", "kvm_arm_clear_debug", "guest_debug:4");
	world_add(f.w, 0, 10, 100, "kvm_entry", "");
	world_add(f.w, 0, 30, 100, "kvm_arm_clear_debug", "");
	world_add(f.w, 0, 40, 100, "kvm_exit", "ret=2 esr_ec=1");
	world_add(f.w, 0, 50, 100, "kvm_entry", "");
	world_add(f.w, 0, 70, 100, "kvm_exit", "ret=0");
	look(&f);
	expect_stretch(&f, 0, 10, 30, KNOWN | VMS_STRETCH_TIGHTENED);
	assert_int_equal(f.t->vcpu_id, -1);
	assert_int_equal(f.st->isa, VMS_ISA_ARM64);
	assert_string_equal(vms_exit_name(&f.t->stretches[0].why, buf, sizeof(buf)), "WFx");
	assert_string_equal(vms_exit_name(&f.t->stretches[1].why, buf, sizeof(buf)), "IRQ");
	done(&f);
}

TEST(test_nothing_to_find)
{
	struct vms_stretches *st = NULL;
	struct world *w = world_new(1);
	struct vms_err err;

	assert_int_equal(vms_stretches_build(&st, world_stream(w), &err), -VMS_ENODATA);
	world_add(w, 0, 1, 5, "kvm_entry", "");
	assert_int_equal(vms_stretches_build(&st, world_stream(w), &err), -VMS_ENODATA);
	assert_non_null(strstr(err.msg, "kvm_exit"));
	assert_null(st);
	world_free(w);
}

TEST(test_no_memory)
{
	struct vms_stretches *st;
	struct world *w = world_new(2);
	unsigned long n;
	int64_t t;
	int ret = -1;

	for (t = 0; t < 400; t += 10) {
		world_add(w, (t / 50) & 1, t, 100, "kvm_entry", "");
		world_add(w, (t / 50) & 1, t + 5, 100, "kvm_exit", vmx_hlt);
		if (t % 100 == 70)
			world_lost(w, 0, 0);
	}
	for (n = 1; ret; n++) {
		assert_true(n < 100);
		st = NULL;
		vms_alloc_fail_at(n);
		ret = vms_stretches_build(&st, world_stream(w), NULL);
		vms_alloc_fail_at(0);
		assert_true(ret == 0 || (ret == -VMS_ENOMEM && !st));
	}
	vms_stretches_free(st);
	world_free(w);
}

TEST(test_names)
{
	static const struct {
		struct vms_exit x;
		const char *name;
	} cases[] = {
		{ { .isa = VMS_ISA_VMX, .reason = 32 }, "MSR_WRITE" },
		{ { .isa = VMS_ISA_VMX, .reason = 12 }, "HLT" },
		{ { .isa = VMS_ISA_VMX, .reason = 1 }, "EXTERNAL_INTERRUPT" },
		{ { .isa = VMS_ISA_VMX, .reason = 999 }, "0x3e7" },
		{ { .isa = VMS_ISA_SVM, .reason = 0x78 }, "HLT" },
		{ { .isa = VMS_ISA_SVM, .reason = 0x7c, .written = true }, "MSR_WRITE" },
		{ { .isa = VMS_ISA_SVM, .reason = 0x7c }, "MSR_READ" },
		{ { .isa = VMS_ISA_SVM, .reason = 0x18 }, "WRITE_CR8" },
		{ { .isa = VMS_ISA_SVM, .reason = 0x4e }, "EXCP_14" },
		{ { .isa = VMS_ISA_NONE, .reason = 5 }, "0x5" },
	};
	char buf[32];
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(cases); i++)
		assert_string_equal(vms_exit_name(&cases[i].x, buf, sizeof(buf)), cases[i].name);
}

/* ---- a host made at random, of which it is known when each vCPU ran guest code ---- */

#define SIM_CPUS 3
#define SIM_VCPUS 3
#define SIM_RUNS_MAX 4096

struct sim_event {
	int64_t t;
	int32_t tid;
	const char *name, *fields;
};

struct sim {
	uint32_t seed;
	/*
	 * kvm_exit after host work, as before 6.5 on SVM; else at once, and with the fast path of
	 * 5.8
	 */
	bool late;
	struct sim_event ev[SIM_CPUS][SIM_RUNS_MAX];
	uint32_t nr[SIM_CPUS];
	int64_t now[SIM_CPUS];
	int on[SIM_CPUS]; /* vCPU that the CPU runs, or -1 */
	struct {
		bool exit_due;
		int64_t last;
		int64_t from[SIM_RUNS_MAX], to[SIM_RUNS_MAX];
		uint32_t nr;
	} vcpu[SIM_VCPUS];
};

static uint32_t sim_random(struct sim *s, uint32_t below)
{
	s->seed = s->seed * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)(s->seed >> 8) * below) >> 24);
}

static void sim_emit(struct sim *s, int cpu, int32_t tid, const char *name, const char *fields)
{
	s->now[cpu] += 1 + sim_random(s, 6);
	if (s->nr[cpu] < SIM_RUNS_MAX)
		s->ev[cpu][s->nr[cpu]++] = (struct sim_event){ s->now[cpu], tid, name, fields };
}

static void sim_leave_cpu(struct sim *s, int cpu)
{
	const int v = s->on[cpu];

	sim_emit(s, cpu, 100 + v, "sched_switch", "");
	s->vcpu[v].last = s->now[cpu];
	s->on[cpu] = -1;
}

static void sim_guest(struct sim *s, int cpu, int v)
{
	const uint32_t k = s->vcpu[v].nr;
	int64_t from;

	s->now[cpu] += 1 + sim_random(s, 4);
	from = s->now[cpu];
	s->now[cpu] += sim_random(s, 60);
	if (k < SIM_RUNS_MAX) {
		s->vcpu[v].from[k] = from;
		s->vcpu[v].to[k] = s->now[cpu];
		s->vcpu[v].nr++;
	}
}

static void sim_exit(struct sim *s, int cpu, int v)
{
	sim_emit(s, cpu, 100 + v, "kvm_exit", s->late ? svm_msr : "exit_reason=32 isa=1");
	s->vcpu[v].exit_due = false;
	if (!s->late && !sim_random(s, 4)) {
		if (sim_random(s, 2))
			sim_emit(s, cpu, 100 + v, "kvm_wait_lapic_expire", "");
		sim_guest(s, cpu, v);
		sim_emit(s, cpu, 100 + v, "kvm_exit", vmx_hlt);
	}
}

static void sim_enter(struct sim *s, int cpu, int v)
{
	sim_emit(s, cpu, 100 + v, "kvm_entry", "");
	if (!sim_random(s, 3))
		sim_emit(s, cpu, 100 + v, "write_msr", "");
	if (!sim_random(s, 3))
		sim_emit(s, cpu, 100 + v, "kvm_wait_lapic_expire", "");
	if (!sim_random(s, 20))
		return; /* the entry failed, and nothing says so */
	sim_guest(s, cpu, v);
	s->vcpu[v].exit_due = true;
	if (!sim_random(s, 3))
		sim_emit(s, cpu, 100 + v, "write_msr", "");
	if (s->late && !sim_random(s, 2)) {
		sim_emit(s, cpu, 100 + v, "irq_handler_entry", "");
		if (!sim_random(s, 3)) {
			sim_leave_cpu(s, cpu);
			return;
		}
	}
	sim_exit(s, cpu, v);
}

static void sim_step(struct sim *s)
{
	int cpu = 0, v = s->on[0], i;

	for (i = 1; i < SIM_CPUS; i++)
		if (s->now[i] < s->now[cpu])
			cpu = i;
	v = s->on[cpu];
	if (v >= 0) {
		if (s->vcpu[v].exit_due)
			sim_exit(s, cpu, v);
		else if (!sim_random(s, 5))
			sim_leave_cpu(s, cpu);
		else
			sim_enter(s, cpu, v);
		return;
	}
	sim_emit(s, cpu, 7, "softirq_entry", "");
	v = (int)sim_random(s, SIM_VCPUS);
	for (i = 0; i < SIM_CPUS; i++)
		if (s->on[i] == v)
			return;
	s->now[cpu] = VMS_MAX(s->now[cpu], s->vcpu[v].last);
	sim_emit(s, cpu, 7, "sched_switch", "");
	s->on[cpu] = v;
}

static struct world *sim_world(struct sim *s, bool lossy)
{
	struct world *w = world_new(SIM_CPUS);
	uint32_t i, lose;
	int cpu;

	for (cpu = 0; cpu < SIM_CPUS; cpu++) {
		for (i = 0, lose = 0; i < s->nr[cpu]; i++) {
			const struct sim_event *e = &s->ev[cpu][i];

			if (!lose && lossy && !sim_random(s, 40)) {
				lose = 1 + sim_random(s, 30);
				world_lost(w, (unsigned int)cpu, 0);
			}
			if (lose)
				lose--;
			else
				world_add(w, (unsigned int)cpu, e->t, e->tid, e->name, e->fields);
		}
	}
	return w;
}

/* Wherever guest code ran, the stretches allow it: nothing true may count as a violation. */
static void check_sim(const struct sim *s, const struct vms_stretches *st, bool lossy)
{
	uint32_t k, found;
	unsigned int v;

	for (v = 0; v < SIM_VCPUS; v++) {
		const struct vms_thread *t = vms_thread_find(st, 100 + (int32_t)v);

		for (k = 0; t && k < s->vcpu[v].nr; k++) {
			const int64_t from = s->vcpu[v].from[k], to = s->vcpu[v].to[k];
			const enum vms_place a = vms_place_of(t, from, &found, NULL);
			const enum vms_place b = vms_place_of(t, to, NULL, NULL);

			if (a == VMS_PLACE_OUTSIDE || b == VMS_PLACE_OUTSIDE)
				fail_msg("seed %u: guest ran in [%lld, %lld], outside", s->seed,
					 (long long)from, (long long)to);
			if (lossy)
				continue;
			assert_int_equal(a, VMS_PLACE_INSIDE);
			assert_true(to <= t->stretches[found].leave_raw);
		}
	}
}

TEST(test_random_hosts)
{
	static struct sim s;
	uint32_t seed, i;

	for (seed = 1; seed <= 400; seed++) {
		const bool lossy = seed & 1;
		struct vms_stretches *st = NULL;
		struct world *w;

		memset(&s, 0, sizeof(s));
		s.seed = seed * 2654435761U;
		s.late = seed & 2;
		for (i = 0; i < SIM_CPUS; i++)
			s.on[i] = -1;
		for (i = 0; i < 600; i++)
			sim_step(&s);
		w = sim_world(&s, lossy);
		assert_int_equal(vms_stretches_build(&st, world_stream(w), NULL), 0);
		check_sim(&s, st, lossy);
		vms_stretches_free(st);
		world_free(w);
	}
}

/* Times of a damaged trace: the result may mean nothing, but its form holds. */
TEST(test_times_out_of_order)
{
	static const char *const names[] = { "kvm_entry", "kvm_exit", "irq_handler_entry",
					     "write_msr", "kvm_wait_lapic_expire" };
	uint32_t seed = 1, round, i, k;

	for (round = 0; round < 200; round++) {
		struct fixture f = { .w = world_new(2) };

		world_add(f.w, 0, 50, 100, "kvm_entry", "");
		for (i = 0; i < 60; i++) {
			seed = seed * 1664525 + 1013904223;
			if (!(seed >> 28))
				world_lost(f.w, seed >> 27 & 1, 0);
			world_add(f.w, seed >> 26 & 1, (seed >> 10) % 100,
				  100 + (int32_t)(seed >> 25 & 1), names[(seed >> 20) % 5], "");
		}
		world_add(f.w, 0, 50, 100, "kvm_exit", vmx_hlt);
		look(&f);
		for (k = 0; k < f.t->stretches_nr; k++) {
			const struct vms_stretch *s = &f.t->stretches[k];

			assert_true(s->enter_raw <= s->leave_raw);
			assert_true(!k || s->enter_raw >= s[-1].leave_raw);
			assert_true(vms_thread_inside(f.t, 0, s->enter_raw) <=
				    vms_thread_inside(f.t, 0, s->leave_raw));
		}
		done(&f);
	}
}

UNIT_MAIN(NULL, NULL)
