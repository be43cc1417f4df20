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

/* Directions that so many buckets have room for. With more of them a look-up waits
 * for the memory of more than one and a half, with fewer the buckets would be a
 * larger part of what a connection costs.
 */
static u32 ft_buckets_room(u32 count)
{
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
	struct fasttrack_dir *pos;
	unsigned int len = 0;

	for (pos = ft_locked(t, b->head[hash & b->mask]); pos;
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

static void ft_chain_add(struct fasttrack_table *t,
			 struct fasttrack_buckets *b, struct fasttrack_dir *d,
			 u32 hash)
{
	struct fasttrack_dir __rcu **head = &b->head[hash & b->mask];

	RCU_INIT_POINTER(d->next[b->ni], ft_locked(t, *head));
	rcu_assign_pointer(*head, d);
}

static void ft_chain_del(struct fasttrack_table *t,
			 struct fasttrack_buckets *b, struct fasttrack_dir *d,
			 u32 hash)
{
	struct fasttrack_dir __rcu **pos = &b->head[hash & b->mask];
	struct fasttrack_dir *cur;

	while ((cur = ft_locked(t, *pos))) {
		if (cur == d) {
			/* @d keeps its pointer: a reader may stand on it */
			rcu_assign_pointer(*pos, ft_locked(t, d->next[b->ni]));
			return;
		}
		pos = &cur->next[b->ni];
	}
}

/* Once for each doubling, not for each insertion until the sweeper comes. If it
 * finds no memory it tries again with each pass.
 */
static bool ft_table_ask(struct fasttrack_table *t)
{
	if (likely(t->dirs <= t->ask) ||
	    t->ask >= ft_buckets_room(FT_BUCKETS_MAX))
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

static struct fasttrack_buckets *ft_buckets_alloc(u32 count, u32 ni)
{
	struct fasttrack_buckets *b;

	b = kvzalloc(struct_size(b, head, count) +
		     BITS_TO_LONGS(count / FT_GROUP) * sizeof(long),
		     GFP_KERNEL);
	if (b) {
		b->mask = count - 1;
		b->ni = ni;
		b->busy = (unsigned long *)&b->head[count];
		bitmap_fill(b->busy, count / FT_GROUP);
	}
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

	return READ_ONCE(t->dirs) > ft_buckets_room(count) &&
	       count < FT_BUCKETS_MAX;
}

/**
 * ft_table_grow - double the buckets of a table until they suffice
 * @t: table
 *
 * Insertions and removals go on meanwhile: the lock is dropped after each
 * bucket. Without memory the table stays as it is.
 *
 * Return: the number of buckets. Context: process, may sleep; only the sweeper
 * calls it, so @t->cur cannot change under it.
 */
u32 ft_table_grow(struct fasttrack_table *t)
{
	struct fasttrack_buckets *old, *fresh;
	struct fasttrack_dir *d;
	u32 count, i;
	u8 family;

	old = rcu_dereference_protected(t->cur, true);
	count = old->mask + 1;
	while (ft_buckets_room(count) < READ_ONCE(t->dirs) &&
	       count < FT_BUCKETS_MAX)
		count *= 2;
	fresh = ft_buckets_alloc(count, !old->ni);
	if (!fresh)
		return old->mask + 1;
	family = t->family;

	spin_lock_bh(&t->lock);
	t->built = 0;
	t->fresh = fresh;
	spin_unlock_bh(&t->lock);

	for (i = 0; i <= old->mask; i++) {
		spin_lock_bh(&t->lock);
		for (d = ft_locked(t, old->head[i]); d;
		     d = ft_locked(t, d->next[old->ni]))
			ft_chain_add(t, fresh, d, ft_dir_hash(t, d, family));
		t->built = i + 1;
		spin_unlock_bh(&t->lock);
		cond_resched();
	}

	spin_lock_bh(&t->lock);
	rcu_assign_pointer(t->cur, fresh);
	t->fresh = NULL;
	t->ask = ft_buckets_room(count);
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
	struct fasttrack_buckets *b = ft_buckets_alloc(FT_BUCKETS_MIN, 0);

	if (!b)
		return -ENOMEM;
	spin_lock_init(&t->lock);
	get_random_bytes(t->keys, sizeof(t->keys));
	t->family = family;
	t->ask = ft_buckets_room(FT_BUCKETS_MIN);
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
