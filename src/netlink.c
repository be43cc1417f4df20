// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the generic netlink family and its requests about the namespace as a
 * whole: status, reasons, settings, flush. The policy and the table of
 * operations are generated from Documentation/netlink/specs/fasttrack.yaml
 * (netlink_gen.c). Knows how to read the engine, not how it works.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <net/netlink.h>

#include "netlink.h"
#include "netlink_gen.h"
#include "notify.h"

/* Devices with an ingress hook that status names */
#define FT_INGRESS_SHOWN	64

static const struct genl_multicast_group fasttrack_nl_mcgrps[] = {
	[FASTTRACK_NLGRP_CONNECTIONS] = {
		.name	= FASTTRACK_MCGRP_CONNECTIONS,
		.flags	= GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family fasttrack_nl_family __ro_after_init = {
	.name		= FASTTRACK_FAMILY_NAME,
	.version	= FASTTRACK_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= fasttrack_nl_ops,
	.n_split_ops	= ARRAY_SIZE(fasttrack_nl_ops),
	.mcgrps		= fasttrack_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(fasttrack_nl_mcgrps),
	.resv_start_op	= FASTTRACK_CMD_STATUS_GET,
};

/**
 * ft_reply_new - begin a reply
 * @info: request
 * @hdr: set to its header
 *
 * Return: the message, or NULL with the error's text set. Context: handler.
 */
struct sk_buff *ft_reply_new(struct genl_info *info, void **hdr)
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

/**
 * ft_reply_send - end a reply and send it
 * @info: request
 * @msg: message from ft_reply_new()
 * @hdr: its header
 * @err: not 0 if something did not fit
 *
 * Return: 0 or a negative error. Context: handler.
 */
int ft_reply_send(struct genl_info *info, struct sk_buff *msg, void *hdr,
		  int err)
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
	/* Acquire: pairs with the release in nf_fasttrack_get() */
	if (smp_load_acquire(&fn->begun[family]) &&
	    nla_put_u64_64bit(msg, FASTTRACK_A_FAMILY_STATUS_FORWARDED,
			      ft_stats_forwarded(fn->net, family) -
			      fn->forwarded[family],
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

/**
 * ft_buckets - size of both tables
 * @fn: namespace
 *
 * Return: buckets; it changes when a table grows. Context: any.
 */
u32 ft_buckets(struct fasttrack_net *fn)
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

/* Reading a large table takes a while, so not for everybody at any time */
static void ft_status_refresh(const struct sk_buff *skb,
			      struct fasttrack_net *fn)
{
	if ((u32)jiffies - READ_ONCE(fn->folded) >= HZ ||
	    netlink_ns_capable(skb, fn->net->user_ns, CAP_NET_ADMIN))
		ft_gc_fold(fn);
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
	ft_status_refresh(skb, fn);
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
			READ_ONCE(fn->ingress)) ||
	    nla_put_u32(msg, FASTTRACK_A_SETTING_TRACKING,
			READ_ONCE(fn->ctmode.mode)))
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
	struct nlattr *tracking = info->attrs[FASTTRACK_A_SETTING_TRACKING];
	int err;

	if (!enabled && !lease && !limit && !ingress && !tracking) {
		NL_SET_ERR_MSG(info->extack, "no setting given");
		return -EINVAL;
	}
	/* First what may fail: the policy has checked every value */
	if (tracking) {
		err = ft_ctmode_set(fn, nla_get_u32(tracking),
				    info->snd_portid);
		if (err) {
			NL_SET_ERR_MSG_ATTR(info->extack, tracking,
					    "conntrack's hooks cannot be registered");
			return err;
		}
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

/**
 * ft_netlink_init - register the family
 *
 * Return: 0 or a negative error. Context: module init.
 */
int ft_netlink_init(void)
{
	int err = genl_register_family(&fasttrack_nl_family);

	if (!err)
		ft_notify_start();
	return err;
}

/**
 * ft_netlink_exit - unregister the family
 *
 * Context: module exit; returns when no handler runs any more.
 */
void ft_netlink_exit(void)
{
	ft_notify_stop();
	genl_unregister_family(&fasttrack_nl_family);
}

MODULE_ALIAS_GENL_FAMILY("fasttrack");
