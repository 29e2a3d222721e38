// SPDX-License-Identifier: LGPL-2.1-or-later
/* The session on recordings: fits over a span of time, clocks against each other. */
#include "app_fixture.h"

#include <math.h>

#include <vmsync/clocks.h>

static double offset_of(const struct vms_model_result *r)
{
	return (double)r->offset_raw + r->offset_frac;
}

/* A span that holds everything gives what the track has; the whole's mean lies between those of halves. */
static void spans_add_up(void **state)
{
	const struct vms_estimator *e;
	struct fixture f;
	unsigned int i;

	(void)state;
	if (!fixture_open(&f, "01-demo.dat", NULL))
		skip();
	for (i = 0; i < vms_session_tracks_nr(f.session); i++) {
		const uint32_t half = vms_session_candidates_nr(f.session) / 2;
		const int64_t middle = vms_session_candidate(f.session, half)->pair.host_raw;
		const enum vms_basis basis = VMS_OVER_NOT_REJECTED;
		struct vms_model_result all, a, b;

		for (e = vms_estimators(); e->name; e++) {
			const struct vms_model_result *whole = vms_session_result(f.session, i, e->name, basis);

			assert_int_equal(vms_session_fit_span(&all, f.session, i, e->name, basis, INT64_MIN, INT64_MAX, NULL), 0);
			assert_int_equal(all.available, whole->available);
			assert_int_equal(all.residual_ns.n, whole->residual_ns.n);
			assert_true(fabs(offset_of(&all) - offset_of(whole)) < 1.0); /* a clock that cannot drift */
		}
		assert_int_equal(vms_session_fit_span(&all, f.session, i, "mean", basis, INT64_MIN, INT64_MAX, NULL), 0);
		assert_int_equal(vms_session_fit_span(&a, f.session, i, "mean", basis, INT64_MIN, middle, NULL), 0);
		assert_int_equal(vms_session_fit_span(&b, f.session, i, "mean", basis, middle + 1, INT64_MAX, NULL), 0);
		assert_true(a.residual_ns.n > 0 && b.residual_ns.n > 0);
		assert_int_equal(a.residual_ns.n + b.residual_ns.n, all.residual_ns.n);
		assert_true(offset_of(&all) > fmin(offset_of(&a), offset_of(&b)) - 1.0);
		assert_true(offset_of(&all) < fmax(offset_of(&a), offset_of(&b)) + 1.0);
	}
	fixture_close(&f);
}

static void a_span_without_pairs_says_so(void **state)
{
	struct vms_model_result r;
	struct fixture f;

	(void)state;
	if (!fixture_open(&f, "01-demo.dat", NULL))
		skip();
	assert_int_equal(vms_session_fit_span(&r, f.session, 0, "median", VMS_OVER_NOT_REJECTED, 1, 2, NULL), 0);
	assert_false(r.available);
	assert_true(r.why_not[0] != '\0');
	assert_int_equal(vms_session_fit_span(&r, f.session, 0, "recorded", VMS_OVER_NOT_REJECTED, 1, 2, NULL), -VMS_EUSAGE);
	assert_int_equal(vms_session_fit_span(&r, f.session, 99, "median", VMS_OVER_NOT_REJECTED, 1, 2, NULL), -VMS_EUSAGE);
	fixture_close(&f);
}

/* What fits all is what fits each: the parts' bands at that time, intersected by hand. */
static void what_fits_all_fits_each(void **state)
{
	static const struct {
		const char *name;
		bool fits;
	} cases[] = { { "01-demo.dat", true }, { "06b-wrong-2s.dat", true }, { "13-per-vcpu-offset.dat", false } };
	unsigned int i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t lo = INT64_MIN, hi = INT64_MAX;
		struct vms_clocks *c = NULL;
		unsigned int bounds = 0;
		struct fixture f;

		if (!fixture_open(&f, cases[i].name, NULL))
			skip();
		assert_int_equal(vms_clocks_build(&c, f.session, 0, NULL, NULL), 0);
		for (k = 0; k < c->parts_nr; k++) {
			const struct vms_clock_part *p = &c->parts[k];
			const struct vms_track *t = vms_session_track(f.session, p->track);

			if (p->pcpu < 0) {
				lo = p->lo_raw > lo ? p->lo_raw : lo;
				hi = p->hi_raw < hi ? p->hi_raw : hi;
				assert_int_equal(p->lo_raw, t->band->segs[0].lo_raw);
				assert_int_equal(p->hi_raw, t->band->segs[0].hi_raw);
				bounds = 0;
				continue;
			}
			/* a part of the constraints cannot say more than all of them */
			assert_true(p->lo_raw <= t->band->segs[0].lo_raw && p->hi_raw >= t->band->segs[0].hi_raw);
			bounds += p->bounds_nr;
			if (k + 1 == c->parts_nr || c->parts[k + 1].pcpu < 0)
				assert_int_equal(bounds, t->cons->lower_nr + t->cons->upper_nr);
		}
		assert_int_equal(c->vcpus.lo_raw, lo);
		assert_int_equal(c->vcpus.hi_raw, hi);
		assert_int_equal(lo <= hi, cases[i].fits);
		vms_clocks_free(c);
		fixture_close(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_add_up),
		cmocka_unit_test(a_span_without_pairs_says_so),
		cmocka_unit_test(what_fits_all_fits_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
