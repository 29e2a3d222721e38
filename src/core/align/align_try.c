// SPDX-License-Identifier: LGPL-2.1-or-later
/* The starting points there are for a vCPU on a thread, and which of two results is better. */
#include "core/align/align_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

/* What a start may say instead of an error. */
enum { NO_THREAD_OF_IT = 1 };
#define CANDS_WALKED 3u /* proposals of one correlation that are followed */

double align_worth(const struct align_result *r)
{
	return r->pieces_nr ? (double)r->score.inside - 20.0 * (double)r->score.outside : -HUGE_VAL;
}

/* Keeps the better of two results; the other is released. */
static void keep_better(struct align_vcpu *v, int32_t thread, struct align_result *r)
{
	if (align_worth(r) > align_worth(&v->best)) {
		struct align_result tmp = v->best;

		v->best = *r;
		*r = tmp;
		v->thread = thread;
	}
	align_result_release(r);
}

void align_remember_line(struct align_job *job, const struct align_vcpu *v)
{
	unsigned int i;

	for (i = 0; i < v->best.pieces_nr && job->lines_nr < ALIGN_LINES_MAX; i++)
		job->lines[job->lines_nr++] = v->best.pieces[i].line;
}

/* --- seeds --- */

static int try_seed(struct align_job *job, struct align_vcpu *vcpu, int32_t thread,
		    const struct align_seed *seed)
{
	const struct align_cpu a = {
		.cpu_idx = vcpu->cpu_idx,
		.first = vcpu->first,
		.c = vcpu->c,
		.t = &job->x.threads[thread],
		.others = job->lines,
		.others_nr = job->lines_nr,
	};
	struct align_result r;
	const int ret = align_walk(&job->x, &a, seed, &r);

	if (!ret)
		keep_better(vcpu, thread, &r);
	return ret;
}

int align_try_user(struct align_job *job, struct align_vcpu *v, int32_t thread)
{
	if (!job->x.o->user)
		return 0;
	return try_seed(job, v, thread,
			&(struct align_seed){
				.line = *job->x.o->user,
				.event = UINT32_MAX,
				.window_raw = align_us(&job->x, job->x.o->user_window_us > 0.0
									? job->x.o->user_window_us
									: 1000.0),
				.start = VMS_ALIGN_USER,
				.how = "user" });
}

int align_try_recorded(struct align_job *job, struct align_vcpu *v, int32_t thread)
{
	struct vms_line l;

	int exact, ret = 0;

	if (job->x.o->ignore_recorded || !align_recorded_line(&job->x, v->c, 0, false, &l))
		return 0;
	for (exact = 0; exact < 2 && !ret && !align_settled(v); exact++)
		ret = try_seed(job, v, thread,
			       &(struct align_seed){ .recorded = true,
						     .exact = exact,
						     .event = UINT32_MAX,
						     .window_raw = align_us(&job->x, 1000.0),
						     .start = VMS_ALIGN_RECORDED,
						     .how = "recorded" });
	return ret;
}

/*
 * Facts may leave a line loose, or be of one side of a step alone: where events lie outside, they
 * are followed from there.
 */
static int walk_facts(struct align_job *job, struct align_vcpu *v, int32_t thread,
		      const struct align_result *facts)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < facts->pieces_nr && i < ALIGN_PEAKS_MAX && facts->score.outside && !ret;
	     i++) {
		const uint32_t end =
			i + 1 < facts->pieces_nr ? facts->pieces[i + 1].from_idx : v->c->nr;
		const uint32_t from = facts->pieces[i].from_idx;

		ret = try_seed(job, v, thread,
			       &(struct align_seed){ .line = facts->pieces[i].line,
						     .event = from + (end - from) / 2,
						     .window_raw = align_us(&job->x, 100.0),
						     .start = VMS_ALIGN_FOUND,
						     .how = facts->how });
	}
	return ret;
}

/*
 * Facts that agree are the answer, if the guest's events do not speak against it. They are the
 * clock of a thread: whose it is, where the file does not say, only guest events can tell. By the
 * clock of another guest none of them was while it ran: nothing more is tried on its thread then.
 */
static int try_facts_alone(struct align_job *job, struct align_vcpu *v, int32_t thread)
{
	struct align_result r;
	int ret = align_facts_pieces(&r, &job->x, v->c, thread);

	if (!ret && (v->known >= 0 || r.score.inside)) {
		ret = walk_facts(job, v, thread, &r);
		keep_better(v, thread, &r);
	} else if (!ret) {
		ret = r.pieces_nr && !r.score.outside ? NO_THREAD_OF_IT : 0;
		align_result_release(&r);
	}
	return ret;
}

/* KVM says what a vCPU's offset is from when on: one piece after the other. */
static int try_written(struct align_job *job, struct align_vcpu *vcpu, int32_t thread)
{
	const struct vms_thread *t = job->x.threads[thread].t;
	struct align_result r = { .start = VMS_ALIGN_FOUND, .how = "tsc offset event" };
	size_t i;

	r.pieces = vms_calloc(job->x.writes_nr + 1, sizeof(*r.pieces));
	if (!r.pieces)
		return -VMS_ENOMEM;
	for (i = 0; i < job->x.writes_nr; i++) {
		const struct align_tsc_write *w = &job->x.writes[i];

		if (w->tid != t->tid)
			continue;
		if (!r.pieces_nr)
			r.pieces[r.pieces_nr++].line.offset_raw = w->before_raw;
		r.pieces[r.pieces_nr++].line.offset_raw = w->after_raw;
	}
	if (r.pieces_nr && vcpu->c->nr) {
		align_pieces_place(r.pieces, &r.pieces_nr, &job->x.threads[thread], vcpu->c);
		align_score(&job->x.threads[thread], vcpu->c, r.pieces, r.pieces_nr, &r.score);
	}
	keep_better(vcpu, thread, &r);
	return 0;
}

static int try_writes(struct align_job *job, struct align_vcpu *vcpu, int32_t thread)
{
	const struct vms_thread *t = job->x.threads[thread].t;
	size_t i;
	int ret = job->x.writes_nr ? try_written(job, vcpu, thread) : 0;

	for (i = 0; i < 2 * job->x.writes_nr && i < 16 && !ret && !align_settled(vcpu); i++) {
		const struct align_tsc_write *w = &job->x.writes[i / 2];

		if (w->tid != t->tid && w->vcpu_id != t->vcpu_id)
			continue;
		ret = try_seed(
			job, vcpu, thread,
			&(struct align_seed){
				.line = { .offset_raw = i % 2 ? w->after_raw : w->before_raw },
				.event = UINT32_MAX,
				.window_raw = align_us(&job->x, 100.0),
				.start = VMS_ALIGN_FOUND,
				.how = "tsc offset event" });
	}
	return ret;
}

int align_try_others(struct align_job *job, struct align_vcpu *v, int32_t thread)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < job->lines_nr && !ret && !align_settled(v); i++)
		ret = try_seed(job, v, thread,
			       &(struct align_seed){ .line = job->lines[i],
						     .event = UINT32_MAX,
						     .window_raw = align_us(&job->x, 500.0),
						     .start = VMS_ALIGN_FOUND,
						     .how = "correlation" });
	return ret;
}

static int try_peaks(struct align_job *job, struct align_vcpu *v, int32_t thread,
		     const struct align_peak *peaks, unsigned int nr, double window_us,
		     const char *how)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < nr && !ret && !align_settled(v); i++)
		ret = try_seed(job, v, thread,
			       &(struct align_seed){ .line = { .offset_raw = peaks[i].offset_raw },
						     .event = peaks[i].event_idx,
						     .window_raw = align_us(&job->x, window_us),
						     .start = VMS_ALIGN_FOUND,
						     .how = how });
	return ret;
}

static int try_content(struct align_job *job, struct align_vcpu *v, int32_t thread)
{
	struct align_peak peaks[ALIGN_PEAKS_MAX];
	unsigned int nr;
	const int ret = align_pairs_peaks(&job->x, v, job->x.threads[thread].t->tid, peaks, &nr);

	return ret ? ret : try_peaks(job, v, thread, peaks, nr, 1000.0, "msr values");
}

static int try_facts(struct align_job *job, struct align_vcpu *v, int32_t thread)
{
	struct align_peak peaks[ALIGN_PEAKS_MAX];
	unsigned int nr;
	const int ret = align_facts_peaks(&job->x, job->x.threads[thread].t->tid, peaks, &nr);

	return ret ? ret : try_peaks(job, v, thread, peaks, nr, 100.0, "clock facts");
}

int align_try_cheap(struct align_job *job, struct align_vcpu *v, int32_t thread)
{
	static int (*const tries[])(struct align_job *, struct align_vcpu *, int32_t) = {
		align_try_user,	  align_try_recorded, try_facts_alone, try_writes,
		align_try_others, try_content,	      try_facts,
	};
	size_t i;
	int ret = 0;

	for (i = 0; i < VMS_ARRAY_NR(tries) && !ret && !align_settled(v); i++)
		ret = tries[i](job, v, thread);
	return VMS_MIN(ret, 0);
}

/* Those that were not walked: what was walked before and led nowhere is no rival any more. */
static void note_rivals(struct align_vcpu *vcpu, const struct align_cands *c, unsigned int from)
{
	unsigned int i;

	for (i = from; i < c->nr && vcpu->shifts_nr < ALIGN_SHIFTS_MAX; i++) {
		const struct align_cand *k = &c->c[i];
		unsigned int p = 0;

		while (p + 1 < vcpu->best.pieces_nr &&
		       vcpu->best.pieces[p + 1].from_raw <= k->ref_raw)
			p++;
		vcpu->shifts[vcpu->shifts_nr++] =
			vms_sat_sub_i64(k->lo_raw + (k->hi_raw - k->lo_raw) / 2,
					align_line_offset(&vcpu->best.pieces[p].line, k->ref_raw));
	}
}

/* Walks from what correlation proposes, best first: some hundred samples may favour an accident. */
static int walk_cands(struct align_job *job, struct align_vcpu *vcpu, int32_t thread,
		      uint32_t event, const struct align_cands *cands)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < cands->nr && i < CANDS_WALKED && cands->c[i].z >= ALIGN_Z_LEAST && !ret;
	     i++) {
		ret = try_seed(job, vcpu, thread,
			       &(struct align_seed){ .line = { .ref_raw = cands->c[i].ref_raw,
							       .drift = cands->c[i].drift,
							       .offset_raw = cands->c[i].lo_raw +
									     (cands->c[i].hi_raw -
									      cands->c[i].lo_raw) /
										     2 },
						     .event = event,
						     .window_raw = align_us(&job->x, 200.0),
						     .start = VMS_ALIGN_FOUND,
						     .how = "correlation" });
		if (ret || !align_settled(vcpu))
			continue;
		note_rivals(vcpu, cands, i + 1);
		break;
	}
	return ret;
}

int align_try_density(struct align_job *job, struct align_vcpu *vcpu, int32_t thread)
{
	static const double places[] = { 0.5, 0.2, 0.8 };
	size_t i;
	int ret = 0;

	for (i = 0; i < VMS_ARRAY_NR(places) && !align_settled(vcpu); i++) {
		const uint32_t event = (uint32_t)(places[i] * (double)vcpu->c->nr);
		struct align_cands cands;

		if (!job->x.searches_left || job->x.work_left <= 0.0)
			break;
		job->x.searches_left--;
		ret = align_density_search(&job->x, &job->x.threads[thread], vcpu->c, event, 0,
					   NULL, &cands);
		if (ret)
			break;
		ret = walk_cands(job, vcpu, thread, event, &cands);
		if (ret || cands.whole)
			break;
	}
	return ret;
}
