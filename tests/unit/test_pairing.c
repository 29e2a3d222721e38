// SPDX-License-Identifier: LGPL-2.1-or-later
/* Pairing: what pairs, what must not, under which model, and in which order. */
#include "unit.h"

#include <vmsync/io/open.h>
#include <vmsync/pairing.h>
#include <vmsync/place.h>

#include "core/base/util.h"
#include "world.h"

struct pairs {
	struct vms_pair *p;
	uint32_t nr;
};

struct fixture {
	struct world *host, *guest;
	struct vms_stretches *st;
	struct vms_model *m;
	struct vms_catalogue c;
	struct pairs l;
	int64_t reach;
};

static int pairs_find(struct pairs *out, const struct vms_pairing *p)
{
	struct vms_match_list found = { 0 };
	const int ret = vms_pairs_find(&found, p, NULL);
	uint32_t i;

	*out = (struct pairs){ .p = calloc(found.nr + 1u, sizeof(*out->p)) };
	for (i = 0; i < found.nr; i++)
		out->p[out->nr++] =
			vms_pair_of(&p->vcpu, found.m[i].event, found.m[i].stretch, found.m[i].seq,
				    (uint8_t)p->catalogue->seqs[found.m[i].seq].dir);
	vms_match_list_clear(&found);
	return ret;
}

static void pairs_clear(struct pairs *l)
{
	free(l->p);
	*l = (struct pairs){ 0 };
}

static struct fixture new_fixture(const char *catalogue)
{
	struct fixture f = { .host = world_new(1), .guest = world_new(1) };

	assert_int_equal(vms_catalogue_parse(&f.c, catalogue ? catalogue : vms_catalogue_builtin(),
					     NULL),
			 0);
	return f;
}

/* Pairs thread 100 with guest CPU 0; host = guest + 1000. */
static int find_pairs(struct fixture *f)
{
	const struct vms_piece plus_1000 = { .line = { .offset_raw = 1000 } };
	const struct vms_stream *g = world_stream(f->guest);
	struct vms_pairing p = { .host = world_stream(f->host),
				 .vcpu.guest = g,
				 .catalogue = &f->c };

	vms_stretches_free(f->st);
	vms_model_free(f->m);
	f->st = NULL;
	f->m = NULL;
	assert_int_equal(vms_stretches_build(&f->st, p.host, NULL), 0);
	assert_int_equal(vms_model_new(&f->m, VMS_MODEL_PIECES, g, NULL), 0);
	assert_int_equal(vms_model_set(f->m, 0, &plus_1000, 1, NULL), 0);
	p.vcpu.thread = vms_thread_find(f->st, 100);
	p.model = f->m;
	p.reach_raw = f->reach;
	return pairs_find(&f->l, &p);
}

static void pair_up(struct fixture *f)
{
	assert_int_equal(find_pairs(f), 0);
}

static void done(struct fixture *f)
{
	pairs_clear(&f->l);
	vms_catalogue_clear(&f->c);
	vms_model_free(f->m);
	vms_stretches_free(f->st);
	world_free(f->host);
	world_free(f->guest);
}

/* the only pair of a sequence, or NULL */
static const struct vms_pair *pair_of(const struct fixture *f, const char *name)
{
	const int seq = vms_sequence_find(&f->c, name);
	const struct vms_pair *found = NULL;
	uint32_t i;

	assert_true(seq >= 0);
	for (i = 0; i < f->l.nr; i++) {
		if (f->l.p[i].seq != seq)
			continue;
		assert_null(found);
		found = &f->l.p[i];
	}
	return found;
}

static int64_t delay_of(const struct vms_pair *p, const struct vms_model *m)
{
	const int64_t at_raw =
		vms_model_event(m, (unsigned int)p->guest_ev.cpu, p->guest_ev.idx, p->guest_raw);

	return p->dir == VMS_GUEST_TO_HOST ? p->host_raw - at_raw : at_raw - p->host_raw;
}

static void expect_pair(const struct fixture *f, const char *name, uint32_t guest_idx,
			int64_t delay)
{
	const struct vms_pair *p = pair_of(f, name);

	if (!p)
		fail_msg("no pair of %s", name);
	assert_int_equal(p->guest_ev.idx, guest_idx);
	assert_int_equal(delay_of(p, f->m), delay);
}

#define VMX_MSR "exit_reason=32 isa=1"
#define SVM_MSR "exit_reason=0x7c isa=2 info1=1"
#define IRQ "kvm_exit exit_reason=1 isa=1"
#define HLT "kvm_exit exit_reason=12 isa=1"
#define IDLE_NOW "cpu_idle state=1"
#define IDLE_END "cpu_idle state=4294967295"

/* All pairs: sequence, both events in the order of cause and effect, delay. */
static void describe(const struct fixture *f, char *out, size_t size)
{
	uint32_t i;
	size_t n = 0;

	out[0] = '\0';
	for (i = 0; i < f->l.nr; i++) {
		const struct vms_pair *p = &f->l.p[i];
		const bool to_guest = p->dir == VMS_HOST_TO_GUEST;

		n += (size_t)snprintf(out + n, size - n, "%s%s %c%u>%c%u %lld", i ? "; " : "",
				      f->c.seqs[p->seq].name, to_guest ? 'h' : 'g',
				      to_guest ? p->host_ev.idx : p->guest_ev.idx,
				      to_guest ? 'g' : 'h',
				      to_guest ? p->guest_ev.idx : p->host_ev.idx,
				      (long long)delay_of(p, f->m));
		assert_true(n < size);
	}
}

TEST(test_pairs_of_events)
{
	static const struct {
		int64_t reach;
		const char *host, *guest, *pairs;
	} rows[] = {
		{ 0, "1100 kvm_entry; 1200 " IRQ,
		  "110 sched_switch; 150 sched_switch; 193 sched_switch",
		  "stretch-first h0>g0 10; stretch-last g2>h1 7" },
		/* without kvm_msr, nobody can tell that the MSR was the interrupt command */
		{ 0, "1100 kvm_entry; 1200 kvm_exit " VMX_MSR,
		  "150 hrtimer_expire_exit; 160 sched_waking",
		  "stretch-first h0>g0 50; timer-program g0>h1 50; stretch-last g1>h1 40" },
		/* on a late host the fast path's kvm_msr precedes kvm_exit, and ends the stretch */
		{ 0, "1100 kvm_entry; 1200 kvm_msr write=1 ecx=0x6e0; 1250 kvm_exit " SVM_MSR,
		  "190 hrtimer_start",
		  "stretch-first h0>g0 90; stretch-last g0>h1 10; timer-program g0>h1 10" },
		/* idle, and woken by the timer */
		{ 0,
		  "1100 kvm_entry; 1200 " HLT
		  "; 1300 kvm_inj_virq vector=0xec; 1310 kvm_entry; 1400 " IRQ,
		  "120 cpu_idle state=0; 130 " IDLE_END "; 180 " IDLE_NOW
		  "; 315 local_timer_entry vector=0xec; 330 " IDLE_END,
		  "stretch-first h0>g0 20; stretch-last g2>h1 20; idle g2>h1 20; stretch-first "
		  "h3>g3 5; timer-irq h3>g3 5; wake h3>g3 5; stretch-last g4>h4 70" },
		/* idle needs HLT */
		{ 0, "1100 kvm_entry; 1200 " IRQ "; 1310 kvm_entry; 1400 " HLT,
		  "180 " IDLE_NOW "; 330 " IDLE_END,
		  "stretch-first h0>g0 80; stretch-last g0>h1 20; stretch-first h2>g1 20; "
		  "stretch-last g1>h3 70" },
		/* the interrupt that entered with the guest is what the handler must name */
		{ 0, "1090 kvm_inj_virq vector=0xfd; 1100 kvm_entry; 1200 " IRQ,
		  "105 local_timer_entry vector=0xec; 115 reschedule_entry vector=0xfd",
		  "stretch-first h1>g0 5; stretch-last g1>h2 85; ipi-receive h1>g1 15" },
		/* an interrupt command: what caused it is next to the exit, or not known */
		{ 0, "1100 kvm_entry; 1200 kvm_exit " VMX_MSR "; 1210 kvm_msr write=1 ecx=0x830",
		  "110 hrtimer_start; 150 sched_waking",
		  "stretch-first h0>g0 10; stretch-last g1>h1 50; ipi-send g1>h1 50" },
		{ 0, "1100 kvm_entry; 1200 kvm_exit " VMX_MSR "; 1210 kvm_msr write=1 ecx=0x830",
		  "110 sched_waking; 150 hrtimer_start",
		  "stretch-first h0>g0 10; stretch-last g1>h1 50" },
		/* of all other interrupts the one is told by its vector */
		{ 0, "1090 kvm_inj_virq vector=0xf6; 1100 kvm_entry; 1200 " IRQ,
		  "105 irq_work_entry vector=0xf6",
		  "stretch-first h1>g0 5; stretch-last g0>h2 95; irq-vector h1>g0 5" },
		{ 0, "1090 kvm_inj_virq vector=0xf6; 1100 kvm_entry; 1200 " IRQ,
		  "105 irq_work_entry vector=0xf7",
		  "stretch-first h1>g0 5; stretch-last g0>h2 95" },
		/* a device's interrupt is none of those that CPUs send each other */
		{ 0, "1090 kvm_inj_virq vector=0x25; 1100 kvm_entry; 1200 " IRQ,
		  "105 irq_handler_entry",
		  "stretch-first h1>g0 5; stretch-last g0>h2 95; io-done h1>g0 5" },
		{ 0, "1090 kvm_inj_virq vector=0xfd; 1100 kvm_entry; 1200 " IRQ,
		  "105 irq_handler_entry", "stretch-first h1>g0 5; stretch-last g0>h2 95" },
		/* a page that the guest touches for the first time is none of the host's yet */
		{ 0, "1100 kvm_entry; 1200 kvm_exit exit_reason=48 isa=1",
		  "110 page_fault_user; 120 page_fault_kernel; 130 sched_switch",
		  "stretch-first h0>g0 10; page-fault g1>h1 80; stretch-last g2>h1 70" },
		/* unknown sides give nothing */
		{ 0, "1000 write_msr; 1100 " IRQ "; 1200 kvm_entry; 1300 write_msr",
		  "50 sched_switch; 250 sched_switch",
		  "stretch-last g0>h1 50; stretch-first h2>g1 50" },
		/* lost guest events void what they may belong to */
		{ 0, "1100 kvm_entry; 1200 " IRQ "; 1300 kvm_entry; 1400 " IRQ,
		  "110 sched_switch; 150 sched_switch; lost; 310 sched_switch; lost; 350 "
		  "sched_switch",
		  "stretch-first h0>g0 10; stretch-last g3>h3 50" },
		/* events beside a stretch are of it only within reach */
		{ 0, "1100 kvm_entry; 1200 " IRQ, "95 sched_switch; 210 sched_switch", "" },
		{ 10, "1100 kvm_entry; 1200 " IRQ, "95 sched_switch; 210 sched_switch",
		  "stretch-first h0>g0 -5; stretch-last g1>h1 -10" },
	};
	char got[512];
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(rows); i++) {
		struct fixture f = new_fixture(NULL);

		f.reach = rows[i].reach;
		world_play(f.host, 100, rows[i].host);
		world_play(f.guest, 0, rows[i].guest);
		pair_up(&f);
		describe(&f, got, sizeof(got));
		if (strcmp(got, rows[i].pairs))
			fail_msg("%s\n%s\n gives %s\n not   %s", rows[i].host, rows[i].guest, got,
				 rows[i].pairs);
		done(&f);
	}
}

static void timer_world(struct fixture *f, const char *exit, const char *msr)
{
	world_play(f->host, 100, "1100 kvm_entry");
	world_add(f->host, 0, 1200, 100, "kvm_exit", exit);
	world_add(f->host, 0, 1210, 100, "kvm_msr", msr);
	world_play(f->host, 100, "1220 kvm_entry; 1300 " IRQ);
	world_play(f->guest, 1,
		   "110 hrtimer_cancel; 190 hrtimer_start; 195 sched_switch; 225 write_msr "
		   "msr=0x6e0 val=777");
}

/* The outermost event of a stretch pairs, or none. */
TEST(test_outermost)
{
	static const char catalogue[] = "sequence out\n direction guest-to-host\n take outermost\n"
					" guest cpu_idle state=1\n host kvm_exit\n"
					"sequence in\n direction host-to-guest\n take outermost\n"
					" guest cpu_idle\n host kvm_entry\n";
	static const struct {
		const char *guest, *pairs;
	} rows[] = {
		{ "110 cpu_idle state=1", "out g0>h1 90; in h0>g0 10" },
		{ "110 cpu_idle state=1; 120 sched_switch", "in h0>g0 10" },
		{ "110 sched_switch; 120 cpu_idle state=1", "out g1>h1 80" },
		{ "110 sched_switch; 120 cpu_idle state=1; 130 sched_switch", "" },
		{ "110 cpu_idle state=2; 120 cpu_idle state=1; 130 cpu_idle state=2",
		  "in h0>g0 10" },
	};
	char got[512];
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(rows); i++) {
		struct fixture f = new_fixture(catalogue);

		world_play(f.host, 100, "1100 kvm_entry; 1200 " IRQ);
		world_play(f.guest, 0, rows[i].guest);
		pair_up(&f);
		describe(&f, got, sizeof(got));
		assert_string_equal(got, rows[i].pairs);
		done(&f);
	}
}

/* De Venuto's timer sequence, with the check of the MSR's number that it lacked. */
TEST(test_timer)
{
	static const struct {
		const char *exit, *msr;
		bool program, sandwich;
	} cases[] = {
		{ VMX_MSR, "write=1 ecx=0x6e0 data=777", true, true },
		{ SVM_MSR, "write=1 ecx=0x6e0 data=777", true, true },
		{ VMX_MSR, "write=1 ecx=0x838 data=777", true, false },
		{ VMX_MSR, "write=1 ecx=0x830 data=777", false, false }, /* an IPI */
		{ VMX_MSR, "write=1 ecx=0x6e0 data=778", true, false },	 /* another deadline */
		/* a read */
		{ "exit_reason=0x7c isa=2 info1=0", "ecx=0x6e0 data=777", false, false },
		/* 32 is no MSR on SVM */
		{ "exit_reason=32 isa=2", "ecx=0x6e0 data=777", false, false },
		{ "exit_reason=1 isa=1", "ecx=0x6e0 data=777", false, false },
	};
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(cases); i++) {
		struct fixture f = new_fixture(NULL);

		timer_world(&f, cases[i].exit, cases[i].msr);
		pair_up(&f);
		if (cases[i].program)
			expect_pair(&f, "timer-program", 1, 10);
		else
			assert_null(pair_of(&f, "timer-program"));
		if (cases[i].sandwich)
			expect_pair(&f, "timer-sandwich", 3, 5);
		else
			assert_null(pair_of(&f, "timer-sandwich"));
		done(&f);
	}
}

/* The guest says what it wrote after it has written: on the entry side. */
TEST(test_ipi_sandwich)
{
	static const struct {
		const char *msr, *guest;
		bool pair;
	} cases[] = {
		{ "write=1 ecx=0x830 data=0xfd", "write_msr msr=0x830 val=0xfd", true },
		{ "write=1 ecx=0x83f data=0xf6", "write_msr msr=0x83f val=0xf6", true },
		{ "write=1 ecx=0x830 data=0xfd", "write_msr msr=0x830 val=0xfb", false },
		{ "write=1 ecx=0x6e0 data=0xfd", "write_msr msr=0x830 val=0xfd", false },
		{ "write=1 ecx=0x830 data=0xfd", "write_msr msr=0x6e0 val=0xfd", false },
	};
	char guest[80];
	size_t i, svm;

	for (i = 0; i < VMS_ARRAY_NR(cases) * 2; i++) {
		struct fixture f = new_fixture(NULL);

		svm = i % 2;
		world_play(f.host, 100, "1100 kvm_entry");
		world_add(f.host, 0, 1200, 100, "kvm_exit", svm ? SVM_MSR : VMX_MSR);
		world_add(f.host, 0, 1210, 100, "kvm_msr", cases[i / 2].msr);
		world_play(f.host, 100, "1220 kvm_entry; 1300 " IRQ);
		(void)snprintf(guest, sizeof(guest), "225 %s", cases[i / 2].guest);
		world_play(f.guest, 1, guest);
		pair_up(&f);
		if (cases[i / 2].pair)
			expect_pair(&f, "ipi-sandwich", 0, 5);
		else
			assert_null(pair_of(&f, "ipi-sandwich"));
		done(&f);
	}
}

TEST(test_order_and_off)
{
	struct fixture f = new_fixture(
		"sequence a\n\tdirection guest-to-host\n\tguest *\n\thost kvm_exit\n"
		"sequence b\n\tdirection host-to-guest\n\tguest *\n\thost kvm_entry\n"
		"sequence c\n\tdirection host-to-guest\n\tguest *\n\thost kvm_entry\n\toff\n"
		"sequence d\n\tdirection host-to-guest\n\tguest cpu_idle nofield=1\n"
		"\thost kvm_entry\n");
	int64_t t;
	uint32_t i;

	for (t = 0; t < 1000; t += 100) {
		world_add(f.host, 0, 1000 + t, 100, "kvm_entry", "");
		world_add(f.host, 0, 1050 + t, 100, "kvm_exit", "exit_reason=1 isa=1");
		world_add(f.guest, 0, t + 10, 0, "cpu_idle", "");
		world_add(f.guest, 0, t + 20, 0, "cpu_idle", "");
	}
	pair_up(&f);
	assert_int_equal(f.l.nr, 20);
	for (i = 0; i < f.l.nr; i++) {
		assert_int_equal(f.l.p[i].seq, i & 1 ? 0 : 1);
		assert_int_equal(f.l.p[i].guest_ev.idx, i);
		assert_int_equal(f.l.p[i].stretch, i / 2);
	}
	done(&f);
}

TEST(test_arm64)
{
	struct fixture f = new_fixture(NULL);

	world_type(f.host, "kvm", "kvm_entry", "vcpu_pc:8");
	world_type(f.host, "kvm", "kvm_exit", "ret:4 esr_ec:4 vcpu_pc:8");
	world_play(f.host, 100,
		   "1100 kvm_entry; 1200 kvm_exit ret=2 esr_ec=1; 1300 kvm_entry; 1400 kvm_exit "
		   "ret=0");
	world_play(f.guest, 0, "180 " IDLE_NOW "; 330 " IDLE_END);
	pair_up(&f);
	expect_pair(&f, "idle", 0, 20);
	expect_pair(&f, "wake", 1, 30);
	done(&f);
}

#define SGI "esr_ec=0x18; 1210 kvm_sys_access Op0=3 CRn=12 CRm="

/* Its timer and interrupts: a trapped system register, a line of the interrupt controller. */
TEST(test_arm64_interrupts)
{
	static const struct {
		const char *host, *guest, *pairs;
	} rows[] = {
		{ "1100 kvm_entry; 1200 kvm_exit ret=2 " SGI "11 Op2=5", "150 ipi_raise",
		  "stretch-first h0>g0 50; stretch-last g0>h1 50; ipi-send g0>h1 50" },
		/* another register */
		{ "1100 kvm_entry; 1200 kvm_exit ret=2 " SGI "12 Op2=5", "150 ipi_raise",
		  "stretch-first h0>g0 50; stretch-last g0>h1 50" },
		{ "1090 vgic_update_irq_pending irq=27 level=1; 1100 kvm_entry; 1200 kvm_exit "
		  "ret=0",
		  "150 irq_handler_entry",
		  "stretch-first h1>g0 50; stretch-last g0>h2 50; vtimer-irq h1>g0 50" },
		/* the line falls */
		{ "1090 vgic_update_irq_pending irq=27 level=0; 1100 kvm_entry; 1200 kvm_exit "
		  "ret=0",
		  "150 irq_handler_entry", "stretch-first h1>g0 50; stretch-last g0>h2 50" },
		{ "1090 vgic_update_irq_pending irq=40 level=1; 1100 kvm_entry; 1200 kvm_exit "
		  "ret=0",
		  "150 irq_handler_entry",
		  "stretch-first h1>g0 50; stretch-last g0>h2 50; io-done h1>g0 50" },
	};
	char got[512];
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(rows); i++) {
		struct fixture f = new_fixture(NULL);

		world_type(f.host, "kvm", "kvm_entry", "vcpu_pc:8");
		world_type(f.host, "kvm", "kvm_exit", "ret:4 esr_ec:4 vcpu_pc:8");
		world_type(f.host, "kvm", "kvm_sys_access", "Op0:1 Op1:1 CRn:1 CRm:1 Op2:1");
		world_type(f.host, "kvm", "vgic_update_irq_pending", "irq:4 level:4");
		world_type(f.guest, "ipi", "ipi_raise", "");
		world_play(f.host, 100, rows[i].host);
		world_play(f.guest, 0, rows[i].guest);
		pair_up(&f);
		describe(&f, got, sizeof(got));
		if (strcmp(got, rows[i].pairs))
			fail_msg("%s\n%s\n gives %s\n not   %s", rows[i].host, rows[i].guest, got,
				 rows[i].pairs);
		done(&f);
	}
}

TEST(test_no_memory)
{
	struct fixture f = new_fixture(NULL);
	unsigned long n;
	int ret = -1;

	timer_world(&f, VMX_MSR, "write=1 ecx=0x6e0 data=777");
	pair_up(&f);
	for (n = 1; ret; n++) {
		struct vms_pairing p = { .host = world_stream(f.host),
					 .vcpu.guest = world_stream(f.guest),
					 .catalogue = &f.c,
					 .vcpu.thread = vms_thread_find(f.st, 100),
					 .model = f.m };

		assert_true(n < 1000);
		pairs_clear(&f.l);
		vms_alloc_fail_at(n);
		ret = pairs_find(&f.l, &p);
		vms_alloc_fail_at(0);
		assert_true(ret == 0 || (ret == -VMS_ENOMEM && f.l.nr == 0));
	}
	done(&f);
}

/*
 * A real recording under its true offset: causes precede effects, and the two ways of the thesis
 * are found often.
 */
TEST(test_demo)
{
	static const char *const often[] = { "stretch-first", "stretch-last",
					     "timer-program", "timer-sandwich",
					     "timer-irq",     "idle",
					     "wake" };
	/* truth.json */
	const struct vms_piece truth = { .line = { .offset_raw = 312885032349 } };
	char host[600], guest[600];
	const char *paths[] = { unit_recording("01-demo.dat", host, sizeof(host)),
				unit_recording("01-demo-vm1.dat", guest, sizeof(guest)) };
	struct vms_pairing p = { .reach_raw = 0 };
	struct vms_stretches *st = NULL;
	struct vms_catalogue c = { 0 };
	struct pairs l = { 0 };
	struct vms_trace *tr = NULL;
	uint32_t count[256] = { 0 };
	struct vms_model *m = NULL;
	uint32_t i;

	if (!paths[0] || !paths[1])
		skip();
	assert_int_equal(vms_trace_open(&tr, paths, 2, NULL, NULL, NULL), 0);
	assert_int_equal(vms_stretches_build(&st, tr->host, NULL), 0);
	assert_int_equal(vms_catalogue_parse(&c, vms_catalogue_builtin(), NULL), 0);
	p = (struct vms_pairing){ .host = tr->host,
				  .vcpu.guest = tr->guests[0].stream,
				  .catalogue = &c,
				  .vcpu.thread = vms_thread_find(st, 516) };
	assert_int_equal(vms_model_new(&m, VMS_MODEL_PIECES, p.vcpu.guest, NULL), 0);
	assert_int_equal(vms_model_set(m, 0, &truth, 1, NULL), 0);
	p.model = m;
	assert_int_equal(pairs_find(&l, &p), 0);
	for (i = 0; i < l.nr; i++) {
		assert_true(delay_of(&l.p[i], m) >= 0);
		count[l.p[i].seq]++;
	}
	for (i = 0; i < VMS_ARRAY_NR(often); i++)
		assert_true(count[vms_sequence_find(&c, often[i])] >= 200);
	pairs_clear(&l);
	vms_catalogue_clear(&c);
	vms_model_free(m);
	vms_stretches_free(st);
	vms_trace_free(tr);
}

UNIT_MAIN(NULL, NULL)
