// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the setting that keeps connection tracking of a namespace on, off, or
 * as its rules need it. Knows nothing of flows: they end with their entries.
 */
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "fasttrack.h"

/* Just before conntrack, so behind the table raw: what a rule there said of
 * the packet (a zone, a helper) no longer matters, and its template goes.
 * A packet that came over lo may carry an entry of before.
 */
static unsigned int ft_untrack(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	if (skb->_nfct == IP_CT_UNTRACKED)
		return NF_ACCEPT;
	nf_conntrack_put(skb_nfct(skb));
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	return NF_ACCEPT;
}

static const struct nf_hook_ops ft_untrack_ops[FT_CTMODE_HOOKS] = {
	{
		.hook		= ft_untrack,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_CONNTRACK - 1,
	}, {
		.hook		= ft_untrack,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= NF_IP_PRI_CONNTRACK - 1,
	}, {
		.hook		= ft_untrack,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP6_PRI_CONNTRACK - 1,
	}, {
		.hook		= ft_untrack,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= NF_IP6_PRI_CONNTRACK - 1,
	},
};

static int ft_kill_any(struct nf_conn *ct, void *data)
{
	return 1;
}

/* Every packet that was tracked before the hooks were there has left the
 * hooks; one that waits in NFQUEUE may still make an entry, which then times
 * out. The sweeper finds the flows of the entries that go.
 */
static void ft_ctmode_flush(struct fasttrack_net *fn, u32 portid)
{
	const struct nf_ct_iter_data data = {
		.net	= fn->net,
		.portid	= portid,
	};

	synchronize_net();
	nf_ct_iterate_cleanup_net(ft_kill_any, &data);
	ft_gc_sweep_now(fn);
}

/* Context: ctmode.lock */
static int ft_ctmode_begin(struct fasttrack_net *fn, u32 mode)
{
	struct ft_ctmode *cm = &fn->ctmode;

	switch (mode) {
	case FASTTRACK_TRACKING_YES:
		return nf_ct_netns_get(fn->net, NFPROTO_INET);
	case FASTTRACK_TRACKING_NO:
		memcpy(cm->ops, ft_untrack_ops, sizeof(cm->ops));
		return nf_register_net_hooks(fn->net, cm->ops,
					     FT_CTMODE_HOOKS);
	default:
		return 0;
	}
}

/* Context: ctmode.lock */
static void ft_ctmode_end(struct fasttrack_net *fn, u32 mode)
{
	switch (mode) {
	case FASTTRACK_TRACKING_YES:
		nf_ct_netns_put(fn->net, NFPROTO_INET);
		break;
	case FASTTRACK_TRACKING_NO:
		nf_unregister_net_hooks(fn->net, fn->ctmode.ops,
					FT_CTMODE_HOOKS);
		break;
	}
}

/**
 * ft_ctmode_set - set what keeps connection tracking on
 * @fn: namespace
 * @mode: the setting
 * @portid: netlink port of whoever asks, for conntrack's events
 *
 * Return: 0, or a negative error and nothing has changed. Context: process,
 * may sleep, no lock held.
 */
int ft_ctmode_set(struct fasttrack_net *fn, enum fasttrack_tracking mode,
		  u32 portid)
{
	struct ft_ctmode *cm = &fn->ctmode;
	int err = 0;

	mutex_lock(&cm->lock);
	if (mode != cm->mode) {
		err = ft_ctmode_begin(fn, mode);
		if (!err) {
			ft_ctmode_end(fn, cm->mode);
			WRITE_ONCE(cm->mode, mode);
			if (mode == FASTTRACK_TRACKING_NO)
				ft_ctmode_flush(fn, portid);
		}
	}
	mutex_unlock(&cm->lock);
	return err;
}

/**
 * ft_ctmode_init - begin with what the kernel does
 * @fn: namespace
 *
 * Context: namespace init.
 */
void ft_ctmode_init(struct fasttrack_net *fn)
{
	mutex_init(&fn->ctmode.lock);
	fn->ctmode.mode = FASTTRACK_TRACKING_AUTO;
}

/**
 * ft_ctmode_exit - go back to what the kernel does
 * @fn: namespace
 *
 * Context: namespace pre_exit, which conntrack's own exit comes after; no
 * handler of ours runs any more, because sockets keep the namespace alive and
 * the family goes before the module does.
 */
void ft_ctmode_exit(struct fasttrack_net *fn)
{
	ft_ctmode_set(fn, FASTTRACK_TRACKING_AUTO, 0);
}
