// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which threads ran a vCPU before and after the one that was found: its other events tell. */
#include "core/align/align_vouch.h"

#include <stdlib.h>
#include <string.h>

#include <vmsync/log.h>
#include <vmsync/place.h>

#include "core/base/each.h"
#include "core/base/util.h"

/* Threads of a vCPU at most: the trace of a guest that is moved more often shows those. */
#define LEGS_MAX 16u
/* On a thread that goes on for so many stretches the vCPU may go on with other times. */
#define STRETCHES_ON 50u
/* Stretches with events that a thread must explain at least, whatever else speaks for it. */
#define STRETCHES_LEAST 2u
/* A rest of one in so many of a vCPU's events asks for a line wherever it came. */
#define REST_MANY 4u
/* Stretches that a line must explain for each that another gives up for it. */
#define GIVEN_UP 4u

/* A thread that ran a vCPU for a while, and the events of that while. */
struct leg {
	int32_t thread;
	uint32_t first, last; /* events of the guest CPU */
	struct vms_cpu c;     /* those alone */
	struct align_result r;
};

/* A vCPU's threads in the order of time. */
struct chain {
	struct leg *legs;
	unsigned int nr;
};

/* Events that no thread of the vCPU explains, and between which of its threads they came. */
struct rest {
	unsigned int vcpu, before; /* index of the leg after them */
	struct vms_cpu c;
	bool *may;
};

static struct vms_cpu part_of(const struct vms_cpu *c, uint32_t first, uint32_t nr)
{
	struct vms_cpu part = *c;

	part.time_raw += first;
	part.nr = nr;
	return part;
}

/* Events @first to @last of those that a result's pieces count, and its lines for them. */
static int leg_cut(struct leg *leg, const struct align_job *job, const struct vms_cpu *cpu,
		   const struct align_result *result, uint32_t base, uint32_t first, uint32_t last,
		   bool scored)
{
	struct vms_piece *pieces = vms_calloc(result->pieces_nr, sizeof(*pieces));
	unsigned int i, nr = 0;

	if (!pieces)
		return -VMS_ENOMEM;
	leg->first = base + first;
	leg->last = base + last;
	leg->c = part_of(cpu, leg->first, last - first + 1);
	for (i = 0; i < result->pieces_nr && result->pieces[i].from_idx <= last; i++) {
		nr -= nr && result->pieces[i].from_idx <= first;
		pieces[nr] = result->pieces[i];
		pieces[nr].from_idx = VMS_MAX(pieces[nr].from_idx, first) - first;
		pieces[nr].from_raw = leg->c.time_raw[pieces[nr].from_idx];
		nr++;
	}
	leg->r = *result;
	leg->r.pieces = pieces;
	leg->r.pieces_nr = nr;
	align_run_score(&job->x.threads[leg->thread], &leg->c, &leg->r, scored);
	return 0;
}

/* The events that a result explains, with its lines for them. @scored: by these lines */
static int leg_make(struct leg *leg, const struct align_job *job, const struct vms_cpu *cpu,
		    const struct align_vcpu *vcpu, bool scored)
{
	uint32_t first, last;

	*leg = (struct leg){ .thread = -1 };
	if (!align_run(&job->x.threads[vcpu->thread], vcpu->c, &vcpu->best, scored, &first, &last))
		return 0;
	leg->thread = vcpu->thread;
	return leg_cut(leg, job, cpu, &vcpu->best, vcpu->first, first, last, scored);
}

struct legs {
	const struct align_job *job;
	struct chain *chains;
};

static int first_leg(void *user, unsigned int i, struct vms_err *err)
{
	const struct legs *legs = user;
	const struct align_vcpu *vcpu = &legs->job->v[i];
	struct chain *chain = &legs->chains[i];
	int ret;

	(void)err;
	if (!vcpu->best.pieces_nr)
		return 0;
	chain->legs = vms_calloc(LEGS_MAX + 1, sizeof(*chain->legs));
	ret = chain->legs ? leg_make(&chain->legs[0], legs->job, vcpu->c, vcpu, true) : -VMS_ENOMEM;
	chain->nr = !ret && chain->legs[0].thread >= 0;
	return ret;
}

/* A thread that no vCPU of this guest has, and none but this one is said to have. */
static bool is_spare(const struct align_job *job, const struct chain *chains, unsigned int vcpu,
		     unsigned int thread)
{
	unsigned int i, k;

	for (i = 0; i < job->nr; i++) {
		if ((i != vcpu && job->v[i].known == (int32_t)thread) ||
		    job->v[i].thread == (int32_t)thread)
			return false;
		for (k = 0; k < chains[i].nr; k++)
			if (chains[i].legs[k].thread == (int32_t)thread)
				return false;
	}
	return job->is_free[thread];
}

/* Host time of an event of a leg. */
static int64_t leg_host_of(const struct leg *leg, uint32_t event)
{
	unsigned int p = leg->r.pieces_nr - 1;

	while (p && leg->r.pieces[p].from_idx > event)
		p--;
	return align_line_apply(&leg->r.pieces[p].line, leg->c.time_raw[event]);
}

/* Host time of the first or last event of a leg. */
static int64_t leg_host(const struct leg *leg, bool last)
{
	return leg_host_of(leg, last ? leg->c.nr - 1 : 0);
}

/* A thread ran on after the last event that is known of it, or before the first: 0 or many. */
static bool ran_on(const struct align_job *job, const struct leg *leg, bool after)
{
	const struct vms_thread *t = job->x.threads[leg->thread].t;
	const int64_t at = vms_stretch_at(t, leg_host(leg, after));

	return (after ? (int64_t)t->stretches_nr - at : at) >= STRETCHES_ON;
}

/* Which threads may have run a vCPU after one of its threads and before the next; false: none. */
static bool find_spare(struct rest *rest, const struct align_job *job, const struct chain *chains)
{
	const struct chain *chain = &chains[rest->vcpu];
	int64_t begin = INT64_MIN, end = INT64_MAX, from, to;
	bool any = false, many;
	unsigned int k;

	if (rest->before)
		(void)vms_thread_part_span(job->x.threads[chain->legs[rest->before - 1].thread].t,
					   0, &from, &begin);
	if (rest->before < chain->nr)
		(void)vms_thread_part_span(job->x.threads[chain->legs[rest->before].thread].t, 0,
					   &end, &to);
	for (k = 0; k < job->x.st->threads_nr; k++) {
		const struct vms_thread *t = &job->x.st->threads[k];

		rest->may[k] = t->vcpu_id == job->x.threads[chain->legs[0].thread].t->vcpu_id &&
			       is_spare(job, chains, rest->vcpu, k) &&
			       vms_thread_part_span(t, 0, &from, &to) && from >= begin && to <= end;
	}
	/* or the same, by a clock that was set: its guest was reset, or went back to a snapshot */
	many = rest->c.nr >= job->v[rest->vcpu].c->nr / REST_MANY;
	if (rest->before && (many || ran_on(job, &chain->legs[rest->before - 1], true)))
		rest->may[chain->legs[rest->before - 1].thread] = true;
	if (rest->before < chain->nr && (many || ran_on(job, &chain->legs[rest->before], false)))
		rest->may[chain->legs[rest->before].thread] = true;
	for (k = 0; k < job->x.st->threads_nr; k++)
		any = any || rest->may[k];
	return any;
}

static int rest_add(struct rest *rests, unsigned int *nr, const struct align_job *job,
		    const struct chain *chains, unsigned int vcpu, unsigned int before)
{
	const struct chain *chain = &chains[vcpu];
	const struct vms_cpu *c = job->v[vcpu].c;
	const uint32_t first = before ? chain->legs[before - 1].last + 1 : 0;
	const uint32_t end = before < chain->nr ? chain->legs[before].first : c->nr;
	struct rest *rest = &rests[*nr];

	if (first >= end)
		return 0;
	*rest = (struct rest){ .vcpu = vcpu,
			       .before = before,
			       .c = part_of(c, first, end - first),
			       .may = vms_calloc(job->x.st->threads_nr, sizeof(*rest->may)) };
	if (!rest->may)
		return -VMS_ENOMEM;
	if (find_spare(rest, job, chains))
		(*nr)++;
	else
		free(rest->may);
	return 0;
}

/*
 * Host time rises along a vCPU's legs. Where it would not, the one that was there keeps what the
 * new leaves it, if that explains far more than is given up. Return: 1: it rises; 0; -VMS_ENOMEM.
 */
static int give_way(struct leg *old, const struct leg *leg, const struct align_job *job,
		    const struct vms_cpu *cpu, bool before)
{
	const int64_t limit = leg_host(leg, !before);
	struct leg cut = *old;
	uint32_t i = before ? old->c.nr : 0;
	int ret;

	while (before ? i && leg_host_of(old, i - 1) > limit
		      : i < old->c.nr && leg_host_of(old, i) < limit)
		before ? i-- : i++;
	if (i == (before ? old->c.nr : 0))
		return 1;
	if (i == (before ? 0 : old->c.nr) || old->thread != leg->thread)
		return 0;
	ret = leg_cut(&cut, job, cpu, &old->r, old->first, before ? 0 : i,
		      before ? i - 1 : old->c.nr - 1, false);
	if (ret)
		return ret;
	if (leg->r.score.stretches < GIVEN_UP * (old->r.score.stretches - cut.r.score.stretches)) {
		align_result_release(&cut.r);
		return 0;
	}
	align_result_release(&old->r);
	*old = cut;
	return 1;
}

/* Takes what was found of a rest, where nothing else could be meant. */
static int leg_add(struct align_job *job, struct chain *chains, const struct rest *rest,
		   const struct align_vcpu *vcpu, bool doubted, bool *added)
{
	struct chain *chain = &chains[rest->vcpu];
	struct leg leg;
	bool known = false;
	unsigned int i;
	int named, ret;

	if (!vcpu->best.pieces_nr)
		return 0;
	/* on a thread that it had before, facts name the offset of then */
	for (i = 0; i < chain->nr; i++)
		known = known || chain->legs[i].thread == vcpu->thread;
	ret = align_names(&job->x, vcpu, &named);
	named = known ? VMS_MAX(named, 0) : named;
	if (ret || vcpu->best.score.stretches < STRETCHES_LEAST || chain->nr == LEGS_MAX ||
	    !(align_settled(vcpu) ||
	      (named && vcpu->best.score.outside * ALIGN_OUTSIDE_COST <= vcpu->best.score.inside)))
		return ret;
	if (vcpu->contested)
		job->v[rest->vcpu].more_threads = true;
	if (vcpu->contested || named < 0 || (doubted && !named))
		return 0;
	ret = leg_make(&leg, job, job->v[rest->vcpu].c, vcpu, false);
	if (ret || leg.thread < 0)
		return ret;
	ret = 1;
	if (rest->before)
		ret = give_way(&chain->legs[rest->before - 1], &leg, job, job->v[rest->vcpu].c,
			       true);
	if (ret > 0 && rest->before < chain->nr)
		ret = give_way(&chain->legs[rest->before], &leg, job, job->v[rest->vcpu].c, false);
	if (ret <= 0) {
		align_result_release(&leg.r);
		return ret;
	}
	memmove(&chain->legs[rest->before + 1], &chain->legs[rest->before],
		(chain->nr - rest->before) * sizeof(leg));
	chain->legs[rest->before] = leg;
	chain->nr++;
	job->v[rest->vcpu].more_threads = false;
	*added = true;
	return 0;
}

/*
 * What is left over as a guest of its own, beside what is known of the threads: those vouch, and
 * lend their lines.
 */
static int rests_align(struct align_job *job, struct chain *chains, const struct rest *rests,
		       unsigned int nr, bool *added)
{
	struct align_job sub = *job;
	struct vms_align_opts opts = *job->x.o;
	struct vms_align judged = { .vcpus_nr = nr + job->nr * LEGS_MAX };
	bool *doubted = vms_calloc(nr, sizeof(*doubted));
	unsigned int i, k, at = nr;
	int ret;

	sub.v = vms_calloc(judged.vcpus_nr, sizeof(*sub.v));
	judged.vcpus = vms_calloc(judged.vcpus_nr, sizeof(*judged.vcpus));
	ret = sub.v && judged.vcpus && doubted ? 0 : -VMS_ENOMEM;
	for (i = 0; i < nr && !ret; i++)
		sub.v[i] =
			(struct align_vcpu){ .cpu_idx = job->v[rests[i].vcpu].cpu_idx,
					     .c = &rests[i].c,
					     .first = (uint32_t)(rests[i].c.time_raw -
								 job->v[rests[i].vcpu].c->time_raw),
					     .may = rests[i].may,
					     .known = -1,
					     .doubted = -1,
					     .thread = -1 };
	for (i = 0; i < job->nr && !ret; i++) {
		for (k = 0; k < chains[i].nr; k++) {
			const struct leg *leg = &chains[i].legs[k];

			if (align_good(&leg->r, leg->c.nr))
				sub.v[at++] = (struct align_vcpu){ .cpu_idx = job->v[i].cpu_idx,
								   .c = &leg->c,
								   .first = leg->first,
								   .known = leg->thread,
								   .doubted = -1,
								   .thread = leg->thread,
								   .best = leg->r };
		}
	}
	for (i = nr; i < at && !ret; i++)
		align_remember_line(&sub, &sub.v[i]);
	sub.nr = at;
	/* a line that a person gave holds in one place: from there on the offset is followed */
	opts.user_only = false;
	sub.x.o = &opts;
	if (!ret)
		ret = align_look(&sub);
	if (!ret)
		ret = align_judge(&sub, &judged);
	sub.x.o = job->x.o;
	job->x = sub.x;
	/* lent is before any is put in, which may cut or free the line of another */
	for (i = nr; i-- > 0 && !ret;)
		doubted[i] = judged.vcpus[i].ambiguous && !align_lend(&sub, &judged, i);
	/* from the last on: what is put in moves only those behind */
	for (i = nr; i-- > 0 && !ret;)
		ret = leg_add(job, chains, &rests[i], &sub.v[i], doubted[i], added);
	for (i = 0; i < nr && sub.v; i++)
		align_result_release(&sub.v[i].best);
	free(sub.v);
	free(judged.vcpus);
	free(doubted);
	return ret;
}

static int round_of(struct align_job *job, struct chain *chains, bool *added)
{
	struct rest *rests = vms_calloc((size_t)job->nr * (LEGS_MAX + 1), sizeof(*rests));
	unsigned int i, k, nr = 0;
	int ret = rests ? 0 : -VMS_ENOMEM;

	*added = false;
	for (i = 0; i < job->nr && !ret; i++)
		for (k = 0; chains[i].nr && k <= chains[i].nr && !ret; k++)
			ret = rest_add(rests, &nr, job, chains, i, k);
	if (!ret && nr)
		ret = rests_align(job, chains, rests, nr, added);
	for (i = 0; i < nr; i++)
		free(rests[i].may);
	free(rests);
	return ret;
}

/* All lines of a vCPU's threads, each from its first event on. */
static int pieces_join(struct align_vcpu *vcpu, const struct chain *chain)
{
	struct vms_piece *pieces;
	unsigned int i, k, nr = 0;

	for (i = 0; i < chain->nr; i++)
		nr += chain->legs[i].r.pieces_nr;
	pieces = vms_calloc(nr, sizeof(*pieces));
	if (!pieces)
		return -VMS_ENOMEM;
	for (i = 0, nr = 0; i < chain->nr; i++) {
		const struct leg *leg = &chain->legs[i];

		for (k = 0; k < leg->r.pieces_nr; k++, nr++) {
			pieces[nr] = leg->r.pieces[k];
			pieces[nr].from_idx += nr ? leg->first : 0;
			pieces[nr].from_raw = vcpu->c->time_raw[pieces[nr].from_idx];
		}
	}
	align_result_release(&vcpu->best);
	vcpu->best.pieces = pieces;
	vcpu->best.pieces_nr = nr;
	return 0;
}

/* From here on the vCPU's thread is all of them. */
static int chain_join(struct align_job *job, struct align_vcpu *vcpu, const struct chain *chain)
{
	const struct vms_thread *of[LEGS_MAX];
	int32_t slot = vcpu->thread;
	unsigned int i, nr = 0;
	int ret = 0;

	if (chain->nr < 2)
		return 0;
	for (i = 0; i < chain->nr; i++)
		if (!i || chain->legs[i].thread != chain->legs[i - 1].thread)
			of[nr++] = job->x.threads[chain->legs[i].thread].t;
	if (nr > 1)
		slot = (int32_t)(job->x.st->threads_nr + vcpu->cpu_idx);
	if (nr > 1)
		ret = vms_threads_join(&vcpu->joined, job->x.st, of, nr,
				       job->x.threads[vcpu->thread].t->tid);
	if (!ret && nr > 1)
		ret = align_thread_prepare(&job->x.threads[slot], vcpu->joined);
	if (!ret)
		ret = pieces_join(vcpu, chain);
	if (ret)
		return ret;
	vcpu->thread = slot;
	align_score(&job->x.threads[slot], vcpu->c, vcpu->best.pieces, vcpu->best.pieces_nr,
		    &vcpu->best.score);
	return 0;
}

int align_chain(struct align_job *job)
{
	struct chain *chains = vms_calloc(job->nr, sizeof(*chains));
	bool added = true;
	unsigned int i, k;
	int ret = chains ? 0 : -VMS_ENOMEM;

	if (!ret)
		ret = vms_each(job->nr, first_leg, &(struct legs){ job, chains }, NULL);
	job->x.searches_left = ALIGN_SEARCHES_MAX;
	job->x.work_left = ALIGN_WORK_BRIEF;
	while (added && !ret)
		ret = round_of(job, chains, &added);
	for (i = 0; i < job->nr && !ret; i++)
		ret = chain_join(job, &job->v[i], &chains[i]);
	for (i = 0; chains && i < job->nr; i++) {
		for (k = 0; k < chains[i].nr; k++)
			align_result_release(&chains[i].legs[k].r);
		free(chains[i].legs);
	}
	free(chains);
	return ret;
}
