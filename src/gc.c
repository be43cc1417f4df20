// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the sweeper: it folds counters of idle flows, ends leases, finds
 * conntrack entries that died, grows the tables and takes the hooks off when
 * the last rule has gone. Knows no packets.
 *
 * A pass looks at FT_GC_BUCKETS buckets at a time, FT_GC_PAUSE between them, or at
 * as many more as make it end in FT_GC_STEPS pauses. In a large table it passes by
 * most of the groups of buckets that have nothing but idle flows. A namespace without
 * flows has no sweeper running.
 */
#include <linux/bitmap.h>
#include <linux/prefetch.h>
#include <net/dst.h>

#include "fasttrack.h"
#include "table.h"

#define FT_GC_BUCKETS	16384
#define FT_GC_PAUSE	(HZ / 16)
#define FT_GC_IDLE	HZ
#define FT_GC_AHEAD	4	/* buckets between two steps of fetching */
#define FT_GC_STEPS	16	/* of a pass: a second, and FT_GC_IDLE after it */
#define FT_GC_ROUND	16	/* passes that a whole one takes in large tables */

static void ft_sweep_dir(struct fasttrack_net *fn, struct fasttrack_flow *flow,
			 unsigned int dir, u32 now)
{
	struct fasttrack_dir *d = ft_flow_dir(flow, dir);

	if (d->gate & FT_ARMED && !ft_before(now, d->lease_end))
		ft_dir_disarm(flow, dir, FASTTRACK_REASON_LEASE);
	ft_dir_held(flow, dir);
	/* A device or route that went should not wait for the flow's end to
	 * be let go. Settled, so nobody reads it.
	 */
	if (!(d->gate & FT_ARMED) && d->dst &&
	    d->gen != ft_gen(fn) && ft_dir_settled(flow, dir)) {
		ft_mib_tell(fn, flow, dir);
		dst_release(d->dst);
		d->dst = NULL;
	}
}

/* Why the sweeper ends a flow, or none */
static enum fasttrack_reason
ft_sweep_verdict(const struct fasttrack_net *fn,
		 const struct fasttrack_flow *flow)
{
	if (ft_ct_gone(flow->ct))
		return FASTTRACK_REASON_DYING;
	if (test_bit(IPS_OFFLOAD_BIT, &flow->ct->status))
		return FASTTRACK_REASON_OFFLOAD;
	if (READ_ONCE(fn->draining[flow->family]))
		return FASTTRACK_REASON_DISABLED;
	return FASTTRACK_REASON_NONE;
}

/* May what a direction has learned stay? */
static bool ft_sweep_fresh(const struct fasttrack_net *fn,
			   const struct fasttrack_dir *d)
{
	return !READ_ONCE(d->dst) || READ_ONCE(d->gen) == ft_gen(fn);
}

/* Most of a million flows are idle */
static bool ft_sweep_idle(const struct fasttrack_net *fn,
			  struct fasttrack_flow *flow, u8 family)
{
	struct fasttrack_dir *d = ft_flow_dir(flow, IP_CT_DIR_ORIGINAL);

	/* What is seen without the lock may change at once; then the group is
	 * busy again.
	 */
	return data_race((bool)flow->swept) && ft_sweep_fresh(fn, d) &&
	       ft_sweep_fresh(fn, ft_dir_reverse(d, family));
}

static bool ft_sweep_settled(struct fasttrack_flow *flow, unsigned int dir)
{
	return !ft_flow_dir(flow, dir)->gate && ft_dir_settled(flow, dir);
}

/* Returns whether the next pass has to see the flow again */
static bool ft_sweep_flow(struct fasttrack_net *fn,
			  struct fasttrack_flow *flow, u8 family)
{
	enum fasttrack_reason reason = ft_sweep_verdict(fn, flow);
	u32 now = (u32)jiffies;
	bool settled;

	if (reason) {
		ft_flow_kill(flow, reason);
		return false;
	}
	if (ft_sweep_idle(fn, flow, family))
		return false;
	spin_lock_bh(&flow->lock);
	ft_sweep_dir(fn, flow, IP_CT_DIR_ORIGINAL, now);
	ft_sweep_dir(fn, flow, IP_CT_DIR_REPLY, now);
	/* Settled before the fold: nothing can come after it */
	settled = ft_sweep_settled(flow, IP_CT_DIR_ORIGINAL) &&
		  ft_sweep_settled(flow, IP_CT_DIR_REPLY);
	ft_ct_fold(flow, IP_CT_DIR_ORIGINAL, now);
	flow->swept = settled;
	spin_unlock_bh(&flow->lock);
	return !settled;
}

static struct fasttrack_dir *ft_gc_first(const struct fasttrack_buckets *b,
					 u32 bucket)
{
	return bucket <= b->mask ? ft_chain_first(b, bucket) : NULL;
}

/* The flows of a million lie anywhere, and the entries too: have the memory
 * bring what is next, one step of the way for each of three buckets ahead.
 * Context: RCU read side, which keeps all that is followed.
 */
static void ft_gc_ahead(const struct fasttrack_buckets *b, u32 bucket,
			u8 family)
{
	struct fasttrack_dir *d;

	d = ft_gc_first(b, bucket + 3 * FT_GC_AHEAD);
	if (d) {
		prefetch(d);
		prefetch(&d->dir);
	}
	d = ft_gc_first(b, bucket + 2 * FT_GC_AHEAD);
	if (d && d->dir == IP_CT_DIR_ORIGINAL) {
		prefetch(ft_dir_reverse(d, family));
		prefetch(&ft_dir_reverse(d, family)->packets);
		prefetch(ft_dir_flow(d, family));
		prefetch(ft_dir_flow(d, family)->cold);
	}
	d = ft_gc_first(b, bucket + FT_GC_AHEAD);
	if (d && d->dir == IP_CT_DIR_ORIGINAL) {
		prefetch(&ft_dir_flow(d, family)->ct->timeout);
		prefetch(&ft_dir_flow(d, family)->ct->status);
	}
}

/* Each flow once, by its original direction. RCU keeps chain and flow. Returns
 * whether one of them is busy.
 */
static bool ft_sweep_bucket(struct fasttrack_net *fn,
			    const struct fasttrack_buckets *b, u32 bucket,
			    u8 family)
{
	struct fasttrack_dir *d, *next;
	bool busy = false;

	for (d = ft_chain_first(b, bucket); d; d = next) {
		next = rcu_dereference(d->next[b->ni]);
		if (d->dir == IP_CT_DIR_ORIGINAL)
			busy |= ft_sweep_flow(fn, ft_dir_flow(d, family),
					      family);
	}
	return busy;
}

/* Does this pass look at a group? The others have only flows that rest, and of
 * those all there is to see is that their entries have died. In a large table
 * that may wait for FT_GC_ROUND passes; a new generation of devices may not.
 */
static bool ft_sweep_due(const struct fasttrack_sweep *s,
			 const struct fasttrack_buckets *b, u32 group)
{
	return s->all || test_bit(group, b->busy) ||
	       group % FT_GC_ROUND == s->pass % FT_GC_ROUND;
}

/* Returns what it took, of a budget in buckets */
static u32 ft_sweep_group(struct fasttrack_net *fn,
			  const struct fasttrack_buckets *b, u8 family)
{
	struct fasttrack_sweep *s = &fn->sweep[family];
	u32 group = s->cursor, i;
	bool busy = false;

	if (group > b->mask / FT_GROUP || !ft_sweep_due(s, b, group))
		return 1;
	/* Ordered before what is looked at: pairs with ft_table_wake() */
	test_and_clear_bit(group, b->busy);
	for (i = group * FT_GROUP; i < (group + 1) * FT_GROUP; i++) {
		ft_gc_ahead(b, i, family);
		busy |= ft_sweep_bucket(fn, b, i, family);
	}
	if (busy)
		set_bit(group, b->busy);
	return FT_GROUP;
}

/* A pass begins */
static void ft_sweep_begin(struct fasttrack_net *fn,
			   const struct fasttrack_buckets *b, u8 family)
{
	struct fasttrack_sweep *s = &fn->sweep[family];
	u32 gen = ft_gen(fn);

	/* Entries that have gone count until their flows let go of them, so a
	 * conntrack that is nearly full does not wait for them
	 */
	s->all = b->mask < FT_BUCKETS_LARGE || gen != s->gen ||
		 READ_ONCE(fn->draining[family]) ||
		 nf_conntrack_count(fn->net) >
			 nf_conntrack_max - nf_conntrack_max / 4;
	s->gen = gen;
	s->step = FT_GC_BUCKETS;
	s->pass++;
}

/* As many as bring the pass to its end in FT_GC_STEPS steps: in a large table
 * conntrack is told of packets that come seldom by nobody else (ft_fold_due()). A
 * group that is passed by costs a 32nd of the others, and each pass has a 16th of
 * those. Nothing is lost if a pass over all flows takes up to four times as long.
 */
static void ft_sweep_step(struct fasttrack_sweep *s,
			  const struct fasttrack_buckets *b)
{
	u32 count = b->mask + 1, busy;

	/* Bits come and go, and the pass itself clears them: the most of it */
	busy = data_race(bitmap_weight(b->busy, count / FT_GROUP)) * FT_GROUP;
	busy += (count - busy) / (s->all ? 4 : 10);
	s->step = max(s->step, busy / FT_GC_STEPS);
}

/* Returns whether the pass is complete */
static bool ft_sweep(struct fasttrack_net *fn, u8 family)
{
	struct fasttrack_table *t = &fn->table[family];
	struct fasttrack_sweep *s = &fn->sweep[family];
	struct fasttrack_buckets *b;
	u32 spent = 0;
	bool done = false;
	bool grow = false;

	rcu_read_lock();
	b = rcu_dereference(t->cur);
	if (b)
		grow = ft_table_wants_room(t);
	rcu_read_unlock();
	if (!b)
		return true;
	if (grow)
		WRITE_ONCE(fn->large[family],
			   ft_table_grow(t) > FT_BUCKETS_LARGE);
	rcu_read_lock();
	b = rcu_dereference(t->cur);
	if (!s->cursor)
		ft_sweep_begin(fn, b, family);
	ft_sweep_step(s, b);
	rcu_read_unlock();

	do {
		rcu_read_lock();
		b = rcu_dereference(t->cur);
		spent += ft_sweep_group(fn, b, family);
		if (s->cursor++ >= b->mask / FT_GROUP) {
			s->cursor = 0;
			done = true;
		}
		rcu_read_unlock();
		cond_resched();
	} while (spent < s->step && !done);
	return done;
}

static bool ft_gc_draining(const struct fasttrack_net *fn)
{
	return READ_ONCE(fn->draining[0]) || READ_ONCE(fn->draining[1]);
}

static unsigned long ft_gc_delay(const struct fasttrack_net *fn, bool done)
{
	if (ft_gc_draining(fn))
		return done ? 1 : 0;
	return done ? FT_GC_IDLE : FT_GC_PAUSE;
}

static void ft_gc_work(struct work_struct *work)
{
	struct fasttrack_net *fn;
	unsigned long delay;
	bool done;

	fn = container_of(to_delayed_work(work), struct fasttrack_net, gc);
	if (READ_ONCE(fn->dead))
		return;
	done = ft_sweep(fn, 0);
	done &= ft_sweep(fn, 1);
	if (ft_gc_draining(fn))
		ft_hooks_retire(fn);
	if (done)
		ft_ingress_decide(fn);
	if (READ_ONCE(fn->dead))
		return;
	if (atomic_read(&fn->flows[0]) || atomic_read(&fn->flows[1]) ||
	    ft_gc_draining(fn) || READ_ONCE(fn->ports_count)) {
		delay = ft_gc_delay(fn, done);
		/* In the middle of a pass a new flow's ft_gc_kick() may have
		 * queued us already, for later
		 */
		if (delay < FT_GC_IDLE)
			mod_delayed_work(system_unbound_wq, &fn->gc, delay);
		else
			queue_delayed_work(system_unbound_wq, &fn->gc, delay);
	}
}

/**
 * ft_gc_init - prepare the sweeper of a namespace
 * @fn: namespace
 *
 * Context: namespace init.
 */
void ft_gc_init(struct fasttrack_net *fn)
{
	INIT_DELAYED_WORK(&fn->gc, ft_gc_work);
}

/**
 * ft_gc_kick - there is something to sweep
 * @fn: namespace
 *
 * Context: any.
 */
void ft_gc_kick(struct fasttrack_net *fn)
{
	if (!delayed_work_pending(&fn->gc) && !READ_ONCE(fn->dead))
		queue_delayed_work(system_unbound_wq, &fn->gc, FT_GC_IDLE);
}

/**
 * ft_gc_sweep_now - sweep without waiting for the next pass
 * @fn: namespace
 *
 * Context: any.
 */
void ft_gc_sweep_now(struct fasttrack_net *fn)
{
	if (!READ_ONCE(fn->dead))
		mod_delayed_work(system_unbound_wq, &fn->gc, 0);
}

/* Returns whether it was the last set */
static bool ft_walk_set(struct fasttrack_net *fn, u8 family, u32 set,
			void (*visit)(struct fasttrack_flow *flow, void *data),
			void *data)
{
	struct fasttrack_dir *d, *next;
	struct fasttrack_buckets *b;
	bool last = true;
	u32 i;

	rcu_read_lock();
	b = rcu_dereference(fn->table[family].cur);
	for (i = set; b && i <= b->mask && i < set + FT_WAYS; i++) {
		last = i == b->mask;
		ft_gc_ahead(b, i, family);
		for (d = ft_chain_first(b, i); d; d = next) {
			next = rcu_dereference(d->next[b->ni]);
			if (d->dir == IP_CT_DIR_ORIGINAL)
				visit(ft_dir_flow(d, family), data);
		}
	}
	rcu_read_unlock();
	return last;
}

/**
 * ft_gc_walk - visit all flows that are in the table now
 * @fn: namespace
 * @visit: sees each flow, some perhaps twice, on the RCU read side
 * @data: for @visit
 *
 * A growth meanwhile doubles the sets, and what was at or after the cursor stays
 * so: nothing is missed.
 *
 * Context: process, may sleep.
 */
void ft_gc_walk(struct fasttrack_net *fn,
		void (*visit)(struct fasttrack_flow *flow, void *data),
		void *data)
{
	u8 family;
	u32 i;

	for (family = 0; family < FT_FAMILIES; family++) {
		for (i = 0; !ft_walk_set(fn, family, i, visit, data);
		     i += FT_WAYS)
			cond_resched();
	}
}

static void ft_fold_flow(struct fasttrack_flow *flow, void *data)
{
	spin_lock_bh(&flow->lock);
	ft_ct_fold(flow, IP_CT_DIR_ORIGINAL, (u32)jiffies);
	spin_unlock_bh(&flow->lock);
}

/**
 * ft_gc_fold - bring the namespace's counters up to date
 * @fn: namespace
 *
 * Context: process, may sleep.
 */
void ft_gc_fold(struct fasttrack_net *fn)
{
	WRITE_ONCE(fn->folded, (u32)jiffies);
	ft_gc_walk(fn, ft_fold_flow, NULL);
}

static void ft_flush_flow(struct fasttrack_flow *flow, void *data)
{
	const enum fasttrack_reason *reason = data;

	ft_flow_kill(flow, *reason);
}

/**
 * ft_gc_flush - end all flows that are in the table now
 * @fn: namespace
 * @reason: why
 *
 * Context: process, may sleep.
 */
void ft_gc_flush(struct fasttrack_net *fn, enum fasttrack_reason reason)
{
	ft_gc_walk(fn, ft_flush_flow, &reason);
}
