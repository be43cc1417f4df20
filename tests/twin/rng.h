/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the random numbers of a scenario: the same seed gives the same ones on
 * every machine. Knows nothing else.
 */
#ifndef TWIN_RNG_H
#define TWIN_RNG_H

#include "twin.h"

/**
 * struct rng - a stream of random numbers (splitmix64)
 * @state: any value; the seed
 */
struct rng {
	u64 state;
};

static inline u64 rng_next(struct rng *rng)
{
	u64 z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* 0 to n - 1 */
static inline u32 rng_below(struct rng *rng, u32 n)
{
	return ((rng_next(rng) >> 32) * n) >> 32;
}

/* low to high, both included */
static inline u32 rng_range(struct rng *rng, u32 low, u32 high)
{
	return low + rng_below(rng, high - low + 1);
}

static inline bool rng_percent(struct rng *rng, u32 percent)
{
	return rng_below(rng, 100) < percent;
}

#endif /* TWIN_RNG_H */
