// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * V(o) of the session against its own exact counts, near (all events counted) and far (a sample).
 */
#include "app_fixture.h"

#include <math.h>

TEST(model_itself_is_in_the_middle)
{
	struct fixture f;
	unsigned int i;

	fixture_open(&f, "06b-wrong-2s.dat", NULL);
	for (i = 0; i < vms_session_tracks_nr(f.session); i++) {
		const struct vms_track *t = vms_session_track(f.session, i);
		struct vms_sweep *w = NULL;

		assert_int_equal(vms_session_sweep(&w, f.session, i, 1000, 50, NULL), 0);
		assert_int_equal(w->nr, 101);
		assert_int_equal(w->every, 1);
		assert_int_equal(w->from_raw, -50 * w->step_raw);
		assert_true(w->step_raw * 50 >= 1000);
		assert_int_equal(w->outside[50], t->in_force.guest_outside);
		vms_sweep_free(w);
	}
	fixture_close(&f);
}

/* The sample may be off by what a sample of 2000 can be off: five times its standard error. */
TEST(sample_is_near_the_exact_count)
{
	struct vms_sweep *far = NULL, *exact = NULL;
	const struct vms_track *t;
	const struct vms_cpu *c;
	struct fixture f;
	int64_t half;
	uint32_t i;

	fixture_open(&f, "02-local-ptp.dat", NULL);
	t = vms_session_track(f.session, 0);
	c = &f.trace->guests[t->guest].stream->cpus[t->cpu_idx];
	assert_int_equal(vms_session_sweep(&far, f.session, 0, 500000000, 20, NULL), 0);
	assert_true(far->every > 1);
	half = -far->from_raw;
	assert_int_equal(vms_sweep_build(&exact, c, t->thread, vms_session_map(f.session, t->guest),
					 t->cpu_idx, -half, half, far->nr, NULL),
			 0);
	assert_int_equal(exact->step_raw, far->step_raw);
	for (i = 0; i < far->nr; i++) {
		const double part = (double)exact->outside[i] / c->nr;
		const double error = (double)far->outside[i] * far->every / c->nr - part;

		assert_true(fabs(error) <= 5.0 * sqrt(part * (1.0 - part) * far->every / c->nr) +
						   2.0 * far->every / c->nr);
	}
	assert_int_equal(far->outside[20], t->in_force.guest_outside / far->every);
	vms_sweep_free(exact);
	vms_sweep_free(far);
	fixture_close(&f);
}

TEST(nonsense_is_refused)
{
	struct vms_sweep *w = NULL;
	struct fixture f;

	fixture_open(&f, "01-demo.dat", NULL);
	assert_int_equal(vms_session_sweep(&w, f.session, 99, 1000, 50, NULL), -VMS_EUSAGE);
	assert_int_equal(vms_session_sweep(&w, f.session, 0, 0, 50, NULL), -VMS_EUSAGE);
	assert_int_equal(vms_session_sweep(&w, f.session, 0, 1000, 0, NULL), -VMS_EUSAGE);
	assert_int_equal(vms_session_sweep(&w, f.session, 0, INT64_MAX, 50, NULL), -VMS_EUSAGE);
	assert_null(w);
	fixture_close(&f);
}

UNIT_MAIN(NULL, NULL)
