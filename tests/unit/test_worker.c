// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit.h"

#include <poll.h>
#include <stdatomic.h>

#include "app/worker.h"

/* A job that waits until it is told to go on, or is cancelled. */
struct waiter {
	atomic_int begun, go;
	bool deaf; /* does not look whether it is cancelled */
	int runs, taken, ret, freed;
	int *order; /* counts over several: who is taken first */
	int place;
};

static int wait_run(void *data, const struct vms_progress *p)
{
	struct waiter *w = data;

	w->runs++;
	vms_progress_tell(p, "waiting", 1, 4);
	atomic_fetch_add(&w->begun, 1);
	while (!atomic_load(&w->go))
		if (!w->deaf && vms_progress_cancelled(p))
			return -VMS_ECANCEL;
	return 7;
}

static void wait_take(void *user, void *data, int ret)
{
	struct waiter *w = data;

	assert_ptr_equal(user, data);
	w->taken++;
	w->ret = ret;
	if (w->order)
		w->place = ++*w->order;
}

static void wait_free(void *data)
{
	((struct waiter *)data)->freed++;
}

static void submit(struct worker *w, enum worker_kind kind, struct waiter *data)
{
	const struct worker_job job = {
		.run = wait_run, .take = wait_take, .free = wait_free, .data = data, .user = data
	};

	worker_submit(w, kind, &job);
}

static void until_begun(struct waiter *w, int times)
{
	while (atomic_load(&w->begun) < times)
		;
}

static struct worker *new_worker(void)
{
	struct worker *w = NULL;

	assert_int_equal(worker_new(&w, NULL), 0);
	return w;
}

TEST(without_a_worker_at_once)
{
	struct waiter a = { .go = 1 };

	submit(NULL, WORKER_LIST, &a);
	assert_int_equal(a.taken, 1);
	assert_int_equal(a.ret, 7);
	assert_int_equal(a.freed, 1);
	assert_false(worker_busy(NULL, WORKER_LIST));
	assert_int_equal(worker_collect(NULL), 0);
	worker_finish(NULL, WORKER_LIST);
	worker_free(NULL);
}

TEST(results_are_taken_between_frames)
{
	struct worker *w = new_worker();
	struct pollfd fd = { .fd = worker_fd(w), .events = POLLIN };
	struct worker_state s;
	struct waiter a = { .go = 0 };

	assert_int_equal(poll(&fd, 1, 0), 0);
	submit(w, WORKER_LIST, &a);
	until_begun(&a, 1);
	assert_int_equal(poll(&fd, 1, -1), 1); /* it told how far it is */
	assert_int_equal(worker_collect(w), 0);
	assert_true(worker_state(w, WORKER_LIST, &s));
	assert_string_equal(s.what, "waiting");
	assert_int_equal(worker_percent(w, WORKER_LIST), 25);
	assert_false(worker_state(w, WORKER_FIT, &s));
	atomic_store(&a.go, 1);
	assert_int_equal(poll(&fd, 1, -1), 1);
	assert_int_equal(a.taken, 0);
	assert_true(worker_busy(w, WORKER_LIST));
	assert_int_equal(worker_collect(w), 1);
	assert_int_equal(a.taken, 1);
	assert_int_equal(a.freed, 1);
	assert_false(worker_busy(w, WORKER_LIST));
	assert_int_equal(poll(&fd, 1, 0), 0); /* idle: nothing wakes */
	worker_free(w);
}

TEST(a_newer_one_takes_the_place)
{
	struct worker *w = new_worker();
	struct waiter a = { .deaf = true }, b = { .go = 1 }, never = { .go = 1 };

	submit(w, WORKER_LIST, &a);
	until_begun(&a, 1);
	submit(w, WORKER_LIST, &never); /* waits, and is replaced before it began */
	submit(w, WORKER_LIST, &b);
	assert_int_equal(never.freed, 1);
	atomic_store(&a.go, 1);
	worker_finish(w, WORKER_LIST);
	assert_int_equal(a.taken, 0);
	assert_int_equal(a.freed, 1);
	assert_int_equal(b.taken, 1);
	assert_int_equal(never.runs, 0);
	worker_free(w);
}

TEST(cancelled_nothing_is_taken)
{
	struct worker *w = new_worker();
	struct waiter a = { .go = 0 };

	assert_false(worker_cancel(w, WORKER_SEARCH));
	submit(w, WORKER_SEARCH, &a);
	until_begun(&a, 1);
	assert_true(worker_cancel(w, WORKER_SEARCH));
	assert_false(worker_busy(w, WORKER_SEARCH));
	worker_free(w);
	assert_int_equal(a.taken, 0);
	assert_int_equal(a.freed, 1);
}

TEST(what_is_urgent_goes_first)
{
	struct worker *w = new_worker();
	int order = 0;
	struct waiter fit = { .go = 0, .order = &order }, list = { .go = 1, .order = &order };

	submit(w, WORKER_FIT, &fit);
	until_begun(&fit, 1);
	submit(w, WORKER_LIST, &list); /* the fit is put off, and begins again */
	until_begun(&fit, 2);
	atomic_store(&fit.go, 1);
	worker_finish(w, WORKER_FIT);
	assert_int_equal(list.place, 1);
	assert_int_equal(fit.place, 2);
	assert_int_equal(fit.runs, 2);
	assert_int_equal(fit.freed, 1);
	worker_free(w);
}

UNIT_MAIN(NULL, NULL)
