// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Verdicts on sequences against worlds in which they are made causal, ambiguous, by chance, loose,
 * unstable or false; and the interval of the least true delay against the truth.
 */
#include "unit.h"

#include <math.h>

#include <vmsync/fitness.h>
#include <vmsync/io/open.h>
#include <vmsync/thesis.h>

#include "core/base/order.h"
#include "world.h"

#define WORLDS_NR 50u
#define STRETCHES_NR 400
#define TID 100

/* How a world's sequence is made, and the word that it must get. */
enum kind { CAUSAL, AMBIGUOUS, CHANCE, LOOSE, UNSTABLE, FALSE_KEY, FEW, KINDS_NR };
static const enum vms_fit word[KINDS_NR] = {
	[CAUSAL] = VMS_FIT_SYNC_POINT, [AMBIGUOUS] = VMS_FIT_BOUND_ONLY,
	[CHANCE] = VMS_FIT_BY_CHANCE,  [LOOSE] = VMS_FIT_BOUND_ONLY,
	[UNSTABLE] = VMS_FIT_UNSTABLE, [FALSE_KEY] = VMS_FIT_UNFIT,
	[FEW] = VMS_FIT_TOO_FEW,
};

/* The guest says which timer it starts before it leaves, and what it wrote after it is back. */
static const char *const sequences[] = {
	"sequence out\n	direction guest-to-host\n	take last\n	guest hrtimer_start\n"
	"	host kvm_exit isa=vmx reason=32\n"
	"sequence back\n	direction host-to-guest\n	take first\n	guest write_msr\n"
	"	host kvm_entry isa=vmx reason=32\n	key val = kvm_msr.data\n",
};

/* Both sequences, of one world: host = guest + offset + drift * guest. */
struct made {
	struct world *wh, *wg;
	struct vms_stream host, guest;
	struct vms_guest g;
	struct vms_trace trace;
	struct vms_session *session;
	struct vms_fitness_list *list;
	int64_t offset;
	double drift;
};

static uint64_t seed;

static double uniform(void)
{
	return ((double)(vms_order_random(&seed) >> 11) + 0.5) * 0x1p-53;
}

static double exponential(double mean)
{
	return -mean * log(uniform());
}

/* ns from the guest's event to the exit, or from the entry to the guest's event. */
static int64_t delay_of(enum kind kind, double done)
{
	const double tail = uniform() < 0.03 ? uniform() * 10000.0 : 0.0;
	const double level = kind == UNSTABLE && done > 0.6 ? 2200.0 : 700.0;

	return (int64_t)(level + tail + exponential(kind == LOOSE ? 6000.0 : 120.0));
}

/* Whether the guest starts a timer, and whether that, or something else, makes it leave by 32. */
static void causes(enum kind kind, bool *starts, bool *leaves)
{
	*starts = uniform() < (kind == FEW ? 0.03 : 0.3);
	switch (kind) {
	case AMBIGUOUS: *leaves = uniform() < (*starts ? 0.6 : 0.15); break;
	case CHANCE: *leaves = uniform() < 0.9; break;
	case CAUSAL:
	case LOOSE:
	case UNSTABLE:
	case FALSE_KEY:
	case FEW:
	case KINDS_NR:
	default: *leaves = *starts;
	}
}

static int64_t guest_time(const struct made *m, int64_t host)
{
	return (int64_t)floor((double)(host - m->offset) / (1.0 + m->drift));
}

static void guest_adds(struct made *m, int64_t host, const char *name, const char *fields)
{
	(void)world_add(m->wg, 0, guest_time(m, host), 1, name, fields);
}

static void play(struct made *m, enum kind kind)
{
	int64_t at = m->offset + 5000000;
	bool wrote = false;
	char fields[80];
	int k, wrote_nr = 0;

	for (k = 0; k < STRETCHES_NR; k++) {
		const double done = (double)k / STRETCHES_NR;
		const bool differs = kind == FALSE_KEY && wrote && wrote_nr++ % 20 == 7;
		bool starts, leaves;
		int64_t first = at + delay_of(kind, done), out, leave;

		causes(kind, &starts, &leaves);
		out = first + 2000 + (int64_t)exponential(10000.0);
		leave = out + delay_of(kind, done);
		(void)world_add(m->wh, 0, at, TID, "kvm_entry", "vcpu_id=0");
		(void)snprintf(fields, sizeof(fields), "msr=1760 val=%d", 1000 + k + differs);
		guest_adds(m, first, wrote ? "write_msr" : "sched_waking", wrote ? fields : "");
		guest_adds(m, out, starts ? "hrtimer_start" : "softirq_entry", "");
		(void)snprintf(fields, sizeof(fields), "exit_reason=%d isa=1 vcpu_id=0",
			       leaves ? 32 : 30);
		(void)world_add(m->wh, 0, leave, TID, "kvm_exit", fields);
		(void)snprintf(fields, sizeof(fields), "write=1 ecx=1760 data=%d", 1001 + k);
		if (leaves)
			(void)world_add(m->wh, 0, leave + 100, TID, "kvm_msr", fields);
		wrote = leaves && kind != CHANCE;
		at = leave + 3000 + (int64_t)exponential(40000.0);
	}
}

static void make(struct made *m, enum kind kind)
{
	const bool tsc = uniform() < 0.5;
	struct vms_line near = { 0 };
	const struct vms_session_opts opts = {
		.sequence_texts = sequences,
		.sequence_texts_nr = 1,
		.align = { .drift_max = 500e-6, .user = &near, .user_only = true },
	};
	struct vms_err err = { 0 };

	*m = (struct made){ .wh = world_new(1), .wg = world_new(1) };
	m->offset = 1000000000 + (int64_t)(uniform() * 1e9);
	m->drift = tsc ? 0.0 : (uniform() - 0.5) * 20e-6;
	near.offset_raw = m->offset;
	play(m, kind);
	m->host = *world_stream(m->wh);
	m->guest = *world_stream(m->wg);
	m->host.name = "host";
	m->guest.name = "vm1";
	if (tsc)
		m->host.clock = m->guest.clock = (struct vms_clock){
			.name = "x86-tsc", .ns_per_unit = 1.0, .rate_from = VMS_RATE_TSC2NSEC
		};
	m->g.stream = &m->guest;
	m->trace = (struct vms_trace){ .host = &m->host, .guests = &m->g, .guests_nr = 1 };
	assert_int_equal(vms_session_new(&m->session, &m->trace, &opts, &err), 0);
	assert_int_equal(vms_fitness_session(&m->list, m->session, true, NULL, &err), 0);
}

static void unmake(struct made *m)
{
	vms_fitness_list_free(m->list);
	vms_session_free(m->session);
	world_free(m->wh);
	world_free(m->wg);
}

static const struct vms_fitness *fitness_of(const struct made *m, const char *name)
{
	const int seq = vms_sequence_find(vms_session_catalogue(m->session), name);

	assert_true(seq >= 0);
	return &m->list->of_guest[seq];
}

/* Under the true offset, of the pairs that a candidate is made of: all models pair alike here. */
static double least_true(const struct made *m, const char *name)
{
	const int seq = vms_sequence_find(vms_session_catalogue(m->session), name);
	double least = HUGE_VAL;
	uint32_t i;

	for (i = 0; i < vms_session_candidates_nr(m->session); i++) {
		const struct vms_candidate *c = vms_session_candidate(m->session, i);
		const double delay = (double)c->pair.host_raw - (double)m->offset -
				     (double)c->pair.guest_raw * (1.0 + m->drift);

		if (c->pair.seq == seq)
			least = fmin(least, c->pair.dir == VMS_GUEST_TO_HOST ? delay : -delay);
	}
	return least;
}

static void assert_holds(const struct made *m, const char *name, unsigned int world)
{
	const struct vms_fitness *f = fitness_of(m, name);
	const double truth = least_true(m, name);

	/* times are whole, and guest times rounded down */
	if (f->delays_nr && f->delays_nr == f->pairs_nr &&
	    !(f->least_true_ns.lo <= truth + 1.5 && truth - 1.5 <= f->least_true_ns.hi))
		fail_msg("world %u, %s: %f is not in [%f, %f]", world, name, truth,
			 f->least_true_ns.lo, f->least_true_ns.hi);
}

/* 99 in 100; the interval holds the truth in all. */
TEST(verdicts_are_those_of_how_it_was_made)
{
	unsigned int kind, world, wrong[KINDS_NR] = { 0 }, wrong_nr = 0;

	for (kind = 0; kind < KINDS_NR; kind++)
		for (world = 0; world < WORLDS_NR; world++) {
			const char *name = kind == FALSE_KEY ? "back" : "out";
			struct made m;

			seed = kind * 1000 + world;
			make(&m, (enum kind)kind);
			wrong[kind] += fitness_of(&m, name)->fit != word[kind];
			assert_holds(&m, "out", world);
			assert_holds(&m, "back", world);
			assert_holds(&m, "stretch-first", world);
			assert_holds(&m, "stretch-last", world);
			unmake(&m);
		}
	for (kind = 0; kind < KINDS_NR; kind++) {
		wrong_nr += wrong[kind];
		if (wrong[kind])
			print_message("kind %u: %u of %u wrong\n", kind, wrong[kind], WORLDS_NR);
	}
	assert_true(wrong_nr <= WORLDS_NR * KINDS_NR / 100);
}

static void assert_figures(const struct vms_fitness *a, const struct vms_fitness *b)
{
	assert_memory_equal(&a->counts, &b->counts, sizeof(a->counts));
	assert_int_equal(a->pairs_nr, b->pairs_nr);
	assert_int_equal(a->delays_nr, b->delays_nr);
	assert_int_equal(a->impossible_nr, b->impossible_nr);
	assert_memory_equal(&a->precision, &b->precision,
			    offsetof(struct vms_fitness, thirds) -
				    offsetof(struct vms_fitness, precision));
	assert_memory_equal(a->hist, b->hist, sizeof(a->hist));
	assert_int_equal(a->fit, b->fit);
}

/*
 * Pairs that the session formed say what those of a walk of its own under the band do, and a model
 * that puts events elsewhere changes nothing.
 */
TEST(whatever_is_in_force_figures_are_the_bands)
{
	static const enum vms_by in_force[] = { VMS_BY_BAND, VMS_BY_MEAN, VMS_BY_BAND };
	unsigned int i, world, seq, elsewhere_nr = 0;
	struct vms_err err;

	for (world = 0; world < 6; world++) {
		struct vms_fitness *of;
		struct vms_catalogue own;
		struct made m;

		seed = 77000 + world;
		make(&m, world % 2 ? CAUSAL : LOOSE);
		own = *vms_session_catalogue(m.session);
		of = calloc(own.seqs_nr, sizeof(*of));
		assert_non_null(of);
		assert_int_equal(vms_fitness_guest(of, m.session, 0, &own, NULL, &err), 0);
		for (i = 0; i < 3; i++) {
			(void)vms_session_set_model(m.session, in_force[i], &err);
			assert_int_equal(vms_session_model(m.session), in_force[i]);
			elsewhere_nr += !vms_session_track(m.session, 0)->as_band;
			if (in_force[i] == VMS_BY_BAND)
				assert_true(vms_session_track(m.session, 0)->as_band);
			vms_fitness_list_free(m.list);
			assert_int_equal(vms_fitness_session(&m.list, m.session, true, NULL, &err),
					 0);
			for (seq = 0; seq < own.seqs_nr; seq++) {
				assert_figures(&of[seq], &m.list->of_guest[seq]);
				assert_figures(&of[seq], &m.list->of_track[seq]);
			}
		}
		for (seq = 0; seq < own.seqs_nr; seq++)
			vms_fitness_clear(&of[seq]);
		free(of);
		unmake(&m);
	}
	assert_true(elsewhere_nr > 0);
}

static void assert_delays(const struct vms_thesis_delays *d, uint32_t nr, float mean,
			  float variance, float sd)
{
	assert_int_equal(d->nr, nr);
	assert_true(d->mean == mean && d->variance == variance && d->sd == sd);
}

/* What trace-checker (commit 9346773) prints of these files with libkshark 2.3. */
TEST(the_thesis_measure_is_its_programs)
{
	struct vms_trace *trace = NULL;
	struct vms_thesis all, guest;
	struct vms_err err;
	char path[512];
	const char *file = unit_recording("01-demo.dat", path, sizeof(path));

	if (!file)
		skip();
	assert_int_equal(vms_trace_open(&trace, &file, 1, NULL, NULL, &err), 0);
	assert_int_equal(trace->guests_nr, 1);
	assert_int_equal(vms_thesis_measure(&all, &guest, trace, &err), 0);
	assert_int_equal(all.events, 39195);
	assert_int_equal(all.host_inside, 4033);
	assert_int_equal(all.guest_outside, 0);
	assert_delays(&all.timer, 746, 142490.296875f, 13392877568.0f, 115727.601562f);
	assert_delays(&all.idle, 510, 107665.164062f, 241073750016.0f, 490992.625f);
	assert_delays(&guest.idle, 510, 107665.164062f, 241073750016.0f, 490992.625f);
	vms_trace_free(trace);
}

UNIT_MAIN(NULL, NULL)
