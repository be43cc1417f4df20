// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the attributes of a connection in a message. Knows no request and no
 * header.
 */
#include <net/dst.h>
#include <net/netfilter/nf_conntrack_acct.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "netlink.h"

static int ft_put_tuple(struct sk_buff *msg,
			const struct nf_conntrack_tuple *t)
{
	struct nlattr *nest = nla_nest_start(msg, FASTTRACK_A_DIRECTION_TUPLE);
	int err;

	if (!nest)
		return -EMSGSIZE;
	if (t->src.l3num == NFPROTO_IPV6)
		err = nla_put_in6_addr(msg, FASTTRACK_A_TUPLE_SRC_IPV6,
				       &t->src.u3.in6) ||
		      nla_put_in6_addr(msg, FASTTRACK_A_TUPLE_DST_IPV6,
				       &t->dst.u3.in6);
	else
		err = nla_put_in_addr(msg, FASTTRACK_A_TUPLE_SRC_IPV4,
				      t->src.u3.ip) ||
		      nla_put_in_addr(msg, FASTTRACK_A_TUPLE_DST_IPV4,
				      t->dst.u3.ip);
	if (err ||
	    nla_put_be16(msg, FASTTRACK_A_TUPLE_SRC_PORT, t->src.u.all) ||
	    nla_put_be16(msg, FASTTRACK_A_TUPLE_DST_PORT, t->dst.u.all))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static u32 ft_dir_state(u32 gate)
{
	if (!(gate & FT_ARMED))
		return FASTTRACK_DIR_STATE_UNARMED;
	return gate & FT_HELD ? FASTTRACK_DIR_STATE_HELD :
				FASTTRACK_DIR_STATE_ARMED;
}

/* What only a direction that was armed once has. Context: flow->lock. */
static int ft_put_learned(struct sk_buff *msg, struct fasttrack_flow *flow,
			  unsigned int dir)
{
	const struct fasttrack_dir *d = ft_flow_dir(flow, dir);
	u32 now = (u32)jiffies;
	s32 left = d->lease_end - now;

	if (d->dst &&
	    (nla_put_u32(msg, FASTTRACK_A_DIRECTION_IFINDEX_IN, d->iif) ||
	     nla_put_u32(msg, FASTTRACK_A_DIRECTION_IFINDEX_OUT,
			 READ_ONCE(d->dst->dev)->ifindex)))
		return -EMSGSIZE;
	if (d->gate & FT_ARMED &&
	    nla_put_u32(msg, FASTTRACK_A_DIRECTION_LEASE,
			jiffies_to_msecs(max(left, 0))))
		return -EMSGSIZE;
	if (ft_dir_packets(flow, dir) &&
	    nla_put_u32(msg, FASTTRACK_A_DIRECTION_IDLE,
			jiffies_to_msecs(now - READ_ONCE(d->last))))
		return -EMSGSIZE;
	return 0;
}

/* Context: flow->lock. */
static int ft_put_fast(struct sk_buff *msg, struct fasttrack_flow *flow,
		       unsigned int dir)
{
	if (nla_put_u32(msg, FASTTRACK_A_DIRECTION_STATE,
			ft_dir_state(ft_flow_dir(flow, dir)->gate)) ||
	    nla_put_u32(msg, FASTTRACK_A_DIRECTION_REASON,
			flow->dir_reason[dir]) ||
	    nla_put_u64_64bit(msg, FASTTRACK_A_DIRECTION_PACKETS,
			      ft_dir_packets(flow, dir),
			      FASTTRACK_A_DIRECTION_PAD) ||
	    nla_put_u64_64bit(msg, FASTTRACK_A_DIRECTION_BYTES,
			      ft_dir_bytes(flow, dir),
			      FASTTRACK_A_DIRECTION_PAD))
		return -EMSGSIZE;
	return ft_put_learned(msg, flow, dir);
}

/* Conntrack's counters, which a fold has brought up to date */
static int ft_put_totals(struct sk_buff *msg, const struct nf_conn *ct,
			 unsigned int dir)
{
	const struct nf_conn_acct *acct = nf_conn_acct_find(ct);

	if (!acct)
		return 0;
	if (nla_put_u64_64bit(msg, FASTTRACK_A_DIRECTION_TOTAL_PACKETS,
			      atomic64_read(&acct->counter[dir].packets),
			      FASTTRACK_A_DIRECTION_PAD) ||
	    nla_put_u64_64bit(msg, FASTTRACK_A_DIRECTION_TOTAL_BYTES,
			      atomic64_read(&acct->counter[dir].bytes),
			      FASTTRACK_A_DIRECTION_PAD))
		return -EMSGSIZE;
	return 0;
}

/**
 * ft_put_direction - one direction of a connection
 * @msg: message
 * @flow: its flow, or NULL if there is none
 * @ct: its conntrack entry
 * @dir: direction
 * @totals: conntrack's counters, too
 *
 * Return: 0 or -EMSGSIZE. Context: flow->lock.
 */
int ft_put_direction(struct sk_buff *msg, struct fasttrack_flow *flow,
		     const struct nf_conn *ct, unsigned int dir, bool totals)
{
	struct nlattr *nest;

	nest = nla_nest_start(msg, dir == IP_CT_DIR_ORIGINAL ?
			      FASTTRACK_A_CONNECTION_ORIG :
			      FASTTRACK_A_CONNECTION_REPLY);
	if (!nest || ft_put_tuple(msg, nf_ct_tuple(ct, dir)) ||
	    (flow && ft_put_fast(msg, flow, dir)) ||
	    (totals && ft_put_totals(msg, ct, dir)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * ft_put_entry - what names a connection
 * @msg: message
 * @ct: conntrack entry
 *
 * Return: 0 or -EMSGSIZE. Context: any.
 */
int ft_put_entry(struct sk_buff *msg, const struct nf_conn *ct)
{
	if (nla_put_be32(msg, FASTTRACK_A_CONNECTION_ID,
			 (__force __be32)nf_ct_get_id(ct)) ||
	    nla_put_u16(msg, FASTTRACK_A_CONNECTION_ZONE, nf_ct_zone(ct)->id) ||
	    nla_put_u8(msg, FASTTRACK_A_CONNECTION_FAMILY, nf_ct_l3num(ct)) ||
	    nla_put_u8(msg, FASTTRACK_A_CONNECTION_PROTOCOL,
		       nf_ct_protonum(ct)))
		return -EMSGSIZE;
#if IS_ENABLED(CONFIG_NF_CONNTRACK_MARK)
	if (nla_put_u32(msg, FASTTRACK_A_CONNECTION_MARK, READ_ONCE(ct->mark)))
		return -EMSGSIZE;
#endif
	return 0;
}

/**
 * ft_put_flow - what a flow says of the whole connection
 * @msg: message
 * @flow: flow
 * @reason: of the refusal or of the news, none is left out
 *
 * Return: 0 or -EMSGSIZE. Context: flow->lock.
 */
int ft_put_flow(struct sk_buff *msg, struct fasttrack_flow *flow,
		enum fasttrack_reason reason)
{
	if (ft_put_entry(msg, flow->ct) ||
	    nla_put_u32(msg, FASTTRACK_A_CONNECTION_STATE, flow->state) ||
	    (reason && nla_put_u32(msg, FASTTRACK_A_CONNECTION_REASON, reason)))
		return -EMSGSIZE;
	return 0;
}
