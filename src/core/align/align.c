// SPDX-License-Identifier: LGPL-2.1-or-later
/* In which order starting points are tried, and which thread a vCPU gets. */
#include "core/align/align_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/log.h>
#include <vmsync/place.h>

#include "core/base/assert.h"
#include "core/base/each.h"
#include "core/base/util.h"

/* --- threads --- */

static bool taken(const struct align_job *job, const struct align_vcpu *v, int32_t thread)
{
	unsigned int i;

	for (i = 0; i < job->nr; i++)
		/* what is left over of a vCPU may have run on the same */
		if (job->v[i].cpu_idx != v->cpu_idx &&
		    ((job->v[i].thread == thread && align_settled(&job->v[i])) ||
		     job->v[i].known == thread))
			return true;
	return false;
}

/* 0 when a thread is the likely one by its number and its VM; greater is less likely */
static int unlikely(const struct align_job *job, const struct align_vcpu *vcpu, int32_t thread_idx)
{
	const struct align_thread *thread = &job->x.threads[thread_idx];
	bool same = false, other = false;
	unsigned int i;

	for (i = 0; i < job->nr; i++) {
		const int32_t k = job->v[i].thread;

		if (k < 0 || &job->v[i] == vcpu || !align_settled(&job->v[i]))
			continue;
		if (job->x.threads[k].group == thread->group)
			same = true;
		else
			other = true;
	}
	return (thread->t->vcpu_id >= 0 && thread->t->vcpu_id != (int32_t)vcpu->c->cpu) +
	       2 * (other && !same);
}

/* Two threads explain the same events; those of a vCPU that moved explain each its own. */
static bool both_explain(const struct align_job *job, const struct align_vcpu *v, int32_t thread,
			 const struct align_result *other, int32_t other_thread)
{
	uint32_t first, last, other_first, other_last;

	return align_good(&v->best, v->c->nr) && align_good(other, v->c->nr) &&
	       align_run(&job->x.threads[thread], v->c, &v->best, true, &first, &last) &&
	       align_run(&job->x.threads[other_thread], v->c, other, true, &other_first,
			 &other_last) &&
	       first <= other_last && other_first <= last;
}

/*
 * Tries a way of aligning on every thread that the vCPU may have, the likely ones first; one of a
 * less likely class is only asked when no likelier one is good.
 */
static int over_threads(struct align_job *job, struct align_vcpu *vcpu,
			int (*way)(struct align_job *, struct align_vcpu *, int32_t))
{
	int class;
	int32_t k;
	int ret = 0;

	if (vcpu->known >= 0)
		return way(job, vcpu, vcpu->known);
	for (class = 0; class < 4 && !align_settled(vcpu); class ++) {
		struct align_result best = { .pieces = NULL };
		int32_t best_thread = -1;
		bool rival = false;

		for (k = 0; k < (int32_t)job->x.st->threads_nr && !ret; k++) {
			struct align_result old = vcpu->best;
			const int32_t old_thread = vcpu->thread;

			if (!job->is_free[k] || (vcpu->may && !vcpu->may[k]) ||
			    taken(job, vcpu, k) || unlikely(job, vcpu, k) != class)
				continue;
			/*
			 * each thread gets its own chance: what another left must not end the
			 * search
			 */
			vcpu->best = (struct align_result){ .pieces = NULL };
			ret = way(job, vcpu, k);
			rival = rival || both_explain(job, vcpu, k, &best, best_thread);
			if (align_worth(&vcpu->best) > align_worth(&best)) {
				align_result_release(&best);
				best = vcpu->best;
				best_thread = k;
			} else {
				align_result_release(&vcpu->best);
			}
			vcpu->best = old;
			vcpu->thread = old_thread;
		}
		if (align_worth(&best) > align_worth(&vcpu->best)) {
			align_result_release(&vcpu->best);
			vcpu->best = best;
			vcpu->thread = best_thread;
			vcpu->contested = rival;
		} else {
			align_result_release(&best);
		}
		if (ret)
			return ret;
	}
	return ret;
}

static int by_events(const void *a, const void *b)
{
	const struct align_vcpu *x = a, *y = b;

	if (x->c->nr != y->c->nr)
		return x->c->nr < y->c->nr ? 1 : -1;
	return (x->cpu_idx > y->cpu_idx) - (x->cpu_idx < y->cpu_idx);
}

static int by_index(const void *a, const void *b)
{
	const struct align_vcpu *x = a, *y = b;

	return (x->cpu_idx > y->cpu_idx) - (x->cpu_idx < y->cpu_idx);
}

/* One way over all vCPUs that are not yet settled. */
static int over_vcpus(struct align_job *job,
		      int (*way)(struct align_job *, struct align_vcpu *, int32_t))
{
	unsigned int i;
	int ret;

	for (i = 0; i < job->nr; i++) {
		struct align_vcpu *vcpu = &job->v[i];
		const bool ahead = vcpu->ahead;

		vcpu->ahead = false;
		if (!vcpu->c->nr || (!ahead && align_settled(vcpu)))
			continue;
		if (align_cancelled(&job->x))
			return -VMS_ECANCEL;
		ret = ahead ? 0 : over_threads(job, vcpu, way);
		if (ret)
			return ret;
		if (align_settled(vcpu))
			align_remember_line(job, vcpu);
	}
	return 0;
}

/*
 * A walk that no step ends asks nothing of other vCPUs: those over what is recorded are made side
 * by side, before each has its turn.
 */
static int look_ahead(void *user, unsigned int i, struct vms_err *err)
{
	const struct align_job *job = user;
	struct align_vcpu *vcpu = &job->v[i];
	struct align_job own = *job;
	int ret;

	(void)err;
	if (!vcpu->c->nr || vcpu->known < 0 || align_settled(vcpu))
		return 0;
	align_ctx_own(&own.x);
	own.x.ahead = true;
	ret = align_try_recorded(&own, vcpu, vcpu->known);
	align_ctx_release(&own.x);
	vcpu->ahead = !ret && align_settled(vcpu);
	if (!vcpu->ahead) {
		align_result_release(&vcpu->best);
		vcpu->best = (struct align_result){ .pieces = NULL };
		vcpu->thread = -1;
	}
	return ret == -VMS_ENODATA ? 0 : ret;
}

/* Correlation is dear: after each that succeeds the others are tried with its offset. */
static int search(struct align_job *job)
{
	unsigned int i;
	int ret;

	for (i = 0; i < job->nr; i++) {
		struct align_vcpu *v = &job->v[i];

		if (!v->c->nr || align_settled(v))
			continue;
		ret = over_threads(job, v, align_try_density);
		if (ret)
			return ret;
		if (!align_settled(v))
			continue;
		align_remember_line(job, v);
		ret = over_vcpus(job, align_try_others);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * What the file says of threads may be wrong; a vCPU with many events that nothing explains on the
 * thread it names is looked for on the others.
 */
static int doubt_map(struct align_job *job)
{
	struct align_result *before = vms_calloc(job->nr, sizeof(*before));
	int32_t *thread = vms_calloc(job->nr, sizeof(*thread));
	unsigned int i, nr = 0;
	int ret = before && thread ? 0 : -VMS_ENOMEM;

	for (i = 0; i < job->nr && !ret; i++) {
		struct align_vcpu *vcpu = &job->v[i];

		if (vcpu->known < 0 || align_settled(vcpu) || vcpu->c->nr < 200 || job->x.o->tids)
			continue;
		before[i] = vcpu->best;
		thread[i] = vcpu->thread;
		vcpu->best = (struct align_result){ .pieces = NULL };
		vcpu->doubted = vcpu->known;
		vcpu->known = -1;
		nr++;
	}
	if (nr) {
		vms_log(VMS_LOG_DEBUG, "align",
			"guest %u: %u vCPUs looked for on other threads than named", job->guest,
			nr);
		ret = over_vcpus(job, align_try_cheap);
		if (!ret)
			ret = search(job);
	}
	for (i = 0; before && thread && i < job->nr; i++) {
		struct align_vcpu *vcpu = &job->v[i];

		/* what was found elsewhere does not explain most events: the file's word holds */
		if (vcpu->doubted >= 0 &&
		    (!align_settled(vcpu) || vcpu->best.score.inside < vcpu->c->nr / 2)) {
			align_result_release(&vcpu->best);
			vcpu->best = before[i];
			vcpu->thread = thread[i];
			vcpu->known = vcpu->doubted;
			vcpu->contested = false;
		} else {
			align_result_release(&before[i]);
		}
	}
	free(before);
	free(thread);
	return ret;
}

/* --- the call --- */

/*
 * Differences of times this far from the end of the range cannot overflow; damaged files hold
 * others.
 */
static bool plausible(const struct align_ctx *ctx)
{
	const int64_t most = INT64_MAX / 4;

	return ctx->st->first_raw >= -most && ctx->st->last_raw <= most &&
	       ctx->guest->first_raw >= -most && ctx->guest->last_raw <= most;
}

static int prepare(void *user, unsigned int i, struct vms_err *err)
{
	const struct align_ctx *ctx = user;

	(void)err;
	return align_thread_prepare(&ctx->threads[i], &ctx->st->threads[i]);
}

static bool tick_clock(const struct vms_clock *c)
{
	return !c->counts_ns && c->name[0];
}

static int job_open(struct align_job *job, const struct vms_trace *trace, unsigned int guest,
		    const struct vms_stretches *st)
{
	struct align_ctx *ctx = &job->x;
	const struct vms_clock *clock;
	int32_t *known;
	unsigned int i;
	int ret = 0;

	clock = &ctx->host->clock;
	ctx->constant = tick_clock(clock) && !strcmp(clock->name, ctx->guest->clock.name);
	ctx->drift_max = ctx->o->drift_max > 0.0 ? ctx->o->drift_max : 500e-6;
	/* an unknown tick: some 2.5 GHz, only ever used for the size of windows */
	ctx->raw_per_ns = clock->ns_per_unit > 0.0 ? 1.0 / clock->ns_per_unit
			  : clock->counts_ns	   ? 1.0
						   : 2.5;
	ctx->threads =
		vms_calloc((size_t)st->threads_nr + ctx->guest->cpus_nr, sizeof(*ctx->threads));
	job->is_free = vms_calloc(st->threads_nr, sizeof(*job->is_free));
	job->v = vms_calloc(ctx->guest->cpus_nr, sizeof(*job->v));
	known = vms_calloc(ctx->guest->cpus_nr, sizeof(*known));
	if (!ctx->threads || !job->is_free || !job->v || !known)
		ret = -VMS_ENOMEM;
	if (!ret)
		ret = vms_each(st->threads_nr, prepare, ctx, NULL);
	if (!ret) {
		align_threads_known(ctx, guest, known);
		align_threads_free(ctx, guest, job->is_free);
		align_threads_group(ctx);
		ret = align_writes_find(ctx);
		vms_log(VMS_LOG_DEBUG, "align", "guest %u: %u threads, offset %s, %u searches",
			guest, st->threads_nr, ctx->constant ? "constant" : "may drift",
			ctx->searches_left);
		/* without a common unit no line of a believable slope fits */
		if (ctx->host->clock.counts_ns != ctx->guest->clock.counts_ns)
			ctx->searches_left = 0;
		job->nr = ctx->guest->cpus_nr;
		for (i = 0; i < job->nr; i++)
			job->v[i] = (struct align_vcpu){ .cpu_idx = i,
							 .c = &ctx->guest->cpus[i],
							 .known = known[i],
							 .doubted = -1,
							 .thread = -1 };
		qsort(job->v, job->nr, sizeof(*job->v), by_events);
	}
	free(known);
	(void)trace;
	return ret;
}

static void job_close(struct align_job *job)
{
	unsigned int i;

	for (i = 0; job->v && i < job->nr; i++) {
		align_result_release(&job->v[i].best);
		vms_thread_free(job->v[i].joined);
	}
	for (i = 0; job->x.threads && i < job->x.st->threads_nr + job->x.guest->cpus_nr; i++)
		align_thread_release(&job->x.threads[i]);
	vms_facts_free(job->x.own_facts);
	free(job->v);
	free(job->is_free);
	free(job->x.threads);
	free(job->x.writes);
	free(job->x.pairs);
	align_ctx_release(&job->x);
}

int align_look(struct align_job *job)
{
	int ret = 0;

	if (job->x.o->user_only) {
		ret = over_vcpus(job, align_try_user);
		return ret ? ret : over_vcpus(job, align_try_others);
	}
	if (!job->x.o->user)
		ret = vms_each(job->nr, look_ahead, job, NULL);
	if (!ret)
		ret = over_vcpus(job, align_try_cheap);
	if (!ret)
		ret = search(job);
	if (!ret)
		ret = doubt_map(job);
	return ret;
}

static void log_vcpu(const struct align_job *job, unsigned int i, const struct vms_align_vcpu *vcpu)
{
	char threads[120] = "none";
	unsigned int k;
	int at = 0;

	for (k = 0; vcpu->thread && k < vms_thread_parts_nr(vcpu->thread) && at < 100; k++)
		at += snprintf(threads + at, sizeof(threads) - (size_t)at, "%s%d", k ? ", " : "",
			       vms_thread_tid(vcpu->thread, k));
	vms_log(vcpu->pieces_nr ? VMS_LOG_INFO : VMS_LOG_WARN, "align",
		"guest %u CPU %u: %s, thread %s%s, %u pieces, %u of %u events outside, "
		"confidence %.3f",
		job->guest, i, *vcpu->how ? vcpu->how : "nothing found", threads,
		vcpu->tid_inferred ? " inferred" : "", vcpu->pieces_nr, vcpu->outside_nr,
		vcpu->checkable_nr, vcpu->confidence);
	if (vcpu->rate > 0.0)
		vms_log(VMS_LOG_WARN, "align",
			"guest %u CPU %u: equal MSR values lie on a line of %.9f guest ticks a "
			"host tick: its TSC may be scaled, and its file does not say by how much",
			job->guest, i, vcpu->rate);
}

static int job_run(struct align_job *job, struct vms_align *align)
{
	unsigned int i;
	int ret;

	ret = align_look(job);
	if (!ret)
		ret = align_chain(job);
	qsort(job->v, job->nr, sizeof(*job->v), by_index);
	if (!ret)
		ret = align_judge(job, align);
	for (i = 0; i < align->vcpus_nr && !ret; i++)
		log_vcpu(job, i, &align->vcpus[i]);
	for (i = 0; i < job->nr && !ret; i++) {
		job->v[i].best.pieces = NULL; /* the caller's now */
		job->v[i].joined = NULL;
	}
	return ret;
}

int vms_align_guest(struct vms_align **out, const struct vms_trace *trace, unsigned int guest,
		    const struct vms_stretches *st, const struct vms_align_opts *opts,
		    struct vms_err *err)
{
	static const struct vms_align_opts none;
	struct align_job job = { .guest = guest };
	struct vms_align *align;
	unsigned int i;
	int ret = -VMS_ENOMEM;

	if (guest >= trace->guests_nr)
		return vms_fail(err, VMS_EUSAGE, "no guest number %u: there are %u", guest,
				trace->guests_nr);
	job.x = (struct align_ctx){ .t = trace,
				    .host = trace->host,
				    .guest = trace->guests[guest].stream,
				    .st = st,
				    .o = opts ? opts : &none,
				    .searches_left = ALIGN_SEARCHES_MAX,
				    .work_left = opts && opts->brief ? ALIGN_WORK_BRIEF
								     : ALIGN_WORK_MAX };
	align = vms_calloc(1, sizeof(*align));
	if (align)
		align->vcpus = vms_calloc(job.x.guest->cpus_nr, sizeof(*align->vcpus));
	if (align && align->vcpus) {
		align->vcpus_nr = job.x.guest->cpus_nr;
		align->ignore_recorded = job.x.o->ignore_recorded;
		align->user_only = job.x.o->user_only;
		for (i = 0; i < align->vcpus_nr; i++)
			align->vcpus[i] = (struct vms_align_vcpu){ .how = "" };
		ret = job_open(&job, trace, guest, st);
		if (!ret && plausible(&job.x))
			ret = job_run(&job, align);
	}
	job_close(&job);
	if (ret) {
		vms_align_free(align);
		return vms_fail(err, -ret,
				ret == -VMS_ECANCEL ? "alignment cancelled"
						    : "out of memory in alignment");
	}
	for (i = 0; i < align->vcpus_nr; i++) {
		VMS_ASSERT_EACH(k, 1, align->vcpus[i].pieces_nr,
				align->vcpus[i].pieces[k - 1].from_idx <
					align->vcpus[i].pieces[k].from_idx);
	}
	*out = align;
	return 0;
}

void vms_align_free(struct vms_align *align)
{
	unsigned int i;

	if (!align)
		return;
	for (i = 0; i < align->vcpus_nr; i++) {
		free(align->vcpus[i].pieces);
		vms_thread_free(align->vcpus[i].joined);
	}
	free(align->vcpus);
	free(align);
}
