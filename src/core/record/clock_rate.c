// SPDX-License-Identifier: LGPL-2.1-or-later
/* How long a tick of a trace clock is: events that carry nanoseconds of another clock tell. */
#include <vmsync/stream.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/err.h>

#include "core/base/order.h"
#include "core/base/util.h"

/* So many differences of successive times show what a clock counts in. */
#define RESOLUTION_SAMPLE_NR 4096u
/* enough: the error falls with the span, hardly with the number */
#define SAMPLES_MAX 2048
/* closer together, the delay of the timer decides and not the rate */
#define SPAN_LEAST_NS 1000000
#define STEP_SHOWS 2e-4 /* relative: the delay of timers does less */
#define RATE_LEAST 1e-3 /* [ns per tick] a clock of 1 THz ... */
#define RATE_MOST 1e6	/* ... to one of 1 kHz */

struct sample {
	int64_t raw;
	int64_t now_ns;
	unsigned int cpu_idx;
};

static bool rate_believable(double rate)
{
	return rate >= RATE_LEAST && rate <= RATE_MOST;
}

/* every @every-th hrtimer_expire_entry of a CPU */
static void collect(const struct vms_stream *stream, unsigned int cpu_idx, unsigned int type,
		    const struct vms_field *now, uint64_t every, struct sample *out, size_t *nr)
{
	const struct vms_cpu *cpu = &stream->cpus[cpu_idx];
	uint64_t seen = 0;
	uint32_t i;

	for (i = 0; i < cpu->nr && *nr < SAMPLES_MAX; i++) {
		if (cpu->type[i] != type || seen++ % every)
			continue;
		out[*nr].cpu_idx = cpu_idx;
		out[*nr].raw = cpu->time_raw[i];
		out[*nr].now_ns = (int64_t)vms_field_u64(stream, now, vms_payload(cpu, i));
		++*nr;
	}
}

static int sample_cmp(const void *a, const void *b)
{
	const struct sample *x = a;
	const struct sample *y = b;

	return (x->raw > y->raw) - (x->raw < y->raw);
}

static int by_cpu(const void *a, const void *b)
{
	const struct sample *x = a;
	const struct sample *y = b;

	return x->cpu_idx != y->cpu_idx ? (x->cpu_idx > y->cpu_idx) - (x->cpu_idx < y->cpu_idx)
					: sample_cmp(a, b);
}

/*
 * The median of the slopes between each sample and the one @apart samples later, of the same CPU
 * where CPUs come one after another.
 */
static double slope_apart(const struct sample *v, size_t nr, size_t apart, bool own)
{
	double slopes[SAMPLES_MAX];
	size_t i, n = 0;

	for (i = 0; i + apart < nr; i++) {
		int64_t raw, ns;

		if (!vms_sub_i64(v[i + apart].raw, v[i].raw, &raw) ||
		    !vms_sub_i64(v[i + apart].now_ns, v[i].now_ns, &ns))
			continue;
		if (raw <= 0 || ns < SPAN_LEAST_NS || (own && v[i + apart].cpu_idx != v[i].cpu_idx))
			continue;
		slopes[n++] = (double)ns / (double)raw;
	}
	return n ? vms_order_median(slopes, n) : 0.0;
}

static bool is_near(double slope, double to)
{
	return slope > 0.0 && fabs(slope - to) <= STEP_SHOWS * to;
}

/*
 * "now" was read shortly before the event, sometimes much before: a median over half the trace is
 * deaf to that. A step of the clock lies within all of those slopes, but within few of short
 * ones, and CPUs whose counters differ are in both, but not in short ones of one CPU: where they
 * differ, these are right.
 */
static double median_slope(struct sample *v, size_t nr, unsigned int cpus_nr)
{
	const size_t each_nr = nr / cpus_nr;
	double wide, narrow, own;

	qsort(v, nr, sizeof(*v), sample_cmp);
	wide = slope_apart(v, nr - nr % 2, nr / 2, false);
	narrow = slope_apart(v, nr, nr / 16 ? nr / 16 : 1, false);
	qsort(v, nr, sizeof(*v), by_cpu);
	own = slope_apart(v, nr, each_nr / 16 ? each_nr / 16 : 1, true);
	if (!(own > 0.0))
		own = narrow;
	if (!(own > 0.0) || is_near(wide, own))
		return wide;
	return is_near(narrow, own) ? narrow : own;
}

static uint64_t count_type(const struct vms_stream *s, unsigned int type)
{
	uint64_t nr = 0;
	uint32_t i, k;

	for (i = 0; i < s->cpus_nr; i++)
		for (k = 0; k < s->cpus[i].nr; k++)
			nr += s->cpus[i].type[k] == type;
	return nr;
}

static int estimate(double *rate, const struct vms_stream *stream)
{
	const unsigned int type = vms_type_find(stream, NULL, "hrtimer_expire_entry");
	const struct vms_field *now = type ? vms_type_field(&stream->types[type], "now") : NULL;
	struct sample *sample;
	size_t nr = 0;
	uint64_t all;
	uint32_t i;

	*rate = 0.0;
	if (!now || now->is_array || now->size != 8)
		return 0;
	all = count_type(stream, type);
	if (all < 2)
		return 0;
	sample = vms_calloc(SAMPLES_MAX, sizeof(*sample));
	if (!sample)
		return -VMS_ENOMEM;
	for (i = 0; i < stream->cpus_nr; i++)
		collect(stream, i, type, now, all / (SAMPLES_MAX / 2) + 1, sample, &nr);
	*rate = median_slope(sample, nr, stream->cpus_nr);
	free(sample);
	return 0;
}

int vms_clock_rate_estimate(struct vms_clock *clock, const struct vms_stream *stream)
{
	double rate;
	int ret;

	if (clock->counts_ns) {
		clock->ns_per_unit = 1.0;
		clock->rate_from = VMS_RATE_NS;
		return 0;
	}
	rate = clock->mult ? ldexp((double)clock->mult, -(int)VMS_MIN(clock->shift, 1000u)) : 0.0;
	if (rate_believable(rate)) {
		clock->ns_per_unit = rate;
		clock->rate_from = VMS_RATE_TSC2NSEC;
		return 0;
	}
	ret = estimate(&rate, stream);
	if (ret)
		return ret;
	if (!rate_believable(rate))
		return -VMS_ENODATA;
	clock->ns_per_unit = rate;
	clock->rate_from = VMS_RATE_ESTIMATED;
	return 0;
}

static int64_t gcd(int64_t a, int64_t b)
{
	while (b) {
		const int64_t r = a % b;

		a = b;
		b = r;
	}
	return a;
}

/*
 * trace-cmd names the clock tsc2nsec where it converts when it reads: the raw times are TSC ticks
 * all the same.
 */
bool vms_counts_tsc(const struct vms_stream *s)
{
	return !s->times_corrected &&
	       (!strcmp(s->clock.name, "x86-tsc") || !strcmp(s->clock.name, "tsc2nsec"));
}

int64_t vms_clock_resolution(const struct vms_stream *s)
{
	int64_t res = 0;
	unsigned int c;
	uint32_t i;

	for (c = 0; c < s->cpus_nr; c++) {
		const struct vms_cpu *cpu = &s->cpus[c];

		for (i = 1; i < cpu->nr && i < RESOLUTION_SAMPLE_NR && res != 1; i++) {
			const int64_t d = vms_sat_sub_i64(cpu->time_raw[i], cpu->time_raw[i - 1]);

			if (d > 0)
				res = gcd(d, res);
		}
	}
	return res ? res : 1;
}
