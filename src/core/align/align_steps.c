// SPDX-License-Identifier: LGPL-2.1-or-later
/* Where the offset goes when it steps: named by something, near by, or anywhere. */
#include "core/align/align_impl.h"

#include "core/base/util.h"

/* Takes a line if it explains the events well where the old one does not. */
static int consider(struct align_walk *w, uint32_t from, uint32_t to, const struct vms_line *line,
		    int64_t window_raw, struct align_jump *jump)
{
	struct align_plateau plateau;
	uint32_t nr;
	int ret;

	ret = align_walk_sweep(w, from, to, line, window_raw, 0.0, &plateau, &nr);
	if (ret || plateau.v > align_bearable(nr) || plateau.checkable_nr * 2 < nr)
		return ret;
	if (jump->found && plateau.v >= jump->v)
		return 0;
	jump->found = true;
	jump->v = plateau.v;
	jump->line = *line;
	jump->line.offset_raw = vms_sat_add_i64(
		line->offset_raw, plateau.lo_raw + (plateau.hi_raw - plateau.lo_raw) / 2);
	return 0;
}

/*
 * Offsets that equal values on both sides name, a few pairs from a place on: one pair may be an
 * accident.
 */
static int consider_pairs(struct align_walk *walk, uint32_t from, uint32_t to, int dir,
			  struct align_jump *jump)
{
	struct align_near_pairs near;
	unsigned int i;
	int ret;

	ret = align_pairs_near(walk->x, walk->a, dir > 0 ? from : to, dir, &near);
	for (i = 0; i < near.nr && !ret && !jump->found; i++) {
		const struct vms_line l = { .ref_raw = near.p[i].guest_raw,
					    .offset_raw = vms_sat_sub_i64(near.p[i].host_raw,
									  near.p[i].guest_raw) };

		ret = consider(walk, from, to, &l, align_us(walk->x, 300.0), jump);
	}
	return ret;
}

/* Offsets that KVM names. */
static int consider_facts(struct align_walk *walk, uint32_t from, uint32_t to, struct align_jump *j)
{
	struct align_peak peaks[ALIGN_PEAKS_MAX];
	unsigned int i, nr;
	int ret = align_facts_peaks(walk->x, walk->a->t->t->tid, peaks, &nr);

	for (i = 0; i < nr && !ret; i++)
		ret = consider(walk, from, to,
			       &(struct vms_line){ .offset_raw = peaks[i].offset_raw },
			       align_us(walk->x, 300.0), j);
	return ret;
}

/* Offsets that something but the stretches names. */
static int consider_named(struct align_walk *walk, uint32_t from, uint32_t to, int dir,
			  struct align_jump *jump)
{
	const int64_t window = align_us(walk->x, 300.0);
	struct vms_line line;
	size_t i;
	int ret = 0;

	for (i = 0; i < 2 * walk->x->writes_nr && !ret; i++) {
		const struct align_tsc_write *wr = &walk->x->writes[i / 2];

		if (wr->tid != walk->a->t->t->tid && wr->vcpu_id != walk->a->t->t->vcpu_id)
			continue;
		line = (struct vms_line){ .offset_raw = i % 2 ? wr->after_raw : wr->before_raw };
		ret = consider(walk, from, to, &line, window, jump);
	}
	if (!ret && !walk->x->o->ignore_recorded &&
	    align_recorded_line(walk->x, walk->a->c, from, false, &line))
		ret = consider(walk, from, to, &line, window, jump);
	for (i = 0; i < walk->a->others_nr && !ret; i++)
		ret = consider(walk, from, to, &walk->a->others[i], window, jump);
	if (!ret && !jump->found)
		ret = consider_pairs(walk, from, to, dir, jump);
	if (!ret && !jump->found)
		ret = consider_facts(walk, from, to, jump);
	return ret;
}

/* A window ever wider around the old line; the wider, the clearer the best must stand out. */
static int consider_near(struct align_walk *walk, uint32_t from, uint32_t to,
			 const struct vms_line *now, struct align_jump *jump)
{
	static const double us[] = { 2000.0, 60000.0 };
	struct align_plateau plateau;
	uint32_t nr;
	size_t i;
	int ret;

	for (i = 0; i < VMS_ARRAY_NR(us) && !jump->found && (!i || walk->x->work_left > 0.0); i++) {
		const double before = walk->x->swept;

		ret = align_walk_sweep(walk, from, to, now, align_us(walk->x, us[i]), 0.0, &plateau,
				       &nr);
		if (ret)
			return ret;
		walk->x->work_left -= i ? walk->x->swept - before : 0.0;
		if (plateau.v > align_bearable(nr) || plateau.checkable_nr * 2 < nr ||
		    plateau.rival_v < 4 * (plateau.v + 1) + 4)
			continue;
		jump->found = true;
		jump->v = plateau.v;
		jump->line = *now;
		jump->line.offset_raw = vms_sat_add_i64(
			now->offset_raw, plateau.lo_raw + (plateau.hi_raw - plateau.lo_raw) / 2);
	}
	return 0;
}

static int consider_anywhere(struct align_walk *w, uint32_t chunk, int dir,
			     const struct vms_line *now, struct align_jump *jump)
{
	const struct align_chunk *c = &w->chunks[chunk];
	struct align_cands cands;
	int ret;

	if (!w->x->searches_left || w->x->work_left <= 0.0)
		return 0;
	w->x->searches_left--;
	ret = align_density_search(w->x, w->a->t, w->a->c, dir > 0 ? c->from : c->to - 1, dir, now,
				   &cands);
	if (ret || !cands.nr || cands.c[0].v > align_bearable(cands.c[0].n) || cands.c[0].z < 8.0)
		return ret;
	if (cands.nr > 1 && cands.c[1].v < 4 * (cands.c[0].v + 1) + 4)
		return 0;
	jump->found = true;
	jump->v = cands.c[0].v;
	jump->line = (struct vms_line){
		.ref_raw = cands.c[0].ref_raw,
		.drift = cands.c[0].drift,
		.offset_raw = cands.c[0].lo_raw + (cands.c[0].hi_raw - cands.c[0].lo_raw) / 2,
	};
	return 0;
}

/*
 * A clock that was set back makes guest times come twice: as long as that lasts no line explains
 * the events in their order. Each search that finds nothing doubles the number of chunks until
 * the next.
 */
static bool may_search(struct align_walk *w)
{
	if (!w->jumps_left || w->skipped < w->search_skip) {
		w->skipped++;
		return false;
	}
	w->jumps_left--;
	return true;
}

/* Looks for the offset of the chunks from one on, in a direction. */
int align_jump_find(struct align_walk *walk, uint32_t chunk, int dir, const struct vms_line *now,
		    struct align_jump *jump)
{
	const int64_t next = (int64_t)chunk + dir;
	uint32_t from = walk->chunks[chunk].from, to = walk->chunks[chunk].to;
	int ret;

	*jump = (struct align_jump){ .found = false };
	if (walk->x->ahead)
		return -VMS_ENODATA;
	if (next >= 0 && next < (int64_t)walk->chunks_nr) {
		from = VMS_MIN(from, walk->chunks[next].from);
		to = VMS_MAX(to, walk->chunks[next].to);
	}
	ret = consider_named(walk, from, to, dir, jump);
	if (ret || jump->found || !may_search(walk))
		return ret;
	ret = consider_near(walk, from, to, now, jump);
	if (!ret && !jump->found)
		ret = consider_anywhere(walk, chunk, dir, now, jump);
	walk->search_skip = jump->found ? 0 : 2 * walk->search_skip + 1;
	walk->skipped = 0;
	return ret;
}
