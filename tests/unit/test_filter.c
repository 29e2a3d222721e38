// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The filter language on a real recording: each expression against a loop that tests the same by
 * hand.
 */
#include "demo_fixture.h"

#include "app/state/list.h"
#include "app/words/candidate.h"
#include "app/filter/filter.h"

static uint32_t count(const char *text)
{
	struct app_filter *x = NULL;
	struct vms_err err = { 0 };
	uint32_t i, n = 0;
	int col;

	if (filter_parse(&x, text, f.session, &col, &err))
		fail_msg("%s: column %d: %s", text, col, err.msg);
	for (i = 0; i < vms_session_candidates_nr(f.session); i++)
		n += filter_match(x, f.session, vms_session_candidate(f.session, i));
	filter_free(x);
	return n;
}

static uint32_t count_if(bool (*test)(const struct vms_candidate *c))
{
	uint32_t i, n = 0;

	for (i = 0; i < vms_session_candidates_nr(f.session); i++)
		n += test(vms_session_candidate(f.session, i));
	return n;
}

static bool on_vcpu1(const struct vms_candidate *c)
{
	return vms_session_track(f.session, c->track)->vcpu == 1;
}

static bool slow(const struct vms_candidate *c)
{
	return vms_session_delay_ns(f.session, c) > 2000.0;
}

static bool slow_on_vcpu1(const struct vms_candidate *c)
{
	return on_vcpu1(c) && slow(c);
}

static bool to_host(const struct vms_candidate *c)
{
	return c->pair.dir == VMS_GUEST_TO_HOST;
}

static bool timer_program(const struct vms_candidate *c)
{
	return !strcmp(candidate_sequence(f.session, c), "timer-program");
}

static bool outlier_or_vcpu1(const struct vms_candidate *c)
{
	return vms_session_outlier(f.session, c) || on_vcpu1(c);
}

/* What the catalogue says of it: 300..1500. */
static bool odd_sandwich(const struct vms_candidate *c)
{
	const double ns = vms_session_delay_ns(f.session, c);

	return !strcmp(candidate_sequence(f.session, c), "timer-sandwich") &&
	       (ns < 300.0 || ns > 1500.0);
}

static bool guest_hrtimer(const struct vms_candidate *c)
{
	return !strcmp(candidate_guest_event(f.session, c), "hrtimer_start");
}

TEST(expressions_mean_what_they_say)
{
	uint32_t all;

	all = vms_session_candidates_nr(f.session);
	assert_true(all > 100);
	assert_int_equal(count(""), all);
	assert_int_equal(count("  "), all);
	assert_int_equal(count("vcpu==1"), count_if(on_vcpu1));
	assert_true(count("vcpu==1") > 0);
	assert_int_equal(count("vcpu != 1"), all - count_if(on_vcpu1));
	assert_int_equal(count("delay>2us"), count_if(slow));
	assert_int_equal(count("delay > 2000 ns"), count_if(slow));
	assert_int_equal(count("delay<=0.002ms"), all - count_if(slow));
	assert_int_equal(count("vcpu==1 && delay>2us"), count_if(slow_on_vcpu1));
	assert_int_equal(count("!(vcpu==1 && delay>2us)"), all - count_if(slow_on_vcpu1));
	assert_int_equal(count("!vcpu==1 || !delay>2us"), all - count_if(slow_on_vcpu1));
	assert_int_equal(count("dir==G>exit"), count_if(to_host));
	assert_int_equal(count("dir=='n>g'"), all - count_if(to_host));
	assert_int_equal(count("seq==timer-program"), count_if(timer_program));
	assert_true(count("seq==timer-program") > 0);
	assert_int_equal(count("seq~timer && seq!=timer-program"),
			 count("seq~timer") - count_if(timer_program));
	assert_int_equal(count("beyond && seq==timer-sandwich"), count_if(odd_sandwich));
	assert_int_equal(count("beyond && seq==stretch-last"), 0);
	assert_int_equal(count("outlier || vcpu==1"), count_if(outlier_or_vcpu1));
	assert_int_equal(count("event==hrtimer_start"), count_if(guest_hrtimer));
	assert_int_equal(count("guest==vm1"), all);
	assert_int_equal(count("guest==0"), all); /* as the lanes number them */
	assert_int_equal(count("guest==g0"), all);
	assert_int_equal(count("id<=10"), 10);
	assert_int_equal(count("state==undecided"), all);
	assert_int_equal(count("state==?"), all);
	assert_true(count("hrtimer") >= count("event~hrtimer_start"));
	assert_int_equal(count("event~MSR_WRITE"), count("event==MSR_WRITE"));
}

TEST(and_binds_tighter_than_or)
{
	assert_int_equal(count("vcpu==0 || vcpu==1 && delay>50us"),
			 count("vcpu==0 || (vcpu==1 && delay>50us)"));
	assert_true(count("(vcpu==0 || vcpu==1) && delay>50us") <
		    count("vcpu==0 || vcpu==1 && delay>50us"));
}

TEST(decisions_are_seen)
{
	struct app_filter *x = NULL;
	uint32_t id;

	id = vms_session_candidate(f.session, 0)->id;
	assert_int_equal(vms_session_decide(f.session, &id, 1, VMS_ACCEPTED, false, NULL, NULL), 0);
	assert_int_equal(count("state==accepted"), 1);
	assert_int_equal(vms_session_undo(f.session, NULL, NULL), 0);
	assert_int_equal(count("state==accepted"), 0);
	assert_int_equal(filter_parse(&x, "vcpu==1 && state==accepted", f.session, NULL, NULL), 0);
	assert_true(filter_follows_decisions(x));
	filter_free(x);
	assert_int_equal(filter_parse(&x, "vcpu==1", f.session, NULL, NULL), 0);
	assert_false(filter_follows_decisions(x));
	filter_free(x);
}

TEST(errors_point_at_their_column)
{
	static const struct {
		const char *text;
		int col;
		const char *says;
	} rows[] = {
		{ "dealy>2us", 0, "did you mean delay" },
		{ "vcpu==", 6, "whole number" },
		{ "vcpu==x", 6, "whole number" },
		{ "vcpu==1 &&", 10, "expected a test" },
		{ "vcpu==1 vcpu==2", 8, "&& or ||" },
		{ "(vcpu==1", 0, "not closed" },
		{ "vcpu==1)", 7, "&& or ||" },
		{ "delay>2", 7, "unit" },
		{ "delay>2parsec", 6, "unit" },
		{ "state==maybe", 7, "undecided" },
		{ "dir==up", 5, "G>exit" },
		{ "seq==nosuch", 5, "no sequence" },
		{ "guest==''", 7,
		  "no guest" }, /* under the sanitizer: nothing before it is looked at */
		{ "guest==1", 7, "no guest" },
		{ "guest==nosuch", 7, "no guest" },
		{ "tag=='x", 5, "quote" },
		{ "delay", 5, "expected ==" },
		{ "event<5", 6, "text field" },
		{ "vcpu~1", 5, "text fields" },
		{ "&& x", 0, "expected a test" },
	};
	struct app_filter *x = NULL;
	struct vms_err err;
	size_t i;
	int col;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(filter_parse(&x, rows[i].text, f.session, &col, &err),
				 -VMS_EUSAGE);
		if (col != rows[i].col || !strstr(err.msg, rows[i].says))
			fail_msg("%s: column %d (want %d): %s (want %s)", rows[i].text, col,
				 rows[i].col, err.msg, rows[i].says);
	}
	assert_null(x);
}

TEST(any_text_is_an_answer)
{
	static const char letters[] = "vcpudelay=<>!&|()~ \"'12us.\xff\x1b";
	unsigned int seed = 7, round, i;
	struct app_filter *x;
	struct vms_err err;
	char text[200];
	int col, ret;

	for (round = 0; round < 20000; round++) {
		for (i = 0; i < sizeof(text) - 1; i++) {
			seed = seed * 1103515245u + 12345u;
			text[i] = letters[(seed >> 16) % (sizeof(letters) - 1)];
		}
		text[(seed >> 8) % sizeof(text)] = '\0';
		text[sizeof(text) - 1] = '\0';
		x = NULL;
		ret = filter_parse(&x, text, f.session, &col, &err);
		assert_true(ret == 0 || ret == -VMS_EUSAGE);
		if (ret)
			assert_true(col >= 0 && col <= (int)strlen(text));
		if (x)
			(void)filter_match(x, f.session, vms_session_candidate(f.session, 0));
		filter_free(x);
	}
	/* Deeper than a stack should go. */
	memset(text, '(', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(filter_parse(&x, text, f.session, &col, &err), -VMS_EUSAGE);
}

UNIT_MAIN(open_demo, close_demo)
