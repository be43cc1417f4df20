// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the early hooks of IPv4, at PRE_ROUTING and at netdev ingress: parse,
 * look up, decide, rewrite, send. Knows what was learned, never how, and not
 * which devices have an ingress hook.
 *
 * Ingress only ever sends, or holds what it does not send: PRE_ROUTING sees
 * the packet again and is the one place where slow packets are dealt with.
 *
 * Nothing of a packet is changed before the last check has passed; after the
 * first change it is sent or dropped by what sends it. Every doubt is
 * NF_ACCEPT, by way of ft_slow() when the packet belongs to a flow.
 */
#include <linux/inetdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/unaligned.h>
#include <net/arp.h>
#include <net/ip.h>
#include <net/neighbour.h>
#include <net/route.h>

#include "hook.h"
#include "rewrite.h"

static u32 ft_frag_hash4(const struct iphdr *iph)
{
	return ((__force u32)iph->saddr ^ (__force u32)iph->daddr) *
	       0x9e3779b1U >> 24;
}

/* Source and destination lie side by side, addresses as ports */
static __always_inline struct fasttrack_dir *
ft_find4(struct fasttrack_net *fn, const struct iphdr *iph, const void *l4,
	 const u8 proto, u32 *hash)
{
	return ft_table_find4(&fn->table[0],
			      get_unaligned((const u64 *)&iph->saddr),
			      ft_key_l4(get_unaligned((const u32 *)l4),
					proto), hash);
}

/* Slow packets: they are rare enough to be handed over by value, so that the
 * compiler may keep the fast ones' facts in registers.
 */

/* Ingress: a packet that is not for us is dropped by the stack and is nobody's
 * to wait for
 */
static noinline unsigned int ft_hold_back4(struct fasttrack_packet pkt)
{
	if (!ft_comes_back(pkt.skb) || !(READ_ONCE(pkt.dir->gate) & FT_ARMED))
		return NF_ACCEPT;
	return ft_hold_back(&pkt, 0);
}

static noinline unsigned int ft_fragment4(struct fasttrack_net *fn,
					  struct sk_buff *skb,
					  const bool ingress)
{
	const struct iphdr *iph = ip_hdr(skb);
	unsigned int thoff = iph->ihl * 4;
	struct fasttrack_packet pkt;
	struct fasttrack_dir *d;
	u32 hash;

	ft_fragment_note(fn, ft_frag_hash4(iph));
	if (ingress || iph->frag_off & htons(IP_OFFSET))
		return NF_ACCEPT;
	/* The first one names the flow, even if it has no more than the ports.
	 * It goes slow like any packet.
	 */
	if (!pskb_may_pull(skb, thoff + FT_PORTS))
		return NF_ACCEPT;
	d = ft_find4(fn, ip_hdr(skb), skb->data + thoff, ip_hdr(skb)->protocol,
		     &hash);
	if (!d)
		return NF_ACCEPT;
	pkt = ft_packet(fn, skb, d, thoff, skb->len);
	return ft_slow(&pkt, 0, FASTTRACK_REASON_FRAGMENT);
}

/* Checks that hold for arming, too: is the packet a plain one? */
static __always_inline enum fasttrack_reason
ft_check_plain4(const struct fasttrack_packet *pkt, const struct iphdr *iph,
		const bool ingress)
{
	enum fasttrack_reason reason;

	reason = ft_check_skb(pkt->skb, ingress);
	if (unlikely(reason))
		return reason;
	if (unlikely(iph->ttl <= 1))
		return FASTTRACK_REASON_TTL;
	return FASTTRACK_REASON_NONE;
}

/* Is what was learned still so, and is the packet like the learned one? */
static __always_inline enum fasttrack_reason
ft_check_learned4(const struct fasttrack_packet *pkt, const struct iphdr *iph)
{
	const struct fasttrack_dir *d = pkt->dir;
	const struct sk_buff *skb = pkt->skb;
	const struct rtable *rt = dst_rtable(d->dst);

	ft_policies_check(pkt->fn);
	if (unlikely(skb->dev->ifindex != d->iif))
		return FASTTRACK_REASON_IIF;
	if (unlikely(skb->mark != d->mark_in))
		return FASTTRACK_REASON_MARK;
	if (unlikely((iph->tos ^ d->tos_in) & d->tos_mask))
		return FASTTRACK_REASON_DSCP;
	if (unlikely(!ft_ecn_seen(d, iph->tos)))
		return FASTTRACK_REASON_LEARNING;
	if (unlikely(d->flags & FT_DIR_EXACT && iph->ttl != d->ttl_in))
		return FASTTRACK_REASON_TTL;
	/* What ipv4_dst_check() tests, and our own generation of devices */
	if (unlikely(READ_ONCE(d->gen) != ft_gen(pkt->fn) ||
		     READ_ONCE(rt->dst.obsolete) != DST_OBSOLETE_FORCE_CHK ||
		     rt->rt_genid != rt_genid_ipv4(pkt->fn->net)))
		return FASTTRACK_REASON_STALE;
	if (unlikely(ft_too_big(pkt, READ_ONCE(d->mtu))))
		return FASTTRACK_REASON_MTU;
	if (unlikely(ft_holding(pkt->now, READ_ONCE(pkt->fn->frag_end)) &&
		     ft_fragment_near(pkt->fn, ft_frag_hash4(iph), pkt->now)))
		return FASTTRACK_REASON_FRAGMENT;
	return FASTTRACK_REASON_NONE;
}

/* Would conntrack call the packet INVALID for its checksum? What the device
 * has verified costs nothing; the rest is summed as the slow path would.
 */
static noinline bool ft_checksum_bad4(struct fasttrack_packet pkt)
{
	return !ft_trim(&pkt) ||
	       nf_ip_checksum(pkt.skb, NF_INET_PRE_ROUTING, pkt.thoff,
			      ip_hdr(pkt.skb)->protocol);
}

/* May a packet of an armed direction go fast? */
static __always_inline enum fasttrack_reason
ft_judge4(const struct fasttrack_packet *pkt, const struct iphdr *iph,
	  const u8 proto, const bool ingress)
{
	enum fasttrack_reason reason;

	reason = ft_check_plain4(pkt, iph, ingress);
	if (likely(!reason))
		reason = ft_check_learned4(pkt, iph);
	if (likely(!reason) && unlikely(ft_checksum_wanted(pkt, proto)) &&
	    ft_checksum_bad4(*pkt))
		reason = FASTTRACK_REASON_CHECKSUM;
	return reason;
}

/* Ahead of anything else: what the packet is. A FIN ends the flow, whatever else
 * keeps it from going fast.
 */
static enum fasttrack_reason ft_check_whole4(const struct fasttrack_packet *pkt)
{
	const struct iphdr *iph = ip_hdr(pkt->skb);
	enum fasttrack_reason reason;

	reason = ft_check_plain4(pkt, iph, false);
	return reason ?: ft_check_l4(pkt->skb->data + pkt->thoff,
				     iph->protocol, pkt->len - pkt->thoff);
}

static noinline unsigned int ft_slow4(struct fasttrack_packet pkt,
				      enum fasttrack_reason reason)
{
	return ft_slow(&pkt, 0, ft_check_whole4(&pkt) ?: reason);
}

/* A packet of a direction that is not simply armed. One that ingress or a
 * packet ahead of it holds back may have a reason of its own.
 */
static noinline unsigned int ft_not_armed4(struct fasttrack_packet pkt)
{
	struct fasttrack_flow *flow = ft_dir_flow(pkt.dir, 0);
	const struct iphdr *iph = ip_hdr(pkt.skb);
	enum fasttrack_reason reason;

	/* VRF: the second pass through PRE_ROUTING of a packet that the
	 * first one has recorded.
	 */
	if (IPCB(pkt.skb)->flags & IPSKB_L3SLAVE)
		return NF_ACCEPT;
	reason = ft_check_whole4(&pkt);
	if (reason)
		return ft_slow(&pkt, 0, reason);
	if (READ_ONCE(flow->state) == FASTTRACK_FLOW_STATE_CLOSING)
		return ft_slow(&pkt, 0, FASTTRACK_REASON_CLOSING);
	/* Acquire: as in ft_gate_open() */
	if (!(smp_load_acquire(&pkt.dir->gate) & FT_ARMED))
		return ft_slow(&pkt, 0, FASTTRACK_REASON_LEARNING);
	reason = ft_judge4(&pkt, iph, iph->protocol, false);
	if (!reason && pkt.dir->proto == IPPROTO_TCP)
		reason = ft_tcp_would_pass(&pkt, 0);
	if (!reason)
		reason = ft_tick(pkt.fn, pkt.dir, pkt.now, 0);
	return ft_slow(&pkt, 0, reason ?: FASTTRACK_REASON_HELD);
}

/* A TCP packet of no flow that may be part of a handshake. VRF: see
 * ft_not_armed4().
 */
static noinline void ft_handshake4(struct fasttrack_net *fn,
				   struct sk_buff *skb, u32 hash)
{
	const struct tcphdr *th = (void *)(skb->data + sizeof(struct iphdr));
	struct fasttrack_packet pkt;

	pkt = ft_packet(fn, skb, NULL, sizeof(struct iphdr), skb->len);
	if (!(IPCB(skb)->flags & IPSKB_L3SLAVE))
		ft_handshake(&pkt, hash,
			     !th->syn && !ft_check_whole4(&pkt));
}

/* At PRE_ROUTING: the packet belongs to no flow */
static __always_inline unsigned int
ft_miss4(struct fasttrack_net *fn, struct sk_buff *skb, const void *l4,
	 const u8 proto, u32 hash)
{
	ft_port_miss(fn, skb->dev);
	if (proto == IPPROTO_TCP && unlikely(ft_handshake_concerns(l4, hash)))
		ft_handshake4(fn, skb, hash);
	return NF_ACCEPT;
}

/* A sum of ones, which modulo 0xffff is none. Without the carries that
 * ip_fast_csum() handles one by one, and the compiler multiplies.
 */
static __always_inline bool ft_header_sum_good4(const struct iphdr *iph)
{
	const u32 *w = (const u32 *)iph;

	if (!IS_ENABLED(CONFIG_64BIT))
		return !ip_fast_csum(iph, 5);
	return !(((unsigned long)get_unaligned(w) + get_unaligned(w + 1) +
		  get_unaligned(w + 2) + get_unaligned(w + 3) +
		  get_unaligned(w + 4)) % 0xffff);
}

/* Ingress: is a header without options good, as far as it was not looked at
 * yet? As ip_rcv_core() asks. skb->len is known to be longer than the header.
 */
static __always_inline bool ft_header_good4(const struct fasttrack_packet *pkt,
					    const struct iphdr *iph)
{
	return pkt->len - sizeof(*iph) <= pkt->skb->len - sizeof(*iph) &&
	       ft_header_sum_good4(iph);
}

/* The rest of what ip_rcv_core() does, less what ft_account() counts: padding is
 * received, but not forwarded, and each segment has its ECN field.
 */
static __always_inline void ft_receive4(const struct fasttrack_packet *pkt)
{
	struct net *net = pkt->fn->net;
	struct sk_buff *skb = pkt->skb;

	if (unlikely(pkt->wire_len != pkt->len))
		__IP_ADD_STATS(net, IPSTATS_MIB_INOCTETS,
			       pkt->wire_len - pkt->len);
	if (unlikely(skb_shinfo(skb)->gso_segs > 1))
		__IP_ADD_STATS(net, IPSTATS_MIB_NOECTPKTS +
				    (ip_hdr(skb)->tos & INET_ECN_MASK),
			       skb_shinfo(skb)->gso_segs - 1);
	memset(IPCB(skb), 0, sizeof(struct inet_skb_parm));
	IPCB(skb)->iif = skb->skb_iif;
	ft_receive(pkt);
}

static noinline struct neighbour *ft_neigh4_slow(struct rtable *rt,
						 struct sk_buff *skb,
						 bool *is_v6gw)
{
	return ip_neigh_for_gw(rt, skb, is_v6gw);
}

/* ip_neigh_for_gw() with one look-up. By the address that leaves. */
static __always_inline struct neighbour *
ft_neigh4(struct rtable *rt, struct sk_buff *skb, bool *is_v6gw)
{
	__be32 nexthop = ip_hdr(skb)->daddr;
	struct neighbour *neigh;

	*is_v6gw = false;
	if (rt->rt_gw_family == AF_INET)
		nexthop = rt->rt_gw4;
	if (unlikely(rt->rt_gw_family == AF_INET6))
		return ft_neigh4_slow(rt, skb, is_v6gw);
	neigh = __ipv4_neigh_lookup_noref(ft_dst_dev(&rt->dst),
					  (__force u32)nexthop);
	return likely(neigh) ? neigh : ft_neigh4_slow(rt, skb, is_v6gw);
}

/* All checks have passed, the packet is writable and as PRE_ROUTING would see
 * it: change it, send it
 */
static __always_inline unsigned int
ft_send4(struct fasttrack_net *fn, struct sk_buff *skb,
	 struct fasttrack_dir *d, u32 now, const u8 proto, const bool ingress)
{
	struct iphdr *iph = (struct iphdr *)skb->data;
	struct dst_entry *dst = d->dst;
	struct net *net = fn->net;
	struct neighbour *neigh;
	bool is_v6gw;

	ft_account(fn, d, now, skb->len, ft_kind(ingress, iph->tos), 0);
	/* Packets with options went slow */
	ft_rewrite4(d, iph, iph + 1, proto,
		    skb->ip_summed == CHECKSUM_PARTIAL);
	if (READ_ONCE(net->ipv4.sysctl_ip_fwd_update_priority))
		skb->priority = rt_tos2priority(iph->tos);
	ft_dress(skb, d, dst, 0);

	neigh = ft_neigh4(dst_rtable(dst), skb, &is_v6gw);
	if (IS_ERR(neigh)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_CREATEFAIL);
		return NF_STOLEN;
	}
	return ft_output(neigh, skb, is_v6gw);
}

static __always_inline unsigned int
ft_hit4(const struct fasttrack_packet *pkt, const struct iphdr *iph,
	const u8 proto, const bool ingress)
{
	struct fasttrack_dir *d = pkt->dir;
	struct sk_buff *skb = pkt->skb;
	enum fasttrack_reason reason;

	if (ingress && unlikely(ft_not_ours(skb) ||
				!ft_header_good4(pkt, iph)))
		return NF_ACCEPT;
	ft_fetch_entry(pkt, proto, 0);
	if (unlikely(!ft_gate_open(d, 0))) {
		if (!ingress)
			return ft_not_armed4(*pkt);
		return ft_hold_back4(*pkt);
	}
	if (ingress && unlikely(skb_shared(skb) || skb_vlan_tag_present(skb)))
		return ft_hold_back4(*pkt);
	reason = ft_judge4(pkt, iph, proto, ingress);
	if (likely(!reason) &&
	    unlikely(skb_cow(skb, ft_headroom(d->dst))))
		reason = FASTTRACK_REASON_NO_MEMORY;
	if (likely(!reason))
		reason = ft_l4_pass(pkt, proto, 0);
	if (likely(!reason))
		reason = ft_time(pkt, 0);
	if (ingress && likely(!reason) && unlikely(!ft_trim(pkt)))
		reason = FASTTRACK_REASON_NO_MEMORY;
	if (unlikely(reason)) {
		if (ingress)
			return ft_hold_back4(*pkt);
		if (reason == FASTTRACK_REASON_IIF &&
		    IPCB(skb)->flags & IPSKB_L3SLAVE)
			return NF_ACCEPT;
		return ft_slow4(*pkt, reason);
	}
	if (ingress)
		ft_receive4(pkt);
	return ft_send4(pkt->fn, skb, d, pkt->now, proto, ingress);
}

/* A header that is not of the plainest kind: options, or no IPv4 at all, which
 * the stack drops
 */
static noinline unsigned int ft_options4(struct fasttrack_net *fn,
					 struct sk_buff *skb,
					 const bool ingress)
{
	const struct iphdr *iph = ip_hdr(skb);
	unsigned int thoff = iph->ihl * 4;
	enum fasttrack_reason reason;
	struct fasttrack_packet pkt;
	struct fasttrack_dir *d;
	u32 hash;

	if (iph->version != 4 || thoff < sizeof(*iph) ||
	    !pskb_may_pull(skb, thoff + ft_l4_min(iph->protocol)))
		return NF_ACCEPT;
	iph = ip_hdr(skb);
	d = ft_find4(fn, iph, skb->data + thoff, iph->protocol, &hash);
	if (!d)
		return NF_ACCEPT;
	pkt = ft_packet(fn, skb, d, thoff, skb->len);
	if (ingress)
		return ft_not_ours(skb) || ip_fast_csum(iph, iph->ihl) ?
		       NF_ACCEPT : ft_hold_back4(pkt);
	/* VRF: see ft_not_armed4() */
	if (IPCB(skb)->flags & IPSKB_L3SLAVE)
		return NF_ACCEPT;
	reason = ft_check_skb(skb, false);
	return ft_slow(&pkt, 0, reason ?: FASTTRACK_REASON_IP_OPTIONS);
}

/* A header of the plainest kind. A copy of all that follows for each protocol */
static __always_inline unsigned int
ft_plain4(struct fasttrack_net *fn, struct sk_buff *skb, unsigned int headlen,
	  const u8 proto, const bool ingress)
{
	struct fasttrack_packet pkt;
	const struct iphdr *iph;
	struct fasttrack_dir *d;
	u32 hash;

	if ((proto == IPPROTO_TCP || !ingress) &&
	    unlikely(headlen < sizeof(*iph) + ft_l4_min(proto)) &&
	    !pskb_may_pull(skb, sizeof(*iph) + ft_l4_min(proto)))
		return NF_ACCEPT;
	iph = (const struct iphdr *)skb->data;
	d = ft_find4(fn, iph, iph + 1, proto, &hash);
	if (!d)
		return ingress ? NF_ACCEPT :
				 ft_miss4(fn, skb, iph + 1, proto, hash);
	pkt = ft_packet(fn, skb, d, sizeof(*iph),
			ingress ? iph_totlen(skb, iph) : skb->len);
	return ft_hit4(&pkt, iph, proto, ingress);
}

static __always_inline unsigned int
ft_early4(struct fasttrack_net *fn, struct sk_buff *skb, const bool ingress)
{
	unsigned int headlen = skb_headlen(skb);
	const struct iphdr *iph;
	bool tcp;

	/* The stack has pulled the header before PRE_ROUTING. Every transport
	 * header of ours is at least as long as UDP's.
	 */
	if (ingress &&
	    unlikely(headlen < sizeof(*iph) + sizeof(struct udphdr))) {
		if (!pskb_may_pull(skb, sizeof(*iph) + sizeof(struct udphdr)))
			return NF_ACCEPT;
		headlen = skb_headlen(skb);
	}
	iph = (const struct iphdr *)skb->data;
	tcp = iph->protocol == IPPROTO_TCP;
	if (!tcp && iph->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	if (unlikely(ip_is_fragment(iph)))
		return ft_fragment4(fn, skb, ingress);
	if (unlikely(*(const u8 *)iph != 0x45))
		return ft_options4(fn, skb, ingress);
	return tcp ? ft_plain4(fn, skb, headlen, IPPROTO_TCP, ingress) :
		     ft_plain4(fn, skb, headlen, IPPROTO_UDP, ingress);
}

/**
 * ft_ingress_ipv4 - the early hook of IPv4 at netdev ingress
 * @fn: namespace
 * @skb: packet as the device gave it, at its network header
 *
 * Return: NF_STOLEN if the packet went fast, else NF_ACCEPT. Context: RCU read
 * side, BH off.
 */
__no_stack_protector unsigned int
ft_ingress_ipv4(struct fasttrack_net *fn, struct sk_buff *skb)
{
	return ft_early4(fn, skb, true);
}

static noinline unsigned int ft_hook_process4(struct fasttrack_net *fn,
					      struct sk_buff *skb)
{
	unsigned int verdict;

	local_bh_disable();
	verdict = ft_early4(fn, skb, false);
	local_bh_enable();
	return verdict;
}

/**
 * ft_hook_ipv4 - the early PRE_ROUTING hook of IPv4
 * @priv: namespace
 * @skb: packet as ip_rcv_core() left it: header checked, length trimmed
 * @state: hook state
 *
 * Return: NF_STOLEN if the packet went fast, else NF_ACCEPT. Context:
 * RCU read side; softirq, or process for what NFQUEUE returns to a chain ahead
 * of us.
 */
__no_stack_protector unsigned int
ft_hook_ipv4(void *priv, struct sk_buff *skb,
	     const struct nf_hook_state *state)
{
	if (unlikely(!in_softirq()))
		return ft_hook_process4(priv, skb);
	return ft_early4(priv, skb, false);
}
