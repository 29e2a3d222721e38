// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How sure one may be of an alignment: what rivals leave unexplained over the whole trace and all
 * vCPUs that agree.
 */
#include "core/align/align_impl.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/each.h"
#include "core/base/util.h"

#define SAMPLES_RIVAL 1000u
/* so many vCPUs have that many samples each; more share them, as far as each has the least */
#define SAMPLED_NR 8u
#define SAMPLES_LEAST 100u
/* A rival is so many stretches away at least: nearer it is the same solution with an event more. */
#define APART_STRETCHES 1
/* What is recorded needs no search, and is in doubt where a rival leaves hardly more outside. */
#define RECORDED_RATIO 3.0
/* rivals within this are looked for at every shift: a regular tick makes combs */
#define NEAR_US 20000.0
/*
 * A wrong offset costs a vCPU so many violations at least, or its events may fit elsewhere by
 * chance.
 */
#define CHANCE_LEAST 25.0
/*
 * Slopes at which few events of clocks that may drift are tried elsewhere: up to a stretch or two
 * at the ends, and so many events in all.
 */
#define TILTS_STRETCHES 2.0
#define TILTS_EVENTS 100000.0

/* The events of a vCPU, or some of them, where its alignment puts them. */
struct sample {
	int64_t *host_raw;
	uint32_t nr;
	uint32_t checkable_nr;
};

/* What speaks for and against the common offset of vCPUs that agree: they vouch for each other. */
struct evidence {
	double outside, checkable, stretches;
	double chance;	      /* events that a wrong offset would put outside */
	double rival_outside; /* the least that any rival leaves outside */
	int64_t rival_shift;
	bool rival_known, halves;
	unsigned int vcpus_nr; /* that agree */
};

bool align_good(const struct align_result *r, uint32_t events_nr)
{
	const struct align_score *s = &r->score;

	/* most events may lie beyond what the host recorded: then those within must be many */
	return r->pieces_nr && s->inside &&
	       (uint64_t)s->outside * 100 <= (uint64_t)s->inside + s->outside &&
	       ((uint64_t)s->inside * 4 >= events_nr || s->stretches >= 50);
}

static int64_t piece_host(const struct align_result *r, const struct vms_cpu *c, uint32_t i)
{
	unsigned int p = 0;

	while (p + 1 < r->pieces_nr && r->pieces[p + 1].from_idx <= i)
		p++;
	return align_line_apply(&r->pieces[p].line, c->time_raw[i]);
}

static int sample_take(const struct align_job *job, const struct align_vcpu *vcpu,
		       struct sample *sample)
{
	const struct align_thread *thread = &job->x.threads[vcpu->thread];
	const uint32_t share_nr = SAMPLES_RIVAL * SAMPLED_NR / VMS_MAX(job->nr, SAMPLED_NR);
	/* of few events all: whether they fit elsewhere too is asked of all only */
	const uint32_t step = vcpu->c->nr < SAMPLES_RIVAL
				      ? 1
				      : vcpu->c->nr / VMS_MAX(share_nr, SAMPLES_LEAST) + 1;
	uint32_t i;

	sample->host_raw = vms_calloc(vcpu->c->nr / step + 1, sizeof(*sample->host_raw));
	if (!sample->host_raw)
		return -VMS_ENOMEM;
	for (i = 0; i < vcpu->c->nr; i += step) {
		const int64_t h = piece_host(&vcpu->best, vcpu->c, i);

		sample->host_raw[sample->nr++] = h;
		sample->checkable_nr += h >= thread->first_raw && h <= thread->last_raw;
	}
	return 0;
}

static double checkable(const struct align_vcpu *v)
{
	return (double)v->best.score.inside + (double)v->best.score.outside;
}

/* Whether events lie between the same gaps as where they were, after they were moved. */
static bool same_places(const struct align_thread *t, const struct sample *smp,
			const int64_t *moved_raw, int64_t shift)
{
	uint32_t i;

	for (i = 0; i < smp->nr; i++)
		if (align_gap_at(t, smp->host_raw[i]) !=
		    align_gap_at(t, vms_sat_add_i64(moved_raw[i], shift)))
			return false;
	return true;
}

/*
 * Clocks that may drift: another slope may put few events between other gaps as well. @p: where the
 * solution is; @most_v: violations of what is as good.
 */
static int tilt(struct align_job *job, struct align_vcpu *vcpu, const struct sample *smp,
		const struct align_plateau *p, int64_t most_v)
{
	const struct align_thread *thread = &job->x.threads[vcpu->thread];
	const int64_t mid = smp->host_raw[smp->nr / 2];
	const double span = (double)vms_sat_sub_i64(smp->host_raw[smp->nr - 1], smp->host_raw[0]);
	const double far = VMS_MIN(TILTS_STRETCHES * (double)thread->stretch_raw,
				   2.0 * job->x.drift_max * span);
	const double step =
		VMS_MAX((double)(p->hi_raw - p->lo_raw) / 2.0, far * smp->nr / TILTS_EVENTS) + 1.0;
	const double drift = vcpu->best.pieces[0].line.drift;
	struct align_sweep sweep = { .t = thread, .nr = smp->nr, .near_cost = 1.0 };
	int64_t *moved = vms_calloc(smp->nr, sizeof(*moved));
	uint32_t i, k;
	int ret = moved ? 0 : -VMS_ENOMEM;

	sweep.host_raw = moved;
	sweep.hi_raw = 2 * thread->stretch_raw;
	sweep.lo_raw = -sweep.hi_raw;
	for (k = 2; span > 0.0 && step * (k / 2) <= far && !ret && !vcpu->again; k++) {
		const double d = (k % 2 ? -step : step) * (k / 2) / span;
		struct align_plateau tilted;

		if (fabs(drift + d) > job->x.drift_max)
			continue;
		for (i = 0; i < smp->nr; i++)
			moved[i] = smp->host_raw[i] +
				   (int64_t)(d * (double)vms_sat_sub_i64(smp->host_raw[i], mid));
		ret = align_sweep_run(&job->x, &sweep, &tilted);
		vcpu->again = !ret && tilted.checkable_nr && (int64_t)tilted.v <= most_v &&
			      ((int64_t)tilted.other_v <= most_v ||
			       !same_places(thread, smp, moved,
					    tilted.lo_raw + (tilted.hi_raw - tilted.lo_raw) / 2));
	}
	free(moved);
	return ret;
}

/* The second best offset near the solution. */
static int near_rival(struct align_job *job, struct align_vcpu *vcpu, const struct sample *smp)
{
	const struct align_thread *thread = &job->x.threads[vcpu->thread];
	const struct align_sweep sweep = {
		.t = thread,
		.host_raw = smp->host_raw,
		.nr = smp->nr,
		.lo_raw = -align_us(&job->x, NEAR_US),
		.hi_raw = align_us(&job->x, NEAR_US),
		.near_cost = 1.0,
		.apart_raw = APART_STRETCHES * thread->stretch_raw,
	};
	struct align_plateau plateau;
	int64_t most_v;
	int ret = align_sweep_run(&job->x, &sweep, &plateau);

	if (!ret && plateau.rival_v != UINT32_MAX && plateau.checkable_nr)
		vcpu->shifts[vcpu->shifts_nr < ALIGN_SHIFTS_MAX ? vcpu->shifts_nr++
								: ALIGN_SHIFTS_MAX - 1] =
			plateau.rival_raw;
	if (ret || smp->nr < vcpu->c->nr)
		return ret;
	/* strays among many events make others fit as well by chance */
	most_v = (int64_t)plateau.v -
		 (plateau.v && checkable(vcpu) * thread->gap_share >= CHANCE_LEAST);
	vcpu->again = (int64_t)plateau.other_v <= most_v;
	if (!vcpu->again && !job->x.constant)
		ret = tilt(job, vcpu, smp, &plateau, most_v);
	return ret;
}

static bool agree(const struct align_job *job, const struct align_vcpu *a,
		  const struct align_vcpu *b)
{
	const int64_t at = a->c->time_raw[0];
	const int64_t d = vms_sat_sub_i64(align_line_offset(&a->best.pieces[0].line, at),
					  align_line_offset(&b->best.pieces[0].line, at));

	return d < align_us(&job->x, 200.0) && -d < align_us(&job->x, 200.0);
}

static bool vouches(const struct align_job *job, const struct align_vcpu *w,
		    const struct align_vcpu *v)
{
	return w == v || (w->best.pieces_nr && align_settled(w) && agree(job, v, w));
}

/*
 * The share of a vCPU's events that a rival leaves outside; a stretch or two more or less is the
 * same rival. Where hardly any event can be checked it is none: beyond the ends of the trace
 * everything fits.
 */
static int rival_share(struct align_job *job, const struct align_vcpu *w, const struct sample *smp,
		       int64_t shift, double *share, bool *checked)
{
	const struct align_thread *t = &job->x.threads[w->thread];
	const int64_t apart = APART_STRETCHES * t->stretch_raw, about = 2 * t->stretch_raw;
	struct align_sweep sweep = {
		.t = t,
		.host_raw = smp->host_raw,
		.nr = smp->nr,
		.apart_raw = INT64_MAX / 4,
		.lo_raw = vms_sat_sub_i64(shift, about),
		.hi_raw = vms_sat_add_i64(shift, about),
	};
	struct align_plateau plateau;
	int ret;

	/* not as near as to be the solution itself */
	if (shift > 0)
		sweep.lo_raw = VMS_MIN(VMS_MAX(sweep.lo_raw, apart), shift);
	else
		sweep.hi_raw = VMS_MAX(VMS_MIN(sweep.hi_raw, -apart), shift);
	ret = align_sweep_run(&job->x, &sweep, &plateau);
	*checked = !ret && plateau.checkable_nr &&
		   (uint64_t)plateau.checkable_nr * 5 >= smp->checkable_nr;
	*share = *checked ? (double)plateau.v / (double)plateau.checkable_nr : 0.0;
	return ret;
}

/* Holds one shift against all who vouch for @v: it explains them all, or it is no rival. */
static int weigh_shift(struct align_job *job, const struct align_vcpu *vcpu,
		       const struct sample *smp, int64_t shift, struct evidence *evidence)
{
	double outside = 0.0;
	unsigned int i, checked_nr = 0;

	for (i = 0; i < job->nr && (!evidence->rival_known || outside < evidence->rival_outside);
	     i++) {
		const struct align_vcpu *w = &job->v[i];
		bool checked;
		double share;
		int ret;

		if (!vouches(job, w, vcpu))
			continue;
		ret = rival_share(job, w, &smp[i], shift, &share, &checked);
		if (ret)
			return ret;
		outside += share * checkable(w);
		checked_nr += checked;
	}
	if (!checked_nr || (evidence->rival_known && outside >= evidence->rival_outside))
		return 0;
	evidence->rival_known = true;
	evidence->rival_outside = outside;
	evidence->rival_shift = shift;
	return 0;
}

#define SHIFTS_WEIGHED 64u

static int weigh(struct align_job *job, const struct align_vcpu *vcpu, const struct sample *smp,
		 struct evidence *evidence)
{
	unsigned int i, k, weighed = 0;
	int ret = 0;

	*evidence = (struct evidence){ .outside = 0.0 };
	for (i = 0; i < job->nr; i++) {
		const struct align_vcpu *w = &job->v[i];

		if (!vouches(job, w, vcpu))
			continue;
		evidence->vcpus_nr++;
		evidence->outside += (double)w->best.score.outside;
		evidence->checkable += checkable(w);
		evidence->stretches += (double)w->best.score.stretches;
		evidence->chance += checkable(w) * job->x.threads[w->thread].gap_share;
		evidence->halves = evidence->halves || w->best.score.both_halves;
		for (k = 0; k < w->shifts_nr && weighed++ < SHIFTS_WEIGHED && !ret; k++)
			ret = weigh_shift(job, vcpu, smp, w->shifts[k], evidence);
	}
	if (!evidence->rival_known)
		evidence->rival_outside = evidence->chance;
	return ret;
}

/*
 * Whether what is recorded puts events outside as it is: then it took an offset near by, and that
 * is a choice.
 */
static bool recorded_was_moved(const struct align_job *job, const struct align_vcpu *vcpu)
{
	const struct align_thread *thread = &job->x.threads[vcpu->thread];
	const uint32_t step = vcpu->c->nr / SAMPLES_RIVAL + 1;
	uint32_t i, outside[2] = { 0, 0 }, nr = 0;
	int exact;

	for (i = 0; i < vcpu->c->nr; i += step, nr++) {
		for (exact = 0; exact < 2; exact++) {
			struct vms_line l;
			uint32_t k;
			int64_t h;

			if (!align_recorded_line(&job->x, vcpu->c, i, exact, &l))
				return true;
			h = align_line_apply(&l, vcpu->c->time_raw[i]);
			k = align_gap_at(thread, h);
			outside[exact] += k < thread->gaps_nr && thread->gaps[k].from_raw <= h;
		}
	}
	return VMS_MIN(outside[0], outside[1]) > align_bearable(nr);
}

static void judge(const struct align_job *job, const struct align_vcpu *vcpu,
		  const struct evidence *evidence, struct vms_align_vcpu *out)
{
	const double ratio = (evidence->rival_outside + 1.0) / (evidence->outside + 1.0);
	double conf =
		VMS_MAX(1.0 - 50.0 * evidence->outside / VMS_MAX(evidence->checkable, 1.0), 0.0) *
		VMS_MIN(VMS_MAX(log(ratio) / log(20.0), 0.0), 1.0);

	out->again = vcpu->again;
	out->rival_outside = -1.0;
	out->ambiguous =
		vcpu->contested || vcpu->again ||
		(ratio < VMS_ALIGN_RATIO && evidence->outside * 100.0 > evidence->checkable) ||
		(out->start == VMS_ALIGN_RECORDED &&
		 (ratio < RECORDED_RATIO ||
		  (ratio < VMS_ALIGN_RATIO && recorded_was_moved(job, vcpu))));
	if (out->start == VMS_ALIGN_FOUND) {
		conf *= VMS_MIN(evidence->stretches / 100.0, 1.0);
		if (!vcpu->contested && !vcpu->again && evidence->stretches >= 100.0 &&
		    evidence->halves && evidence->vcpus_nr == 1)
			out->rival_outside = evidence->rival_outside;
		out->ambiguous =
			out->ambiguous || evidence->outside * 100.0 > evidence->checkable ||
			ratio < VMS_ALIGN_RATIO || evidence->stretches < 100.0 || !evidence->halves;
	}
	out->confidence = out->ambiguous ? VMS_MIN(conf, 0.5) : conf;
}

/* What was looked for and explains the trace badly was not found. */
static bool is_badly_found(const struct align_result *r)
{
	return r->start == VMS_ALIGN_FOUND && (uint64_t)r->score.outside * 10 > r->score.inside;
}

static void hand_over(const struct align_job *job, const struct align_vcpu *vcpu,
		      const struct evidence *evidence, struct vms_align_vcpu *out)
{
	out->thread = job->x.threads[vcpu->thread].t;
	out->joined = vcpu->joined;
	out->more_threads = vcpu->more_threads;
	out->tid_inferred = vcpu->known < 0;
	out->start = vcpu->best.start;
	out->how = vcpu->best.how;
	if (evidence->rival_known)
		out->second_best_raw = vms_sat_add_i64(align_line_offset(&vcpu->best.pieces[0].line,
									 vcpu->c->time_raw[0]),
						       evidence->rival_shift);
	out->checkable_nr = vcpu->best.score.inside + vcpu->best.score.outside;
	out->outside_nr = vcpu->best.score.outside;
	judge(job, vcpu, evidence, out);
	out->pieces = vcpu->best.pieces;
	out->pieces_nr = vcpu->best.pieces_nr;
}

struct rivals {
	struct align_job *job;
	struct sample *smp;
};

static int find_rivals(void *user, unsigned int i, struct vms_err *err)
{
	const struct rivals *rivals = user;
	struct align_job own = *rivals->job;
	struct align_vcpu *v = &own.v[i];
	int ret;

	(void)err;
	if (is_badly_found(&v->best))
		align_result_release(&v->best);
	if (!v->best.pieces_nr)
		return 0;
	align_ctx_own(&own.x);
	ret = sample_take(&own, v, &rivals->smp[i]);
	if (!ret)
		ret = near_rival(&own, v, &rivals->smp[i]);
	align_ctx_release(&own.x);
	return ret;
}

/* Those who agree share their evidence: it is weighed once, for the first of them. */
static int judge_all(struct align_job *job, const struct sample *smp, struct evidence *evidence,
		     struct vms_align *align)
{
	unsigned int i, k;
	int ret;

	for (i = 0; i < job->nr; i++) {
		const struct align_vcpu *vcpu = &job->v[i];

		if (!vcpu->best.pieces_nr) {
			/* enough for the person to align it by hand */
			align->vcpus[i].more_threads = vcpu->more_threads;
			if (vcpu->known >= 0)
				align->vcpus[i].thread = job->x.threads[vcpu->known].t;
			if (job->x.constant)
				align->vcpus[i].rate = align_pairs_rate(&job->x, vcpu->cpu_idx);
			continue;
		}
		for (k = 0; k < i; k++)
			if (job->v[k].best.pieces_nr && align_settled(vcpu) &&
			    vouches(job, &job->v[k], vcpu))
				break;
		evidence[i] = evidence[k];
		ret = k < i ? 0 : weigh(job, vcpu, smp, &evidence[i]);
		if (ret)
			return ret;
		hand_over(job, vcpu, &evidence[i], &align->vcpus[i]);
	}
	return 0;
}

int align_judge(struct align_job *job, struct vms_align *align)
{
	struct sample *smp = vms_calloc(job->nr, sizeof(*smp));
	struct evidence *evidence = vms_calloc(job->nr, sizeof(*evidence));
	unsigned int i;
	int ret = smp && evidence ? 0 : -VMS_ENOMEM;

	if (!ret)
		ret = vms_each(job->nr, find_rivals, &(struct rivals){ job, smp }, NULL);
	if (!ret)
		ret = judge_all(job, smp, evidence, align);
	for (i = 0; smp && i < job->nr; i++)
		free(smp[i].host_raw);
	for (i = 0; ret && i < job->nr; i++) {
		align->vcpus[i].pieces = NULL; /* still the job's */
		align->vcpus[i].pieces_nr = 0;
		align->vcpus[i].joined = NULL;
	}
	free(smp);
	free(evidence);
	return ret;
}
