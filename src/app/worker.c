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
	bool cancel;   /* asked by run(); shared with it without the lock */
	bool given_up; /* nobody waits for it any more */
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
	struct entry *entry = user;
	const int64_t now = now_ns();

	(void)pthread_mutex_lock(&entry->worker->lock);
	(void)snprintf(entry->state.what, sizeof(entry->state.what), "%s", what ? what : "");
	entry->state.done = done;
	entry->state.total = total;
	entry->state.events = events;
	(void)pthread_mutex_unlock(&entry->worker->lock);
	if (now - entry->told_ns < TELL_EVERY_NS)
		return;
	entry->told_ns = now;
	notify(entry->worker);
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
static void put_away(struct worker *worker, struct entry *entry)
{
	worker->running = NULL;
	if (entry->ret == -VMS_ECANCEL && !entry->given_up) {
		__atomic_store_n(&entry->cancel, false, __ATOMIC_RELAXED);
		worker->waiting[entry->kind] = entry;
		return;
	}
	entry->next = NULL;
	*worker->ended_last = entry;
	worker->ended_last = &entry->next;
	notify(worker);
}

static void *work(void *user)
{
	struct worker *worker = user;

	(void)pthread_mutex_lock(&worker->lock);
	while (!worker->quit) {
		struct entry *entry = next_waiting(worker);

		worker->running = entry;
		if (!entry) {
			(void)pthread_cond_wait(&worker->wake, &worker->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&worker->lock);
		entry->ret = entry->job.run(entry->job.data,
					    &(struct vms_progress){ .update = on_progress,
								    .cancel = &entry->cancel,
								    .user = entry });
		(void)pthread_mutex_lock(&worker->lock);
		put_away(worker, entry);
	}
	(void)pthread_mutex_unlock(&worker->lock);
	return NULL;
}

/* Signals are for the thread of the screen. */
static int start(struct worker *worker)
{
	/* what its own instructions do: blocked, it would end the program without a handler */
	static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP };
	sigset_t all, before;
	size_t i;
	int ret;

	sigfillset(&all);
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(&all, own[i]);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&worker->thread, NULL, work, worker);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	worker->started = !ret;
	return ret;
}

int worker_new(struct worker **out, struct vms_err *err)
{
	struct worker *worker = vms_calloc(1, sizeof(*worker));

	if (!worker)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	worker->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->fd < 0) {
		free(worker);
		return vms_fail(err, VMS_EIO, "making a descriptor: %s", strerror(errno));
	}
	worker->ended_last = &worker->ended;
	(void)pthread_mutex_init(&worker->lock, NULL);
	(void)pthread_cond_init(&worker->wake, NULL);
	*out = worker;
	return 0;
}

void worker_free(struct worker *worker)
{
	unsigned int k;

	if (!worker)
		return;
	for (k = 0; k < WORKER_NR; k++)
		(void)worker_cancel(worker, (enum worker_kind)k);
	(void)pthread_mutex_lock(&worker->lock);
	worker->quit = true;
	(void)pthread_cond_signal(&worker->wake);
	(void)pthread_mutex_unlock(&worker->lock);
	if (worker->started)
		(void)pthread_join(worker->thread, NULL);
	(void)worker_collect(worker);
	(void)pthread_cond_destroy(&worker->wake);
	(void)pthread_mutex_destroy(&worker->lock);
	(void)close(worker->fd);
	free(worker);
}

static void run_here(const struct worker_job *job)
{
	const int ret = job->run(job->data, NULL);

	if (job->take)
		job->take(job->user, job->data, ret);
	if (job->free)
		job->free(job->data);
}

void worker_submit(struct worker *worker, enum worker_kind kind, const struct worker_job *job)
{
	struct entry *entry;

	if (worker)
		(void)worker_cancel(worker, kind);
	entry = worker && (worker->started || !start(worker)) ? vms_calloc(1, sizeof(*entry))
							      : NULL;
	if (!entry) {
		run_here(job);
		return;
	}
	entry->worker = worker;
	entry->job = *job;
	entry->kind = kind;
	entry->cancel = false;
	(void)pthread_mutex_lock(&worker->lock);
	worker->wanted[kind] = entry;
	worker->waiting[kind] = entry;
	if (worker->running && worker->running->kind > kind)
		__atomic_store_n(&worker->running->cancel, true, __ATOMIC_RELAXED);
	(void)pthread_cond_signal(&worker->wake);
	(void)pthread_mutex_unlock(&worker->lock);
}

bool worker_cancel(struct worker *worker, enum worker_kind kind)
{
	struct entry *entry = worker ? worker->wanted[kind] : NULL, *waited = NULL;

	if (!entry)
		return false;
	worker->wanted[kind] = NULL;
	(void)pthread_mutex_lock(&worker->lock);
	entry->given_up = true;
	__atomic_store_n(&entry->cancel, true, __ATOMIC_RELAXED);
	if (worker->waiting[kind] == entry) {
		worker->waiting[kind] = NULL;
		waited = entry;
	}
	(void)pthread_mutex_unlock(&worker->lock);
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

unsigned int worker_collect(struct worker *worker)
{
	struct entry *entry, *next;
	uint64_t nr;
	unsigned int taken = 0;

	if (!worker)
		return 0;
	(void)pthread_mutex_lock(&worker->lock);
	if (read(worker->fd, &nr, sizeof(nr)) < 0)
		(void)0;
	entry = worker->ended;
	worker->ended = NULL;
	worker->ended_last = &worker->ended;
	(void)pthread_mutex_unlock(&worker->lock);
	for (; entry; entry = next) {
		next = entry->next;
		/* what take() does may give up what comes after it */
		if (!entry->given_up) {
			worker->wanted[entry->kind] = NULL;
			if (entry->job.take)
				entry->job.take(entry->job.user, entry->job.data, entry->ret);
			taken++;
		}
		entry_free(entry);
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
