// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the hash tables: look-up under RCU, insertion, removal and growth.
 * Knows keys and chains, nothing of what a direction does.
 *
 * A direction has two chain pointers. Readers follow the one that the current
 * bucket array names; growth links every direction into a new array by the
 * other one, so a reader of the old array is never led astray, then swaps
 * the arrays and waits for a grace period before the old pointers are used
 * again. A look-up therefore never misses because of a growth; a miss would
 * send a packet of an armed direction past its held state.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/random.h>

#include "fasttrack.h"
#include "table.h"

#define FT_BUCKETS_MIN	1024
#define FT_BUCKETS_MAX	4194304
#define FT_CHAIN_MAX	32

/* ft_slot_tag() has the bits of the hash above */
static_assert(FT_BUCKETS_MAX <= 1 << 26);

/* Directions that so many buckets have room for: with more of them every third
 * look-up, in a table without sets nearly every second one, would wait for the memory
 * of a second direction; with fewer the buckets would be a larger part of what a
 * connection costs.
 */
static u32 ft_buckets_room(const struct fasttrack_table *t, u32 count)
{
	if (count > t->chains)
		return count + count / 3;
	return count - count / 8;
}

static u32 ft_dir_hash(const struct fasttrack_table *t,
		       struct fasttrack_dir *d, u8 family)
{
	struct fasttrack_dir6 *d6;

	if (!family)
		return ft_table_hash4(t, d->addr4, d->l4);
	d6 = ft_dir6(d);
	return ft_table_hash6(t, &d6->saddr, &d6->daddr, d->l4);
}

static bool ft_dir_same_key(struct fasttrack_dir *a, struct fasttrack_dir *b,
			    u8 family)
{
	if (!family)
		return a->addr4 == b->addr4 && a->l4 == b->l4;
	return ft_key6_equal(a, &ft_dir6(b)->saddr, &ft_dir6(b)->daddr, b->l4);
}

#define ft_locked(t, p) \
	rcu_dereference_protected(p, lockdep_is_held(&(t)->lock))

/* Why @d can't go in, or none. A key that is there already is in *clash. */
static enum fasttrack_reason
ft_chain_check(struct fasttrack_table *t, struct fasttrack_dir *d, u32 hash,
	       u8 family, struct fasttrack_dir **clash)
{
	struct fasttrack_buckets *b = ft_locked(t, t->cur);
	u32 bucket = hash & b->mask, way;
	struct fasttrack_dir *pos;
	unsigned int len = 0;

	for (way = 1; way < b->ways; way++) {
		pos = ft_slot_match(ft_locked(t, b->head[bucket ^ way]), hash);
		if (pos && ft_dir_same_key(pos, d, family)) {
			*clash = pos;
			return FASTTRACK_REASON_TABLE_CHAIN;
		}
	}
	for (pos = ft_slot_dir(ft_locked(t, b->head[bucket])); pos;
	     pos = ft_locked(t, pos->next[b->ni])) {
		if (ft_dir_same_key(pos, d, family)) {
			*clash = pos;
			return FASTTRACK_REASON_TABLE_CHAIN;
		}
		if (++len >= FT_CHAIN_MAX)
			return FASTTRACK_REASON_TABLE_CHAIN;
	}
	return FASTTRACK_REASON_NONE;
}

/* Make @d the first of a chain that goes on as @d says, or end the chain. One
 * store, so that a reader sees the direction with its own tag.
 */
static void ft_slot_set(struct fasttrack_table *t, struct fasttrack_buckets *b,
			u32 bucket, struct fasttrack_dir *d)
{
	unsigned long word = (unsigned long)d;

	if (d) {
		word |= ft_slot_tag(ft_dir_hash(t, d, t->family));
		if (ft_locked(t, d->next[b->ni]))
			word |= FT_SLOT_MORE;
		WRITE_ONCE(b->entry[bucket],
			   ft_entry_lines(ft_dir_flow(d, t->family)->ct, d));
	}
	rcu_assign_pointer(b->head[bucket], (struct fasttrack_dir *)word);
}

/* Say whether the chain of a bucket goes on behind its first direction */
static void ft_slot_more(struct fasttrack_table *t, struct fasttrack_buckets *b,
			 u32 bucket, struct fasttrack_dir *first)
{
	unsigned long word = (unsigned long)ft_locked(t, b->head[bucket]);

	word &= ~FT_SLOT_MORE;
	if (ft_locked(t, first->next[b->ni]))
		word |= FT_SLOT_MORE;
	rcu_assign_pointer(b->head[bucket], (struct fasttrack_dir *)word);
}

static noinline void ft_set_add(struct fasttrack_table *t,
				struct fasttrack_buckets *b,
				struct fasttrack_dir *d, u32 bucket)
{
	struct fasttrack_dir *first;
	u32 way;

	for (way = 0; way < FT_WAYS; way++) {
		if (ft_locked(t, b->head[bucket ^ way]))
			continue;
		RCU_INIT_POINTER(d->next[b->ni], NULL);
		ft_slot_set(t, b, bucket ^ way, d);
		return;
	}
	/* The first one stays: it may be another bucket's, which looks for it in
	 * no other place.
	 */
	first = ft_slot_dir(ft_locked(t, b->head[bucket]));
	RCU_INIT_POINTER(d->next[b->ni], ft_locked(t, first->next[b->ni]));
	rcu_assign_pointer(first->next[b->ni], d);
	ft_slot_more(t, b, bucket, first);
}

/* @d keeps its pointer: a reader may stand on it */
static noinline void ft_set_del(struct fasttrack_table *t,
				struct fasttrack_buckets *b,
				struct fasttrack_dir *d, u32 bucket)
{
	struct fasttrack_dir *first, *pos, *next;
	u32 way;

	next = ft_locked(t, d->next[b->ni]);
	for (way = 0; way < FT_WAYS; way++) {
		if (ft_slot_dir(ft_locked(t, b->head[bucket ^ way])) == d) {
			ft_slot_set(t, b, bucket ^ way, next);
			return;
		}
	}
	first = ft_slot_dir(ft_locked(t, b->head[bucket]));
	for (pos = first; pos; pos = ft_locked(t, pos->next[b->ni])) {
		if (ft_locked(t, pos->next[b->ni]) != d)
			continue;
		rcu_assign_pointer(pos->next[b->ni], next);
		if (pos == first)
			ft_slot_more(t, b, bucket, first);
		return;
	}
}

static void ft_chain_add(struct fasttrack_table *t,
			 struct fasttrack_buckets *b, struct fasttrack_dir *d,
			 u32 hash)
{
	struct fasttrack_dir __rcu **head = &b->head[hash & b->mask];

	if (unlikely(b->ways > 1)) {
		ft_set_add(t, b, d, hash & b->mask);
		return;
	}
	RCU_INIT_POINTER(d->next[b->ni], ft_locked(t, *head));
	rcu_assign_pointer(*head, d);
}

static void ft_chain_del(struct fasttrack_table *t,
			 struct fasttrack_buckets *b, struct fasttrack_dir *d,
			 u32 hash)
{
	struct fasttrack_dir __rcu **pos = &b->head[hash & b->mask];
	struct fasttrack_dir *cur;

	if (unlikely(b->ways > 1)) {
		ft_set_del(t, b, d, hash & b->mask);
		return;
	}
	while ((cur = ft_locked(t, *pos))) {
		if (cur == d) {
			/* @d keeps its pointer: a reader may stand on it */
			rcu_assign_pointer(*pos, ft_locked(t, d->next[b->ni]));
			return;
		}
		pos = &cur->next[b->ni];
	}
}

/**
 * struct ft_key - what a packet is looked up by
 * @addr4: both addresses of IPv4
 * @saddr: source of IPv6
 * @daddr: destination of IPv6
 * @l4: ports and protocol
 */
struct ft_key {
	u64			addr4;
	const struct in6_addr	*saddr;
	const struct in6_addr	*daddr;
	u64			l4;
};

static __always_inline bool ft_key_equal(struct fasttrack_dir *d,
					 const struct ft_key *key,
					 const u8 family)
{
	if (family)
		return ft_key6_equal(d, key->saddr, key->daddr, key->l4);
	return d->addr4 == key->addr4 && d->l4 == key->l4;
}

/* Have the memory bring what ft_tick() asks of the conntrack entry along with the
 * direction, in place of after it. A wrong address costs nothing but the fetching.
 */
static __always_inline void ft_entry_fetch(const struct fasttrack_buckets *b,
					   u32 bucket,
					   const struct fasttrack_dir *d)
{
	long lines = READ_ONCE(b->entry[bucket]);
	const struct nf_conn *ct;

	ct = (const struct nf_conn *)((long)d + lines * FT_LINE);
	prefetch(&ct->timeout);
	prefetch(&ct->status);
	prefetch(&ct->proto.tcp.state);
}

/* A direction is where it was inserted until it is removed, or becomes the first
 * of the same chain. The chain is followed from what its bucket had when it was
 * read first: the direction there may have been removed since, but leads on.
 */
static __always_inline struct fasttrack_dir *
ft_set_find(const struct fasttrack_buckets *b, u32 hash,
	    const struct ft_key *key, const u8 family)
{
	u32 bucket = hash & b->mask, way;
	struct fasttrack_dir *d, *slot, *own;

	prefetch(&b->entry[bucket]);
	own = rcu_dereference(b->head[bucket]);
	slot = own;
	for (way = 0;; slot = rcu_dereference(b->head[bucket ^ way])) {
		d = ft_slot_match(slot, hash);
		if (d) {
			ft_dir_fetch(d, family);
			ft_entry_fetch(b, bucket ^ way, d);
			if (ft_key_equal(d, key, family))
				return d;
		}
		if (++way == FT_WAYS)
			break;
	}
	if (!((unsigned long)own & FT_SLOT_MORE))
		return NULL;
	d = ft_slot_dir(own);
	do {
		d = rcu_dereference(d->next[b->ni]);
		if (!d)
			break;
		ft_dir_fetch(d, family);
	} while (!ft_key_equal(d, key, family));
	return d;
}

/**
 * ft_set_find4 - ft_table_find4() in a table with sets
 * @b: its buckets
 * @hash: of the key
 * @addr4: addresses
 * @l4: ports and protocol
 *
 * Return: the direction or NULL. Context: RCU read side.
 */
struct fasttrack_dir *ft_set_find4(const struct fasttrack_buckets *b, u32 hash,
				   u64 addr4, u64 l4)
{
	struct ft_key key = { .addr4 = addr4, .l4 = l4 };

	return ft_set_find(b, hash, &key, 0);
}

/**
 * ft_set_find6 - ft_table_find6() in a table with sets
 * @b: its buckets
 * @hash: of the key
 * @saddr: source
 * @daddr: destination
 * @l4: ports and protocol
 *
 * Return: the direction or NULL. Context: RCU read side.
 */
struct fasttrack_dir *ft_set_find6(const struct fasttrack_buckets *b, u32 hash,
				   const struct in6_addr *saddr,
				   const struct in6_addr *daddr, u64 l4)
{
	struct ft_key key = { .saddr = saddr, .daddr = daddr, .l4 = l4 };

	return ft_set_find(b, hash, &key, 1);
}

/* Once for each doubling, not for each insertion until the sweeper comes. If it
 * finds no memory it tries again with each pass.
 */
static bool ft_table_ask(struct fasttrack_table *t)
{
	if (likely(t->dirs <= t->ask) ||
	    t->ask >= ft_buckets_room(t, FT_BUCKETS_MAX))
		return false;
	t->ask *= 2;
	return true;
}

static void ft_group_wake(const struct fasttrack_buckets *b, u32 hash)
{
	/* Pairs with the sweeper's test_and_clear_bit(): who clears the bit
	 * sees why it was set
	 */
	smp_mb__before_atomic();
	set_bit((hash & b->mask) / FT_GROUP, b->busy);
}

/**
 * ft_table_wake - have the sweeper look at a flow
 * @flow: in the table
 *
 * In buckets that are still being built all groups are busy.
 *
 * Context: RCU read side.
 */
void ft_table_wake(struct fasttrack_flow *flow)
{
	struct fasttrack_table *t = &ft_flow_net(flow)->table[flow->family];

	ft_group_wake(rcu_dereference(t->cur),
		      ft_dir_hash(t, ft_flow_dir(flow, IP_CT_DIR_ORIGINAL),
				  flow->family));
}

/**
 * ft_table_insert - put both directions of a flow into its table, or neither
 * @flow: not in the table
 * @clash: set to the direction that holds one of the keys already
 *
 * A table that has become too small has the sweeper come at once: a second
 * later the chains may be full.
 *
 * Return: FASTTRACK_REASON_NONE, or why not. Context: RCU read side, for
 * @clash; takes the table's lock.
 */
enum fasttrack_reason ft_table_insert(struct fasttrack_flow *flow,
				      struct fasttrack_dir **clash)
{
	struct fasttrack_net *fn = ft_flow_net(flow);
	struct fasttrack_table *t = &fn->table[flow->family];
	enum fasttrack_reason reason = FASTTRACK_REASON_NONE;
	struct fasttrack_buckets *b;
	u32 hash[IP_CT_DIR_MAX];
	struct fasttrack_dir *d;
	unsigned int dir;
	bool ask;

	*clash = NULL;
	spin_lock_bh(&t->lock);
	b = ft_locked(t, t->cur);
	for (dir = 0; dir < IP_CT_DIR_MAX && !reason; dir++) {
		d = ft_flow_dir(flow, dir);
		hash[dir] = ft_dir_hash(t, d, flow->family);
		reason = ft_chain_check(t, d, hash[dir], flow->family, clash);
	}
	for (dir = 0; dir < IP_CT_DIR_MAX && !reason; dir++) {
		d = ft_flow_dir(flow, dir);
		ft_chain_add(t, b, d, hash[dir]);
		if (t->fresh && (hash[dir] & b->mask) < t->built)
			ft_chain_add(t, t->fresh, d, hash[dir]);
		t->dirs++;
	}
	if (!reason)
		ft_group_wake(b, hash[IP_CT_DIR_ORIGINAL]);
	ask = ft_table_ask(t);
	spin_unlock_bh(&t->lock);
	if (ask)
		ft_gc_sweep_now(fn);
	return reason;
}

/**
 * ft_table_remove - take both directions of a flow out of its table
 * @flow: in the table; readers may be on it until a grace period is over
 *
 * Context: any; takes the table's lock.
 */
void ft_table_remove(struct fasttrack_flow *flow)
{
	struct fasttrack_table *t = &ft_flow_net(flow)->table[flow->family];
	unsigned int dir;

	spin_lock_bh(&t->lock);
	for (dir = 0; dir < IP_CT_DIR_MAX; dir++) {
		struct fasttrack_buckets *b = ft_locked(t, t->cur);
		struct fasttrack_dir *d = ft_flow_dir(flow, dir);
		u32 hash = ft_dir_hash(t, d, flow->family);

		ft_chain_del(t, b, d, hash);
		if (t->fresh && (hash & b->mask) < t->built)
			ft_chain_del(t, t->fresh, d, hash);
		t->dirs--;
	}
	spin_unlock_bh(&t->lock);
}

static struct fasttrack_buckets *
ft_buckets_alloc(const struct fasttrack_table *t, u32 count, u32 ni)
{
	u32 busy = BITS_TO_LONGS(count / FT_GROUP);
	bool sets = count > t->chains;
	struct fasttrack_buckets *b;

	b = kvzalloc(struct_size(b, head, count) + busy * sizeof(long) +
		     (sets ? count * sizeof(s32) : 0), GFP_KERNEL);
	if (!b)
		return NULL;
	b->mask = count - 1;
	b->ni = ni;
	b->ways = sets ? FT_WAYS : 1;
	b->busy = (unsigned long *)&b->head[count];
	bitmap_fill(b->busy, count / FT_GROUP);
	if (sets)
		b->entry = (s32 *)(b->busy + busy);
	return b;
}

/**
 * ft_table_wants_room - has the table become too small?
 * @t: table
 *
 * Return: whether ft_table_grow() would help. Context: RCU read side.
 */
bool ft_table_wants_room(const struct fasttrack_table *t)
{
	u32 count = rcu_dereference(t->cur)->mask + 1;

	return READ_ONCE(t->dirs) > ft_buckets_room(t, count) &&
	       count < FT_BUCKETS_MAX;
}

/**
 * ft_table_grow - double the buckets of a table until they suffice
 * @t: table
 *
 * Insertions and removals go on meanwhile: the lock is dropped after each
 * set. Without memory the table stays as it is.
 *
 * Return: the number of buckets. Context: process, may sleep; only the sweeper
 * calls it, so @t->cur cannot change under it.
 */
u32 ft_table_grow(struct fasttrack_table *t)
{
	struct fasttrack_buckets *old, *fresh;
	struct fasttrack_dir *d;
	u32 count, i, way;
	u8 family;

	old = rcu_dereference_protected(t->cur, true);
	count = old->mask + 1;
	while (ft_buckets_room(t, count) < READ_ONCE(t->dirs) &&
	       count < FT_BUCKETS_MAX)
		count *= 2;
	fresh = ft_buckets_alloc(t, count, !old->ni);
	if (!fresh)
		return old->mask + 1;
	family = t->family;

	spin_lock_bh(&t->lock);
	t->built = 0;
	t->fresh = fresh;
	spin_unlock_bh(&t->lock);

	/* Those of a set may be in each of its buckets */
	for (i = 0; i <= old->mask; i += FT_WAYS) {
		spin_lock_bh(&t->lock);
		for (way = 0; way < FT_WAYS; way++) {
			d = ft_slot_dir(ft_locked(t, old->head[i ^ way]));
			for (; d; d = ft_locked(t, d->next[old->ni]))
				ft_chain_add(t, fresh, d,
					     ft_dir_hash(t, d, family));
		}
		t->built = i + FT_WAYS;
		spin_unlock_bh(&t->lock);
		cond_resched();
	}

	spin_lock_bh(&t->lock);
	rcu_assign_pointer(t->cur, fresh);
	t->fresh = NULL;
	t->ask = ft_buckets_room(t, count);
	spin_unlock_bh(&t->lock);
	/* The next growth writes next[old->ni] again, and @old goes */
	synchronize_rcu();
	kvfree(old);
	return count;
}

/**
 * ft_table_init - make a table empty and usable
 * @t: table
 * @family: 0 IPv4, 1 IPv6
 *
 * Return: 0 or -ENOMEM. Context: process.
 */
int ft_table_init(struct fasttrack_table *t, u8 family)
{
	struct fasttrack_buckets *b;

	t->chains = FT_BUCKETS_LARGE;
	b = ft_buckets_alloc(t, FT_BUCKETS_MIN, 0);
	if (!b)
		return -ENOMEM;
	spin_lock_init(&t->lock);
	get_random_bytes(t->keys, sizeof(t->keys));
	t->family = family;
	t->ask = ft_buckets_room(t, FT_BUCKETS_MIN);
	/* The sweeper and dumps look at both families' tables at any time */
	rcu_assign_pointer(t->cur, b);
	return 0;
}

/**
 * ft_table_exit - free the buckets of an empty table
 * @t: table without readers
 *
 * Context: process.
 */
void ft_table_exit(struct fasttrack_table *t)
{
	WARN_ON_ONCE(t->dirs);
	kvfree(rcu_dereference_protected(t->cur, true));
}
