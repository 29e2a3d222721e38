// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows which job runs beside the screen, which wait, and how their results come back. */
#include "app/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/base/util.h"

/* A screen that shows how far a job is shows it this often. */
#define TELL_EVERY_NS 50000000

struct entry {
	struct worker *worker;
	struct worker_job job;
	enum worker_kind kind;
	atomic_bool cancel; /* asked by run() */
	bool given_up;	    /* nobody waits for it any more */
	int ret;
	struct worker_state state;
	int64_t told_ns;
	struct entry *next; /* of those that ended */
};

struct worker {
	pthread_mutex_t lock; /* over all below and what entries tell, but not their data */
	pthread_cond_t wake;
	pthread_t thread;
	bool started, quit;
	struct entry *waiting[WORKER_NR], *running, *ended, **ended_last;
	struct entry *wanted[WORKER_NR]; /* of each kind: the job whose result will be taken */
	int fd;
};

static void entry_free(struct entry *e)
{
	if (e && e->job.free)
		e->job.free(e->job.data);
	free(e);
}

static void notify(const struct worker *w)
{
	const uint64_t one = 1;

	/* A counter that is full has not been read since: the reader will see it. */
	if (write(w->fd, &one, sizeof(one)) < 0)
		(void)0;
}

static int64_t now_ns(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void on_progress(void *user, const char *what, uint64_t done, uint64_t total,
			uint64_t events)
{
	struct entry *e = user;
	const int64_t now = now_ns();

	(void)pthread_mutex_lock(&e->worker->lock);
	(void)snprintf(e->state.what, sizeof(e->state.what), "%s", what ? what : "");
	e->state.done = done;
	e->state.total = total;
	e->state.events = events;
	(void)pthread_mutex_unlock(&e->worker->lock);
	if (now - e->told_ns < TELL_EVERY_NS)
		return;
	e->told_ns = now;
	notify(e->worker);
}

static struct entry *next_waiting(struct worker *w)
{
	unsigned int k;

	for (k = 0; k < WORKER_NR; k++) {
		struct entry *e = w->waiting[k];

		w->waiting[k] = NULL;
		if (e)
			return e;
	}
	return NULL;
}

/* With the lock held: what was only put off waits again, the rest has ended. */
static void put_away(struct worker *w, struct entry *e)
{
	w->running = NULL;
	if (e->ret == -VMS_ECANCEL && !e->given_up) {
		atomic_store(&e->cancel, false);
		w->waiting[e->kind] = e;
		return;
	}
	e->next = NULL;
	*w->ended_last = e;
	w->ended_last = &e->next;
	notify(w);
}

static void *work(void *user)
{
	struct worker *w = user;

	(void)pthread_mutex_lock(&w->lock);
	while (!w->quit) {
		struct entry *e = next_waiting(w);

		w->running = e;
		if (!e) {
			(void)pthread_cond_wait(&w->wake, &w->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&w->lock);
		e->ret = e->job.run(e->job.data, &(struct vms_progress){ .update = on_progress,
									 .cancel = &e->cancel,
									 .user = e });
		(void)pthread_mutex_lock(&w->lock);
		put_away(w, e);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Signals are for the thread of the screen. */
static int start(struct worker *w)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&w->thread, NULL, work, w);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->started = !ret;
	return ret;
}

int worker_new(struct worker **out, struct vms_err *err)
{
	struct worker *w = vms_calloc(1, sizeof(*w));

	if (!w)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0) {
		free(w);
		return vms_fail(err, VMS_EIO, "making a descriptor: %s", strerror(errno));
	}
	w->ended_last = &w->ended;
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->wake, NULL);
	*out = w;
	return 0;
}

void worker_free(struct worker *w)
{
	unsigned int k;

	if (!w)
		return;
	for (k = 0; k < WORKER_NR; k++)
		(void)worker_cancel(w, (enum worker_kind)k);
	(void)pthread_mutex_lock(&w->lock);
	w->quit = true;
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
	if (w->started)
		(void)pthread_join(w->thread, NULL);
	(void)worker_collect(w);
	(void)pthread_cond_destroy(&w->wake);
	(void)pthread_mutex_destroy(&w->lock);
	(void)close(w->fd);
	free(w);
}

static void run_here(const struct worker_job *job)
{
	const int ret = job->run(job->data, NULL);

	if (job->take)
		job->take(job->user, job->data, ret);
	if (job->free)
		job->free(job->data);
}

void worker_submit(struct worker *w, enum worker_kind kind, const struct worker_job *job)
{
	struct entry *e;

	if (w)
		(void)worker_cancel(w, kind);
	e = w && (w->started || !start(w)) ? vms_calloc(1, sizeof(*e)) : NULL;
	if (!e) {
		run_here(job);
		return;
	}
	e->worker = w;
	e->job = *job;
	e->kind = kind;
	atomic_init(&e->cancel, false);
	(void)pthread_mutex_lock(&w->lock);
	w->wanted[kind] = e;
	w->waiting[kind] = e;
	if (w->running && w->running->kind > kind)
		atomic_store(&w->running->cancel, true);
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
}

bool worker_cancel(struct worker *w, enum worker_kind kind)
{
	struct entry *e = w ? w->wanted[kind] : NULL, *waited = NULL;

	if (!e)
		return false;
	w->wanted[kind] = NULL;
	(void)pthread_mutex_lock(&w->lock);
	e->given_up = true;
	atomic_store(&e->cancel, true);
	if (w->waiting[kind] == e) {
		w->waiting[kind] = NULL;
		waited = e;
	}
	(void)pthread_mutex_unlock(&w->lock);
	entry_free(waited);
	return true;
}

bool worker_busy(const struct worker *w, enum worker_kind kind)
{
	return w && w->wanted[kind];
}

bool worker_state(struct worker *w, enum worker_kind kind, struct worker_state *out)
{
	if (!worker_busy(w, kind))
		return false;
	(void)pthread_mutex_lock(&w->lock);
	*out = w->wanted[kind]->state;
	(void)pthread_mutex_unlock(&w->lock);
	return true;
}

unsigned int worker_percent(struct worker *w, enum worker_kind kind)
{
	struct worker_state s;

	if (!worker_state(w, kind, &s) || !s.total)
		return 0;
	return (unsigned int)(100.0 * (double)s.done / (double)s.total);
}

int worker_fd(const struct worker *w)
{
	return w ? w->fd : -1;
}

unsigned int worker_collect(struct worker *w)
{
	struct entry *e, *next;
	uint64_t nr;
	unsigned int taken = 0;

	if (!w)
		return 0;
	(void)pthread_mutex_lock(&w->lock);
	if (read(w->fd, &nr, sizeof(nr)) < 0)
		(void)0;
	e = w->ended;
	w->ended = NULL;
	w->ended_last = &w->ended;
	(void)pthread_mutex_unlock(&w->lock);
	for (; e; e = next) {
		next = e->next;
		/* what take() does may give up what comes after it */
		if (!e->given_up) {
			w->wanted[e->kind] = NULL;
			if (e->job.take)
				e->job.take(e->job.user, e->job.data, e->ret);
			taken++;
		}
		entry_free(e);
	}
	return taken;
}

void worker_finish(struct worker *w, enum worker_kind kind)
{
	struct pollfd fd = { .fd = worker_fd(w), .events = POLLIN };

	while (worker_busy(w, kind)) {
		(void)worker_collect(w);
		if (worker_busy(w, kind))
			(void)poll(&fd, 1, -1);
	}
}
