// SPDX-License-Identifier: LGPL-2.1-or-later
/* How pieces of work are dealt out to threads, and whose failure counts. */
#include "core/base/each.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include <vmsync/log.h>

#include "core/base/util.h"

#define THREADS_MAX 16u

static atomic_uint threads_wanted;

struct each {
	int (*fn)(void *user, unsigned int i, struct vms_err *err);
	void *user;
	unsigned int nr;
	atomic_uint next;
	atomic_bool failed;
	pthread_mutex_t lock; /* of what follows */
	unsigned int failed_at;
	struct vms_err err;
	int ret;
};

/* Pieces are begun in order: all before one that failed were begun, and are done to their end. */
static void *work(void *arg)
{
	struct each *each = arg;
	struct vms_err err = { 0 };
	unsigned int i;
	int ret;

	while (!atomic_load(&each->failed) && (i = atomic_fetch_add(&each->next, 1)) < each->nr) {
		ret = each->fn(each->user, i, &err);
		if (!ret)
			continue;
		(void)pthread_mutex_lock(&each->lock);
		if (!each->ret || i < each->failed_at) {
			each->failed_at = i;
			each->ret = ret;
			each->err = err;
		}
		(void)pthread_mutex_unlock(&each->lock);
		atomic_store(&each->failed, true);
	}
	return NULL;
}

static unsigned int threads_for(unsigned int nr)
{
	const unsigned int wanted = atomic_load(&threads_wanted);
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	const unsigned int most = wanted ? wanted : (unsigned int)VMS_MAX(cpus, 1);

	return vms_log_heard() ? 1 : VMS_MIN(VMS_MIN(most, THREADS_MAX), nr);
}

int vms_each(unsigned int nr, int (*fn)(void *user, unsigned int i, struct vms_err *err),
	     void *user, struct vms_err *err)
{
	struct each each = { .fn = fn, .user = user, .nr = nr };
	const unsigned int want = threads_for(nr);
	pthread_t threads[THREADS_MAX];
	unsigned int i, started = 0;

	(void)pthread_mutex_init(&each.lock, NULL);
	while (started + 1 < want && !pthread_create(&threads[started], NULL, work, &each))
		started++;
	(void)work(&each);
	for (i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	(void)pthread_mutex_destroy(&each.lock);
	if (each.ret && err)
		*err = each.err;
	return each.ret;
}

void vms_each_on(unsigned int threads_nr)
{
	atomic_store(&threads_wanted, threads_nr);
}
