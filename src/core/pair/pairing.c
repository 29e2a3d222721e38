// SPDX-License-Identifier: LGPL-2.1-or-later
/* The walk over the guest events of a vCPU, stretch by stretch, that makes candidates of them. */
#include "core/pair/pairing_rows.h"

#include <stdlib.h>
#include <string.h>

#include <vmsync/place.h>
#include "core/base/assert.h"
#include "core/base/util.h"
#include "core/record/soon.h"
#include "core/record/steady.h"

#define PAIRS_MAX ((size_t)1 << 31)

/* A model, and where it puts events: looked up anew only for those that may be elsewhere. */
struct placer {
	const struct vms_model *model;
	bool steady;
	uint32_t piece, piece_end;
	uint32_t next; /* before this event all is as it was */
	uint32_t stretch;
	bool inside; /* that stretch is one to pair with */
};

struct walk {
	const struct vms_pairing *p;
	const struct vms_cpu *c;
	struct vms_rows rows;
	struct vms_match_list *out;
	size_t cap;

	/* consecutive guest events of one stretch, no event lost between them */
	bool open;
	/* guest events may be missing between the entry and the first of them */
	bool lost_before;
	uint32_t stretch;
	uint32_t first, last; /* of them */
	bool ran;	      /* it, or one before */
	bool lost_since;      /* the last event of a stretch */
	struct placer placer, beside;
};

static int push(struct walk *walk, unsigned int seq, uint32_t event)
{
	struct vms_match_list *l = walk->out;
	const int ret = vms_grow(&l->m, &walk->cap, (size_t)l->nr + 1, sizeof(*l->m), PAIRS_MAX);

	if (ret)
		return ret;
	l->cap = (uint32_t)walk->cap;
	l->m[l->nr++] = (struct vms_match){ event, walk->stretch, (uint8_t)seq };
	return 0;
}

/* By guest event, then by sequence: a stretch has few pairs, and they come sorted by sequence. */
static void sort_tail(struct vms_match_list *l, uint32_t from)
{
	uint32_t i, k;

	for (i = from + 1; i < l->nr; i++) {
		const struct vms_match m = l->m[i];

		for (k = i; k > from && l->m[k - 1].event > m.event; k--)
			l->m[k] = l->m[k - 1];
		l->m[k] = m;
	}
}

/* What the stretch at hand is to a sequence besides a pair: no event is lost on its side. */
static void count_run(struct walk *walk, unsigned int seq)
{
	struct vms_seq_counts *counts = &walk->p->counts[seq];
	struct vms_row *row = &walk->rows.rows[seq];

	if (!row->used)
		return;
	counts->ends_nr++;
	counts->guest_nr += row->seen != VMS_GUEST_NONE;
	if (!vms_row_fits(&walk->rows, row, walk->stretch))
		return;
	counts->ends_fit_nr++;
	counts->host_nr++;
	if (!row->key.used || row->seen == VMS_GUEST_NONE)
		return;
	counts->key_checks++;
	if (row->hit == VMS_GUEST_NONE && !counts->key_conflicts++)
		counts->first_conflict =
			(struct vms_match){ row->seen, walk->stretch, (uint8_t)seq };
}

/* The stretches between two that hold guest events, no event lost between those. */
static void count_empty(struct walk *walk, uint32_t from, uint32_t to)
{
	unsigned int i;

	for (; from < to; from++)
		for (i = 0; i < walk->rows.rows_nr; i++) {
			struct vms_row *row = &walk->rows.rows[i];

			row->judged = false;
			walk->p->counts[i].host_nr +=
				row->used && vms_row_fits(&walk->rows, row, from);
		}
}

/* A sequence that takes any event asks nothing of it: only the ends of a run are looked at. */
static void take_end(const struct walk *walk, struct vms_row *row)
{
	const bool first =
		row->seq->which == VMS_SEQ_FIRST ||
		(row->seq->which == VMS_SEQ_OUTERMOST && row->seq->dir == VMS_HOST_TO_GUEST);

	row->seen = first ? walk->first : walk->last;
	if (vms_row_fits(&walk->rows, row, walk->stretch))
		row->hit = row->seen;
}

/* What is not next to the entry or exit, of a sequence that takes no other. */
static void keep_outermost(const struct walk *walk, struct vms_row *row)
{
	const uint32_t edge = row->seq->dir == VMS_GUEST_TO_HOST ? walk->last : walk->first;

	if (row->hit != edge)
		row->hit = VMS_GUEST_NONE;
	if (row->seen != edge)
		row->seen = VMS_GUEST_NONE;
}

static int close_run(struct walk *walk, bool lost_after)
{
	const uint32_t from = walk->out->nr;
	bool counted[2] = { false, false }; /* by direction */
	unsigned int i;
	int ret;

	if (!walk->open)
		return 0;
	walk->open = false;
	for (i = 0; i < VMS_ARRAY_NR(counted) && walk->p->counts; i++)
		counted[i] = vms_row_side_known(&walk->rows, (enum vms_dir)i, walk->stretch);
	for (i = 0; i < walk->rows.rows_nr; i++) {
		struct vms_row *row = &walk->rows.rows[i];
		const bool crossed =
			row->seq->dir == VMS_GUEST_TO_HOST ? lost_after : walk->lost_before;

		if (row->any)
			take_end(walk, row);
		else if (row->seq->which == VMS_SEQ_OUTERMOST)
			keep_outermost(walk, row);
		if (counted[row->seq->dir] && !crossed)
			count_run(walk, i);
		if (row->hit != VMS_GUEST_NONE && !crossed) {
			ret = push(walk, i, row->hit);
			if (ret)
				return ret;
			if (walk->p->counts)
				walk->p->counts[i].pairs_nr++;
		}
	}
	sort_tail(walk->out, from);
	return 0;
}

static void open_run(struct walk *w, uint32_t stretch, uint32_t first, bool lost_before)
{
	unsigned int i;

	if (w->p->counts && w->ran && !w->lost_since)
		count_empty(w, w->stretch + 1, stretch);
	w->open = w->ran = true;
	w->lost_since = false;
	w->stretch = stretch;
	w->first = first;
	w->lost_before = lost_before;
	for (i = 0; i < w->rows.rows_nr; i++) {
		w->rows.rows[i].hit = w->rows.rows[i].seen = VMS_GUEST_NONE;
		w->rows.rows[i].judged = false;
	}
}

static void take_event(struct walk *walk, uint32_t idx)
{
	const uint16_t type = walk->c->type[idx];
	size_t g;

	if (type >= walk->p->vcpu.guest->types_nr)
		return;
	for (g = walk->rows.from[type]; g < walk->rows.from[type + 1]; g++) {
		const struct vms_row_guest *alt = &walk->rows.guests[g];
		struct vms_row *row = &walk->rows.rows[alt->row];

		if (row->seq->which == VMS_SEQ_FIRST && row->hit != VMS_GUEST_NONE)
			continue;
		if (row->seq->which == VMS_SEQ_OUTERMOST && row->seq->dir == VMS_HOST_TO_GUEST &&
		    idx != walk->first)
			continue;
		if (row->judged && !row->fits && (!walk->p->counts || row->seen != VMS_GUEST_NONE))
			continue;
		if (!vms_row_asks(&walk->rows, alt, vms_payload(walk->c, idx)))
			continue;
		row->seen = idx;
		if (vms_row_matches(&walk->rows, row, alt, vms_payload(walk->c, idx),
				    walk->stretch))
			row->hit = idx;
	}
}

static void placer_begin(const struct walk *walk, struct placer *placer,
			 const struct vms_model *model)
{
	*placer = (struct placer){ .model = model };
	placer->steady = model && vms_model_steady(model, walk->p->vcpu.cpu_idx, walk->c);
}

/* The events after one in a stretch that a steady model puts there too are not looked up. */
static void placer_skip(const struct walk *walk, struct placer *placer, uint32_t idx,
			int64_t room_raw)
{
	if (!placer->steady)
		return;
	if (idx >= placer->piece_end)
		placer->piece_end =
			steady_end(placer->model, walk->p->vcpu.cpu_idx, idx, &placer->piece);
	placer->next =
		1 + steady_skip(walk->c, idx, VMS_MIN(placer->piece_end, walk->c->nr), room_raw);
}

/* The stretch that an event counts for; false = none. */
static bool is_inside(const struct walk *walk, struct placer *placer, uint32_t idx)
{
	const struct vms_pairing *p = walk->p;
	const struct vms_stretch *now = &p->vcpu.thread->stretches[placer->stretch];
	int64_t depth, host_raw;

	if (idx < placer->next)
		return placer->inside;
	host_raw = vms_model_event(placer->model, p->vcpu.cpu_idx, idx, walk->c->time_raw[idx]);
	/* mostly that of the event before */
	if (host_raw < now->enter_raw || host_raw >= now->leave_raw) {
		if (vms_place_near(p->vcpu.thread, host_raw, &placer->stretch, &depth) ==
			    VMS_PLACE_SHADOW ||
		    depth > p->reach_raw)
			return placer->inside = false;
		now = &p->vcpu.thread->stretches[placer->stretch];
	}
	placer->inside = !(now->flags & VMS_STRETCH_UNKNOWN);
	if (host_raw >= now->enter_raw && host_raw < now->leave_raw)
		placer_skip(walk, placer, idx, vms_sat_sub_i64(now->leave_raw, host_raw) - 1);
	return placer->inside;
}

/* Whether both models say the same of an event. */
static void compare(struct walk *walk, uint32_t idx, bool inside)
{
	const struct vms_pairing *p = walk->p;

	if (p->alike && *p->alike && p->beside != p->model)
		*p->alike = is_inside(walk, &walk->beside, idx) == inside &&
			    (!inside || walk->beside.stretch == walk->placer.stretch);
}

static int walk_events(struct walk *walk)
{
	uint32_t i, lost = 0;
	int ret = 0;

	placer_begin(walk, &walk->placer, walk->p->model);
	placer_begin(walk, &walk->beside, walk->p->beside);
	for (i = 0; i <= walk->c->nr && !ret; i++) {
		bool lost_here = false, inside;

		for (; lost < walk->c->lost_nr && walk->c->lost[lost].idx <= i; lost++)
			lost_here = walk->lost_since = true;
		if (i == walk->c->nr)
			return close_run(walk, lost_here);
		/* less than a millisecond */
		if (i % 16384 == 0 && vms_progress_cancelled(walk->p->progress))
			return -VMS_ECANCEL;
		VMS_PAYLOAD_SOON(walk->c, i);
		inside = is_inside(walk, &walk->placer, i);
		compare(walk, i, inside);
		if (walk->open && (lost_here || !inside || walk->placer.stretch != walk->stretch))
			ret = close_run(walk, lost_here);
		if (!inside || ret)
			continue;
		if (!walk->open)
			open_run(walk, walk->placer.stretch, i, lost_here);
		walk->last = i;
		take_event(walk, i);
	}
	return ret;
}

int vms_pairs_find(struct vms_match_list *out, const struct vms_pairing *pairing,
		   struct vms_err *err)
{
	struct walk walk = { .p = pairing,
			     .c = &pairing->vcpu.guest->cpus[pairing->vcpu.cpu_idx],
			     .out = out,
			     .cap = out->cap };
	const uint32_t nr_before = out->nr;
	int ret;

	VMS_ASSERT(pairing->vcpu.cpu_idx < pairing->vcpu.guest->cpus_nr);
	VMS_ASSERT(pairing->reach_raw >= 0);
	if (!pairing->vcpu.thread->stretches_nr)
		return 0;
	ret = vms_rows_compile(&walk.rows, pairing);
	/* Most have fewer; what is not written is no memory, and growing would leave holes. */
	if (!ret)
		ret = vms_grow(&out->m, &walk.cap, (size_t)out->nr + walk.c->nr / 2,
			       sizeof(*out->m), PAIRS_MAX);
	if (!ret)
		ret = walk_events(&walk);
	vms_rows_clear(&walk.rows);
	vms_shrink(&out->m, out->nr, sizeof(*out->m));
	out->cap = out->nr;
	VMS_ASSERT_EACH(i, nr_before, out->nr,
			out->m[i].event < walk.c->nr &&
				out->m[i].seq < pairing->catalogue->seqs_nr);
	if (!ret)
		return 0;
	out->nr = nr_before;
	if (ret == -VMS_ECANCEL)
		return ret;
	if (ret == -VMS_ERANGE)
		return vms_fail(err, VMS_ERANGE, "more candidates than this program can number");
	return vms_fail(err, -ret, "out of memory while pairing events");
}

void vms_match_list_clear(struct vms_match_list *l)
{
	free(l->m);
	memset(l, 0, sizeof(*l));
}
