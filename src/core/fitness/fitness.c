// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The figures of a sequence, of its delays in order: least, quantiles, groups, bound, proven
 * errors.
 */
#include "core/fitness/fitness_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/order.h"
#include "core/base/util.h"

/* The delay that a share of ordered ones is at or below. */
static double quantile(const double *v, uint32_t n, double share)
{
	const double k = ceil(share * n);

	return v[k < 1.0 ? 0 : (uint32_t)k - 1];
}

static double median_of(const double *v, uint32_t n)
{
	return (v[(n - 1) / 2] + v[n / 2]) / 2.0;
}

/* Median distance of ordered values to their median: outwards from it, nearest first. */
static double mad_of(const double *v, uint32_t n, double median)
{
	uint32_t right = n / 2, left = right, k;
	double at[2] = { 0.0, 0.0 };

	for (k = 0; k <= n / 2; k++) {
		const bool down = left && (right == n || median - v[left - 1] < v[right] - median);

		at[0] = at[1];
		at[1] = down ? median - v[--left] : v[right++] - median;
	}
	return n % 2 ? at[1] : (at[0] + at[1]) / 2.0;
}

/* Delays in order, sorted by group; ordered ones stay so. */
static int groups_make(struct vms_fit_group *groups, unsigned int groups_nr,
		       const struct fit_samples *all,
		       uint16_t (*group_of)(const struct fit_sample *))
{
	uint32_t *at = vms_calloc((size_t)groups_nr + 1, sizeof(*at)), i;
	double *delay = vms_calloc(all->nr, sizeof(*delay));
	unsigned int g;
	const bool some = at && delay;

	for (i = 0; i < all->nr && some; i++)
		at[group_of(&all->s[i]) + 1]++;
	for (g = 0; g < groups_nr && some; g++) {
		groups[g] =
			(struct vms_fit_group){ .of = g, .nr = (uint64_t)at[g + 1] * all->step };
		at[g + 1] += at[g];
	}
	for (i = 0; i < all->nr && some; i++)
		delay[at[group_of(&all->s[i])]++] = fit_mid_ns(all, i);
	for (g = 0; g < groups_nr && some; g++) {
		const uint32_t n = (uint32_t)(groups[g].nr / all->step);
		const double *v = delay + at[g] - n; /* each was moved to its end */

		if (!n)
			continue;
		groups[g].least_ns = v[0];
		groups[g].median_ns = median_of(v, n);
		groups[g].mad_ns = mad_of(v, n, groups[g].median_ns);
	}
	free(at);
	free(delay);
	return some ? 0 : -VMS_ENOMEM;
}

static uint16_t third_of(const struct fit_sample *s)
{
	return s->third;
}

static uint16_t part_of(const struct fit_sample *s)
{
	return s->part;
}

static uint16_t pcpu_of(const struct fit_sample *s)
{
	return s->pcpu;
}

static int by_part(struct vms_fitness *f, const struct vms_fit_in *in,
		   const struct fit_samples *all)
{
	unsigned int i, nr = 0, pcpus_nr = 0;
	int ret;

	for (i = 0; i < all->nr; i++)
		pcpus_nr = VMS_MAX(pcpus_nr, all->s[i].pcpu + 1u);
	f->vcpus = vms_calloc(in->parts_nr, sizeof(*f->vcpus));
	f->pcpus = vms_calloc(pcpus_nr, sizeof(*f->pcpus));
	if (!f->vcpus || !f->pcpus)
		return -VMS_ENOMEM;
	ret = groups_make(f->thirds, VMS_ARRAY_NR(f->thirds), all, third_of);
	if (!ret)
		ret = groups_make(f->vcpus, in->parts_nr, all, part_of);
	if (!ret)
		ret = groups_make(f->pcpus, pcpus_nr, all, pcpu_of);
	for (i = 0; i < in->parts_nr; i++)
		f->vcpus[i].of = in->parts[i].vcpu.guest->cpus[in->parts[i].vcpu.cpu_idx].cpu;
	f->vcpus_nr = in->parts_nr;
	for (i = 0; i < pcpus_nr; i++)
		if (f->pcpus[i].nr) {
			f->pcpus[nr] = f->pcpus[i];
			f->pcpus[nr++].of = in->host->cpus[i].cpu;
		}
	f->pcpus_nr = nr;
	return ret;
}

/* What the band proves of the offset that a delay is taken for. */
static struct vms_fit_range error_of(const struct vms_fit_in *in, double lo_ns, double hi_ns)
{
	return in->dir == VMS_GUEST_TO_HOST ? (struct vms_fit_range){ lo_ns, hi_ns }
					    : (struct vms_fit_range){ -hi_ns, -lo_ns };
}

/* Means, and least values: of all pairs. */
static void bounds(struct vms_fitness *f, const struct vms_fit_in *in,
		   const struct fit_samples *all)
{
	const double nr = (double)all->all_nr;

	f->mean_ns = (all->lo_sum + all->hi_sum) / 2.0 / nr;
	f->least_true_ns = (struct vms_fit_range){ fmax(all->lo, 0.0), all->hi };
	f->error_mean_ns = error_of(in, all->lo_sum / nr, all->hi_sum / nr);
	f->error_least_ns = error_of(in, all->lo, all->hi);
}

/* Both ends have their own order where the band is not equally wide everywhere. */
static void error_median(struct vms_fitness *f, const struct vms_fit_in *in,
			 const struct fit_samples *all, double *room)
{
	double end[2];
	unsigned int side;
	uint32_t i;

	if (all->width_most == all->width_least) {
		const double half = (double)all->width_most * 0.5 * all->unit_ns;

		f->error_median_ns = error_of(in, f->median_ns - half, f->median_ns + half);
		return;
	}
	for (side = 0; side < 2; side++) {
		for (i = 0; i < all->nr; i++)
			room[i] = (double)(side ? all->s[i].twice_raw - all->s[i].lo_raw
						: all->s[i].lo_raw) *
				  all->unit_ns;
		end[side] = vms_order_median(room, all->nr);
	}
	f->error_median_ns = error_of(in, end[0], end[1]);
}

/* Of delays in order. */
static void quantiles(struct vms_fitness *f, const double *delay, uint32_t n, uint32_t step)
{
	double edge = exp2(1.0 / VMS_FIT_OCTAVE_BINS);
	uint32_t i, near = 0;
	unsigned int bin = 0;

	f->least_ns = delay[0];
	f->p5_ns = quantile(delay, n, 0.05);
	f->median_ns = median_of(delay, n);
	f->p95_ns = quantile(delay, n, 0.95);
	f->mad_ns = mad_of(delay, n, f->median_ns);
	while (near < n && delay[near] <= f->least_ns + f->mad_ns)
		near++;
	near *= step;
	if (f->mad_ns > 0.0) {
		f->sharpness = near / f->mad_ns;
		f->least_error_ns = f->mad_ns / near;
	}
	for (i = 0; i < n; i++) {
		while (bin < VMS_FIT_BINS - 1 && delay[i] >= edge)
			edge = exp2((++bin + 1.0) / VMS_FIT_OCTAVE_BINS);
		f->hist[bin] += step;
	}
}

static void undefined(struct vms_fitness *f)
{
	const struct vms_fit_range none = { NAN, NAN };

	f->least_ns = f->p5_ns = f->median_ns = f->p95_ns = f->mad_ns = f->mean_ns = NAN;
	f->sharpness = f->least_error_ns = f->effective_nr = f->bound_beyond_ns = NAN;
	f->halves_distance = f->halves_p = NAN;
	f->least_true_ns = f->error_mean_ns = f->error_median_ns = f->error_least_ns = none;
}

static void counts_add(struct vms_fitness *f, const struct vms_fit_in *in)
{
	unsigned int i;

	for (i = 0; i < in->parts_nr; i++) {
		const struct vms_seq_counts *c = &in->parts[i].counts;

		if (c->key_conflicts && !f->counts.key_conflicts)
			f->first_conflict = (struct vms_fit_at){ in->parts[i].vcpu.cpu_idx,
								 c->first_conflict.event,
								 c->first_conflict.stretch };
		f->counts.guest_nr += c->guest_nr;
		f->counts.host_nr += c->host_nr;
		f->counts.ends_nr += c->ends_nr;
		f->counts.ends_fit_nr += c->ends_fit_nr;
		f->counts.key_checks += c->key_checks;
		f->counts.key_conflicts += c->key_conflicts;
	}
}

static int delays(struct vms_fitness *f, const struct vms_fit_in *in, struct fit_samples *all)
{
	double *room = vms_calloc(all->nr, sizeof(*room));
	uint32_t i;
	int ret;

	if (!room)
		return -VMS_ENOMEM;
	bounds(f, in, all);
	f->effective_nr = fit_effective(all, in->parts_nr, room) * all->step;
	ret = fit_samples_sort(all);
	if (!ret)
		ret = by_part(f, in, all);
	if (!ret) {
		for (i = 0; i < all->nr; i++)
			room[i] = fit_mid_ns(all, i);
		quantiles(f, room, all->nr, all->step);
		fit_halves(f, all);
		error_median(f, in, all, room);
	}
	free(room);
	return ret;
}

int vms_fitness_of(struct vms_fitness *out, const struct vms_fit_in *in, struct vms_err *err)
{
	struct fit_samples all = { 0 };
	int ret;

	memset(out, 0, sizeof(*out));
	undefined(out);
	counts_add(out, in);
	ret = fit_samples_make(&all, out, in);
	if (!ret && all.nr)
		ret = delays(out, in, &all);
	fit_samples_clear(&all);
	if (ret)
		return vms_fail(err, -ret, "out of memory for the figures of a sequence");
	fit_shares(out);
	fit_judge(out, in->any);
	return 0;
}

void vms_fitness_clear(struct vms_fitness *f)
{
	free(f->vcpus);
	free(f->pcpus);
	f->vcpus = f->pcpus = NULL;
	f->vcpus_nr = f->pcpus_nr = 0;
}
