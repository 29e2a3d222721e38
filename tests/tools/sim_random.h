/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random numbers that are the same everywhere for the same seed: splitmix64. */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

static inline uint64_t sim_rnd(uint64_t *rng)
{
	uint64_t z = (*rng += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline double sim_uniform(uint64_t *rng)
{
	return (double)(sim_rnd(rng) >> 11) * 0x1p-53;
}

static inline double sim_expo(uint64_t *rng, double mean)
{
	return -mean * log(1.0 - sim_uniform(rng));
}

static inline double sim_normal(uint64_t *rng)
{
	const double r = sqrt(-2.0 * log(1.0 - sim_uniform(rng)));

	return r * cos(6.283185307179586 * sim_uniform(rng));
}

static inline bool sim_chance(uint64_t *rng, double p)
{
	return p > 0.0 && sim_uniform(rng) < p;
}

#endif
