// SPDX-License-Identifier: LGPL-2.1-or-later
/* How clock facts become the pieces of an alignment. */
#include <vmsync/align_facts.h>

#include <stdlib.h>
#include <string.h>

#include <vmsync/facts_band.h>

#include "core/align/align_impl.h"
#include "core/base/util.h"

/* So many facts that agree are no accident. */
#define FACTS_LEAST 8u
/* Where one in so many contradicts the rest they are no clock. */
#define FALSE_SHARE 20u

static bool is_sure(const struct vms_band *band, uint32_t facts_nr)
{
	return band->segs_nr && (uint64_t)band->violations * FALSE_SHARE <= facts_nr &&
	       (uint64_t)band->segs_nr * FACTS_LEAST <= facts_nr;
}

void align_pieces_place(struct vms_piece *pieces, unsigned int *nr, const struct align_thread *t,
			const struct vms_cpu *cpu)
{
	unsigned int i, kept = 1;

	pieces[0].from_idx = 0;
	pieces[0].from_raw = cpu->time_raw[0];
	for (i = 1; i < *nr; i++) {
		const uint32_t from = pieces[kept - 1].from_idx;
		const uint32_t at = align_cut(t, cpu->time_raw, from, cpu->nr, cpu->nr,
					      &pieces[kept - 1].line, &pieces[i].line);

		if (at == cpu->nr)
			continue; /* no event saw it */
		/* a piece without events: the later replaces it */
		kept += at > from;
		pieces[kept - 1] = pieces[i];
		pieces[kept - 1].from_idx = at;
		pieces[kept - 1].from_raw = cpu->time_raw[at];
	}
	*nr = kept;
}

/* Candidates of several guests ask for the same thread: its facts are solved once. */
static int line_find(struct vms_facts_line *line, const struct vms_thread_facts *facts,
		     int64_t slack_raw)
{
	struct vms_band *band = NULL;
	int ret;

	if (line->known && line->slack_raw == slack_raw)
		return 0;
	free(line->pieces);
	*line = (struct vms_facts_line){ .slack_raw = slack_raw };
	ret = vms_facts_band(&band, facts, slack_raw, true, NULL, NULL);
	if (!ret && is_sure(band, facts->facts_nr))
		ret = vms_band_middle(band, &line->pieces, &line->pieces_nr, NULL);
	vms_band_free(band);
	line->known = !ret || ret == -VMS_ERANGE;
	return line->known ? 0 : ret;
}

static int pieces_of(struct vms_piece **pieces, unsigned int *pieces_nr,
		     const struct vms_thread_facts *facts, const struct align_thread *thread,
		     const struct vms_cpu *cpu, int64_t slack_raw)
{
	struct vms_facts_line *line = facts->line;
	int ret;

	*pieces = NULL;
	*pieces_nr = 0;
	if (facts->facts_nr < FACTS_LEAST || !cpu->nr)
		return 0;
	ret = line_find(line, facts, slack_raw);
	if (ret || !line->pieces_nr)
		return ret;
	*pieces = vms_calloc(line->pieces_nr, sizeof(**pieces));
	if (!*pieces)
		return -VMS_ENOMEM;
	*pieces_nr = line->pieces_nr;
	memcpy(*pieces, line->pieces, line->pieces_nr * sizeof(**pieces));
	align_pieces_place(*pieces, pieces_nr, thread, cpu);
	return 0;
}

int vms_align_by_facts(struct vms_piece **pieces, unsigned int *pieces_nr,
		       const struct vms_thread_facts *facts, const struct vms_thread *thread,
		       const struct vms_cpu *cpu, int64_t slack_raw)
{
	struct align_thread t = { .t = NULL };
	int ret = align_thread_prepare(&t, thread);

	if (!ret)
		ret = pieces_of(pieces, pieces_nr, facts, &t, cpu, slack_raw);
	align_thread_release(&t);
	return ret;
}

int align_facts_pieces(struct align_result *out, struct align_ctx *ctx, const struct vms_cpu *cpu,
		       int32_t thread)
{
	int ret;

	*out = (struct align_result){ .start = VMS_ALIGN_FOUND, .how = "clock facts" };
	/* facts are ticks of the TSC */
	if (!ctx->constant)
		return 0;
	ret = align_facts_find(ctx);
	if (!ret)
		ret = pieces_of(&out->pieces, &out->pieces_nr, &ctx->facts->threads[thread],
				&ctx->threads[thread], cpu, vms_ratio_slack(&ctx->guest->ratio));
	if (!ret && out->pieces_nr)
		align_score(&ctx->threads[thread], cpu, out->pieces, out->pieces_nr, &out->score);
	return ret;
}
