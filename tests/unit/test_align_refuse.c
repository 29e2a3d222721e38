// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Worlds that alignment must refuse, or else get right: it may not know, but it may not be sure and
 * wrong.
 */
#include "unit.h"

#include "align_world.h"
#include "core/base/util.h"

/* Of each kind of world; a longer look asks for more with -DSEEDS=. */
#ifndef SEEDS
#define SEEDS 2u
#endif

static bool is_sure(const struct vms_align_vcpu *v)
{
	/*
	 * a recorded shift that nothing contradicts is left as it is, with the little confidence it
	 * deserves
	 */
	return v->start != VMS_ALIGN_NONE && !v->ambiguous &&
	       (v->start != VMS_ALIGN_RECORDED || v->confidence > 0.5);
}

/*
 * Return: vCPUs that alignment is sure of. Being sure and wrong fails the test, as does a sure
 * comb.
 */
static unsigned int honest(const struct align_recipe *r, const struct align_world *w,
			   bool may_be_sure)
{
	const int64_t near = VMS_MAX(8000, (int64_t)(r->stretch_us * US));
	struct vms_align *a = NULL;
	struct vms_err err = { 0 };
	unsigned int c, sure = 0;

	assert_int_equal(vms_align_guest(&a, &w->t, 0, &w->st, NULL, &err), 0);
	for (c = 0; c < r->cpus; c++) {
		const struct vms_align_vcpu *v = &a->vcpus[c];

		if (v->ambiguous)
			assert_true(v->confidence <= 0.5);
		if (!is_sure(v))
			continue;
		sure++;
		if (!may_be_sure || v->thread != &w->threads[c] ||
		    align_error_raw(w, r, a, c) >= near)
			fail_msg("seed %u, period %.0f us, jitter %.0f us, vCPU %u: sure "
				 "(confidence %.2f, %s, "
				 "%u of %u outside), off by %lld",
				 r->seed, r->period_us, r->jitter_us, c, v->confidence, v->how,
				 v->outside_nr, v->checkable_nr,
				 (long long)align_error_raw(w, r, a, c));
	}
	vms_align_free(a);
	return sure;
}

static unsigned int honest_world(const struct align_recipe *r, bool may_be_sure)
{
	struct align_world w;
	unsigned int sure;

	align_world_make(&w, r);
	sure = honest(r, &w, may_be_sure);
	align_world_free(&w);
	return sure;
}

static const double periods_us[] = { 250.0, 1000.0, 10000.0, 100000.0 };

/* The tick sets off everything: every multiple of its period fits equally well. */
TEST(combs)
{
	uint32_t seed;
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(periods_us); i++) {
		for (seed = 0; seed < SEEDS; seed++) {
			struct align_recipe r = align_usual;

			r.seed = seed;
			r.cpus = 1 + (seed & 1);
			r.period_us = periods_us[i];
			r.stretch_us = VMS_MIN(r.period_us / 5.0, 80.0);
			r.seconds = VMS_MAX(1.0, 300.0 * r.period_us * 1e-6);
			r.tick = (seed + i) & 1;
			r.map = !(seed & 2);
			(void)honest_world(&r, false);
		}
	}
}

/* A tick that comes at times a little off may give itself away. */
TEST(combs_with_jitter)
{
	static const double jitters_us[] = { 1.0, 10.0, 30.0, 100.0 };
	unsigned int sure = 0;
	uint32_t seed;
	size_t i, k;

	for (i = 1; i < 3; i++) {
		for (k = 0; k < VMS_ARRAY_NR(jitters_us); k++) {
			for (seed = 0; seed < SEEDS; seed++) {
				struct align_recipe r = align_usual;

				r.seed = seed;
				r.cpus = 1;
				r.period_us = periods_us[i];
				r.jitter_us = jitters_us[k];
				r.stretch_us = 30.0;
				r.seconds = VMS_MAX(1.0, 300.0 * r.period_us * 1e-6);
				r.tick = (seed + k) & 1;
				sure += honest_world(&r, true);
			}
		}
	}
	assert_true(sure > 0);
}

/*
 * What is recorded is wrong by two thirds of a tick, and the nearest tooth of the comb is another
 * one.
 */
TEST(combs_with_wrong_record)
{
	uint32_t seed;

	for (seed = 0; seed < SEEDS; seed++) {
		struct align_recipe r = align_usual;

		r.seed = seed;
		r.period_us = 1000.0;
		r.stretch_us = 80.0;
		r.seconds = 2.0;
		r.recorded = true;
		r.recorded_error_raw = seed & 1 ? 666000 : -666000;
		(void)honest_world(&r, false);
	}
}

TEST(few_events)
{
	static const double shares[] = { 0.01, 0.04, 0.12 };
	uint32_t seed;
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(shares); i++) {
		for (seed = 0; seed < 2 * SEEDS; seed++) {
			struct align_recipe r = align_usual;

			r.seed = seed;
			r.tick = seed & 1;
			/* a while of host, of which the guest recorded little */
			r.seconds = 0.5;
			r.keep_from = 0.4;
			r.keep_to = 0.4 + shares[i];
			(void)honest_world(&r, true);
			r.unrelated = true;
			(void)honest_world(&r, false);
		}
	}
}

/* Without gaps nothing contradicts any offset. */
TEST(always_in_the_guest)
{
	uint32_t seed;

	for (seed = 0; seed < SEEDS; seed++) {
		struct align_recipe r = align_usual;

		r.seed = seed;
		r.tick = seed & 1;
		r.seconds = 2.0;
		r.per_stretch = 3.0;
		r.gap_us = 0.05;
		r.stretch_us = 2000.0;
		(void)honest_world(&r, true);
		r.period_us = 1000.0;
		r.stretch_us = 998.0;
		(void)honest_world(&r, false);
		r.period_us = 0.0;
		r.stretch_us = 1e9;
		(void)honest_world(&r, false);
	}
}

/* Guest and host of runs that have nothing to do with each other. */
TEST(unrelated_runs)
{
	static const double gaps_us[] = { 300.0, 900.0 };
	uint32_t seed;
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(gaps_us); i++) {
		for (seed = 0; seed < SEEDS; seed++) {
			struct align_recipe r = align_usual;

			r.seed = seed;
			r.unrelated = true;
			r.gap_us = gaps_us[i];
			r.tick = seed & 1;
			r.recorded = i;
			r.map = !i;
			r.seconds = 0.6;
			(void)honest_world(&r, false);
		}
	}
}

/* The guest was recorded when the host no longer was, or hardly. */
TEST(another_time)
{
	static const double from[] = { 0.6, 0.46 };
	uint32_t seed;
	size_t i;
	unsigned int c;

	for (i = 0; i < VMS_ARRAY_NR(from); i++) {
		for (seed = 0; seed < SEEDS; seed++) {
			struct align_recipe r = align_usual;
			struct align_world w;

			r.seed = seed;
			r.tick = seed & 1;
			r.map = i & 1;
			r.cpus = 1;
			r.seconds = 0.8;
			r.gap_us = 400.0;
			r.keep_from = from[i];
			r.keep_to = 1.0;
			align_world_make(&w, &r);
			for (c = 0; c < r.cpus; c++)
				w.threads[c].stretches_nr /= 2;
			(void)honest(&r, &w, from[i] < 0.5);
			align_world_free(&w);
		}
	}
}

/* Times that say hardly anything, with a recorded shift that is wrong by seconds or none. */
TEST(what_cannot_be_told)
{
	static const struct {
		double stretch_us, gap_us, period_us, per_stretch;
	} kinds[] = {
		/* combs, one of them half in the guest */
		{ 60.0, 0.0, 4000.0, 1.0 },
		{ 500.0, 0.0, 1000.0, 1.0 },
		{ 80.0, 120.0, 0.0, 0.0008 },
		{ 80.0, 120.0, 0.0, 0.0004 }, /* a few events */
		/* always in the guest */
		{ 20000.0, 0.4, 0.0, 40.0 },
	};
	uint32_t seed;
	size_t k;

	for (k = 0; k < VMS_ARRAY_NR(kinds); k++) {
		for (seed = 1; seed <= 2 * SEEDS; seed++) {
			struct align_recipe r = align_usual;

			r.seed = seed;
			r.seconds = 1.5;
			r.stretch_us = kinds[k].stretch_us;
			r.gap_us = kinds[k].gap_us;
			r.period_us = kinds[k].period_us;
			r.per_stretch = kinds[k].per_stretch;
			r.tick = k & 1;
			r.cpus = 1 + seed % 2;
			r.map = seed % 3 != 0;
			r.recorded = seed > SEEDS;
			r.recorded_error_raw = 2000000000;
			(void)honest_world(&r, false);
		}
	}
}

UNIT_MAIN(NULL, NULL)
