/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one thread beside the screen: what outlasts a frame runs there, and its result is taken
 * between frames.
 */
#ifndef APP_WORKER_H
#define APP_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <vmsync/err.h>
#include <vmsync/progress.h>

struct worker;

/** enum worker_kind - there is one job of a kind at most; those that come first here go first */
enum worker_kind {
	WORKER_LOAD,
	WORKER_CHANGE, /* before all that works on what it changes, as its snapshot serves once */
	WORKER_LIST,
	WORKER_SEARCH,
	WORKER_EVENTS,
	WORKER_PLOT,
	WORKER_FIT,
	WORKER_FITNESS,
	WORKER_FIND,
	WORKER_NR
};

/**
 * struct worker_job - what to do, and what becomes of it
 * A job that something more urgent came before is cancelled and later runs again from the start.
 */
struct worker_job {
	/*
	 * On the worker's thread: touches only what is its own or does not change. Ends soon with
	 * -VMS_ECANCEL when it is cancelled.
	 */
	int (*run)(void *data, const struct vms_progress *p);
	/* On the thread of worker_collect(), with what run() returned; never for a job given up */
	void (*take)(void *user, void *data, int ret);
	void (*free)(void *data); /* on that thread too, in any case; may be NULL */
	void *data, *user;
};

/** struct worker_state - how far a job is */
struct worker_state {
	char what[80];
	uint64_t done, total, events;
};

/** worker_new - no thread runs before the first job. Return: 0; -VMS_EIO; -VMS_ENOMEM */
int worker_new(struct worker **out, struct vms_err *err);
/** worker_free - gives up what still runs, and waits for its end; NULL is fine */
void worker_free(struct worker *worker);

/**
 * worker_submit - give the worker a job in place of the one of its kind
 * @worker: NULL: there is no screen to keep alive, the job is run and its result taken at once
 */
void worker_submit(struct worker *worker, enum worker_kind kind, const struct worker_job *job);
/** worker_cancel - give up the job of a kind. Return: there was one */
bool worker_cancel(struct worker *worker, enum worker_kind kind);
/** worker_busy - whether a job of a kind waits, runs, or has a result not yet taken */
bool worker_busy(const struct worker *w, enum worker_kind kind);
/** worker_state - how far a job is; false: there is none of this kind */
bool worker_state(struct worker *w, enum worker_kind kind, struct worker_state *out);
/** worker_percent - the same as a number */
unsigned int worker_percent(struct worker *w, enum worker_kind kind);
/** worker_fd - readable when there is something to collect, or a job is further than it was */
int worker_fd(const struct worker *w);
/** worker_collect - take the results there are. Return: how many */
unsigned int worker_collect(struct worker *worker);
/** worker_finish - wait for the job of a kind, and take what else is done meanwhile */
void worker_finish(struct worker *w, enum worker_kind kind);

#endif
