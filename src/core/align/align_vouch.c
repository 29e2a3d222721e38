// SPDX-License-Identifier: LGPL-2.1-or-later
/* What else than its own events speaks for a vCPU's line on a thread: clock facts, other vCPUs. */
#include "core/align/align_vouch.h"

#include <stdlib.h>

/* Clock facts that agree name the offset of a thread. */
#define FACTS_NAME 8u
/* What names an offset is good to within this. */
#define NAMED_US 100.0
/* So many events would lie outside on a thread that is not the vCPU's. */
#define LENT_LEAST 5.0

int align_names(struct align_ctx *ctx, const struct align_vcpu *vcpu, int *named)
{
	const int32_t tid = ctx->threads[vcpu->thread].t->tid;
	const int64_t offset_raw =
		align_line_offset(&vcpu->best.pieces[0].line, vcpu->best.pieces[0].from_raw);
	const int64_t about = align_us(ctx, NAMED_US);
	struct align_peak peaks[ALIGN_PEAKS_MAX];
	unsigned int i, nr;
	size_t k;
	const int ret = align_facts_peaks(ctx, tid, peaks, &nr);

	*named = 0;
	for (i = 0; i < nr && *named < 1; i++)
		if (peaks[i].nr >= FACTS_NAME)
			*named = llabs(vms_sat_sub_i64(peaks[i].offset_raw, offset_raw)) < about
					 ? 1
					 : -1;
	for (k = 0; k < ctx->writes_nr && !*named; k++)
		*named = ctx->writes[k].tid == tid &&
			 llabs(vms_sat_sub_i64(ctx->writes[k].after_raw, offset_raw)) < about;
	return ret;
}

bool align_lend(const struct align_job *sub, const struct vms_align *judged, unsigned int of)
{
	const struct align_vcpu *vcpu = &sub->v[of];
	const struct align_thread *thread = &sub->x.threads[vcpu->thread];
	unsigned int i;

	for (i = 0; i < sub->nr; i++) {
		const struct align_vcpu *w = &sub->v[i];
		struct align_score score;
		struct vms_piece piece;

		if (i == of || !w->best.pieces_nr || !align_settled(w) ||
		    judged->vcpus[i].ambiguous)
			continue;
		piece = w->best.pieces[0];
		piece.from_idx = 0;
		piece.from_raw = vcpu->c->time_raw[0];
		align_score(thread, vcpu->c, &piece, 1, &score);
		if (score.outside || score.inside < vcpu->best.score.inside ||
		    score.stretches * thread->gap_share < LENT_LEAST)
			continue;
		vcpu->best.pieces[0] = piece;
		sub->v[of].best.pieces_nr = 1;
		return true;
	}
	return false;
}
