/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the two early hooks share: checks that do not depend on the family,
 * TCP tracking, accounting. All of it is inlined into both, so a file that is
 * no hook has no business here.
 *
 * Decision functions return a reason; none of them changes the packet.
 */
#ifndef _FASTTRACK_HOOK_H
#define _FASTTRACK_HOOK_H

#include <linux/netdevice.h>
#include <linux/netfilter_bridge.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/dst.h>
#include <net/gso.h>
#include <net/inet_ecn.h>
#include <net/neighbour.h>
#include <net/tcp.h>

#include "fasttrack.h"
#include "handshake.h"
#include "table.h"

/* Owner counters need softirqs that do not preempt each other */
#define FT_OWNER_COUNTS	(!IS_ENABLED(CONFIG_PREEMPT_RT))

#define FT_PORTS	4	/* bytes of a transport header that name a flow */

static __always_inline unsigned int ft_l4_min(u8 proto)
{
	return proto == IPPROTO_TCP ? sizeof(struct tcphdr) :
				      sizeof(struct udphdr);
}

/* Made where a packet has hit: a miss has no use for it, and storing it costs */
static __always_inline struct fasttrack_packet
ft_packet(struct fasttrack_net *fn, struct sk_buff *skb,
	  struct fasttrack_dir *d, unsigned int thoff, unsigned int len)
{
	return (struct fasttrack_packet) {
		.skb = skb,
		.fn = fn,
		.dir = d,
		.thoff = thoff,
		.len = len,
		.wire_len = skb->len,
		.now = (u32)jiffies,
	};
}

/* At ingress a socket is the sender's, on a veth pair, and no concern of the
 * stack's, which lets go of it. One that was put there to receive is.
 */
static __always_inline bool ft_has_socket(const struct sk_buff *skb,
					  const bool ingress)
{
	return skb->sk && (!ingress ||
			   skb_sk_is_prefetched((struct sk_buff *)skb));
}

/* What the packet carries besides its headers */
static __always_inline enum fasttrack_reason
ft_check_skb(const struct sk_buff *skb, const bool ingress)
{
	if (unlikely(skb->_nfct))
		return FASTTRACK_REASON_CONNTRACK;
	if (unlikely(ft_has_socket(skb, ingress)))
		return FASTTRACK_REASON_SOCKET;
	if (unlikely(skb->_skb_refdst))
		return FASTTRACK_REASON_DST;
	if (unlikely(skb->pkt_type != PACKET_HOST))
		return FASTTRACK_REASON_PKT_TYPE;
#ifdef CONFIG_SKB_EXTENSIONS
	if (unlikely(skb->active_extensions)) {
		if (secpath_exists(skb))
			return FASTTRACK_REASON_IPSEC;
		if (nf_bridge_info_exists(skb))
			return FASTTRACK_REASON_BR_NETFILTER;
	}
#endif
	/* skb_warn_if_lro() without the warning */
	if (unlikely(skb_is_nonlinear(skb) && skb_is_gso(skb) &&
		     !skb_shinfo(skb)->gso_type))
		return FASTTRACK_REASON_LRO;
#ifdef CONFIG_NET_SWITCHDEV
	if (unlikely(skb->offload_fwd_mark || skb->offload_l3_fwd_mark))
		return FASTTRACK_REASON_LRO;
#endif
	return FASTTRACK_REASON_NONE;
}

static __always_inline enum fasttrack_reason
ft_check_udp(const struct udphdr *uh, unsigned int l4_len)
{
	unsigned int len = ntohs(uh->len);

	if (unlikely(len < sizeof(*uh) || len > l4_len))
		return FASTTRACK_REASON_LENGTH;
	return FASTTRACK_REASON_NONE;
}

#define FT_TCP_END_FLAGS	(TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST)
#define FT_TCP_ODD_FLAGS	(TCP_FLAG_ECE | TCP_FLAG_CWR | TCP_FLAG_URG | \
				 TCP_RESERVED_BITS)

static __always_inline unsigned int ft_tcp_hlen(const struct tcphdr *th)
{
	return ((const u8 *)th)[12] >> 2 & 0x3c;
}

static __always_inline enum fasttrack_reason
ft_check_tcp(const struct tcphdr *th, unsigned int l4_len)
{
	if (unlikely(th->doff < 5 || ft_tcp_hlen(th) > l4_len))
		return FASTTRACK_REASON_LENGTH;
	if (unlikely((tcp_flag_word(th) & (FT_TCP_END_FLAGS | TCP_FLAG_ACK)) !=
		     TCP_FLAG_ACK))
		return FASTTRACK_REASON_TCP_FLAGS;
	return FASTTRACK_REASON_NONE;
}

static __always_inline enum fasttrack_reason
ft_check_l4(const void *l4, u8 proto, unsigned int l4_len)
{
	if (proto == IPPROTO_TCP)
		return ft_check_tcp(l4, l4_len);
	return ft_check_udp(l4, l4_len);
}

/**
 * struct ft_segment - what a TCP segment says of its window
 * @word: fasttrack_dir.tcp_word of it
 * @end: last sequence number plus one
 * @plain: no options but time stamps, no flag that a rule may take away
 */
struct ft_segment {
	u64	word;
	u32	end;
	bool	plain;
};

#define FT_TCP_STAMPS	(TCPOPT_NOP << 24 | TCPOPT_NOP << 16 | \
			 TCPOPT_TIMESTAMP << 8 | TCPOLEN_TIMESTAMP)

/* Are there options to look at? Most segments have none, or time stamps and nothing
 * else.
 */
static __always_inline bool
ft_tcp_options(const struct fasttrack_packet *pkt, const struct tcphdr *th)
{
	const unsigned int hlen = ft_tcp_hlen(th);

	if (likely(hlen <= sizeof(*th)))
		return false;
	return hlen != sizeof(*th) + TCPOLEN_TSTAMP_ALIGNED ||
	       skb_headlen(pkt->skb) <
		       pkt->thoff + sizeof(*th) + sizeof(u32) ||
	       get_unaligned_be32(th + 1) != FT_TCP_STAMPS;
}

static __always_inline u64 ft_tcp_header_word(const struct tcphdr *th)
{
	return get_unaligned((const u64 *)&th->ack_seq) & FT_TCP_WORD_MASK;
}

static __always_inline u32
ft_tcp_header_end(const struct fasttrack_packet *pkt, const struct tcphdr *th)
{
	return ntohl(th->seq) + pkt->len - pkt->thoff - ft_tcp_hlen(th);
}

/* Would conntrack find the segment in its window? The same four bounds as
 * tcp_in_window() draws, over the state both directions keep here, but for a
 * segment that straddles the right edge: that would move conntrack's idea of
 * the window. Whoever falls outside is judged by conntrack itself, on synced
 * state. Both bounds of the acknowledgment in one: what lies beyond the end
 * is far behind it, too.
 */
static __always_inline bool
ft_tcp_in_window(const struct fasttrack_dir *d, const struct fasttrack_dir *rev,
		 u32 end, u32 ack)
{
	u32 ack_window = max(READ_ONCE(d->tcp_maxwin), 66000U);

	return !after(end, READ_ONCE(rev->tcp_edge)) &&
	       after(end, READ_ONCE(d->tcp_end) -
			  READ_ONCE(rev->tcp_maxwin) - 1) &&
	       READ_ONCE(rev->tcp_end) - ack <= ack_window;
}

static __always_inline void ft_tcp_track_end(struct fasttrack_dir *d, u32 end)
{
	if (after(end, READ_ONCE(d->tcp_end)))
		WRITE_ONCE(d->tcp_end, end);
}

/* Remember the segment as tcp_in_window() would. Stored whole words: another
 * CPU with packets of the same direction may lose an update, which the next
 * packet makes good. If there is none, it was the last of a burst and the two had
 * no order to begin with, its acknowledgment goes slow and conntrack has not heard
 * of what it is about. Receive queues keep a direction on one CPU but for the
 * moment in which that changes.
 */
static __always_inline void
ft_tcp_track(struct fasttrack_dir *d, const struct ft_segment *g)
{
	u64 was = READ_ONCE(d->tcp_word), word = g->word;
	u32 ack = ft_tcp_word_ack(word);
	u32 win = (u32)ft_tcp_word_win(word) << d->scale;
	u32 edge = ack + (win ?: 1);

	ft_tcp_track_end(d, g->end);
	if (after(edge, READ_ONCE(d->tcp_edge)))
		WRITE_ONCE(d->tcp_edge, edge);
	if (win > READ_ONCE(d->tcp_maxwin))
		WRITE_ONCE(d->tcp_maxwin, win);
	if (unlikely(before(ack, ft_tcp_word_ack(was))))
		word = ft_tcp_word(ft_tcp_word_ack(was),
				   ft_tcp_word_win(word));
	else if (unlikely(!g->plain))
		word = ft_tcp_word_unjudged(word);
	WRITE_ONCE(d->tcp_word, word);
}

/* May the segment pass conntrack by? If so, remember it.
 *
 * Bulk data comes with one acknowledgment and one window in all segments. Flags
 * and length of the header were good with the first of them, what they grant
 * is remembered, and grants only grow. So the others are known by one word, and
 * have nothing to add but their end.
 */
static __always_inline enum fasttrack_reason
ft_tcp_pass(const struct fasttrack_packet *pkt, const struct tcphdr *th,
	    const u8 family)
{
	struct fasttrack_dir *d = pkt->dir;
	struct fasttrack_dir *rev = ft_dir_reverse(d, family);
	unsigned int l4_len = pkt->len - pkt->thoff;
	u32 ack = ntohl(th->ack_seq);
	enum fasttrack_reason reason;
	struct ft_segment g;

	if (likely(ft_tcp_header_word(th) == READ_ONCE(d->tcp_word) &&
		   !ft_tcp_options(pkt, th))) {
		u32 end = ft_tcp_header_end(pkt, th);

		if (unlikely(ft_tcp_hlen(th) > l4_len))
			return FASTTRACK_REASON_LENGTH;
		if (unlikely(!ft_tcp_in_window(d, rev, end, ack)))
			return FASTTRACK_REASON_TCP_WINDOW;
		ft_tcp_track_end(d, end);
		return FASTTRACK_REASON_NONE;
	}
	reason = ft_check_tcp(th, l4_len);
	if (unlikely(reason))
		return reason;
	g.word = ft_tcp_header_word(th);
	g.end = ft_tcp_header_end(pkt, th);
	g.plain = !ft_tcp_options(pkt, th) &&
		  !(tcp_flag_word(th) & FT_TCP_ODD_FLAGS);
	if (unlikely(!ft_tcp_in_window(d, rev, g.end, ack)))
		return FASTTRACK_REASON_TCP_WINDOW;
	if (unlikely(!g.plain || (ft_tcp_hlen(th) > sizeof(*th) &&
				  !(READ_ONCE(d->seen) & FT_SEEN_STAMPS))))
		reason = ft_ct_options(*pkt, family);
	if (likely(!reason))
		ft_tcp_track(d, &g);
	return reason;
}

/* The same without remembering, for what is held. Its header is good. */
static __always_inline enum fasttrack_reason
ft_tcp_would_pass(const struct fasttrack_packet *pkt, const u8 family)
{
	const struct tcphdr *th = (void *)(pkt->skb->data + pkt->thoff);

	if (!ft_tcp_in_window(pkt->dir, ft_dir_reverse(pkt->dir, family),
			      ft_tcp_header_end(pkt, th), ntohl(th->ack_seq)))
		return FASTTRACK_REASON_TCP_WINDOW;
	if (ft_tcp_hlen(th) <= sizeof(*th) &&
	    !(tcp_flag_word(th) & FT_TCP_ODD_FLAGS))
		return FASTTRACK_REASON_NONE;
	return ft_ct_options(*pkt, family);
}

/* What the transport header has to say, last of all */
static __always_inline enum fasttrack_reason
ft_l4_pass(const struct fasttrack_packet *pkt, const u8 proto, const u8 family)
{
	const void *l4 = pkt->skb->data + pkt->thoff;

	if (proto == IPPROTO_TCP)
		return ft_tcp_pass(pkt, l4, family);
	return ft_check_udp(l4, pkt->len - pkt->thoff);
}

/* fasttrack_dir.teller of the packet, less the CPU. What came in ahead of us at
 * PRE_ROUTING was counted there.
 */
static __always_inline u16 ft_kind(const bool ingress, u8 tos)
{
	return ingress ? FT_TELLER_INGRESS |
			 (tos & INET_ECN_MASK) << FT_TELLER_ECN_SHIFT : 0;
}

/* A packet of another kind than the teller's. If it was one of this CPU, that
 * is what the teller's packets are like from now on, but not more often than
 * once a jiffy. Nobody else can be in the middle of this: BH is off.
 */
static noinline void __maybe_unused
ft_account_other(struct fasttrack_net *fn, struct fasttrack_dir *d, u32 now,
		 unsigned int len, u16 kind, u8 family)
{
	struct fasttrack_flow *flow = ft_dir_flow(d, family);
	struct fasttrack_cold *c = &flow->cold[d->dir];
	u16 teller = READ_ONCE(d->teller);
	u16 cpu = teller & FT_TELLER_CPU;

	if (FT_OWNER_COUNTS && cpu == smp_processor_id() &&
	    teller != FT_TELLER_NONE &&
	    READ_ONCE(flow->last_fold) != (u16)now &&
	    spin_trylock(&flow->lock)) {
		ft_ct_fold(flow, d->dir, now);
		WRITE_ONCE(d->teller, cpu | kind);
		spin_unlock(&flow->lock);
	}
	atomic_add(len, &c->other_bytes);
	atomic_inc(&c->other_packets);
	ft_mib_packet(fn, d, len, kind, family);
}

static __always_inline void
ft_account(struct fasttrack_net *fn, struct fasttrack_dir *d, u32 now,
	   unsigned int len, u16 kind, u8 family)
{
	/* Pairs with ft_ct_fold(): TCP state and time before the count */
	smp_wmb();
	if (FT_OWNER_COUNTS &&
	    likely(READ_ONCE(d->teller) == (smp_processor_id() | kind))) {
		WRITE_ONCE(d->bytes, d->bytes + len);
		WRITE_ONCE(d->packets, d->packets + 1);
	} else {
		ft_account_other(fn, d, now, len, kind, family);
	}
}

/* Verified by the device, or still to be filled in */
static __always_inline bool ft_checksum_done(const struct sk_buff *skb)
{
	return skb->ip_summed == CHECKSUM_UNNECESSARY ||
	       skb->ip_summed == CHECKSUM_PARTIAL;
}

#define FT_DIR_RARE	(FT_DIR_STAMP_MARK | FT_DIR_STAMP_PRIO | FT_DIR_ATTACH)

/* What few directions need */
static noinline void ft_dress_up(struct sk_buff *skb,
				 struct fasttrack_flow *flow,
				 const struct fasttrack_dir *d)
{
	const struct fasttrack_cold *c = &flow->cold[d->dir];

	if (d->flags & FT_DIR_STAMP_MARK)
		skb->mark = c->mark_out;
	if (d->flags & FT_DIR_STAMP_PRIO)
		skb->priority = c->prio_out;
	if (d->flags & FT_DIR_ATTACH) {
		nf_conntrack_get(&flow->ct->ct_general);
		nf_ct_set(skb, flow->ct, d->dir == IP_CT_DIR_ORIGINAL ?
			  IP_CT_ESTABLISHED : IP_CT_ESTABLISHED_REPLY);
	}
}

/* A route whose device goes gets another one */
static __always_inline struct net_device *
ft_dst_dev(const struct dst_entry *dst)
{
	return READ_ONCE(dst->dev);
}

static __always_inline unsigned int ft_headroom(const struct dst_entry *dst)
{
	const struct net_device *dev = ft_dst_dev(dst);

	return LL_RESERVED_SPACE(dev);
}

/* Route, device and leftovers, as the slow path leaves them */
static __always_inline void
ft_dress(struct sk_buff *skb, const struct fasttrack_dir *d,
	 struct dst_entry *dst, u8 family)
{
	if (unlikely(d->flags & FT_DIR_RARE))
		ft_dress_up(skb, ft_dir_flow(d, family), d);
	if (unlikely(!ft_checksum_done(skb)))
		skb_forward_csum(skb);
	skb_clear_tstamp(skb);
	/* skb_dst_set_noref() of what is never NULL. The direction holds @dst
	 * for a grace period after the last packet could find it; queues that
	 * keep the packet longer take their own reference (skb_dst_force() in
	 * __dev_queue_xmit() and the neighbour code).
	 */
	skb->slow_gro = 1;
	skb->_skb_refdst = (unsigned long)dst | SKB_DST_NOREF;
	skb->dev = ft_dst_dev(dst);
}

/* A function of its own, so that it can be the last thing a hook does */
static noinline unsigned int __maybe_unused
ft_output(struct neighbour *neigh, struct sk_buff *skb, bool skip_cache)
{
	neigh_output(neigh, skb, skip_cache);
	return NF_STOLEN;
}

/* Does conntrack verify this packet's checksum, and has nobody done it yet? */
static __always_inline bool
ft_checksum_wanted(const struct fasttrack_packet *pkt, const u8 proto)
{
	const struct sk_buff *skb = pkt->skb;
	const struct udphdr *uh;

	if (likely(ft_checksum_done(skb)))
		return false;
	uh = (void *)(skb->data + pkt->thoff);
	if (proto == IPPROTO_UDP && !uh->check)
		return false;
	return READ_ONCE(pkt->fn->net->ct.sysctl_checksum);
}

/* Of the packets that belong to no flow a few are looked at */
static __always_inline void ft_port_miss(struct fasttrack_net *fn,
					 const struct net_device *dev)
{
	if (unlikely(!(this_cpu_inc_return(fn->stats->misses) %
		       FT_MISS_SAMPLE)))
		ft_ingress_misses(fn, dev->ifindex);
}

/* The first packet of a jiffy asks conntrack's entry, see ft_tick(). In a large table
 * have the memory bring it while all else is looked at.
 */
static __always_inline void ft_fetch_entry(const struct fasttrack_packet *pkt,
					   const u8 proto, const u8 family)
{
	const struct nf_conn *ct;

	if (likely(!READ_ONCE(pkt->fn->large[family])) ||
	    READ_ONCE(pkt->dir->last) == pkt->now)
		return;
	ct = ft_dir_flow(pkt->dir, family)->ct;
	prefetch(&ct->timeout);
	prefetch(&ct->status);
	if (proto == IPPROTO_TCP)
		prefetch(&ct->proto.tcp.state);
}

/* The last check. Whoever passes it is sent: the time of the last fast packet. */
static __always_inline enum fasttrack_reason
ft_time(const struct fasttrack_packet *pkt, const u8 family)
{
	struct fasttrack_dir *d = pkt->dir;
	enum fasttrack_reason reason;

	if (likely(READ_ONCE(d->last) == pkt->now))
		return FASTTRACK_REASON_NONE;
	reason = ft_tick(pkt->fn, d, pkt->now, family);
	if (likely(!reason))
		WRITE_ONCE(d->last, pkt->now);
	return reason;
}

/* Ingress: padding would go into the sum */
static __always_inline bool ft_trim(const struct fasttrack_packet *pkt)
{
	return likely(pkt->skb->len == pkt->len) ||
	       !pskb_trim_rcsum(pkt->skb, pkt->len);
}

/* May packets of the direction go fast? Ends a hold whose time is up. BH is off,
 * as in all of the hook.
 */
static __always_inline bool ft_gate_open(struct fasttrack_dir *d, u8 family)
{
	struct fasttrack_flow *flow;
	u16 gate;

	/* Acquire: what was learned is read after the gate was seen open */
	gate = smp_load_acquire(&d->gate);
	if (likely(gate == FT_ARMED))
		return true;
	if (!(gate & FT_ARMED))
		return false;
	flow = ft_dir_flow(d, family);
	spin_lock(&flow->lock);
	ft_dir_held(flow, d->dir);
	spin_unlock(&flow->lock);
	/* Acquire: as above */
	return smp_load_acquire(&d->gate) == FT_ARMED;
}

static __always_inline bool ft_too_big(const struct fasttrack_packet *pkt,
				       u32 mtu)
{
	return pkt->len > mtu &&
	       !(skb_is_gso(pkt->skb) &&
		 skb_gso_validate_network_len(pkt->skb, mtu));
}

/* Ingress: does the packet go to a stack that is none of ours? */
static __always_inline bool ft_not_ours(const struct sk_buff *skb)
{
	return rcu_access_pointer(skb->dev->rx_handler);
}

/* Ingress, of what does not go fast there: does PRE_ROUTING see it as it is? Not
 * if it is none of ours, nor if it belongs to a VLAN. A tag of VLAN 0 is taken off.
 */
static __always_inline bool ft_comes_back(const struct sk_buff *skb)
{
	return skb->pkt_type != PACKET_OTHERHOST &&
	       !(skb_vlan_tag_present(skb) && skb_vlan_tag_get_id(skb));
}

/* Has the slow path shown what becomes of a packet with such an ECN field? */
static __always_inline bool ft_ecn_seen(const struct fasttrack_dir *d, u8 tos)
{
	return READ_ONCE(d->seen) >> (tos & INET_ECN_MASK) & 1;
}

/* Ingress: what the stack does with a packet between here and PRE_ROUTING,
 * IPCB and counters apart. Nothing of it can fail.
 */
static __always_inline void ft_receive(const struct fasttrack_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;

	if (skb->sk)
		skb_orphan(skb);
	skb_reset_redirect(skb);
	skb_set_transport_header(skb, pkt->thoff);
}

#endif /* _FASTTRACK_HOOK_H */
