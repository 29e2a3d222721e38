// SPDX-License-Identifier: LGPL-2.1-or-later
/* Work on several threads: each piece is done, the first failure counts, results are the same. */
#include "app_fixture.h"

#include <stdatomic.h>

#include "app/reports/report.h"
#include "core/base/each.h"
#include "core/base/util.h"

#define PIECES_NR 1000u

struct pieces {
	atomic_uint done[PIECES_NR];
	unsigned int fails_from;
};

static int piece(void *user, unsigned int i, struct vms_err *err)
{
	struct pieces *p = user;

	atomic_fetch_add(&p->done[i], 1);
	return i < p->fails_from ? 0 : vms_fail(err, VMS_ENODATA, "piece %u", i);
}

TEST(each_piece_is_done_once)
{
	static const unsigned int on[] = { 1, 2, 3, 16, 100 };
	struct pieces p = { .fails_from = PIECES_NR };
	unsigned int k, i;

	for (k = 0; k < VMS_ARRAY_NR(on); k++) {
		vms_each_on(on[k]);
		assert_int_equal(vms_each(PIECES_NR, piece, &p, NULL), 0);
		for (i = 0; i < PIECES_NR; i++)
			assert_int_equal(atomic_load(&p.done[i]), k + 1);
	}
	assert_int_equal(vms_each(0, piece, &p, NULL), 0);
	vms_each_on(0);
}

/* Whatever the order in which they end: what would have failed first one after another. */
TEST(the_first_failure_counts)
{
	struct pieces p = { .fails_from = 70 };
	struct vms_err err = { 0 };
	unsigned int k;

	for (k = 0; k < 50; k++) {
		vms_each_on(1 + k % 8);
		assert_int_equal(vms_each(PIECES_NR, piece, &p, &err), -VMS_ENODATA);
		assert_string_equal(err.msg, "piece 70");
	}
	vms_each_on(0);
}

static char *report(const struct fixture *f, unsigned int threads_nr)
{
	const struct app_report_opts opts = { .files_nr = 0 };
	struct vms_session *session;
	char *text = NULL;
	size_t size;

	vms_each_on(threads_nr);
	assert_int_equal(vms_session_new(&session, f->trace, NULL, NULL), 0);
	assert_int_equal(app_report_make(&text, &size, true, session, &opts, NULL), 0);
	vms_session_free(session);
	vms_each_on(0);
	return text;
}

TEST(reports_do_not_depend_on_the_number_of_threads)
{
	static const char *const names[] = { "01-demo.dat", "02-local-ptp.dat" };
	unsigned int i;

	for (i = 0; i < VMS_ARRAY_NR(names); i++) {
		struct fixture f;
		char *one, *two, *many;

		fixture_open(&f, names[i], NULL);
		one = report(&f, 1);
		two = report(&f, 2);
		many = report(&f, 16);
		assert_true(strlen(one) > 1000);
		assert_string_equal(one, two);
		assert_string_equal(one, many);
		free(one);
		free(two);
		free(many);
		fixture_close(&f);
	}
}

UNIT_MAIN(NULL, NULL)
