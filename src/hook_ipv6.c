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
ft_find6(struct fasttrack_net *fn, const struct ipv6hdr *ip6h, const void *l4,
	 const u8 proto, u32 *hash)
{
	return ft_table_find6(&fn->table[1], &ip6h->saddr, &ip6h->daddr,
			      ft_key_l4(get_unaligned((const u32 *)l4), proto),
			      hash);
}

/* By value: see ft_slow4() */

static noinline unsigned int ft_hold_back6(struct fasttrack_packet pkt)
{
	if (!ft_comes_back(pkt.skb) || !(READ_ONCE(pkt.dir->gate) & FT_ARMED))
		return NF_ACCEPT;
	return ft_hold_back(&pkt, 1);
}

/* Extension headers, fragments among them: slow, but the flow must know */
static noinline unsigned int ft_extended6(struct fasttrack_net *fn,
					  struct sk_buff *skb,
					  const bool ingress)
{
	u8 nexthdr = ipv6_hdr(skb)->nexthdr;
	enum fasttrack_reason reason;
	struct fasttrack_packet pkt;
	struct fasttrack_dir *d;
	__be16 frag_off = 0;
	int thoff;
	u32 hash;

	thoff = ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), &nexthdr,
				 &frag_off);
	reason = FASTTRACK_REASON_EXT_HEADER;
	if (frag_off || ipv6_hdr(skb)->nexthdr == NEXTHDR_FRAGMENT) {
		ft_fragment_note(fn, ft_frag_hash6(ipv6_hdr(skb)));
		reason = FASTTRACK_REASON_FRAGMENT;
	}
	if (thoff < 0 || frag_off & htons(~0x7))
		return NF_ACCEPT;
	if (nexthdr != IPPROTO_TCP && nexthdr != IPPROTO_UDP)
		return NF_ACCEPT;
	/* A first fragment may have no more than the ports */
	if (!pskb_may_pull(skb, thoff + FT_PORTS))
		return NF_ACCEPT;
	d = ft_find6(fn, ipv6_hdr(skb), skb->data + thoff, nexthdr, &hash);
	if (!d)
		return NF_ACCEPT;
	pkt = ft_packet(fn, skb, d, thoff, skb->len);
	return ingress ? ft_hold_back6(pkt) : ft_slow(&pkt, 1, reason);
}

/* Checks that hold for arming, too: is the packet a plain one? */
static __always_inline enum fasttrack_reason
ft_check_plain6(const struct fasttrack_packet *pkt, const struct ipv6hdr *ip6h,
		const bool ingress)
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
	return FASTTRACK_REASON_NONE;
}

/* A deleted route loses its origin at once, and nothing else tells of it. The
 * serial number vouches for the rest: whoever adds a route or a policy moves it.
 * The route's cookie would say less, as it knows of its own table alone.
 */
static __always_inline bool ft_stale6(const struct fasttrack_packet *pkt)
{
	const struct fasttrack_dir *d = pkt->dir;
	struct dst_entry *dst = d->dst;

	return READ_ONCE(d->gen) != ft_gen(pkt->fn) ||
	       READ_ONCE(dst->obsolete) == DST_OBSOLETE_DEAD ||
	       !rcu_access_pointer(dst_rt6_info(dst)->from) ||
	       READ_ONCE(d->sernum) != rt_genid_ipv6(pkt->fn->net);
}

static __always_inline enum fasttrack_reason
ft_check_route6(const struct fasttrack_packet *pkt)
{
	struct net *net = pkt->fn->net;
	struct dst_entry *dst = pkt->dir->dst;
	struct inet6_dev *idev = ip6_dst_idev(dst);
	u32 mtu, path_mtu;

	/* Neither switch makes the route stale; ip6_forward() and
	 * ip6_output() look at them for each packet.
	 */
	if (unlikely(!READ_ONCE(net->ipv6.devconf_all->forwarding)))
		return FASTTRACK_REASON_FORWARDING_OFF;
	if (unlikely(!idev || READ_ONCE(idev->cnf.disable_ipv6)))
		return FASTTRACK_REASON_FORWARDING_OFF;
	/* Every link carries the least MTU, and so does a learned route.
	 * ip6_forward() goes by the device's, unless the route's is locked,
	 * and ip6_output() by the route's, if it has one.
	 */
	if (pkt->len > IPV6_MIN_MTU) {
		mtu = ip6_dst_mtu_maybe_forward(dst, true);
		mtu = max_t(u32, mtu, IPV6_MIN_MTU);
		path_mtu = dst_metric_raw(dst, RTAX_MTU);
		if (ft_too_big(pkt, path_mtu ? min(mtu, path_mtu) : mtu))
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
	if (unlikely(!ft_ecn_seen(d, ipv6_get_dsfield(ip6h))))
		return FASTTRACK_REASON_LEARNING;
	if (unlikely(d->flags & (FT_DIR_EXACT | FT_DIR_LABEL))) {
		if (d->flags & FT_DIR_EXACT && ip6h->hop_limit != d->ttl_in)
			return FASTTRACK_REASON_TTL;
		if (d->flags & FT_DIR_LABEL && ip6_flowlabel(ip6h) != d->label)
			return FASTTRACK_REASON_STALE;
	}
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
	  const u8 proto, const bool ingress)
{
	enum fasttrack_reason reason;

	reason = ft_check_plain6(pkt, ip6h, ingress);
	if (likely(!reason))
		reason = ft_check_learned6(pkt, ip6h);
	if (likely(!reason) && unlikely(ft_checksum_wanted(pkt, proto)) &&
	    ft_checksum_bad6(*pkt))
		reason = FASTTRACK_REASON_CHECKSUM;
	return reason;
}

/* Ahead of anything else: what the packet is. A FIN ends the flow, whatever else
 * keeps it from going fast.
 */
static enum fasttrack_reason ft_check_whole6(const struct fasttrack_packet *pkt)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(pkt->skb);
	enum fasttrack_reason reason;

	reason = ft_check_plain6(pkt, ip6h, false);
	return reason ?: ft_check_l4(pkt->skb->data + pkt->thoff,
				     ip6h->nexthdr, pkt->len - pkt->thoff);
}

static noinline unsigned int ft_slow6(struct fasttrack_packet pkt,
				      enum fasttrack_reason reason)
{
	return ft_slow(&pkt, 1, ft_check_whole6(&pkt) ?: reason);
}

/* A packet of a direction that is not simply armed: see ft_not_armed4() */
static noinline unsigned int ft_not_armed6(struct fasttrack_packet pkt)
{
	struct fasttrack_flow *flow = ft_dir_flow(pkt.dir, 1);
	const struct ipv6hdr *ip6h = ipv6_hdr(pkt.skb);
	enum fasttrack_reason reason;

	/* VRF: see ft_not_armed4() */
	if (IP6CB(pkt.skb)->flags & IP6SKB_L3SLAVE)
		return NF_ACCEPT;
	reason = ft_check_whole6(&pkt);
	if (reason)
		return ft_slow(&pkt, 1, reason);
	if (READ_ONCE(flow->state) == FASTTRACK_FLOW_STATE_CLOSING)
		return ft_slow(&pkt, 1, FASTTRACK_REASON_CLOSING);
	/* Acquire: as in ft_gate_open() */
	if (!(smp_load_acquire(&pkt.dir->gate) & FT_ARMED))
		return ft_slow(&pkt, 1, FASTTRACK_REASON_LEARNING);
	reason = ft_judge6(&pkt, ip6h, ip6h->nexthdr, false);
	if (!reason && pkt.dir->proto == IPPROTO_TCP)
		reason = ft_tcp_would_pass(&pkt, 1);
	if (!reason)
		reason = ft_tick(pkt.fn, pkt.dir, pkt.now, 1);
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

/* The rest of what ip6_rcv_core() does: see ft_receive4() */
static __always_inline void ft_receive6(const struct fasttrack_packet *pkt)
{
	struct net *net = pkt->fn->net;
	struct sk_buff *skb = pkt->skb;

	if (unlikely(pkt->wire_len != pkt->len))
		__IP6_ADD_STATS(net, __in6_dev_get(skb->dev),
				IPSTATS_MIB_INOCTETS, pkt->wire_len - pkt->len);
	if (unlikely(skb_shinfo(skb)->gso_segs > 1))
		__IP6_ADD_STATS(net, __in6_dev_get(skb->dev),
				IPSTATS_MIB_NOECTPKTS +
				(ipv6_get_dsfield(ipv6_hdr(skb)) &
				 INET_ECN_MASK),
				skb_shinfo(skb)->gso_segs - 1);
	memset(IP6CB(skb), 0, sizeof(struct inet6_skb_parm));
	IP6CB(skb)->iif = skb->dev->ifindex;
	IP6CB(skb)->nhoff = offsetof(struct ipv6hdr, nexthdr);
	ft_receive(pkt);
}

/* Remembered under the lock and under a generation that nobody has remembered it
 * by before. Who has found the former generation current is a reader older than
 * this look-up, and what was in the table then outlives him, too.
 */
static noinline struct neighbour *ft_neigh6_find(struct fasttrack_dir *d)
{
	struct fasttrack_flow *flow = ft_dir_flow(d, 1);
	const struct in6_addr *nexthop;
	struct neighbour *neigh;
	u32 gen;

	spin_lock(&flow->lock);
	gen = ft_neigh_gen();
	/* Generation before table: pairs with ft_netevent(), which comes after
	 * the entry was taken out
	 */
	smp_rmb();
	nexthop = rt6_nexthop(dst_rt6_info(d->dst), &ft_dir6(d)->new_daddr);
	neigh = __ipv6_neigh_lookup_noref(ft_dst_dev(d->dst), nexthop);
	if (neigh && (!d->neigh || d->neigh_gen != gen)) {
		WRITE_ONCE(d->neigh, neigh);
		/* Release: pairs with the acquire in ft_neigh6() */
		smp_store_release(&d->neigh_gen, gen);
	}
	spin_unlock(&flow->lock);
	return neigh;
}

/* The neighbour of the address that leaves; none yet means slow. One that is
 * remembered under the current generation was in its table when this RCU
 * section began, so its memory is good until the section ends.
 */
static __always_inline struct neighbour *ft_neigh6(struct fasttrack_dir *d)
{
	struct neighbour *neigh;
	u32 gen;

	/* Acquire: the neighbour belongs to the generation or a later one */
	gen = smp_load_acquire(&d->neigh_gen);
	neigh = READ_ONCE(d->neigh);
	if (likely(neigh && gen == ft_neigh_gen()))
		return neigh;
	return ft_neigh6_find(d);
}

/* All checks have passed, the packet is writable and as PRE_ROUTING would see
 * it: change it, send it
 */
static __always_inline unsigned int
ft_send6(struct fasttrack_net *fn, struct sk_buff *skb,
	 struct fasttrack_dir *d, u32 now, struct neighbour *neigh,
	 const u8 proto, const bool ingress)
{
	struct ipv6hdr *ip6h = (struct ipv6hdr *)skb->data;
	struct dst_entry *dst = d->dst;

	ft_account(fn, d, now, skb->len,
		   ft_kind(ingress, ipv6_get_dsfield(ip6h)), 1);
	/* Packets with extension headers went slow */
	ft_rewrite6(d, ip6h, ip6h + 1, proto,
		    skb->ip_summed == CHECKSUM_PARTIAL);
	ft_dress(skb, d, dst, 1);
	return ft_output(neigh, skb, false);
}

/* See ft_handshake4() */
static noinline void ft_handshake6(struct fasttrack_net *fn,
				   struct sk_buff *skb, u32 hash)
{
	const struct tcphdr *th = (void *)(skb->data + sizeof(struct ipv6hdr));
	struct fasttrack_packet pkt;

	pkt = ft_packet(fn, skb, NULL, sizeof(struct ipv6hdr), skb->len);
	if (!(IP6CB(skb)->flags & IP6SKB_L3SLAVE))
		ft_handshake(&pkt, hash,
			     !th->syn && !ft_check_whole6(&pkt));
}

/* At PRE_ROUTING: the packet belongs to no flow */
static __always_inline unsigned int
ft_miss6(struct fasttrack_net *fn, struct sk_buff *skb, const void *l4,
	 const u8 proto, u32 hash)
{
	ft_port_miss(fn, skb->dev);
	if (proto == IPPROTO_TCP && unlikely(ft_handshake_concerns(l4, hash)))
		ft_handshake6(fn, skb, hash);
	return NF_ACCEPT;
}

static __always_inline unsigned int
ft_hit6(const struct fasttrack_packet *pkt, const struct ipv6hdr *ip6h,
	const u8 proto, const bool ingress)
{
	struct neighbour *neigh = NULL;
	struct fasttrack_dir *d = pkt->dir;
	struct sk_buff *skb = pkt->skb;
	enum fasttrack_reason reason;

	if (ingress && unlikely(ft_not_ours(skb) ||
				!ft_header_good6(pkt, ip6h)))
		return NF_ACCEPT;
	ft_fetch_entry(pkt, proto, 1);
	if (unlikely(!ft_gate_open(d, 1))) {
		if (!ingress)
			return ft_not_armed6(*pkt);
		return ft_hold_back6(*pkt);
	}
	if (ingress && unlikely(skb_shared(skb) || skb_vlan_tag_present(skb)))
		return ft_hold_back6(*pkt);
	reason = ft_judge6(pkt, ip6h, proto, ingress);
	if (likely(!reason)) {
		neigh = ft_neigh6(d);
		if (unlikely(!neigh))
			reason = FASTTRACK_REASON_NEIGHBOUR;
		else if (unlikely(skb_cow(skb, ft_headroom(d->dst))))
			reason = FASTTRACK_REASON_NO_MEMORY;
		else
			reason = ft_l4_pass(pkt, proto, 1);
	}
	if (likely(!reason))
		reason = ft_time(pkt, 1);
	if (ingress && likely(!reason) && unlikely(!ft_trim(pkt)))
		reason = FASTTRACK_REASON_NO_MEMORY;
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
	return ft_send6(pkt->fn, skb, d, pkt->now, neigh, proto, ingress);
}

/* No extension headers. A copy of all that follows for each protocol. */
static __always_inline unsigned int
ft_plain6(struct fasttrack_net *fn, struct sk_buff *skb, const u8 proto,
	  const bool ingress)
{
	unsigned int len = skb->len;
	const struct ipv6hdr *ip6h;
	struct fasttrack_packet pkt;
	struct fasttrack_dir *d;
	u32 hash;

	if (unlikely(!pskb_may_pull(skb, sizeof(*ip6h) + ft_l4_min(proto))))
		return NF_ACCEPT;
	ip6h = (const struct ipv6hdr *)skb->data;
	d = ft_find6(fn, ip6h, ip6h + 1, proto, &hash);
	if (!d)
		return ingress ? NF_ACCEPT :
				 ft_miss6(fn, skb, ip6h + 1, proto, hash);
	/* A payload length of 0 means too much for the field, which a GSO
	 * packet may be
	 */
	if (ingress && likely(ip6h->payload_len))
		len = sizeof(*ip6h) + ntohs(ip6h->payload_len);
	pkt = ft_packet(fn, skb, d, sizeof(*ip6h), len);
	return ft_hit6(&pkt, ip6h, proto, ingress);
}

static __always_inline unsigned int
ft_early6(struct fasttrack_net *fn, struct sk_buff *skb, const bool ingress)
{
	const struct ipv6hdr *ip6h;

	if (ingress && unlikely(!pskb_may_pull(skb, sizeof(*ip6h))))
		return NF_ACCEPT;
	ip6h = (const struct ipv6hdr *)skb->data;
	if (ip6h->nexthdr == IPPROTO_TCP)
		return ft_plain6(fn, skb, IPPROTO_TCP, ingress);
	if (likely(ip6h->nexthdr == IPPROTO_UDP))
		return ft_plain6(fn, skb, IPPROTO_UDP, ingress);
	return ipv6_ext_hdr(ip6h->nexthdr) ? ft_extended6(fn, skb, ingress) :
					     NF_ACCEPT;
}

/**
 * ft_ingress_ipv6 - the early hook of IPv6 at netdev ingress
 * @fn: namespace
 * @skb: packet as the device gave it, at its network header
 *
 * Return: NF_STOLEN if the packet went fast, else NF_ACCEPT. Context: RCU read
 * side, BH off.
 */
__no_stack_protector unsigned int
ft_ingress_ipv6(struct fasttrack_net *fn, struct sk_buff *skb)
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
__no_stack_protector unsigned int
ft_hook_ipv6(void *priv, struct sk_buff *skb,
	     const struct nf_hook_state *state)
{
	if (unlikely(!in_softirq()))
		return ft_hook_process6(priv, skb);
	return ft_early6(priv, skb, false);
}
