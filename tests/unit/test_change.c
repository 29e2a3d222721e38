// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Changes that form pairs anew, made over a snapshot: what comes of them is what the session would
 * have made itself; and what a person does meanwhile.
 */
#include "app_fixture.h"

#include <vmsync/session_snapshot.h>

#include "app/worker.h"
#include "core/base/util.h"
#include "core/pair/sequence_text.h"

#define RECORDING "01-demo.dat"

static bool same_double(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static void assert_same_sequences(const struct vms_catalogue *a, const struct vms_catalogue *b)
{
	unsigned int i;

	assert_int_equal(a->seqs_nr, b->seqs_nr);
	for (i = 0; i < a->seqs_nr; i++) {
		struct text x = { 0 }, y = { 0 };

		vms_sequence_text(&x, &a->seqs[i]);
		vms_sequence_text(&y, &b->seqs[i]);
		assert_string_equal(x.p, y.p);
		assert_int_equal(a->seqs[i].removed, b->seqs[i].removed);
		free(x.p);
		free(y.p);
	}
}

/* Pairs, decisions and figures of two sessions of the same recording. */
static void assert_same_results(const struct vms_session *a, const struct vms_session *b)
{
	unsigned int t, m;
	uint32_t i;

	assert_int_equal(vms_session_model(a), vms_session_model(b));
	assert_int_equal(vms_session_candidates_nr(a), vms_session_candidates_nr(b));
	assert_int_equal(vms_session_parked_nr(a), vms_session_parked_nr(b));
	assert_int_equal(vms_session_rate(a), vms_session_rate(b));
	assert_same_sequences(vms_session_catalogue(a), vms_session_catalogue(b));
	for (i = 0; i < vms_session_candidates_nr(a); i++) {
		const struct vms_candidate *x = vms_session_candidate(a, i),
					   *y = vms_session_candidate(b, i);

		assert_memory_equal(&x->pair, &y->pair, sizeof(x->pair));
		assert_int_equal(x->flags, y->flags);
		assert_int_equal(vms_session_state(a, x), vms_session_state(b, y));
		assert_true(
			same_double(vms_session_residual_ns(a, x), vms_session_residual_ns(b, y)));
	}
	for (t = 0; t < vms_session_tracks_nr(a); t++) {
		const struct vms_track *x = vms_session_track(a, t), *y = vms_session_track(b, t);

		assert_int_equal(x->band->segs_nr, y->band->segs_nr);
		assert_int_equal(x->band->segs[0].lo_raw, y->band->segs[0].lo_raw);
		assert_int_equal(x->band->segs[0].hi_raw, y->band->segs[0].hi_raw);
		assert_int_equal(x->limits.rate, y->limits.rate);
		assert_int_equal(x->limits.alone_raw, y->limits.alone_raw);
		assert_int_equal(x->accepted, y->accepted);
		assert_int_equal(x->in_force.guest_outside, y->in_force.guest_outside);
		for (m = 0; m < vms_session_models_nr(a); m++)
			assert_int_equal(x->models[VMS_OVER_ACCEPTED][m].offset_raw,
					 y->models[VMS_OVER_ACCEPTED][m].offset_raw);
	}
}

static void assert_same(const struct vms_session *a, const struct vms_session *b)
{
	assert_same_results(a, b);
	assert_int_equal(vms_session_steps(a), vms_session_steps(b));
}

/* One more: a step of it here, and what it changes above. */
_Static_assert(VMS_CHANGE_NR == 7, "a kind of change that no snapshot is tried with");

enum {
	STEP_MODEL,
	STEP_MUTE,
	STEP_CUTS,
	STEP_ALIGN,
	STEP_RATE,
	STEP_ADOPT,
	STEP_EDIT,
	STEP_REMOVE,
	STEP_UNDO,
	STEP_REDO
};

/* Of a timer that is started, and any but that. */
static const char started[] = "sequence started\n direction guest-to-host\n guest hrtimer_start\n"
			      " host kvm_exit\n";
static const char begun[] = "sequence begun\n direction guest-to-host\n take outermost\n"
			    " guest hrtimer_start\n guest cpu_idle state=1\n host kvm_exit\n";

static int step(struct vms_session *s, int kind)
{
	const struct vms_align_opts how = { .ignore_recorded = true };
	const struct vms_stream *host = vms_session_trace(s)->host;
	const struct vms_cuts cuts = { .nr = 1,
				       .at_raw = { host->first_raw +
						   (host->last_raw - host->first_raw) / 2 },
				       .estimator = VMS_EST_MEDIAN };
	struct vms_err err;

	switch (kind) {
	case STEP_MODEL: return vms_session_set_model(s, VMS_BY_MEDIAN, &err);
	case STEP_MUTE: return vms_session_mute(s, 0, true, &err);
	case STEP_CUTS: return vms_session_set_cuts(s, &cuts, &err);
	case STEP_ALIGN: return vms_session_realign(s, 0, &how, &err);
	case STEP_RATE: return vms_session_set_rate(s, VMS_RATE_DRIFT, &err);
	case STEP_ADOPT: return vms_session_set_sequence(s, VMS_SEQUENCE_NEW, started, &err);
	case STEP_EDIT:
		return vms_session_set_sequence(s, vms_session_sequence_of(s, "started"), begun,
						&err);
	case STEP_REMOVE: return vms_session_set_sequence(s, 4, NULL, &err);
	case STEP_UNDO: return vms_session_undo(s, NULL, &err);
	default: return vms_session_redo(s, NULL, &err);
	}
}

static void accept_some(struct vms_session *s)
{
	uint32_t i;

	for (i = 3; i < vms_session_candidates_nr(s); i += 11) {
		const uint32_t id = vms_session_candidate(s, i)->id;

		assert_int_equal(vms_session_decide(s, &id, 1, VMS_ACCEPTED, true, NULL, NULL), 0);
	}
}

static int told;

static void observe(void *user, const struct vms_session *s, const struct vms_change *c)
{
	(void)user;
	(void)s;
	assert_true(c->kind < VMS_CHANGE_NR);
	told++;
}

/* One made over snapshots, among others that come to nothing; one made as it is. */
TEST(a_snapshot_makes_what_the_session_would)
{
	static const int steps[] = { STEP_MODEL, STEP_MUTE, STEP_UNDO,	 STEP_CUTS,  STEP_ALIGN,
				     STEP_UNDO,	 STEP_REDO, STEP_UNDO,	 STEP_UNDO,  STEP_UNDO,
				     STEP_REDO,	 STEP_MUTE, STEP_ALIGN,	 STEP_UNDO,  STEP_MODEL,
				     STEP_RATE,	 STEP_UNDO, STEP_REDO,	 STEP_ADOPT, STEP_UNDO,
				     STEP_REDO,	 STEP_EDIT, STEP_REMOVE, STEP_UNDO,  STEP_UNDO,
				     STEP_UNDO,	 STEP_REDO, STEP_REDO,	 STEP_REDO,  STEP_UNDO };
	struct vms_session *n, *other;
	struct vms_effect effect;
	struct fixture a, b;
	size_t i;

	fixture_open(&a, RECORDING, NULL);
	fixture_open(&b, RECORDING, NULL);
	accept_some(a.session);
	accept_some(b.session);
	vms_session_observe(a.session, observe, NULL);
	for (i = 0; i < VMS_ARRAY_NR(steps); i++) {
		assert_int_equal(vms_session_snapshot(&other, a.session, NULL), 0);
		assert_int_equal(vms_session_snapshot(&n, a.session, NULL), 0);
		assert_int_equal(step(other, (int)(i % 5)), 0);
		assert_int_equal(step(n, steps[i]), 0);
		assert_same(a.session, i ? b.session : a.session);
		assert_int_equal(step(b.session, steps[i]), 0);
		assert_int_equal(vms_session_take(a.session, n, &effect, NULL), 0);
		assert_non_null(effect.change);
		assert_int_equal(told, i + 1);
		vms_session_snapshot_free(n);
		assert_same(a.session, b.session);
		assert_int_equal(vms_session_take(a.session, other, &effect, NULL), 1);
		vms_session_snapshot_free(other);
	}
	accept_some(a.session);
	accept_some(b.session);
	assert_same(a.session, b.session);
	fixture_close(&a);
	fixture_close(&b);
}

/* Given up at any moment, the snapshot can be freed and the session is as it was. */
TEST(given_up_nothing_has_changed)
{
	const bool yes = true;
	const struct vms_progress given_up = { .cancel = &yes };
	struct vms_session *n;
	struct fixture a, b;
	int kind;

	fixture_open(&a, RECORDING, NULL);
	fixture_open(&b, RECORDING, NULL);
	for (kind = STEP_MODEL; kind <= STEP_RATE; kind++) {
		assert_int_equal(vms_session_snapshot(&n, a.session, NULL), 0);
		vms_session_watch(n, &given_up);
		assert_int_equal(step(n, kind), -VMS_ECANCEL);
		vms_session_snapshot_free(n);
	}
	assert_same(a.session, b.session);
	fixture_close(&a);
	fixture_close(&b);
}

/* The recording as if its clocks were steered: they do not count the same TSC. */
static void open_steered(struct fixture *steered, enum vms_rate rate)
{
	const struct vms_session_opts opts = { .rate = rate };
	char buf[1024];
	const char *path = unit_recording(RECORDING, buf, sizeof(buf));

	*steered = (struct fixture){ .app = NULL };
	assert_int_equal(vms_trace_open(&steered->trace, &path, 1, NULL, NULL, NULL), 0);
	(void)strcpy(steered->trace->host->clock.name, "mono");
	(void)strcpy(steered->trace->guests[0].stream->clock.name, "mono");
	assert_int_equal(vms_session_new(&steered->session, steered->trace, &opts, NULL), 0);
}

/* Another limit of the rate makes what a session opened with it is; undo takes it back. */
TEST(a_limit_set_is_one_asked_for_at_the_start)
{
	const struct app_opts opts = { .no_journal = true, .output_path = "unit-test.anchors" };
	struct fixture set, asked[VMS_RATE_NR];
	char line[40], path[1024];
	unsigned int i;

	if (!unit_recording(RECORDING, path, sizeof(path)))
		skip();
	open_steered(&set, VMS_RATE_AUTO);
	assert_int_equal(app_new(&set.app, set.session, &opts, NULL), 0);
	for (i = 0; i < VMS_RATE_NR; i++)
		open_steered(&asked[i], (enum vms_rate)i);
	for (i = VMS_RATE_TIGHT; i < VMS_RATE_NR; i++) {
		(void)snprintf(line, sizeof(line), "set rate-limit %s",
			       vms_rate_name((enum vms_rate)i));
		assert_int_equal(app_run(set.app, line, NULL), 0);
		assert_same_results(set.session, asked[i].session);
		assert_int_equal(app_run(set.app, line, NULL), 0);
		assert_int_equal(vms_session_steps(set.session), 1);
		assert_int_equal(app_run(set.app, "undo", NULL), 0);
		assert_same_results(set.session, asked[VMS_RATE_AUTO].session);
		assert_int_equal(app_run(set.app, "redo", NULL), 0);
		assert_same_results(set.session, asked[i].session);
		assert_int_equal(app_run(set.app, "undo", NULL), 0);
	}
	/* without a value the next one, which is not that of before the undo */
	assert_int_equal(app_run(set.app, "set rate-limit", NULL), 0);
	assert_int_equal(vms_session_rate(set.session), VMS_RATE_TIGHT);
	assert_int_not_equal(app_run(set.app, "set rate-limit loose", NULL), 0);
	for (i = 0; i < VMS_RATE_NR; i++)
		fixture_close(&asked[i]);
	fixture_close(&set);
}

static struct worker *worker;
static struct fixture f;

static int open_with_worker(void **state)
{
	struct app_opts o = { .no_journal = true };

	(void)state;
	assert_int_equal(worker_new(&worker, NULL), 0);
	o.worker = worker;
	fixture_open(&f, RECORDING, &o);
	list_at_once(f.app, 0);
	app_settle(f.app);
	return 0;
}

static int close_with_worker(void **state)
{
	struct vms_session *s = f.session;
	struct vms_trace *t = f.trace;

	(void)state;
	app_free(f.app);
	worker_free(worker); /* what still runs reads the session */
	vms_session_free(s);
	vms_trace_free(t);
	return 0;
}

/* A decision made meanwhile counts at once, and the change comes over it. */
TEST_IN(decisions_do_not_wait, open_with_worker, close_with_worker)
{
	const enum vms_by was = vms_session_model(f.session);
	const struct vms_candidate *c;
	const uint32_t id = app_list(f.app)->sel;

	assert_int_equal(app_run(f.app, "model band", NULL), 0);
	assert_int_equal(vms_session_model(f.session), was);
	assert_true(worker_busy(worker, WORKER_CHANGE));
	assert_int_equal(app_run(f.app, "accept", NULL), 0);
	c = app_candidate(f.app, id);
	assert_int_equal(vms_session_state(f.session, c), VMS_ACCEPTED);
	assert_int_equal(vms_session_model(f.session), was);
	app_settle(f.app);
	assert_int_equal(vms_session_model(f.session), VMS_BY_BAND);
	c = app_candidate(f.app, id);
	assert_int_equal(vms_session_state(f.session, c), VMS_ACCEPTED);
	assert_int_equal(vms_session_steps(f.session), 2);
	/* the last that was made goes first */
	assert_int_equal(app_run(f.app, "undo", NULL), 0);
	app_settle(f.app);
	assert_int_equal(vms_session_model(f.session), was);
	assert_int_equal(vms_session_state(f.session, app_candidate(f.app, id)), VMS_ACCEPTED);
}

/* What was decided meanwhile is the last step: the one before is not taken back under it. */
TEST_IN(a_step_stays_below_a_decision, open_with_worker, close_with_worker)
{
	const uint32_t id = app_list(f.app)->sel;

	assert_int_equal(app_run(f.app, "model band", NULL), 0);
	app_settle(f.app);
	assert_int_equal(app_run(f.app, "undo", NULL), 0);
	assert_true(worker_busy(worker, WORKER_CHANGE));
	assert_int_equal(vms_session_decide(f.session, &id, 1, VMS_ACCEPTED, false, NULL, NULL), 0);
	app_settle(f.app);
	assert_int_equal(vms_session_model(f.session), VMS_BY_BAND);
	assert_int_equal(vms_session_state(f.session, app_candidate(f.app, id)), VMS_ACCEPTED);
	assert_int_equal(vms_session_steps(f.session), 2);
}

/* Undo, Ctrl-C and another change: what was asked for is given up. */
TEST_IN(what_is_not_there_yet_is_given_up, open_with_worker, close_with_worker)
{
	const enum vms_by was = vms_session_model(f.session);

	assert_int_equal(app_run(f.app, "model band", NULL), 0);
	assert_int_equal(app_run(f.app, "undo", NULL), 0);
	assert_false(worker_busy(worker, WORKER_CHANGE));
	app_settle(f.app);
	assert_int_equal(app_run(f.app, "model band", NULL), 0);
	assert_true(app_cancel(f.app));
	app_settle(f.app);
	assert_int_equal(vms_session_model(f.session), was);
	assert_int_equal(vms_session_steps(f.session), 0);
	assert_int_equal(app_run(f.app, "model band", NULL), 0);
	assert_int_equal(app_run(f.app, "model median", NULL), 0);
	app_settle(f.app);
	assert_int_equal(vms_session_model(f.session), VMS_BY_MEDIAN);
	assert_int_equal(vms_session_steps(f.session), 1);
}

/* Sorted and filtered while pairs form anew: the list is by what was asked for last. */
TEST_IN(the_list_is_of_the_new_pairs, open_with_worker, close_with_worker)
{
	uint32_t i, nr = 0;

	assert_int_equal(app_run(f.app, "mute timer-program", NULL), 0);
	assert_int_equal(app_run(f.app, "filter delay>1000ns", NULL), 0);
	assert_int_equal(app_run(f.app, "sort delay", NULL), 0);
	app_settle(f.app);
	for (i = 0; i < vms_session_candidates_nr(f.session); i++)
		nr += vms_session_delay_ns(f.session, vms_session_candidate(f.session, i)) > 1000.0;
	assert_int_equal(app_list(f.app)->nr, nr);
	for (i = 0; i < nr; i++)
		assert_non_null(app_candidate(f.app, app_list(f.app)->ids[i]));
}

static struct fixture later; /* whose pairs come after the first screen */

static int open_unformed(void **state)
{
	const struct vms_session_opts so = { .align = { .drift_max = 500e-6 },
					     .verdicts_first = true };
	struct app_opts o = { .no_journal = true };
	struct vms_err err = { 0 };
	char buf[1024];
	const char *path = unit_recording(RECORDING, buf, sizeof(buf));

	(void)state;
	fixture_open(&f, RECORDING, NULL);
	assert_int_equal(worker_new(&worker, NULL), 0);
	o.worker = worker;
	if (vms_trace_open(&later.trace, &path, 1, NULL, NULL, &err) ||
	    vms_session_new(&later.session, later.trace, &so, &err) ||
	    app_new(&later.app, later.session, &o, &err))
		fail_msg("%s", err.msg);
	return 0;
}

static int close_unformed(void **state)
{
	struct vms_session *s = later.session;

	(void)state;
	app_free(later.app);
	worker_free(worker);
	vms_session_free(s);
	vms_trace_free(later.trace);
	fixture_close(&f);
	return 0;
}

/*
 * The verdict needs no pairs. Until they are there nothing is decided, saved or given up; then all
 * is as if they had come at once.
 */
TEST_IN(the_verdict_comes_before_the_pairs, open_unformed, close_unformed)
{
	static const char *const wait[] = { "accept", "model median", "write", "report x" };
	struct vms_model_result early;
	unsigned int i;

	assert_true(vms_session_unformed(later.session));
	assert_int_equal(vms_session_candidates_nr(later.session), 0);
	early = vms_session_track(later.session, 0)->models[VMS_OVER_NOT_REJECTED][VMS_BY_RECORDED];
	assert_int_equal(early.verdict, vms_session_track(f.session, 0)
						->models[VMS_OVER_NOT_REJECTED][VMS_BY_RECORDED]
						.verdict);
	for (i = 0; i < VMS_ARRAY_NR(wait); i++)
		assert_int_not_equal(app_run(later.app, wait[i], NULL), 0);
	assert_int_equal(app_run(later.app, "sort delay", NULL), 0);
	(void)app_cancel(later.app);
	assert_true(worker_busy(worker, WORKER_CHANGE));
	app_settle(later.app);
	assert_false(vms_session_unformed(later.session));
	assert_false(vms_session_stale(later.session));
	assert_same(later.session, f.session);
	assert_int_equal(app_list(later.app)->nr, vms_session_candidates_nr(f.session));
	assert_int_equal(app_run(later.app, "accept", NULL), 0);
	assert_int_equal(vms_session_track(later.session, 0)->accepted +
				 vms_session_track(later.session, 1)->accepted,
			 1);
}

UNIT_MAIN(NULL, NULL)
