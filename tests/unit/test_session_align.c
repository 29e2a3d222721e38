// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A session aligned anew: bands, decisions and what the program says of it; and a comb, which no
 * one can align.
 */
#include "app_fixture.h"

#include <vmsync/advise.h>
#include <vmsync/copy.h>

#include "app/commands/start.h"
#include "app/commands/command.h"
#include "app/reports/report.h"
#include "app/words/verdict.h"
#include "world.h"

struct bands {
	int64_t lo[8], hi[8];
	unsigned int segs_nr[8];
};

static struct bands bands_of(const struct vms_session *s)
{
	struct bands b = { .lo = { 0 } };
	unsigned int i;

	assert_true(vms_session_tracks_nr(s) <= 8);
	for (i = 0; i < vms_session_tracks_nr(s); i++) {
		const struct vms_band *band = vms_session_track(s, i)->band;

		assert_non_null(band);
		b.segs_nr[i] = band->segs_nr;
		b.lo[i] = band->segs[0].lo_raw;
		b.hi[i] = band->segs[0].hi_raw;
	}
	return b;
}

static unsigned int accept_some(struct vms_session *s)
{
	uint32_t i, nr = 0;

	for (i = 0; i < vms_session_candidates_nr(s) && nr < 5; i += 7) {
		const struct vms_candidate *c = vms_session_candidate(s, i);
		const uint32_t id = c->id;
		struct vms_effect e;

		if (c->flags & VMS_CAND_IMPOSSIBLE)
			continue;
		assert_int_equal(vms_session_decide(s, &id, 1, VMS_ACCEPTED, false, &e, NULL), 0);
		nr++;
	}
	return nr;
}

/* Accepted pairs, and those of them that can be under the alignment. */
static void standing(const struct vms_session *s, unsigned int *accepted, unsigned int *stand)
{
	uint32_t i;

	*accepted = *stand = 0;
	for (i = 0; i < vms_session_candidates_nr(s); i++) {
		const struct vms_candidate *c = vms_session_candidate(s, i);

		*accepted += vms_session_state(s, c) == VMS_ACCEPTED;
		*stand += vms_session_state(s, c) == VMS_ACCEPTED &&
			  !(c->flags & (VMS_CAND_IMPOSSIBLE | VMS_CAND_DETACHED));
	}
}

/*
 * From an offset somewhat off by hand, from nothing, or undone: the bands are those of a good
 * recorded sync.
 */
TEST(aligned_anew_the_bands_are_the_same)
{
	struct vms_line l = { 0 };
	const struct vms_align_opts by_hand = { .user = &l,
						.user_only = true,
						.ignore_recorded = true };
	const struct vms_align_opts nothing = { .ignore_recorded = true };
	struct bands b, now;
	unsigned int accepted, stand, nr, way;
	struct vms_err err;
	struct fixture f;

	fixture_open(&f, "01-demo.dat", NULL);
	b = bands_of(f.session);
	nr = accept_some(f.session);
	assert_true(nr > 0);
	for (way = 0; way < 3; way++) {
		l.offset_raw = b.lo[0] + (way ? 300000 : -700000);
		assert_int_equal(
			vms_session_realign(f.session, 0, way < 2 ? &by_hand : &nothing, &err), 0);
		assert_int_equal(vms_session_track(f.session, 0)->align->start,
				 way < 2 ? VMS_ALIGN_USER : VMS_ALIGN_FOUND);
		now = bands_of(f.session);
		assert_memory_equal(&now, &b, sizeof(b));
		standing(f.session, &accepted, &stand);
		assert_int_equal(accepted, nr);
		assert_int_equal(stand, nr);
	}
	assert_int_equal(vms_session_undo(f.session, NULL, &err), 0);
	now = bands_of(f.session);
	assert_memory_equal(&now, &b, sizeof(b));
	/* what fits nowhere changes nothing, and says so */
	l.offset_raw = b.lo[0] + INT64_C(5000000000);
	assert_int_equal(vms_session_realign(f.session, 0, &by_hand, &err), -VMS_ENODATA);
	now = bands_of(f.session);
	assert_memory_equal(&now, &b, sizeof(b));
	fixture_close(&f);
}

#define TEETH_NR 600
#define PERIOD INT64_C(1000000)
#define OFFSET INT64_C(70000000000)

/*
 * A guest that a timer wakes each millisecond, and nothing else: every multiple of that fits as
 * well.
 */
struct comb {
	struct world *wh, *wg;
	struct vms_stream host, guest;
	struct vms_guest g;
	struct vms_trace t;
	struct vms_session *s;
};

static void comb_open(struct comb *c)
{
	const struct vms_session_opts o = { .align = { .drift_max = 500e-6 } };
	struct vms_err err = { 0 };
	int64_t k;

	memset(c, 0, sizeof(*c));
	c->wh = world_new(1);
	c->wg = world_new(1);
	for (k = 0; k < TEETH_NR; k++) {
		const int64_t at = OFFSET + 5000000 + k * PERIOD;

		(void)world_add(c->wh, 0, at, 100, "kvm_entry", "vcpu_id=0");
		(void)world_add(c->wg, 0, at + 10000 - OFFSET, 1, "cpu_idle", "state=1");
		(void)world_add(c->wh, 0, at + 20000, 100, "kvm_exit",
				"exit_reason=12 isa=1 vcpu_id=0");
	}
	c->host = *world_stream(c->wh);
	c->guest = *world_stream(c->wg);
	c->host.name = "host";
	c->guest.name = "vm1";
	c->host.clock = c->guest.clock = (struct vms_clock){ .name = "x86-tsc",
							     .ns_per_unit = 1.0,
							     .rate_from = VMS_RATE_TSC2NSEC };
	c->g.stream = &c->guest;
	c->t = (struct vms_trace){ .host = &c->host, .guests = &c->g, .guests_nr = 1 };
	assert_int_equal(vms_session_new(&c->s, &c->t, &o, &err), 0);
}

static void comb_close(struct comb *c)
{
	vms_session_free(c->s);
	world_free(c->wh);
	world_free(c->wg);
}

static char *report_of(struct vms_session *s, size_t *size)
{
	const struct app_report_opts ro = { .has_at = false };
	char *text = NULL;

	assert_int_equal(app_report_make(&text, size, false, s, &ro, NULL), 0);
	return text;
}

/* It says so, with the second best and what to do, on the screen and in the report. */
TEST(a_comb_is_ambiguous)
{
	const struct app_opts o = { .no_journal = true, .output_path = "unit-test.anchors" };
	const struct vms_align_vcpu *v;
	struct app *a = NULL;
	struct comb c;
	char buf[200], *text;
	size_t size;

	comb_open(&c);
	v = vms_session_track(c.s, 0)->align;
	assert_true(v->ambiguous && v->confidence < 0.5);
	/* the other is whole teeth away, to within a stretch */
	assert_true(llabs(v->second_best_raw - v->pieces[0].line.offset_raw) > PERIOD / 2);
	assert_true((llabs(v->second_best_raw - v->pieces[0].line.offset_raw) + 20000) % PERIOD <=
		    40000);
	text = report_of(c.s, &size);
	assert_non_null(strstr(text, "AMBIGUOUS  confidence 0.00"));
	(void)snprintf(buf, sizeof(buf), "%lld about as well", (long long)v->second_best_raw);
	assert_non_null(strstr(text, buf));
	assert_non_null(strstr(text, "--offset"));
	free(text);
	assert_int_equal(app_new(&a, c.s, &o, NULL), 0);
	assert_non_null(strstr(app_messages(a)->text, "AMBIGUOUS, confidence 0.00; another at"));
	assert_non_null(strstr(app_messages(a)->text, "A second"));
	fixture_keys(a, "A");
	assert_int_equal(app_shown(a)->overlay, APP_OVERLAY_COMMAND);
	fixture_keys(a, "\033");
	assert_non_null(strstr(app_verdict(a, 0, buf, sizeof(buf)), "AMBIGUOUS"));
	app_free(a);
	comb_close(&c);
}

/* Its band is that of one tooth of many: no model is held against it, and its middle neither. */
TEST(models_are_not_judged_by_an_ambiguous_band)
{
	struct vms_advise *advise = NULL;
	const struct vms_track *track;
	double min_ns, max_ns;
	struct vms_copy copy;
	struct comb c;
	unsigned int i;
	char buf[96];

	comb_open(&c);
	track = vms_session_track(c.s, 0);
	assert_true(track->models[VMS_OVER_NOT_REJECTED][VMS_BY_BAND].available);
	for (i = 0; i < vms_session_models_nr(c.s); i++) {
		const struct vms_model_result *result = result_shown(track, i);

		if (!result->available)
			continue;
		assert_int_equal(result->verdict, VMS_VERDICT_CANNOT_JUDGE);
		assert_non_null(strstr(result->why, "AMBIGUOUS"));
		assert_false(vms_session_bias(c.s, track, result, &min_ns, &max_ns));
		assert_string_equal(bias_text(c.s, track, result, buf, sizeof(buf)), "-");
		assert_null(strstr(error_text(c.s, track, result, buf, sizeof(buf)), "sure"));
	}
	assert_false(copy_helps(c.s, 0));
	assert_int_equal(vms_session_copy(&copy, c.s, VMS_BY_BAND, 0, NULL), 0);
	assert_int_equal(copy.early_raw, INT64_MAX);
	vms_copy_clear(&copy);
	c.g.name = "vm";
	assert_int_equal(vms_advise(&advise, &c.t, vms_session_stretches(c.s), c.s, NULL, NULL), 0);
	for (i = 0; i < advise->nr && advise->advice[i].kind != VMS_ADVICE_LONGER; i++)
		;
	assert_true(i < advise->nr);
	assert_string_equal(advise->advice[i].what, advise->argv[advise->argc - 1]);
	vms_advise_free(advise);
	comb_close(&c);
}

/* Held against all others: who has a rival, and that it is one. Return: how many have one */
static unsigned int rivals(const struct vms_session *s)
{
	const uint32_t nr = vms_session_candidates_nr(s);
	unsigned int found_nr = 0;
	uint32_t i, k;

	for (i = 0; i < nr; i++) {
		const struct vms_candidate *c = vms_session_candidate(s, i);
		const uint32_t id = vms_session_rival(s, c);
		bool any = false, is_one = false;

		for (k = 0; k < nr; k++) {
			const struct vms_candidate *d = vms_session_candidate(s, k);

			if (d == c || d->track != c->track || d->pair.seq != c->pair.seq ||
			    d->pair.guest_ev.idx != c->pair.guest_ev.idx ||
			    !((c->flags | d->flags) & VMS_CAND_DETACHED))
				continue;
			any = true;
			is_one |= d->id == id;
		}
		assert_int_equal(any, id != VMS_ID_NONE);
		assert_int_equal(any, is_one);
		found_nr += any;
	}
	return found_nr;
}

/*
 * Aligned by hand some teeth on: what was accepted before is kept, but does not stand; undone it
 * does again.
 */
TEST(another_tooth_refutes_decisions)
{
	struct vms_line l = { .offset_raw = OFFSET };
	const struct vms_align_opts by_hand = { .user = &l,
						.user_only = true,
						.ignore_recorded = true };
	unsigned int accepted, stand, nr;
	struct bands b, now;
	struct vms_err err;
	struct comb c;

	comb_open(&c);
	assert_int_equal(vms_session_realign(c.s, 0, &by_hand, &err), 0);
	b = bands_of(c.s);
	assert_true(b.lo[0] <= OFFSET && OFFSET <= b.hi[0]);
	nr = accept_some(c.s);
	assert_true(nr > 0);
	l.offset_raw = OFFSET + 3 * PERIOD;
	assert_int_equal(vms_session_realign(c.s, 0, &by_hand, &err), 0);
	now = bands_of(c.s);
	assert_true(now.lo[0] <= l.offset_raw && l.offset_raw <= now.hi[0]);
	standing(c.s, &accepted, &stand);
	assert_int_equal(accepted, nr);
	assert_int_equal(stand, 0);
	assert_true(rivals(c.s) >= 2 * nr - 2);
	assert_int_equal(vms_session_undo(c.s, NULL, &err), 0);
	standing(c.s, &accepted, &stand);
	assert_int_equal(accepted, nr);
	assert_int_equal(stand, nr);
	assert_int_equal(rivals(c.s), 0);
	comb_close(&c);
}

/*
 * No offset fits, no map says which thread: refused, or opened for the person, who is told when
 * nothing fits.
 */
TEST(what_cannot_be_tied_may_open)
{
	struct vms_session_opts o = { .align = { .drift_max = 500e-6 } };
	const struct app_opts none = { .no_journal = true, .output_path = "unit-test.anchors" };
	struct vms_err err = { 0 };
	struct app *a = NULL;
	struct comb c;
	char buf[200], *text;
	size_t size;
	int64_t k;

	comb_open(&c);
	vms_session_free(c.s);
	c.s = NULL;
	world_free(c.wg);
	c.wg = world_new(1);
	for (k = 0; k < TEETH_NR * 10; k++)
		(void)world_add(c.wg, 0, 5000000 + k * PERIOD / 10, 1, "cpu_idle", "state=1");
	c.guest = *world_stream(c.wg);
	c.guest.name = "vm1";
	c.guest.clock = c.host.clock;
	assert_int_equal(vms_session_new(&c.s, &c.t, &o, &err), -VMS_ENODATA);
	o.may_be_untied = true;
	assert_int_equal(vms_session_new(&c.s, &c.t, &o, &err), 0);
	assert_null(vms_session_track(c.s, 0)->thread);
	text = report_of(c.s, &size);
	assert_non_null(strstr(text, "no host thread found"));
	free(text);
	assert_int_equal(app_new(&a, c.s, &none, &err), 0);
	assert_non_null(strstr(app_messages(a)->text, "NOT ALIGNED"));
	assert_non_null(strstr(app_verdict(a, 0, buf, sizeof(buf)), "NOT ALIGNED"));
	assert_int_equal(app_run(a, "align pair", &err), -VMS_EUSAGE);
	assert_int_equal(app_run(a, "align offset 70000000000tk", &err), -VMS_ENODATA);
	assert_int_equal(app_run(a, "align threads 100", &err), -VMS_ENODATA);
	assert_int_equal(app_run(a, "align second", &err), -VMS_ENODATA);
	app_free(a);
	comb_close(&c);
}

TEST(the_command_says_what_no_longer_stands)
{
	const struct app_opts o = { .no_journal = true, .output_path = "unit-test.anchors" };
	struct app *a = NULL;
	struct vms_err err;
	struct comb c;

	comb_open(&c);
	assert_int_equal(app_new(&a, c.s, &o, NULL), 0);
	assert_int_equal(app_run(a, "align offset 70000000000tk", &err), 0);
	assert_int_equal(accept_some(c.s), 5);
	assert_int_equal(app_run(a, "align offset 70003000000tk", &err), 0);
	assert_non_null(strstr(app_messages(a)->text, "5 accepted pairs cannot be any more"));
	assert_int_equal(app_run(a, "align threads 100", &err), 0);
	assert_int_equal(app_run(a, "align threads 101", &err), -VMS_EUSAGE);
	assert_int_equal(app_run(a, "align threads 100 100", &err), -VMS_EUSAGE);
	assert_int_equal(app_run(a, "align threads", &err), -VMS_EUSAGE);
	/* beyond the end of the host's trace */
	assert_int_equal(app_run(a, "align offset 90000000000tk", &err), -VMS_ENODATA);
	app_free(a);
	comb_close(&c);
}

UNIT_MAIN(NULL, NULL)
