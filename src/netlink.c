// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the answers of the generic netlink family. The policy and the table of
 * operations are generated from Documentation/netlink/specs/fasttrack.yaml
 * (netlink_gen.c). Knows how to read the engine, not how it works.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <net/genetlink.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>
#include <net/netlink.h>

#include "fasttrack.h"
#include "netlink_gen.h"

/* Devices with an ingress hook that status names */
#define FT_INGRESS_SHOWN	64

static struct genl_family fasttrack_nl_family __ro_after_init = {
	.name		= FASTTRACK_FAMILY_NAME,
	.version	= FASTTRACK_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= fasttrack_nl_ops,
	.n_split_ops	= ARRAY_SIZE(fasttrack_nl_ops),
	.resv_start_op	= FASTTRACK_CMD_STATUS_GET,
};

static struct fasttrack_net *ft_info_net(struct genl_info *info)
{
	return ft_net(genl_info_net(info));
}

/* A reply to @info with its header in place, or NULL with extack set */
static struct sk_buff *ft_reply_new(struct genl_info *info, void **hdr)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);

	if (!msg) {
		NL_SET_ERR_MSG(info->extack, "out of memory");
		return NULL;
	}
	*hdr = genlmsg_put_reply(msg, info, &fasttrack_nl_family, 0,
				 info->genlhdr->cmd);
	if (!*hdr) {
		nlmsg_free(msg);
		NL_SET_ERR_MSG(info->extack, "reply does not fit");
		return NULL;
	}
	return msg;
}

static int ft_reply_send(struct genl_info *info, struct sk_buff *msg,
			 void *hdr, int err)
{
	if (err) {
		nlmsg_free(msg);
		NL_SET_ERR_MSG(info->extack, "reply does not fit");
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

static int ft_put_family(struct sk_buff *msg, struct fasttrack_net *fn,
			 u8 family, int attr)
{
	struct nlattr *nest = nla_nest_start(msg, attr);

	if (!nest ||
	    nla_put_u32(msg, FASTTRACK_A_FAMILY_STATUS_RULES,
			READ_ONCE(fn->rules[family])) ||
	    nla_put_u32(msg, FASTTRACK_A_FAMILY_STATUS_CONNECTIONS,
			atomic_read(&fn->flows[family])) ||
	    nla_put_u32(msg, FASTTRACK_A_FAMILY_STATUS_ACTIVE,
			atomic_read(&fn->active[family])) ||
	    nla_put_u64_64bit(msg, FASTTRACK_A_FAMILY_STATUS_PACKETS,
			      atomic64_read(&fn->packets[family]),
			      FASTTRACK_A_FAMILY_STATUS_PAD) ||
	    nla_put_u64_64bit(msg, FASTTRACK_A_FAMILY_STATUS_BYTES,
			      atomic64_read(&fn->bytes[family]),
			      FASTTRACK_A_FAMILY_STATUS_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int ft_put_ingress(struct sk_buff *msg, struct fasttrack_net *fn)
{
	int ifindex[FT_INGRESS_SHOWN];
	unsigned int i, n;

	if (nla_put_u64_64bit(msg, FASTTRACK_A_STATUS_INGRESS_PACKETS,
			      ft_stats_ingress(fn), FASTTRACK_A_STATUS_PAD))
		return -EMSGSIZE;
	n = ft_ingress_devices(fn, ifindex, ARRAY_SIZE(ifindex));
	for (i = 0; i < n; i++)
		if (nla_put_u32(msg, FASTTRACK_A_STATUS_INGRESS_IFINDEX,
				ifindex[i]))
			return -EMSGSIZE;
	return 0;
}

static u32 ft_buckets(struct fasttrack_net *fn)
{
	const struct fasttrack_buckets *b;
	u32 sum = 0;
	u8 f;

	rcu_read_lock();
	for (f = 0; f < FT_FAMILIES; f++) {
		b = rcu_dereference(fn->table[f].cur);
		sum += b ? b->mask + 1 : 0;
	}
	rcu_read_unlock();
	return sum;
}

int fasttrack_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct fasttrack_net *fn = ft_info_net(info);
	struct sk_buff *msg;
	int err = 0;
	void *hdr;

	msg = ft_reply_new(info, &hdr);
	if (!msg)
		return -ENOMEM;
	if (nla_put_string(msg, FASTTRACK_A_STATUS_VERSION, FT_VERSION) ||
	    nla_put_u8(msg, FASTTRACK_A_STATUS_ENABLED,
		       READ_ONCE(fn->enabled)) ||
	    ft_put_family(msg, fn, 0, FASTTRACK_A_STATUS_IPV4) ||
	    ft_put_family(msg, fn, 1, FASTTRACK_A_STATUS_IPV6) ||
	    nla_put_u32(msg, FASTTRACK_A_STATUS_TABLE_LIMIT,
			READ_ONCE(fn->limit)) ||
	    nla_put_u32(msg, FASTTRACK_A_STATUS_TABLE_BUCKETS, ft_buckets(fn)) ||
	    ft_put_ingress(msg, fn))
		err = -EMSGSIZE;
	return ft_reply_send(info, msg, hdr, err);
}

static int ft_put_reason(struct sk_buff *msg, struct netlink_callback *cb,
			 const struct fasttrack_net *fn,
			 enum fasttrack_reason reason)
{
	void *hdr;

	hdr = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &fasttrack_nl_family, NLM_F_MULTI,
			  FASTTRACK_CMD_REASON_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(msg, FASTTRACK_A_REASON_COUNT_REASON, reason) ||
	    nla_put_string(msg, FASTTRACK_A_REASON_COUNT_NAME,
			   ft_reason_name(reason)) ||
	    nla_put_u64_64bit(msg, FASTTRACK_A_REASON_COUNT_PACKETS,
			      ft_stats_reason(fn, reason),
			      FASTTRACK_A_REASON_COUNT_PAD)) {
		genlmsg_cancel(msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

int fasttrack_nl_reason_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb)
{
	const struct fasttrack_net *fn = ft_net(sock_net(skb->sk));

	/* 0 is "none", which nothing counts */
	for (; cb->args[0] < FASTTRACK_REASON_MAX; cb->args[0]++)
		if (ft_put_reason(skb, cb, fn, cb->args[0] + 1))
			break;
	return skb->len;
}

int fasttrack_nl_setting_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct fasttrack_net *fn = ft_info_net(info);
	struct sk_buff *msg;
	int err = 0;
	void *hdr;

	msg = ft_reply_new(info, &hdr);
	if (!msg)
		return -ENOMEM;
	if (nla_put_u8(msg, FASTTRACK_A_SETTING_ENABLED,
		       READ_ONCE(fn->enabled)) ||
	    nla_put_u32(msg, FASTTRACK_A_SETTING_LEASE,
			jiffies_to_msecs(READ_ONCE(fn->lease))) ||
	    nla_put_u32(msg, FASTTRACK_A_SETTING_TABLE_LIMIT,
			READ_ONCE(fn->limit)) ||
	    nla_put_u32(msg, FASTTRACK_A_SETTING_INGRESS,
			READ_ONCE(fn->ingress)))
		err = -EMSGSIZE;
	return ft_reply_send(info, msg, hdr, err);
}

int fasttrack_nl_setting_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct fasttrack_net *fn = ft_info_net(info);
	struct nlattr *enabled = info->attrs[FASTTRACK_A_SETTING_ENABLED];
	struct nlattr *lease = info->attrs[FASTTRACK_A_SETTING_LEASE];
	struct nlattr *limit = info->attrs[FASTTRACK_A_SETTING_TABLE_LIMIT];
	struct nlattr *ingress = info->attrs[FASTTRACK_A_SETTING_INGRESS];

	/* The policy has checked every value, so nothing fails from here on */
	if (!enabled && !lease && !limit && !ingress) {
		NL_SET_ERR_MSG(info->extack, "no setting given");
		return -EINVAL;
	}
	if (lease)
		WRITE_ONCE(fn->lease, msecs_to_jiffies(nla_get_u32(lease)));
	if (limit)
		WRITE_ONCE(fn->limit, nla_get_u32(limit));
	if (ingress) {
		WRITE_ONCE(fn->ingress, nla_get_u32(ingress));
		/* It decides anew, even if there are no flows to sweep */
		ft_gc_sweep_now(fn);
	}
	if (!enabled)
		return 0;
	WRITE_ONCE(fn->enabled, nla_get_u8(enabled));
	if (!nla_get_u8(enabled)) {
		/* Offers that saw it enabled have inserted their flow */
		synchronize_rcu();
		ft_gc_flush(fn, FASTTRACK_REASON_DISABLED);
	}
	return 0;
}

int fasttrack_nl_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	ft_gc_flush(ft_info_net(info), FASTTRACK_REASON_FLUSHED);
	return 0;
}

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
			 d->dst->dev->ifindex)))
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

static int ft_put_direction(struct sk_buff *msg, struct fasttrack_flow *flow,
			    unsigned int dir, int attr)
{
	struct nlattr *nest = nla_nest_start(msg, attr);

	if (!nest ||
	    ft_put_tuple(msg, nf_ct_tuple(flow->ct, dir)) ||
	    nla_put_u32(msg, FASTTRACK_A_DIRECTION_STATE,
			ft_dir_state(ft_flow_dir(flow, dir)->gate)) ||
	    nla_put_u32(msg, FASTTRACK_A_DIRECTION_REASON,
			flow->dir_reason[dir]) ||
	    nla_put_u64_64bit(msg, FASTTRACK_A_DIRECTION_PACKETS,
			      ft_dir_packets(flow, dir),
			      FASTTRACK_A_DIRECTION_PAD) ||
	    nla_put_u64_64bit(msg, FASTTRACK_A_DIRECTION_BYTES,
			      ft_dir_bytes(flow, dir),
			      FASTTRACK_A_DIRECTION_PAD) ||
	    ft_put_learned(msg, flow, dir))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int ft_put_connection(struct sk_buff *msg, struct netlink_callback *cb,
			     struct fasttrack_flow *flow)
{
	const struct nf_conn *ct = flow->ct;
	int err = -EMSGSIZE;
	void *hdr;

	hdr = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &fasttrack_nl_family, NLM_F_MULTI,
			  FASTTRACK_CMD_CONNECTION_GET);
	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	spin_lock_bh(&flow->lock);
	ft_ct_fold(flow, IP_CT_DIR_ORIGINAL, (u32)jiffies);
	if (!nla_put_be32(msg, FASTTRACK_A_CONNECTION_ID,
			  (__force __be32)nf_ct_get_id(ct)) &&
	    !nla_put_u16(msg, FASTTRACK_A_CONNECTION_ZONE,
			 nf_ct_zone(ct)->id) &&
	    !nla_put_u8(msg, FASTTRACK_A_CONNECTION_FAMILY,
			nf_ct_l3num(ct)) &&
	    !nla_put_u8(msg, FASTTRACK_A_CONNECTION_PROTOCOL,
			ft_flow_proto(flow)) &&
	    !nla_put_u32(msg, FASTTRACK_A_CONNECTION_STATE, flow->state) &&
	    (!flow->reason ||
	     !nla_put_u32(msg, FASTTRACK_A_CONNECTION_REASON, flow->reason)) &&
	    !ft_put_direction(msg, flow, 0, FASTTRACK_A_CONNECTION_ORIG) &&
	    !ft_put_direction(msg, flow, 1, FASTTRACK_A_CONNECTION_REPLY))
		err = 0;
	spin_unlock_bh(&flow->lock);
	if (err) {
		genlmsg_cancel(msg, hdr);
		return err;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

/**
 * struct ft_dump - where a dump of connections stands, in cb->ctx
 * @bucket: next bucket
 * @done: flows of that bucket that went out already
 * @family: table
 */
struct ft_dump {
	u32	bucket;
	u32	done;
	u8	family;
};

static struct nlattr *ft_dump_attr(struct netlink_callback *cb, int attr)
{
	struct nlattr **attrs = genl_info_dump(cb)->attrs;

	return attrs ? attrs[attr] : NULL;
}

static int ft_dump_check(struct netlink_callback *cb)
{
	struct nlattr *family, *proto;

	family = ft_dump_attr(cb, FASTTRACK_A_CONNECTION_FAMILY);
	if (family && nla_get_u8(family) != AF_INET &&
	    nla_get_u8(family) != AF_INET6) {
		NL_SET_ERR_MSG_ATTR(cb->extack, family,
				    "family is neither AF_INET nor AF_INET6");
		return -EAFNOSUPPORT;
	}
	proto = ft_dump_attr(cb, FASTTRACK_A_CONNECTION_PROTOCOL);
	if (proto && nla_get_u8(proto) != IPPROTO_TCP &&
	    nla_get_u8(proto) != IPPROTO_UDP) {
		NL_SET_ERR_MSG_ATTR(cb->extack, proto,
				    "protocol is neither TCP nor UDP");
		return -EPROTONOSUPPORT;
	}
	return 0;
}

static int ft_dump_bucket(struct sk_buff *msg, struct netlink_callback *cb,
			  const struct fasttrack_buckets *b)
{
	struct nlattr *proto = ft_dump_attr(cb, FASTTRACK_A_CONNECTION_PROTOCOL);
	struct ft_dump *dump = (struct ft_dump *)cb->ctx;
	unsigned char *mark = skb_tail_pointer(msg);
	struct fasttrack_flow *flow;
	struct fasttrack_dir *d;
	u32 n = 0;

	for (d = rcu_dereference(b->head[dump->bucket]); d;
	     d = rcu_dereference(d->next[b->ni])) {
		if (d->dir != IP_CT_DIR_ORIGINAL || n++ < dump->done)
			continue;
		flow = ft_dir_flow(d, dump->family);
		if ((!proto || nla_get_u8(proto) == d->proto) &&
		    ft_put_connection(msg, cb, flow)) {
			/* A bucket goes out whole if it can, so that a change
			 * of it between two messages hides no flow.
			 */
			if (mark != msg->data) {
				nlmsg_trim(msg, mark);
				dump->done = 0;
			}
			return -EMSGSIZE;
		}
		dump->done = n;
	}
	dump->done = 0;
	return 0;
}

/* Returns 0 when the family is complete */
static int ft_dump_family(struct sk_buff *msg, struct netlink_callback *cb,
			  struct fasttrack_net *fn)
{
	struct ft_dump *dump = (struct ft_dump *)cb->ctx;
	const struct fasttrack_buckets *b;
	int err = 0;

	rcu_read_lock();
	b = rcu_dereference(fn->table[dump->family].cur);
	while (b && !err && dump->bucket <= b->mask) {
		err = ft_dump_bucket(msg, cb, b);
		if (!err)
			dump->bucket++;
	}
	rcu_read_unlock();
	return err;
}

int fasttrack_nl_connection_get_dumpit(struct sk_buff *skb,
				       struct netlink_callback *cb)
{
	struct nlattr *family = ft_dump_attr(cb, FASTTRACK_A_CONNECTION_FAMILY);
	struct fasttrack_net *fn = ft_net(sock_net(skb->sk));
	struct ft_dump *dump = (struct ft_dump *)cb->ctx;
	int err;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));
	err = ft_dump_check(cb);
	if (err)
		return err;
	/* A table that grew meanwhile lists some flows twice: say so */
	cb->seq = ft_buckets(fn) + 1;
	while (dump->family < FT_FAMILIES) {
		u8 af = dump->family ? AF_INET6 : AF_INET;

		if ((!family || nla_get_u8(family) == af) &&
		    ft_dump_family(skb, cb, fn))
			break;
		dump->family++;
		dump->bucket = 0;
		dump->done = 0;
	}
	return skb->len;
}

/**
 * ft_netlink_init - register the family
 *
 * Return: 0 or a negative error. Context: module init.
 */
int ft_netlink_init(void)
{
	return genl_register_family(&fasttrack_nl_family);
}

/**
 * ft_netlink_exit - unregister the family
 *
 * Context: module exit; returns when no handler runs any more.
 */
void ft_netlink_exit(void)
{
	genl_unregister_family(&fasttrack_nl_family);
}

MODULE_ALIAS_GENL_FAMILY("fasttrack");
