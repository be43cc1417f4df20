// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the early hooks of IPv6, at PRE_ROUTING and at netdev ingress: parse,
 * look up, decide, rewrite, send. Knows what was learned, never how. The rules
 * of hook_ipv4.c hold here.
 */
#include <linux/netfilter_ipv6.h>
#include <linux/unaligned.h>
#include <net/addrconf.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include <net/neighbour.h>

#include "hook.h"
#include "rewrite.h"

static u32 ft_frag_hash6(const struct ipv6hdr *ip6h)
{
	return ((__force u32)ip6h->saddr.s6_addr32[3] ^
		(__force u32)ip6h->daddr.s6_addr32[3] ^
		(__force u32)ip6h->saddr.s6_addr32[2] ^
		(__force u32)ip6h->daddr.s6_addr32[2]) * 0x9e3779b1U >> 24;
}

static __always_inline struct fasttrack_dir *
ft_find6(struct fasttrack_net *fn, const struct ipv6hdr *ip6h, u8 proto,
	 const void *l4)
{
	return ft_table_find6(&fn->table[1], &ip6h->saddr, &ip6h->daddr,
			      ft_key_l4(get_unaligned((const u32 *)l4), proto));
}

/* By value: see ft_slow4() */
static noinline unsigned int ft_slow6(struct fasttrack_packet pkt,
				      enum fasttrack_reason reason)
{
	return ft_slow(&pkt, 1, reason);
}

static noinline unsigned int ft_hold_back6(struct fasttrack_packet pkt)
{
	if (pkt.skb->pkt_type == PACKET_OTHERHOST ||
	    !(READ_ONCE(pkt.dir->gate) & FT_ARMED))
		return NF_ACCEPT;
	return ft_hold_back(&pkt, 1);
}

/* Extension headers, fragments among them: slow, but the flow must know */
static noinline unsigned int ft_extended6(struct fasttrack_packet pkt,
					  const bool ingress)
{
	struct sk_buff *skb = pkt.skb;
	enum fasttrack_reason reason;
	__be16 frag_off = 0;
	u8 nexthdr = ipv6_hdr(skb)->nexthdr;
	int thoff;

	thoff = ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), &nexthdr,
				 &frag_off);
	reason = FASTTRACK_REASON_EXT_HEADER;
	if (frag_off || ipv6_hdr(skb)->nexthdr == NEXTHDR_FRAGMENT) {
		ft_fragment_note(pkt.fn, ft_frag_hash6(ipv6_hdr(skb)));
		reason = FASTTRACK_REASON_FRAGMENT;
	}
	if (thoff < 0 || frag_off & htons(~0x7))
		return NF_ACCEPT;
	if (nexthdr != IPPROTO_TCP && nexthdr != IPPROTO_UDP)
		return NF_ACCEPT;
	/* A first fragment may have no more than the ports */
	if (!pskb_may_pull(skb, thoff + FT_PORTS))
		return NF_ACCEPT;
	pkt.thoff = thoff;
	pkt.dir = ft_find6(pkt.fn, ipv6_hdr(skb), nexthdr, skb->data + thoff);
	if (!pkt.dir)
		return NF_ACCEPT;
	return ingress ? ft_hold_back6(pkt) : ft_slow(&pkt, 1, reason);
}

/* Checks that hold for arming, too: is the packet a plain one? */
static __always_inline enum fasttrack_reason
ft_check_plain6(const struct fasttrack_packet *pkt, const struct ipv6hdr *ip6h,
		const void *l4, const bool ingress)
{
	enum fasttrack_reason reason;

	reason = ft_check_skb(pkt->skb, ingress);
	if (unlikely(reason))
		return reason;
	if (unlikely(ip6h->hop_limit <= 1))
		return FASTTRACK_REASON_TTL;
	/* A jumbogram, or a length that ip6_rcv_core() did not trim to */
	if (unlikely(!ip6h->payload_len && !skb_is_gso(pkt->skb)))
		return FASTTRACK_REASON_LENGTH;
	return ft_check_l4(l4, ip6h->nexthdr, pkt->len - pkt->thoff);
}

/* A deleted route loses its origin at once, and nothing else tells of it. As
 * long as no route was added the serial number vouches for the rest; after
 * that the route's cookie does. The number is never brought up to date here: a
 * policy bumps it first and the cookies after that, so a cookie that is good
 * now may go bad under the same number.
 */
static __always_inline bool ft_stale6(const struct fasttrack_packet *pkt)
{
	const struct fasttrack_dir *d = pkt->dir;
	struct dst_entry *dst = d->dst;

	if (d->gen != ft_gen(pkt->fn) ||
	    dst->obsolete == DST_OBSOLETE_DEAD ||
	    !rcu_access_pointer(dst_rt6_info(dst)->from))
		return true;
	if (likely(d->sernum == rt_genid_ipv6(pkt->fn->net)))
		return false;
	return !dst_check(dst, READ_ONCE(d->cookie));
}

static __always_inline enum fasttrack_reason
ft_check_route6(const struct fasttrack_packet *pkt)
{
	struct net *net = pkt->fn->net;
	struct dst_entry *dst = pkt->dir->dst;
	struct inet6_dev *idev = ip6_dst_idev(dst);
	u32 mtu;

	/* Neither switch makes the route stale; ip6_forward() and
	 * ip6_output() look at them for each packet.
	 */
	if (unlikely(!READ_ONCE(net->ipv6.devconf_all->forwarding)))
		return FASTTRACK_REASON_FORWARDING_OFF;
	if (unlikely(!idev || READ_ONCE(idev->cnf.disable_ipv6)))
		return FASTTRACK_REASON_FORWARDING_OFF;
	/* Every link carries the least MTU */
	if (pkt->len > IPV6_MIN_MTU) {
		mtu = ip6_dst_mtu_maybe_forward(dst, true);
		if (ft_too_big(pkt, max_t(u32, mtu, IPV6_MIN_MTU)))
			return FASTTRACK_REASON_MTU;
	}
	return FASTTRACK_REASON_NONE;
}

/* Is what was learned still so, and is the packet like the learned one? */
static __always_inline enum fasttrack_reason
ft_check_learned6(const struct fasttrack_packet *pkt,
		  const struct ipv6hdr *ip6h)
{
	const struct fasttrack_dir *d = pkt->dir;
	const struct sk_buff *skb = pkt->skb;

	ft_policies_check(pkt->fn);
	if (unlikely(skb->dev->ifindex != d->iif))
		return FASTTRACK_REASON_IIF;
	if (unlikely(skb->mark != d->mark_in))
		return FASTTRACK_REASON_MARK;
	if (unlikely((ipv6_get_dsfield(ip6h) ^ d->tos_in) & d->tos_mask))
		return FASTTRACK_REASON_DSCP;
	if (unlikely(d->flags & FT_DIR_EXACT && ip6h->hop_limit != d->ttl_in))
		return FASTTRACK_REASON_TTL;
	if (unlikely(ft_stale6(pkt)))
		return FASTTRACK_REASON_STALE;
	if (unlikely(ft_holding(pkt->now, READ_ONCE(pkt->fn->frag_end)) &&
		     ft_fragment_near(pkt->fn, ft_frag_hash6(ip6h), pkt->now)))
		return FASTTRACK_REASON_FRAGMENT;
	return ft_check_route6(pkt);
}

/* Would conntrack call the packet INVALID for its checksum? What the device
 * has verified costs nothing; the rest is summed as the slow path would.
 */
static noinline bool ft_checksum_bad6(struct fasttrack_packet pkt)
{
	return !ft_trim(&pkt) ||
	       nf_ip6_checksum(pkt.skb, NF_INET_PRE_ROUTING, pkt.thoff,
			       ipv6_hdr(pkt.skb)->nexthdr);
}

/* May a packet of an armed direction go fast? */
static __always_inline enum fasttrack_reason
ft_judge6(const struct fasttrack_packet *pkt, const struct ipv6hdr *ip6h,
	  const void *l4, const struct ft_segment *g, const bool ingress)
{
	struct fasttrack_dir *d = pkt->dir;
	enum fasttrack_reason reason;

	reason = ft_check_plain6(pkt, ip6h, l4, ingress);
	if (likely(!reason))
		reason = ft_check_learned6(pkt, ip6h);
	if (likely(!reason) && ip6h->nexthdr == IPPROTO_TCP &&
	    unlikely(!ft_tcp_in_window(d, ft_dir_reverse(d, 1), g)))
		reason = FASTTRACK_REASON_TCP_WINDOW;
	if (likely(!reason) && unlikely(ft_checksum_wanted(pkt)) &&
	    ft_checksum_bad6(*pkt))
		reason = FASTTRACK_REASON_CHECKSUM;
	if (likely(!reason) && unlikely(READ_ONCE(d->last) != pkt->now))
		reason = ft_tick(pkt->fn, d, pkt->now, 1);
	if (likely(!reason) && ip6h->nexthdr == IPPROTO_TCP &&
	    unlikely(ft_tcp_options(pkt)))
		reason = ft_ct_sack(*pkt, 1);
	return reason;
}

/* A packet of a direction that is not simply armed: see ft_not_armed4() */
static noinline unsigned int ft_not_armed6(struct fasttrack_packet pkt)
{
	struct fasttrack_flow *flow = ft_dir_flow(pkt.dir, 1);
	const struct ipv6hdr *ip6h = ipv6_hdr(pkt.skb);
	const void *l4 = pkt.skb->data + pkt.thoff;
	struct ft_segment g = {};
	enum fasttrack_reason reason;

	/* VRF: see ft_not_armed4() */
	if (IP6CB(pkt.skb)->flags & IP6SKB_L3SLAVE)
		return NF_ACCEPT;
	reason = ft_check_plain6(&pkt, ip6h, l4, false);
	if (reason)
		return ft_slow(&pkt, 1, reason);
	if (READ_ONCE(flow->state) == FASTTRACK_FLOW_STATE_CLOSING)
		return ft_slow(&pkt, 1, FASTTRACK_REASON_CLOSING);
	/* Acquire: as in ft_gate_open() */
	if (!(smp_load_acquire(&pkt.dir->gate) & FT_ARMED))
		return ft_slow(&pkt, 1, FASTTRACK_REASON_LEARNING);
	if (pkt.dir->proto == IPPROTO_TCP)
		g = ft_tcp_segment(l4, pkt.len - pkt.thoff);
	reason = ft_judge6(&pkt, ip6h, l4, &g, false);
	return ft_slow(&pkt, 1, reason ?: FASTTRACK_REASON_HELD);
}

/* Does the stack take it for an IPv6 packet, or drop it? As ip6_rcv_core().
 * What that tests of the addresses cannot be otherwise for a known flow.
 */
static __always_inline bool ft_header_good6(const struct fasttrack_packet *pkt,
					    const struct ipv6hdr *ip6h)
{
	const struct inet6_dev *idev = __in6_dev_get(pkt->skb->dev);

	return ip6h->version == 6 && pkt->len <= pkt->skb->len &&
	       idev && !READ_ONCE(idev->cnf.disable_ipv6);
}

/* The rest of what ip6_rcv_core() does */
static __always_inline void ft_receive6(const struct fasttrack_packet *pkt)
{
	struct net *net = pkt->fn->net;
	struct sk_buff *skb = pkt->skb;
	struct inet6_dev *idev = __in6_dev_get(skb->dev);

	__IP6_UPD_PO_STATS(net, idev, IPSTATS_MIB_IN, pkt->wire_len);
	__IP6_ADD_STATS(net, idev, IPSTATS_MIB_NOECTPKTS +
				   (ipv6_get_dsfield(ipv6_hdr(skb)) &
				    INET_ECN_MASK),
			max_t(unsigned short, 1, skb_shinfo(skb)->gso_segs));
	memset(IP6CB(skb), 0, sizeof(struct inet6_skb_parm));
	IP6CB(skb)->iif = skb->dev->ifindex;
	IP6CB(skb)->nhoff = offsetof(struct ipv6hdr, nexthdr);
	ft_receive(pkt);
}

static __always_inline void ft_snmp6(struct net *net, struct inet6_dev *idev,
				     unsigned int len)
{
	__IP6_INC_STATS(net, idev, IPSTATS_MIB_OUTFORWDATAGRAMS);
	if (FT_FORWARD_COUNTS_OCTETS)
		__IP6_ADD_STATS(net, idev, IPSTATS_MIB_OUTOCTETS, len);
	else
		IP6_UPD_PO_STATS(net, idev, IPSTATS_MIB_OUT, len);
}

/* The neighbour of the address that leaves; none yet means slow */
static __always_inline struct neighbour *
ft_neigh6(const struct fasttrack_dir *d)
{
	const struct fasttrack_dir6 *d6;
	const struct in6_addr *nexthop;

	d6 = container_of(d, struct fasttrack_dir6, d);
	nexthop = rt6_nexthop(dst_rt6_info(d->dst), &d6->new_daddr);
	return __ipv6_neigh_lookup_noref(d->dst->dev, nexthop);
}

/* All checks have passed, the packet is writable and as PRE_ROUTING would see
 * it: change it, send it
 */
static __always_inline unsigned int
ft_send6(struct fasttrack_net *fn, struct sk_buff *skb,
	 struct fasttrack_dir *d, u32 now, struct neighbour *neigh)
{
	struct ipv6hdr *ip6h = (struct ipv6hdr *)skb->data;
	struct dst_entry *dst = d->dst;

	ft_account(d, now, skb->len, 1);
	/* Packets with extension headers went slow */
	ft_rewrite6(d, ip6h, ip6h + 1, ip6h->nexthdr,
		    skb->ip_summed == CHECKSUM_PARTIAL);
	ft_dress(skb, d, dst, 1);
	ft_snmp6(fn->net, ip6_dst_idev(dst), skb->len);
	return ft_output(neigh, skb, false);
}

static __always_inline unsigned int
ft_hit6(const struct fasttrack_packet *pkt, const struct ipv6hdr *ip6h,
	const void *l4, const bool ingress)
{
	struct neighbour *neigh = NULL;
	struct fasttrack_dir *d = pkt->dir;
	struct sk_buff *skb = pkt->skb;
	enum fasttrack_reason reason;
	struct ft_segment g = {};

	if (ingress && unlikely(ft_not_ours(skb) ||
				!ft_header_good6(pkt, ip6h)))
		return NF_ACCEPT;
	if (unlikely(!ft_gate_open(d, 1))) {
		if (!ingress)
			return ft_not_armed6(*pkt);
		return ft_hold_back6(*pkt);
	}
	if (ingress && unlikely(skb_shared(skb)))
		return ft_hold_back6(*pkt);
	if (ip6h->nexthdr == IPPROTO_TCP)
		g = ft_tcp_segment(l4, pkt->len - pkt->thoff);
	reason = ft_judge6(pkt, ip6h, l4, &g, ingress);
	if (likely(!reason)) {
		neigh = ft_neigh6(d);
		if (unlikely(!neigh))
			reason = FASTTRACK_REASON_NEIGHBOUR;
		else if (unlikely(skb_cow(skb,
					  LL_RESERVED_SPACE(d->dst->dev)) ||
				  (ingress && !ft_trim(pkt))))
			reason = FASTTRACK_REASON_NO_MEMORY;
	}
	if (unlikely(reason)) {
		if (ingress)
			return ft_hold_back6(*pkt);
		if (reason == FASTTRACK_REASON_IIF &&
		    IP6CB(skb)->flags & IP6SKB_L3SLAVE)
			return NF_ACCEPT;
		return ft_slow6(*pkt, reason);
	}
	if (ingress)
		ft_receive6(pkt);
	if (d->proto == IPPROTO_TCP)
		ft_tcp_track(d, &g);
	return ft_send6(pkt->fn, skb, d, pkt->now, neigh);
}

static __always_inline unsigned int
ft_early6(struct fasttrack_net *fn, struct sk_buff *skb, const bool ingress)
{
	const struct ipv6hdr *ip6h;
	struct fasttrack_packet pkt;
	const void *l4;

	if (ingress && unlikely(!pskb_may_pull(skb, sizeof(*ip6h))))
		return NF_ACCEPT;
	ip6h = (const struct ipv6hdr *)skb->data;
	pkt.skb = skb;
	pkt.fn = fn;
	pkt.thoff = sizeof(*ip6h);
	pkt.wire_len = skb->len;
	pkt.now = (u32)jiffies;
	if (unlikely(ip6h->nexthdr != IPPROTO_TCP &&
		     ip6h->nexthdr != IPPROTO_UDP)) {
		if (ipv6_ext_hdr(ip6h->nexthdr))
			return ft_extended6(pkt, ingress);
		return NF_ACCEPT;
	}
	if (unlikely(!pskb_may_pull(skb, pkt.thoff +
					 ft_l4_min(ip6h->nexthdr))))
		return NF_ACCEPT;
	ip6h = (const struct ipv6hdr *)skb->data;
	/* A payload length of 0 means too much for the field, which a GSO
	 * packet may be
	 */
	pkt.len = skb->len;
	if (ingress && likely(ip6h->payload_len))
		pkt.len = sizeof(*ip6h) + ntohs(ip6h->payload_len);
	l4 = skb->data + pkt.thoff;
	pkt.dir = ft_find6(pkt.fn, ip6h, ip6h->nexthdr, l4);
	if (!pkt.dir) {
		if (!ingress)
			ft_port_miss(fn, skb->dev);
		return NF_ACCEPT;
	}
	return ft_hit6(&pkt, ip6h, l4, ingress);
}

/**
 * ft_ingress_ipv6 - the early hook of IPv6 at netdev ingress
 * @fn: namespace
 * @skb: packet as the device gave it, at its network header
 *
 * Return: NF_STOLEN if the packet went fast, else NF_ACCEPT. Context: RCU read
 * side, BH off.
 */
unsigned int ft_ingress_ipv6(struct fasttrack_net *fn, struct sk_buff *skb)
{
	return ft_early6(fn, skb, true);
}

static noinline unsigned int ft_hook_process6(struct fasttrack_net *fn,
					      struct sk_buff *skb)
{
	unsigned int verdict;

	local_bh_disable();
	verdict = ft_early6(fn, skb, false);
	local_bh_enable();
	return verdict;
}

/**
 * ft_hook_ipv6 - the early PRE_ROUTING hook of IPv6
 * @priv: namespace
 * @skb: packet as ip6_rcv_core() left it: lengths checked and trimmed
 * @state: hook state
 *
 * Return: NF_STOLEN if the packet went fast, else NF_ACCEPT. Context:
 * RCU read side; softirq, or process for what NFQUEUE returns to a chain ahead
 * of us.
 */
unsigned int ft_hook_ipv6(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	if (unlikely(!in_softirq()))
		return ft_hook_process6(priv, skb);
	return ft_early6(priv, skb, false);
}
