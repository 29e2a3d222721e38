// SPDX-License-Identifier: LGPL-2.1-or-later
/* Stretches: what bounds them, what they leave open, and what happens where events are missing. */
#include "unit.h"

#include <vmsync/stretch.h>

#include "util.h"
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

static void expect_stretch(const struct fixture *f, uint32_t k, int64_t enter, int64_t leave, unsigned int flags)
{
	const struct vms_stretch *s = &f->t->stretches[k];

	assert_true(k < f->t->stretches_nr);
	assert_int_equal(s->enter_raw, enter);
	assert_int_equal(s->leave_raw, leave);
	assert_int_equal(s->flags, flags);
}

static void test_plain(void **state)
{
	struct fixture f = { .w = world_new(1) };

	(void)state;
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
	assert_int_equal(f.t->stretches[0].why.info1, 7);
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

/* SYNC.md 3.3: host work before a late kvm_exit proves that the guest has left. */
static void test_tightened_by_interrupt(void **state)
{
	struct fixture f = { .w = world_new(1) };

	(void)state;
	world_add(f.w, 0, 10, 100, "kvm_entry", "");
	world_add(f.w, 0, 50, 100, "irq_handler_entry", "irq=4");
	world_add(f.w, 0, 60, 100, "softirq_entry", "");
	world_add(f.w, 0, 90, 100, "kvm_exit", svm_msr);
	look(&f);
	expect_stretch(&f, 0, 10, 50, KNOWN | VMS_STRETCH_TIGHTENED);
	assert_int_equal(f.t->stretches[0].leave_by.idx, 1);
	assert_int_equal(f.t->stretches[0].exit.idx, 3);
	assert_true(f.st->late_exit);
	assert_int_equal(f.st->inside_nr, 2);
	assert_int_equal(f.st->inside[0].class, VMS_INSIDE_FOLLOWS);
	done(&f);
}

/* Work of the world switch itself may lie on either side of the guest: it must bound nothing. */
static void test_ambiguous_bounds_nothing(void **state)
{
	static const char *const names[] = { "write_msr", "read_msr", "x86_fpu_regs_activated", "nmi_handler" };
	size_t i;

	(void)state;
	for (i = 0; i < VMS_ARRAY_NR(names); i++) {
		struct fixture f = { .w = world_new(1) };

		world_add(f.w, 0, 10, 100, "kvm_entry", "");
		world_add(f.w, 0, 11, 100, names[i], "");
		world_add(f.w, 0, 90, 100, "kvm_exit", svm_msr);
		look(&f);
		expect_stretch(&f, 0, 10, 90, KNOWN);
		assert_int_equal(f.st->inside_nr, 1);
		assert_int_equal(f.st->inside[0].class, VMS_INSIDE_AMBIGUOUS);
		done(&f);
	}
}

static void test_other_thread_ends_it(void **state)
{
	struct fixture f = { .w = world_new(1) };

	(void)state;
	world_add(f.w, 0, 10, 100, "kvm_entry", "");
	world_add(f.w, 0, 40, 7, "write_msr", "");
	world_add(f.w, 0, 90, 100, "kvm_exit", svm_msr);
	look(&f);
	expect_stretch(&f, 0, 10, 40, KNOWN | VMS_STRETCH_TIGHTENED);
	done(&f);
}

static void test_wait_raises_enter(void **state)
{
	struct fixture f = { .w = world_new(1) };

	(void)state;
	world_add(f.w, 0, 10, 100, "kvm_entry", "");
	world_add(f.w, 0, 13, 100, "kvm_wait_lapic_expire", "");
	world_add(f.w, 0, 70, 100, "kvm_eoi", "");
	world_add(f.w, 0, 90, 100, "kvm_exit", svm_msr);
	look(&f);
	expect_stretch(&f, 0, 13, 70, KNOWN | VMS_STRETCH_RAISED | VMS_STRETCH_TIGHTENED);
	assert_int_equal(f.t->stretches[0].entry.idx, 0);
	assert_int_equal(f.t->stretches[0].enter_by.idx, 1);
	done(&f);
}

/* A late kvm_exit may be written on another CPU, after the thread was moved. */
static void test_migrated_exit(void **state)
{
	struct fixture f = { .w = world_new(2) };

	(void)state;
	world_add(f.w, 0, 10, 100, "kvm_entry", "");
	world_add(f.w, 0, 30, 100, "sched_switch", "prev_pid=100");
	world_add(f.w, 1, 50, 100, "kvm_exit", svm_msr);
	world_add(f.w, 1, 60, 100, "kvm_entry", "");
	world_add(f.w, 1, 70, 100, "kvm_exit", svm_msr);
	look(&f);
	expect_stretch(&f, 0, 10, 30, KNOWN | VMS_STRETCH_TIGHTENED);
	assert_int_equal(f.t->stretches[0].exit.cpu, 1);
	assert_int_equal(f.t->stretches[0].pcpu, 0);
	expect_stretch(&f, 1, 60, 70, KNOWN);
	done(&f);
}

static void test_failed_entry_dropped(void **state)
{
	static const char *const failed[] = { "exit_reason=0x80000021 isa=1", "exit_reason=0xffffffff isa=2" };
	size_t i;

	(void)state;
	for (i = 0; i < VMS_ARRAY_NR(failed); i++) {
		struct fixture f = { .w = world_new(1) };

		world_add(f.w, 0, 10, 100, "kvm_entry", "");
		world_add(f.w, 0, 20, 100, "kvm_exit", failed[i]);
		world_add(f.w, 0, 30, 100, "kvm_entry", "");
		world_add(f.w, 0, 40, 100, "kvm_exit", vmx_hlt);
		look(&f);
		assert_int_equal(f.t->stretches_nr, 1);
		expect_stretch(&f, 0, 30, 40, KNOWN);
		done(&f);
	}
}

static void test_reentered(void **state)
{
	struct fixture f = { .w = world_new(1) };

	(void)state;
	world_add(f.w, 0, 10, 100, "kvm_entry", "");
	world_add(f.w, 0, 20, 100, "kvm_exit", "exit_reason=32 isa=1");
	world_add(f.w, 0, 25, 100, "kvm_wait_lapic_expire", "");
	world_add(f.w, 0, 40, 100, "kvm_exit", vmx_hlt);
	look(&f);
	assert_int_equal(f.t->stretches_nr, 2);
	expect_stretch(&f, 1, 25, 40, KNOWN | VMS_STRETCH_REENTERED | VMS_STRETCH_RAISED);
	assert_int_equal(f.t->stretches[1].entry.cpu, -1);
	done(&f);
}

static void test_entry_after_entry(void **state)
{
	struct fixture f = { .w = world_new(1) };

	(void)state;
	world_add(f.w, 0, 10, 100, "kvm_entry", "");
	world_add(f.w, 0, 30, 100, "kvm_entry", "");
	world_add(f.w, 0, 40, 100, "kvm_exit", vmx_hlt);
	look(&f);
	assert_int_equal(f.t->stretches_nr, 2);
	expect_stretch(&f, 0, 10, 30, KNOWN);
	assert_int_equal(f.t->stretches[0].exit.cpu, -1);
	assert_int_equal(f.t->stretches[0].why.isa, VMS_ISA_NONE);
	done(&f);
}

static void test_half_open_ends(void **state)
{
	struct fixture f = { .w = world_new(1) };

	(void)state;
	world_add(f.w, 0, 1, 100, "x86_fpu_regs_activated", "");
	world_add(f.w, 0, 20, 100, "kvm_exit", vmx_hlt);
	world_add(f.w, 0, 30, 100, "kvm_entry", "");
	world_add(f.w, 0, 99, 100, "write_msr", "");
	look(&f);
	assert_int_equal(f.t->stretches_nr, 2);
	expect_stretch(&f, 0, 1, 20, VMS_STRETCH_LEAVE_KNOWN);
	expect_stretch(&f, 1, 30, 99, VMS_STRETCH_ENTER_KNOWN);
	done(&f);
}

/* Lost in the guest: the ends that were seen still count, what lies between is unknown. */
static void test_lost_inside(void **state)
{
	struct fixture f = { .w = world_new(1) };

	(void)state;
	world_add(f.w, 0, 10, 100, "kvm_entry", "");
	world_add(f.w, 0, 14, 100, "write_msr", "");
	world_lost(f.w, 0, 0);
	world_add(f.w, 0, 60, 100, "write_msr", "");
	world_add(f.w, 0, 70, 100, "kvm_exit", vmx_hlt);
	look(&f);
	assert_int_equal(f.t->stretches_nr, 3);
	expect_stretch(&f, 0, 10, 14, VMS_STRETCH_ENTER_KNOWN);
	expect_stretch(&f, 1, 14, 60, VMS_STRETCH_UNKNOWN);
	expect_stretch(&f, 2, 60, 70, VMS_STRETCH_LEAVE_KNOWN);
	assert_int_equal(vms_thread_inside(f.t, 0, 100), 14);
	done(&f);
}

/* The first event after the loss shows host work: the guest left before it, and kvm_exit is only late. */
static void test_lost_then_host_work(void **state)
{
	struct fixture f = { .w = world_new(1) };

	(void)state;
	world_add(f.w, 0, 10, 100, "kvm_entry", "");
	world_lost(f.w, 0, 0);
	world_add(f.w, 0, 60, 100, "irq_handler_entry", "");
	world_add(f.w, 0, 70, 100, "kvm_exit", svm_msr);
	look(&f);
	assert_int_equal(f.t->stretches_nr, 1);
	expect_stretch(&f, 0, 10, 60, VMS_STRETCH_UNKNOWN);
	done(&f);
}

/* A thread that was not seen to stay may have run on the CPU that lost events. */
static void test_lost_elsewhere(void **state)
{
	struct fixture f = { .w = world_new(2) };

	(void)state;
	world_add(f.w, 1, 1, 9, "sched_switch", "");
	world_add(f.w, 0, 10, 100, "kvm_entry", "");
	world_add(f.w, 0, 20, 100, "kvm_exit", vmx_hlt);
	world_add(f.w, 0, 30, 100, "kvm_entry", "");
	world_add(f.w, 0, 40, 100, "kvm_exit", vmx_hlt);
	world_add(f.w, 0, 41, 100, "sched_switch", "prev_pid=100");
	world_add(f.w, 0, 80, 7, "sched_switch", "prev_pid=7 next_pid=100");
	world_add(f.w, 0, 90, 100, "kvm_entry", "");
	world_add(f.w, 0, 95, 100, "kvm_exit", vmx_hlt);
	world_lost(f.w, 1, 12);
	world_add(f.w, 1, 70, 9, "sched_switch", "");
	look(&f);
	assert_int_equal(f.t->stretches_nr, 4);
	expect_stretch(&f, 0, 10, 20, KNOWN);
	expect_stretch(&f, 1, 30, 40, KNOWN);	/* stayed on CPU 0 between 20 and 30 */
	expect_stretch(&f, 2, 40, 70, VMS_STRETCH_UNKNOWN);
	expect_stretch(&f, 3, 90, 95, KNOWN);
	done(&f);
}

/* Entry and exit of different stretches around a loss must not become one. */
static void test_lost_exit_and_entry(void **state)
{
	struct fixture f = { .w = world_new(1) };
	uint32_t k;

	(void)state;
	world_add(f.w, 0, 10, 100, "kvm_entry", "");
	world_add(f.w, 0, 20, 100, "kvm_exit", vmx_hlt);
	world_lost(f.w, 0, 0);
	world_add(f.w, 0, 60, 100, "write_msr", "");
	world_add(f.w, 0, 70, 100, "kvm_exit", vmx_hlt);
	look(&f);
	expect_stretch(&f, 0, 10, 20, KNOWN);
	expect_stretch(&f, 1, 20, 60, VMS_STRETCH_UNKNOWN);
	expect_stretch(&f, 2, 60, 70, VMS_STRETCH_LEAVE_KNOWN);
	for (k = 0; k < f.t->stretches_nr; k++)
		assert_true(f.t->stretches[k].flags != (KNOWN | VMS_STRETCH_REENTERED));
	done(&f);
}

static void test_lost_in_other_buffer(void **state)
{
	struct fixture f = { .w = world_new(1) };

	(void)state;
	world_buffer(f.w, "kvmbuf");
	world_add(f.w, 0, 10, 100, "kvm_entry", "");
	world_buffer(f.w, "");
	world_lost(f.w, 0, 5);
	world_add(f.w, 0, 12, 100, "write_msr", "");
	world_buffer(f.w, "kvmbuf");
	world_add(f.w, 0, 20, 100, "kvm_exit", vmx_hlt);
	look(&f);
	assert_int_equal(f.t->stretches_nr, 1);
	expect_stretch(&f, 0, 10, 20, KNOWN);
	done(&f);
}

/* Buffers are merged by time: at equal times their order is not known. */
static void test_equal_times_of_two_buffers(void **state)
{
	struct fixture f = { .w = world_new(1) };

	(void)state;
	world_buffer(f.w, "kvmbuf");
	world_add(f.w, 0, 10, 100, "kvm_entry", "");
	world_buffer(f.w, "");
	world_add(f.w, 0, 10, 100, "irq_handler_entry", "");
	world_buffer(f.w, "kvmbuf");
	world_add(f.w, 0, 20, 100, "kvm_exit", vmx_hlt);
	look(&f);
	expect_stretch(&f, 0, 10, 20, KNOWN);
	done(&f);
}

static void test_arm64(void **state)
{
	struct fixture f = { .w = world_new(1) };
	char buf[32];

	(void)state;
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

static void test_nothing_to_find(void **state)
{
	struct vms_stretches *st = NULL;
	struct world *w = world_new(1);
	struct vms_err err;

	(void)state;
	assert_int_equal(vms_stretches_build(&st, world_stream(w), &err), -VMS_ENODATA);
	world_add(w, 0, 1, 5, "kvm_entry", "");
	assert_int_equal(vms_stretches_build(&st, world_stream(w), &err), -VMS_ENODATA);
	assert_non_null(strstr(err.msg, "kvm_exit"));
	assert_null(st);
	world_free(w);
}

static void test_no_memory(void **state)
{
	struct vms_stretches *st;
	struct world *w = world_new(2);
	unsigned long n;
	int64_t t;
	int ret = -1;

	(void)state;
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

static void test_names(void **state)
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
		{ { .isa = VMS_ISA_SVM, .reason = 0x7c, .info1 = 1 }, "MSR_WRITE" },
		{ { .isa = VMS_ISA_SVM, .reason = 0x7c }, "MSR_READ" },
		{ { .isa = VMS_ISA_SVM, .reason = 0x18 }, "WRITE_CR8" },
		{ { .isa = VMS_ISA_SVM, .reason = 0x4e }, "EXCP_14" },
		{ { .isa = VMS_ISA_NONE, .reason = 5 }, "0x5" },
	};
	char buf[32];
	size_t i;

	(void)state;
	for (i = 0; i < VMS_ARRAY_NR(cases); i++)
		assert_string_equal(vms_exit_name(&cases[i].x, buf, sizeof(buf)), cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_tightened_by_interrupt),
		cmocka_unit_test(test_ambiguous_bounds_nothing),
		cmocka_unit_test(test_other_thread_ends_it),
		cmocka_unit_test(test_wait_raises_enter),
		cmocka_unit_test(test_migrated_exit),
		cmocka_unit_test(test_failed_entry_dropped),
		cmocka_unit_test(test_reentered),
		cmocka_unit_test(test_entry_after_entry),
		cmocka_unit_test(test_half_open_ends),
		cmocka_unit_test(test_lost_inside),
		cmocka_unit_test(test_lost_then_host_work),
		cmocka_unit_test(test_lost_elsewhere),
		cmocka_unit_test(test_lost_exit_and_entry),
		cmocka_unit_test(test_lost_in_other_buffer),
		cmocka_unit_test(test_equal_times_of_two_buffers),
		cmocka_unit_test(test_arm64),
		cmocka_unit_test(test_nothing_to_find),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
