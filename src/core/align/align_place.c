// SPDX-License-Identifier: LGPL-2.1-or-later
/* Where a line puts guest events among the stretches of a thread, and what that makes of it. */
#include "core/align/align_impl.h"

#include <math.h>

#include <vmsync/place.h>

#include "core/base/util.h"
#include "core/record/steady.h"

int64_t align_line_offset(const struct vms_line *line, int64_t guest_raw)
{
	double d = line->offset_frac;
	int64_t whole;

	if (line->drift != 0.0)
		d += line->drift * (double)vms_sat_sub_i64(guest_raw, line->ref_raw);
	else if (fabs(d) < 0.5)
		return line->offset_raw;
	if (!(fabs(d) < 9e18))
		return line->offset_raw;
	/* llround() by hand: halves away from zero */
	whole = (int64_t)d;
	if (d - (double)whole >= 0.5)
		whole++;
	else if (d - (double)whole <= -0.5)
		whole--;
	return vms_sat_add_i64(line->offset_raw, whole);
}

int64_t align_line_apply(const struct vms_line *l, int64_t guest_raw)
{
	return vms_sat_add_i64(guest_raw, align_line_offset(l, guest_raw));
}

/* The stretch at a time, looked for from where the last one was: events come in order, mostly. */
uint32_t align_stretch_near(const struct vms_thread *thread, uint32_t at, int64_t host_raw)
{
	const struct vms_stretch *s = thread->stretches;
	unsigned int tries;
	int64_t k;

	for (tries = 0; tries < 8; tries++) {
		if (s[at].enter_raw <= host_raw) {
			if (at + 1 >= thread->stretches_nr || s[at + 1].enter_raw > host_raw)
				return at;
			at++;
		} else if (at) {
			at--;
		} else {
			return 0;
		}
	}
	k = vms_stretch_at(thread, host_raw);
	return k < 0 ? 0 : (uint32_t)k;
}

int align_place(const struct align_thread *at, int64_t host_raw, uint32_t *stretch)
{
	const struct vms_stretch *s;

	if (host_raw < at->first_raw || host_raw > at->last_raw)
		return 0;
	*stretch = align_stretch_near(at->t, *stretch, host_raw);
	s = &at->t->stretches[*stretch];
	if (host_raw > s->leave_raw)
		return -1;
	return s->flags & VMS_STRETCH_UNKNOWN ? 0 : 1;
}

void align_score(const struct align_thread *at, const struct vms_cpu *cpu,
		 const struct vms_piece *pieces, unsigned int pieces_nr, struct align_score *sc)
{
	uint32_t i, k = 0, last = UINT32_MAX, next, early = 0, late = 0;
	unsigned int p = 0;

	*sc = (struct align_score){ 0 };
	if (!pieces_nr || !at->t->stretches_nr)
		return;
	for (i = 0; i < cpu->nr; i++) {
		int64_t host_raw;
		int place;

		while (p + 1 < pieces_nr && pieces[p + 1].from_idx <= i)
			p++;
		host_raw = align_line_apply(&pieces[p].line, cpu->time_raw[i]);
		place = align_place(at, host_raw, &k);
		sc->outside += place < 0;
		sc->inside += place > 0;
		if (place > 0 && k != last)
			(i < cpu->nr / 2 ? early++ : late++);
		if (place <= 0)
			continue;
		last = k;
		if (!cpu->sorted || fabs(pieces[p].line.drift) > STEADY_SHARE)
			continue;
		next = steady_skip(cpu, i, p + 1 < pieces_nr ? pieces[p + 1].from_idx : cpu->nr,
				   at->t->stretches[k].leave_raw - host_raw);
		sc->inside += next - i;
		i = next;
	}
	sc->stretches = early + late;
	sc->both_halves = early && late;
}

/* As align_place(); @piece: near which to look for the event's, or 0. */
static int place_of(const struct align_thread *thread, const struct vms_cpu *cpu,
		    const struct align_result *result, uint32_t event, unsigned int *piece,
		    uint32_t *stretch)
{
	while (*piece && result->pieces[*piece].from_idx > event)
		--*piece;
	while (*piece + 1 < result->pieces_nr && result->pieces[*piece + 1].from_idx <= event)
		++*piece;
	return align_place(thread,
			   align_line_apply(&result->pieces[*piece].line, cpu->time_raw[event]),
			   stretch);
}

static bool run_best(const struct align_thread *thread, const struct vms_cpu *cpu,
		     const struct align_result *result, uint32_t *first, uint32_t *last)
{
	int64_t sum = 0, best = 0;
	uint32_t i, from = 0, k = 0;
	unsigned int p = 0;

	for (i = 0; i < cpu->nr && result->pieces_nr && thread->t->stretches_nr; i++) {
		const int place = place_of(thread, cpu, result, i, &p, &k);

		if (sum <= 0 && place > 0)
			from = i;
		sum = VMS_MAX(sum, 0) + (place < 0 ? -ALIGN_OUTSIDE_COST : place);
		if (sum > best) {
			best = sum;
			*first = from;
			*last = i;
		}
	}
	return best > 0;
}

bool align_run(const struct align_thread *thread, const struct vms_cpu *cpu,
	       const struct align_result *result, bool scored, uint32_t *first, uint32_t *last)
{
	unsigned int p = 0;
	uint32_t k = 0;

	/* without events outside the ends tell */
	if (!scored || result->score.outside || !result->score.inside)
		return run_best(thread, cpu, result, first, last);
	for (*first = 0; place_of(thread, cpu, result, *first, &p, &k) <= 0;)
		++*first;
	for (*last = cpu->nr - 1; place_of(thread, cpu, result, *last, &p, &k) <= 0;)
		--*last;
	return true;
}

void align_run_score(const struct align_thread *thread, const struct vms_cpu *run,
		     struct align_result *result, bool scored)
{
	uint32_t i = run->nr / 2, k = 0, early;
	unsigned int p = 0;

	/*
	 * Without events outside all that is left away says nothing; and a stretch in each half is
	 * there where those on both sides of the middle differ.
	 */
	if (scored && !result->score.outside && i) {
		while (i-- && place_of(thread, run, result, i, &p, &k) <= 0)
			;
		early = k;
		(void)place_of(thread, run, result, run->nr - 1, &p, &k);
		if (k != early) {
			result->score.both_halves = true;
			return;
		}
	}
	align_score(thread, run, result->pieces, result->pieces_nr, &result->score);
}
