// SPDX-License-Identifier: LGPL-2.1-or-later
/* How the simulated host and its guests behave; delays are skewed, with tails, as on hardware. */
#include "sim_world.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim_file.h"

#define TICKS_PER_NS 2.6
#define WANDER_STEP_NS 1e6 /* the rate changes every millisecond */
#define TRUTH_POINTS 2000
#define MSR_DEADLINE 0x6e0u
#define MSR_EOI 0x80bu
#define VECTOR_TIMER 236u

struct thread {
	unsigned int guest, vcpu, pcpu;
	int32_t tid;
	/* when it wants to enter the guest, host time from the start */
	double ready_ns;
	bool timer_pending; /* the next stretch begins with a timer interrupt */
	bool msr_pending;   /* the next stretch begins after a deadline write */
	uint64_t deadline;
	bool armed; /* the host has seen the deadline, and no wait has used it up */
	double last_guest_ns;
};

struct world {
	const struct sim_opts *o;
	uint64_t rng;
	double unit; /* raw units a ns */
	struct thread *threads;
	unsigned int threads_nr;
	double *free_ns;		   /* by pCPU: nothing of a vCPU before */
	double *lost_from_ns, *lost_to_ns; /* by pCPU: next gap */
	struct sim_file host, guest[SIM_GUESTS_MAX];
	double *wander; /* accumulated phase [ns] at each WANDER_STEP_NS */
	size_t wander_nr;
	FILE *pairs;
};

static uint64_t rnd(struct world *w)
{
	uint64_t z = (w->rng += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static double uniform(struct world *w)
{
	return (double)(rnd(w) >> 11) * 0x1p-53;
}

static double expo(struct world *w, double mean)
{
	return -mean * log(1.0 - uniform(w));
}

static bool chance(struct world *w, double p)
{
	return uniform(w) < p;
}

static double normal(struct world *w)
{
	const double r = sqrt(-2.0 * log(1.0 - uniform(w)));

	return r * cos(6.283185307179586 * uniform(w));
}

/*
 * Entry to first guest instruction that traces: a least cost, an exponential part, rare long ones.
 */
static double delay_in(struct world *w)
{
	return 300.0 + expo(w, 300.0) + (chance(w, 0.04) ? expo(w, 15000.0) : 0.0);
}

static double delay_out(struct world *w)
{
	return 250.0 + expo(w, 200.0) + (chance(w, 0.03) ? expo(w, 10000.0) : 0.0);
}

static double wander_at(const struct world *w, double ns)
{
	const double at = ns / WANDER_STEP_NS;
	const size_t i = (size_t)at;

	if (!w->wander_nr)
		return 0.0;
	if (i + 1 >= w->wander_nr)
		return w->wander[w->wander_nr - 1];
	return w->wander[i] + (w->wander[i + 1] - w->wander[i]) * (at - (double)i);
}

static int64_t host_raw(const struct world *w, double ns)
{
	return w->o->host_start_raw + (int64_t)floor(ns * w->unit);
}

/* As a host CPU's own clock has it. */
static int64_t pcpu_raw(const struct world *w, unsigned int pcpu, double ns)
{
	return host_raw(w, ns) + (int64_t)pcpu * w->o->pcpu_skew_raw;
}

/* The true offset as a real number, relative to offset_raw [raw units]. */
static double offset_change(const struct world *w, unsigned int vcpu, double ns)
{
	double d = ns * w->unit * w->o->drift_ppm * 1e-6 + wander_at(w, ns) * w->unit;
	unsigned int i;

	for (i = 0; i < w->o->steps_nr; i++)
		if (ns >= w->o->steps[i].at_s * 1e9 &&
		    (w->o->steps[i].vcpu < 0 || (unsigned int)w->o->steps[i].vcpu == vcpu))
			d -= (double)w->o->steps[i].guest_ahead_raw;
	return d + (double)vcpu * (double)w->o->vcpu_skew_raw;
}

static int64_t guest_raw(const struct world *w, unsigned int vcpu, double ns)
{
	const double change = offset_change(w, vcpu, ns);

	if (w->o->tsc && w->o->drift_ppm == 0.0) /* exact: both are the same counter */
		return host_raw(w, ns) - w->o->offset_raw - (int64_t)llround(change);
	return w->o->host_start_raw - w->o->offset_raw + (int64_t)floor(ns * w->unit - change);
}

static void host_event(struct world *w, unsigned int pcpu, double ns, enum sim_event ev,
		       int32_t pid, const uint64_t *v)
{
	if (w->o->lost_per_s > 0.0) {
		if (ns >= w->lost_to_ns[pcpu]) {
			sim_file_found(&w->host, pcpu);
			w->lost_from_ns[pcpu] = ns + expo(w, 1e9 / w->o->lost_per_s);
			w->lost_to_ns[pcpu] = w->lost_from_ns[pcpu] + 100e3 + expo(w, 2e6);
		} else if (ns >= w->lost_from_ns[pcpu]) {
			sim_file_lose(&w->host, pcpu);
		}
	}
	sim_file_add(&w->host, pcpu, pcpu_raw(w, pcpu, ns), ev, pid, v);
}

static int64_t guest_event(struct world *w, struct thread *t, double ns, enum sim_event ev,
			   const uint64_t *v)
{
	int64_t raw;

	if (ns <= t->last_guest_ns)
		ns = t->last_guest_ns + 1.0;
	t->last_guest_ns = ns;
	raw = guest_raw(w, t->vcpu, ns);
	sim_file_add(&w->guest[t->guest], t->vcpu, raw, ev, 100 + (int32_t)t->vcpu, v);
	return raw;
}

static void true_pair(struct world *w, const struct thread *t, const char *seq, int64_t g_raw,
		      double exit_ns)
{
	const int64_t h = pcpu_raw(w, t->pcpu, exit_ns);

	fprintf(w->pairs, "vm%u\t%u\t%s\t%" PRId64 "\t%" PRId64 "\n", t->guest + 1, t->vcpu, seq,
		g_raw, h);
}

static void emit_entry(struct world *w, const struct thread *t, double ns)
{
	const uint64_t x86[] = { t->vcpu, UINT64_C(0xffffffff81000000) };
	const uint64_t arm[] = { UINT64_C(0xffff800008cda268) };

	if (w->o->isa == SIM_ARM64)
		host_event(w, t->pcpu, ns, SIM_KVM_ENTRY_ARM, t->tid, arm);
	else
		host_event(w, t->pcpu, ns, SIM_KVM_ENTRY, t->tid, x86);
}

enum why { WHY_MSR, WHY_HLT, WHY_INTR };

static void emit_exit(struct world *w, const struct thread *t, double ns, enum why why)
{
	static const uint64_t vmx[] = { 32, 12, 1 }, svm[] = { 0x7c, 0x78, 0x60 };
	const bool is_vmx = w->o->isa == SIM_VMX;
	const uint64_t x86[] = { is_vmx ? vmx[why] : svm[why],
				 UINT64_C(0xffffffff81000000),
				 is_vmx ? 1 : 2,
				 why == WHY_MSR && !is_vmx,
				 0,
				 t->vcpu };
	const uint64_t arm[] = { why == WHY_INTR ? 0 : 2,
				 why == WHY_HLT	  ? 0x01
				 : why == WHY_MSR ? 0x18
						  : 0,
				 UINT64_C(0xffff800008cda268) };

	if (w->o->isa == SIM_ARM64)
		host_event(w, t->pcpu, ns, SIM_KVM_EXIT_ARM, t->tid, arm);
	else
		host_event(w, t->pcpu, ns, SIM_KVM_EXIT, t->tid, x86);
}

static bool late(const struct world *w)
{
	return w->o->isa == SIM_SVM_LATE || w->o->isa == SIM_ARM64;
}

/* What the guest traces at the beginning of a stretch. Returns the time reached. */
static double guest_begin(struct world *w, struct thread *t, double ns)
{
	const uint64_t vector[] = { VECTOR_TIMER };
	const uint64_t timer[] = { UINT64_C(0xffff88801ed235c0), (uint64_t)(int64_t)ns };
	const uint64_t msr[] = { MSR_DEADLINE, t->deadline, 0 };

	if (t->msr_pending) {
		(void)guest_event(w, t, ns, SIM_WRITE_MSR, msr);
		t->msr_pending = false;
		ns += 100.0 + expo(w, 300.0);
	}
	if (t->timer_pending) {
		(void)guest_event(w, t, ns, SIM_LOCAL_TIMER_ENTRY, vector);
		ns += 150.0 + expo(w, 300.0);
		(void)guest_event(w, t, ns, SIM_HRTIMER_EXPIRE_ENTRY, timer);
		ns += 300.0 + expo(w, 1000.0);
		(void)guest_event(w, t, ns, SIM_HRTIMER_EXPIRE_EXIT, timer);
		t->timer_pending = false;
		ns += 100.0 + expo(w, 300.0);
	}
	return ns;
}

/* Ordinary work: some context switches until the end comes near. */
static double guest_work(struct world *w, struct thread *t, double ns, double end)
{
	while (ns + 400.0 < end) {
		const uint64_t sw[] = { 100, 120, (rnd(w) & 0xff) + 200, 120, 0 };

		if (chance(w, 0.7))
			(void)guest_event(w, t, ns, SIM_SCHED_SWITCH, sw);
		ns += 200.0 + expo(w, 4000.0);
	}
	return ns;
}

/* How the stretch ends: the guest's causing event, then the exit. Returns the real exit's time. */
static double guest_end(struct world *w, struct thread *t, double ns, enum why why)
{
	const uint64_t idle[] = { 1, t->vcpu };
	const uint64_t start[] = { UINT64_C(0xffff88801ed235c0), UINT64_C(0xffffffff81100000),
				   (uint64_t)(int64_t)(ns + 4e6) };
	int64_t g;
	double exit_ns;

	if (why == WHY_HLT) {
		g = guest_event(w, t, ns, SIM_CPU_IDLE, idle);
		exit_ns = t->last_guest_ns + delay_out(w);
		true_pair(w, t, "idle", g, exit_ns);
		return exit_ns;
	}
	if (why == WHY_MSR) {
		if (chance(w, 0.3))
			(void)guest_event(w, t, ns - 150.0, SIM_HRTIMER_CANCEL, start);
		g = guest_event(w, t, ns, SIM_HRTIMER_START, start);
		exit_ns = t->last_guest_ns + delay_out(w);
		if (w->o->isa != SIM_ARM64)
			true_pair(w, t, "timer-program", g, exit_ns);
		return exit_ns;
	}
	return fmax(ns, t->last_guest_ns) + delay_out(w);
}

/*
 * The host's side of an exit. exit_ns is when the guest left. Returns when the host is done with
 * it.
 */
static double host_exit(struct world *w, struct thread *t, double exit_ns, enum why why,
			bool deadline)
{
	const uint64_t irq[] = { 24 };
	double traced = exit_ns, ns;

	if (why == WHY_INTR && late(w)) {
		host_event(w, t->pcpu, exit_ns + 150.0, SIM_IRQ_ENTRY, t->tid, irq);
		traced = exit_ns + 600.0 + expo(w, 3000.0);
	}
	emit_exit(w, t, traced, why);
	ns = traced + 200.0 + expo(w, 200.0);
	if (why == WHY_INTR && !late(w))
		host_event(w, t->pcpu, ns, SIM_IRQ_ENTRY, t->tid, irq);
	if (why == WHY_MSR && w->o->isa != SIM_ARM64) {
		const uint64_t msr[] = { 1, deadline ? MSR_DEADLINE : MSR_EOI,
					 deadline ? t->deadline : 0, 0 };

		host_event(w, t->pcpu, ns, SIM_KVM_MSR, t->tid, msr);
		t->armed = t->armed || deadline;
	}
	return ns + 300.0 + expo(w, 500.0);
}

static void host_switch(struct world *w, const struct thread *t, double ns, int32_t to)
{
	const uint64_t sw[] = { (uint64_t)(uint32_t)t->tid, 120, (uint64_t)(uint32_t)to, 120, !to };

	host_event(w, t->pcpu, ns, SIM_SCHED_SWITCH, t->tid, sw);
}

/* After an exit: go on at once, sleep while idle, be preempted, or move to another pCPU. */
static void host_schedule(struct world *w, struct thread *t, double ns, enum why why)
{
	double pause = 100.0 + expo(w, 300.0);

	if (why == WHY_HLT) {
		host_switch(w, t, ns, 0);
		pause = 2000.0 + expo(w, w->o->idle_us * 1e3);
		t->timer_pending = true;
	} else if (chance(w, 0.01)) {
		host_switch(w, t, ns, 77);
		pause = 50e3 + expo(w, 300e3);
	}
	w->free_ns[t->pcpu] = ns + 50.0;
	if (pause > 2000.0 && w->o->pcpus > 1 && chance(w, 0.2))
		t->pcpu = (unsigned int)(rnd(w) % w->o->pcpus);
	t->ready_ns = ns + pause;
}

/* One stretch of a thread, from entry to the next time it is ready. */
static void run_stretch(struct world *w, struct thread *t)
{
	const double entry = fmax(t->ready_ns, w->free_ns[t->pcpu] + 100.0);
	const uint64_t inject[] = { VECTOR_TIMER, 0, 0 };
	const double dice = uniform(w);
	enum why why = dice < w->o->idle_share	       ? WHY_HLT
		       : dice < w->o->idle_share + 0.4 ? WHY_MSR
						       : WHY_INTR;
	const bool distractor = why == WHY_MSR && chance(w, 0.3);
	const double length = 500.0 + expo(w, w->o->stretch_us * 1e3);
	double in = entry + delay_in(w), ns, exit_ns;

	if (t->timer_pending && w->o->isa != SIM_ARM64)
		host_event(w, t->pcpu, entry - 60.0, SIM_KVM_INJ_VIRQ, t->tid, inject);
	emit_entry(w, t, entry);
	if (t->timer_pending && w->o->isa != SIM_ARM64 && chance(w, 0.1) && t->armed) {
		/*
		 * KVM reads the guest's TSC between the entry and the event, and says how late it
		 * is.
		 */
		const uint64_t wait[] = { t->vcpu, (uint64_t)guest_raw(w, t->vcpu, entry + 40.0) -
							   t->deadline };

		host_event(w, t->pcpu, entry + 80.0, SIM_KVM_WAIT_LAPIC, t->tid, wait);
		t->armed = false;
		in += 80.0;
	}
	if (chance(w, w->o->quiet_share) && !t->timer_pending && !t->msr_pending) {
		exit_ns = in + length;
		why = WHY_INTR;
	} else {
		ns = guest_begin(w, t, in);
		ns = guest_work(w, t, ns, in + length);
		if (distractor) {
			exit_ns = fmax(ns, t->last_guest_ns) + delay_out(w);
		} else {
			if (why == WHY_MSR)
				t->deadline = (uint64_t)guest_raw(w, t->vcpu, ns) + 1000 +
					      (rnd(w) & 0xfffff);
			exit_ns = guest_end(w, t, ns, why);
			t->msr_pending = why == WHY_MSR && w->o->isa != SIM_ARM64;
		}
	}
	ns = host_exit(w, t, exit_ns, why, !distractor);
	host_schedule(w, t, ns, why);
}

static struct thread *next_thread(struct world *w)
{
	struct thread *best = &w->threads[0];
	unsigned int i;

	for (i = 1; i < w->threads_nr; i++)
		if (w->threads[i].ready_ns < best->ready_ns)
			best = &w->threads[i];
	return best;
}

static bool world_new(struct world *w, const struct sim_opts *o)
{
	unsigned int i;
	double rate = 0.0;

	memset(w, 0, sizeof(*w));
	w->o = o;
	w->rng = o->seed * UINT64_C(0x2545f4914f6cdd1d) + 1;
	w->unit = o->tsc ? TICKS_PER_NS : 1.0;
	w->threads_nr = o->guests * o->vcpus;
	w->threads = calloc(w->threads_nr, sizeof(*w->threads));
	w->free_ns = calloc(o->pcpus, sizeof(double));
	w->lost_from_ns = calloc(o->pcpus, sizeof(double));
	w->lost_to_ns = calloc(o->pcpus, sizeof(double));
	if (!w->threads || !w->free_ns || !w->lost_from_ns || !w->lost_to_ns ||
	    !sim_file_new(&w->host, o->pcpus))
		return false;
	for (i = 0; i < o->guests; i++)
		if (!sim_file_new(&w->guest[i], o->vcpus))
			return false;
	for (i = 0; i < w->threads_nr; i++)
		w->threads[i] =
			(struct thread){ .guest = i / o->vcpus,
					 .vcpu = i % o->vcpus,
					 .pcpu = i % o->pcpus,
					 .tid = 1000 + (int32_t)i + 20 * (int32_t)(i / o->vcpus),
					 .ready_ns = 1000.0 + expo(w, 1e5) };
	if (o->wander_ppb > 0.0) {
		w->wander_nr = (size_t)(o->seconds * 1e9 / WANDER_STEP_NS) + 2;
		w->wander = calloc(w->wander_nr, sizeof(double));
		if (!w->wander)
			return false;
		for (i = 1; i < w->wander_nr; i++) {
			rate += normal(w) * o->wander_ppb * 1e-9 * sqrt(WANDER_STEP_NS * 1e-9);
			w->wander[i] = w->wander[i - 1] + rate * WANDER_STEP_NS;
		}
	}
	return true;
}

/* Times at which the truth is written: evenly, and on both sides of each step. Return: how many */
static size_t truth_times(const struct world *w, unsigned int vcpu, double end_ns, double *ns)
{
	const struct sim_opts *o = w->o;
	size_t n = 0, i;
	unsigned int s;

	for (i = 0; i <= TRUTH_POINTS; i++) {
		const double from = end_ns * (double)i / TRUTH_POINTS,
			     to = end_ns * (double)(i + 1) / TRUTH_POINTS;

		ns[n++] = from;
		for (s = 0; s < o->steps_nr; s++) {
			const double at = o->steps[s].at_s * 1e9;

			if (at <= from || at > to ||
			    (o->steps[s].vcpu >= 0 && (unsigned int)o->steps[s].vcpu != vcpu))
				continue;
			ns[n++] = nextafter(at, 0.0);
			ns[n++] = at;
		}
	}
	return n;
}

static void truth_guest(const struct world *w, FILE *f, const char *base, unsigned int g,
			double end_ns)
{
	const struct sim_opts *o = w->o;
	unsigned int v;
	size_t i;

	fprintf(f, "   {\"name\": \"vm%u\", \"file\": \"%s-vm%u.dat\", \"vcpu_tids\": {", g + 1,
		base, g + 1);
	for (v = 0; v < o->vcpus; v++)
		fprintf(f, "%s\"%u\": %d", v ? ", " : "", v, w->threads[g * o->vcpus + v].tid);
	fprintf(f,
		"},\n    \"truth\": {\"unit\": \"%s\", \"uncertainty\": %d, \"points_per_vcpu\": {",
		o->tsc ? "tick" : "ns", o->tsc && o->drift_ppm == 0.0 ? 0 : 1);
	for (v = 0; v < o->vcpus; v++) {
		double times[TRUTH_POINTS + 1 + 2 * SIM_STEPS_MAX];
		const size_t n = truth_times(w, v, end_ns, times);

		fprintf(f, "%s\n     \"%u\": [", v ? "," : "", v);
		for (i = 0; i < n; i++)
			fprintf(f, "%s[%" PRId64 ", %.1f]", i ? ", " : "",
				guest_raw(w, v, times[i]),
				(double)w->o->offset_raw + offset_change(w, v, times[i]));
		fprintf(f, "]");
	}
	fprintf(f, "}}}%s\n", g + 1 < o->guests ? "," : "");
}

static bool truth_write(const struct world *w, const char *path, const char *base, double end_ns)
{
	FILE *f = fopen(path, "w");
	unsigned int g;

	if (!f)
		return false;
	fprintf(f,
		"{\"relation\": \"host_time = guest_time + offset\", \"recordings\": [\n "
		"{\"name\": \"%s\", "
		"\"files\": {\"host\": \"%s.dat\"}, \"guests\": [\n",
		base, base);
	for (g = 0; g < w->o->guests; g++)
		truth_guest(w, f, base, g, end_ns);
	fprintf(f, "  ]}\n]}\n");
	return !fclose(f);
}

static struct sim_sample *make_samples(struct world *w, double end_ns)
{
	const struct sim_opts *o = w->o;
	struct sim_sample *s = calloc((size_t)o->vcpus * o->samples_nr + 1, sizeof(*s));
	unsigned int v, i;

	for (v = 0; s && v < o->vcpus; v++) {
		for (i = 0; i < o->samples_nr; i++) {
			const double ns =
				o->samples_nr > 1 ? end_ns * i / (o->samples_nr - 1) : end_ns / 2;
			const double noise =
				o->sync == SIM_SYNC_PTP ? normal(w) * 2000.0 * w->unit : 0.0;

			s[v * o->samples_nr + i] = (struct sim_sample){
				.time = guest_raw(w, v, ns),
				.offset = o->offset_raw +
					  (int64_t)llround(offset_change(w, v, ns) + noise) +
					  o->sync_error_raw,
				.scaling = (uint64_t)o->scaling + (o->fraction ? i : 0),
				.fraction = o->fraction
			};
		}
	}
	return s;
}

static bool write_guests(struct world *w, const char *path, const uint64_t *ids, double end_ns)
{
	const struct sim_opts *o = w->o;
	char name[4096];
	unsigned int g;

	for (g = 0; g < o->guests; g++) {
		struct sim_sample *samples =
			o->sync == SIM_SYNC_NONE ? NULL : make_samples(w, end_ns);
		const struct sim_meta m = { .version = o->version,
					    .clock = o->tsc ? "x86-tsc" : "local",
					    .trace_id = ids[g + 1],
					    .tsc2nsec = o->tsc && o->tsc2nsec,
					    .mult = 825955249,
					    .shift = 31,
					    .peer_id = ids[0],
					    .shift_flags = o->sync == SIM_SYNC_PTP,
					    .arm = o->isa == SIM_ARM64,
					    .samples_nr = samples ? o->samples_nr : 0,
					    .samples = samples };
		bool good;

		(void)snprintf(name, sizeof(name), "%s-vm%u.dat", path, g + 1);
		good = sim_file_write(&w->guest[g], name, &m);
		free(samples);
		if (!good)
			return false;
	}
	return true;
}

static bool write_host(struct world *w, const char *path, const uint64_t *ids)
{
	const struct sim_opts *o = w->o;
	int32_t *tids = calloc(w->threads_nr, sizeof(*tids));
	char(*comms)[16] = calloc(w->threads_nr, sizeof(*comms));
	struct sim_meta m = { .version = o->version,
			      .clock = o->tsc ? "x86-tsc" : "local",
			      .trace_id = ids[0],
			      .tsc2nsec = o->tsc && o->tsc2nsec,
			      .mult = 825955249,
			      .shift = 31,
			      .arm = o->isa == SIM_ARM64,
			      .guests_nr = o->guest_option ? o->guests : 0,
			      .vcpus_nr = o->vcpus,
			      .guest_ids = ids + 1 };
	char name[4096];
	unsigned int i;
	bool good = false;

	if (tids && comms) {
		for (i = 0; i < w->threads_nr; i++) {
			tids[i] = w->threads[i].tid;
			(void)snprintf(comms[i], sizeof(comms[i]), "CPU %u/KVM",
				       w->threads[i].vcpu % 1000);
		}
		m.tids = tids;
		m.comms_nr = w->threads_nr;
		m.comm_tids = tids;
		m.comms = (const char(*)[16])comms;
		(void)snprintf(name, sizeof(name), "%s.dat", path);
		good = sim_file_write(&w->host, name, &m);
	}
	free(tids);
	free(comms);
	return good;
}

static void world_free(struct world *w)
{
	free(w->threads);
	free(w->free_ns);
	free(w->lost_from_ns);
	free(w->lost_to_ns);
	free(w->wander);
	if (w->pairs)
		(void)fclose(w->pairs);
}

void sim_opts_default(struct sim_opts *o)
{
	*o = (struct sim_opts){ .seed = 1,
				.pcpus = 4,
				.guests = 1,
				.vcpus = 2,
				.seconds = 2.0,
				.stretch_us = 30.0,
				.idle_share = 0.15,
				.idle_us = 800.0,
				.isa = SIM_VMX,
				.tsc = true,
				.host_start_raw = INT64_C(5000000000000),
				.offset_raw = INT64_C(4000000000000),
				.quiet_share = 0.2,
				.sync = SIM_SYNC_KVM,
				.samples_nr = 2,
				.scaling = 1,
				.version = 7,
				.guest_option = true };
}

bool sim_world_write(const struct sim_opts *o, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	uint64_t ids[SIM_GUESTS_MAX + 1];
	struct world w;
	char name[4096];
	double end_ns = o->seconds * 1e9;
	unsigned int i;
	bool good;

	good = world_new(&w, o);
	(void)snprintf(name, sizeof(name), "%s.pairs", path);
	w.pairs = good ? fopen(name, "w") : NULL;
	good = good && w.pairs;
	if (!good) {
		world_free(&w);
		return false;
	}
	for (i = 0; i <= o->guests; i++)
		ids[i] = rnd(&w) | 1;
	for (;;) {
		struct thread *t = next_thread(&w);

		if (t->ready_ns >= end_ns)
			break;
		if (o->events_max && w.host.events_nr >= o->events_max) {
			end_ns = t->ready_ns;
			break;
		}
		run_stretch(&w, t);
	}
	good = write_guests(&w, path, ids, end_ns) && write_host(&w, path, ids);
	(void)snprintf(name, sizeof(name), "%s.truth.json", path);
	good = good && truth_write(&w, name, base, end_ns);
	world_free(&w);
	return good;
}
