/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The look-up in a table, inlined into its few callers: hash, chain, key. Owns
 * no table; table.c changes them and says why a look-up never misses.
 *
 * A small table has a chain for each bucket. In a large one every look at a
 * direction is a wait for the memory, so that there four buckets are a set: a
 * direction whose bucket is taken goes into another one of its set, and only if
 * none is free into the chain of its own. Bits of the hash below the address in a
 * bucket tell a look-up which of the four it has to look at, and one that the
 * bucket's chain goes on.
 */
#ifndef _FASTTRACK_TABLE_H
#define _FASTTRACK_TABLE_H

#include <linux/unaligned.h>

#include "fasttrack.h"

/* Multilinear hashing by pairs: strongly universal over 32-bit words when
 * the keys are random (Lemire and Kaser, Strongly Universal String Hashing
 * is Fast, 2014). The upper half of the sum is the hash.
 */
static __always_inline u64 ft_pair(u64 w, const u64 *keys)
{
	return (keys[0] + (u32)w) * (keys[1] + (u32)(w >> 32));
}

/**
 * ft_table_hash4 - hash of an IPv4 key
 * @t: table
 * @addr4: fasttrack_dir.addr4
 * @l4: fasttrack_dir.l4
 *
 * Return: 32 bits. Context: any.
 */
static __always_inline u32
ft_table_hash4(const struct fasttrack_table *t, u64 addr4, u64 l4)
{
	return (ft_pair(addr4, t->keys) + ft_pair(l4, t->keys + 2)) >> 32;
}

static __always_inline u64 ft_half(const struct in6_addr *a, unsigned int half)
{
	return get_unaligned((const u64 *)a + half);
}

/* The addresses in one word. NH of UMAC (Black and others, 1999): two address
 * pairs come out alike with probability 2^-64 before their halves are folded,
 * which costs an attacker nothing he can know without the keys.
 */
static __always_inline u64 ft_digest6(const u64 *keys,
				      const struct in6_addr *saddr,
				      const struct in6_addr *daddr)
{
#ifdef CONFIG_ARCH_SUPPORTS_INT128
	__uint128_t sum;

	sum = (__uint128_t)(keys[0] + ft_half(saddr, 0)) *
	      (keys[1] + ft_half(saddr, 1));
	sum += (__uint128_t)(keys[2] + ft_half(daddr, 0)) *
	       (keys[3] + ft_half(daddr, 1));
	return (u64)sum ^ (u64)(sum >> 64);
#else
	return ft_pair(ft_half(saddr, 0), keys) +
	       ft_pair(ft_half(saddr, 1), keys + 2) +
	       ft_pair(ft_half(daddr, 0), keys + 4) +
	       ft_pair(ft_half(daddr, 1), keys + 6);
#endif
}

/**
 * ft_table_hash6 - hash of an IPv6 key
 * @t: table
 * @saddr: source address
 * @daddr: destination address
 * @l4: fasttrack_dir.l4
 *
 * Return: 32 bits. Context: any.
 */
static __always_inline u32
ft_table_hash6(const struct fasttrack_table *t, const struct in6_addr *saddr,
	       const struct in6_addr *daddr, u64 l4)
{
	return (ft_pair(ft_digest6(t->keys, saddr, daddr), t->keys + 8) +
		ft_pair(l4, t->keys + 10)) >> 32;
}

#define FT_SLOT_BITS	(FT_LINE - 1)
#define FT_SLOT_MORE	1UL	/* the chain has more than one direction */

/* What is below the address of a direction in a bucket, but for FT_SLOT_MORE. The
 * index has none of these bits of the hash.
 */
static __always_inline unsigned long ft_slot_tag(u32 hash)
{
	return hash >> 26 & FT_SLOT_BITS & ~FT_SLOT_MORE;
}

static __always_inline struct fasttrack_dir *
ft_slot_dir(struct fasttrack_dir *slot)
{
	return (void *)((unsigned long)slot & ~(unsigned long)FT_SLOT_BITS);
}

/* The direction in a bucket if it may have that hash, or NULL */
static __always_inline struct fasttrack_dir *
ft_slot_match(struct fasttrack_dir *slot, u32 hash)
{
	unsigned long word = (unsigned long)slot & ~FT_SLOT_MORE;

	word ^= ft_slot_tag(hash);
	return word & FT_SLOT_BITS ? NULL : (void *)word;
}

/**
 * ft_chain_first - the first direction in the chain of a bucket
 * @b: buckets
 * @bucket: one of them
 *
 * Return: the direction or NULL. Context: RCU read side.
 */
static __always_inline struct fasttrack_dir *
ft_chain_first(const struct fasttrack_buckets *b, u32 bucket)
{
	return ft_slot_dir(rcu_dereference(b->head[bucket]));
}

/* How far a conntrack entry is from a direction of its flow, as
 * fasttrack_buckets.entry has it
 */
static __always_inline s32 ft_entry_lines(const struct nf_conn *ct,
					  const struct fasttrack_dir *d)
{
	return ((long)ct - (long)d) / FT_LINE;
}

struct fasttrack_dir *ft_set_find4(const struct fasttrack_buckets *b, u32 hash,
				   u64 addr4, u64 l4);
struct fasttrack_dir *ft_set_find6(const struct fasttrack_buckets *b, u32 hash,
				   const struct in6_addr *saddr,
				   const struct in6_addr *daddr, u64 l4);

/**
 * ft_table_find4 - the direction an IPv4 packet belongs to
 * @t: table
 * @addr4: its addresses
 * @l4: its ports and protocol
 * @hash: ft_table_hash4() of them, filled
 *
 * Return: the direction or NULL. Context: RCU read side, which keeps the
 * direction and its flow alive. Chains end at FT_CHAIN_MAX by insertion.
 */
static __always_inline struct fasttrack_dir *
ft_table_find4(const struct fasttrack_table *t, u64 addr4, u64 l4, u32 *hash)
{
	const struct fasttrack_buckets *b = rcu_dereference(t->cur);
	u32 ni = b->ni;
	struct fasttrack_dir *d;

	*hash = ft_table_hash4(t, addr4, l4);
	if (unlikely(b->ways > 1))
		return ft_set_find4(b, *hash, addr4, l4);
	for (d = rcu_dereference(b->head[*hash & b->mask]); d;
	     d = rcu_dereference(d->next[ni])) {
		if (b->mask >= FT_BUCKETS_FETCH)
			ft_dir_fetch(d, 0);
		if (d->addr4 == addr4 && d->l4 == l4)
			break;
	}
	return d;
}

static __always_inline bool
ft_key6_equal(struct fasttrack_dir *d, const struct in6_addr *saddr,
	      const struct in6_addr *daddr, u64 l4)
{
	const struct fasttrack_dir6 *d6 = ft_dir6(d);

	return d->l4 == l4 && ipv6_addr_equal(&d6->saddr, saddr) &&
	       ipv6_addr_equal(&d6->daddr, daddr);
}

/**
 * ft_table_find6 - the direction an IPv6 packet belongs to
 * @t: table
 * @saddr: its source
 * @daddr: its destination
 * @l4: its ports and protocol
 * @hash: ft_table_hash6() of them, filled
 *
 * Return: the direction or NULL. Context: as ft_table_find4().
 */
static __always_inline struct fasttrack_dir *
ft_table_find6(const struct fasttrack_table *t, const struct in6_addr *saddr,
	       const struct in6_addr *daddr, u64 l4, u32 *hash)
{
	const struct fasttrack_buckets *b = rcu_dereference(t->cur);
	u32 ni = b->ni;
	struct fasttrack_dir *d;

	*hash = ft_table_hash6(t, saddr, daddr, l4);
	if (unlikely(b->ways > 1))
		return ft_set_find6(b, *hash, saddr, daddr, l4);
	for (d = rcu_dereference(b->head[*hash & b->mask]); d;
	     d = rcu_dereference(d->next[ni])) {
		if (b->mask >= FT_BUCKETS_FETCH)
			ft_dir_fetch(d, 1);
		if (ft_key6_equal(d, saddr, daddr, l4))
			break;
	}
	return d;
}

#endif /* _FASTTRACK_TABLE_H */
