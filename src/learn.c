// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the learn hook, last in POSTROUTING: it arms the direction of the very
 * packet that is leaving from what really happened to it. Nothing is guessed;
 * what our rewrite of the recorded headers cannot reproduce stays slow.
 */
#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <net/dst.h>
#include <net/gre.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/lwtunnel.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "fasttrack.h"
#include "handshake.h"
#include "notify.h"
#include "record.h"
#include "rewrite.h"

/**
 * struct ft_lesson - what one packet teaches
 * @d: copy of the direction with everything learned filled in
 * @d6: the same for IPv6
 * @mark_out: mark that leaves
 * @prio_out: priority that leaves
 */
struct ft_lesson {
	union {
		struct fasttrack_dir	d;
		struct fasttrack_dir6	d6;
	};
	u32				mark_out;
	u32				prio_out;
};

static enum fasttrack_reason ft_check_dst(const struct sk_buff *skb)
{
	const struct dst_entry *dst = skb_dst(skb);

	/* A frame that br_netfilter bridges has no route of ours */
	if (!dst)
		return FASTTRACK_REASON_ROUTE;
	if (skb->sk)
		return FASTTRACK_REASON_LOCAL;
	if (secpath_exists(skb))
		return FASTTRACK_REASON_IPSEC;
#ifdef CONFIG_XFRM
	if (dst->xfrm)
		return FASTTRACK_REASON_IPSEC;
#endif
#if IS_ENABLED(CONFIG_IP_VS)
	if (skb->ipvs_property)
		return FASTTRACK_REASON_IPVS;
#endif
	if (dst->error || dst->lwtstate || READ_ONCE(dst->dev) != skb->dev)
		return FASTTRACK_REASON_ROUTE;
	return FASTTRACK_REASON_NONE;
}

/* The route's own generation, never the namespace's: a policy or route that
 * came after the packet was routed has left it behind. And the one of before the
 * packet was routed: a route gets its generation after it has been looked up.
 */
static enum fasttrack_reason
ft_check_route4(const struct fasttrack_net *fn, const struct sk_buff *skb,
		const struct fasttrack_record *rec, struct ft_lesson *l)
{
	struct dst_entry *dst = skb_dst(skb);
	const struct rtable *rt = dst_rtable(dst);

	if (IPCB(skb)->flags & IPSKB_XFRM_TRANSFORMED)
		return FASTTRACK_REASON_IPSEC;
	if (!(IPCB(skb)->flags & IPSKB_FORWARDED))
		return FASTTRACK_REASON_LOCAL;
	if (dst->output != ip_output || rt->rt_type != RTN_UNICAST)
		return FASTTRACK_REASON_ROUTE;
	if (READ_ONCE(dst->obsolete) != DST_OBSOLETE_FORCE_CHK ||
	    rt->rt_genid != rt_genid_ipv4(fn->net) ||
	    rt->rt_genid != rec->genid)
		return FASTTRACK_REASON_STALE;
	l->d.mtu = ip_dst_mtu_maybe_forward(dst, true);
	return FASTTRACK_REASON_NONE;
}

/* The route is good, and then the serial number is still the one that the record
 * saw before the packet was routed: so nothing has changed since, and what
 * changes later moves the number.
 */
static enum fasttrack_reason
ft_check_route6(const struct fasttrack_net *fn, const struct sk_buff *skb,
		const struct fasttrack_record *rec, struct ft_lesson *l)
{
	struct dst_entry *dst = skb_dst(skb);
	struct rt6_info *rt = dst_rt6_info(dst);

	if (IP6CB(skb)->flags & IP6SKB_XFRM_TRANSFORMED)
		return FASTTRACK_REASON_IPSEC;
	if (dst->output != ip6_output ||
	    rt->rt6i_flags & (RTF_LOCAL | RTF_ANYCAST | RTF_REJECT) ||
	    ipv6_addr_is_multicast(&ipv6_hdr(skb)->daddr))
		return FASTTRACK_REASON_ROUTE;
	/* The route of a nexthop object is shared by all its users: deleting
	 * one of them leaves no trace on it. Fragmented after us: allfrag.
	 */
	if (rt->sernum || dst_feature(dst, RTAX_FEATURE_ALLFRAG))
		return FASTTRACK_REASON_ROUTE;
	/* The early hook does not ask for the MTU of small packets. What is
	 * learned about a path later is never below the least one.
	 */
	if (ip6_dst_mtu_maybe_forward(dst, false) < IPV6_MIN_MTU)
		return FASTTRACK_REASON_ROUTE;
	if (!dst_check(dst, rt6_get_cookie(rt)))
		return FASTTRACK_REASON_STALE;
	/* Route before number: one seen unchanged vouches for it */
	smp_rmb();
	if (rec->sernum != rt_genid_ipv6(fn->net))
		return FASTTRACK_REASON_STALE;
	l->d.sernum = rec->sernum;
	return FASTTRACK_REASON_NONE;
}

/* Does the flow label of a packet have a say in its route? It does among next
 * hops (rt6_multipath_hash()), and rules may ask for it.
 */
static bool ft_label_routes(const struct net *net, const struct rt6_info *rt)
{
	const struct fib6_info *from = rcu_dereference(rt->from);

	return !from || READ_ONCE(from->fib6_nsiblings) ||
	       (FT_RULES_ASK_LABEL && fib6_has_custom_rules(net));
}

/* TTL or TOS set by a rule: one sample cannot tell setting from adding, so
 * only packets that come in with just these values may go fast.
 */
static void ft_learn_exact(struct ft_lesson *l, u8 tos_in, u8 tos_out,
			   u8 ttl_in, u8 ttl_out)
{
	struct fasttrack_dir *d = &l->d;

	d->flags &= FT_DIR_NAT;
	d->tos_in = tos_in;
	d->tos_out = tos_out;
	d->ttl_in = ttl_in;
	d->ttl_out = ttl_out;
	d->tos_mask = (u8)~INET_ECN_MASK;
	if (tos_in != tos_out || ttl_out != (u8)(ttl_in - 1)) {
		d->tos_mask = 0xff;
		d->flags |= FT_DIR_EXACT;
	}
}

/* icmp_ndo_send() undoes source NAT through the packet's conntrack entry. It
 * is called by tunnels, among them the two below that look like Ethernet.
 */
static bool ft_dev_asks_conntrack(const struct net_device *dev)
{
	return dev->type != ARPHRD_ETHER || netif_is_gretap(dev) ||
	       netif_is_ip6gretap(dev);
}

/* What a packet had that it still has. The recorded headers end with the
 * options.
 */
static void ft_learn_seen(struct ft_lesson *l,
			  const struct fasttrack_record *rec, u8 tos,
			  unsigned int thoff)
{
	unsigned int options = thoff + sizeof(struct tcphdr);

	l->d.seen = BIT(tos & INET_ECN_MASK);
	if (l->d.proto == IPPROTO_TCP)
		l->d.seen |= ft_tcp_seen((void *)(rec->headers + thoff),
					 rec->headers + options,
					 rec->hlen - options) & ~FT_SEEN_ODD;
}

static void ft_learn_marks(struct ft_lesson *l, const struct sk_buff *skb,
			   const struct fasttrack_record *rec, u32 prio)
{
	l->d.iif = rec->iif;
	l->d.dst = skb_dst(skb);
	l->d.gen = rec->gen;
	l->d.mark_in = rec->mark;
	l->mark_out = skb->mark;
	if (skb->mark != rec->mark)
		l->d.flags |= FT_DIR_STAMP_MARK;
	l->prio_out = skb->priority;
	if (skb->priority != prio)
		l->d.flags |= FT_DIR_STAMP_PRIO;
	if (l->d.flags & FT_DIR_NAT && ft_dev_asks_conntrack(skb->dev))
		l->d.flags |= FT_DIR_ATTACH;
}

static bool ft_same_headers(const struct sk_buff *skb,
			    const struct fasttrack_record *rec)
{
	bool partial = skb->ip_summed == CHECKSUM_PARTIAL;
	u8 buf[FT_RECORD_HEADERS] __uninitialized;
	const u8 *now;

	if (skb->len != rec->len || partial != rec->partial)
		return false;
	now = skb_header_pointer(skb, skb_network_offset(skb), rec->hlen, buf);
	return now && !memcmp(now, rec->headers, rec->hlen);
}

static enum fasttrack_reason
ft_learn4(struct fasttrack_net *fn, const struct sk_buff *skb,
	  struct fasttrack_record *rec, struct ft_lesson *l)
{
	struct iphdr *was = (struct iphdr *)rec->headers;
	const struct iphdr *iph = ip_hdr(skb);
	struct net *net = fn->net;
	enum fasttrack_reason reason;
	u32 prio = rec->prio;

	reason = ft_check_route4(fn, skb, rec, l);
	if (reason)
		return reason;
	ft_learn_exact(l, was->tos, iph->tos, was->ttl, iph->ttl);
	if (READ_ONCE(net->ipv4.sysctl_ip_fwd_update_priority))
		prio = rt_tos2priority(iph->tos);
	ft_learn_marks(l, skb, rec, prio);
	ft_learn_seen(l, rec, was->tos, sizeof(*was));
	ft_rewrite4(&l->d, was, rec->headers + sizeof(*was), l->d.proto,
		    rec->partial);
	return ft_same_headers(skb, rec) ? FASTTRACK_REASON_NONE :
					   FASTTRACK_REASON_MANGLED;
}

static enum fasttrack_reason
ft_learn6(struct fasttrack_net *fn, const struct sk_buff *skb,
	  struct fasttrack_record *rec, struct ft_lesson *l)
{
	struct ipv6hdr *was = (struct ipv6hdr *)rec->headers;
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	enum fasttrack_reason reason;

	reason = ft_check_route6(fn, skb, rec, l);
	if (reason)
		return reason;
	ft_learn_exact(l, ipv6_get_dsfield(was), ipv6_get_dsfield(ip6h),
		       was->hop_limit, ip6h->hop_limit);
	ft_learn_marks(l, skb, rec, rec->prio);
	ft_learn_seen(l, rec, ipv6_get_dsfield(was), sizeof(*was));
	if (ft_label_routes(fn->net, dst_rt6_info(skb_dst(skb)))) {
		l->d.flags |= FT_DIR_LABEL;
		l->d.label = ip6_flowlabel(was);
	}
	ft_rewrite6(&l->d, was, rec->headers + sizeof(*was), l->d.proto,
		    rec->partial);
	return ft_same_headers(skb, rec) ? FASTTRACK_REASON_NONE :
					   FASTTRACK_REASON_MANGLED;
}

/* What the packet teaches, or why it teaches nothing. No lock. */
static enum fasttrack_reason
ft_learn(struct fasttrack_net *fn, struct fasttrack_flow *flow,
	 const struct sk_buff *skb, struct fasttrack_record *rec, struct ft_lesson *l)
{
	const struct fasttrack_dir *d = ft_flow_dir(flow, rec->dir);
	enum fasttrack_reason reason;

	reason = ft_ct_eligible(flow->ct);
	if (!reason)
		reason = ft_check_dst(skb);
	if (reason)
		return reason;
	if (flow->family) {
		/* What is not constant may change meanwhile: filled in, or not used */
		data_race(({ l->d6 = *container_of(d, struct fasttrack_dir6, d);
			     0; }));
		return ft_learn6(fn, skb, rec, l);
	}
	/* As above */
	data_race(({ l->d = *d; 0; }));
	return ft_learn4(fn, skb, rec, l);
}

static bool ft_lesson_known(const struct fasttrack_dir *d,
			    const struct fasttrack_cold *c,
			    const struct ft_lesson *l)
{
	return d->dst == l->d.dst && d->iif == l->d.iif &&
	       d->mark_in == l->d.mark_in && d->flags == l->d.flags &&
	       d->tos_in == l->d.tos_in && d->tos_out == l->d.tos_out &&
	       d->tos_mask == l->d.tos_mask && d->ttl_in == l->d.ttl_in &&
	       d->ttl_out == l->d.ttl_out && c->mark_out == l->mark_out &&
	       c->prio_out == l->prio_out &&
	       (!(d->flags & FT_DIR_LABEL) || d->label == l->d.label);
}

/* Without FT_DIR_EXACT a learned TTL means nothing, so let it not differ */
static void ft_lesson_normalize(struct ft_lesson *l)
{
	if (l->d.flags & FT_DIR_EXACT)
		return;
	l->d.ttl_in = 0;
	l->d.ttl_out = 0;
	l->d.tos_in &= l->d.tos_mask;
	l->d.tos_out = l->d.tos_in;
}

/* Store what changed. The direction is settled: nobody reads these. */
static bool ft_dir_store(struct fasttrack_net *fn, struct fasttrack_flow *flow,
			 unsigned int dir, const struct ft_lesson *l)
{
	struct fasttrack_dir *d = ft_flow_dir(flow, dir);
	struct fasttrack_cold *c = &flow->cold[dir];
	struct dst_entry *old = d->dst;

	if (!dst_hold_safe(l->d.dst))
		return false;
	/* With the route that the packets so far have taken */
	ft_mib_tell(fn, flow, dir);
	if (flow->family)
		d->neigh = NULL;
	d->dst = l->d.dst;
	d->iif = l->d.iif;
	d->mark_in = l->d.mark_in;
	d->flags = l->d.flags;
	if (d->flags & FT_DIR_LABEL)
		d->label = l->d.label;
	d->tos_in = l->d.tos_in;
	d->tos_out = l->d.tos_out;
	d->tos_mask = l->d.tos_mask;
	d->ttl_in = l->d.ttl_in;
	d->ttl_out = l->d.ttl_out;
	c->mark_out = l->mark_out;
	c->prio_out = l->prio_out;
	d->teller = nr_cpu_ids > FT_TELLER_CPU ? FT_TELLER_NONE :
						 smp_processor_id();
	dst_release(old);
	return true;
}

/* The lease begins, and what was seen before it counts no more. The next segment
 * is judged by its options and flags again, but for the one after a late reader's:
 * who found the gate open in the last lease may store his word only now. It is one
 * without rare flags, and what it has by way of options was judged in that lease.
 */
static void ft_dir_lease(struct fasttrack_net *fn, struct fasttrack_flow *flow,
			 unsigned int dir, const struct ft_lesson *l)
{
	struct fasttrack_dir *d = ft_flow_dir(flow, dir);

	WRITE_ONCE(d->seen, l->d.seen);
	if (d->proto == IPPROTO_TCP)
		WRITE_ONCE(d->tcp_word,
			   ft_tcp_word_unjudged(READ_ONCE(d->tcp_word)));
	WRITE_ONCE(d->lease_end, (u32)jiffies +
		   min(READ_ONCE(fn->lease), ft_ct_lease_cap(flow)));
}

/* @more: nothing has changed, and the lease goes on: a packet has shown more */
static void ft_dir_arm(struct fasttrack_net *fn, struct fasttrack_flow *flow,
		       unsigned int dir, const struct ft_lesson *l, bool more)
{
	struct fasttrack_dir *d = ft_flow_dir(flow, dir);

	ft_flow_wake(flow);
	if (more)
		WRITE_ONCE(d->seen, d->seen | l->d.seen);
	else
		ft_dir_lease(fn, flow, dir, l);
	/* Words that a late reader of the last arming may still see; each is
	 * right on its own for the packet that proved it.
	 */
	WRITE_ONCE(d->gen, l->d.gen);
	WRITE_ONCE(d->mtu, l->d.mtu);
	flow->dir_reason[dir] = FASTTRACK_REASON_NONE;
	flow->reason = FASTTRACK_REASON_NONE;
	if (flow->state != FASTTRACK_FLOW_STATE_ACTIVE) {
		flow->state = FASTTRACK_FLOW_STATE_ACTIVE;
		atomic_inc(&fn->active[flow->family]);
	}
	/* Release: pairs with the acquire in the early hooks */
	smp_store_release(&d->gate, d->gate | FT_ARMED);
	ft_ingress_armed(fn, d->iif);
}

/* Has the rule not matched for so long that it does not any more? Either direction
 * will do, so the stamp of one that no rule names is as old as the other's lease.
 */
static bool ft_stamp_old(const struct fasttrack_net *fn,
			 const struct fasttrack_flow *flow, u32 now)
{
	return now - READ_ONCE(flow->stamp) > READ_ONCE(fn->lease) + HZ;
}

/* Was the rule that matched last perhaps the one that went? For good after its
 * end; but also in the jiffy of that, and for one more whenever jiffies have gone
 * round. The next packet knows.
 */
static bool ft_stamp_gone(const struct fasttrack_net *fn,
			  const struct fasttrack_flow *flow, u32 now)
{
	return now - READ_ONCE(flow->stamp) >= now - READ_ONCE(fn->rule_gone);
}

/* Arm, or say why not. Context: flow->lock. */
static enum fasttrack_reason
ft_try_arm(struct fasttrack_net *fn, struct fasttrack_flow *flow,
	   const struct fasttrack_record *rec, struct ft_lesson *l)
{
	struct fasttrack_dir *d = ft_flow_dir(flow, rec->dir);
	struct fasttrack_cold *c = &flow->cold[rec->dir];
	u32 now = (u32)jiffies;
	bool more = false;

	if (d->gate & FT_ARMED || flow->dead)
		return FASTTRACK_REASON_NONE;
	if (flow->state == FASTTRACK_FLOW_STATE_CLOSING)
		return FASTTRACK_REASON_CLOSING;
	/* Queued: what came behind it may still be so */
	if (now - rec->stamp >= FT_HOLD)
		return FASTTRACK_REASON_NO_RECORD;
	if (rec->gen != ft_gen(fn))
		return FASTTRACK_REASON_STALE;
	/* Generation before the time that a rule went: nf_fasttrack_put() */
	smp_rmb();
	if (ft_stamp_old(fn, flow, now) || ft_stamp_gone(fn, flow, now))
		return FASTTRACK_REASON_RULE;
	ft_lesson_normalize(l);
	if (ft_lesson_known(d, c, l)) {
		more = d->gen == l->d.gen && d->mtu == l->d.mtu &&
		       ft_before(now, d->lease_end);
	} else {
		if (d->dst && !ft_dir_settled(flow, rec->dir)) {
			start_poll_synchronize_rcu();
			return FASTTRACK_REASON_SETTLING;
		}
		if (!ft_dir_store(fn, flow, rec->dir, l))
			return FASTTRACK_REASON_STALE;
	}
	ft_dir_arm(fn, flow, rec->dir, l, more);
	return FASTTRACK_REASON_NONE;
}

/* Has a record the addresses and ports of a direction? */
static bool ft_record_tuple(const struct fasttrack_record *rec,
			    struct fasttrack_dir *d, u8 family)
{
	const struct ipv6hdr *ip6h = (const void *)rec->headers;
	const struct iphdr *iph = (const void *)rec->headers;
	const void *l4 = family ? (const void *)(ip6h + 1) : iph + 1;

	if (iph->version != (family ? 6 : 4) ||
	    d->l4 != ft_key_l4(get_unaligned((const u32 *)l4), IPPROTO_TCP))
		return false;
	if (!family)
		return get_unaligned((const u64 *)&iph->saddr) == d->addr4;
	return ipv6_addr_equal(&ip6h->saddr, &ft_dir6(d)->saddr) &&
	       ipv6_addr_equal(&ip6h->daddr, &ft_dir6(d)->daddr);
}

/* Take the record of a packet if it is one of this flow. The one of a handshake
 * was left before there was a flow: see handshake.c.
 */
static bool ft_record_of(struct fasttrack_flow *flow, const struct sk_buff *skb,
			 unsigned int dir, struct fasttrack_record *rec)
{
	if (!ft_record_take(skb, rec))
		return false;
	if (!rec->handshake)
		return rec->flow_id == flow->id;
	rec->dir = dir;
	return rec->teach && ft_handshake_over(rec->flow_id) &&
	       ft_record_tuple(rec, ft_flow_dir(flow, dir), flow->family);
}

/* The packet that made the flow passed the early hook before there was one */
static void ft_no_record(struct fasttrack_net *fn,
			 const struct fasttrack_flow *flow, unsigned int dir)
{
	if (READ_ONCE(flow->dir_reason[dir]))
		ft_count(fn, FASTTRACK_REASON_NO_RECORD);
	else
		ft_count(fn, FASTTRACK_REASON_LEARNING);
}

static noinline void ft_leaving(struct fasttrack_net *fn, struct nf_conn *ct,
				enum ip_conntrack_info ctinfo,
				const struct sk_buff *skb)
{
	enum fasttrack_reason reason = FASTTRACK_REASON_NONE;
	struct fasttrack_flow *flow;
	struct fasttrack_record rec __uninitialized;
	struct ft_lesson lesson __uninitialized;
	bool fast;

	flow = ft_flow_find(fn, ct);
	if (!flow)
		return;
	ft_policies_check(fn);
	if (!ft_record_of(flow, skb, CTINFO2DIR(ctinfo), &rec)) {
		if (READ_ONCE(flow->state) != FASTTRACK_FLOW_STATE_CLOSING)
			ft_no_record(fn, flow, CTINFO2DIR(ctinfo));
		return;
	}
	if (rec.teach && CTINFO2DIR(ctinfo) != rec.dir)
		rec.teach = false;
	if (rec.teach)
		reason = ft_learn(fn, flow, skb, &rec, &lesson);

	spin_lock(&flow->lock);
	if (!ft_ct_load(flow) && rec.teach && !reason)
		reason = FASTTRACK_REASON_NOT_ESTABLISHED;
	if (rec.teach && !reason)
		reason = ft_try_arm(fn, flow, &rec, &lesson);
	if (reason && !flow->dead) {
		flow->dir_reason[rec.dir] = reason;
		flow->reason = reason;
	}
	fast = ft_flow_became_fast(flow);
	if (!rec.handshake)
		ft_dir_seen(flow, rec.dir, rec.seq);
	spin_unlock(&flow->lock);

	if (fast)
		ft_notify(flow, FASTTRACK_CMD_CONNECTION_FAST_NTF,
			  FASTTRACK_REASON_NONE);
	if (!reason)
		return;
	ft_count(fn, reason);
	if (reason == FASTTRACK_REASON_RULE &&
	    ft_stamp_old(fn, flow, (u32)jiffies))
		ft_flow_kill(flow, reason);
}

/**
 * ft_hook_learn - the last POSTROUTING hook, both families
 * @priv: namespace
 * @skb: packet as it leaves
 * @state: hook state
 *
 * Return: NF_ACCEPT. Context: RCU read side; softirq, or process context for
 * a packet from NFQUEUE.
 */
unsigned int ft_hook_learn(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct || !test_bit(FT_CT_FLOW_BIT, &ct->status))
		return NF_ACCEPT;
	/* Closed: the early hook has left no record and holds nothing */
	if (nf_ct_protonum(ct) == IPPROTO_TCP &&
	    READ_ONCE(ct->proto.tcp.state) != TCP_CONNTRACK_ESTABLISHED)
		return NF_ACCEPT;
	if (ctinfo != IP_CT_ESTABLISHED && ctinfo != IP_CT_ESTABLISHED_REPLY)
		return NF_ACCEPT;
	/* The record table and the locks want softirqs off */
	if (likely(in_softirq())) {
		ft_leaving(priv, ct, ctinfo, skb);
	} else {
		local_bh_disable();
		ft_leaving(priv, ct, ctinfo, skb);
		local_bh_enable();
	}
	return NF_ACCEPT;
}
