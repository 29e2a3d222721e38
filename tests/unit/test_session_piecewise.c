// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Model "piecewise": against the truth of a bent clock, against the estimators on each piece's
 * pairs alone, undone, saved.
 */
#include "app_fixture.h"

#include <math.h>
#include <stdlib.h>

#include <vmsync/io/anchors.h>
#include <vmsync/session_snapshot.h>

#include "core/base/util.h"
#include "world.h"

#define STRETCHES 4000
#define OFFSET INT64_C(70000000000)
#define BEND INT64_C(2000000000)
#define BEND_DRIFT 8e-6 /* by which the guest's clock is slower from the bend on */

/* A guest whose clock bends in the middle, by less than a stretch: one line still fits the band. */
struct bent {
	struct world *wh, *wg;
	struct vms_stream host, guest;
	struct vms_guest g;
	struct vms_trace t;
	struct vms_session *s;
};

static int64_t guest_of(int64_t host)
{
	return host - OFFSET -
	       (host > BEND + OFFSET ? (int64_t)llround((double)(host - BEND - OFFSET) * BEND_DRIFT)
				     : 0);
}

static void bent_open(struct bent *b)
{
	const struct vms_session_opts o = { .align = { .drift_max = 500e-6 }, .model = "band" };
	struct vms_err err = { 0 };
	int64_t at = OFFSET + 1000000;
	uint32_t rng = 1;
	int k;

	memset(b, 0, sizeof(*b));
	b->wh = world_new(1);
	b->wg = world_new(1);
	for (k = 0; k < STRETCHES; k++) {
		rng = rng * 1664525u + 1013904223u;
		(void)world_add(b->wh, 0, at, 100, "kvm_entry", "vcpu_id=0");
		(void)world_add(b->wg, 0, guest_of(at + 10000), 1, "cpu_idle", "state=1");
		(void)world_add(b->wh, 0, at + 20000, 100, "kvm_exit",
				"exit_reason=12 isa=1 vcpu_id=0");
		at += 200000 + (rng >> 8) % 1600000;
	}
	b->host = *world_stream(b->wh);
	b->guest = *world_stream(b->wg);
	b->host.name = "host";
	b->guest.name = "vm1";
	b->host.clock = b->guest.clock = (struct vms_clock){
		.name = "local", .counts_ns = true, .ns_per_unit = 1.0, .rate_from = VMS_RATE_NS
	};
	b->g.stream = &b->guest;
	b->t = (struct vms_trace){ .host = &b->host, .guests = &b->g, .guests_nr = 1 };
	if (vms_session_new(&b->s, &b->t, &o, &err))
		fail_msg("%s", err.msg);
}

static void bent_close(struct bent *b)
{
	vms_session_free(b->s);
	world_free(b->wh);
	world_free(b->wg);
}

/* The greatest error of the model in force over all guest events [ns]. */
static double worst_error(const struct bent *b)
{
	double most = 0.0;
	uint32_t i;

	for (i = 0; i < b->guest.cpus[0].nr; i++) {
		const int64_t truth = b->host.cpus[0].time_raw[2 * i] + 10000;
		const struct vms_ref ref = { .cpu = 0, .idx = i };

		most = fmax(most, fabs((double)(vms_session_host_time(b->s, 0, ref) - truth)));
	}
	return most;
}

TEST(a_bend_is_followed)
{
	struct vms_cuts cuts = { .nr = 1,
				 .at_raw = { OFFSET + BEND },
				 .estimator = VMS_EST_MIDPOINT };
	const struct vms_model *m;
	struct vms_err err = { 0 };
	double line, pieces;
	struct bent b;
	uint32_t first = 0;

	bent_open(&b);
	assert_int_equal(vms_session_set_model(b.s, VMS_BY_MIDPOINT, &err), 0);
	line = worst_error(&b);
	if (vms_session_set_cuts(b.s, &cuts, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(vms_session_model(b.s), VMS_BY_PIECEWISE);
	pieces = worst_error(&b);
	print_message("# one line is off by %.0f ns, two by %.0f ns\n", line, pieces);
	assert_true(line > 500.0);
	assert_true(pieces < 50.0);
	/* the second piece begins with the first event at or after the cut */
	while (b.host.cpus[0].time_raw[2 * first] + 10000 < OFFSET + BEND)
		first++;
	m = vms_session_map(b.s, 0);
	assert_int_equal(m->cpus[0].pieces_nr, 2);
	assert_int_equal(m->cpus[0].pieces[1].from_idx, first);
	/* slopes: none before, that of the bend after it */
	assert_true(fabs(m->cpus[0].pieces[0].line.drift) < 0.1e-6);
	assert_true(fabs(m->cpus[0].pieces[1].line.drift - BEND_DRIFT) < 0.1e-6);
	bent_close(&b);
}

/* Observations of a track between two host times, as an estimator sees them. */
static uint32_t obs_between(const struct vms_session *s, unsigned int track,
			    const struct vms_estimator *e, uint32_t from, uint32_t to,
			    struct vms_obs *out)
{
	const struct vms_catalogue *cat = vms_session_catalogue(s);
	uint32_t i, nr = 0, at;

	for (i = 0; i < vms_session_candidates_nr(s); i++) {
		const struct vms_candidate *c = vms_session_candidate(s, i);
		const struct vms_sequence *q = &cat->seqs[c->pair.seq];

		if (c->track != track || vms_session_state(s, c) == VMS_REJECTED ||
		    (c->flags & VMS_CAND_IMPOSSIBLE) || c->pair.guest_ev.idx < from ||
		    c->pair.guest_ev.idx > to)
			continue;
		if (!e->extreme && q->guest_nr && !strcmp(q->guest[0].name, "*"))
			continue;
		for (at = nr++; at && out[at - 1].x_raw > c->pair.guest_raw; at--)
			out[at] = out[at - 1];
		out[at] = (struct vms_obs){ .x_raw = c->pair.guest_raw,
					    .y_raw = c->pair.host_raw - c->pair.guest_raw,
					    .dir = c->pair.dir,
					    .visit = c->pair.stretch };
	}
	return nr;
}

TEST(each_piece_is_a_fit_of_its_own)
{
	static const enum vms_est estimators[] = { VMS_EST_MIDPOINT, VMS_EST_LSQ, VMS_EST_MEDIAN };
	struct vms_cuts cuts = { .nr = 2 };
	struct vms_err err = { 0 };
	struct vms_obs *obs;
	struct fixture f;
	unsigned int t, i, n;

	fixture_open(&f, "01-demo.dat", NULL);
	cuts.at_raw[1] =
		f.trace->host->first_raw + (f.trace->host->last_raw - f.trace->host->first_raw) / 3;
	/* in any order */
	cuts.at_raw[0] = cuts.at_raw[1] + (f.trace->host->last_raw - f.trace->host->first_raw) / 4;
	obs = calloc(vms_session_candidates_nr(f.session), sizeof(*obs));
	for (n = 0; n < 3; n++) {
		cuts.estimator = estimators[n];
		/* before the map is in force, so that the pairs are the same */
		for (t = 0; t < vms_session_tracks_nr(f.session); t++) {
			const struct vms_track *k = vms_session_track(f.session, t);
			const struct vms_estimator *e = &vms_estimators()[estimators[n]];
			const struct vms_cpu *c = &f.trace->guests[0].stream->cpus[k->cpu_idx];
			const struct vms_model *m;

			if (!t && vms_session_set_cuts(f.session, &cuts, &err))
				fail_msg("%s", err.msg);
			m = vms_session_model_map(f.session, VMS_BY_PIECEWISE, 0);
			assert_int_equal(m->cpus[k->cpu_idx].pieces_nr, 3);
			if (!t)
				assert_int_equal(
					vms_session_set_model(f.session, VMS_BY_RECORDED, &err), 0);
			m = vms_session_model_map(f.session, VMS_BY_PIECEWISE, 0);
			for (i = 0; i < 3; i++) {
				const struct vms_piece *p = &m->cpus[k->cpu_idx].pieces[i];
				const uint32_t last = i < 2 ? p[1].from_idx - 1 : c->nr - 1;
				struct vms_est_in in = { .obs = obs,
							 .constant = true,
							 .ref_raw = p->line.ref_raw };
				struct vms_est_out out = { 0 };

				in.nr = obs_between(f.session, t, e, p->from_idx, last, obs);
				assert_int_equal(e->fit(&out, &in, &err), 0);
				assert_true(out.available);
				assert_int_equal(out.line.offset_raw, p->line.offset_raw);
				assert_true(fabs(out.line.offset_frac - p->line.offset_frac) <
					    1e-6);
			}
		}
	}
	free(obs);
	fixture_close(&f);
}

TEST(cuts_are_undone_and_refused)
{
	struct vms_cuts cuts = { .nr = 1, .estimator = VMS_EST_MIDPOINT }, other;
	struct vms_model_result r;
	struct vms_err err = { 0 };
	unsigned int models, pieces;
	uint64_t steps;
	struct fixture f;
	uint32_t nr;

	fixture_open(&f, "01-demo.dat", NULL);
	cuts.at_raw[0] =
		f.trace->host->first_raw + (f.trace->host->last_raw - f.trace->host->first_raw) / 2;
	models = vms_session_models_nr(f.session);
	nr = vms_session_candidates_nr(f.session);
	steps = vms_session_steps(f.session);
	/* trying changes nothing */
	assert_int_equal(vms_session_try_cuts(f.session, 0, VMS_OVER_NOT_REJECTED, &cuts, &r,
					      &pieces, &err),
			 0);
	assert_true(r.available && pieces == 2);
	assert_int_equal(vms_session_models_nr(f.session), models);
	assert_int_equal(vms_session_set_cuts(f.session, &cuts, &err), 0);
	assert_int_equal(vms_session_models_nr(f.session), models + 1);
	/* what was tried is what came */
	assert_int_equal(vms_session_result(f.session, 0, VMS_BY_PIECEWISE, VMS_OVER_NOT_REJECTED)
				 ->offset_raw,
			 r.offset_raw);
	other = cuts;
	other.nr = 2;
	other.at_raw[1] = cuts.at_raw[0] + (f.trace->host->last_raw - f.trace->host->first_raw) / 4;
	assert_int_equal(vms_session_set_cuts(f.session, &other, &err), 0);
	assert_int_equal(vms_session_cuts(f.session)->nr, 2);
	assert_int_equal(vms_session_undo(f.session, NULL, &err), 0);
	assert_int_equal(vms_session_cuts(f.session)->nr, 1);
	assert_int_equal(vms_session_model(f.session), VMS_BY_PIECEWISE);
	assert_int_equal(vms_session_undo(f.session, NULL, &err), 0);
	assert_int_equal(vms_session_cuts(f.session)->nr, 0);
	assert_int_equal(vms_session_model(f.session), VMS_BY_RECORDED);
	assert_int_equal(vms_session_models_nr(f.session), models);
	assert_int_equal(vms_session_candidates_nr(f.session), nr);
	assert_int_equal(vms_session_steps(f.session), steps);
	assert_null(vms_session_result(f.session, 0, VMS_BY_PIECEWISE, VMS_OVER_ACCEPTED));
	assert_int_equal(vms_session_redo(f.session, NULL, &err), 0);
	assert_int_equal(vms_session_redo(f.session, NULL, &err), 0);
	assert_int_equal(vms_session_cuts(f.session)->nr, 2);
	/* none: the model goes, and the band takes its place */
	other.nr = 0;
	assert_int_equal(vms_session_set_cuts(f.session, &other, &err), 0);
	assert_int_equal(vms_session_model(f.session), VMS_BY_BAND);
	assert_int_equal(vms_session_models_nr(f.session), models);
	/* refused, and nothing changes */
	cuts.at_raw[0] = INT64_MAX;
	assert_int_equal(vms_session_set_cuts(f.session, &cuts, &err), -VMS_ENODATA);
	cuts.estimator = VMS_EST_NR;
	assert_int_equal(vms_session_set_cuts(f.session, &cuts, &err), -VMS_EUSAGE);
	assert_int_equal(vms_session_models_nr(f.session), models);
	fixture_close(&f);
}

static uint32_t next_undecided(const struct vms_session *s)
{
	uint32_t i = 0;

	while (vms_session_state(s, vms_session_candidate(s, i)) != VMS_UNDECIDED ||
	       vms_session_candidate(s, i)->flags & VMS_CAND_IMPOSSIBLE)
		i++;
	return vms_session_candidate(s, i)->id;
}

/* What a decision says and what the first line shows are figures of one model. */
TEST(figures_are_those_shown)
{
	struct vms_cuts cuts = { .nr = 1, .estimator = VMS_EST_MEDIAN };
	const struct vms_model_result *r;
	struct vms_effect e, preview;
	struct vms_err err = { 0 };
	struct fixture f;
	uint32_t i, id;
	int way;

	fixture_open(&f, "01-demo.dat", NULL);
	for (i = 0; i < 400; i++) {
		id = next_undecided(f.session);
		assert_int_equal(
			vms_session_decide(f.session, &id, 1, VMS_ACCEPTED, false, NULL, NULL), 0);
	}
	assert_int_equal(vms_session_estimate(f.session, 0), VMS_BY_MIDPOINT);
	cuts.at_raw[0] = vms_session_candidate(f.session, 200)->pair.host_raw;
	for (way = 0; way < 2; way++) {
		if (way)
			assert_int_equal(vms_session_set_cuts(f.session, &cuts, &err), 0);
		id = next_undecided(f.session);
		assert_int_equal(vms_session_what_if(f.session, id, VMS_ACCEPTED, &preview, &err),
				 0);
		assert_int_equal(
			vms_session_decide(f.session, &id, 1, VMS_ACCEPTED, false, &e, &err), 0);
		assert_int_equal(vms_session_estimate(f.session, e.track),
				 way ? VMS_BY_PIECEWISE : VMS_BY_MIDPOINT);
		r = vms_session_result(f.session, e.track, vms_session_estimate(f.session, e.track),
				       VMS_OVER_ACCEPTED);
		assert_true(r->available && isfinite(r->se_raw));
		assert_float_equal(e.se_after_ns,
				   vms_clock_ns(vms_session_clock(f.session), 1) * r->se_raw, 1e-6);
		assert_float_equal(preview.se_after_ns, e.se_after_ns, 1e-6);
	}
	fixture_close(&f);
}

/* Of more pairs than are fitted within a frame nothing is foretold, not by another model. */
TEST(what_outlasts_a_frame_is_not_foretold)
{
	struct vms_cuts cuts = { .nr = 1, .estimator = VMS_EST_MEAN };
	uint32_t i, id, track_nr[2] = { 0 };
	struct vms_effect preview;
	struct vms_err err = { 0 };
	struct fixture f;

	fixture_open(&f, "01-demo.dat", NULL);
	for (i = 0; i < vms_session_candidates_nr(f.session); i += 2) {
		const struct vms_candidate *c = vms_session_candidate(f.session, i);

		id = c->id;
		track_nr[c->track]++;
		assert_int_equal(
			vms_session_decide(f.session, &id, 1, VMS_ACCEPTED, false, NULL, NULL), 0);
	}
	assert_true(track_nr[0] > 1000);
	cuts.at_raw[0] =
		f.trace->host->first_raw + (f.trace->host->last_raw - f.trace->host->first_raw) / 2;
	assert_int_equal(vms_session_set_cuts(f.session, &cuts, &err), 0);
	assert_int_equal(vms_session_estimate(f.session, 0), VMS_BY_PIECEWISE);
	for (i = 1; vms_session_candidate(f.session, i)->track; i += 2)
		;
	id = vms_session_candidate(f.session, i)->id;
	assert_int_equal(vms_session_what_if(f.session, id, VMS_ACCEPTED, &preview, &err),
			 -VMS_ENODATA);
	/* one that is */
	assert_int_equal(vms_session_set_model(f.session, VMS_BY_MEDIAN, &err), 0);
	assert_int_equal(vms_session_what_if(f.session, id, VMS_ACCEPTED, &preview, &err), 0);
	assert_true(isfinite(preview.se_after_ns));
	fixture_close(&f);
}

/* A decision and a new alignment are followed by the pieces as by every other fit. */
TEST(pieces_follow_decisions)
{
	struct vms_cuts cuts = { .nr = 1, .estimator = VMS_EST_MEAN };
	const struct vms_align_opts again = { .ignore_recorded = true };
	struct vms_model_result before, after;
	struct vms_err err = { 0 };
	uint32_t i, ids[64], nr = 0;
	struct fixture f;

	fixture_open(&f, "01-demo.dat", NULL);
	cuts.at_raw[0] =
		f.trace->host->first_raw + (f.trace->host->last_raw - f.trace->host->first_raw) / 2;
	assert_int_equal(vms_session_set_cuts(f.session, &cuts, &err), 0);
	assert_int_equal(vms_session_set_model(f.session, VMS_BY_BAND, &err), 0);
	before = *vms_session_result(f.session, 0, VMS_BY_PIECEWISE, VMS_OVER_ACCEPTED);
	assert_false(before.available);
	for (i = 0; i < vms_session_candidates_nr(f.session) && nr < 64; i += 50)
		if (vms_session_candidate(f.session, i)->track == 0)
			ids[nr++] = vms_session_candidate(f.session, i)->id;
	assert_int_equal(vms_session_decide(f.session, ids, nr, VMS_ACCEPTED, true, NULL, &err), 0);
	(void)vms_session_refresh(f.session, NULL);
	after = *vms_session_result(f.session, 0, VMS_BY_PIECEWISE, VMS_OVER_ACCEPTED);
	assert_true(after.available && after.residual_ns.n > 0);
	before = *vms_session_result(f.session, 0, VMS_BY_PIECEWISE, VMS_OVER_NOT_REJECTED);
	assert_int_equal(vms_session_realign(f.session, 0, &again, &err), 0);
	after = *vms_session_result(f.session, 0, VMS_BY_PIECEWISE, VMS_OVER_NOT_REJECTED);
	assert_true(after.available);
	assert_true(llabs(after.offset_raw - before.offset_raw) < 100);
	fixture_close(&f);
}

TEST(a_file_keeps_the_cuts)
{
	struct vms_cuts cuts = { .nr = 2, .estimator = VMS_EST_LSQ };
	struct vms_anchors *file = NULL, *read = NULL;
	struct vms_anchors_report r;
	struct vms_err err = { 0 };
	struct fixture f, g;
	char *text;
	size_t size;

	fixture_open(&f, "01-demo.dat", NULL);
	fixture_open(&g, "01-demo.dat", NULL);
	cuts.at_raw[0] =
		f.trace->host->first_raw + (f.trace->host->last_raw - f.trace->host->first_raw) / 3;
	cuts.at_raw[1] = cuts.at_raw[0] + 12345;
	assert_int_equal(vms_session_set_cuts(f.session, &cuts, &err), 0);
	assert_int_equal(vms_anchors_from_session(&file, f.session, NULL, false, &err), 0);
	assert_int_equal(vms_anchors_format(file, &text, &size, &err), 0);
	assert_int_equal(vms_anchors_parse(&read, text, size, &err), 0);
	assert_int_equal(vms_anchors_apply(g.session, read, &r, &err), 0);
	assert_int_equal(r.lines[VMS_CHANGE_CUTS], 1);
	assert_int_equal(vms_session_cuts(g.session)->nr, 2);
	assert_memory_equal(vms_session_cuts(g.session)->at_raw, cuts.at_raw,
			    2 * sizeof(cuts.at_raw[0]));
	assert_int_equal(vms_session_cuts(g.session)->estimator, VMS_EST_LSQ);
	assert_int_equal(vms_session_model(g.session), VMS_BY_RECORDED);
	assert_int_equal(vms_session_set_model(g.session, VMS_BY_PIECEWISE, &err), 0);
	assert_int_equal(vms_session_candidates_nr(g.session),
			 vms_session_candidates_nr(f.session));
	vms_anchors_free(read);
	vms_anchors_free(file);
	/* without cuts there is no such line, whatever the old file had */
	assert_int_equal(vms_anchors_parse(&read, text, size, &err), 0);
	free(text);
	assert_int_equal(vms_session_undo(f.session, NULL, &err), 0);
	assert_int_equal(vms_anchors_from_session(&file, f.session, read, false, &err), 0);
	assert_int_equal(vms_anchors_format(file, &text, &size, &err), 0);
	assert_null(strstr(text, "piecewise"));
	free(text);
	vms_anchors_free(read);
	vms_anchors_free(file);
	fixture_close(&f);
	fixture_close(&g);
}

static void apply_line(struct vms_session *s, const char *line)
{
	struct vms_anchors *a = NULL;
	char text[512];

	(void)snprintf(
		text, sizeof(text),
		"# vmsync-anchors 1\n%s\nstate\tguest\tvcpu\tsequence\tguest_time\tguest_cpu\t"
		"guest_event\thost_time\thost_cpu\thost_event\thost_tid\tdelay_ns\ttag\n",
		line);
	assert_int_equal(vms_anchors_parse(&a, text, strlen(text), NULL), 0);
	assert_int_equal(vms_anchors_apply(s, a, NULL, NULL), 0);
	vms_anchors_free(a);
}

TEST(damaged_lines_mean_nothing)
{
	static const char *const lines[] = { "# piecewise ",
					     "# piecewise midpoint",
					     "# piecewise midpoint 12x",
					     "# piecewise guess 12",
					     "# piecewise midpoint 99999999999999999999",
					     "# piecewise aVeryLongEstimatorName 1",
					     "# piecewise midpoint 1 2 3 4 5 6 7 8 9 10 11 12 13 "
					     "14 15 16 17 18 19 20 21 22 23 24 25 26 27" };
	struct fixture f;
	size_t i;

	fixture_open(&f, "19-idle.dat", NULL);
	apply_line(f.session, "# piecewise midpoint 12 -7 12");
	assert_int_equal(vms_session_cuts(f.session)->nr, 2);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		apply_line(f.session, lines[i]);
		assert_int_equal(vms_session_cuts(f.session)->nr, 2);
	}
	apply_line(f.session, "# piecewise midpoint 5\n# piecewise -"); /* the last one holds */
	assert_int_equal(vms_session_cuts(f.session)->nr, 0);
	fixture_close(&f);
}

/* Out of memory anywhere while pieces are made: an error, and what is in force stays. */
TEST(without_memory_nothing_changes)
{
	struct vms_cuts cuts = { .nr = 1, .estimator = VMS_EST_MIDPOINT }, other;
	struct vms_ref ref = { .cpu = 0, .idx = 0 };
	struct vms_model_result r;
	struct vms_err err = { 0 };
	unsigned long n, failed = 0;
	struct fixture f;
	int64_t at;

	fixture_open(&f, "19-idle.dat", NULL);
	cuts.at_raw[0] =
		f.trace->host->first_raw + (f.trace->host->last_raw - f.trace->host->first_raw) / 2;
	assert_int_equal(vms_session_set_cuts(f.session, &cuts, &err), 0);
	at = vms_session_host_time(f.session, 0, ref);
	other = cuts;
	other.at_raw[0] -= (f.trace->host->last_raw - f.trace->host->first_raw) / 4;
	other.estimator = VMS_EST_MEAN;
	for (n = 1;; n++) {
		int ret;

		vms_alloc_fail_at(n);
		ret = vms_session_try_cuts(f.session, 0, VMS_OVER_NOT_REJECTED, &other, &r, NULL,
					   &err);
		vms_alloc_fail_at(0);
		if (!ret)
			break;
		failed++;
		assert_int_equal(ret, -VMS_ENOMEM);
		/* the first allocations of a change are those of a try */
		vms_alloc_fail_at(n);
		assert_int_equal(vms_session_set_cuts(f.session, &other, &err), -VMS_ENOMEM);
		vms_alloc_fail_at(0);
		assert_int_equal(vms_session_model(f.session), VMS_BY_PIECEWISE);
		assert_int_equal(vms_session_cuts(f.session)->at_raw[0], cuts.at_raw[0]);
		assert_int_equal(vms_session_host_time(f.session, 0, ref), at);
	}
	assert_true(failed > 5);
	fixture_close(&f);
}

UNIT_MAIN(NULL, NULL)
