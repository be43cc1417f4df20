// SPDX-License-Identifier: GPL-2.0
/* Owns the counters of all connections at two times, and what follows from
 * them. Of a connection only a hash of its name is kept, so that a million of
 * them need 64 MiB. Must not know netlink or output.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "diag.h"
#include "rates.h"

#define FIRST_SLOTS	1024

/**
 * struct sample - Counters of one connection.
 * @hash: Of its name, 0 where the slot is empty. Two connections with one
 *	hash would be taken for one; with a secret seed and 64 bits a table of
 *	a million has such a pair once in 30 million samples.
 * @bytes: By direction.
 * @time: When, in microseconds.
 */
struct sample {
	u64 hash;
	u64 bytes[DIR_COUNT];
	u64 time;
};

/**
 * struct samples - Counters of all connections.
 * @slot: Open-addressed, at most half of them used.
 * @slots: How many, a power of two.
 * @count: How many are used.
 */
struct samples {
	struct sample *slot;
	size_t slots;
	size_t count;
};

/**
 * struct rates - Two samples.
 * @now: The one that is being taken.
 * @before: The one before that.
 * @seed: Secret of the hash.
 * @last: Nobody will ask for the one that is being taken.
 */
struct rates {
	struct samples now;
	struct samples before;
	u64 seed;
	bool last;
};

/**
 * rates_new() - Begin without a sample.
 *
 * A machine that has just started may have no random numbers for minutes. The
 * seed is only against who chooses connections so that their hashes collide.
 *
 * Return: What is sampled.
 */
struct rates *rates_new(void)
{
	struct rates *rates = xrealloc(NULL, 1, sizeof(*rates));

	memset(rates, 0, sizeof(*rates));
	if (getrandom(&rates->seed, sizeof(rates->seed), GRND_NONBLOCK) < 0)
		rates->seed = rates_now();
	return rates;
}

/**
 * rates_free() - Forget everything.
 * @rates: Rates, or NULL.
 */
void rates_free(struct rates *rates)
{
	if (!rates)
		return;
	free(rates->now.slot);
	free(rates->before.slot);
	free(rates);
}

/**
 * rates_turn() - Begin a sample; the one so far is the one before it.
 * @rates: Rates.
 * @last: It is the last one and need not be kept.
 */
void rates_turn(struct rates *rates, bool last)
{
	struct samples old = rates->before;

	rates->before = rates->now;
	rates->now = old;
	rates->now.count = 0;
	rates->last = last;
	if (last) {
		free(old.slot);
		memset(&rates->now, 0, sizeof(rates->now));
	} else if (old.slot) {
		memset(old.slot, 0, old.slots * sizeof(*old.slot));
	}
}

/**
 * rates_now() - Time that never jumps.
 *
 * Return: Microseconds.
 */
u64 rates_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ull + ts.tv_nsec / 1000;
}

static u64 mix(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

/**
 * rates_hash() - Hash the name of a connection.
 * @rates: Rates, for their secret.
 * @key: Name.
 *
 * Return: Hash, never 0.
 */
u64 rates_hash(const struct rates *rates, const struct ft_key *key)
{
	u64 hash = rates->seed, word[sizeof(*key) / sizeof(u64) + 1] = { 0 };
	size_t i;

	memcpy(word, key, sizeof(*key));
	for (i = 0; i < ARRAY_SIZE(word); i++)
		hash = mix(hash ^ word[i], 0x9e3779b97f4a7c15ull + 2 * i);
	return hash ?: 1;
}

static struct sample *probe(const struct samples *samples, u64 hash)
{
	size_t at = hash & (samples->slots - 1);

	while (samples->slot[at].hash && samples->slot[at].hash != hash)
		at = (at + 1) & (samples->slots - 1);
	return &samples->slot[at];
}

static void grow(struct samples *samples)
{
	struct samples old = *samples;
	size_t i;

	samples->slots = old.slots ? old.slots * 2 : FIRST_SLOTS;
	samples->slot = xrealloc(NULL, samples->slots,
				 sizeof(*samples->slot));
	memset(samples->slot, 0, samples->slots * sizeof(*samples->slot));
	for (i = 0; i < old.slots; i++)
		if (old.slot[i].hash)
			*probe(samples, old.slot[i].hash) = old.slot[i];
	free(old.slot);
}

static void keep(struct samples *samples, const struct sample *sample)
{
	struct sample *slot;

	if (samples->count * 2 >= samples->slots)
		grow(samples);
	slot = probe(samples, sample->hash);
	samples->count += !slot->hash;
	*slot = *sample;
}

/* A counter that went back was reset, and tells nothing. */
static void compute(const struct sample *before, const struct sample *now,
		    struct conn *conn)
{
	int dir;

	if (now->time <= before->time)
		return;
	for (dir = 0; dir < DIR_COUNT; dir++) {
		u64 bytes = now->bytes[dir] - before->bytes[dir];

		if (now->bytes[dir] < before->bytes[dir])
			return;
		conn->rate[dir] = (unsigned __int128)bytes * 8000000 /
				  (now->time - before->time);
	}
	conn->has_rate = true;
}

/**
 * rates_sample() - Take the counters of a connection.
 * @rates: Rates.
 * @conn: Connection; its rates are filled in if it was in the sample before.
 * @key: Its name.
 * @now: The time, rates_now().
 */
void rates_sample(struct rates *rates, struct conn *conn,
		  const struct ft_key *key, u64 now)
{
	struct sample sample = {
		.hash = rates_hash(rates, key),
		.time = now,
	};
	const struct sample *before;

	if (!(conn->ct->has & CT_HAS_COUNTERS))
		return;
	sample.bytes[DIR_ORIG] = conn->ct->count[DIR_ORIG].bytes;
	sample.bytes[DIR_REPLY] = conn->ct->count[DIR_REPLY].bytes;
	if (rates->before.slots) {
		before = probe(&rates->before, sample.hash);
		if (before->hash)
			compute(before, &sample, conn);
	}
	if (!rates->last)
		keep(&rates->now, &sample);
}
