// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the clocks of the simulated machines show at a time: rates, steps, steering, scaling. */
#include "sim_clock.h"

#include <math.h>
#include <stdlib.h>

#define WANDER_STEP_NS 1e6 /* the rate changes every millisecond */

__extension__ typedef __int128 i128;

static int64_t scaled(const struct sim_clock *c, int64_t host)
{
	return (int64_t)(((i128)host * (i128)c->ratio) >> c->o->fraction);
}

size_t sim_clock_wander_nr(const struct sim_opts *o, double *step_ns)
{
	*step_ns = WANDER_STEP_NS;
	return o->wander_ppb > 0.0 ? (size_t)(o->seconds * 1e9 / WANDER_STEP_NS) + 2 : 0;
}

void sim_clock_init(struct sim_clock *c, const struct sim_opts *o, double *wander)
{
	double step;

	*c = (struct sim_clock){ .o = o, .unit = o->tsc ? SIM_TICKS_PER_NS : 1.0 };
	if (o->ratio != 1.0) {
		c->ratio = (uint64_t)llround(ldexp(o->ratio, (int)o->fraction));
		c->tsc_base = o->host_start_raw - o->offset_raw - scaled(c, o->host_start_raw);
	}
	c->wander = wander;
	c->wander_nr = sim_clock_wander_nr(o, &step);
}

void sim_clock_free(struct sim_clock *c)
{
	free(c->wander);
}

static double wander_at(const struct sim_clock *c, double ns)
{
	const double at = ns / WANDER_STEP_NS;
	const size_t i = (size_t)at;

	if (!c->wander_nr)
		return 0.0;
	if (i + 1 >= c->wander_nr)
		return c->wander[c->wander_nr - 1];
	return c->wander[i] + (c->wander[i + 1] - c->wander[i]) * (at - (double)i);
}

static double slewed_at(const struct sim_clock *c, double ns)
{
	double sum = 0.0;
	unsigned int i;

	for (i = 0; i < c->o->slews_nr; i++) {
		const struct sim_slew *s = &c->o->slews[i];

		sum += s->ppm * 1e-6 * fmax(0.0, fmin(ns, s->to_s * 1e9) - s->from_s * 1e9);
	}
	return sum;
}

/* By how much the host's clock has gained on the guest's [raw units], steps apart. */
static double gained(const struct sim_clock *c, double ns)
{
	return (ns * c->o->drift_ppm * 1e-6 + wander_at(c, ns) + slewed_at(c, ns)) * c->unit;
}

bool sim_clock_is_exact(const struct sim_clock *c)
{
	return c->o->tsc && c->o->drift_ppm == 0.0 && !c->wander_nr && !c->o->slews_nr && !c->ratio;
}

const struct sim_era *sim_era_at(const struct sim_vcpu_clock *v, double ns)
{
	unsigned int i = v->eras_nr - 1;

	while (i && v->eras[i].from_ns > ns)
		i--;
	return &v->eras[i];
}

int64_t sim_host_raw(const struct sim_clock *c, double ns)
{
	return c->o->host_start_raw + (int64_t)floor(ns * c->unit);
}

int64_t sim_pcpu_raw(const struct sim_clock *c, unsigned int pcpu, double ns)
{
	return sim_host_raw(c, ns) + (int64_t)pcpu * c->o->pcpu_skew_raw;
}

/* What is added to the guest's clock by eras and by the vCPU's skew. */
static int64_t ahead(const struct sim_clock *c, const struct sim_vcpu_clock *v, double ns)
{
	return sim_era_at(v, ns)->ahead_raw - (int64_t)v->vcpu * c->o->vcpu_skew_raw;
}

int64_t sim_tsc_offset(const struct sim_clock *c, const struct sim_vcpu_clock *v, double ns)
{
	return (c->ratio ? c->tsc_base : -c->o->offset_raw) + ahead(c, v, ns);
}

int64_t sim_guest_raw(const struct sim_clock *c, const struct sim_vcpu_clock *v, double ns)
{
	if (c->ratio)
		return scaled(c, sim_host_raw(c, ns)) + sim_tsc_offset(c, v, ns);
	if (sim_clock_is_exact(c))
		return sim_host_raw(c, ns) + sim_tsc_offset(c, v, ns);
	return c->o->host_start_raw - c->o->offset_raw + ahead(c, v, ns) +
	       (int64_t)floor(ns * c->unit - gained(c, ns));
}

double sim_offset(const struct sim_clock *c, const struct sim_vcpu_clock *v, double ns)
{
	if (c->ratio)
		return (double)(sim_host_raw(c, ns) - sim_guest_raw(c, v, ns));
	return (double)(c->o->offset_raw - ahead(c, v, ns)) + gained(c, ns);
}

double sim_clock_bend(const struct sim_clock *c, double ns, double end_ns)
{
	double best = end_ns;
	unsigned int i;

	for (i = 0; i < c->o->slews_nr; i++) {
		const double from = c->o->slews[i].from_s * 1e9, to = c->o->slews[i].to_s * 1e9;

		if (from > ns)
			best = fmin(best, from);
		if (to > ns)
			best = fmin(best, to);
	}
	if (c->wander_nr)
		best = fmin(best, (floor(ns / WANDER_STEP_NS) + 1.0) * WANDER_STEP_NS);
	return best;
}
