// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What trace-cmd makes of TIME_SHIFT, TSC2NSEC and ts_offset: its arithmetic to the bit, and what
 * it should be.
 */
#include <vmsync/model.h>

#include "core/base/bisect.h"
#include "core/base/util.h"
#include "core/base/wide.h"

#define SHIFT_INTERPOLATE 1u

/* 2^63 as a limit of what libtracecmd's signed product holds. */
#define PRODUCT_LIMIT ((vms_i128)1 << 63)

static int64_t as_signed(uint64_t v)
{
	/* Two's complement without the implementation-defined conversion. */
	return v <= INT64_MAX ? (int64_t)v : -(int64_t)(UINT64_MAX - v) - 1;
}

static const struct vms_shift_cpu *samples_of(const struct vms_time_shift *shift, uint32_t cpu)
{
	if (!shift || cpu >= shift->cpus_nr || !shift->cpus[cpu].samples_nr)
		return NULL;
	return &shift->cpus[cpu];
}

/*
 * Index of the first sample of the pair that libtracecmd uses; needs two samples or more. The
 * middle is a bisection over unsigned times, so that samples out of order give the pair that
 * libtracecmd gets too.
 */
static uint32_t pair_of(const struct vms_shift_cpu *shift_cpu, uint64_t time)
{
	const struct vms_shift_sample *s = shift_cpu->samples;
	int64_t lo = 0, hi = (int64_t)shift_cpu->samples_nr - 1, mid;

	if (shift_cpu->samples_nr == 2 || time <= s[0].time)
		return 0;
	if (time >= s[hi].time)
		return shift_cpu->samples_nr - 2;
	mid = hi / 2;
	while (lo <= hi && s[mid].time != time) {
		if (time < s[mid].time)
			hi = mid - 1;
		else
			lo = mid + 1;
		mid = (lo + hi) / 2;
	}
	/*
	 * Only samples out of order can end on the last one, where libtracecmd reads past the
	 * array.
	 */
	return (uint32_t)VMS_MAX(0, VMS_MIN(mid, (int64_t)shift_cpu->samples_nr - 2));
}

/* a / b as C truncates, with the two cases that would trap given a value. */
static int64_t quotient(int64_t a, int64_t b)
{
	if (b == 0)
		return 0; /* equal times are dropped on loading: cannot come from a file */
	if (b == -1)
		return as_signed(0 - (uint64_t)a);
	return a / b;
}

static uint64_t interpolated(const struct vms_shift_sample *a, const struct vms_shift_sample *b,
			     uint64_t t)
{
	const int64_t d = as_signed(b->time - a->time);
	const uint64_t n = (t - a->time) * ((uint64_t)b->offset - (uint64_t)a->offset);
	const uint64_t rounded = n + (uint64_t)(d / 2);

	return (uint64_t)a->offset + (uint64_t)quotient(as_signed(rounded), d);
}

uint64_t vms_recorded_apply(const struct vms_time_shift *shift, uint32_t cpu, uint64_t guest_raw)
{
	const struct vms_shift_cpu *c = samples_of(shift, cpu);
	const struct vms_shift_sample *sample;
	uint64_t cor;

	if (!c)
		return guest_raw;
	if (c->samples_nr == 1)
		return guest_raw + (uint64_t)c->samples[0].offset;
	sample = &c->samples[pair_of(c, guest_raw)];
	cor = shift->flags & SHIFT_INTERPOLATE ? interpolated(sample, sample + 1, guest_raw)
					       : (uint64_t)sample->offset;
	/* A shift by 64 and more is undefined in C; processors take the count modulo 64. */
	return ((guest_raw * sample->scaling) >> (sample->fraction & 63)) + cor;
}

/*
 * Between two samples the line from one to the next keeps the order, if it neither runs backwards
 * nor leaves the range that libtracecmd's product and sum hold.
 */
static bool branch_ascends(const struct vms_shift_sample *from, const struct vms_shift_sample *to,
			   bool interpolate, int64_t from_raw, int64_t to_raw)
{
	const int64_t ends[] = { from_raw, to_raw };
	const vms_i128 time = (vms_i128)to->time - from->time;
	const vms_i128 o = interpolate ? (vms_i128)to->offset - from->offset : 0;
	unsigned int i;

	if (from->scaling != 1 || from->fraction & 63 || time <= 0 || time > INT64_MAX ||
	    o <= -time)
		return false;
	for (i = 0; i < VMS_ARRAY_NR(ends); i++) {
		vms_i128 n;

		if (vms_mul_overflow((vms_i128)ends[i] - from->time, o, &n) ||
		    n >= PRODUCT_LIMIT - time || n <= time - PRODUCT_LIMIT)
			return false;
		n = ends[i] + (vms_i128)from->offset + n / time;
		if (n >= INT64_MAX || n <= INT64_MIN + 1)
			return false;
	}
	return true;
}

bool vms_recorded_ascends(const struct vms_time_shift *shift, uint32_t cpu, int64_t from_raw,
			  int64_t to_raw)
{
	const struct vms_shift_cpu *shift_cpu = samples_of(shift, cpu);
	int64_t lo = from_raw, hi;
	uint32_t i;

	if (!shift_cpu)
		return true;
	if (from_raw < 0 || to_raw < from_raw)
		return false;
	if (shift_cpu->samples_nr == 1)
		return vms_clamp_i64((vms_i128)from_raw + shift_cpu->samples[0].offset) ==
			       (vms_i128)from_raw + shift_cpu->samples[0].offset &&
		       vms_clamp_i64((vms_i128)to_raw + shift_cpu->samples[0].offset) ==
			       (vms_i128)to_raw + shift_cpu->samples[0].offset;
	for (i = 0; i + 1 < shift_cpu->samples_nr && lo <= to_raw; i++, lo = hi + 1) {
		const struct vms_shift_sample *s = &shift_cpu->samples[i];

		if (s[1].time <= s->time || s[1].time > INT64_MAX)
			return false;
		hi = i + 2 < shift_cpu->samples_nr ? VMS_MIN((int64_t)s[1].time - 1, to_raw)
						   : to_raw;
		if (hi < lo) {
			hi = lo - 1;
			continue;
		}
		if (!branch_ascends(s, s + 1, shift->flags & SHIFT_INTERPOLATE, lo, hi))
			return false;
		if (lo > from_raw &&
		    as_signed(vms_recorded_apply(shift, cpu, (uint64_t)lo - 1)) >
			    as_signed(vms_recorded_apply(shift, cpu, (uint64_t)lo)))
			return false;
		if (hi == INT64_MAX)
			break;
	}
	return true;
}

bool vms_recorded_steady(const struct vms_time_shift *shift, uint32_t cpu, int64_t from_raw,
			 int64_t to_raw)
{
	const struct vms_shift_cpu *shift_cpu = samples_of(shift, cpu);
	uint32_t i;

	for (i = 0; shift_cpu && i < shift_cpu->samples_nr; i++) {
		const struct vms_shift_sample *s = &shift_cpu->samples[i];
		const vms_i128 added = i ? (vms_i128)s->offset - s[-1].offset : 0;
		const vms_i128 most =
			i && shift->flags & SHIFT_INTERPOLATE ? (s->time - s[-1].time) / 100 : 0;

		if (s->scaling != 1 || s->fraction & 63 || added > most || -added > most)
			return false;
	}
	return vms_recorded_ascends(shift, cpu, from_raw, to_raw);
}

/* Index of the last sample at or before t, the first one for earlier times. */
static uint32_t sample_at(const struct vms_shift_cpu *c, vms_i128 t)
{
	uint32_t lo = 1, hi = c->samples_nr;

	VMS_BISECT(lo, hi, mid, (vms_i128)c->samples[mid].time <= t);
	return lo - 1;
}

/*
 * Offset on the straight line between two samples, to the nearest unit; the first one's when out of
 * range.
 */
static vms_i128 exact_offset(const struct vms_shift_sample *a, const struct vms_shift_sample *b,
			     vms_i128 t)
{
	const vms_i128 d = (vms_i128)b->time - a->time;
	vms_i128 n;

	if (d <= 0 || vms_mul_overflow(2 * (t - a->time), (vms_i128)b->offset - a->offset, &n) ||
	    vms_add_overflow(n, d, &n))
		return a->offset;
	return a->offset + vms_floor_div(n, 2 * d);
}

static vms_i128 unscaled(const struct vms_shift_sample *a, vms_i128 guest)
{
	const struct vms_ratio ratio = vms_ratio_of(a);
	vms_i128 n;

	if (!ratio.mult)
		return guest;
	if (vms_mul_overflow(guest, (vms_i128)2 << ratio.frac, &n) ||
	    vms_add_overflow(n, (vms_i128)ratio.mult, &n))
		return guest < 0 ? INT64_MIN : INT64_MAX;
	return vms_floor_div(n, 2 * (vms_i128)ratio.mult);
}

int64_t vms_recorded_exact(const struct vms_time_shift *shift, uint32_t cpu, int64_t guest_raw)
{
	const struct vms_shift_cpu *shift_cpu = samples_of(shift, cpu);
	const struct vms_shift_sample *sample;
	vms_i128 offset;
	uint32_t i;

	if (!shift_cpu)
		return guest_raw;
	i = sample_at(shift_cpu, guest_raw);
	if (!(shift->flags & SHIFT_INTERPOLATE) || shift_cpu->samples_nr == 1) {
		sample = &shift_cpu->samples[i];
		offset = sample->offset;
	} else {
		sample = &shift_cpu->samples[VMS_MIN(i, shift_cpu->samples_nr - 2)];
		offset = exact_offset(sample, sample + 1, guest_raw);
	}
	return vms_clamp_i64(unscaled(sample, (vms_i128)guest_raw + offset));
}

/* The raw time that TSC2NSEC makes a number of ns of. */
static int64_t raw_of_ns(const struct vms_clock *c, int64_t ns)
{
	return c->mult ? vms_clamp_i64(vms_floor_div(ns * ((vms_i128)1 << VMS_MIN(c->shift, 63u)) +
							     c->mult / 2,
						     c->mult))
		       : ns;
}

int64_t vms_recorded_moved(const struct vms_stream *guest, const struct vms_stream *host)
{
	return raw_of_ns(&host->clock, vms_sat_sub_i64(guest->ts_offset, host->ts_offset));
}

int64_t vms_recorded_beside(const struct vms_stream *guest, const struct vms_stream *host,
			    uint64_t t)
{
	const uint64_t shown = guest->clock.mult ? vms_tsc2nsec(&guest->clock, t) : t;

	return raw_of_ns(&host->clock,
			 as_signed(shown + (uint64_t)guest->ts_offset - (uint64_t)host->ts_offset));
}

uint64_t vms_tsc2nsec(const struct vms_clock *c, uint64_t raw)
{
	/* libtracecmd holds mult in a signed int: what does not fit there is sign-extended. */
	const uint64_t mult =
		c->mult <= INT32_MAX ? c->mult : c->mult | UINT64_C(0xffffffff00000000);
	const uint64_t lo = raw & UINT32_MAX, hi = raw >> 32;
	uint64_t ns = (lo * mult) >> (c->shift & 63);

	if (hi)
		ns += (hi * mult) << ((32 - c->shift) & 63);
	return ns;
}

uint64_t vms_recorded_final(const struct vms_stream *s, uint32_t cpu, uint64_t raw, bool instance)
{
	uint64_t t;

	if (s->times_corrected)
		return raw;
	t = instance ? raw : vms_recorded_apply(s->shift, cpu, raw);
	if (s->clock.mult)
		t = vms_tsc2nsec(&s->clock, t);
	return t + (uint64_t)s->ts_offset;
}
