// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From pairs and the band to delays that are known to an interval, and how these are put in order.
 */
#include "core/fitness/fitness_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

/* Delays of more pairs are those of a part of them: quantiles of so many have three digits. */
#define SAMPLES_MOST 131072u

/* The segment that the pair before lay in, and what it allows where that is the same everywhere. */
struct here {
	const struct vms_band *band;
	const struct vms_band_segment *seg;
	int64_t lo, hi;
};

/* The bounds that a pair's offset has; false where none is claimed, or one side is open. */
static bool offset_of(struct here *here, uint32_t event, int64_t guest_raw)
{
	const struct vms_band_segment *seg = here->seg;
	const bool same = seg && event >= seg->from_event && event <= seg->to_event;

	if (!same) {
		here->seg = NULL;
		seg = here->band ? vms_band_segment_of(here->band, event) : NULL;
		if (!seg || event < seg->from_event || event > seg->to_event)
			return false;
		here->seg = seg;
	}
	if (!same || !seg->constant)
		vms_band_at(seg, guest_raw, &here->lo, &here->hi);
	return here->lo != INT64_MIN && here->hi != INT64_MAX;
}

static uint8_t share_of(const struct vms_fit_in *in, int64_t at_raw, unsigned int shares)
{
	const double span = (double)in->to_raw - (double)in->from_raw;
	const double at =
		span > 0.0 ? ((double)at_raw - (double)in->from_raw) / span * shares : 0.0;

	return (uint8_t)(at < 0.0 ? 0 : at >= shares ? shares - 1 : (unsigned int)at);
}

/* What a pair is under the band. Return: false where that does not say, or it is impossible. */
static bool sample_of(struct fit_sample *sample, struct vms_fitness *out,
		      const struct vms_fit_in *in, struct here *here, double unit_ns,
		      unsigned int part_idx, const struct vms_match *m)
{
	const struct vms_fit_part *part = &in->parts[part_idx];
	const struct vms_pair pair =
		vms_pair_of(&part->vcpu, m->event, m->stretch, m->seq, (uint8_t)in->dir);
	const int64_t y = vms_sat_sub_i64(pair.host_raw, pair.guest_raw);
	const struct vms_fit_at at = { part->vcpu.cpu_idx, m->event, m->stretch };
	const bool out_of = in->dir == VMS_GUEST_TO_HOST;
	int64_t least, most;

	if (!offset_of(here, m->event, pair.guest_raw))
		return false;
	least = out_of ? vms_sat_sub_i64(y, here->hi) : vms_sat_sub_i64(here->lo, y);
	most = out_of ? vms_sat_sub_i64(y, here->lo) : vms_sat_sub_i64(here->hi, y);
	if (most < 0) {
		if (!out->impossible_nr++)
			out->first_impossible = at;
		return false;
	}
	if (!((double)least * unit_ns >= out->bound_beyond_ns)) {
		out->bound_beyond_ns = (double)least * unit_ns;
		out->bound_raw = y;
		out->bound = at;
	}
	*sample = (struct fit_sample){
		.twice_raw = vms_sat_add_i64(least, most),
		.lo_raw = least,
		.part = (uint16_t)part_idx,
		.pcpu = (uint16_t)vms_stretch_pcpu(&part->vcpu.thread->stretches[m->stretch]),
		.third = share_of(in, pair.host_raw, 3),
		.half = share_of(in, pair.host_raw, 2),
	};
	return true;
}

/* What needs no order, of all pairs; the rest is of blocks of neighbours, where there are many. */
static void sample_add(struct fit_samples *all, const struct fit_sample *sample)
{
	const double lo = (double)sample->lo_raw * all->unit_ns;
	const double hi = (double)(sample->twice_raw - sample->lo_raw) * all->unit_ns;
	const int64_t width = sample->twice_raw - 2 * sample->lo_raw;

	all->width_least = VMS_MIN(all->width_least, width);
	all->width_most = VMS_MAX(all->width_most, width);
	all->lo_sum += lo;
	all->hi_sum += hi;
	all->lo = fmin(all->lo, lo);
	all->hi = fmin(all->hi, hi);
	if (all->all_nr++ / FIT_BLOCK_NR % all->step == 0)
		all->s[all->nr++] = *sample;
}

static bool pair_next(const struct vms_fit_part *part, uint32_t *at, struct vms_match *out)
{
	if (!part->pairs)
		return part->counts.pairs_nr &&
		       vms_session_match_next(part->session, part->track, part->seq, at, out);
	if (*at == part->counts.pairs_nr)
		return false;
	*out = part->pairs[(*at)++];
	return true;
}

int fit_samples_make(struct fit_samples *all, struct vms_fitness *out, const struct vms_fit_in *in)
{
	struct fit_sample sample;
	struct vms_match match;
	unsigned int part;

	for (part = 0; part < in->parts_nr; part++)
		out->pairs_nr += in->parts[part].counts.pairs_nr;
	all->unit_ns = vms_clock_ns(in->clock, 1);
	all->step = (uint32_t)(out->pairs_nr / SAMPLES_MOST) + 1;
	all->lo = all->hi = HUGE_VAL;
	all->width_least = INT64_MAX;
	all->from = vms_calloc((size_t)in->parts_nr + 1, sizeof(*all->from));
	all->s = vms_calloc(out->pairs_nr / all->step + FIT_BLOCK_NR, sizeof(*all->s));
	if (!all->from || !all->s)
		return -VMS_ENOMEM;
	for (part = 0; part < in->parts_nr; part++) {
		struct here here = { .band = in->parts[part].band };
		uint32_t at = 0;

		while (pair_next(&in->parts[part], &at, &match))
			if (sample_of(&sample, out, in, &here, all->unit_ns, part, &match))
				sample_add(all, &sample);
		all->from[part + 1] = all->nr;
	}
	out->delays_nr = all->all_nr;
	return 0;
}

void fit_samples_clear(struct fit_samples *all)
{
	free(all->s);
	free(all->from);
	memset(all, 0, sizeof(*all));
}

#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)

/* One digit: from @from to @to, equal ones in the order in which they stood. */
static void pass(const struct fit_sample *from, struct fit_sample *to, uint32_t nr, int64_t least,
		 unsigned int shift)
{
	uint32_t at[DIGITS] = { 0 }, i, sum = 0, n;

	for (i = 0; i < nr; i++)
		at[((uint64_t)from[i].twice_raw - (uint64_t)least) >> shift & (DIGITS - 1)]++;
	for (i = 0; i < DIGITS; i++) {
		n = at[i];
		at[i] = sum;
		sum += n;
	}
	for (i = 0; i < nr; i++)
		to[at[((uint64_t)from[i].twice_raw - (uint64_t)least) >> shift & (DIGITS - 1)]++] =
			from[i];
}

int fit_samples_sort(struct fit_samples *all)
{
	struct fit_sample *other = vms_calloc(all->nr, sizeof(*other));
	int64_t least = INT64_MAX, most = INT64_MIN;
	unsigned int shift;
	uint32_t i;

	if (!other)
		return -VMS_ENOMEM;
	for (i = 0; i < all->nr; i++) {
		least = VMS_MIN(least, all->s[i].twice_raw);
		most = VMS_MAX(most, all->s[i].twice_raw);
	}
	for (shift = 0; all->nr && shift < 64 && ((uint64_t)most - (uint64_t)least) >> shift;
	     shift += DIGIT_BITS) {
		struct fit_sample *sorted = other;

		pass(all->s, sorted, all->nr, least, shift);
		other = all->s;
		all->s = sorted;
	}
	free(other);
	return 0;
}
