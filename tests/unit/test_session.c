// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The session on recordings: fits over a span of time, clocks against each other, muted sequences.
 */
#include "app_fixture.h"

#include <math.h>

#include <stdlib.h>

#include <vmsync/clocks.h>
#include <vmsync/io/anchors.h>
#include <vmsync/session_snapshot.h>

#include "app/words/verdict.h"
#include "core/base/util.h"

static double offset_of(const struct vms_model_result *r)
{
	return (double)r->offset_raw + r->offset_frac;
}

/*
 * A span that holds everything gives what the track has; the whole's mean lies between those of
 * halves.
 */
TEST(spans_add_up)
{
	struct fixture f;
	unsigned int i, e;

	fixture_open(&f, "01-demo.dat", NULL);
	for (i = 0; i < vms_session_tracks_nr(f.session); i++) {
		const uint32_t half = vms_session_candidates_nr(f.session) / 2;
		const int64_t middle = vms_session_candidate(f.session, half)->pair.host_raw;
		const enum vms_basis basis = VMS_OVER_NOT_REJECTED;
		struct vms_model_result all, a, b;

		for (e = 0; e < VMS_EST_NR; e++) {
			const struct vms_model_result *whole =
				vms_session_result(f.session, i, VMS_BY_ESTIMATOR + e, basis);

			assert_int_equal(vms_session_fit_span(&all, f.session, i, e, basis,
							      INT64_MIN, INT64_MAX, NULL),
					 0);
			assert_int_equal(all.available, whole->available);
			assert_int_equal(all.residual_ns.n, whole->residual_ns.n);
			/* a clock that cannot drift */
			assert_true(fabs(offset_of(&all) - offset_of(whole)) < 1.0);
		}
		assert_int_equal(vms_session_fit_span(&all, f.session, i, VMS_EST_MEAN, basis,
						      INT64_MIN, INT64_MAX, NULL),
				 0);
		assert_int_equal(vms_session_fit_span(&a, f.session, i, VMS_EST_MEAN, basis,
						      INT64_MIN, middle, NULL),
				 0);
		assert_int_equal(vms_session_fit_span(&b, f.session, i, VMS_EST_MEAN, basis,
						      middle + 1, INT64_MAX, NULL),
				 0);
		assert_true(a.residual_ns.n > 0 && b.residual_ns.n > 0);
		assert_int_equal(a.residual_ns.n + b.residual_ns.n, all.residual_ns.n);
		assert_true(offset_of(&all) > fmin(offset_of(&a), offset_of(&b)) - 1.0);
		assert_true(offset_of(&all) < fmax(offset_of(&a), offset_of(&b)) + 1.0);
	}
	fixture_close(&f);
}

/*
 * Wherever memory runs out while pairs form anew, the session lives on, and the next model finds
 * every pair again.
 */
TEST(without_memory_pairs_come_back)
{
	struct vms_err err = { 0 };
	unsigned long n, failed = 0;
	const uint32_t first = 0;
	struct fixture f;
	uint32_t nr;

	fixture_open(&f, "19-idle.dat", NULL);
	nr = vms_session_candidates_nr(f.session);
	assert_true(nr > 10);
	for (n = 1;; n++) {
		int ret;

		vms_alloc_fail_at(n);
		ret = vms_session_set_model(f.session, n % 2 ? VMS_BY_BAND : VMS_BY_MIDPOINT, &err);
		vms_alloc_fail_at(0);
		if (!ret)
			break;
		failed++;
		assert_int_equal(ret, -VMS_ENOMEM);
		(void)vms_session_decide(f.session, &first, 1, VMS_ACCEPTED, false, NULL, NULL);
		(void)vms_session_refresh(f.session, NULL);
		(void)vms_session_undo(f.session, NULL, NULL);
		assert_int_equal(vms_session_set_model(f.session, VMS_BY_RECORDED, &err), 0);
		assert_int_equal(vms_session_candidates_nr(f.session), nr);
	}
	assert_true(failed > 20);
	fixture_close(&f);
}

TEST(a_span_without_pairs_says_so)
{
	struct vms_model_result r;
	struct fixture f;

	fixture_open(&f, "01-demo.dat", NULL);
	assert_int_equal(vms_session_fit_span(&r, f.session, 0, VMS_EST_MEDIAN,
					      VMS_OVER_NOT_REJECTED, 1, 2, NULL),
			 0);
	assert_false(r.available);
	assert_true(r.why_not[0] != '\0');
	assert_int_equal(vms_session_fit_span(&r, f.session, 0, VMS_EST_NR, VMS_OVER_NOT_REJECTED,
					      1, 2, NULL),
			 -VMS_EUSAGE);
	assert_int_equal(vms_session_fit_span(&r, f.session, 99, VMS_EST_MEDIAN,
					      VMS_OVER_NOT_REJECTED, 1, 2, NULL),
			 -VMS_EUSAGE);
	fixture_close(&f);
}

/* What fits all is what fits each: the parts' bands at that time, intersected by hand. */
TEST(what_fits_all_fits_each)
{
	static const struct {
		const char *name;
		bool fits;
	} cases[] = { { "01-demo.dat", true },
		      { "06b-wrong-2s.dat", true },
		      { "13-per-vcpu-offset.dat", false } };
	unsigned int i, k;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t lo = INT64_MIN, hi = INT64_MAX;
		struct vms_clocks *c = NULL;
		unsigned int bounds = 0;
		struct fixture f;

		fixture_open(&f, cases[i].name, NULL);
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
			assert_true(p->lo_raw <= t->band->segs[0].lo_raw &&
				    p->hi_raw >= t->band->segs[0].hi_raw);
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

static uint32_t pairs_of(const struct fixture *f, const char *sequence)
{
	const int seq = vms_sequence_find(vms_session_catalogue(f->session), sequence);
	uint32_t i, nr = 0;

	for (i = 0; i < vms_session_candidates_nr(f->session); i++)
		nr += vms_session_candidate(f->session, i)->pair.seq == seq;
	return nr;
}

static unsigned int seq_of(const struct fixture *f, const char *name)
{
	return (unsigned int)vms_sequence_find(vms_session_catalogue(f->session), name);
}

/*
 * Muting takes away the pairs of the sequence and no others; undo brings back the same figures. A
 * file keeps it.
 */
TEST(a_muted_sequence_is_out)
{
	const char *const name = "stretch-last";
	struct vms_model_result before, after;
	struct vms_anchors *file = NULL;
	struct fixture f;
	uint32_t all, own;

	fixture_open(&f, "01-demo.dat", NULL);
	all = vms_session_candidates_nr(f.session);
	own = pairs_of(&f, name);
	assert_true(own > 0);
	before = *vms_session_result(f.session, 0, VMS_BY_ESTIMATOR + VMS_EST_MIN_DELAY,
				     VMS_OVER_NOT_REJECTED);
	assert_int_equal(vms_session_mute(f.session, seq_of(&f, name), true, NULL), 0);
	assert_int_equal(pairs_of(&f, name), 0);
	assert_int_equal(vms_session_candidates_nr(f.session), all - own);
	after = *vms_session_result(f.session, 0, VMS_BY_ESTIMATOR + VMS_EST_MIN_DELAY,
				    VMS_OVER_NOT_REJECTED);
	assert_true(after.residual_ns.n < before.residual_ns.n);
	assert_int_equal(vms_anchors_from_session(&file, f.session, NULL, false, NULL), 0);
	assert_int_equal(vms_session_undo(f.session, NULL, NULL), 0);
	assert_int_equal(vms_session_candidates_nr(f.session), all);
	after = *vms_session_result(f.session, 0, VMS_BY_ESTIMATOR + VMS_EST_MIN_DELAY,
				    VMS_OVER_NOT_REJECTED);
	assert_int_equal(after.residual_ns.n, before.residual_ns.n);
	assert_int_equal(after.offset_raw, before.offset_raw);
	assert_int_equal(vms_anchors_apply(f.session, file, NULL, NULL), 0);
	assert_int_equal(vms_session_candidates_nr(f.session), all - own);
	assert_int_equal(vms_session_mute(f.session, seq_of(&f, "no-such"), true, NULL),
			 -VMS_EUSAGE);
	vms_anchors_free(file);
	fixture_close(&f);
}

/* What was decided of a muted sequence is not lost. */
TEST(decisions_survive_muting)
{
	uint32_t a, r, u, i, id = VMS_ID_NONE;
	struct fixture f;

	fixture_open(&f, "01-demo.dat", NULL);
	for (i = 0; i < vms_session_candidates_nr(f.session) && id == VMS_ID_NONE; i++)
		if (vms_session_candidate(f.session, i)->pair.seq ==
		    vms_sequence_find(vms_session_catalogue(f.session), "idle"))
			id = vms_session_candidate(f.session, i)->id;
	assert_int_equal(vms_session_decide(f.session, &id, 1, VMS_ACCEPTED, false, NULL, NULL), 0);
	assert_int_equal(vms_session_mute(f.session, seq_of(&f, "idle"), true, NULL), 0);
	vms_session_counts(f.session, &a, &r, &u);
	assert_int_equal(a, 0);
	assert_int_equal(vms_session_index_of(f.session, id), VMS_ID_NONE);
	assert_true(vms_session_parked_nr(f.session) > 0);
	assert_int_equal(vms_session_mute(f.session, seq_of(&f, "idle"), false, NULL), 0);
	assert_int_equal(vms_session_state(f.session,
					   vms_session_candidate(
						   f.session, vms_session_index_of(f.session, id))),
			 VMS_ACCEPTED);
	assert_false(vms_session_candidate(f.session, vms_session_index_of(f.session, id))->flags &
		     VMS_CAND_DETACHED);
	assert_int_equal(vms_session_parked_nr(f.session), 0);
	fixture_close(&f);
}

/*
 * What undo of older steps needs is there again: ids of pairs without a decision live through it.
 */
TEST(ids_outlive_muting)
{
	struct fixture f;
	uint32_t id;
	unsigned int seq;

	fixture_open(&f, "01-demo.dat", NULL);
	id = vms_session_candidate(f.session, 0)->id;
	seq = vms_session_candidate(f.session, 0)->pair.seq;
	assert_int_equal(vms_session_decide(f.session, &id, 1, VMS_REJECTED, false, NULL, NULL), 0);
	assert_int_equal(vms_session_decide(f.session, &id, 1, VMS_UNDECIDED, false, NULL, NULL),
			 0);
	assert_int_equal(vms_session_mute(f.session, seq, true, NULL), 0);
	assert_int_equal(vms_session_undo(f.session, NULL, NULL), 0);
	assert_int_equal(vms_session_undo(f.session, NULL, NULL), 0);
	assert_int_equal(vms_session_state(f.session,
					   vms_session_candidate(
						   f.session, vms_session_index_of(f.session, id))),
			 VMS_REJECTED);
	fixture_close(&f);
}

/* Written, read into another session, the same sequences are muted and the same decisions wait. */
TEST(a_file_remembers_what_is_muted)
{
	struct vms_anchors *a = NULL, *again = NULL;
	struct vms_anchors_report r;
	struct fixture f, g;
	char *text = NULL;
	uint32_t id;
	unsigned int seq;
	size_t size;

	fixture_open(&f, "01-demo.dat", NULL);
	fixture_open(&g, "01-demo.dat", NULL);
	seq = vms_session_candidate(f.session, 0)->pair.seq;
	id = vms_session_candidate(f.session, 0)->id;
	assert_int_equal(vms_session_decide(f.session, &id, 1, VMS_ACCEPTED, false, NULL, NULL), 0);
	assert_int_equal(vms_session_mute(f.session, seq, true, NULL), 0);
	assert_int_equal(vms_anchors_from_session(&a, f.session, NULL, false, NULL), 0);
	assert_int_equal(a->rows_nr, 1);
	assert_int_equal(vms_anchors_format(a, &text, &size, NULL), 0);
	assert_int_equal(vms_anchors_parse(&again, text, size, NULL), 0);
	assert_int_equal(vms_anchors_apply(g.session, again, &r, NULL), 0);
	assert_int_equal(r.applied, 1);
	assert_int_equal(r.lines[VMS_CHANGE_MUTE], 1);
	assert_int_equal(vms_session_candidates_nr(g.session),
			 vms_session_candidates_nr(f.session));
	assert_false(vms_session_catalogue(g.session)->seqs[seq].enabled);
	assert_int_equal(vms_session_mute(g.session, seq, false, NULL), 0);
	assert_int_equal(vms_session_state(g.session,
					   vms_session_candidate(
						   g.session, vms_session_index_of(g.session, id))),
			 VMS_ACCEPTED);
	free(text);
	vms_anchors_free(a);
	vms_anchors_free(again);
	fixture_close(&f);
	fixture_close(&g);
}

static void decide_some(struct vms_session *s, uint32_t from, uint32_t step, enum vms_state state)
{
	uint32_t i;

	for (i = from; i < vms_session_candidates_nr(s); i += step)
		assert_int_equal(vms_session_decide(s, &vms_session_candidate(s, i)->id, 1, state,
						    false, NULL, NULL),
				 0);
}

/* What is shown of a track, copied: counts, delays, residuals, and who is an outlier. */
struct shown {
	struct vms_seq_result seqs[64];
	struct vms_model_result models[VMS_BASIS_NR][16];
	uint32_t accepted, rejected, undecided, outliers;
};

static void shown_of(struct shown *x, const struct vms_session *s, unsigned int track)
{
	const struct vms_track *t = vms_session_track(s, track);
	uint32_t i;
	int b;

	memset(x, 0, sizeof(*x));
	assert_true(vms_session_catalogue(s)->seqs_nr <= 64);
	memcpy(x->seqs, t->seqs, vms_session_catalogue(s)->seqs_nr * sizeof(x->seqs[0]));
	for (b = 0; b < VMS_BASIS_NR; b++)
		memcpy(x->models[b], t->models[b], sizeof(t->models[b]));
	x->accepted = t->accepted;
	x->rejected = t->rejected;
	x->undecided = t->undecided;
	for (i = 0; i < vms_session_candidates_nr(s); i++)
		x->outliers += vms_session_candidate(s, i)->track == track &&
			       vms_session_outlier(s, vms_session_candidate(s, i));
}

/* Refreshed in a snapshot while the session goes on: taken only where both are of the same. */
static void by_snapshot(struct vms_session *s)
{
	struct vms_session *late, *n;

	assert_int_equal(vms_session_snapshot(&late, s, NULL), 0);
	decide_some(s, 3, 97, VMS_REJECTED);
	assert_int_equal(vms_session_refresh(late, NULL), 0);
	assert_int_equal(vms_session_take(s, late, NULL, NULL), 1);
	assert_true(vms_session_stale(s));
	assert_int_equal(vms_session_snapshot(&n, s, NULL), 0);
	vms_session_snapshot_free(late);
	assert_int_equal(vms_session_refresh(n, NULL), 0);
	assert_int_equal(vms_session_take(s, n, NULL, NULL), 0);
	assert_false(vms_session_stale(s));
	vms_session_snapshot_free(n);
}

/*
 * Decisions between pieces of what is computed anew: in the end all is as if it had been computed
 * at once.
 */
TEST(pieces_make_the_whole)
{
	static struct shown before, pieces[8], whole;
	const bool yes = true;
	const struct vms_progress given_up = { .cancel = &yes };
	struct fixture f;
	unsigned int t;
	int i;

	fixture_open(&f, "01-demo.dat", NULL);
	shown_of(&before, f.session, 0);
	for (i = 0; i < 6; i++) {
		decide_some(f.session, (uint32_t)i, 41, i % 3 == 2 ? VMS_ACCEPTED : VMS_REJECTED);
		/* given up at once, nothing is lost; a snapshot's results serve as the own */
		assert_true(vms_session_stale(f.session) || i % 3 == 2);
		assert_int_equal(vms_session_refresh(f.session, &given_up),
				 vms_session_stale(f.session) ? -VMS_ECANCEL : 0);
		if (i % 2)
			by_snapshot(f.session);
	}
	(void)vms_session_refresh(f.session, NULL);
	assert_false(vms_session_stale(f.session));
	for (t = 0; t < vms_session_tracks_nr(f.session); t++)
		shown_of(&pieces[t], f.session, t);
	assert_memory_not_equal(&before, &pieces[0], sizeof(before));
	assert_int_equal(vms_session_restored(f.session, NULL), 0);
	for (t = 0; t < vms_session_tracks_nr(f.session); t++) {
		shown_of(&whole, f.session, t);
		assert_memory_equal(&whole, &pieces[t], sizeof(whole));
	}
	fixture_close(&f);
}

/* Alignment finds the vCPUs all the same. */
TEST(options_of_the_files_move_what_is_recorded)
{
	const struct vms_session_opts so = { .align = { .drift_max = 500e-6 } };
	const int64_t moved = 5192224000;
	struct fixture f = { 0 };
	char buf[1024];
	const char *path = unit_recording("01-demo.dat", buf, sizeof(buf));
	unsigned int i;

	if (!path)
		skip();
	assert_int_equal(vms_trace_open(&f.trace, &path, 1, NULL, NULL, NULL), 0);
	f.trace->guests[0].stream->ts_offset = moved;
	assert_int_equal(vms_session_new(&f.session, f.trace, &so, NULL), 0);
	for (i = 0; i < vms_session_tracks_nr(f.session); i++) {
		const struct vms_model_result *r =
			vms_session_result(f.session, i, VMS_BY_RECORDED, VMS_OVER_NOT_REJECTED);

		assert_int_equal(r->verdict, VMS_VERDICT_PROVEN_WRONG);
		assert_int_equal(r->offset_raw, 312885032349 + moved);
	}
	fixture_close(&f);
}

/* Whatever an offset is off by lies in what the band says of it; measures of delay are too late. */
TEST(test_biases_hold_the_true_error)
{
	struct fixture f;
	unsigned int i, by;

	fixture_open(&f, "01-demo.dat", NULL);
	for (i = 0; i < vms_session_tracks_nr(f.session); i++)
		for (by = 0; by < vms_session_models_nr(f.session); by++) {
			const struct vms_model_result *r = vms_session_result(
				f.session, i, (enum vms_by)by, VMS_OVER_NOT_REJECTED);
			/* exact by the kvm protocol, as truth.json says too */
			const double error = vms_clock_ns(vms_session_clock(f.session),
							  r->offset_raw - INT64_C(312885032349));
			double min, max;

			if (!r->available)
				continue;
			assert_true(vms_session_bias(f.session, vms_session_track(f.session, i), r,
						     &min, &max));
			assert_true(min <= error && error <= max);
			assert_true(vms_by_is_delay(r->by) ? min > 0.0 : true);
		}
	fixture_close(&f);
}

/*
 * Of each event that a band holds for: no model errs by more than it says, the middle and what has
 * one segment by all of it.
 */
static void holds_at_all_events(const char *name)
{
	struct fixture f;
	unsigned int i, by;
	uint32_t k;

	fixture_open(&f, name, NULL);
	for (i = 0; i < vms_session_tracks_nr(f.session); i++) {
		const struct vms_track *track = vms_session_track(f.session, i);
		const struct vms_cpu *cpu =
			&f.trace->guests[track->guest].stream->cpus[track->cpu_idx];

		for (by = VMS_BY_BAND; by < vms_session_models_nr(f.session); by++) {
			const struct vms_model_result *r = result_shown(track, (enum vms_by)by);
			const struct vms_model *map =
				vms_session_model_map(f.session, (enum vms_by)by, track->guest);
			int64_t early = INT64_MIN, late = INT64_MIN;

			for (k = 0; r->available && k < cpu->nr; k++) {
				const int64_t x = cpu->time_raw[k];
				const struct vms_band_segment *seg =
					vms_band_segment_of(track->band, k);
				int64_t lo, hi, offset;

				if (k < seg->from_event || k > seg->to_event)
					continue;
				vms_band_at(seg, x, &lo, &hi);
				offset = vms_model_event(map, track->cpu_idx, k, x) - x;
				early = VMS_MAX(early, hi - offset);
				late = VMS_MAX(late, offset - lo);
			}
			if (!r->available)
				continue;
			assert_true(early <= r->early_raw + 1 && late <= r->late_raw + 1);
			if (by != VMS_BY_BAND && track->band->segs_nr > 1)
				continue;
			assert_true(early + 1 >= r->early_raw - (early + late) / 64);
			assert_true(late + 1 >= r->late_raw - (early + late) / 64);
		}
	}
	fixture_close(&f);
}

TEST(greatest_errors_hold_at_all_events)
{
	char path[1024];

	holds_at_all_events("01-demo.dat");
	holds_at_all_events("02-local-ptp.dat");
	holds_at_all_events("12-step-of-1us.dat");
	/* a step, with segments of which one leaves nothing open and the other much */
	if (unit_recording("n05-migrate.dat", path, sizeof(path)))
		holds_at_all_events("n05-migrate.dat");
}

/* The demo's bands as if its clocks were others that do not count the same TSC. */
static double width_with(const char *clock, enum vms_rate rate, struct vms_limits *limits)
{
	const struct vms_session_opts so = { .rate = rate };
	struct fixture f = { 0 };
	char buf[1024];
	const char *path = unit_recording("01-demo.dat", buf, sizeof(buf));
	const struct vms_band_segment *seg;
	double width;

	assert_int_equal(vms_trace_open(&f.trace, &path, 1, NULL, NULL, NULL), 0);
	(void)snprintf(f.trace->host->clock.name, sizeof(f.trace->host->clock.name), "%s", clock);
	(void)snprintf(f.trace->guests[0].stream->clock.name,
		       sizeof(f.trace->guests[0].stream->clock.name), "%s", clock);
	assert_int_equal(vms_session_new(&f.session, f.trace, &so, NULL), 0);
	*limits = vms_session_track(f.session, 0)->limits;
	seg = &vms_session_track(f.session, 0)->band->segs[0];
	width = (double)(seg->hi_raw - seg->lo_raw);
	fixture_close(&f);
	return width;
}

TEST(clocks_that_ntp_steers_have_a_limit_of_their_own)
{
	static const char *const steered[] = { "mono", "boot", "tai" };
	static const char *const others[] = { "local", "global", "perf", "mono_raw" };
	struct vms_limits limits;
	char buf[1024];
	double tight, stepped, drift;
	unsigned int i;

	if (!unit_recording("01-demo.dat", buf, sizeof(buf)))
		skip();
	for (i = 0; i < VMS_ARRAY_NR(steered); i++) {
		(void)width_with(steered[i], VMS_RATE_AUTO, &limits);
		assert_int_equal(limits.rate, VMS_RATE_DRIFT);
	}
	for (i = 0; i < VMS_ARRAY_NR(others); i++) {
		(void)width_with(others[i], VMS_RATE_AUTO, &limits);
		assert_int_equal(limits.rate, VMS_RATE_TIGHT);
	}
	(void)width_with("x86-tsc", VMS_RATE_DRIFT, &limits);
	assert_float_equal(limits.drift_max, 0.0, 0.0);
	drift = width_with("mono", VMS_RATE_AUTO, &limits);
	stepped = width_with("mono", VMS_RATE_STEPPED, &limits);
	assert_true((double)limits.alone_raw >= stepped);
	tight = width_with("mono", VMS_RATE_TIGHT, &limits);
	assert_true(tight < stepped && stepped < drift);
	assert_int_equal(vms_rate_find("stepped"), VMS_RATE_STEPPED);
	assert_int_equal(vms_rate_find("loose"), VMS_RATE_NR);
}

/* Listed, they come in the order of host time; unlisted, they are the same ones. */
TEST(unlisted_candidates_are_the_same)
{
	const struct vms_session_opts opts = { .unlisted = true };
	struct vms_session *unlisted;
	struct fixture f;
	uint32_t i;

	fixture_open(&f, "01-demo.dat", NULL);
	assert_int_equal(vms_session_new(&unlisted, f.trace, &opts, NULL), 0);
	assert_int_equal(vms_session_candidates_nr(unlisted), vms_session_candidates_nr(f.session));
	for (i = 0; i < vms_session_candidates_nr(unlisted); i++) {
		struct vms_candidate room;
		const struct vms_candidate *a = vms_session_candidate(unlisted, i),
					   *b = vms_session_find_in(f.session, a->id, &room);

		assert_non_null(b);
		assert_memory_equal(&a->pair, &b->pair, sizeof(a->pair));
		assert_int_equal(a->track, b->track);
		assert_int_equal(a->flags, b->flags);
		assert_int_equal(vms_session_index_of(unlisted, a->id), i);
		assert_true(!i || vms_session_candidate(f.session, i - 1)->pair.host_raw <=
					  vms_session_candidate(f.session, i)->pair.host_raw);
	}
	vms_session_free(unlisted);
	fixture_close(&f);
}

UNIT_MAIN(NULL, NULL)
