// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which host threads may run which guest CPU, by what files and events say of it. */
#include "core/align/align_impl.h"

#include <vmsync/place.h>

/* Threads of one QEMU are made close together; ids farther apart than this belong to another. */
#define TID_NEAR 64

static int32_t thread_index(const struct vms_stretches *st, int32_t tid)
{
	const struct vms_thread *t = tid < 0 ? NULL : vms_thread_find(st, tid);

	return t ? (int32_t)(t - st->threads) : -1;
}

static int32_t declared_tid(const struct vms_guest_decl *d, uint32_t cpu)
{
	uint32_t i;

	for (i = 0; d && i < d->vcpus_nr; i++)
		if (d->vcpu[i] == cpu)
			return d->tid[i];
	return -1;
}

void align_threads_known(const struct align_ctx *x, unsigned int guest, int32_t *thread)
{
	const struct vms_guest_decl *d = x->t->guests[guest].decl;
	unsigned int i;

	for (i = 0; i < x->guest->cpus_nr; i++)
		thread[i] = thread_index(
			x->st, x->o->tids ? x->o->tids[i] : declared_tid(d, x->guest->cpus[i].cpu));
}

static bool of_another(const struct align_ctx *x, unsigned int guest,
		       const struct vms_guest_decl *d)
{
	const struct vms_guest_decl *own = x->t->guests[guest].decl;
	unsigned int i;

	for (i = 0; i < x->t->guests_nr; i++)
		if (i != guest && x->t->guests[i].decl == d)
			return true;
	/* without an own entry, one that no guest claims may be this very guest's */
	return own && d != own;
}

void align_threads_free(const struct align_ctx *ctx, unsigned int guest, bool *is_free)
{
	unsigned int i;
	uint32_t k;

	for (i = 0; i < ctx->st->threads_nr; i++)
		is_free[i] = true;
	for (i = 0; i < ctx->host->decls_nr; i++) {
		const struct vms_guest_decl *d = &ctx->host->decls[i];

		if (!of_another(ctx, guest, d))
			continue;
		for (k = 0; k < d->vcpus_nr; k++) {
			const int32_t t = thread_index(ctx->st, d->tid[k]);

			if (t >= 0)
				is_free[t] = false;
		}
	}
}

void align_threads_group(struct align_ctx *x)
{
	const struct vms_thread *t = x->st->threads;
	unsigned int i;
	int group = 0;

	for (i = 0; i < x->st->threads_nr; i++) {
		if (i && ((int64_t)t[i].tid - t[i - 1].tid > TID_NEAR ||
			  (t[i].vcpu_id >= 0 && t[i].vcpu_id <= t[i - 1].vcpu_id)))
			group++;
		x->threads[i].group = group;
	}
}
