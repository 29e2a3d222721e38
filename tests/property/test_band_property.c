// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The band against the truth in random worlds, and against slow and obvious computations on few
 * points.
 */
#include "bounds.h"

#include <math.h>

#include <vmsync/band.h>

#include "core/bound/hull.h"
#include "core/bound/segment.h"
#include "core/base/util.h"

static uint64_t seed = 1;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static int64_t below(int64_t n)
{
	return (int64_t)(rnd() % (uint64_t)n);
}

static double uniform(void)
{
	return (double)(rnd() >> 11) * 0x1p-53;
}

static double skewed(double least, double scale)
{
	return least - scale * log(1.0 - uniform());
}

#define STRETCHES_MAX 4000

/* A world: stretches with a first and a last guest event, delays, and the offset of each event. */
struct world {
	struct vms_point lower[STRETCHES_MAX], upper[STRETCHES_MAX];
	double truth[2 * STRETCHES_MAX]; /* by event */
	int64_t x[2 * STRETCHES_MAX];
	uint32_t nr;
	double min_in, min_out;
};

struct clocks {
	int64_t from_raw;
	double span_raw, offset, drift, curve; /* curve: the drift swings by it with a period */
	double period_raw;
	double step, step_at;	    /* [raw], part of the trace */
	double kink[4], kink_at[4]; /* changes of the rate; parts of the trace */
};

static double offset_at(const struct clocks *k, double x)
{
	const double w = k->period_raw > 0.0 ? 2 * 3.14159265358979 / k->period_raw : 0.0;
	const double swing = w > 0.0 ? k->curve * (1.0 - cos(w * x)) / w : 0.0;

	double bent = 0.0;
	int i;

	for (i = 0; i < 4; i++)
		bent += k->kink[i] * fmax(0.0, x - k->kink_at[i] * k->span_raw);
	return k->offset + k->drift * x + swing + bent +
	       (x >= k->step_at * k->span_raw ? k->step : 0.0);
}

static struct world *world_of(const struct clocks *k, uint32_t nr, double in_least,
			      double out_least)
{
	struct world *w = calloc(1, sizeof(*w));
	uint32_t i;

	assert_non_null(w);
	w->nr = nr;
	w->min_in = w->min_out = HUGE_VAL;
	for (i = 0; i < nr; i++) {
		const double x0 = (i + 0.4 * uniform()) * k->span_raw / nr;
		const double x1 = x0 + 0.4 * uniform() * k->span_raw / nr;
		const double in = skewed(in_least, in_least), out = skewed(out_least, out_least);
		const double t[2] = { offset_at(k, floor(x0)), offset_at(k, floor(x1)) };

		w->x[2 * i] = k->from_raw + (int64_t)x0;
		w->x[2 * i + 1] = k->from_raw + (int64_t)x1;
		w->truth[2 * i] = t[0];
		w->truth[2 * i + 1] = t[1];
		w->lower[i] =
			(struct vms_point){ w->x[2 * i], (int64_t)floor(t[0] - in), 2 * i, i };
		w->upper[i] = (struct vms_point){ w->x[2 * i + 1], (int64_t)ceil(t[1] + out),
						  2 * i + 1, i };
		w->min_in = fmin(w->min_in, in);
		w->min_out = fmin(w->min_out, out);
	}
	return w;
}

static struct vms_band *band_of(struct world *w, const struct vms_band_opts *o)
{
	struct bounds *bounds = bounds_of(w->lower, w->nr, w->upper, w->nr);
	struct vms_band *b = NULL;
	struct vms_err err = { .code = 0 };

	assert_int_equal(vms_band_build(&b, &bounds->cons, o, &err), 0);
	bounds_free(bounds);
	return b;
}

/* Every event that a segment covers has its true offset inside the band. Return: mean width */
static double truth_is_inside(const struct world *w, const struct vms_band *b)
{
	double width = 0.0;
	uint32_t e;

	for (e = 0; e < 2 * w->nr; e++) {
		const struct vms_band_segment *s = vms_band_segment_of(b, e);
		int64_t lo, hi;

		assert_non_null(s);
		vms_band_at(s, w->x[e], &lo, &hi);
		width += ((double)hi - (double)lo) / (2 * w->nr);
		if (e < s->from_event || e > s->to_event)
			continue;
		if (w->truth[e] < (double)lo || w->truth[e] > (double)hi)
			fail_msg("event %u: truth %.1f outside [%lld, %lld], segment %u-%u of %u",
				 e, w->truth[e], (long long)lo, (long long)hi, s->from_event,
				 s->to_event, b->segs_nr);
	}
	return width;
}

TEST(test_constant_worlds)
{
	const struct vms_band_opts o = { .constant = true, .step_penalty = 8 };
	int round;

	for (round = 0; round < 200; round++) {
		struct clocks k = { .from_raw = below(INT64_C(1) << 50),
				    .span_raw = 3e10,
				    .offset = (double)below(INT64_C(1) << 50),
				    .step_at = 2.0 };
		struct world *w;
		struct vms_band *b;

		seed = (uint64_t)round * 7919 + 1;
		w = world_of(&k, 50 + (uint32_t)below(1000), skewed(0, 1000), skewed(0, 1000));
		b = band_of(w, &o);
		assert_int_equal(b->segs_nr, 1);
		assert_int_equal(b->violations, 0);
		(void)truth_is_inside(w, b);
		/* The information limit, each end rounded outwards to a unit. */
		assert_true((double)(b->segs[0].hi_raw - b->segs[0].lo_raw) <=
			    w->min_in + w->min_out + 2.0);
		vms_band_free(b);
		free(w);
	}
}

TEST(test_line_worlds)
{
	const struct vms_band_opts o = { .drift_max = 500e-6, .slack_raw = 1, .step_penalty = 8 };
	double ratio[200];
	int round, wide = 0;

	for (round = 0; round < 200; round++) {
		struct clocks k = { .span_raw = 1e9 * (1.0 + 60.0 * uniform()), .step_at = 2.0 };
		struct world *w;
		struct vms_band *b;

		seed = (uint64_t)round * 104729 + 11;
		k.from_raw = below(INT64_C(1) << 55);
		k.offset = 1e9 * uniform();
		k.drift = 900e-6 * (uniform() - 0.5);
		w = world_of(&k, 200 + (uint32_t)below(3000), 500, 800);
		b = band_of(w, &o);
		assert_int_equal(b->segs_nr, 1);
		assert_int_equal(b->violations, 0);
		assert_true(b->segs[0].drift_lo <= k.drift && k.drift <= b->segs[0].drift_hi);
		ratio[round] = truth_is_inside(w, b) / (w->min_in + w->min_out);
		wide += ratio[round] > 1.5;
		vms_band_free(b);
		free(w);
	}
	assert_true(wide < 100);
}

TEST(test_wandering_worlds)
{
	struct vms_band_opts o = { .drift_max = 500e-6, .slack_raw = 1, .step_penalty = 8 };
	int round, wide = 0;

	for (round = 0; round < 200; round++) {
		struct clocks k = { .span_raw = 60e9, .step_at = 2.0, .offset = 5e9 };
		const double wander = 1e-18 * (1.0 + 99.0 * uniform());
		struct world *w;
		struct vms_band *b;

		seed = (uint64_t)round * 15485863 + 3;
		k.from_raw = below(INT64_C(1) << 45);
		k.drift = 100e-6 * (uniform() - 0.5);
		k.period_raw = 1e9 * (4.0 + 100.0 * uniform());
		k.curve = wander * k.period_raw / 6.2832; /* greatest change of the drift: wander */
		o.rate.wander = wander;
		w = world_of(&k, 500 + (uint32_t)below(3000), 500, 800);
		b = band_of(w, &o);
		assert_int_equal(b->violations, 0);
		wide += truth_is_inside(w, b) > 1.5 * (w->min_in + w->min_out);
		vms_band_free(b);
		free(w);
	}
	assert_true(wide < 100);
}

/* A clock that is steered: rates that jump, and back, by up to 500 ppm. */
TEST(test_steered_worlds)
{
	const struct vms_band_opts o = {
		.drift_max = 500e-6, .slack_raw = 1, .step_penalty = 8, .rate = { .any = true }
	};
	int round, i;

	for (round = 0; round < 200; round++) {
		struct clocks k = { .span_raw = 2e9, .step_at = 2.0, .offset = 5e9 };
		const double most = round % 3 == 0 ? 490e-6 : round % 3 == 1 ? 50e-6 : 2e-6;
		double rate = 0.0;
		struct world *w;
		struct vms_band *b;

		seed = (uint64_t)round * 49979687 + 9;
		k.from_raw = below(INT64_C(1) << 45);
		for (i = 0; i < 4; i++) {
			const double next = most * (2.0 * uniform() - 1.0);

			k.kink[i] = next - rate;
			k.kink_at[i] = 0.25 * (i + uniform());
			rate = next;
		}
		w = world_of(&k, 500 + (uint32_t)below(3000), 500, 800);
		b = band_of(w, &o);
		assert_int_equal(b->violations, 0);
		(void)truth_is_inside(w, b);
		vms_band_free(b);
		free(w);
	}
}

/*
 * A step well above the width of the band is one cut, at it; without false constraints nothing is
 * left out.
 */
TEST(test_stepping_worlds)
{
	int round;

	for (round = 0; round < 300; round++) {
		const bool constant = round % 2;
		const struct vms_band_opts o = { .constant = constant,
						 .drift_max = 500e-6,
						 .step_penalty = 8 };
		struct clocks k = { .span_raw = 10e9,
				    .offset = 7e8,
				    .drift = constant ? 0.0 : 50e-6 };
		struct world *w;
		struct vms_band *b;
		uint32_t i;

		seed = (uint64_t)round * 32452843 + 5;
		k.step_at = 0.2 + 0.6 * uniform();
		k.step = (round % 4 < 2 ? 1 : -1) * exp(log(20000.0) + uniform() * log(1e6));
		w = world_of(&k, 300 + (uint32_t)below(2000), 500, 800);
		b = band_of(w, &o);
		assert_int_equal(b->violations, 0);
		assert_int_equal(b->segs_nr, 2);
		(void)truth_is_inside(w, b);
		for (i = 1; i < 2 * w->nr; i++)
			if (fabs(w->truth[i] - w->truth[i - 1]) > fabs(k.step) / 2)
				break;
		assert_in_range(i, b->segs[1].cut_earliest, b->segs[1].cut_latest);
		vms_band_free(b);
		free(w);
	}
}

/* Steps about as large as the band is wide: seen or not, the truth stays inside what is claimed. */
TEST(test_small_steps)
{
	const struct vms_band_opts o = { .constant = true, .step_penalty = 8 };
	int round, seen = 0;

	for (round = 0; round < 200; round++) {
		struct clocks k = { .span_raw = 10e9, .offset = 7e8, .step_at = 0.5 };
		struct world *w;
		struct vms_band *b;

		seed = (uint64_t)round * 49979687 + 5;
		k.step = 1320.0 + 2000.0 * uniform();
		w = world_of(&k, 100 + (uint32_t)below(1900), 500, 800);
		b = band_of(w, &o);
		assert_int_equal(b->violations, 0);
		assert_true(b->segs_nr <= 2);
		if (k.step > w->min_in + w->min_out + 2.0 + 20.0)
			assert_int_equal(b->segs_nr, 2);
		if (b->segs_nr == 2)
			(void)truth_is_inside(w, b);
		seen += b->segs_nr == 2;
		vms_band_free(b);
		free(w);
	}
	assert_true(seen > 100);
}

/*
 * Steps of more than the band is wide, with little before or behind them: less would be left out
 * than a step costs, but it would be left out of a band that both sides have squeezed.
 */
TEST(test_steps_near_an_end)
{
	const struct vms_band_opts o = { .constant = true, .step_penalty = 8 };
	int round, cut = 0;

	for (round = 0; round < 300; round++) {
		struct clocks k = { .span_raw = 10e9, .offset = 7e8 };
		struct world *w;
		struct vms_band *b;

		seed = (uint64_t)round * 86028121 + 5;
		k.step_at = 0.02 + 0.15 * uniform();
		k.step_at = round % 2 ? 1.0 - k.step_at : k.step_at;
		k.step = (round % 4 < 2 ? 1 : -1) * 1300.0 * (1.1 + uniform());
		w = world_of(&k, 100 + (uint32_t)below(900), 500, 800);
		b = band_of(w, &o);
		assert_int_equal(b->violations, 0);
		if (b->segs_nr == 2)
			(void)truth_is_inside(w, b);
		cut += b->segs_nr == 2;
		vms_band_free(b);
		free(w);
	}
	assert_true(cut > 150);
}

/* False constraints, far out: as many violations, one segment, truth inside. */
TEST(test_false_constraints)
{
	int round;

	for (round = 0; round < 200; round++) {
		const bool constant = round % 2;
		const struct vms_band_opts o = { .constant = constant,
						 .drift_max = 500e-6,
						 .step_penalty = 8 };
		struct clocks k = { .span_raw = 10e9,
				    .offset = 7e8,
				    .drift = constant ? 0.0 : 20e-6,
				    .step_at = 2.0 };
		const uint32_t wrong_nr = 1 + (uint32_t)(round % 5);
		struct world *w;
		struct vms_band *b;
		uint32_t i;

		seed = (uint64_t)round * 67867967 + 5;
		w = world_of(&k, 1000, 500, 800);
		for (i = 0; i < wrong_nr; i++) {
			const uint32_t at = 40 + (uint32_t)below(150) + 180 * i;

			if (rnd() % 2)
				w->lower[at].y_raw += 100000 + below(10000000);
			else
				w->upper[at].y_raw -= 100000 + below(10000000);
		}
		b = band_of(w, &o);
		assert_int_equal(b->segs_nr, 1);
		assert_int_equal(b->violations, wrong_nr);
		assert_false(b->segs[0].feasible);
		(void)truth_is_inside(w, b);
		vms_band_free(b);
		free(w);
	}
}

TEST(test_shift_moves_the_band)
{
	const struct vms_band_opts o = { .drift_max = 500e-6,
					 .step_penalty = 8,
					 .rate.wander = 20e-18 };
	int round;

	for (round = 0; round < 50; round++) {
		struct clocks k = { .span_raw = 10e9,
				    .offset = 7e8,
				    .drift = 3e-6,
				    .step = 40000,
				    .step_at = 0.4 };
		const int64_t dx = below(INT64_C(1) << 60),
			      dy = below(INT64_C(1) << 60) - (INT64_C(1) << 59);
		struct vms_band *b, *moved;
		struct world *w;
		uint32_t i;

		seed = (uint64_t)round * 86028121 + 5;
		w = world_of(&k, 400, 500, 800);
		b = band_of(w, &o);
		for (i = 0; i < w->nr; i++) {
			w->lower[i].x_raw += dx;
			w->upper[i].x_raw += dx;
			w->lower[i].y_raw += dy;
			w->upper[i].y_raw += dy;
		}
		moved = band_of(w, &o);
		assert_int_equal(b->segs_nr, moved->segs_nr);
		for (i = 0; i < 2 * w->nr; i++) {
			int64_t lo, hi, lo2, hi2;

			vms_band_at(vms_band_segment_of(b, i), w->x[i], &lo, &hi);
			vms_band_at(vms_band_segment_of(moved, i), w->x[i] + dx, &lo2, &hi2);
			assert_int_equal(lo + dy, lo2);
			assert_int_equal(hi + dy, hi2);
		}
		vms_band_free(b);
		vms_band_free(moved);
		free(w);
	}
}

#define FEW 9

/* Few points with small coordinates, for which all lines through two points are tried. */
struct few {
	struct vms_point p[FEW];
	enum vms_side side[FEW];
	unsigned int nr;
};

/* Slopes are multiples of 1 / SCALE when all differences of x divide it: 1 to 6. */
#define SCALE 60

static void few_make(struct few *f, unsigned int nr, int64_t y_range)
{
	unsigned int i;

	f->nr = nr;
	for (i = 0; i < nr; i++) {
		f->side[i] = rnd() % 2 ? VMS_UPPER : VMS_LOWER;
		f->p[i] = (struct vms_point){ below(7), below(y_range), i, i };
		f->p[i].y_raw += f->side[i] == VMS_UPPER ? y_range / 2 : 0;
	}
}

/* the feasible slopes in 1 / SCALE from all pairs; true when there is one */
static bool few_slopes(const struct few *f, unsigned int nr, int64_t limit, int64_t *lo,
		       int64_t *hi)
{
	unsigned int i, j;

	*lo = -limit * SCALE;
	*hi = limit * SCALE;
	for (i = 0; i < nr; i++) {
		for (j = 0; j < nr; j++) {
			const int64_t dx = f->p[j].x_raw - f->p[i].x_raw,
				      dy = f->p[j].y_raw - f->p[i].y_raw;

			if (f->side[i] != VMS_LOWER || f->side[j] != VMS_UPPER)
				continue;
			if (!dx && dy < 0)
				return false;
			if (dx > 0)
				*hi = VMS_MIN(*hi, dy * SCALE / dx);
			if (dx < 0)
				*lo = VMS_MAX(*lo, dy * SCALE / dx);
		}
	}
	return *lo <= *hi;
}

static int64_t floor_scaled(int64_t v)
{
	return v >= 0 ? v / SCALE : -((-v + SCALE - 1) / SCALE);
}

/*
 * least value at x over all feasible slopes (a multiple of 1 / SCALE each), scaled; INT64_MIN
 * without lower points
 */
static int64_t few_lowest(const struct few *f, unsigned int nr, int64_t x, int64_t lo, int64_t hi)
{
	int64_t best = INT64_MAX, s;

	for (s = lo; s <= hi; s++) {
		int64_t top = INT64_MIN;
		unsigned int i;

		for (i = 0; i < nr; i++)
			if (f->side[i] == VMS_LOWER)
				top = VMS_MAX(top, f->p[i].y_raw * SCALE + s * (x - f->p[i].x_raw));
		best = VMS_MIN(best, top);
	}
	return best;
}

static void few_mirror(struct few *f)
{
	unsigned int i;

	for (i = 0; i < f->nr; i++) {
		f->p[i].y_raw = -f->p[i].y_raw;
		f->side[i] = f->side[i] == VMS_LOWER ? VMS_UPPER : VMS_LOWER;
	}
}

/*
 * All vertices of the polygon have slopes through two points, so the grid of slopes holds every
 * extreme.
 */
TEST(test_hull_against_all_lines)
{
	const int64_t limit = 20;
	int round, feasible = 0;

	seed = 99;
	for (round = 0; round < 4000; round++) {
		struct few f;
		struct vms_fit fit;
		int64_t lo, hi, x;
		unsigned int i, nr = 0;

		few_make(&f, 1 + (unsigned int)below(FEW), 12);
		vms_fit_init(&fit, limit * 1000000000);
		for (i = 0; i < f.nr; i++) {
			struct few next = f;
			bool fits;

			memmove(next.p, f.p, sizeof(f.p));
			next.p[nr] = f.p[i];
			next.side[nr] = f.side[i];
			fits = few_slopes(&next, nr + 1, limit, &lo, &hi);
			assert_int_equal(vms_fit_add(&fit, f.side[i], &f.p[i]), fits);
			if (!fits)
				continue;
			f.p[nr] = f.p[i];
			f.side[nr++] = f.side[i];
		}
		f.nr = nr;
		feasible += nr > 4;
		assert_true(few_slopes(&f, nr, limit, &lo, &hi));
		assert_true(fit.lo.dy * SCALE == lo * fit.lo.dx);
		assert_true(fit.hi.dy * SCALE == hi * fit.hi.dx);
		for (x = -5; x <= 12; x++) {
			const int64_t l = few_lowest(&f, nr, x, lo, hi);
			int64_t u;

			assert_int_equal(vms_fit_value(&fit, VMS_LOWER, x, NULL),
					 l == INT64_MIN ? l : floor_scaled(l));
			few_mirror(&f);
			u = few_lowest(&f, nr, x, -hi, -lo);
			few_mirror(&f);
			assert_int_equal(vms_fit_value(&fit, VMS_UPPER, x, NULL),
					 u == INT64_MIN ? INT64_MAX : -floor_scaled(u));
		}
		vms_fit_free(&fit);
	}
	assert_true(feasible > 1000);
}

/* the fewest feasible runs, by trying every end of every run */
static unsigned int few_runs(const struct few *f, int64_t limit)
{
	unsigned int best[FEW + 1] = { 0 }, i, j;

	for (j = 1; j <= f->nr; j++) {
		best[j] = UINT32_MAX;
		for (i = 0; i < j; i++) {
			struct few part = *f;
			int64_t lo, hi;

			memmove(part.p, &f->p[i], (j - i) * sizeof(part.p[0]));
			memmove(part.side, &f->side[i], (j - i) * sizeof(part.side[0]));
			if (few_slopes(&part, j - i, limit, &lo, &hi))
				best[j] = VMS_MIN(best[j], best[i] + 1);
		}
	}
	return best[f->nr];
}

TEST(test_segments_are_fewest)
{
	int round, cut = 0;

	seed = 4711;
	for (round = 0; round < 4000; round++) {
		const int64_t limit = round % 3;
		struct vms_segment_opts o = { .drift_ppb = limit * 1000000000, .step_penalty = 1 };
		struct vms_item items[FEW] = { { .side = 0 } };
		struct vms_runs runs = { .r = NULL };
		struct few f;
		unsigned int i;

		few_make(&f, 1 + (unsigned int)below(FEW), 10);
		for (i = 0; i < f.nr; i++)
			items[i] = (struct vms_item){ .p = f.p[i], .side = f.side[i] };
		assert_int_equal(vms_segment(&runs, items, f.nr, &o), 0);
		assert_int_equal(runs.nr, few_runs(&f, limit));
		for (i = 0; i < runs.nr; i++)
			assert_int_equal(runs.r[i].out_nr, 0);
		cut += runs.nr > 1;
		vms_runs_free(&runs);
	}
	assert_true(cut > 500);
}

UNIT_MAIN(NULL, NULL)
