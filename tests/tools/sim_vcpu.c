// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a simulated vCPU behaves; delays are skewed, with tails, as on hardware. */
#include <inttypes.h>
#include <math.h>

#include "sim_random.h"
#include "sim_state.h"

#define MSR_DEADLINE 0x6e0u
#define MSR_TSC 0x10u
#define MSR_EOI 0x80bu
#define VECTOR_TIMER 236u
#define CPU_IDLE_END 0xffffffffu
#define NOT_TSC_PER_NS 2.6
#define NOT_TSC_BASE 1e12
#define ADVANCE_NS 1000.0 /* KVM lets timers fire so much before their deadline, then waits */
#define SWITCH_NS 800.0	  /* from one thread of a host CPU to another */
#define FOREIGN_NS 30e3	  /* deadlines so long past expire in the thread that is found there */

enum why { WHY_MSR, WHY_HLT, WHY_INTR, WHY_READ, WHY_TIMER };

/*
 * Entry to first guest instruction that traces: a least cost, an exponential part, rare long ones.
 */
static double delay_in(struct world *w)
{
	return 300.0 + sim_expo(&w->rng, 300.0) +
	       (sim_chance(&w->rng, 0.04) ? sim_expo(&w->rng, 15000.0) : 0.0);
}

static double delay_out(struct world *w)
{
	return 250.0 + sim_expo(&w->rng, 200.0) +
	       (sim_chance(&w->rng, 0.03) ? sim_expo(&w->rng, 10000.0) : 0.0);
}

static bool is_x86(const struct world *w)
{
	return w->o->isa != SIM_ARM64;
}

static bool late(const struct world *w)
{
	return w->o->isa == SIM_SVM_LATE || w->o->isa == SIM_ARM64;
}

uint64_t sim_guest_tsc(const struct world *w, const struct thread *t, double ns)
{
	if (!w->o->tsc)
		return (uint64_t)(ns * NOT_TSC_PER_NS + NOT_TSC_BASE);
	return (uint64_t)sim_guest_raw(&w->clock, &t->clock, ns);
}

static void host_event(struct world *w, const struct thread *t, double ns, enum sim_event ev,
		       const uint64_t *v)
{
	sim_host_event(&w->host, t->pcpu, ns, ev, t->tid, (int)t->vcpu, v);
}

/* Returns the guest's time, and whether its file has the event. */
static bool guest_event(struct world *w, struct thread *t, double ns, enum sim_event ev,
			const uint64_t *v, int64_t *raw)
{
	*raw = 0;
	t->last_guest_ns = fmax(ns, t->last_guest_ns + 1.0);
	if (w->o->guest_share < 1.0 && !sim_chance(&w->rng, w->o->guest_share))
		return false;
	*raw = sim_guest_raw(&w->clock, &t->clock, t->last_guest_ns);
	sim_file_add(&w->guest[t->guest], t->vcpu, *raw, ev, 100 + (int32_t)t->vcpu, v);
	return true;
}

static void guest_trace(struct world *w, struct thread *t, double ns, enum sim_event ev,
			const uint64_t *v)
{
	int64_t raw;

	(void)guest_event(w, t, ns, ev, v, &raw);
}

static void true_pair(struct world *w, const struct thread *t, const char *seq, int64_t g_raw,
		      double exit_ns)
{
	fprintf(w->pairs, "vm%u\t%u\t%s\t%" PRId64 "\t%" PRId64 "\n", t->guest + 1, t->vcpu, seq,
		g_raw, sim_pcpu_raw(&w->clock, t->pcpu, exit_ns));
}

static void emit_entry(struct world *w, const struct thread *t, double ns)
{
	const uint64_t x86[] = { t->vcpu, UINT64_C(0xffffffff81000000) };
	const uint64_t arm[] = { UINT64_C(0xffff800008cda268) };

	host_event(w, t, ns, is_x86(w) ? SIM_KVM_ENTRY : SIM_KVM_ENTRY_ARM, is_x86(w) ? x86 : arm);
}

static void emit_exit(struct world *w, const struct thread *t, double ns, enum why why)
{
	static const uint64_t vmx[] = { 32, 12, 1, 31, 52 },
			      svm[] = { 0x7c, 0x78, 0x60, 0x7c, 0x60 };
	const bool is_vmx = w->o->isa == SIM_VMX;
	const uint64_t x86[] = { is_vmx ? vmx[why] : svm[why],
				 UINT64_C(0xffffffff81000000),
				 is_vmx ? 1 : 2,
				 why == WHY_MSR && !is_vmx,
				 0,
				 t->vcpu };
	const bool trap = why == WHY_HLT || why == WHY_MSR || why == WHY_READ;
	const uint64_t arm[] = { trap ? 2 : 0,
				 why == WHY_HLT ? 0x01
				 : trap		? 0x18
						: 0,
				 UINT64_C(0xffff800008cda268) };

	host_event(w, t, ns, is_x86(w) ? SIM_KVM_EXIT : SIM_KVM_EXIT_ARM, is_x86(w) ? x86 : arm);
}

static void emit_wait(struct world *w, const struct thread *t, double ns, unsigned int vcpu,
		      uint64_t delta)
{
	const uint64_t wait[] = { vcpu, delta };

	host_event(w, t, ns, SIM_KVM_WAIT_LAPIC, wait);
}

/* Host events from the moment a thread is wanted until it enters the guest. */
static void host_arrive(struct world *w, struct thread *t, double entry)
{
	const int32_t from = w->running[t->pcpu];
	const uint64_t wake[] = { (uint64_t)(uint32_t)t->tid, 120, t->pcpu };
	const uint64_t sw[] = { (uint64_t)(uint32_t)from, 120, (uint64_t)(uint32_t)t->tid, 120,
				!from };
	const uint64_t inject[] = { VECTOR_TIMER, 0, 0 };
	unsigned int waker = t->pcpu;

	if (t->asleep) {
		if (w->o->pcpus > 1 && sim_chance(&w->rng, 0.3))
			waker = (unsigned int)(sim_rnd(&w->rng) % w->o->pcpus);
		if (w->free_ns[waker] > entry - 700.0)
			waker = t->pcpu;
		sim_host_event(&w->host, waker, entry - 700.0, SIM_SCHED_WAKING, w->running[waker],
			       -1, wake);
		w->free_ns[waker] = fmax(w->free_ns[waker], entry - 700.0);
		t->asleep = false;
	}
	if (from != t->tid)
		sim_host_event(&w->host, t->pcpu, entry - 400.0, SIM_SCHED_SWITCH, from, -1, sw);
	w->running[t->pcpu] = t->tid;
	if (t->expired && is_x86(w))
		host_event(w, t, entry - 60.0, SIM_KVM_INJ_VIRQ, inject);
}

/*
 * KVM reads the guest's TSC between entry and event, and waits for the deadline. Returns how long
 * it takes.
 */
static double host_wait(struct world *w, struct thread *t, double entry)
{
	const double read = entry + 30.0 + sim_expo(&w->rng, 60.0);
	const double told = read + 30.0 + sim_expo(&w->rng, 60.0);
	const uint64_t delta = sim_guest_tsc(w, t, read) - t->expired_deadline;

	t->waits = false;
	if (w->o->waits_late) {
		t->late_wait = true;
		t->late_delta = delta;
	} else {
		emit_wait(w, t, told, t->vcpu, delta);
	}
	return told - entry + ADVANCE_NS * sim_uniform(&w->rng);
}

/* What the guest traces at the beginning of a stretch. Returns the time reached. */
static double guest_begin(struct world *w, struct thread *t, double ns)
{
	const uint64_t vector[] = { VECTOR_TIMER };
	const uint64_t timer[] = { UINT64_C(0xffff88801ed235c0), (uint64_t)(int64_t)ns };
	const uint64_t msr[] = { MSR_DEADLINE, t->deadline, 0 };

	if (t->msr_pending) {
		guest_trace(w, t, ns, SIM_WRITE_MSR, msr);
		t->msr_pending = false;
		ns += 100.0 + sim_expo(&w->rng, 300.0);
	}
	if (t->expired) {
		guest_trace(w, t, ns, SIM_LOCAL_TIMER_ENTRY, vector);
		ns += 150.0 + sim_expo(&w->rng, 300.0);
		guest_trace(w, t, ns, SIM_HRTIMER_EXPIRE_ENTRY, timer);
		ns += 300.0 + sim_expo(&w->rng, 1000.0);
		guest_trace(w, t, ns, SIM_HRTIMER_EXPIRE_EXIT, timer);
		t->expired = false;
		ns += 100.0 + sim_expo(&w->rng, 300.0);
	}
	return ns;
}

/* Ordinary work: some context switches until the end comes near. */
static double guest_work(struct world *w, struct thread *t, double ns, double end)
{
	while (ns + 400.0 < end) {
		const uint64_t sw[] = { 100, 120, (sim_rnd(&w->rng) & 0xff) + 200, 120, 0 };

		if (sim_chance(&w->rng, 0.7))
			guest_trace(w, t, ns, SIM_SCHED_SWITCH, sw);
		ns += 200.0 + sim_expo(&w->rng, 4000.0);
	}
	return ns;
}

/* How the stretch ends: the guest's causing event, then the exit. Returns the real exit's time. */
static double guest_end(struct world *w, struct thread *t, double ns, enum why why)
{
	const uint64_t idle[] = { 1, t->vcpu };
	const uint64_t start[] = { UINT64_C(0xffff88801ed235c0), UINT64_C(0xffffffff81100000),
				   (uint64_t)(int64_t)(ns + 4e6) };
	const char *seq = NULL;
	int64_t g = 0;
	bool kept = false;
	double exit_ns;

	if (why == WHY_HLT) {
		kept = guest_event(w, t, ns, SIM_CPU_IDLE, idle, &g);
		seq = "idle";
	} else if (why == WHY_MSR) {
		if (sim_chance(&w->rng, 0.3))
			guest_trace(w, t, ns - 150.0, SIM_HRTIMER_CANCEL, start);
		kept = guest_event(w, t, ns, SIM_HRTIMER_START, start, &g);
		seq = is_x86(w) ? "timer-program" : NULL;
	}
	exit_ns = fmax(ns, t->last_guest_ns) + delay_out(w);
	if (seq && kept)
		true_pair(w, t, seq, g, exit_ns);
	return exit_ns;
}

/* Posted timers: the deadline of another vCPU is seen to have expired in this one's thread. */
static void foreign_wait(struct world *w, const struct thread *t, double ns)
{
	unsigned int i;

	if (!sim_chance(&w->rng, w->o->foreign_waits))
		return;
	for (i = 0; i < w->threads_nr; i++) {
		struct thread *u = &w->threads[i];

		if (u == t || u->guest != t->guest || u->expire_ns > ns ||
		    u->expire_ns < ns - FOREIGN_NS)
			continue;
		emit_wait(w, t, ns, u->vcpu, sim_guest_tsc(w, u, ns - 40.0) - u->deadline);
		u->expire_ns = INFINITY;
		u->expired = true;
		return;
	}
}

static void host_msr(struct world *w, const struct thread *t, double ns, enum why why,
		     bool deadline)
{
	const uint64_t read[] = { 0, MSR_TSC, sim_guest_tsc(w, t, ns - 50.0), 0 };
	const uint64_t write[] = { 1, deadline ? MSR_DEADLINE : MSR_EOI, deadline ? t->deadline : 0,
				   0 };

	if (is_x86(w))
		host_event(w, t, ns, SIM_KVM_MSR, why == WHY_READ ? read : write);
}

/*
 * The host's side of an exit. exit_ns is when the guest left. Returns when the host is done with
 * it.
 */
static double host_exit(struct world *w, struct thread *t, double exit_ns, enum why why,
			bool deadline)
{
	const bool irq = why == WHY_INTR || (why == WHY_TIMER && w->o->isa != SIM_VMX);
	const uint64_t line[] = { 24 };
	double traced = exit_ns, ns;

	if (irq && late(w)) {
		host_event(w, t, exit_ns + 150.0, SIM_IRQ_ENTRY, line);
		foreign_wait(w, t, exit_ns + 200.0);
		traced = exit_ns + 600.0 + sim_expo(&w->rng, 3000.0);
	}
	emit_exit(w, t, traced, why);
	ns = traced + 200.0 + sim_expo(&w->rng, 200.0);
	if (t->late_wait)
		emit_wait(w, t, traced + 100.0, t->vcpu, t->late_delta);
	t->late_wait = false;
	if (irq && !late(w)) {
		host_event(w, t, ns, SIM_IRQ_ENTRY, line);
		foreign_wait(w, t, ns + 50.0);
		ns += 60.0;
	}
	if (why == WHY_MSR || why == WHY_READ)
		host_msr(w, t, ns, why, deadline);
	return ns + 300.0 + sim_expo(&w->rng, 500.0);
}

static void host_leave(struct world *w, struct thread *t, double ns, int32_t to)
{
	const uint64_t sw[] = { (uint64_t)(uint32_t)t->tid, 120, (uint64_t)(uint32_t)to, 120, !to };

	host_event(w, t, ns, SIM_SCHED_SWITCH, sw);
	w->running[t->pcpu] = to;
}

/* After an exit: go on at once, sleep while idle, be preempted, or move to another pCPU. */
static void host_schedule(struct world *w, struct thread *t, double ns, enum why why)
{
	double pause = 100.0 + sim_expo(&w->rng, 300.0);

	if (why == WHY_HLT) {
		host_leave(w, t, ns, 0);
		pause = 2000.0 + sim_expo(&w->rng, w->o->idle_us * 2e3);
		pause = fmin(pause, fmax(2000.0, t->expire_ns - ADVANCE_NS - ns) + 700.0 +
					    sim_expo(&w->rng, 500.0));
		t->asleep = true;
	} else if (sim_chance(&w->rng, 0.01)) {
		host_leave(w, t, ns, 77);
		pause = 50e3 + sim_expo(&w->rng, 300e3);
	}
	w->free_ns[t->pcpu] = ns + 50.0;
	t->done_ns = ns + 50.0;
	if (pause > 2000.0 && w->o->pcpus > 1 && sim_chance(&w->rng, 0.2))
		t->pcpu = (unsigned int)(sim_rnd(&w->rng) % w->o->pcpus);
	t->ready_ns = ns + pause;
}

static void expire(struct world *w, struct thread *t)
{
	t->expire_ns = INFINITY;
	t->expired = true;
	t->expired_deadline = t->deadline;
	t->waits = is_x86(w) && sim_chance(&w->rng, w->o->facts);
}

static void arm(struct world *w, struct thread *t, double ns)
{
	t->expire_ns = ns + 1500.0 + sim_expo(&w->rng, w->o->idle_us * 1e3);
	t->deadline = sim_guest_tsc(w, t, t->expire_ns);
}

/* A guest that does nothing but wake to a regular tick, and traces one event of it. */
static void run_period(struct world *w, struct thread *t, double entry)
{
	const double length = w->o->stretch_us * 1e3, period = w->o->period_us * 1e3;
	const double mid = entry + length * (0.4 + 0.2 * sim_uniform(&w->rng));
	const uint64_t vector[] = { VECTOR_TIMER };
	double ns = entry;

	emit_entry(w, t, ns);
	if (t->waits)
		ns += host_wait(w, t, ns);
	guest_trace(w, t, fmax(mid, ns + 300.0), SIM_LOCAL_TIMER_ENTRY, vector);
	t->expired = false;
	ns = fmax(fmax(entry + length, t->last_guest_ns + 500.0), ns);
	if (w->o->facts > 0.0 && is_x86(w)) {
		t->expire_ns = (floor(ns / period) + 1.0) * period;
		t->deadline = sim_guest_tsc(w, t, t->expire_ns);
		ns = host_exit(w, t, ns, WHY_MSR, true);
		emit_entry(w, t, ns);
		ns += 900.0;
	}
	ns = host_exit(w, t, ns, WHY_HLT, false);
	host_leave(w, t, ns, 0);
	w->free_ns[t->pcpu] = t->done_ns = ns + 50.0;
	t->asleep = true;
	t->ready_ns = (floor(ns / period) + 1.0) * period + 1000.0 + 400.0 * sim_uniform(&w->rng);
}

/* How a stretch of ordinary work ends. */
static enum why choose(struct world *w, const struct thread *t, double from, double *end)
{
	const double dice = sim_uniform(&w->rng), cut = t->expire_ns - ADVANCE_NS;
	enum why why = dice < w->o->idle_share	       ? WHY_HLT
		       : dice < w->o->idle_share + 0.4 ? WHY_MSR
						       : WHY_INTR;

	if (cut < *end) {
		*end = fmax(cut, from);
		why = sim_chance(&w->rng, w->o->swapped) ? WHY_MSR : WHY_TIMER;
	} else if (why == WHY_MSR && is_x86(w) && sim_chance(&w->rng, w->o->tsc_reads)) {
		why = WHY_READ;
	}
	return why;
}

void sim_stretch(struct world *w, struct thread *t)
{
	const bool switched = t->asleep || w->running[t->pcpu] != t->tid;
	const double entry =
		fmax(t->ready_ns, w->free_ns[t->pcpu] + (switched ? SWITCH_NS : 100.0));
	double in = entry + delay_in(w), end, exit_ns;
	bool distractor;
	enum why why;

	if (t->expire_ns - ADVANCE_NS <= entry)
		expire(w, t);
	host_arrive(w, t, entry);
	if (w->o->period_us > 0.0) {
		run_period(w, t, entry);
		return;
	}
	emit_entry(w, t, entry);
	if (t->waits)
		in += host_wait(w, t, entry);
	end = in + 500.0 + sim_expo(&w->rng, w->o->stretch_us * 1e3);
	why = choose(w, t, in, &end);
	distractor = why == WHY_MSR && t->expire_ns > end && sim_chance(&w->rng, 0.3);
	if (sim_chance(&w->rng, w->o->quiet_share) && !t->expired && !t->msr_pending &&
	    why != WHY_TIMER) {
		exit_ns = end;
		why = WHY_INTR;
	} else {
		exit_ns = guest_work(w, t, guest_begin(w, t, in), end);
		exit_ns = distractor ? fmax(exit_ns, t->last_guest_ns) + delay_out(w)
				     : guest_end(w, t, exit_ns, why);
	}
	if (why == WHY_MSR && !distractor) {
		if (t->expire_ns - ADVANCE_NS <= exit_ns)
			expire(w, t); /* the one before: KVM still waits for that */
		arm(w, t, exit_ns);
		t->msr_pending = is_x86(w);
	}
	host_schedule(w, t, host_exit(w, t, exit_ns, why, !distractor), why);
}
