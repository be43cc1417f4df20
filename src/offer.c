// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what a match of the rule means: which connections are eligible, when
 * one becomes a flow, the stamp. Knows no hook and no route.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_l4proto.h>
#include <net/netfilter/nf_conntrack_seqadj.h>
#include <net/netfilter/nf_conntrack_synproxy.h>
#include <net/netfilter/nf_conntrack_zones.h>
#include <net/netfilter/nf_fasttrack.h>

#include "fasttrack.h"
#include "refusal.h"

static enum fasttrack_reason ft_proto_eligible(const struct nf_conn *ct)
{
	switch (nf_ct_protonum(ct)) {
	case IPPROTO_TCP:
		if (READ_ONCE(ct->proto.tcp.state) !=
		    TCP_CONNTRACK_ESTABLISHED ||
		    !test_bit(IPS_ASSURED_BIT, &ct->status))
			return FASTTRACK_REASON_NOT_ESTABLISHED;
		return FASTTRACK_REASON_NONE;
	case IPPROTO_UDP:
		if (!test_bit(IPS_SEEN_REPLY_BIT, &ct->status))
			return FASTTRACK_REASON_NO_REPLY;
		return FASTTRACK_REASON_NONE;
	default:
		return FASTTRACK_REASON_PROTOCOL;
	}
}

/**
 * ft_ct_eligible - may a connection be fast as far as conntrack can tell?
 * @ct: entry
 *
 * Asked when the rule matches and again at every arming.
 *
 * Return: FASTTRACK_REASON_NONE or why not. Context: RCU read side.
 */
enum fasttrack_reason ft_ct_eligible(const struct nf_conn *ct)
{
	const unsigned long status = READ_ONCE(ct->status);
	const struct nf_conn_help *help;

	if (nf_ct_is_template(ct))
		return FASTTRACK_REASON_TEMPLATE;
	if (!(status & IPS_CONFIRMED))
		return FASTTRACK_REASON_NOT_CONFIRMED;
	if (ft_ct_gone(ct))
		return FASTTRACK_REASON_DYING;
	if (status & (IPS_OFFLOAD | IPS_HW_OFFLOAD))
		return FASTTRACK_REASON_OFFLOAD;
	if (status & IPS_NAT_CLASH)
		return FASTTRACK_REASON_NAT_CLASH;
	if (nf_ct_zone(ct)->id != NF_CT_DEFAULT_ZONE_ID)
		return FASTTRACK_REASON_ZONE;
	help = nfct_help(ct);
	if ((help && rcu_access_pointer(help->helper)) ||
	    status & IPS_SEQ_ADJUST || nfct_seqadj(ct))
		return FASTTRACK_REASON_HELPER;
	if (nfct_synproxy(ct))
		return FASTTRACK_REASON_SYNPROXY;
	return ft_proto_eligible(ct);
}

/* A packet that ends or begins a connection makes nothing fast. x_tables knows
 * the offset of the transport header only for rules that ask for it.
 */
static bool ft_tcp_ends(const struct sk_buff *skb, u8 family)
{
	int thoff = skb_network_offset(skb);
	const struct tcphdr *th;
	struct tcphdr buf;
	__be16 frag_off;
	u8 proto;

	if (family) {
		proto = ipv6_hdr(skb)->nexthdr;
		thoff = ipv6_skip_exthdr(skb, thoff + sizeof(struct ipv6hdr),
					 &proto, &frag_off);
		if (thoff < 0)
			return true;
	} else {
		thoff += ip_hdrlen(skb);
	}
	th = skb_header_pointer(skb, thoff, sizeof(buf), &buf);
	return !th || th->syn || th->fin || th->rst;
}

/* The rule matched again. A flow that FIN or RST closed comes back if
 * conntrack did not believe it (a blind RST) and the connection goes on.
 */
static void ft_offer_again(struct fasttrack_flow *flow,
			   const struct sk_buff *skb)
{
	u32 now = (u32)jiffies;

	if (READ_ONCE(flow->stamp) != now)
		WRITE_ONCE(flow->stamp, now);
	if (likely(READ_ONCE(flow->state) != FASTTRACK_FLOW_STATE_CLOSING))
		return;
	if (ft_ct_eligible(flow->ct) ||
	    (ft_flow_proto(flow) == IPPROTO_TCP && ft_tcp_ends(skb, flow->family)))
		return;
	spin_lock_bh(&flow->lock);
	/* What ended meanwhile keeps its reason: see ft_flow_notify_end() */
	if (flow->state == FASTTRACK_FLOW_STATE_CLOSING && !flow->dead) {
		flow->state = FASTTRACK_FLOW_STATE_CANDIDATE;
		flow->reason = FASTTRACK_REASON_LEARNING;
		/* A SYN that was let through may have moved the sequence
		 * numbers anywhere
		 */
		flow->tcp_loaded = false;
	}
	spin_unlock_bh(&flow->lock);
}

/* An entry whose tuple is still held by the flow of a dead one */
static bool ft_clash_gone(struct fasttrack_dir *clash, u8 family)
{
	struct fasttrack_flow *old = ft_dir_flow(clash, family);

	if (!ft_ct_gone(old->ct))
		return false;
	ft_flow_kill(old, FASTTRACK_REASON_DYING);
	return true;
}

static enum fasttrack_reason ft_offer_insert(struct fasttrack_net *fn,
					     struct nf_conn *ct, u8 family)
{
	enum fasttrack_reason reason;
	struct fasttrack_dir *clash;
	struct fasttrack_flow *flow;

	flow = ft_flow_alloc(ct, family);
	if (!flow)
		return FASTTRACK_REASON_NO_MEMORY;
	reason = ft_table_insert(flow, &clash);
	if (reason && clash && ft_clash_gone(clash, family))
		reason = ft_table_insert(flow, &clash);
	if (reason)
		ft_flow_discard(flow);
	return reason;
}

static enum fasttrack_reason ft_offer_new(struct fasttrack_net *fn,
					  struct nf_conn *ct, u8 family)
{
	enum fasttrack_reason reason;
	u32 others;

	/* A query and its answer shall pay nothing. TCP is here only after
	 * three packets.
	 */
	if (!test_and_set_bit(FT_CT_SEEN_BIT, &ct->status) &&
	    nf_ct_protonum(ct) != IPPROTO_TCP)
		return FASTTRACK_REASON_FIRST_HIT;
	/* One winner: both directions may be here at once on two CPUs */
	if (test_and_set_bit(FT_CT_FLOW_BIT, &ct->status))
		return FASTTRACK_REASON_NONE;
	/* Before anybody can end the flow and say why */
	ft_refusal_set(ct, FASTTRACK_REASON_NONE);

	others = atomic_read(&fn->flows[!family]);
	if (atomic_inc_return(&fn->flows[family]) + others >
	    READ_ONCE(fn->limit))
		reason = FASTTRACK_REASON_TABLE_FULL;
	else
		reason = ft_offer_insert(fn, ct, family);
	if (reason) {
		atomic_dec(&fn->flows[family]);
		clear_bit(FT_CT_FLOW_BIT, &ct->status);
		return reason;
	}
	ft_gc_kick(fn);
	return FASTTRACK_REASON_NONE;
}

static enum fasttrack_reason ft_offer(struct fasttrack_net *fn, u8 family,
				      const struct sk_buff *skb)
{
	enum fasttrack_reason reason;
	enum ip_conntrack_info ctinfo;
	struct fasttrack_flow *flow;
	struct nf_conn *ct;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct)
		return FASTTRACK_REASON_CONNTRACK;
	if (ctinfo != IP_CT_ESTABLISHED && ctinfo != IP_CT_ESTABLISHED_REPLY)
		return FASTTRACK_REASON_RELATED;
	if (test_bit(FT_CT_FLOW_BIT, &ct->status)) {
		/* What conntrack saw close does not come back */
		if (nf_ct_protonum(ct) == IPPROTO_TCP &&
		    READ_ONCE(ct->proto.tcp.state) !=
		    TCP_CONNTRACK_ESTABLISHED)
			return FASTTRACK_REASON_NONE;
		flow = ft_flow_find(fn, ct);
		if (flow)
			ft_offer_again(flow, skb);
		return FASTTRACK_REASON_NONE;
	}
	if (!READ_ONCE(fn->enabled) || READ_ONCE(fn->draining[family]) ||
	    READ_ONCE(fn->dead))
		return FASTTRACK_REASON_DISABLED;
	reason = ft_ct_eligible(ct);
	if (reason)
		return reason;
	if (nf_ct_protonum(ct) == IPPROTO_TCP && ft_tcp_ends(skb, family))
		return FASTTRACK_REASON_TCP_FLAGS;
	return ft_offer_new(fn, ct, family);
}

static void ft_refused(struct fasttrack_net *fn, const struct sk_buff *skb,
		       enum fasttrack_reason reason)
{
	enum ip_conntrack_info ctinfo;

	ft_count(fn, reason);
	if (ft_refusal_stays(reason))
		ft_refusal_set(nf_ct_get(skb, &ctinfo), reason);
}

/**
 * nf_fasttrack_offer - a rule matched a packet
 * @net: namespace
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @skb: the packet, in FORWARD
 *
 * Context: RCU read side, softirq or process; between nf_fasttrack_get() and
 * nf_fasttrack_put().
 */
void nf_fasttrack_offer(struct net *net, u8 family, const struct sk_buff *skb)
{
	struct fasttrack_net *fn = ft_net(net);
	enum fasttrack_reason reason;

	reason = ft_offer(fn, ft_family(family), skb);
	if (reason)
		ft_refused(fn, skb, reason);
}
EXPORT_SYMBOL_GPL(nf_fasttrack_offer);
