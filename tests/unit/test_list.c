// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lists and searches that the worker makes: the same as made at once, whatever comes between. */
#include "demo_fixture.h"

#include <vmsync/session_snapshot.h>

#include "app/words/choices.h"
#include "app/words/words.h"
#include "app/commands/command.h"
#include "app/state/list.h"
#include "app/worker.h"

static struct worker *worker;

static int open_with_worker(void **state)
{
	struct app_opts o = { .no_journal = true };

	(void)state;
	assert_int_equal(worker_new(&worker, NULL), 0);
	o.worker = worker;
	(void)fixture_open(&f, "01-demo.dat", &o);
	return 0;
}

static int close_with_worker(void **state)
{
	struct vms_session *s = f.session;
	struct vms_trace *t = f.trace;

	(void)state;
	app_free(f.app);
	worker_free(worker);
	vms_session_free(s);
	vms_trace_free(t);
	memset(&f, 0, sizeof(f));
	return 0;
}

/* Ids of the list that a filter and an order give, made at once or by the worker. */
static uint32_t *list_of(struct app *a, bool at_once, const char *filter, const char *sort,
			 uint32_t *nr)
{
	uint32_t *copy;
	char line[96];

	list_at_once(a, at_once ? UINT32_MAX : 0);
	(void)snprintf(line, sizeof(line), "filter %s", filter);
	assert_int_equal(app_run(a, line, NULL), 0);
	(void)snprintf(line, sizeof(line), "sort %s", sort);
	assert_int_equal(app_run(a, line, NULL), 0);
	app_settle(a);
	*nr = app_list(a)->nr;
	copy = malloc((*nr + 1) * sizeof(*copy));
	memcpy(copy, app_list(a)->ids, *nr * sizeof(*copy));
	return copy;
}

TEST_IN(lists_made_beside_are_the_same, open_with_worker, close_with_worker)
{
	static const char *const filters[] = { "", "delay>2us", "vcpu==1 && event~MSR",
					       "delay>1000s" };
	uint32_t nr, pieces_nr, *whole, *pieces;
	char sort[16];
	size_t i;
	int k;

	for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		for (k = 0; k < APP_SORT_NR; k++) {
			(void)choice_name(SORT_WORDS(" "), k, sort, sizeof(sort));
			whole = list_of(f.app, true, filters[i], sort, &nr);
			pieces = list_of(f.app, false, filters[i], sort, &pieces_nr);
			assert_int_equal(nr, pieces_nr);
			assert_memory_equal(whole, pieces, nr * sizeof(*whole));
			free(whole);
			free(pieces);
		}
	}
}

TEST_IN(search_beside_finds_the_same, open_with_worker, close_with_worker)
{
	uint32_t at, nr, sel;

	assert_int_equal(app_run(f.app, "search delay>3us", NULL), 0);
	at = app_search(f.app)->at;
	nr = app_search(f.app)->nr;
	sel = app_list(f.app)->sel;
	assert_true(nr > 3);
	list_at_once(f.app, 0);
	fixture_keys(f.app, "nnN");
	assert_int_equal(app_search(f.app)->at, at % nr + 1); /* what was found before serves */
	assert_int_equal(app_run(f.app, "search delay > 3us", NULL), 0);
	app_settle(f.app);
	assert_int_equal(app_search(f.app)->nr, nr);
	fixture_keys(f.app, "N");
	assert_int_equal(app_search(f.app)->at, at);
	assert_int_equal(app_list(f.app)->sel, sel);
}

/* Asked for while a list is made, a search is of the list that comes. */
TEST_IN(a_search_waits_for_the_list, open_with_worker, close_with_worker)
{
	uint32_t nr;

	list_at_once(f.app, 0);
	assert_int_equal(app_run(f.app, "sort delay", NULL), 0);
	assert_int_equal(app_run(f.app, "filter vcpu==1", NULL), 0);
	assert_int_equal(app_run(f.app, "search (", NULL), -VMS_EUSAGE);
	assert_int_equal(app_run(f.app, "search delay>3us", NULL), 0);
	app_settle(f.app);
	nr = app_search(f.app)->nr;
	assert_true(nr > 0 && app_search(f.app)->at > 0);
	assert_int_equal(app_run(f.app, "search delay>3us", NULL), 0);
	app_settle(f.app);
	assert_int_equal(app_search(f.app)->nr, nr);
}

/* Decisions and fits by turns: in the end as if nothing had run beside them. */
TEST_IN(fits_follow_decisions, open_with_worker, close_with_worker)
{
	const struct vms_model_result *r;
	struct vms_model_result beside;
	unsigned int i;

	if (!f.app)
		skip();
	for (i = 0; i < 40; i++) {
		fixture_keys(f.app, i % 3 ? "a}" : "x}");
		(void)app_idle(f.app);
		if (i % 4 == 0)
			(void)worker_collect(worker);
	}
	app_settle(f.app);
	assert_false(vms_session_stale(f.session));
	r = vms_session_result(f.session, 0, VMS_BY_MEDIAN, VMS_OVER_NOT_REJECTED);
	beside = *r;
	assert_int_equal(vms_session_restored(f.session, NULL), 0);
	r = vms_session_result(f.session, 0, VMS_BY_MEDIAN, VMS_OVER_NOT_REJECTED);
	assert_memory_equal(r, &beside, sizeof(beside));
}

/* Given up, an alignment leaves all as it was; else it comes when it is found. */
TEST_IN(alignments_are_looked_for_beside, open_with_worker, close_with_worker)
{
	uint64_t steps;

	if (!f.app)
		skip();
	steps = vms_session_steps(f.session);
	assert_int_equal(app_run(f.app, "align again", NULL), 0);
	fixture_keys(f.app, "\003");
	app_settle(f.app);
	assert_int_equal(vms_session_steps(f.session), steps);
	assert_non_null(strstr(app_messages(f.app)->text, "cancelled"));
	assert_int_equal(app_run(f.app, "align again", NULL), 0);
	assert_int_equal(vms_session_steps(f.session), steps);
	app_settle(f.app);
	assert_int_equal(vms_session_steps(f.session), steps + 1);
	assert_non_null(strstr(app_messages(f.app)->text, "aligned"));
}

/* A decision while a list that looks at decisions is made: it is of what is decided now. */
TEST_IN(decisions_while_a_list_is_made, open_with_worker, close_with_worker)
{
	uint32_t i;

	list_at_once(f.app, 0);
	assert_int_equal(app_run(f.app, "filter state==accepted", NULL), 0);
	assert_int_equal(app_run(f.app, "accept 5", NULL), 0);
	app_settle(f.app);
	assert_true(app_list(f.app)->nr > 0);
	for (i = 0; i < app_list(f.app)->nr; i++)
		assert_int_equal(vms_session_state(f.app->session,
						   app_candidate(f.app, app_list(f.app)->ids[i])),
				 VMS_ACCEPTED);
	assert_true(list_row_of(f.app, 5) != VMS_ID_NONE);
}

UNIT_MAIN(NULL, NULL)
