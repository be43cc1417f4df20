// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what happens when a packet of a known flow takes the slow path:
 * conntrack is brought up to date, the direction is held, a record is left.
 * Also the once-a-jiffy look at a flow, and the fragments. The hooks decide
 * that a packet goes slow; this file never sends one.
 */
#include <linux/netdevice.h>
#include <linux/tcp.h>

#include "fasttrack.h"
#include "notify.h"
#include "record.h"

/* May a packet with this reason arm its direction at POSTROUTING? */
static bool ft_reason_teaches(enum fasttrack_reason reason)
{
	switch (reason) {
	case FASTTRACK_REASON_LEARNING:
	case FASTTRACK_REASON_LEASE:
	case FASTTRACK_REASON_STALE:
		return true;
	default:
		return false;
	}
}

/* The network and transport header, or none and no lesson. All of them, the
 * options in a fragment, too: a checksum that a device has yet to fill in tells
 * nothing of them.
 */
static const void *ft_slow_headers(const struct fasttrack_packet *pkt,
				   struct fasttrack_record *rec, u8 proto,
				   void *buf)
{
	const struct sk_buff *skb = pkt->skb;
	unsigned int hlen = pkt->thoff;
	const void *headers = NULL;
	const struct tcphdr *th;

	rec->hlen = 0;
	if (!rec->teach)
		return skb->data;
	if (proto == IPPROTO_TCP) {
		th = (void *)(skb->data + pkt->thoff);
		hlen += th->doff * 4;
	} else {
		hlen += sizeof(struct udphdr);
	}
	if (hlen <= FT_RECORD_HEADERS)
		headers = skb_header_pointer(skb, 0, hlen, buf);
	rec->teach = !!headers;
	if (!headers)
		return skb->data;
	rec->hlen = hlen;
	return headers;
}

/**
 * ft_slow_record - leave a record of a packet that goes slow
 * @pkt: the packet
 * @rec: @flow_id, @teach and @handshake are set, for a packet of a flow @dir and
 *	@seq, too; the rest is filled in
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 *
 * Context: early hook, BH off.
 */
void ft_slow_record(const struct fasttrack_packet *pkt,
		    struct fasttrack_record *rec, u8 proto)
{
	const struct sk_buff *skb = pkt->skb;
	u8 buf[FT_RECORD_HEADERS] __uninitialized;
	const void *headers;

	/* Route and policy are decided after this point: these tokens are
	 * older than the decision they will vouch for.
	 */
	rec->gen = ft_gen(pkt->fn);
	rec->genid = rt_genid_ipv4(pkt->fn->net);
	rec->sernum = rt_genid_ipv6(pkt->fn->net);
	rec->skb = skb;
	rec->stamp = pkt->now;
	rec->mark = skb->mark;
	rec->prio = skb->priority;
	rec->len = skb->len;
	rec->iif = skb->dev->ifindex;
	rec->partial = skb->ip_summed == CHECKSUM_PARTIAL;
	headers = ft_slow_headers(pkt, rec, proto, buf);
	ft_record_put(rec, headers);
}

/**
 * ft_slow - a packet of a flow takes the slow path
 * @pkt: the packet and its direction
 * @family: 0 IPv4, 1 IPv6
 * @reason: why
 *
 * Return: NF_ACCEPT. Context: early hook, BH off.
 */
unsigned int ft_slow(struct fasttrack_packet *pkt, u8 family,
		     enum fasttrack_reason reason)
{
	struct fasttrack_flow *flow = ft_dir_flow(pkt->dir, family);
	unsigned int dir = pkt->dir->dir;
	struct fasttrack_record rec __uninitialized;
	bool closed = false;
	bool track = false;

	ft_policies_check(pkt->fn);
	spin_lock(&flow->lock);
	/* Even if the flow is dead: its end may just be under way */
	if (flow->was_fast)
		ft_ct_fold(flow, dir, pkt->now);
	if (reason == FASTTRACK_REASON_TCP_FLAGS ||
	    reason == FASTTRACK_REASON_CLOSING) {
		if (flow->state != FASTTRACK_FLOW_STATE_CLOSING && !flow->dead)
			closed = ft_flow_close(flow);
	} else if (ft_reason_teaches(reason)) {
		ft_dir_disarm(flow, dir, reason);
	}
	flow->dir_reason[dir] = reason;
	if (flow->state != FASTTRACK_FLOW_STATE_CLOSING &&
	    !flow->dead) {
		rec.seq = ft_dir_hold(flow, dir);
		track = true;
	}
	spin_unlock(&flow->lock);

	ft_count(pkt->fn, reason);
	if (closed)
		ft_notify(flow, FASTTRACK_CMD_CONNECTION_RELEASED_NTF,
			  FASTTRACK_REASON_CLOSING);
	if (track) {
		rec.flow_id = flow->id;
		rec.dir = dir;
		rec.teach = ft_reason_teaches(reason);
		rec.handshake = false;
		ft_slow_record(pkt, &rec, pkt->dir->proto);
	}
	return NF_ACCEPT;
}

/**
 * ft_hold_back - a packet does not go fast at ingress
 * @pkt: the packet and its direction, which is armed
 * @family: 0 IPv4, 1 IPv6
 *
 * PRE_ROUTING will look at it again and do what there is to do. But a list of
 * packets passes ingress as a whole before its first one gets there, so those
 * behind it have to be held from here on.
 *
 * Return: NF_ACCEPT. Context: ingress hook, BH off.
 */
unsigned int ft_hold_back(struct fasttrack_packet *pkt, u8 family)
{
	struct fasttrack_flow *flow = ft_dir_flow(pkt->dir, family);

	spin_lock(&flow->lock);
	if (flow->state != FASTTRACK_FLOW_STATE_CLOSING && !flow->dead)
		ft_dir_hold(flow, pkt->dir->dir);
	spin_unlock(&flow->lock);
	return NF_ACCEPT;
}

/* Often enough for people, and before a word of the counters has wrapped: it
 * takes a million full-sized packets in a jiffy to pass the half of it.
 *
 * In a large table a packet that comes seldom would wait for all of the memory that
 * a fold looks at, and the sweeper, which has it fetched ahead, is about to fold
 * the flow anyway. Not if it is late, or a short timeout cannot wait for that.
 */
static bool ft_fold_due(const struct fasttrack_net *fn,
			const struct fasttrack_flow *flow,
			const struct fasttrack_dir *d, u32 now, u8 family)
{
	const struct fasttrack_cold *c = &flow->cold[d->dir];
	u16 since = now - READ_ONCE(flow->last_fold);

	if (unlikely(READ_ONCE(fn->large[family])) &&
	    now - READ_ONCE(d->last) > FT_SELDOM &&
	    READ_ONCE(flow->fold_every) == HZ && since < FT_SWEPT)
		return false;
	return since >= READ_ONCE(flow->fold_every) ||
	       READ_ONCE(d->bytes) + atomic_read(&c->other_bytes) -
		       (u32)READ_ONCE(c->told_bytes) > S32_MAX;
}

/**
 * ft_tick - look after a flow, once a jiffy and direction
 * @fn: namespace
 * @d: direction of a packet that would go fast
 * @now: jiffies
 * @family: 0 IPv4, 1 IPv6
 *
 * Return: FASTTRACK_REASON_NONE if it may. Context: early hook.
 */
enum fasttrack_reason ft_tick(struct fasttrack_net *fn,
			      struct fasttrack_dir *d, u32 now, u8 family)
{
	struct fasttrack_flow *flow = ft_dir_flow(d, family);

	if (unlikely(ft_ct_gone(flow->ct))) {
		ft_flow_kill(flow, FASTTRACK_REASON_DYING);
		return FASTTRACK_REASON_DYING;
	}
	if (unlikely(test_bit(IPS_OFFLOAD_BIT, &flow->ct->status))) {
		ft_flow_kill(flow, FASTTRACK_REASON_OFFLOAD);
		return FASTTRACK_REASON_OFFLOAD;
	}
	/* A FIN on another CPU, and a packet here that came back too early */
	if (unlikely(d->proto == IPPROTO_TCP &&
		     READ_ONCE(flow->ct->proto.tcp.state) !=
		     TCP_CONNTRACK_ESTABLISHED))
		return FASTTRACK_REASON_CLOSING;
	if (unlikely(!ft_before(now, READ_ONCE(d->lease_end))))
		return FASTTRACK_REASON_LEASE;
	if (ft_fold_due(fn, flow, d, now, family) && spin_trylock(&flow->lock)) {
		ft_ct_fold(flow, d->dir, now);
		spin_unlock(&flow->lock);
	}
	return FASTTRACK_REASON_NONE;
}

/**
 * ft_policies_changed - begin a new generation because of IPsec policies
 * @fn: namespace
 * @policies: their number as the caller saw it
 * @genids: genids of the routes likewise
 *
 * Two CPUs may both do this: the generation moves once or twice. If one of
 * them stores what is out of date, the next look does it again.
 *
 * Context: any.
 */
void ft_policies_changed(struct fasttrack_net *fn, u32 policies, u32 genids)
{
	atomic_inc(&fn->gen);
	/* Release: pairs with the acquire in ft_policies_check() */
	smp_store_release(&fn->genids, genids);
	/* Release: likewise */
	smp_store_release(&fn->policies, policies);
}

/**
 * ft_fragment_note - a fragment between two hosts takes the slow path
 * @fn: namespace
 * @hash: hash of its addresses
 *
 * Only a first fragment names its flow. So all flows between the hosts, and
 * those few that share the hash, go slow for as long as a slow packet holds
 * a direction: the datagram leaves when its last fragment has come, and
 * packets behind that one must not pass it.
 *
 * Context: early hook.
 */
void ft_fragment_note(struct fasttrack_net *fn, u32 hash)
{
	/* Never 0, which is unset */
	u32 end = ((u32)jiffies + FT_HOLD) ?: 1;

	WRITE_ONCE(fn->frag[hash % FT_FRAG_BUCKETS], end);
	WRITE_ONCE(fn->frag_end, end);
}

/**
 * ft_fragment_near - may a fragment between two hosts be under way?
 * @fn: namespace
 * @hash: hash of their addresses
 * @now: jiffies
 *
 * Return: whether. Context: early hook.
 */
bool ft_fragment_near(const struct fasttrack_net *fn, u32 hash, u32 now)
{
	return ft_holding(now, READ_ONCE(fn->frag[hash % FT_FRAG_BUCKETS]));
}
