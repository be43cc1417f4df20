// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the life of a flow and the states of its directions: allocation,
 * arming's counterpart, holding, closing, death. Knows nothing of packets.
 *
 * CANDIDATE -> ACTIVE (a direction armed) -> CANDIDATE ... -> CLOSING -> dead.
 * Death has one winner (flow->dead). The winner unhashes; the RCU callback
 * folds what late readers still sent and puts every reference.
 */
#include <linux/slab.h>
#include <net/dst.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "fasttrack.h"
#include "notify.h"
#include "refusal.h"
#include "table.h"

static struct kmem_cache *ft_flow_cache[FT_FAMILIES];
static atomic_t ft_flow_ids = ATOMIC_INIT(0);

/**
 * ft_flow_caches_init - make the slabs
 *
 * Return: 0 or -ENOMEM. Context: module init.
 */
int ft_flow_caches_init(void)
{
	ft_flow_cache[0] = KMEM_CACHE(fasttrack_flow4, SLAB_HWCACHE_ALIGN);
	if (!ft_flow_cache[0])
		return -ENOMEM;
	ft_flow_cache[1] = KMEM_CACHE(fasttrack_flow6, SLAB_HWCACHE_ALIGN);
	if (!ft_flow_cache[1]) {
		kmem_cache_destroy(ft_flow_cache[0]);
		return -ENOMEM;
	}
	return 0;
}

/**
 * ft_flow_caches_exit - free the slabs
 *
 * Context: module exit, after rcu_barrier(), so every flow is back.
 */
void ft_flow_caches_exit(void)
{
	kmem_cache_destroy(ft_flow_cache[1]);
	kmem_cache_destroy(ft_flow_cache[0]);
}

static u16 ft_fold16(__wsum sum)
{
	u16 folded = (__force u16)~csum_fold(sum);

	/* 0 and 0xffff are the same number to a checksum, but only the
	 * second makes a sum that is nothing but ones come out as the
	 * kernel's own step-by-step replacement does.
	 */
	return folded ?: 0xffff;
}

static void ft_dir_set_key4(struct fasttrack_dir *d,
			    const struct nf_conntrack_tuple *in,
			    const struct nf_conntrack_tuple *peer)
{
	__wsum sum;

	d->saddr4 = in->src.u3.ip;
	d->daddr4 = in->dst.u3.ip;
	d->new_saddr4 = peer->dst.u3.ip;
	d->new_daddr4 = peer->src.u3.ip;
	sum = csum_add(~(__force __wsum)d->saddr4,
		       (__force __wsum)d->new_saddr4);
	sum = csum_add(sum, ~(__force __wsum)d->daddr4);
	sum = csum_add(sum, (__force __wsum)d->new_daddr4);
	d->addr_delta = ft_fold16(sum);
	if (d->saddr4 != d->new_saddr4 || d->daddr4 != d->new_daddr4)
		d->flags |= FT_DIR_NAT;
}

static void ft_dir_set_key6(struct fasttrack_dir *d,
			    const struct nf_conntrack_tuple *in,
			    const struct nf_conntrack_tuple *peer)
{
	struct fasttrack_dir6 *d6 = ft_dir6(d);
	__wsum was, is;

	d6->saddr = in->src.u3.in6;
	d6->daddr = in->dst.u3.in6;
	d6->new_saddr = peer->dst.u3.in6;
	d6->new_daddr = peer->src.u3.in6;
	was = csum_partial(&d6->saddr, 2 * sizeof(d6->saddr), 0);
	is = csum_partial(&d6->new_saddr, 2 * sizeof(d6->new_saddr), 0);
	d->addr_delta = ft_fold16(csum_sub(is, was));
	if (!ipv6_addr_equal(&d6->saddr, &d6->new_saddr) ||
	    !ipv6_addr_equal(&d6->daddr, &d6->new_daddr))
		d->flags |= FT_DIR_NAT;
}

static void ft_dir_init(struct fasttrack_flow *flow, unsigned int dir)
{
	const struct nf_conntrack_tuple *in = nf_ct_tuple(flow->ct, dir);
	const struct nf_conntrack_tuple *peer = nf_ct_tuple(flow->ct, !dir);
	struct fasttrack_dir *d = ft_flow_dir(flow, dir);
	__wsum sum;

	if (flow->family)
		ft_dir_set_key6(d, in, peer);
	else
		ft_dir_set_key4(d, in, peer);
	d->dir = dir;
	d->sport = in->src.u.all;
	d->dport = in->dst.u.all;
	d->proto = nf_ct_protonum(flow->ct);
	d->new_sport = peer->dst.u.all;
	d->new_dport = peer->src.u.all;
	if (d->sport != d->new_sport || d->dport != d->new_dport)
		d->flags |= FT_DIR_NAT;
	/* A TTL is the upper byte of its word */
	sum = (__force __wsum)(u32)d->addr_delta;
	d->ip_delta = ft_fold16(csum_sub(sum, (__force __wsum)(u32)
					 (__force u16)htons(0x0100)));
	sum = csum_add(sum, ~(__force __wsum)(u32)(__force u16)d->sport);
	sum = csum_add(sum, (__force __wsum)(u32)(__force u16)d->new_sport);
	sum = csum_add(sum, ~(__force __wsum)(u32)(__force u16)d->dport);
	sum = csum_add(sum, (__force __wsum)(u32)(__force u16)d->new_dport);
	d->l4_delta = ft_fold16(sum);
	d->last = (u32)jiffies;
	d->teller = FT_TELLER_NONE;
}

/**
 * ft_flow_alloc - a candidate for a conntrack entry, not in the table yet
 * @ct: confirmed entry; a reference is taken
 * @family: 0 IPv4, 1 IPv6
 *
 * Return: the flow or NULL. Context: softirq.
 */
struct fasttrack_flow *ft_flow_alloc(struct nf_conn *ct, u8 family)
{
	struct fasttrack_flow *flow;
	void *obj;

	obj = kmem_cache_zalloc(ft_flow_cache[family], GFP_ATOMIC);
	if (!obj)
		return NULL;
	if (family)
		flow = &((struct fasttrack_flow6 *)obj)->flow;
	else
		flow = &((struct fasttrack_flow4 *)obj)->flow;

	nf_conntrack_get(&ct->ct_general);
	flow->ct = ct;
	flow->id = atomic_inc_return(&ft_flow_ids);
	flow->family = family;
	flow->stamp = (u32)jiffies;
	flow->last_fold = flow->stamp;
	/* Not yet what the timeout allows: see ft_fold_due() */
	flow->fold_every = HZ - 1;
	spin_lock_init(&flow->lock);
	ft_dir_init(flow, IP_CT_DIR_ORIGINAL);
	ft_dir_init(flow, IP_CT_DIR_REPLY);
	return flow;
}

static void ft_flow_free_obj(struct fasttrack_flow *flow)
{
	u8 family = flow->family;

	if (family)
		kmem_cache_free(ft_flow_cache[1],
				container_of(flow, struct fasttrack_flow6,
					     flow));
	else
		kmem_cache_free(ft_flow_cache[0],
				container_of(flow, struct fasttrack_flow4,
					     flow));
}

/**
 * ft_flow_discard - free a flow that never was in the table
 * @flow: fresh from ft_flow_alloc()
 *
 * Context: any; the caller holds a reference to the conntrack entry.
 */
void ft_flow_discard(struct fasttrack_flow *flow)
{
	nf_ct_put(flow->ct);
	ft_flow_free_obj(flow);
}

/* What listeners hear of the end: the counters are final now */
static void ft_flow_notify_end(struct fasttrack_flow *flow)
{
	if (flow->reason == FASTTRACK_REASON_DYING) {
		if (flow->was_fast)
			ft_notify(flow, FASTTRACK_CMD_CONNECTION_CLOSED_NTF,
				  flow->reason);
	} else if (flow->told) {
		ft_notify(flow, FASTTRACK_CMD_CONNECTION_RELEASED_NTF,
			  flow->reason);
	}
}

/* A grace period after unhashing: no reader can reach the flow any more, so
 * the counters stand still and the routes are nobody's. Only now may the entry
 * get another flow: so its late readers never fold beside those of the next
 * one, and listeners hear of the end before they hear of that one.
 * Putting conntrack's
 * reference last lets the namespace and the conntrack module go only after
 * this has run; both wait for it (rcu_barrier() in ft_net_exit_batch()).
 */
static void ft_flow_free(struct rcu_head *rcu)
{
	struct fasttrack_flow *flow;
	unsigned int dir;

	flow = container_of(rcu, struct fasttrack_flow, rcu);
	spin_lock_bh(&flow->lock);
	ft_ct_fold(flow, IP_CT_DIR_ORIGINAL, (u32)jiffies);
	spin_unlock_bh(&flow->lock);
	ft_flow_notify_end(flow);
	for (dir = 0; dir < IP_CT_DIR_MAX; dir++)
		dst_release(ft_flow_dir(flow, dir)->dst);
	clear_bit(FT_CT_SEEN_BIT, &flow->ct->status);
	clear_bit(FT_CT_FLOW_BIT, &flow->ct->status);
	nf_ct_put(flow->ct);
	ft_flow_free_obj(flow);
}

/**
 * ft_flow_find - the flow of a conntrack entry
 * @fn: namespace
 * @ct: entry
 *
 * Return: the flow or NULL. Context: RCU read side, which keeps it alive.
 */
struct fasttrack_flow *ft_flow_find(struct fasttrack_net *fn,
				    const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *t;
	struct fasttrack_flow *flow;
	struct fasttrack_dir key __uninitialized;
	struct fasttrack_dir *d;
	u8 family;
	u32 hash;

	t = nf_ct_tuple(ct, IP_CT_DIR_ORIGINAL);
	family = ft_family(t->src.l3num);
	key.sport = t->src.u.all;
	key.dport = t->dst.u.all;
	key.proto = t->dst.protonum;
	if (family) {
		d = ft_table_find6(&fn->table[1], &t->src.u3.in6,
				   &t->dst.u3.in6, key.l4, &hash);
	} else {
		key.saddr4 = t->src.u3.ip;
		key.daddr4 = t->dst.u3.ip;
		d = ft_table_find4(&fn->table[0], key.addr4, key.l4, &hash);
	}
	if (!d)
		return NULL;
	flow = ft_dir_flow(d, family);
	return flow->ct == ct ? flow : NULL;
}

/**
 * ft_dir_packets - fast packets of a direction since the flow began
 * @flow: flow
 * @dir: direction
 *
 * Return: skbs, as conntrack counts them. Context: flow->lock.
 */
u64 ft_dir_packets(struct fasttrack_flow *flow, unsigned int dir)
{
	const struct fasttrack_cold *c = &flow->cold[dir];

	return c->told_packets +
	       (u32)(READ_ONCE(ft_flow_dir(flow, dir)->packets) +
		     atomic_read(&c->other_packets) - (u32)c->told_packets);
}

/**
 * ft_dir_bytes - fast bytes of a direction since the flow began
 * @flow: flow
 * @dir: direction
 *
 * Return: bytes from the network header on. Context: flow->lock.
 */
u64 ft_dir_bytes(struct fasttrack_flow *flow, unsigned int dir)
{
	const struct fasttrack_cold *c = &flow->cold[dir];

	return c->told_bytes +
	       (u32)(READ_ONCE(ft_flow_dir(flow, dir)->bytes) +
		     atomic_read(&c->other_bytes) - (u32)c->told_bytes);
}

/**
 * ft_dir_settled - may what was learned of a direction change?
 * @flow: flow
 * @dir: direction
 *
 * True when it is unarmed and every packet that found it armed has left. What
 * a dead flow has learned belongs to its callback.
 *
 * Return: whether. Context: flow->lock.
 */
bool ft_dir_settled(const struct fasttrack_flow *flow, unsigned int dir)
{
	return !flow->dead && poll_state_synchronize_rcu(flow->drained[dir]);
}

/**
 * ft_flow_wake - a flow is about to need the sweeper
 * @flow: flow that is being armed or held
 *
 * Context: flow->lock, RCU read side.
 */
void ft_flow_wake(struct fasttrack_flow *flow)
{
	if (!flow->swept)
		return;
	flow->swept = false;
	ft_table_wake(flow);
}

static bool ft_flow_armed(struct fasttrack_flow *flow)
{
	return (ft_flow_dir(flow, 0)->gate | ft_flow_dir(flow, 1)->gate) &
	       FT_ARMED;
}

/**
 * ft_dir_disarm - send a direction back to the slow path
 * @flow: flow
 * @dir: direction
 * @reason: why, for users
 *
 * Context: flow->lock.
 */
void ft_dir_disarm(struct fasttrack_flow *flow, unsigned int dir,
		   enum fasttrack_reason reason)
{
	struct fasttrack_dir *d = ft_flow_dir(flow, dir);

	flow->dir_reason[dir] = reason;
	if (!(d->gate & FT_ARMED))
		return;
	WRITE_ONCE(d->gate, d->gate & ~FT_ARMED);
	flow->drained[dir] = get_state_synchronize_rcu();
	if (flow->state == FASTTRACK_FLOW_STATE_ACTIVE &&
	    !ft_flow_armed(flow)) {
		flow->state = FASTTRACK_FLOW_STATE_CANDIDATE;
		atomic_dec(&ft_flow_net(flow)->active[flow->family]);
	}
}

/**
 * ft_dir_hold - a packet goes slow, those behind it must not pass it
 * @flow: flow
 * @dir: direction
 *
 * Return: the number of the packet, for ft_dir_seen(). Context: flow->lock.
 */
u16 ft_dir_hold(struct fasttrack_flow *flow, unsigned int dir)
{
	struct fasttrack_dir *d = ft_flow_dir(flow, dir);

	ft_flow_wake(flow);
	flow->slow_last[dir] = (u8)jiffies;
	WRITE_ONCE(d->gate, d->gate | FT_HELD);
	return ++d->slow_seq;
}

static void ft_dir_unhold(struct fasttrack_flow *flow, unsigned int dir)
{
	struct fasttrack_dir *d = ft_flow_dir(flow, dir);

	d->seen_seq = d->slow_seq;
	/* Release: a packet that passes now comes after what the slow one
	 * did, on this CPU in any case and on others as far as order between
	 * CPUs exists.
	 */
	smp_store_release(&d->gate, d->gate & ~FT_HELD);
}

/**
 * ft_dir_seen - a slow packet has reached POSTROUTING
 * @flow: flow
 * @dir: direction
 * @seq: its number
 *
 * The slow path keeps the order of a flow, so what came before this packet
 * has left or was dropped. The last one ends the hold.
 *
 * Context: flow->lock.
 */
void ft_dir_seen(struct fasttrack_flow *flow, unsigned int dir, u16 seq)
{
	struct fasttrack_dir *d = ft_flow_dir(flow, dir);

	if ((s16)(seq - d->seen_seq) > 0)
		d->seen_seq = seq;
	if (d->seen_seq == d->slow_seq)
		ft_dir_unhold(flow, dir);
}

/**
 * ft_dir_held - is a direction still held back?
 * @flow: flow
 * @dir: direction
 *
 * Ends the hold when the last slow packet has had its time: it was dropped.
 *
 * Return: whether. Context: flow->lock.
 */
bool ft_dir_held(struct fasttrack_flow *flow, unsigned int dir)
{
	const struct fasttrack_dir *d = ft_flow_dir(flow, dir);

	if (!(d->gate & FT_HELD))
		return false;
	/* Eight bits: a hold that nobody has looked at for a quarter of a
	 * second may last a little longer
	 */
	if ((u8)((u8)jiffies - flow->slow_last[dir]) < FT_HOLD)
		return true;
	ft_dir_unhold(flow, dir);
	return false;
}

/**
 * ft_flow_became_fast - is it news that the flow is fast?
 * @flow: flow, a direction of which was armed
 *
 * The end of a lease is no news, nor that it was renewed.
 *
 * Return: whether listeners are to be told, once the lock is free. Context:
 * flow->lock.
 */
bool ft_flow_became_fast(struct fasttrack_flow *flow)
{
	if (flow->told || flow->state != FASTTRACK_FLOW_STATE_ACTIVE)
		return false;
	flow->told = true;
	flow->was_fast = true;
	return true;
}

/**
 * ft_flow_close - FIN, RST or SYN: the slow path has the rest
 * @flow: flow
 *
 * The flow stays in the table, so that its counters can be seen, until its
 * conntrack entry goes.
 *
 * Return: whether listeners took it for fast until now and are to be told,
 * once the lock is free. Context: flow->lock.
 */
bool ft_flow_close(struct fasttrack_flow *flow)
{
	bool told = flow->told && !flow->dead;

	if (told)
		flow->told = false;
	ft_dir_disarm(flow, IP_CT_DIR_ORIGINAL, FASTTRACK_REASON_CLOSING);
	ft_dir_disarm(flow, IP_CT_DIR_REPLY, FASTTRACK_REASON_CLOSING);
	flow->state = FASTTRACK_FLOW_STATE_CLOSING;
	flow->reason = FASTTRACK_REASON_CLOSING;
	return told;
}

/**
 * ft_flow_kill - end a flow
 * @flow: flow, any state, any number of callers at once
 * @reason: why, counted
 *
 * The winner unhashes it and leaves the rest to the RCU callback, but syncs
 * conntrack at once: the next packet of the connection goes slow.
 *
 * Return: whether the caller is the winner. Context: RCU read side or the
 * sweeper; no lock of ours held.
 */
bool ft_flow_kill(struct fasttrack_flow *flow, enum fasttrack_reason reason)
{
	struct fasttrack_net *fn = ft_flow_net(flow);

	spin_lock_bh(&flow->lock);
	if (flow->dead) {
		spin_unlock_bh(&flow->lock);
		return false;
	}
	ft_dir_disarm(flow, IP_CT_DIR_ORIGINAL, reason);
	ft_dir_disarm(flow, IP_CT_DIR_REPLY, reason);
	ft_ct_fold(flow, IP_CT_DIR_ORIGINAL, (u32)jiffies);
	/* From here on the RCU cookies are the callback's head: whoever takes
	 * the lock later sees @dead and leaves them alone.
	 */
	flow->dead = true;
	flow->reason = reason;
	spin_unlock_bh(&flow->lock);
	ft_count(fn, reason);
	if (reason != FASTTRACK_REASON_DYING)
		ft_refusal_set(flow->ct, reason);
	ft_table_remove(flow);
	atomic_dec(&fn->flows[flow->family]);
	call_rcu(&flow->rcu, ft_flow_free);
	return true;
}
